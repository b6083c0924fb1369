"""Dividing a power among members that have limited room: pure functions on integers.

The one idea: a part never exceeds its room, the parts add up to the total whenever the rooms do,
and more room never means a smaller part. For grid limits, activations and one owner's own units;
never for traded positions, which belong to the unit that traded (decision 24).
"""

from collections.abc import Sequence
from itertools import groupby

from market.model.power import PowerLimits
from market.model.units import split_exactly


def clipped(target_w: int, limits: PowerLimits) -> int:
    """The power inside the limits that is nearest to the target; W, injection positive."""
    return max(-limits.withdrawal_max_w, min(limits.injection_max_w, target_w))


def proportional(total_w: int, rooms_w: Sequence[int]) -> list[int]:
    """Divide a total (either sign) in proportion to rooms >= 0.

    Largest remainder, ties to the earlier member. Where the rooms are too small all of them are
    used up and the rest is the caller's to pass on.

    Raises:
        ValueError: a room is negative.
    """
    if any(room_w < 0 for room_w in rooms_w):
        raise ValueError(f"negative room in {list(rooms_w)}")
    sign = -1 if total_w < 0 else 1
    wanted_w = min(abs(total_w), sum(rooms_w))
    if wanted_w == 0:
        return [0] * len(rooms_w)
    return [sign * part_w for part_w in split_exactly(wanted_w, list(rooms_w))]


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
