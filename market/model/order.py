"""Orders: one header around every kind, and the columns in which many travel together.

The one idea: `Order` is a closed union of frozen kinds around one `OrderHeader`. Limit orders, by far
the most, travel in columns; what few rows ask beyond price and energy stands in `OrderOptions`, named
once however many rows share it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Side(StrEnum):
    """Direction of an order or trade; quantities are positive."""

    BUY = "buy"
    SELL = "sell"


class TimeInForce(StrEnum):
    """How long an order stands."""

    GFS = "gfs"
    """Good for session: until the session it was sent to ends (a call's uncross, the gate)."""
    GTD = "gtd"
    """Good till date: until `expires_us`, over sessions; the delivery gate at the latest."""
    IOC = "ioc"
    """Immediate or cancel: what does not trade on arrival is cancelled (continuous only)."""
    FOK = "fok"
    """Fill or kill: all of it on arrival, or nothing (continuous only)."""


class Restriction(StrEnum):
    """How an order may be filled."""

    NON = "non"
    AON = "aon"
    """All or none; it rests only for blocks."""


class SelfTrade(StrEnum):
    """What happens where one owner's orders would meet."""

    CANCEL_NEWEST = "cancel_newest"
    CANCEL_OLDEST = "cancel_oldest"
    DECREMENT_BOTH = "decrement_both"


class Venue(StrEnum):
    """Where an order stands or a trade was made: one contract under all of them."""

    CALL = "call"
    CONTINUOUS = "continuous"
    LISTING = "listing"
    BILATERAL = "bilateral"


SYSTEM_EXPIRED = "system_expired"
"""The reason with which the market itself ends an order whose time is over."""
SYSTEM_MATCH = "system_match"
"""The reason with which matching ends an order or what is left of it; a code says more."""


class OrderState(StrEnum):
    """Where an order stands."""

    PENDING = "pending"
    """Waits for its owner's confirmation; in no book."""
    HIBERNATED = "hibernated"
    """Taken out of the book by its owner, to be activated again."""
    REJECTED = "rejected"
    ACTIVE = "active"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHeader:
    """What every kind of order has."""

    order_id: str
    """`ord-` and the market's own number, which is also the acceptance sequence."""
    client_order_id: str
    """The participant's own id, unique for ever."""
    participant_id: str
    unit_id: str
    area_id: str
    start_s: int
    """Start of the delivery interval."""
    side: Side
    sequence: int
    """Acceptance sequence; smaller is earlier."""
    accepted_us: int
    """Market time of acceptance, UTC microseconds."""
    venue: Venue = Venue.CALL
    """Where it entered."""
    revision: int = 1
    """Counts up with each change; a replace names the one it knows."""
    placed_by: str = ""
    """The participant that placed it under a mandate; empty: the owner itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderOptions:
    """What an order may ask beyond price and energy; the defaults are an ordinary limit order."""

    tif: TimeInForce = TimeInForce.GFS
    expires_us: int | None = None
    """For GTD: market time at which it ends, UTC microseconds."""
    restriction: Restriction = Restriction.NON
    post_only: bool = False
    """Refused where it would trade on arrival."""
    display_wh: int = 0
    """Iceberg: energy shown at a time; 0: all of it."""
    self_trade: SelfTrade = SelfTrade.CANCEL_NEWEST
    cancel_on_disconnect: bool = False
    session_id: str = ""
    """The stream session whose end cancels the order; empty: none."""
    green_only: bool = False
    """A buyer who takes renewable energy only."""
    neighbours_first: bool = False
    """Among equal prices, the own area's orders come first and others after."""
    partners: tuple[str, ...] = ()
    """Participants it may trade with; empty: all. Binds in listing, continuous and bilateral."""
    lapses_at_call: bool = False
    """A call cannot honour green_only and partners: True leaves the order out of it."""


PLAIN = OrderOptions()
"""An ordinary limit order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitOrder:
    """Buy or sell up to an energy at a price no worse than the limit."""

    header: OrderHeader
    price_ticks: int
    energy_wh: int
    options: OrderOptions = PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveOrder:
    """Price and energy steps of one side for one interval; to the calls."""

    header: OrderHeader
    steps: tuple[tuple[int, int], ...]
    """(price_ticks, energy_wh) of each step, best price first; a step's energy is its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockOrder:
    """Several intervals at one ratio; to the calls, or as all-or-none in continuous trading."""

    header: OrderHeader
    """`start_s` is the first interval."""
    price_ticks: int
    """Limit on the energy-weighted average price."""
    legs: tuple[tuple[int, int], ...]
    """(start_s, energy_wh) of each interval at full acceptance, in time order."""
    ratio_min_ppm: int = 1_000_000
    """Least ratio at which it is accepted if at all."""
    parent: str | None = None
    """Linked: the client_order_id of the block it needs; None: none."""
    group: str | None = None
    """Exclusive: the owner's name of a group of which ratios sum to one at most; None: none."""
    options: OrderOptions = PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageOrder:
    """A storage's flexibility over several intervals; to the calls (clearing.md section 7)."""

    header: OrderHeader
    """`start_s` is the first interval; the side says nothing."""
    end_s: int
    """End of its last interval."""
    charge_max_wh: int
    """Most grid-side energy it takes in an interval."""
    discharge_max_wh: int
    """Most grid-side energy it gives in an interval."""
    spread_ticks: int
    """Least gain per discharged energy."""
    end_value_ticks: int
    """What energy left at the end is worth to the owner, per stored energy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketOrder:
    """Limit orders that trade all in full at once, or not at all; continuous only."""

    header: OrderHeader
    """Unit, interval and side of the first row."""
    rows: "OrderColumns"


Order: TypeAlias = LimitOrder | CurveOrder | BlockOrder | StorageOrder | BasketOrder


def limit_ticks(order: Order) -> int:
    """The price a list shows: a curve's of its last step, a block's average; 0 where there is none."""
    match order:
        case LimitOrder() | BlockOrder():
            return order.price_ticks
        case CurveOrder():
            return order.steps[-1][0]
        case StorageOrder() | BasketOrder():
            return 0


def whole_wh(order: Order, intervals: int = 1) -> int:
    """What an order asks in all; a storage's is what it could move in both directions."""
    match order:
        case LimitOrder():
            return order.energy_wh
        case CurveOrder():
            return sum(energy_wh for _, energy_wh in order.steps)
        case BlockOrder():
            return sum(energy_wh for _, energy_wh in order.legs)
        case StorageOrder():
            return (order.charge_max_wh + order.discharge_max_wh) * intervals
        case BasketOrder():
            return sum(order.rows.energy_wh)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderColumns:
    """Many new limit orders of one participant, a tuple per field, row by row the same length."""

    client_order_id: tuple[str, ...]
    unit_id: tuple[str, ...]
    start_s: tuple[int, ...]
    side: tuple[Side, ...]
    price_ticks: tuple[int, ...]
    energy_wh: tuple[int, ...]
    options: tuple[OrderOptions, ...] = ()
    """The different options asked for; empty: all rows are plain."""
    option_of: tuple[int, ...] = ()
    """For each row the place in `options`; empty with it."""

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.client_order_id)

    def options_of(self, row: int) -> OrderOptions:
        """What a row asks beyond price and energy."""
        return self.options[self.option_of[row]] if self.options else PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedColumns:
    """Orders that were accepted: the request's columns and what the market added."""

    order_id: tuple[str, ...]
    client_order_id: tuple[str, ...]
    unit_id: tuple[str, ...]
    area_id: tuple[str, ...]
    start_s: tuple[int, ...]
    side: tuple[Side, ...]
    price_ticks: tuple[int, ...]
    energy_wh: tuple[int, ...]
    held_quanta: tuple[int, ...]
    """Money held for each order."""
    options: tuple[OrderOptions, ...] = ()
    option_of: tuple[int, ...] = ()

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.order_id)

    def options_of(self, row: int) -> OrderOptions:
        """What a row asks beyond price and energy."""
        return self.options[self.option_of[row]] if self.options else PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """An order as its owner sees it now: the order and what became of it."""

    order: Order
    state: OrderState
    filled_wh: int
    held_quanta: int
    price_ticks: int
    """Its limit; a basket's is 0, as each of its rows has its own."""
    energy_wh: int
    """What it asks in all, filled or not."""
