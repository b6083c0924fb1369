"""Orders in, trades out."""
