"""The area's own check of the set-points that pass through its process: what moves too much at once stays here."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from market.control.reach import AreaReach, Inside, Member, OwnGuard, most_moved_w
from market.control.unit import Moment
from market.model.power import PowerLimits, Setpoint
from sim.area_telling import Telling
from sim.area_words import POWER_DECIMALS
from wattmarket.values import count_of, text_of, time_from_seconds


class AreaGuard:
    """What one area's process lets through; where the market has no such rule, all."""

    def __init__(
        self,
        guard: OwnGuard | None,
        *,
        area_id: str,
        telling: Telling,
        say: Callable[[str], None],
    ) -> None:
        """Nothing was passed on yet; the other arguments are those of the area's agent."""
        self._guard = guard
        self._area_id = area_id
        self._telling = telling
        self._say = say

    def pass_on(self, level: AreaReach, setpoints: Sequence[Setpoint], now: Moment) -> None:
        """Give the level what came together; of what is not let through the market hears."""
        if self._guard is None:
            for item in setpoints:
                level.schedule(item, now)
            return
        for start_s in self._guard.pass_on(level, setpoints, now):
            start = time_from_seconds(start_s)
            self._say(f"set-points of {start} not passed on: too much at once")
            most_kw = text_of(self._guard.most_w, POWER_DECIMALS)
            parameters = {"why": "pace", "start": start, "most_kw": most_kw}
            self._telling.alarm("area_guard", "area", self._area_id, parameters)

    def hear(self, data: Mapping[str, Any]) -> None:
        """A message: where it says that a blocked move may go through, it may here too."""
        if self._guard is not None and is_consent(data):
            self._guard.consent()


def own_guard(
    definition: Mapping[str, Any],
    units: Sequence[Member],
    inside: Sequence[Inside],
    row: Mapping[str, Any],
) -> OwnGuard | None:
    """What the area holds schedules against; None: it cannot know a bound, or there is none.

    Args:
        definition: the market's.
        units: those directly in the area.
        inside: areas inside it.
        row: the area itself.
    """
    share_ppm = definition.get("area_move_ppm_per_minute")
    # What areas inside can do it does not know, and the market counts them too.
    rated_kw = (row["import_limit_kw"], row["export_limit_kw"])
    if share_ppm is None or (inside and None in rated_kw):
        return None
    sums_w = (
        sum(member.unit.withdrawal_max_w for member in units),
        sum(member.unit.injection_max_w for member in units),
    )
    taken_w, given_w = (
        sum_w if limit_kw is None else count_of(limit_kw, POWER_DECIMALS)
        for sum_w, limit_kw in zip(sums_w, rated_kw, strict=True)
    )
    steered = [member.unit for member in units if member.unit.controllable]
    swings_w = [unit.withdrawal_max_w + unit.injection_max_w for unit in steered]
    capacity = PowerLimits(withdrawal_max_w=taken_w, injection_max_w=given_w)
    return OwnGuard(steered, most_moved_w(capacity, share_ppm, swings_w))


def is_consent(data: Mapping[str, Any]) -> bool:
    """True of a message that a move which a guard has blocked may go through."""
    act = data.get("act") if data.get("event") == "act" else None
    return act is not None and (act["kind"], act["state"]) == ("consent", "performed")
