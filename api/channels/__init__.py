"""What is told: the state of each channel, kept from the market's own events (`live.py`: here they meet)."""
