"""A settled day's certificates: one for each metered renewable Wh, in the hands its energy came to."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from market.certificates.issuing import Purpose
from market.day_certificates import DayCertificates, day_certificates
from market.model.certificate import NOTHING_ISSUED
from market.model.interval import MarketDay
from market.model.participant import GREEN_KINDS, UnitKind
from market.model.trade import AreaOutcome, ClearingOutcome
from market.settlement.allocation import TradeColumns, deliveries
from market.settlement.day_facts import DayFacts, DaySettled, DayTrades, MeterUse
from market.settlement.meter_series import Origin
from market.settlement.run import settle_day
from market.store.certificate_sheets import green_rows, share_sums, shares_held
from tests.builders import RULES
from tests.market.settlement.days import FLEET, OWNERS, TWO_AREAS, days

# The day on which clocks are set forward, a plain one, the day on which they are set back.
CLOCKS = {
    number: MarketDay(day=date.fromisoformat(day), zone="Europe/Berlin", minutes=15).starts_s()
    for day, number in (("2016-03-27", 92), ("2016-06-15", 96), ("2016-10-30", 100))
}
Row = tuple[str, str, int, Purpose, int]
"""Holder, unit, interval, purpose, energy."""


def certified(facts: DayFacts) -> tuple[DaySettled, DayCertificates]:
    settled = settle_day(facts)
    return settled, day_certificates(facts, MeterUse.of(settled.detail))


def everybody(made: DayCertificates) -> range:
    return range(len(made.people))


def rows(made: DayCertificates) -> Iterator[Row]:
    units, of = list(made.facts.units), made.sheet.shares(everybody(made))
    for holder, unit, interval, purpose, energy_wh in zip(
        *(x.tolist() for x in (of.holder, of.unit, of.interval, of.purpose, of.energy_wh)),
        strict=True,
    ):
        yield made.people[holder], units[unit], interval, Purpose(purpose), energy_wh


def delivered(facts: DayFacts, settled: DaySettled) -> list[int]:
    """What each trade was given of its meter."""
    trades, times = facts.trades, len(facts.starts_s)
    columns = TradeColumns(
        row=trades.unit * times + trades.interval,
        rank=trades.rank,
        injection_wh=trades.injection_wh,
    )
    found: list[int] = deliveries(settled.detail.traded_wh.ravel(), columns).tolist()
    return found


def supported(facts: DayFacts, area_id: str, interval: int) -> bool:
    """Whether the last resort's price is what counts there."""
    outcome = facts.priced[interval]
    areas = () if outcome is None else outcome.areas
    return not any(item.area_id == area_id and item.price_ticks is not None for item in areas)


@given(st.data(), st.sampled_from(sorted(CLOCKS)))
@settings(max_examples=25, deadline=None)
def test_each_metered_renewable_wh_is_one_certificate_and_no_other_is(
    data: st.DataObject, intervals: int
) -> None:
    rules = replace(RULES, time_zone="Europe/Berlin")
    facts = data.draw(days(starts_s=CLOCKS[intervals], rules=rules))
    settled, made = certified(facts)
    issued: Counter[tuple[str, int]] = Counter()
    own: Counter[tuple[str, int]] = Counter()
    for _, unit_id, interval, purpose, energy_wh in rows(made):
        issued[unit_id, interval] += energy_wh
        if purpose is Purpose.OWN_USE:
            own[unit_id, interval] += energy_wh
    detail = settled.detail
    for row, (unit_id, unit) in enumerate(facts.units.items()):
        for interval in range(intervals):
            is_green = unit.kind in GREEN_KINDS and facts.origin[row, interval] == Origin.MEASURED
            generated_wh = max(0, int(facts.metered_wh[row, interval])) if is_green else 0
            if is_green and supported(facts, unit.area_id, interval):
                generated_wh -= max(0, int(detail.retail_wh[row, interval]))
            assert issued[unit_id, interval] == generated_wh
            own_wh = detail.own_use_wh[row, interval] + detail.own_storage_wh[row, interval]
            assert own[unit_id, interval] == (max(0, int(own_wh)) if is_green else 0)


@given(st.data(), st.sampled_from(sorted(CLOCKS)))
@settings(max_examples=25, deadline=None)
def test_certificates_go_with_green_energy_that_was_bought_and_delivered(
    data: st.DataObject, intervals: int
) -> None:
    rules = replace(RULES, time_zone="Europe/Berlin")
    facts = data.draw(days(starts_s=CLOCKS[intervals], rules=rules))
    settled, made = certified(facts)
    units = list(facts.units.values())
    supply: defaultdict[tuple[int, int], int] = defaultdict(int)
    demand: defaultdict[tuple[int, int], int] = defaultdict(int)
    bought: defaultdict[tuple[str, int], int] = defaultdict(int)
    trades = facts.trades
    for place, delivered_wh in enumerate(delivered(facts, settled)):
        row, interval = int(trades.unit[place]), int(trades.interval[place])
        match = (int(trades.rank[place]), interval)
        if trades.injection_wh[place] < 0:
            demand[match] += delivered_wh
            bought[units[row].participant_id, interval] += delivered_wh
        elif units[row].kind in GREEN_KINDS and facts.origin[row, interval] == Origin.MEASURED:
            supply[match] += delivered_wh
    carried_wh = sum(min(supply[match], demand[match]) for match in supply)
    got: Counter[tuple[str, int]] = Counter()
    away_wh = 0
    for holder, unit_id, interval, purpose, energy_wh in rows(made):
        came = purpose is Purpose.USED or (
            purpose is Purpose.HELD and facts.units[unit_id].participant_id != holder
        )
        if came:
            got[holder, interval] += energy_wh
            away_wh += energy_wh
            assert purpose is (Purpose.HELD if holder == "retailer" else Purpose.USED)
    assert away_wh == carried_wh
    assert all(energy_wh <= bought[key] for key, energy_wh in got.items())


