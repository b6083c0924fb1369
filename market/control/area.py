"""Control of an area: its units and the areas inside it, seen as one.

The one idea: every unit follows its own traded schedule. The area steps in only where their sum
would break its own import or export limit; then it divides what has to be given up among the
controllable units by their room, and says upward what was left over (decisions 24, 24a).
"""

from collections.abc import Mapping

from market.control.level import Level
from market.control.share import clipped, proportional
from market.control.unit import UnitControl
from market.model.grid import Area
from market.model.power import Deviation, Dispatched, PowerLimits


class AreaControl:
    """One area with its members. Targets are kept until the next schedule."""

    def __init__(self, area: Area, members: Mapping[str, "UnitControl | AreaControl"]) -> None:
        self.area = area
        self._units: dict[str, UnitControl] = {}
        self._areas: dict[str, AreaControl] = {}
        self._targets_w: dict[str, int] = {}
        for member_id, member in members.items():
            self.add(member_id, member)

    def add(self, member_id: str, member: "UnitControl | AreaControl") -> None:
        """Take in a unit or an area that lies directly in this one.

        Raises:
            ValueError: there is such a member already.
        """
        if member_id in self._units or member_id in self._areas:
            raise ValueError(f"{member_id} is in {self.area.area_id} already")
        if isinstance(member, AreaControl):
            self._areas[member_id] = member
        else:
            self._units[member_id] = member
            self._targets_w[member_id] = 0

    def limits(self) -> PowerLimits:
        """The members' limits in sum, cut by the area's import and export limit."""
        members: list[Level] = [*self._units.values(), *self._areas.values()]
        parts = [member.limits() for member in members]
        taken_w = sum(part.withdrawal_max_w for part in parts)
        given_w = sum(part.injection_max_w for part in parts)
        import_w, export_w = self.area.import_limit_w, self.area.export_limit_w
        return PowerLimits(
            withdrawal_max_w=taken_w if import_w is None else min(taken_w, import_w),
            injection_max_w=given_w if export_w is None else min(given_w, export_w),
        )

    def set_w(self) -> int:
        """The targets in sum, W, injection positive."""
        return sum(self._targets_w.values()) + sum(area.set_w() for area in self._areas.values())

    def targets_w(self) -> Mapping[str, int]:
        """The target of each unit directly in this area, in the order they were added."""
        return self._targets_w

    def schedule(self, targets_w: Mapping[str, int]) -> Dispatched:
        """Give every unit its own traded power (W, injection positive; none: zero).

        Returns:
            What was set in sum, and what the schedules asked beyond it.
        """
        asked_w = 0
        for unit_id, unit in self._units.items():
            done = unit.dispatch(targets_w.get(unit_id, 0))
            self._targets_w[unit_id] = done.set_w
            asked_w += done.set_w + done.left_over_w
        for area in self._areas.values():
            done = area.schedule(targets_w)
            asked_w += done.set_w + done.left_over_w
        limits = self.limits()
        sum_w = self.set_w()
        if clipped(sum_w, limits) != sum_w:
            self.dispatch(clipped(sum_w, limits))
        set_w = self.set_w()
        return Dispatched(set_w=set_w, left_over_w=asked_w - set_w)

    def dispatch(self, target_w: int) -> Dispatched:
        """Move the area's sum to a target inside its limits by its controllable units.

        The change is divided by room: how far a member may still move in that direction.
        """
        change_w = clipped(target_w, self.limits()) - self.set_w()
        upward = change_w > 0
        members = [*self._units, *self._areas]
        rooms_w = [self._room_w(member_id, upward=upward) for member_id in members]
        for member_id, part_w in zip(members, proportional(change_w, rooms_w), strict=True):
            if member_id in self._areas:
                area = self._areas[member_id]
                area.dispatch(area.set_w() + part_w)
            elif part_w:
                done = self._units[member_id].dispatch(self._targets_w[member_id] + part_w)
                self._targets_w[member_id] = done.set_w
        set_w = self.set_w()
        return Dispatched(set_w=set_w, left_over_w=target_w - set_w)

    def room_w(self, *, upward: bool) -> int:
        """How far the area's sum may still move, W >= 0, inside its limits."""
        inside_w = sum(
            self._room_w(member_id, upward=upward) for member_id in (*self._units, *self._areas)
        )
        return min(inside_w, _headroom_w(self.set_w(), self.limits(), upward=upward))

    def _room_w(self, member_id: str, *, upward: bool) -> int:
        if member_id in self._areas:
            return self._areas[member_id].room_w(upward=upward)
        unit = self._units[member_id]
        if not unit.unit.controllable:
            return 0
        return _headroom_w(self._targets_w[member_id], unit.limits(), upward=upward)

    def deviations(
        self, start_s: int, scheduled_wh: Mapping[str, int], measured_wh: Mapping[str, int]
    ) -> tuple[tuple[Deviation, ...], tuple[Deviation, ...], Deviation]:
        """What this area saw between schedule and meter.

        Args:
            start_s: start of the interval.
            scheduled_wh: traded net injection by unit; none: zero.
            measured_wh: metered net injection by unit; none: as scheduled.

        Returns:
            Those of all units below, those of the areas below, and the area's own in sum.
        """
        units = [
            _unit_deviation(unit_id, start_s, scheduled_wh, measured_wh) for unit_id in self._units
        ]
        own = list(units)
        areas: list[Deviation] = []
        for area in self._areas.values():
            below_units, below_areas, total = area.deviations(start_s, scheduled_wh, measured_wh)
            units += below_units
            areas += (*below_areas, total)
            own.append(total)
        return tuple(units), tuple(areas), summed("area", self.area.area_id, start_s, own)


def summed(level: str, member_id: str, start_s: int, parts: list[Deviation]) -> Deviation:
    """The deviation of a level as the sum of its members' deviations."""
    return Deviation(
        level=level,
        member_id=member_id,
        start_s=start_s,
        scheduled_wh=sum(part.scheduled_wh for part in parts),
        measured_wh=sum(part.measured_wh for part in parts),
    )


def _unit_deviation(
    unit_id: str, start_s: int, scheduled_wh: Mapping[str, int], measured_wh: Mapping[str, int]
) -> Deviation:
    scheduled = scheduled_wh.get(unit_id, 0)
    return Deviation(
        level="unit",
        member_id=unit_id,
        start_s=start_s,
        scheduled_wh=scheduled,
        measured_wh=measured_wh.get(unit_id, scheduled),
    )


def _headroom_w(power_w: int, limits: PowerLimits, *, upward: bool) -> int:
    if upward:
        return max(0, limits.injection_max_w - power_w)
    return max(0, power_w + limits.withdrawal_max_w)
