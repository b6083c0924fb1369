"""What an economist would object to: prices that do not support the result, or not the middle.

Per interval there are two prices per area, inside and outside its limits. Every fact of the result
is an inequality between two of them, price[u] ≤ scale · price[v] + shift. Followed until nothing
moves they give the highest supporting price everywhere; mirrored, the lowest. The published price
is the tick nearest to the middle of the two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from clearing.check.orders import all_bounds_from_orders, bounds_from_orders
from clearing.problem import NO_LIMIT_WH, PPM, ClearingProblem, ClearingResult, Rung

_EQUAL: Final = 1e-6
_ROUNDS_MAX: Final = 20_000


@dataclass(slots=True)
class _System:
    """The inequalities of one interval; prices 0 .. n-1 are inside, n .. 2n-1 outside."""

    low: list[float]
    high: list[float]
    at_most: list[tuple[int, int, float, float]] = field(default_factory=list)  # u, v, scale, shift

    def highest(self) -> list[float]:
        """The highest prices, by running the inequalities down from the bounds."""
        price = list(self.high)
        for _ in range(_ROUNDS_MAX):
            moved = 0.0
            for u, v, scale, shift in self.at_most:
                allowed = scale * price[v] + shift
                if allowed < price[u]:
                    moved = max(moved, price[u] - allowed)
                    price[u] = allowed
            if moved <= 1e-9:
                break
        return price

    def lowest(self) -> list[float]:
        """The lowest prices: the same inequalities, read for v."""
        price = list(self.low)
        for _ in range(_ROUNDS_MAX):
            moved = 0.0
            for u, v, scale, shift in self.at_most:
                asked = (price[u] - shift) / scale
                if asked > price[v]:
                    moved = max(moved, asked - price[v])
                    price[v] = asked
            if moved <= 1e-9:
                break
        return price

    def middle(self) -> list[float] | None:
        """The average of highest and lowest, None where nothing satisfies all inequalities."""
        top, bottom = self.highest(), self.lowest()
        fits = all(
            high >= floor - _EQUAL and low <= ceiling + _EQUAL and low <= high + _EQUAL
            for high, low, floor, ceiling in zip(top, bottom, self.low, self.high, strict=True)
        )
        return [(a + b) / 2 for a, b in zip(top, bottom, strict=True)] if fits else None


def price_refusals(problem: ClearingProblem, result: ClearingResult) -> list[str]:
    """Intervals whose published prices or roundings are not those the rules give."""
    refused = []
    plain = all_bounds_from_orders(problem, result.accepted_wh)
    for t in range(problem.n_intervals):
        stated = set(result.rounding_wh[:, t].tolist())
        found = _derive(problem, result, t, (plain[0][:, t].tolist(), plain[1][:, t].tolist()))
        if found is None:
            refused.append(f"interval {t}: no prices support the result")
            continue
        rounding, exact = found
        if stated != {rounding}:
            refused.append(f"interval {t}: rounding is {rounding} Wh, not {sorted(stated)}")
        due = _rounded(problem, exact)
        published = result.price_ticks[:, t].tolist() + result.connection_price_ticks[:, t].tolist()
        for place, (price, ticks) in enumerate(zip(exact, due, strict=True)):
            if not result.has_price[place % problem.n_areas, t]:
                continue
            # Within a hair of half a tick the last digit of a fraction may fall on either side.
            near = abs(abs(price - published[place]) - 0.5) < _EQUAL and not _is_half(price)
            if published[place] != ticks and not near:
                area, kind = place % problem.n_areas, "connection" if place >= len(due) // 2 else ""
                refused.append(
                    f"area {area}, interval {t}: {kind} price {published[place]}, due {ticks}"
                )
    return refused


def _derive(
    problem: ClearingProblem,
    result: ClearingResult,
    t: int,
    plain: tuple[list[float], list[float]],
) -> tuple[int, list[float]] | None:
    """The least rounding at which prices exist, and the middle of them.

    `plain` are the lowest and highest prices the fills allow without any rounding.
    """
    most = 2 * int(np.count_nonzero(problem.lines.loss_ppm)) + 2
    tries = [0, 1]
    while tries[-1] < most:
        tries.append(min(2 * tries[-1], most))
    least, highest = float(problem.price_min_ticks), float(problem.price_max_ticks)
    fees = [*problem.lines.fee_forward_ticks.tolist(), *problem.lines.fee_backward_ticks.tolist()]
    span = 1e3 * (abs(least) + abs(highest) + max(fees, default=0))
    for idle_exempt in (False, True):
        for rounding in tries:
            floors, ceilings = plain
            if rounding:
                bounds = [
                    bounds_from_orders(problem, result.accepted_wh, area, t, rounding)
                    for area in range(problem.n_areas)
                ]
                floors, ceilings = [low for low, _ in bounds], [high for _, high in bounds]
            for low, high in ((least, highest), (least - span, highest + span)):
                system = _System(
                    low=[max(floor, low) for floor in floors] + [low] * problem.n_areas,
                    high=[min(top, high) for top in ceilings] + [high] * problem.n_areas,
                )
                _add_facts(system, problem, result, t, rounding, idle_exempt)
                middle = system.middle()
                if middle is not None and not (idle_exempt and min(middle) >= 0):
                    return rounding, middle
    return None


def _add_facts(
    system: _System,
    problem: ClearingProblem,
    result: ClearingResult,
    t: int,
    rounding: int,
    idle_exempt: bool,
) -> None:
    """What limits and lines say about pairs of prices."""
    n, areas = problem.n_areas, problem.areas
    closed = result.rung is Rung.MERIT_ORDER
    for area in range(n):
        net = int(result.net_export_wh[area, t])
        most_in, most_out = int(areas.import_limit_wh[area, t]), int(areas.export_limit_wh[area, t])
        # What could still leave makes the outside no dearer than the inside, and the reverse.
        if closed or net < most_out - rounding or most_out >= NO_LIMIT_WH:
            system.at_most.append((n + area, area, 1.0, 0.0))
        if closed or -net < most_in - rounding or most_in >= NO_LIMIT_WH:
            system.at_most.append((area, n + area, 1.0, 0.0))
    if not closed:
        _add_lines(system, problem, result, t, rounding, idle_exempt)


def _add_lines(
    system: _System,
    problem: ClearingProblem,
    result: ClearingResult,
    t: int,
    rounding: int,
    idle_exempt: bool,
) -> None:
    lines, n = problem.lines, problem.n_areas
    feeds: dict[int, set[int]] = {}
    for line in range(len(lines)):
        i, j = int(lines.from_area[line]), int(lines.to_area[line])
        if result.sent_forward_wh[line, t] > rounding:
            feeds.setdefault(i, set()).add(j)
        if result.sent_backward_wh[line, t] > rounding:
            feeds.setdefault(j, set()).add(i)
    for line in range(len(lines)):
        i, j = int(lines.from_area[line]), int(lines.to_area[line])
        sent = (int(result.sent_forward_wh[line, t]), int(result.sent_backward_wh[line, t]))
        scale = 1.0 - int(lines.loss_ppm[line]) / PPM
        exempt = idle_exempt and max(sent) <= rounding
        for flow, start, end, fee, most in (
            (sent[0], i, j, lines.fee_forward_ticks[line], lines.capacity_forward_wh[line, t]),
            (sent[1], j, i, lines.fee_backward_ticks[line], lines.capacity_backward_wh[line, t]),
        ):
            near, far = n + start, n + end
            if flow > rounding:
                # It carries energy, so carrying pays.
                system.at_most.append((near, far, scale, -float(fee)))
            if flow < int(most) - rounding and not exempt and not _leads(feeds, end, start):
                # It could carry more, so carrying more would not pay.
                system.at_most.append((far, near, 1 / scale, float(fee) / scale))


def _leads(feeds: dict[int, set[int]], start: int, goal: int) -> bool:
    """Energy flows from `start`, through whatever areas, to `goal`."""
    seen, waiting = {start}, [start]
    while waiting:
        for area in feeds.get(waiting.pop(), set()) - seen:
            if area == goal:
                return True
            seen.add(area)
            waiting.append(area)
    return False


def _is_half(price: float) -> bool:
    return abs(price - math.floor(price) - 0.5) < _EQUAL


def _rounded(problem: ClearingProblem, exact: list[float]) -> list[int]:
    """Half-even; halves tied at whole ticks by loss-less lines follow the first of their set."""
    n, lines = problem.n_areas, problem.lines
    clean = [round(price, 6) for price in exact]
    due = [round(price) for price in clean]
    ties = [(area, n + area, 0) for area in range(n)]
    for line in np.flatnonzero(lines.loss_ppm == 0).tolist():
        i, j = n + int(lines.from_area[line]), n + int(lines.to_area[line])
        ties += [(i, j, int(lines.fee_forward_ticks[line]))]
        ties += [(j, i, int(lines.fee_backward_ticks[line]))]
    ties = [tie for tie in ties if abs(clean[tie[1]] - clean[tie[0]] - tie[2]) < _EQUAL]
    leader = list(range(2 * n))
    moved = True
    while moved:
        moved = False
        for u, v, _ in ties:
            first = min(leader[u], leader[v])
            moved = moved or leader[u] != first or leader[v] != first
            leader[u] = leader[v] = first
    for place, price in enumerate(clean):
        if _is_half(price):
            lead = clean[leader[place]]
            due[place] = round(lead) + round(price - lead)
    return due
