"""A clearing problem as a folder of files: `market.json`, areas, lines, orders.

The one idea to know: all faults of a folder are found before any is reported, each with its file,
row and column, and a folder that asks for something this engine does not clear (blocks, storage
orders, PTDF lines, nested areas, sloped orders) is refused rather than cleared without it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from clearing.files.tables import (
    KWH_DECIMALS,
    PPM_DECIMALS,
    PRICE_DECIMALS,
    BookFaultyError,
    Fault,
    Table,
    read_table,
    scaled_integer,
)
from clearing.problem import (
    NO_LIMIT_WH,
    PPM,
    Areas,
    ClearingProblem,
    IntArray,
    Lines,
    StepOrders,
    Tie,
    faults,
)

_NOT_CLEARED: Final = {
    "blocks": "block orders",
    "block_profile": "block orders",
    "storages": "storage orders",
    "ptdf": "PTDF lines",
}
_ORDER_COLUMNS: Final = ("order", "area", "interval", "side", "price_per_mwh", "energy_kwh", "time")
#: A year of 5-minute intervals is 105,120; more is a mistake in a date.
_INTERVALS_MAX: Final = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A problem and the names its indices stand for."""

    problem: ClearingProblem
    currency: str
    areas: list[str]
    lines: list[str]
    orders: list[str]
    intervals: list[str]  # as the files name them


def read_book(folder: Path, tie: Tie = Tie.TIME) -> Book:
    """Read a folder.

    Raises:
        BookFaultyError: with all faults together.
    """
    found: list[Fault] = []
    market = _market(folder, found)
    for stem, kind in _NOT_CLEARED.items():
        table = read_table(folder, stem, (), found, needed=False)
        if table is not None and table.rows:
            table.fault(None, None, f"{kind} are not cleared by this engine")
    areas = read_table(folder, "areas", ("area",), found, needed=True)
    lines = read_table(folder, "lines", ("line", "from_area", "to_area"), found, needed=False)
    orders = read_table(folder, "orders", _ORDER_COLUMNS, found, needed=True)
    capacities = read_table(
        folder,
        "line_capacities",
        ("line", "interval", "capacity_forward_kwh", "capacity_backward_kwh"),
        found,
        needed=False,
    )
    if areas is None or orders is None:
        raise BookFaultyError(found)
    area_of = areas.unique("area")
    intervals = _Intervals(market.interval_minutes)
    for table in filter(None, (orders, capacities)):
        intervals.learn(table)
    count = intervals.count(found)
    line_of = lines.unique("line") if lines is not None else {}
    problem = ClearingProblem(
        n_areas=max(len(areas.rows), 1),
        n_intervals=count,
        areas=_areas(areas, count),
        lines=_lines(lines, capacities, line_of, area_of, intervals, count),
        orders=_orders(orders, area_of, intervals),
        price_min_ticks=market.price_min_ticks,
        price_max_ticks=market.price_max_ticks,
        tie=tie,
    )
    if not found:
        found += [Fault(file="orders", row=None, column=None, text=t) for t in faults(problem)]
    if found:
        raise BookFaultyError(found)
    return Book(
        problem=problem,
        currency=market.currency,
        areas=list(area_of),
        lines=list(line_of),
        orders=[row["order"].strip() for row in orders.rows],
        intervals=intervals.labels(count),
    )


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
    prices = {"price_min": -50_000, "price_max": 400_000}
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


class _Intervals:
    """Delivery intervals, named by an ISO 8601 start in UTC or by a whole number from 0."""

    def __init__(self, minutes: int) -> None:
        self._step = timedelta(minutes=minutes)
        self._names: dict[str, tuple[Table, int]] = {}
        self._start: datetime | None = None
        self._times: dict[str, datetime] = {}

    def learn(self, table: Table) -> None:
        """Read the names of a table's intervals."""
        for row in range(len(table.rows)):
            name = table.text(row, "interval")
            if name and name not in self._names:
                self._names[name] = (table, row)
                if not name.isdecimal():
                    self._learn_time(name, table, row)
        if self._times:
            self._start = min(self._times.values())

    def _learn_time(self, name: str, table: Table, row: int) -> None:
        try:
            time = datetime.fromisoformat(name)
        except ValueError:
            table.fault(row, "interval", f"{name!r} is neither a whole number nor a time")
            return
        if time.tzinfo is None:
            table.fault(row, "interval", f"{name} has no time zone")
            return
        self._times[name] = time.astimezone(UTC)

    def count(self, found: list[Fault]) -> int:
        """How many intervals there are, from the first to the last named."""
        if self._times and len(self._times) != len(self._names):
            text = "some intervals are times and some are numbers"
            found.append(Fault(file="orders", row=None, column="interval", text=text))
            return 1
        last = max((self.index(name) for name in self._names), default=0)
        if last >= _INTERVALS_MAX:
            text = f"more than {_INTERVALS_MAX} intervals"
            found.append(Fault(file="orders", row=None, column="interval", text=text))
            return 1
        for name, (table, row) in self._names.items():
            if name in self._times and (self._times[name] - self._first()) % self._step:
                table.fault(row, "interval", f"{name} does not start an interval")
        return last + 1

    def _first(self) -> datetime:
        assert self._start is not None
        return self._start

    def index(self, name: str) -> int:
        """The index of an interval; 0 for a name that was found faulty."""
        if name in self._times:
            return (self._times[name] - self._first()) // self._step
        return int(name) if name.isdecimal() else 0

    def labels(self, count: int) -> list[str]:
        """The names of all intervals in order."""
        if not self._times:
            return [str(t) for t in range(count)]
        starts = (self._first() + t * self._step for t in range(count))
        return [start.strftime("%Y-%m-%dT%H:%M:%SZ") for start in starts]


