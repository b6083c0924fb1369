"""Prices: which ones support a result, the middle of them, and the tick they are paid at.

The one idea to know: every rule ties at most two prices together and bounds one by the other from
above or from below (a seller's price bounds its area's price, a line with room bounds the price
at its far end by the price at its near end, ...). Such a set of prices has a highest and a lowest
member, highest and lowest in every area at once: those are the solutions of max Σπ and min Σπ,
found by letting the bounds run along the lines until nothing moves. The price is the average of
the two, rounded half-even to the tick.

Sign convention, here and nowhere else: a price is what one Wh more, needed in that area, costs.
Sending forward over line i → j earns the line

    rent = (1 − loss) · ρ(j) − ρ(i) − fee          ticks, ρ the connection prices

and a flow that is best obeys: rent ≥ 0 where something is sent, rent ≤ 0 where more could be.
An area's limits: ρ ≥ π where it could export less, ρ ≤ π where it could export more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from clearing.curves import Curves, FloatArray
from clearing.problem import NO_LIMIT_WH, PPM, BoolArray, ClearingProblem, IntArray

#: Prices closer than this, in ticks, are equal.
PRICE_TICKS_EQUAL: Final = 1e-6
#: Bounds that move by less than this no longer move.
_STILL: Final = 1e-9
#: Bounds run along lines; only circles with losses need more rounds than there are areas.
_ROUNDS_MAX: Final = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A state of the grid whose prices are asked for; Wh, whole or not."""

    net_export_wh: NDArray[Any]  # (n, t)
    forward_wh: NDArray[Any]  # (l, t)
    backward_wh: NDArray[Any]  # (l, t)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """The middle of all supporting prices, in ticks and fractions of a tick."""

    area_ticks: FloatArray  # (n, t)
    connection_ticks: FloatArray  # (n, t)
    supported: BoolArray  # (t,) False: no prices support this interval's position
    rounding_wh: FloatArray  # (t,) Wh by which orders, lines and limits may miss their price


@dataclass(slots=True, kw_only=True)
class _Rules:
    """Which bounds hold, per interval."""

    low: FloatArray  # (n, t) of the area price, from the orders below the position
    high: FloatArray  # (n, t) from the orders above it
    could_export_less: BoolArray  # (n, t)
    could_export_more: BoolArray  # (n, t)
    sends: tuple[BoolArray, BoolArray]  # (l, t) forward, backward
    could_send: tuple[BoolArray, BoolArray]  # (l, t)


def support(
    problem: ClearingProblem, curves: Curves, position: Position, roundings_wh: list[float]
) -> Prices:
    """The supporting prices of a position, every interval with the least rounding that has any.

    `roundings_wh` are tried in ascending order. Idle lines are let off their bound only where
    nothing else helps: at negative prices any direction may pay that would burn energy in a circle.
    """
    shape = (problem.n_areas, problem.n_intervals)
    area, connection = np.zeros(shape), np.zeros(shape)
    open_intervals = np.ones(problem.n_intervals, dtype=np.bool_)
    rounding = np.zeros(problem.n_intervals)
    for exempt in (False, True):
        for slack in roundings_wh:
            if not open_intervals.any():
                break
            found, pi, rho = _middle(problem, _rules(problem, curves, position, slack, exempt))
            take = open_intervals & found
            area[:, take], connection[:, take] = pi[:, take], rho[:, take]
            rounding[take] = slack
            open_intervals &= ~found
    return Prices(
        area_ticks=area,
        connection_ticks=connection,
        supported=~open_intervals,
        rounding_wh=rounding,
    )


def roundings(problem: ClearingProblem) -> list[float]:
    """The roundings tried for whole-Wh positions: 0, then doubling up to 2 Wh per lossy line."""
    most = 2 * int((problem.lines.loss_ppm > 0).sum()) + 2
    tried = [0.0, 1.0]
    while tried[-1] < most:
        tried.append(min(2 * tried[-1], float(most)))
    return tried


