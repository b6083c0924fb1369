"""What no linear program decides: which blocks, and one direction at a time.

`directions.search_directions` serves intervals that nothing couples, `tree.search_tree` those
coupled by block or storage orders; `found` says what they are allowed and what they give.
"""
