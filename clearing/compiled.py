"""A model as arrays, and the arrays of one storage order repeated for all that are like it.

The one idea to know: storages whose windows are equally long differ only in their place and in five
numbers. So Pyomo is given one stand-in for each length, whose numbers are told apart by their size
(3, 5, 7, …); wherever one of these stands in the arrays, each storage puts its own number. Anything
else there is refused, so that a formula that holds more than such a number is never guessed at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clearing.problem import PPM, ClearingProblem, IntArray, StorageOrders

FloatArray = NDArray[np.float64]

#: The numbers of a stand-in.
_GAIN, _DRAIN, _VALUE, _SPREAD, _START = 3, 5, 7, 11, 13
_TOLD_APART: Final = np.array([0, 1, _GAIN, _DRAIN, _VALUE, _SPREAD, _START], dtype=np.float64)
#: What the storage block states; all other rows its variables stand in are inner balances.
_VARIABLES: Final = ("charge", "discharge", "stored")
_ROWS: Final = "state_of_charge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """The structure as arrays: min cost x, row_lower <= A x <= row_upper. Nobody writes to them."""

    cost: FloatArray  # (columns,)
    row_lower: FloatArray  # (rows,)
    row_upper: FloatArray  # (rows,)
    start: NDArray[np.int32]  # (columns + 1,) of A, column by column
    index: NDArray[np.int32]
    value: FloatArray
    column: dict[str, IntArray]  # variable name -> columns, in the order of its index sets
    row: dict[str, IntArray]  # constraint name -> rows, in the order of its index sets
    offset: float  # constant of the objective


def has_alike(storages: StorageOrders) -> bool:
    """Whether any two storages have windows of one length."""
    return len(np.unique(_lengths(storages))) < len(storages)


def with_stand_ins(problem: ClearingProblem) -> ClearingProblem:
    """The problem with one storage for each length of window, all from area 0's first interval on."""
    lengths = np.unique(_lengths(problem.storages))
    nothing, first = np.zeros(len(lengths), dtype=np.int64), np.zeros(len(lengths), dtype=np.int32)
    stand_ins = StorageOrders(
        area=first,
        first_interval=first,
        last_interval=(lengths - 1).astype(np.int32),
        charge_limit_wh=nothing,
        discharge_limit_wh=nothing,
        capacity_wh=nothing,
        start_wh=nothing + _START,
        end_value_ticks=nothing + _VALUE,
        efficiency_charge_ppm=nothing + PPM * _GAIN,
        efficiency_discharge_ppm=nothing + PPM // _DRAIN,
        spread_ticks=nothing + _SPREAD,
        sequence=np.arange(len(lengths)),
    )
    return replace(problem, storages=stand_ins)


def repeated(stated: Compiled, problem: ClearingProblem) -> Compiled:
    """The structure of a problem, made of that of the same problem with stand-ins."""
    return _Repetition(stated, problem).compiled()