def _areas(table: Table, count: int) -> Areas:
    def limit(row: int, column: str) -> int:
        wh = table.scaled(row, column, KWH_DECIMALS, default=NO_LIMIT_WH)
        if wh < 0:
            table.fault(row, column, "negative")
        return wh

    rows = range(len(table.rows))
    for row in rows:
        if table.optional(row, "parent"):
            table.fault(row, "parent", "nested areas are not cleared by this engine")
    return Areas(
        import_limit_wh=_over_time([limit(row, "import_limit_kwh") for row in rows] or [0], count),
        export_limit_wh=_over_time([limit(row, "export_limit_kwh") for row in rows] or [0], count),
    )


def _over_time(values: list[int], count: int) -> IntArray:
    return np.repeat(np.array(values, dtype=np.int64).reshape(-1, 1), count, axis=1)


def _lines(
    table: Table | None,
    capacities: Table | None,
    line_of: dict[str, int],
    area_of: dict[str, int],
    intervals: _Intervals,
    count: int,
) -> Lines:
    given = table if table is not None else Table("lines.csv", [], [])
    forward = _over_time(_column(given, "capacity_forward_kwh", KWH_DECIMALS, NO_LIMIT_WH), count)
    backward = _over_time(_column(given, "capacity_backward_kwh", KWH_DECIMALS, NO_LIMIT_WH), count)
    if capacities is not None:
        _set_capacities(capacities, line_of, intervals, forward, backward)
    rows = range(len(given.rows))
    start = [given.reference(row, "from_area", area_of) for row in rows]
    end = [given.reference(row, "to_area", area_of) for row in rows]
    for row in rows:
        if start[row] == end[row]:
            given.fault(row, "to_area", "a line joins an area with itself")
    fee_forward = _column(given, "fee_forward_per_mwh", PRICE_DECIMALS, 0)
    fee_backward = _column(given, "fee_backward_per_mwh", PRICE_DECIMALS, 0)
    return Lines(
        from_area=np.array(start, dtype=np.int32),
        to_area=np.array(end, dtype=np.int32),
        capacity_forward_wh=forward,
        capacity_backward_wh=backward,
        loss_ppm=np.array(_column(given, "loss_fraction", PPM_DECIMALS, 0, PPM), dtype=np.int64),
        fee_forward_ticks=np.array(fee_forward, dtype=np.int64),
        fee_backward_ticks=np.array(fee_backward, dtype=np.int64),
    )


def _column(
    table: Table, name: str, decimals: int, default: int, below: int | None = None
) -> list[int]:
    """A column of numbers that must not be negative, and below a bound if there is one."""
    values = []
    for row in range(len(table.rows)):
        value = table.scaled(row, name, decimals, default=default)
        if value < 0 or (below is not None and value >= below):
            table.fault(row, name, "out of range")
            value = 0
        values.append(value)
    return values


def _set_capacities(
    table: Table,
    line_of: dict[str, int],
    intervals: _Intervals,
    forward: IntArray,
    backward: IntArray,
) -> None:
    """Capacities of single intervals replace those of the line."""
    in_forward = _column(table, "capacity_forward_kwh", KWH_DECIMALS, NO_LIMIT_WH)
    in_backward = _column(table, "capacity_backward_kwh", KWH_DECIMALS, NO_LIMIT_WH)
    for row in range(len(table.rows)):
        line = table.reference(row, "line", line_of)
        t = intervals.index(table.optional(row, "interval"))
        # A faulty row points nowhere; its fault is noted already.
        if line < forward.shape[0] and t < forward.shape[1]:
            forward[line, t], backward[line, t] = in_forward[row], in_backward[row]


def _orders(table: Table, area_of: dict[str, int], intervals: _Intervals) -> StepOrders:
    table.unique("order")
    rows = range(len(table.rows))
    energy = []
    for row in rows:
        if table.optional(row, "price_end_per_mwh"):
            table.fault(row, "price_end_per_mwh", "sloped orders are not cleared by this engine")
        side = table.text(row, "side")
        if side not in ("buy", "sell", ""):
            table.fault(row, "side", f"{side!r} is neither buy nor sell")
        wh = table.scaled(row, "energy_kwh", KWH_DECIMALS)
        if wh <= 0:
            table.fault(row, "energy_kwh", "not positive")
        energy.append(wh)
    return StepOrders(
        area=np.array([table.reference(row, "area", area_of) for row in rows], dtype=np.int32),
        interval=np.array(
            [intervals.index(table.optional(row, "interval")) for row in rows], dtype=np.int32
        ),
        is_sell=np.array([table.optional(row, "side") == "sell" for row in rows], dtype=np.bool_),
        price_ticks=np.array(
            [table.scaled(row, "price_per_mwh", PRICE_DECIMALS) for row in rows], dtype=np.int64
        ),
        energy_wh=np.array(energy, dtype=np.int64),
        sequence=_sequence(table),
    )


def _sequence(table: Table) -> IntArray:
    """Rank of the orders by time, then id: acceptance, whatever the order of the rows."""
    keys = []
    for row in range(len(table.rows)):
        text = table.text(row, "time")
        time = _time(text)
        if time is None:
            if text:
                table.fault(row, "time", f"{text!r} is no time with a time zone")
            time = datetime.min.replace(tzinfo=UTC)
        keys.append((time, table.optional(row, "order"), row))
    sequence = np.zeros(len(keys), dtype=np.int64)
    for rank, (_, _, row) in enumerate(sorted(keys)):
        sequence[row] = rank
    return sequence


def _time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if time.tzinfo is None else time.astimezone(UTC)
