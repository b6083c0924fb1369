"""The grid operator's limits of a unit: which are taken, and which holds when.

The one idea: a limit narrows what the unit may do for a short time and then runs out; what holds
without one is not for the grid channel to say.
"""

from collections.abc import Iterable
from typing import Final

from market.control.unit.contact import outdated
from market.control.unit.setpoints import AHEAD_MAX_S
from market.model.power import PowerLimits, UnitLimit
from market.model.rejection import Code, Rejection
from market.model.units import power_text

LIMIT_WINDOW_MAX_S: Final = 86_400
"""Longest validity taken: a day. Who is still there renews it."""


class GridLimits:
    """Limits that are not over, by rising epoch and sequence: of those for one time the last holds."""

    def __init__(
        self, unit_id: str, nameplate: PowerLimits, kept: Iterable[UnitLimit] = ()
    ) -> None:
        self._unit_id = unit_id
        self._nameplate = nameplate
        self._kept = list(kept)

    @property
    def kept(self) -> tuple[UnitLimit, ...]:
        """All that may still come to hold."""
        return tuple(self._kept)

    def refusal(
        self, limit: UnitLimit, now_s: int, mark: tuple[int, int] | None
    ) -> Rejection | None:
        """Why a limit is not taken; None: it is.

        UNIT_UNKNOWN for another unit; NOT_OPEN when it starts too far ahead; PHASE_CONFLICT when it is
        over or not newer than the mark; DEFINITION_INVALID when its window is empty or too long or a
        limit is below zero; EXCEEDS_CAPABILITY when it is above what the unit can do at all: it would
        narrow nothing, so its unit or scale is wrong.
        """
        if limit.unit_id != self._unit_id:
            return Rejection(code=Code.UNIT_UNKNOWN, pointer="unit_id")
        if limit.from_s > now_s + AHEAD_MAX_S:
            return Rejection(code=Code.NOT_OPEN, pointer="from_s")
        if limit.until_s <= now_s:
            return Rejection(code=Code.PHASE_CONFLICT, pointer="until_s")
        if mark is not None and limit.epoch < mark[0]:
            return outdated("epoch", mark[0])
        if mark is not None and (limit.epoch, limit.sequence) <= mark:
            return outdated("sequence", mark[1])
        if not 0 < limit.until_s - limit.from_s <= LIMIT_WINDOW_MAX_S:
            return Rejection(code=Code.DEFINITION_INVALID, pointer="until_s")
        for pointer, power_w, most_w in (
            ("withdrawal_max_w", limit.withdrawal_max_w, self._nameplate.withdrawal_max_w),
            ("injection_max_w", limit.injection_max_w, self._nameplate.injection_max_w),
        ):
            if power_w < 0:
                return Rejection(code=Code.DEFINITION_INVALID, pointer=pointer)
            if power_w > most_w:
                return Rejection(
                    code=Code.EXCEEDS_CAPABILITY,
                    pointer=pointer,
                    parameters={"nearest_kw": power_text(most_w)},
                )
        return None

    def take(self, limit: UnitLimit, now_s: int) -> None:
        """Keep a limit that is not refused; what it replaces for all its time to come is forgotten."""
        self._kept = [
            kept
            for kept in self._kept
            if kept.until_s > now_s
            and not (limit.from_s <= max(kept.from_s, now_s) and kept.until_s <= limit.until_s)
        ]
        self._kept.append(limit)

    def holding(self, at_s: int) -> UnitLimit | None:
        """The limit that holds at that time; None: none does."""
        for limit in reversed(self._kept):
            if limit.from_s <= at_s < limit.until_s:
                return limit
        return None

    def foreseen(self, at_s: int) -> PowerLimits:
        """What is to be reckoned with then: what holds, else the newest there is, else the nameplate."""
        limit = self.holding(at_s) or (self._kept[-1] if self._kept else None)
        return self._nameplate if limit is None else limits_of(limit)

    def turns(self, after_s: int, until_s: int) -> list[int]:
        """The times at which another limit may come to hold, after_s < time <= until_s."""
        return [
            at_s
            for limit in self._kept
            for at_s in (limit.from_s, limit.until_s)
            if after_s < at_s <= until_s
        ]


def limits_of(limit: UnitLimit) -> PowerLimits:
    """The powers of a limit."""
    return PowerLimits(
        withdrawal_max_w=limit.withdrawal_max_w, injection_max_w=limit.injection_max_w
    )
