"""The book of an interval as a clearing problem, and the result as an outcome with order ids again.

The one idea: identities stop here. Down goes an array per column in acceptance sequence, back come
accepted energies in the same order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clearing.problem import (
    NO_LIMIT_WH,
    NO_PRICE_TICKS,
    Areas,
    ClearingProblem,
    ClearingResult,
    Lines,
    StepOrders,
    Tie,
)
from market.model.grid import Grid
from market.model.rules import MarketRules
from market.model.trade import AreaOutcome, ClearingOutcome, LineOutcome
from market.model.units import energy_from_power_wh
from market.trading.book import CallBook

__all__ = [
    "AuctionInput",
    "ClearingResult",
    "auction_input",
    "clearing_outcome",
    "published_curves",
]

OWNERS_MIN: Final = 10
"""An area's curve is published only when so many owners stand behind it."""
CURVE_STEPS_MAX: Final = 120
"""Steps of a published curve; more would only be drawn over each other."""
WHOLE_MARKET: Final = "market"

Curve = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuctionInput:
    """A clearing problem and the ids of the orders behind its rows."""

    start_s: int
    problem: ClearingProblem
    order_ids: tuple[str, ...]


def auction_input(*, start_s: int, call: CallBook, grid: Grid, rules: MarketRules) -> AuctionInput:
    """The arrays of one interval's auction; cancelled rows are left out."""
    index = grid.area_index()
    rows = [row for row, energy_wh in enumerate(call.energy_wh) if energy_wh > 0]
    area_rows = [index[call.area_id[row]] for row in rows]
    orders = StepOrders(
        area=np.array(area_rows, dtype=np.int32),
        interval=np.zeros(len(rows), dtype=np.int32),
        is_sell=np.array([call.is_sell[row] for row in rows], dtype=np.bool_),
        price_ticks=np.array([call.price_ticks[row] for row in rows], dtype=np.int64),
        energy_wh=np.array([call.energy_wh[row] for row in rows], dtype=np.int64),
        sequence=np.array([call.sequence[row] for row in rows], dtype=np.int64),
    )
    problem = ClearingProblem(
        n_areas=len(grid.areas),
        n_intervals=1,
        areas=_areas(grid, rules.interval_minutes),
        lines=_lines(grid, rules.interval_minutes),
        orders=orders,
        price_min_ticks=rules.price_min_ticks,
        price_max_ticks=rules.price_max_ticks,
        tie=Tie(rules.tie.value),
    )
    order_ids = tuple(call.order_id[row] for row in rows)
    return AuctionInput(start_s=start_s, problem=problem, order_ids=order_ids)


def _limits_wh(limits_w: Iterable[int | None], minutes: int) -> NDArray[np.int64]:
    values = [
        NO_LIMIT_WH if limit_w is None else energy_from_power_wh(limit_w, minutes)
        for limit_w in limits_w
    ]
    return np.array(values, dtype=np.int64).reshape(-1, 1)


def _areas(grid: Grid, minutes: int) -> Areas:
    return Areas(
        import_limit_wh=_limits_wh((area.import_limit_w for area in grid.areas), minutes),
        export_limit_wh=_limits_wh((area.export_limit_w for area in grid.areas), minutes),
    )


def _lines(grid: Grid, minutes: int) -> Lines:
    index = grid.area_index()
    lines = grid.lines
    return Lines(
        from_area=np.array([index[line.from_area] for line in lines], dtype=np.int32),
        to_area=np.array([index[line.to_area] for line in lines], dtype=np.int32),
        capacity_forward_wh=_limits_wh((line.capacity_forward_w for line in lines), minutes),
        capacity_backward_wh=_limits_wh((line.capacity_backward_w for line in lines), minutes),
        loss_ppm=np.array([line.loss_ppm for line in lines], dtype=np.int64),
        fee_forward_ticks=np.array([line.fee_forward_ticks for line in lines], dtype=np.int64),
        fee_backward_ticks=np.array([line.fee_backward_ticks for line in lines], dtype=np.int64),
    )


def clearing_outcome(
    *, auction: AuctionInput, result: ClearingResult, grid: Grid, solve_ms: int
) -> ClearingOutcome:
    """The audited result in the market's own terms."""
    filled_rows = np.flatnonzero(result.accepted_wh)
    return ClearingOutcome(
        start_s=auction.start_s,
        rung=result.rung.value,
        reproducible=result.reproducible,
        areas=tuple(
            _area_outcome(grid.areas[index].area_id, index, auction.problem, result)
            for index in range(len(grid.areas))
        ),
        lines=tuple(
            _line_outcome(grid.lines[index].line_id, index, auction.problem.lines, result)
            for index in range(len(grid.lines))
        ),
        filled_order_ids=tuple(auction.order_ids[row] for row in filled_rows),
        filled_wh=tuple(int(energy_wh) for energy_wh in result.accepted_wh[filled_rows]),
        welfare_quanta=result.welfare_quanta,
        upper_bound_quanta=result.upper_bound_quanta,
        solve_ms=solve_ms,
        receipt_hash=_receipt_hash(auction.problem, result),
        audit_faults=result.audit_faults,
    )


