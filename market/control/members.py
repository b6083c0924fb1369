"""Who is below an area's level: its units, and areas inside it that are levels of their own.

The one idea: an area inside counts as one member once it has said that it is below: with what its units
may do when nobody calls, and never with more than it was lent. Before that it has its capacity from
somebody else, so what its connection carries is not there for others.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from market.control.leases import NOTHING, added, narrowest, widest
from market.model.participant import Unit
from market.model.power import PowerLimits, Setpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A unit of the area."""

    unit: Unit
    failsafe: PowerLimits
    """What it may do when nobody calls, as contracted: it is never free for others."""

    @property
    def nameplate(self) -> PowerLimits:
        """What it can do at all."""
        return PowerLimits(
            withdrawal_max_w=self.unit.withdrawal_max_w,
            injection_max_w=self.unit.injection_max_w,
        )

    @property
    def is_essential(self) -> bool:
        """A load that nobody steers: it takes what it takes, and limits do not hold it."""
        return not self.unit.controllable and self.unit.injection_max_w == 0

    @property
    def floor(self) -> PowerLimits:
        """What it may do without any lease."""
        return self.nameplate if self.is_essential else self.failsafe


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """An area inside this one, at any depth."""

    area_id: str
    parent: str
    """The area directly around it."""
    connection: PowerLimits | None
    """What its connection carries; None: nothing limits it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Below:
    """An area inside whose level has come below this one."""

    area_id: str
    members: tuple[Member, ...]
    """The units directly in it."""
    claim_until_s: int = 0
    """Until then it may hold what it was lent before it came: its connection is not free for others."""


class Members:
    """Units and areas of one level."""

    def __init__(
        self,
        area_id: str,
        units: Iterable[Member],
        inside: Iterable[Inside] = (),
        below: Iterable[Below] = (),
    ) -> None:
        """Areas that were below an earlier start of this level still are.

        Args:
            area_id: this area.
            units: those directly in it.
            inside: all areas inside it.
            below: those of them that have come below it.
        """
        self.units = {member.unit.unit_id: member for member in units}
        self._area_id = area_id
        self._inside = {area.area_id: area for area in inside}
        self._below = {area.area_id: area for area in below if area.area_id in self._inside}
        self._gather()

    def _gather(self) -> None:
        """By member what it has without a lease; by unit whose it is."""
        self.floors = {unit_id: member.floor for unit_id, member in self.units.items()}
        self._unit_floors = dict(self.floors)
        self._holders = {unit_id: unit_id for unit_id in self.units}
        self._nameplates: dict[str, PowerLimits] = {}
        for area in self._below.values():
            holder = self._way_to(area.area_id)
            if holder is None:
                continue
            for member in area.members:
                unit_id = member.unit.unit_id
                self._holders[unit_id], self._unit_floors[unit_id] = holder, member.floor
            own = [self.floors.get(holder, NOTHING), *(member.floor for member in area.members)]
            self.floors[holder] = added(own)
            can = [self._nameplates.get(holder, NOTHING), *(m.nameplate for m in area.members)]
            self._nameplates[holder] = added(can)

    def _way_to(self, area_id: str) -> str | None:
        """The area directly in this one through which an area is reached; None: not all are below."""
        while area_id in self._below:
            if self._inside[area_id].parent == self._area_id:
                return area_id
            area_id = self._inside[area_id].parent
        return None

    # --- areas --------------------------------------------------------------------------------

    @property
    def areas(self) -> list[str]:
        """Areas directly in this one that are below it."""
        return [name for name in self.floors if name not in self.units]

    @property
    def heard_by(self) -> list[str]:
        """Units and areas directly in this one: an area hears this level before it comes below."""
        return [
            *self.units,
            *(name for name, area in self._inside.items() if area.parent == self._area_id),
        ]

    @property
    def below(self) -> tuple[Below, ...]:
        """All areas that are below, for the next start to know."""
        return tuple(self._below.values())

    def is_inside(self, area_id: str) -> bool:
        """True for an area inside this one, whoever it hears."""
        return area_id in self._inside

    def is_below(self, area_id: str) -> bool:
        """True for an area that has come below."""
        return area_id in self._below

    def take_in(self, area: Below) -> bool:
        """An area has come below, or has other units now; False: nothing is new."""
        known = self._below.get(area.area_id)
        if known is not None and known.members == area.members:
            return False
        if known is not None:
            area = replace(area, claim_until_s=known.claim_until_s)
        self._below[area.area_id] = area
        self._gather()
        return True

    def reserved(self, at_s: int) -> PowerLimits | None:
        """What areas may use that have their capacity from somebody else; None: without a bound."""
        parts = [NOTHING]
        for area in self._inside.values():
            below = self._below.get(area.area_id)
            if below is None:
                # One that lies in another such area is in what that one's connection carries.
                counts = area.parent == self._area_id or area.parent in self._below
            else:
                counts = at_s < below.claim_until_s
            if counts and area.connection is None:
                return None
            if counts and area.connection is not None:
                parts.append(area.connection)
        return added(parts)

    # --- members ------------------------------------------------------------------------------

    def holder(self, unit_id: str) -> str | None:
        """The member that a unit is or is reached through; None: it is not in this area."""
        return self._holders.get(unit_id)

    def reached_through(self, area_id: str) -> Iterator[str]:
        """Units that an area directly in this one leads to."""
        return (unit_id for unit_id, holder in self._holders.items() if holder == area_id)

    def bases(self, setpoints: Mapping[str, Setpoint]) -> dict[str, PowerLimits]:
        """What each member has whatever is left over: its schedule and its fail-safe limits."""
        bases = dict(self.floors)
        for unit_id, setpoint in setpoints.items():
            holder, floor = self._holders.get(unit_id), self._unit_floors.get(unit_id)
            if holder is None or floor is None:
                continue
            powers_w = powers_of(setpoint)
            bases[holder] = PowerLimits(
                withdrawal_max_w=bases[holder].withdrawal_max_w
                + max(0, -min(powers_w) - floor.withdrawal_max_w),
                injection_max_w=bases[holder].injection_max_w
                + max(0, max(powers_w) - floor.injection_max_w),
            )
        return bases

    def most(self, member_id: str, base: PowerLimits) -> PowerLimits:
        """What a member can do at all; of an area no less than what is scheduled."""
        if member_id in self.units:
            return self.units[member_id].nameplate
        most, connection = self._nameplates[member_id], self._inside[member_id].connection
        if connection is not None:
            most = narrowest(most, connection)
        return widest([base, most])


def powers_of(setpoint: Setpoint) -> tuple[int, ...]:
    """What a unit does in a window, one after the other, W."""
    return (setpoint.before_w, setpoint.target_w) if setpoint.wait_s else (setpoint.target_w,)
