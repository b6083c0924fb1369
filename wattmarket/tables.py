"""Lists of records as the table a caller likes: records, polars, arrow or pandas.

The one idea: a frame keeps what the wire says exactly: decimal strings become decimals, never
floats, and times become UTC time stamps. Libraries are imported only when asked for.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, NamedTuple

from wattmarket.errors import UsageError
from wattmarket.values import as_wire, decimals_of

Format = Literal["records", "polars", "arrow", "pandas"]
Record = dict[str, Any]
Json = Any
"""A value of JSON; the wire's edge is where types end."""
Table = Any
"""What `as_` asked for: a list of records or a frame of a library that may not be installed."""

ARROW = "application/vnd.apache.arrow.stream"
CSV = "text/csv"
NDJSON = "application/x-ndjson"
LINE_FILES = frozenset({".ndjson", ".jsonl"})
FRAME_FILES = frozenset({".parquet", ".arrow", ".feather", ".ipc"})
TIMES = ("start", "end", "until", "from", "to")


def is_time(name: str) -> bool:
    """Whether a field of this name holds a time."""
    return name in TIMES or name.endswith("_at")


def table(records: list[Record], as_: Format = "records") -> Table:
    """The records in the form asked for.

    Returns:
        "records": the list itself; "polars": polars.DataFrame; "arrow": pyarrow.Table;
        "pandas": pandas.DataFrame with arrow-backed columns.

    Raises:
        UsageError: an unknown form, or a library that is not installed.
    """
    if as_ == "records":
        return records
    _check_form(as_)
    try:
        frame = _polars(records)
        return frame if as_ == "polars" else _as_asked(frame.to_arrow(), as_)
    except ImportError as missing:
        raise _missing(as_, missing) from missing


def frame_of(pieces: list[bytes], as_: Format) -> Table:
    """One frame from Arrow streams of the same columns, in the form asked for.

    Raises:
        UsageError: an unknown form, or a library that is not installed.
    """
    _check_form(as_)
    try:
        import pyarrow as pa

        arrow = pa.concat_tables([pa.ipc.open_stream(piece).read_all() for piece in pieces])
        return _as_asked(arrow, as_)
    except ImportError as missing:
        raise _missing(as_, missing) from missing


def _check_form(as_: Format) -> None:
    if as_ not in ("polars", "arrow", "pandas"):
        raise UsageError(f'as_={as_!r}: write "records", "polars", "arrow" or "pandas"')


def _missing(as_: Format, missing: ImportError) -> UsageError:
    return UsageError(f'as_="{as_}" needs the library {missing.name}')


def _as_asked(arrow: Table, as_: Format) -> Table:
    if as_ == "polars":
        import polars as pl

        return pl.from_arrow(arrow)
    if as_ == "pandas":
        import pandas as pd  # type: ignore[import-not-found,import-untyped,unused-ignore]

        return arrow.to_pandas(types_mapper=pd.ArrowDtype)
    return arrow


# --- files of orders ---------------------------------------------------------------


class Part(NamedTuple):
    """Some rows of a file of text, as they are sent."""

    body: bytes
    media: str
    lines_before: int
    """Lines of the file by which a line of this part is further down."""


def text_parts(path: Path, rows: int) -> list[Part]:
    """A file of CSV or NDJSON in parts of at most so many rows, each with the header.

    Raises:
        UsageError: the file cannot be read.
    """
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except OSError as fault:
        raise UsageError(f"{path}: {fault.strerror}") from fault
    header, media = ([], NDJSON) if path.suffix.lower() in LINE_FILES else (lines[:1], CSV)
    members = lines[len(header) :]
    return [
        Part(b"".join([*header, *members[first : first + rows]]), media, first)
        for first in range(0, max(len(members), 1), rows)
    ]


