"""Why an order got what it got, as codes with parameters.

The one idea: the market states reasons and prices, here they become what stands on the wire; the
reader's language is the reader's business (`wattmarket.reasons` has the words).
"""

from collections.abc import Iterator, Mapping
from typing import Final

from api.answers.trading import kind_of
from api.answers.values import Answer, optional_price
from market.model.act import ControlReason
from market.model.call import CallKind, CallReason
from market.model.grid import Grid, Line
from market.model.interval import instant_text, moment_text
from market.model.messages import Phase
from market.model.order import (
    BlockOrder,
    CurveOrder,
    LimitOrder,
    Order,
    OrderState,
    Side,
    StorageOrder,
    TimeInForce,
    Venue,
)
from market.model.power import Setpoint
from market.model.trade import AreaOutcome, LineOutcome
from market.model.units import (
    PPM,
    energy_text,
    money_text,
    power_from_energy_w,
    power_text,
    price_text,
    round_half_even,
)
from market.store.queries import CallTold, OrderStory, Refusal, UnitTold

_MISSED: Final = frozenset({CallReason.OUT_OF_THE_MONEY, CallReason.MARGINAL})
_OPEN: Final = frozenset({OrderState.ACTIVE, OrderState.PARTIALLY_FILLED})


STATE_CODES: Final = frozenset(
    {
        "refused",
        "traded",
        "waits_for_confirmation",
        "hibernated",
        "cancelled",
        "expired",
        "waits_for_call",
        "interrupted",
        "no_match_yet",
        "redispatched",
        "cut_by_rule",
        "activated",
        "as_traded",
        "limited",
        "not_scheduled",
    }
)
"""Codes beside those of a call (`CallReason`)."""


def refusal_explanation(refusal: Refusal) -> Answer:
    """Of an order that was refused."""
    parameters = dict(refusal.parameters)
    if refusal.pointer:
        parameters["field"] = refusal.pointer
    return {
        "order_id": None,
        "client_order_id": refusal.client_order_id,
        "kind": None,
        "state": OrderState.REJECTED.value,
        "reasons": [_reason("refused", {"code": refusal.code, **parameters})],
    }


def explanation(story: OrderStory, grid: Grid, phase: Phase, *, sees_grid: bool = False) -> Answer:
    """Of an order, whatever its state. `phase`: its interval's now, in its area."""
    view = story.view
    header = view.order.header
    return {
        "order_id": header.order_id,
        "client_order_id": header.client_order_id,
        "kind": kind_of(view.order),
        "state": view.state.value,
        "reasons": [
            *(reason for told in story.calls for reason in _of_call(told, story, grid)),
            *_of_trades(story),
            *_of_state(story, phase),
            *_of_redispatch(story.told if story.traded_wh else None, sees_grid=sees_grid),
        ],
    }


def unit_explanation(
    unit_id: str,
    start_s: int,
    *,
    traded_wh: int,
    setpoint: Setpoint | None,
    told: UnitTold | None,
    minutes: int,
    sees_grid: bool,
) -> Answer:
    """Of a unit's target in an interval.

    Args:
        unit_id: the unit.
        start_s: start of the interval.
        traded_wh: what it traded in sum, injection positive.
        setpoint: its newest set-point; None: none went out yet.
        told: what it was told instead of its trades; None: they stand.
        minutes: length of the interval.
        sees_grid: True: the reader may know the elements of the grid.
    """
    traded_w = power_from_energy_w(traded_wh, minutes)
    reasons = list(_of_redispatch(told, sees_grid=sees_grid))
    if setpoint is None:
        reasons.append(_reason("not_scheduled", {}))
    else:
        wanted_w = traded_w if told is None else told.change.to_w
        powers = {"from_kw": power_text(traded_w), "to_kw": power_text(setpoint.target_w)}
        # What was told instead is kept as whole Wh: less than one of them is no other word.
        near_w = 1 if told is None else power_from_energy_w(1, minutes)
        if abs(setpoint.target_w - wanted_w) >= near_w:
            reasons.append(_reason("limited", powers))
        elif told is None:
            reasons.append(_reason("as_traded", powers))
    return {
        "unit_id": unit_id,
        "start": instant_text(start_s),
        "traded_kwh": energy_text(traded_wh),
        "target_kw": None if setpoint is None else power_text(setpoint.target_w),
        "reasons": reasons,
    }


