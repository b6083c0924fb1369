"""The nouns of the market: frozen dataclasses, integers with their unit in the name."""
