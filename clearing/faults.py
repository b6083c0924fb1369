"""Everything that is wrong with a clearing problem, all faults together.

The one idea to know: whoever hands in a problem learns of every fault at once, by the name of the
array, the rows and what they break. Shapes come first: while they are wrong nothing else is looked
at. What passes here can be cleared; doing nothing is always a valid answer to it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearing.problem import NO_LIMIT_WH, PPB, PPM, PRICE_TICKS_MAX, BoolArray, ClearingProblem


class ProblemFaultyError(Exception):
    """The problem cannot be cleared; `faults` holds everything that is wrong with it."""

    def __init__(self, found: list[str]) -> None:
        super().__init__("; ".join(found))
        self.faults = found


def faults(problem: ClearingProblem) -> list[str]:
    """Everything that is wrong with a problem, empty when it may be cleared."""
    found = _shape_faults(problem)
    if found:
        return found
    return (
        _grid_faults(problem)
        + _mesh_faults(problem)
        + _order_faults(problem)
        + _block_faults(problem)
        + _storage_faults(problem)
    )


def _shape_faults(problem: ClearingProblem) -> list[str]:
    found = (
        []
        if problem.n_areas > 0 and problem.n_intervals > 0
        else ["a market needs at least one area and one interval"]
    )
    for name, array, shape, dtype in _wanted(problem):
        if array.shape != shape:
            found.append(f"{name}: shape {array.shape}, expected {shape}")
        if array.dtype != dtype:
            found.append(f"{name}: type {array.dtype}, expected {dtype}")
    return found


_Wanted = list[tuple[str, NDArray[Any], tuple[int, ...], np.dtype[Any]]]


def _wanted(problem: ClearingProblem) -> _Wanted:
    n, t = problem.n_areas, problem.n_intervals
    areas, lines, orders = problem.areas, problem.lines, problem.orders
    count, m = len(lines), len(orders)
    i32, i64, flag = np.dtype(np.int32), np.dtype(np.int64), np.dtype(np.bool_)
    wanted: _Wanted = [
        ("areas.import_limit_wh", areas.import_limit_wh, (n, t), i64),
        ("areas.export_limit_wh", areas.export_limit_wh, (n, t), i64),
        ("areas.parent", problem.parent, (n,), i32),
        ("lines.from_area", lines.from_area, (count,), i32),
        ("lines.to_area", lines.to_area, (count,), i32),
        ("lines.capacity_forward_wh", lines.capacity_forward_wh, (count, t), i64),
        ("lines.capacity_backward_wh", lines.capacity_backward_wh, (count, t), i64),
        ("lines.loss_ppm", lines.loss_ppm, (count,), i64),
        ("lines.fee_forward_ticks", lines.fee_forward_ticks, (count,), i64),
        ("lines.fee_backward_ticks", lines.fee_backward_ticks, (count,), i64),
        ("orders.area", orders.area, (m,), i32),
        ("orders.interval", orders.interval, (m,), i32),
        ("orders.is_sell", orders.is_sell, (m,), flag),
        ("orders.price_ticks", orders.price_ticks, (m,), i64),
        ("orders.energy_wh", orders.energy_wh, (m,), i64),
        ("orders.sequence", orders.sequence, (m,), i64),
    ]
    if orders.price_end_ticks is not None:
        wanted.append(("orders.price_end_ticks", orders.price_end_ticks, (m,), i64))
    if orders.is_last_resort is not None:
        wanted.append(("orders.is_last_resort", orders.is_last_resort, (m,), flag))
    if problem.confirmed_wh is not None:
        wanted.append(("confirmed_wh", problem.confirmed_wh, (2, count, t), i64))
    if problem.ptdf is not None:
        ptdf = problem.ptdf
        wanted.append(("ptdf.line", ptdf.line, (len(ptdf),), i32))
        wanted.append(("ptdf.factor_ppb", ptdf.factor_ppb, (len(ptdf), n), i64))
    return wanted + _wanted_of_blocks(problem) + _wanted_of_storages(problem)


def _wanted_of_blocks(problem: ClearingProblem) -> _Wanted:
    blocks, b, g = problem.blocks, len(problem.blocks), len(problem.blocks.leg_interval)
    i32, i64 = np.dtype(np.int32), np.dtype(np.int64)
    return [
        ("blocks.area", blocks.area, (b,), i32),
        ("blocks.is_sell", blocks.is_sell, (b,), np.dtype(np.bool_)),
        ("blocks.price_ticks", blocks.price_ticks, (b,), i64),
        ("blocks.ratio_min_ppb", blocks.ratio_min_ppb, (b,), i64),
        ("blocks.parent", blocks.parent, (b,), i32),
        ("blocks.group", blocks.group, (b,), i32),
        ("blocks.sequence", blocks.sequence, (b,), i64),
        ("blocks.leg_first", blocks.leg_first, (b + 1,), i64),
        ("blocks.leg_interval", blocks.leg_interval, (g,), i32),
        ("blocks.leg_energy_wh", blocks.leg_energy_wh, (g,), i64),
    ]


def _wanted_of_storages(problem: ClearingProblem) -> _Wanted:
    storages, s = problem.storages, len(problem.storages)
    i32, i64 = np.dtype(np.int32), np.dtype(np.int64)
    small = ("area", "first_interval", "last_interval")
    large = (
        "charge_limit_wh",
        "discharge_limit_wh",
        "capacity_wh",
        "start_wh",
        "end_value_ticks",
        "efficiency_charge_ppm",
        "efficiency_discharge_ppm",
        "spread_ticks",
        "sequence",
    )
    return [
        (f"storages.{name}", getattr(storages, name), (s,), i32 if name in small else i64)
        for name in small + large
    ]


def _grid_faults(problem: ClearingProblem) -> list[str]:
    areas, lines, n = problem.areas, problem.lines, problem.n_areas
    rules = [
        (problem.price_min_ticks >= problem.price_max_ticks, "price_min_ticks not below the max"),
        (
            max(abs(problem.price_min_ticks), abs(problem.price_max_ticks)) > PRICE_TICKS_MAX,
            f"price limits beyond {PRICE_TICKS_MAX} ticks",
        ),
        ((areas.import_limit_wh < 0).any(), "areas.import_limit_wh: negative"),
        ((areas.export_limit_wh < 0).any(), "areas.export_limit_wh: negative"),
        (_loops(problem.parent), "areas.parent: not a tree of the areas"),
        (((lines.from_area < 0) | (lines.from_area >= n)).any(), "lines.from_area: no such area"),
        (((lines.to_area < 0) | (lines.to_area >= n)).any(), "lines.to_area: no such area"),
        ((lines.from_area == lines.to_area).any(), "lines: a line joins an area with itself"),
        ((lines.capacity_forward_wh < 0).any(), "lines.capacity_forward_wh: negative"),
        ((lines.capacity_backward_wh < 0).any(), "lines.capacity_backward_wh: negative"),
        (
            ((lines.loss_ppm < 0) | (lines.loss_ppm >= PPM)).any(),
            f"lines.loss_ppm: outside 0 <= loss < {PPM}",
        ),
        (
            ((lines.fee_forward_ticks < 0) | (lines.fee_backward_ticks < 0)).any(),
            "lines: a fee is negative",
        ),
        (
            (np.maximum(lines.fee_forward_ticks, lines.fee_backward_ticks) > PRICE_TICKS_MAX).any(),
            f"lines: a fee is beyond {PRICE_TICKS_MAX} ticks",
        ),
        (
            problem.confirmed_wh is not None and bool((problem.confirmed_wh < 0).any()),
            "confirmed_wh: negative",
        ),
    ]
    return [text for wrong, text in rules if wrong]


def _loops(parent: NDArray[np.int32]) -> bool:
    """Whether following parents leads outside the list or never ends."""
    if ((parent < -1) | (parent >= len(parent))).any():
        return True
    above = parent.astype(np.int64)
    # Doubling the stride: whoever has not reached the top after n steps never will.
    for _ in range(len(parent).bit_length()):
        above = np.where(above >= 0, above[np.maximum(above, 0)], -1)
    return bool((above >= 0).any())


def _mesh_faults(problem: ClearingProblem) -> list[str]:
    ptdf, lines = problem.ptdf, problem.lines
    if ptdf is None:
        return []
    if ((ptdf.line < 0) | (ptdf.line >= len(lines))).any():
        return ["ptdf.line: no such line"]
    rules = [
        (len(np.unique(ptdf.line)) < len(ptdf), "ptdf.line: a line stands twice"),
        ((np.abs(ptdf.factor_ppb) > PPB).any(), "ptdf.factor_ppb: outside -1 .. 1"),
        ((lines.loss_ppm[ptdf.line] != 0).any(), "ptdf: a line that follows factors has a loss"),
        (
            ((lines.fee_forward_ticks + lines.fee_backward_ticks)[ptdf.line] != 0).any(),
            "ptdf: a line that follows factors has a fee",
        ),
    ]
    return [text for wrong, text in rules if wrong]


def _order_faults(problem: ClearingProblem) -> list[str]:
    orders = problem.orders
    low, high = problem.price_min_ticks, problem.price_max_ticks
    rules = [
        ("area: no such area", (orders.area < 0) | (orders.area >= problem.n_areas)),
        (
            "interval: no such interval",
            (orders.interval < 0) | (orders.interval >= problem.n_intervals),
        ),
        ("energy_wh: not positive", orders.energy_wh <= 0),
        (
            "price_ticks: outside the market's price limits",
            (orders.price_ticks < low) | (orders.price_ticks > high),
        ),
    ]
    end = orders.price_end_ticks
    if end is not None:
        rules += [
            ("price_end_ticks: outside the market's price limits", (end < low) | (end > high)),
            (
                "price_end_ticks: a seller's price falls or a buyer's rises",
                np.where(orders.is_sell, end < orders.price_ticks, end > orders.price_ticks),
            ),
        ]
    found = _rows("orders", rules)
    if float(orders.energy_wh.sum(dtype=np.float64)) >= NO_LIMIT_WH:
        found.append(f"orders.energy_wh: the book holds {NO_LIMIT_WH} Wh or more")
    return found


def _block_faults(problem: ClearingProblem) -> list[str]:
    blocks, b = problem.blocks, len(problem.blocks)
    if not b:
        return []
    count = np.diff(blocks.leg_first)
    if blocks.leg_first[0] != 0 or blocks.leg_first[-1] != len(blocks.leg_interval):
        return ["blocks.leg_first: does not span the legs"]
    if (count <= 0).any():
        return _rows("blocks", [("leg_first: a block without a profile", count <= 0)])
    parent = blocks.parent
    found = _rows(
        "blocks",
        [
            ("area: no such area", (blocks.area < 0) | (blocks.area >= problem.n_areas)),
            (
                "price_ticks: outside the market's price limits",
                (blocks.price_ticks < problem.price_min_ticks)
                | (blocks.price_ticks > problem.price_max_ticks),
            ),
            (
                "ratio_min_ppb: outside 0 < ratio <= 1",
                (blocks.ratio_min_ppb <= 0) | (blocks.ratio_min_ppb > PPB),
            ),
            ("parent: no such block", (parent < -1) | (parent >= b)),
        ],
    )
    if ((parent >= -1) & (parent < b)).all() and _loops(parent):
        found.append("blocks.parent: blocks are each other's parents")
    same_block = blocks.leg_block[1:] == blocks.leg_block[:-1]
    found += _rows(
        "blocks",
        [
            (
                "leg_interval: no such interval",
                (blocks.leg_interval < 0) | (blocks.leg_interval >= problem.n_intervals),
            ),
            ("leg_energy_wh: not positive", blocks.leg_energy_wh <= 0),
            ("leg_interval: not ascending", same_block & (np.diff(blocks.leg_interval) <= 0)),
        ],
    )
    if float(np.abs(blocks.leg_energy_wh).sum(dtype=np.float64)) >= NO_LIMIT_WH:
        found.append(f"blocks.leg_energy_wh: the blocks hold {NO_LIMIT_WH} Wh or more")
    return found


def _storage_faults(problem: ClearingProblem) -> list[str]:
    storages = problem.storages
    if not len(storages):
        return []
    low, high = problem.price_min_ticks, problem.price_max_ticks
    first, last = storages.first_interval, storages.last_interval
    efficiency = np.stack([storages.efficiency_charge_ppm, storages.efficiency_discharge_ppm])
    found = _rows(
        "storages",
        [
            ("area: no such area", (storages.area < 0) | (storages.area >= problem.n_areas)),
            (
                "first_interval, last_interval: no such intervals",
                (first < 0) | (last >= problem.n_intervals) | (first > last),
            ),
            ("charge_limit_wh: negative", storages.charge_limit_wh < 0),
            ("discharge_limit_wh: negative", storages.discharge_limit_wh < 0),
            ("capacity_wh: negative", storages.capacity_wh < 0),
            (
                "start_wh: outside 0 .. capacity",
                (storages.start_wh < 0) | (storages.start_wh > storages.capacity_wh),
            ),
            (
                "end_value_ticks: outside the market's price limits",
                (storages.end_value_ticks < low) | (storages.end_value_ticks > high),
            ),
            (
                "efficiency_charge_ppm, efficiency_discharge_ppm: outside 0 < efficiency <= 1",
                np.logical_or.reduce((efficiency <= 0) | (efficiency > PPM), axis=0),
            ),
            (
                f"spread_ticks: outside 0 .. {PRICE_TICKS_MAX}",
                (storages.spread_ticks < 0) | (storages.spread_ticks > PRICE_TICKS_MAX),
            ),
        ],
    )
    span = np.maximum(last.astype(np.float64) - first + 1, 0)
    power = storages.charge_limit_wh.astype(np.float64) + storages.discharge_limit_wh
    if float((power * span).sum() + storages.capacity_wh.sum(dtype=np.float64)) >= NO_LIMIT_WH:
        found.append(f"storages: more than {NO_LIMIT_WH} Wh could be moved")
    return found


def _rows(table: str, rules: list[tuple[str, BoolArray]]) -> list[str]:
    found = []
    for text, wrong in rules:
        rows = np.flatnonzero(wrong)
        if len(rows):
            shown = ", ".join(str(int(row)) for row in rows[:5])
            found.append(f"{table}.{text} ({len(rows)} rows, first {shown})")
    return found
