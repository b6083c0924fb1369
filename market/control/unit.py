"""The unit controller: which set-points a unit takes, and what it does now.

The one idea: no set-point is for ever. Each is valid for one short window and names what holds when
it has run out, so a unit that nobody calls any more comes to rest by itself. Devices and the market
run this same class; it needs nothing but the model.

Built: nameplate, acceptance, expiry with fallback. Not built yet: the states after a lost contact
(stale, fail-safe, recovery, locked), ramps, state of charge, and limits of a grid operator.
"""

from typing import Final

from market.model.participant import Unit
from market.model.power import Dispatched, PowerLimits, Setpoint
from market.model.rejection import Code, Rejection
from market.model.units import power_text

WINDOW_MAX_S: Final = 3_600
"""Longest validity taken: the longest delivery interval there is."""
AHEAD_MAX_S: Final = 86_400
"""How far ahead a window may start; it bounds how many set-points a unit keeps."""


class UnitControl:
    """Set-points of one unit. Market time is handed in, as UTC seconds that never decrease."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self._accepted: list[Setpoint] = []
        """By rising sequence: those not yet over, and the last one that is."""

    def limits(self) -> PowerLimits:
        """The nameplate."""
        return PowerLimits(
            withdrawal_max_w=self.unit.withdrawal_max_w,
            injection_max_w=self.unit.injection_max_w,
        )

    def dispatch(self, target_w: int) -> Dispatched:
        """The target as far as the nameplate allows; W, injection positive. Keeps nothing."""
        set_w = self._clipped(target_w)
        return Dispatched(set_w=set_w, left_over_w=target_w - set_w)

    def accept(self, setpoint: Setpoint, now_s: int) -> Rejection | None:
        """Take a set-point, or say why not; a refused one changes nothing.

        The same set-point again is harmless. Of two whose windows overlap the newer holds.

        Returns:
            None when it was taken, else the first of these that applies: UNIT_UNKNOWN for another
            unit; PHASE_CONFLICT when its window is over or its sequence is not newer than the last
            one taken; NOT_OPEN when it starts more than AHEAD_MAX_S ahead; DEFINITION_INVALID when
            its window is empty or longer than WINDOW_MAX_S; EXCEEDS_CAPABILITY when target or
            fallback is outside the nameplate.
        """
        if setpoint in self._accepted:
            return None
        rejection = self._refusal(setpoint, now_s)
        if rejection is None:
            self._forget(now_s)
            self._accepted.append(setpoint)
        return rejection

    def target_w(self, now_s: int) -> int:
        """What the unit is to do now, W, injection positive.

        The newest set-point whose window contains now; without one, the fallback of the window
        that ended last; before any, zero.
        """
        for setpoint in reversed(self._accepted):
            if setpoint.start_s <= now_s < setpoint.until_s:
                return setpoint.target_w
        last = self._last_over(now_s)
        return 0 if last is None else last.fallback_w

    def _last_over(self, now_s: int) -> Setpoint | None:
        over = [setpoint for setpoint in self._accepted if setpoint.until_s <= now_s]
        if not over:
            return None
        return max(over, key=lambda setpoint: (setpoint.until_s, setpoint.sequence))

    def _forget(self, now_s: int) -> None:
        last = self._last_over(now_s)
        self._accepted = [
            setpoint for setpoint in self._accepted if setpoint.until_s > now_s or setpoint is last
        ]

    def _refusal(self, setpoint: Setpoint, now_s: int) -> Rejection | None:
        if setpoint.unit_id != self.unit.unit_id:
            return Rejection(code=Code.UNIT_UNKNOWN, pointer="unit_id")
        if setpoint.start_s > now_s + AHEAD_MAX_S:
            return Rejection(code=Code.NOT_OPEN, pointer="start_s")
        if setpoint.until_s <= now_s:
            return Rejection(code=Code.PHASE_CONFLICT, pointer="until_s")
        if self._accepted and setpoint.sequence <= self._accepted[-1].sequence:
            return Rejection(
                code=Code.PHASE_CONFLICT,
                pointer="sequence",
                parameters={"newest": str(self._accepted[-1].sequence)},
            )
        if not 0 < setpoint.until_s - setpoint.start_s <= WINDOW_MAX_S:
            return Rejection(code=Code.DEFINITION_INVALID, pointer="until_s")
        for pointer, power_w in (
            ("target_w", setpoint.target_w),
            ("fallback_w", setpoint.fallback_w),
        ):
            if power_w != self._clipped(power_w):
                nearest_kw = power_text(self._clipped(power_w))
                return Rejection(
                    code=Code.EXCEEDS_CAPABILITY,
                    pointer=pointer,
                    parameters={"nearest_kw": nearest_kw},
                )
        return None

    def _clipped(self, power_w: int) -> int:
        return max(-self.unit.withdrawal_max_w, min(self.unit.injection_max_w, power_w))
