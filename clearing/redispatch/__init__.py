"""Redispatch: the cheapest change of set-points that a grid bears.

`decide` is the table of contents; nothing is imported here, so that who only needs the rule does
not load a solver.
"""
