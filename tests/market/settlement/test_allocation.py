"""Each Wh of a meter goes to one trade or one use: published rule, totals, and a naive twin."""

from collections import defaultdict
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.model.units import split_exactly
from market.settlement import allocation
from market.settlement.allocation import (
    Allocation,
    MeterColumns,
    TradeColumns,
    allocate,
    deliveries,
)
from market.settlement.energy import ConservationError


class Unit(NamedTuple):
    """What a unit's meter shows; a point is a metering point."""

    metered_wh: int
    point: int = 0
    stores: bool = False


class Leg(NamedTuple):
    """A trade: sold positive."""

    unit: int
    rank: int
    injection_wh: int


def column(values: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, dtype=np.int64)


def trades_of(legs: list[Leg]) -> TradeColumns:
    return TradeColumns(
        row=column([leg.unit for leg in legs]),
        rank=column([leg.rank for leg in legs]),
        injection_wh=column([leg.injection_wh for leg in legs]),
    )


def settled(units: list[Unit], legs: list[Leg]) -> Allocation:
    return allocate(
        MeterColumns(
            metered_wh=column([unit.metered_wh for unit in units]),
            point=column([unit.point for unit in units]),
            stores=np.array([unit.stores for unit in units], dtype=np.bool_),
        ),
        trades_of(legs),
    )


def shares(metered_wh: int, *trades: tuple[int, int]) -> list[tuple[int, int, int]]:
    """Financial, delivered and missing energy of the (rank, injection) trades of one unit."""
    found = settled([Unit(metered_wh)], [Leg(0, *trade) for trade in trades])
    columns = (found.financial_wh, found.delivered_wh, found.missing_wh)
    return list(zip(*(column.tolist() for column in columns), strict=True))


# --- trades ---------------------------------------------------------------------------------


def test_a_buyer_with_two_trades_is_not_charged_twice() -> None:
    # A penalty elsewhere held the whole reading of 7 kWh against each trade: 4 and 3 kWh too much.
    found = settled([Unit(-7_000)], [Leg(0, 1, -3_000), Leg(0, 2, -4_000)])

    assert found.missing_wh.tolist() == [0, 0]
    assert found.delivered_wh.tolist() == [3_000, 4_000]
    assert found.retail_wh.tolist() == [0]


def test_what_is_missing_adds_up_to_the_deviation_once() -> None:
    found = settled([Unit(-5_000)], [Leg(0, 1, -3_000), Leg(0, 2, -4_000)])

    # Used 2 kWh less than bought: the later contract lacks them, and nobody else does.
    assert found.missing_wh.tolist() == [0, 2_000]
    assert int(found.missing_wh.sum()) == -5_000 - int(found.net_wh[0])


def test_a_buyers_under_use_is_not_its_sellers() -> None:
    found = settled([Unit(5_000), Unit(-3_000, point=1)], [Leg(0, 1, 5_000), Leg(1, 1, -5_000)])

    assert found.missing_wh.tolist() == [0, 2_000]


def test_the_earlier_contract_comes_first_however_the_trades_stand() -> None:
    assert shares(5, (1, 4), (2, 4), (3, 4)) == [(0, 4, 0), (0, 1, 3), (0, 0, 4)]
    assert shares(5, (3, 4), (1, 4), (2, 4)) == [(0, 0, 4), (0, 4, 0), (0, 1, 3)]


def test_contracts_made_together_share_in_proportion_to_the_last_wh() -> None:
    # 5 of 1 + 2 + 4: 5/7, 10/7 and 20/7, so 0, 1, 2 and the two left over to the largest rests.
    assert shares(5, (1, 1), (1, 2), (1, 4)) == [(0, 1, 0), (0, 1, 1), (0, 3, 1)]


def test_energy_bought_back_is_financial_only() -> None:
    # Sold 10, bought 4 back: 6 are owed to the grid, by the first contract.
    assert shares(9, (1, 10), (2, -4)) == [(4, 6, 0), (4, 0, 0)]
    assert settled([Unit(9)], [Leg(0, 1, 10), Leg(0, 2, -4)]).retail_wh.tolist() == [3]


def test_sold_and_bought_back_whole_leaves_the_meter_to_other_uses() -> None:
    found = settled([Unit(9)], [Leg(0, 1, 10), Leg(0, 2, -10)])

    assert found.financial_wh.tolist() == [10, 10]
    assert found.delivered_wh.tolist() == [0, 0]
    assert found.retail_wh.tolist() == [9]


def test_a_meter_that_runs_the_other_way_delivers_nothing() -> None:
    found = settled([Unit(-2)], [Leg(0, 1, 5)])

    assert found.missing_wh.tolist() == [5]
    assert found.retail_wh.tolist() == [-2]
    # -2 metered less 5 sold: the deviation is the sum of both.
    assert int(found.retail_wh[0]) - 5 == -7


# --- uses beside trades ---------------------------------------------------------------------


