"""Readings as they came from meters, in columns: what their times say, and how coarse ones are cut.

The one idea: a file of a million readings and a series of one unit follow the same three rules: a time
labels the start or the end of the meter's own interval, the first of two readings of the same counts,
and a coarse reading becomes whole Wh that sum to it exactly.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from market.model.splitting import Integers, split_groups


class Label(StrEnum):
    """What the time of a reading says."""

    START = "start"
    END = "end"


class SplitRule(StrEnum):
    """How a meter that is coarser than the market's interval is cut."""

    EVEN = "even"
    """In equal parts; single Wh that are left over go to the earliest."""
    PROFILE = "profile"
    """In proportion to a profile of the same intervals; where it shows nothing, in equal parts."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeterRows:
    """Readings as they came, in any order."""

    unit: Integers
    """(r,) number of the unit in the series, from 0."""
    label_s: Integers
    """(r,) UTC second of the label."""
    injection_wh: Integers
    """(r,) net energy of the meter's own interval, injection positive."""


def said_again(rows: MeterRows, sound: Integers) -> tuple[Integers, Integers]:
    """Of the sound rows: those that repeat the first of their unit and time, and those that differ.

    Both in the order of the rows.
    """
    order = sound[np.lexsort((rows.label_s[sound], rows.unit[sound]))]
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = (np.diff(rows.unit[order]) != 0) | (np.diff(rows.label_s[order]) != 0)
    first = order[fresh][np.cumsum(fresh) - 1]
    same = rows.injection_wh[order] == rows.injection_wh[first]
    return np.sort(order[~fresh & same]), np.sort(order[~fresh & ~same])


def cut(injection_wh: Integers, parts: int, weights: Integers | None = None) -> Integers:
    """Each reading in whole Wh that sum to it.

    Args:
        injection_wh: (r,) the readings.
        parts: into how many.
        weights: (r, parts) >= 0 for PROFILE; None: EVEN.

    Returns:
        (r, parts), each part in the reading's direction.
    """
    size_wh = np.abs(injection_wh)
    if weights is None:
        whole, left = np.divmod(size_wh, parts)
        cut_wh = whole[:, None] + (np.arange(parts) < left[:, None])
    else:
        reading = np.repeat(np.arange(len(injection_wh)), parts)
        cut_wh = split_groups(size_wh, reading, weights.ravel()).reshape(-1, parts)
    signed_wh: Integers = np.sign(injection_wh)[:, None] * cut_wh
    return signed_wh
