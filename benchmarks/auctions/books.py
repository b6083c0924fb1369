"""Random books for `benchmarks.clearing`, the same in every run.

The one idea to know: prices lie around a level of each area, so that areas trade with each other
until their lines bind, and block orders lie around the price of their area, so that many of them
are in question. Every generator starts from its own seed; nothing depends on what ran before.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from clearing.problem import (
    NO_LIMIT_WH,
    PPB,
    Areas,
    BlockOrders,
    ClearingProblem,
    Lines,
    StepOrders,
    StorageOrders,
    Tie,
)

Rng = np.random.Generator

RING_AREAS, RING_INTERVALS = 20, 96
#: Prices of the book of one area: so many ticks carry all of its orders.
ONE_AREA_TICKS = 4_000
#: Energies of simple orders, and of the legs of blocks beside 10^5 or 10^6 of them.
ORDER_WH = (100, 3_000)
LEG_WH = (500, 4_000)
#: A leg of a block of the hard kind, as a share of what is asked for in its hour.
HARD_SHARE = (0.01, 0.08)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Areas, intervals, and lines that are all alike."""

    areas: int
    intervals: int
    ends: tuple[tuple[int, int], ...]
    capacity_wh: int = 0
    loss_ppm: int = 0
    fee_ticks: int = 0


def ring_of(areas: int, intervals: int, capacity_wh: int) -> Grid:
    """Every area joined with the next, the last with the first."""
    ends = tuple((a, (a + 1) % areas) for a in range(areas))
    return Grid(areas=areas, intervals=intervals, ends=ends, capacity_wh=capacity_wh)


def book_of(rng: Rng, orders: int, grid: Grid) -> ClearingProblem:
    """Step orders anywhere on a grid; the price levels of areas differ, so lines bind."""
    area = rng.integers(0, grid.areas, orders)
    level = rng.integers(8_000, 16_000, grid.areas)
    limits = np.full((grid.areas, grid.intervals), NO_LIMIT_WH, dtype=np.int64)
    return ClearingProblem(
        n_areas=grid.areas,
        n_intervals=grid.intervals,
        areas=Areas(import_limit_wh=limits, export_limit_wh=limits.copy()),
        lines=_lines(grid),
        orders=StepOrders(
            area=area.astype(np.int32),
            interval=rng.integers(0, grid.intervals, orders).astype(np.int32),
            is_sell=rng.random(orders) < 0.5,
            price_ticks=level[area] + rng.integers(-8_000, 8_000, orders),
            energy_wh=rng.integers(*ORDER_WH, orders),
            sequence=rng.permutation(orders).astype(np.int64),
        ),
        price_min_ticks=-50_000,
        price_max_ticks=400_000,
        tie=Tie.TIME,
    )


def _lines(grid: Grid) -> Lines:
    count = len(grid.ends)
    capacity = np.full((count, grid.intervals), grid.capacity_wh, dtype=np.int64)
    return Lines(
        from_area=np.array([start for start, _ in grid.ends], dtype=np.int32),
        to_area=np.array([end for _, end in grid.ends], dtype=np.int32),
        capacity_forward_wh=capacity,
        capacity_backward_wh=capacity.copy(),
        loss_ppm=np.full(count, grid.loss_ppm, dtype=np.int64),
        fee_forward_ticks=np.full(count, grid.fee_ticks, dtype=np.int64),
        fee_backward_ticks=np.zeros(count, dtype=np.int64),
    )


def village(seed: int) -> ClearingProblem:
    """1,000 orders of one quarter-hour: two streets and the grid outside, with losses and a fee."""
    grid = Grid(
        areas=3,
        intervals=1,
        ends=((2, 0), (2, 1), (0, 1)),
        capacity_wh=20_000,
        loss_ppm=20_000,
        fee_ticks=4_000,
    )
    return book_of(np.random.default_rng(seed), 1_000, grid)


def ring(orders: int) -> ClearingProblem:
    """20 areas in a ring x 96 intervals."""
    return book_of(np.random.default_rng(1), orders, ring_of(RING_AREAS, RING_INTERVALS, 5_000))


def one_area(orders: int) -> ClearingProblem:
    """One area, one interval, all orders on a few thousand ticks."""
    rng = np.random.default_rng(1)
    book = book_of(rng, orders, Grid(areas=1, intervals=1, ends=()))
    price = 8_000 + rng.integers(0, ONE_AREA_TICKS, orders)
    return replace(book, orders=replace(book.orders, price_ticks=price))


