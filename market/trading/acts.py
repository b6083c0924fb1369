"""What operators' acts have left behind: limits and stops that hold, areas that go on alone.

The one idea: whoever trades and whoever steers ask here what a unit may still do in an interval. A
narrowing that covers a part of an interval counts for the whole of it: a target holds that long.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from market.model.act import (
    GIVEN_UP,
    NARROWING_REASONS,
    ActKind,
    ControlReason,
    Curtailed,
    Decoupling,
    Narrowing,
    ProposedAct,
)
from market.model.alarm import ControlLevel
from market.model.grid import Grid
from market.model.participant import Unit, UnitKind
from market.model.power import PowerLimits, UnitLimit

Member = tuple[ControlLevel, str]


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a unit may do at most, and what keeps it from more; no reason: its nameplate."""

    limits: PowerLimits
    reason: ControlReason | None


@dataclass(slots=True)
class Acts:
    """Narrowings, decoupled areas and proposals of one market."""

    market_id: str
    around: dict[str, tuple[str, ...]]
    """Of each area the areas it lies in, itself first."""
    next_number: int = 1
    narrowings: dict[Member, dict[str, Narrowing]] = field(default_factory=dict)
    """By member and id, oldest first."""
    decoupled: dict[str, Decoupling] = field(default_factory=dict)
    proposals: dict[str, ProposedAct] = field(default_factory=dict)
    versions: dict[Member, int] = field(default_factory=dict)
    """How often something was done to a member."""
    curtailed: dict[int, dict[str, tuple[Curtailed, ...]]] = field(default_factory=dict)
    """By interval that is not settled yet and unit; only units that were ever told something else."""
    limits_until_s: dict[str, int] = field(default_factory=dict)
    """Units that were ever sent a limit, and when the last one runs out: theirs are renewed."""
    limit_sequence: int = 0

    def __bool__(self) -> bool:
        """True while anything is narrowed."""
        return bool(self.narrowings)

    # --- what holds ----------------------------------------------------------------

    def of(self, kind: ActKind, member: Member) -> Narrowing | None:
        """The stop or emergency stop of a member; None: there is none."""
        found = self.narrowings.get(member, {}).values()
        return next((item for item in found if item.kind is kind), None)

    def limit(self, member: Member, limit_id: str) -> Narrowing | None:
        """A limit of a member by its id; None: there is none."""
        found = self.narrowings.get(member, {}).get(limit_id)
        return found if found is not None and found.kind is ActKind.LIMIT else None

    def all(self) -> tuple[Narrowing, ...]:
        """Everything that is narrowed."""
        return tuple(item for items in self.narrowings.values() for item in items.values())

    def concerning(self, unit: Unit, from_s: int, until_s: int) -> Iterator[Narrowing]:
        """What narrows a unit itself at some moment of [from_s, until_s).

        An area's limit is its sum's and narrows no unit; a stop of an area, or of everything, is every
        device's in it. The contract with a retailer is no device that could be stopped from here.
        """
        narrowings = self.narrowings
        for item in narrowings.get((ControlLevel.UNIT, unit.unit_id), {}).values():
            if item.holds(from_s, until_s):
                yield item
        if unit.kind is UnitKind.RETAILER:
            return
        members = [(ControlLevel.AREA, area_id) for area_id in self.around[unit.area_id]]
        for member in (*members, (ControlLevel.MARKET, self.market_id)):
            for item in narrowings.get(member, {}).values():
                if item.kind is not ActKind.LIMIT and item.holds(from_s, until_s):
                    yield item

    def allowed(self, unit: Unit, from_s: int, until_s: int) -> Allowed:
        """What a unit may do in [from_s, until_s)."""
        withdrawal_w, injection_w = unit.withdrawal_max_w, unit.injection_max_w
        found: set[ActKind] = set()
        for item in self.concerning(unit, from_s, until_s):
            found.add(item.kind)
            if item.withdrawal_max_w is not None:
                withdrawal_w = min(withdrawal_w, item.withdrawal_max_w)
            if item.injection_max_w is not None:
                injection_w = min(injection_w, item.injection_max_w)
        return Allowed(
            PowerLimits(withdrawal_max_w=withdrawal_w, injection_max_w=injection_w),
            next((why for kind, why in NARROWING_REASONS.items() if kind in found), None),
        )

    def touches(self, unit: Unit) -> bool:
        """True when something may narrow the unit itself, now or later."""
        narrowings = self.narrowings
        return (
            (ControlLevel.UNIT, unit.unit_id) in narrowings
            or (ControlLevel.MARKET, self.market_id) in narrowings
            or any((ControlLevel.AREA, name) in narrowings for name in self.around[unit.area_id])
        )

    def is_stopped(self, unit: Unit, from_s: int, until_s: int) -> bool:
        """True when a stop of any kind holds for a unit in [from_s, until_s)."""
        return any(
            item.kind is not ActKind.LIMIT for item in self.concerning(unit, from_s, until_s)
        )

    def area_limits(self, area_id: str, from_s: int, until_s: int) -> tuple[int | None, int | None]:
        """Import and export an area's own limits allow in [from_s, until_s); None: not narrowed."""
        import_w: int | None = None
        export_w: int | None = None
        for item in self.narrowings.get((ControlLevel.AREA, area_id), {}).values():
            if item.kind is ActKind.LIMIT and item.holds(from_s, until_s):
                import_w = least(import_w, item.withdrawal_max_w)
                export_w = least(export_w, item.injection_max_w)
        return import_w, export_w

    # --- what changes it --------------------------------------------------------------

    def add(self, narrowing: Narrowing) -> None:
        """Something holds from now on."""
        member = (narrowing.level, narrowing.member_id)
        self.narrowings.setdefault(member, {})[narrowing.narrowing_id] = narrowing

    def end(self, narrowing: Narrowing) -> None:
        """Something holds no longer."""
        member = (narrowing.level, narrowing.member_id)
        items = self.narrowings[member]
        del items[narrowing.narrowing_id]
        if not items:
            del self.narrowings[member]

    def done(self, member: Member, *, numbered: bool) -> None:
        """Something was done to a member: what was proposed about it before has lapsed.

        Args:
            member: the unit, area or market.
            numbered: True when the act takes a number of its own; it has one if it was proposed.
        """
        self.versions[member] = self.versions.get(member, 0) + 1
        if numbered:
            self.next_number += 1

    def curtail(self, item: Curtailed) -> None:
        """A unit was told something else; what was said before holds until then."""
        units = self.curtailed.setdefault(item.start_s, {})
        units[item.unit_id] = (*cut(units.get(item.unit_id, ()), item.from_s), item)

    def change_w(self, unit_id: str, start_s: int) -> int:
        """By how much the unit's last target of an interval differs from what it has traded."""
        pieces = self.curtailed.get(start_s, {}).get(unit_id)
        return pieces[-1].change_w if pieces else 0

    def last_reason(self, unit_id: str, start_s: int) -> ControlReason | None:
        """Why a unit was told something else in an interval until now; None: it was not."""
        pieces = self.curtailed.get(start_s, {}).get(unit_id)
        return pieces[-1].reason if pieces else None

    def given_up_wh(self, start_s: int) -> dict[str, int]:
        """By how much units had to give up what they traded in an interval, by unit, injection positive."""
        found: dict[str, int] = {}
        for unit_id, pieces in self.curtailed.get(start_s, {}).items():
            energy_wh = sum(piece.energy_wh for piece in pieces if piece.reason in GIVEN_UP)
            if energy_wh:
                found[unit_id] = energy_wh
        return found

    def sent(self, limit: UnitLimit) -> None:
        """A unit was told a limit."""
        self.limits_until_s[limit.unit_id] = limit.until_s
        self.limit_sequence = max(self.limit_sequence, limit.sequence)

    def settled(self, start_s: int) -> None:
        """Why an interval's targets were others is no longer asked."""
        self.curtailed.pop(start_s, None)

    def over(self, now_s: int) -> list[Narrowing]:
        """Limits that hold no longer."""
        return [item for item in self.all() if item.until_s is not None and item.until_s <= now_s]


def least(one: int | None, other: int | None) -> int | None:
    """The smaller of two bounds; None: no bound."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def cut(pieces: tuple[Curtailed, ...], from_s: int) -> Iterator[Curtailed]:
    """The pieces as far as they lie before a time."""
    for piece in pieces:
        if piece.from_s < from_s:
            yield piece if piece.until_s <= from_s else replace(piece, until_s=from_s)


def areas_around(grid: Grid) -> dict[str, tuple[str, ...]]:
    """Of each area the areas it lies in, itself first."""
    parent = {area.area_id: area.parent for area in grid.areas}
    found: dict[str, tuple[str, ...]] = {}
    for area_id in parent:
        chain: list[str] = []
        above: str | None = area_id
        while above is not None and above not in chain:
            chain.append(above)
            above = parent.get(above)
        found[area_id] = tuple(chain)
    return found
