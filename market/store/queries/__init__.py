"""Everything the outside may ask of a market's file: read-only, integers out, no wire strings.

The one idea: a query takes a connection from `Readers.connect` and the market's id, and gives back
facts of the model or the small answers of `views`. Queries of one connection see one moment.
"""

from market.store.certificate_views import CertificateActRow
from market.store.queries.acts import ActFilter, acts, curtailments, unit_limits
from market.store.queries.alarms import AlarmFilter, alarm, alarms
from market.store.queries.audit import AuditFilter, AuditLine, audit
from market.store.queries.bill_sources import bill_sources
from market.store.queries.bills import bill, bill_details, bills
from market.store.queries.cases import CaseFilter, case, cases
from market.store.queries.certificate_reading import lots_read, oldest_lots
from market.store.queries.certificate_sums import issued_of_day
from market.store.queries.certificates import (
    CertificateBalance,
    LotLine,
    certificate_act,
    certificate_acts,
    certificate_balances,
    certificate_statement,
)
from market.store.queries.day_facts import StoredDay, stored_day
from market.store.queries.events import StoredEvent, events
from market.store.queries.explanations import CallTold, OrderStory, order_story, refused
from market.store.queries.green_shares import GreenInterval, green_shares
from market.store.queries.grids import (
    GridCheckView,
    UnitTold,
    activations,
    grid_checks,
    outside_minutes,
    unit_told,
)
from market.store.queries.market import (
    MarketDefinition,
    Position,
    market,
    participants,
    position,
    units,
)
from market.store.queries.money import account, ledger, statement, trial_balance
from market.store.queries.offers import (
    ListingSearch,
    contracts,
    forecasts,
    inquiries,
    listing,
    listings,
    quotes,
    standing_rules,
    take,
)
from market.store.queries.orders import order, orders, recent_trades, trades
from market.store.queries.pages import LIMIT_MAX, CursorFault
from market.store.queries.positions import positions
from market.store.queries.power import deviations, gaps, measurements, setpoints
from market.store.queries.report import day_totals
from market.store.queries.results import curves, intervals, prices
from market.store.queries.runs import (
    RunView,
    last_run,
    run_differences,
    settled_detail,
    settlement_run,
    settlement_runs,
)
from market.store.queries.system import area_sums, system_pictures
from market.store.views import (
    AccountBalance,
    AccountView,
    AreaPrice,
    BillDetail,
    Curve,
    DayTotals,
    IntervalRow,
    IntervalView,
    LedgerView,
    Page,
    ParticipantTotals,
    PricedCurve,
    ReadingGap,
    ReadingView,
    Refusal,
    StatementLine,
    StoredBill,
    TrialBalance,
    UnitPosition,
)

__all__ = [
    "LIMIT_MAX",
    "AccountBalance",
    "AccountView",
    "ActFilter",
    "AlarmFilter",
    "AreaPrice",
    "AuditFilter",
    "AuditLine",
    "BillDetail",
    "CallTold",
    "CaseFilter",
    "CertificateActRow",
    "CertificateBalance",
    "CursorFault",
    "Curve",
    "DayTotals",
    "GreenInterval",
    "GridCheckView",
    "IntervalRow",
    "IntervalView",
    "LedgerView",
    "ListingSearch",
    "LotLine",
    "MarketDefinition",
    "OrderStory",
    "Page",
    "ParticipantTotals",
    "Position",
    "PricedCurve",
    "ReadingGap",
    "ReadingView",
    "Refusal",
    "RunView",
    "StatementLine",
    "StoredBill",
    "StoredDay",
    "StoredEvent",
    "TrialBalance",
    "UnitPosition",
    "UnitTold",
    "account",
    "activations",
    "acts",
    "alarm",
    "alarms",
    "area_sums",
    "audit",
    "bill",
    "bill_details",
    "bill_sources",
    "bills",
    "case",
    "cases",
    "certificate_act",
    "certificate_acts",
    "certificate_balances",
    "certificate_statement",
    "contracts",
    "curtailments",
    "curves",
    "day_totals",
    "deviations",
    "events",
    "forecasts",
    "gaps",
    "green_shares",
    "grid_checks",
    "inquiries",
    "intervals",
    "issued_of_day",
    "last_run",
    "ledger",
    "listing",
    "listings",
    "lots_read",
    "market",
    "measurements",
    "oldest_lots",
    "order",
    "order_story",
    "orders",
    "outside_minutes",
    "participants",
    "position",
    "positions",
    "prices",
    "quotes",
    "recent_trades",
    "refused",
    "run_differences",
    "setpoints",
    "settled_detail",
    "settlement_run",
    "settlement_runs",
    "standing_rules",
    "statement",
    "stored_day",
    "system_pictures",
    "take",
    "trades",
    "trial_balance",
    "unit_limits",
    "unit_told",
    "units",
]
