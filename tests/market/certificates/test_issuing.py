"""Certificates come from metered renewable energy only, and go with the energy."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.certificates.errors import CertificateError
from market.certificates.issuing import (
    DeliveryColumns,
    GenerationColumns,
    Purpose,
    Shares,
    settled_shares,
)


class Unit(NamedTuple):
    """What a unit's meter shows beside trades; `owner` is a participant."""

    owner: int
    own_use_wh: int = 0
    own_storage_wh: int = 0
    retail_wh: int = 0
    renewable: bool = True
    supported: bool = False


class Leg(NamedTuple):
    """A trade and what of it was delivered."""

    unit: int
    delivered_wh: int
    sold: bool = False
    match: int = 0
    asks_green: bool = False
    keeps: bool = False


def column(values: list[int]) -> Any:  # noqa: ANN401 - an array
    return np.array(values, dtype=np.int64)


def flags(values: list[bool]) -> Any:  # noqa: ANN401 - an array
    return np.array(values, dtype=np.bool_)


def columns(units: list[Unit], legs: list[Leg]) -> tuple[GenerationColumns, DeliveryColumns]:
    traded = [
        sum(leg.delivered_wh * (1 if leg.sold else -1) for leg in legs if leg.unit == number)
        for number in range(len(units))
    ]
    generation = GenerationColumns(
        owner=column([unit.owner for unit in units]),
        renewable=flags([unit.renewable for unit in units]),
        supported=flags([unit.supported for unit in units]),
        metered_wh=column(
            [
                unit.own_use_wh + unit.own_storage_wh + unit.retail_wh + wh
                for unit, wh in zip(units, traded, strict=True)
            ]
        ),
        own_use_wh=column([unit.own_use_wh for unit in units]),
        own_storage_wh=column([unit.own_storage_wh for unit in units]),
        retail_wh=column([unit.retail_wh for unit in units]),
    )
    deliveries = DeliveryColumns(
        row=column([leg.unit for leg in legs]),
        owner=column([units[leg.unit].owner for leg in legs]),
        match=column([leg.match for leg in legs]),
        sold=flags([leg.sold for leg in legs]),
        asks_green=flags([leg.asks_green for leg in legs]),
        keeps=flags([leg.keeps for leg in legs]),
        delivered_wh=column([leg.delivered_wh for leg in legs]),
    )
    return generation, deliveries


def rows(shares: Shares) -> list[tuple[int, int, Purpose, int]]:
    """Unit, holder, purpose and energy of each share, by unit; they come by holder."""
    found = (shares.unit, shares.holder, shares.purpose, shares.energy_wh)
    told = [
        (unit, holder, Purpose(purpose), energy_wh)
        for unit, holder, purpose, energy_wh in zip(*(each.tolist() for each in found), strict=True)
    ]
    assert told == sorted(told, key=lambda row: (row[1], row[0], row[2]))
    return sorted(told)


def issued(units: list[Unit], *legs: Leg) -> list[tuple[int, int, Purpose, int]]:
    return rows(settled_shares(*columns(units, list(legs))))


ANN, BEN, CEM, SHOP = range(4)


def test_own_use_is_issued_and_retired_at_once() -> None:
    roof = Unit(ANN, own_use_wh=4, own_storage_wh=3)

    assert issued([roof]) == [(0, ANN, Purpose.OWN_USE, 7)]


def test_what_nobody_bought_stays_with_its_producer() -> None:
    assert issued([Unit(ANN, retail_wh=5)]) == [(0, ANN, Purpose.HELD, 5)]


def test_energy_paid_a_supported_price_brings_none_but_what_was_sold_does() -> None:
    roof = Unit(ANN, own_use_wh=1, retail_wh=5, supported=True)
    home = Unit(BEN, renewable=False)

    found = issued([roof, home], Leg(0, 2, sold=True), Leg(1, 2))

    assert found == [(0, ANN, Purpose.OWN_USE, 1), (0, BEN, Purpose.USED, 2)]


def test_a_discharge_and_a_diesel_bring_none() -> None:
    battery = Unit(ANN, own_storage_wh=3, retail_wh=2, renewable=False)

    assert issued([battery, Unit(BEN, retail_wh=9, renewable=False)]) == []


def test_what_a_renewable_unit_draws_from_the_grid_brings_none() -> None:
    assert issued([Unit(ANN, retail_wh=-2), Unit(ANN, own_use_wh=-1)]) == []


def test_certificates_go_with_the_energy_and_are_used_up_by_who_used_it() -> None:
    roof, home = Unit(ANN, retail_wh=1), Unit(BEN, renewable=False)

    assert issued([roof, home], Leg(0, 5, sold=True), Leg(1, 5)) == [
        (0, ANN, Purpose.HELD, 1),
        (0, BEN, Purpose.USED, 5),
    ]


def test_a_retailer_keeps_what_it_buys() -> None:
    found = issued([Unit(ANN), Unit(SHOP)], Leg(0, 5, sold=True), Leg(1, 5, keeps=True))

    assert found == [(0, SHOP, Purpose.HELD, 5)]


