"""What units did in a day, as bytes and back: an Arrow stream for each area.

The one idea: a row is a unit in an interval, a column is a whole number with its unit in its name, or the word
for where the metered value comes from; anybody who reads Arrow reads it. A version of which little has changed
is kept as the rows that have, on top of the version before.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from market.model.participant import Unit
from market.model.splitting import Integers
from market.settlement.again import Cells
from market.settlement.day_facts import DayDetail, DayFacts
from market.settlement.meter_series import Origin

_CODEC: Final = "zstd"
METHODS: Final = tuple(origin.name.lower() for origin in Origin)
"""Words for where a metered value comes from, by their number."""
WAY: Final = b"1"
"""Counted up whenever the same facts would come to other columns: no later version stands on those before."""
_WAY: Final = b"way"
_KEY: Final = ("unit_id", "start_s")
_ORIGIN, _METHOD = "origin", "method"


def detail_bytes(facts: DayFacts, detail: DayDetail, area_id: str) -> tuple[bytes, int]:
    """The rows of an area's units, in order of unit and interval; and how many."""
    every = Cells(
        rows=np.arange(len(facts.units)), columns=np.arange(len(facts.starts_s), dtype=np.int64)
    )
    return cells_bytes([(every, detail)], list(facts.units.values()), facts.starts_s, area_id)


def cells_bytes(
    details: Iterable[tuple[Cells, DayDetail]],
    units: Sequence[Unit],
    starts_s: Sequence[int],
    area_id: str,
) -> tuple[bytes, int]:
    """The rows of an area's units among some cells, in order of unit and interval; and how many.

    Args:
        details: cells and what was settled in them; no cell twice.
        units: of the day, in order.
        starts_s: the day's intervals.
        area_id: whose units.
    """
    inside = np.array([unit.area_id == area_id for unit in units], dtype=np.bool_)
    row_parts, column_parts = [], []
    values: dict[str, list[Integers]] = {name: [] for name in DayDetail.names()}
    origins: list[Integers] = []
    for cells, detail in details:
        own = inside[cells.rows]
        rows, times = cells.rows[own], len(cells.columns)
        row_parts.append(np.repeat(rows, times))
        column_parts.append(np.tile(cells.columns, len(rows)))
        for name, parts in values.items():
            parts.append(getattr(detail, name)[own].ravel())
        origins.append(detail.origin[own].ravel().astype(np.int64))
    row, column = _joined(row_parts), _joined(column_parts)
    order = np.lexsort((column, row)) if len(row_parts) > 1 else np.arange(len(row))
    named, place = np.unique(row, return_inverse=True)
    names = pa.array([units[number].unit_id for number in named.tolist()], type=pa.string())
    places = pa.array(place.ravel()[order].astype(np.int32))
    starts = np.array(starts_s, dtype=np.int64)
    columns: dict[str, Any] = {
        "unit_id": pa.DictionaryArray.from_arrays(places, names),
        "start_s": pa.array(starts[column[order]]),
    }
    for name, parts in values.items():
        columns[name] = pa.array(_joined(parts)[order])
    method = _joined(origins).astype(np.int8)[order]
    columns[_METHOD] = pa.DictionaryArray.from_arrays(
        pa.array(method), pa.array(METHODS, type=pa.string())
    )
    table = pa.table(columns).replace_schema_metadata({_WAY: WAY})
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression=_CODEC)
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes(), table.num_rows


def _joined(parts: Sequence[Integers]) -> Integers:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


