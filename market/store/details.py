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

from market.model.splitting import Integers
from market.settlement.again import Cells
from market.settlement.day_facts import DayDetail, DayFacts, Flags
from market.settlement.meter_series import Origin
from market.store.arrow_streams import named, narrow, starting, stream_bytes

METHODS: Final = tuple(origin.name.lower() for origin in Origin)
"""Words for where a metered value comes from, by their number."""
WAY: Final = b"2"
"""Counted up whenever the same facts would come to other columns: no later version stands on those before."""
_WAY: Final = b"way"
_KEY: Final = ("unit_id", "start_s")
ORIGIN: Final = "origin"
"""The column of where metered values come from, by numbers; written as words."""
_METHOD: Final = "method"
_WORD: Final = pa.dictionary(pa.int32(), pa.string())
_PLAIN: Final = {"unit_id": _WORD, _METHOD: _WORD}
"""Columns of words; all others are whole numbers."""


def detail_bytes(facts: DayFacts, detail: DayDetail, area_id: str) -> tuple[bytes, int]:
    """The rows of an area's units, in order of unit and interval; and how many."""
    every = Cells(
        rows=np.arange(len(facts.units)), columns=np.arange(len(facts.starts_s), dtype=np.int64)
    )
    inside = np.array([unit.area_id == area_id for unit in facts.units.values()], dtype=np.bool_)
    return cells_bytes([(every, detail)], list(facts.units), facts.starts_s, inside)


def cells_bytes(
    details: Iterable[tuple[Cells, DayDetail]],
    unit_ids: Sequence[str],
    starts_s: Sequence[int],
    inside: Flags,
) -> tuple[bytes, int]:
    """The rows of an area's units among some cells, in order of unit and interval; and how many.

    Args:
        details: cells and what was settled in them; no cell twice.
        unit_ids: of the day, in order.
        starts_s: the day's intervals.
        inside: (n,) whether a unit is the area's.
    """
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
    columns: dict[str, Any] = {
        "unit_id": named(unit_ids, row[order]),
        "start_s": starting(starts_s, column[order]),
    }
    for name, parts in values.items():
        columns[name] = narrow(_joined(parts)[order])
    method = _joined(origins).astype(np.int8)[order]
    columns[_METHOD] = pa.DictionaryArray.from_arrays(
        pa.array(method), pa.array(METHODS, type=pa.string())
    )
    return stream_bytes(columns, {_WAY: WAY}), len(row)


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
    fields = [_METHOD if name == ORIGIN else name for name in into]
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
    names, starts = table["unit_id"].chunk(0), table["start_s"].chunk(0).dictionary_encode()
    try:
        rows_of_names = [row_of[name] for name in names.dictionary.to_pylist()]
        columns_of_starts = [column_of[start_s] for start_s in starts.dictionary.to_pylist()]
    except KeyError:
        return None
    rows, columns = np.array(rows_of_names), np.array(columns_of_starts)
    unit, start = names.indices.to_numpy(), starts.indices.to_numpy()
    whole = _is_grid(unit, start, len(column_of)) and np.array_equal(columns, range(len(column_of)))
    place = rows if whole else (rows[unit], columns[start])
    for name, array in into.items():
        values = table[_METHOD].chunk(0).indices if name == ORIGIN else table[name]
        # Row by row where all of a unit's intervals stand together: a copy, and no search.
        array[place] = values.to_numpy().reshape((-1, len(column_of)) if whole else -1)
    return np.bincount(rows[unit], minlength=len(row_of)).astype(np.int64)


def _is_grid(unit: Integers, start: Integers, times: int) -> bool:
    """Whether rows are every interval of one unit after the other."""
    units, rest = divmod(len(unit), times)
    return (
        not rest
        and np.array_equal(unit, np.repeat(np.arange(units), times))
        and np.array_equal(start, np.tile(np.arange(times), units))
    )


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
                tables.append(_as_plain(only(reader.read_all())))
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


def _as_plain(table: Any) -> Any:  # noqa: ANN401 - a table
    """Whole numbers of 64 bits each, however narrow they were written: tables of one form."""
    fields = [field.with_type(_PLAIN.get(field.name, pa.int64())) for field in table.schema]
    return table.cast(pa.schema(fields))
