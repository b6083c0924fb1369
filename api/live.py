"""What the stream knows of one market: every channel's state, kept from the market's own events.

The one idea: a reducer. An event goes in, the state changes, and the changes come out as deltas for
channels; a snapshot is the state at this moment. It starts from what is stored and from then on only
follows events that are on disk, so nothing public can vanish again. It decides nothing.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final, NamedTuple

from api import answers
from api.answers import Answer
from api.errors import detail_of
from api.permissions import Channel
from market.model.grid import Grid
from market.model.interval import MICROSECONDS, MarketDay, day_of, instant_text, moment_text
from market.model.messages import (
    DayClosed,
    DepositsMade,
    DeviationsSeen,
    Event,
    IntervalCleared,
    IntervalSettled,
    MarketCreated,
    MeasurementsRecorded,
    OrdersAccepted,
    OrdersCancelled,
    OrdersClosed,
    OrdersRejected,
    ParticipantsRegistered,
    Phase,
    PhaseChanged,
    SetpointsChanged,
    TradesMade,
    TransfersBooked,
    UnitsRegistered,
)
from market.model.money import Transfer, participant_account
from market.model.order import OrderState, OrderView
from market.model.participant import Participant, Unit
from market.model.power import Setpoint
from market.model.rules import MarketRules
from market.model.trade import Trade
from market.model.units import SECONDS_PER_MINUTE, energy_text, money_text, power_text

TRADES_SHOWN: Final = 100
INTERVALS_KEPT: Final = 1_000
"""Intervals with a phase of their own that are remembered: ten days of quarter-hours."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """What is stored when the server starts; the state from which events go on."""

    rules: MarketRules
    grid: Grid
    event_seq: int
    participants: tuple[Participant, ...] = ()
    units: tuple[Unit, ...] = ()
    balances_quanta: tuple[tuple[str, int], ...] = ()
    """Account and balance, participants' accounts among others."""
    open_orders: tuple[OrderView, ...] = ()
    intervals: tuple[tuple[int, Answer], ...] = ()
    """Start and answer of each late interval that is past `scheduled`."""
    trades: tuple[Trade, ...] = ()
    """The latest trades of each area, oldest first."""
    setpoints: tuple[Setpoint, ...] = ()
    """Set-points of intervals that are not over."""


@dataclass(slots=True)
class _AreaState:
    units: list[str] = field(default_factory=list)
    setpoints: dict[int, list[Answer]] = field(default_factory=dict)
    trades: deque[Answer] = field(default_factory=lambda: deque(maxlen=TRADES_SHOWN))


