"""What the market is and does: no HTTP, no solver."""