def _rules(
    problem: ClearingProblem, curves: Curves, position: Position, slack: float, exempt: bool
) -> _Rules:
    shape = (problem.n_areas, problem.n_intervals)
    lines, areas, x = problem.lines, problem.areas, position.net_export_wh
    floor, ceiling = -curves.demand_wh, curves.supply_wh
    below = curves.slope_below(np.maximum(x.reshape(-1) - slack, floor), -np.inf)
    above = curves.slope_above(np.minimum(x.reshape(-1) + slack, ceiling), np.inf)
    forward, backward = position.forward_wh, position.backward_wh
    forbidden = _closing_circles(problem, position, slack)
    if exempt:
        idle = (forward <= slack) & (backward <= slack)
        forbidden = (forbidden[0] | idle, forbidden[1] | idle)
    return _Rules(
        low=below.reshape(shape),
        high=above.reshape(shape),
        could_export_less=(x > slack - areas.import_limit_wh)
        | (areas.import_limit_wh >= NO_LIMIT_WH),
        could_export_more=(x < areas.export_limit_wh - slack)
        | (areas.export_limit_wh >= NO_LIMIT_WH),
        sends=(forward > slack, backward > slack),
        could_send=(
            (forward < lines.capacity_forward_wh - slack) & ~forbidden[0],
            (backward < lines.capacity_backward_wh - slack) & ~forbidden[1],
        ),
    )


def _closing_circles(
    problem: ClearingProblem, position: Position, slack: float
) -> tuple[BoolArray, BoolArray]:
    """(l, t) per direction: sending that way would close a circle with what flows already."""
    lines, n, t = problem.lines, problem.n_areas, problem.n_intervals
    reach = np.zeros((t, n, n), dtype=np.bool_)
    for line in range(len(lines)):
        i, j = lines.from_area[line], lines.to_area[line]
        reach[:, i, j] |= position.forward_wh[line] > slack
        reach[:, j, i] |= position.backward_wh[line] > slack
    for middle in range(n):
        reach |= reach[:, :, middle, None] & reach[:, middle, None, :]
    return (
        reach[:, lines.to_area, lines.from_area].T,
        reach[:, lines.from_area, lines.to_area].T,
    )


def _middle(problem: ClearingProblem, rules: _Rules) -> tuple[BoolArray, FloatArray, FloatArray]:
    """Found or not (t,), and the average of the highest and the lowest supporting prices."""
    # Within the market's price limits if that can be; losses may carry a price past them.
    least, most = float(problem.price_min_ticks), float(problem.price_max_ticks)
    found, pi, rho = _between(problem, rules, least, most)
    if found.all():
        return found, pi, rho
    span = 1e3 * (abs(least) + abs(most) + float(_dearest_fee(problem)))
    wider, wide_pi, wide_rho = _between(problem, rules, least - span, most + span)
    return (
        found | wider,
        np.where(found, pi, wide_pi),
        np.where(found, rho, wide_rho),
    )


def _dearest_fee(problem: ClearingProblem) -> int:
    fees = np.concatenate([problem.lines.fee_forward_ticks, problem.lines.fee_backward_ticks])
    return int(fees.max(initial=0))


def _between(
    problem: ClearingProblem, rules: _Rules, least: float, most: float
) -> tuple[BoolArray, FloatArray, FloatArray]:
    low, high = np.maximum(rules.low, least), np.minimum(rules.high, most)
    top_pi, top_rho = _extreme(problem, rules, high, least, most, top=True)
    bottom_pi, bottom_rho = _extreme(problem, rules, low, least, most, top=False)
    # Each end must keep the bounds the other one started from.
    every = (
        (top_pi >= low - PRICE_TICKS_EQUAL)
        & (top_rho >= least - PRICE_TICKS_EQUAL)
        & (bottom_pi <= high + PRICE_TICKS_EQUAL)
        & (bottom_rho <= most + PRICE_TICKS_EQUAL)
        & (bottom_pi <= top_pi + PRICE_TICKS_EQUAL)
        & (bottom_rho <= top_rho + PRICE_TICKS_EQUAL)
    )
    kept: BoolArray = np.logical_and.reduce(every, axis=0)
    return kept, (top_pi + bottom_pi) / 2, (top_rho + bottom_rho) / 2


