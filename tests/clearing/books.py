"""Markets and books for the clearing tests: by hand as text tables, or drawn by a seed.

`draws` adds what is more than simple orders, areas and free lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from clearing.problem import (
    NO_LIMIT_WH,
    PPB,
    PPM,
    Areas,
    BlockOrders,
    ClearingProblem,
    IntArray,
    Lines,
    StepOrders,
    StorageOrders,
    Tie,
    no_blocks,
    no_storages,
)
from tests.clearing.oracles import plain_welfare

PRICE_MIN, PRICE_MAX = -50_000, 400_000
#: The name by which tests of simple orders know it.
plain_program_welfare = plain_welfare


def orders_of(rows: list[tuple[int, int, bool, int, int, int]]) -> StepOrders:
    """Columns of rows (area, interval, is_sell, price, energy, sequence)."""
    table = list(zip(*rows, strict=True)) if rows else [()] * 6
    return StepOrders(
        area=np.array(table[0], dtype=np.int32),
        interval=np.array(table[1], dtype=np.int32),
        is_sell=np.array(table[2], dtype=np.bool_),
        price_ticks=np.array(table[3], dtype=np.int64),
        energy_wh=np.array(table[4], dtype=np.int64),
        sequence=np.array(table[5], dtype=np.int64),
    )


def book(text: str) -> StepOrders:
    """Orders from a table: `area side energy @ price`, accepted in the order written."""
    rows = []
    for line in text.strip().splitlines():
        area, side, energy, _, price = line.split()
        rows.append((int(area), 0, side == "sell", int(price), int(energy), len(rows) + 1))
    return orders_of(rows)


def lines_of(rows: list[tuple[int, int, int, int, int, int, int]], n_intervals: int = 1) -> Lines:
    """Lines of rows (from, to, forward, backward capacity, loss ppm, fees forward, backward)."""
    table = list(zip(*rows, strict=True)) if rows else [()] * 7

    def over_time(values: Sequence[int]) -> IntArray:
        column = np.array(values, dtype=np.int64).reshape(-1, 1)
        return np.repeat(column, n_intervals, axis=1)

    return Lines(
        from_area=np.array(table[0], dtype=np.int32),
        to_area=np.array(table[1], dtype=np.int32),
        capacity_forward_wh=over_time(table[2]),
        capacity_backward_wh=over_time(table[3]),
        loss_ppm=np.array(table[4], dtype=np.int64),
        fee_forward_ticks=np.array(table[5], dtype=np.int64),
        fee_backward_ticks=np.array(table[6], dtype=np.int64),
    )


def market(
    orders: StepOrders,
    *,
    n_areas: int = 1,
    n_intervals: int = 1,
    lines: Lines | None = None,
    imports: ArrayLike = NO_LIMIT_WH,
    exports: ArrayLike = NO_LIMIT_WH,
    tie: Tie = Tie.TIME,
    blocks: BlockOrders | None = None,
    storages: StorageOrders | None = None,
    parent: Sequence[int] | None = None,
) -> ClearingProblem:
    """A market around a book; limits are one number or an array (n, t)."""
    shape = (n_areas, n_intervals)
    return ClearingProblem(
        n_areas=n_areas,
        n_intervals=n_intervals,
        areas=Areas(
            import_limit_wh=np.broadcast_to(np.asarray(imports, dtype=np.int64), shape).copy(),
            export_limit_wh=np.broadcast_to(np.asarray(exports, dtype=np.int64), shape).copy(),
            parent=None if parent is None else np.array(parent, dtype=np.int32),
        ),
        lines=lines if lines is not None else lines_of([], n_intervals),
        orders=orders,
        price_min_ticks=PRICE_MIN,
        price_max_ticks=PRICE_MAX,
        tie=tie,
        blocks=blocks if blocks is not None else no_blocks(),
        storages=storages if storages is not None else no_storages(),
    )


_BLOCK = re.compile(
    r"(?P<name>\w+) (?P<side>sell|buy) (?P<wh>[\d,]+) @ (?P<price>-?\d+) in (?P<when>[\d, -]+)"
    r" of area (?P<area>\d+)(?:, min (?P<least>[\d.]+))?(?:, child of (?P<parent>\w+))?"
    r"(?:, group (?P<group>\w+))?"
)
_STORAGE = re.compile(
    r"charge (?P<charge>\d+) discharge (?P<discharge>\d+) capacity (?P<capacity>\d+)"
    r" from (?P<start>\d+) in (?P<first>\d+)-(?P<last>\d+) of area (?P<area>\d+)"
    r"(?:, end (?P<end>-?\d+))?(?:, keeps (?P<charged>\d+)% (?P<discharged>\d+)%)?"
    r"(?:, spread (?P<spread>\d+))?"
)


def blocks(text: str) -> BlockOrders:
    """Blocks from a table, accepted in the order written.

    `A sell 100 @ 2000 in 0-3 of area 0`, and if wanted `, min 0.5`, `, child of B`, `, group g`. An
    energy for every interval: `50,60,70`; intervals with gaps: `0,2,5-7`.
    """
    found = _read(_BLOCK, text)
    names = [row["name"] for row in found]
    groups = list(dict.fromkeys(row["group"] for row in found if row["group"]))
    rows = []
    for row in found:
        when = list(_numbers(row["when"]))
        energy = [int(wh) for wh in row["wh"].split(",")]
        rows.append(
            (
                int(row["area"]),
                row["side"] == "sell",
                int(row["price"]),
                round(float(row["least"] or 1) * PPB),
                names.index(row["parent"]) if row["parent"] else -1,
                groups.index(row["group"]) if row["group"] else -1,
                list(zip(when, energy * len(when) if len(energy) == 1 else energy, strict=True)),
            )
        )
    return blocks_of(rows)


def blocks_of(
    rows: list[tuple[int, bool, int, int, int, int, list[tuple[int, int]]]],
) -> BlockOrders:
    """Columns of rows (area, is_sell, price, least ratio ppb, parent, group, legs)."""
    if not rows:
        return no_blocks()
    area, is_sell, price, least, parent, group, legs = zip(*rows, strict=True)
    flat = [leg for one in legs for leg in one]
    return BlockOrders(
        area=np.array(area, dtype=np.int32),
        is_sell=np.array(is_sell, dtype=np.bool_),
        price_ticks=np.array(price, dtype=np.int64),
        ratio_min_ppb=np.array(least, dtype=np.int64),
        parent=np.array(parent, dtype=np.int32),
        group=np.array(group, dtype=np.int32),
        sequence=np.arange(1, len(rows) + 1, dtype=np.int64),
        leg_first=np.cumsum([0, *map(len, legs)], dtype=np.int64),
        leg_interval=np.array([when for when, _ in flat], dtype=np.int32),
        leg_energy_wh=np.array([wh for _, wh in flat], dtype=np.int64),
    )


def storages(text: str) -> StorageOrders:
    """Storages from a table, accepted in the order written.

    `charge 100 discharge 80 capacity 400 from 50 in 0-7 of area 0`, and if wanted `, end 3000`,
    `, keeps 90% 95%`, `, spread 500`.
    """
    found = _read(_STORAGE, text)

    def column(name: str, default: int = 0, scale: int = 1) -> IntArray:
        return np.array([scale * int(row[name] or default) for row in found], dtype=np.int64)

    return StorageOrders(
        area=column("area").astype(np.int32),
        first_interval=column("first").astype(np.int32),
        last_interval=column("last").astype(np.int32),
        charge_limit_wh=column("charge"),
        discharge_limit_wh=column("discharge"),
        capacity_wh=column("capacity"),
        start_wh=column("start"),
        end_value_ticks=column("end"),
        efficiency_charge_ppm=column("charged", 100, PPM // 100),
        efficiency_discharge_ppm=column("discharged", 100, PPM // 100),
        spread_ticks=column("spread"),
        sequence=np.arange(1, len(found) + 1, dtype=np.int64),
    )


def _read(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    lines = [" ".join(line.split()) for line in text.strip().splitlines()]
    rows = {line: pattern.fullmatch(line) for line in lines}
    wrong = [row for row, match in rows.items() if match is None]
    assert not wrong, f"cannot be read: {wrong}"
    return [match for match in rows.values() if match is not None]


def _numbers(text: str) -> Iterable[int]:
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        yield from range(int(first), int(last or first) + 1)


def random_orders(
    rng: np.random.Generator, m: int, n_areas: int, n_intervals: int, *, lowest: int, steps: int
) -> StepOrders:
    """A book with `steps` different prices from `lowest` on, so that few steps make many ties."""
    step = max(1, 30_000 // steps)
    return StepOrders(
        area=rng.integers(0, n_areas, m).astype(np.int32),
        interval=rng.integers(0, n_intervals, m).astype(np.int32),
        is_sell=rng.random(m) < rng.choice([0.0, 0.3, 0.5, 0.5, 0.5, 0.7, 1.0]),
        price_ticks=lowest + step * rng.integers(0, steps + 1, m),
        energy_wh=rng.integers(1, int(rng.choice([4, 200, 5_000])), m),
        sequence=rng.permutation(m).astype(np.int64),
    )


def random_grid(rng: np.random.Generator, *, negative: bool = False) -> ClearingProblem:
    """Up to six areas, any lines between them, limits, losses, fees; sometimes parallel lines."""
    n, t = int(rng.integers(1, 7)), int(rng.integers(1, 4))
    m = int(rng.integers(0, 30)) * n * t
    rows = []
    for _ in range(int(rng.integers(0, 2 * n)) if n > 1 else 0):
        start, end = rng.choice(n, 2, replace=False)
        rows.append(
            (
                int(start),
                int(end),
                int(rng.choice([0, 10, 500, 20_000, NO_LIMIT_WH])),
                int(rng.choice([0, 10, 500, 20_000, NO_LIMIT_WH])),
                int(rng.choice([0, 0, 20_000, 13_579, 300_000])),
                int(rng.choice([0, 0, 37, 4_000])),
                int(rng.choice([0, 37, 4_000])),
            )
        )
    limits = np.array([0, 50, 3_000, NO_LIMIT_WH, NO_LIMIT_WH])
    return market(
        random_orders(
            rng,
            m,
            n,
            t,
            lowest=-20_000 if negative else 100,
            steps=int(rng.choice([3, 20, 15_000])),
        ),
        n_areas=n,
        n_intervals=t,
        lines=lines_of(rows, t),
        imports=rng.choice(limits, (n, t)),
        exports=rng.choice(limits, (n, t)),
        tie=Tie(rng.choice(list(Tie))),
    )


def shuffled(problem: ClearingProblem, rows: IntArray) -> ClearingProblem:
    """The same problem with the rows of its book in another order."""
    return replace(problem, orders=problem.orders.rows(rows))