def uses(*units: Unit, legs: tuple[Leg, ...] = ()) -> list[tuple[int, int, int, int]]:
    """Traded, own use, own storage and retail of each unit."""
    found = settled(list(units), list(legs))
    columns = (found.traded_wh, found.own_use_wh, found.own_storage_wh, found.retail_wh)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_own_sun_covers_own_load_then_the_own_battery_then_goes_to_the_grid() -> None:
    roof, home, battery = Unit(10), Unit(-4), Unit(-3, stores=True)

    assert uses(roof, home, battery) == [(0, 4, 3, 3), (0, -4, 0, 0), (0, 0, -3, 0)]


def test_load_comes_before_charging_where_the_sun_is_short_of_both() -> None:
    roof, home, battery = Unit(5), Unit(-4), Unit(-3, stores=True)

    assert uses(roof, home, battery) == [(0, 4, 1, 0), (0, -4, 0, 0), (0, 0, -1, -2)]


def test_a_battery_serves_the_load_before_another_battery() -> None:
    full, empty, home = Unit(3, stores=True), Unit(-4, stores=True), Unit(-2)

    assert uses(full, empty, home) == [(0, 0, 3, 0), (0, 0, -1, -3), (0, 0, -2, 0)]


def test_by_night_the_battery_covers_the_load() -> None:
    assert uses(Unit(-4), Unit(3, stores=True)) == [(0, 0, -3, -1), (0, 0, 3, 0)]


def test_what_is_traded_is_no_own_use() -> None:
    sold, bought = Leg(0, 1, 10), Leg(1, 1, -4)

    assert uses(Unit(10), Unit(-4), legs=(sold, bought)) == [(10, 0, 0, 0), (-4, 0, 0, 0)]


def test_neighbours_are_no_own_use() -> None:
    assert uses(Unit(10, point=0), Unit(-4, point=1)) == [(0, 0, 0, 10), (0, 0, 0, -4)]


def test_two_roofs_share_the_own_load_in_proportion() -> None:
    assert uses(Unit(6), Unit(3), Unit(-3)) == [(0, 2, 0, 4), (0, 1, 0, 2), (0, -3, 0, 0)]


# --- laws -----------------------------------------------------------------------------------

UNITS = st.lists(
    st.builds(Unit, st.integers(-30, 30), st.integers(0, 2), st.booleans()), min_size=1, max_size=7
)
LEGS = st.lists(
    st.builds(
        Leg, st.integers(0, 6), st.integers(0, 3), st.integers(-25, 25).filter(lambda wh: wh != 0)
    ),
    max_size=14,
)


def twin(units: list[Unit], legs: list[Leg]) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """The published rule, step by step and unit by unit: trades' shares and meters' uses."""
    shares_of: dict[int, tuple[int, ...]] = {}
    rests: list[int] = []
    traded: list[int] = []
    for number, unit in enumerate(units):
        own = [place for place, leg in enumerate(legs) if leg.unit == number]
        net = sum(legs[place].injection_wh for place in own)
        way = (net > 0) - (net < 0)
        due = min(abs(net), max(0, way * unit.metered_wh))
        physical = by_contract(
            abs(net),
            own,
            legs,
            {
                place: abs(legs[place].injection_wh) if legs[place].injection_wh * way > 0 else 0
                for place in own
            },
        )
        delivered = by_contract(due, own, legs, physical)
        for place in own:
            size = abs(legs[place].injection_wh)
            shares_of[place] = (
                size - physical[place], delivered[place], physical[place] - delivered[place]
            )  # fmt: skip
        traded.append(way * due)
        rests.append(unit.metered_wh - way * due)
    used, stored = behind_points(units, rests)
    return (
        [shares_of[place] for place in range(len(legs))],
        [
            (traded[number], used[number], stored[number],
             rests[number] - used[number] - stored[number])
            for number in range(len(units))
        ],
    )  # fmt: skip


def by_contract(
    amount: int, own: list[int], legs: list[Leg], rooms: dict[int, int]
) -> dict[int, int]:
    given: dict[int, int] = dict.fromkeys(own, 0)
    for rank in sorted({legs[place].rank for place in own}):
        together = [place for place in own if legs[place].rank == rank]
        part = min(amount, sum(rooms[place] for place in together))
        amount -= part
        if part:
            split = split_exactly(part, [rooms[place] for place in together])
            given |= dict(zip(together, split, strict=True))
    assert amount == 0
    return given


