"""What units say of themselves, as the channels show it: the latest of each, a change when it comes."""

from collections.abc import Iterable, Iterator, Mapping

from api.access.permissions import Channel
from api.answers.unit_reports import unit_report
from api.answers.values import Answer
from api.channels.deltas import Delta, delta
from market.model.interval import moment_text
from market.model.messages import Event
from market.model.participant import Unit
from market.model.unit_report import UnitReport, UnitStateChanged


class UnitReports:
    """The latest word of every unit that has said something."""

    def __init__(self, units: Mapping[str, Unit], reports: Iterable[UnitReport]) -> None:
        self._units = units
        self._latest = {item.unit_id: unit_report(item) for item in reports}
        self._heard_us: dict[str, int] = {}

    def of_unit(self, unit_id: str) -> Answer | None:
        """What a unit said last; None: nothing yet."""
        return self._latest.get(unit_id)

    def heard_us(self, unit_id: str) -> int | None:
        """Market time at which a unit spoke last; None: not since the server is here."""
        return self._heard_us.get(unit_id)

    def of_area(self, area_id: str) -> list[Answer]:
        """The same of all units directly in an area that have said something."""
        return [
            self._latest[unit_id]
            for unit_id in sorted(self._latest)
            if self._units[unit_id].area_id == area_id
        ]

    def changes(self, event: Event) -> Iterator[Delta]:
        """A unit is in another state."""
        if isinstance(event, UnitStateChanged):
            yield from self.told(event.report, event.now_us)

    def told(self, report: UnitReport, now_us: int) -> Iterator[Delta]:
        """A unit speaks, whether its state is another one or not."""
        said = unit_report(report)
        self._latest[report.unit_id] = said
        self._heard_us[report.unit_id] = now_us
        data = {"event": "state", **said, "at": moment_text(now_us)}
        yield delta(Channel.UNIT, report.unit_id, data)
        yield delta(Channel.AREA, self._units[report.unit_id].area_id, data)
