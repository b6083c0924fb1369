"""What a unit may do at most: every authority narrows what is left by those above it."""

from typing import Final

from market.control.unit.charge import Charge
from market.control.unit.facts import LocalSettings
from market.control.unit.grid_limits import GridLimits, limits_of
from market.control.unit.profile import Profile
from market.control.unit.ramps import narrowed, ramp_per_second_w, widened
from market.model.participant import Unit
from market.model.power import PowerLimits
from market.model.units import PPM, round_up

NOTHING: Final = PowerLimits(withdrawal_max_w=0, injection_max_w=0)


class Allowed:
    """Limits of one unit: its own, its fail-safe ones, and those with the grid operator's."""

    def __init__(
        self, unit: Unit, profile: Profile, local: LocalSettings, charge: Charge | None
    ) -> None:
        self._unit = unit
        self._charge = charge
        self._ramp_ppm_per_s = profile.failsafe_ramp_ppm_per_s
        # From one end of what it can do to the other, at the ramp toward the fail-safe limits.
        self._ahead_s = round_up(2 * PPM, profile.failsafe_ramp_ppm_per_s)
        self.nameplate = PowerLimits(
            withdrawal_max_w=unit.withdrawal_max_w, injection_max_w=unit.injection_max_w
        )
        self.own = narrowed(
            self.nameplate, _of(local.withdrawal_max_w, local.injection_max_w, self.nameplate)
        )
        """The nameplate and the local safety limits."""
        by_profile = (
            NOTHING
            if charge is not None
            else PowerLimits(
                withdrawal_max_w=profile.failsafe_withdrawal_max_w,
                injection_max_w=profile.failsafe_injection_max_w,
            )
        )
        self.failsafe = narrowed(
            self.own,
            _of(local.failsafe_withdrawal_max_w, local.failsafe_injection_max_w, by_profile),
        )
        """A storage is idle, a generator gives what is contracted, a load takes the least it may."""

    def by_grid(self, grid: GridLimits, now_s: int) -> PowerLimits:
        """With the grid operator's limit, and already on the way to the next narrower one.

        A limit's end is known ahead. Who waits for it would still be on the ramp when it has come; so
        the last seconds before it allow only what can be ramped away in time.
        """
        holding = grid.holding(now_s)
        limits = self.own if holding is None else narrowed(self.own, limits_of(holding))
        for turn_s in grid.turns(now_s, now_s + self._ahead_s):
            then = grid.holding(turn_s)
            reach_w = ramp_per_second_w(self._unit, self._ramp_ppm_per_s, turn_s - now_s)
            limits = narrowed(
                limits, widened(self.failsafe if then is None else limits_of(then), reach_w)
            )
        return self.by_charge(limits)

    def by_charge(self, limits: PowerLimits) -> PowerLimits:
        """With what the state of charge allows."""
        return limits if self._charge is None else self._charge.narrowed(limits)


def _of(
    withdrawal_max_w: int | None, injection_max_w: int | None, otherwise: PowerLimits
) -> PowerLimits:
    return PowerLimits(
        withdrawal_max_w=otherwise.withdrawal_max_w
        if withdrawal_max_w is None
        else withdrawal_max_w,
        injection_max_w=otherwise.injection_max_w if injection_max_w is None else injection_max_w,
    )
