"""What must hold before an offer outside the books may stand or be accepted.

The one idea: a listing, a quote and a contract are checked like orders (`risk.py`), leg by leg
with the legs before; only the time is another: they may be made from the interval's creation until
its gate, in whatever session it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from market.model.messages import Phase, Step
from market.model.order import OrderColumns, Side
from market.model.participant import Unit
from market.model.rejection import Code, Rejection
from market.trading.holds import hold_quanta
from market.trading.phases import Phases
from market.trading.risk import Draft, OrderChecks

LEGS_MAX: Final = 100
"""Intervals of one listing or contract: the longest market day has so many quarter-hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferLeg:
    """One interval of one side of an offer."""

    start_s: int
    price_ticks: int
    """At the unit's own area."""
    energy_wh: int
    """Of the unit itself: what it injects or takes out."""


def time_refusal(phases: Phases, start_s: int, area_id: str) -> Code | None:
    """Why nothing may be agreed for this interval now; None: it may.

    While an auction of the interval is being solved nothing is: it counts on what it found.
    """
    phase = phases.of(start_s, area_id)
    if phase is None:
        return Code.PRODUCT_UNKNOWN
    if phases.has_taken(start_s, Step.CLOSE_GATE):
        return Code.GATE_CLOSED
    if phase in (Phase.HALT, Phase.FROZEN):
        return Code.HALTED_CANCEL_ONLY
    return Code.NOT_OPEN if phase is Phase.LOCKED else None


def curve_refusal(
    phases: Phases, legs: Sequence[tuple[int, int]], area_ids: Sequence[str]
) -> Rejection | None:
    """Why a curve is none, or may not be agreed now; None: it may."""
    starts_s = [start_s for start_s, _ in legs]
    if not 1 <= len(legs) <= LEGS_MAX or starts_s != sorted(set(starts_s)):
        return Rejection(code=Code.FIELD_FORMAT, pointer="legs")
    for row, start_s in enumerate(starts_s):
        for area_id in area_ids:
            code = time_refusal(phases, start_s, area_id)
            if code is not None:
                return Rejection(code=code, pointer=f"legs/{row}/start")
    return None


def side_refusal(
    checks: OrderChecks,
    unit: Unit,
    side: Side,
    legs: Sequence[OfferLeg],
    draft: Draft,
    *,
    stands: bool,
) -> Rejection | None:
    """Why a unit cannot do and its owner cannot pay this; None: it may stand.

    Args:
        checks: the checks of orders.
        unit: whose energy it is.
        side: its direction.
        legs: one for each interval.
        draft: what the owner has free; the legs are counted against it.
        stands: False: it is traded at once, at a price that follows from another's, which was checked
            where it was named; then neither open orders nor what is held count.
    """
    columns = OrderColumns(
        client_order_id=("",) * len(legs),
        unit_id=(unit.unit_id,) * len(legs),
        start_s=tuple(leg.start_s for leg in legs),
        side=(side,) * len(legs),
        price_ticks=tuple(leg.price_ticks for leg in legs),
        energy_wh=tuple(leg.energy_wh for leg in legs),
    )
    if not stands:
        draft.open_count, draft.held_quanta = -len(legs), 0
    for row, leg in enumerate(legs):
        refusal = (
            (checks.product_refusal(leg.price_ticks, leg.energy_wh) if stands else None)
            or checks.power_refusal(unit, columns, row, draft)
            or checks.storage_refusal(unit, columns, row, draft)
            or checks.money_refusal(columns, row, draft)
        )
        if refusal is not None:
            return at_leg(refusal, row, len(legs))
        held_quanta = hold_quanta(side, leg.price_ticks, leg.energy_wh)
        draft.add(unit.unit_id, leg.start_s, side, leg.energy_wh, held_quanta)
    return None


def at_leg(refusal: Rejection, row: int, legs: int) -> Rejection:
    """The refusal with the leg it is about, where there are several."""
    if refusal.pointer != "energy_kwh" or legs == 1:
        return refusal
    return replace(refusal, pointer=f"legs/{row}/energy_kwh")
