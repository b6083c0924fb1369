"""The book of a call as a clearing problem, and the result as outcomes with order ids again.

The one idea: identities stop here. Down goes an array per column in acceptance sequence, back come
accepted energies in the same order.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clearing.problem import (
    NO_LIMIT_WH,
    NO_PRICE_TICKS,
    PPB,
    Areas,
    BlockOrders,
    ClearingProblem,
    ClearingResult,
    Lines,
    Reasons,
    StepOrders,
    StorageOrders,
    Tie,
    leg_accepted_wh,
    no_blocks,
    no_storages,
)
from market.model.call import CallKind
from market.model.grid import Grid
from market.model.order import BlockOrder, Side, StorageOrder
from market.model.participant import StorageData
from market.model.rules import MarketRules
from market.model.units import PPM
from market.trading.book import Book
from market.trading.call_book import CallBook
from market.trading.capacity import Capacity
from market.trading.columns import Names

__all__ = [
    "NO_PRICE_TICKS",
    "AuctionInput",
    "ClearingProblem",
    "ClearingResult",
    "Reasons",
    "area_places",
    "auction_input",
    "leg_accepted_wh",
]

_PPB_PER_PPM: Final = PPB // PPM


@dataclass(frozen=True, slots=True, kw_only=True)
class AuctionInput:
    """A clearing problem and the numbers of the orders behind its rows."""

    call: CallKind
    starts_s: tuple[int, ...]
    """The call's intervals, in order."""
    problem: ClearingProblem
    numbers: NDArray[np.int64]
    """Of each row of simple orders; a curve's comes once per step."""
    block_numbers: tuple[int, ...] = ()
    storage_numbers: tuple[int, ...] = ()
    left_out: tuple[int, ...] = ()
    """Blocks whose parent has left the book."""

    @property
    def start_s(self) -> int:
        """The call's first interval."""
        return self.starts_s[0]


def auction_input(
    *,
    kind: CallKind,
    starts_s: Sequence[int],
    book: Book,
    grid: Grid,
    rules: MarketRules,
    capacity: Capacity,
    storages: Mapping[str, StorageData],
    stored_wh: Mapping[str, int],
    last_resort_id: str | None,
    held_back_wh: Mapping[tuple[str, int], int] | None = None,
) -> AuctionInput:
    """The arrays of a call's auction; orders that have left are left out.

    Args:
        kind: which call.
        starts_s: its intervals, in order.
        book: the orders.
        grid: areas and lines.
        rules: interval length, price limits, tie rule.
        capacity: what lines and connections have left.
        storages: units that store energy.
        stored_wh: what each of them with a storage order holds before the first interval.
        last_resort_id: who is served last among equals.
        held_back_wh: what of an area's import limit is kept free in an interval; None: nothing.
    """
    call = book.call(kind, starts_s[0])
    index = grid.area_index()
    interval = {start_s: t for t, start_s in enumerate(starts_s)}
    orders, numbers = _steps(call, book, index, starts_s, last_resort_id)
    blocks = _with_parents(call)
    numbers_of = {_own_id(item): row for row, item in enumerate(blocks.values())}
    held = call.storages
    problem = ClearingProblem(
        n_areas=len(grid.areas),
        n_intervals=len(starts_s),
        areas=_areas(grid, capacity, starts_s, held_back_wh or {}),
        lines=_lines(grid, capacity, starts_s),
        orders=orders,
        price_min_ticks=rules.price_min_ticks,
        price_max_ticks=rules.price_max_ticks,
        tie=Tie(rules.tie.value),
        blocks=_blocks(tuple(blocks.values()), index, interval, numbers_of),
        storages=_storages(
            [item.order for item in held.values()],
            index,
            [(interval[item.starts_s[0]], interval[item.starts_s[-1]]) for item in held.values()],
            storages,
            stored_wh,
        ),
        confirmed_wh=_confirmed(grid, capacity, starts_s),
    )
    return AuctionInput(
        call=kind,
        starts_s=tuple(starts_s),
        problem=problem,
        numbers=numbers,
        block_numbers=tuple(blocks),
        storage_numbers=tuple(held),
        left_out=tuple(number for number in call.blocks if number not in blocks),
    )


