"""From one session to the next: continuous trading opens, and hands over to the closing call.

The one idea: what is not chosen by hand goes on by itself. When the closing call of an interval opens,
what rests in continuous trading joins it with its limit; only what lapses at a call ends there.
"""

from collections import defaultdict
from collections.abc import Iterator

from market.engine.decisions import applied, refused
from market.engine.facts.apply_calls import sleeping_of
from market.engine.facts.phase_steps import step_taken
from market.engine.offers.standing import orders_for
from market.engine.orders.changes import entering
from market.engine.state import MarketState
from market.model.call import CallKind, OrderLeftCall
from market.model.messages import (
    Decision,
    Event,
    OpenContinuous,
    OrdersCancelled,
    OrdersJoinedCall,
    Step,
)
from market.model.order import SYSTEM_EXPIRED


def open_continuous(state: MarketState, command: OpenContinuous) -> Iterator[Decision]:
    """Continuous trading of a market day's intervals begins; standing rules place theirs."""
    starts_s = state.phases.day_starts_s(command.start_s)
    refusal = state.phases.step_refusal(command.start_s, Step.OPEN_CONTINUOUS)
    if refusal is not None:
        yield refused([refusal])
        return
    yield applied(
        *(step_taken(start_s, Step.OPEN_CONTINUOUS, command.now_us) for start_s in starts_s)
    )
    for start_s in starts_s:
        yield from _waiting_enter(state, start_s, command.now_us)
    for start_s in starts_s:
        yield from orders_for(state, start_s, command.now_us, None)


def _waiting_enter(state: MarketState, start_s: int, now_us: int) -> Iterator[Decision]:
    """What outlived the opening call enters like a new order, in order of acceptance."""
    call = state.book.call(CallKind.CLOSING, start_s)
    numbers = call.column("number")[call.column("energy_wh") > 0]
    for number in sorted(numbers.tolist()):
        item = sleeping_of(state, f"ord-{number}")
        yield applied(
            OrderLeftCall(
                order_id=item.order_id,
                participant_id=item.participant_id,
                area_id=item.area_id,
                start_s=start_s,
                side=item.side,
                price_ticks=item.price_ticks,
                energy_wh=item.energy_wh,
            )
        )
        yield applied(*entering(state, item, now_us))


def hand_over(state: MarketState, start_s: int) -> Iterator[Event]:
    """What continuous trading leaves for the closing call of an interval, and what ends there."""
    lapsing: defaultdict[str, list[str]] = defaultdict(list)
    joining: list[str] = []
    if state.rules.continuous is None:
        return
    for order in state.continuous.of_interval(start_s):
        if state.options_of(order.order_id).lapses_at_call:
            lapsing[order.owner].append(order.order_id)
        else:
            joining.append(order.order_id)
    for block in state.continuous.blocks.touching(start_s, None):
        lapsing[block.owner].append(block.order_id)
    for owner, order_ids in lapsing.items():
        yield OrdersCancelled(
            participant_id=owner, order_ids=tuple(order_ids), reason=SYSTEM_EXPIRED
        )
    if joining:
        yield OrdersJoinedCall(start_s=start_s, order_ids=tuple(joining))
