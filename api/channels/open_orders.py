"""Open orders and money of an account, and how they are written out.

The one idea: an order is kept by reference to the columns it came in; what changed since is laid
over it when somebody wants to see it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import repeat
from typing import Final

from api.answers import ledger, trading
from api.answers.values import Answer
from api.channels.offers import Standing
from market.model.call import FlexibleAccepted
from market.model.interval import instant_text
from market.model.messages import OrdersAccepted, OrdersPended, TogetherAccepted
from market.model.money import Transfer, participant_account
from market.model.order import OrderState, OrderView, Side, limit_ticks, whole_wh
from market.model.units import energy_text, money_text, price_text

ACCOUNT_PREFIX: Final = participant_account("")


@dataclass(slots=True)
class OpenOrder:
    """An order that is not closed, as its owner sees it."""

    participant_id: str
    start_s: int
    client_order_id: str
    side: Side
    price_ticks: int
    energy_wh: int
    """All of it, what is filled included."""
    held_quanta: int
    make: Callable[[int], Answer]
    """Writes an order out, as it was when it came: of those that came together, the one of a row."""
    row: int = 0
    filled_wh: int = 0
    revision: int | None = None
    """None: never changed, so it stands as it came."""
    state: OrderState = OrderState.ACTIVE

    def came(self) -> Answer:
        """The order as it was when it came."""
        return self.make(self.row)

    def answer(self) -> Answer:
        """The order as it stands now."""
        changed: Answer = {}
        if self.revision is not None:
            changed = {
                "price_per_mwh": price_text(self.price_ticks),
                "energy_kwh": energy_text(self.energy_wh),
                "revision": self.revision,
            }
        return {**self.came(), **changed, **self.progress()}

    def hold_quanta(self) -> int:
        """What is to be held for what is not filled."""
        per_wh = self.price_ticks if self.side is Side.BUY else -self.price_ticks
        return max(0, per_wh) * max(0, self.energy_wh - self.filled_wh)

    def progress(self) -> Answer:
        """What changes while it is open."""
        return {
            "filled_kwh": energy_text(self.filled_wh),
            "held": money_text(self.held_quanta),
            "state": self.state.value,
        }


def open_orders(
    event: OrdersAccepted | OrdersPended, minutes: int, state: OrderState
) -> list[OpenOrder]:
    """The orders of an event, row by row; ten thousand come at once, so by columns."""
    orders, owner, now_us = event.orders, event.participant_id, event.now_us
    rows = len(orders)

    def make(row: int) -> Answer:
        return trading.accepted_order(owner, orders, row, now_us, minutes)

    return list(
        map(
            OpenOrder,
            repeat(owner, rows),
            orders.start_s,
            orders.client_order_id,
            orders.side,
            orders.price_ticks,
            orders.energy_wh,
            orders.held_quanta,
            repeat(make),
            range(rows),
            repeat(0),
            repeat(None),
            repeat(state),
        )
    )


@dataclass(slots=True)
class Wallet:
    """A participant's money."""

    balance_quanta: int = 0
    held_quanta: int = 0

    def answer(self) -> Answer:
        """Balance, held, available."""
        return ledger.money(self.balance_quanta, self.held_quanta)


@dataclass(frozen=True, slots=True)
class AccountState:
    """One account at one moment."""

    participant_id: str
    balance_quanta: int
    orders: tuple[tuple[str, OpenOrder], ...]
    offers: tuple[tuple[str, Standing], ...] = ()
    payouts: tuple[tuple[str, int], ...] = ()
    """What is held for each open withdrawal."""


def view_of(event: TogetherAccepted | FlexibleAccepted) -> OrderView:
    """An order that is no limit order as it was just accepted."""
    order = event.order
    intervals = len(event.starts_s) if isinstance(event, FlexibleAccepted) else 1
    return OrderView(
        order=order,
        state=OrderState.ACTIVE,
        filled_wh=0,
        held_quanta=event.held_quanta,
        price_ticks=limit_ticks(order),
        energy_wh=whole_wh(order, intervals),
    )


def closed_state(order: OpenOrder) -> OrderState:
    """How an order ends whose interval closes."""
    if order.filled_wh >= order.energy_wh:
        return OrderState.FILLED
    return OrderState.PARTIALLY_FILLED if order.filled_wh else OrderState.EXPIRED


def moved_money(transfer: Transfer, amount_quanta: int, balance_quanta: int) -> Answer:
    """A movement of money as its owner sees it; positive was received."""
    return {
        "kind": transfer.kind.value,
        "amount": money_text(amount_quanta),
        "reference": transfer.reference,
        "start": None if transfer.start_s is None else instant_text(transfer.start_s),
        "balance": money_text(balance_quanta),
    }