def behind_points(units: list[Unit], rests: list[int]) -> tuple[dict[int, int], dict[int, int]]:
    used: dict[int, int] = defaultdict(int)
    stored: dict[int, int] = defaultdict(int)
    for point in {unit.point for unit in units}:
        members: dict[tuple[bool, int], list[int]] = defaultdict(list)
        for number, unit in enumerate(units):
            if unit.point == point and rests[number]:
                members[unit.stores, 1 if rests[number] > 0 else -1].append(number)
        left = {key: sum(abs(rests[n]) for n in of) for key, of in members.items()}
        into_use: dict[tuple[bool, int], int] = defaultdict(int)
        into_storage: dict[tuple[bool, int], int] = defaultdict(int)
        for giver, taker, into in (
            ((False, 1), (False, -1), into_use),
            ((False, 1), (True, -1), into_storage),
            ((True, 1), (False, -1), into_storage),
            ((True, 1), (True, -1), into_storage),
        ):
            met = min(left.get(giver, 0), left.get(taker, 0))
            for side in (giver, taker):
                if met:
                    left[side] -= met
                    into[side] += met
        for (stores, way), of in members.items():
            sizes = [abs(rests[n]) for n in of]
            uses_ = split_exactly(into_use[stores, way], sizes)
            beside = [size - use for size, use in zip(sizes, uses_, strict=True)]
            storage = split_exactly(into_storage[stores, way], beside)
            for n, use, put in zip(of, uses_, storage, strict=True):
                used[n], stored[n] = way * use, way * put
    return used, stored


@given(UNITS, LEGS)
def test_the_columns_do_what_the_rule_says(units: list[Unit], legs: list[Leg]) -> None:
    legs = [leg for leg in legs if leg.unit < len(units)]
    found = settled(units, legs)
    trades, meters = twin(units, legs)

    columns = (found.financial_wh, found.delivered_wh, found.missing_wh)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == trades
    assert uses(*units, legs=tuple(legs)) == meters


@given(UNITS, LEGS)
def test_what_each_trade_was_given_follows_from_what_of_the_meters_was_traded(
    units: list[Unit], legs: list[Leg]
) -> None:
    legs = [leg for leg in legs if leg.unit < len(units)]
    found = settled(units, legs)

    assert deliveries(found.traded_wh, trades_of(legs)).tolist() == found.delivered_wh.tolist()


@given(UNITS, LEGS)
def test_penalties_in_sum_are_the_one_deviation(units: list[Unit], legs: list[Leg]) -> None:
    legs = [leg for leg in legs if leg.unit < len(units)]
    found = settled(units, legs)

    for number, unit in enumerate(units):
        own = [place for place, leg in enumerate(legs) if leg.unit == number]
        missing = sum(
            int(found.missing_wh[place]) * (1 if legs[place].injection_wh > 0 else -1)
            for place in own
        )
        beside = unit.metered_wh - int(found.traded_wh[number])
        assert beside - missing == unit.metered_wh - int(found.net_wh[number])
        # Nobody both misses energy and has it beside: the parts of a deviation add, never cancel.
        assert missing * beside <= 0


@given(UNITS, LEGS)
def test_a_later_contract_takes_nothing_from_an_earlier_one(
    units: list[Unit], legs: list[Leg]
) -> None:
    legs = [leg for leg in legs if leg.unit < len(units)]
    same_way = [leg for leg in legs if leg.injection_wh > 0]
    later = [*same_way, *(Leg(number, 99, 7) for number in range(len(units)))]

    before, after = settled(units, same_way), settled(units, later)
    assert after.delivered_wh.tolist()[: len(same_way)] == before.delivered_wh.tolist()


def test_intervals_settled_together_are_as_one_by_one() -> None:
    chance = np.random.default_rng(7)
    one = [
        (
            [Unit(int(wh), int(p), bool(s)) for wh, p, s in zip(
                chance.integers(-40, 40, 5), chance.integers(0, 2, 5), chance.integers(0, 2, 5),
                strict=True,
            )],
            [Leg(int(u), int(r), int(wh) or 1) for u, r, wh in zip(
                chance.integers(0, 5, 9), chance.integers(0, 3, 9), chance.integers(-20, 20, 9),
                strict=True,
            )],
        )
        for _ in range(20)
    ]  # fmt: skip
    together = settled(
        [
            Unit(unit.metered_wh, unit.point + 2 * k, unit.stores)
            for k, (units, _) in enumerate(one)
            for unit in units
        ],
        [Leg(leg.unit + 5 * k, *leg[1:]) for k, (_, legs) in enumerate(one) for leg in legs],
    )

    apart = [settled(units, legs) for units, legs in one]
    for column in ("delivered_wh", "financial_wh", "missing_wh", "own_use_wh", "retail_wh"):
        joined = np.concatenate([getattr(each, column) for each in apart])
        assert np.array_equal(getattr(together, column), joined)


def test_nothing_is_booked_on_shares_that_do_not_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def one_too_many(_totals: object, _group: object, weights: np.ndarray) -> np.ndarray:
        return weights + 1

    monkeypatch.setattr(allocation, "split_groups", one_too_many)
    with pytest.raises(ConservationError):
        settled([Unit(5)], [Leg(0, 1, 5)])


def test_no_units_and_no_trades_are_nothing() -> None:
    assert settled([], []).retail_wh.tolist() == []
    assert settled([Unit(3)], []).retail_wh.tolist() == [3]
