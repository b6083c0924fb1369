"""What a search is allowed, and what it found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from clearing.refine import Fixing, State


def never() -> bool:
    """A clock that does not run out."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """When the search for block orders may stop before everything is proven."""

    gap: float = 1e-6  # relative distance of welfare from its bound that is good enough
    points_max: int = 4_000  # points of the tree; a count and no clock keeps results reproducible
    expired: Callable[[], bool] = never  # a clock after all: what it stops is not reproducible


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The best valid state, what was fixed to get it, and a proven lower cost."""

    state: State
    fixing: Fixing
    cost_bound: float  # nothing valid costs less; equals state.cost when proven
    proven: bool  # within the gap asked for
    reproducible: bool  # False: a clock stopped the search
    points: int  # points of the tree looked at
