"""Tariffs by the hour: windows, weekends, midnight, the days of the clock change, and a real one."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.model.interval import MarketDay
from market.model.splitting import Integers
from market.settlement.time_of_use import (
    STANDING,
    TimeOfUse,
    Window,
    day_charges,
    in_force,
    prices_ticks,
)

BERLIN = {"zone": "Europe/Berlin", "minutes": 15}
MONDAY = MarketDay(day=date(2024, 3, 25), **BERLIN)
SPRING = MarketDay(day=date(2024, 3, 31), **BERLIN)
AUTUMN = MarketDay(day=date(2024, 10, 27), **BERLIN)


def window(name: str, from_hour: int, to_hour: int, ticks: int, **more: bool) -> Window:
    return Window(
        name=name,
        from_minute=60 * from_hour,
        to_minute=60 * to_hour,
        price_ticks=ticks,
        **more,
    )


def tariff(*windows: Window, **more: object) -> TimeOfUse:
    plain = {
        "tariff_id": "t",
        "voltage_level": "low",
        "valid_from": date(2024, 1, 1),
        "standing_quanta": 500,
        "price_ticks": 10,
    }
    return TimeOfUse(**{**plain, "windows": windows, **more})  # type: ignore[arg-type]


def by_hour(prices: Integers) -> list[int]:
    assert (prices.reshape(-1, 4) == prices[::4, None]).all()
    return prices[::4].tolist()


# --- which price holds ----------------------------------------------------------------------


def test_a_window_holds_from_its_first_minute_to_before_its_last() -> None:
    found = by_hour(prices_ticks(tariff(window("peak", 17, 20, 30)), MONDAY))

    assert found == [10] * 17 + [30] * 3 + [10] * 4


def test_a_window_runs_over_midnight() -> None:
    found = by_hour(prices_ticks(tariff(window("night", 22, 6, 5)), MONDAY))

    assert found == [5] * 6 + [10] * 16 + [5] * 2


def test_a_window_to_the_end_of_the_day() -> None:
    assert by_hour(prices_ticks(tariff(window("late", 22, 24, 5)), MONDAY)) == [10] * 22 + [5] * 2


def test_on_a_weekend_the_price_outside_holds() -> None:
    both = tariff(window("peak", 17, 20, 30, weekdays_only=True), window("noon", 12, 13, 20))
    saturday = MarketDay(day=date(2024, 3, 30), **BERLIN)

    assert by_hour(prices_ticks(both, saturday)) == [10] * 12 + [20] + [10] * 11


def test_the_clocks_change_leaves_out_or_repeats_a_price() -> None:
    night = tariff(window("two", 2, 3, 99))

    assert by_hour(prices_ticks(night, SPRING)) == [10] * 23
    assert by_hour(prices_ticks(night, AUTUMN)) == [10] * 2 + [99] * 2 + [10] * 21


@pytest.mark.parametrize(
    "windows",
    [
        (window("a", 7, 12, 1), window("b", 11, 13, 1)),
        (window("a", 22, 6, 1), window("b", 5, 7, 1)),
        (window("a", 22, 6, 1), window("b", 23, 1, 1)),
        (window("a", 24, 6, 1),),
        (window("a", 0, 25, 1),),
    ],
)
def test_two_prices_at_once_are_no_tariff(windows: tuple[Window, ...]) -> None:
    with pytest.raises(ValueError, match=r"lies on|no minutes"):
        tariff(*windows)


def test_the_newest_tariff_of_its_level_is_in_force() -> None:
    old, new = tariff(), tariff(tariff_id="new", valid_from=date(2024, 7, 1))
    high = tariff(tariff_id="high", voltage_level="medium", valid_from=date(2024, 8, 1))
    all_of = (new, high, old)

    assert in_force(all_of, "low", date(2024, 6, 30)) is old
    assert in_force(all_of, "low", date(2024, 7, 1)) is new
    assert in_force(all_of, "medium", date(2025, 1, 1)) is high
    with pytest.raises(LookupError):
        in_force(all_of, "medium", date(2024, 7, 31))


# --- what it comes to -----------------------------------------------------------------------


def test_each_line_is_its_energy_at_its_price() -> None:
    peak = tariff(window("peak", 17, 20, 30), window("low", 2, 3, -4), window("unused", 5, 6, 7))
    used = np.zeros(96, dtype=np.int64)
    used[[0, 8, 68, 79, 80]] = (1, 2, 3, 4, 5)

    lines = day_charges(peak, MONDAY, used)

    assert [(line.name, line.energy_wh, line.price_ticks, line.amount_quanta) for line in lines] == [
        (STANDING, 0, 0, 500),
        ("", 6, 10, 60),
        ("low", 2, -4, -8),
        ("peak", 7, 30, 210),
    ]  # fmt: skip


@given(st.sampled_from([MONDAY, SPRING, AUTUMN]), st.data())
def test_the_lines_sum_to_price_times_energy_of_every_interval(
    day: MarketDay, data: st.DataObject
) -> None:
    peak = tariff(window("peak", 17, 20, 30, weekdays_only=True), window("night", 22, 3, -4))
    count = len(day.starts_s())
    used = np.array(data.draw(st.lists(st.integers(0, 10**6), min_size=count, max_size=count)))

    lines = day_charges(peak, day, used)

    assert sum(line.amount_quanta for line in lines) == 500 + int(
        (prices_ticks(peak, day) * used).sum()
    )
    assert sum(line.energy_wh for line in lines) == int(used.sum())


@pytest.mark.parametrize("used", [np.zeros(95, dtype=np.int64), np.full(96, -1)])
def test_a_day_is_charged_whole_and_for_withdrawal_only(used: Integers) -> None:
    with pytest.raises(ValueError, match="each interval"):
        day_charges(tariff(), MONDAY, used)


# --- a real network -------------------------------------------------------------------------

NETWORK_DAY = MarketDay(day=date(2017, 3, 7), zone="Etc/GMT-10", minutes=30)
OUTSIDE_TICKS = {"low": 6_170, "retail": 17_800}
"""0.061697 AUD per kWh to the tick, and 0.178."""


def low_voltage() -> TimeOfUse:
    """LV TOU <100MWh of the network: 0.135409, 0.123165 and 0.061697 AUD/kWh, 6.1644 AUD a day."""
    shoulder = {"ticks": 12_316, "weekdays_only": True}  # 12,316.5 to the even tick
    return tariff(
        window("peak", 17, 20, 13_541, weekdays_only=True),
        window("shoulder", 7, 17, **shoulder),  # type: ignore[arg-type]
        window("shoulder", 20, 22, **shoulder),  # type: ignore[arg-type]
        valid_from=date(2017, 1, 1),
        standing_quanta=616_440_000,
        price_ticks=OUTSIDE_TICKS["low"],
    )


def business_tou() -> TimeOfUse:
    """Business TOU of the retailer: 0.29 and 0.178 AUD/kWh, 6.55 AUD a day."""
    return tariff(
        window("peak", 7, 9, 29_000, weekdays_only=True),
        window("peak", 17, 20, 29_000, weekdays_only=True),
        window("shoulder", 9, 17, 29_000, weekdays_only=True),
        window("shoulder", 20, 22, 29_000, weekdays_only=True),
        valid_from=date(2017, 1, 1),
        standing_quanta=655_000_000,
        price_ticks=OUTSIDE_TICKS["retail"],
    )


def load_of(business: int) -> Integers:
    """(48,) half hours of a business; the file labels them by their ends."""
    path = Path(__file__).parent / "data" / "embedded-network-day.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return np.array([int(Decimal(row[f"load_kwh_{business}"]) * 1_000) for row in rows])


def test_a_business_pays_the_network_by_the_hour() -> None:
    lines = day_charges(low_voltage(), NETWORK_DAY, load_of(1))

    # Of 151,007 Wh 1,322 in the peak (17 to 20), 143,736 in the shoulders, 5,949 by night.
    assert {line.name: line.amount_quanta for line in lines} == {
        STANDING: 616_440_000,
        "peak": 17_901_202,
        "shoulder": 1_770_252_576,
        "": 36_705_330,
    }
    # 24.41299108 AUD.
    assert sum(line.amount_quanta for line in lines) == 2_441_299_108


def test_another_business_pays_its_retailer_by_the_hour() -> None:
    lines = day_charges(business_tou(), NETWORK_DAY, load_of(3))

    # 529,776 Wh by day at 0.29, 205,756 Wh by night at 0.178, 6.55 for the day: 196.809608 AUD.
    day_wh = sum(line.energy_wh for line in lines if line.name in {"peak", "shoulder"})
    assert day_wh == 529_776
    assert sum(line.amount_quanta for line in lines) == 19_680_960_800
