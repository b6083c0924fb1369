"""What units are told and why it differs from their trades, level by level, and what is seen of it."""
