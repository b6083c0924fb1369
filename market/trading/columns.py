"""Rows of a call as columns that grow, and names as numbers.

The one idea: a million orders become the arrays of an auction by masks and look-ups, without a loop, and
one order by itself enters or leaves with one touch of memory; so the rows are one table, a column a view of
it, and a name in it is the number under which it was first met.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from market.model.order import PLAIN, AcceptedColumns, Side

LEAST_ROOM: Final = 64
_SAFE: Final = 2**62

COLUMNS: Final[Mapping[str, type[np.generic]]] = {
    "number": np.int64,
    "participant": np.int32,
    "unit": np.int32,
    "area": np.int32,
    "start_s": np.int64,
    "is_sell": np.bool_,
    "price_ticks": np.int64,
    "energy_wh": np.int64,
    "flags": np.uint8,
}
"""What a row says. `number` is the market's own of the order, which is its acceptance sequence too;
a row that has left has energy 0."""
HAS_OPTIONS: Final = 1
"""Flag of an order that is not plain."""
IS_CURVE: Final = 2
"""Flag of a curve's rows, which stand one after the other."""
_ROW: Final = np.dtype(list(COLUMNS.items()), align=True)
"""All of it side by side: 64 bytes."""


class Row(NamedTuple):
    """One row by itself: the columns' names and order."""

    number: int
    participant: int
    unit: int
    area: int
    start_s: int
    is_sell: bool
    price_ticks: int
    energy_wh: int
    flags: int

    @property
    def side(self) -> Side:
        """Whether it buys or sells, as orders say it."""
        return Side.SELL if self.is_sell else Side.BUY


class Names:
    """Numbers of names, by first appearance."""

    __snapshot_skip__: ClassVar = ("_code",)

    def __init__(self) -> None:
        self.names: list[str] = []
        self._code: dict[str, int] = {}

    def rebuilt(self) -> None:
        """Numbers of the names as they were."""
        self._code = {name: code for code, name in enumerate(self.names)}

    def codes(self, names: Sequence[str]) -> NDArray[np.int32]:
        """The number of each; new names get the next ones."""
        known = self._code
        different = dict.fromkeys(names)
        for name in different:
            if name not in known:
                known[name] = len(self.names)
                self.names.append(name)
        if len(different) == 1:
            return np.full(len(names), known[names[0]], np.int32)
        return np.fromiter(map(known.__getitem__, names), np.int32, len(names))

    def code(self, name: str) -> int:
        """The number of one name; a new one gets the next."""
        code = self._code.get(name)
        if code is None:
            code = self._code[name] = len(self.names)
            self.names.append(name)
        return code

    def known(self, name: str) -> int:
        """The number of a name; -1: never met."""
        return self._code.get(name, -1)


class Rows:
    """Rows that grow at their end, each in one piece: adding or reading one touches one place of memory."""

    def __init__(self) -> None:
        self.size = 0
        self._table = np.zeros(LEAST_ROOM, _ROW)

    def __snapshot_state__(self) -> dict[str, object]:
        """The rows column by column, without the spare room."""
        columns = {name: self[name].copy() for name in COLUMNS}
        return {"size": self.size, "_columns": columns}

    def rebuilt(self) -> None:
        """The columns become rows again."""
        columns: dict[str, NDArray[Any]] = vars(self).pop("_columns")
        size, self.size, self._table = self.size, 0, np.zeros(LEAST_ROOM, _ROW)
        if size:
            self.append(columns)

    def __len__(self) -> int:
        """Number of rows, those that have left among them."""
        return self.size

    def __getitem__(self, name: str) -> NDArray[Any]:
        """One column, as a view that must not outlive the next row."""
        column: NDArray[Any] = self._table[name][: self.size]
        return column

    def taken(self, place: NDArray[np.intp]) -> dict[str, NDArray[Any]]:
        """Copies of some rows, column by column."""
        return {name: self[name].take(place) for name in COLUMNS}

    def one(self, place: int) -> Row:
        """One row as plain values: sooner read than a row of nine arrays."""
        return Row._make(self._table.item(place))

    def add(self, row: Row) -> int:
        """Add one row; answers its place. Most orders come one by one: no array is made for them."""
        place = self.size
        if place == len(self._table):
            self._make_room(place + 1)
        self._table[place] = row
        self.size = place + 1
        return place

    def taken_out(self, place: int) -> list[Row]:
        """The row and, of a curve, those behind it, as they were; they stay without energy."""
        energy_wh = self._table["energy_wh"]
        gone = [self.one(place)]
        energy_wh[place] = 0
        if gone[0].flags & IS_CURVE:
            for following in range(place + 1, self.size):
                row = self.one(following)
                if row.number != gone[0].number:
                    break
                gone.append(row)
                energy_wh[following] = 0
        return gone

    def append(self, columns: Mapping[str, NDArray[Any] | int | bool]) -> int:
        """Add rows; a single value stands for all of them. Answers the first one's place."""
        first, more = self.size, len(np.atleast_1d(columns["number"]))
        self._make_room(first + more)
        for name in COLUMNS:
            self._table[name][first : first + more] = columns[name]
        self.size = first + more
        return first

    def _make_room(self, size: int) -> None:
        room = len(self._table)
        if size <= room:
            return
        while room < size:
            room *= 2
        grown = np.zeros(room, _ROW)
        grown[: self.size] = self._table[: self.size]
        self._table = grown


def exact_products(left: NDArray[np.int64], right: NDArray[np.int64]) -> list[int]:
    """Row by row left × right as Python integers, whatever their size."""
    if len(left) and int(np.abs(left).max()) * int(np.abs(right).max()) >= _SAFE:
        return [a * b for a, b in zip(left.tolist(), right.tolist(), strict=True)]
    products: list[int] = (left * right).tolist()
    return products


def group_sums(
    keys: NDArray[np.int64], values: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Different keys, ascending, and the sum of the values of each, exactly."""
    if not len(keys):
        return keys, values
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    firsts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    return ordered[firsts], np.add.reduceat(values[order], firsts)


def firsts(numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
    """True for the first row of each order; a curve has several, one after the other."""
    is_first = np.ones(len(numbers), dtype=np.bool_)
    is_first[1:] = numbers[1:] != numbers[:-1]
    return is_first


def option_flags(orders: AcceptedColumns) -> NDArray[np.uint8]:
    """The `flags` column of accepted orders."""
    if not orders.options:
        return np.zeros(len(orders), dtype=np.uint8)
    flags = np.array([HAS_OPTIONS * (item != PLAIN) for item in orders.options], dtype=np.uint8)
    return flags[np.array(orders.option_of, dtype=np.intp)]
