"""Control of an area: its units and the areas inside it, seen as one.

The one idea: every unit follows its own traded schedule. The area steps in only where their sum
would break its own import or export limit; then it divides what has to be given up among the
controllable units by their room and by what they have given up before, and says upward what was left
over.
"""

from collections.abc import Mapping
from typing import Final

from market.control.burdens import NOTHING_BORNE, Account
from market.control.caps import NO_CAPS, Bound, Caps
from market.control.columns import UnitColumns
from market.control.share import clipped, fairly
from market.control.summing import NOTHING, Counted, Figures, Shown, shown
from market.control.unit import UnitControl
from market.model.burden import BurdenShare
from market.model.grid import Area
from market.model.making import maker
from market.model.power import Deviation, Dispatched, PowerLimits

make_deviation: Final = maker(Deviation)


class AreaControl:
    """One area with its members. Targets are kept until the next schedule."""

    # Scratch of deciding: every schedule sets all of them anew, applying its facts sets none.
    __snapshot_skip__: Final = ("_columns",)

    def __init__(self, area: Area, members: Mapping[str, "UnitControl | AreaControl"]) -> None:
        self.area = area
        self._units: dict[str, UnitControl] = {}
        self._areas: dict[str, AreaControl] = {}
        self._columns: UnitColumns | None = None
        for member_id, member in members.items():
            self.add(member_id, member)

    def add(self, member_id: str, member: "UnitControl | AreaControl") -> None:
        """Take in a unit or an area that lies directly in this one; targets begin anew.

        Raises:
            ValueError: there is such a member already.
        """
        if member_id in self._units or member_id in self._areas:
            raise ValueError(f"{member_id} is in {self.area.area_id} already")
        if isinstance(member, AreaControl):
            self._areas[member_id] = member
        else:
            self._units[member_id] = member
            self._columns = None

    def rebuilt(self) -> None:
        """After a snapshot was read: no schedule yet."""
        self._columns = None

    def _own(self) -> UnitColumns:
        """The units directly in this area, side by side; made when first asked for."""
        if self._columns is None:
            self._columns = UnitColumns(self._units)
        return self._columns

    def limits(self, caps: Caps = NO_CAPS) -> PowerLimits:
        """The members' limits in sum, cut by the area's import and export limit."""
        return caps.area(self.area, self._inside(caps))

    def sources(self, caps: Caps = NO_CAPS) -> tuple[Bound, Bound]:
        """The same, import and export, each with what it comes from."""
        return caps.sources(self.area, self._inside(caps))

    def _inside(self, caps: Caps) -> PowerLimits:
        parts = [self._own().limits(caps), *(area.limits(caps) for area in self._areas.values())]
        return PowerLimits(
            withdrawal_max_w=sum(part.withdrawal_max_w for part in parts),
            injection_max_w=sum(part.injection_max_w for part in parts),
        )

    def set_w(self) -> int:
        """The targets in sum, W, injection positive."""
        return self._own().set_w() + sum(area.set_w() for area in self._areas.values())

    def targets_w(self) -> Mapping[str, int]:
        """The target of each unit directly in this area, in the order they were added."""
        return self._own().targets()

    def schedule(
        self,
        targets_w: Mapping[str, int],
        caps: Caps = NO_CAPS,
        turn: int = 0,
        account: Account = NOTHING_BORNE,
    ) -> Dispatched:
        """Give every unit its own traded power (W, injection positive; none: zero).

        Args:
            targets_w: traded power by unit.
            caps: what narrows units and areas in the interval.
            turn: number of the interval; it passes the odd watts of a burden round.
            account: what units have given up before; who bore less gives first.

        Returns:
            What was set in sum, and what the schedules asked beyond it.
        """
        asked_w = self._own().set_targets(targets_w, caps)
        for area in self._areas.values():
            done = area.schedule(targets_w, caps, turn, account)
            asked_w += done.set_w + done.left_over_w
        limits = self.limits(caps)
        sum_w = self.set_w()
        if clipped(sum_w, limits) != sum_w:
            self.dispatch(clipped(sum_w, limits), caps, turn, account)
        set_w = self.set_w()
        return Dispatched(set_w=set_w, left_over_w=asked_w - set_w)

    def dispatch(
        self,
        target_w: int,
        caps: Caps = NO_CAPS,
        turn: int = 0,
        account: Account = NOTHING_BORNE,
    ) -> Dispatched:
        """Move the area's sum to a target inside its limits by its controllable units.

        The change is divided by room, how far a member may still move in that direction, so that
        all have given up the same part of what they could, now and before; an area inside counts
        with all its units. Odd watts go to the members whose turn it is.
        """
        change_w = clipped(target_w, self.limits(caps)) - self.set_w()
        upward = change_w > 0
        own = self._own()
        areas = list(self._areas.values())
        own_rooms_w = own.rooms_w(caps, upward=upward)
        rooms_w = [*own_rooms_w.tolist(), *(area.room_w(caps, upward=upward) for area in areas)]
        borne_w, could_w = own.burdens(account)
        for area in areas:
            given_w, offered_w = area.burden(account)
            borne_w.append(given_w)
            could_w.append(offered_w)
        parts_w = fairly(change_w, rooms_w, borne_w, could_w, turn)
        count = len(own.unit_ids)
        own.move(parts_w[:count], own_rooms_w)
        for area, part_w in zip(areas, parts_w[count:], strict=True):
            area.dispatch(area.set_w() + part_w, caps, turn, account)
        set_w = self.set_w()
        return Dispatched(set_w=set_w, left_over_w=target_w - set_w)

    def room_w(self, caps: Caps = NO_CAPS, *, upward: bool) -> int:
        """How far the area's sum may still move, W >= 0, inside its limits."""
        inside_w = int(self._own().rooms_w(caps, upward=upward).sum())
        inside_w += sum(area.room_w(caps, upward=upward) for area in self._areas.values())
        return min(inside_w, _headroom_w(self.set_w(), self.limits(caps), upward=upward))

    def burden(self, account: Account) -> tuple[int, int]:
        """What all units below have given up before, and what they could have given up."""
        borne_w, could_w = (sum(column) for column in self._own().burdens(account))
        for area in self._areas.values():
            given_w, offered_w = area.burden(account)
            borne_w, could_w = borne_w + given_w, could_w + offered_w
        return borne_w, could_w

    def shares(self, account: Account) -> tuple[BurdenShare, ...]:
        """What the units directly in this area gave up in the last schedule, of those that were asked.

        Args:
            account: the one the schedule was made with.
        """
        return self._own().shares(account)

    def counted(self, own: Mapping[str, Counted]) -> dict[str, Counted]:
        """What this area and each below it have in them, inner areas included; itself last.

        Args:
            own: what is directly in each area; none: nothing.
        """
        found: dict[str, Counted] = {}
        total = own.get(self.area.area_id, NOTHING)
        for name, area in self._areas.items():
            found |= area.counted(own)
            total = total.plus(found[name])
        found[self.area.area_id] = total
        return found

    def shown(
        self, of: Figures, own: Mapping[str, Counted], totals: Mapping[str, Counted]
    ) -> Shown:
        """What of one figure this area and those below it may show to everybody.

        Args:
            of: which figure.
            own: what is directly in each area; none: nothing.
            totals: what `counted` has answered.
        """
        area_id = self.area.area_id
        inner = [area.shown(of, own, totals) for area in self._areas.values()]
        return shown(area_id, of(own.get(area_id, NOTHING)), of(totals[area_id]), inner)

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
    return make_deviation(
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
