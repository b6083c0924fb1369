"""Readings as they came from meters, in columns: what their times say, and how coarse ones are cut.

The one idea: a file of a million readings and a series of one unit follow the same three rules: a time
labels the start or the end of the meter's own interval, the first of two readings of the same counts,
and a coarse reading becomes whole Wh that sum to it exactly.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from market.model.splitting import Integers


class Label(StrEnum):
    """What the time of a reading says."""

    START = "start"
    END = "end"


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


def cut(injection_wh: Integers, parts: int) -> Integers:
    """Each reading in so many equal parts of whole Wh that sum to it; what is left goes to the earliest.

    Args:
        injection_wh: (r,) the readings.
        parts: into how many.

    Returns:
        (r, parts), each part in the reading's direction.
    """
    whole, left = np.divmod(np.abs(injection_wh), parts)
    signed_wh: Integers = np.sign(injection_wh)[:, None] * (
        whole[:, None] + (np.arange(parts) < left[:, None])
    )
    return signed_wh
