"""Delivery intervals of a folder, named by an ISO 8601 start with its zone or by a whole number.

The one idea to know: the first and the last interval named anywhere in the folder, in whatever
file, bound the auction; numbers count from 0. Names are few and rows many, so each name is read
once and the rows look it up.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from clearing.files.tables import Table, indices, instant
from clearing.problem import IndexArray

#: A year of 5-minute intervals is 105,120; more is a mistake in a date.
_INTERVALS_MAX: Final = 200_000
_NUMBER: Final = re.compile(r"[0-9]+")

_Place = tuple[Table, str, int]


class Intervals:
    """The intervals named in some columns of some tables, and the index of each name."""

    def __init__(self, minutes: int, columns: list[tuple[Table, str]]) -> None:
        self._step = timedelta(minutes=minutes)
        self._place: dict[str, _Place] = {}
        self._times: dict[str, datetime] = {}
        self._numbers: dict[str, int] = {}
        for table, column in columns:
            self._learn(table, column)
        self._start = min(self._times.values(), default=None)
        self._refuse_mixture()
        self._index = self._numbers if self._start is None else self._from(self._start)
        self._refuse_distance()
        #: How many intervals there are, from the first to the last named.
        self.count = max(self._index.values(), default=0) + 1

    def _learn(self, table: Table, column: str) -> None:
        texts = table.filled(column)
        wrong = {}
        for name in texts.unique(maintain_order=True).to_list():
            if not name or name in self._place:
                continue
            time = instant(name)
            if _NUMBER.fullmatch(name):
                self._numbers[name] = int(name)
            elif time is None:
                wrong[name] = f"{name!r} is neither a whole number nor a time with a time zone"
            elif time.microsecond:
                wrong[name] = f"{name} does not start on a whole second"
            else:
                self._times[name] = time
            if name not in wrong:
                row = texts.index_of(name)
                assert row is not None
                self._place[name] = (table, column, row)
        if wrong:
            table.refuse(column, texts.is_in(list(wrong)).to_numpy(), wrong.__getitem__)

    def _refuse_mixture(self) -> None:
        if self._times and self._numbers:
            fewer, others = (
                (self._numbers, "times")
                if len(self._numbers) <= len(self._times)
                else (self._times, "numbers")
            )
            name = next(iter(fewer))
            self._refuse(name, f"{name} among intervals named by {others}")

    def _from(self, start: datetime) -> dict[str, int]:
        for name, time in self._times.items():
            if (time - start) % self._step:
                minutes = self._step // timedelta(minutes=1)
                self._refuse(
                    name, f"{name} is no whole number of {minutes} minutes from the first, {start}"
                )
        return {name: (time - start) // self._step for name, time in self._times.items()}

    def _refuse_distance(self) -> None:
        far = [name for name, index in self._index.items() if index >= _INTERVALS_MAX]
        for name in far:
            self._refuse(name, f"{name} is more than {_INTERVALS_MAX} intervals from the first")
            del self._index[name]

    def _refuse(self, name: str, text: str) -> None:
        table, column, row = self._place[name]
        table.fault(row, column, text)

    def of(self, table: Table, column: str) -> IndexArray:
        """The index of the interval named in each row; -1 where its name was found faulty."""
        return indices(table.texts(column), self._index)

    def labels(self) -> list[str]:
        """The names of all intervals in order."""
        if self._start is None:
            return [str(t) for t in range(self.count)]
        starts = (self._start + t * self._step for t in range(self.count))
        return [start.strftime("%Y-%m-%dT%H:%M:%SZ") for start in starts]
