"""What an outcome makes of the orders of its call: trades, and what is left of those that go on.

The one idea: every fill is held against the order it fills before it becomes a trade, so an outcome
that does not fit its book stops here and nowhere later.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from market.engine.state import MarketState
from market.model.call import CallKind
from market.model.order import Side, TimeInForce
from market.model.trade import ClearingOutcome, Trade
from market.trading.call_book import CallBook
from market.trading.columns import HAS_OPTIONS
from market.trading.order_numbers import order_number


@dataclass(frozen=True, slots=True)
class _Open:
    """What a fill may be of: owner, unit, area, side, and the most energy."""

    participant_id: str
    unit_id: str
    area_id: str
    side: Side
    energy_wh: int


def trades_of(
    state: MarketState, kind: CallKind, call_s: int, outcome: ClearingOutcome, number: int
) -> Iterator[Trade]:
    """One leg per order that trades in the outcome's interval, in the outcome's order.

    Args:
        state: with the call's book.
        kind: which call.
        call_s: its first interval.
        outcome: of one interval.
        number: of the first trade.

    Raises:
        AssertionError: a fill is more than its order asks, or in an area without a price.
    """
    call = state.book.call(kind, call_s)
    price_of = {area.area_id: area.price_ticks for area in outcome.areas}
    match_id = f"mat-{'' if kind is CallKind.CLOSING else 'd'}{outcome.start_s}"
    for order_id, energy_wh, found in _fills(state, call, outcome):
        price_ticks = price_of[found.area_id]
        if price_ticks is None or not 0 < energy_wh <= found.energy_wh:
            raise AssertionError(f"outcome of {outcome.start_s} does not fit order {order_id}")
        yield Trade(
            trade_id=f"trd-{number}",
            match_id=match_id,
            order_id=order_id,
            participant_id=found.participant_id,
            unit_id=found.unit_id,
            area_id=found.area_id,
            start_s=outcome.start_s,
            side=found.side,
            price_ticks=price_ticks,
            energy_wh=energy_wh,
        )
        number += 1


def _fills(
    state: MarketState, call: CallBook, outcome: ClearingOutcome
) -> Iterator[tuple[str, int, _Open]]:
    for order_id, energy_wh in zip(outcome.filled_order_ids, outcome.filled_wh, strict=True):
        number = order_number(order_id)
        found = (
            _rows_open(state, call, number, outcome.start_s)
            if call.has_rows(number)
            else _leg_open(call, number, outcome.start_s)
        )
        yield order_id, energy_wh, found
    for order_id, injection_wh in outcome.storage_fills:
        order = call.storages[order_number(order_id)].order
        header = order.header
        sells = injection_wh > 0
        most_wh = order.discharge_max_wh if sells else order.charge_max_wh
        side = Side.SELL if sells else Side.BUY
        who = (header.participant_id, header.unit_id, header.area_id)
        yield order_id, abs(injection_wh), _Open(*who, side, most_wh)


def _rows_open(state: MarketState, call: CallBook, number: int, start_s: int) -> _Open:
    rows, place, book = call.rows, call.rows_of(number), state.book
    row = place.start
    if rows["start_s"][row] != start_s:
        raise AssertionError(f"outcome of {start_s} does not fit order {number}")
    return _Open(
        book.participants.names[rows["participant"][row]],
        book.units.names[rows["unit"][row]],
        book.areas.names[rows["area"][row]],
        Side.SELL if rows["is_sell"][row] else Side.BUY,
        int(rows["energy_wh"][place].sum()),
    )


def _leg_open(call: CallBook, number: int, start_s: int) -> _Open:
    block = call.blocks[number]
    header, legs = block.header, dict(block.legs)
    who = (header.participant_id, header.unit_id, header.area_id)
    return _Open(*who, header.side, legs.get(start_s, 0))


def going_on(state: MarketState, day_s: int, trades: Sequence[Trade]) -> dict[str, int]:
    """Limit orders of an opening call that stand until a date, and what is open of each, Wh."""
    call = state.book.call(CallKind.DAY_AHEAD, day_s)
    rows = call.rows
    place = np.flatnonzero(
        (call.column("energy_wh") > 0) & ((call.column("flags") & HAS_OPTIONS) > 0)
    )
    if not len(place):
        return {}
    filled = {trade.order_id: trade.energy_wh for trade in trades}
    rest: dict[str, int] = {}
    for number, energy_wh in zip(
        rows["number"][place].tolist(), rows["energy_wh"][place].tolist(), strict=True
    ):
        order_id = f"ord-{number}"
        left_wh = energy_wh - filled.get(order_id, 0)
        if left_wh and state.options_of(order_id).tif is TimeInForce.GTD:
            rest[order_id] = left_wh
    return rest
