"""What load and generation are to be expected, from what was metered before.

The one idea: a quarter-hour of a working day is like the same quarter-hour of the working days before
it, one of a weekend like those of the weekends before. It is plain, needs no weather and is hard to
beat for an area of many households; whoever knows better plugs in what keeps the same two promises.
"""

from typing import Final, Protocol

from market.model.interval import local_time_of_week

DAYS_KEPT: Final = 4
"""Like days that are averaged: long enough to smooth a day, short enough to follow the season."""


class LoadForecast(Protocol):
    """Learns what was metered and says what to expect.

    It stands in the market's state, so it may hold only what a state may, and learning the same in the
    same order has to lead to the same answers.
    """

    def learn(self, series: str, start_s: int, load_wh: int) -> None:
        """Take in the metered energy of an interval; intervals come in order."""
        ...

    def expected_wh(self, series: str, start_s: int) -> int | None:
        """The energy to be expected in an interval; None: nothing to go by."""
        ...


class LikeDays:
    """The mean of the same time of the last like days."""

    def __init__(self, time_zone: str) -> None:
        self._zone = time_zone
        self._seen_wh: dict[tuple[str, bool, int], tuple[int, ...]] = {}
        """By series, kind of day and local minute of the day: oldest first."""

    def learn(self, series: str, start_s: int, load_wh: int) -> None:
        """Take in the metered energy of an interval."""
        key = self._key(series, start_s)
        self._seen_wh[key] = (*self._seen_wh.get(key, ()), load_wh)[-DAYS_KEPT:]

    def expected_wh(self, series: str, start_s: int) -> int | None:
        """The mean, rounded down; None: no like day has been seen."""
        seen_wh = self._seen_wh.get(self._key(series, start_s))
        return sum(seen_wh) // len(seen_wh) if seen_wh else None

    def _key(self, series: str, start_s: int) -> tuple[str, bool, int]:
        is_weekend, minute = local_time_of_week(start_s, self._zone)
        return series, is_weekend, minute


def load_of(area_id: str) -> str:
    """Name of the series of an area's metered load."""
    return f"load/{area_id}"


def untraded_load_of(area_id: str) -> str:
    """Name of the series of an area's load that nobody steers and that does not trade."""
    return f"untraded/{area_id}"


def generation_of(area_id: str) -> str:
    """Name of the series of an area's metered generation: sun, wind, water, engines."""
    return f"generation/{area_id}"