class LiveMarket:
    """The state behind the channels of one market."""

    def __init__(self, seed: Seed) -> None:
        self.rules, self.grid = seed.rules, seed.grid
        self.event_seq = seed.event_seq
        self.participants: dict[str, Participant] = {}
        self.units: dict[str, Unit] = {}
        self.wallets: dict[str, Wallet] = {}
        self._intervals: dict[int, Answer] = dict(seed.intervals)
        self._areas = {area.area_id: _AreaState() for area in seed.grid.areas}
        self._orders: dict[str, OpenOrder] = {}
        self._orders_of: defaultdict[str, dict[str, OpenOrder]] = defaultdict(dict)
        self._orders_at: defaultdict[int, dict[str, OpenOrder]] = defaultdict(dict)
        self._unit_setpoints: dict[str, Answer] = {}
        self._take_in(seed)

    def _take_in(self, seed: Seed) -> None:
        self._add_participants(seed.participants)
        self._add_units(seed.units)
        for account, balance_quanta in seed.balances_quanta:
            wallet = self._wallet_of(account)
            if wallet is not None:
                wallet[1].balance_quanta = balance_quanta
        for view in seed.open_orders:
            self._add_order(
                view.order.header.order_id,
                OpenOrder(
                    participant_id=view.order.header.participant_id,
                    start_s=view.order.header.start_s,
                    client_order_id=view.order.header.client_order_id,
                    energy_wh=view.order.energy_wh,
                    held_quanta=view.held_quanta,
                    make=partial(answers.order, view, self.rules.interval_minutes),
                ),
            )
        for trade in seed.trades:
            self._areas[trade.area_id].trades.append(_seen_trade(trade))
        for item in seed.setpoints:
            self._keep_setpoint(item)

    # --- what others ask --------------------------------------------------------

    def is_key(self, channel: Channel, key: str) -> bool:
        """True when the channel has this key."""
        match channel:
            case Channel.MARKET:
                return key == self.rules.market_id
            case Channel.AREA | Channel.TRADES:
                return key in self._areas
            case Channel.UNIT:
                return key in self.units
            case Channel.ACCOUNT:
                return key in self.participants

    def snapshot(self, channel: Channel, key: str, now_us: int) -> Answer:
        """The channel's state at this moment."""
        data = self._state(channel, key, now_us)
        data["event_seq"] = self.event_seq
        return data

    def _state(self, channel: Channel, key: str, now_us: int) -> Answer:
        match channel:
            case Channel.MARKET:
                return {"intervals": self._day(now_us), "now": moment_text(now_us)}
            case Channel.TRADES:
                return {"items": list(self._areas[key].trades)}
            case Channel.AREA:
                area = self._areas[key]
                return {
                    "area": key,
                    "units": list(area.units),
                    "setpoints": [
                        item
                        for start_s, items in area.setpoints.items()
                        if not self._is_over(start_s, now_us)
                        for item in items
                    ],
                }
            case Channel.UNIT:
                return {"unit": key, "setpoint": self._unit_setpoints.get(key)}
            case Channel.ACCOUNT:
                orders = [item.make() for item in self._orders_of.get(key, {}).values()]
                return {**self.wallets[key].answer(), "orders": orders}

    def _is_over(self, start_s: int, now_us: int) -> bool:
        return self._end_s(start_s) * MICROSECONDS <= now_us

    def _end_s(self, start_s: int) -> int:
        return start_s + self.rules.interval_minutes * SECONDS_PER_MINUTE

    def _day(self, now_us: int) -> list[Answer]:
        """Intervals of the market day of now, or of the nearest day that is traded."""
        rules = self.rules
        first_s, until_s = rules.trading_from_s, rules.trading_until_s
        now_s = max(now_us // MICROSECONDS, first_s)
        if until_s is not None:
            now_s = min(now_s, until_s - 1)
        starts_s = MarketDay(
            day=day_of(now_s, rules.time_zone),
            zone=rules.time_zone,
            minutes=rules.interval_minutes,
        ).starts_s()
        return [
            dict(self.interval(start_s))
            for start_s in starts_s
            if first_s <= start_s and (until_s is None or start_s < until_s)
        ]

    def interval(self, start_s: int) -> Answer:
        """An interval of the market, as GET intervals shows it."""
        known = self._intervals.get(start_s)
        return answers.interval(start_s, Phase.SCHEDULED, self.rules) if known is None else known

    # --- what happens -------------------------------------------------------------

    def apply(self, event: Event, now_us: int, event_seq: int) -> Iterable[Delta]:
        """Follow one event; gives the changes it means, in order."""
        self.event_seq = event_seq
        return self._changes(event, now_us)

    def _changes(self, event: Event, now_us: int) -> Iterable[Delta]:  # noqa: C901 - an arm an event
        match event:
            case ParticipantsRegistered():
                self._add_participants(event.participants)
            case UnitsRegistered():
                self._add_units(event.units)
            case OrdersAccepted():
                return self._accepted(event)
            case OrdersRejected():
                return self._rejected(event)
            case OrdersCancelled():
                return self._cancelled(event)
            case PhaseChanged():
                return self._phase(event)
            case IntervalCleared():
                return self._cleared(event)
            case TradesMade():
                return self._trades(event)
            case OrdersClosed():
                return self._closed(event)
            case TransfersBooked():
                return self._transfers(event)
            case SetpointsChanged():
                return self._setpoints(event, now_us)
            case MeasurementsRecorded():
                return self._measured(event)
            case DeviationsSeen():
                return self._deviated(event)
            case IntervalSettled():
                return [
                    self._market_delta(
                        "settled",
                        start=instant_text(event.start_s),
                        ledger_sum=money_text(event.ledger_sum_quanta),
                    )
                ]
            case DayClosed():
                return [self._market_delta("day_closed", day=event.day)]
            case MarketCreated() | DepositsMade():
                pass  # the seed holds the definition; the money of a deposit follows as a transfer
        return ()

    def _market_delta(self, name: str, **data: object) -> Delta:
        return _delta(Channel.MARKET, self.rules.market_id, {"event": name, **data})

    def _account_delta(self, participant_id: str, name: str, **data: object) -> Delta:
        money = self.wallets[participant_id].answer()
        return _delta(Channel.ACCOUNT, participant_id, {"event": name, **data, **money})

    def _add_participants(self, participants: Iterable[Participant]) -> None:
        for item in participants:
            self.participants[item.participant_id] = item
            self.wallets.setdefault(item.participant_id, Wallet())

    def _add_units(self, units: Iterable[Unit]) -> None:
        for item in units:
            self.units[item.unit_id] = item
            self._areas[item.area_id].units.append(item.unit_id)

    def _add_order(self, order_id: str, order: OpenOrder) -> None:
        self._orders[order_id] = order
        self._orders_of[order.participant_id][order_id] = order
        self._orders_at[order.start_s][order_id] = order
        self.wallets[order.participant_id].held_quanta += order.held_quanta

    def _drop_order(self, order_id: str) -> OpenOrder:
        order = self._orders.pop(order_id)
        del self._orders_of[order.participant_id][order_id]
        del self._orders_at[order.start_s][order_id]
        self.wallets[order.participant_id].held_quanta -= order.held_quanta
        return order

    def _accepted(self, event: OrdersAccepted) -> Iterator[Delta]:
        orders, minutes = event.orders, self.rules.interval_minutes
        makers = [
            partial(
                answers.accepted_order, event.participant_id, orders, row, event.now_us, minutes
            )
            for row in range(len(orders))
        ]
        for row, order_id in enumerate(orders.order_id):
            self._add_order(
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
        money = self.wallets[event.participant_id].answer()

        def accepted() -> Answer:
            items = [make() for make in makers]
            return {"event": "orders_accepted", "items": items, **money}

        yield Delta(Channel.ACCOUNT, event.participant_id, accepted)

    def _rejected(self, event: OrdersRejected) -> Iterator[Delta]:
        items = [
            {"client_order_id": name, "code": fault.code.value, "detail": detail_of(fault)}
            for name, fault in zip(event.client_order_ids, event.rejections, strict=True)
        ]
        yield self._account_delta(event.participant_id, "orders_rejected", items=items)

    def _cancelled(self, event: OrdersCancelled) -> Iterator[Delta]:
        for order_id in event.order_ids:
            self._drop_order(order_id)
        yield self._account_delta(
            event.participant_id,
            "orders_cancelled",
            order_ids=list(event.order_ids),
            reason=event.reason,
        )

    def _phase(self, event: PhaseChanged) -> Iterator[Delta]:
        known = self.interval(event.start_s)
        self._intervals[event.start_s] = {**known, "phase": event.phase.value}
        while len(self._intervals) > INTERVALS_KEPT:
            del self._intervals[min(self._intervals)]
        yield self._market_delta(
            "phase",
            start=instant_text(event.start_s),
            phase=event.phase.value,
            at=moment_text(event.now_us),
        )

    def _cleared(self, event: IntervalCleared) -> Iterator[Delta]:
        outcome = event.outcome
        made = {
            **self.interval(outcome.start_s),
            **answers.result(outcome, self.rules, self.grid),
        }
        self._intervals[outcome.start_s] = made
        for order_id, filled_wh in zip(outcome.filled_order_ids, outcome.filled_wh, strict=True):
            self._orders[order_id].filled_wh = filled_wh
        yield self._market_delta("cleared", interval=made)

    def _trades(self, event: TradesMade) -> Iterator[Delta]:
        start, minutes = instant_text(event.start_s), self.rules.interval_minutes
        by_area: defaultdict[str, list[Answer]] = defaultdict(list)
        by_owner: defaultdict[str, list[Answer]] = defaultdict(list)
        for trade in event.trades:
            self._areas[trade.area_id].trades.append(_seen_trade(trade))
            by_area[trade.area_id].append(answers.public_trade(trade))
            by_owner[trade.participant_id].append(answers.trade(trade, minutes))
        for area_id, items in by_area.items():
            data = {"event": "trades", "start": start, "items": items}
            yield _delta(Channel.TRADES, area_id, data)
        for participant_id, items in by_owner.items():
            yield self._account_delta(participant_id, "trades", start=start, items=items)

    def _closed(self, event: OrdersClosed) -> Iterator[Delta]:
        by_owner: defaultdict[str, list[Answer]] = defaultdict(list)
        for order_id in tuple(self._orders_at.get(event.start_s, {})):
            order = self._drop_order(order_id)
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
            yield self._account_delta(participant_id, "orders_closed", start=start, items=items)

    def _transfers(self, event: TransfersBooked) -> Iterator[Delta]:
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
            yield self._account_delta(participant_id, "transfers", items=items)

    def _wallet_of(self, account: str) -> tuple[str, Wallet] | None:
        """The participant and wallet of an account; None: it is one of the market's own."""
        if not account.startswith(_ACCOUNT_PREFIX):
            return None
        participant_id = account.removeprefix(_ACCOUNT_PREFIX)
        return participant_id, self.wallets[participant_id]

    def _keep_setpoint(self, item: Setpoint) -> Answer:
        answer = answers.setpoint(item)
        area = self._areas[self.units[item.unit_id].area_id]
        items = area.setpoints.setdefault(item.start_s, [])
        items[:] = [other for other in items if other["unit_id"] != item.unit_id]
        items.append(answer)
        self._unit_setpoints[item.unit_id] = answer
        return answer

    def _setpoints(self, event: SetpointsChanged, now_us: int) -> Iterator[Delta]:
        area = self._areas[event.area_id]
        for start_s in [start_s for start_s in area.setpoints if self._is_over(start_s, now_us)]:
            del area.setpoints[start_s]
        changed = {item.unit_id: answers.setpoint(item) for item in event.setpoints}
        kept = area.setpoints.get(event.start_s, [])
        area.setpoints[event.start_s] = [
            *(item for item in kept if item["unit_id"] not in changed),
            *changed.values(),
        ]
        self._unit_setpoints.update(changed)
        yield _delta(
            Channel.AREA,
            event.area_id,
            {
                "event": "setpoints",
                "start": instant_text(event.start_s),
                "until": instant_text(self._end_s(event.start_s)),
                "target_kw": power_text(event.target_w),
                "setpoints": list(changed.values()),
            },
        )
        for unit_id, answer in changed.items():
            yield _delta(Channel.UNIT, unit_id, {"event": "setpoint", **answer})

    def _measured(self, event: MeasurementsRecorded) -> Iterator[Delta]:
        minutes = self.rules.interval_minutes
        for item in event.measurements:
            answer = answers.measurement(item, event.area_id, minutes)
            yield _delta(Channel.UNIT, item.unit_id, {"event": "measurement", **answer})

    def _deviated(self, event: DeviationsSeen) -> Iterator[Delta]:
        for item in event.deviations:
            data = {"event": "deviation", **answers.deviation(item)}
            if item.level == "unit":
                yield _delta(Channel.UNIT, item.member_id, data)
            elif item.level == "area":
                yield _delta(Channel.AREA, item.member_id, data)


def _delta(channel: Channel, key: str, data: Answer) -> Delta:
    return Delta(channel, key, lambda: data)


def _seen_trade(trade: Trade) -> Answer:
    return {"start": instant_text(trade.start_s), **answers.public_trade(trade)}


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
