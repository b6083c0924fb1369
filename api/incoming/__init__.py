"""What comes in: bodies of requests, each checked once, as a whole, before anybody decides on it."""
