"""What units give up for limits that are not theirs alone, and what they could have given up.

The one idea: a limit is divided among all that have a hand in it, and over weeks each of them has given up the same
part of what it could have given. So it has to be written down who could have given what, also where he gave nothing.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

BURDEN_DAYS: Final = 30
"""A burden counts until as many market days have been closed after its own."""


class BurdenCause(StrEnum):
    """For what something was given up without a price of its own."""

    AREA_LIMIT = "area_limit"
    """The units of an area together would have passed what it may take in or give out."""
    BY_RULE = "by_rule"
    """The grid would not have borne the schedule, and no priced change was enough or in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BurdenShare:
    """A unit's share of one division, W over the whole interval; all are >= 0."""

    unit_id: str
    given_w: int
    """How far its target was moved, up or down."""
    offered_w: int
    """How far it could have been moved; at least `given_w`."""
    borne_w: int
    """What it had given in the time before, by which it was weighed: a sum over intervals ..."""
    could_w: int
    """... and what it could have given then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BurdensShared:
    """A limit of an interval was divided; takes the place of what was said of the same before."""

    area_id: str
    """Of the units."""
    start_s: int
    cause: BurdenCause
    shares: tuple[BurdenShare, ...]
    """All that could have given something; empty: nothing has to be given up any more."""
