"""How a single value, a body and a refusal stand on the wire; whatever comes in or goes out is written like this."""
