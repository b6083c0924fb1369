"""What a month says of units and their groups, as bytes and back: an Arrow stream.

The one idea: as of a day (`details.py`): a row is a unit in a group, a column a whole number with its unit in its name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from market.settlement.band import UnitMonth

_WORDS: Final = frozenset({"group_id", "unit_id"})
_NAMES: Final = tuple(field.name for field in fields(UnitMonth))
# Sums of a month may be beyond 64 bits; 38 digits are room for any.
_SCHEMA: Final = pa.schema(
    [(name, pa.string() if name in _WORDS else pa.decimal128(38, 0)) for name in _NAMES]
)


def month_bytes(months: Sequence[UnitMonth]) -> tuple[bytes, int]:
    """All rows in order, and how many."""
    columns = {name: [getattr(item, name) for item in months] for name in _NAMES}
    table = pa.table(columns, schema=_SCHEMA)
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes(), table.num_rows


def month_rows(
    detail: bytes, unit_ids: Iterable[str] | None, group_ids: Iterable[str] = ()
) -> list[Mapping[str, Any]]:
    """The rows of some units, and those of some groups; of units None: all."""
    with pa.ipc.open_stream(detail) as reader:
        table = reader.read_all()
    if unit_ids is not None:
        wanted = pc.or_(
            pc.is_in(table["unit_id"], value_set=pa.array(unit_ids, type=pa.string())),
            pc.is_in(table["group_id"], value_set=pa.array(group_ids, type=pa.string())),
        )
        table = table.filter(wanted)
    return [
        {name: value if name in _WORDS else int(value) for name, value in row.items()}
        for row in table.to_pylist()
    ]
