"""Real meters with their gaps, and a real network with its sun: totals against sums written by hand."""

import csv
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np

from api.bulk.meter_file import MeterTable
from api.bulk.meter_readings import in_intervals
from market.certificates.issuing import (
    DeliveryColumns,
    GenerationColumns,
    Purpose,
    Shares,
    settled_shares,
)
from market.certificates.sheets import UseColumns, retired_of, use_of
from market.model.interval import MarketDay, second_of
from market.model.meter_rows import Label, MeterRows
from market.model.splitting import Integers
from market.settlement.allocation import MeterColumns, TradeColumns, allocate
from market.settlement.meter_series import MeterSeries, Origin
from market.settlement.substitution import laid_onto, substituted

DATA = Path(__file__).parent / "data"
MONDAY_S = second_of(datetime(2017, 11, 13, tzinfo=UTC))
WEEK = [
    MarketDay(day=date(2017, 11, 13) + timedelta(days=n), zone="Europe/London", minutes=15)
    for n in range(7)
]


def wh(kwh: str) -> int:
    """Exact: the sources have at most three decimals."""
    energy_wh = Decimal(kwh) * 1_000
    assert energy_wh == int(energy_wh)
    return int(energy_wh)


def laid_out(
    rows: MeterRows, *, units: int, first_s: int, count: int, label: Label = Label.START
) -> MeterSeries:
    """Half-hourly readings in quarter-hours, as a file of them is read."""
    table = MeterTable(
        label=label,
        unit_ids=tuple(str(number) for number in range(units)),
        rows=rows,
        lines=np.arange(len(rows.unit)) + 2,
        faults=(),
        refused=0,
    )
    read = in_intervals(table, meter_minutes=30, interval_minutes=15, origin_s=first_s)
    assert (read.faults, read.repeated) == ((), 0)
    at = rows.unit[read.row], (read.start_s - first_s) // 900
    injection_wh = np.zeros((units, count), dtype=np.int64)
    injection_wh[at] = read.injection_wh
    origin = np.full((units, count), int(Origin.MISSING), dtype=np.int8)
    origin[at] = Origin.MEASURED
    return MeterSeries(first_s=first_s, step_s=900, injection_wh=injection_wh, origin=origin)


def of_origin(series: MeterSeries, unit: int) -> list[int]:
    """How many values of a unit there are of each origin."""
    return np.bincount(series.origin[unit], minlength=len(Origin)).tolist()


# --- homes ----------------------------------------------------------------------------------

HOMES = ("UK092", "UK100", "UK240")


def homes() -> MeterSeries:
    """A week of three homes; what they use is withdrawal."""
    with (DATA / "uk-households-week.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return laid_out(
        MeterRows(
            unit=np.array([HOMES.index(row["meter_id"]) for row in rows]),
            label_s=np.array([second_of(datetime.fromisoformat(row["start"])) for row in rows]),
            injection_wh=np.array([-wh(row["consumption_kwh"]) for row in rows]),
        ),
        units=3,
        first_s=MONDAY_S,
        count=7 * 96,
    )


def day_of(series: MeterSeries, day: MarketDay) -> MeterSeries:
    first = (day.starts_s().start - series.first_s) // series.step_s
    return MeterSeries(
        first_s=day.starts_s().start,
        step_s=series.step_s,
        injection_wh=series.injection_wh[:, first : first + 96],
        origin=series.origin[:, first : first + 96],
    )


def test_what_was_measured_is_there_to_the_wh() -> None:
    series = homes()

    assert series.injection_wh.sum(axis=1).tolist() == [-193_118, -64_509, -19_775]
    # UK092, day by day: 18,253 + 25,374 + 29,195 + 29,854 + 26,209 + 33,731 + 30,502 = 193,118.
    by_day = [int(day_of(series, day).injection_wh[0].sum()) for day in WEEK]
    assert by_day == [-18_253, -25_374, -29_195, -29_854, -26_209, -33_731, -30_502]


def test_what_was_not_measured_is_told() -> None:
    series = homes()
    missing = [np.flatnonzero(row != Origin.MEASURED) for row in series.origin]

    # In quarters of an hour since Monday: first and how many.
    runs = [
        [(int(run[0]), len(run)) for run in np.split(row, np.flatnonzero(np.diff(row) > 1) + 1)]
        for row in missing
    ]
    assert runs == [
        [(4 * 96, 2)],
        [(2 * 96, 20), (2 * 96 + 22, 2), (5 * 96 + 8, 88)],
        [(96 + 92, 4)],
    ]
    measured = [
        [of_origin(day_of(series, day), unit)[Origin.MEASURED] for unit in range(3)] for day in WEEK
    ]
    assert measured == [
        [96, 96, 96],
        [96, 96, 92],
        [96, 74, 96],
        [96, 96, 96],
        [94, 96, 96],
        [96, 8, 96],
        [96, 96, 96],
    ]


