"""Delivery intervals and market days.

The one idea: an interval is the UTC second at which it starts; the market's own time zone decides
which intervals make up a day (92, 96 or 100 quarter-hours).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from market.model.units import MINUTES_PER_HOUR, SECONDS_PER_MINUTE

MICROSECONDS: int = 1_000_000


@lru_cache(maxsize=4_096)  # intervals of a few weeks; the same few are written again and again
def instant_text(start_s: int) -> str:
    """A UTC second as RFC 3339 with Z."""
    return datetime.fromtimestamp(start_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_text(now_us: int) -> str:
    """A UTC microsecond as RFC 3339 with Z and milliseconds."""
    seconds_s, rest_us = divmod(now_us, MICROSECONDS)
    return f"{instant_text(seconds_s)[:-1]}.{rest_us // 1000:03d}Z"


def second_of(moment: datetime) -> int:
    """The UTC second of an aware datetime.

    Raises:
        ValueError: the datetime carries no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("time without zone")
    return int(moment.timestamp())


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketDay:
    """A local calendar day of a market."""

    day: date
    """The local date."""
    zone: str
    """IANA name of the market's time zone."""
    minutes: int
    """Length of a delivery interval."""

    def starts_s(self) -> range:
        """The starts of the day's intervals in real time order, UTC seconds."""
        zone = ZoneInfo(self.zone)
        first = second_of(datetime.combine(self.day, time(0), zone))
        end = second_of(datetime.combine(self.day + timedelta(days=1), time(0), zone))
        return range(first, end, self.minutes * SECONDS_PER_MINUTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketMonth:
    """A local calendar month of a market."""

    first: date
    """Its first day."""
    zone: str
    """IANA name of the market's time zone."""

    @classmethod
    def of(cls, month: str, zone: str) -> "MarketMonth":
        """The month of a text like 2016-06.

        Raises:
            ValueError: not of that form.
        """
        if len(month) != 7:
            raise ValueError(month)
        return cls(first=date.fromisoformat(f"{month}-01"), zone=zone)

    @property
    def days(self) -> tuple[date, ...]:
        """All of its days."""
        after = (self.first + timedelta(days=32)).replace(day=1)
        return tuple(self.first + timedelta(days=day) for day in range((after - self.first).days))

    def day_start_s(self, day: date) -> int:
        """The UTC second at which a local day begins."""
        return second_of(datetime.combine(day, time(0), ZoneInfo(self.zone)))

    @property
    def from_s(self) -> int:
        """The UTC second at which it begins."""
        return self.day_start_s(self.first)

    @property
    def until_s(self) -> int:
        """The UTC second at which the next one begins."""
        return self.day_start_s(self.days[-1] + timedelta(days=1))


_SATURDAY = 5


@lru_cache(maxsize=4_096)  # every area asks for the same interval
def local_time_of_week(start_s: int, zone: str) -> tuple[bool, int]:
    """Whether an instant lies in a local weekend, and its local minute of the day.

    Both runs of the hour that comes twice have the same minutes.
    """
    local = datetime.fromtimestamp(start_s, ZoneInfo(zone))
    return local.weekday() >= _SATURDAY, local.hour * MINUTES_PER_HOUR + local.minute


def day_of(start_s: int, zone: str) -> date:
    """The local calendar day to which an instant belongs."""
    return datetime.fromtimestamp(start_s, ZoneInfo(zone)).date()
