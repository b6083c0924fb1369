"""The prices of a result: the middle of all that support it, part by part.

The one idea to know: where only two prices meet in every rule the middle is that of the lattice
(`system`). Accepted blocks are then asked whether they would lose at it; where one would, or where
a mesh or a limit over a tree binds, the rule of `program` takes over for that part. Intervals that
nothing couples are parts of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clearing.curves import Curves, FloatArray
from clearing.prices.conditions import Conditions, Position, conditions, nodes
from clearing.prices.families import Families, families
from clearing.prices.program import Asked, chosen_prices
from clearing.prices.system import System
from clearing.problem import (
    PPB,
    BoolArray,
    ClearingProblem,
    IntArray,
    mesh_areas,
)

#: Ticks per Wh by which a family may miss its rule: the solver's accuracy.
_FAMILY_EQUAL: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """The middle of all supporting prices, in ticks and fractions of a tick."""

    area_ticks: FloatArray  # (n, t)
    connection_ticks: FloatArray  # (n, t)
    stored_value_ticks: FloatArray  # (s, t)
    shadow_ticks: FloatArray  # (l, t) of lines of a mesh
    supported: BoolArray  # (t,) False: no prices support this interval's position
    rounding_wh: NDArray[np.float64]  # (n, t) Wh by which a node may miss its price


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    """By how many Wh nodes may miss their price, in the order it is tried."""

    touched: BoolArray  # (n, t) nodes that rounding to whole Wh may have moved
    tries_wh: Sequence[float]


def whole_slack(problem: ClearingProblem, ratio_ppb: IntArray) -> Slack:
    """What whole Wh may move: 0, then doubling, up to 2 Wh per thing that is rounded."""
    shape = (problem.n_areas, problem.n_intervals)
    touched = np.zeros(shape, dtype=np.bool_)
    lossy = int((problem.lines.loss_ppm > 0).sum())
    partial = (ratio_ppb > 0) & (ratio_ppb < PPB)
    hub, blocks, storages = mesh_areas(problem), problem.blocks, problem.storages
    if lossy:
        touched[:] = True
    touched[hub] = True
    legs = partial[blocks.leg_block]
    touched[blocks.area[blocks.leg_block][legs], blocks.leg_interval[legs]] = True
    when = np.arange(problem.n_intervals)
    for s in range(len(storages)):
        window = (when >= storages.first_interval[s]) & (when <= storages.last_interval[s])
        touched[storages.area[s]] |= window
    most = 2 * (lossy + 1 + len(storages) + int(partial.sum()) + len(hub))
    tried = [0.0]
    if touched.any():
        tried.append(1.0)
        while tried[-1] < most:
            tried.append(2 * tried[-1])
    return Slack(touched=touched, tries_wh=tried)


def support(
    problem: ClearingProblem,
    curves: Curves,
    position: Position,
    slack: Slack,
    *,
    coupled: bool = False,
) -> Prices:
    """The supporting prices of a position, every part with the least rounding that has any.

    Idle lines and storages are let off their bound only where nothing else helps.

    Args:
        problem: the auction.
        curves: its simple orders.
        position: what the prices have to support.
        slack: the roundings to try.
        coupled: all intervals are one part; else each is its own.
    """
    best = _none_yet(problem)
    rules = families(problem, position.ratio_ppb)
    for exempt in (False, True):
        for tried in slack.tries_wh:
            if best.supported.all():
                return best
            slack_wh = np.where(slack.touched, tried, 0.0)
            found = conditions(problem, curves, position, slack_wh, exempt=exempt)
            for low, high in _spans(problem):
                take, prices = _prices(
                    problem,
                    position,
                    slack_wh,
                    found,
                    rules,
                    (low, high),
                    ~best.supported,
                    exempt=exempt,
                    coupled=coupled,
                )
                if take.any():
                    best = _taken(best, take, prices, slack_wh)
                if best.supported.all():
                    return best
    return best


def _spans(problem: ClearingProblem) -> list[tuple[float, float]]:
    """Within the market's price limits if that can be; losses may carry a price past them."""
    least, most = float(problem.price_min_ticks), float(problem.price_max_ticks)
    fees = [problem.lines.fee_forward_ticks, problem.lines.fee_backward_ticks]
    dearest = int(np.concatenate(fees).max(initial=0))
    span = 1e3 * (abs(least) + abs(most) + float(dearest))
    return [(least, most), (least - span, most + span)]


