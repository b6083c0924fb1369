"""Which intervals of an auction belong together, and each such part as a problem of its own.

The one idea to know: lines join areas within an interval; only blocks and storages join intervals.
What nothing joins is cleared apart, which keeps programs small and lets most of an auction do
without a search. Intervals that nothing joins with any other lie in one part all the same, since a
program for many of them costs less than many programs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from clearing.problem import (
    BlockOrders,
    ClearingProblem,
    IndexArray,
    IntArray,
    StorageOrders,
    no_blocks,
    no_storages,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some intervals of a problem as a problem, and where its rows stand in the whole."""

    problem: ClearingProblem
    intervals: IntArray  # indices in the whole problem, ascending
    order_rows: IntArray
    block_rows: IntArray  # in canonical order
    storage_rows: IntArray  # in canonical order
    coupled: bool  # blocks or storages join the intervals


def parts(problem: ClearingProblem) -> list[Part]:
    """All parts of a problem: what nothing joins first, then what blocks and storages join."""
    head = _joined(problem)
    size = np.bincount(head, minlength=problem.n_intervals)
    touched = _touched(problem)
    loose = np.flatnonzero((size[head] == 1) & ~touched)
    groups = [loose] if len(loose) else []
    coupled = np.unique(head[np.flatnonzero((size[head] > 1) | touched)])
    groups += [np.flatnonzero(head == h) for h in coupled.tolist()]
    return [
        _part(problem, intervals, coupled=i > 0 or not len(loose))
        for i, intervals in enumerate(groups)
    ]


def _touched(problem: ClearingProblem) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """(t,) intervals that a block or storage reaches at all, be it a single one."""
    touched = np.zeros(problem.n_intervals, dtype=np.bool_)
    touched[problem.blocks.leg_interval] = True
    storages = problem.storages
    for first, last in zip(
        storages.first_interval.tolist(), storages.last_interval.tolist(), strict=True
    ):
        touched[first : last + 1] = True
    return touched


def _joined(problem: ClearingProblem) -> IntArray:
    """(t,) for each interval the first interval it belongs with."""
    head = np.arange(problem.n_intervals)

    def find(t: int) -> int:
        while head[t] != t:
            head[t] = head[head[t]]
            t = int(head[t])
        return t

    def join(one: int, other: int) -> None:
        low, high = sorted((find(one), find(other)))
        head[high] = low

    blocks, storages = problem.blocks, problem.storages
    same = blocks.leg_block[1:] == blocks.leg_block[:-1]
    links = {
        *zip(
            blocks.leg_interval[:-1][same].tolist(),
            blocks.leg_interval[1:][same].tolist(),
            strict=True,
        ),
        *_family_links(blocks),
    }
    for first, last in zip(
        storages.first_interval.tolist(), storages.last_interval.tolist(), strict=True
    ):
        links |= {(t, t + 1) for t in range(first, last)}
    for one, other in sorted(links):
        join(one, other)
    return np.array([find(t) for t in range(problem.n_intervals)], dtype=np.int64)


def _family_links(blocks: BlockOrders) -> list[tuple[int, int]]:
    """First intervals of blocks that parent or group tie to each other."""
    start = blocks.leg_interval[blocks.leg_first[:-1]].tolist() if len(blocks) else []
    links = [(start[b], start[p]) for b, p in enumerate(blocks.parent.tolist()) if p >= 0]
    first_of: dict[int, int] = {}
    for b, group in enumerate(blocks.group.tolist()):
        if group >= 0:
            links.append((start[b], start[first_of.setdefault(group, b)]))
    return links


