"""Folders of files for tests: by hand as text, or written out from a problem.

The one idea to know: `write_folder` says in files what a problem says in arrays, field by field and
the slow way, so that reading it back is a test of the reader.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from clearing.files.decimals import decimal_text
from clearing.problem import NO_LIMIT_WH, PPB, ClearingProblem, IntArray
from tests.clearing.books import random_grid
from tests.clearing.draws import (
    random_blocks,
    random_last_resort,
    random_mesh,
    random_slopes,
    random_storages,
    random_tree,
)

MARKET = {"interval_minutes": 15, "currency": "EUR", "price_min": "-500.00", "price_max": "4000.00"}
MINUTES = 15
START = datetime(2016, 6, 14, 20, tzinfo=UTC)

FILES = {
    "areas.csv": """
        area,parent,import_limit_kwh,export_limit_kwh
        RUR,,20.000,
        GRID,,,
    """,
    "lines.csv": """
        line,from_area,to_area,capacity_forward_kwh,capacity_backward_kwh,loss_fraction,fee_forward_per_mwh,fee_backward_per_mwh
        L1,GRID,RUR,20,20,0.02,40.00,0
    """,
    "orders.csv": """
        order,area,interval,side,price_per_mwh,energy_kwh,time
        o1,GRID,2016-06-14T22:15:00+01:00,sell,160.00,500,2016-06-14T20:00:00Z
        o2,RUR,2016-06-14T22:15:00+01:00,buy,4000.00,1.234,2016-06-14T20:00:01Z
        o3,RUR,2016-06-14T22:00:00+01:00,buy,4000.00,1.5,2016-06-14T20:00:02Z
    """,
}


def folder_of(path: Path, files: dict[str, str] | None = None) -> Path:
    """A small folder, some of its files others."""
    path.mkdir(exist_ok=True)
    (path / "market.json").write_text(json.dumps(MARKET))
    for name, text in (FILES | (files or {})).items():
        lines = [line.strip() for line in text.strip().splitlines()]
        (path / name).write_text("\n".join(lines) + "\n")
    return path


def random_problem(seed: int) -> ClearingProblem:
    """A market with everything in it whose area limits are the same in all intervals."""
    rng = np.random.default_rng(seed)
    problem = random_grid(rng, negative=seed % 3 == 2)
    for draw in (random_mesh, random_tree, random_slopes, random_last_resort):
        if rng.random() < 0.6:
            problem = draw(rng, problem)
    problem = random_blocks(rng, problem, int(rng.integers(0, 6)))
    problem = random_storages(rng, problem, int(rng.integers(0, 4)))
    areas = problem.areas
    return replace(
        problem,
        areas=replace(
            areas,
            import_limit_wh=np.repeat(areas.import_limit_wh[:, :1], problem.n_intervals, axis=1),
            export_limit_wh=np.repeat(areas.export_limit_wh[:, :1], problem.n_intervals, axis=1),
        ),
    )


def write_folder(problem: ClearingProblem, folder: Path) -> None:
    """A problem as a folder; its last intervals are lost when nothing names them."""
    folder.mkdir()
    (folder / "market.json").write_text(json.dumps(MARKET))
    _write_grid(problem, folder)
    _write_orders(problem, folder)
    _write_blocks(problem, folder)
    _write_storages(problem, folder)


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def kwh(wh: int) -> str:
    return "" if wh >= NO_LIMIT_WH else decimal_text(wh, 3)


def money(ticks: int) -> str:
    return decimal_text(ticks, 2)


def _times(sequence: IntArray) -> list[str]:
    return [(START + timedelta(seconds=int(rank))).isoformat() for rank in sequence]


def _write_grid(problem: ClearingProblem, folder: Path) -> None:
    areas, lines = problem.areas, problem.lines
    write_table(
        folder / "areas.csv",
        ("area", "parent", "import_limit_kwh", "export_limit_kwh"),
        [
            (
                f"A{a}",
                f"A{above}" if above >= 0 else "",
                kwh(int(areas.import_limit_wh[a, 0])),
                kwh(int(areas.export_limit_wh[a, 0])),
            )
            for a, above in enumerate(problem.parent)
        ],
    )
    write_table(
        folder / "lines.csv",
        FILES["lines.csv"].split()[0].split(","),
        [
            (
                f"L{k}",
                f"A{lines.from_area[k]}",
                f"A{lines.to_area[k]}",
                "7",
                "7",
                decimal_text(int(lines.loss_ppm[k]), 6),
                money(int(lines.fee_forward_ticks[k])),
                money(int(lines.fee_backward_ticks[k])),
            )
            for k in range(len(lines))
        ],
    )
    write_table(
        folder / "line_capacities.csv",
        ("line", "interval", "capacity_forward_kwh", "capacity_backward_kwh"),
        [
            (
                f"L{k}",
                str(t),
                kwh(int(lines.capacity_forward_wh[k, t])),
                kwh(int(lines.capacity_backward_wh[k, t])),
            )
            for k in range(len(lines))
            for t in range(problem.n_intervals)
        ],
    )
    if problem.ptdf is not None:
        rows = [
            (f"L{line}", f"A{a}", decimal_text(int(factor), 9))
            for line, factors in zip(problem.ptdf.line, problem.ptdf.factor_ppb, strict=True)
            for a, factor in enumerate(factors)
        ]
        write_table(folder / "ptdf.csv", ("line", "area", "factor"), rows)


def _write_orders(problem: ClearingProblem, folder: Path) -> None:
    orders, m = problem.orders, len(problem.orders)
    end = orders.price_ticks if orders.price_end_ticks is None else orders.price_end_ticks
    last = np.zeros(m, dtype=bool) if orders.is_last_resort is None else orders.is_last_resort
    write_table(
        folder / "orders.csv",
        (*FILES["orders.csv"].split()[0].split(","), "price_end_per_mwh", "last_resort"),
        [
            (
                f"o{i}",
                f"A{orders.area[i]}",
                str(orders.interval[i]),
                "sell" if orders.is_sell[i] else "buy",
                money(int(orders.price_ticks[i])),
                kwh(int(orders.energy_wh[i])),
                time,
                money(int(end[i])) if orders.sloped[i] else "",
                "true" if last[i] else "",
            )
            for i, time in enumerate(_times(orders.sequence))
        ],
    )


def _write_blocks(problem: ClearingProblem, folder: Path) -> None:
    blocks = problem.blocks
    if not len(blocks):
        return
    write_table(
        folder / "blocks.csv",
        [
            "block",
            "area",
            "side",
            "price_per_mwh",
            "minimum_acceptance_ratio",
            "parent",
            "exclusive_group",
            "time",
        ],
        [
            (
                f"b{b}",
                f"A{blocks.area[b]}",
                "sell" if blocks.is_sell[b] else "buy",
                money(int(blocks.price_ticks[b])),
                ""
                if blocks.ratio_min_ppb[b] == PPB
                else decimal_text(int(blocks.ratio_min_ppb[b]), 9),
                f"b{blocks.parent[b]}" if blocks.parent[b] >= 0 else "",
                f"g{blocks.group[b]:03d}" if blocks.group[b] >= 0 else "",
                time,
            )
            for b, time in enumerate(_times(blocks.sequence))
        ],
    )
    write_table(
        folder / "block_profile.csv",
        ("block", "interval", "energy_kwh"),
        [
            (f"b{block}", str(t), kwh(int(wh)))
            for block, t, wh in reversed(
                list(zip(blocks.leg_block, blocks.leg_interval, blocks.leg_energy_wh, strict=True))
            )
        ],
    )


def _write_storages(problem: ClearingProblem, folder: Path) -> None:
    storages = problem.storages
    if not len(storages):
        return
    write_table(
        folder / "storages.csv",
        [
            "storage",
            "area",
            "first_interval",
            "last_interval",
            "charge_kw",
            "discharge_kw",
            "capacity_kwh",
            "start_kwh",
            "end_value_per_mwh",
            "efficiency_charge",
            "efficiency_discharge",
            "minimum_spread_per_mwh",
            "time",
        ],
        [
            (
                f"s{s}",
                f"A{storages.area[s]}",
                str(storages.first_interval[s]),
                str(storages.last_interval[s]),
                kwh(int(storages.charge_limit_wh[s]) * 60 // MINUTES),
                kwh(int(storages.discharge_limit_wh[s]) * 60 // MINUTES),
                kwh(int(storages.capacity_wh[s])),
                kwh(int(storages.start_wh[s])),
                money(int(storages.end_value_ticks[s])),
                decimal_text(int(storages.efficiency_charge_ppm[s]), 6),
                decimal_text(int(storages.efficiency_discharge_ppm[s]), 6),
                money(int(storages.spread_ticks[s])),
                time,
            )
            for s, time in enumerate(_times(storages.sequence))
        ],
    )
