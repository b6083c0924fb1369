"""Acceptance ratios of blocks in billionths: from a continuous solution to what is published.

The one idea to know: ratios are rounded first, since everything after follows from them; links and
groups must hold exactly, so a child never gets more than its parent and a group never more than 1.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from clearing.curves import FloatArray
from clearing.problem import PPB, ClearingProblem, IntArray

#: Ratios this close to 0, 1 or the minimum acceptance ratio are there.
_EQUAL: Final = 1e-7


def ratios(problem: ClearingProblem, ratio: FloatArray) -> IntArray:
    """Ratios (b,) in parts per billion."""
    blocks = problem.blocks
    whole = np.rint(ratio * PPB).astype(np.int64)
    low = blocks.ratio_min_ppb
    whole = np.where(np.abs(ratio * PPB - low) < _EQUAL * PPB, low, whole)
    whole = np.where(ratio >= 1.0 - _EQUAL, PPB, whole)
    whole = np.where(ratio <= _EQUAL, 0, np.clip(whole, 0, PPB))
    _keep_links(problem, whole)
    _keep_groups(problem, whole)
    _keep_links(problem, whole)
    return whole


def _keep_links(problem: ClearingProblem, whole: IntArray) -> None:
    """No child above its parent, from the roots down."""
    parent = problem.blocks.parent
    linked = np.flatnonzero(parent >= 0)
    for _ in range(len(linked)):
        above = whole[parent[linked]]
        if (whole[linked] <= above).all():
            return
        whole[linked] = np.minimum(whole[linked], above)


def _keep_groups(problem: ClearingProblem, whole: IntArray) -> None:
    """No group above 1: the latest member gives what rounding added."""
    group = problem.blocks.group
    for g in np.unique(group[group >= 0]).tolist():
        members = np.flatnonzero(group == g)
        excess = int(whole[members].sum()) - PPB
        for b in members[::-1].tolist():
            if excess <= 0:
                break
            given = min(excess, int(whole[b]))
            whole[b] -= given
            excess -= given
