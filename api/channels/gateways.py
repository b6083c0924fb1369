"""The `area` and `unit` channels: set-points on their way down, readings on their way up."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

from api.access.permissions import Channel
from api.answers import delivery
from api.answers import grids as grid_answers
from api.answers.values import Answer
from api.channels.deltas import Delta, delta
from market.model.activation import UnitsActivated
from market.model.grid_check import GridChecked, GridSeen, InstructionsWithdrawn, UnitsRedispatched
from market.model.interval import MICROSECONDS, instant_text
from market.model.messages import DeviationsSeen, MeasurementsRecorded, SetpointsChanged
from market.model.participant import Unit
from market.model.power import Measurement, Setpoint
from market.model.units import SECONDS_PER_MINUTE, power_text


@dataclass(slots=True)
class _AreaState:
    units: list[str] = field(default_factory=list)
    setpoints: dict[int, dict[str, Answer]] = field(default_factory=dict)
    """By interval and unit."""


class Gateways:
    """Areas and units of one market."""

    def __init__(self, areas: Iterable[str], interval_minutes: int) -> None:
        self._minutes = interval_minutes
        self.units: dict[str, Unit] = {}
        self._areas = {area_id: _AreaState() for area_id in areas}
        self._unit_setpoints: dict[str, Answer] = {}

    def add(self, units: Iterable[Unit]) -> None:
        """Units were taken in."""
        for item in units:
            self.units[item.unit_id] = item
            self._areas[item.area_id].units.append(item.unit_id)

    def put(self, item: Setpoint) -> None:
        """A set-point that is stored."""
        area = self._areas[self.units[item.unit_id].area_id]
        self._keep(area, item.start_s, {item.unit_id: delivery.setpoint(item)})

    def _keep(self, area: _AreaState, start_s: int, changed: dict[str, Answer]) -> None:
        area.setpoints.setdefault(start_s, {}).update(changed)
        latest = self._unit_setpoints
        for unit_id, answer in changed.items():
            # A newer word about the running interval is no later interval.
            if unit_id not in latest or latest[unit_id]["start"] <= answer["start"]:
                latest[unit_id] = answer

    def area(self, area_id: str, now_us: int) -> Answer:
        """Units of an area and their set-points of intervals that are not over."""
        area = self._areas[area_id]
        return {
            "area": area_id,
            "units": list(area.units),
            "setpoints": [
                item
                for start_s, items in area.setpoints.items()
                if not self._is_over(start_s, now_us)
                for item in items.values()
            ],
        }

    def unit(self, unit_id: str, now_us: int) -> Answer:
        """A unit's latest set-point, and all of intervals that are not over."""
        area = self._areas[self.units[unit_id].area_id]
        return {
            "unit": unit_id,
            "setpoint": self._unit_setpoints.get(unit_id),
            "setpoints": [
                items[unit_id]
                for start_s, items in area.setpoints.items()
                if unit_id in items and not self._is_over(start_s, now_us)
            ],
        }

    def _end_s(self, start_s: int) -> int:
        return start_s + self._minutes * SECONDS_PER_MINUTE

    def _is_over(self, start_s: int, now_us: int) -> bool:
        return self._end_s(start_s) * MICROSECONDS <= now_us

    # --- what happens ---------------------------------------------------------------------

    def changed(self, event: SetpointsChanged, now_us: int) -> Iterator[Delta]:
        """New targets of an area's units."""
        area = self._areas[event.area_id]
        for start_s in [start_s for start_s in area.setpoints if self._is_over(start_s, now_us)]:
            del area.setpoints[start_s]
        changed = {item.unit_id: delivery.setpoint(item) for item in event.setpoints}
        self._keep(area, event.start_s, changed)
        yield delta(
            Channel.AREA,
            event.area_id,
            {
                "event": "setpoints",
                "start": instant_text(event.start_s),
                "until": instant_text(self._end_s(event.start_s)),
                "target_kw": power_text(event.target_w),
                "setpoints": list(changed.values()),
            },
        )
        for unit_id, answer in changed.items():
            yield delta(Channel.UNIT, unit_id, {"event": "setpoint", **answer})

    def checked(self, event: GridChecked) -> Iterator[Delta]:
        """A schedule was held against the grid."""
        yield delta(
            Channel.AREA,
            event.area_id,
            {"event": "grid_checked", **grid_answers.checked(event)},
        )

    def redispatched(self, event: UnitsRedispatched) -> Iterator[Delta]:
        """Units are told something else; to whom a unit belongs, not for what element."""
        start = instant_text(event.start_s)
        data = {"start": start, **grid_answers.redispatched(event)}
        yield delta(Channel.AREA, event.area_id, {"event": "redispatched", **data})
        for change in event.changes:
            told = {"start": start, **grid_answers.change(change)}
            del told["element_id"]
            yield delta(Channel.UNIT, change.unit_id, {"event": "redispatched", **told})

    def activated(self, event: UnitsActivated) -> Iterator[Delta]:
        """Units help an area: theirs is told which, the other one only that they do."""
        for area_id in dict.fromkeys((event.area_id, event.for_area)):
            told = grid_answers.activation(event, sees_units=area_id == event.area_id)
            yield delta(Channel.AREA, area_id, {"event": "activated", **told})
        for item in event.units:
            told = {
                "start": instant_text(event.start_s),
                "for_area": event.for_area,
                **grid_answers.activated_unit(item),
            }
            yield delta(Channel.UNIT, item.unit_id, {"event": "activated", **told})

    def withdrawn(self, event: InstructionsWithdrawn) -> Iterator[Delta]:
        """What an earlier check told units holds no longer."""
        start = instant_text(event.start_s)
        by_area: dict[str, list[str]] = {}
        for unit_id in event.unit_ids:
            by_area.setdefault(self.units[unit_id].area_id, []).append(unit_id)
        for area_id, unit_ids in by_area.items():
            data = {"event": "instructions_withdrawn", "start": start, "unit_ids": unit_ids}
            yield delta(Channel.AREA, area_id, data)
        for unit_id in event.unit_ids:
            told = {"event": "instruction_withdrawn", "unit_id": unit_id, "start": start}
            yield delta(Channel.UNIT, unit_id, told)

    def seen(self, event: GridSeen) -> Iterator[Delta]:
        """What the meters said about the grid."""
        data = {"start": instant_text(event.start_s), **grid_answers.seen(event)}
        yield delta(Channel.AREA, event.area_id, {"event": "grid_seen", **data})

    def measured(self, event: MeasurementsRecorded) -> Iterator[Delta]:
        """Meters reported."""
        for item in event.measurements:
            yield Delta(Channel.UNIT, item.unit_id, partial(self._measured, item, event.area_id))

    def _measured(self, item: Measurement, area_id: str) -> Answer:
        """Readings come in ten thousands: each is written out only for who listens."""
        return {"event": "measurement", **delivery.measurement(item, area_id, self._minutes)}

    def deviated(self, event: DeviationsSeen) -> Iterator[Delta]:
        """Schedule and meter differ."""
        for item in event.deviations:
            data = {"event": "deviation", **delivery.deviation(item)}
            if item.level == "unit":
                yield delta(Channel.UNIT, item.member_id, data)
            elif item.level == "area":
                yield delta(Channel.AREA, item.member_id, data)
