"""Open orders and money of each participant, as the `account` channel shows them.

The one idea: an order is kept by reference to the columns it came in and written out only when
somebody wants to see it; money is two integers, balance and held. What one account's changes need
is its own state and the market's events, so a state kept from earlier and the journal behind it
give the same changes again (`replay.py`).
"""

# house: long because it is one arm per event, and what an event does to an account stands together.

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from api.access.permissions import Channel
from api.answers import ledger, trading
from api.answers.values import Answer
from api.channels import cases
from api.channels.certificates import CertificateNews, certificate_news
from api.channels.collateral import CollateralNews
from api.channels.collateral import news_of as collateral_news
from api.channels.deltas import Delta, delta
from api.channels.offers import Offers, Standing
from api.channels.open_orders import (
    ACCOUNT_PREFIX,
    AccountState,
    OpenOrder,
    Wallet,
    closed_state,
    moved_money,
    open_orders,
    view_of,
)
from api.channels.recalls import news_of
from api.wire.errors import detail_of
from market.model.bill import BillsIssued
from market.model.call import FlexibleAccepted
from market.model.case import (
    CaseClosed,
    CaseEvent,
    CaseOpened,
    CaseRated,
    CaseReopened,
    CaseStepped,
)
from market.model.certificate import (
    CertificatesExported,
    CertificatesIssued,
    CertificatesMoved,
    CertificatesRetired,
)
from market.model.collateral import (
    CollateralWarned,
    CreditLimitSet,
    MarginCalled,
    MarginCallMet,
    MarginCallMissed,
)
from market.model.interval import instant_text
from market.model.message import AlertsRead, MessagePublished, MessageWithdrawn
from market.model.messages import (
    Event,
    OrderReplaced,
    OrdersAccepted,
    OrdersActivated,
    OrdersCancelled,
    OrdersClosed,
    OrdersHibernated,
    OrdersJoinedCall,
    OrdersPended,
    OrdersRejected,
    SelfTradePrevented,
    TogetherAccepted,
    TradesMade,
    TransfersBooked,
)
from market.model.order import AcceptedColumns, OrderState, OrderView, Venue
from market.model.payment import (
    OPEN_PAYOUTS,
    DefaultCovered,
    DefaultRecovered,
    Payment,
    PaymentDecided,
    PaymentsRecorded,
    Payout,
    PayoutsChanged,
)
from market.model.recall import RecallDecided, RecallRequested
from market.model.trade import Trade
from market.model.units import energy_text, money_text


