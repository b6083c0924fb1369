"""Open orders and money of each participant, as the `account` channel shows them.

The one idea: an order is kept by reference to the columns it came in and written out only when
somebody wants to see it; money is two integers, balance and held.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

from api import answers
from api.answers import Answer
from api.errors import detail_of
from api.permissions import Channel
from market.model.interval import instant_text
from market.model.messages import (
    OrdersAccepted,
    OrdersCancelled,
    OrdersClosed,
    OrdersRejected,
    TransfersBooked,
)
from market.model.money import Transfer, participant_account
from market.model.order import OrderState, OrderView
from market.model.trade import ClearingOutcome, Trade
from market.model.units import energy_text, money_text

_ACCOUNT_PREFIX: Final = participant_account("")


class Delta(NamedTuple):
    """One change for the readers of one channel and key."""

    channel: Channel
    key: str
    make: Callable[[], Answer]
    """Writes the change out; only called when somebody listens or may ask for it again."""


@dataclass(slots=True, kw_only=True)
class OpenOrder:
    """An order in the book, as its owner sees it."""

    participant_id: str
    start_s: int
    client_order_id: str
    energy_wh: int
    held_quanta: int
    make: Callable[[], Answer]
    """Writes the order out, as it stands while it is open."""
    filled_wh: int = 0


@dataclass(slots=True)
class Wallet:
    """A participant's money."""

    balance_quanta: int = 0
    held_quanta: int = 0

    def answer(self) -> Answer:
        """Balance, held, available."""
        return answers.money(self.balance_quanta, self.held_quanta)