def test_what_the_buyer_did_not_use_stays_with_the_seller() -> None:
    found = issued([Unit(ANN), Unit(BEN, renewable=False)], Leg(0, 5, sold=True), Leg(1, 3))

    assert found == [(0, ANN, Purpose.HELD, 2), (0, BEN, Purpose.USED, 3)]


def test_in_a_pool_green_buyers_come_first_in_proportion() -> None:
    sun, coal = Unit(ANN), Unit(ANN, renewable=False)
    homes = [Unit(owner, renewable=False) for owner in (BEN, CEM, SHOP)]

    # 6 green Wh for 4 + 8 asked: a third and two thirds; who did not ask goes without.
    found = issued(
        [sun, coal, *homes],
        Leg(0, 6, sold=True),
        Leg(1, 14, sold=True),
        Leg(2, 4, asks_green=True),
        Leg(3, 8, asks_green=True),
        Leg(4, 8),
    )

    assert found == [(0, BEN, Purpose.USED, 2), (0, CEM, Purpose.USED, 4)]


def test_the_others_get_what_green_buyers_leave() -> None:
    homes = [Unit(owner, renewable=False) for owner in (BEN, CEM, SHOP)]

    found = issued(
        [Unit(ANN), *homes],
        Leg(0, 10, sold=True),
        Leg(1, 4, asks_green=True),
        Leg(2, 2),
        Leg(3, 4),
    )

    assert found == [(0, BEN, Purpose.USED, 4), (0, CEM, Purpose.USED, 2), (0, SHOP, Purpose.USED, 4)]  # fmt: skip


def test_matches_do_not_mix() -> None:
    found = issued(
        [Unit(ANN), Unit(BEN), Unit(CEM, renewable=False), Unit(SHOP, renewable=False)],
        Leg(0, 5, sold=True, match=0),
        Leg(1, 7, sold=True, match=1),
        Leg(2, 5, match=0),
        Leg(3, 6, match=1, asks_green=True),
    )

    assert found == [
        (0, CEM, Purpose.USED, 5),
        (1, BEN, Purpose.HELD, 1),
        (1, SHOP, Purpose.USED, 6),
    ]


@pytest.mark.parametrize("metered_wh", [4, 6])
def test_other_certificates_than_the_meter_shows_are_not_booked(metered_wh: int) -> None:
    generation, deliveries = columns([Unit(ANN, retail_wh=5)], [])
    generation.metered_wh[0] = metered_wh

    with pytest.raises(CertificateError):
        settled_shares(generation, deliveries)


# --- laws -----------------------------------------------------------------------------------

UNITS = st.lists(
    st.builds(
        Unit,
        st.integers(0, 3),
        st.integers(0, 9),
        st.integers(0, 9),
        st.integers(0, 9),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)
LEGS = st.lists(
    st.builds(
        Leg,
        st.integers(0, 5),
        st.integers(0, 20),
        st.booleans(),
        st.integers(0, 2),
        st.booleans(),
        st.booleans(),
    ),
    max_size=14,
)


@given(UNITS, LEGS)
def test_every_wh_of_renewable_energy_is_issued_once_and_only_to_one(
    units: list[Unit], legs: list[Leg]
) -> None:
    # A unit either sells or buys: allocation has netted the rest.
    legs = [leg._replace(sold=bool(leg.unit % 2)) for leg in legs if leg.unit < len(units)]
    units = [
        unit if number % 2 else unit._replace(own_use_wh=0, own_storage_wh=0, retail_wh=0)
        for number, unit in enumerate(units)
    ]
    found = issued(units, *legs)

    for number, unit in enumerate(units):
        sold = sum(leg.delivered_wh for leg in legs if leg.unit == number and leg.sold)
        kept = 0 if unit.supported else unit.retail_wh
        due = unit.own_use_wh + unit.own_storage_wh + kept + sold if unit.renewable else 0
        assert sum(energy for of, _, _, energy in found if of == number) == due
    assert all(energy > 0 for *_, energy in found)
    assert len({share[:3] for share in found}) == len(found)


@given(UNITS, LEGS)
def test_nobody_gets_more_green_energy_than_it_used(units: list[Unit], legs: list[Leg]) -> None:
    legs = [leg._replace(sold=bool(leg.unit % 2)) for leg in legs if leg.unit < len(units)]
    units = [unit._replace(owner=number) for number, unit in enumerate(units)]
    units = [
        unit if number % 2 else unit._replace(own_use_wh=0, own_storage_wh=0, retail_wh=0)
        for number, unit in enumerate(units)
    ]
    found = issued(units, *legs)

    for number in range(len(units)):
        used = sum(leg.delivered_wh for leg in legs if leg.unit == number and not leg.sold)
        came = sum(energy for of, holder, _, energy in found if holder == number != of)
        assert came <= used
    asked = [leg for leg in legs if not leg.sold and leg.asks_green and leg.match == 0]
    green = [leg for leg in legs if leg.sold and leg.match == 0 and units[leg.unit].renewable]
    if all(leg.match == 0 for leg in legs):
        first = {leg.unit for leg in asked}
        others = {leg.unit for leg in legs if not leg.sold} - first
        # Somebody who did not ask gets something only when everybody who asked has all.
        if any(holder in others for of, holder, _, _ in found if holder != of):
            assert sum(leg.delivered_wh for leg in asked) <= sum(leg.delivered_wh for leg in green)
