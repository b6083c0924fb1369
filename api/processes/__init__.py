"""What takes long, worked out by a process of its own: few at a time, and nobody waits for ever."""
