"""Pictures of a result: supply and demand where there was trade, prices, the grid.

The one idea to know: a few pictures that are looked at, not one for every node of a large market:
the first interval with trade, then the nodes that traded most.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import numpy as np

from clearing.files.book import Book
from clearing.files.plot_curves import draw_curves, volumes
from clearing.files.plot_grid import draw_grid, draw_prices
from clearing.problem import ClearingResult, IntArray

CURVES_MAX: Final = 12


def plot_result(book: Book, result: ClearingResult, folder: Path) -> list[Path]:
    """Draw a result into a folder, which is emptied of older pictures; returns what was drawn."""
    folder.mkdir(parents=True, exist_ok=True)
    for older in folder.glob("*.png"):
        older.unlink()
    moved = volumes(book.problem, result)
    drawn = [draw_prices(book, result, folder / "prices.png")]
    if len(book.lines):
        busiest = int(moved.traded_wh.sum(axis=0).argmax())
        drawn.append(draw_grid(book, result, busiest, folder / "grid.png"))
    traded = np.where(result.has_price, moved.traded_wh, 0)
    for number, (a, t) in enumerate(nodes_to_draw(traded), start=1):
        name = f"curves_{number:02d}_{_plain(book.areas[a])}_{_plain(book.intervals[t])}.png"
        drawn.append(draw_curves(book, result, moved, (a, t), folder / name))
    return drawn


def nodes_to_draw(traded_wh: IntArray) -> list[tuple[int, int]]:
    """The nodes with trade; of many, half from the first interval, then those with most."""
    areas, intervals = np.nonzero(traded_wh)
    if not len(areas):
        return []
    by_volume = np.lexsort((areas, intervals, -traded_wh[areas, intervals]))
    nodes = [(int(areas[k]), int(intervals[k])) for k in by_volume]
    first = int(intervals.min())
    of_first = [node for node in nodes if node[1] == first]
    chosen = of_first if len(nodes) <= CURVES_MAX else of_first[: CURVES_MAX // 2]
    return (chosen + [node for node in nodes if node not in chosen])[:CURVES_MAX]


def _plain(name: str) -> str:
    """A name as part of a file's name."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", name.removesuffix(":00Z")).strip("-") or "x"
