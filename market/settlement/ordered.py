"""What a unit was told instead of its trades: which part of it is an order, and at what price it is settled.

The one idea: who does as an operator or a grid orders does not deviate. Whether the trades' money stays is a question
of why: a limit is the grid's weakness and is compensated at cost, like redispatch; a stop is about the unit, and a wait
for the area guard takes from one what it gives to another, so what was not delivered goes back at the area price,
without the adder that would make it a penalty; a fault of the unit's own is no order, and a deviation like any other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from market.model.act import ControlReason
from market.settlement.redispatch import sums


class Treatment(Enum):
    """How energy is settled that a unit was told not to deliver or to take."""

    AT_COST = "at_cost"
    """The trades' money stays; what was spared is given back, what was spent more is paid."""
    AT_AREA_PRICE = "at_area_price"
    """The energy is given back at the area price: no penalty, and no compensation."""
    AS_ACTIVATION = "as_activation"
    """The unit helps another area and is paid for that."""
    OWN = "own"
    """A deviation like any other."""


TREATMENTS: Final[Mapping[ControlReason, Treatment]] = {
    ControlReason.GRID_VOLTAGE: Treatment.AT_COST,
    ControlReason.GRID_LOADING: Treatment.AT_COST,
    ControlReason.AREA_LIMIT: Treatment.AT_COST,
    ControlReason.OPERATOR_LIMIT: Treatment.AT_COST,
    ControlReason.ACTIVATION: Treatment.AS_ACTIVATION,
    ControlReason.STOPPED: Treatment.AT_AREA_PRICE,
    ControlReason.EMERGENCY_STOP: Treatment.AT_AREA_PRICE,
    ControlReason.AREA_GUARD: Treatment.AT_AREA_PRICE,
    ControlReason.DECOUPLED: Treatment.AT_AREA_PRICE,
    ControlReason.FAIL_SAFE: Treatment.OWN,
    ControlReason.TRIP: Treatment.OWN,
}
"""Every reason has one; docs/settlement.md says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """By how much units differ from their trades by order, Wh by unit, injection positive."""

    at_cost_wh: Mapping[str, int] = field(default_factory=dict)
    at_area_price_wh: Mapping[str, int] = field(default_factory=dict)
    activated_wh: Mapping[str, int] = field(default_factory=dict)

    def total_wh(self) -> dict[str, int]:
        """All together."""
        return sums(sums(self.at_cost_wh, self.at_area_price_wh), self.activated_wh)

    def compensated(self) -> "Ordered":
        """The same without what is given back at the area price."""
        return replace(self, at_area_price_wh={})


def ordered(orders: Iterable[tuple[str, ControlReason, int]]) -> Ordered:
    """Sort orders by how they are settled; those of a unit's own fault are none.

    Args:
        orders: unit, why, and by how much it was told to differ, Wh, injection positive.
    """
    found: dict[Treatment, dict[str, int]] = {treatment: {} for treatment in Treatment}
    for unit_id, reason, energy_wh in orders:
        of = found[TREATMENTS[reason]]
        of[unit_id] = of.get(unit_id, 0) + energy_wh
    return Ordered(
        at_cost_wh=found[Treatment.AT_COST],
        at_area_price_wh=found[Treatment.AT_AREA_PRICE],
        activated_wh=found[Treatment.AS_ACTIVATION],
    )
