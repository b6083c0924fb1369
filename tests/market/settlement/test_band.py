"""Adders given back: what a group nets inside, what is within its band; never better than the area price."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from market.model.balance_group import ALONE
from market.model.interval import MarketDay, MarketMonth
from market.model.money import BALANCING, TransferKind
from market.settlement.band import DayDeviations, MonthSums, UnitMonth, month_dues
from tests.builders import MIDNIGHT_S, UNITS

ALL_UNITS = {item.unit_id: item for item in UNITS}
TWO_PERCENT = 20_000


def day(
    deviation_wh: Mapping[str, Sequence[int]],
    *,
    metered_wh: Mapping[str, Sequence[int]] | None = None,
    groups: Mapping[str, str] | None = None,
    areas: Mapping[str, int] | None = None,
    adders: Sequence[Sequence[int]] = ((1_000,),),
    has_price: Sequence[Sequence[bool]] | None = None,
) -> DayDeviations:
    """Units' deviations by interval; one area with an adder of 10.00 per MWh, unless it is said otherwise."""
    names = list(deviation_wh)
    times = len(next(iter(deviation_wh.values())))
    adder = np.broadcast_to(np.array(adders, dtype=np.int64), (len(adders), times))
    there = np.ones_like(adder, dtype=np.bool_) if has_price is None else np.array(has_price)
    metered = metered_wh or {}
    return DayDeviations(
        unit_ids=names,
        group_ids=[(groups or {}).get(name, ALONE) for name in names],
        area=np.array([(areas or {}).get(name, 0) for name in names], dtype=np.int64),
        deviation_wh=np.array([deviation_wh[name] for name in names], dtype=np.int64),
        metered_wh=np.array([metered.get(name, [0] * times) for name in names], dtype=np.int64),
        has_price=there,
        adder_ticks=adder,
    )


def month(*days: DayDeviations, band_ppm: int = 0) -> dict[str, UnitMonth]:
    """What a month of these days comes to, by unit."""
    sums = MonthSums()
    for item in days:
        sums.add(item)
    return {item.unit_id: item for item in sums.units(band_ppm)}


VILLAGE = dict.fromkeys(ALL_UNITS, "village")


# --- netting --------------------------------------------------------------------------


def test_two_with_opposite_deviations_pay_no_adder() -> None:
    """300 Wh too much here and too little there, at an adder of 1,000 ticks each."""
    found = month(day({"ann-solar": [300], "ben-load": [-300]}, groups=VILLAGE))
    assert [item.netted_quanta for item in found.values()] == [300_000, 300_000]
    assert [item.carried_wh for item in found.values()] == [0, 0]
    dues = month_dues(found.values(), ALL_UNITS)
    assert dues == {
        (BALANCING, "participant:ann", TransferKind.GROUP_NETTING): 300_000,
        (BALANCING, "participant:ben", TransferKind.GROUP_NETTING): 300_000,
    }


def test_the_rest_of_a_group_carries_the_adder_in_proportion() -> None:
    """Long 100 + 200, short 100: each of the long ones has a third of its own met."""
    found = month(
        day({"ann-solar": [100], "ann-battery": [200], "ben-load": [-100]}, groups=VILLAGE)
    )
    assert {name: item.netted_quanta for name, item in found.items()} == {
        "ann-solar": 33_000,
        "ann-battery": 67_000,
        "ben-load": 100_000,
    }
    assert {name: item.carried_wh for name, item in found.items()} == {
        "ann-solar": 67,
        "ann-battery": 133,
        "ben-load": 0,
    }
    assert found["ann-solar"].group_carried_wh == 200


def test_intervals_areas_and_strangers_are_not_netted() -> None:
    apart = month(day({"ann-solar": [300, 0], "ben-load": [0, -300]}, groups=VILLAGE))
    assert {item.netted_quanta for item in apart.values()} == {0}
    two_areas = day(
        {"ann-solar": [300], "ben-load": [-300]},
        groups=VILLAGE,
        areas={"ben-load": 1},
        adders=((1_000,), (1_000,)),
    )
    assert {item.netted_quanta for item in month(two_areas).values()} == {0}
    alone = month(day({"ann-solar": [300], "ben-load": [-300]}))
    assert {(item.group_id, item.netted_quanta) for item in alone.values()} == {(ALONE, 0)}
    two = {"ann-solar": "one", "ben-load": "other"}
    strangers = month(day({"ann-solar": [300], "ben-load": [-300]}, groups=two))
    assert {item.netted_quanta for item in strangers.values()} == {0}


def test_without_an_area_price_there_is_no_adder_to_give_back() -> None:
    silent = day(
        {"ann-solar": [300, 50], "ben-load": [-300, 0]},
        metered_wh={"ann-solar": [900, 100]},
        groups=VILLAGE,
        has_price=[[False, True]],
    )
    found = month(silent, band_ppm=TWO_PERCENT)
    assert {item.netted_quanta for item in found.values()} == {0}
    # The one interval with a price carries 50 Wh; the band is of all that was metered.
    assert (found["ann-solar"].group_carried_wh, found["ann-solar"].band_wh) == (50, 20)


