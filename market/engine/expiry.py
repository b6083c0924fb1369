"""What ends by itself: orders past their date, calls past their time, offers nobody took.

The one idea: everything that is due is ended one after another, each on the state the one before has
made; what has gone meanwhile is passed over.
"""

from collections.abc import Callable, Iterator
from typing import Final

from market.engine.decisions import applied
from market.engine.desk.cases import miss_target
from market.engine.desk.messages import publish_due
from market.engine.money.collateral import miss_call
from market.engine.offers import offers
from market.engine.orders.open_orders import open_order
from market.engine.orders.reopening import end_call
from market.engine.state import MarketState
from market.model.messages import Decision, ExpireDue, OrdersCancelled
from market.model.order import SYSTEM_EXPIRED
from market.trading.deadlines import DeadlineKind

_NOTHING: Final = Decision(events=(), answer=applied().answer)


def expire_due(state: MarketState, command: ExpireDue) -> Iterator[Decision]:
    """End everything that is due."""
    for kind, key in state.deadlines.due(command.now_us):
        if state.deadlines.holds(kind, key):
            yield _ENDS[kind](state, key, command.now_us)
    yield _NOTHING


def _order(state: MarketState, order_id: str, _now_us: int) -> Decision:
    order = open_order(state, order_id)
    if order is None:
        raise AssertionError(f"{order_id} has a deadline and is not open")
    return applied(
        OrdersCancelled(
            participant_id=order.participant_id, order_ids=(order_id,), reason=SYSTEM_EXPIRED
        )
    )


def _volatility(state: MarketState, key: str, now_us: int) -> Decision:
    start_s, _, area_id = key.partition("/")
    return end_call(state, int(start_s), area_id, now_us)


def _offer(kind: DeadlineKind) -> "_Ends":
    return lambda state, key, _now_us: applied(*offers.expire(state, kind, key))


_Ends = Callable[[MarketState, str, int], Decision]
_ENDS: Final[dict[DeadlineKind, _Ends]] = {
    DeadlineKind.ORDER: _order,
    DeadlineKind.VOLATILITY: _volatility,
    DeadlineKind.LISTING: _offer(DeadlineKind.LISTING),
    DeadlineKind.QUOTE: _offer(DeadlineKind.QUOTE),
    DeadlineKind.CONTRACT: _offer(DeadlineKind.CONTRACT),
    DeadlineKind.MARGIN: miss_call,
    DeadlineKind.CASE: miss_target,
    DeadlineKind.MESSAGE: publish_due,
}
