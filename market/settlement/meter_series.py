"""The readings of meters as series: one value per unit and interval, each with where it comes from.

The one idea: what a meter said stays apart from what the market made of it, so every value carries its
origin. Readings come in the market's own intervals (`model/meter_rows.py` cuts coarser ones).
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from market.model.splitting import Integers


class Origin(IntEnum):
    """Where a value of a series comes from."""

    MISSING = 0
    MEASURED = 1
    LINEAR = 2
    """On the line between the measured neighbours of a short gap."""
    LIKE_DAY = 3
    """The same local time of an earlier day of the same kind."""
    SCHEDULE = 4
    """What the unit was to do."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeterSeries:
    """Values of units in consecutive intervals."""

    first_s: int
    """Start of the first interval."""
    step_s: int
    injection_wh: Integers
    """(n, t) injection positive; 0 where it is missing."""
    origin: NDArray[np.int8]
    """(n, t) an `Origin`."""
