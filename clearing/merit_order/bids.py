"""One side of the book of all areas and intervals at once, as columns.

The one idea to know: prices are turned so that a lower one is always the keener (a buyer's count
negative), so sellers and buyers are the same thing seen from two ends, and what one side would
trade at a price is one number per node: its energy up to there.

Node = area x n_intervals + interval. A sloped order has a rung at every tick; with D ticks from its
first price to its last, A(k) = floor((2k + 1) q / 2D) Wh stand on the rungs up to k < D, and q on
all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearing.problem import BoolArray, IntArray

#: Whole numbers: 64 bits where they fit, Python's own (dtype object) where they might not.
WholeArray = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bids:
    """Orders of one side. Prices are turned: of two, the lower is the keener."""

    node: IntArray  # (m,)
    price_ticks: IntArray  # (m,) of the first Wh
    ticks: IntArray  # (m,) from the first Wh's price to the last's, 0: all Wh have one price
    energy_wh: IntArray  # (m,)
    sequence: IntArray  # (m,)
    is_last: BoolArray  # (m,) served last among equals

    def __len__(self) -> int:
        """Number of orders."""
        return len(self.price_ticks)


class Side:
    """Orders of one side, sorted once, so that any price is answered at once for all nodes."""

    def __init__(self, bids: Bids, n_nodes: int) -> None:
        self.bids = bids
        self._nodes = np.arange(n_nodes)
        self._slopes = np.flatnonzero(bids.ticks)
        flat = np.flatnonzero(bids.ticks == 0) if len(self._slopes) else slice(None)
        node, price = bids.node[flat], bids.price_ticks[flat]
        self._low = int(price.min()) if len(price) else 0
        self._span = int(price.max()) - self._low + 1 if len(price) else 1
        key = node * self._span + (price - self._low)
        order = np.argsort(key, kind="stable")
        self._key = key[order]
        self._sums = np.concatenate([[0], np.cumsum(bids.energy_wh[flat][order])])
        first = np.searchsorted(self._key, self._nodes * self._span)
        self._before = self._sums[first]

    def up_to(self, price_ticks: IntArray) -> IntArray:
        """(K,) Wh at the given price (K,) of each node or keener."""
        place = np.clip(price_ticks - self._low, -1, self._span - 1) + self._nodes * self._span
        energy: IntArray = (
            self._sums[np.searchsorted(self._key, place, side="right")] - self._before
        )
        if len(self._slopes):
            np.add.at(energy, self.bids.node[self._slopes], self._each(self._slopes, price_ticks))
        return energy

    def each_up_to(self, price_ticks: IntArray) -> IntArray:
        """(m,) Wh of each order at the given price (K,) of its node or keener."""
        rung = price_ticks[self.bids.node] - self.bids.price_ticks
        energy = np.where(rung >= 0, self.bids.energy_wh, 0)
        if len(self._slopes):
            energy[self._slopes] = self._each(self._slopes, price_ticks)
        return energy

    def _each(self, rows: IntArray, price_ticks: IntArray) -> IntArray:
        rung = price_ticks[self.bids.node[rows]] - self.bids.price_ticks[rows]
        return _on_rungs(self.bids.energy_wh[rows], self.bids.ticks[rows], rung)


def up_to(sides: Iterable[Side], price_ticks: IntArray) -> IntArray:
    """(K,) Wh of several lots of orders at the given price (K,) of each node or keener."""
    total = np.zeros(len(price_ticks), dtype=np.int64)
    for side in sides:
        total += side.up_to(price_ticks)
    return total


def _on_rungs(energy_wh: IntArray, ticks: IntArray, rung: IntArray) -> IntArray:
    """A(rung): Wh on the rungs up to a given one, of orders with `ticks` > 0."""
    odd = 2 * np.clip(rung, 0, ticks).astype(np.uint64) + np.uint64(1)
    double, energy = 2 * ticks.astype(np.uint64), energy_wh.astype(np.uint64)
    # Split so that the products stay inside 64 bits.
    whole: IntArray = (odd * (energy // double) + odd * (energy % double) // double).astype(
        np.int64
    )
    return np.where(rung < 0, 0, np.where(rung >= ticks, energy_wh, whole))


def cost_by_node(bids: Bids, accepted_wh: IntArray, n_nodes: int) -> WholeArray:
    """(K,) quanta the accepted Wh cost: turned price x Wh, so what buyers pay is negative."""
    most = float(np.abs(bids.price_ticks).max(initial=0) + bids.ticks.max(initial=0))
    fits = most * float(bids.energy_wh.sum(dtype=np.float64)) < 2.0**58
    kind = np.dtype(np.int64 if fits else object)
    cost = bids.price_ticks.astype(kind) * accepted_wh.astype(kind)
    slopes = np.flatnonzero(bids.ticks)
    if len(slopes):
        cost[slopes] += _climb(bids, slopes, accepted_wh, kind)
    total = np.zeros(n_nodes, dtype=kind)
    np.add.at(total, bids.node, cost)
    return total


def _climb(bids: Bids, rows: IntArray, accepted_wh: IntArray, kind: np.dtype[Any]) -> WholeArray:
    """Quanta by which the first Wh of sloped orders cost more than at their first price.

    With K the rung of the last Wh of x: Σ k (A(k) - A(k-1)) up to x = K x - Σ A(k) over k < K.
    """
    energy, ticks, taken = (
        column[rows].astype(kind) for column in (bids.energy_wh, bids.ticks, accepted_wh)
    )
    rung = np.minimum(-(-2 * ticks * taken // energy) // 2, ticks)
    climb: WholeArray = rung * taken - _floor_sum(rung, 2 * ticks, 2 * energy, energy)
    return climb


def _floor_sum(n: WholeArray, m: WholeArray, a: WholeArray, b: WholeArray) -> WholeArray:
    """Σ floor((a i + b) / m) over i = 0 .. n - 1, row by row, as quickly as Euclid divides."""
    total: WholeArray = np.zeros_like(n)
    while True:
        total = total + (n - 1) * n // 2 * (a // m) + n * (b // m)
        a, b = a % m, b % m
        top = a * n + b
        going = top >= m
        if not going.any():
            return total
        # Points below a line are counted along the other axis.
        n, b = np.where(going, top // m, 0), np.where(going, top % m, 0)
        m, a = np.where(going, a, 1), np.where(going, m, 0)
