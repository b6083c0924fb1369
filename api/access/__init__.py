"""Who is there: who asks, whether they may, how much, and whether they have asked it before."""
