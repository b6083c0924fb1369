"""How the target of a unit moves: by ramps inside limits, and never against the device's own response."""

from market.control.unit.profile import Profile
from market.control.unit.ramps import clipped, ramp_per_minute_w, ramp_per_second_w, toward
from market.model.participant import Unit
from market.model.power import PowerLimits

_MS_PER_S = 1_000


class Motion:
    """The target of one unit and the moment it was last moved."""

    def __init__(self, unit: Unit, profile: Profile, real_ms: int, *, gap_max_s: int) -> None:
        self._unit = unit
        self._gap_max_s = gap_max_s
        """What time a ramp goes on between two moves at most: a clock that jumps ahead is no time."""
        self._profile = profile
        self.target_w = 0
        self.is_slow = True
        """On the way back into service, or after a disturbance: the slow ramp until it has arrived."""
        self._moved_s: int | None = None
        self._moved_real_ms = real_ms

    def rest(self, now_s: int | None, real_ms: int) -> None:
        """Off the grid."""
        self.target_w = 0
        self.start_ramp(now_s, real_ms)

    def start_ramp(self, now_s: int | None, real_ms: int) -> None:
        """From here on a ramp counts, the slow one first."""
        self.is_slow = True
        self._moved_s, self._moved_real_ms = now_s, real_ms

    def follow_device(
        self, power_w: int | None, limits: PowerLimits, now_s: int | None, real_ms: int
    ) -> None:
        """The grid is disturbed: the target is what the device does by itself."""
        self.start_ramp(now_s, real_ms)
        self.target_w = clipped(self.target_w if power_w is None else power_w, limits)

    def move(
        self,
        wanted_w: int,
        hard: PowerLimits,
        soft: PowerLimits,
        now_s: int | None,
        real_ms: int,
    ) -> None:
        """Toward what is wanted.

        Args:
            wanted_w: where to, inside the soft limits.
            hard: kept at once, without a ramp: the grid operator's limit and what is physically so.
            soft: kept by the quick ramp: the fail-safe limits.
            now_s: market time; None: not known, and no market ramp goes on.
            real_ms: real time.
        """
        market_s = 0 if now_s is None or self._moved_s is None else now_s - self._moved_s
        real_s = max(0, real_ms - self._moved_real_ms) // _MS_PER_S
        current_w = clipped(self.target_w, hard)
        inside_w = clipped(current_w, soft)
        if current_w != inside_w:
            # The way to safety goes by whichever clock is quicker: market time may stand still.
            reach_w = ramp_per_second_w(
                self._unit, self._profile.failsafe_ramp_ppm_per_s, max(market_s, real_s)
            )
            self.target_w = toward(current_w, inside_w, reach_w)
        else:
            ppm = (
                self._profile.enter_ramp_ppm_per_min
                if self.is_slow
                else self._profile.ramp_ppm_per_min
            )
            passed_s = max(0, min(market_s, self._gap_max_s))
            reach_w = ramp_per_minute_w(self._unit, ppm, passed_s)
            self.target_w = toward(current_w, wanted_w, reach_w)
        if self.target_w == wanted_w:
            self.is_slow = False
        if now_s is not None and now_s != self._moved_s:
            self._moved_s = now_s
        if real_s > 0:
            self._moved_real_ms += real_s * _MS_PER_S
