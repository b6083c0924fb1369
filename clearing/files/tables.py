"""Tables on disk, read strictly: every fault has its file, row and column, and none stops the rest.

The one idea to know: numbers are read from their decimal text into whole Wh and ticks, never
through a binary fraction, and a number with more decimals than its unit allows is a fault.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

#: Decimals of an energy in kWh, of a price per MWh, of a loss fraction.
KWH_DECIMALS: Final = 3
PRICE_DECIMALS: Final = 2
PPM_DECIMALS: Final = 6

_DECIMAL: Final = re.compile(r"([+-]?)(\d+)(?:\.(\d*))?", re.ASCII)
#: Longer numbers are mistakes, and 15 digits with 3 decimals stay far inside 64 bits.
_WHOLE_DIGITS_MAX: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong with a folder."""

    file: str
    row: int | None  # line of the file, the heading being line 1; None: the file as a whole
    column: str | None
    text: str

    def __str__(self) -> str:
        """`file, row, column: what is wrong`."""
        place = [self.file]
        place += [f"row {self.row}"] if self.row is not None else []
        place += [self.column] if self.column is not None else []
        return f"{', '.join(place)}: {self.text}"


class BookFaultyError(Exception):
    """A folder cannot be used; `faults` holds everything that is wrong with it."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class Table:
    """The rows of one file as text, and the faults found while reading their fields."""

    def __init__(self, name: str, rows: list[dict[str, str]], faults: list[Fault]) -> None:
        self.name = name
        self.rows = rows
        self._faults = faults

    def fault(self, row: int | None, column: str | None, text: str) -> None:
        """Note a fault; `row` counts the rows of the table from 0."""
        line = None if row is None else row + 2
        self._faults.append(Fault(file=self.name, row=line, column=column, text=text))

    def text(self, row: int, column: str) -> str:
        """A field that must not be empty."""
        value = (self.rows[row].get(column) or "").strip()
        if not value:
            self.fault(row, column, "empty")
        return value

    def optional(self, row: int, column: str) -> str:
        """A field that may be empty or missing."""
        return (self.rows[row].get(column) or "").strip()

    def scaled(self, row: int, column: str, decimals: int, default: int | None = None) -> int:
        """A decimal number as a whole count of 10^-decimals; empty gives the default."""
        value = self.optional(row, column)
        if not value and default is not None:
            return default
        try:
            return scaled_integer(value, decimals)
        except ValueError as error:
            self.fault(row, column, str(error))
            return 0

    def unique(self, column: str) -> dict[str, int]:
        """Row of each value of a column whose values must differ."""
        place: dict[str, int] = {}
        for row in range(len(self.rows)):
            value = self.text(row, column)
            if value and value in place:
                self.fault(row, column, f"{value!r} stands in row {place[value] + 2} already")
            elif value:
                place[value] = row
        return place

    def reference(self, row: int, column: str, place: dict[str, int]) -> int:
        """The index a name stands for; 0 with a fault where it stands for none."""
        value = self.text(row, column)
        if value and value not in place:
            self.fault(row, column, f"no {column.split('_')[-1]} is called {value!r}")
        return place.get(value, 0)


def scaled_integer(text: str, decimals: int) -> int:
    """A decimal number as a whole count of 10^-decimals, exactly.

    Raises:
        ValueError: not a plain decimal number, too long, or more decimals than the unit has.
    """
    found = _DECIMAL.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a decimal number")
    sign, whole, fraction = found.group(1), found.group(2), (found.group(3) or "").rstrip("0")
    if len(fraction) > decimals:
        raise ValueError(f"{text} has more than {decimals} decimals")
    if len(whole.lstrip("0")) > _WHOLE_DIGITS_MAX - decimals:
        raise ValueError(f"{text} is too large")
    value = int(whole + fraction.ljust(decimals, "0"))
    return -value if sign == "-" else value


def decimal_text(value: int, decimals: int) -> str:
    """A whole count of 10^-decimals as a decimal number with exactly that many decimals."""
    digits = str(abs(value)).rjust(decimals + 1, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"


def read_table(
    folder: Path, stem: str, columns: Sequence[str], faults: list[Fault], *, needed: bool
) -> Table | None:
    """The table `stem`.csv or `stem`.parquet; None, with a fault if `needed`, where there is none."""
    parquet, plain = folder / f"{stem}.parquet", folder / f"{stem}.csv"
    path = parquet if parquet.exists() else plain
    if not path.exists():
        if needed:
            faults.append(Fault(file=plain.name, row=None, column=None, text="missing"))
        return None
    try:
        heading, rows = _read_parquet(path) if path == parquet else _read_csv(path)
    except (UnicodeDecodeError, csv.Error, pl.exceptions.PolarsError) as error:
        text = f"cannot be read: {error}"
        faults.append(Fault(file=path.name, row=None, column=None, text=text))
        return None
    missing = [column for column in columns if column not in heading]
    faults += [
        Fault(file=path.name, row=1, column=column, text="column missing") for column in missing
    ]
    return Table(path.name, [] if missing else rows, faults)


def _read_csv(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, restval="")
        rows = [{key: value for key, value in row.items() if key is not None} for row in reader]
        return list(reader.fieldnames or []), rows


def _read_parquet(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    frame = pl.read_parquet(path)
    rows = [
        {key: "" if value is None else _plain(value) for key, value in row.items()}
        for row in frame.iter_rows(named=True)
    ]
    return frame.columns, rows


def _plain(value: object) -> str:
    """A Parquet value as the text a CSV file would hold."""
    if isinstance(value, float):
        # The shortest decimal that reads back as the same double is what was meant.
        text = f"{value:.15g}"
        return text if "e" not in text and "n" not in text else repr(value)
    isoformat = getattr(value, "isoformat", None)
    return str(value) if isoformat is None else str(isoformat())


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