class Accounts:
    """Wallets and open orders of one market's participants.

    What concerns participants that have no account here is passed over.
    """

    def __init__(self, interval_minutes: int) -> None:
        self._minutes = interval_minutes
        self._wallets: dict[str, Wallet] = {}
        self._orders: dict[str, OpenOrder] = {}
        self._orders_of: defaultdict[str, dict[str, OpenOrder]] = defaultdict(dict)
        self._orders_at: defaultdict[int, dict[str, OpenOrder]] = defaultdict(dict)
        self._offers = Offers()
        self._payouts: defaultdict[str, dict[str, int]] = defaultdict(dict)
        """What is held for each open withdrawal, by owner."""

    def open(self, participant_id: str) -> None:
        """A participant has an account."""
        self._wallets.setdefault(participant_id, Wallet())

    def snapshot(self, participant_id: str) -> Answer:
        """Money and open orders of one participant."""
        orders = [
            order.answer()
            for order in self._orders_of.get(participant_id, {}).values()
            if order.state is not OrderState.FILLED
        ]
        return {**self._wallets[participant_id].answer(), "orders": orders}

    def state(self, participant_id: str) -> AccountState:
        """One account as it is now, to go on from later."""
        orders = self._orders_of.get(participant_id, {})
        return AccountState(
            participant_id=participant_id,
            balance_quanta=self._wallets[participant_id].balance_quanta,
            orders=tuple((order_id, replace(order)) for order_id, order in orders.items()),
            offers=self._offers.of(participant_id),
            payouts=tuple(self._payouts.get(participant_id, {}).items()),
        )

    def put_state(self, state: AccountState) -> None:
        """Go on from a state kept earlier."""
        self.open(state.participant_id)
        self._wallets[state.participant_id].balance_quanta = state.balance_quanta
        for order_id, order in state.orders:
            self._add(order_id, replace(order))
        for offer_id, offer in state.offers:
            self.put_offer(offer_id, offer)
        for payout_id, held_quanta in state.payouts:
            self._hold_payout(state.participant_id, payout_id, held_quanta)

    def put_balance(self, account: str, balance_quanta: int) -> None:
        """What is stored; accounts of the market itself are passed over."""
        found = self._wallet_of(account)
        if found is not None:
            found[1].balance_quanta = balance_quanta

    def put_offer(self, offer_id: str, offer: Standing) -> None:
        """A listing, quote or contract that stands already."""
        held_quanta = self._offers.put(offer_id, offer)
        self._wallets[offer.participant_id].held_quanta += held_quanta

    def put_payout(self, payout: Payout) -> None:
        """A withdrawal as it stands: money is held for it while it is open."""
        if payout.participant_id is not None and payout.participant_id in self._wallets:
            held_quanta = payout.amount_quanta if payout.state in OPEN_PAYOUTS else 0
            self._hold_payout(payout.participant_id, payout.payout_id, held_quanta)

    def _hold_payout(self, participant_id: str, payout_id: str, held_quanta: int) -> None:
        held = self._payouts[participant_id]
        self._wallets[participant_id].held_quanta += held_quanta - held.pop(payout_id, 0)
        if held_quanta:
            held[payout_id] = held_quanta

    def put_order(self, view: OrderView) -> None:
        """An open order that is stored."""
        header = view.order.header
        self._add(
            header.order_id,
            OpenOrder(
                participant_id=header.participant_id,
                start_s=header.start_s,
                client_order_id=header.client_order_id,
                side=header.side,
                price_ticks=view.price_ticks,
                energy_wh=view.energy_wh,
                held_quanta=view.held_quanta,
                filled_wh=view.filled_wh,
                state=view.state,
                make=lambda _row: trading.order(view, self._minutes),
            ),
        )

    def _add(self, order_id: str, order: OpenOrder) -> None:
        self._orders[order_id] = order
        self._orders_of[order.participant_id][order_id] = order
        self._orders_at[order.start_s][order_id] = order
        self._wallets[order.participant_id].held_quanta += order.held_quanta

    def _add_all(
        self, participant_id: str, orders: AcceptedColumns, made: Sequence[OpenOrder]
    ) -> None:
        """The same of many orders of one owner."""
        named = dict(zip(orders.order_id, made, strict=True))
        self._orders.update(named)
        self._orders_of[participant_id].update(named)
        if orders.start_s.count(orders.start_s[0]) == len(made):
            self._orders_at[orders.start_s[0]].update(named)
        else:
            for order_id, order in named.items():
                self._orders_at[order.start_s][order_id] = order
        self._wallets[participant_id].held_quanta += sum(orders.held_quanta)

    def _drop(self, order_id: str) -> OpenOrder | None:
        order = self._orders.pop(order_id, None)
        if order is not None:
            del self._orders_of[order.participant_id][order_id]
            del self._orders_at[order.start_s][order_id]
            self._wallets[order.participant_id].held_quanta -= order.held_quanta
        return order

    def _hold(self, order: OpenOrder, held_quanta: int) -> None:
        self._wallets[order.participant_id].held_quanta += held_quanta - order.held_quanta
        order.held_quanta = held_quanta

    # --- what happens -----------------------------------------------------------------

    def changes(self, event: Event) -> Iterable[Delta]:
        """The changes an event means for accounts; most events mean none."""
        follow = self._FOLLOW.get(type(event))
        return self._offered(event) if follow is None else follow(self, event)

    def _offered(self, event: Event) -> Iterator[Delta]:
        """A step of a listing, an inquiry, a quote or a contract."""
        for news in self._offers.news(event):
            wallet = self._wallets.get(news.participant_id)
            if wallet is None:
                continue
            wallet.held_quanta += news.held_quanta
            yield self._delta(
                news.participant_id, "offer", what=news.what, id=news.offer_id, state=news.state
            )

    def _accepted(self, event: OrdersAccepted) -> Iterator[Delta]:
        return self._came(event, "orders_accepted", OrderState.ACTIVE)

    def _pended(self, event: OrdersPended) -> Iterator[Delta]:
        return self._came(event, "orders_pended", OrderState.PENDING)

    def _came(
        self, event: OrdersAccepted | OrdersPended, name: str, state: OrderState
    ) -> Iterator[Delta]:
        """Orders stand in the book and money is held for them, or they wait for confirmation."""
        if event.participant_id not in self._wallets:
            return
        orders, made = event.orders, open_orders(event, self._minutes, state)
        if len(made) == 1:  # by far the most events bring one
            self._add(orders.order_id[0], made[0])
        else:
            self._add_all(event.participant_id, orders, made)
        wallet = self._wallets[event.participant_id]
        balance_quanta, held_quanta = wallet.balance_quanta, wallet.held_quanta

        def make() -> Answer:  # mostly nobody listens, and nothing is written out
            items = [{**order.came(), "state": state.value} for order in made]
            return {"event": name, "items": items, **ledger.money(balance_quanta, held_quanta)}

        yield Delta(Channel.ACCOUNT, event.participant_id, make)

    def _together(self, event: TogetherAccepted | FlexibleAccepted) -> Iterator[Delta]:
        """An order that is no limit order was taken."""
        if event.participant_id not in self._wallets:
            return
        view = view_of(event)
        self.put_order(view)
        item = trading.order(view, self._minutes)
        yield self._delta(event.participant_id, "orders_accepted", items=[item])

    def _rejected(self, event: OrdersRejected) -> Iterator[Delta]:
        """Orders were refused."""
        if event.participant_id not in self._wallets:
            return
        items = [
            {"client_order_id": name, "code": fault.code.value, "detail": detail_of(fault)}
            for name, fault in zip(event.client_order_ids, event.rejections, strict=True)
        ]
        yield self._delta(event.participant_id, "orders_rejected", items=items)

    def _cancelled(self, event: OrdersCancelled) -> Iterator[Delta]:
        """Orders left the book; their money is free again."""
        for order_id in event.order_ids:
            self._drop(order_id)
        if event.participant_id in self._wallets:
            yield self._delta(
                event.participant_id,
                "orders_cancelled",
                order_ids=list(event.order_ids),
                reason=event.reason,
                code=event.code or None,
            )

    def _replaced(self, event: OrderReplaced) -> Iterator[Delta]:
        """An order has another price or energy."""
        order = self._orders.get(event.order_id)
        if order is None:
            return
        order.price_ticks, order.revision = event.price_ticks, event.revision
        order.energy_wh = order.filled_wh + event.energy_wh
        self._hold(order, event.held_quanta)
        yield self._told(order.participant_id, "order_replaced", [order])

    def _hibernated(self, event: OrdersHibernated) -> Iterator[Delta]:
        """Orders sleep; nothing is held for them."""
        yield from self._moved(
            "orders_hibernated", event.participant_id, [(item, 0) for item in event.order_ids]
        )

    def _activated(self, event: OrdersActivated) -> Iterator[Delta]:
        """Orders that slept or waited stand in the book."""
        held = zip(event.order_ids, event.held_quanta, strict=True)
        yield from self._moved("orders_activated", event.participant_id, held)

    def _moved(
        self, name: str, participant_id: str, held: Iterable[tuple[str, int]]
    ) -> Iterator[Delta]:
        """Orders went into a book or out of it, with what is held for each from now on."""
        moved = []
        for order_id, held_quanta in held:
            order = self._orders.get(order_id)
            if order is None:
                continue
            self._hold(order, held_quanta)
            awake = OrderState.PARTIALLY_FILLED if order.filled_wh else OrderState.ACTIVE
            order.state = awake if name == "orders_activated" else OrderState.HIBERNATED
            moved.append(order)
        if participant_id in self._wallets:
            yield self._told(participant_id, name, moved)

    def _told(self, participant_id: str, name: str, orders: Iterable[OpenOrder]) -> Delta:
        return self._delta(participant_id, name, items=[order.answer() for order in orders])

    def _joined_call(self, event: OrdersJoinedCall) -> Iterator[Delta]:
        """Orders left continuous trading for the closing call of their interval."""
        by_owner: defaultdict[str, list[str]] = defaultdict(list)
        for order_id in event.order_ids:
            if (order := self._orders.get(order_id)) is not None:
                by_owner[order.participant_id].append(order_id)
        start = instant_text(event.start_s)
        for participant_id, order_ids in by_owner.items():
            yield self._delta(
                participant_id, "orders_joined_call", start=start, order_ids=order_ids
            )

    def _self_trade(self, event: SelfTradePrevented) -> Iterator[Delta]:
        """One's own orders would have met: both lose what may not."""
        for order_id, taken_wh in (
            (event.order_id, event.taken_wh),
            (event.resting_order_id, event.resting_taken_wh),
        ):
            order = self._orders.get(order_id)
            if order is not None and taken_wh:
                order.energy_wh -= taken_wh
                self._hold(order, order.hold_quanta())
        if event.participant_id in self._wallets:
            yield self._delta(
                event.participant_id,
                "self_trade_prevented",
                start=instant_text(event.start_s),
                order_id=event.order_id,
                resting_order_id=event.resting_order_id,
                prevented_kwh=energy_text(event.prevented_wh),
            )

    def _traded(self, event: TradesMade) -> Iterator[Delta]:
        """Each owner's own trades of one interval, and what they made of its orders."""
        by_owner: defaultdict[str, list[Trade]] = defaultdict(list)
        for trade in event.trades:
            if trade.participant_id in self._wallets:
                by_owner[trade.participant_id].append(trade)
        start = instant_text(event.start_s)
        for participant_id, trades in by_owner.items():
            orders = {trade.order_id: self._fill(trade) for trade in trades}
            yield self._delta(
                participant_id,
                "trades",
                start=start,
                items=[trading.trade(trade, self._minutes) for trade in trades],
                orders=[
                    {
                        "order_id": order_id,
                        "client_order_id": order.client_order_id,
                        **order.progress(),
                    }
                    for order_id, order in orders.items()
                    if order is not None
                ],
            )

    def _fill(self, trade: Trade) -> OpenOrder | None:
        """Count a fill. None: its order is not one of ours.

        A filled order leaves, of a call's together with the others when its interval closes.
        """
        order = self._orders.get(trade.order_id)
        if order is None:
            return None
        order.filled_wh += trade.energy_wh
        self._hold(order, order.hold_quanta())
        order.state = OrderState.PARTIALLY_FILLED
        if order.filled_wh >= order.energy_wh:
            order.state = OrderState.FILLED
            if trade.venue is not Venue.CALL:
                self._drop(trade.order_id)
        return order

    def _closed(self, event: OrdersClosed) -> Iterator[Delta]:
        """A call's orders left the book, filled or not."""
        by_owner: defaultdict[str, list[Answer]] = defaultdict(list)
        stay = frozenset(event.going_on)
        last_s = event.start_s if event.last_start_s is None else event.last_start_s
        starts_s = [start_s for start_s in self._orders_at if event.start_s <= start_s <= last_s]
        for order_id in [name for start_s in starts_s for name in self._orders_at[start_s]]:
            if order_id in stay:
                continue
            order = self._drop(order_id)
            assert order is not None, "orders of an interval are open"
            by_owner[order.participant_id].append(
                {
                    "order_id": order_id,
                    "client_order_id": order.client_order_id,
                    "state": closed_state(order).value,
                    "filled_kwh": energy_text(order.filled_wh),
                }
            )
        for start_s in starts_s:
            if not self._orders_at[start_s]:
                del self._orders_at[start_s]
        start = instant_text(event.start_s)
        for participant_id, items in by_owner.items():
            yield self._delta(participant_id, "orders_closed", start=start, items=items)

    def _transferred(self, event: TransfersBooked) -> Iterator[Delta]:
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
                    moved_money(transfer, sign * transfer.amount_quanta, wallet.balance_quanta)
                )
        for participant_id, items in by_owner.items():
            yield self._delta(participant_id, "transfers", items=items)

    def _recalled(self, event: RecallRequested | RecallDecided) -> Iterator[Delta]:
        """Both parties of a match are told what is asked and what is decided."""
        for participant_id, told in news_of(event):
            if participant_id in self._wallets:
                yield self._delta(participant_id, "recall", **told)

    def _billed(self, event: BillsIssued) -> Iterator[Delta]:
        """Bills stand; their tax and rounding come with the transfers."""
        for bill in event.bills:
            if bill.participant_id in self._wallets:
                yield self._delta(
                    bill.participant_id,
                    "bill",
                    bill_id=bill.bill_id,
                    month=bill.month,
                    version=bill.version,
                    total=money_text(bill.total_quanta),
                )

    def _case(self, event: CaseEvent) -> Iterator[Delta]:
        """Something happened to a case of one's own."""
        news = cases.news_of(event)
        if news is not None and news[0] in self._wallets:
            yield self._delta(news[0], "case", **news[1])

    def _message(self, event: MessagePublished | MessageWithdrawn) -> Iterator[Delta]:
        """A message for some participants may be read, or no longer; what it says is asked for."""
        state = "published" if isinstance(event, MessagePublished) else "withdrawn"
        for name in event.recipients:
            if name in self._wallets:
                yield self._delta(name, "message", message_id=event.message_id, state=state)

    def _read(self, event: AlertsRead) -> Iterator[Delta]:
        """Some alerts were read, perhaps on another of one's screens."""
        if event.participant_id in self._wallets:
            yield self._delta(event.participant_id, "alerts_read", alert_ids=list(event.alert_ids))

    def _certified(self, event: CertificateNews) -> Iterator[Delta]:
        """Certificates came or went."""
        for participant_id, told in certificate_news(event):
            if participant_id in self._wallets:
                yield self._delta(participant_id, "certificates", **told)

    def _paid(self, event: PaymentsRecorded) -> Iterator[Delta]:
        """Movements of the bank that are somebody's; the money comes with the transfers."""
        for payment in event.payments:
            yield from self._payment(payment)

    def _placed(self, event: PaymentDecided) -> Iterator[Delta]:
        """Operators said whose a movement is."""
        return self._payment(event.payment)

    def _payment(self, payment: Payment) -> Iterator[Delta]:
        owner = payment.participant_id
        if owner is not None and owner in self._wallets:
            yield self._delta(
                owner,
                "payment",
                bank_id=payment.bank_id,
                amount=money_text(payment.amount_quanta),
                bill_id=payment.bill_id,
                withdrawal_id=payment.payout_id,
            )

    def _withdrawn(self, event: PayoutsChanged) -> Iterator[Delta]:
        """Withdrawals have gone a step further; what is held changes with it."""
        for payout in event.payouts:
            self.put_payout(payout)
            owner = payout.participant_id
            if owner is not None and owner in self._wallets:
                yield self._delta(
                    owner,
                    "withdrawal",
                    withdrawal_id=payout.payout_id,
                    client_withdrawal_id=payout.client_payout_id,
                    amount=money_text(payout.amount_quanta),
                    state=payout.state.value,
                    reason=payout.reason,
                )

    def _covered(self, event: DefaultCovered) -> Iterator[Delta]:
        """Others have paid an overdue debt; it is owed to them now."""
        default = event.default
        if default.participant_id in self._wallets:
            yield self._delta(
                default.participant_id,
                "debt_covered",
                default_id=default.default_id,
                amount=money_text(default.cover.total_quanta),
            )

    def _recovered(self, event: DefaultRecovered) -> Iterator[Delta]:
        """Some of what others had covered went back to them."""
        if event.participant_id in self._wallets:
            amount = money_text(event.back.total_quanta)
            yield self._delta(event.participant_id, "debt_paid_back", amount=amount)

    def _collateral(self, event: CollateralNews) -> Iterator[Delta]:
        """A credit limit, a warning, a step of a margin call."""
        participant_id, name, told = collateral_news(event)
        if participant_id in self._wallets:
            yield self._delta(participant_id, name, **told)

    def _wallet_of(self, account: str) -> tuple[str, Wallet] | None:
        """The participant and wallet of an account; None: it is none of those kept here."""
        participant_id = account.removeprefix(ACCOUNT_PREFIX)
        if participant_id == account:
            return None
        wallet = self._wallets.get(participant_id)
        return None if wallet is None else (participant_id, wallet)

    def _delta(self, participant_id: str, name: str, **data: Any) -> Delta:  # noqa: ANN401 - as told
        money = self._wallets[participant_id].answer()
        return delta(Channel.ACCOUNT, participant_id, {"event": name, **data, **money})

    _FOLLOW: Final[dict[type[Any], Callable[["Accounts", Any], Iterator[Delta]]]] = {
        OrdersAccepted: _accepted,
        OrdersPended: _pended,
        TogetherAccepted: _together,
        FlexibleAccepted: _together,
        OrdersRejected: _rejected,
        OrdersCancelled: _cancelled,
        OrderReplaced: _replaced,
        OrdersHibernated: _hibernated,
        OrdersActivated: _activated,
        OrdersJoinedCall: _joined_call,
        SelfTradePrevented: _self_trade,
        TradesMade: _traded,
        OrdersClosed: _closed,
        TransfersBooked: _transferred,
        BillsIssued: _billed,
        CaseOpened: _case,
        CaseStepped: _case,
        CaseClosed: _case,
        CaseReopened: _case,
        CaseRated: _case,
        MessagePublished: _message,
        MessageWithdrawn: _message,
        AlertsRead: _read,
        CertificatesIssued: _certified,
        CertificatesMoved: _certified,
        CertificatesRetired: _certified,
        CertificatesExported: _certified,
        PaymentsRecorded: _paid,
        PaymentDecided: _placed,
        PayoutsChanged: _withdrawn,
        DefaultCovered: _covered,
        DefaultRecovered: _recovered,
        RecallRequested: _recalled,
        RecallDecided: _recalled,
        CreditLimitSet: _collateral,
        CollateralWarned: _collateral,
        MarginCalled: _collateral,
        MarginCallMissed: _collateral,
        MarginCallMet: _collateral,
    }