def _known(price_ticks: int) -> int | None:
    return None if price_ticks == NO_PRICE_TICKS else price_ticks


def _area_outcome(
    area_id: str, index: int, problem: ClearingProblem, result: ClearingResult
) -> AreaOutcome:
    mine = problem.orders.area == index
    sold_wh = int(result.accepted_wh[mine & problem.orders.is_sell].sum())
    bought_wh = int(result.accepted_wh[mine & ~problem.orders.is_sell].sum())
    priced = bool(result.has_price[index, 0])
    return AreaOutcome(
        area_id=area_id,
        price_ticks=int(result.price_ticks[index, 0]) if priced else None,
        connection_price_ticks=int(result.connection_price_ticks[index, 0]) if priced else None,
        best_bid_ticks=_known(int(result.best_bid_ticks[index, 0])),
        best_offer_ticks=_known(int(result.best_offer_ticks[index, 0])),
        bought_wh=bought_wh,
        sold_wh=sold_wh,
        net_export_wh=int(result.net_export_wh[index, 0]),
        rounding_wh=int(result.rounding_wh[index, 0]),
    )


def _line_outcome(line_id: str, index: int, lines: Lines, result: ClearingResult) -> LineOutcome:
    return LineOutcome(
        line_id=line_id,
        sent_forward_wh=int(result.sent_forward_wh[index, 0]),
        received_forward_wh=int(result.received_forward_wh[index, 0]),
        sent_backward_wh=int(result.sent_backward_wh[index, 0]),
        received_backward_wh=int(result.received_backward_wh[index, 0]),
        capacity_forward_wh=int(lines.capacity_forward_wh[index, 0]),
        capacity_backward_wh=int(lines.capacity_backward_wh[index, 0]),
    )


def _receipt_hash(problem: ClearingProblem, result: ClearingResult) -> str:
    """SHA-256 over the book in acceptance sequence, the grid, and the result."""
    digest = sha256()
    orders, lines, areas = problem.orders, problem.lines, problem.areas
    columns = (
        *(orders.area, orders.is_sell, orders.price_ticks, orders.energy_wh, orders.sequence),
        *(lines.from_area, lines.to_area, lines.capacity_forward_wh, lines.capacity_backward_wh),
        *(lines.loss_ppm, lines.fee_forward_ticks, lines.fee_backward_ticks),
        *(areas.import_limit_wh, areas.export_limit_wh),
        *(result.accepted_wh, result.price_ticks, result.has_price),
        *(result.sent_forward_wh, result.sent_backward_wh),
    )
    for column in columns:
        digest.update(np.ascontiguousarray(column, dtype="<i8").tobytes())
        digest.update(b"|")
    return digest.hexdigest()


def published_curves(
    *, call: CallBook, grid: Grid, last_resort_id: str | None
) -> tuple[tuple[tuple[str, Curve], ...], tuple[tuple[str, Curve], ...]]:
    """Supply and demand of each area with enough owners, and of the whole market.

    Nobody's order can be read off them: an area with fewer than OWNERS_MIN owners is only part of
    the sum, and there is no sum when what it holds beyond the published areas is so small a group.
    The retailer of last resort is not counted: the rules publish its prices anyway.
    """
    open_rows = [row for row, energy_wh in enumerate(call.energy_wh) if energy_wh > 0]
    groups: dict[str, list[int]] = {area.area_id: [] for area in grid.areas}
    owners: dict[str, set[str]] = {area.area_id: set() for area in grid.areas}
    for row in open_rows:
        groups[call.area_id[row]].append(row)
        if call.participant_id[row] != last_resort_id:
            owners[call.area_id[row]].add(call.participant_id[row])
    published = [area_id for area_id in groups if len(owners[area_id]) >= OWNERS_MIN]
    withheld = {
        owner for area_id in groups if area_id not in published for owner in owners[area_id]
    }
    if not withheld or len(withheld) >= OWNERS_MIN:
        groups[WHOLE_MARKET] = open_rows
        published.append(WHOLE_MARKET)
    supply: list[tuple[str, Curve]] = []
    demand: list[tuple[str, Curve]] = []
    for name in published:
        rows = groups[name]
        supply.append((name, _curve(call, [row for row in rows if call.is_sell[row]], sign=1)))
        demand.append((name, _curve(call, [row for row in rows if not call.is_sell[row]], sign=-1)))
    return tuple(supply), tuple(demand)


def _curve(call: CallBook, rows: Sequence[int], *, sign: int) -> Curve:
    """(price_ticks, cumulative_wh) per price, best first; thinned evenly when long."""
    volume_wh: dict[int, int] = {}
    for row in rows:
        price = call.price_ticks[row]
        volume_wh[price] = volume_wh.get(price, 0) + call.energy_wh[row]
    steps: list[tuple[int, int]] = []
    total_wh = 0
    for price in sorted(volume_wh, key=lambda ticks: sign * ticks):
        total_wh += volume_wh[price]
        steps.append((price, total_wh))
    if len(steps) <= CURVE_STEPS_MAX:
        return tuple(steps)
    kept = np.linspace(0, len(steps) - 1, CURVE_STEPS_MAX).round().astype(int)
    return tuple(steps[index] for index in kept)
