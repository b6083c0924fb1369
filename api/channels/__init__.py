"""What is to be told: each channel's state, kept from the market's own events."""