def _with_parents(call: CallBook) -> dict[int, BlockOrder]:
    """The blocks, less those that depend on one that has left the book."""
    found: dict[int, BlockOrder] = {}
    there: set[tuple[str, str]] = set()
    for number, item in call.blocks.items():  # a parent was there before its children
        if item.parent is None or (_sender(item), item.parent) in there:
            found[number] = item
            there.add(_own_id(item))
    return found


def _sender(block: BlockOrder) -> str:
    """Whose client_order_ids it and its links speak of."""
    return block.header.placed_by or block.header.participant_id


def _own_id(block: BlockOrder) -> tuple[str, str]:
    return _sender(block), block.header.client_order_id


def area_places(names: Names, index: Mapping[str, int]) -> NDArray[np.int32]:
    """For each number of an area's name its place in the grid."""
    return np.array([index[name] for name in names.names] or [0], dtype=np.int32)


def _steps(
    call: CallBook,
    book: Book,
    index: Mapping[str, int],
    starts_s: Sequence[int],
    last_resort_id: str | None,
) -> tuple[StepOrders, NDArray[np.int64]]:
    rows = call.rows.taken(np.flatnonzero(call.column("energy_wh") > 0))
    last = -1 if last_resort_id is None else book.participants.known(last_resort_id)
    is_last = rows["participant"] == last if last >= 0 else np.zeros(0, dtype=np.bool_)
    starts = np.array(starts_s, dtype=np.int64)
    orders = StepOrders(
        area=area_places(book.areas, index)[rows["area"]],
        interval=np.searchsorted(starts, rows["start_s"]).astype(np.int32),
        is_sell=rows["is_sell"],
        price_ticks=rows["price_ticks"],
        energy_wh=rows["energy_wh"],
        sequence=rows["number"],
        is_last_resort=is_last if is_last.any() else None,
    )
    return orders, rows["number"]


def _blocks(
    blocks: Sequence[BlockOrder],
    index: Mapping[str, int],
    interval: Mapping[int, int],
    row_of: Mapping[tuple[str, str], int],
) -> BlockOrders:
    if not blocks:
        return no_blocks()
    groups: dict[tuple[str, str], int] = {}
    parents, members = [], []
    for block in blocks:
        owner = block.header.participant_id
        parents.append(-1 if block.parent is None else row_of[_sender(block), block.parent])
        members.append(
            -1 if block.group is None else groups.setdefault((owner, block.group), len(groups))
        )
    lengths = [len(block.legs) for block in blocks]
    legs = [leg for block in blocks for leg in block.legs]
    return BlockOrders(
        area=np.array([index[block.header.area_id] for block in blocks], dtype=np.int32),
        is_sell=np.array([block.header.side is Side.SELL for block in blocks], dtype=np.bool_),
        price_ticks=np.array([block.price_ticks for block in blocks], dtype=np.int64),
        ratio_min_ppb=np.array(
            [block.ratio_min_ppm * _PPB_PER_PPM for block in blocks], dtype=np.int64
        ),
        parent=np.array(parents, dtype=np.int32),
        group=np.array(members, dtype=np.int32),
        sequence=np.array([block.header.sequence for block in blocks], dtype=np.int64),
        leg_first=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        leg_interval=np.array([interval[start_s] for start_s, _ in legs], dtype=np.int32),
        leg_energy_wh=np.array([energy_wh for _, energy_wh in legs], dtype=np.int64),
    )