def _of_redispatch(told: UnitTold | None, *, sees_grid: bool) -> Iterator[Answer]:
    """The grid would not have borne what was traded. Whose bus it was for is not for everybody."""
    if told is None:
        return
    change = told.change
    parameters = {
        "from_kw": power_text(change.from_w),
        "to_kw": power_text(change.to_w),
        "cause": change.reason.value,
        "element": change.element_id or None if sees_grid else None,
    }
    if change.reason is ControlReason.ACTIVATION:
        yield _reason("activated", {name: parameters[name] for name in ("from_kw", "to_kw")})
    elif told.by_rule:
        yield _reason("cut_by_rule", parameters)
    else:
        yield _reason("redispatched", parameters)


def _reason(code: str, parameters: Mapping[str, str | None]) -> Answer:
    return {
        "code": code,
        "parameters": {name: text for name, text in parameters.items() if text is not None},
    }


# --- calls ----------------------------------------------------------------------------


def _of_call(told: CallTold, story: OrderStory, grid: Grid) -> Iterator[Answer]:
    """What a call made of it: one reason, or one per step of a curve."""
    order = story.view.order
    where: dict[str, str | None] = {"call": told.call.value, "start": instant_text(told.start_s)}
    for step, reason in enumerate(told.reasons):
        if isinstance(order, BlockOrder):
            parameters = _of_block(told, story)
        elif isinstance(order, StorageOrder):
            parameters = _of_storage(told)
        else:
            parameters = _of_simple(told, story, step, reason, grid)
        yield _reason(reason.value, {**where, **parameters})


def _of_block(told: CallTold, story: OrderStory) -> dict[str, str | None]:
    ratio_ppm = story.traded_wh * PPM // max(story.view.energy_wh, 1)
    return {
        "ratio_ppm": str(ratio_ppm),
        "gain": None if told.gain_quanta is None else money_text(told.gain_quanta),
        "missed_by_per_mwh": optional_price(told.short_ticks),
    }


def _of_storage(told: CallTold) -> dict[str, str | None]:
    return {
        "gain": None if told.gain_quanta is None else money_text(told.gain_quanta),
        "missed_by_per_mwh": optional_price(told.short_ticks),
    }


