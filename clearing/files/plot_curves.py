"""Supply and demand of one area in one interval, and where the auction settled.

The one idea to know: the simple orders of the area make the two curves; accepted blocks and what
storage orders move come first on their side, whatever the price. So the curves reach the price at
what was sold and at what was bought, and the gap between them is what the area exports or imports.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes

from clearing.files.book import Book
from clearing.files.plot_style import (
    DEMAND,
    FAINT,
    INK,
    QUIET,
    SUPPLY,
    FloatArray,
    energy_text,
    energy_unit,
    moment,
    price_unit,
    save,
    sheet,
    titled,
)
from clearing.problem import BoolArray, ClearingProblem, ClearingResult, IntArray, leg_accepted_wh

#: What of the orders' energy, cheapest and dearest, may lie outside the picture.
_TAIL: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Volumes:
    """What was sold and bought per area and interval, in Wh."""

    sold_wh: IntArray  # (n, t) by simple orders
    bought_wh: IntArray  # (n, t)
    sold_first_wh: IntArray  # (n, t) by blocks and storage
    bought_first_wh: IntArray  # (n, t)

    @property
    def traded_wh(self) -> IntArray:
        """(n, t) the larger of what was sold and what was bought."""
        sold = self.sold_wh + self.sold_first_wh
        bought = self.bought_wh + self.bought_first_wh
        traded: IntArray = np.maximum(sold, bought)
        return traded


def volumes(problem: ClearingProblem, result: ClearingResult) -> Volumes:
    """Add up what every node sold and bought."""
    shape = (problem.n_areas, problem.n_intervals)
    orders, blocks, storages = problem.orders, problem.blocks, problem.storages
    legs = leg_accepted_wh(blocks, result.block_ratio_ppb)
    leg_sells = blocks.is_sell[blocks.leg_block]
    leg_node = (blocks.area[blocks.leg_block], blocks.leg_interval)

    def orders_of(mine: BoolArray) -> IntArray:
        total = np.zeros(shape, dtype=np.int64)
        np.add.at(total, (orders.area[mine], orders.interval[mine]), result.accepted_wh[mine])
        return total

    def first_of(mine: BoolArray, moved_wh: IntArray) -> IntArray:
        total = np.zeros(shape, dtype=np.int64)
        np.add.at(total, (leg_node[0][mine], leg_node[1][mine]), legs[mine])
        np.add.at(total, storages.area, moved_wh)
        return total

    return Volumes(
        sold_wh=orders_of(orders.is_sell),
        bought_wh=orders_of(~orders.is_sell),
        sold_first_wh=first_of(leg_sells, result.discharge_wh),
        bought_first_wh=first_of(~leg_sells, result.charge_wh),
    )


def curve(
    price: FloatArray, price_end: FloatArray, energy: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Energy offered up to each price, as the corners of a line: (energy, price).

    Orders with one price are steps, those with two run evenly from `price` up to `price_end`.
    """
    corners = np.unique(np.concatenate([price, price_end]))
    flat = price_end == price
    jump, rise = np.zeros(len(corners)), np.zeros(len(corners))
    np.add.at(jump, np.searchsorted(corners, price[flat]), energy[flat])
    slope = energy[~flat] / (price_end[~flat] - price[~flat])
    np.add.at(rise, np.searchsorted(corners, price[~flat]), slope)
    np.add.at(rise, np.searchsorted(corners, price_end[~flat]), -slope)
    between = np.cumsum(rise)[:-1] * np.diff(corners)
    after = np.cumsum(jump) + np.concatenate([np.zeros(1), np.cumsum(between)])
    corners_twice = np.repeat(corners, 2)
    offered = np.empty(2 * len(corners))
    offered[0::2], offered[1::2] = after - jump, after
    return offered, corners_twice