class _Repetition:
    """Arrays of stand-ins on their way to those of the storages."""

    def __init__(self, stated: Compiled, problem: ClearingProblem) -> None:
        storages = problem.storages
        self._stated, self._storages = stated, storages
        self._lengths = _lengths(storages)
        #: Where the steps of each storage begin among those of all.
        self._begin = np.cumsum(self._lengths) - self._lengths
        total = int(self._lengths.sum())
        self._columns = _Widened(
            len(stated.cost), [stated.column[name] for name in _VARIABLES], total
        )
        self._rows = _Widened(len(stated.row_lower), [stated.row[_ROWS]], total)
        self._balance = self._rows.place[stated.row["inner_balance"]]
        self._node = storages.area.astype(np.int64) * problem.n_intervals + storages.first_interval
        self._cost = self._columns.kept(stated.cost)
        self._low = self._rows.kept(stated.row_lower)
        self._high = self._rows.kept(stated.row_upper)

    def compiled(self) -> Compiled:
        stated = self._stated
        row, column = stated.index, np.repeat(np.arange(len(stated.cost)), np.diff(stated.start))
        stays = self._columns.place[column] >= 0
        entries = [
            (
                self._rows.place[row[stays]],
                self._columns.place[column[stays]],
                stated.value[stays],
            )
        ]
        for length in np.unique(self._lengths).tolist():
            entries += self._repeat(length)
        start, index, value = self._by_column(entries)
        return Compiled(
            cost=self._cost,
            row_lower=self._low,
            row_upper=self._high,
            start=start,
            index=index,
            value=value,
            column=self._columns.named(stated.column, _VARIABLES),
            row=self._rows.named(stated.row, (_ROWS,)),
            offset=self._offset(),
        )

    def _repeat(self, length: int) -> list[tuple[IntArray, IntArray, FloatArray]]:
        """Put the numbers of all storages of one length in place; their entries of the matrix."""
        stated, which = self._stated, np.flatnonzero(self._lengths == length)
        kinds = np.unique(self._lengths)
        first = int(kinds[kinds < length].sum())
        here = slice(first, first + length)
        begin = self._begin[which, None]
        steps = begin + np.arange(length)
        (state_rows,) = self._rows.runs
        own_rows = stated.row[_ROWS][here]
        self._low[state_rows[steps]] = self._numbers(stated.row_lower[own_rows], which)
        self._high[state_rows[steps]] = self._numbers(stated.row_upper[own_rows], which)
        step_of_row, node_of_row = _numbered(own_rows), _numbered(stated.row["inner_balance"])
        found = []
        for name, run in zip(_VARIABLES, self._columns.runs, strict=True):
            own = stated.column[name][here]
            self._cost[run[steps]] = self._numbers(stated.cost[own], which)
            entries = slice(stated.start[own[0]], stated.start[own[-1] + 1])
            step = np.repeat(np.arange(length), np.diff(stated.start[own[0] : own[-1] + 2]))
            rows = [
                state_rows[begin + step_of_row[row]]
                if row in step_of_row
                else self._balance[self._node[which, None] + node_of_row[row]]
                for row in stated.index[entries].tolist()
            ]
            found.append(
                (
                    np.concatenate(rows, axis=1).reshape(-1),
                    run[begin + step].reshape(-1),
                    self._numbers(stated.value[entries], which).reshape(-1),
                )
            )
        return found

    def _numbers(self, stand_ins: FloatArray, which: IntArray) -> FloatArray:
        """(storages, entries) the numbers that stand where a stand-in has its own."""
        storages = self._storages
        kind = np.searchsorted(_TOLD_APART, np.abs(stand_ins))
        kind = np.minimum(kind, len(_TOLD_APART) - 1)
        assert (np.abs(stand_ins) == _TOLD_APART[kind]).all(), "no number of a storage alone"
        own = np.stack(
            [
                np.zeros(len(which)),
                np.ones(len(which)),
                storages.efficiency_charge_ppm[which] / PPM,
                PPM / storages.efficiency_discharge_ppm[which],
                storages.end_value_ticks[which],
                storages.spread_ticks[which],
                storages.start_wh[which],
            ]
        )
        numbers: FloatArray = np.sign(stand_ins) * own[kind].T
        return numbers

    def _by_column(
        self, entries: list[tuple[IntArray, IntArray, FloatArray]]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], FloatArray]:
        row, column, value = (np.concatenate(part) for part in zip(*entries, strict=True))
        order = np.argsort(column * self._rows.count + row, kind="stable")
        ends = np.cumsum(np.bincount(column, minlength=self._columns.count))
        start = np.concatenate([[0], ends]).astype(np.int32)
        return start, row[order].astype(np.int32), value[order]

    def _offset(self) -> float:
        """What the stored energy is worth at the start, the only constant."""
        kinds, storages = np.unique(self._lengths), self._storages
        assert self._stated.offset == len(kinds) * _VALUE * _START, "another constant"
        return float(
            storages.end_value_ticks.astype(np.float64) @ storages.start_wh.astype(np.float64)
        )


class _Widened:
    """Where columns or rows stand once some runs of them have become `total` long."""

    def __init__(self, count: int, runs: list[IntArray], total: int) -> None:
        width = np.ones(count, dtype=np.int64)
        for run in runs:
            assert (np.diff(run) == 1).all(), "a variable's columns stand together"
            width[run] = 0
            width[run[0]] = total
        self.count = int(width.sum())
        begins = np.cumsum(width) - width
        self.runs = [begins[run[0]] + np.arange(total) for run in runs]
        self.place = begins
        for run in runs:
            self.place[run] = -1

    def kept(self, values: FloatArray) -> FloatArray:
        """The values that stay, in their new places; nothing yet in the runs."""
        stays = self.place >= 0
        wide = np.zeros(self.count)
        wide[self.place[stays]] = values[stays]
        return wide

    def named(self, before: dict[str, IntArray], runs: tuple[str, ...]) -> dict[str, IntArray]:
        """The new places by name."""
        after = {name: self.place[places] for name, places in before.items()}
        return after | dict(zip(runs, self.runs, strict=True))


def _lengths(storages: StorageOrders) -> IntArray:
    """(s,) intervals of each storage's window."""
    return storages.last_interval.astype(np.int64) - storages.first_interval + 1


def _numbered(rows: IntArray) -> dict[int, int]:
    return {row: number for number, row in enumerate(rows.tolist())}
