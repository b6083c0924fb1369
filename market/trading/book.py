"""The sealed books of the calls: one per opening call of a day, one per closing call of an interval.

The one idea: limit and curve orders are rows of columns, so the book becomes the auction's arrays
without a loop; of blocks and storage orders there are few, and they stay what they are. What is spoken
for (open energy by unit, interval and side) is counted in `commitments.py`, from what is told here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import repeat
from operator import is_
from typing import Any, ClassVar, Final, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from market.model.call import CallKind
from market.model.order import (
    PLAIN,
    AcceptedColumns,
    BlockOrder,
    CurveOrder,
    OrderHeader,
    Side,
    StorageOrder,
)
from market.trading.call_book import CallBook, HeldStorage, Waiting
from market.trading.columns import (
    HAS_OPTIONS,
    IS_CURVE,
    Names,
    Row,
    exact_products,
    firsts,
    group_sums,
    option_flags,
)
from market.trading.flexible import (
    Energy,
    add_energy,
    curve_energy,
    storage_energy,
)
from market.trading.gone import Gone
from market.trading.holds import hold_quanta
from market.trading.order_numbers import ORDER_PREFIX, order_number, order_numbers
from market.trading.resting import Resting

CallKey: TypeAlias = tuple[CallKind, int]
"""Which call: its kind and its interval, of an opening call the day's first."""
FEW: Final = 16
"""Accepted together, so many are sooner added one by one than as arrays."""


def _place(header: OrderHeader) -> tuple[str, str, str, int]:
    return header.participant_id, header.unit_id, header.area_id, header.start_s


