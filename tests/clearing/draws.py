"""What a seed adds to a market: blocks, storages, a mesh, nested areas, slopes, the last resort.

The one idea to know: each takes a generator and a market and gives back the market with more in it,
of the size of the book that is there, so that they can be put on top of each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from clearing.problem import (
    NO_LIMIT_WH,
    PPB,
    PPM,
    ClearingProblem,
    IntArray,
    Lines,
    Ptdf,
    StepOrders,
    StorageOrders,
    Tie,
)
from tests.clearing.books import PRICE_MAX, PRICE_MIN, blocks_of, lines_of, market


def random_blocks(
    rng: np.random.Generator,
    problem: ClearingProblem,
    count: int,
    *,
    least: Sequence[int] = (PPB, PPB, 0),
    linked: float = 0.3,
    grouped: float = 0.2,
    size: float = 0.4,
    near: float = 0.08,
) -> ClearingProblem:
    """Blocks of up to `size` of an interval's orders, priced near the book's middle.

    `near` is how near, as a share of all prices. `least` holds minimum ratios to draw from, 0 meaning 0.2 .. 0.9; `linked` and `grouped` are the
    shares of blocks with a parent (trees up to depth 3) and in exclusive groups.
    """
    n, t = problem.n_areas, problem.n_intervals
    asked = problem.orders.price_ticks if len(problem.orders) else np.array([0, 10_000])
    lowest, middle, highest = asked.min(), np.median(asked), asked.max()
    width = near * (highest - lowest)
    most = max(int(size * problem.orders.energy_wh.sum() / (n * t)), 4)
    depth, rows = [], []
    for number in range(count):
        able = [b for b in range(number) if depth[b] < 2]
        parent = int(rng.choice(able)) if able and rng.random() < linked else -1
        depth.append(depth[parent] + 1 if parent >= 0 else 0)
        when = np.flatnonzero(rng.random(t) < rng.choice([0.3, 0.7, 1.0]))
        when = when if len(when) else rng.integers(0, t, 1)
        ratio = int(rng.choice(least)) or int(rng.integers(PPB // 5, PPB * 9 // 10))
        legs = [(int(k), int(rng.integers(max(most // 4, 1), most))) for k in when]
        price = int(np.clip(rng.normal(middle, width), lowest, highest))
        group = int(rng.integers(0, max(count // 4, 1))) if rng.random() < grouped else -1
        rows.append(
            (int(rng.integers(0, n)), rng.random() < 0.6, price, ratio, parent, group, legs)
        )
    mixed = replace(blocks_of(rows), sequence=rng.permutation(count).astype(np.int64))
    return replace(problem, blocks=mixed)


def random_storages(
    rng: np.random.Generator, problem: ClearingProblem, count: int
) -> ClearingProblem:
    """Storages of about an interval's trade, over windows of any length."""
    n, t = problem.n_areas, problem.n_intervals
    most = max(int(problem.orders.energy_wh.sum() / (n * t)), 4)
    price = problem.orders.price_ticks
    low, high = (int(price.min()), int(price.max())) if len(price) else (0, 1_000)
    first = rng.integers(0, t, count)
    capacity = rng.integers(0, 2 * most, count)
    return replace(
        problem,
        storages=StorageOrders(
            area=rng.integers(0, n, count).astype(np.int32),
            first_interval=first.astype(np.int32),
            last_interval=rng.integers(first, t, count).astype(np.int32),
            charge_limit_wh=rng.integers(0, most, count),
            discharge_limit_wh=rng.integers(0, most, count),
            capacity_wh=capacity,
            start_wh=(capacity * rng.choice([0, 0, 0.3, 1], count)).astype(np.int64),
            end_value_ticks=rng.integers(low, high + 1, count),
            efficiency_charge_ppm=rng.choice([PPM, 950_000, 912_345, 700_000], count),
            efficiency_discharge_ppm=rng.choice([PPM, 950_000, 912_345, 700_000], count),
            spread_ticks=rng.choice([0, 1, 500, 3_000], count),
            sequence=rng.permutation(count).astype(np.int64),
        ),
    )


