"""Who is there: who asks, how that is shown, what they may, how much at once, and what was asked before."""
