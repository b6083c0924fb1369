"""The call auctions: which there are, orders that only they take, and why an order got what it got.

The one idea: why an order traded or not is worked out once, at the uncross, and carried as columns of
small numbers; whoever asks later only looks it up.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from market.model.order import BlockOrder, CurveOrder, OrderHeader, Side, StorageOrder


class CallKind(StrEnum):
    """Which call auction."""

    DAY_AHEAD = "day_ahead"
    """All intervals of a market day together."""
    CLOSING = "closing"
    """One interval, at its gate."""
    REOPENING = "reopening"
    """One interval, after a halt or a volatility call; continuous trading goes on after it."""


class CallReason(StrEnum):
    """What became of an order in a call; on the wire and in texts as it is written here."""

    IN_THE_MONEY = "in_the_money"
    MARGINAL = "marginal"
    OUT_OF_THE_MONEY = "out_of_the_money"
    ROUNDING = "rounding"
    NO_VOLUME = "no_volume"
    CANCELLED = "cancelled"
    ACCEPTED = "accepted"
    PARTLY_ACCEPTED = "partly_accepted"
    AT_THE_MONEY = "at_the_money"
    PARENT_NOT_ACCEPTED = "parent_not_accepted"
    GROUP = "group"
    MINIMUM_ACCEPTANCE = "minimum_acceptance"
    PARADOXICALLY_REJECTED = "paradoxically_rejected"
    RELEASED = "released"
    USED = "used"
    IDLE = "idle"
    NOT_IN_AUCTION = "not_in_auction"
    """A linked block whose parent had left the book."""


CALL_REASONS: Final = tuple(CallReason)
"""A reason's place in here is its number in a column; new ones go to the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tied:
    """What those at the price of an area, interval and side asked and got together."""

    area_id: str
    start_s: int
    sells: bool
    energy_wh: int
    accepted_wh: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """Why the orders of a call got what they got, a column per field; curves have a row a step."""

    numbers: tuple[int, ...] = ()
    """Of the orders; a curve's comes once per step."""
    reasons: tuple[int, ...] = ()
    """Places in CALL_REASONS."""
    tied: tuple[Tied, ...] = ()
    """Of what stood at the price."""
    gains: tuple[tuple[int, int], ...] = ()
    """(number, quanta): what a block or storage gains, or would have gained all accepted."""
    short: tuple[tuple[int, int], ...] = ()
    """(number, ticks): by how much a block's limit or an idle storage's best use was missed."""


NOT_EXPLAINED: Final = Explained()


def sent_header(
    *,
    client_order_id: str,
    unit_id: str,
    start_s: int,
    side: Side,
) -> OrderHeader:
    """The header of an order as far as its sender knows it."""
    return OrderHeader(
        order_id="",
        client_order_id=client_order_id,
        participant_id="",
        unit_id=unit_id,
        area_id="",
        start_s=start_s,
        side=side,
        sequence=0,
        accepted_us=0,
    )


# --- commands and events ------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceFlexible:
    """Place an order of a kind that only calls take. Its header is as far as its sender knows it."""

    now_us: int
    actor: str
    participant_id: str
    curve: CurveOrder | None = None
    block: BlockOrder | None = None
    storage: StorageOrder | None = None
    """Exactly one of the three is there."""
    placed_by: str = ""
    """The participant that places it under a mandate; empty: the owner itself."""

    @property
    def order(self) -> CurveOrder | BlockOrder | StorageOrder:
        """The one that is there."""
        found = self.curve or self.block or self.storage
        assert found is not None, "a curve, a block or a storage order"
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class FlexibleAccepted:
    """An order that only calls take stands in its call; its money is held."""

    participant_id: str
    now_us: int
    call: CallKind
    starts_s: tuple[int, ...]
    """The intervals it may trade in."""
    held_quanta: int
    curve: CurveOrder | None = None
    block: BlockOrder | None = None
    storage: StorageOrder | None = None
    placed_by: str = ""

    @property
    def order(self) -> CurveOrder | BlockOrder | StorageOrder:
        """The one that is there."""
        found = self.curve or self.block or self.storage
        assert found is not None, "a curve, a block or a storage order"
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersExplained:
    """Why the orders of a call that was just cleared got what they got."""

    call: CallKind
    start_s: int
    """The interval; of an opening call the day's first."""
    explained: Explained


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLeftCall:
    """An order that outlived the opening call leaves its interval's book for continuous trading."""

    order_id: str
    participant_id: str
    area_id: str
    start_s: int
    side: Side
    price_ticks: int
    energy_wh: int
    """What is open of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallImplausible:
    """Before the uncross: an area's orders ask or offer more than its units can; somebody must look."""

    call: CallKind
    start_s: int
    area_id: str
    sells: bool
    ordered_wh: int
    registered_wh: int
