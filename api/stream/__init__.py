"""How it is told: changes are numbered, kept for a while, and handed to whoever listens."""
