"""The facts of ordinary orders and cancels, and their answers.

The one idea: these few are made tens of thousands of times a second, so they are made by makers; what
is rarer is made by its class.
"""

from typing import Final

from market.model.making import maker
from market.model.messages import (
    Answer,
    Decision,
    Event,
    OrderAnswer,
    OrdersAccepted,
    OrdersCancelled,
    TradesMade,
    TransfersBooked,
)
from market.model.order import AcceptedColumns, Side, Venue
from market.model.trade import Trade

# A look at a member of an enum costs three times one at a name of the module.
SELL: Final = Side.SELL
BUY: Final = Side.BUY
CONTINUOUS: Final = Venue.CONTINUOUS

make_accepted: Final = maker(OrdersAccepted)
make_answer: Final = maker(Answer)
make_cancelled: Final = maker(OrdersCancelled)
make_columns: Final = maker(AcceptedColumns)
make_decision: Final = maker(Decision)
make_order_answer: Final = maker(OrderAnswer)
make_trade: Final = maker(Trade)
make_trades: Final = maker(TradesMade)
make_transfers: Final = maker(TransfersBooked)


def taken(events: tuple[Event, ...], order_id: str) -> Decision:
    """The decision that answers one order, or the cancel of one, with its id."""
    answer = make_order_answer(order_id=order_id)
    return make_decision(events=events, answer=make_answer(orders=(answer,)))
