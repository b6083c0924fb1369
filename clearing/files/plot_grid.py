"""Prices over areas and intervals, and the grid in one interval with what flows through it.

The one idea to know: both pictures use the same colours for prices, so an area can be followed
from one to the other. A red arrow is a line that carries all it can.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.patches import FancyArrowPatch

from clearing.files.book import Book
from clearing.files.plot_style import (
    BINDING,
    EMPTY,
    INK,
    PRICE_COLOURS,
    QUIET,
    FloatArray,
    energy_unit,
    moment,
    price_unit,
    save,
    sheet,
    titled,
)
from clearing.problem import ClearingResult

#: More names, numbers or lines than these are too many to be read.
_AREA_NAMES_MAX: Final = 60
_CELL_NUMBERS_MAX: Final = 144
_FLOW_NUMBERS_MAX: Final = 24
_TICKS_MAX: Final = 13


def draw_prices(book: Book, result: ClearingResult, path: Path) -> Path:
    """A map of prices: areas upwards, intervals to the right, empty where nothing traded."""
    n, t = result.price_ticks.shape
    prices = np.where(result.has_price, result.price_ticks / 100, np.nan)
    figure, axes = sheet(min(12.0, 4.6 + 0.16 * t), min(14.0, 2.1 + 0.3 * n))
    axes.set_facecolor(EMPTY)
    scale = _scale(prices)
    axes.imshow(prices, aspect="auto", cmap=PRICE_COLOURS, norm=scale, interpolation="nearest")
    step = -(-n // _AREA_NAMES_MAX)
    axes.set_yticks(range(0, n, step), [_short(name) for name in book.areas[::step]])
    shown = _ticks(book.intervals)
    axes.set_xticks(list(shown), list(shown.values()))
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    if n * t <= _CELL_NUMBERS_MAX and t <= _TICKS_MAX:
        _write_numbers(axes, prices, scale)
    _colour_bar(axes, scale, book.currency)
    start = moment(book.intervals[0])
    label = "interval" if t == 1 or "T" not in book.intervals[0] else f"from {start}"
    bare = "" if bool(result.has_price.all()) else "; grey: nothing traded, no price"
    titled(axes, f"Price by area and interval{bare}", x=label)
    return save(figure, path)


def _scale(prices: FloatArray) -> Normalize:
    known = prices[np.isfinite(prices)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    room = 0.0 if high > low else max(1.0, 0.01 * abs(high))
    return Normalize(low - room, high + room)


def _ticks(labels: list[str]) -> dict[int, str]:
    """A few intervals and what to write below them."""
    step = -(-len(labels) // _TICKS_MAX)
    if "T" in labels[0]:
        # On a clock, whole hours read better than thirteenths of a day.
        step = next((s for s in (1, 2, 4, 8, 12, 16, 24, 48, 96) if s >= step), step)
        return {k: labels[k][11:16] for k in range(0, len(labels), step)}
    return {k: labels[k] for k in range(0, len(labels), step)}


def _short(name: str) -> str:
    return name if len(name) <= 18 else f"{name[:17]}…"


def _write_numbers(axes: Axes, prices: FloatArray, scale: Normalize) -> None:
    for a, t in np.argwhere(np.isfinite(prices)).tolist():
        dark = float(scale(prices[a, t])) > 0.5
        axes.text(
            t,
            a,
            f"{prices[a, t]:.2f}",
            ha="center",
            va="center",
            fontsize=8,
            color="white" if dark else INK,
        )


def _colour_bar(axes: Axes, scale: Normalize, currency: str) -> None:
    figure = axes.get_figure()
    assert figure is not None
    bar = figure.colorbar(ScalarMappable(scale, PRICE_COLOURS), ax=axes, pad=0.02, fraction=0.06)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8, labelcolor=INK, length=0)
    bar.set_label(price_unit(currency), fontsize=9, color=INK)


def draw_grid(book: Book, result: ClearingResult, t: int, path: Path) -> Path:
    """The areas of one interval on a circle, and the flows between them as arrows."""
    n = len(book.areas)
    prices = np.where(result.has_price[:, t], result.price_ticks[:, t] / 100, np.nan)
    scale = _scale(prices)
    figure, axes = sheet(8.6, 7.4)
    axes.set_axis_off()
    axes.set_aspect("equal")
    angle = np.pi / 2 - 2 * np.pi * np.arange(n) / n
    at = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    unit = _draw_flows(axes, book, result, t, at)
    colours = [EMPTY if np.isnan(price) else PRICE_COLOURS(scale(price)) for price in prices]
    size = 620 if n <= 12 else 260 if n <= 40 else 60
    axes.scatter(at[:, 0], at[:, 1], s=size, c=colours, edgecolors=INK, linewidths=1.1, zorder=3)
    if n <= _AREA_NAMES_MAX:
        for place, name, price in zip(at, book.areas, prices, strict=True):
            words = _short(name) + ("" if np.isnan(price) else f"\n{price:.2f}")
            _write_beside(axes, place, words)
    axes.set_xlim(-1.45, 1.45)
    axes.set_ylim(-1.3, 1.3)
    _colour_bar(axes, scale, book.currency)
    titled(
        axes,
        f"Prices and flows, {moment(book.intervals[t])}",
        f"numbers at the arrows: {unit} sent in the interval; red: the line is full",
    )
    return save(figure, path)


def _write_beside(axes: Axes, place: FloatArray, words: str) -> None:
    x, y = (place * 1.13).tolist()
    side = "center" if abs(x) < 0.25 else "left" if x > 0 else "right"
    level = "bottom" if y > 0.9 else "top" if y < -0.9 else "center"
    axes.text(x, y, words, ha=side, va=level, fontsize=9, color=INK, linespacing=1.25)


def _draw_flows(axes: Axes, book: Book, result: ClearingResult, t: int, at: FloatArray) -> str:
    """Draw the lines; returns the unit of the numbers beside them."""
    lines = book.problem.lines
    flow = (result.sent_forward_wh - result.sent_backward_wh)[:, t]
    most = max(1, int(np.abs(flow).max(initial=0)))
    size, unit = energy_unit(most)
    pairs: dict[tuple[int, int], int] = {}
    numbers = len(lines) <= _FLOW_NUMBERS_MAX
    for k in range(len(lines)):
        start, end = int(lines.from_area[k]), int(lines.to_area[k])
        pair = (min(start, end), max(start, end))
        # Lines side by side bend apart, the first of them is straight.
        bend = (pairs.get(pair, 0) + 1) // 2 * (0.16 if pairs.get(pair, 0) % 2 else -0.16)
        pairs[pair] = pairs.get(pair, 0) + 1
        capacity = lines.capacity_forward_wh if flow[k] > 0 else lines.capacity_backward_wh
        full = bool(flow[k]) and abs(int(flow[k])) >= int(capacity[k, t])
        tail, head = (start, end) if flow[k] >= 0 else (end, start)
        if (start, end) != pair:
            bend = -bend
        if flow[k] < 0:
            bend = -bend
        share = abs(int(flow[k])) / most
        axes.add_patch(
            FancyArrowPatch(
                tuple(at[tail]),
                tuple(at[head]),
                connectionstyle=f"arc3,rad={bend}",
                arrowstyle="-|>" if flow[k] else "-",
                mutation_scale=11 + 8 * share,
                shrinkA=15,
                shrinkB=16,
                linewidth=0.8 + 4.2 * share,
                color=BINDING if full else INK if flow[k] else QUIET,
                alpha=0.85 if flow[k] else 0.45,
                zorder=2,
            )
        )
        if flow[k] and numbers:
            _write_flow(axes, at[tail], at[head], bend, f"{abs(int(flow[k])) / size:,.4g}")
    return unit


def _write_flow(axes: Axes, tail: FloatArray, head: FloatArray, bend: float, words: str) -> None:
    across = head - tail
    aside = np.array([across[1], -across[0]])
    # The middle of the arrow, a little towards its tail, where fewer arrows cross; beside it on the
    # outer side of its bend, or towards the circle's centre, where there is room.
    place = tail + 0.45 * across + 0.5 * bend * aside
    side = np.sign(bend) if bend else -np.sign(float(place @ aside) or 1.0)
    x, y = (place + 0.1 * side * aside / max(float(np.hypot(*aside)), 1e-9)).tolist()
    axes.text(
        x,
        y,
        words,
        fontsize=8,
        color=INK,
        ha="center",
        va="center",
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.8},
        zorder=4,
    )
