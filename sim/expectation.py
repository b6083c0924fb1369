"""What an area's price is expected to be: from the tariff, the time of day and published prices.

The one idea: a local price lies between what the retailer pays (floor) and what it asks (ceiling),
both delivered. Where in between is a position z from 0 (floor: the sun covers the area and the rest
is fed in) to 1 (ceiling: energy comes from outside). Before the first price of the day z is a
typical June day's: low around noon, 1 when it is dark. Every published price then shows how far
that is off, and the correction fades over the coming hours.

Nothing of the true day enters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.tariff import Tariff

FloatArray = NDArray[np.float64]

#: A June day at 52° north: hours of local time between which panels matter.
SUNRISE_HOUR: Final = 5.5
SUNSET_HOUR: Final = 20.0
#: The sun as a part of its noon height at which local supply usually covers the area.
COVERING_SUN: Final = 0.75
#: How much of a new surprise is taken up, and how much of it is left an interval later.
LEARNING: Final = 0.5
FADING: Final = 0.94
#: A price may pass the ceiling or the floor when a line is full, but no plan counts on more.
POSITION_MIN, POSITION_MAX = -0.25, 1.25
#: Three possible positions around the expected one, and how likely they are.
SCENARIO_STEPS: Final = (-1.0, 0.0, 1.0)
SCENARIO_WEIGHTS: Final = (0.25, 0.5, 0.25)
#: Spread of the position where nothing is clear (z = 1/2), and where it is.
SPREAD_OPEN, SPREAD_CLEAR = 0.30, 0.02


class PriceExpectation:
    """Expected prices of one area over the day; learns from published prices."""

    def __init__(self, tariff: Tariff, *, day_start_s: int, interval_s: int, count: int) -> None:
        """Start with the typical day."""
        starts = [day_start_s + i * interval_s for i in range(count)]
        self.ceiling_ticks = np.array([tariff.delivered_ask_ticks(s) for s in starts])
        self.floor_ticks = np.array([tariff.delivered_bid_ticks(s) for s in starts])
        hours = (np.arange(count) + 0.5) * interval_s / 3600
        self._position = typical_position(hours)
        self._published = -1
        self._surprise = 0.0
        self._expect()

    def published(self, index: int, price_ticks: int) -> None:
        """Take up the price of interval `index`; a price heard again changes nothing."""
        if index <= self._published:
            return
        width = self.ceiling_ticks[index] - self.floor_ticks[index]
        if width <= 0:
            return
        seen = (price_ticks - self.floor_ticks[index]) / width
        self._surprise *= FADING ** (index - self._published)
        expected = self._position[index] + self._surprise
        off = float(np.clip(seen, POSITION_MIN, POSITION_MAX) - expected)
        self._surprise += LEARNING * off
        self._published = index
        self._expect()

    def position(self) -> FloatArray:
        """(96,) expected position between floor and ceiling, from all that has been published."""
        ahead = np.maximum(np.arange(len(self._position)) - self._published, 0)
        expected = self._position + self._surprise * FADING**ahead
        return np.asarray(np.clip(expected, POSITION_MIN, POSITION_MAX), dtype=np.float64)

    def _expect(self) -> None:
        """Work out the day's prices anew: once per published price, however many ask."""
        position = self.position()
        width = self.ceiling_ticks - self.floor_ticks
        openness = 4 * np.clip(position, 0, 1) * (1 - np.clip(position, 0, 1))
        spread = SPREAD_CLEAR + (SPREAD_OPEN - SPREAD_CLEAR) * openness
        around = position[:, None] + spread[:, None] * np.array(SCENARIO_STEPS)
        limited = np.clip(around, POSITION_MIN, POSITION_MAX)
        self.expected_ticks: FloatArray = self.floor_ticks + position * width
        """(96,) expected price, not rounded: a plan's number, not a price paid."""
        self.scenarios_ticks: FloatArray = self.floor_ticks[:, None] + limited * width[:, None]
        """(96, 3) low, expected and high price, with `SCENARIO_WEIGHTS`."""


def typical_position(hours: Sequence[float] | FloatArray) -> FloatArray:
    """Position of a typical June day by local hour: 1 in the dark, 0 while the sun covers all."""
    phase = (np.asarray(hours) - SUNRISE_HOUR) / (SUNSET_HOUR - SUNRISE_HOUR)
    sun = np.where((phase > 0) & (phase < 1), np.sin(np.pi * np.clip(phase, 0, 1)), 0.0)
    return np.asarray(np.clip(1.0 - sun**2 / COVERING_SUN, 0.0, 1.0), dtype=np.float64)
