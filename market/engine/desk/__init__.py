"""What people bring to the market and what it tells them: cases, disputes, messages."""
