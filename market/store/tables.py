"""The tables of a market's file, columns spelled out.

The one idea: `journal` is the truth; every other table but `meta` is a projection of it, filled by
the same writer between batches, and may be thrown away and made again. A projection's columns carry
the names of its dataclass's fields (PROJECTED says which; BOOKKEEPING are the columns beside them).

Integers are 64 bits wide in the file. A single amount always fits; sums that may not are kept as
decimal text (`WideInteger`) and added in Python.
"""
# house: long because every column of every table is spelled out.

from typing import Final, cast

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
)

from market.model.messages import MarketCreated
from market.model.money import Transfer
from market.model.order import OrderHeader
from market.model.participant import Participant, Unit
from market.model.power import Deviation, Measurement, Setpoint
from market.model.trade import AreaOutcome, LineOutcome, Trade
from market.store.views import (
    AccountBalance,
    Curve,
    DeviationPriceRow,
    IntervalRow,
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


def _market_id() -> Column[str]:
    """First part of every key: what a market writes stays apart wherever it is kept."""
    return Column("market_id", Text, primary_key=True)


def _text(name: str, *, key: bool = False, empty: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=empty)


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

JOURNAL: Final = frozenset({"meta", "journal"})
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
    _text("terms"),  # canonical JSON: kind and what that kind adds to the header
    _text("state"),
    _integer("filled_wh"),
    _integer("held_quanta"),
    Index("orders_by_client", "market_id", "participant_id", "client_order_id", unique=True),
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
    Index("trades_of_participant", "market_id", "participant_id", "event_seq", "row"),
    Index("trades_of_interval", "market_id", "start_s"),
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

area_outcomes: Final = Table(
    "area_outcomes",
    METADATA,
    _market_id(),
    _integer("start_s", key=True),
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

curves: Final = Table(
    "curves",
    METADATA,
    _market_id(),
    _integer("start_s", key=True),
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
    sqlite_with_rowid=False,
)

measurements: Final = Table(
    "measurements",
    METADATA,
    _market_id(),
    _integer("start_s", key=True),
    _text("unit_id", key=True),
    _text("area_id"),
    _integer("injection_wh"),
    _integer("state_of_charge_wh", empty=True),
    Column("substituted", Boolean, nullable=False),
    sqlite_with_rowid=False,
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
    sqlite_with_rowid=False,
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

PROJECTED: Final[dict[str, type]] = {
    "markets": MarketCreated,
    "participants": Participant,
    "units": Unit,
    "orders": OrderHeader,
    "refusals": Refusal,
    "trades": Trade,
    "transfers": Transfer,
    "accounts": AccountBalance,
    "intervals": IntervalRow,
    "area_outcomes": AreaOutcome,
    "line_outcomes": LineOutcome,
    "curves": Curve,
    "setpoints": Setpoint,
    "measurements": Measurement,
    "deviations": Deviation,
    "withdrawals": Withdrawal,
    "deviation_prices": DeviationPriceRow,
}
"""The dataclass behind each projection, by table."""

BOOKKEEPING: Final[dict[str, frozenset[str]]] = {
    "orders": frozenset({"terms", "state", "filled_wh", "held_quanta"}),
    "refusals": frozenset({"event_seq", "row"}),
    "trades": frozenset({"event_seq", "row"}),
    "transfers": frozenset({"event_seq", "row", "counts_s"}),
    "area_outcomes": frozenset({"start_s", "position"}),
    "line_outcomes": frozenset({"start_s", "position"}),
    "curves": frozenset({"position"}),
    "setpoints": frozenset({"area_id"}),
    "measurements": frozenset({"area_id"}),
    "deviations": frozenset({"position"}),
}
"""Columns a projection has beside its dataclass's fields and `market_id`."""
