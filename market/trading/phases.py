"""Which interval stands in which phase, and which may go on to which.

The one idea: every interval walks the same road in delivery order, so for each step of the road one
number (the next interval to take it) is all the state a timetable needs. The rules say which steps a
market has. Beside the road there are stops: a halt or a volatility call of an area, an interval or
both, which hide the road's phase while they last.
"""

from datetime import datetime, time
from functools import lru_cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from market.model.call import CallKind
from market.model.interval import MICROSECONDS, day_of, second_of
from market.model.messages import Phase, Step
from market.model.rejection import Code, Rejection
from market.model.rules import MarketRules
from market.model.timer import Timer, TimerKind
from market.model.units import SECONDS_PER_MINUTE

PHASE_AFTER: Final[dict[Step, Phase]] = {
    Step.OPEN_DAY_AHEAD: Phase.CALL,
    Step.CLOSE_DAY_AHEAD: Phase.LOCKED,
    Step.CLEAR_DAY_AHEAD: Phase.SCHEDULED,
    Step.OPEN_CONTINUOUS: Phase.CONTINUOUS,
    Step.OPEN_CALL: Phase.CALL,
    Step.CLOSE_GATE: Phase.LOCKED,
    Step.CLEAR: Phase.DELIVERY_LOCK,
    Step.END_DELIVERY: Phase.SETTLING,
    Step.SETTLE: Phase.SETTLED,
}
"""The phase an interval is in once it has taken a step."""

_KIND: Final[dict[Step, TimerKind]] = {
    Step.OPEN_DAY_AHEAD: TimerKind.OPEN_DAY_AHEAD,
    Step.CLOSE_DAY_AHEAD: TimerKind.CLOSE_DAY_AHEAD,
    Step.CLEAR_DAY_AHEAD: TimerKind.CLEAR_DAY_AHEAD,
    Step.OPEN_CONTINUOUS: TimerKind.OPEN_CONTINUOUS,
    Step.OPEN_CALL: TimerKind.OPEN_CALL,
    Step.CLOSE_GATE: TimerKind.CLOSE_GATE,
    Step.CLEAR: TimerKind.CLEAR,
    Step.END_DELIVERY: TimerKind.END_DELIVERY,
    Step.SETTLE: TimerKind.SETTLE,
}
_DAY_AHEAD: Final = (Step.OPEN_DAY_AHEAD, Step.CLOSE_DAY_AHEAD, Step.CLEAR_DAY_AHEAD)
_CLOSING: Final[dict[Phase, Step]] = {
    Phase.CALL: Step.OPEN_CALL,
    Phase.LOCKED: Step.CLOSE_GATE,
    Phase.DELIVERY_LOCK: Step.CLEAR,
    Phase.SETTLING: Step.END_DELIVERY,
    Phase.SETTLED: Step.SETTLE,
}
_OPEN: Final = frozenset({Phase.CALL, Phase.CONTINUOUS, Phase.VOLATILITY_CALL})
_OPEN_KEPT_MAX: Final = 4_096
"""Open places whose phase is kept: more than areas times open intervals of most markets."""
_STOPPED: Final = frozenset({Phase.HALT, Phase.FROZEN})
_STOPPABLE: Final = frozenset({Phase.CALL, Phase.CONTINUOUS})
_FIXED: Final = frozenset({Phase.LOCKED, Phase.FROZEN})

Place = tuple[int | None, str | None]
"""Where a stop holds: interval and area; None: all of them."""


def steps_of(rules: MarketRules) -> tuple[Step, ...]:
    """The steps a market's intervals take, in order."""
    skipped = set(() if rules.day_ahead is not None else _DAY_AHEAD)
    if rules.continuous is None:
        skipped.add(Step.OPEN_CONTINUOUS)
    return tuple(step for step in Step if step not in skipped)


@lru_cache(maxsize=1_024)  # a handful of days are asked for again and again
def _midnight_s(start_s: int, zone: str) -> int:
    return second_of(datetime.combine(day_of(start_s, zone), time(0), ZoneInfo(zone)))


