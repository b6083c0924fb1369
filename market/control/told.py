"""What units were told last, and which moves of areas somebody has consented to.

The one idea: how far a unit is to move follows from what it was told before, and that is kept from one
interval to the end of the next, until nobody can move away from it any more.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from market.model.power import Setpoint

_NONE: Final[Mapping[str, Setpoint]] = MappingProxyType({})


class Told:
    """Newest set-points by interval and unit; consents by interval and area."""

    def __init__(self) -> None:
        self._setpoints: dict[int, dict[str, Setpoint]] = {}
        self._consents: dict[int, dict[str, None]] = {}

    def note(self, start_s: int, setpoints: Iterable[Setpoint]) -> None:
        """Set-points went out."""
        kept = self._setpoints.setdefault(start_s, {})
        kept.update((item.unit_id, item) for item in setpoints)

    def of(self, start_s: int) -> Mapping[str, Setpoint]:
        """What units were told for an interval, the newest of each."""
        return self._setpoints.get(start_s, _NONE)

    def consent(self, start_s: int, area_id: str) -> None:
        """Somebody takes the move of an area into an interval upon himself."""
        self._consents.setdefault(start_s, {})[area_id] = None

    def has_consent(self, start_s: int, areas: Iterable[str]) -> bool:
        """True when somebody consented for one of these areas."""
        found = self._consents.get(start_s)
        return found is not None and any(area_id in found for area_id in areas)

    def over(self, start_s: int) -> None:
        """An interval is over: what lies before it is not moved away from any more."""
        for kept in (self._setpoints, self._consents):
            for earlier_s in [at_s for at_s in kept if at_s < start_s]:
                del kept[earlier_s]
