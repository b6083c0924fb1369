"""What an area's level knows after a restart, so that nothing is lent twice."""

from dataclasses import dataclass
from typing import Final

from market.control.members import Below
from market.control.windows import Lent
from market.model.reach import AreaBound, AreaLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachMemory:
    """It is on the disk before anybody hears of what is in it."""

    epoch: int
    """Of the start that wrote it; the next one is larger."""
    sequence: int
    lent_until_s: int
    """When the last lease of a unit runs out."""
    limits: tuple[AreaLimits, ...]
    market_epoch: int
    """Of whoever is above."""
    above: str = ""
    """The area that lends to this one; empty: the market does."""
    below: tuple[Below, ...] = ()
    """Areas inside that have come below this one."""
    lent: tuple[Lent, ...] = ()
    """Leases that nobody has given back."""
    bounds: tuple[AreaBound, ...] = ()
    """What operators leave of the area's sum."""


NOTHING_KEPT: Final = ReachMemory(epoch=0, sequence=0, lent_until_s=0, limits=(), market_epoch=0)
