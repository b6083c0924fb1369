"""What an economist would object to: prices that do not support the result, or not the middle.

The one idea to know: where every fact ties two prices at most, the highest and the lowest prices
that support the result are found by following the facts, and the exact price is the middle of the
two. Where a block would lose at that middle, or a limit over several areas or a line of the mesh
binds, the rule takes more than arithmetic to apply; there the exact prices are only held to support
everything. Either way the rounding is the least at which there are such prices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from clearing.check.block_orders import unsupported_blocks
from clearing.check.book import Book, bounds_passing_over, steps_of
from clearing.check.facts import (
    Case,
    facts,
    inside_of,
    mesh_binds,
    stored_bounds,
    under_a_limit,
)
from clearing.check.grid import Grid
from clearing.check.inequalities import FloatArray, extremes
from clearing.check.parts import part_of_interval, roundings_wh, touched_nodes
from clearing.check.published import (
    first_interval,
    near_ticks,
    published_ticks,
    shadow_prices_wrong,
    supported_parts,
)
from clearing.check.storage_orders import window
from clearing.check.ticks import tick_refusals
from clearing.problem import MICRO, BoolArray, ClearingProblem, ClearingResult

#: A middle at which blocks keep their rules this closely (ticks per Wh) is the price for sure.
_BLOCK_SURE_TICKS: Final = 1e-7


def price_refusals(
    problem: ClearingProblem, result: ClearingResult, book: Book, grid: Grid
) -> list[str]:
    """Prices or roundings that are not those the rules give."""
    parts = _Parts(problem, result, book, grid)
    refused = parts.rounding_refusals()
    if refused:
        return refused
    waiting = np.ones(parts.count, dtype=np.bool_)
    exact, published = published_ticks(result, window(problem))
    known = published.copy()
    for exempt in (False, True):
        for rounding in parts.tries_wh:
            asked = waiting & (parts.rounded | (rounding == 0))
            if not asked.any():
                continue
            trial = parts.trial(asked, rounding, exempt=exempt)
            decided = trial.is_middle | trial.is_supported
            waiting &= ~decided
            refused += parts.stated_refusals(trial, decided, rounding)
            # Where the middle is the price it is known of every node, published or not.
            derived = (trial.is_middle & decided)[parts.of_price]
            exact = np.where(derived & ~published, trial.middle_ticks, exact)
            known |= derived
    refused += [
        f"interval {t}: no prices support the result" for t in parts.first_intervals(waiting)
    ]
    of_nodes = 2 * problem.n_areas * problem.n_intervals
    microticks = np.rint(exact[:of_nodes] * MICRO).astype(np.int64)
    return refused + tick_refusals(problem, result, grid, microticks, known[:of_nodes])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    """What one try of rounding says of each part."""

    is_middle: BoolArray  # (parts,) there are prices, and the price is their middle
    is_supported: BoolArray  # (parts,) more than two prices meet, and the published ones do
    middle_ticks: FloatArray  # (v,)
    shadow_wrong: BoolArray  # (parts,) a shadow price where nothing is scarce


class _Parts:
    """The parts of a result, and the tries of rounding each is put to."""

    def __init__(
        self, problem: ClearingProblem, result: ClearingResult, book: Book, grid: Grid
    ) -> None:
        self._problem, self._result, self._book, self._grid = problem, result, book, grid
        self._of_interval = part_of_interval(problem)
        self._touched = touched_nodes(problem, result, grid)
        self.count = int(self._of_interval.max()) + 1
        self.of_price = np.tile(self._of_interval, 2 * problem.n_areas + len(problem.storages))
        self.rounded = self._any(np.any(self._touched, axis=0))
        self.tries_wh = roundings_wh(problem, result, grid) if self.rounded.any() else [0]
        self._stated_wh = np.zeros(self.count, dtype=np.int64)
        np.maximum.at(self._stated_wh, self._of_interval, result.rounding_wh.max(axis=0))

    def _any(self, intervals: BoolArray) -> BoolArray:
        """(parts,) those with at least one of the intervals."""
        there = np.zeros(self.count, dtype=np.bool_)
        there[self._of_interval[intervals]] = True
        return there

    def first_intervals(self, parts: BoolArray) -> list[int]:
        """The first interval of each of some parts, at most ten."""
        found = np.flatnonzero(parts)[:10]
        first = np.searchsorted(np.maximum.accumulate(self._of_interval), found)
        return [int(t) for t in first]

    def rounding_refusals(self) -> list[str]:
        """A rounding where nothing was rounded, or not one number for a whole part."""
        due = np.where(self._touched, self._stated_wh[self._of_interval], 0)
        wrong = (self._result.rounding_wh != due).any(axis=0)
        return [
            f"interval {t}: rounding where nothing was rounded, or more than one number"
            for t in np.flatnonzero(wrong)[:10].tolist()
        ]

    def stated_refusals(self, trial: _Trial, decided: BoolArray, rounding_wh: int) -> list[str]:
        """What the published rounding and prices of the decided parts should have been."""
        other = decided & (self._stated_wh != rounding_wh)
        refused = [
            f"interval {t}: rounding is {rounding_wh} Wh, not what is published"
            for t in self.first_intervals(other)
        ]
        right = decided & ~other
        refused += [
            f"interval {t}: a shadow price where nothing is scarce"
            for t in self.first_intervals(right & trial.shadow_wrong)
        ]
        exact, published = published_ticks(self._result, window(self._problem))
        checked = published & (right & trial.is_middle)[self.of_price]
        due = trial.middle_ticks
        missed = checked & ~(np.abs(exact - due) <= near_ticks(due))
        return refused + [
            f"{self._named(number)} is {exact[number]:.6f}, due {due[number]:.6f}"
            for number in np.flatnonzero(missed)[:10].tolist()
        ]

    def _named(self, number: int) -> str:
        problem = self._problem
        row, t = divmod(number, problem.n_intervals)
        kind, area = divmod(row, problem.n_areas)
        if kind >= 2:
            return f"storage {row - 2 * problem.n_areas}, interval {t}: value of a Wh stored"
        return f"area {area}, interval {t}: exact {'connection ' * kind}price"

    def trial(self, asked: BoolArray, rounding_wh: int, *, exempt: bool) -> _Trial:
        """One try for the parts asked for."""
        problem = self._problem
        case = Case(
            problem=problem,
            result=self._result,
            grid=self._grid,
            intervals=asked[self._of_interval],
            slack_wh=np.where(self._touched, rounding_wh, 0),
            idle_exempt=exempt,
        )
        low, high = self._said_alone(case, rounding_wh)
        fits, middle = self._middle(case, low, high)
        fits &= asked
        if exempt:
            # Idle lines and storages are let off only where burning energy might pay.
            nodes = self.of_price[: 2 * problem.n_areas * problem.n_intervals]
            negative = np.zeros(self.count, dtype=np.bool_)
            negative[nodes[middle[: len(nodes)] < 0]] = True
            fits &= negative
        special = fits & self._ruled_by_more(case, middle)
        supported = np.zeros(self.count, dtype=np.bool_)
        if special.any():
            least, highest = _spans(problem)[-1]
            ends = np.maximum(low, least), np.minimum(high, highest)
            supported = special & supported_parts(case, *ends, self.of_price, self.count)
            # A line that is not full at this rounding may not have earned anything.
            supported &= ~self._any(shadow_prices_wrong(case))
        return _Trial(
            is_middle=fits & ~special,
            is_supported=supported,
            middle_ticks=middle,
            shadow_wrong=self._any(shadow_prices_wrong(case)),
        )

    def _said_alone(self, case: Case, rounding_wh: int) -> tuple[FloatArray, FloatArray]:
        """(v,) lowest and highest prices that single orders and storages' last values allow."""
        low, high = self._book.low_ticks.reshape(-1), self._book.high_ticks.reshape(-1)
        if rounding_wh:
            moved = (self._touched & case.intervals).reshape(-1)
            reach = rounding_wh + 1
            steps = steps_of(self._problem, self._result.accepted_wh, reach, moved)
            looser = bounds_passing_over(steps, len(moved), rounding_wh)
            low, high = np.where(moved, looser[0], low), np.where(moved, looser[1], high)
        stored_low, stored_high = stored_bounds(case)
        free = np.full(len(low), np.inf)
        return (
            np.concatenate([low, -free, stored_low.reshape(-1)]),
            np.concatenate([high, free, stored_high.reshape(-1)]),
        )

    def _middle(
        self, case: Case, low: FloatArray, high: FloatArray
    ) -> tuple[BoolArray, FloatArray]:
        """(parts,) those with prices, and (v,) the middle of all there are.

        Within the market's price limits if that can be; losses may carry a price past them.
        """
        rows, middle = facts(case), np.zeros(len(low))
        fits = np.zeros(self.count, dtype=np.bool_)
        for least, highest in _spans(self._problem):
            ends = np.maximum(low, least), np.minimum(high, highest)
            found = extremes(*ends, rows, self.of_price, self.count)
            take = (found.fits & ~fits)[self.of_price]
            middle = np.where(take, (found.top + found.bottom) / 2, middle)
            fits |= found.fits
            if fits.all():
                break
        return fits, middle

    def _ruled_by_more(self, case: Case, middle: FloatArray) -> BoolArray:
        """(parts,) where a rule ties more prices together than two and the middle will not do."""
        special: BoolArray = np.any(under_a_limit(case), axis=0)
        for full in mesh_binds(case):
            special |= full.any(axis=0)
        parts = self._any(special)
        if self._result.block_ratio_ppb.any():
            price = middle[inside_of(self._problem)]
            wrong = unsupported_blocks(
                self._problem,
                self._result.block_ratio_ppb,
                price,
                price,
                _BLOCK_SURE_TICKS,
                strict=True,
            )
            parts[self._of_interval[first_interval(case)[wrong]]] = True
        return parts


def _spans(problem: ClearingProblem) -> list[tuple[float, float]]:
    """The market's price limits, and limits that no price with losses and fees will reach."""
    least, highest = float(problem.price_min_ticks), float(problem.price_max_ticks)
    lines = problem.lines
    dearest = max(lines.fee_forward_ticks.max(initial=0), lines.fee_backward_ticks.max(initial=0))
    span = 1e3 * (abs(least) + abs(highest) + float(dearest))
    return [(least, highest), (least - span, highest + span)]
