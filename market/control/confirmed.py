"""What an area has to lend: what was confirmed above, less what operators and other areas take of it.

The one idea: who confirms differs in one thing. What the market has scheduled it has confirmed, also where
the sum of one direction is more than the connection carries: then the other direction carries the rest.
What an area around lends is counted direction by direction, schedules included, and is never passed.
"""

from collections.abc import Iterable, Mapping

from market.control.leases import added, narrowest, widest
from market.control.members import Members
from market.model.power import PowerLimits, UnitLimit
from market.model.reach import AreaBound, AreaLimits


class Confirmed:
    """What one area was lent, and what narrows it."""

    def __init__(
        self, members: Members, window_s: int, limits: Iterable[AreaLimits], *, is_lent: bool
    ) -> None:
        """Limits of an earlier start hold on.

        Args:
            members: units of the area, and areas inside it.
            window_s: length of a window.
            limits: what was lent to the area.
            is_lent: True: another area lends to this one; False: the market does.
        """
        self.is_lent = is_lent
        self.area_limits = list(limits)
        self.bounds: tuple[AreaBound, ...] = ()
        """What operators leave of the area's sum."""
        self._members = members
        self._window_s = window_s
        self._narrowed: dict[str, list[UnitLimit]] = {}
        self._now_s = 0

    def confirm(self, limits: AreaLimits) -> None:
        """The area was lent something; of several for one time the last holds."""
        self.area_limits = [
            item for item in self.area_limits if not _covers(limits, item, self._now_s)
        ]
        self.area_limits.append(limits)

    def narrowed(self, unit_id: str) -> list[UnitLimit]:
        """Operators' limits of a unit, oldest first."""
        return self._narrowed.setdefault(unit_id, [])

    def forget(self, now_s: int) -> None:
        """What is over counts no longer."""
        self._now_s = now_s
        self.area_limits = [item for item in self.area_limits if item.until_s > now_s]
        for unit_id, kept in self._narrowed.items():
            self._narrowed[unit_id] = [item for item in kept if item.until_s > now_s]

    def limits(self, at_s: int) -> AreaLimits | None:
        """What was lent to the area for that time; None: nothing."""
        holding = [item for item in self.area_limits if item.from_s <= at_s < item.until_s]
        return holding[-1] if holding else None

    def budget(
        self, start_s: int, bases: Mapping[str, PowerLimits], *, blind: bool
    ) -> tuple[int, PowerLimits]:
        """Until when a window's leases may hold, and what they may come to.

        Args:
            start_s: the window.
            bases: by member, its schedule and its fail-safe limits.
            blind: True: an earlier start of the area's level may have lent more in it.
        """
        until_s = start_s + self._window_s
        scheduled = added(bases.values())
        floor = added(self._members.floors.values()) if self.is_lent else scheduled
        limits = self.limits(max(start_s, self._now_s))
        if limits is None or (blind and not self.is_lent):
            return until_s, floor
        lent = PowerLimits(
            withdrawal_max_w=limits.import_max_w, injection_max_w=limits.export_max_w
        )
        bound = widest([scheduled, self._bound(start_s, lent)])
        return min(until_s, limits.until_s), widest([floor, narrowest(lent, bound)])

    def _bound(self, start_s: int, lent: PowerLimits) -> PowerLimits:
        """What operators leave of it at any moment of the window, and other areas' capacity."""
        until_s = start_s + self._window_s
        for bound in self.bounds:
            if bound.from_s < until_s and (bound.until_s is None or start_s < bound.until_s):
                lent = narrowest(lent, bound.limits)
        if self.is_lent:
            return lent  # whoever lends has counted areas that are not below it
        reserved = self._members.reserved(max(start_s, self._now_s))
        if reserved is None:
            return PowerLimits(withdrawal_max_w=0, injection_max_w=0)
        return PowerLimits(
            withdrawal_max_w=max(0, lent.withdrawal_max_w - reserved.withdrawal_max_w),
            injection_max_w=max(0, lent.injection_max_w - reserved.injection_max_w),
        )

    def cap(self, member_id: str, base: PowerLimits, start_s: int) -> PowerLimits:
        """What a member can, and what operators allow at any moment of the window."""
        cap = self._members.most(member_id, base)
        for limit in self._holding(member_id, start_s, start_s + self._window_s):
            cap = narrowest(
                cap,
                PowerLimits(
                    withdrawal_max_w=limit.withdrawal_max_w, injection_max_w=limit.injection_max_w
                ),
            )
        return cap

    def _holding(self, member_id: str, from_s: int, until_s: int) -> Iterable[UnitLimit]:
        """Limits that a newer one has not replaced for the whole window."""
        for limit in reversed(self._narrowed.get(member_id, [])):
            if limit.from_s < until_s and from_s < limit.until_s:
                yield limit
            if limit.from_s <= max(from_s, self._now_s) and limit.until_s >= until_s:
                return


def _covers(newer: AreaLimits, older: AreaLimits, now_s: int) -> bool:
    """True when nothing of the older one is left to hold."""
    return newer.from_s <= max(older.from_s, now_s) and older.until_s <= newer.until_s
