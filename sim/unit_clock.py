"""The unit agent's market time: told by the market, carried on alone when it is away.

The one idea: the market's time is heard now and then and goes on by the agent's own clock in between.
It never goes back by a little: an accelerated market that stood still while its server was down is
waited for. Where it is far away from what was believed, that is said, and the machine doubts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

WAIT_MAX_S: Final = 60.0
"""Real time for which the market's time is waited for; what is further back is another time."""
REAL_WITHIN_S: Final = 5.0
"""A market whose time was so close to this machine's own lives in real time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What was known of the market's time when it was last heard."""

    market_s: float
    """UTC seconds of market time."""
    wall_s: float
    """UTC seconds of this machine's clock at the same moment."""
    speed: float
    """Market seconds per real second; 0 while a simulated market waits."""

    @property
    def is_real(self) -> bool:
        """True where market time is real time, which this machine knows without being told."""
        return self.speed == 1 and abs(self.market_s - self.wall_s) < REAL_WITHIN_S


class MarketTime:
    """Market time at the device."""

    def __init__(
        self, wall_s: Callable[[], float], real_ms: Callable[[], int], pace: Pace | None = None
    ) -> None:
        """Unknown until it is heard, unless it was real time before the power was lost.

        Args:
            wall_s: UTC seconds of this machine.
            real_ms: real time that never goes back.
            pace: as it was kept.
        """
        self._wall_s = wall_s
        self._real_ms = real_ms
        self.pace = pace if pace is not None and pace.is_real else None
        self._heard_ms = real_ms()
        if self.pace is not None:
            wall = wall_s()
            self.pace = Pace(market_s=wall, wall_s=wall, speed=1)
        self._shown_s: int | None = None

    def hear(self, market_s: float, speed: float) -> None:
        """The market says its time."""
        self._heard_ms = self._real_ms()
        self.pace = Pace(market_s=market_s, wall_s=self._wall_s(), speed=speed)
        shown_s = self._shown_s
        if shown_s is not None and shown_s - market_s > WAIT_MAX_S * max(speed, 1):
            self._shown_s = None

    def now_s(self) -> int | None:
        """Market time in whole seconds; None: not known."""
        if self.pace is None:
            return None
        passed_s = (self._real_ms() - self._heard_ms) / 1_000
        now_s = int(self.pace.market_s + passed_s * self.pace.speed)
        if self._shown_s is None or now_s > self._shown_s:
            self._shown_s = now_s
        return self._shown_s