def _storages(
    orders: Sequence[StorageOrder],
    index: Mapping[str, int],
    windows: Sequence[tuple[int, int]],
    storages: Mapping[str, StorageData],
    stored_wh: Mapping[str, int],
) -> StorageOrders:
    if not orders:
        return no_storages()
    stores = [storages[order.header.unit_id] for order in orders]

    def wide(values: Iterable[int]) -> NDArray[np.int64]:
        return np.array(list(values), dtype=np.int64)

    return StorageOrders(
        area=np.array([index[order.header.area_id] for order in orders], dtype=np.int32),
        first_interval=np.array([first for first, _ in windows], dtype=np.int32),
        last_interval=np.array([last for _, last in windows], dtype=np.int32),
        charge_limit_wh=wide(order.charge_max_wh for order in orders),
        discharge_limit_wh=wide(order.discharge_max_wh for order in orders),
        capacity_wh=wide(store.capacity_wh for store in stores),
        start_wh=wide(stored_wh[order.header.unit_id] for order in orders),
        end_value_ticks=wide(order.end_value_ticks for order in orders),
        efficiency_charge_ppm=wide(store.efficiency_charge_ppm for store in stores),
        efficiency_discharge_ppm=wide(store.efficiency_discharge_ppm for store in stores),
        spread_ticks=wide(order.spread_ticks for order in orders),
        sequence=wide(order.header.sequence for order in orders),
    )


def _areas(
    grid: Grid,
    capacity: Capacity,
    starts_s: Sequence[int],
    held_back_wh: Mapping[tuple[str, int], int],
) -> Areas:
    def import_wh(area_id: str, at_s: int) -> int | None:
        left = capacity.import_left_wh(area_id, at_s)
        return None if left is None else left - held_back_wh.get((area_id, at_s), 0)

    def left_wh(left: int | None) -> int:
        return NO_LIMIT_WH if left is None else max(0, left)

    return Areas(
        import_limit_wh=_grid_of(
            [left_wh(import_wh(area.area_id, at_s)) for at_s in starts_s] for area in grid.areas
        ),
        export_limit_wh=_grid_of(
            [left_wh(capacity.export_left_wh(area.area_id, at_s)) for at_s in starts_s]
            for area in grid.areas
        ),
    )


def _grid_of(rows: Iterable[Sequence[int]]) -> NDArray[np.int64]:
    return np.array(list(rows), dtype=np.int64)


def _lines(grid: Grid, capacity: Capacity, starts_s: Sequence[int]) -> Lines:
    index = grid.area_index()
    lines = grid.lines
    return Lines(
        from_area=np.array([index[line.from_area] for line in lines], dtype=np.int32),
        to_area=np.array([index[line.to_area] for line in lines], dtype=np.int32),
        capacity_forward_wh=_left(grid, capacity, starts_s, forward=True),
        capacity_backward_wh=_left(grid, capacity, starts_s, forward=False),
        loss_ppm=np.array([line.loss_ppm for line in lines], dtype=np.int64),
        fee_forward_ticks=np.array([line.fee_forward_ticks for line in lines], dtype=np.int64),
        fee_backward_ticks=np.array([line.fee_backward_ticks for line in lines], dtype=np.int64),
    )


def _left(
    grid: Grid, capacity: Capacity, starts_s: Sequence[int], *, forward: bool
) -> NDArray[np.int64]:
    left = [
        [capacity.left_wh(line.line_id, forward, at_s) for at_s in starts_s] for line in grid.lines
    ]
    return np.array(left, dtype=np.int64).reshape(len(grid.lines), len(starts_s))


def _confirmed(grid: Grid, capacity: Capacity, starts_s: Sequence[int]) -> NDArray[np.int64] | None:
    """What other modes have sent over the lines in these intervals; None: nothing."""
    if not any(capacity.is_drawn(start_s) for start_s in starts_s):
        return None
    shape = (len(grid.lines), len(starts_s))
    sent = [
        np.array(
            [
                [capacity.drawn_wh(line.line_id, forward, at_s) for at_s in starts_s]
                for line in grid.lines
            ],
            dtype=np.int64,
        ).reshape(shape)
        for forward in (True, False)
    ]
    return np.stack(sent)