def put_columns(
    detail: bytes,
    into: Mapping[str, Integers],
    row_of: Mapping[str, int],
    column_of: Mapping[int, int],
) -> Integers | None:
    """Put the rows of an area where they belong in columns of the whole day.

    Args:
        detail: as it was written.
        into: (n, t) arrays by name; `origin` is that of the metered value.
        row_of: the place of each unit.
        column_of: the place of each interval.

    Returns:
        How many rows each of its units has, by the unit's place, or None: they do not belong there.
    """
    fields = [_METHOD if name == _ORIGIN else name for name in into]
    try:
        with pa.ipc.open_stream(detail) as reader:
            known, told = reader.schema.names, reader.schema.metadata or {}
        if told.get(_WAY) != WAY or not {*_KEY, *fields} <= set(known):
            return None
        wanted = [known.index(name) for name in (*_KEY, *fields)]
        options = pa.ipc.IpcReadOptions(included_fields=wanted)
        with pa.ipc.open_stream(detail, options=options) as reader:
            table = reader.read_all().combine_chunks()
    except pa.ArrowInvalid:
        return None
    if not table.num_rows:
        return np.zeros(len(row_of), dtype=np.int64)
    names = table["unit_id"].chunk(0)
    try:
        rows_of_names = [row_of[name] for name in names.dictionary.to_pylist()]
        starts, which = np.unique(table["start_s"].to_numpy(), return_inverse=True)
        columns_of_starts = [column_of[start_s] for start_s in starts.tolist()]
    except KeyError:
        return None
    row = np.array(rows_of_names, dtype=np.int64)[names.indices.to_numpy()]
    column = np.array(columns_of_starts, dtype=np.int64)[which.ravel()]
    for name, array in into.items():
        values = table[_METHOD].chunk(0).indices if name == _ORIGIN else table[name]
        array[row, column] = values.to_numpy()
    return np.bincount(row, minlength=len(row_of)).astype(np.int64)


def detail_rows(details: Sequence[bytes], unit_ids: Sequence[str]) -> list[Mapping[str, Any]]:
    """The rows of some units of an area, in order of unit and interval; `details`: see `_laid_together`."""
    wanted = pa.array(unit_ids, type=pa.string())
    rows: list[Mapping[str, Any]] = _laid_together(
        details, lambda table: table.filter(pc.is_in(table["unit_id"], value_set=wanted))
    ).to_pylist()
    return rows


def detail_slice(details: Sequence[bytes], first: int, count: int) -> list[Mapping[str, Any]]:
    """So many rows of an area from one on, in order of unit and interval."""
    whole = _laid_together(details, lambda table: table)
    rows: list[Mapping[str, Any]] = whole.slice(first, count).to_pylist()
    return rows


def detail_grid(
    details: Sequence[bytes], names: Sequence[str]
) -> tuple[list[str], list[int], list[Integers]]:
    """Units, intervals, and (units, intervals) for each column of whole numbers that is named."""
    table = _laid_together(details, lambda table: table).combine_chunks()
    starts_s: list[int] = table["start_s"].unique().to_pylist()
    unit_ids: list[str] = table["unit_id"].unique().to_pylist()
    shape = (len(unit_ids), len(starts_s))
    return unit_ids, starts_s, [table[name].to_numpy().reshape(shape) for name in names]


def detail_columns(
    details: Sequence[bytes], names: Sequence[str], *, without: Sequence[str] = ()
) -> dict[str, Integers]:
    """Some columns of an area's whole numbers, for all units but those named; (rows,) each."""
    other = pa.array(without, type=pa.string())
    table = _laid_together(
        details, lambda table: table.filter(pc.invert(pc.is_in(table["unit_id"], value_set=other)))
    )
    return {name: table[name].to_numpy() for name in names}


def _laid_together(details: Sequence[bytes], only: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - a table
    """The rows of an area: those of the first, in which those on top take the place of older ones.

    Args:
        details: as kept, the whole area first; empty ones say nothing.
        only: which rows of a table are wanted.
    """
    tables = []
    for detail in details:
        if detail:
            with pa.ipc.open_stream(detail) as reader:
                tables.append(only(reader.read_all()))
    first, *on_top = tables
    if not any(table.num_rows for table in on_top):
        return first
    names = {name: None for table in tables for name in table["unit_id"].unique().to_pylist()}
    place = {name: number for number, name in enumerate(names)}
    start_s = np.concatenate([table["start_s"].to_numpy() for table in tables])
    unit = np.concatenate(
        [
            np.array([place[name] for name in table["unit_id"].to_pylist()], dtype=np.int64)
            for table in tables
        ]
    )
    newest = len(unit) - 1 - np.arange(len(unit))
    order = np.lexsort((newest, start_s, unit))
    first_of = np.append(True, (np.diff(unit[order]) != 0) | (np.diff(start_s[order]) != 0))
    whole = pa.concat_tables(tables).unify_dictionaries()
    return whole.take(pa.array(order[first_of]))
