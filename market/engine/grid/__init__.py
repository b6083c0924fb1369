"""The real grids of areas: held against schedules, and what is changed where they do not bear them."""
