"""Sloped orders read Wh by Wh: at which tick each one stands, and what the first so many are worth.

The one idea to know: a sloped order of q Wh over D ticks has A(k) = floor((2 k + 1) q / (2 D)) Wh
up to and including rung k < D, and all of them at rung D. Read the other way round, its j-th Wh
stands on rung floor((2 D j + q - 1) / (2 q)). So no ladder is ever written down: only the rungs
next to where an order's fill ends matter to its price, and a sum over rungs is a sum of floors.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearing.check.whole import most, wide
from clearing.problem import IntArray, StepOrders


def rung_of(wh: IntArray, energy_wh: IntArray, ticks: IntArray) -> IntArray:
    """Rung, counted from the first price, of the orders' Wh number `wh` (1 .. energy)."""
    j, q, d = wide(4 * most(energy_wh) * most(ticks) + most(energy_wh), wh, energy_wh, ticks)
    rung: IntArray = ((2 * d * j + q - 1) // (2 * q)).astype(np.int64)
    return rung


def upto_rung_wh(rung: IntArray, energy_wh: IntArray, ticks: IntArray) -> IntArray:
    """A(k): Wh up to and including a rung; 0 below the first."""
    k, q, d = wide(4 * most(energy_wh) * most(ticks), rung, energy_wh, ticks)
    part = np.where(rung < ticks, (2 * k + 1) * q // (2 * d), q)
    return np.where(rung < 0, 0, part).astype(np.int64)


def rungs_near(
    orders: StepOrders, rows: IntArray, accepted_wh: IntArray, reach_wh: int
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """The rungs that hold the last `reach_wh` Wh accepted and the next ones, of sloped orders.

    Returns the place in `rows`, the price, the energy and what is accepted of every such rung.
    """
    energy, start, got = orders.energy_wh[rows], orders.price_ticks[rows], accepted_wh[rows]
    end = orders.price_ticks if orders.price_end_ticks is None else orders.price_end_ticks
    ticks = np.abs(end[rows] - start)
    wh = got[:, None] + np.arange(1 - reach_wh, reach_wh + 1)
    place, column = np.nonzero((wh >= 1) & (wh <= energy[:, None]))
    rung = rung_of(wh[place, column], energy[place], ticks[place])
    # Rungs of one order stand in one run, since its Wh do.
    new = np.ones(len(place), dtype=np.bool_)
    new[1:] = (place[1:] != place[:-1]) | (rung[1:] != rung[:-1])
    place, rung = place[new], rung[new]
    below = upto_rung_wh(rung - 1, energy[place], ticks[place])
    size = upto_rung_wh(rung, energy[place], ticks[place]) - below
    price = start[place] + np.where(orders.is_sell[rows[place]], rung, -rung)
    return place, price, size, np.clip(got[place] - below, 0, size)


def slope_quanta(orders: StepOrders, rows: IntArray, accepted_wh: IntArray) -> NDArray[Any]:
    """By how much the Wh accepted of sloped orders are dearer or cheaper than at the first price.

    Sum of the rungs of the Wh 1 .. accepted, in ticks x Wh: what a seller asks, or a buyer bids
    less, than its first price for all of it.
    """
    assert orders.price_end_ticks is not None
    energy, got = orders.energy_wh[rows], accepted_wh[rows]
    ticks = np.abs(orders.price_end_ticks[rows] - orders.price_ticks[rows])
    largest = max(most(energy), most(ticks))
    n, q, d = wide(8 * largest * largest, got, energy, ticks)
    return _floor_sum(n, 2 * q, 2 * d, 2 * d + q - 1)


def _floor_sum(n: NDArray[Any], m: NDArray[Any], a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """Σ floor((a i + b) / m) over i = 0 .. n - 1, row by row, as Euclid would find it."""
    total = n * 0
    while len(n):
        total = total + (n - 1) * n // 2 * (a // m) + n * (b // m)
        a, b = a % m, b % m
        end = a * n + b
        # Rows whose last term is below 1 are done; they go on with nothing to add.
        done = end < m
        n = np.where(done, 0, end // m)
        if done.all():
            break
        b, m, a = np.where(done, 0, end % m), np.where(done, 1, a), np.where(done, 0, m)
    return total
