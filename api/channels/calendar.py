"""The `market` channel: where each interval stands, its result, days that were closed.

The one idea: intervals are settled in order of time, so one number tells all that were settled long
ago; only what is newer is remembered. A halt or a volatility call of an area stands beside the
interval's own phase and hides it while it lasts.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from api.access.permissions import Channel
from api.answers import results
from api.answers.values import Answer
from api.channels.deltas import Delta, delta
from market.model.grid import Grid
from market.model.interval import MICROSECONDS, MarketDay, day_of, instant_text, moment_text
from market.model.messages import IntervalCleared, IntervalSettled, Phase, PhaseChanged, Step
from market.model.rules import MarketRules
from market.model.settlement_run import (
    AreaSettled,
    RunState,
    SettlementBegun,
    SettlementFinished,
    phase_of,
)
from market.model.stop import StopKind, StopScope, TradingReleased, TradingStopped
from market.model.units import SECONDS_PER_MINUTE, money_text

INTERVALS_KEPT: Final = 1_000
"""Intervals with a phase of their own that are remembered: ten days of quarter-hours."""
_BESIDE: Final = frozenset({Phase.CONTINUOUS, Phase.VOLATILITY_CALL, Phase.HALT, Phase.FROZEN})
_HIDEABLE: Final = frozenset({Phase.CALL, Phase.CONTINUOUS})

Where = tuple[int | None, str | None]
"""Interval and area; None: all of them."""
Stop = tuple[int | None, str | None, Phase]
"""A stop beside the road: interval and area (None: all of them), and the phase it means."""


class Calendar:
    """Delivery intervals of one market."""

    def __init__(
        self,
        rules: MarketRules,
        grid: Grid,
        intervals: Iterable[tuple[int, Answer]],
        stops: Iterable[Stop] = (),
    ) -> None:
        self.rules, self.grid = rules, grid
        self._step_s = rules.interval_minutes * SECONDS_PER_MINUTE
        self._intervals: dict[int, Answer] = dict(intervals)
        self._stops: dict[Where, Phase] = {
            (start_s, area_id): phase for start_s, area_id, phase in stops
        }
        self._settled_until_s = rules.trading_from_s
        """Every interval that starts before is settled."""
        for start_s, answer in sorted(self._intervals.items()):
            if answer["phase"] == Phase.SETTLED.value:
                self._settled_until_s = start_s + self._step_s

    # --- what others ask ----------------------------------------------------------------

    def snapshot(self, now_us: int) -> Answer:
        """The market day of now, stops, and the time."""
        return {
            "intervals": self._day(now_us),
            "stops": [
                {**_where(place), "phase": phase.value} for place, phase in self._stops.items()
            ],
            "now": moment_text(now_us),
        }

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
        """An interval of the market, as GET intervals shows it; long ago without its result."""
        known = self._intervals.get(start_s)
        if known is not None:
            return known
        settled = start_s < self._settled_until_s
        return results.interval(start_s, Phase.SETTLED if settled else Phase.SCHEDULED, self.rules)

    def phase(self, start_s: int, area_id: str | None = None) -> Phase:
        """Where an interval stands in an area; without one, what holds in every area."""
        phase = Phase(self.interval(start_s)["phase"])
        if not self._stops or phase not in _HIDEABLE:
            return phase
        places: list[Where] = [(None, None), (start_s, None)]
        if area_id is not None:
            places += [(None, area_id), (start_s, area_id)]
        found = [self._stops[place] for place in places if place in self._stops]
        halted = [stop for stop in found if stop is not Phase.VOLATILITY_CALL]
        return (halted or found or [phase])[0]

    def open_starts_s(self) -> list[int]:
        """Starts of intervals remembered that are past `scheduled` and not settled."""
        outside = {Phase.SETTLED.value, Phase.SCHEDULED.value}
        return [s for s, answer in self._intervals.items() if answer["phase"] not in outside]

    # --- what happens ---------------------------------------------------------------------

    def changed(self, event: PhaseChanged) -> Iterator[Delta]:
        """An interval goes on along its road, or a stop beside it begins or ends."""
        start_s, phase = event.start_s, event.phase
        if event.step is None and phase in _BESIDE:
            if phase is Phase.CONTINUOUS:
                self._stops.pop((start_s, event.area_id), None)
            else:
                self._stops[start_s, event.area_id] = phase
        else:
            self._intervals[start_s] = {**self.interval(start_s), "phase": phase.value}
            if event.step is Step.CLOSE_GATE:
                self._stops = {at: stop for at, stop in self._stops.items() if at[0] != start_s}
            if phase is Phase.SETTLED:
                self._settled_until_s = max(self._settled_until_s, start_s + self._step_s)
            self._forget_settled()
        yield self._delta(
            "phase",
            start=instant_text(start_s),
            area=event.area_id,
            phase=phase.value,
            at=moment_text(event.now_us),
        )

    def stopped(self, event: TradingStopped) -> Iterator[Delta]:
        """A stop holds; a halt hides phases, a kill is its owner's business."""
        stop = event.stop
        if stop.kind is not StopKind.HALT:
            return
        place = _place(stop.scope, stop.key)
        self._stops[place] = Phase.HALT
        yield self._delta(
            "stopped", **_where(place), phase=Phase.HALT.value, at=moment_text(stop.since_us)
        )

    def released(self, event: TradingReleased) -> Iterator[Delta]:
        """A stop has ended."""
        if event.kind is not StopKind.HALT:
            return
        place = _place(event.scope, event.key)
        self._stops.pop(place, None)
        yield self._delta("released", **_where(place), at=moment_text(event.now_us))

    def missed(self, event: TradingReleased) -> frozenset[Stop]:
        """The halt that ends, where nothing is known of its beginning."""
        place = _place(event.scope, event.key)
        if event.kind is not StopKind.HALT or place in self._stops:
            return frozenset()
        return frozenset({(*place, Phase.HALT)})

    def _forget_settled(self) -> None:
        """Keep the newest; what is not settled yet is kept however far ahead calls open."""
        while len(self._intervals) > INTERVALS_KEPT:
            oldest_s = min(self._intervals)
            if oldest_s >= self._settled_until_s:
                return
            del self._intervals[oldest_s]

    def cleared(self, event: IntervalCleared) -> Iterator[Delta]:
        """An auction has a result."""
        outcome = event.outcome
        made = {
            **self.interval(outcome.start_s),
            **results.result(outcome, self.rules, self.grid),
        }
        self._intervals[outcome.start_s] = made
        yield self._delta("cleared", interval=made)

    def settled(self, event: IntervalSettled) -> Iterator[Delta]:
        """Deviations and fees of an interval are booked."""
        yield self._delta(
            "settled",
            start=instant_text(event.start_s),
            ledger_sum=money_text(event.ledger_sum_quanta),
        )

    def day_closed(self, day: str) -> Iterator[Delta]:
        """Rent of a day was given back."""
        yield self._delta("day_closed", day=day)

    def run_begun(self, event: SettlementBegun) -> Iterator[Delta]:
        """A day is being settled as a whole."""
        yield self._delta(
            "run_begun",
            run_id=event.run_id,
            day=event.day,
            version=event.version,
            kind=event.kind.value,
            areas=len(event.areas),
        )

    def run_went_on(self, event: AreaSettled) -> Iterator[Delta]:
        """One more area of a run is done."""
        yield self._delta(
            "run_progress",
            run_id=event.area.run_id,
            phase=phase_of(RunState.RUNNING, event.areas_done, event.areas).value,
            areas_done=event.areas_done,
            areas=event.areas,
        )

    def day_settled(self, event: SettlementFinished) -> Iterator[Delta]:
        """A day was settled as a whole."""
        yield self._delta(
            "day_settled",
            day=event.day,
            version=event.version,
            kind=event.kind.value,
            run_id=event.run_id,
        )

    def _delta(self, name: str, **data: object) -> Delta:
        return delta(Channel.MARKET, self.rules.market_id, {"event": name, **data})


def _place(scope: StopScope, key: str) -> Where:
    """Interval and area of a halt."""
    return (
        int(key) if scope is StopScope.INTERVAL else None,
        key if scope is StopScope.AREA else None,
    )


def _where(place: Where) -> Answer:
    start_s, area_id = place
    return {"start": None if start_s is None else instant_text(start_s), "area": area_id}
