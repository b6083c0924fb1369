"""What the owner of a storage would object to: its window, its power, what it holds.

The one idea to know: what is stored follows from what was charged and discharged by one recursion
in whole Wh, the gain rounded down and the drain up,

    stored(t) = stored(t - 1) + floor(η_charge · charge) - ceil(discharge / η_discharge),

and everything else is a range.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from clearing.problem import (
    PPM,
    BoolArray,
    ClearingProblem,
    ClearingResult,
    IntArray,
    Rung,
)

#: More millions of Wh than any storage holds; a drain beyond them is cut there and found wrong.
_DRAIN_MAX: Final = 2**40


def storage_refusals(problem: ClearingProblem, result: ClearingResult) -> list[str]:
    """Storages outside their window, both ways at once, or not holding what they moved."""
    storages = problem.storages
    if not len(storages):
        return []
    charge, discharge, stored = result.charge_wh, result.discharge_wh, result.stored_wh
    outside = ~window(problem)
    idle = result.rung in (Rung.MERIT_ORDER, Rung.CANCELLED)
    before = np.concatenate([storages.start_wh[:, None], stored[:, :-1]], axis=1)
    rules = [
        ("moves energy outside its window", outside & ((charge != 0) | (discharge != 0))),
        ("is worth something outside its window", outside & (result.stored_value_microticks != 0)),
        ("charges and discharges at once", (charge > 0) & (discharge > 0)),
        ("does not hold what it moved", stored != before + gained_wh(problem, charge, discharge)),
        ("is used on a rung without storages", idle & ((charge != 0) | (discharge != 0))),
        ("has a value without storages", idle & (result.stored_value_microticks != 0)),
    ]
    return [
        f"storage {where[0]}, interval {where[1]}: {text}"
        for text, wrong in rules
        for where in np.argwhere(wrong)[:1].tolist()
    ]


def window(problem: ClearingProblem) -> BoolArray:
    """(s, t) intervals in which each storage may be used."""
    storages, t = problem.storages, np.arange(problem.n_intervals)
    inside: BoolArray = (t >= storages.first_interval[:, None]) & (
        t <= storages.last_interval[:, None]
    )
    return inside


def gained_wh(problem: ClearingProblem, charge_wh: IntArray, discharge_wh: IntArray) -> IntArray:
    """(s, t) by how much what is stored grows, in whole Wh."""
    kept = problem.storages.efficiency_charge_ppm[:, None]
    given = problem.storages.efficiency_discharge_ppm[:, None]
    gain = charge_wh // PPM * kept + charge_wh % PPM * kept // PPM
    # discharge / given: whole multiples of `given` take whole millions.
    drain = np.minimum(discharge_wh // given, _DRAIN_MAX) * PPM
    drain -= -(discharge_wh % given * PPM) // given
    more: IntArray = gain - drain
    return more
