"""From a file of a folder to its table of text: CSV or Parquet, the same columns either way.

The one idea to know: a CSV file is read by a fast reader, and read again line by line where that
one stumbles or where lines and rows do not go together (blank lines, line breaks in quotes), so
that every fault still knows its line.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import polars as pl

from clearing.files.tables import Fault, Table


class _UnreadableError(Exception):
    """A file is no table; the message says why."""


def read_table(
    folder: Path, stem: str, columns: Sequence[str], faults: list[Fault], *, needed: bool
) -> Table:
    """The table `stem`.csv or `stem`.parquet; without rows, and with a fault if needed, where none.

    A file that is no table, or lacks a column that must be there, is a fault and gives a table
    that is not `readable`, so that nobody is told of what only follows from that.
    """
    parquet, plain = folder / f"{stem}.parquet", folder / f"{stem}.csv"
    path = parquet if parquet.is_file() else plain
    nothing = pl.DataFrame(schema=dict.fromkeys(columns, pl.String))

    def unreadable(*found: tuple[int | None, str | None, str]) -> Table:
        faults.extend(
            Fault(file=path.name, row=row, column=column, text=text) for row, column, text in found
        )
        return Table(path.name, nothing, faults, readable=False)

    if not path.is_file():
        return unreadable((None, None, "missing")) if needed else Table(plain.name, nothing, faults)
    if path == parquet and plain.is_file():
        return unreadable((None, None, f"{plain.name} stands beside it: one of them must go"))
    try:
        frame, lines = (_parquet(path), None) if path == parquet else _csv(path, faults)
    except (
        OSError,
        UnicodeDecodeError,
        csv.Error,
        pl.exceptions.PolarsError,
        _UnreadableError,
    ) as error:
        return unreadable((None, None, f"cannot be read: {error}"))
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        return unreadable(*((1, column, "column missing") for column in missing))
    return Table(path.name, frame, faults, lines=lines)


def _csv(path: Path, faults: list[Fault]) -> tuple[pl.DataFrame, list[int] | None]:
    data = path.read_bytes()
    heading = _heading(data)
    try:
        frame = pl.read_csv(
            data,
            schema=dict.fromkeys(heading, pl.String),
            quote_char='"',
            truncate_ragged_lines=False,
        )
    except pl.exceptions.PolarsError:
        return _csv_by_line(data, heading, path.name, faults)
    frame = frame.select(pl.all().str.strip_chars().fill_null(""))
    one_a_line = frame.height + 1 == data.count(b"\n") + (not data.endswith(b"\n"))
    if not one_a_line or frame.select(pl.all_horizontal(pl.all() == "").any()).item():
        return _csv_by_line(data, heading, path.name, faults)
    return frame, None


def _heading(data: bytes) -> list[str]:
    end = data.find(b"\n")
    first = data if end < 0 else data[:end]
    names = [name.strip() for name in next(csv.reader([first.decode("utf-8-sig")]), [])]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise _UnreadableError(f"two columns are called {twice[0]!r}")
    return names


def _csv_by_line(
    data: bytes, heading: list[str], name: str, faults: list[Fault]
) -> tuple[pl.DataFrame, list[int]]:
    """The same, slowly, with the line on which each row ends."""
    reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        next(reader, None)
        for fields in reader:
            if not fields:
                continue
            if len(fields) > len(heading):
                text = f"{len(fields)} fields under a heading of {len(heading)}"
                faults.append(Fault(file=name, row=reader.line_num, column=None, text=text))
            fields = [field.strip() for field in fields[: len(heading)]]
            rows.append(fields + [""] * (len(heading) - len(fields)))
            lines.append(reader.line_num)
    except csv.Error as error:
        raise _UnreadableError(f"line {reader.line_num}: {error}") from error
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(heading)
    return pl.DataFrame(
        [
            pl.Series(key, values, dtype=pl.String)
            for key, values in zip(heading, columns, strict=True)
        ]
    ), lines


def _parquet(path: Path) -> pl.DataFrame:
    frame = pl.read_parquet(path)
    return frame.select(_text(column).str.strip_chars().fill_null("") for column in frame)


def _text(column: pl.Series) -> pl.Series:
    """A column of a Parquet file as the text a CSV file would hold."""
    kind = column.dtype
    if isinstance(kind, pl.Datetime):
        zone = "" if kind.time_zone is None else "Z"
        utc = column if kind.time_zone is None else column.dt.convert_time_zone("UTC")
        return utc.dt.strftime(f"%Y-%m-%dT%H:%M:%S%.6f{zone}")
    if kind.is_float():
        texts = [None if value is None else _shortest(value) for value in column]
        return pl.Series(column.name, texts, dtype=pl.String)
    if kind.is_nested() or kind == pl.Binary:
        raise _UnreadableError(f"column {column.name!r} holds {kind}, not numbers or text")
    return column.cast(pl.String)


def _shortest(value: float) -> str:
    """The shortest decimal that reads back as the same double: what was meant."""
    text = f"{value:.15g}"
    return text if "n" in text else format(Decimal(text), "f")