def with_blocks(orders: int, blocks: int, areas: int) -> ClearingProblem:
    """A ring x 96 with blocks: 20 % in exclusive groups of four, 10 % linked, 20 % curtailable."""
    rng = np.random.default_rng(1)
    book = book_of(rng, orders, ring_of(areas, RING_INTERVALS, 20_000))
    drawn = _blocks(rng, blocks, areas, RING_INTERVALS)
    level = _price_levels(book)
    price = (level[drawn.area] + rng.normal(0, 2_000, blocks)).astype(np.int64)
    group = np.full(blocks, -1, dtype=np.int32)
    exclusive = rng.permutation(blocks)[: blocks // 5]
    group[exclusive] = np.arange(len(exclusive)) // 4
    parent, linked = np.full(blocks, -1, dtype=np.int32), blocks // 10
    parent[-linked:] = np.arange(blocks - 2 * linked, blocks - linked)
    ratio_min = np.full(blocks, PPB, dtype=np.int64)
    curtailable = rng.permutation(blocks)[: blocks // 5]
    ratio_min[curtailable] = rng.integers(2, 9, len(curtailable)) * PPB // 10
    drawn = replace(drawn, price_ticks=price, group=group, parent=parent, ratio_min_ppb=ratio_min)
    return replace(book, blocks=drawn)


def _price_levels(book: ClearingProblem) -> NDArray[np.float64]:
    """(n,) median price of the orders of each area."""
    orders = book.orders
    return np.array([np.median(orders.price_ticks[orders.area == a]) for a in range(book.n_areas)])


def _blocks(rng: Rng, blocks: int, areas: int, intervals: int) -> BlockOrders:
    """Blocks of 3 to 24 intervals on end, all or nothing, unlinked, at no price yet."""
    area = rng.integers(0, areas, blocks).astype(np.int32)
    is_sell = rng.random(blocks) < 0.5
    legs, first = _spans(rng, blocks, intervals)
    return _plain_blocks(area, is_sell, first, legs, rng.integers(*LEG_WH, len(legs)))


def _spans(rng: Rng, blocks: int, intervals: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Intervals of all legs, and where those of each block begin."""
    spans, first = [], [0]
    for _ in range(blocks):
        length = int(rng.integers(3, min(24, intervals) + 1))
        start = int(rng.integers(0, intervals - length + 1))
        spans.append(np.arange(start, start + length, dtype=np.int32))
        first.append(first[-1] + length)
    return np.concatenate(spans), np.array(first, dtype=np.int64)


def _plain_blocks(
    area: NDArray[np.int32],
    is_sell: NDArray[np.bool_],
    first: NDArray[np.int64],
    legs: NDArray[np.int32],
    energy_wh: NDArray[np.int64],
) -> BlockOrders:
    count = len(area)
    none = np.full(count, -1, dtype=np.int32)
    return BlockOrders(
        area=area,
        is_sell=is_sell,
        price_ticks=np.zeros(count, dtype=np.int64),
        ratio_min_ppb=np.full(count, PPB, dtype=np.int64),
        parent=none,
        group=none,
        sequence=np.arange(count, dtype=np.int64),
        leg_first=first,
        leg_interval=legs,
        leg_energy_wh=energy_wh,
    )


def with_blocks_and_storages(
    orders: int, blocks: int, storages: int, areas: int
) -> ClearingProblem:
    """The same with storages that may work all day."""
    book = with_blocks(orders, blocks, areas)
    rng = np.random.default_rng(3)
    area = rng.integers(0, areas, storages).astype(np.int32)

    def each(value: int) -> NDArray[np.int64]:
        return np.full(storages, value, dtype=np.int64)

    return replace(
        book,
        storages=StorageOrders(
            area=area,
            first_interval=np.zeros(storages, dtype=np.int32),
            last_interval=np.full(storages, RING_INTERVALS - 1, dtype=np.int32),
            charge_limit_wh=rng.integers(1_000, 5_000, storages),
            discharge_limit_wh=rng.integers(1_000, 5_000, storages),
            capacity_wh=rng.integers(5_000, 40_000, storages),
            start_wh=each(1_000),
            end_value_ticks=rng.integers(9_000, 14_000, storages),
            efficiency_charge_ppm=rng.integers(900_000, 990_000, storages),
            efficiency_discharge_ppm=rng.integers(900_000, 990_000, storages),
            spread_ticks=each(500),
            sequence=np.arange(storages, dtype=np.int64),
        ),
    )


def hard(seed: int, orders: int = 10_000, blocks: int = 100) -> ClearingProblem:
    """One area x 24 hours, each leg of a block 1 to 8 % of what is asked for in an hour."""
    intervals = 24
    rng = np.random.default_rng(seed)
    book = book_of(rng, orders, Grid(areas=1, intervals=intervals, ends=()))
    asked_wh = book.orders.energy_wh[~book.orders.is_sell].sum() / intervals
    legs, first = _spans(rng, blocks, intervals)
    length = np.diff(first)
    share = np.repeat(rng.uniform(*HARD_SHARE, blocks), length)
    # The profile swings by a fifth, but no leg leaves the shares asked for.
    share = np.clip(share * rng.uniform(0.8, 1.2, len(legs)), *HARD_SHARE)
    drawn = _plain_blocks(
        np.zeros(blocks, dtype=np.int32),
        rng.random(blocks) < 0.5,
        first,
        legs,
        (share * asked_wh).astype(np.int64),
    )
    middle = float(np.median(book.orders.price_ticks))
    price = (middle + rng.normal(0, 1_500, blocks)).astype(np.int64)
    return replace(book, blocks=replace(drawn, price_ticks=price))