def read_frame(path: Path) -> Table:
    """A file of Parquet or Arrow as a pyarrow.Table.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as missing:
        raise UsageError(f"{path} needs the library {missing.name}") from missing
    try:
        if path.suffix.lower() == ".parquet":
            return pq.read_table(path)
        with pa.OSFile(str(path)) as source:
            try:
                return pa.ipc.open_file(source).read_all()
            except pa.ArrowInvalid:
                source.seek(0)
                return pa.ipc.open_stream(source).read_all()
    except (OSError, pa.ArrowException) as fault:
        raise UsageError(f"{path}: {fault}") from fault


# --- orders on their way out ----------------------------------------------------------


def arrow_orders(orders: Table, new_name: Callable[[], str]) -> Table:
    """Orders as a pyarrow.Table the server takes.

    Args:
        orders: a frame of polars, pyarrow or pandas, or mappings.
        new_name: makes a client_order_id where there is none.

    Raises:
        UsageError: a float where no digit may be lost, a time without zone, or no table at all.
    """
    import pyarrow as pa

    table = _arrow(orders, pa)
    named = {name: _wire_column(name, table[name], pa) for name in table.column_names}
    names = named.get("client_order_id")
    if names is None or names.null_count:
        known = [None] * table.num_rows if names is None else names.to_pylist()
        named["client_order_id"] = pa.array([name or new_name() for name in known], pa.string())
    return pa.table(named)


def frame_parts(arrow: Table, rows: int) -> Iterator[Part]:
    """The table as Arrow streams of at most so many rows."""
    import pyarrow as pa

    for first in range(0, arrow.num_rows, rows):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, arrow.schema) as out:
            out.write_table(arrow.slice(first, rows))
        yield Part(sink.getvalue().to_pybytes(), ARROW, first)


def _arrow(orders: Table, pa: Any) -> Table:  # noqa: ANN401 - the library itself
    if isinstance(orders, pa.Table):
        return orders
    if isinstance(orders, pa.RecordBatch):
        return pa.Table.from_batches([orders])
    if hasattr(orders, "to_arrow"):
        return orders.to_arrow()
    if hasattr(orders, "to_dict") and hasattr(orders, "columns"):
        return pa.Table.from_pandas(orders, preserve_index=False)
    records = [dict(order) for order in orders]
    names = dict.fromkeys(name for record in records for name in record)
    return pa.table(
        {name: pa.array([_written(record.get(name), name) for record in records]) for name in names}
    )


def _written(value: Any, name: str) -> Any:  # noqa: ANN401 - what a caller hands in
    """A member of a mapping as the wire has it; lists and truth values as they are."""
    if isinstance(value, list | tuple):
        return list(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and decimals_of(name) is None:
        return value
    return as_wire(value, name)


def _wire_column(name: str, column: Table, pa: Any) -> Table:  # noqa: ANN401 - the library itself
    """A column the server takes, or a sentence that says what to write instead."""
    kind = column.type
    if pa.types.is_floating(kind):
        raise UsageError(
            f"{name} is a column of floats: make it text or decimal, so that no digit is lost"
        )
    if pa.types.is_timestamp(kind) and kind.tz is None:
        raise UsageError(f"{name} has no time zone")
    if decimals_of(name) is not None and pa.types.is_integer(kind):
        return column.cast(pa.string())
    return column


def _polars(records: list[Record]) -> Table:
    import polars as pl

    names = list(dict.fromkeys(name for record in records for name in record))
    columns = {}
    for name in names:
        values = [record.get(name) for record in records]
        decimals = decimals_of(name)
        if decimals is not None and all(isinstance(value, str | None) for value in values):
            columns[name] = pl.Series(
                name,
                [None if value is None else Decimal(value) for value in values],
                dtype=pl.Decimal(38, decimals),
            )
        elif is_time(name):
            columns[name] = pl.Series(
                name,
                [None if value is None else dt.datetime.fromisoformat(value) for value in values],
                dtype=pl.Datetime("us", "UTC"),
            )
        else:
            columns[name] = pl.Series(name, values, strict=False)
    return pl.DataFrame(columns)
