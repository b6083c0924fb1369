"""Dividing a power among members that have limited room: pure functions on integers.

The one idea: a part never exceeds its room, the parts add up to the total whenever the rooms do,
and more room never means a smaller part. Over time members give up the same part of what they could
have given up, as far as an account of it is handed in (`fairly`). For grid limits, activations and one owner's own units;
never for traded positions, which belong to the unit that traded.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray

from market.model.power import PowerLimits
from market.model.units import split_exactly

PRODUCT_MAX: Final = 2**63
"""Products below it are exact in columns; larger ones are left to numbers of any size."""


def clipped(target_w: int, limits: PowerLimits) -> int:
    """The power inside the limits that is nearest to the target; W, injection positive."""
    return max(-limits.withdrawal_max_w, min(limits.injection_max_w, target_w))


def proportional(total_w: int, rooms_w: Sequence[int], turn: int = 0) -> list[int]:
    """Divide a total (either sign) in proportion to rooms >= 0.

    Largest remainder, ties to the member whose turn it is and those after it. Where the rooms are
    too small all of them are used up and the rest is the caller's to pass on.

    Args:
        total_w: what is to be divided.
        rooms_w: the most each member can take.
        turn: a number that grows by one from one division to the next; it passes the odd watts
            round, so that members of equal room have given the same after as many turns as members.

    Raises:
        ValueError: a room is negative.
    """
    if any(room_w < 0 for room_w in rooms_w):
        raise ValueError(f"negative room in {list(rooms_w)}")
    sign = -1 if total_w < 0 else 1
    wanted_w = min(abs(total_w), sum(rooms_w))
    if wanted_w == 0:
        return [0] * len(rooms_w)
    first = turn % len(rooms_w)
    turned_w = [*rooms_w[first:], *rooms_w[:first]]
    if wanted_w * max(rooms_w) < PRODUCT_MAX:
        parts_w: list[int] = (sign * _split(wanted_w, np.array(turned_w, np.int64))).tolist()
    else:
        parts_w = [sign * part_w for part_w in split_exactly(wanted_w, turned_w)]
    return [*parts_w[len(rooms_w) - first :], *parts_w[: len(rooms_w) - first]]


def fairly(
    total_w: int,
    rooms_w: Sequence[int],
    borne_w: Sequence[int],
    offered_w: Sequence[int],
    turn: int = 0,
) -> list[int]:
    """Divide a total (either sign) so that members have given the same part of their all.

    A member's all is what it could have given so far and can give now. Whoever has given less of it
    than others gives first, until it has given the same part as the next; nobody gives back. Where
    nobody could give anything before, it is `proportional`. Largest remainder, ties to the member
    whose turn it is and those after it.

    Args:
        total_w: what is to be divided.
        rooms_w: the most each member can take.
        borne_w: what each has given before, >= 0, in the same unit over the same time.
        offered_w: what each could have given then, >= `borne_w`.
        turn: see `proportional`.

    Raises:
        ValueError: a room is negative, or the columns differ in length.
    """
    if not len(rooms_w) == len(borne_w) == len(offered_w):
        raise ValueError(f"{len(rooms_w)} rooms, {len(borne_w)} and {len(offered_w)} burdens")
    if not any(offered_w):
        return proportional(total_w, rooms_w, turn)
    if any(room_w < 0 for room_w in rooms_w):
        raise ValueError(f"negative room in {list(rooms_w)}")
    sign, wanted_w = (-1 if total_w < 0 else 1), min(abs(total_w), sum(rooms_w))
    if wanted_w == 0:
        return [0] * len(rooms_w)
    all_w = [room_w + before_w for room_w, before_w in zip(rooms_w, offered_w, strict=True)]
    top, bottom = _part_of_all(wanted_w, rooms_w, borne_w, all_w)
    parts_w, rests = [0] * len(rooms_w), [0] * len(rooms_w)
    for member, (room_w, given_w) in enumerate(zip(rooms_w, borne_w, strict=True)):
        part_w, rest = divmod(top * all_w[member] - bottom * given_w, bottom)
        if part_w >= room_w:
            parts_w[member] = room_w
        elif part_w >= 0:
            parts_w[member], rests[member] = part_w, rest
    # A part with a rest is smaller than its room, and as many of them are short as there are watts.
    count = len(rooms_w)
    ranked = sorted(range(count), key=lambda member: (-rests[member], (member - turn) % count))
    for member in ranked[: wanted_w - sum(parts_w)]:
        parts_w[member] += 1
    return [sign * part_w for part_w in parts_w]


def _part_of_all(
    wanted_w: int, rooms_w: Sequence[int], borne_w: Sequence[int], all_w: Sequence[int]
) -> tuple[int, int]:
    """The part (numerator, denominator) of their all that members have given afterwards.

    At a part x a member gives x of its all less what it has given, from nothing up to its room, so
    the sum grows with x, and straight between the places where a member begins or has no more.
    """
    # Two different parts of all differ by more than this scale cannot tell.
    scale = 1 << (2 * max(all_w).bit_length() + 1)
    edges: list[tuple[int, int, bool, int]] = []
    for member, room_w in enumerate(rooms_w):
        if room_w:
            begins_w = borne_w[member]
            edges.append((begins_w * scale // all_w[member], begins_w, True, member))
            ends_w = begins_w + room_w
            edges.append((ends_w * scale // all_w[member], ends_w, False, member))
    edges.sort(key=lambda edge: edge[0])
    slope_w = begun_w = 0
    for _, at_w, begins, member in edges:
        # What all give at this place, in parts of this member's all.
        if slope_w and slope_w * at_w + begun_w * all_w[member] >= wanted_w * all_w[member]:
            break
        if begins:
            slope_w, begun_w = slope_w + all_w[member], begun_w - at_w
        else:
            slope_w, begun_w = slope_w - all_w[member], begun_w + at_w
    return wanted_w - begun_w, slope_w


def _split(total_w: int, weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """`split_exactly` of a total that is not larger than the weights' sum, in columns."""
    parts, rests = np.divmod(weights * total_w, int(weights.sum()))
    largest_first = np.argsort(-rests, kind="stable")
    parts[largest_first[: total_w - int(parts.sum())]] += 1
    return parts


def by_merit(total_w: int, rooms_w: Sequence[int], costs_ticks: Sequence[int]) -> list[int]:
    """Divide a total (either sign) to the cheapest members first, equal cost in proportion.

    Raises:
        ValueError: a room is negative, or there are not as many costs as rooms.
    """
    if len(rooms_w) != len(costs_ticks):
        raise ValueError(f"{len(rooms_w)} rooms and {len(costs_ticks)} costs")
    parts_w = [0] * len(rooms_w)
    left_w = total_w
    ranked = sorted(range(len(rooms_w)), key=lambda member: costs_ticks[member])
    for _, group in groupby(ranked, key=lambda member: costs_ticks[member]):
        members = list(group)
        shares_w = proportional(left_w, [rooms_w[member] for member in members])
        for member, share_w in zip(members, shares_w, strict=True):
            parts_w[member] = share_w
        left_w -= sum(shares_w)
    return parts_w
