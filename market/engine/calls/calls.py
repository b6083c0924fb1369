"""The opening call of a market day: all its intervals in one sealed auction, the day before.

The one idea: what a closing call is for one interval this is for all of a day together, so that orders
over several intervals can be served; its steps are facts of every interval it holds.
"""

from collections.abc import Iterator

from market.engine.calls.implausible import implausible
from market.engine.control.picture import held_back_wh
from market.engine.decisions import applied, refused
from market.engine.facts.phase_steps import step_taken
from market.engine.offers.standing import orders_for
from market.engine.state import MarketState
from market.model.call import CallKind
from market.model.messages import CloseDayAhead, Decision, OpenDayAhead, Step
from market.trading.auction import AuctionInput, auction_input
from market.trading.flexible import stored_before_wh


def open_day_ahead(state: MarketState, command: OpenDayAhead) -> Iterator[Decision]:
    """Order entry of a market day's opening call begins; standing rules place theirs."""
    refusal = state.phases.step_refusal(command.start_s, Step.OPEN_DAY_AHEAD)
    if refusal is not None:
        yield refused([refusal])
        return
    starts_s = state.phases.day_starts_s(command.start_s)
    yield applied(
        *(step_taken(start_s, Step.OPEN_DAY_AHEAD, command.now_us) for start_s in starts_s)
    )
    if state.rules.standing:
        for start_s in starts_s:
            yield from orders_for(state, start_s, command.now_us, CallKind.DAY_AHEAD)


def close_day_ahead(state: MarketState, command: CloseDayAhead) -> Decision:
    """Order entry of a market day's opening call ends; its book is sealed."""
    refusal = state.phases.step_refusal(command.start_s, Step.CLOSE_DAY_AHEAD)
    if refusal is not None:
        return refused([refusal])
    starts_s = state.phases.day_starts_s(command.start_s)
    return applied(
        *implausible(state, CallKind.DAY_AHEAD, starts_s),
        *(step_taken(start_s, Step.CLOSE_DAY_AHEAD, command.now_us) for start_s in starts_s),
    )


def clearing_problem(state: MarketState, kind: CallKind, start_s: int) -> AuctionInput:
    """The auction of a locked call, by its first interval."""
    starts_s: tuple[int, ...] = (start_s,)
    if kind is CallKind.DAY_AHEAD:
        starts_s = state.phases.day_starts_s(start_s)
    stored_wh = {
        held.order.header.unit_id: stored_before_wh(
            state.positions,
            held.order.header.unit_id,
            state.storages[held.order.header.unit_id],
            held.starts_s[0],
        )
        for held in state.book.call(kind, start_s).storages.values()
    }
    return auction_input(
        kind=kind,
        starts_s=starts_s,
        book=state.book,
        grid=state.grid,
        rules=state.rules,
        capacity=state.capacity,
        storages=state.storages,
        stored_wh=stored_wh,
        last_resort_id=state.last_resort_id,
        held_back_wh=held_back_wh(state, starts_s),
    )
