"""Sloped orders as ladders of steps at whole ticks.

The one idea to know: prices are paid in ticks, so a sloped order is a ladder with a rung at every
tick it crosses, and a Wh belongs to the tick next to its own price. With D ticks between first and
last price, the Wh up to and including rung k = 0 .. D are

    A(k) = floor((2 k + 1) q / (2 D))   for k < D,     A(D) = q

so at any tick the ladder is filled to within half a tick of slope and one Wh of the sloped order.
Everything behind this file sees steps only.

Writing down every rung of every order would cost too much: rungs that are certainly in or out of
the money are told apart in lumps, and only those near a node's price one by one. The nearness is
checked afterwards: a price that ends outside its window moves the window.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from clearing.problem import ClearingProblem, IntArray, StepOrders, exact_dot

#: Ticks on either side of a node's expected price whose rungs are written one by one.
WINDOW_TICKS: Final = 64
#: Rungs outside the window are told apart in so many lumps per side; more only help convergence.
_LUMPS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """A book of steps, and the order each step belongs to."""

    orders: StepOrders
    order: IntArray  # (steps,) row of the book each step belongs to


def rung_energy_wh(energy_wh: IntArray, ticks: IntArray, rung: IntArray) -> IntArray:
    """A(k): Wh up to and including rung `rung` of orders over `ticks` > 0 ticks; 0 below rung 0."""
    double = 2 * ticks
    whole, rest = energy_wh // double, energy_wh % double
    odd = 2 * np.clip(rung, -1, None) + 1
    below: IntArray = np.where(rung < 0, 0, odd * whole + odd * rest // double)
    return np.where(rung >= ticks, energy_wh, below)


def _first_rung(energy_wh: IntArray, ticks: IntArray, wanted_wh: IntArray) -> IntArray:
    """The first rung k with A(k) >= wanted_wh, 1 .. q."""
    guess = (wanted_wh.astype(np.float64) * ticks / energy_wh - 0.5).astype(np.int64)
    rung = np.clip(guess - 2, 0, ticks)
    # The guess is off by less than the doubles' last digit; a few steps make it exact.
    for _ in range(6):
        rung = np.where(rung_energy_wh(energy_wh, ticks, rung) < wanted_wh, rung + 1, rung)
    return np.minimum(rung, ticks)


def ladder(problem: ClearingProblem, expected_ticks: IntArray, window_ticks: IntArray) -> Ladder:
    """The book with sloped orders as steps.

    Args:
        problem: the auction.
        expected_ticks: (n, t) price near which rungs are written one by one.
        window_ticks: (n, t) how far on either side of it.
    """
    orders = problem.orders
    sloped = orders.sloped
    flat, steep = np.flatnonzero(~sloped), np.flatnonzero(sloped)
    plain = replace(orders.rows(flat), price_end_ticks=None)
    rows, first, last = _rungs(orders, steep, expected_ticks, window_ticks)
    assert orders.price_end_ticks is not None
    span = np.abs(orders.price_end_ticks - orders.price_ticks)[rows]
    energy = orders.energy_wh[rows]
    lump = rung_energy_wh(energy, span, last) - rung_energy_wh(energy, span, first - 1)
    kept = lump > 0
    rows, first, last, lump = rows[kept], first[kept], last[kept], lump[kept]
    # A lump is in or out of the money as a whole: it stands at its energy nearest the window.
    node = orders.area[rows], orders.interval[rows]
    sign = np.where(orders.is_sell[rows], 1, -1)
    start, span, energy = orders.price_ticks[rows], span[kept], energy[kept]
    below = rung_energy_wh(energy, span, first - 1)
    low = start + sign * _first_rung(energy, span, below + 1)
    high = start + sign * _first_rung(energy, span, below + lump)
    towards = np.abs(low - expected_ticks[node]) < np.abs(high - expected_ticks[node])
    steps = replace(
        orders.rows(rows),
        price_ticks=np.where(towards, low, high),
        energy_wh=lump,
        price_end_ticks=None,
    )
    return Ladder(orders=_joined(plain, steps), order=np.concatenate([flat, rows]))


def _rungs(
    orders: StepOrders, steep: IntArray, expected: IntArray, window: IntArray
) -> tuple[IntArray, IntArray, IntArray]:
    """Row, first and last rung of every step: single rungs in the window, lumps outside."""
    assert orders.price_end_ticks is not None
    start = orders.price_ticks[steep]
    span = np.abs(orders.price_end_ticks[steep] - start)
    sign = np.where(orders.is_sell[steep], 1, -1)
    node = orders.area[steep], orders.interval[steep]
    middle = (expected[node] - start) * sign
    low = np.clip(middle - window[node], 0, span + 1)
    high = np.clip(middle + window[node] + 1, low, span + 1)
    pieces = [_pieces(steep, np.zeros_like(low), low), _pieces(steep, high, span + 1)]
    single = _pieces(steep, low, high, every=True)
    rows, first, last = (np.concatenate(part) for part in zip(*pieces, single, strict=True))
    return rows, first, last


def _pieces(
    rows: IntArray, begin: IntArray, end: IntArray, *, every: bool = False
) -> tuple[IntArray, IntArray, IntArray]:
    """Rungs begin .. end - 1 of each row, cut into single rungs or into a few lumps."""
    length = np.maximum(end - begin, 0)
    count = length if every else np.minimum(length, _LUMPS)
    owner = np.repeat(np.arange(len(rows)), count)
    number = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    total = np.maximum(count, 1)[owner]
    first = begin[owner] + number * length[owner] // total
    last = begin[owner] + (number + 1) * length[owner] // total - 1
    return rows[owner], first, last


def _joined(one: StepOrders, other: StepOrders) -> StepOrders:
    last = None
    if one.is_last_resort is not None and other.is_last_resort is not None:
        last = np.concatenate([one.is_last_resort, other.is_last_resort])
    return StepOrders(
        area=np.concatenate([one.area, other.area]),
        interval=np.concatenate([one.interval, other.interval]),
        is_sell=np.concatenate([one.is_sell, other.is_sell]),
        price_ticks=np.concatenate([one.price_ticks, other.price_ticks]),
        energy_wh=np.concatenate([one.energy_wh, other.energy_wh]),
        sequence=np.concatenate([one.sequence, other.sequence]),
        is_last_resort=last,
    )


def gathered(problem: ClearingProblem, steps: Ladder, accepted_wh: IntArray) -> IntArray:
    """Accepted energy (m,) of the orders, from that of their steps."""
    total = np.zeros(len(problem.orders), dtype=np.int64)
    np.add.at(total, steps.order, accepted_wh)
    return total


def sloped_cost_quanta(orders: StepOrders, accepted_wh: IntArray) -> int:
    """Price x Wh of what is accepted of all sloped orders, rung by rung; bought Wh count negative.

    An order's first Wh are its best: a seller's cheapest, a buyer's dearest.
    """
    assert orders.price_end_ticks is not None
    total = 0
    for row in np.flatnonzero(orders.sloped & (accepted_wh > 0)).tolist():
        start, end = int(orders.price_ticks[row]), int(orders.price_end_ticks[row])
        span, sign = abs(end - start), 1 if end > start else -1
        rung = np.arange(span + 1, dtype=np.int64)
        energy = np.full(span + 1, orders.energy_wh[row])
        upto = rung_energy_wh(energy, np.full_like(rung, span), rung)
        taken = np.diff(np.minimum(upto, accepted_wh[row]), prepend=0)
        cost = exact_dot(start + sign * rung, taken)
        total += cost if orders.is_sell[row] else -cost
    return total
