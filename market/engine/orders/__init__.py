"""Orders enter and leave the market: checked, held, matched while trading is continuous, changed."""
