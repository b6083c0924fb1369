"""Tables on disk, read strictly: every fault has its file, row and column, and none stops the rest.

The one idea to know: a table is its columns of text. Each is read at once, into whole numbers or
into the indices its names stand for; whatever cannot be read so is a fault of its row, and leaves
a harmless value behind so that the rest can be looked at too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clearing.files.decimals import DIGITS_MAX, scaled_column
from clearing.problem import BoolArray, IndexArray, IntArray

#: Index of each name.
Names = dict[str, int]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: Before every time that can be written.
_NO_TIME: Final = int(np.iinfo(np.int64).min)
#: The usual ways to write an instant; others are read one by one.
_INSTANT: Final = (
    r"^[12][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9](\.[0-9]{1,6})?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})$"
)


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
    """A folder cannot be used; `faults` holds all that is wrong with it, file by file, row by row."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        noted = list(faults)
        rank = {name: k for k, name in enumerate(dict.fromkeys(fault.file for fault in noted))}
        noted.sort(key=lambda fault: (rank[fault.file], fault.row or 0))
        super().__init__("\n".join(str(fault) for fault in noted))
        self.faults = noted


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a column's numbers must lie between, both included, and what is said of others."""

    low: int
    high: int
    text: str


class Table:
    """The columns of one file as text, and the faults found while reading them."""

    def __init__(
        self,
        name: str,
        frame: pl.DataFrame,
        faults: list[Fault],
        *,
        lines: list[int] | None = None,
        readable: bool = True,
    ) -> None:
        self.name = name
        self.readable = readable  # False: a fault says why there are no rows
        self._frame = frame  # all columns text, stripped, "" where empty
        self._faults = faults
        self._lines = lines  # line of each row; None: row 0 is line 2 and so on

    def __len__(self) -> int:
        """Number of rows."""
        return self._frame.height

    def unread(self, known: Iterable[str]) -> list[str]:
        """Columns that are not among the known ones."""
        wanted = set(known)
        return [column for column in self._frame.columns if column not in wanted]

    def fault(self, row: int | None, column: str | None, text: str) -> None:
        """Note a fault; `row` counts the rows of the table from 0."""
        line = None if row is None else self._line(row)
        self._faults.append(Fault(file=self.name, row=line, column=column, text=text))

    def _line(self, row: int) -> int:
        return row + 2 if self._lines is None else self._lines[row]

    def refuse(self, column: str, wrong: BoolArray, text: str | Callable[[str], str]) -> None:
        """Note a fault in every row that is wrong; `text` may be made from the field."""
        rows = np.flatnonzero(wrong).tolist()
        if not rows:
            return
        texts = self.texts(column)
        for row in rows:
            self.fault(row, column, text(texts[row]) if callable(text) else text)

    def texts(self, column: str) -> pl.Series:
        """A column that may be missing or hold empty fields, which are ""."""
        if column in self._frame.columns:
            return self._frame[column]
        return pl.Series(column, [""] * len(self), dtype=pl.String)

    def filled(self, column: str) -> pl.Series:
        """A column whose fields must not be empty."""
        texts = self.texts(column)
        self.refuse(column, (texts == "").to_numpy(), "empty")
        return texts

    def scaled(
        self,
        column: str,
        decimals: int,
        *,
        default: int | None = None,
        bounds: Bounds | None = None,
        digits: int = DIGITS_MAX,
    ) -> IntArray:
        """A column of decimal numbers as whole counts of 10^-decimals; empty gives the default."""
        texts = self.texts(column)
        values, wrong = scaled_column(texts, decimals, digits)
        good = np.ones(len(self), dtype=np.bool_)
        if default is not None:
            empty = (texts == "").to_numpy()
            values[empty], good[empty] = default, False
        for row, text in wrong.items():
            if default is None or texts[row]:
                self.fault(row, column, text)
            good[row] = False
        if bounds is not None:
            outside = good & ((values < bounds.low) | (values > bounds.high))
            self.refuse(column, outside, lambda field: f"{field} is {bounds.text}")
            values[outside] = bounds.low
        return values

    def choice(self, column: str, words: tuple[str, str], default: str | None = None) -> BoolArray:
        """A column of one of two words; True where it is the first."""
        texts = self.texts(column)
        fine = [*words, "" if default is not None else words[0]]
        self.refuse(
            column,
            ~texts.is_in(fine).to_numpy(),
            lambda field: f"{field!r} is neither {words[0]} nor {words[1]}" if field else "empty",
        )
        if default == words[0]:
            return texts.is_in([words[0], ""]).to_numpy()
        return (texts == words[0]).to_numpy()

    def names(self, column: str) -> Names | None:
        """Row of each name of a column whose names must be there and differ.

        None where the table is not readable: then no name can be said to be unknown.
        """
        if not self.readable:
            return None
        rows = self.refuse_twins(column).to_list()
        # The first of two equal names stays.
        place = dict(zip(reversed(rows), range(len(rows) - 1, -1, -1), strict=True))
        place.pop("", None)
        return place

    def refuse_twins(self, column: str) -> pl.Series:
        """A column whose fields must be there and differ."""
        texts = self.filled(column)
        if texts.n_unique() < len(self):
            codes = texts.replace("", None).rank("dense").fill_null(0).to_numpy()
            self.refuse_repeats(column, codes.astype(np.int32) - 1)
        return texts

    def refuse_repeats(self, column: str, *keys: IndexArray) -> None:
        """Note a fault where an earlier row has the same keys; rows with a key below 0 have none."""
        rows = np.flatnonzero(np.logical_and.reduce([key >= 0 for key in keys]))
        if not len(rows):
            return
        order = rows[np.lexsort([key[rows] for key in keys])]
        again = np.logical_and.reduce([key[order[1:]] == key[order[:-1]] for key in keys])
        new = np.concatenate([np.ones(1, dtype=np.bool_), ~again])
        first = order[new][np.cumsum(new) - 1]
        texts = self.texts(column)
        for row, earlier in zip(order[~new].tolist(), first[~new].tolist(), strict=True):
            self.fault(row, column, f"{texts[row]!r} stands in row {self._line(earlier)} already")

    def reference(
        self, column: str, names: Names | None, noun: str, *, optional: bool = False
    ) -> IndexArray:
        """The indices a column's names stand for; -1, with a fault unless optional, where none."""
        texts = self.texts(column) if optional else self.filled(column)
        if names is None:
            return np.full(len(self), -1, dtype=np.int32)
        index = indices(texts, names)
        unknown = (index < 0) & (texts != "").to_numpy()
        self.refuse(column, unknown, lambda field: f"no {noun} is called {field!r}")
        return index

    def ranks(self, name: str, *, optional: bool = False) -> IntArray:
        """Rank of the rows by time, then by name: acceptance, whatever the order of the rows.

        Where times are optional, rows without one come first.
        """
        texts = self.texts("time") if optional else self.filled("time")
        times, wrong = instants(texts)
        wrong &= (texts != "").to_numpy()
        self.refuse("time", wrong, lambda field: f"{field!r} is no time with a time zone")
        return _ranks(times, self.texts(name))