class Accounts:
    """Wallets and open orders of one market's participants."""

    def __init__(self, interval_minutes: int) -> None:
        self._minutes = interval_minutes
        self._wallets: dict[str, Wallet] = {}
        self._orders: dict[str, OpenOrder] = {}
        self._orders_of: defaultdict[str, dict[str, OpenOrder]] = defaultdict(dict)
        self._orders_at: defaultdict[int, dict[str, OpenOrder]] = defaultdict(dict)

    def open(self, participant_id: str) -> None:
        """A participant has an account."""
        self._wallets.setdefault(participant_id, Wallet())

    def snapshot(self, participant_id: str) -> Answer:
        """Money and open orders of one participant."""
        orders = [item.make() for item in self._orders_of.get(participant_id, {}).values()]
        return {**self._wallets[participant_id].answer(), "orders": orders}

    def put_balance(self, account: str, balance_quanta: int) -> None:
        """What is stored; accounts of the market itself are passed over."""
        found = self._wallet_of(account)
        if found is not None:
            found[1].balance_quanta = balance_quanta

    def put_order(self, view: OrderView) -> None:
        """An open order that is stored."""
        header = view.order.header
        self._add(
            header.order_id,
            OpenOrder(
                participant_id=header.participant_id,
                start_s=header.start_s,
                client_order_id=header.client_order_id,
                energy_wh=view.order.energy_wh,
                held_quanta=view.held_quanta,
                make=partial(answers.order, view, self._minutes),
            ),
        )

    def _add(self, order_id: str, order: OpenOrder) -> None:
        self._orders[order_id] = order
        self._orders_of[order.participant_id][order_id] = order
        self._orders_at[order.start_s][order_id] = order
        self._wallets[order.participant_id].held_quanta += order.held_quanta

    def _drop(self, order_id: str) -> OpenOrder:
        order = self._orders.pop(order_id)
        del self._orders_of[order.participant_id][order_id]
        del self._orders_at[order.start_s][order_id]
        self._wallets[order.participant_id].held_quanta -= order.held_quanta
        return order

    def accepted(self, event: OrdersAccepted) -> Iterator[Delta]:
        """Orders stand in the book and money is held for them."""
        orders, minutes = event.orders, self._minutes
        makers = [
            partial(
                answers.accepted_order, event.participant_id, orders, row, event.now_us, minutes
            )
            for row in range(len(orders))
        ]
        for row, order_id in enumerate(orders.order_id):
            self._add(
                order_id,
                OpenOrder(
                    participant_id=event.participant_id,
                    start_s=orders.start_s[row],
                    client_order_id=orders.client_order_id[row],
                    energy_wh=orders.energy_wh[row],
                    held_quanta=orders.held_quanta[row],
                    make=makers[row],
                ),
            )
        money = self._wallets[event.participant_id].answer()

        def make() -> Answer:
            items = [write() for write in makers]
            return {"event": "orders_accepted", "items": items, **money}

        yield Delta(Channel.ACCOUNT, event.participant_id, make)

    def rejected(self, event: OrdersRejected) -> Iterator[Delta]:
        """Orders were refused."""
        items = [
            {"client_order_id": name, "code": fault.code.value, "detail": detail_of(fault)}
            for name, fault in zip(event.client_order_ids, event.rejections, strict=True)
        ]
        yield self._delta(event.participant_id, "orders_rejected", items=items)

    def cancelled(self, event: OrdersCancelled) -> Iterator[Delta]:
        """Orders left the book; their money is free again."""
        for order_id in event.order_ids:
            self._drop(order_id)
        yield self._delta(
            event.participant_id,
            "orders_cancelled",
            order_ids=list(event.order_ids),
            reason=event.reason,
        )

    def closed(self, event: OrdersClosed) -> Iterator[Delta]:
        """An interval's orders left the book, filled or not."""
        by_owner: defaultdict[str, list[Answer]] = defaultdict(list)
        for order_id in tuple(self._orders_at.get(event.start_s, {})):
            order = self._drop(order_id)
            by_owner[order.participant_id].append(
                {
                    "order_id": order_id,
                    "client_order_id": order.client_order_id,
                    "state": _closed_state(order).value,
                    "filled_kwh": energy_text(order.filled_wh),
                }
            )
        self._orders_at.pop(event.start_s, None)
        start = instant_text(event.start_s)
        for participant_id, items in by_owner.items():
            yield self._delta(participant_id, "orders_closed", start=start, items=items)

    def transferred(self, event: TransfersBooked) -> Iterator[Delta]:
        """Money moved; each movement is told with the balance after it."""
        by_owner: defaultdict[str, list[Answer]] = defaultdict(list)
        for transfer in event.transfers:
            sides = ((transfer.debit_account, -1), (transfer.credit_account, 1))
            for account, sign in sides:
                found = self._wallet_of(account)
                if found is None:
                    continue
                participant_id, wallet = found
                wallet.balance_quanta += sign * transfer.amount_quanta
                by_owner[participant_id].append(
                    _moved(transfer, sign * transfer.amount_quanta, wallet.balance_quanta)
                )
        for participant_id, items in by_owner.items():
            yield self._delta(participant_id, "transfers", items=items)

    def _wallet_of(self, account: str) -> tuple[str, Wallet] | None:
        """The participant and wallet of an account; None: it is one of the market's own."""
        if not account.startswith(_ACCOUNT_PREFIX):
            return None
        participant_id = account.removeprefix(_ACCOUNT_PREFIX)
        return participant_id, self._wallets[participant_id]

    def fill(self, outcome: ClearingOutcome) -> None:
        """Note what an auction filled; the orders leave the book right after."""
        for order_id, filled_wh in zip(outcome.filled_order_ids, outcome.filled_wh, strict=True):
            self._orders[order_id].filled_wh = filled_wh

    def traded(self, trades: tuple[Trade, ...], start: str) -> Iterator[Delta]:
        """Each owner's own trades of one interval."""
        by_owner: defaultdict[str, list[Answer]] = defaultdict(list)
        for trade in trades:
            by_owner[trade.participant_id].append(answers.trade(trade, self._minutes))
        for participant_id, items in by_owner.items():
            yield self._delta(participant_id, "trades", start=start, items=items)

    def _delta(self, participant_id: str, name: str, **data: Any) -> Delta:  # noqa: ANN401 - as told
        money = self._wallets[participant_id].answer()
        return delta(Channel.ACCOUNT, participant_id, {"event": name, **data, **money})


def delta(channel: Channel, key: str, data: Answer) -> Delta:
    """A change that is written out already."""
    return Delta(channel, key, lambda: data)


def _closed_state(order: OpenOrder) -> OrderState:
    if order.filled_wh >= order.energy_wh:
        return OrderState.FILLED
    return OrderState.PARTIALLY_FILLED if order.filled_wh else OrderState.EXPIRED


def _moved(transfer: Transfer, amount_quanta: int, balance_quanta: int) -> Answer:
    return {
        "kind": transfer.kind.value,
        "amount": money_text(amount_quanta),
        "reference": transfer.reference,
        "start": None if transfer.start_s is None else instant_text(transfer.start_s),
        "balance": money_text(balance_quanta),
    }
