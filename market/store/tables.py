"""The tables of a market's file, columns spelled out.

The one idea: `journal` is the truth; every other table but `meta` and `snapshots` is a projection of it,
filled by the same writer between batches, and may be thrown away and made again. A projection's columns carry
the names of its dataclass's fields (PROJECTED says which; BOOKKEEPING are the columns beside them).

Integers are 64 bits wide in the file. A single amount always fits; sums that may not are kept as
decimal text (`WideInteger`) and added in Python.
"""
# house: long because every column of every table is spelled out.

from typing import Final, cast
from zlib import crc32

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    text,
)

from market.model.act import Curtailed, StoredAct
from market.model.activation import UnitsActivated
from market.model.alarm import Alarm
from market.model.bill import Bill, LineParts
from market.model.call import OrdersExplained
from market.model.case import Case
from market.model.collateral import CreditLimit, StoredMarginCall
from market.model.contract import Contract
from market.model.grid_check import GridChecked, GridSeen, UnitChange, UnitsRedispatched
from market.model.listing import Inquiry, Listing, Quote, Take
from market.model.message import Message
from market.model.messages import DayClosed, LineUse, MarketCreated
from market.model.money import Transfer
from market.model.order import OrderHeader
from market.model.participant import Participant, Unit
from market.model.payment import Default, Payer, Payment, Payout
from market.model.power import Deviation, Measurement, Setpoint, UnitLimit
from market.model.settled_month import SettledMonth
from market.model.settlement_run import SettledArea, SettlementRun
from market.model.standing import Forecast, StandingRule
from market.model.summing import AreasSummed
from market.model.system import SystemSeen
from market.model.trade import AreaOutcome, LineOutcome, Trade
from market.store.certificate_views import CertificateActRow, CertificateDay
from market.store.views import (
    AccountBalance,
    AccountDay,
    AlertRead,
    CallResult,
    Curve,
    DayMovement,
    DeviationPriceRow,
    InquiryAsked,
    IntervalRow,
    ListingLeg,
    ListingPartner,
    MessageRecipient,
    OrderEnd,
    PhaseStep,
    PostingDay,
    Refusal,
    Withdrawal,
)


