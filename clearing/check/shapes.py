"""Whether the arrays of a result are what they say they are: shapes, types, and the plain ranges.

The one idea to know: everything behind this file reads the arrays without looking back, so here
is where a wrong shape, a negative fill or a ratio above 1 ends an audit.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from clearing.problem import PPB, ClearingProblem, ClearingResult, IntArray

_OF_NODES: Final = (
    "price_ticks",
    "connection_price_ticks",
    "price_microticks",
    "connection_price_microticks",
    "has_price",
    "best_bid_ticks",
    "best_offer_ticks",
    "net_export_wh",
    "rounding_wh",
)
_OF_LINES: Final = (
    "sent_forward_wh",
    "sent_backward_wh",
    "received_forward_wh",
    "received_backward_wh",
    "shadow_price_microticks",
)
_OF_STORAGES: Final = ("charge_wh", "discharge_wh", "stored_wh", "stored_value_microticks")


def shape_refusals(problem: ClearingProblem, result: ClearingResult) -> list[str]:
    """Arrays that do not have the shape or type the problem asks for."""
    refused = []
    for name, array, shape in _wanted(problem, result):
        kind = np.bool_ if name == "has_price" else np.int64
        if array.shape != shape or array.dtype != kind:
            refused.append(f"{name}: {array.dtype} {array.shape}, expected {kind} {shape}")
    return refused


def _wanted(
    problem: ClearingProblem, result: ClearingResult
) -> list[tuple[str, NDArray[Any], tuple[int, ...]]]:
    by_shape: list[tuple[tuple[str, ...], tuple[int, ...]]] = [
        (_OF_NODES, (problem.n_areas, problem.n_intervals)),
        (_OF_LINES, (len(problem.lines), problem.n_intervals)),
        (_OF_STORAGES, (len(problem.storages), problem.n_intervals)),
        (("accepted_wh",), (len(problem.orders),)),
        (("block_ratio_ppb",), (len(problem.blocks),)),
    ]
    return [(name, getattr(result, name), shape) for names, shape in by_shape for name in names]


def range_refusals(problem: ClearingProblem, result: ClearingResult) -> list[str]:
    """Energies and ratios outside what an order, a line or a storage may ever have."""
    lines, storages = problem.lines, problem.storages
    rules: list[tuple[str, IntArray, IntArray]] = [
        ("an order is filled", result.accepted_wh, problem.orders.energy_wh),
        ("a block is accepted", result.block_ratio_ppb, np.full(len(problem.blocks), PPB)),
        ("a line sends forward", result.sent_forward_wh, lines.capacity_forward_wh),
        ("a line sends backward", result.sent_backward_wh, lines.capacity_backward_wh),
        ("a storage charges", result.charge_wh, storages.charge_limit_wh[:, None]),
        ("a storage discharges", result.discharge_wh, storages.discharge_limit_wh[:, None]),
        ("a storage holds", result.stored_wh, storages.capacity_wh[:, None]),
    ]
    return [
        f"{what} outside what it may"
        for what, amount, highest in rules
        if (amount < 0).any() or (amount > highest).any()
    ]
