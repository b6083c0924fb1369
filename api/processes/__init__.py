"""What takes long, in a process of its own: few at a time, each within a deadline, the market does not wait."""
