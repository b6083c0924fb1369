"""What the grid says about a result: shapes, balance, limits, losses, directions, welfare."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearing.problem import (
    NO_LIMIT_WH,
    NO_PRICE_TICKS,
    PPM,
    ClearingProblem,
    ClearingResult,
    Rung,
)


def shape_refusals(problem: ClearingProblem, result: ClearingResult) -> list[str]:
    """Arrays that do not have the shape or type the problem asks for."""
    nodes = (problem.n_areas, problem.n_intervals)
    flows = (len(problem.lines), problem.n_intervals)
    wanted: list[tuple[str, NDArray[Any], tuple[int, ...]]] = [
        ("price_ticks", result.price_ticks, nodes),
        ("connection_price_ticks", result.connection_price_ticks, nodes),
        ("has_price", result.has_price, nodes),
        ("best_bid_ticks", result.best_bid_ticks, nodes),
        ("best_offer_ticks", result.best_offer_ticks, nodes),
        ("accepted_wh", result.accepted_wh, (len(problem.orders),)),
        ("sent_forward_wh", result.sent_forward_wh, flows),
        ("sent_backward_wh", result.sent_backward_wh, flows),
        ("received_forward_wh", result.received_forward_wh, flows),
        ("received_backward_wh", result.received_backward_wh, flows),
        ("net_export_wh", result.net_export_wh, nodes),
        ("rounding_wh", result.rounding_wh, nodes),
    ]
    refused = []
    for name, array, shape in wanted:
        kind = np.bool_ if name == "has_price" else np.int64
        if array.shape != shape or array.dtype != kind:
            refused.append(f"{name}: {array.dtype} {array.shape}, expected {kind} {shape}")
    return refused


def grid_refusals(problem: ClearingProblem, result: ClearingResult) -> list[str]:
    """Everything a meter, a line or an adding machine would object to."""
    return [
        *_line_refusals(problem, result),
        *_circle_refusals(problem, result),
        *_balance_refusals(problem, result),
        *_book_refusals(problem, result),
        *_welfare_refusals(problem, result),
    ]


def _line_refusals(problem: ClearingProblem, result: ClearingResult) -> list[str]:
    lines, refused = problem.lines, []
    directions = [
        ("forward", result.sent_forward_wh, result.received_forward_wh, lines.capacity_forward_wh),
        (
            "backward",
            result.sent_backward_wh,
            result.received_backward_wh,
            lines.capacity_backward_wh,
        ),
    ]
    for name, sent, received, capacity in directions:
        if (sent < 0).any() or (sent > capacity).any():
            refused.append(f"lines {name}: sent energy outside 0 .. capacity")
            continue
        for line, t in zip(*np.nonzero((sent > 0) | (received != 0)), strict=True):
            flow, loss = int(sent[line, t]), int(lines.loss_ppm[line])
            lost = (flow * loss + PPM - 1) // PPM
            if int(received[line, t]) != flow - lost:
                refused.append(f"line {line}, interval {t}, {name}: wrong loss")
    if ((result.sent_forward_wh > 0) & (result.sent_backward_wh > 0)).any():
        refused.append("a line carries both directions at once")
    closed = result.rung in (Rung.MERIT_ORDER, Rung.CANCELLED)
    if closed and (result.sent_forward_wh.any() or result.sent_backward_wh.any()):
        refused.append("flows on a rung whose lines are closed")
    return refused


def _circle_refusals(problem: ClearingProblem, result: ClearingResult) -> list[str]:
    """Energy must not run in a circle: areas that receive from nobody are taken off in turn."""
    lines, refused = problem.lines, []
    net = result.sent_forward_wh - result.sent_backward_wh
    for t in np.flatnonzero((net != 0).any(axis=0)):
        arcs = {
            (int(lines.from_area[line]), int(lines.to_area[line]))
            if net[line, t] > 0
            else (int(lines.to_area[line]), int(lines.from_area[line]))
            for line in np.flatnonzero(net[:, t])
        }
        while arcs:
            fed = {end for _, end in arcs}
            left = {arc for arc in arcs if arc[0] in fed}
            if len(left) == len(arcs):
                refused.append(f"interval {t}: energy runs in a circle")
                break
            arcs = left
    return refused


def _balance_refusals(problem: ClearingProblem, result: ClearingResult) -> list[str]:
    lines, orders, areas = problem.lines, problem.orders, problem.areas
    shape = (problem.n_areas, problem.n_intervals)
    outward, by_orders = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    np.add.at(outward, lines.from_area, result.sent_forward_wh - result.received_backward_wh)
    np.add.at(outward, lines.to_area, result.sent_backward_wh - result.received_forward_wh)
    signed = np.where(orders.is_sell, result.accepted_wh, -result.accepted_wh)
    np.add.at(by_orders, (orders.area, orders.interval), signed)
    net = result.net_export_wh
    refused = []
    if (outward != by_orders).any():
        where = np.argwhere(outward != by_orders)[0].tolist()
        refused.append(f"area, interval {where}: sold + received is not bought + sent")
    if (net != by_orders).any():
        refused.append("net_export_wh is not what the orders sell less what they buy")
    limited_in, limited_out = areas.import_limit_wh, areas.export_limit_wh
    if ((-net > limited_in) & (limited_in < NO_LIMIT_WH)).any():
        refused.append("an import limit is exceeded")
    if ((net > limited_out) & (limited_out < NO_LIMIT_WH)).any():
        refused.append("an export limit is exceeded")
    return refused


def _book_refusals(problem: ClearingProblem, result: ClearingResult) -> list[str]:
    """Best bid, best offer and whether there is a price at all, from the orders one by one."""
    orders, refused = problem.orders, []
    shape = (problem.n_areas, problem.n_intervals)
    place = (orders.area, orders.interval)
    traded = np.zeros(shape, dtype=np.int64)
    np.add.at(traded, place, (result.accepted_wh != 0).astype(np.int64))
    flow = (result.sent_forward_wh != 0) | (result.sent_backward_wh != 0)
    for ends in (problem.lines.from_area, problem.lines.to_area):
        np.add.at(traded, ends, flow.astype(np.int64))
    if ((traded > 0) != result.has_price).any():
        refused.append("has_price: a price without volume, or volume without a price")
    for name, side, sign, stated in (
        ("best_bid_ticks", ~orders.is_sell, 1, result.best_bid_ticks),
        ("best_offer_ticks", orders.is_sell, -1, result.best_offer_ticks),
    ):
        best = np.full(shape, NO_PRICE_TICKS, dtype=np.int64)
        np.maximum.at(best, (place[0][side], place[1][side]), sign * orders.price_ticks[side])
        if (np.where(best == NO_PRICE_TICKS, best, sign * best) != stated).any():
            refused.append(f"{name}: not the best of the book")
    return refused


def _welfare_refusals(problem: ClearingProblem, result: ClearingResult) -> list[str]:
    orders, lines = problem.orders, problem.lines
    rows = np.flatnonzero(result.accepted_wh)
    welfare = sum(
        -price * wh if sell else price * wh
        for price, wh, sell in zip(
            orders.price_ticks[rows].tolist(),
            result.accepted_wh[rows].tolist(),
            orders.is_sell[rows].tolist(),
            strict=True,
        )
    )
    for fee, sent in (
        (lines.fee_forward_ticks, result.sent_forward_wh),
        (lines.fee_backward_ticks, result.sent_backward_wh),
    ):
        for line in range(len(lines)):
            welfare -= int(fee[line]) * sum(sent[line].tolist())
    refused = []
    if welfare != result.welfare_quanta:
        refused.append(f"welfare is {welfare} quanta, not {result.welfare_quanta}")
    if result.upper_bound_quanta < welfare:
        refused.append("the upper bound is below the welfare")
    return refused
