"""What a server holds while it runs: its clock, its open markets, who is still heard, and how it is watched."""
