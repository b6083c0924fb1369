"""Which interval stands in which phase, and which may go on to which.

The one idea: every interval walks the same road in delivery order, so for each step of the road one
number (the next interval to take it) is all the state a timetable needs.
"""

from itertools import pairwise
from typing import Final

from market.model.interval import MICROSECONDS, day_of
from market.model.messages import Phase
from market.model.rejection import Code, Rejection
from market.model.rules import MarketRules
from market.model.timer import Timer, TimerKind
from market.model.units import SECONDS_PER_MINUTE

ROAD: Final[tuple[Phase, ...]] = (
    Phase.SCHEDULED,
    Phase.CALL,
    Phase.LOCKED,
    Phase.DELIVERY_LOCK,
    Phase.SETTLING,
    Phase.SETTLED,
)
_BEFORE: Final = {after: before for before, after in pairwise(ROAD)}


class Phases:
    """Phase of every interval of one market."""

    def __init__(self, rules: MarketRules) -> None:
        self._rules = rules
        self._step_s = rules.interval_minutes * SECONDS_PER_MINUTE
        # For each phase, the first interval that has not entered it yet.
        self._next_s = dict.fromkeys(ROAD[1:], rules.trading_from_s)
        self._next_day_close_s = rules.trading_from_s

    def of(self, start_s: int) -> Phase | None:
        """The interval's phase; None when it is no interval of this market."""
        if not self.is_interval(start_s):
            return None
        for phase in reversed(ROAD[1:]):
            if start_s < self._next_s[phase]:
                return phase
        return Phase.SCHEDULED

    def is_interval(self, start_s: int) -> bool:
        """True when an interval of this market starts then."""
        offset = start_s - self._rules.trading_from_s
        until = self._rules.trading_until_s
        return offset >= 0 and offset % self._step_s == 0 and (until is None or start_s < until)

    def entry_refusal(self, start_s: int) -> Code | None:
        """Why an order for this interval may not enter or leave the book now; None: it may."""
        if not self.is_interval(start_s):
            return Code.PRODUCT_UNKNOWN
        if start_s >= self._next_s[Phase.CALL]:
            return Code.NOT_OPEN
        return Code.GATE_CLOSED if start_s < self._next_s[Phase.LOCKED] else None

    def step_refusal(self, start_s: int, phase: Phase) -> Rejection | None:
        """Why the interval may not enter the phase now; None: it is its turn."""
        if self.is_interval(start_s) and self._next_s[phase] == start_s:
            before = _BEFORE[phase]
            if before is Phase.SCHEDULED or start_s < self._next_s[before]:
                return None
        return Rejection(code=Code.PHASE_CONFLICT, parameters={"phase": phase.value})

    def enter(self, start_s: int, phase: Phase) -> None:
        """Note that the interval entered the phase."""
        if self.step_refusal(start_s, phase) is not None:
            raise AssertionError(f"interval {start_s} cannot enter {phase}")
        self._next_s[phase] = start_s + self._step_s

    def close_day(self, last_start_s: int) -> None:
        """Note that the day whose last interval this is was closed."""
        self._next_day_close_s = last_start_s + self._step_s

    def day_to_close(self) -> tuple[str, int] | None:
        """The local day that is wholly settled and not closed yet, with its last interval."""
        first_s, settled_s = self._next_day_close_s, self._next_s[Phase.SETTLED]
        if first_s >= settled_s:
            return None
        day = day_of(first_s, self._rules.time_zone)
        last_s = first_s
        while self._same_day(last_s + self._step_s, day.isoformat()):
            last_s += self._step_s
        return (day.isoformat(), last_s) if last_s < settled_s else None

    def _same_day(self, start_s: int, day: str) -> bool:
        zone = self._rules.time_zone
        return self.is_interval(start_s) and day_of(start_s, zone).isoformat() == day

    def next_timer(self) -> Timer | None:
        """What falls due next, overdue or not; None: nothing ever."""
        rules, minute = self._rules, SECONDS_PER_MINUTE
        waits_s = (
            (TimerKind.OPEN_CALL, Phase.CALL, -rules.call_opens_minutes * minute),
            (TimerKind.CLOSE_GATE, Phase.LOCKED, -rules.gate_minutes * minute),
            (TimerKind.CLEAR, Phase.DELIVERY_LOCK, -rules.gate_minutes * minute),
            (TimerKind.END_DELIVERY, Phase.SETTLING, self._step_s),
            (TimerKind.SETTLE, Phase.SETTLED, self._step_s + rules.settle_minutes * minute),
        )
        timers = [
            Timer(due_us=(self._next_s[phase] + wait_s) * MICROSECONDS, kind=kind, start_s=start_s)
            for kind, phase, wait_s in waits_s
            if self.step_refusal(start_s := self._next_s[phase], phase) is None
        ]
        closing = self.day_to_close()
        if closing is not None:
            day, last_s = closing
            due_s = last_s + self._step_s + rules.settle_minutes * minute
            timers.append(
                Timer(
                    due_us=due_s * MICROSECONDS,
                    kind=TimerKind.CLOSE_DAY,
                    start_s=last_s,
                    day=day,
                )
            )
        return min(timers, default=None)
