"""Conversions and the one rounding."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.model import units

small_integers = st.integers(-units.WIRE_INTEGER_MAX, units.WIRE_INTEGER_MAX)


@given(value=small_integers, decimals=st.integers(0, 8))
def test_a_value_written_and_read_is_the_same(value: int, decimals: int) -> None:
    text = units.decimal_text(value, decimals)
    assert units.scaled_integer(text, decimals) == value
    assert Decimal(text) == Decimal(value).scaleb(-decimals)


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "Infinity",
        "-Infinity",
        "1e3",
        "",
        " 1",
        "1 ",
        "+1",
        ".5",
        "1.",
        "0x1",
        "\u0661",
        "01",
    ],
)
def test_what_is_no_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(units.DecimalFormatError):
        units.scaled_integer(text, 3)


@pytest.mark.parametrize(
    "text", ["0.0001", "1.0000", "2000000.001", "-2000000.001", "999999999999"]
)
def test_too_fine_or_too_large_is_refused_never_rounded(text: str) -> None:
    with pytest.raises(units.DecimalRangeError):
        units.scaled_integer(text, 3)


def test_a_price_times_an_energy_is_money_without_rounding() -> None:
    energy_wh = units.scaled_integer("1.250", units.ENERGY_DECIMALS)
    price_ticks = units.scaled_integer("85.20", units.PRICE_DECIMALS)
    assert units.money_text(energy_wh * price_ticks) == "0.10650000"


@given(numerator=st.integers(-(10**20), 10**20), denominator=st.integers(1, 10**9))
def test_half_even_is_the_decimal_librarys_half_even(numerator: int, denominator: int) -> None:
    doubled = 2 * numerator
    quotient = units.round_half_even(numerator, denominator)
    assert abs(doubled - 2 * quotient * denominator) <= denominator
    if abs(doubled - 2 * quotient * denominator) == denominator:
        assert quotient % 2 == 0


@given(
    total=st.integers(-(10**15), 10**15),
    weights=st.lists(st.integers(0, 10**9), min_size=1, max_size=40),
)
def test_a_split_sums_to_its_total_and_is_fair_to_one(total: int, weights: list[int]) -> None:
    parts = units.split_exactly(total, weights)
    assert sum(parts) == total
    whole = sum(weights)
    if whole:
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part * whole - total * weight) < whole


@given(energy_wh=st.integers(-(10**9), 10**9))
def test_a_quarter_hours_energy_as_power_comes_back(energy_wh: int) -> None:
    power_w = units.power_from_energy_w(energy_wh, 15)
    assert units.energy_from_power_wh(power_w, 15) == energy_wh
