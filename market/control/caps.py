"""What narrows units and areas in one interval, beside nameplates and ratings.

The one idea: a cap is handed down with the targets, so a level keeps nothing that could be forgotten,
and none can widen anything: the smaller bound counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from market.model.grid import Area
from market.model.power import PowerLimits
from market.model.summing import LimitedBy


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """Bounds by unit and by area."""

    units: Mapping[str, PowerLimits] = field(default_factory=dict)
    areas: Mapping[str, tuple[int | None, int | None]] = field(default_factory=dict)
    """Import and export, W; None: not narrowed."""

    def unit(self, unit_id: str, limits: PowerLimits) -> PowerLimits:
        """A unit's limits, narrowed."""
        cap = self.units.get(unit_id)
        if cap is None:
            return limits
        return PowerLimits(
            withdrawal_max_w=min(limits.withdrawal_max_w, cap.withdrawal_max_w),
            injection_max_w=min(limits.injection_max_w, cap.injection_max_w),
        )

    def area(self, area: Area, inside: PowerLimits) -> PowerLimits:
        """What an area's members can do in sum, cut by its rating and what narrows it."""
        (taken_w, _), (given_w, _) = self.sources(area, inside)
        return PowerLimits(withdrawal_max_w=taken_w, injection_max_w=given_w)

    def sources(self, area: Area, inside: PowerLimits) -> tuple["Bound", "Bound"]:
        """The same with what each comes from: import, then export; of equal ones the first named."""
        cap_import_w, cap_export_w = self.areas.get(area.area_id, (None, None))
        return (
            _narrowest(inside.withdrawal_max_w, area.import_limit_w, cap_import_w),
            _narrowest(inside.injection_max_w, area.export_limit_w, cap_export_w),
        )


Bound: TypeAlias = tuple[int, LimitedBy]
"""W, and what it comes from."""


def _narrowest(inside_w: int, rated_w: int | None, cap_w: int | None) -> Bound:
    found = (inside_w, LimitedBy.MEMBERS)
    for bound_w, by in ((rated_w, LimitedBy.RATING), (cap_w, LimitedBy.ACT)):
        if bound_w is not None and bound_w < found[0]:
            found = (bound_w, by)
    return found


NO_CAPS: Final = Caps()
