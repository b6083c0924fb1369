"""Activations: a unit of one area does more or less than it traded, for what another area lacks or has too much.

The one idea: what an area cannot do itself is offered to the others at cost, before the retailer of last
resort is asked. Who was activated, for whom, over which lines and at what cost is one fact, and money goes by it.
"""

from dataclasses import dataclass
from enum import StrEnum


class ActivationCause(StrEnum):
    """Why an area lacks energy or has too much; the grid operator pays in any case (decision 0042)."""

    REDISPATCH = "redispatch"
    """Its grid would not bear the schedule."""
    LEFT_OVER = "left_over"
    """Units had to give up what they have traded, by a limit or a stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitActivation:
    """A unit is told something else than it has traded."""

    unit_id: str
    from_w: int
    """Its set-point before, injection positive."""
    to_w: int
    energy_wh: int
    """By how much its energy changes, injection positive."""
    cost_quanta: int
    """What it is paid; negative: gives back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaActivation:
    """Units of one area, activated for one area and cause."""

    area_id: str
    """Where the units are."""
    for_area: str
    cause: ActivationCause
    units: tuple[UnitActivation, ...]
    line_ids: tuple[str, ...]
    """The way from the units to the area, or, for what is too much, from the area to them."""
    received_wh: int
    """What comes into `for_area`; negative: what goes out of it. The rest of the units' energy is lost."""
    cost_quanta: int
    """Of units, lines and what is given back of fees and levies, as it was weighed."""
    last_resort_quanta: int
    """What the retailer of last resort would have cost instead."""

    @property
    def energy_wh(self) -> int:
        """What the units change in sum, injection positive."""
        return sum(item.energy_wh for item in self.units)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsActivated:
    """Units of an area were activated for an area; set-points follow."""

    start_s: int
    area_id: str
    for_area: str
    cause: ActivationCause
    units: tuple[UnitActivation, ...]
    line_ids: tuple[str, ...]
    received_wh: int
    cost_quanta: int
    last_resort_quanta: int

    @property
    def energy_wh(self) -> int:
        """What the units change in sum, injection positive."""
        return sum(item.energy_wh for item in self.units)