@given(st.data())
@settings(max_examples=10, deadline=None)
def test_nobody_is_greener_than_green(data: st.DataObject) -> None:
    facts = data.draw(days(starts_s=CLOCKS[96]))
    _, made = certified(facts)
    green = made.sheet.green(everybody(made))
    used: Counter[tuple[str, int]] = Counter()
    for row, unit in enumerate(facts.units.values()):
        for interval in range(96):
            if unit.kind is not UnitKind.RETAILER:  # it takes energy to sell it again
                used[unit.participant_id, interval] += max(0, -int(facts.metered_wh[row, interval]))
    found = {
        (made.people[who], interval): used_wh
        for who, interval, used_wh in zip(
            *(x.tolist() for x in (green.participant, green.interval, green.used_wh)), strict=True
        )
    }
    assert found == +used
    assert (green.retired_wh <= green.used_wh).all()
    retired: Counter[tuple[str, int]] = Counter()
    for holder, _, interval, purpose, energy_wh in rows(made):
        if purpose is not Purpose.HELD:
            retired[holder, interval] += energy_wh
    assert int(green.retired_wh.sum()) == retired.total()


@given(st.data())
@settings(max_examples=10, deadline=None)
def test_areas_are_the_whole_day_and_read_back_as_they_were(data: st.DataObject) -> None:
    facts = data.draw(days(starts_s=CLOCKS[96]))
    _, made = certified(facts)
    sums: Counter[tuple[str, str, Purpose]] = Counter()
    held: list[Row] = []
    used_wh = retired_wh = 0
    for area in facts.grid.areas:
        certificates, green = made.area_bytes(area.area_id)
        found = share_sums(certificates)
        whose = list(zip(found.participant_ids, found.unit_ids, strict=True))
        assert len(whose) == len(set(whose))
        for purpose, energies_wh in found.of_purpose_wh.items():
            for (holder, unit_id), energy_wh in zip(whose, energies_wh, strict=True):
                sums[holder, unit_id, purpose] += energy_wh
        for name in facts.participants:
            for lot, purpose, energy_wh in shares_held(certificates, name):
                interval = list(facts.starts_s).index(lot.start_s)
                held.append((name, lot.unit_id, interval, purpose, energy_wh))
        read = green_rows(green)
        used_wh += int(read.used_wh.sum())
        retired_wh += int(read.retired_wh.sum())
        assert {read.names[who] for who in read.who.tolist()} == set(read.names)
    wanted: Counter[tuple[str, str, Purpose]] = Counter()
    for holder, unit_id, _, purpose, energy_wh in rows(made):
        wanted[holder, unit_id, purpose] += energy_wh
    assert sums == wanted
    assert sorted(held) == sorted(rows(made))
    of_all = made.sheet.green(everybody(made))
    assert used_wh == int(of_all.used_wh.sum())
    assert retired_wh == int(of_all.retired_wh.sum())


@given(st.data())
@settings(max_examples=10, deadline=None)
def test_a_version_books_what_the_one_before_did_not(data: st.DataObject) -> None:
    first, second = (data.draw(days(starts_s=CLOCKS[96])) for _ in range(2))
    made = [certified(facts)[1] for facts in (first, second)]
    whole = [each.issued(NOTHING_ISSUED) for each in made]
    change = made[1].issued(whole[0])

    assert whole[0].issued_wh + change.issued_wh == whole[1].issued_wh
    held = Counter(dict(whole[0].held_wh))
    held.update(dict(change.held_wh))
    assert {name: wh for name, wh in held.items() if wh} == dict(whole[1].held_wh)
    assert made[1].issued(whole[1]) == NOTHING_ISSUED


# --- by hand --------------------------------------------------------------------------------


