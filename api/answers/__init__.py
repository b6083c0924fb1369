"""What goes out: the market's nouns as records of the wire, one function each; nothing is decided here."""
