"""Columns as Arrow streams: ids by their numbers, whole numbers, compressed.

The one idea: of very many names only those that come up are written, each once, and they are found by marking
them, which costs no sorting. Whole numbers are of the narrowest type that holds all of a column: packed and
unpacked in a tenth of the time of 64 bits each, most of which would say nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from market.model.splitting import Integers

_CODEC: Final = "zstd"
_WIDTHS: Final = (np.int8, np.int16, np.int32)


def named(names: Sequence[str], numbers: Integers) -> Any:  # noqa: ANN401 - pyarrow carries no types
    """A column of ids, given by their numbers; names are written in the order of their numbers."""
    present = np.zeros(len(names), dtype=np.bool_)
    present[numbers] = True
    found = np.flatnonzero(present)
    place = np.zeros(len(names), dtype=np.int64)
    place[found] = np.arange(len(found))
    return pa.DictionaryArray.from_arrays(
        narrow(place[numbers]),
        pa.array([names[number] for number in found.tolist()], type=pa.string()),
    )


def narrow(values: Integers) -> Any:  # noqa: ANN401 - pyarrow carries no types
    """A column of whole numbers."""
    least, most = int(values.min(initial=0)), int(values.max(initial=0))
    for width in _WIDTHS:
        if np.iinfo(width).min <= least and most <= np.iinfo(width).max:
            return pa.array(values.astype(width))
    return pa.array(values)


def starting(starts_s: Sequence[int], intervals: Integers) -> Any:  # noqa: ANN401 - pyarrow carries no types
    """A column of intervals' starts, given by their places in the day."""
    return pa.DictionaryArray.from_arrays(
        pa.array(intervals.astype(np.int16)), pa.array(starts_s, type=pa.int64())
    )


def stream_bytes(
    columns: Mapping[str, Any], metadata: Mapping[bytes, bytes] | None = None
) -> bytes:
    """Columns of one length as a stream."""
    table = pa.table(dict(columns)).replace_schema_metadata(metadata)
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression=_CODEC)
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    found: bytes = sink.getvalue().to_pybytes()
    return found
