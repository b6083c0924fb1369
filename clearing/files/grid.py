"""The grid of a folder: areas and their tree, lines, capacities by interval, transfer factors.

The one idea to know: an empty limit or capacity means none. A line named in `ptdf.csv` follows its
factors and can have neither loss nor fee; all others are free.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from clearing.files.decimals import KWH_DECIMALS, PPB_DECIMALS, PPM_DECIMALS, PRICE_DECIMALS
from clearing.files.intervals import Intervals
from clearing.files.tables import Bounds, Names, Table
from clearing.problem import (
    NO_LIMIT_WH,
    PPB,
    PPM,
    PRICE_TICKS_MAX,
    Areas,
    IndexArray,
    IntArray,
    Lines,
    Ptdf,
)

AREA_COLUMNS: Final = ("area", "parent", "import_limit_kwh", "export_limit_kwh")
LINE_COLUMNS: Final = (
    "line",
    "from_area",
    "to_area",
    "capacity_forward_kwh",
    "capacity_backward_kwh",
    "loss_fraction",
    "fee_forward_per_mwh",
    "fee_backward_per_mwh",
)
CAPACITY_COLUMNS: Final = ("line", "interval", "capacity_forward_kwh", "capacity_backward_kwh")
PTDF_COLUMNS: Final = ("line", "area", "factor")

_LIMIT: Final = Bounds(0, NO_LIMIT_WH, "negative")
_LOSS: Final = Bounds(0, PPM - 1, "outside 0 <= loss < 1")
_FEE: Final = Bounds(0, PRICE_TICKS_MAX, f"outside 0 .. {PRICE_TICKS_MAX // 100}")
_FACTOR: Final = Bounds(-PPB, PPB, "outside -1 .. 1")


def read_areas(table: Table, names: Names | None, count: int) -> Areas:
    """The areas, each limit the same in all intervals."""
    if table.readable and not len(table):
        table.fault(None, None, "a market needs at least one area")
    parent = table.reference("parent", names, "area", optional=True)
    refuse_loops(table, "parent", parent)
    return Areas(
        import_limit_wh=_over_time(_limit(table, "import_limit_kwh"), count),
        export_limit_wh=_over_time(_limit(table, "export_limit_kwh"), count),
        parent=parent if (parent >= 0).any() else None,
    )


def refuse_loops(table: Table, column: str, parent: IndexArray) -> None:
    """Note a fault in every row whose parents lead back to itself."""
    # Whoever hangs below a loop is fine once the loop is gone: only its members are named.
    above = parent.astype(np.int64)
    seen = np.zeros(len(parent), dtype=np.int8)
    in_loop = np.zeros(len(parent), dtype=np.bool_)
    for first in range(len(parent)):
        path, at = [], first
        while at >= 0 and not seen[at]:
            seen[at] = 1
            path.append(at)
            at = int(above[at])
        if at >= 0 and seen[at] == 1:
            in_loop[path[path.index(at) :]] = True
        seen[path] = 2
    table.refuse(column, in_loop, lambda field: f"{field!r} leads back to this row")


def read_lines(
    table: Table,
    capacities: Table,
    names: Names | None,
    area_names: Names | None,
    intervals: Intervals,
) -> Lines:
    """The lines, with the capacities of single intervals in place of their usual ones."""
    start = table.reference("from_area", area_names, "area")
    end = table.reference("to_area", area_names, "area")
    table.refuse("to_area", (start == end) & (start >= 0), "a line joins an area with itself")
    forward = _over_time(_limit(table, "capacity_forward_kwh"), intervals.count)
    backward = _over_time(_limit(table, "capacity_backward_kwh"), intervals.count)
    line, t = capacities.reference("line", names, "line"), intervals.of(capacities, "interval")
    capacities.refuse_repeats("interval", line, t)
    known = (line >= 0) & (t >= 0)
    for column, array in (("capacity_forward_kwh", forward), ("capacity_backward_kwh", backward)):
        array[line[known], t[known]] = _limit(capacities, column)[known]
    return Lines(
        from_area=start,
        to_area=end,
        capacity_forward_wh=forward,
        capacity_backward_wh=backward,
        loss_ppm=table.scaled("loss_fraction", PPM_DECIMALS, default=0, bounds=_LOSS),
        fee_forward_ticks=_fee(table, "fee_forward_per_mwh"),
        fee_backward_ticks=_fee(table, "fee_backward_per_mwh"),
    )


def read_ptdf(
    table: Table,
    lines_table: Table,
    lines: Lines,
    line_names: Names | None,
    area_names: Names | None,
) -> Ptdf | None:
    """The transfer factors, 0 where none is given; None where no line follows any."""
    line = table.reference("line", line_names, "line")
    area = table.reference("area", area_names, "area")
    factor = table.scaled("factor", PPB_DECIMALS, bounds=_FACTOR)
    table.refuse_repeats("area", line, area)
    known = (line >= 0) & (area >= 0)
    follows = np.unique(line[known]).astype(np.int32)
    if not len(follows):
        return None
    of_mesh = np.isin(np.arange(len(lines)), follows)
    text = f"a line that follows {table.name} has no "
    lines_table.refuse("loss_fraction", of_mesh & (lines.loss_ppm != 0), text + "loss")
    for column, fee in (
        ("fee_forward_per_mwh", lines.fee_forward_ticks),
        ("fee_backward_per_mwh", lines.fee_backward_ticks),
    ):
        lines_table.refuse(column, of_mesh & (fee != 0), text + "fee")
    factor_ppb = np.zeros((len(follows), len(area_names or ())), dtype=np.int64)
    factor_ppb[np.searchsorted(follows, line[known]), area[known]] = factor[known]
    return Ptdf(line=follows, factor_ppb=factor_ppb)


def _limit(table: Table, column: str) -> IntArray:
    return table.scaled(column, KWH_DECIMALS, default=NO_LIMIT_WH, bounds=_LIMIT)


def _fee(table: Table, column: str) -> IntArray:
    return table.scaled(column, PRICE_DECIMALS, default=0, bounds=_FEE)


def _over_time(values: IntArray, count: int) -> IntArray:
    return np.repeat(values.reshape(-1, 1), count, axis=1)
