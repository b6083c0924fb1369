"""Every open order of a market, wherever it stands: in a call, in continuous trading, asleep.

The one idea: whoever cancels, kills or lists asks here and need not know the books.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from market.engine.state import MarketState
from market.trading.resting import RestingBlock


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """Where an open order stands, and whose it is."""

    order_id: str
    participant_id: str
    unit_id: str
    area_id: str
    start_s: int


def open_orders(state: MarketState, participant_id: str | None = None) -> Iterator[OpenOrder]:
    """All open orders, or one participant's; calls first, then continuous, then those asleep."""
    for row in state.book.open_rows(participant_id):
        yield OpenOrder(*row)
    continuous = state.continuous
    for order in (
        continuous.orders() if participant_id is None else continuous.of_owner(participant_id)
    ):
        yield OpenOrder(order.order_id, order.owner, order.unit_id, order.area_id, order.start_s)
    for block in continuous.blocks:
        if participant_id in {None, block.owner}:
            yield _of_block(block)
    for item in state.sleeping.values():
        if participant_id in {None, item.participant_id}:
            yield OpenOrder(
                item.order_id, item.participant_id, item.unit_id, item.area_id, item.start_s
            )


def _of_block(block: RestingBlock) -> OpenOrder:
    """A block counts with its first interval."""
    return OpenOrder(block.order_id, block.owner, block.unit_id, block.area_id, block.legs[0][0])


def open_order(state: MarketState, order_id: str) -> OpenOrder | None:
    """One open order; None: it is not open."""
    order = state.continuous.get(order_id)
    if order is not None:
        return OpenOrder(order_id, order.owner, order.unit_id, order.area_id, order.start_s)
    block = state.continuous.blocks.get(order_id)
    if block is not None:
        return _of_block(block)
    item = state.sleeping.get(order_id)
    if item is not None:
        return OpenOrder(order_id, item.participant_id, item.unit_id, item.area_id, item.start_s)
    place = state.book.place_of(order_id)
    return None if place is None else OpenOrder(order_id, *place)
