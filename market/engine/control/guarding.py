"""The area guard: what units are to be told, held against how fast and how sanely an area may move.

The one idea: it stands between deciding what everybody is to do and saying so. It lets units wait for their
turn, and where a move cannot be meant or cannot be made in time it holds them where they are. What keeps a
limit, a stop or a grid safe it never holds up.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from market.control.caps import Caps
from market.control.guard import Begun, Door, Staggered, most_moved_w, staggered, too_late
from market.control.share import clipped
from market.engine.control.sanity import capacities, insane_area
from market.engine.state import MarketState
from market.model.grid import Area
from market.model.making import maker
from market.model.messages import SetpointsChanged
from market.model.participant import Unit, UnitKind
from market.model.power import Setpoint
from market.model.units import SECONDS_PER_MINUTE
from market.trading.acts import least

MOVING_PARTS: Final = 3
"""Who has not begun to move when a third of the interval is over does not in this interval: what is left
of it would hardly be worth the step, and the next one wants to begin with everybody in place."""
TOO_FAST: Final = "pace"
"""Why a move is blocked: there is no time for it at the pace of the area."""
make_setpoint: Final = maker(Setpoint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """For which interval set-points are made, and when."""

    start_s: int
    now_s: int
    step_s: int

    @property
    def passed_s(self) -> int:
        """How much of the interval is over."""
        return max(0, self.now_s - self.start_s)

    @property
    def seconds(self) -> int:
        """How many seconds are left in which a unit may begin to move."""
        return min(self.step_s // MOVING_PARTS, self.step_s - self.passed_s)

    @property
    def is_in_time(self) -> bool:
        """False so late in an interval that who finds no turn simply has it in the next one."""
        return self.seconds == self.step_s // MOVING_PARTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """What units are told in the end."""

    told: tuple[SetpointsChanged, ...]
    held: Mapping[str, None] = field(default_factory=dict)
    """Units that stay where they are although they were to move."""
    news: Mapping[str, None] = field(default_factory=dict)
    """Units that were told something else for this interval before."""
    blocked: Mapping[str, str]
    """Areas whose move was blocked, each with why."""


def guarded(
    state: MarketState,
    told: tuple[SetpointsChanged, ...],
    moment: Moment,
    caps: Caps,
    *,
    scheduled_wh: Mapping[str, int],
    earlier: Mapping[str, Setpoint],
    at_once: Collection[str] = (),
) -> Guarded:
    """Set-points with their waits, and without moves that are blocked.

    Args:
        state: the market's.
        told: what every unit is to be told for the interval.
        moment: which interval, and when.
        caps: what narrows units and areas in it.
        scheduled_wh: what units have traded, changes for the grid included.
        earlier: what units were told for the interval before.
        at_once: units that move for the grid's safety.
    """
    if state.rules.area_move_ppm_per_minute is None:
        return Guarded(told=told, blocked={})
    fleet = _Fleet(state, told, moment, caps, earlier)
    insane = fleet.hold_insane(scheduled_wh)
    full = fleet.let_move(fleet.urgent(at_once))
    return Guarded(
        told=fleet.told(), held=fleet.held, news=fleet.news(), blocked={**full, **insane}
    )


class _Fleet:
    """The units of one interval: where they are, where they are to go, and when."""

    def __init__(
        self,
        state: MarketState,
        wanted: tuple[SetpointsChanged, ...],
        moment: Moment,
        caps: Caps,
        earlier: Mapping[str, Setpoint],
    ) -> None:
        self._state, self._wanted, self._moment, self._caps = state, wanted, moment, caps
        self._earlier = earlier
        self._running = state.told.of(moment.start_s) if moment.passed_s else {}
        self._targets_w = {
            item.unit_id: item.target_w for event in wanted for item in event.setpoints
        }
        units = map(state.units.__getitem__, self._targets_w)
        self._units = [unit for unit in units if unit.kind is not UnitKind.RETAILER]
        self._safe_w = {unit.unit_id: self._present_w(unit) for unit in self._units}
        self._waits_s: dict[str, int] = {}
        self._capacities = capacities(state)
        self.held: dict[str, None] = {}

    def _present_w(self, unit: Unit) -> int:
        """What a unit runs at by what it was told, as far as it may go on with that."""
        running = self._running.get(unit.unit_id)
        before = self._earlier.get(unit.unit_id)
        if running is not None:
            present_w = running.power_w(self._moment.now_s)
        else:
            present_w = 0 if before is None else before.target_w
        limits = self._caps.units.get(unit.unit_id)
        return present_w if limits is None else clipped(present_w, limits)

    def _move_w(self, unit: Unit) -> int:
        return self._targets_w[unit.unit_id] - self._safe_w[unit.unit_id]

    def _hold(self, unit: Unit) -> None:
        if self._move_w(unit):
            self.held[unit.unit_id] = None

    def _has_consent(self, area_id: str) -> bool:
        return self._state.told.has_consent(self._moment.start_s, self._state.acts.around[area_id])

    # --- what cannot be meant ---------------------------------------------------------------

    def hold_insane(self, scheduled_wh: Mapping[str, int]) -> dict[str, str]:
        """Hold every unit of areas whose schedule cannot be meant; those areas, each with why."""
        by_area: dict[str, list[Unit]] = {}
        for unit in self._units:
            by_area.setdefault(unit.area_id, []).append(unit)
        found: dict[str, str] = {}
        for area_id, units in by_area.items():
            if self._has_consent(area_id):
                continue
            why = insane_area(
                self._state,
                area_id,
                units,
                self._moment.start_s,
                scheduled_wh,
                self._capacities[area_id],
            )
            if why is not None:
                found[area_id] = why.value
                for unit in units:
                    self._hold(unit)
        return found

    # --- what must not wait -------------------------------------------------------------------

    def urgent(self, at_once: Collection[str]) -> set[str]:
        """Units that move for safety: for the grid, or because an area would break its limit without.

        Of the latter as many as it takes, one after another. None of them is held.
        """
        found = {unit_id for unit_id in at_once if unit_id in self._safe_w}
        for area in self._state.grid.areas:
            import_w, export_w = _bounds_w(area, self._caps)
            if import_w is None and export_w is None:
                continue
            around = self._state.acts.around
            inside = [unit for unit in self._units if area.area_id in around[unit.area_id]]
            sum_w = sum(self._first_w(unit, found) for unit in inside)
            if export_w is not None and sum_w > export_w:
                found.update(self._relieving(inside, export_w - sum_w, found))
            elif import_w is not None and sum_w < -import_w:
                found.update(self._relieving(inside, -import_w - sum_w, found))
        for unit_id in found:
            self.held.pop(unit_id, None)
        return found

    def _first_w(self, unit: Unit, urgent: Collection[str]) -> int:
        """What a unit does before anybody who waits has moved."""
        waits = unit.controllable or unit.unit_id in self.held
        if waits and unit.unit_id not in urgent:
            return self._safe_w[unit.unit_id]
        return self._targets_w[unit.unit_id]

    def _relieving(
        self, inside: Iterable[Unit], needed_w: int, urgent: Collection[str]
    ) -> Iterator[str]:
        """Units that move the sum into the needed direction, until it has moved that far."""
        for unit in inside:
            move_w = self._move_w(unit)
            if unit.unit_id in urgent or move_w * needed_w <= 0:
                continue
            yield unit.unit_id
            if abs(move_w) >= abs(needed_w):
                return
            needed_w -= move_w

    # --- who begins when ----------------------------------------------------------------------

    def let_move(self, urgent: Collection[str]) -> dict[str, str]:
        """Give everybody who can be steered a second; areas that were too full, each with why.

        Where some wait an area may pass its limit because of others who do not: then some more do not wait.
        """
        while True:
            steered = [
                unit for unit in self._units if unit.controllable and unit.unit_id not in self.held
            ]
            if not any(map(self._move_w, steered)):
                return {}
            found = self._staggered(steered, urgent)
            more = self._too_late(steered, found)
            if not more:
                break
            urgent = {*urgent, *more}
            for unit_id in more:
                self.held.pop(unit_id, None)
        for unit, wait_s in zip(steered, found.waits_s, strict=True):
            if wait_s is None:
                self._hold(unit)
            elif self._move_w(unit):
                self._waits_s[unit.unit_id] = self._moment.passed_s + wait_s
        if not self._moment.is_in_time:
            return {}
        full = {number for number in found.stopped_by if number is not None}
        return {self._state.grid.areas[number].area_id: TOO_FAST for number in sorted(full)}

    def _too_late(self, steered: Iterable[Unit], found: Staggered) -> set[str]:
        """Units that begin too late, or not at all, for an area to stay inside its limit."""
        waits_s: dict[str, int | None] = {
            unit.unit_id: None if unit.unit_id in self.held else 0 for unit in self._units
        }
        waits_s.update(
            (unit.unit_id, wait_s) for unit, wait_s in zip(steered, found.waits_s, strict=True)
        )
        late: set[str] = set()
        for area in self._state.grid.areas:
            import_w, export_w = _bounds_w(area, self._caps)
            if import_w is None and export_w is None:
                continue
            around = self._state.acts.around
            inside = [unit for unit in self._units if area.area_id in around[unit.area_id]]
            places = too_late(
                sum(self._safe_w[unit.unit_id] for unit in inside),
                list(map(self._move_w, inside)),
                [waits_s[unit.unit_id] for unit in inside],
                lowest_w=None if import_w is None else -import_w,
                highest_w=export_w,
            )
            late.update(inside[place].unit_id for place in places)
        return late

    def _staggered(self, steered: list[Unit], urgent: Collection[str]) -> Staggered:
        areas = self._state.grid.areas
        place = {area.area_id: number for number, area in enumerate(areas)}
        consented = {place[area_id] for area_id in place if self._has_consent(area_id)}
        doors = self._doors(place)
        begun = list(self._begun(steered, place))
        at_once = {number for number, unit in enumerate(steered) if unit.unit_id in urgent}
        while True:
            found = staggered(
                list(map(self._move_w, steered)),
                [place[unit.area_id] for unit in steered],
                doors,
                turn=self._moment.start_s // self._moment.step_s,
                seconds=self._moment.seconds,
                at_once=at_once,
                begun=begun,
            )
            wider = consented.intersection(found.stopped_by)
            if not wider:
                return found
            # Whoever consents wants it done, but not all in one second.
            doors = [
                replace(door, most_w=2 * door.most_w) if number in wider else door
                for number, door in enumerate(doors)
            ]

    def _doors(self, place: Mapping[str, int]) -> list[Door]:
        share_ppm = self._state.rules.area_move_ppm_per_minute
        assert share_ppm is not None, "there is a guard"
        swings_w = dict.fromkeys(place, 0)
        for unit in self._units:
            if unit.controllable:
                swing_w = unit.injection_max_w + unit.withdrawal_max_w
                for area_id in self._state.acts.around[unit.area_id]:
                    swings_w[area_id] = max(swing_w, swings_w[area_id])
        return [
            Door(
                parent=None if area.parent is None else place[area.parent],
                most_w=most_moved_w(
                    self._capacities[area.area_id], share_ppm, (swings_w[area.area_id],)
                ),
            )
            for area in self._state.grid.areas
        ]

    def _begun(self, steered: Iterable[Unit], place: Mapping[str, int]) -> Iterator[Begun]:
        """Moves of the last minute, by what units were told."""
        at_s = max(self._moment.now_s, self._moment.start_s)
        for unit in steered:
            before = self._earlier.get(unit.unit_id)
            running = self._running.get(unit.unit_id)
            last_w = 0 if before is None else before.target_w
            for item, from_w in ((before, last_w), (running, last_w)):
                if item is None:
                    continue
                turn_s = item.start_s + item.wait_s
                moved_w = item.target_w - (item.before_w if item.wait_s else from_w)
                if moved_w and at_s - SECONDS_PER_MINUTE < turn_s <= at_s:
                    yield Begun(area=place[unit.area_id], at_s=turn_s - at_s, change_w=moved_w)

    # --- what is told ---------------------------------------------------------------------------

    def told(self) -> tuple[SetpointsChanged, ...]:
        """The set-points as they are told in the end."""
        if not self.held and not any(self._waits_s.values()):
            return self._wanted
        found = []
        for event in self._wanted:
            setpoints = tuple(map(self._final, event.setpoints))
            target_w = sum(item.target_w for item in setpoints)
            found.append(replace(event, target_w=target_w, setpoints=setpoints))
        return tuple(found)

    def _final(self, item: Setpoint) -> Setpoint:
        is_held = item.unit_id in self.held
        wait_s = 0 if is_held else self._waits_s.get(item.unit_id, 0)
        if not is_held and not wait_s:
            return item
        safe_w = self._safe_w[item.unit_id]
        return make_setpoint(
            unit_id=item.unit_id,
            start_s=item.start_s,
            until_s=item.until_s,
            target_w=safe_w if is_held else item.target_w,
            fallback_w=item.fallback_w,
            sequence=item.sequence,
            epoch=item.epoch,
            wait_s=wait_s,
            before_w=safe_w if wait_s else 0,
        )

    def news(self) -> dict[str, None]:
        """Units for which this is something else than they were told for the interval before."""
        known, found = self._state.told.of(self._moment.start_s), dict[str, None]()
        now_s = self._moment.now_s
        for event in self._wanted if known else ():
            for item in event.setpoints:
                kept = known.get(item.unit_id)
                if kept is not None and _still(kept, now_s) != _still(self._final(item), now_s):
                    found[item.unit_id] = None
        return found


def _still(item: Setpoint, now_s: int) -> tuple[int, ...]:
    """What of a set-point is still to come."""
    turn_s = item.start_s + item.wait_s
    if not item.wait_s or turn_s <= now_s:
        return (item.target_w,)
    return item.target_w, turn_s, item.before_w


def _bounds_w(area: Area, caps: Caps) -> tuple[int | None, int | None]:
    """What an area may take in and give out now; None: no bound."""
    cap_import_w, cap_export_w = caps.areas.get(area.area_id, (None, None))
    return least(area.import_limit_w, cap_import_w), least(area.export_limit_w, cap_export_w)
