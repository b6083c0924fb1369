"""Whole numbers split in proportion, many groups at once.

The one idea: the rule is that of `units.split_exactly` (largest remainder, ties to the earlier member,
the parts sum to the total exactly), a column at a time.
"""

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from market.model.units import split_exactly

Integers: TypeAlias = NDArray[np.int64]

_INT64_MAX: Final = 2**63 - 1
_LARGE: Final = 1_000
"""From so many members on a group's largest are found by themselves, not by sorting all."""


def split_groups(totals: Integers, group: Integers, weights: Integers) -> Integers:
    """Split each group's total over its members, in proportion to weights >= 0.

    Where a total is no more than its group's weights in sum, no part is more than its weight. A
    group whose weights are all zero is split equally.

    Args:
        totals: (g,) >= 0, by the number of the group.
        group: (n,) the group of each member.
        weights: (n,) >= 0.

    Returns:
        (n,) the parts, in the members' order.

    Raises:
        ValueError: a group without members has something to split.
    """
    members = np.bincount(group, minlength=len(totals))
    if totals[members == 0].any():
        raise ValueError("a total without anybody to take it")
    if not len(group):
        return np.zeros(0, dtype=np.int64)
    whole = sums(weights, group, len(totals))
    weights = np.where(whole[group] == 0, 1, weights)
    whole = np.where(whole == 0, members, whole)
    if int(totals.max()) * int(weights.max()) > _INT64_MAX:
        return _one_by_one(totals, group, weights)
    products = totals[group] * weights
    parts, rests = np.divmod(products, whole[group])
    left = totals - sums(parts, group, len(totals))
    (short,) = np.nonzero(left[group])
    if len(short):
        parts[short[_largest(rests[short], group[short], left)]] += 1
    return parts


def _largest(rests: Integers, group: Integers, count: Integers) -> Integers:
    """Where each group's largest `count` values stand; of equal ones the earlier come first."""
    found = []
    sizes = np.bincount(group, minlength=len(count))
    small = sizes[group] < _LARGE
    if not small.all():
        # A call of thousands: what is left goes to those above a value, and to the first at it.
        large, among = np.flatnonzero(sizes >= _LARGE), np.flatnonzero(~small)
        place = np.zeros(len(count), dtype=np.int64)
        place[large] = np.arange(len(large))
        parts = members(place[group[among]], len(large))
        for number, some in zip(large.tolist(), parts, strict=True):
            rows = among[some]
            values, wanted = rests[rows], int(count[number])
            least = np.partition(values, len(values) - wanted)[len(values) - wanted]
            above = values > least
            at = np.flatnonzero(values == least)[: wanted - int(above.sum())]
            found += [rows[above], rows[at]]
    rows = np.flatnonzero(small)
    # lexsort is stable, so of equal ones the earlier stands first.
    rows = rows[np.lexsort((-rests[rows], group[rows]))]
    found.append(rows[places_in_group(group[rows]) < count[group[rows]]])
    return np.concatenate(found)


def _one_by_one(totals: Integers, group: Integers, weights: Integers) -> Integers:
    """The same where a product would be beyond 64 bits."""
    parts = np.zeros(len(group), dtype=np.int64)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    for members in np.split(order, starts[1:]):
        total = int(totals[group[members[0]]])
        parts[members] = split_exactly(total, [int(weight) for weight in weights[members]])
    return parts


def sums(values: Integers, group: Integers, count: int) -> Integers:
    """The sum of each group, exact; (count,)."""
    total = np.zeros(count, dtype=np.int64)
    np.add.at(total, group, values)
    return total


def row_sums(values: Integers, group: Integers, count: int) -> Integers:
    """The sum of each group's rows, exact; (count, t) of (n, t)."""
    total = np.zeros((count, values.shape[1]), dtype=np.int64)
    if len(group):
        if (np.diff(group) < 0).any():  # else a group's rows stand together already
            order = np.argsort(group, kind="stable")
            group, values = group[order], values[order]
        first = np.flatnonzero(np.diff(group, prepend=-1))
        total[group[first]] = np.add.reduceat(values, first, axis=0)
    return total


def members(group: Integers, count: int) -> list[Integers]:
    """Where the members of each of `count` groups stand, rising."""
    # The narrower the numbers, the sooner they are sorted.
    order = np.argsort(group.astype(np.min_scalar_type(max(count, 1))), kind="stable")
    return np.split(order, np.cumsum(np.bincount(group, minlength=count))[:-1])


def places_in_group(group: Integers) -> Integers:
    """The place of each member among its own, counted from 0; groups stand together."""
    first = np.diff(group, prepend=group[:1] - 1) != 0
    starts = np.flatnonzero(first)
    places: Integers = np.arange(len(group)) - starts[np.cumsum(first) - 1]
    return places
