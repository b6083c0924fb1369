"""One part of an auction: from the continuous solution to whole Wh and the prices of those.

curves → build → refine → search → ratios → storages → ties → flows → prices → fills.

The one idea to know: the continuous solution only says where to look. What is published is decided
in integers, in a fixed order (blocks, storages, flows; the simple orders fill what is left), and
the prices are read from those integers. Where no prices support them, which only rounding can
cause, the choice is made simpler and everything after it again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from clearing.allocate.face import TiedPrices
from clearing.allocate.fills import fills
from clearing.allocate.flows import WholeFlows, whole_flows
from clearing.allocate.ratios import ratios
from clearing.allocate.storages import (
    WholeStorages,
    idle_storages,
    rounding_losses_wh,
    whole_storages,
)
from clearing.allocate.ties import settle_ties
from clearing.build import build
from clearing.curves import Curves, FloatArray, build_curves
from clearing.parts import Part
from clearing.prices.bound import upper_bound
from clearing.prices.conditions import Position
from clearing.prices.support import Prices, Slack, support, whole_slack
from clearing.problem import (
    PPB,
    BoolArray,
    ClearingProblem,
    IntArray,
    block_injection_wh,
    no_blocks,
    no_storages,
)
from clearing.refine import Fixing, Relaxation, State, nothing_fixed
from clearing.search.circles import without_idle_circles
from clearing.search.directions import search_directions
from clearing.search.found import Effort, Found
from clearing.search.tree import search_tree
from clearing.solver import SolverFailedError
from clearing.traded import Traded, slack_on_level_wh, traded, welfare_alone_quanta

#: How far a continuous solution may be off a breakpoint of its book, tried in this order.
_CONTINUOUS_ROUNDINGS_WH: Final = (1e-4, 1e-2, 1.0)
#: Times a storage's schedule is solved again with what its rounding took, tried in this order.
_LOSS_ROUNDS: Final = (2, 1, 3, 0)
#: Stages by name, in order; every part adds to the same clocks.
Ended = Callable[[str], None]


class UnsupportedError(Exception):
    """No prices support a result in whole Wh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What one part decided; arrays as in `ClearingResult`, indices of the part."""

    accepted_wh: IntArray
    traded: Traded
    ratio_ppb: IntArray
    storages: WholeStorages
    flows: WholeFlows
    prices: Prices
    bound_quanta: int  # no result of this part has more welfare
    proven: bool
    reproducible: bool
    points: int


def settle_part(
    part: Part,
    effort: Effort,
    ended: Ended,
    on_better: Callable[[Settled], None] | None = None,
) -> Settled:
    """Clear one part.

    Args:
        part: the part.
        effort: when the search may stop.
        ended: called with the name of every stage that ended.
        on_better: called with every better whole answer before the last.

    Raises:
        SolverFailedError: the solver found no optimum.
        UnsupportedError: no prices support the result, however simple.
    """
    problem = part.problem
    curves = build_curves(problem)
    ended("curves")
    if not part.coupled and not _can_flow(problem):
        return _settled_alone(problem, curves, ended)
    model = build(problem, curves)
    ended("build")
    relaxation = Relaxation(problem, curves, model, _scouted(problem, curves, part.coupled))
    ended("refine")
    whole = _Whole(problem, curves, relaxation, part.coupled, ended)
    if not part.coupled:
        found = search_directions(problem, relaxation)
        ended("search")
        return whole.settled(found)

    def better(state: State, fixing: Fixing, bound: float) -> None:
        if on_better is not None:
            found = Found(
                state=state,
                fixing=fixing,
                cost_bound=bound,
                proven=False,
                reproducible=False,
                points=0,
            )
            on_better(whole.settled(found))

    alone = float(welfare_alone_quanta(curves))
    found = search_tree(problem, relaxation, alone, effort, better)
    ended("search")
    return whole.settled(found)


def _scouted(problem: ClearingProblem, curves: Curves, coupled: bool) -> FloatArray | None:
    """(K,) net exports of the simple orders without any block or storage: near those with them.

    The grid alone is a much smaller program, and its structure is compiled already.
    """
    if not coupled:
        return None
    grid = replace(problem, blocks=no_blocks(), storages=no_storages())
    alone = Relaxation(grid, curves, build(grid, curves))
    return alone.solve(nothing_fixed(grid)).simple_wh.reshape(-1)


def _can_flow(problem: ClearingProblem) -> bool:
    """Whether any line can carry anything."""
    lines = problem.lines
    return bool((lines.capacity_forward_wh > 0).any() or (lines.capacity_backward_wh > 0).any())


def _settled_alone(problem: ClearingProblem, curves: Curves, ended: Ended) -> Settled:
    """Every area of every interval by its own curve: no line carries, no model is needed."""
    shape = (problem.n_areas, problem.n_intervals)
    nothing = np.zeros((len(problem.lines), problem.n_intervals), dtype=np.int64)
    flows = WholeFlows(
        sent_forward_wh=nothing,
        sent_backward_wh=nothing,
        received_forward_wh=nothing,
        received_backward_wh=nothing,
        net_export_wh=np.zeros(shape, dtype=np.int64),
    )
    none = np.zeros(0, dtype=np.int64)
    storages = idle_storages(problem)
    position = _position(flows.net_export_wh, flows, none, storages)
    prices = support(problem, curves, position, whole_slack(problem, none))
    ended("prices")
    simple = traded(curves, flows.net_export_wh.reshape(-1))
    bound = upper_bound(problem, curves, prices, simple.welfare_quanta)
    accepted = fills(problem, curves, flows.net_export_wh)
    ended("fills")
    if not prices.supported.all():
        raise UnsupportedError("no prices support areas that trade alone")
    return Settled(
        accepted_wh=accepted,
        traded=simple,
        ratio_ppb=none,
        storages=storages,
        flows=flows,
        prices=prices,
        bound_quanta=bound,
        proven=True,
        reproducible=True,
        points=0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    """What of a search's answer is kept."""

    kept: BoolArray  # (b,) blocks that keep what they were given
    loss_rounds: int | None  # times storages are solved again for their roundings; None: idle


