"""Which days were settled as a whole, how often, and on what; and the run that is under way.

The one idea: of a closed day only counts are kept, however many units it had; its figures are with the
store. One run is under way at a time, so nothing else books for its day meanwhile.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from market.model.rules import Tariff
from market.model.settlement_run import RunKind, SettlementBegun, SettlementFinished
from market.settlement.substitution import LIKE_DAYS_MAX


@dataclass(slots=True)
class DayStanding:
    """How a closed day stands."""

    last_start_s: int
    """Its last interval."""
    tariff: Tariff
    version: int = 0
    """Of its last finished run; 0: none yet."""
    run_id: str = ""
    """The last finished run; empty: none yet."""
    final: bool = False
    gaps: int = 0
    """How many values stood in for missing ones in its last finished run."""
    late_readings: int = 0
    """Readings that came since the day was closed, or that may stand in for one it lacks, ..."""
    settled_readings: int = 0
    """... and how many of them the last finished run knew."""

    @property
    def has_changed(self) -> bool:
        """True when a run would find other facts than the last one."""
        return self.late_readings != self.settled_readings


@dataclass(slots=True)
class OpenRun:
    """The run that is under way."""

    begun: SettlementBegun
    late_readings: int
    done: dict[str, None] = field(default_factory=dict)
    """Areas that are done, in order."""

    @property
    def left(self) -> tuple[str, ...]:
        """Areas that are still to be done."""
        return tuple(area_id for area_id in self.begun.areas if area_id not in self.done)


@dataclass(slots=True)
class Settlements:
    """All closed days of a market."""

    days: dict[str, DayStanding] = field(default_factory=dict)
    run: OpenRun | None = None
    next_number: int = 1

    def close(self, day: str, last_start_s: int, tariff: Tariff) -> None:
        """A day is closed; from now on it is settled as a whole."""
        self.days[day] = DayStanding(last_start_s=last_start_s, tariff=tariff)

    def late(self, day: str, readings: int) -> None:
        """Readings of a day came after their intervals were settled.

        They change the day, and days with gaps whose stand-ins may be made of them.
        """
        for other, standing in self._around(day):
            if other == day or standing.gaps:
                standing.late_readings += readings

    def _around(self, day: str) -> Iterator[tuple[str, DayStanding]]:
        """Closed days from the one before a day to the last that looks so far back."""
        first = date.fromisoformat(day)
        for days in range(-1, LIKE_DAYS_MAX + 1):
            other = (first + timedelta(days=days)).isoformat()
            standing = self.days.get(other)
            if standing is not None:
                yield other, standing

    def started(self, event: SettlementBegun) -> None:
        """A run has begun."""
        self.run = OpenRun(event, self.days[event.day].late_readings)
        self.next_number = event.number + 1

    def finish(self, event: SettlementFinished) -> None:
        """The run is booked."""
        run = self.run
        assert run is not None, "only what has begun is finished"
        assert run.begun.run_id == event.run_id, "one run at a time"
        standing = self.days[event.day]
        standing.version = event.version
        standing.run_id = event.run_id
        standing.tariff = run.begun.tariff
        standing.settled_readings = run.late_readings
        standing.gaps = event.completeness.substituted
        standing.final = standing.final or event.kind is RunKind.FINAL
        self.run = None

    def due(self, now_s: int, final_after_s: int) -> tuple[str, RunKind] | None:
        """The day that is to be settled next without anybody asking; None: none.

        Args:
            now_s: market time.
            final_after_s: how long after its last interval no reading of a day may come any more.
        """
        for day, standing in self.days.items():
            if not standing.version:
                return day, RunKind.PRELIMINARY
            if not standing.final and now_s - standing.last_start_s > final_after_s:
                return day, RunKind.FINAL
        return None
