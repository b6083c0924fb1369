"""What operators have narrowed and decoupled, as far as channels show it.

What an act says goes to operators, to the areas it concerns and to its unit; limits go to the unit and
its area; that an area goes on alone is for everybody, the words why are not.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from api.access.permissions import Channel
from api.answers.acts import curtailment, performed_act, proposed_act, unit_limit
from api.answers.values import Answer
from api.channels.deltas import Delta, delta
from market.model.act import (
    Act,
    ActPerformed,
    ActProposed,
    AreaCoupled,
    AreaDecoupled,
    UnitLimitsChanged,
    UnitsCurtailed,
)
from market.model.alarm import ControlLevel
from market.model.grid import Grid
from market.model.interval import MICROSECONDS, moment_text
from market.model.messages import Event
from market.model.participant import Unit
from market.model.power import UnitLimit

_INNER: Final = frozenset({"by", "digest", "second_person_until"})
"""What of an act is for operators only."""


class Limits:
    """What operators have narrowed and decoupled, as far as channels show it."""

    def __init__(
        self,
        market_id: str,
        grid: Grid,
        units: Mapping[str, Unit],
        limits: Iterable[UnitLimit],
        decoupled: Iterable[str],
    ) -> None:
        self._market_id = market_id
        self._parent = {area.area_id: area.parent for area in grid.areas}
        self._units = units
        self._limits: dict[str, dict[tuple[int, int], UnitLimit]] = {}
        for item in limits:
            self._keep(item)
        self._decoupled = dict.fromkeys(decoupled)

    # --- snapshots ----------------------------------------------------------------------

    def decoupled(self) -> list[str]:
        """Areas that go on alone."""
        return sorted(self._decoupled)

    def is_decoupled(self, area_id: str) -> bool:
        """True of an area that goes on alone."""
        return area_id in self._decoupled

    def of_unit(self, unit_id: str, now_us: int) -> list[Answer]:
        """A unit's limits that are not over, the newest word last."""
        found = [
            item
            for item in self._limits.get(unit_id, {}).values()
            if item.until_s * MICROSECONDS > now_us
        ]
        return [unit_limit(item) for item in sorted(found, key=_age)]

    def of_area(self, area_id: str, now_us: int) -> list[Answer]:
        """The same of all units directly in an area."""
        return [
            answer
            for unit_id in sorted(self._limits)
            if self._units[unit_id].area_id == area_id
            for answer in self.of_unit(unit_id, now_us)
        ]

    # --- what happens -------------------------------------------------------------------

    def changes(self, event: Event, now_us: int) -> Iterator[Delta]:
        """What an event about operators' acts means for the channels."""
        match event:
            case ActProposed():
                data = {"event": "act", "act": proposed_act(event.proposal)}
                yield delta(Channel.ALARMS, self._market_id, data)
            case ActPerformed():
                yield from self._performed(event)
            case AreaDecoupled():
                self._decoupled[event.area_id] = None
                yield self._coupling("decoupled", event)
            case AreaCoupled():
                self._decoupled.pop(event.area_id, None)
                yield self._coupling("coupled", event)
            case UnitLimitsChanged():
                yield from self._limited(event, now_us)
            case UnitsCurtailed():
                for item in event.items:
                    data = {"event": "curtailed", **curtailment(item)}
                    yield delta(Channel.UNIT, item.unit_id, data)
            case _:
                return

    def _coupling(self, name: str, event: AreaDecoupled | AreaCoupled) -> Delta:
        data = {"event": name, "area": event.area_id, "at": moment_text(event.now_us)}
        return delta(Channel.MARKET, self._market_id, data)

    def _performed(self, event: ActPerformed) -> Iterator[Delta]:
        act = performed_act(event)
        yield delta(Channel.ALARMS, self._market_id, {"event": "act", "act": act})
        told = {"event": "act", "act": {name: act[name] for name in act if name not in _INNER}}
        for area_id in self._areas_concerned(event.act):
            yield delta(Channel.AREA, area_id, told)
        if event.act.level is ControlLevel.UNIT:
            yield delta(Channel.UNIT, event.act.member_id, told)

    def _areas_concerned(self, act: Act) -> list[str]:
        """The area and all inside it; of a unit its own, of everything all."""
        match act.level:
            case ControlLevel.UNIT:
                return [self._units[act.member_id].area_id]
            case ControlLevel.AREA:
                return [name for name in self._parent if self._is_in(name, act.member_id)]
            case ControlLevel.MARKET:
                return list(self._parent)

    def _is_in(self, area_id: str, outer_id: str) -> bool:
        here: str | None = area_id
        while here is not None and here != outer_id:
            here = self._parent[here]
        return here is not None

    def _limited(self, event: UnitLimitsChanged, now_us: int) -> Iterator[Delta]:
        by_unit: defaultdict[str, list[Answer]] = defaultdict(list)
        for item in event.limits:
            kept = self._limits.get(item.unit_id, {})
            for key in [key for key in kept if key[1] * MICROSECONDS <= now_us]:
                del kept[key]
            self._keep(item)
            by_unit[item.unit_id].append(unit_limit(item))
        every = [answer for items in by_unit.values() for answer in items]
        yield delta(Channel.AREA, event.area_id, {"event": "limits", "limits": every})
        for unit_id, items in by_unit.items():
            yield delta(Channel.UNIT, unit_id, {"event": "limits", "limits": items})

    def _keep(self, item: UnitLimit) -> None:
        self._limits.setdefault(item.unit_id, {})[item.from_s, item.until_s] = item


def _age(item: UnitLimit) -> tuple[int, int]:
    return item.epoch, item.sequence
