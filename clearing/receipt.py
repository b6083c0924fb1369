"""The receipt of an auction: what was asked, by which rules, what came out, and the proof.

The one idea to know: the hash is taken of the book in canonical order, so the same book in any
order of rows has the same receipt: orders, blocks and storages each in an order of their own, a
block's parent by its place in that, an exclusive group by its first member. Who holds input, result
and receipt can check all three with arithmetic alone: the auditor needs no solver.
"""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from clearing.check import audit
from clearing.problem import (
    PPB,
    BlockOrders,
    ClearingProblem,
    ClearingResult,
    IntArray,
    Ptdf,
    StepOrders,
    StorageOrders,
)

#: The price, tie and rounding rules by which results are made; changes when one of them changes.
RULES: Final = "wattmarket-clearing-2"

#: Decimals of the gap, rounded up.
_GAP_DECIMALS: Final = 12

Columns = list[NDArray[Any]]


def software_version() -> str:
    """Version of the software that made a result."""
    try:
        return version("wattmarket")
    except PackageNotFoundError:
        return "unknown"


def input_hash(problem: ClearingProblem) -> str:
    """SHA-256 of the canonical input, as hexadecimal digits."""
    head = [
        problem.n_areas,
        problem.n_intervals,
        problem.price_min_ticks,
        problem.price_max_ticks,
        str(problem.tie),
    ]
    return _digest(
        head,
        [
            *_grid_columns(problem),
            *_order_columns(problem.orders),
            *_block_columns(problem.blocks),
            *_storage_columns(problem.storages),
        ],
    )


def _grid_columns(problem: ClearingProblem) -> Columns:
    lines, areas = problem.lines, problem.areas
    confirmed = problem.confirmed_wh
    if confirmed is None:
        confirmed = np.zeros((2, len(lines), problem.n_intervals), dtype=np.int64)
    return [
        areas.import_limit_wh,
        areas.export_limit_wh,
        problem.parent,
        lines.from_area,
        lines.to_area,
        lines.capacity_forward_wh,
        lines.capacity_backward_wh,
        lines.loss_ppm,
        lines.fee_forward_ticks,
        lines.fee_backward_ticks,
        confirmed,
        *_mesh_columns(problem.ptdf, problem.n_areas),
    ]


def _mesh_columns(ptdf: Ptdf | None, n_areas: int) -> Columns:
    if ptdf is None:
        return [np.zeros(0, dtype=np.int32), np.zeros((0, n_areas), dtype=np.int64)]
    row = np.argsort(ptdf.line)
    return [ptdf.line[row], ptdf.factor_ppb[row]]


def _order_columns(orders: StepOrders) -> Columns:
    row = _canonical_orders(orders)
    return [
        orders.area[row],
        orders.interval[row],
        orders.is_sell[row],
        orders.price_ticks[row],
        orders.energy_wh[row],
        orders.sequence[row],
        _end_of(orders)[row],
        _is_last(orders)[row],
    ]


def _end_of(orders: StepOrders) -> IntArray:
    return orders.price_ticks if orders.price_end_ticks is None else orders.price_end_ticks


def _is_last(orders: StepOrders) -> NDArray[np.bool_]:
    if orders.is_last_resort is None:
        return np.zeros(len(orders), dtype=np.bool_)
    return orders.is_last_resort


def _canonical_orders(orders: StepOrders) -> NDArray[np.intp]:
    """Rows of the orders by area, interval, side, price, acceptance, energy and the rest."""
    return np.lexsort(
        (
            _is_last(orders),
            _end_of(orders),
            orders.energy_wh,
            orders.sequence,
            orders.price_ticks,
            orders.is_sell,
            orders.interval,
            orders.area,
        )
    )


def _block_columns(blocks: BlockOrders) -> Columns:
    row = _canonical_blocks(blocks)
    place = np.empty(len(blocks), dtype=np.int64)
    place[row] = np.arange(len(blocks))
    parent, group = blocks.parent[row], blocks.group[row]
    leg = np.concatenate(
        [np.zeros(0, dtype=np.int64)]
        + [np.arange(blocks.leg_first[b], blocks.leg_first[b + 1]) for b in row.tolist()]
    )
    return [
        blocks.area[row],
        blocks.is_sell[row],
        blocks.price_ticks[row],
        blocks.ratio_min_ppb[row],
        np.where(parent >= 0, place[parent], -1) if len(row) else parent,
        # A group's number says nothing; its first member does.
        np.array([np.flatnonzero(group == g)[0] if g >= 0 else -1 for g in group.tolist()]),
        blocks.sequence[row],
        np.diff(blocks.leg_first)[row],
        blocks.leg_interval[leg],
        blocks.leg_energy_wh[leg],
    ]