class WideInteger(TypeDecorator[int]):
    """An integer of any size, kept as decimal text: exact, but not to be compared by the database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """To text."""
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's signature
        """From text."""
        return None if value is None else int(value)


class Structure(TypeDecorator[object]):
    """A dataclass, tuple or None as canonical JSON: keys sorted, no blanks; integers stay exact."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: object) -> None:
        super().__init__()
        self.kind = kind
        self._encoder = msgspec.json.Encoder(order="sorted")
        self._decoder: msgspec.json.Decoder[object] = msgspec.json.Decoder(cast("type", kind))

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """To JSON."""
        return None if value is None else self._encoder.encode(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> object:  # noqa: ARG002 - SQLAlchemy's signature
        """From JSON."""
        return None if value is None else self._decoder.decode(value)


METADATA: Final = MetaData()
LINE_PARTS: Final = tuple(LineParts.__dataclass_fields__)
"""What of a trade's price is for lines, by name."""
_TEXT: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""Text in the order of its bytes wherever it is kept: lists and cursors are the same everywhere."""


def _market_id() -> Column[str]:
    """First part of every key: what a market writes stays apart wherever it is kept."""
    return Column("market_id", _TEXT, primary_key=True)


def _text(name: str, *, key: bool = False, empty: bool = False) -> Column[str]:
    return Column(name, _TEXT, primary_key=key, nullable=empty)


def _integer(name: str, *, key: bool = False, empty: bool = False) -> Column[int]:
    return Column(name, BigInteger, primary_key=key, nullable=empty, autoincrement=False)


meta: Final = Table(
    "meta",
    METADATA,
    # schema_version, projection_version, epoch, and how far the projections are:
    # projected_batch, projected_command_seq, projected_event_seq
    _text("name", key=True),
    _integer("value"),
)

journal: Final = Table(
    "journal",
    METADATA,
    _integer("batch", key=True),  # 1, 2, 3 ... without a gap
    _integer("epoch"),
    _integer("now_us"),  # the largest market time committed so far
    _integer("first_command_seq"),
    _integer("first_event_seq"),
    Column("commands", LargeBinary, nullable=False),
    Column("events", LargeBinary, nullable=False),
    Column("previous_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

snapshots: Final = Table(
    "snapshots",
    METADATA,
    _integer("batch", key=True),  # the state after it
    _integer("format_version"),
    _text("software"),  # hash of the sources that wrote it
    Column("chain_hash", LargeBinary, nullable=False),  # of the journal's row of that batch
    Column("state_hash", LargeBinary, nullable=False),
    Column("blob_hash", LargeBinary, nullable=False),
    Column("blob", LargeBinary, nullable=False),  # the state's canonical bytes, compressed
)

JOURNAL: Final = frozenset({"meta", "journal", "snapshots"})
"""The tables that are not projections."""

markets: Final = Table(
    "markets",
    METADATA,
    _market_id(),
    Column("rules", Structure(MarketCreated.__annotations__["rules"]), nullable=False),
    Column("grid", Structure(MarketCreated.__annotations__["grid"]), nullable=False),
)

participants: Final = Table(
    "participants",
    METADATA,
    _market_id(),
    _text("participant_id", key=True),
    _text("name"),
    _text("area_id"),
    Column("is_last_resort", Boolean, nullable=False),
    _text("voltage_level"),
    _integer("event_seq"),  # that registered it
    sqlite_with_rowid=False,
)

units: Final = Table(
    "units",
    METADATA,
    _market_id(),
    _text("unit_id", key=True),
    _text("participant_id"),
    _text("area_id"),
    _text("kind"),
    _integer("injection_max_w"),
    _integer("withdrawal_max_w"),
    Column("controllable", Boolean, nullable=False),
    Column("storage", Structure(Unit.__annotations__["storage"])),
    _integer("event_seq"),  # that registered it
    Index("units_of_participant", "market_id", "participant_id"),
    sqlite_with_rowid=False,
)

orders: Final = Table(
    "orders",
    METADATA,
    _market_id(),
    _integer("sequence", key=True),
    _text("order_id"),
    _text("client_order_id"),
    _text("participant_id"),
    _text("unit_id"),
    _text("area_id"),
    _integer("start_s"),
    _text("side"),
    _integer("accepted_us"),
    _text("venue"),
    _integer("revision"),
    _text("placed_by"),
    _text("terms"),  # canonical JSON: kind and what that kind says beside these columns
    _integer("price_ticks"),
    _integer("energy_wh"),  # filled and open together
    _text("state"),
    _integer("filled_wh"),
    _integer("held_quanta"),
    # An agent names the orders it places in its own way: names are each giver's own.
    Index(
        "orders_by_client",
        "market_id",
        "participant_id",
        "client_order_id",
        "placed_by",
        unique=True,
    ),
    Index("orders_of_participant", "market_id", "participant_id", "sequence"),
    Index("orders_of_interval", "market_id", "start_s", "sequence"),
    sqlite_with_rowid=False,
)
Index(
    "orders_holding",
    orders.c.market_id,
    orders.c.participant_id,
    orders.c.held_quanta,
    sqlite_where=orders.c.held_quanta > 0,
    postgresql_where=orders.c.held_quanta > 0,
)

refusals: Final = Table(
    "refusals",
    METADATA,
    _market_id(),
    _integer("event_seq", key=True),
    _integer("row", key=True),
    _text("participant_id"),
    _text("client_order_id"),
    _integer("start_s"),
    _text("code"),
    _text("pointer"),
    Column("parameters", Structure(Refusal.__annotations__["parameters"]), nullable=False),
    Index("refusals_by_client", "market_id", "participant_id", "client_order_id"),
    Index("refusals_of_interval", "market_id", "start_s"),
    sqlite_with_rowid=False,
)

trades: Final = Table(
    "trades",
    METADATA,
    _market_id(),
    _integer("event_seq", key=True),
    _integer("row", key=True),
    _text("trade_id"),
    _text("match_id"),
    _text("order_id"),
    _text("participant_id"),
    _text("unit_id"),
    _text("area_id"),
    _integer("start_s"),
    _text("side"),
    _integer("price_ticks"),
    _integer("energy_wh"),
    _text("venue"),
    _text("state"),  # completed, or what became of it when its recall was asked for
    # What of its price is for the lines its energy came over: of purchases of calls alone.
    *[_integer(name) for name in LINE_PARTS],
    Index("trades_of_participant", "market_id", "participant_id", "event_seq", "row"),
    Index("trades_of_interval", "market_id", "start_s", "unit_id"),
    sqlite_with_rowid=False,
)

transfers: Final = Table(
    "transfers",
    METADATA,
    _market_id(),
    _integer("event_seq", key=True),
    _integer("row", key=True),
    _text("debit_account"),
    _text("credit_account"),
    _integer("amount_quanta"),
    _text("kind"),
    _text("reference"),
    _integer("start_s", empty=True),
    _integer("counts_s"),  # when it counts: its interval, the first of its day, or the booking
    Index("transfers_given", "market_id", "debit_account", "counts_s"),
    Index("transfers_received", "market_id", "credit_account", "counts_s"),
    sqlite_with_rowid=False,
)

accounts: Final = Table(
    "accounts",
    METADATA,
    _market_id(),
    _text("account", key=True),
    Column("balance_quanta", WideInteger, nullable=False),
    sqlite_with_rowid=False,
)

account_days: Final = Table(
    "account_days",
    METADATA,
    _market_id(),
    _text("account", key=True),
    _text("day", key=True),  # local, of the booking; only days on which the account moved
    Column("received_quanta", WideInteger, nullable=False),
    Column("given_quanta", WideInteger, nullable=False),
    Column("balance_quanta", WideInteger, nullable=False),  # at the day's end
    Index("account_days_by_day", "market_id", "day"),
    sqlite_with_rowid=False,
)

posting_days: Final = Table(
    "posting_days",
    METADATA,
    _market_id(),
    _text("day", key=True),  # local, of what is counted: its interval's, or that of the booking
    _text("first_account", key=True),  # by name
    _text("second_account", key=True),
    _text("kind", key=True),
    _integer("high_quanta"),  # first to second, less what went back; the sum by halves
    _integer("low_quanta"),
    _integer("postings"),
    sqlite_with_rowid=False,
)

day_movements: Final = Table(
    "day_movements",
    METADATA,
    _market_id(),
    _text("day", key=True),  # local, of the booking: that of `account_days`
    _text("giver", key=True),  # what sort of account: its name up to the colon
    _text("receiver", key=True),
    _text("kind", key=True),
    Column("amount_quanta", WideInteger, nullable=False),
    _integer("postings"),
    sqlite_with_rowid=False,
)

closed_days: Final = Table(
    "closed_days",
    METADATA,
    _market_id(),
    _text("day", key=True),
    _integer("event_seq"),  # that closed it
    sqlite_with_rowid=False,
)

bills: Final = Table(
    "bills",
    METADATA,
    _market_id(),
    _integer("event_seq", key=True),
    _integer("row", key=True),
    _text("bill_id"),
    _text("participant_id"),
    _text("month"),
    _integer("version"),
    _text("corrects", empty=True),
    Column("before_quanta", WideInteger, nullable=False),
    _integer("from_s"),
    _integer("until_s"),
    _integer("as_of_event_seq"),
    _integer("drafted_us"),
    Column("lines", Structure(Bill.__annotations__["lines"]), nullable=False),
    Column("taxes", Structure(Bill.__annotations__["taxes"]), nullable=False),
    Column("net_quanta", WideInteger, nullable=False),
    Column("tax_quanta", WideInteger, nullable=False),
    _integer("rounding_quanta"),
    Column("total_quanta", WideInteger, nullable=False),
    Column("paid_in_quanta", WideInteger, nullable=False),
    _integer("withdrawn_wh"),
    _integer("fed_in_wh"),
    _integer("substituted"),
    Column("plain", Structure(Bill.__annotations__["plain"])),
    Column("green", Structure(Bill.__annotations__["green"]), nullable=False),
    _text("state"),
    _integer("issued_us", empty=True),
    Index("bills_by_id", "market_id", "bill_id", unique=True),
    # With the state in it, so that an earlier version is found without reading any bill.
    Index("bills_of_participant", "market_id", "participant_id", "month", "state"),
    Index("bills_of_month", "market_id", "month", "event_seq", "row"),
    sqlite_with_rowid=False,
)

cases: Final = Table(
    "cases",
    METADATA,
    _market_id(),
    _text("case_id", key=True),
    _integer("number"),  # the event that opened it: lists are in this order
    _text("kind"),
    _text("participant_id"),
    _integer("opened_us"),
    _integer("taken_by_us"),
    _integer("closed_by_us"),
    _text("state"),
    _text("owner", empty=True),
    _integer("taken_us", empty=True),
    _integer("closed_us", empty=True),
    _text("outcome", empty=True),
    Column("history", Structure(Case.__annotations__["history"]), nullable=False),
    Column("dispute", Structure(Case.__annotations__["dispute"])),
    Column("proposal", Structure(Case.__annotations__["proposal"])),
    _text("client_case_id"),
    _text("subject"),
    _text("unit_id", empty=True),
    Column("details", Structure(Case.__annotations__["details"]), nullable=False),
    _integer("answered_by_us", empty=True),
    _integer("answered_us", empty=True),
    Column("missed", Structure(Case.__annotations__["missed"]), nullable=False),
    _integer("reopened"),
    _integer("rating", empty=True),
    _text("rating_text"),
    _text("bill_id", empty=True),  # of the dispute
    _text("month", empty=True),
    Index("cases_in_order", "market_id", "number"),
    Index("cases_by_opening", "market_id", "opened_us"),
    Index("cases_by_state", "market_id", "state", "number"),
    Index("cases_of_participant", "market_id", "participant_id", "number"),
    Index("cases_of_bill", "market_id", "bill_id", "number"),
    Index("cases_of_month", "market_id", "month", "number"),
    sqlite_with_rowid=False,
)

payments: Final = Table(
    "payments",
    METADATA,
    _market_id(),
    _text("bank_id", key=True),
    _integer("event_seq"),  # with `row` the order in which the bank told of them
    _integer("row"),
    _text("day"),
    _integer("amount_quanta"),
    _text("reference"),
    _text("counterparty"),
    _text("state"),
    _text("participant_id", empty=True),
    _text("bill_id", empty=True),
    _text("month", empty=True),
    _text("payout_id", empty=True),
    _text("reason"),
    _integer("booked_us"),
    Index("payments_in_order", "market_id", "event_seq", "row", unique=True),
    Index("payments_of_day", "market_id", "day"),
    Index("payments_booked", "market_id", "booked_us"),
    Index("payments_of_participant", "market_id", "participant_id", "month"),
    sqlite_with_rowid=False,
)

payouts: Final = Table(
    "payouts",
    METADATA,
    _market_id(),
    _integer("number", key=True),
    _text("payout_id"),
    _text("kind"),
    _text("participant_id", empty=True),
    _text("client_payout_id"),
    _integer("amount_quanta"),
    _text("payee_name"),
    _text("payee_account"),
    _text("state"),
    _integer("requested_us"),
    _integer("changed_us"),
    _text("file_id", empty=True),
    _text("bank_id", empty=True),
    _text("reason"),
    Index("payouts_by_id", "market_id", "payout_id", unique=True),
    Index("payouts_of_participant", "market_id", "participant_id", "number"),
    Index("payouts_of_file", "market_id", "file_id", "number"),
    Index("payouts_in_state", "market_id", "state", "number"),
    sqlite_with_rowid=False,
)

defaults: Final = Table(
    "defaults",
    METADATA,
    _market_id(),
    _integer("number", key=True),
    _text("default_id"),
    _text("participant_id"),
    Column("overdue_quanta", WideInteger, nullable=False),
    Column("own_quanta", WideInteger, nullable=False),
    Column("cover", Structure(Default.__annotations__["cover"]), nullable=False),
    _text("reason"),
    _integer("now_us"),
    sqlite_with_rowid=False,
)

payers: Final = Table(
    "payers",
    METADATA,
    _market_id(),
    _text("participant_id", key=True),
    Column("paid_in_quanta", WideInteger, nullable=False),
    Column("claims", Structure(Payer.__annotations__["claims"]), nullable=False),
    sqlite_with_rowid=False,
)

intervals: Final = Table(
    "intervals",
    METADATA,
    _market_id(),
    _integer("start_s", key=True),
    _text("phase"),
    _integer("phase_since_us", empty=True),
    _text("rung", empty=True),
    Column("reproducible", Boolean),
    Column("welfare_quanta", WideInteger),
    Column("upper_bound_quanta", WideInteger),
    _integer("solve_ms", empty=True),
    _text("receipt_hash", empty=True),
    Column("audit_faults", Structure(tuple[str, ...])),
    _integer("trade_count", empty=True),
    Column("ledger_sum_quanta", WideInteger),
    sqlite_with_rowid=False,
)

phase_steps: Final = Table(
    "phase_steps",
    METADATA,
    _market_id(),
    _integer("start_s", key=True),
    _integer("event_seq", key=True),
    _text("phase"),
    _text("area_id", empty=True),
    _text("step", empty=True),
    _integer("now_us"),
    _integer("until_us", empty=True),
    sqlite_with_rowid=False,
)

area_outcomes: Final = Table(
    "area_outcomes",
    METADATA,
    _market_id(),
    _integer("start_s", key=True),
    _text("call", key=True),  # the opening call of the day, or the interval's closing call
    _text("area_id", key=True),
    _integer("position"),  # of the area in the market's definition
    _integer("price_ticks", empty=True),
    _integer("connection_price_ticks", empty=True),
    _integer("best_bid_ticks", empty=True),
    _integer("best_offer_ticks", empty=True),
    _integer("bought_wh"),
    _integer("sold_wh"),
    _integer("net_export_wh"),
    _integer("rounding_wh"),
    sqlite_with_rowid=False,
)

line_outcomes: Final = Table(
    "line_outcomes",
    METADATA,
    _market_id(),
    _integer("start_s", key=True),
    _text("call", key=True),
    _text("line_id", key=True),
    _integer("position"),  # of the line in the market's definition
    _integer("sent_forward_wh"),
    _integer("received_forward_wh"),
    _integer("sent_backward_wh"),
    _integer("received_backward_wh"),
    _integer("capacity_forward_wh"),
    _integer("capacity_backward_wh"),
    sqlite_with_rowid=False,
)

line_uses: Final = Table(
    "line_uses",
    METADATA,
    _market_id(),
    _integer("event_seq", key=True),
    _integer("row", key=True),
    _integer("start_s"),
    _text("line_id"),
    Column("forward", Boolean, nullable=False),
    _integer("sent_wh"),  # below zero where a match was undone
    _integer("received_wh"),
    _text("match_id"),
    Index("line_uses_of_interval", "market_id", "start_s"),
    sqlite_with_rowid=False,
)

call_results: Final = Table(
    "call_results",
    METADATA,
    _market_id(),
    _integer("start_s", key=True),
    _text("call", key=True),
    _text("rung"),
    Column("reproducible", Boolean, nullable=False),
    Column("welfare_quanta", WideInteger, nullable=False),
    Column("upper_bound_quanta", WideInteger, nullable=False),
    _integer("solve_ms"),
    _text("receipt_hash"),
    Column("audit_faults", Structure(tuple[str, ...]), nullable=False),
    sqlite_with_rowid=False,
)

call_reasons: Final = Table(
    "call_reasons",
    METADATA,
    _market_id(),
    _text("call", key=True),
    _integer("start_s", key=True),  # of an opening call the day's first
    Column("explained", Structure(OrdersExplained.__annotations__["explained"]), nullable=False),
)

order_ends: Final = Table(
    "order_ends",
    METADATA,
    _market_id(),
    _integer("sequence", key=True),
    _text("reason"),
    _text("code"),
    _integer("ended_us"),
    sqlite_with_rowid=False,
)

curves: Final = Table(
    "curves",
    METADATA,
    _market_id(),
    _integer("start_s", key=True),
    _text("call", key=True),
    _text("area_id", key=True),
    _integer("position"),
    Column("supply", Structure(Curve.__annotations__["supply"]), nullable=False),
    Column("demand", Structure(Curve.__annotations__["demand"]), nullable=False),
)

setpoints: Final = Table(
    "setpoints",
    METADATA,
    _market_id(),
    _integer("start_s", key=True),
    _text("unit_id", key=True),
    _text("area_id"),
    _integer("until_s"),
    _integer("target_w"),
    _integer("fallback_w"),
    _integer("sequence"),
    _integer("epoch"),
    _integer("wait_s"),
    _integer("before_w"),
    sqlite_with_rowid=False,
)

measurements: Final = Table(
    "measurements",
    METADATA,
    _market_id(),
    # Every reading that ever came in; which of an interval's counts is asked by queries/power.py.
    _integer("start_s", key=True),
    _text("unit_id", key=True),
    _integer("event_seq", key=True),
    _integer("row", key=True),
    _text("area_id"),
    _integer("recorded_us"),
    _integer("injection_wh"),
    _integer("state_of_charge_wh", empty=True),
    Column("substituted", Boolean, nullable=False),
    _integer("power_w", empty=True),
    _integer("reactive_var", empty=True),
    _integer("voltage_ppm", empty=True),
    _integer("frequency_mhz", empty=True),
    _integer("sequence", empty=True),
    _integer("measured_us", empty=True),
    _text("signature"),
    _text("doubt", empty=True),
    Column("older", Boolean, nullable=False),
    Column("late", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

Index(
    "measurements_late",
    measurements.c.market_id,
    measurements.c.late,  # always true, yet by it SQLite finds out that the index fits
    measurements.c.start_s,
    measurements.c.event_seq,
    measurements.c.older,
    sqlite_where=text("late = 1"),
    postgresql_where=measurements.c.late,
)

deviations: Final = Table(
    "deviations",
    METADATA,
    _market_id(),
    _integer("start_s", key=True),
    _text("level", key=True),
    _text("member_id", key=True),
    _integer("position"),  # in the order seen: units, areas, market
    _integer("scheduled_wh"),
    _integer("measured_wh"),
    _integer("curtailed_wh"),
    _text("reason"),
    sqlite_with_rowid=False,
)

# Few units are told something else than they have traded; who looks for them does not look through all.
Index(
    "deviations_curtailed",
    deviations.c.market_id,
    deviations.c.level,
    deviations.c.start_s,
    deviations.c.curtailed_wh,  # always other than zero, yet with it SQLite needs nothing but the index
    sqlite_where=text("curtailed_wh != 0"),
    postgresql_where=text("curtailed_wh != 0"),
)

system_pictures: Final = Table(
    "system_pictures",
    METADATA,
    _market_id(),
    _integer("start_s", key=True),
    _integer("now_us"),
    Column("areas", Structure(SystemSeen.__annotations__["areas"]), nullable=False),
    Column("retail", Structure(SystemSeen.__annotations__["retail"]), nullable=False),
)

area_sums: Final = Table(
    "area_sums",
    METADATA,
    _market_id(),
    _integer("start_s", key=True),
    _text("call", key=True),
    _integer("now_us"),
    Column("areas", Structure(AreasSummed.__annotations__["areas"]), nullable=False),
    Column("public", Structure(AreasSummed.__annotations__["public"]), nullable=False),
)

withdrawals: Final = Table(
    "withdrawals",
    METADATA,
    _market_id(),
    _integer("start_s", key=True),
    _text("participant_id", key=True),
    _integer("withdrawal_wh"),
    sqlite_with_rowid=False,
)

deviation_prices: Final = Table(
    "deviation_prices",
    METADATA,
    _market_id(),
    _integer("start_s", key=True),
    _text("area_id", key=True),
    _integer("long_ticks"),
    _integer("short_ticks"),
    sqlite_with_rowid=False,
)

listings: Final = Table(
    "listings",
    METADATA,
    _market_id(),
    _integer("number", key=True),
    _text("listing_id"),
    _text("client_listing_id"),
    _text("participant_id"),
    _text("area_id"),
    _text("source"),
    _text("shown_as"),
    _integer("posted_us"),
    Column("terms", Structure(Listing.__annotations__["terms"]), nullable=False),
    _text("side"),
    _integer("price_ticks"),
    Column("is_green", Boolean, nullable=False),
    Column("is_private", Boolean, nullable=False),  # for partners only
    _integer("hold_ticks"),  # money held per Wh that is left
    _text("state"),
    Index("listings_of_participant", "market_id", "participant_id", "number"),
    Index("listings_by_state", "market_id", "state", "area_id", "number"),
    sqlite_with_rowid=False,
)

listing_legs: Final = Table(
    "listing_legs",
    METADATA,
    _market_id(),
    _integer("number", key=True),  # of the listing
    _integer("start_s", key=True),
    _integer("energy_wh"),
    _integer("left_wh"),
    Index("listing_legs_of_interval", "market_id", "start_s", "number"),
    sqlite_with_rowid=False,
)

listing_partners: Final = Table(
    "listing_partners",
    METADATA,
    _market_id(),
    _integer("number", key=True),  # of the listing
    _text("participant_id", key=True),
    sqlite_with_rowid=False,
)

takes: Final = Table(
    "takes",
    METADATA,
    _market_id(),
    _integer("number", key=True),
    _text("take_id"),
    _text("client_take_id"),
    _text("listing_id"),
    _text("participant_id"),
    _text("unit_id"),
    Column("legs", Structure(Take.__annotations__["legs"]), nullable=False),
    sqlite_with_rowid=False,
)

inquiries: Final = Table(
    "inquiries",
    METADATA,
    _market_id(),
    _integer("number", key=True),
    _text("inquiry_id"),
    _text("client_inquiry_id"),
    _text("participant_id"),
    _text("area_id"),
    Column("asked", Structure(Inquiry.__annotations__["asked"]), nullable=False),
    _integer("asked_us"),
    Column("terms", Structure(Inquiry.__annotations__["terms"]), nullable=False),
    _text("state"),
    Index("inquiries_of_participant", "market_id", "participant_id", "number"),
    sqlite_with_rowid=False,
)

inquiry_asked: Final = Table(
    "inquiry_asked",
    METADATA,
    _market_id(),
    _text("participant_id", key=True),
    _integer("number", key=True),  # of the inquiry
    Column("declined", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

quotes: Final = Table(
    "quotes",
    METADATA,
    _market_id(),
    _integer("number", key=True),
    _text("quote_id"),
    _text("client_quote_id"),
    _text("participant_id"),
    _text("area_id"),
    _integer("start_s"),
    _integer("sent_wh"),
    _integer("given_us"),
    Column("terms", Structure(Quote.__annotations__["terms"]), nullable=False),
    _text("inquiry_id"),
    _text("buyer_id"),
    _integer("held_quanta"),  # while it is open
    _text("state"),
    Index("quotes_of_participant", "market_id", "participant_id", "number"),
    Index("quotes_of_buyer", "market_id", "buyer_id", "number"),
    sqlite_with_rowid=False,
)

contracts: Final = Table(
    "contracts",
    METADATA,
    _market_id(),
    _integer("number", key=True),
    _text("contract_id"),
    _text("client_contract_id"),
    _text("participant_id"),
    _text("counterparty_id"),
    _text("area_id"),
    _text("counterparty_area_id"),
    Column("sent_wh", Structure(Contract.__annotations__["sent_wh"]), nullable=False),
    _integer("registered_us"),
    Column("terms", Structure(Contract.__annotations__["terms"]), nullable=False),
    Column("held_quanta", WideInteger, nullable=False),  # while it is proposed
    _text("state"),
    Index("contracts_of_participant", "market_id", "participant_id", "number"),
    Index("contracts_of_counterparty", "market_id", "counterparty_id", "number"),
    sqlite_with_rowid=False,
)

standing_rules: Final = Table(
    "standing_rules",
    METADATA,
    _market_id(),
    _integer("number", key=True),
    _text("rule_id"),
    _text("client_rule_id"),
    _text("participant_id"),
    _integer("since_us"),
    Column("terms", Structure(StandingRule.__annotations__["terms"]), nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    Index("standing_rules_of_participant", "market_id", "participant_id", "number"),
    sqlite_with_rowid=False,
)

forecasts: Final = Table(
    "forecasts",
    METADATA,
    _market_id(),
    _integer("start_s", key=True),
    _text("unit_id", key=True),
    _integer("injection_wh"),
    _text("participant_id"),
    sqlite_with_rowid=False,
)

messages: Final = Table(
    "messages",
    METADATA,
    _market_id(),
    _text("message_id", key=True),
    _integer("number"),  # the event that wrote it: lists are in this order
    _text("client_message_id"),
    Column("texts", Structure(Message.__annotations__["texts"]), nullable=False),
    _text("severity"),
    _text("scope"),
    _text("key"),
    _text("written_by"),
    _integer("written_us"),
    _integer("publish_us"),
    _text("state"),
    _integer("published_us", empty=True),
    _integer("withdrawn_us", empty=True),
    _integer("recipients", empty=True),
    Index("messages_in_order", "market_id", "number"),
    Index("messages_published", "market_id", "published_us"),
    sqlite_with_rowid=False,
)

message_recipients: Final = Table(
    "message_recipients",
    METADATA,
    _market_id(),
    # Of messages for some participants only.
    _text("participant_id", key=True),
    _text("message_id", key=True),
    sqlite_with_rowid=False,
)

alert_reads: Final = Table(
    "alert_reads",
    METADATA,
    _market_id(),
    _text("alert_id", key=True),
    _text("participant_id", key=True),
    _integer("read_us"),
    sqlite_with_rowid=False,
)

alarms: Final = Table(
    "alarms",
    METADATA,
    _market_id(),
    _text("alarm_id", key=True),
    _integer("number"),  # the event that raised it: lists are in this order
    _text("kind"),
    _text("severity"),
    _text("level"),
    _text("member_id"),
    _integer("raised_us"),
    Column("parameters", Structure(Alarm.__annotations__["parameters"]), nullable=False),
    _text("state"),
    _text("raised_by"),
    _text("acknowledged_by", empty=True),
    _integer("acknowledged_us", empty=True),
    _text("closed_by", empty=True),
    _integer("closed_us", empty=True),
    Column("comments", Structure(Alarm.__annotations__["comments"]), nullable=False),
    Index("alarms_in_order", "market_id", "number"),
    Index("alarms_by_state", "market_id", "state", "number"),
    sqlite_with_rowid=False,
)

grid_checks: Final = Table(
    "grid_checks",
    METADATA,
    _market_id(),
    _integer("start_s", key=True),
    _text("area_id", key=True),
    _integer("version"),
    Column("before", Structure(GridChecked.__annotations__["before"]), nullable=False),
    Column("after", Structure(GridChecked.__annotations__["after"])),
    Column("cured", Boolean, nullable=False),
    Column("by_rule", Boolean, nullable=False),
    _text("rung"),
    _integer("now_us"),
    sqlite_with_rowid=False,
)

redispatches: Final = Table(
    "redispatches",
    METADATA,
    _market_id(),
    _integer("start_s", key=True),
    _text("area_id", key=True),
    Column("changes", Structure(UnitsRedispatched.__annotations__["changes"]), nullable=False),
    _integer("replacement_w"),
    Column("cost_quanta", WideInteger, nullable=False),
    sqlite_with_rowid=False,
)

unit_changes: Final = Table(
    "unit_changes",
    METADATA,
    _market_id(),
    _integer("start_s", key=True),
    _text("unit_id", key=True),
    _integer("from_w"),
    _integer("to_w"),
    _text("reason"),
    _text("element_id"),
    Column("by_rule", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

activations: Final = Table(
    "activations",
    METADATA,
    _market_id(),
    _integer("start_s", key=True),
    _text("area_id", key=True),
    _text("for_area", key=True),
    _text("cause", key=True),
    Column("units", Structure(UnitsActivated.__annotations__["units"]), nullable=False),
    Column("line_ids", Structure(UnitsActivated.__annotations__["line_ids"]), nullable=False),
    _integer("received_wh"),
    _integer("event_seq"),  # they are settled in the order in which they were made
    Column("cost_quanta", WideInteger, nullable=False),
    Column("last_resort_quanta", WideInteger, nullable=False),
    sqlite_with_rowid=False,
)

settlement_runs: Final = Table(
    "settlement_runs",
    METADATA,
    _market_id(),
    _integer("number", key=True),
    _text("run_id"),
    _text("day"),
    _integer("version"),
    _text("kind"),
    _text("state"),
    _text("actor"),
    _text("reason"),
    Column("tariff", Structure(SettlementRun.__annotations__["tariff"]), nullable=False),
    Column("areas", Structure(tuple[str, ...]), nullable=False),
    _integer("begun_us"),
    _integer("finished_us", empty=True),
    Column(
        "completeness", Structure(SettlementRun.__annotations__["completeness"]), nullable=False
    ),
    _integer("begun_event_seq"),  # nothing that came later counts for it
    _integer("finished_event_seq", empty=True),
    Index("settlement_runs_of_day", "market_id", "day", "version"),
    sqlite_with_rowid=False,
)

settled_areas: Final = Table(
    "settled_areas",
    METADATA,
    _market_id(),
    _text("run_id", key=True),
    _text("area_id", key=True),
    Column("detail", LargeBinary, nullable=False),
    _integer("rows"),
    Column("certificates", LargeBinary, nullable=False),
    Column("green", LargeBinary, nullable=False),
    Column("trades", LargeBinary, nullable=False),
    _text("base_run_id", empty=True),  # whose rows hold where these say nothing
)

certificate_days: Final = Table(
    "certificate_days",
    METADATA,
    _market_id(),
    # What the version of a day that stands has issued: sums over its intervals.
    _text("participant_id", key=True),
    _text("day", key=True),
    _text("unit_id", key=True),
    _text("run_id"),  # its lots are with this run ...
    _text("area_id"),  # ... and area
    _integer("own_use_wh"),
    _integer("used_wh"),
    _integer("kept_wh"),
    Index("certificate_days_of_day", "market_id", "day"),
    sqlite_with_rowid=False,
)

certificate_acts: Final = Table(
    "certificate_acts",
    METADATA,
    _market_id(),
    # A row for each lot of an act; an export without a bundle has one without a lot.
    _integer("event_seq", key=True),
    _integer("row", key=True),
    _text("kind"),
    _text("participant_id"),
    _text("reference"),
    _text("receiver_id"),  # empty: nobody
    _text("unit_id"),
    _integer("start_s"),
    _text("day"),  # local, of the lot
    _integer("energy_wh"),
    _integer("bundle", empty=True),  # its number, of an export
    _text("actor"),
    _integer("acted_us"),
    Index("certificate_acts_given", "market_id", "participant_id", "start_s"),
    Index("certificate_acts_received", "market_id", "receiver_id", "start_s"),
    Index("certificate_acts_of_interval", "market_id", "start_s"),
    sqlite_with_rowid=False,
)

settled_months: Final = Table(
    "settled_months",
    METADATA,
    _market_id(),
    _text("month", key=True),
    _integer("version", key=True),
    Column("basis", Structure(SettledMonth.__annotations__["basis"]), nullable=False),
    Column("detail", LargeBinary, nullable=False),
    _integer("rows"),
    _integer("differences"),
    _integer("now_us"),
)

grid_seen: Final = Table(
    "grid_seen",
    METADATA,
    _market_id(),
    _integer("start_s", key=True),
    _text("area_id", key=True),
    _integer("version"),
    Column("picture", Structure(GridSeen.__annotations__["picture"]), nullable=False),
    _integer("outside_minutes"),
    sqlite_with_rowid=False,
)

acts: Final = Table(
    "acts",
    METADATA,
    _market_id(),
    _text("act_id", key=True),
    _integer("number"),  # the event that first told of it: lists are in this order
    _text("kind"),
    _text("level"),
    _text("member_id"),
    _integer("from_s", empty=True),
    _integer("until_s", empty=True),
    _integer("withdrawal_max_w", empty=True),
    _integer("injection_max_w", empty=True),
    _text("limit_id", empty=True),
    _text("reason"),
    Column("actors", Structure(tuple[str, ...]), nullable=False),
    _text("of_area", empty=True),
    _integer("at_us"),
    _text("state"),
    Index("acts_in_order", "market_id", "number"),
    Index("acts_on_member", "market_id", "level", "member_id", "number"),
    sqlite_with_rowid=False,
)

curtailments: Final = Table(
    "curtailments",
    METADATA,
    _market_id(),
    _integer("start_s", key=True),
    _text("unit_id", key=True),
    _integer("from_s", key=True),
    _integer("until_s"),
    _integer("change_w"),
    _text("reason"),
    Index("curtailments_of_unit", "market_id", "unit_id", "start_s"),
    sqlite_with_rowid=False,
)

unit_limits: Final = Table(
    "unit_limits",
    METADATA,
    _market_id(),
    _text("unit_id", key=True),
    _integer("from_s", key=True),
    _integer("until_s", key=True),  # of two words for one window the later one stands
    _text("area_id"),
    _integer("withdrawal_max_w"),
    _integer("injection_max_w"),
    _integer("sequence"),
    _integer("epoch"),
    _text("reason"),
    Index("unit_limits_in_time", "market_id", "until_s"),
    sqlite_with_rowid=False,
)

credit_limits: Final = Table(
    "credit_limits",
    METADATA,
    _market_id(),
    _integer("number", key=True),  # the event that told of it
    _text("participant_id"),
    Column("limit_quanta", WideInteger, nullable=False),
    Column("actors", Structure(tuple[str, ...]), nullable=False),
    _text("reason"),
    _integer("since_us"),
    Index("credit_limits_of_participant", "market_id", "participant_id", "number"),
    sqlite_with_rowid=False,
)

margin_calls: Final = Table(
    "margin_calls",
    METADATA,
    _market_id(),
    _text("call_id", key=True),
    _integer("number"),  # the event that told of it: lists are in this order
    _text("participant_id"),
    Column("amount_quanta", WideInteger, nullable=False),
    _integer("called_us"),
    _integer("due_us"),
    _text("state"),
    _integer("missed_us", empty=True),
    Column("missing_quanta", WideInteger, nullable=True),
    _integer("met_us", empty=True),
    Index("margin_calls_in_order", "market_id", "number"),
    Index("margin_calls_of_participant", "market_id", "participant_id", "number"),
    sqlite_with_rowid=False,
)

PROJECTED: Final[dict[str, type]] = {
    "markets": MarketCreated,
    "participants": Participant,
    "units": Unit,
    "orders": OrderHeader,
    "refusals": Refusal,
    "trades": Trade,
    "transfers": Transfer,
    "accounts": AccountBalance,
    "account_days": AccountDay,
    "posting_days": PostingDay,
    "day_movements": DayMovement,
    "closed_days": DayClosed,
    "bills": Bill,
    "cases": Case,
    "payments": Payment,
    "payouts": Payout,
    "defaults": Default,
    "payers": Payer,
    "intervals": IntervalRow,
    "phase_steps": PhaseStep,
    "area_outcomes": AreaOutcome,
    "line_outcomes": LineOutcome,
    "line_uses": LineUse,
    "curves": Curve,
    "call_results": CallResult,
    "call_reasons": OrdersExplained,
    "order_ends": OrderEnd,
    "setpoints": Setpoint,
    "measurements": Measurement,
    "deviations": Deviation,
    "system_pictures": SystemSeen,
    "area_sums": AreasSummed,
    "withdrawals": Withdrawal,
    "deviation_prices": DeviationPriceRow,
    "listings": Listing,
    "listing_legs": ListingLeg,
    "listing_partners": ListingPartner,
    "takes": Take,
    "inquiries": Inquiry,
    "inquiry_asked": InquiryAsked,
    "quotes": Quote,
    "contracts": Contract,
    "standing_rules": StandingRule,
    "forecasts": Forecast,
    "messages": Message,
    "message_recipients": MessageRecipient,
    "alert_reads": AlertRead,
    "alarms": Alarm,
    "acts": StoredAct,
    "curtailments": Curtailed,
    "unit_limits": UnitLimit,
    "grid_checks": GridChecked,
    "redispatches": UnitsRedispatched,
    "unit_changes": UnitChange,
    "activations": UnitsActivated,
    "grid_seen": GridSeen,
    "settlement_runs": SettlementRun,
    "settled_areas": SettledArea,
    "certificate_days": CertificateDay,
    "certificate_acts": CertificateActRow,
    "settled_months": SettledMonth,
    "credit_limits": CreditLimit,
    "margin_calls": StoredMarginCall,
}
"""The dataclass behind each projection, by table."""

BOOKKEEPING: Final[dict[str, frozenset[str]]] = {
    "participants": frozenset({"event_seq"}),
    "units": frozenset({"event_seq"}),
    "orders": frozenset({"terms", "price_ticks", "energy_wh", "state", "filled_wh", "held_quanta"}),
    "refusals": frozenset({"event_seq", "row"}),
    "trades": frozenset({"event_seq", "row", "state", *LINE_PARTS}),
    "transfers": frozenset({"event_seq", "row", "counts_s"}),
    "closed_days": frozenset({"event_seq"}),
    "phase_steps": frozenset({"event_seq"}),
    "line_uses": frozenset({"event_seq", "row", "start_s"}),
    "bills": frozenset({"event_seq", "row", "state", "issued_us"}),
    "cases": frozenset({"number", "bill_id", "month"}),
    "payments": frozenset({"event_seq", "row"}),
    "payouts": frozenset({"number"}),
    "defaults": frozenset({"number"}),
    "area_outcomes": frozenset({"start_s", "call", "position"}),
    "line_outcomes": frozenset({"start_s", "call", "position"}),
    "curves": frozenset({"call", "position"}),
    "setpoints": frozenset({"area_id"}),
    "measurements": frozenset({"event_seq", "row", "area_id", "recorded_us"}),
    "deviations": frozenset({"position"}),
    "listings": frozenset(
        {"number", "side", "price_ticks", "is_green", "is_private", "hold_ticks", "state"}
    ),
    "takes": frozenset({"number"}),
    "inquiries": frozenset({"number", "state"}),
    "quotes": frozenset({"number", "inquiry_id", "buyer_id", "held_quanta", "state"}),
    "contracts": frozenset({"number", "held_quanta", "state"}),
    "standing_rules": frozenset({"number", "withdrawn"}),
    "forecasts": frozenset({"participant_id"}),
    "alarms": frozenset({"number"}),
    "messages": frozenset({"number"}),
    "acts": frozenset({"number"}),
    "unit_limits": frozenset({"area_id"}),
    "unit_changes": frozenset({"start_s", "by_rule"}),
    "activations": frozenset({"event_seq"}),
    "settlement_runs": frozenset({"begun_event_seq", "finished_event_seq"}),
    "certificate_acts": frozenset({"event_seq", "row"}),
    "credit_limits": frozenset({"number"}),
    "margin_calls": frozenset({"number"}),
}
"""Columns a projection has beside its dataclass's fields and `market_id`."""


def layout() -> int:
    """A number of 32 bits that is another one when any projection's columns or indexes are."""
    described = [
        (table.name, [(c.name, str(c.type), c.nullable, c.primary_key) for c in table.columns])
        for table in METADATA.sorted_tables
        if table.name not in JOURNAL
    ]
    indexes = [
        (index.name, index.unique, index.columns.keys())
        for name in PROJECTED
        for index in sorted(METADATA.tables[name].indexes, key=lambda index: str(index.name))
    ]
    return crc32(repr((described, indexes)).encode())
