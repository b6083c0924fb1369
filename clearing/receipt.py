"""The receipt of an auction: what was asked, by which rules, what came out, and the proof.

The one idea to know: the hash is taken of the book in canonical order, so the same book in any
order of rows has the same receipt. Who holds input, result and receipt can check all three with
arithmetic alone: the auditor needs no solver.
"""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from clearing.check import audit
from clearing.problem import ClearingProblem, ClearingResult

#: The price, tie and rounding rules by which results are made; changes when one of them changes.
RULES: Final = "wattmarket-clearing-1"


def software_version() -> str:
    """Version of the software that made a result."""
    try:
        return version("wattmarket")
    except PackageNotFoundError:
        return "unknown"


def input_hash(problem: ClearingProblem) -> str:
    """SHA-256 of the canonical input, as hexadecimal digits."""
    row = _canonical_rows(problem)
    orders, lines, areas = problem.orders, problem.lines, problem.areas
    head = [
        problem.n_areas,
        problem.n_intervals,
        problem.price_min_ticks,
        problem.price_max_ticks,
        str(problem.tie),
    ]
    columns: list[NDArray[Any]] = [
        areas.import_limit_wh,
        areas.export_limit_wh,
        lines.from_area,
        lines.to_area,
        lines.capacity_forward_wh,
        lines.capacity_backward_wh,
        lines.loss_ppm,
        lines.fee_forward_ticks,
        lines.fee_backward_ticks,
        orders.area[row],
        orders.interval[row],
        orders.is_sell[row],
        orders.price_ticks[row],
        orders.energy_wh[row],
        orders.sequence[row],
    ]
    return _digest(head, columns)


def result_hash(problem: ClearingProblem, result: ClearingResult) -> str:
    """SHA-256 of everything a result decides; timings and words are not part of it."""
    head = [str(result.rung), result.reproducible, result.welfare_quanta, result.upper_bound_quanta]
    row = _canonical_rows(problem)
    columns = [
        np.where(result.has_price, result.price_ticks, 0),
        np.where(result.has_price, result.connection_price_ticks, 0),
        result.has_price,
        result.accepted_wh[row],
        result.sent_forward_wh,
        result.sent_backward_wh,
        result.received_forward_wh,
        result.received_backward_wh,
        result.net_export_wh,
        result.rounding_wh,
    ]
    return _digest(head, columns)


def receipt(problem: ClearingProblem, result: ClearingResult) -> dict[str, Any]:
    """The receipt as a plain dictionary, ready for JSON; money as strings of whole quanta."""
    gap = result.upper_bound_quanta - result.welfare_quanta
    return {
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
        "message": result.message,
        "timings_ms": result.timings_ms,
    }


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


def _canonical_rows(problem: ClearingProblem) -> NDArray[Any]:
    orders = problem.orders
    return np.lexsort(
        (
            orders.energy_wh,
            orders.sequence,
            orders.price_ticks,
            orders.is_sell,
            orders.interval,
            orders.area,
        )
    )


def _digest(head: list[Any], columns: list[NDArray[Any]]) -> str:
    digest = hashlib.sha256(json.dumps(head).encode())
    for column in columns:
        # Shape and 64-bit little-endian: the same bytes on every machine.
        digest.update(json.dumps(list(column.shape)).encode())
        digest.update(np.ascontiguousarray(column, dtype="<i8").tobytes())
    return digest.hexdigest()
