"""Whether what an area is to do can be meant: sign and scale against nameplates and the last hour's meters.

The one idea: a single unit may do anything it can, but many steady ones do not turn round together, nor
become several times as large within minutes. Where they are told to, a fault is likelier than the truth,
and a person is asked before the area moves.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from market.model.units import PPM

STEADY_MIN: Final = 10
"""So many units must have been steady before their sum says anything: one kettle is a factor of ten."""
STEADY_PARTS: Final = 2
"""Steady: the largest power of the hour is at most so many times the smallest, in one direction."""
FACTOR: Final = 4
"""A sum that is more than so many times the last hour's ..."""
SHARE_PPM: Final = 50_000
"""... and by more than this share of the area's range beyond it, has the wrong scale."""
IMPOSSIBLE_PARTS: Final = 100
"""More than one part in so many of what is asked is beyond what the units can do: no order was for that."""


class Insane(StrEnum):
    """What is wrong with a schedule."""

    SIGN = "sign"
    SCALE = "scale"


class Asked(NamedTuple):
    """What one unit is to do, and what is known of it; powers in W, injection positive."""

    asked_w: int
    lowest_w: int
    """Nameplate, tolerance included."""
    highest_w: int
    seen_w: tuple[int, ...]
    """Its meter's mean powers of the last hour, interval by interval; empty: none are known."""
    is_free: bool
    """It stores, or somebody steers it: it may turn round, or stop, whenever that pays."""


def insane(units: Iterable[Asked], range_w: int) -> Insane | None:
    """What is wrong with what an area's units are to do; None: nothing that can be seen from here.

    Args:
        units: those directly in the area.
        range_w: from the most the area can take in to the most it can give out.
    """
    told = list(units)
    return _by_nameplate(told) or _by_meters(told, range_w)


def _by_nameplate(units: Sequence[Asked]) -> Insane | None:
    """Trades are checked one by one, so what no unit can do comes from a fault behind the checks."""
    asked_w = turned_w = beyond_w = 0
    for power_w, lowest_w, highest_w, _, _ in units:
        asked_w += abs(power_w)
        if lowest_w <= power_w <= highest_w:
            continue
        over_w = power_w - highest_w if power_w > highest_w else lowest_w - power_w
        beyond_w += over_w
        if (highest_w if power_w > 0 else lowest_w) == 0:
            turned_w += over_w
    if beyond_w * IMPOSSIBLE_PARTS <= asked_w:
        return None
    return Insane.SIGN if 2 * turned_w > beyond_w else Insane.SCALE


def _by_meters(units: Iterable[Asked], range_w: int) -> Insane | None:
    steady = [unit for unit in units if not unit.is_free and _is_steady(unit.seen_w)]
    if len(steady) < STEADY_MIN:
        return None
    seen_w = with_w = against_w = 0
    for unit in steady:
        mean_w = sum(unit.seen_w) // len(unit.seen_w)
        seen_w += abs(mean_w)
        if (unit.asked_w > 0) is (mean_w > 0):
            with_w += abs(unit.asked_w)
        else:
            against_w += abs(unit.asked_w)
    least_w = range_w * SHARE_PPM // PPM
    if against_w > max(with_w, least_w):
        return Insane.SIGN
    if with_w > FACTOR * seen_w and with_w - seen_w > least_w:
        return Insane.SCALE
    return None


def _is_steady(seen_w: tuple[int, ...]) -> bool:
    """True when a meter showed much the same all the time."""
    if len(seen_w) < 2 or not (min(seen_w) > 0 or max(seen_w) < 0):
        return False
    sizes = [abs(power_w) for power_w in seen_w]
    return max(sizes) <= STEADY_PARTS * min(sizes)