def _ranks(times: IntArray, names: pl.Series) -> IntArray:
    """Rank by time, then by name, then by row."""
    order = np.argsort(times, kind="stable")
    equal = times[order[1:]] == times[order[:-1]]
    if equal.any():
        # Names are slow to compare: only those of equal times are.
        tied = np.concatenate([[False], equal]) | np.concatenate([equal, [False]])
        rows = order[tied]
        frame = pl.DataFrame({"time": times[rows], "name": names.gather(rows), "row": rows})
        order[tied] = frame.sort("time", "name", "row")["row"].to_numpy()
    rank = np.empty(len(times), dtype=np.int64)
    rank[order] = np.arange(len(times))
    return rank


def indices(texts: pl.Series, names: Names) -> NDArray[np.int32]:
    """The indices names stand for, -1 where none."""
    if not names:
        return np.full(len(texts), -1, dtype=np.int32)
    return texts.replace_strict(
        pl.Series(list(names), dtype=pl.String),
        pl.Series(list(names.values()), dtype=pl.Int32),
        default=-1,
        return_dtype=pl.Int32,
    ).to_numpy()


def instants(texts: pl.Series) -> tuple[IntArray, BoolArray]:
    """Microseconds since 1970 of a column of times with their zone, and where there is none."""
    usual = texts.set(~texts.str.contains(_INSTANT), None)
    read = usual.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%#z", time_unit="us", strict=False)
    times = read.to_physical().fill_null(_NO_TIME).to_numpy().astype(np.int64)
    wrong = np.zeros(len(texts), dtype=np.bool_)
    for row in np.flatnonzero(read.is_null().to_numpy()).tolist():
        time = instant(texts[row])
        if time is None:
            wrong[row] = True
        else:
            times[row] = (time - _EPOCH) // timedelta(microseconds=1)
    return times, wrong


def instant(text: str) -> datetime | None:
    """An ISO 8601 time with its zone, in UTC; None where there is none."""
    try:
        time = datetime.fromisoformat(text)
        return None if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
