"""What the simple orders do at given net exports, read off their curves.

The one idea to know: volumes, welfare and best prices of a whole book follow from its levels; no
order has to be looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from clearing.curves import Curves, FloatArray
from clearing.problem import NO_PRICE_TICKS, BoolArray, IntArray, exact_dot

#: Levels added up at a time, so that they are still in the processor's cache.
_CHUNK: Final = 1 << 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Traded:
    """What the simple orders of a part do, node by node."""

    welfare_quanta: int  # buyers' value - sellers' cost
    any_wh: BoolArray  # (K,) something was sold or bought
    best_bid_ticks: IntArray  # (K,) of the book
    best_offer_ticks: IntArray  # (K,) of the book


def slack_on_level_wh(curves: Curves, simple_wh: FloatArray) -> FloatArray:
    """Wh (n, t) by which an area can move either way on the level it stands on."""
    flat = simple_wh.reshape(-1)
    above = np.minimum(curves.level_above(flat), np.maximum(curves.level_first[1:] - 1, 0))
    if not len(curves.level_price_ticks):
        return np.zeros_like(simple_wh)
    position = curves.origin_wh + flat
    room = np.minimum(
        position - curves.level_cum_wh[above], curves.level_cum_wh[above + 1] - position
    )
    slack: FloatArray = np.maximum(room, 0.0).reshape(simple_wh.shape)
    return slack


def welfare_alone_quanta(curves: Curves) -> int:
    """Welfare in quanta when the simple orders of every area trade within it only."""
    nothing = np.zeros(curves.n_nodes, dtype=np.int64)
    return _welfare_quanta(curves, nothing, curves.margin(nothing)[0])


def traded(curves: Curves, simple_wh: IntArray) -> Traded:
    """What the simple orders do at whole net exports (K,)."""
    bids, offers = curves.best_prices(NO_PRICE_TICKS)
    level, sold, bought = curves.margin(simple_wh)
    first, end = curves.level_first[:-1], curves.level_first[1:]
    buys, both = curves.level_buy_cum_wh, curves.level_cum_wh
    sold = sold + (both[level] - buys[level]) - (both[first] - buys[first])
    bought = bought + buys[end] - buys[np.minimum(level + 1, end)]
    return Traded(
        welfare_quanta=_welfare_quanta(curves, simple_wh, level),
        any_wh=(sold > 0) | (bought > 0),
        best_bid_ticks=bids,
        best_offer_ticks=offers,
    )


def _welfare_quanta(curves: Curves, simple_wh: IntArray, level: IntArray) -> int:
    """All bids served, less every level up to the margin: its offers cost, its bids are not served."""
    price = curves.level_price_ticks
    if not len(price):
        return 0
    if curves.level_cost.dtype != np.int64:
        sold, bought = curves.volumes(simple_wh)
        return exact_dot(price, bought - sold)
    first = curves.level_first[:-1]
    safe = np.minimum(level, len(price) - 1)
    empty = first == curves.level_first[1:]
    position = curves.origin_wh + simple_wh - curves.level_cum_wh[safe]
    inside = np.where(empty, 0, position)
    begun = curves.level_cost[level] - curves.level_cost[first]
    spent = int(sum(begun.tolist())) + exact_dot(price[safe], inside)
    return _bids_quanta(curves) - spent


def _bids_quanta(curves: Curves) -> int:
    """What all bids are worth, some levels at a time."""
    price, asked = curves.level_price_ticks, curves.level_buy_cum_wh
    return sum(
        exact_dot(price[begin : begin + _CHUNK], np.diff(asked[begin : begin + _CHUNK + 1]))
        for begin in range(0, len(price), _CHUNK)
    )