class Phases:
    """Phase of every interval of one market."""

    # Follows from the rest, and is filled by who asks; see `state_form.py`.
    __snapshot_skip__: Final = ("_open_now",)

    def __init__(self, rules: MarketRules) -> None:
        self._rules = rules
        self._step_s = rules.interval_minutes * SECONDS_PER_MINUTE
        steps = steps_of(rules)
        # For each step, the first interval that has not taken it yet.
        self._next_s = dict.fromkeys(steps, rules.trading_from_s)
        self._before = {after: before for before, after in pairwise(steps)}
        self._late_first = tuple(reversed(steps))
        self._next_day_close_s = rules.trading_from_s
        self._stops: dict[Place, Phase] = {}
        # Phases in which orders enter, as asked for since the last change: every command asks twice.
        self._open_now: dict[tuple[int, str | None], Phase] = {}

    def rebuilt(self) -> None:
        """What was asked for before a snapshot is asked for again."""
        self._open_now = {}

    def of(self, start_s: int, area_id: str | None = None) -> Phase | None:
        """The interval's phase; None when it is no interval of this market.

        Without an area, what holds in every area: a stop of one area alone is not seen.
        """
        known = self._open_now.get((start_s, area_id))
        if known is not None:
            return known
        if not self.is_interval(start_s):
            return None
        phase = self._road_phase(start_s)
        if self._stops and phase in _STOPPABLE:
            phase = self._stop_at(start_s, area_id) or phase
        if phase in _OPEN:
            if len(self._open_now) >= _OPEN_KEPT_MAX:
                self._open_now.clear()  # whoever asks for areas that are not there
            self._open_now[start_s, area_id] = phase
        return phase

    def _road_phase(self, start_s: int) -> Phase:
        next_s = self._next_s
        for step in self._late_first:
            if start_s < next_s[step]:
                return PHASE_AFTER[step]
        return Phase.SCHEDULED

    def _stop_at(self, start_s: int, area_id: str | None) -> Phase | None:
        stops = self._stops
        places: list[Place] = [(None, None), (start_s, None)]
        if area_id is not None:
            places += [(None, area_id), (start_s, area_id)]
        found = [stops[place] for place in places if place in stops]
        stopped = [phase for phase in found if phase in _STOPPED]
        return next(iter(stopped or found), None)

    def is_interval(self, start_s: int) -> bool:
        """True when an interval of this market starts then."""
        offset = start_s - self._rules.trading_from_s
        until = self._rules.trading_until_s
        return offset >= 0 and offset % self._step_s == 0 and (until is None or start_s < until)

    def has_taken(self, start_s: int, step: Step) -> bool:
        """True when the interval has taken a step; False also where the market has no such step."""
        next_s = self._next_s.get(step)
        return next_s is not None and start_s < next_s

    def entry_refusal(self, start_s: int, area_id: str | None = None) -> Code | None:
        """Why an order for this interval may not enter a book now; None: it may."""
        phase = self.of(start_s, area_id)
        if phase in _OPEN:
            return None
        if phase is None:
            return Code.PRODUCT_UNKNOWN
        if phase in _STOPPED:
            return Code.HALTED_CANCEL_ONLY
        return Code.GATE_CLOSED if self.has_taken(start_s, Step.CLOSE_GATE) else Code.NOT_OPEN

    def cancel_refusal(self, start_s: int, area_id: str | None = None) -> Code | None:
        """Why an order of this interval may not leave its book now; None: it may."""
        phase = self.of(start_s, area_id)
        if phase is Phase.CONTINUOUS:
            return None  # the gate comes after it
        if phase is None:
            return Code.PRODUCT_UNKNOWN
        if phase in _FIXED or self.has_taken(start_s, Step.CLOSE_GATE):
            return Code.GATE_CLOSED
        return None

    def step_refusal(self, start_s: int, step: Step) -> Rejection | None:
        """Why the interval may not take the step now; None: it is its turn."""
        if self.is_interval(start_s) and self._next_s.get(step) == start_s:
            before = self._before.get(step)
            if before is None or start_s < self._next_s[before]:
                return None
        return Rejection(code=Code.PHASE_CONFLICT, parameters={"phase": PHASE_AFTER[step].value})

    def enter(self, start_s: int, phase: Phase, step: Step | None = None) -> None:
        """Note that the interval took a step; without one, the closing road's step to the phase."""
        taken = _CLOSING[phase] if step is None else step
        if self.step_refusal(start_s, taken) is not None:
            raise AssertionError(f"interval {start_s} cannot take {taken}")
        self._next_s[taken] = start_s + self._step_s
        self._open_now.clear()
        if taken is Step.CLOSE_GATE:
            for place in [place for place in self._stops if place[0] == start_s]:
                del self._stops[place]

    # --- stops beside the road ------------------------------------------------------

    def stop(self, start_s: int | None, area_id: str | None, phase: Phase) -> None:
        """Hide the road's phase by a stop, or by the reopening call that ends it."""
        self._stops[start_s, area_id] = phase
        self._open_now.clear()

    def resume(self, start_s: int | None, area_id: str | None) -> None:
        """End a stop; one that is not there is left."""
        self._stops.pop((start_s, area_id), None)
        self._open_now.clear()

    def stops(self) -> tuple[tuple[Place, Phase], ...]:
        """Every stop that holds."""
        return tuple(self._stops.items())

    def trades_continuously(self, area_id: str, start_s: int) -> bool:
        """True when orders of the area's interval may match on arrival now."""
        return self.of(start_s, area_id) is Phase.CONTINUOUS

    def continuous_starts_s(self) -> tuple[int, ...]:
        """The intervals whose road is in continuous trading now, whatever stops hide it."""
        first_s = self._next_s[Step.OPEN_CALL]
        until_s = self._next_s.get(Step.OPEN_CONTINUOUS, first_s)
        return tuple(range(first_s, until_s, self._step_s))

    def is_halted(self, start_s: int, area_id: str) -> bool:
        """True when a halt or a fault holds at this place, whatever the road says."""
        return bool(self._stops) and self._stop_at(start_s, area_id) in _STOPPED

    # --- days and timers --------------------------------------------------------------

    def day_starts_s(self, start_s: int) -> tuple[int, ...]:
        """The market's intervals of the local day an interval belongs to, from it on."""
        day = day_of(start_s, self._rules.time_zone).isoformat()
        starts, at_s = [], start_s
        while self._same_day(at_s, day):
            starts.append(at_s)
            at_s += self._step_s
        return tuple(starts)

    def day_first_s(self, start_s: int) -> int:
        """The market's first interval of the local day an interval belongs to."""
        return max(_midnight_s(start_s, self._rules.time_zone), self._rules.trading_from_s)

    def call_of(self, start_s: int) -> tuple[CallKind, int]:
        """The call that an order for the interval enters, or stands in while it waits for none."""
        if self.has_taken(start_s, Step.OPEN_DAY_AHEAD) and not self.has_taken(
            start_s, Step.CLEAR_DAY_AHEAD
        ):
            return CallKind.DAY_AHEAD, self.day_first_s(start_s)
        return CallKind.CLOSING, start_s

    def close_day(self, last_start_s: int) -> None:
        """Note that the day whose last interval this is was closed."""
        self._next_day_close_s = last_start_s + self._step_s

    def day_to_close(self) -> tuple[str, int] | None:
        """The local day that is wholly settled and not closed yet, with its last interval."""
        first_s, settled_s = self._next_day_close_s, self._next_s[Step.SETTLE]
        if first_s >= settled_s:
            return None
        last_s = self.day_starts_s(first_s)[-1]
        day = day_of(first_s, self._rules.time_zone).isoformat()
        return (day, last_s) if last_s < settled_s else None

    def closed_until_s(self) -> int:
        """Every day before this instant is closed."""
        return self._next_day_close_s

    def _same_day(self, start_s: int, day: str) -> bool:
        zone = self._rules.time_zone
        return self.is_interval(start_s) and day_of(start_s, zone).isoformat() == day

    def _due_s(self, step: Step, start_s: int) -> int:
        """When an interval is to take a step; day-ahead steps and the opening go by the day."""
        rules, minute = self._rules, SECONDS_PER_MINUTE
        day_ahead, continuous = rules.day_ahead, rules.continuous
        match step:
            case Step.OPEN_DAY_AHEAD if day_ahead is not None:
                return _midnight_s(start_s, rules.time_zone) - day_ahead.opens_minutes * minute
            case Step.CLOSE_DAY_AHEAD | Step.CLEAR_DAY_AHEAD if day_ahead is not None:
                return _midnight_s(start_s, rules.time_zone) - day_ahead.gate_minutes * minute
            case Step.OPEN_CONTINUOUS if continuous is not None:
                return _midnight_s(start_s, rules.time_zone) - continuous.opens_minutes * minute
            case Step.OPEN_CALL:
                return start_s - rules.call_opens_minutes * minute
            case Step.END_DELIVERY:
                return start_s + self._step_s
            case Step.SETTLE:
                return start_s + self._step_s + rules.settle_minutes * minute
            case _:
                return start_s - rules.gate_minutes * minute

    def due_us(self, start_s: int) -> dict[Step, int]:
        """When an interval is to take each step of its road, in order."""
        return {step: self._due_s(step, start_s) * MICROSECONDS for step in self._next_s}

    def gate_us(self, start_s: int) -> int:
        """When the gate of an interval closes."""
        return self._due_s(Step.CLOSE_GATE, start_s) * MICROSECONDS

    def next_timer(self) -> Timer | None:
        """What falls due next on the road, overdue or not; None: nothing ever."""
        timers = [
            Timer(
                due_us=self._due_s(step, start_s) * MICROSECONDS, kind=_KIND[step], start_s=start_s
            )
            for step, start_s in self._next_s.items()
            if self.step_refusal(start_s, step) is None
        ]
        closing = self.day_to_close()
        if closing is not None:
            day, last_s = closing
            due_s = self._due_s(Step.SETTLE, last_s)
            timers.append(
                Timer(
                    due_us=due_s * MICROSECONDS,
                    kind=TimerKind.CLOSE_DAY,
                    start_s=last_s,
                    day=day,
                )
            )
        return min(timers, default=None)
