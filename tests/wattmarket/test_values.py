"""Values go to the wire exactly or not at all."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattmarket.errors import UsageError
from wattmarket.values import (
    as_wire,
    count_of,
    decimal_text,
    seconds_from_time,
    text_of,
    time_from_seconds,
    time_text,
)


@pytest.mark.parametrize(
    ("given_value", "text"),
    [("0.250", "0.250"), (Decimal("0.250"), "0.250"), (3, "3"), (Decimal("1E+3"), "1000")],
)
def test_text_decimal_and_int_become_the_same_digits(given_value: object, text: str) -> None:
    assert decimal_text(given_value) == text


@pytest.mark.parametrize("wrong", [0.25, True, Decimal("NaN"), Decimal("Infinity"), b"1", None])
def test_whatever_could_lose_a_digit_is_refused_by_name(wrong: object) -> None:
    with pytest.raises(UsageError, match="energy_kwh"):
        decimal_text(wrong, "energy_kwh")


def test_a_float_is_refused_however_deep_it_hides() -> None:
    with pytest.raises(UsageError, match=r"energy_kwh=0\.1 is a float"):
        as_wire({"orders": [{"energy_kwh": "1"}, {"energy_kwh": 0.1}]})


def test_whole_numbers_become_text_only_where_the_wire_wants_a_decimal() -> None:
    assert as_wire({"energy_kwh": 2, "loss_ppm": 20_000, "is_last_resort": True}) == {
        "energy_kwh": "2",
        "loss_ppm": 20_000,
        "is_last_resort": True,
    }


def test_a_time_needs_its_zone() -> None:
    zone = dt.timezone(dt.timedelta(hours=1))
    assert time_text(dt.datetime(2016, 6, 15, tzinfo=zone)) == "2016-06-15T00:00:00+01:00"
    with pytest.raises(UsageError, match="no time zone"):
        time_text(dt.datetime(2016, 6, 15))  # noqa: DTZ001  # the fault under test
    with pytest.raises(UsageError, match="is no time"):
        time_text(5)


@given(st.integers(-(10**15), 10**15), st.integers(0, 8))
def test_counts_and_their_text_are_one_to_one(count: int, decimals: int) -> None:
    assert count_of(text_of(count, decimals), decimals) == count
    assert Decimal(text_of(count, decimals)).scaleb(decimals) == count


def test_a_text_with_more_decimals_than_the_unit_is_not_rounded() -> None:
    with pytest.raises(UsageError, match="more than 3 decimals"):
        count_of("0.0005", 3)


@given(st.integers(0, 4_000_000_000))
def test_seconds_and_times_are_one_to_one(seconds: int) -> None:
    assert seconds_from_time(time_from_seconds(seconds)) == seconds