def test_without_groups_and_without_a_band_nothing_is_given_back() -> None:
    found = month(day({"ann-solar": [300, -20], "ben-load": [-300, 7]}))
    assert month_dues(found.values(), ALL_UNITS) == {}


# --- the band -------------------------------------------------------------------------


def test_within_the_band_all_adders_are_given_back() -> None:
    """2 % of 15,000 Wh are 300 Wh, and 300 Wh deviate."""
    found = month(
        day({"ben-load": [-200, 100]}, metered_wh={"ben-load": [-7_500, -7_500]}),
        band_ppm=TWO_PERCENT,
    )["ben-load"]
    assert (found.carried_wh, found.band_wh) == (300, 300)
    assert found.waived_quanta == found.adder_quanta == 300_000


def test_beyond_the_band_only_that_part_of_them() -> None:
    """V = 400 Wh, B = 300 Wh; adders 100 x 2,000 + 300 x 1,000 = 500,000, of them three quarters."""
    found = month(
        day(
            {"ben-load": [-100, 300]},
            metered_wh={"ben-load": [-7_500, -7_500]},
            adders=((2_000, 1_000),),
        ),
        band_ppm=TWO_PERCENT,
    )["ben-load"]
    assert (found.adder_quanta, found.waived_quanta) == (500_000, 375_000)


def test_the_band_is_the_groups_and_the_months() -> None:
    """Ann deviates on one day, Ben is metered on another: 2 % of his 10,000 Wh are her 200."""
    first = day({"ann-solar": [150], "ben-load": [0]}, groups=VILLAGE)
    second = day(
        {"ann-solar": [50], "ben-load": [0]},
        metered_wh={"ben-load": [-10_000]},
        groups=VILLAGE,
    )
    found = month(first, second, band_ppm=TWO_PERCENT)
    assert found["ann-solar"].waived_quanta == 200_000
    assert found["ben-load"].waived_quanta == 0
    alone = month(
        replace(first, group_ids=[ALONE, ALONE]),
        replace(second, group_ids=[ALONE, ALONE]),
        band_ppm=TWO_PERCENT,
    )
    assert alone["ann-solar"].waived_quanta == 0


def test_what_is_netted_takes_nothing_from_the_band() -> None:
    found = month(
        day(
            {"ann-solar": [1_000, 20], "ben-load": [-1_000, 0]},
            metered_wh={"ben-load": [-500, -500]},
            groups=VILLAGE,
        ),
        band_ppm=TWO_PERCENT,
    )
    assert found["ann-solar"].netted_quanta == 1_000_000
    assert found["ann-solar"].waived_quanta == 20_000


def test_who_changes_groups_within_a_month_counts_in_each() -> None:
    sums = MonthSums()
    sums.add(day({"ben-load": [-10]}, metered_wh={"ben-load": [-500]}, groups={"ben-load": "one"}))
    sums.add(day({"ben-load": [-30]}, metered_wh={"ben-load": [-1_000]}))
    found = {item.group_id: item for item in sums.units(TWO_PERCENT)}
    assert {name: (item.carried_wh, item.band_wh) for name, item in found.items()} == {
        "one": (10, 10),
        ALONE: (30, 20),
    }
    assert found["one"].waived_quanta == 10_000
    assert found[ALONE].waived_quanta == 20_000


@pytest.mark.parametrize(
    ("name", "zone", "days", "intervals"),
    [
        ("2028-02", "Europe/Berlin", 29, 29 * 96),  # leap day
        ("2016-03", "Europe/Berlin", 31, 31 * 96 - 4),
        ("2016-10", "Europe/Berlin", 31, 31 * 96 + 4),
        ("2016-06", "Etc/GMT-1", 30, 30 * 96),
    ],
)
def test_every_interval_of_a_local_month_counts_once(
    name: str, zone: str, days: int, intervals: int
) -> None:
    """One Wh too little and a hundred metered in each: the band of 2 % is twice what deviates."""
    whole = MarketMonth.of(name, zone)
    assert len(whole.days) == days
    starts = [MarketDay(day=item, zone=zone, minutes=15).starts_s() for item in whole.days]
    assert starts[0].start == whole.from_s
    assert starts[-1].stop == whole.until_s
    assert all(one.stop == other.start for one, other in pairwise(starts))
    found = month(
        *(
            day({"ben-load": [-1] * len(item)}, metered_wh={"ben-load": [-100] * len(item)})
            for item in starts
        ),
        band_ppm=TWO_PERCENT,
    )["ben-load"]
    assert found.carried_wh == intervals
    assert found.band_wh == 2 * intervals
    assert found.waived_quanta == 1_000 * intervals


def test_a_day_of_another_month_is_not_of_this_one() -> None:
    """Midnight in the market's zone, not in UTC."""
    june = MarketMonth.of("2016-06", "Etc/GMT-1")
    assert june.from_s == MIDNIGHT_S - 14 * 86_400
    assert june.day_start_s(date(2016, 6, 30)) + 86_400 == june.until_s
