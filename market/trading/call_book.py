"""The orders of one call: rows of limit and curve orders, and the few blocks and storage orders.

The one idea: a row stays where it is for as long as the call lasts, so an order is found by its number
in one look-up, and one that leaves only loses its energy.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from market.model.order import BlockOrder, OrderHeader, Side, StorageOrder
from market.trading.columns import Row, Rows
from market.trading.flexible import Energy, less_energy, spoken_for
from market.trading.holds import hold_quanta


@dataclass(frozen=True, slots=True)
class HeldStorage:
    """A storage order and what is held for it."""

    order: StorageOrder
    starts_s: tuple[int, ...]
    """Its intervals."""
    held_quanta: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What is open of a limit order that outlives the opening call."""

    number: int
    participant_id: str
    unit_id: str
    area_id: str
    start_s: int
    is_sell: bool
    price_ticks: int
    energy_wh: int

    @property
    def held_quanta(self) -> int:
        """Money held for it."""
        side = Side.SELL if self.is_sell else Side.BUY
        return hold_quanta(side, self.price_ticks, self.energy_wh)


class CallBook:
    """Orders of one call."""

    __snapshot_skip__: ClassVar = ("_row_of", "_groups")

    def __init__(self) -> None:
        self.rows = Rows()
        self.blocks: dict[int, BlockOrder] = {}
        """Open blocks by number."""
        self.storages: dict[int, HeldStorage] = {}
        """Open storage orders by number."""
        self._row_of: dict[int, int] = {}
        self._groups: defaultdict[tuple[str, str], dict[int, BlockOrder]] = defaultdict(dict)

    def rebuilt(self) -> None:
        """Find rows by number again, and exclusive groups by name."""
        numbers, energy = self.rows["number"].tolist(), self.rows["energy_wh"].tolist()
        # From behind, so that of a curve's rows the first one stays.
        self._row_of = {
            number: row
            for row, (number, wh) in reversed(list(enumerate(zip(numbers, energy, strict=True))))
            if wh
        }
        self._groups = defaultdict(dict)
        for number, block in self.blocks.items():
            self._join_group(number, block)

    def column(self, name: str) -> NDArray[np.int64]:
        """One column of the simple orders."""
        return cast("NDArray[np.int64]", self.rows[name])

    def one(self, number: int) -> Row:
        """The first row of an open limit or curve order.

        Raises:
            KeyError: it has none here.
        """
        return self.rows.one(self._row_of[number])

    def rows_of(self, number: int) -> slice:
        """The rows of an open limit or curve order.

        Raises:
            KeyError: it has none here.
        """
        first = self._row_of[number]
        numbers, end = self.rows["number"], first + 1
        while end < len(numbers) and numbers.item(end) == number:
            end += 1
        return slice(first, end)

    def has_rows(self, number: int) -> bool:
        """True for an open limit or curve order."""
        return number in self._row_of

    def headers(self) -> Iterator[OrderHeader]:
        """Of the open blocks and storage orders."""
        yield from (block.header for block in self.blocks.values())
        yield from (held.order.header for held in self.storages.values())

    def add(self, first: Row, *steps: Row) -> None:
        """Add the row of one limit order, or the rows of one curve."""
        self._row_of[first.number] = self.rows.add(first)
        for step in steps:
            self.rows.add(step)

    def append(self, columns: dict[str, NDArray[Any] | int | bool], numbers: Sequence[int]) -> None:
        """Add rows of many limit orders, and these are their numbers."""
        first = self.rows.append(columns)
        self._row_of.update(zip(numbers, range(first, first + len(numbers)), strict=True))

    def taken_out(self, number: int) -> list[Row]:
        """An order's rows, which leave.

        Raises:
            KeyError: it has none here.
        """
        return self.rows.taken_out(self._row_of.pop(number))

    def add_block(self, number: int, block: BlockOrder) -> Energy:
        """Take a block in; answers the energy that is spoken for by it."""
        before = self._group_energy(block)
        self.blocks[number] = block
        self._join_group(number, block)
        return less_energy(self._group_energy(block, number), before)

    def remove_block(self, number: int) -> Energy:
        """Take a block out; answers the energy that is free again."""
        block = self.blocks[number]
        before = self._group_energy(block, number)
        del self.blocks[number]
        if block.group is not None:
            del self._groups[block.header.participant_id, block.group][number]
        return less_energy(before, self._group_energy(block))

    def group_of(self, participant_id: str, group: str) -> Iterable[BlockOrder]:
        """Open blocks of an exclusive group."""
        return self._groups.get((participant_id, group), {}).values()

    def groups(self) -> list[list[BlockOrder]]:
        """Open blocks by exclusive group."""
        return [list(members.values()) for members in self._groups.values() if members]

    def _join_group(self, number: int, block: BlockOrder) -> None:
        if block.group is not None:
            self._groups[block.header.participant_id, block.group][number] = block

    def _group_energy(self, block: BlockOrder, number: int | None = None) -> Energy:
        """What the block's group speaks for; without a group the block itself, while it is there."""
        if block.group is not None:
            return spoken_for(self.group_of(block.header.participant_id, block.group))
        return {} if number is None else spoken_for([block])
