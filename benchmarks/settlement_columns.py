"""What the columns of settlement cost: meters laid out, allocated over trades, a day as a whole, its certificates.

Run: python -m benchmarks.settlement_columns [--units N] [--intervals N]

100,000 units over 96 intervals: a third of them roofs, a battery at every tenth metering point, three units to
a point, a trade or two for most units, in one call and in pairs. Nothing is booked or stored: it is what the way to
the database may not exceed by far. Allocating is done interval by interval beside the whole day; the
meters of a day (half-hourly, one in a hundred missing) are laid out and filled at once, 10,000 units at a time.
"""

from __future__ import annotations

import argparse
import time
from itertools import pairwise
from typing import Final

import numpy as np

from api.bulk.meter_file import MeterTable
from api.bulk.meter_readings import in_intervals
from market.day_certificates import day_certificates
from market.model.grid import Area, Grid, Line
from market.model.meter_rows import Label, MeterRows
from market.model.participant import Participant, Unit, UnitKind
from market.model.rules import LastResortBand, MarketRules, Tariff, TieRule
from market.settlement.allocation import MeterColumns, TradeColumns, allocate
from market.settlement.day_facts import DayFacts, DayTrades, MeterUse
from market.settlement.meter_series import MeterSeries, Origin
from market.settlement.run import settle_day
from market.settlement.substitution import substituted
from market.store.details import detail_bytes

UNITS_TO_A_POINT: Final = 3
UNITS_AT_ONCE: Final = 10_000
_FIRST_S: Final = 1_465_945_200
_RULES: Final = MarketRules(
    market_id="bench",
    name="bench",
    currency="EUR",
    time_zone="Etc/GMT-1",
    interval_minutes=15,
    trading_from_s=_FIRST_S,
    trading_until_s=None,
    call_opens_minutes=1_560,
    gate_minutes=15,
    settle_minutes=15,
    price_min_ticks=-50_000,
    price_max_ticks=400_000,
    tie=TieRule.PRORATA,
    capability_tolerance_ppm=50_000,
    deviation_adder_ppm=50_000,
    deviation_adder_min_ticks=50,
    tariff=Tariff(network_ticks=7_000, levies_ticks=5_000),
    last_resort=(LastResortBand(from_hour=0, to_hour=24, ask_ticks=16_000, bid_ticks=8_000),),
)


