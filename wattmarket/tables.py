"""Lists of records as the table a caller likes: records, polars, arrow or pandas.

The one idea: a frame keeps what the wire says exactly: decimal strings become decimals, never
floats, and times become UTC time stamps. Libraries are imported only when asked for.
"""

import datetime as dt
from decimal import Decimal
from typing import Any, Literal

from wattmarket.errors import UsageError
from wattmarket.values import decimals_of

Format = Literal["records", "polars", "arrow", "pandas"]
Record = dict[str, Any]
Json = Any
"""A value of JSON; the wire's edge is where types end."""
Table = Any
"""What `as_` asked for: a list of records or a frame of a library that may not be installed."""

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
    if as_ not in ("polars", "arrow", "pandas"):
        raise UsageError(f'as_={as_!r}: write "records", "polars", "arrow" or "pandas"')
    try:
        frame = _polars(records)
        if as_ == "polars":
            return frame
        arrow = frame.to_arrow()
        if as_ == "arrow":
            return arrow
        import pandas as pd  # type: ignore[import-not-found,import-untyped,unused-ignore]

        return arrow.to_pandas(types_mapper=pd.ArrowDtype)
    except ImportError as missing:
        raise UsageError(f'as_="{as_}" needs the library {missing.name}') from missing


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
