"""Results written down by hand: the decisions are given, the rest follows by naive arithmetic.

The one idea to know: nothing here is shared with the engine or its auditor. Fills, flows, ratios
and exact prices are what a test says they are; what is received, stored, injected and gained is
added up in plain Python, Wh by Wh where it must.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from clearing.problem import (
    NO_PRICE_TICKS,
    PPB,
    PPM,
    ClearingProblem,
    ClearingResult,
    IntArray,
    Rung,
)


def by_hand(
    problem: ClearingProblem,
    *,
    accepted: Sequence[int],
    exact: ArrayLike,
    outside: ArrayLike | None = None,
    forward: ArrayLike = 0,
    backward: ArrayLike = 0,
    ratio: Sequence[float] = (),
    charge: ArrayLike = 0,
    discharge: ArrayLike = 0,
    value: ArrayLike = 0.0,
    shadow: ArrayLike = 0.0,
    rounding: ArrayLike = 0,
    rung: Rung = Rung.OPTIMAL,
) -> ClearingResult:
    """A result of these fills (Wh), flows sent (Wh), ratios and exact prices (ticks).

    `exact` are area prices (n, t), `outside` connection prices where they are others; `value` is
    what a Wh stored is worth, `shadow` what a Wh more capacity of a line of a mesh is.
    """
    nodes = (problem.n_areas, problem.n_intervals)
    stores = (len(problem.storages), problem.n_intervals)
    flows = (len(problem.lines), problem.n_intervals)
    sent = [_whole(amount, flows) for amount in (forward, backward)]
    moved = [_whole(amount, stores) for amount in (charge, discharge)]
    ratio_ppb = np.array([round(one * PPB) for one in ratio], dtype=np.int64)
    inner = _micro(exact, nodes)
    outer = inner.copy() if outside is None else _micro(outside, nodes)
    legs = _legs(problem, ratio_ppb)
    bids, offers = _best(problem, sells=False), _best(problem, sells=True)
    result = ClearingResult(
        rung=rung,
        reproducible=True,
        price_ticks=_ticks(inner),
        connection_price_ticks=_ticks(outer),
        price_microticks=inner,
        connection_price_microticks=outer,
        has_price=np.zeros(nodes, dtype=np.bool_),
        best_bid_ticks=bids,
        best_offer_ticks=offers,
        accepted_wh=np.array(accepted, dtype=np.int64),
        block_ratio_ppb=ratio_ppb,
        charge_wh=moved[0],
        discharge_wh=moved[1],
        stored_wh=_stored(problem, *moved),
        stored_value_microticks=_micro(value, stores),
        sent_forward_wh=sent[0],
        sent_backward_wh=sent[1],
        received_forward_wh=_received(problem, sent[0]),
        received_backward_wh=_received(problem, sent[1]),
        shadow_price_microticks=_micro(shadow, flows),
        net_export_wh=np.zeros(nodes, dtype=np.int64),
        rounding_wh=_whole(rounding, nodes),
        welfare_quanta=0,
        upper_bound_quanta=0,
        timings_ms={},
        message="",
    )
    welfare = _welfare(problem, result, legs)
    return replace(
        result,
        net_export_wh=_net(problem, result, legs),
        has_price=_has_price(problem, result, legs),
        welfare_quanta=welfare,
        upper_bound_quanta=welfare,
    )


def changed(result: ClearingResult, name: str, place: tuple[int, ...], by: int) -> ClearingResult:
    """The result with one number of one array changed."""
    array = getattr(result, name).copy()
    array[place] += by
    return replace(result, **{name: array})


def rung_prices(problem: ClearingProblem, row: int) -> list[int]:
    """The price of every Wh of an order, first to last, by the rule of ladders."""
    orders = problem.orders
    start, q = int(orders.price_ticks[row]), int(orders.energy_wh[row])
    end = start if orders.price_end_ticks is None else int(orders.price_end_ticks[row])
    ticks, sign = abs(end - start), 1 if end > start else -1
    upto = [(2 * k + 1) * q // (2 * ticks) for k in range(ticks)] + [q]
    return [
        start + sign * next(k for k in range(ticks + 1) if wh <= upto[k]) for wh in range(1, q + 1)
    ]


def _whole(amount: ArrayLike, shape: tuple[int, ...]) -> IntArray:
    return np.broadcast_to(np.asarray(amount, dtype=np.int64), shape).copy()


def _micro(price: ArrayLike, shape: tuple[int, ...]) -> IntArray:
    ticks = np.broadcast_to(np.asarray(price, dtype=object), shape)
    return np.array(
        [[round(Fraction(one) * 1_000_000) for one in row] for row in ticks], dtype=np.int64
    ).reshape(shape)


def _ticks(micro: IntArray) -> IntArray:
    return np.array(
        [[round(Fraction(int(one), 1_000_000)) for one in row] for row in micro], dtype=np.int64
    ).reshape(micro.shape)


def _legs(problem: ClearingProblem, ratio_ppb: IntArray) -> list[tuple[int, int, int]]:
    """(block, interval, Wh) of every leg; `round` takes halves to even."""
    blocks = problem.blocks
    return [
        (
            int(b),
            int(t),
            round(Fraction(int(ratio_ppb[b]) * int(wh), PPB)),
        )
        for b, t, wh in zip(
            blocks.leg_block, blocks.leg_interval, blocks.leg_energy_wh, strict=True
        )
    ]


def _best(problem: ClearingProblem, *, sells: bool) -> IntArray:
    orders = problem.orders
    best = np.full((problem.n_areas, problem.n_intervals), NO_PRICE_TICKS, dtype=np.int64)
    better: Callable[[int, int], int] = min if sells else max
    for row in np.flatnonzero(orders.is_sell == sells).tolist():
        place = orders.area[row], orders.interval[row]
        price = int(orders.price_ticks[row])
        best[place] = price if best[place] == NO_PRICE_TICKS else better(int(best[place]), price)
    return best


def _stored(problem: ClearingProblem, charge: IntArray, discharge: IntArray) -> IntArray:
    storages, stored = problem.storages, np.zeros_like(charge)
    for s in range(len(storages)):
        level = int(storages.start_wh[s])
        for t in range(problem.n_intervals):
            level += int(charge[s, t]) * int(storages.efficiency_charge_ppm[s]) // PPM
            level -= -(-int(discharge[s, t]) * PPM // int(storages.efficiency_discharge_ppm[s]))
            stored[s, t] = level
    return stored


def _received(problem: ClearingProblem, sent: IntArray) -> IntArray:
    lost = [
        [-(-int(wh) * int(loss) // PPM) for wh in row]
        for row, loss in zip(sent, problem.lines.loss_ppm, strict=True)
    ]
    return sent - np.array(lost, dtype=np.int64).reshape(sent.shape)


def _net(
    problem: ClearingProblem, result: ClearingResult, legs: list[tuple[int, int, int]]
) -> IntArray:
    net = np.zeros((problem.n_areas, problem.n_intervals), dtype=np.int64)
    orders, blocks, storages = problem.orders, problem.blocks, problem.storages
    for row, wh in enumerate(result.accepted_wh.tolist()):
        net[orders.area[row], orders.interval[row]] += wh if orders.is_sell[row] else -wh
    for block, t, wh in legs:
        net[blocks.area[block], t] += wh if blocks.is_sell[block] else -wh
    for s in range(len(storages)):
        net[storages.area[s]] += result.discharge_wh[s] - result.charge_wh[s]
    return net


def _has_price(
    problem: ClearingProblem, result: ClearingResult, legs: list[tuple[int, int, int]]
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    touched = np.zeros((problem.n_areas, problem.n_intervals), dtype=np.bool_)
    orders, lines = problem.orders, problem.lines
    for row in np.flatnonzero(result.accepted_wh).tolist():
        touched[orders.area[row], orders.interval[row]] = True
    for block, t, wh in legs:
        touched[problem.blocks.area[block], t] |= wh > 0
    for s, t in np.argwhere(result.charge_wh + result.discharge_wh).tolist():
        touched[problem.storages.area[s], t] = True
    for line, t in np.argwhere(result.sent_forward_wh + result.sent_backward_wh).tolist():
        touched[lines.from_area[line], t] = touched[lines.to_area[line], t] = True
    return touched


def _welfare(
    problem: ClearingProblem, result: ClearingResult, legs: list[tuple[int, int, int]]
) -> int:
    orders, blocks, storages, lines = (
        problem.orders,
        problem.blocks,
        problem.storages,
        problem.lines,
    )
    welfare = 0
    for row, wh in enumerate(result.accepted_wh.tolist()):
        prices = rung_prices(problem, row)[:wh] if orders.sloped[row] else []
        value = sum(prices) if orders.sloped[row] else wh * int(orders.price_ticks[row])
        welfare += -value if orders.is_sell[row] else value
    for block, _, wh in legs:
        value = wh * int(blocks.price_ticks[block])
        welfare += -value if blocks.is_sell[block] else value
    for s in range(len(storages)):
        welfare -= int(storages.spread_ticks[s]) * int(result.discharge_wh[s].sum())
        more = int(result.stored_wh[s, -1]) - int(storages.start_wh[s])
        welfare += int(storages.end_value_ticks[s]) * more
    for line in range(len(lines)):
        welfare -= int(lines.fee_forward_ticks[line]) * int(result.sent_forward_wh[line].sum())
        welfare -= int(lines.fee_backward_ticks[line]) * int(result.sent_backward_wh[line].sum())
    return welfare