def _canonical_blocks(blocks: BlockOrders) -> IntArray:
    """Rows of the blocks by area, acceptance and everything else that tells them apart."""
    first = blocks.leg_first.tolist()

    def key(b: int) -> tuple[Any, ...]:
        legs, parent = slice(first[b], first[b + 1]), int(blocks.parent[b])
        return (
            int(blocks.area[b]),
            int(blocks.sequence[b]),
            bool(blocks.is_sell[b]),
            int(blocks.price_ticks[b]),
            int(blocks.ratio_min_ppb[b]),
            blocks.leg_interval[legs].tolist(),
            blocks.leg_energy_wh[legs].tolist(),
            int(blocks.sequence[parent]) if parent >= 0 else -1,
        )

    return np.array(sorted(range(len(blocks)), key=key), dtype=np.int64)


def _storage_columns(storages: StorageOrders) -> Columns:
    row = _canonical_storages(storages)
    return [column[row] for column in _columns_of_storages(storages)]


def _canonical_storages(storages: StorageOrders) -> NDArray[np.intp]:
    """Rows of the storages by area, acceptance and everything else."""
    return np.lexsort(_columns_of_storages(storages)[::-1])


def _columns_of_storages(storages: StorageOrders) -> Columns:
    return [
        storages.area,
        storages.sequence,
        storages.first_interval,
        storages.last_interval,
        storages.charge_limit_wh,
        storages.discharge_limit_wh,
        storages.capacity_wh,
        storages.start_wh,
        storages.end_value_ticks,
        storages.efficiency_charge_ppm,
        storages.efficiency_discharge_ppm,
        storages.spread_ticks,
    ]


def result_hash(problem: ClearingProblem, result: ClearingResult) -> str:
    """SHA-256 of everything a result decides; timings and words are not part of it."""
    head = [str(result.rung), result.reproducible, result.welfare_quanta, result.upper_bound_quanta]
    storage = _canonical_storages(problem.storages)
    published = [
        result.price_ticks,
        result.connection_price_ticks,
        result.price_microticks,
        result.connection_price_microticks,
    ]
    columns: Columns = [
        *(np.where(result.has_price, price, 0) for price in published),
        result.has_price,
        result.accepted_wh[_canonical_orders(problem.orders)],
        result.block_ratio_ppb[_canonical_blocks(problem.blocks)],
        result.charge_wh[storage],
        result.discharge_wh[storage],
        result.stored_wh[storage],
        result.stored_value_microticks[storage],
        result.sent_forward_wh,
        result.sent_backward_wh,
        result.received_forward_wh,
        result.received_backward_wh,
        result.shadow_price_microticks,
        result.net_export_wh,
        result.rounding_wh,
    ]
    return _digest(head, columns)


def receipt(problem: ClearingProblem, result: ClearingResult) -> dict[str, Any]:
    """The receipt as a plain dictionary, ready for JSON; money as strings of whole quanta."""
    gap = result.upper_bound_quanta - result.welfare_quanta
    ratio = result.block_ratio_ppb
    timings = dict(result.timings_ms)
    points = timings.pop("search_points", None)
    stated = {
        "input_sha256": input_hash(problem),
        "result_sha256": result_hash(problem, result),
        "rules": RULES,
        "tie": str(problem.tie),
        "software": f"wattmarket {software_version()}",
        "rung": str(result.rung),
        "reproducible": result.reproducible,
        "welfare_quanta": str(result.welfare_quanta),
        "upper_bound_quanta": str(result.upper_bound_quanta),
        "gap_quanta": str(gap),
        "gap": relative_gap(result),
        "blocks": {
            "accepted": int(np.count_nonzero(ratio == PPB)),
            "partly_accepted": int(np.count_nonzero((ratio > 0) & (ratio < PPB))),
            "not_accepted": int(np.count_nonzero(ratio == 0)),
        },
        "message": result.message,
        "timings_ms": timings,
    }
    if points is not None:
        stated["search_points"] = round(points)
    return stated


def relative_gap(result: ClearingResult) -> str:
    """Upper bound less welfare, as part of the upper bound: a decimal, rounded up."""
    gap, bound = result.upper_bound_quanta - result.welfare_quanta, result.upper_bound_quanta
    digits = -(-gap * 10**_GAP_DECIMALS // max(abs(bound), 1))
    whole, part = divmod(digits, 10**_GAP_DECIMALS)
    text = f"{whole}.{part:0{_GAP_DECIMALS}d}"
    return text.rstrip("0").rstrip(".")


def verify(problem: ClearingProblem, result: ClearingResult, stated: dict[str, Any]) -> list[str]:
    """Every reason to refuse a result and its receipt, empty when both stand. No solver needed."""
    due = receipt(problem, result)
    names = ("input_sha256", "result_sha256", "rules", "tie", "rung", "welfare_quanta")
    wrong = [
        f"receipt: {name} is {stated.get(name)!r}, due {due[name]!r}"
        for name in names
        if stated.get(name) != due[name]
    ]
    return wrong + audit(problem, result)


def _digest(head: list[Any], columns: Columns) -> str:
    digest = hashlib.sha256(json.dumps(head).encode())
    for column in columns:
        # Shape and 64-bit little-endian: the same bytes on every machine.
        digest.update(json.dumps(list(column.shape)).encode())
        digest.update(np.ascontiguousarray(column, dtype="<i8").tobytes())
    return digest.hexdigest()
