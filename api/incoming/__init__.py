"""What comes in: the body of each request, checked once and as a whole (`body.py` says how)."""
