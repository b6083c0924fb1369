"""Orders: one header around every kind, and the columns in which many travel together.

The one idea: `Order` is a closed union of frozen kinds around one `OrderHeader`; the market takes
exactly the kinds its engine clears (limit orders now).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Side(StrEnum):
    """Direction of an order or trade; quantities are positive."""

    BUY = "buy"
    SELL = "sell"


class OrderState(StrEnum):
    """Where an order stands."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitOrder:
    """Buy or sell up to an energy at a price no worse than the limit."""

    header: OrderHeader
    price_ticks: int
    energy_wh: int


Order: TypeAlias = LimitOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderColumns:
    """Many new limit orders of one participant, a tuple per field, row by row the same length."""

    client_order_id: tuple[str, ...]
    unit_id: tuple[str, ...]
    start_s: tuple[int, ...]
    side: tuple[Side, ...]
    price_ticks: tuple[int, ...]
    energy_wh: tuple[int, ...]

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.client_order_id)


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

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.order_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """An order as its owner sees it now: the order and what became of it."""

    order: Order
    state: OrderState
    filled_wh: int
    held_quanta: int
