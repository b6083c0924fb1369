"""What units did in a day, as bytes and back: an Arrow stream for each area.

The one idea: a row is a unit in an interval, a column is a whole number with its unit in its name, or the word
for where the metered value comes from; anybody who reads Arrow reads it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from market.model.splitting import Integers
from market.settlement.day_facts import DayDetail, DayFacts
from market.settlement.meter_series import Origin

_CODEC: Final = "zstd"
METHODS: Final = tuple(origin.name.lower() for origin in Origin)
"""Words for where a metered value comes from, by their number."""


def detail_bytes(facts: DayFacts, detail: DayDetail, area_id: str) -> tuple[bytes, int]:
    """The rows of an area's units, in order of unit and interval; and how many."""
    units = list(facts.units.values())
    rows = [row for row, unit in enumerate(units) if unit.area_id == area_id]
    inside = np.array(rows, dtype=np.int64)
    times = len(facts.starts_s)
    names = pa.array([units[row].unit_id for row in rows], type=pa.string())
    places = pa.array(np.repeat(np.arange(len(inside), dtype=np.int32), times))
    columns: dict[str, Any] = {
        "unit_id": pa.DictionaryArray.from_arrays(places, names),
        "start_s": pa.array(np.tile(np.array(facts.starts_s, dtype=np.int64), len(inside))),
    }
    for name in DayDetail.names():
        columns[name] = pa.array(getattr(detail, name)[inside].ravel())
    columns["method"] = pa.DictionaryArray.from_arrays(
        pa.array(detail.origin[inside].ravel()), pa.array(METHODS, type=pa.string())
    )
    table = pa.table(columns)
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression=_CODEC)
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes(), table.num_rows


def detail_grid(detail: bytes, names: Sequence[str]) -> tuple[list[str], list[int], list[Integers]]:
    """Units, intervals, and (units, intervals) for each column of whole numbers that is named."""
    with pa.ipc.open_stream(detail) as reader:
        table = reader.read_all().combine_chunks()
    starts_s: list[int] = table["start_s"].unique().to_pylist()
    unit_ids: list[str] = table["unit_id"].unique().to_pylist()
    shape = (len(unit_ids), len(starts_s))
    return unit_ids, starts_s, [table[name].to_numpy().reshape(shape) for name in names]


def detail_rows(detail: bytes, unit_ids: Sequence[str]) -> list[Mapping[str, Any]]:
    """The rows of some units, in order of unit and interval."""
    with pa.ipc.open_stream(detail) as reader:
        table = reader.read_all()
    wanted = pc.is_in(table["unit_id"], value_set=pa.array(unit_ids, type=pa.string()))
    rows: list[Mapping[str, Any]] = table.filter(wanted).to_pylist()
    return rows


def detail_slice(detail: bytes, first: int, count: int) -> list[Mapping[str, Any]]:
    """So many rows from one on, in order of unit and interval."""
    with pa.ipc.open_stream(detail) as reader:
        rows: list[Mapping[str, Any]] = reader.read_all().slice(first, count).to_pylist()
    return rows


def detail_columns(
    detail: bytes, names: Sequence[str], *, without: Sequence[str] = ()
) -> dict[str, Integers]:
    """Some columns of whole numbers, for all units but those named; (rows,) each."""
    with pa.ipc.open_stream(detail) as reader:
        table = reader.read_all()
    if without:
        other = pc.is_in(table["unit_id"], value_set=pa.array(without, type=pa.string()))
        table = table.filter(pc.invert(other))
    return {name: table[name].to_numpy() for name in names}