def one_interval(
    metered_wh: dict[str, int],
    *trades: tuple[str, int, bool],
    price_ticks: int | None = 9_000,
    unread: frozenset[str] = frozenset(),
) -> DayFacts:
    """An interval in which all trades are one match, at one price of all areas.

    A trade is unit, injection and whether it asks for green energy.
    """
    units = {item.unit_id: item for item in FLEET}
    place = {name: row for row, name in enumerate(units)}
    shape = (len(units), 1)
    nothing = np.zeros(shape, dtype=np.int64)
    areas = tuple(
        AreaOutcome(
            area_id=area.area_id,
            price_ticks=price_ticks,
            connection_price_ticks=None,
            best_bid_ticks=None,
            best_offer_ticks=None,
            bought_wh=0,
            sold_wh=0,
            net_export_wh=0,
            rounding_wh=0,
        )
        for area in TWO_AREAS.areas
    )
    outcome = ClearingOutcome(
        start_s=CLOCKS[96][0],
        rung="optimal",
        reproducible=True,
        areas=areas,
        lines=(),
        filled_order_ids=(),
        filled_wh=(),
        welfare_quanta=0,
        upper_bound_quanta=0,
        solve_ms=0,
        receipt_hash="",
        audit_faults=(),
    )
    return DayFacts(
        day="2016-06-15",
        starts_s=CLOCKS[96][:1],
        rules=RULES,
        grid=TWO_AREAS,
        participants={item.participant_id: item for item in OWNERS},
        units=units,
        trades=DayTrades(
            unit=np.array([place[name] for name, _, _ in trades], dtype=np.int64),
            interval=np.zeros(len(trades), dtype=np.int64),
            rank=np.zeros(len(trades), dtype=np.int64),
            injection_wh=np.array([wh for _, wh, _ in trades], dtype=np.int64),
            amount_quanta=np.zeros(len(trades), dtype=np.int64),
            asks_green=np.array([asks for _, _, asks in trades], dtype=np.bool_),
        ),
        instructed_wh=nothing,
        uncompensated_wh=nothing,
        activations={},
        metered_wh=np.array([[metered_wh.get(name, 0)] for name in units], dtype=np.int64),
        origin=np.array(
            [[Origin.LINEAR if name in unread else Origin.MEASURED] for name in units],
            dtype=np.int8,
        ),
        priced=[outcome],
        exchanged=[None],
        rents_quanta={},
    )


def in_hands(facts: DayFacts) -> list[tuple[str, str, Purpose, int]]:
    """Holder, unit, purpose and energy, sorted."""
    return sorted((who, unit, why, wh) for who, unit, _, why, wh in rows(certified(facts)[1]))


ROOF = {"ben-solar": 900, "ben-load": -100}
SOLD = (("ben-solar", 500, False), ("ann-far", -300, False), ("retailer-sells", -200, False))


def test_a_roofs_day_wh_by_wh() -> None:
    """900 Wh: 100 used at home, 300 by Ann who bought them, 200 with a retailer, 300 sold to nobody."""
    assert in_hands(one_interval({**ROOF, "ann-far": -300, "retailer-sells": -200}, *SOLD)) == [
        ("ann", "ben-solar", Purpose.USED, 300),
        ("ben", "ben-solar", Purpose.OWN_USE, 100),
        ("ben", "ben-solar", Purpose.HELD, 300),
        ("retailer", "ben-solar", Purpose.HELD, 200),
    ]


def test_what_nobody_bought_brings_none_at_the_feed_in_price() -> None:
    """No area has a price: what is left is paid what the last resort pays for it."""
    facts = one_interval({**ROOF, "ann-far": -300, "retailer-sells": -200}, *SOLD, price_ticks=None)

    assert ("ben", "ben-solar", Purpose.HELD, 300) not in in_hands(facts)
    assert sum(wh for *_, wh in in_hands(facts)) == 600


def test_where_the_schedule_stands_in_for_the_meter_nothing_is_certified() -> None:
    metered = {**ROOF, "ann-far": -300, "retailer-sells": -200}

    assert in_hands(one_interval(metered, *SOLD, unread=frozenset({"ben-solar"}))) == []


def test_green_buyers_come_first_and_share_in_proportion() -> None:
    metered = {"ben-solar": 300, "cat-generator": 700, "ann-load": -400, "ann-far": -200}
    sold = (("ben-solar", 300, False), ("cat-generator", 700, False))
    bought = (("ann-load", -400, True), ("ann-far", -200, True), ("ben-load", -400, False))
    metered["ben-load"] = -400

    # 300 green Wh for 400 + 200 that were asked for: Ben, who did not ask, goes without.
    assert in_hands(one_interval(metered, *sold, *bought)) == [
        ("ann", "ben-solar", Purpose.USED, 300)
    ]
    plain = [(unit_id, wh, False) for unit_id, wh, _ in bought]
    assert in_hands(one_interval(metered, *sold, *plain)) == [
        ("ann", "ben-solar", Purpose.USED, 180),
        ("ben", "ben-solar", Purpose.USED, 120),
    ]


def test_a_discharge_is_not_green_and_charging_from_the_own_roof_is_own_use() -> None:
    found = in_hands(one_interval({"ann-solar": 500, "ann-battery": -300, "ann-load": -50}))
    assert found == [
        ("ann", "ann-solar", Purpose.OWN_USE, 350),
        ("ann", "ann-solar", Purpose.HELD, 150),
    ]
    assert in_hands(one_interval({"ann-battery": 500, "ann-load": -50})) == []