def _extreme(
    problem: ClearingProblem,
    rules: _Rules,
    start_ticks: FloatArray,
    floor: float,
    ceiling: float,
    *,
    top: bool,
) -> tuple[FloatArray, FloatArray]:
    """The highest (`top`) or lowest prices that keep all bounds between pairs of prices.

    `start_ticks` (n, t) bounds the area prices, `floor` and `ceiling` all of them.
    """
    pi, rho = start_ticks, np.full_like(start_ticks, ceiling if top else floor)
    lines = problem.lines
    tighten = np.minimum if top else np.maximum
    beyond = np.inf if top else -np.inf
    kept = 1.0 - lines.loss_ppm / PPM
    directions = [
        (lines.from_area, lines.to_area, lines.fee_forward_ticks, 0),
        (lines.to_area, lines.from_area, lines.fee_backward_ticks, 1),
    ]
    # From above: a line with room caps the price at its far end, one that sends caps the price
    # at its near end. From below the two change places.
    far = rules.could_send if top else rules.sends
    near = rules.sends if top else rules.could_send
    pi_by_rho = rules.could_export_less if top else rules.could_export_more
    rho_by_pi = rules.could_export_more if top else rules.could_export_less
    # A price run past the other end supports nothing; held there it can not run to infinity.
    least, most = floor - 1.0, ceiling + 1.0
    for _ in range(_ROUNDS_MAX):
        before_pi, before_rho = pi, rho
        pi = np.clip(np.where(pi_by_rho, tighten(pi, rho), pi), least, most)
        rho = np.clip(np.where(rho_by_pi, tighten(rho, pi), rho), least, most)
        for start, end, fee, way in directions:
            for line in range(len(lines)):
                i, j = start[line], end[line]
                at_end = np.where(far[way][line], (rho[i] + fee[line]) / kept[line], beyond)
                rho[j] = tighten(rho[j], at_end)
                at_start = np.where(near[way][line], kept[line] * rho[j] - fee[line], beyond)
                rho[i] = tighten(rho[i], at_start)
        moved = np.abs(pi - before_pi).max(initial=0.0) + np.abs(rho - before_rho).max(initial=0.0)
        if moved <= _STILL:
            break
    return pi, rho


def ticks(problem: ClearingProblem, prices: Prices) -> tuple[IntArray, IntArray]:
    """Area and connection prices rounded half-even to the tick, both (n, t).

    Prices a whole number of ticks apart because a loss-less line or an open limit ties them
    stay exactly that far apart: of such a set the lowest-numbered area price is rounded (where
    none is in it, the lowest-numbered connection price) and the others follow.
    """
    # Rounding away the last digits first makes a half a half on every machine.
    exact = np.round(np.concatenate([prices.area_ticks, prices.connection_ticks]), 6)
    rounded = np.rint(exact).astype(np.int64)
    half = np.abs(np.abs(exact - np.floor(exact)) - 0.5) < PRICE_TICKS_EQUAL
    for t in np.flatnonzero(half.any(axis=0)):
        # Only halves can part a set: anything else rounds the same way throughout.
        offset = _offset_to_first(problem, exact[:, t])
        for node in np.flatnonzero(half[:, t]):
            first, distance = offset[int(node)]
            rounded[node, t] = int(np.rint(exact[first, t])) + distance
    n = problem.n_areas
    return rounded[:n], rounded[n:]


def _offset_to_first(problem: ClearingProblem, exact: FloatArray) -> list[tuple[int, int]]:
    """For each of the 2 n prices of an interval: first price of its set, whole ticks above it."""
    n, lines = problem.n_areas, problem.lines
    tied: list[list[tuple[int, int]]] = [[] for _ in range(2 * n)]

    def tie(one: int, other: int, distance: int) -> None:
        if abs(exact[other] - exact[one] - distance) < PRICE_TICKS_EQUAL:
            tied[one].append((other, distance))
            tied[other].append((one, -distance))

    for area in range(n):
        tie(area, n + area, 0)
    for line in np.flatnonzero(lines.loss_ppm == 0):
        i, j = n + int(lines.from_area[line]), n + int(lines.to_area[line])
        tie(i, j, int(lines.fee_forward_ticks[line]))
        tie(j, i, int(lines.fee_backward_ticks[line]))
    offset: list[tuple[int, int] | None] = [None] * (2 * n)
    for first in range(2 * n):
        waiting = [(first, 0)]
        while waiting:
            node, distance = waiting.pop()
            if offset[node] is None:
                offset[node] = (first, distance)
                waiting += [(other, distance + step) for other, step in tied[node]]
    return [place for place in offset if place is not None]


