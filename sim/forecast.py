"""Each agent's own forecast: the true profile seen through noise that grows with the horizon.

The one idea: the disturbance of an interval is a sum of small ones, of which those up to now are
known. With an autoregressive disturbance of factor φ and steps w, a forecast made when n intervals
have ended is off, in logarithms, by

    ε(t, n) = Σ_{k=n..t} φ^(t−k) · w_k        σ²(h) = σ_w² (1 − φ^(2h)) / (1 − φ²),  h = t − n + 1

so forecasts made later are better, consistent with the earlier ones, and never the truth: what
falls between neighbouring intervals is smoothed away on top (σ_smooth). Panels share a part of w:
the same clouds pass over all of them.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.profiles import MARGIN, UnitProfile

FloatArray = NDArray[np.float64]

#: Weights of an interval and its neighbours in what a forecaster can know of the shape.
SMOOTHING: Final = (0.25, 0.5, 0.25)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How wrong a kind of forecast is, all in logarithms (0.1 is about 10 %)."""

    persistence: float
    """φ, the part of a disturbance that is still there an interval later."""
    own_step: float
    """Spread of w that a unit has alone."""
    common_step: float
    """Spread of w shared by all units of the kind."""
    smooth: float
    """What smoothing the shape leaves unknown; 0: the shape is not smoothed."""

    def sigma(self, horizon: int) -> float:
        """Standard deviation of the error `horizon` intervals ahead (1: the current one)."""
        steps = self.own_step**2 + self.common_step**2
        grown = (1 - self.persistence ** (2 * horizon)) / (1 - self.persistence**2)
        return float((steps * grown + self.smooth**2) ** 0.5)


#: Smooth parts as the middle half of the day's profiles has them; outside it there are spikes.
SPREADS: Final = {
    "load": Spread(persistence=0.9, own_step=0.06, common_step=0.02, smooth=0.12),
    "solar": Spread(persistence=0.92, own_step=0.03, common_step=0.05, smooth=0.02),
    "heat_pump": Spread(persistence=0.9, own_step=0.06, common_step=0.0, smooth=0.0),
}


class Forecaster:
    """What one unit's owner expects of it, for every interval of the day.

    `ended` is how many intervals of the day have ended: for those the meter is known and the
    "forecast" is what it read.
    """

    def __init__(self, profile: UnitProfile, *, seed: int) -> None:
        """Make the disturbances of the day; the same seed and unit give the same ones."""
        self._spread = SPREADS[profile.kind]
        self._metered = profile.energy_wh.astype(np.float64)
        count = len(self._metered)
        own = _generator(seed, profile.unit_id).normal(0.0, self._spread.own_step, count)
        common = _generator(seed, profile.kind).normal(0.0, self._spread.common_step, count)
        self._disturbance = _autoregressive(own + common, self._spread.persistence)
        self._decay = self._spread.persistence ** np.arange(1, count + 1)
        self._shape = _smoothed(profile) if self._spread.smooth > 0 else self._metered

    def median_wh(self, ended: int) -> FloatArray:
        """(96,) what is expected: read from the meter before `ended`, forecast from there on."""
        result = self._metered.copy()
        result[ended:] = self._shape[ended:] * np.exp(self._error(ended))
        return result

    def quantiles_wh(self, index: int, ended: int, probabilities: Sequence[float]) -> list[int]:
        """Whole Wh that interval `index` stays below with each probability, seen at `ended`.

        Raises:
            ValueError: the interval has ended.
        """
        horizon = index - ended + 1
        if horizon < 1:
            raise ValueError("the interval has ended: its meter is known")
        median = self._shape[index] * np.exp(self._error(ended)[index - ended])
        sigma = self._spread.sigma(horizon)
        normal = NormalDist()
        return [round(float(median * np.exp(normal.inv_cdf(p) * sigma))) for p in probabilities]

    def _error(self, ended: int) -> FloatArray:
        """ε(t, ended) for t = ended .. 95."""
        if ended == 0:
            return self._disturbance
        known = self._disturbance[ended - 1]
        faded: FloatArray = known * self._decay[: len(self._disturbance) - ended]
        return self._disturbance[ended:] - faded


def _generator(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def _autoregressive(steps: FloatArray, persistence: float) -> FloatArray:
    result = np.empty_like(steps)
    value = 0.0
    for index, step in enumerate(steps):
        value = persistence * value + step
        result[index] = value
    return result


def _smoothed(profile: UnitProfile) -> FloatArray:
    whole = np.concatenate([profile.before_wh, profile.energy_wh, profile.after_wh])
    smoothed = np.convolve(whole.astype(np.float64), SMOOTHING, mode="same")
    return np.asarray(smoothed[MARGIN:-MARGIN], dtype=np.float64)
