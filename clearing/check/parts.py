"""Which intervals hang together, and by how many Wh their nodes may miss their price.

The one idea to know: a block, accepted or not, or a storage ties intervals together, nothing else
does; so the parts follow from the book alone.
Rounding to whole Wh is allowed only where something was rounded: lossy lines, blocks accepted in
part, storages, the mesh; and by no more than 2 Wh for each of these.
"""

from __future__ import annotations

import numpy as np

from clearing.check.grid import Grid
from clearing.check.storage_orders import window
from clearing.problem import PPB, BoolArray, ClearingProblem, ClearingResult, IntArray


def part_of_interval(problem: ClearingProblem) -> IntArray:
    """(t,) number of the part each interval belongs to, from 0, in order of appearance."""
    part = np.arange(problem.n_intervals)
    if not len(problem.blocks) and not len(problem.storages):
        return part
    one, other = np.concatenate([_by_blocks(problem), _by_storages(problem)], axis=1)
    while True:
        least = np.minimum(part[one], part[other])
        before = part.copy()
        np.minimum.at(part, one, least)
        np.minimum.at(part, other, least)
        if (part == before).all():
            return np.unique(part, return_inverse=True)[1].astype(np.int64)


def _by_blocks(problem: ClearingProblem) -> IntArray:
    """(2, k) pairs of intervals that blocks tie: legs of one, parent and child, a group.

    A child's gain counts for its parent, and members of a group gain alike.
    """
    blocks = problem.blocks
    block, leg = blocks.leg_block, blocks.leg_interval
    same = np.flatnonzero(block[1:] == block[:-1])
    first = leg[blocks.leg_first[:-1]]
    child = np.flatnonzero(blocks.parent >= 0)
    member = np.flatnonzero(blocks.group >= 0)
    member = member[np.argsort(blocks.group[member], kind="stable")]
    together = np.flatnonzero(np.diff(blocks.group[member]) == 0)
    return np.stack(
        [
            np.concatenate([leg[same], first[child], first[member[together]]]),
            np.concatenate(
                [leg[same + 1], first[blocks.parent[child]], first[member[together + 1]]]
            ),
        ]
    ).astype(np.int64)


def _by_storages(problem: ClearingProblem) -> IntArray:
    """(2, k) pairs of intervals that storages tie: each of a window to the next."""
    inside = window(problem)
    when = np.flatnonzero((inside[:, 1:] & inside[:, :-1]).any(axis=0))
    return np.stack([when, when + 1])


def touched_nodes(problem: ClearingProblem, result: ClearingResult, grid: Grid) -> BoolArray:
    """(n, t) nodes that rounding to whole Wh may have moved."""
    touched = np.zeros((problem.n_areas, problem.n_intervals), dtype=np.bool_)
    if problem.lines.loss_ppm.any():
        touched[:] = True
        return touched
    touched[grid.hub] = True
    blocks = problem.blocks
    legs = np.flatnonzero(_in_part(result)[blocks.leg_block])
    touched[blocks.area[blocks.leg_block[legs]], blocks.leg_interval[legs]] = True
    np.logical_or.at(touched, problem.storages.area, window(problem))
    return touched


def roundings_wh(problem: ClearingProblem, result: ClearingResult, grid: Grid) -> list[int]:
    """The roundings that are tried, in this order: 0, then doubling up to the most there may be."""
    rounded = int(np.count_nonzero(problem.lines.loss_ppm)) + len(problem.storages)
    rounded += int(_in_part(result).sum()) + int(grid.hub.sum())
    tried = [0, 1]
    while tried[-1] < 2 * rounded + 2:
        tried.append(2 * tried[-1])
    return tried


def _in_part(result: ClearingResult) -> BoolArray:
    ratio = result.block_ratio_ppb
    return (ratio > 0) & (ratio < PPB)
