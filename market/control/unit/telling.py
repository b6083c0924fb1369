"""What a unit has to tell since its last step: changes of state, and alarms once each."""

from market.control.unit.facts import Change, UnitAlarm
from market.model.alarm import AlarmKind


class Telling:
    """Gathers what is told; what lasts is told when it begins, and again only after it was over."""

    def __init__(self) -> None:
        self._lasting: set[str] = set()
        self._changes: list[Change] = []
        self._alarms: list[UnitAlarm] = []

    def change(self, change: Change) -> None:
        """The state changed."""
        self._changes.append(change)

    def alarm(self, kind: AlarmKind, **parameters: str) -> None:
        """Something happened."""
        self._alarms.append(UnitAlarm(kind=kind, parameters=parameters))

    def lasting(self, kind: AlarmKind, fault: str, *, is_so: bool) -> None:
        """Something is so, or is not."""
        if is_so and fault not in self._lasting:
            self._lasting.add(fault)
            self.alarm(kind, fault=fault)
        elif not is_so:
            self._lasting.discard(fault)

    def taken(self) -> tuple[tuple[Change, ...], tuple[UnitAlarm, ...]]:
        """All of it, once."""
        told = tuple(self._changes), tuple(self._alarms)
        self._changes.clear()
        self._alarms.clear()
        return told