def upper_bound(
    problem: ClearingProblem, curves: Curves, prices: Prices, trading_alone_quanta: int
) -> int:
    """No result has more welfare than this many quanta, whatever the prices are: weak duality.

    At given prices every order, line and limit takes what is best for itself alone; the sum of
    what they earn bounds the welfare of anything feasible. Computed in whole micro-ticks, so the
    bound is exact; it is tight when the prices support an optimum. `trading_alone_quanta` is the
    welfare of every area trading within itself, from which the curves count.
    """
    micro = 1_000_000
    pi = np.rint(prices.area_ticks.reshape(-1) * micro).astype(np.int64)
    rho = np.rint(prices.connection_ticks.reshape(-1) * micro).astype(np.int64)
    total = _best_of_curves(curves, pi, micro)
    supply, demand = curves.supply_wh, curves.demand_wh
    most_out = np.minimum(problem.areas.export_limit_wh.reshape(-1), supply)
    most_in = np.minimum(problem.areas.import_limit_wh.reshape(-1), demand)
    for k in range(curves.n_nodes):
        gain = int(rho[k] - pi[k])
        total += gain * int(most_out[k]) if gain > 0 else -gain * int(most_in[k])
    return -(
        -(total + _best_of_lines(problem, curves, rho) + trading_alone_quanta * micro) // micro
    )


def _best_of_curves(curves: Curves, pi: IntArray, micro: int) -> int:
    """Σ over nodes of the most that selling or buying at pi (micro-ticks) gains over x = 0."""
    total = 0
    cum, price, first = curves.level_cum_wh, curves.level_price_ticks, curves.level_first
    node = np.repeat(np.arange(curves.n_nodes), np.diff(first))
    # Signed energy of each level between x = 0 and the best x: taken above 0, given back below.
    above = np.clip(cum[1:] - np.maximum(cum[:-1], curves.origin_wh[node]), 0, None)
    below = np.clip(np.minimum(cum[1:], curves.origin_wh[node]) - cum[:-1], 0, None)
    margin = pi[node] - price * micro
    energy = np.where(margin > 0, above, below)
    used = np.flatnonzero((energy > 0) & (margin != 0))
    for gain, wh in zip(np.abs(margin[used]).tolist(), energy[used].tolist(), strict=True):
        total += gain * wh
    return total


def _best_of_lines(problem: ClearingProblem, curves: Curves, rho: IntArray) -> int:
    """Σ over lines of the most that its better direction earns at rho, in quanta x 10^6."""
    lines, t = problem.lines, problem.n_intervals
    # Nothing sends more than there is to sell.
    most = int(curves.supply_wh.sum())
    price = rho.reshape(problem.n_areas, t)
    total = 0
    for line in range(len(lines)):
        i, j = int(lines.from_area[line]), int(lines.to_area[line])
        kept = PPM - int(lines.loss_ppm[line])
        ways = [
            (i, j, int(lines.fee_forward_ticks[line]), lines.capacity_forward_wh[line]),
            (j, i, int(lines.fee_backward_ticks[line]), lines.capacity_backward_wh[line]),
        ]
        for interval in range(t):
            rents = [
                (kept * int(price[end, interval]) - PPM * int(price[start, interval]))
                - PPM * PPM * fee
                for start, end, fee, _ in ways
            ]
            earned = [
                rent * min(int(way[3][interval]), most)
                for rent, way in zip(rents, ways, strict=True)
            ]
            total += -(-max(0, *earned) // PPM)
            if kept < PPM:
                # A loss rounded up burns up to a Wh more, which a negative price rewards.
                total += max(0, -int(price[i, interval]), -int(price[j, interval]))
    return total
