"""What the stream knows of one market: every channel's state, kept from the market's own events.

The one idea: a reducer. An event goes in, the state changes, and the changes come out as deltas for
channels; a snapshot is the state at this moment. It starts from what is stored and from then on only
follows events that are on disk, so nothing public can vanish again. It decides nothing.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from api import answers
from api.accounts import Accounts, Delta, delta
from api.answers import Answer
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
from market.model.money import participant_account
from market.model.order import OrderView
from market.model.participant import Participant, Unit
from market.model.power import Setpoint
from market.model.rules import MarketRules
from market.model.trade import Trade
from market.model.units import SECONDS_PER_MINUTE, money_text, power_text

TRADES_SHOWN: Final = 100
INTERVALS_KEPT: Final = 1_000
"""Intervals with a phase of their own that are remembered: ten days of quarter-hours."""
_ACCOUNT_PREFIX: Final = participant_account("")


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
        self._intervals: dict[int, Answer] = dict(seed.intervals)
        self._areas = {area.area_id: _AreaState() for area in seed.grid.areas}
        self._accounts = Accounts(seed.rules.interval_minutes)
        self._unit_setpoints: dict[str, Answer] = {}
        self._take_in(seed)

    def _take_in(self, seed: Seed) -> None:
        self._add_participants(seed.participants)
        self._add_units(seed.units)
        for account, balance_quanta in seed.balances_quanta:
            self._accounts.put_balance(account, balance_quanta)
        for view in seed.open_orders:
            self._accounts.put_order(view)
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
                return self._accounts.snapshot(key)

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
                return self._accounts.accepted(event)
            case OrdersRejected():
                return self._accounts.rejected(event)
            case OrdersCancelled():
                return self._accounts.cancelled(event)
            case PhaseChanged():
                return self._phase(event)
            case IntervalCleared():
                return self._cleared(event)
            case TradesMade():
                return self._trades(event)
            case OrdersClosed():
                return self._accounts.closed(event)
            case TransfersBooked():
                return self._accounts.transferred(event)
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

    def _forget_settled(self) -> None:
        """Keep the newest; what is not settled yet is kept however far ahead calls open."""
        while len(self._intervals) > INTERVALS_KEPT:
            oldest_s = min(self._intervals)
            if self._intervals[oldest_s]["phase"] != Phase.SETTLED.value:
                return
            del self._intervals[oldest_s]

    def _market_delta(self, name: str, **data: object) -> Delta:
        return delta(Channel.MARKET, self.rules.market_id, {"event": name, **data})

    def _add_participants(self, participants: Iterable[Participant]) -> None:
        for item in participants:
            self.participants[item.participant_id] = item
            self._accounts.open(item.participant_id)

    def _add_units(self, units: Iterable[Unit]) -> None:
        for item in units:
            self.units[item.unit_id] = item
            self._areas[item.area_id].units.append(item.unit_id)

    def _phase(self, event: PhaseChanged) -> Iterator[Delta]:
        known = self.interval(event.start_s)
        self._intervals[event.start_s] = {**known, "phase": event.phase.value}
        self._forget_settled()
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
        self._accounts.fill(outcome)
        yield self._market_delta("cleared", interval=made)

    def _trades(self, event: TradesMade) -> Iterator[Delta]:
        start = instant_text(event.start_s)
        by_area: defaultdict[str, list[Answer]] = defaultdict(list)
        for trade in event.trades:
            self._areas[trade.area_id].trades.append(_seen_trade(trade))
            by_area[trade.area_id].append(answers.public_trade(trade))
        for area_id, items in by_area.items():
            data = {"event": "trades", "start": start, "items": items}
            yield delta(Channel.TRADES, area_id, data)
        yield from self._accounts.traded(event.trades, start)

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
        yield delta(
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
            yield delta(Channel.UNIT, unit_id, {"event": "setpoint", **answer})

    def _measured(self, event: MeasurementsRecorded) -> Iterator[Delta]:
        minutes = self.rules.interval_minutes
        for item in event.measurements:
            answer = answers.measurement(item, event.area_id, minutes)
            yield delta(Channel.UNIT, item.unit_id, {"event": "measurement", **answer})

    def _deviated(self, event: DeviationsSeen) -> Iterator[Delta]:
        for item in event.deviations:
            data = {"event": "deviation", **answers.deviation(item)}
            if item.level == "unit":
                yield delta(Channel.UNIT, item.member_id, data)
            elif item.level == "area":
                yield delta(Channel.AREA, item.member_id, data)


def _seen_trade(trade: Trade) -> Answer:
    return {"start": instant_text(trade.start_s), **answers.public_trade(trade)}
