"""Which set-points a unit takes, and which of them holds now.

The one idea: no set-point is for ever. Each is valid for one short window and names what holds when
it has run out, so a unit that nobody calls any more comes to rest by itself. The market schedules
with this class; at the device the machine of states (`machine.py`) has one at its core.
"""

from collections.abc import Iterable
from typing import Final

from market.model.participant import Unit
from market.model.power import Dispatched, PowerLimits, Setpoint
from market.model.rejection import Code, Rejection
from market.model.units import power_text

WINDOW_MAX_S: Final = 3_600
"""Longest validity taken: the longest delivery interval there is."""
AHEAD_MAX_S: Final = 86_400
"""How far ahead a window may start."""


class UnitControl:
    """Set-points of one unit. Market time is handed in, as UTC seconds that never decrease."""

    def __init__(self, unit: Unit, kept: Iterable[Setpoint] = ()) -> None:
        self.unit = unit
        self._accepted = list(kept)
        """By rising epoch and sequence: those that may still hold, and the last one that is over."""

    def limits(self) -> PowerLimits:
        """The nameplate."""
        return PowerLimits(
            withdrawal_max_w=self.unit.withdrawal_max_w,
            injection_max_w=self.unit.injection_max_w,
        )

    @property
    def kept(self) -> tuple[Setpoint, ...]:
        """By rising epoch and sequence: those that may still hold, and the last one that is over."""
        return tuple(self._accepted)

    def dispatch(self, target_w: int) -> Dispatched:
        """The target as far as the nameplate allows; W, injection positive. Keeps nothing."""
        set_w = self._clipped(target_w)
        return Dispatched(set_w=set_w, left_over_w=target_w - set_w)

    def accept(self, setpoint: Setpoint, now_s: int) -> Rejection | None:
        """Take a set-point, or say why not; a refused one changes nothing.

        The same set-point again is harmless. Of two whose windows overlap the newer holds; one whose
        whole window is a newer one's is forgotten, however often a plan is changed.

        Returns:
            None when it was taken, else the first of these that applies: UNIT_UNKNOWN for another
            unit; PHASE_CONFLICT when its window is over or its epoch and sequence are not newer
            than those of the last one taken; NOT_OPEN when it starts more than AHEAD_MAX_S ahead; DEFINITION_INVALID when
            its window is empty or longer than WINDOW_MAX_S, or it waits for longer than that;
            EXCEEDS_CAPABILITY when target, fallback or the power until then is outside the nameplate.
        """
        if setpoint in self._accepted:
            return None
        rejection = self.refusal(setpoint, now_s)
        if rejection is None:
            self._forget(setpoint, now_s)
            self._accepted.append(setpoint)
        return rejection

    def has(self, setpoint: Setpoint) -> bool:
        """True when exactly this one was taken and is kept."""
        return setpoint in self._accepted

    def holding(self, now_s: int) -> Setpoint | None:
        """The newest set-point whose window contains now."""
        for setpoint in reversed(self._accepted):
            if setpoint.start_s <= now_s < setpoint.until_s:
                return setpoint
        return None

    def turns(self, after_s: int, until_s: int) -> list[int]:
        """The times at which the target may change, rising, after_s < time < until_s."""
        edges = {
            edge
            for kept in self._accepted
            for edge in (kept.start_s, kept.start_s + kept.wait_s, kept.until_s)
        }
        return sorted(at_s for at_s in edges if after_s < at_s < until_s)

    def target_w(self, now_s: int) -> int:
        """What the unit is to do now, W, injection positive.

        The newest set-point whose window contains now, and of it what holds until the unit's turn has
        come; without one, the fallback of the window that ended last; before any, zero.
        """
        if setpoint := self.holding(now_s):
            return setpoint.power_w(now_s)
        last = self._last_over(now_s)
        return 0 if last is None else last.fallback_w

    def _last_over(self, now_s: int) -> Setpoint | None:
        over = [setpoint for setpoint in self._accepted if setpoint.until_s <= now_s]
        if not over:
            return None
        return max(over, key=lambda item: (item.until_s, item.epoch, item.sequence))

    def _forget(self, newer: Setpoint, now_s: int) -> None:
        """What can never hold again, now that there is a newer one."""
        last = self._last_over(now_s)
        self._accepted = [
            kept
            for kept in self._accepted
            if (kept.until_s > now_s or kept is last)
            and not (newer.start_s <= kept.start_s and kept.until_s <= newer.until_s)
        ]

    def refusal(self, setpoint: Setpoint, now_s: int) -> Rejection | None:
        """Why a set-point would not be taken, as `accept` says; None: it would be."""
        if setpoint.unit_id != self.unit.unit_id:
            return Rejection(code=Code.UNIT_UNKNOWN, pointer="unit_id")
        if setpoint.start_s > now_s + AHEAD_MAX_S:
            return Rejection(code=Code.NOT_OPEN, pointer="start_s")
        if setpoint.until_s <= now_s:
            return Rejection(code=Code.PHASE_CONFLICT, pointer="until_s")
        if self._accepted and (stale := _outdated(setpoint, self._accepted[-1])):
            return stale
        if not 0 < setpoint.until_s - setpoint.start_s <= WINDOW_MAX_S:
            return Rejection(code=Code.DEFINITION_INVALID, pointer="until_s")
        if not 0 <= setpoint.wait_s < setpoint.until_s - setpoint.start_s:
            return Rejection(code=Code.DEFINITION_INVALID, pointer="wait_s")
        for pointer, power_w in (
            ("target_w", setpoint.target_w),
            ("fallback_w", setpoint.fallback_w),
            ("before_w", setpoint.before_w),
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


def _outdated(setpoint: Setpoint, last: Setpoint) -> Rejection | None:
    """An older writer's set-point however high its sequence; of one writer the higher sequence."""
    if setpoint.epoch < last.epoch:
        newest, pointer = last.epoch, "epoch"
    elif setpoint.epoch == last.epoch and setpoint.sequence <= last.sequence:
        newest, pointer = last.sequence, "sequence"
    else:
        return None
    return Rejection(code=Code.PHASE_CONFLICT, pointer=pointer, parameters={"newest": str(newest)})