def random_mesh(rng: np.random.Generator, problem: ClearingProblem) -> ClearingProblem:
    """Lines that follow factors, beside the free ones, over some or all areas from area 0 on.

    The factors are those of random reactances on a connected graph, area 0 being the slack.
    """
    n, t = problem.n_areas, problem.n_intervals
    if n < 2:
        return problem
    hubs = int(rng.integers(2, n + 1))
    ends = [(int(rng.integers(0, a)), a) for a in range(1, hubs)]
    every = [(a, b) for a in range(hubs) for b in range(a + 1, hubs)]
    ends += [every[k] for k in rng.integers(0, len(every), int(rng.integers(0, hubs + 1)))]
    incidence = np.zeros((len(ends), hubs))
    for row, (start, end) in enumerate(ends):
        incidence[row, start], incidence[row, end] = 1.0, -1.0
    susceptance = incidence / rng.uniform(0.1, 1.0, (len(ends), 1))
    factor = np.zeros((len(ends), n))
    factor[:, 1:hubs] = susceptance[:, 1:] @ np.linalg.inv(incidence[:, 1:].T @ susceptance[:, 1:])
    most = max(int(problem.orders.energy_wh.sum() / (n * t)), 4)
    sizes = np.array([most // 20, most // 3, most, NO_LIMIT_WH])
    meshed = lines_of([(*pair, 0, 0, 0, 0, 0) for pair in ends], t)
    meshed = replace(
        meshed,
        capacity_forward_wh=rng.choice(sizes, (len(ends), t)),
        capacity_backward_wh=rng.choice(sizes, (len(ends), t)),
    )
    free = len(problem.lines)
    return replace(
        problem,
        lines=Lines(
            **{
                name: np.concatenate([getattr(problem.lines, name), getattr(meshed, name)])
                for name in Lines.__dataclass_fields__
            }
        ),
        ptdf=Ptdf(
            line=np.arange(free, free + len(ends), dtype=np.int32),
            factor_ppb=np.round(factor * PPB).astype(np.int64),
        ),
    )


def random_tree(rng: np.random.Generator, problem: ClearingProblem) -> ClearingProblem:
    """The same market, some of its areas lying in others, up to a few levels deep."""
    order = rng.permutation(problem.n_areas)
    parent = np.full(problem.n_areas, -1, dtype=np.int32)
    for place in range(1, problem.n_areas):
        if rng.random() < 0.6:
            parent[order[place]] = order[rng.integers(0, place)]
    return replace(problem, areas=replace(problem.areas, parent=parent))


def random_slopes(
    rng: np.random.Generator, problem: ClearingProblem, *, share: float = 0.5, widest: int = 60
) -> ClearingProblem:
    """The same market, a share of its orders sloped over up to `widest` ticks."""
    orders, m = problem.orders, len(problem.orders)
    step = np.where(rng.random(m) < share, rng.integers(1, widest + 1, m), 0)
    end = orders.price_ticks + np.where(orders.is_sell, step, -step)
    return replace(
        problem, orders=replace(orders, price_end_ticks=np.clip(end, PRICE_MIN, PRICE_MAX))
    )


def random_last_resort(
    rng: np.random.Generator, problem: ClearingProblem, share: float = 0.1
) -> ClearingProblem:
    """The same market, a share of its orders being those of the last resort."""
    flags = rng.random(len(problem.orders)) < share
    return replace(problem, orders=replace(problem.orders, is_last_resort=flags))


def block_market(rng: np.random.Generator, count: int) -> ClearingProblem:
    """A few areas in a row without losses, and blocks so large and near that many must stay out."""
    n, t = int(rng.integers(1, 4)), int(rng.integers(1, 5))
    m = int(rng.integers(8, 25)) * n * t
    scale = int(rng.choice([1, 1_000]))
    rows = [
        (a, a + 1, int(rng.choice([0, 200, 2_000])) * scale, 300 * scale, 0, 0, 50 * (a % 2))
        for a in range(n - 1)
    ]
    orders = StepOrders(
        area=rng.integers(0, n, m).astype(np.int32),
        interval=rng.integers(0, t, m).astype(np.int32),
        is_sell=rng.random(m) < 0.5,
        price_ticks=10 * rng.integers(0, int(rng.choice([30, 3_000])), m),
        energy_wh=scale * rng.integers(1, 200, m),
        sequence=rng.permutation(m).astype(np.int64),
    )
    plain = market(
        orders,
        n_areas=n,
        n_intervals=t,
        lines=lines_of(rows, t),
        tie=Tie(rng.choice(list(Tie))),
    )
    return random_blocks(rng, plain, count, size=float(rng.choice([0.15, 0.4])))


def enlarged(problem: ClearingProblem, times: int) -> ClearingProblem:
    """The same market with all energies so many times larger, so that a Wh is next to nothing."""

    def larger(energy_wh: IntArray) -> IntArray:
        return np.where(energy_wh > NO_LIMIT_WH // times, NO_LIMIT_WH, energy_wh * times)

    areas, lines, rows = problem.areas, problem.lines, problem.storages
    return replace(
        problem,
        areas=replace(
            areas,
            import_limit_wh=larger(areas.import_limit_wh),
            export_limit_wh=larger(areas.export_limit_wh),
        ),
        lines=replace(
            lines,
            capacity_forward_wh=larger(lines.capacity_forward_wh),
            capacity_backward_wh=larger(lines.capacity_backward_wh),
        ),
        orders=replace(problem.orders, energy_wh=larger(problem.orders.energy_wh)),
        blocks=replace(problem.blocks, leg_energy_wh=larger(problem.blocks.leg_energy_wh)),
        storages=replace(
            rows,
            charge_limit_wh=larger(rows.charge_limit_wh),
            discharge_limit_wh=larger(rows.discharge_limit_wh),
            capacity_wh=larger(rows.capacity_wh),
            start_wh=larger(rows.start_wh),
        ),
    )
