"""What of a sealed book becomes public after the result: supply and demand, nobody's order.

The one idea: an area is shown only when enough owners stand behind its curve, and the whole only when
what it holds beyond the areas shown belongs to as many again.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from market.model.grid import Grid
from market.trading.book import Book
from market.trading.call_book import CallBook

OWNERS_MIN: Final = 10
"""An area's curve is published only when so many owners stand behind it."""
CURVE_STEPS_MAX: Final = 120
"""Steps of a published curve; more would only be drawn over each other."""
WHOLE_MARKET: Final = "market"

Curve: TypeAlias = tuple[tuple[int, int], ...]
Curves: TypeAlias = tuple[tuple[str, Curve], ...]
_Rows: TypeAlias = Mapping[str, NDArray[Any]]


def published_curves(
    *, call: CallBook, book: Book, start_s: int, grid: Grid, last_resort_id: str | None
) -> tuple[Curves, Curves]:
    """Supply and demand of each area with enough owners, and of the whole market, in an interval.

    Nobody's order can be read off them: an area with fewer than OWNERS_MIN owners is only part of
    the sum, and there is no sum when what it holds beyond the published areas is so small a group.
    The retailer of last resort is not counted: the rules publish its prices anyway. Blocks and
    storage orders are not drawn: no interval has a curve of them.
    """
    rows = _open_rows(call, start_s)
    last = -1 if last_resort_id is None else book.participants.known(last_resort_id)
    mine = {area.area_id: rows["area"] == book.areas.known(area.area_id) for area in grid.areas}
    owners = {
        area_id: set(rows["participant"][place].tolist()) - {last}
        for area_id, place in mine.items()
    }
    published = [area_id for area_id in mine if len(owners[area_id]) >= OWNERS_MIN]
    withheld = set().union(*(owners[name] for name in mine if name not in published))
    if not withheld or len(withheld) >= OWNERS_MIN:
        mine[WHOLE_MARKET] = np.ones(len(rows["area"]), dtype=np.bool_)
        published.append(WHOLE_MARKET)
    return _both_sides(rows, {name: mine[name] for name in published})


def whole_curves(*, call: CallBook, book: Book, start_s: int, grid: Grid) -> tuple[Curves, Curves]:
    """The same of every area and of the whole, however few stand behind it: for operators."""
    rows = _open_rows(call, start_s)
    mine = {area.area_id: rows["area"] == book.areas.known(area.area_id) for area in grid.areas}
    mine[WHOLE_MARKET] = np.ones(len(rows["area"]), dtype=np.bool_)
    return _both_sides(rows, mine)


def _open_rows(call: CallBook, start_s: int) -> _Rows:
    is_open = (call.column("energy_wh") > 0) & (call.column("start_s") == start_s)
    return call.rows.taken(np.flatnonzero(is_open))


def _both_sides(rows: _Rows, places: Mapping[str, NDArray[np.bool_]]) -> tuple[Curves, Curves]:
    """Supply and demand of each place."""
    sells = rows["is_sell"]
    supply = tuple((name, _curve(rows, place & sells, sign=1)) for name, place in places.items())
    demand = tuple((name, _curve(rows, place & ~sells, sign=-1)) for name, place in places.items())
    return supply, demand


def _curve(rows: _Rows, place: NDArray[np.bool_], *, sign: int) -> Curve:
    """(price_ticks, cumulative_wh) per price, best first; thinned evenly when long."""
    prices, level = np.unique(rows["price_ticks"][place] * sign, return_inverse=True)
    volumes = np.zeros(len(prices), dtype=np.int64)
    np.add.at(volumes, level, rows["energy_wh"][place])
    kept = np.arange(len(prices))
    if len(prices) > CURVE_STEPS_MAX:
        kept = np.linspace(0, len(prices) - 1, CURVE_STEPS_MAX).round().astype(int)
    totals = np.cumsum(volumes)[kept]
    return tuple(zip((prices[kept] * sign).tolist(), totals.tolist(), strict=True))
