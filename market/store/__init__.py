"""What is kept: the journal, which is the truth, and the projections, which can be made again."""