def test_what_stands_in_is_marked_with_its_method() -> None:
    series = homes()
    wednesday = WEEK[2]
    tuesday = laid_onto(day_of(series, WEEK[1]), WEEK[1], wednesday)
    schedule_wh = np.full_like(day_of(series, wednesday).injection_wh, -1)

    line = substituted(series)
    day = substituted(day_of(series, wednesday), likes=[tuesday], schedule_wh=schedule_wh)

    # UK092 on 17 November: half of 534 Wh before, the larger half of 229 Wh after.
    night = slice(4 * 96 - 1, 4 * 96 + 3)
    before, *between, after = line.injection_wh[0, night].tolist()
    assert (before, after) == (-267, -115)
    # -267 + 152 / 3 and -267 + 304 / 3.
    assert between == [-216, -166]
    assert line.origin[0, night].tolist() == [1, Origin.LINEAR, Origin.LINEAR, 1]
    # UK100 on 15 November: five hours from Tuesday's same hours, the half hour later from its line.
    assert int(day.injection_wh[1, :20].sum()) == -1_041
    assert of_origin(day, 1) == [0, 74, 2, 20, 0]
    # 44 half hours of Saturday have neither: they stay missing until a schedule is handed in.
    assert of_origin(day_of(line, WEEK[5]), 1) == [88, 8, 0, 0, 0]


# --- a network with sun ---------------------------------------------------------------------

BUSINESSES = 11
SUN_KW = {4: Decimal("26.0"), 6: Decimal("14.8"), 8: Decimal("27.5"), 9: Decimal("3.0")}
"""Installed at these businesses; their roofs are units 11 and on."""
GRID = BUSINESSES + len(SUN_KW)
"""The unit that sells what the sun does not give; of an owner of its own."""
OWNERS = [*range(BUSINESSES), *(number - 1 for number in SUN_KW), BUSINESSES]
GREEN_BUYER = 4
"""Business 5 asks for green energy; the others take what there is."""
_NONE = np.zeros(0, dtype=np.int64)
NO_TRADES = TradeColumns(row=_NONE, rank=_NONE, injection_wh=_NONE)
NETWORK_DAY = MarketDay(day=date(2017, 3, 7), zone="Etc/GMT-10", minutes=15)


