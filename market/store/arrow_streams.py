"""Columns as Arrow streams: ids by their numbers, whole numbers, compressed.

The one idea: of very many names only those that come up are written, each once, and they are found by marking
them, which costs no sorting.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from market.model.splitting import Integers

_CODEC: Final = "zstd"


def named(names: Sequence[str], numbers: Integers) -> Any:  # noqa: ANN401 - pyarrow carries no types
    """A column of ids, given by their numbers; names are written in the order of their numbers."""
    present = np.zeros(len(names), dtype=np.bool_)
    present[numbers] = True
    found = np.flatnonzero(present)
    place = np.zeros(len(names), dtype=np.int32)
    place[found] = np.arange(len(found), dtype=np.int32)
    return pa.DictionaryArray.from_arrays(
        pa.array(place[numbers]),
        pa.array([names[number] for number in found.tolist()], type=pa.string()),
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
