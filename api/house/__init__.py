"""What a server holds while it runs: one clock, its open markets, who is still heard, how it is watched."""
