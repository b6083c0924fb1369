"""Units go out of service and come back."""

from typing import Final

from market.engine.decisions import applied, refused
from market.engine.offers.offers import killed
from market.engine.orders.open_orders import open_orders
from market.engine.state import MarketState
from market.model.messages import Answer, Decision, OrdersCancelled
from market.model.rejection import Code, Rejection
from market.model.service import EndOutage, OutageEnded, OutageReported, ReportOutage

SYSTEM_OUTAGE: Final = "system_outage"


def report_outage(state: MarketState, command: ReportOutage) -> Decision:
    """Note an outage and take out what rests for it; the same report again changes nothing."""
    outage = command.outage
    unit = state.units.get(outage.unit_id)
    if unit is None:
        return refused([Rejection(code=Code.UNIT_UNKNOWN, pointer="unit_id")])
    if outage.until_s <= outage.from_s:
        return refused([Rejection(code=Code.FIELD_RANGE, pointer="until")])
    if state.outages.get(outage.unit_id) == outage:
        return Decision(events=(), answer=Answer())
    reported = OutageReported(outage=outage, now_us=command.now_us)
    order_ids = tuple(
        item.order_id
        for item in open_orders(state, unit.participant_id)
        if item.unit_id == outage.unit_id
        and outage.from_s <= item.start_s < outage.until_s
        and state.phases.cancel_refusal(item.start_s, item.area_id or None) is None
    )
    offers = killed(
        state,
        lambda offer: (
            offer.unit_id == outage.unit_id and outage.from_s <= offer.start_s < outage.until_s
        ),
    )
    if not order_ids:
        return applied(reported, *offers)
    cancelled = OrdersCancelled(
        participant_id=unit.participant_id, order_ids=order_ids, reason=SYSTEM_OUTAGE
    )
    return applied(reported, cancelled, *offers)


def end_outage(state: MarketState, command: EndOutage) -> Decision:
    """The unit may be traded again; a repeat is harmless."""
    if command.unit_id not in state.units:
        return refused([Rejection(code=Code.UNIT_UNKNOWN, pointer="unit_id")])
    if command.unit_id not in state.outages:
        return Decision(events=(), answer=Answer())
    return applied(OutageEnded(unit_id=command.unit_id, now_us=command.now_us))
