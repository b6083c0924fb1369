"""How it is told: changes are numbered, kept for a while, and go to whoever listens (`hub.py`)."""
