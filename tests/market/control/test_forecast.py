"""Load to be expected: the same time of like days."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from market.control.forecast import DAYS_KEPT, LikeDays
from market.model.interval import local_time_of_week

ZONE = "Europe/Berlin"


def _at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).timestamp())


def test_nothing_seen_is_nothing_to_go_by() -> None:
    assert LikeDays(ZONE).expected_wh("a", _at("2016-06-15T12:00")) is None


def test_a_working_day_is_like_working_days_and_a_weekend_like_weekends() -> None:
    forecast = LikeDays(ZONE)
    for day, load_wh in (("16", 100), ("17", 200), ("18", 1_000), ("19", 3_000)):  # Thursday on
        forecast.learn("a", _at(f"2016-06-{day}T12:00"), load_wh)
        forecast.learn("a", _at(f"2016-06-{day}T12:15"), 7)
    assert forecast.expected_wh("a", _at("2016-06-20T12:00")) == 150  # Monday
    assert forecast.expected_wh("a", _at("2016-06-25T12:00")) == 2_000  # Saturday
    assert forecast.expected_wh("a", _at("2016-06-20T12:15")) == 7
    assert forecast.expected_wh("b", _at("2016-06-20T12:00")) is None


def test_only_the_last_days_count() -> None:
    forecast = LikeDays(ZONE)
    for week in range(DAYS_KEPT + 3):
        at_s = _at("2016-05-02T08:00") + week * 7 * 86_400
        forecast.learn("a", at_s, 1_000_000 if week < 3 else 10 + week)
    assert forecast.expected_wh("a", _at("2016-07-04T08:00")) == (13 + 14 + 15 + 16) // 4


def test_local_time_counts_across_the_change_of_clocks() -> None:
    forecast = LikeDays(ZONE)
    forecast.learn("a", _at("2016-03-25T07:00"), 500)  # winter time
    assert forecast.expected_wh("a", _at("2016-03-29T07:00")) == 500  # summer time


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2016-06-17T23:45", (False, 1_425)),
        ("2016-06-18T00:00", (True, 0)),
        ("2016-06-19T23:45", (True, 1_425)),
        ("2016-06-20T00:00", (False, 0)),
    ],
)
def test_the_local_time_of_the_week(text: str, expected: tuple[bool, int]) -> None:
    assert local_time_of_week(_at(text), ZONE) == expected