def _part(problem: ClearingProblem, intervals: IntArray, *, coupled: bool) -> Part:
    place = np.full(problem.n_intervals, -1, dtype=np.int32)
    place[intervals] = np.arange(len(intervals), dtype=np.int32)
    whole = len(intervals) == problem.n_intervals
    rows = (
        np.arange(len(problem.orders))
        if whole
        else np.flatnonzero(place[problem.orders.interval] >= 0)
    )
    orders = problem.orders if whole else problem.orders.rows(rows)
    block_rows = _canonical_blocks(problem.blocks, place)
    storage_rows = _canonical_storages(problem.storages, place)
    cut = np.s_[:, intervals]
    part = replace(
        problem,
        n_intervals=len(intervals),
        areas=replace(
            problem.areas,
            import_limit_wh=problem.areas.import_limit_wh[cut],
            export_limit_wh=problem.areas.export_limit_wh[cut],
        ),
        lines=replace(
            problem.lines,
            capacity_forward_wh=problem.lines.capacity_forward_wh[cut],
            capacity_backward_wh=problem.lines.capacity_backward_wh[cut],
        ),
        orders=orders if whole else replace(orders, interval=place[orders.interval]),
        blocks=_picked_blocks(problem.blocks, block_rows, place),
        storages=_picked_storages(problem.storages, storage_rows, place),
        confirmed_wh=None,
    )
    return Part(
        problem=part,
        intervals=intervals,
        order_rows=rows,
        block_rows=block_rows,
        storage_rows=storage_rows,
        coupled=coupled,
    )


def _canonical_blocks(blocks: BlockOrders, place: IndexArray) -> IntArray:
    """Rows of the blocks inside, in an order that does not depend on how they were given."""
    if not len(blocks):
        return np.zeros(0, dtype=np.int64)
    start = blocks.leg_interval[blocks.leg_first[:-1]]
    total = np.add.reduceat(blocks.leg_energy_wh, blocks.leg_first[:-1])
    order = np.lexsort(
        (
            blocks.ratio_min_ppb,
            total,
            start,
            blocks.is_sell,
            blocks.price_ticks,
            blocks.area,
            blocks.sequence,
        )
    )
    rows: IntArray = order[place[start[order]] >= 0]
    return rows


def _canonical_storages(storages: StorageOrders, place: IndexArray) -> IntArray:
    if not len(storages):
        return np.zeros(0, dtype=np.int64)
    order = np.lexsort((storages.start_wh, storages.capacity_wh, storages.area, storages.sequence))
    rows: IntArray = order[place[storages.first_interval[order]] >= 0]
    return rows


def _picked_blocks(blocks: BlockOrders, rows: IntArray, place: IndexArray) -> BlockOrders:
    if not len(rows):
        return no_blocks()
    where = np.full(len(blocks) + 1, -1, dtype=np.int32)
    where[rows] = np.arange(len(rows), dtype=np.int32)
    legs = [np.arange(blocks.leg_first[b], blocks.leg_first[b + 1]) for b in rows.tolist()]
    leg = np.concatenate(legs)
    count = np.array([len(one) for one in legs])
    group = blocks.group[rows]
    names = {g: i for i, g in enumerate(dict.fromkeys(group[group >= 0].tolist()))}
    return BlockOrders(
        area=blocks.area[rows],
        is_sell=blocks.is_sell[rows],
        price_ticks=blocks.price_ticks[rows],
        ratio_min_ppb=blocks.ratio_min_ppb[rows],
        parent=where[blocks.parent[rows]],
        group=np.array([names.get(g, -1) for g in group.tolist()], dtype=np.int32),
        sequence=blocks.sequence[rows],
        leg_first=np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
        leg_interval=place[blocks.leg_interval[leg]],
        leg_energy_wh=blocks.leg_energy_wh[leg],
    )


def _picked_storages(storages: StorageOrders, rows: IntArray, place: IndexArray) -> StorageOrders:
    if not len(rows):
        return no_storages()
    return StorageOrders(
        area=storages.area[rows],
        first_interval=place[storages.first_interval[rows]],
        last_interval=place[storages.last_interval[rows]],
        charge_limit_wh=storages.charge_limit_wh[rows],
        discharge_limit_wh=storages.discharge_limit_wh[rows],
        capacity_wh=storages.capacity_wh[rows],
        start_wh=storages.start_wh[rows],
        end_value_ticks=storages.end_value_ticks[rows],
        efficiency_charge_ppm=storages.efficiency_charge_ppm[rows],
        efficiency_discharge_ppm=storages.efficiency_discharge_ppm[rows],
        spread_ticks=storages.spread_ticks[rows],
        sequence=storages.sequence[rows],
    )