def _of_simple(
    told: CallTold, story: OrderStory, step: int, reason: CallReason, grid: Grid
) -> dict[str, str | None]:
    """The price against its limit, what held the price there, and what those at the price got."""
    order = story.view.order
    header = order.header
    price_ticks = next(
        (area.price_ticks for area in told.areas if area.area_id == header.area_id), None
    )
    limit_ticks = order.steps[step][0] if isinstance(order, CurveOrder) else story.view.price_ticks
    parameters = {
        "limit_per_mwh": price_text(limit_ticks),
        "price_per_mwh": optional_price(price_ticks),
    }
    if price_ticks is None:
        return parameters
    turn = 1 if header.side is Side.SELL else -1
    better_ticks = turn * (price_ticks - limit_ticks)
    if reason is CallReason.OUT_OF_THE_MONEY:
        parameters["missed_by_per_mwh"] = price_text(max(0, -better_ticks))
    elif reason is CallReason.IN_THE_MONEY:
        parameters["better_by_per_mwh"] = price_text(max(0, better_ticks))
    if reason in _MISSED:
        parameters |= binding(order, told.areas, told.lines, grid)
    if reason is CallReason.MARGINAL and told.tied_wh:
        parameters |= {
            "tied_kwh": energy_text(told.tied_wh),
            "tied_filled_kwh": energy_text(told.tied_accepted_wh),
            "ratio_ppm": str(told.tied_accepted_wh * PPM // told.tied_wh),
        }
    return parameters


def binding(
    order: Order, areas: tuple[AreaOutcome, ...], lines: tuple[LineOutcome, ...], grid: Grid
) -> dict[str, str | None]:
    """The limit or line that kept better prices away from the order's area; nothing: none did."""
    area_id, buys = order.header.area_id, order.header.side is Side.BUY
    outcome = {area.area_id: area for area in areas}
    mine = outcome[area_id]
    price, outside = mine.price_ticks, mine.connection_price_ticks
    if price is None:
        return {}
    if outside is not None and outside != price:
        if (outside < price) is buys:
            return {"limit": f"{'import' if buys else 'export'}:{area_id}"}
        return {}
    of = {line.line_id: line for line in grid.lines}
    for flow in lines:
        other = _full_way(flow, of[flow.line_id], area_id, into=buys)
        theirs = outcome[other].price_ticks if other in outcome else None
        if theirs is not None and theirs != price and (theirs < price) is buys:
            return {"line": flow.line_id}
    return {}


def _full_way(flow: LineOutcome, line: Line, area_id: str, *, into: bool) -> str:
    """The area at the other end of a line that is full into, or out of, this one; empty: it is not."""
    ways = (
        (line.from_area, line.to_area, flow.sent_forward_wh, flow.capacity_forward_wh),
        (line.to_area, line.from_area, flow.sent_backward_wh, flow.capacity_backward_wh),
    )
    for sender, receiver, sent_wh, capacity_wh in ways:
        here, other = (receiver, sender) if into else (sender, receiver)
        if here == area_id and sent_wh == capacity_wh:
            return other
    return ""


# --- trades and states ------------------------------------------------------------------


def _of_trades(story: OrderStory) -> Iterator[Answer]:
    """What it traded in continuous trading, on average; a call's trades are in its reasons."""
    venue = story.view.order.header.venue
    if story.traded_wh and venue is Venue.CONTINUOUS:
        average = round_half_even(story.traded_quanta, story.traded_wh)
        yield _reason(
            "traded",
            {"energy_kwh": energy_text(story.traded_wh), "price_per_mwh": price_text(average)},
        )


def _of_state(story: OrderStory, phase: Phase) -> Iterator[Answer]:
    state = story.view.state
    if state is OrderState.PENDING:
        yield _reason("waits_for_confirmation", {})
    elif state is OrderState.HIBERNATED:
        yield _reason("hibernated", {})
    elif story.end is not None:
        code = "expired" if state is OrderState.EXPIRED else "cancelled"
        yield _reason(
            code,
            {
                "reason": story.end.reason,
                "code": story.end.code or None,
                "at": moment_text(story.end.ended_us),
            },
        )
    elif state in _OPEN and _goes_on(story):
        yield from _of_open(story, phase)
    elif state is OrderState.EXPIRED and not story.calls:
        yield _reason("expired", {"reason": "gate"})


def _goes_on(story: OrderStory) -> bool:
    """True unless the call it was for has been: a part may be filled and nothing of it be open."""
    if any(told.call is CallKind.CLOSING for told in story.calls):
        return False
    order = story.view.order
    until = isinstance(order, LimitOrder) and order.options.tif is TimeInForce.GTD
    return until or not story.calls


def _of_open(story: OrderStory, phase: Phase) -> Iterator[Answer]:
    """Still open: it waits for a call, for a better offer, or for trading to go on."""
    match phase:
        case Phase.CALL | Phase.LOCKED | Phase.SCHEDULED:
            yield _reason("waits_for_call", {"phase": phase.value})
        case Phase.VOLATILITY_CALL | Phase.HALT | Phase.FROZEN:
            yield _reason("interrupted", {"phase": phase.value})
        case Phase.CONTINUOUS:
            yield _reason("no_match_yet", _seen_prices(story))
        case _:
            return


def _seen_prices(story: OrderStory) -> dict[str, str | None]:
    """At what others traded, and by how much the order's limit was worse than the best of it."""
    header, seen = story.view.order.header, story.seen
    limit = {"limit_per_mwh": price_text(story.view.price_ticks)}
    if seen is None:
        return {**limit}
    best = seen.highest_ticks if header.side is Side.SELL else seen.lowest_ticks
    turn = 1 if header.side is Side.SELL else -1
    missed = turn * (story.view.price_ticks - best)
    return {
        **limit,
        "best_trade_per_mwh": price_text(best),
        "missed_by_per_mwh": price_text(missed) if missed > 0 else None,
    }
