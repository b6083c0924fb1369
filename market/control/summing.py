"""Counting upward: what each area has in it, and what of that everybody may know.

The one idea: a sum is public when so many owners stand behind it, and behind what is left of it when the public sums
inside it are taken away; so no difference of published figures is about fewer. What does not reach that many goes up
and is part of the next sum around it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

OWNERS_MIN: Final = 10
"""A sum is published only when so many owners stand behind it."""


@dataclass(frozen=True, slots=True)
class Figure:
    """An amount and whose it is. None: it is not known."""

    amount_wh: int | None = 0
    owners: frozenset[str] = frozenset()

    def plus(self, other: "Figure") -> "Figure":
        """Both together: not known unless both are."""
        known = None
        if self.amount_wh is not None and other.amount_wh is not None:
            known = self.amount_wh + other.amount_wh
        return Figure(known, self.owners | other.owners)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What is directly in an area, or all that is in it."""

    load_forecast: Figure = Figure()
    generation_forecast: Figure = Figure()
    bid: Figure = Figure()
    offered: Figure = Figure()
    bought_wh: int = 0
    sold_wh: int = 0
    scheduled_wh: int = 0

    def plus(self, other: "Counted") -> "Counted":
        """Both together."""
        return Counted(
            load_forecast=self.load_forecast.plus(other.load_forecast),
            generation_forecast=self.generation_forecast.plus(other.generation_forecast),
            bid=self.bid.plus(other.bid),
            offered=self.offered.plus(other.offered),
            bought_wh=self.bought_wh + other.bought_wh,
            sold_wh=self.sold_wh + other.sold_wh,
            scheduled_wh=self.scheduled_wh + other.scheduled_wh,
        )


NOTHING: Final = Counted()

Figures: TypeAlias = Callable[[Counted], Figure]


@dataclass(frozen=True, slots=True)
class Shown:
    """What of one figure an area and those in it may show, and what they pass on upward."""

    amounts_wh: Mapping[str, int]
    """By area that may show it."""
    kept: Figure
    """What none of them shows."""


def shown(area_id: str, own: Figure, total: Figure, inner: list[Shown]) -> Shown:
    """One area's part of the pass upward.

    Args:
        area_id: the area.
        own: of the units directly in it.
        total: of all that is in it.
        inner: what the areas directly in it have answered.
    """
    amounts_wh = {name: wh for item in inner for name, wh in item.amounts_wh.items()}
    rest = own
    for item in inner:
        rest = rest.plus(item.kept)
    if total.amount_wh is None or len(rest.owners) < OWNERS_MIN:
        return Shown(amounts_wh, rest)
    return Shown({**amounts_wh, area_id: total.amount_wh}, Figure())


def together(parts: list[Shown]) -> tuple[Mapping[str, int], int | None]:
    """What the outermost areas may show, and all that none shows as one sum; None: of too few owners."""
    top = shown("", Figure(), Figure(None), parts)
    is_large = len(top.kept.owners) >= OWNERS_MIN
    return top.amounts_wh, top.kept.amount_wh if is_large else None
