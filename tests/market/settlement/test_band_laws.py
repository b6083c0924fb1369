"""Laws of adders that are given back: never more than was paid, and nobody does better than by honesty."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from market.settlement.band import DayDeviations, MonthSums
from market.settlement.imbalance import adder_ticks, deviation_prices
from tests.builders import GRID, MIDNIGHT_S, RULES
from tests.market.settlement.test_band import TWO_PERCENT, day, month
from tests.market.settlement.test_imbalance import outcome


@st.composite
def months(draw: st.DrawFn) -> tuple[DayDeviations, ...]:
    """Some days of some units in groups by chance, over two areas, with any adders."""
    names = [f"u{number}" for number in range(draw(st.integers(1, 6)))]
    area = {name: draw(st.integers(0, 1)) for name in names}
    found = []
    for _ in range(draw(st.integers(1, 3))):
        groups = {name: draw(st.sampled_from(["", "one", "two"])) for name in names}
        times = draw(st.integers(1, 4))
        energies = st.lists(st.integers(-900, 900), min_size=times, max_size=times)
        found.append(
            day(
                {name: draw(energies) for name in names},
                metered_wh={name: draw(energies) for name in names},
                groups=groups,
                areas=area,
                adders=draw(
                    st.lists(
                        st.lists(st.integers(0, 5_000), min_size=times, max_size=times),
                        min_size=2,
                        max_size=2,
                    )
                ),
                has_price=draw(
                    st.lists(
                        st.lists(st.booleans(), min_size=times, max_size=times),
                        min_size=2,
                        max_size=2,
                    )
                ),
            )
        )
    return tuple(found)


def _paid_quanta(days: Sequence[DayDeviations]) -> dict[str, int]:
    """Adders every unit has paid when its intervals were settled."""
    paid: dict[str, int] = {}
    for item in days:
        for row, name in enumerate(item.unit_ids):
            for place, energy_wh in enumerate(item.deviation_wh[row].tolist()):
                if item.has_price[item.area[row], place]:
                    ticks = int(item.adder_ticks[item.area[row], place])
                    paid[name] = paid.get(name, 0) + ticks * abs(energy_wh)
    return paid


def _given_back(days: Sequence[DayDeviations], band_ppm: int) -> dict[str, int]:
    sums = MonthSums()
    for item in days:
        sums.add(item)
    back: dict[str, int] = {}
    for unit in sums.units(band_ppm):
        given = unit.netted_quanta + unit.waived_quanta
        back[unit.unit_id] = back.get(unit.unit_id, 0) + given
    return back


@given(months(), st.integers(0, 1_000_000))
def test_nobody_is_given_back_more_than_the_adders_he_paid(
    days: tuple[DayDeviations, ...], band_ppm: int
) -> None:
    """So no deviation is ever settled at better than the area price."""
    back, paid = _given_back(days, band_ppm), _paid_quanta(days)
    assert all(0 <= quanta <= paid.get(name, 0) for name, quanta in back.items())


@given(months(), st.integers(0, 1_000_000))
def test_a_month_is_the_published_formula(days: tuple[DayDeviations, ...], band_ppm: int) -> None:
    """Group by group in plain numbers: adders on |net|, of them min(1, B / V), and the rest netted."""
    volume: dict[str, int] = {}
    adders: dict[str, int] = {}
    paid: dict[str, int] = {}
    metered: dict[str, int] = {}
    for item in days:
        net: dict[tuple[str, int, int], int] = {}
        for row, unit_id in enumerate(item.unit_ids):
            name = item.group_ids[row] or f"alone {unit_id}"
            metered[name] = metered.get(name, 0) + int(np.abs(item.metered_wh[row]).sum())
            area = int(item.area[row])
            for place, energy_wh in enumerate(item.deviation_wh[row].tolist()):
                if item.has_price[area, place]:
                    key = (name, area, place)
                    net[key] = net.get(key, 0) + energy_wh
                    ticks = int(item.adder_ticks[area, place])
                    paid[name] = paid.get(name, 0) + ticks * abs(energy_wh)
        for (name, area, place), energy_wh in net.items():
            volume[name] = volume.get(name, 0) + abs(energy_wh)
            own = int(item.adder_ticks[area, place]) * abs(energy_wh)
            adders[name] = adders.get(name, 0) + own
    expected = {}
    for name, metered_wh in metered.items():
        band_wh = metered_wh * band_ppm // 1_000_000
        part = (
            min(Fraction(1), Fraction(band_wh, volume[name])) if volume.get(name) else Fraction(1)
        )
        waived = int(adders.get(name, 0) * part)
        expected[name] = (paid.get(name, 0) - adders.get(name, 0), waived)
    sums = MonthSums()
    for item in days:
        sums.add(item)
    found: dict[str, tuple[int, int]] = {}
    for unit in sums.units(band_ppm):
        name = unit.group_id or f"alone {unit.unit_id}"
        netted, waived = found.get(name, (0, 0))
        found[name] = (netted + unit.netted_quanta, waived + unit.waived_quanta)
    assert found == expected


# --- honesty --------------------------------------------------------------------------


@given(
    st.lists(st.integers(0, 400), min_size=1, max_size=9),
    st.integers(0, 400),
    st.integers(0, 200_000),
)
def test_the_honest_forecast_is_the_best_schedule_under_a_band(
    outcomes_wh: list[int], other_wh: int, band_ppm: int
) -> None:
    """A month in which each outcome comes once: no schedule leaves fewer adders than the median."""

    def left_quanta(schedule_wh: int) -> int:
        deviated = day(
            {"ann-solar": [delivered - schedule_wh for delivered in outcomes_wh]},
            metered_wh={"ann-solar": outcomes_wh},
        )
        found = month(deviated, band_ppm=band_ppm)["ann-solar"]
        return found.adder_quanta - found.waived_quanta

    honest_wh = sorted(outcomes_wh)[len(outcomes_wh) // 2]
    assert left_quanta(honest_wh) <= left_quanta(other_wh)


def test_a_band_of_the_scheduled_volume_would_pay_for_scheduling_more() -> None:
    """Why the band is of the metered volume: 100 and 300 Wh deviate alike, one widens such a band."""
    outcomes_wh, adder = (100, 300), 1_000

    def left_quanta(schedule_wh: int, base_wh: int) -> int:
        deviated_wh = sum(abs(delivered - schedule_wh) for delivered in outcomes_wh)
        band_wh = base_wh * TWO_PERCENT // 1_000_000
        return adder * max(0, deviated_wh - band_wh)

    assert left_quanta(300, 2 * 300) < left_quanta(100, 2 * 100)
    assert left_quanta(300, sum(outcomes_wh)) == left_quanta(100, sum(outcomes_wh))


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 5_000)), min_size=1, max_size=6),
    st.integers(0, 5),
    st.integers(1, 200),
    st.integers(0, 5_000),
)
def test_to_deviate_more_never_costs_less(
    month_wh: list[tuple[int, int]], place: int, more_wh: int, metered_wh: int
) -> None:
    """Not even by thinning out dear adders with cheap ones; a quantum is the rounding."""

    def left_quanta(deviation_wh: Sequence[int]) -> int:
        deviated = day(
            {"ben-load": [-energy_wh for energy_wh in deviation_wh]},
            metered_wh={"ben-load": [metered_wh] * len(deviation_wh)},
            adders=([ticks for _, ticks in month_wh],),
        )
        found = month(deviated, band_ppm=100_000)["ben-load"]
        return found.adder_quanta - found.waived_quanta

    energies = [energy_wh for energy_wh, _ in month_wh]
    larger = list(energies)
    larger[place % len(larger)] += more_wh
    assert left_quanta(larger) >= left_quanta(energies) - 1


@given(
    prices=st.lists(st.integers(-40_000, 400_000), min_size=1, max_size=6),
    planned_wh=st.integers(-500, 500),
    used_wh=st.integers(-500, 500),
    band_ppm=st.sampled_from([0, TWO_PERCENT, 1_000_000]),
)
def test_no_imbalance_is_ever_profitable_whatever_the_prices(
    prices: list[int], planned_wh: int, used_wh: int, band_ppm: int
) -> None:
    """Energy taken or left as a deviation costs what the market asks in its own interval, or more.

    So nobody earns by planning wrongly, in intervals of whatever price, even with every adder waived.
    """
    gain = 0
    adders = []
    for ticks in prices:
        rural = deviation_prices(
            rules=RULES, grid=GRID, outcome=outcome({"RUR": ticks}), start_s=MIDNIGHT_S
        )[0]
        adders.append(adder_ticks(ticks, RULES))
        assert rural.long_ticks <= ticks <= rural.short_ticks
        deviation_wh = used_wh - planned_wh
        price = rural.long_ticks if deviation_wh > 0 else rural.short_ticks
        # Planned and sold at the price, and what deviates; against having sold what there was.
        gain += ticks * planned_wh + price * deviation_wh - ticks * used_wh
    deviated = day(
        {"ann-battery": [used_wh - planned_wh] * len(prices)},
        metered_wh={"ann-battery": [used_wh] * len(prices)},
        adders=(adders,),
    )
    back = month(deviated, band_ppm=band_ppm)["ann-battery"]
    assert gain + back.netted_quanta + back.waived_quanta <= 0


def test_a_flat_cost_of_imbalance_would_be_profitable() -> None:
    """The law above can fail: at the mean of a cheap and a dear interval, buy nothing and take the dear one."""
    cheap, dear = 5_000, 40_000
    flat, by_interval = (
        deviation_prices(
            rules=RULES, grid=GRID, outcome=outcome({"RUR": ticks}), start_s=MIDNIGHT_S
        )[0].short_ticks
        for ticks in ((cheap + dear) // 2, dear)
    )
    assert flat < dear < by_interval
