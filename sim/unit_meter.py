"""The unit agent's meter: energy of each delivery interval, from the power that was read.

The one idea: an interval counts only when it was watched from its beginning to its end; of any other
nothing is said, and the market puts the schedule in its place.
"""

from dataclasses import dataclass
from typing import Final

from market.model.power import GridReading
from market.model.units import round_toward_zero

_SECONDS_PER_HOUR: Final = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterReading:
    """What was counted in one interval, and what was seen at its end."""

    start_s: int
    injection_wh: int
    last: GridReading
    read_s: int
    """When its end was seen, market time."""


class Meter:
    """Counts the energy of one unit."""

    def __init__(self, interval_s: int, gap_max_s: int) -> None:
        """Nothing is counted yet.

        Args:
            interval_s: length of an interval.
            gap_max_s: across a longer silence nothing is counted.
        """
        self._interval_s = interval_s
        self._gap_max_s = gap_max_s
        self._seen_s: int | None = None
        self._watt_seconds: int | None = None
        """Of the running interval; None: its beginning was not seen."""

    def see(self, reading: GridReading, now_s: int | None) -> list[MeterReading]:
        """Count on; gives the intervals that are over."""
        seen_s, self._seen_s = self._seen_s, now_s
        power_w = reading.power_w
        if now_s is None or seen_s is None or power_w is None:
            self._watt_seconds = None
            return []
        if not 0 <= now_s - seen_s <= self._gap_max_s:
            self._watt_seconds = None
            return []
        done = []
        while (end_s := self._end_s(seen_s)) <= now_s:
            if self._watt_seconds is not None:
                counted = self._watt_seconds + power_w * (end_s - seen_s)
                done.append(
                    MeterReading(
                        start_s=end_s - self._interval_s,
                        injection_wh=round_toward_zero(counted, _SECONDS_PER_HOUR),
                        last=reading,
                        read_s=now_s,
                    )
                )
            seen_s, self._watt_seconds = end_s, 0
        if self._watt_seconds is not None:
            self._watt_seconds += power_w * (now_s - seen_s)
        return done

    def _end_s(self, at_s: int) -> int:
        """The end of the interval that contains this time; intervals begin on the clock's quarters."""
        return at_s - at_s % self._interval_s + self._interval_s
