"""A clearing problem as a folder of files: `market.json`, the grid and the book as tables.

The one idea to know: all faults of a folder are found before any is reported, each with its file,
row and column. What is in the folder and not read (a column, a file) is told too: a misspelt
column must not be taken for an empty one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from clearing.faults import faults
from clearing.files.decimals import PRICE_DECIMALS, scaled_integer
from clearing.files.grid import (
    AREA_COLUMNS,
    CAPACITY_COLUMNS,
    LINE_COLUMNS,
    PTDF_COLUMNS,
    read_areas,
    read_lines,
    read_ptdf,
)
from clearing.files.intervals import Intervals
from clearing.files.orders import (
    BLOCK_COLUMNS,
    BLOCK_EXTRAS,
    ORDER_COLUMNS,
    ORDER_EXTRAS,
    PROFILE_COLUMNS,
    STORAGE_COLUMNS,
    STORAGE_EXTRAS,
    read_blocks,
    read_orders,
    read_storages,
)
from clearing.files.reading import read_table
from clearing.files.tables import BookFaultyError, Bounds, Fault, Table
from clearing.problem import PRICE_TICKS_MAX, ClearingProblem, Tie

#: The tables of a folder: columns that must be there, and columns that may be.
_TABLES: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "areas": (AREA_COLUMNS[:1], AREA_COLUMNS[1:]),
    "lines": (LINE_COLUMNS[:3], LINE_COLUMNS[3:]),
    "line_capacities": (CAPACITY_COLUMNS, ()),
    "ptdf": (PTDF_COLUMNS, ()),
    "orders": (ORDER_COLUMNS, ORDER_EXTRAS),
    "blocks": (BLOCK_COLUMNS, BLOCK_EXTRAS),
    "block_profile": (PROFILE_COLUMNS, ()),
    "storages": (STORAGE_COLUMNS, STORAGE_EXTRAS),
}
_NEEDED: Final = ("areas", "orders")
_WITH_INTERVALS: Final = (
    ("orders", "interval"),
    ("block_profile", "interval"),
    ("storages", "first_interval"),
    ("storages", "last_interval"),
    ("line_capacities", "interval"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A problem and the names its indices stand for."""

    problem: ClearingProblem
    currency: str
    interval_minutes: int
    areas: list[str]
    lines: list[str]
    orders: list[str]
    blocks: list[str]
    storages: list[str]
    intervals: list[str]  # as the files name them
    remarks: list[str]  # what stands in the folder and was not read


def read_book(folder: Path, tie: Tie = Tie.TIME) -> Book:
    """Read a folder.

    Raises:
        BookFaultyError: with all faults together.
    """
    found: list[Fault] = []
    market = _market(folder, found)
    tables = {
        stem: read_table(folder, stem, columns, found, needed=stem in _NEEDED)
        for stem, (columns, _) in _TABLES.items()
    }
    intervals = Intervals(
        market.interval_minutes, [(tables[stem], column) for stem, column in _WITH_INTERVALS]
    )
    problem = _problem(tables, intervals, market, tie)
    if not found:
        found += [_of_arrays(text) for text in faults(problem)]
    if found:
        raise BookFaultyError(found)
    return Book(
        problem=problem,
        currency=market.currency,
        interval_minutes=market.interval_minutes,
        areas=tables["areas"].texts("area").to_list(),
        lines=tables["lines"].texts("line").to_list(),
        orders=tables["orders"].texts("order").to_list(),
        blocks=tables["blocks"].texts("block").to_list(),
        storages=tables["storages"].texts("storage").to_list(),
        intervals=intervals.labels(),
        remarks=_remarks(folder, tables),
    )


def _problem(
    tables: dict[str, Table], intervals: Intervals, market: _Market, tie: Tie
) -> ClearingProblem:
    areas, lines = tables["areas"].names("area"), tables["lines"].names("line")
    prices = Bounds(
        market.price_min_ticks, market.price_max_ticks, "outside the market's price limits"
    )
    limits = read_areas(tables["areas"], areas, intervals.count)
    grid = read_lines(tables["lines"], tables["line_capacities"], lines, areas, intervals)
    return ClearingProblem(
        n_areas=len(tables["areas"]),
        n_intervals=intervals.count,
        areas=limits,
        lines=grid,
        orders=read_orders(tables["orders"], areas, intervals, prices),
        price_min_ticks=market.price_min_ticks,
        price_max_ticks=market.price_max_ticks,
        tie=tie,
        blocks=read_blocks(tables["blocks"], tables["block_profile"], areas, intervals, prices),
        storages=read_storages(
            tables["storages"], areas, intervals, prices, market.interval_minutes
        ),
        ptdf=read_ptdf(tables["ptdf"], tables["lines"], grid, lines, areas),
    )


def _of_arrays(text: str) -> Fault:
    """A fault of the whole problem, which no row has alone, at the file it is about."""
    stem = text.split(".", 1)[0].split(":", 1)[0]
    name = f"{stem}.csv" if stem in _TABLES else "market.json"
    return Fault(file=name, row=None, column=None, text=text)


def _remarks(folder: Path, tables: dict[str, Table]) -> list[str]:
    remarks = [
        f"{tables[stem].name}: column {column!r} is not read"
        for stem, (needed, extra) in _TABLES.items()
        for column in tables[stem].unread(needed + extra)
    ]
    return remarks + [
        f"{path.name} is not read"
        for path in sorted(folder.iterdir())
        if path.suffix in (".csv", ".parquet") and path.stem not in _TABLES
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Market:
    interval_minutes: int
    currency: str
    price_min_ticks: int
    price_max_ticks: int


def _market(folder: Path, found: list[Fault]) -> _Market:
    def fault(column: str | None, text: str) -> None:
        found.append(Fault(file="market.json", row=None, column=column, text=text))

    stated: dict[str, Any] = {}
    try:
        content = json.loads((folder / "market.json").read_text(encoding="utf-8"))
        if isinstance(content, dict):
            stated = content
        else:
            fault(None, "not an object")
    except FileNotFoundError:
        fault(None, "missing")
    except (ValueError, OSError) as error:
        fault(None, f"cannot be read: {error}")
    # Where a limit cannot be read, every price is let through: one fault, not one a row.
    prices = {"price_min": -PRICE_TICKS_MAX, "price_max": PRICE_TICKS_MAX}
    for name in prices:
        if stated:
            try:
                prices[name] = scaled_integer(str(stated.get(name, "")), PRICE_DECIMALS)
            except ValueError as error:
                fault(name, str(error))
    minutes = stated.get("interval_minutes", 15)
    if not isinstance(minutes, int) or isinstance(minutes, bool) or not 0 < minutes <= 1440:
        fault("interval_minutes", f"{minutes!r} is not a whole number of minutes up to a day")
        minutes = 15
    return _Market(
        interval_minutes=minutes,
        currency=str(stated.get("currency", "")),
        price_min_ticks=prices["price_min"],
        price_max_ticks=prices["price_max"],
    )
