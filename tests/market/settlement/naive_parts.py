"""Whole numbers in parts a second time: see `naive_settlement.py`."""

import math
from collections.abc import Sequence
from fractions import Fraction


def shared(total: int, weights: Sequence[int]) -> list[int]:
    """By weight, in whole numbers: largest fraction first, then the earlier."""
    weights = weights if any(weights) else [1] * len(weights)
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    parts = [math.floor(part) for part in exact]
    for k in sorted(range(len(parts)), key=lambda k: parts[k] - exact[k])[: total - sum(parts)]:
        parts[k] += 1
    return parts


def within(value: int, bound: int) -> int:
    """As much of a value as goes the way of the bound, and not beyond it."""
    return max(0, min(value, bound)) if bound > 0 else min(0, max(value, bound))