def meters(chance: np.random.Generator, units: int, intervals: int) -> float:
    """Lay half-hourly readings of a day out and fill what is missing; seconds."""
    took_s = 0.0
    for _ in range(0, units, UNITS_AT_ONCE):
        unit = np.repeat(np.arange(UNITS_AT_ONCE), intervals // 2)
        start_s = np.tile(np.arange(intervals // 2) * 1_800, UNITS_AT_ONCE)
        there = chance.random(len(unit)) > 0.01
        rows = MeterRows(
            unit=unit[there],
            label_s=start_s[there],
            injection_wh=chance.integers(-2_000, 2_000, int(there.sum())),
        )
        table = MeterTable(
            label=Label.START,
            unit_ids=(),
            rows=rows,
            lines=np.arange(len(rows.unit)),
            faults=(),
            refused=0,
        )
        began = time.perf_counter()
        read = in_intervals(table, meter_minutes=30, interval_minutes=15, origin_s=0)
        at = rows.unit[read.row], read.start_s // 900
        injection_wh = np.zeros((UNITS_AT_ONCE, intervals), dtype=np.int64)
        injection_wh[at] = read.injection_wh
        origin = np.full((UNITS_AT_ONCE, intervals), int(Origin.MISSING), dtype=np.int8)
        origin[at] = Origin.MEASURED
        substituted(MeterSeries(first_s=0, step_s=900, injection_wh=injection_wh, origin=origin))
        took_s += time.perf_counter() - began
    return took_s


def settle(chance: np.random.Generator, units: int, intervals: int) -> float:
    """Allocate interval by interval; seconds."""
    number = np.arange(units)
    owner = number // UNITS_TO_A_POINT
    stores = (number % UNITS_TO_A_POINT == 2) & (owner % 10 == 0)
    roof = (number % UNITS_TO_A_POINT == 1) & ~stores
    row = np.concatenate((number, chance.permutation(units)[: units // 2]))
    # Most trades are the call's; the second ones are pairs.
    match = np.concatenate((np.zeros(units), 1 + np.arange(units // 2) // 2)).astype(np.int64)
    allocating_s = 0.0
    for _ in range(intervals):
        metered_wh = np.where(
            roof, chance.integers(0, 3_000, units), -chance.integers(0, 2_000, units)
        )
        sign = np.where(roof[row], 1, -1)
        traded_wh = sign * chance.integers(1, 1_500, len(row))
        began = time.perf_counter()
        allocate(
            MeterColumns(metered_wh=metered_wh, point=owner, stores=stores),
            TradeColumns(row=row, rank=match, injection_wh=traded_wh),
        )
        allocating_s += time.perf_counter() - began
    return allocating_s


def whole_day(
    chance: np.random.Generator, units: int, intervals: int
) -> tuple[list[float], list[int]]:
    """Settle a day as a whole, write its lines as Arrow, certify it, write that; seconds and bytes."""
    facts = _facts(chance, units, intervals)
    began = time.perf_counter()
    settled = settle_day(facts)
    times = [began, time.perf_counter()]
    names = [area.area_id for area in facts.grid.areas]
    lines = sum(len(detail_bytes(facts, settled.detail, name)[0]) for name in names)
    times.append(time.perf_counter())
    certified = day_certificates(facts, MeterUse.of(settled.detail))
    times.append(time.perf_counter())
    sheets = sum(len(each) for name in names for each in certified.area_bytes(name))
    times.append(time.perf_counter())
    return [after - before for before, after in pairwise(times)], [lines, sheets]


def _facts(chance: np.random.Generator, units: int, intervals: int) -> DayFacts:
    """Two villages' homes with a roof each and now and then a battery; half of the units trade."""
    villages = ("A", "B")
    grid = Grid(
        areas=(
            *(Area(area_id=name, name=name) for name in villages),
            Area(area_id="GRID", name="GRID", holds_last_resort=True),
        ),
        lines=tuple(
            Line(
                line_id=f"GRID-{name}",
                from_area="GRID",
                to_area=name,
                capacity_forward_w=10**9,
                capacity_backward_w=10**9,
                loss_ppm=20_000,
                fee_forward_ticks=4_000,
                fee_backward_ticks=0,
            )
            for name in villages
        ),
    )
    kinds = (UnitKind.LOAD, UnitKind.SOLAR, UnitKind.STORAGE)
    made = [
        Unit(
            unit_id=f"u{number}",
            participant_id=f"p{number // UNITS_TO_A_POINT}",
            area_id=villages[number // UNITS_TO_A_POINT % len(villages)],
            kind=kinds[number % UNITS_TO_A_POINT],
            injection_max_w=20_000,
            withdrawal_max_w=20_000,
            controllable=False,
        )
        for number in range(units)
    ]
    owners = dict.fromkeys((item.participant_id, item.area_id) for item in made)
    participants = [
        *(Participant(participant_id=name, name=name, area_id=area) for name, area in owners),
        Participant(participant_id="last", name="last", area_id="GRID", is_last_resort=True),
    ]
    shape = (units, intervals)
    trades = units // 2 * intervals
    injection_wh = chance.integers(1, 1_500, trades)
    nothing = np.zeros(shape, dtype=np.int64)
    return DayFacts(
        day="2016-06-15",
        starts_s=range(_FIRST_S, _FIRST_S + 900 * intervals, 900),
        rules=_RULES,
        grid=grid,
        participants={item.participant_id: item for item in participants},
        units={item.unit_id: item for item in made},
        trades=DayTrades(
            unit=np.repeat(np.arange(units // 2), intervals),
            interval=np.tile(np.arange(intervals), units // 2),
            rank=np.zeros(trades, dtype=np.int64),
            injection_wh=injection_wh,
            amount_quanta=10_000 * injection_wh,
            asks_green=chance.random(trades) > 0.7,
        ),
        instructed_wh=nothing,
        uncompensated_wh=nothing,
        activations={},
        metered_wh=chance.integers(-2_000, 2_000, shape),
        origin=np.full(shape, Origin.MEASURED, dtype=np.int8),
        priced=[None] * intervals,
        exchanged=[None] * intervals,
        rents_quanta={"rent:GRID-A": 10**12},
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--units", type=int, default=100_000)
    parser.add_argument("--intervals", type=int, default=96)
    asked = parser.parse_args()
    chance = np.random.default_rng(1)
    settle(chance, 1_000, 2)
    laid_s = meters(chance, asked.units, asked.intervals)
    allocated_s = settle(chance, asked.units, asked.intervals)
    day_s, (lines, sheets) = whole_day(chance, asked.units, asked.intervals)
    cells = asked.units * asked.intervals
    for what, took_s in (
        ("meters laid out and filled", laid_s),
        ("allocated over trades", allocated_s),
        ("a day as a whole", day_s[0]),
        ("its lines as Arrow", day_s[1]),
        ("its certificates", day_s[2]),
        ("those as Arrow", day_s[3]),
    ):
        print(f"{what:28} {took_s:8.2f} s {cells / took_s:14,.0f} unit-intervals/s")
    print(f"{'lines of a day':28} {lines:14,} bytes")
    print(f"{'certificates of a day':28} {sheets:14,} bytes")


if __name__ == "__main__":
    main()