class Book:
    """All open orders of one market that wait for a call."""

    __snapshot_skip__: ClassVar = ("_call_of",)

    def __init__(self) -> None:
        self.participants = Names()
        self.units = Names()
        self.areas = Names()
        self._calls: dict[CallKey, CallBook] = {}
        self._call_of: dict[int, CallKey] = {}

    def rebuilt(self) -> None:
        """Find the call of every open order again."""
        self._call_of = {}
        for key, call in self._calls.items():
            for number, energy_wh in zip(
                call.rows["number"].tolist(), call.rows["energy_wh"].tolist(), strict=True
            ):
                if energy_wh:
                    self._call_of[number] = key
            self._call_of.update(dict.fromkeys([*call.blocks, *call.storages], key))

    def _call(self, key: CallKey) -> CallBook:
        call = self._calls.get(key)
        if call is None:
            call = self._calls[key] = CallBook()
        return call

    # --- in ---------------------------------------------------------------------------

    def add(
        self, participant_id: str, orders: AcceptedColumns, key_of: Callable[[int], CallKey]
    ) -> Energy:
        """Append accepted limit orders to the call of each one's interval.

        Answers:
            the energy spoken for by them.
        """
        if len(orders.order_id) <= FEW:
            return self._add_few(participant_id, orders, key_of)
        numbers = order_numbers(orders.order_id)
        start_s = np.array(orders.start_s, dtype=np.int64)
        sells = np.fromiter(map(is_, orders.side, repeat(Side.SELL)), np.bool_, len(orders))
        columns: dict[str, NDArray[Any] | int | bool] = {
            "number": np.array(numbers, dtype=np.int64),
            "participant": int(self.participants.codes([participant_id])[0]),
            "unit": self.units.codes(orders.unit_id),
            "area": self.areas.codes(orders.area_id),
            "start_s": start_s,
            "is_sell": sells,
            "price_ticks": np.array(orders.price_ticks, dtype=np.int64),
            "energy_wh": np.array(orders.energy_wh, dtype=np.int64),
            "flags": option_flags(orders),
        }
        keys = {start: key_of(start) for start in dict.fromkeys(orders.start_s)}
        different = list(dict.fromkeys(keys.values()))
        if len(different) == 1:
            self._append(different[0], columns, numbers)
            return self._energy_of(columns)
        starts, start = np.unique(start_s, return_inverse=True)
        place_of = {key: place for place, key in enumerate(different)}
        call = np.array([place_of[keys[at_s]] for at_s in starts.tolist()])[start]
        order = np.argsort(call, kind="stable")
        ends = np.cumsum(np.bincount(call, minlength=len(different)))
        for key, place in zip(different, np.split(order, ends[:-1]), strict=True):
            mine = {
                name: column[place] if isinstance(column, np.ndarray) else column
                for name, column in columns.items()
            }
            self._append(key, mine, cast("NDArray[np.int64]", mine["number"]).tolist())
        return self._energy_of(columns)

    def _add_few(
        self, participant_id: str, orders: AcceptedColumns, key_of: Callable[[int], CallKey]
    ) -> Energy:
        """The same of a few orders, row by row: arrays of one cost more than all the rest."""
        participant = self.participants.code(participant_id)
        if len(orders.order_id) == 1:  # by far the most commands bring one
            unit, start_s, sells = self._add_row(participant, orders, 0, key_of)
            return {(self.units.names[unit], start_s, sells): orders.energy_wh[0]}
        energy: dict[tuple[int, int, bool], int] = {}
        for row, energy_wh in enumerate(orders.energy_wh):
            place = self._add_row(participant, orders, row, key_of)
            energy[place] = energy.get(place, 0) + energy_wh
        names = self.units.names
        # Ascending, as of many rows: what is counted from it stands in the same order either way.
        return {
            (names[unit], start_s, sells): wh
            for (unit, start_s, sells), wh in sorted(energy.items())
        }

    def _add_row(
        self,
        participant: int,
        orders: AcceptedColumns,
        row: int,
        key_of: Callable[[int], CallKey],
    ) -> tuple[int, int, bool]:
        """One of them; answers its unit, its interval and whether it sells."""
        number, start_s = order_number(orders.order_id[row]), orders.start_s[row]
        unit, sells = self.units.code(orders.unit_id[row]), orders.side[row] is Side.SELL
        key = key_of(start_s)
        self._call(key).add(
            Row(
                number,
                participant,
                unit,
                self.areas.code(orders.area_id[row]),
                start_s,
                sells,
                orders.price_ticks[row],
                orders.energy_wh[row],
                HAS_OPTIONS if orders.options and orders.options_of(row) != PLAIN else 0,
            )
        )
        self._call_of[number] = key
        return unit, start_s, sells

    def _append(
        self, key: CallKey, columns: dict[str, NDArray[Any] | int | bool], numbers: Sequence[int]
    ) -> None:
        self._call(key).append(columns, numbers)
        self._call_of.update(zip(numbers, repeat(key)))

    def _energy_of(self, columns: Mapping[str, NDArray[Any] | int | bool]) -> Energy:
        """Energy of rows by unit, interval and side."""
        unit = np.asarray(columns["unit"], dtype=np.int64)
        start_s = np.asarray(columns["start_s"], dtype=np.int64)
        sells = np.asarray(columns["is_sell"], dtype=np.int64)
        energy = cast("NDArray[np.int64]", columns["energy_wh"])
        if not len(energy):
            return {}
        starts, place = np.unique(start_s, return_inverse=True)
        keys, sums = group_sums((unit * len(starts) + place) * 2 + sells, energy)
        names = self.units.names
        return {
            (names[key // 2 // len(starts)], int(starts[key // 2 % len(starts)]), key % 2 == 1): wh
            for key, wh in zip(keys.tolist(), sums.tolist(), strict=True)
        }

    def join(self, order: Resting) -> None:
        """Take over an order of continuous trading: what is open of it, with its limit."""
        self._append_one(
            (CallKind.CLOSING, order.start_s),
            order_number(order.order_id),
            (order.owner, order.unit_id, order.area_id, order.start_s),
            is_sell=order.is_sell,
            steps=((order.price_ticks, order.remaining_wh),),
            flags=HAS_OPTIONS,
        )

    def add_curve(self, key: CallKey, order: CurveOrder) -> Energy:
        """Take a curve in, a row a step; answers the energy spoken for."""
        header = order.header
        self._append_one(
            key,
            header.sequence,
            (header.participant_id, header.unit_id, header.area_id, header.start_s),
            is_sell=header.side is Side.SELL,
            steps=order.steps,
            flags=IS_CURVE,
        )
        return curve_energy(order)

    def _append_one(
        self,
        key: CallKey,
        number: int,
        who: tuple[str, str, str, int],
        *,
        is_sell: bool,
        steps: Sequence[tuple[int, int]],
        flags: int,
    ) -> None:
        participant_id, unit_id, area_id, start_s = who
        participant = self.participants.code(participant_id)
        place = (self.units.code(unit_id), self.areas.code(area_id), start_s)
        self._call(key).add(
            *(
                Row(number, participant, *place, is_sell, price_ticks, energy_wh, flags)
                for price_ticks, energy_wh in steps
            )
        )
        self._call_of[number] = key

    def add_block(self, key: CallKey, block: BlockOrder) -> Energy:
        """Take a block in; answers the energy that is spoken for by it."""
        number = block.header.sequence
        self._call_of[number] = key
        return self._call(key).add_block(number, block)

    def add_storage(
        self, key: CallKey, order: StorageOrder, starts_s: Sequence[int], held_quanta: int
    ) -> Energy:
        """Take a storage order over these intervals in; answers the energy spoken for."""
        number = order.header.sequence
        self._call(key).storages[number] = HeldStorage(order, tuple(starts_s), held_quanta)
        self._call_of[number] = key
        return storage_energy(order, starts_s)

    # --- asked ------------------------------------------------------------------------

    def call(self, kind: CallKind, start_s: int) -> CallBook:
        """The orders of a call; empty when nobody ordered."""
        return self._calls.get((kind, start_s)) or CallBook()

    def open_rows(
        self, participant_id: str | None = None
    ) -> Iterator[tuple[str, str, str, str, int]]:
        """Order, participant, unit, area and interval of every open order, or of one owner's."""
        wanted = None if participant_id is None else self.participants.known(participant_id)
        for call in self._calls.values():
            yield from self._open_rows(call, wanted)
            for header in call.headers():
                if participant_id in {None, header.participant_id}:
                    yield header.order_id, *_place(header)

    def _open_rows(
        self, call: CallBook, wanted: int | None
    ) -> Iterator[tuple[str, str, str, str, int]]:
        rows, numbers = call.rows, call.column("number")
        is_open = call.column("energy_wh") > 0
        if wanted is not None:
            is_open &= rows["participant"] == wanted
        place = np.flatnonzero(is_open)
        place = place[firsts(numbers[place])]
        participants, units, areas = self.participants.names, self.units.names, self.areas.names
        for number, owner, unit, area, start_s in zip(
            *(rows[name][place].tolist() for name in ("number", "participant", "unit", "area")),
            rows["start_s"][place].tolist(),
            strict=True,
        ):
            yield f"{ORDER_PREFIX}{number}", participants[owner], units[unit], areas[area], start_s

    def place_of(self, order_id: str) -> tuple[str, str, str, int] | None:
        """Participant, unit, area and interval of an open order; None when it is not open here."""
        number = order_number(order_id)
        key = self._call_of.get(number)
        if key is None:
            return None
        call = self._calls[key]
        if call.has_rows(number):
            row = call.one(number)
            return (
                self.participants.names[row.participant],
                self.units.names[row.unit],
                self.areas.names[row.area],
                row.start_s,
            )
        return _place((call.blocks.get(number) or call.storages[number].order).header)

    def block(self, number: int) -> BlockOrder | None:
        """An open block by its number."""
        key = self._call_of.get(number)
        return None if key is None else self._calls[key].blocks.get(number)

    # --- out --------------------------------------------------------------------------

    def cancel(self, order_id: str) -> Gone:
        """Take an open order out.

        Raises:
            KeyError: it is not open here.
        """
        number, gone = order_number(order_id), Gone()
        call = self._calls[self._call_of.pop(number)]
        if call.has_rows(number):
            self._leave_one(call, number, gone)
        elif number in call.blocks:
            block = call.blocks[number]
            gone.note_block(block)
            gone.energy_wh = call.remove_block(number)
        else:
            self._leave_storage(call.storages.pop(number), gone)
        return gone

    def close(self, kind: CallKind, start_s: int) -> Gone:
        """Drop a call's orders; answers what they leave behind."""
        gone = Gone()
        call = self._calls.pop((kind, start_s), None)
        if call is None:
            return gone
        place = np.flatnonzero(call.column("energy_wh") > 0)
        self._leave(call, place, gone)
        for number in call.rows["number"][place].tolist():
            self._call_of.pop(number, None)
        for number, block in list(call.blocks.items()):
            gone.note_block(block)
            add_energy(gone.energy_wh, call.remove_block(number))
            del self._call_of[number]
        for number, held in call.storages.items():
            self._leave_storage(held, gone)
            del self._call_of[number]
        return gone

    def _leave(self, call: CallBook, place: NDArray[np.intp], gone: Gone) -> None:
        rows = call.rows.taken(place)
        price = np.where(rows["is_sell"], -rows["price_ticks"], rows["price_ticks"])
        held = exact_products(np.maximum(price, 0), rows["energy_wh"])
        names, numbers = self.participants.names, rows["number"]
        for owner, quanta, counts in zip(
            rows["participant"].tolist(), held, firsts(numbers).tolist(), strict=True
        ):
            gone.held_quanta[names[owner]] += quanta
            gone.orders[names[owner]] += counts
        add_energy(gone.energy_wh, self._energy_of(rows))
        optioned = numbers[(rows["flags"] & HAS_OPTIONS) > 0]
        gone.with_options += [f"{ORDER_PREFIX}{number}" for number in optioned.tolist()]

    def _leave_one(self, call: CallBook, number: int, gone: Gone) -> None:
        """The same of one order: its few rows are sooner read one by one."""
        rows = call.taken_out(number)
        first = rows[0]
        owner, side = self.participants.names[first.participant], first.side
        held_quanta = energy_wh = 0
        for row in rows:
            held_quanta += hold_quanta(side, row.price_ticks, row.energy_wh)
            energy_wh += row.energy_wh
        gone.held_quanta[owner], gone.orders[owner] = held_quanta, 1
        gone.energy_wh[self.units.names[first.unit], first.start_s, first.is_sell] = energy_wh
        if first.flags & HAS_OPTIONS:
            gone.with_options.append(f"{ORDER_PREFIX}{number}")

    def _leave_storage(self, held: HeldStorage, gone: Gone) -> None:
        order = held.order
        gone.held_quanta[order.header.participant_id] += held.held_quanta
        gone.orders[order.header.participant_id] += 1
        add_energy(gone.energy_wh, storage_energy(order, held.starts_s))

    def wait(self, order: Waiting) -> None:
        """Take over what is open of an order that outlives the opening call."""
        self._append_one(
            (CallKind.CLOSING, order.start_s),
            order.number,
            (order.participant_id, order.unit_id, order.area_id, order.start_s),
            is_sell=order.is_sell,
            steps=((order.price_ticks, order.energy_wh),),
            flags=HAS_OPTIONS,
        )
