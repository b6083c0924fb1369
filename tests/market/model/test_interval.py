"""Market days have 92, 96 or 100 quarter-hours."""

from datetime import UTC, date, datetime

import pytest

from market.model.interval import MarketDay, day_of, instant_text, moment_text, second_of


@pytest.mark.parametrize(
    ("day", "zone", "count"),
    [
        (date(2016, 6, 15), "Etc/GMT-1", 96),
        (date(2026, 3, 29), "Europe/Berlin", 92),
        (date(2026, 10, 25), "Europe/Berlin", 100),
        (date(2024, 2, 29), "Asia/Shanghai", 96),
    ],
)
def test_a_day_has_its_quarter_hours(day: date, zone: str, count: int) -> None:
    starts_s = MarketDay(day=day, zone=zone, minutes=15).starts_s()
    assert len(starts_s) == count == len(set(starts_s))
    assert {day_of(start_s, zone) for start_s in starts_s} == {day}


def test_an_instant_is_written_in_utc() -> None:
    start_s = second_of(datetime(2016, 6, 14, 23, 0, tzinfo=UTC))
    assert instant_text(start_s) == "2016-06-14T23:00:00Z"
    assert moment_text(start_s * 1_000_000 + 250_000) == "2016-06-14T23:00:00.250Z"


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        second_of(datetime(2016, 6, 15))  # noqa: DTZ001 - the fault under test