class _Whole:
    """Whole Wh and prices for what a search found."""

    def __init__(
        self,
        problem: ClearingProblem,
        curves: Curves,
        relaxation: Relaxation,
        coupled: bool,
        ended: Ended,
    ) -> None:
        self._problem, self._curves, self._relaxation = problem, curves, relaxation
        self._coupled, self._ended = coupled, ended

    def settled(self, found: Found) -> Settled:
        """The answer in whole Wh; the choice is made simpler until prices support it.

        Raises:
            UnsupportedError: no prices support even the simplest.
        """
        last: Exception | None = None
        for choice in self._choices(found):
            try:
                return self._settled(choice, found)
            except (UnsupportedError, SolverFailedError) as error:
                last = error
        raise UnsupportedError("no prices support a result in whole Wh") from last

    def _choices(self, found: Found) -> list[_Choice]:
        """What is tried, from all that was found to nothing."""
        ratio = found.state.ratio
        every, whole = ratio > 0.0, ratio >= 1.0 - 1e-7
        rounds: tuple[int | None, ...] = _LOSS_ROUNDS if len(self._problem.storages) else (None,)
        choices = [_Choice(kept=every, loss_rounds=count) for count in rounds]
        if len(ratio) and (every != whole).any():
            choices.append(_Choice(kept=whole, loss_rounds=rounds[0]))
        if self._coupled:
            none = np.zeros_like(every)
            choices += [_Choice(kept=none, loss_rounds=count) for count in (rounds[0], None)]
        return choices

    def _settled(self, choice: _Choice, found: Found) -> Settled:
        problem, curves = self._problem, self._curves
        kept = choice.kept
        exact = bool(kept[found.state.ratio > 0.0].all())
        exact &= choice.loss_rounds is not None or not len(problem.storages)
        ratio_ppb = ratios(problem, np.where(kept, found.state.ratio, 0.0))
        storages = idle_storages(problem)
        if choice.loss_rounds is not None:
            ratio_ppb, storages = self._stored(found, ratio_ppb, choice.loss_rounds)
        given = block_injection_wh(problem, ratio_ppb) + storages.injection_wh(problem)
        state = found.state
        if self._coupled:
            state = self._relaxation.solve_beside(given, found.fixing)
            state = without_idle_circles(problem, state)
        state = self._by_ties(state, found.fixing, given)
        self._ended("ties")
        flows = whole_flows(
            problem, curves, state, given, slack_on_level_wh(curves, state.simple_wh)
        )
        simple = flows.net_export_wh - given
        self._ended("flows")
        prices = self._prices(simple, flows, ratio_ppb, storages)
        self._ended("prices")
        accepted = fills(problem, curves, simple)
        bound = self._bound(found, prices)
        self._ended("fills")
        return Settled(
            accepted_wh=accepted,
            traded=traded(curves, simple.reshape(-1)),
            ratio_ppb=ratio_ppb,
            storages=storages,
            flows=flows,
            prices=prices,
            bound_quanta=bound,
            proven=found.proven and exact,
            reproducible=found.reproducible,
            points=found.points,
        )

    def _stored(
        self, found: Found, ratio_ppb: IntArray, loss_rounds: int
    ) -> tuple[IntArray, WholeStorages]:
        """The blocks' ratios and the storages' best schedule beside them, in whole Wh.

        What floors and ceilings take from every step is told to the program and the schedule
        solved again, so that what is short at the end is bought where it is cheapest. Blocks
        accepted in part set prices; they move once with it, then they are settled.
        """
        problem, relaxation = self._problem, self._relaxation
        partial = (ratio_ppb > 0) & (ratio_ppb < PPB)
        least = np.where(partial, problem.blocks.ratio_min_ppb, ratio_ppb) / PPB
        most = np.where(partial, PPB, ratio_ppb) / PPB
        fixing = replace(found.fixing, ratio_low=least, ratio_high=most)
        nothing = np.zeros((len(problem.storages), problem.n_intervals))
        try:
            storages = whole_storages(problem, relaxation.solve(fixing))
            for _ in range(loss_rounds):
                relaxation.lose_stored(rounding_losses_wh(problem, storages))
                state = relaxation.solve(fixing)
                if partial.any():
                    ratio_ppb = ratios(problem, state.ratio)
                    partial = np.zeros_like(partial)
                    settled = ratio_ppb / PPB
                    fixing = replace(found.fixing, ratio_low=settled, ratio_high=settled)
                    state = relaxation.solve(fixing)
                storages = whole_storages(problem, state)
        finally:
            relaxation.lose_stored(nothing)
        return ratio_ppb, storages

    def _by_ties(self, state: State, fixing: Fixing, given: IntArray) -> State:
        """The state moved where the tie rules ask for it."""
        none = np.zeros(len(self._problem.blocks), dtype=np.int64)
        position = Position(
            simple_wh=state.simple_wh,
            net_export_wh=state.net_export_wh,
            forward_wh=state.forward_wh,
            backward_wh=state.backward_wh,
            ratio_ppb=none,
            charge_wh=state.charge_wh,
            discharge_wh=state.discharge_wh,
            stored_wh=state.stored_wh,
            storages_given=True,
        )
        slack = Slack(
            touched=np.ones_like(given, dtype=np.bool_), tries_wh=_CONTINUOUS_ROUNDINGS_WH
        )
        prices = support(self._problem, self._curves, position, slack)
        tied = TiedPrices(
            area_ticks=prices.area_ticks,
            connection_ticks=prices.connection_ticks,
            shadow_ticks=prices.shadow_ticks,
            supported=prices.supported,
        )
        return settle_ties(self._problem, self._curves, state, fixing, given, tied)

    def _prices(
        self, simple: IntArray, flows: WholeFlows, ratio_ppb: IntArray, storages: WholeStorages
    ) -> Prices:
        problem, shape = self._problem, simple.shape
        curves = self._curves
        low, high = -curves.demand_wh.reshape(shape), curves.supply_wh.reshape(shape)
        if (simple < low).any() or (simple > high).any():
            raise UnsupportedError("an area has no orders to balance what is injected")
        position = _position(simple, flows, ratio_ppb, storages)
        prices = support(
            problem, curves, position, whole_slack(problem, ratio_ppb), coupled=self._coupled
        )
        if not prices.supported.all():
            intervals = np.flatnonzero(~prices.supported).tolist()
            raise UnsupportedError(f"no prices support the result of intervals {intervals}")
        return prices

    def _bound(self, found: Found, prices: Prices) -> int:
        """Above the welfare of anything: by prices where they prove it, else by the search."""
        problem, alone = self._problem, welfare_alone_quanta(self._curves)
        tolerance = 1.0 + 1e-9 * (abs(found.cost_bound) + abs(alone))
        by_search = alone + math.ceil(tolerance - found.cost_bound)
        fixing = found.fixing
        closed = bool(fixing.closed_forward.any() or fixing.closed_backward.any())
        plain = problem.ptdf is None and (problem.parent < 0).all() and not self._coupled
        if not plain:
            return by_search
        by_prices = upper_bound(problem, self._curves, prices, alone)
        # Closed directions are no part of the price proof; the tree's own bound may be tighter.
        return min(by_prices, by_search) if closed else by_prices


def _position(
    simple: IntArray, flows: WholeFlows, ratio_ppb: IntArray, storages: WholeStorages
) -> Position:
    return Position(
        simple_wh=simple,
        net_export_wh=flows.net_export_wh,
        forward_wh=flows.sent_forward_wh,
        backward_wh=flows.sent_backward_wh,
        ratio_ppb=ratio_ppb,
        charge_wh=storages.charge_wh,
        discharge_wh=storages.discharge_wh,
        stored_wh=storages.stored_wh,
    )