def draw_curves(
    book: Book, result: ClearingResult, moved: Volumes, node: tuple[int, int], path: Path
) -> Path:
    """Draw one node."""
    a, t = node
    orders = book.problem.orders
    here = (orders.area == a) & (orders.interval == t)
    sold_first, bought_first = moved.sold_first_wh[node], moved.bought_first_wh[node]
    sold, bought = moved.sold_wh[node] + sold_first, moved.bought_wh[node] + bought_first
    price = result.price_ticks[node] / 100
    low, high = _price_range(book.problem, here, price)
    size, unit = energy_unit(float(max(sold, bought)))
    reach = 0.0
    figure, axes = sheet(7.2, 4.6)
    for is_sell, first in ((True, sold_first), (False, bought_first)):
        corners = _corners(book.problem, here & (orders.is_sell == is_sell), float(first), is_sell)
        # A curve goes on upright, and off the picture, where nobody is left.
        beyond = high + 1 if is_sell else low - 1
        offered = np.append(corners[0], corners[0][-1]) / size
        axes.plot(
            offered,
            np.append(corners[1], beyond),
            color=SUPPLY if is_sell else DEMAND,
            linewidth=1.8,
            label="supply" if is_sell else "demand",
            solid_joinstyle="miter",
        )
        reach = max(reach, float(offered[-1]))
        if first:
            _draw_first(axes, float(first) / size, low if is_sell else high, is_sell=is_sell)
    _draw_settlement(axes, sold / size, bought / size, price)
    axes.set_ylim(low, high)
    axes.set_xlim(0, min(1.06 * reach, 1.7 * float(max(sold, bought)) / size) or 1)
    axes.grid(color=FAINT, linewidth=0.8)
    axes.legend(frameon=False, fontsize=9, labelcolor=INK, loc="best")
    words = f"price {price:,.2f}, sold {energy_text(sold)}, bought {energy_text(bought)}"
    if sold != bought:
        words += f", {'im' if bought > sold else 'ex'}ports {energy_text(abs(bought - sold))}"
    titled(
        axes,
        f"{book.areas[a]}, {moment(book.intervals[t])}",
        words,
        x=f"energy in the interval, {unit}",
        y=price_unit(book.currency),
    )
    return save(figure, path)


def _corners(
    problem: ClearingProblem, mine: BoolArray, first: float, is_sell: bool
) -> tuple[FloatArray, FloatArray]:
    """The curve of one side, starting at what goes first whatever the price."""
    orders = problem.orders
    sign = 1 if is_sell else -1
    end = orders.price_ticks if orders.price_end_ticks is None else orders.price_end_ticks
    from_price = sign * orders.price_ticks[mine].astype(np.float64) / 100
    to_price = sign * end[mine].astype(np.float64) / 100
    energy, at = curve(from_price, to_price, orders.energy_wh[mine].astype(np.float64))
    edge = (problem.price_min_ticks if is_sell else -problem.price_max_ticks) / 100
    return (
        np.concatenate([[0.0, first], first + energy]),
        sign * np.concatenate([[edge, edge], at]),
    )


def _price_range(problem: ClearingProblem, mine: BoolArray, price: float) -> tuple[float, float]:
    """The prices worth showing: where the orders are, without those at the market's limits."""
    orders = problem.orders
    ends = [orders.price_ticks[mine]]
    if orders.price_end_ticks is not None:
        ends.append(orders.price_end_ticks[mine])
    ticks = np.concatenate(ends)
    weight = np.tile(orders.energy_wh[mine], len(ends)).astype(np.float64)
    inside = (ticks > problem.price_min_ticks) & (ticks < problem.price_max_ticks)
    ticks, weight = ticks[inside], weight[inside]
    low = high = price
    if len(ticks):
        by_price = np.argsort(ticks, kind="stable")
        share = np.cumsum(weight[by_price]) / weight.sum()
        ends_at = np.searchsorted(share, [_TAIL, 1 - _TAIL]).clip(0, len(ticks) - 1)
        shown = ticks[by_price][ends_at] / 100
        low, high = min(price, float(shown[0])), max(price, float(shown[1]))
    margin = max(0.12 * (high - low), 0.05 * abs(price), 1.0)
    return low - margin, high + margin


def _draw_first(axes: Axes, energy: float, edge: float, *, is_sell: bool) -> None:
    """A bar along the edge of the picture: what goes before the simple orders."""
    colour = SUPPLY if is_sell else DEMAND
    axes.plot([0, energy], [edge, edge], color=colour, linewidth=7, alpha=0.45, clip_on=True)
    axes.annotate(
        "blocks, storage",
        (0, edge),
        xytext=(4, 7 if is_sell else -7),
        textcoords="offset points",
        va="bottom" if is_sell else "top",
        fontsize=8,
        color=colour,
    )


def _draw_settlement(axes: Axes, sold: float, bought: float, price: float) -> None:
    """The price, what was sold and bought at it, and the gap between."""
    right = max(sold, bought)
    axes.plot([0, right], [price, price], color=QUIET, linewidth=1, linestyle=(0, (4, 3)))
    axes.plot([sold, bought], [price, price], color=INK, linewidth=2.4, solid_capstyle="butt")
    # One point where both are one: half of it would hide the other half.
    points = ((sold, SUPPLY), (bought, DEMAND)) if sold != bought else ((sold, INK),)
    for at, colour in points:
        axes.plot([at], [price], "o", color=colour, markersize=8, markeredgecolor="white", zorder=4)
