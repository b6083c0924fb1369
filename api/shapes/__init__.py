"""What may go out, described: nothing of it is run but by the description, and tests hold the rest against it."""