def network() -> Integers:
    """(16, 96) what loads (first eleven) and roofs show; the grid last, nothing yet."""
    with (DATA / "embedded-network-day.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    readings = []
    for row in rows:
        end_s = second_of(datetime.fromisoformat(f"{row['end_local']}+10:00"))
        readings += [
            (number - 1, end_s, -wh(row[f"load_kwh_{number}"]))
            for number in range(1, BUSINESSES + 1)
        ]
        for unit, kw in enumerate(SUN_KW.values(), start=BUSINESSES):
            sun_wh = Decimal(row["solar_kwh_per_kw"]) * kw * 1_000
            readings.append((unit, end_s, int(sun_wh.quantize(Decimal(1)))))
    unit, label_s, injection_wh = np.array(readings).T
    series = laid_out(
        MeterRows(unit=unit, label_s=label_s, injection_wh=injection_wh),
        units=len(OWNERS),
        first_s=NETWORK_DAY.starts_s().start,
        count=96,
        label=Label.END,
    )
    return series.injection_wh


def traded(metered_wh: Integers) -> TradeColumns:
    """One call: what the roofs have left and the grid beside it, to everybody who needs more."""
    left_wh = allocate(columns(metered_wh), NO_TRADES).retail_wh
    left_wh[GRID] = -left_wh.sum()
    (row,) = np.nonzero(left_wh)
    return TradeColumns(row=row, rank=np.zeros(len(row), dtype=np.int64), injection_wh=left_wh[row])


def columns(metered_wh: Integers) -> MeterColumns:
    owner = np.array(OWNERS)
    return MeterColumns(
        metered_wh=metered_wh, point=owner, stores=np.zeros(len(owner), dtype=np.bool_)
    )


def settled(metered_wh: Integers, trades: TradeColumns) -> tuple[dict[str, int], Shares]:
    """One interval: what the roofs' energy was for, and its certificates."""
    found = allocate(columns(metered_wh), trades)
    sold = trades.injection_wh > 0
    roof = (np.arange(len(OWNERS)) >= BUSINESSES) & (np.arange(len(OWNERS)) < GRID)
    shares = settled_shares(
        GenerationColumns(
            owner=np.array(OWNERS),
            renewable=roof,
            supported=np.zeros(len(OWNERS), dtype=np.bool_),
            metered_wh=metered_wh,
            own_use_wh=found.own_use_wh,
            own_storage_wh=found.own_storage_wh,
            retail_wh=found.retail_wh,
        ),
        DeliveryColumns(
            row=trades.row,
            owner=np.array(OWNERS)[trades.row],
            match=np.zeros(len(trades.row), dtype=np.int64),
            sold=sold,
            asks_green=trades.row == GREEN_BUYER,
            keeps=np.zeros(len(trades.row), dtype=np.bool_),
            delivered_wh=found.delivered_wh,
        ),
    )
    return {
        "own_use": int(np.maximum(found.own_use_wh, 0).sum()),
        "sun_sold": int(found.delivered_wh[sold & roof[trades.row]].sum()),
        "sun_fed_in": int(np.maximum(found.retail_wh, 0)[roof].sum()),
        "bought": int(found.delivered_wh[~sold].sum()),
        "from_retail": -int(np.minimum(found.retail_wh, 0).sum()),
    }, shares


def day_settled(*, trading: bool) -> tuple[dict[str, int], list[tuple[Shares, UseColumns]]]:
    metered_wh = network()
    totals: dict[str, int] = {}
    certified = []
    for of_interval in metered_wh.T:
        trades = traded(of_interval) if trading else NO_TRADES
        of_interval[GRID] = trades.injection_wh[trades.row == GRID].sum()
        parts, shares = settled(of_interval, trades)
        totals = {name: totals.get(name, 0) + part for name, part in parts.items()}
        certified.append((shares, use_of(np.array(OWNERS), of_interval)))
    return totals, certified


def in_all(certified: list[tuple[Shares, UseColumns]], purpose: Purpose) -> int:
    return sum(shares.total_wh(purpose) for shares, _ in certified)


def test_the_networks_day_is_there_to_the_wh() -> None:
    metered_wh = network()

    # Loads: 151,007 + 3,246 + 735,532 + 14,502 + 78,004 + 34,891 + 11,002 + 12,447 + 17,173
    # + 12,797 + 12,474; roofs: 128,305 + 73,034 + 135,709 + 14,805.
    assert -int(metered_wh[:BUSINESSES].sum()) == 1_083_075
    assert metered_wh[BUSINESSES:GRID].sum(axis=1).tolist() == [128_305, 73_034, 135_709, 14_805]


def test_own_use_and_retail_of_the_network_without_trade() -> None:
    totals, certified = day_settled(trading=False)

    # Own use: 11,968 + 26,797 + 377 + 11,415; the rest of 351,853 is fed in, of 1,083,075 bought.
    assert totals == {
        "own_use": 50_557,
        "sun_sold": 0,
        "sun_fed_in": 301_296,
        "bought": 0,
        "from_retail": 1_032_518,
    }
    assert in_all(certified, Purpose.OWN_USE) == 50_557
    assert in_all(certified, Purpose.HELD) == 301_296


def test_trade_within_the_network_takes_the_certificates_along() -> None:
    totals, certified = day_settled(trading=True)

    assert totals == {
        "own_use": 50_557,
        "sun_sold": 301_296,
        "sun_fed_in": 0,
        "bought": 1_032_518,
        "from_retail": 0,
    }
    # The neighbours always want more than the sun has left, so all of it is used in the network.
    assert [in_all(certified, purpose) for purpose in Purpose] == [50_557, 301_296, 0]
    assert sum(int(retired_of(shares, use).sum()) for shares, use in certified) == 351_853
    assert sum(int(use.energy_wh.sum()) for _, use in certified) == 1_083_075


def test_who_asks_for_green_energy_is_served_first() -> None:
    _, certified = day_settled(trading=True)

    short = 0
    for shares, use in certified:
        came = shares.purpose == Purpose.USED
        own_wh = int(shares.energy_wh[came & (shares.holder == GREEN_BUYER)].sum())
        others_wh = int(shares.energy_wh[came & (shares.holder != GREEN_BUYER)].sum())
        wanted_wh = int(use.energy_wh[use.participant == GREEN_BUYER].sum())
        assert own_wh == min(wanted_wh, own_wh + others_wh)
        short += 0 < own_wh < wanted_wh
    # Mornings and evenings have less sun left than even this one business uses.
    assert short > 0