def _prices(
    problem: ClearingProblem,
    position: Position,
    slack_wh: FloatArray,
    found: Conditions,
    rules: Families,
    span: tuple[float, float],
    waiting: BoolArray,
    *,
    exempt: bool,
    coupled: bool,
) -> tuple[BoolArray, Prices]:
    """Which of the waiting intervals have prices (t,), and all prices."""
    t = problem.n_intervals
    system = _system(problem, found, span, coupled=coupled)
    fits, price = system.middle()
    shadow = np.zeros(found.mesh_binds.shape[1:])
    special = found.mesh_binds.any(axis=(0, 1)) | found.tree_binds.any(axis=0)
    losing = (rules.short_ticks(price[: problem.n_areas * t]) > _FAMILY_EQUAL).any()
    if coupled:
        chosen_parts = [0] if special.any() or (losing and fits.all()) else []
    else:
        chosen_parts = np.flatnonzero(special & waiting).tolist()
    for part in chosen_parts:
        when = np.arange(t) if coupled else np.array([part])
        asked = Asked(
            position=position,
            slack_wh=slack_wh,
            found=found,
            system=system,
            rules=rules,
            allowance_ticks=_FAMILY_EQUAL / 2,
            part=part,
            intervals=when,
        )
        chosen = chosen_prices(problem, asked)
        fits[part] = chosen is not None
        if chosen is not None:
            price[chosen[0]] = chosen[1]
            shadow[:, when] = chosen[2]
    if exempt:
        # Only where some price is negative can burning energy have paid.
        below_zero = (price[: 2 * problem.n_areas * t].reshape(-1, t) < 0).any(axis=0)
        fits &= below_zero.any() if coupled else below_zero
    every = np.repeat(fits, t) if coupled else fits
    return every & waiting, _arranged(problem, found, price, shadow)


def _system(
    problem: ClearingProblem, found: Conditions, span: tuple[float, float], *, coupled: bool
) -> System:
    upper, lower, scale, shift = found.edges.arrays()
    count = len(found.low)
    part = np.zeros(count, dtype=np.int64)
    if not coupled:
        when = np.broadcast_to(
            np.arange(problem.n_intervals), (problem.n_areas, problem.n_intervals)
        ).reshape(-1)
        part[: 2 * len(when)] = np.concatenate([when, when])
    return System(
        low=np.maximum(found.low, span[0]),
        high=np.minimum(found.high, span[1]),
        upper=upper,
        lower=lower,
        scale=scale,
        shift=shift,
        part=part,
        n_parts=1 if coupled else problem.n_intervals,
    )


def _arranged(
    problem: ClearingProblem, found: Conditions, price: FloatArray, shadow: FloatArray
) -> Prices:
    shape = (problem.n_areas, problem.n_intervals)
    inside = nodes(problem)
    shadow_all = np.zeros((len(problem.lines), problem.n_intervals))
    if problem.ptdf is not None:
        shadow_all[problem.ptdf.line] = shadow
    known = found.stored_value >= 0
    return Prices(
        area_ticks=price[inside].reshape(shape),
        connection_ticks=price[inside + inside.size].reshape(shape),
        stored_value_ticks=np.where(known, price[np.maximum(found.stored_value, 0)], 0.0),
        shadow_ticks=shadow_all,
        supported=np.ones(problem.n_intervals, dtype=np.bool_),
        rounding_wh=np.zeros(shape),
    )


def _none_yet(problem: ClearingProblem) -> Prices:
    shape, t = (problem.n_areas, problem.n_intervals), problem.n_intervals
    return Prices(
        area_ticks=np.zeros(shape),
        connection_ticks=np.zeros(shape),
        stored_value_ticks=np.zeros((len(problem.storages), t)),
        shadow_ticks=np.zeros((len(problem.lines), t)),
        supported=np.zeros(t, dtype=np.bool_),
        rounding_wh=np.zeros(shape),
    )


def _taken(best: Prices, take: BoolArray, prices: Prices, slack_wh: FloatArray) -> Prices:
    """The prices so far, with those of the intervals taken."""
    return replace(
        best,
        area_ticks=np.where(take, prices.area_ticks, best.area_ticks),
        connection_ticks=np.where(take, prices.connection_ticks, best.connection_ticks),
        stored_value_ticks=np.where(take, prices.stored_value_ticks, best.stored_value_ticks),
        shadow_ticks=np.where(take, prices.shadow_ticks, best.shadow_ticks),
        supported=best.supported | take,
        rounding_wh=np.where(take, slack_wh, best.rounding_wh),
    )
