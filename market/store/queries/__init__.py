"""Everything the outside may ask of a market's file: read-only, integers out, no wire strings.

The one idea: a query takes a connection from `Readers.connect` and the market's id, and gives back
facts of the model or the small answers of `views`. Queries of one connection see one moment.
"""

from market.store.queries.market import (
    MarketDefinition,
    Position,
    market,
    participants,
    position,
    units,
)
from market.store.queries.money import account, ledger, statement
from market.store.queries.orders import order, orders, recent_trades, trades
from market.store.queries.pages import LIMIT_MAX, CursorFault
from market.store.queries.power import deviations, measurements, setpoints
from market.store.queries.report import day_totals
from market.store.queries.results import curves, intervals, prices
from market.store.views import (
    AccountBalance,
    AccountView,
    AreaPrice,
    Curve,
    DayTotals,
    IntervalRow,
    IntervalView,
    LedgerView,
    Page,
    ParticipantTotals,
    PricedCurve,
    StatementLine,
)

__all__ = [
    "LIMIT_MAX",
    "AccountBalance",
    "AccountView",
    "AreaPrice",
    "CursorFault",
    "Curve",
    "DayTotals",
    "IntervalRow",
    "IntervalView",
    "LedgerView",
    "MarketDefinition",
    "Page",
    "ParticipantTotals",
    "Position",
    "PricedCurve",
    "StatementLine",
    "account",
    "curves",
    "day_totals",
    "deviations",
    "intervals",
    "ledger",
    "market",
    "measurements",
    "order",
    "orders",
    "participants",
    "position",
    "prices",
    "recent_trades",
    "setpoints",
    "statement",
    "trades",
    "units",
]
