"""What every level of control answers, from a single unit up.

The one idea: limits go up and a target goes down, both by plain call and return; a level holds its
members, a member does not know its level, and what a member cannot do comes back as left over.
"""

from typing import Protocol

from market.model.power import Dispatched, PowerLimits


class Level(Protocol):
    """A unit, an area, or whatever may stand between them."""

    def limits(self) -> PowerLimits:
        """What it can do at most, W in both directions."""
        ...

    def dispatch(self, target_w: int) -> Dispatched:
        """Come as close to the target (W, injection positive) as the limits allow."""
        ...
