"""An area cut off for a while: its gateway hears nothing and says nothing, and people act.

The one idea: what is cut is the gateway's line. The devices live on with what they have, their meters count
on, and what was counted is told when the line is back; the homes' own access to the market is another
line, by which they see that their devices cannot be reached.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from wattmarket import AsyncClient, UsageError
from wattmarket.values import count_of, seconds_from_time, text_of, time_from_seconds

_TEXT: Final = re.compile(r"([A-Za-z0-9-]+)@(\d\d):(\d\d)\+(?:(\d+)h)?(?:(\d+)m)?")
ENERGY_DECIMALS: Final = 3
PRICE_DECIMALS: Final = 2
WHY_ALONE: Final = "its gateway is not heard"
WHY_BACK: Final = "its gateway is heard again and has reported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Which area, and when; the end does not belong to it."""

    area_id: str
    from_s: int
    until_s: int

    def holds(self, at_s: int) -> bool:
        """True while it lasts."""
        return self.from_s <= at_s < self.until_s

    def told(self) -> dict[str, Any]:
        """As a record."""
        return {
            "area_id": self.area_id,
            "from": time_from_seconds(self.from_s),
            "until": time_from_seconds(self.until_s),
        }


def read_cut(text: str | None, day_start_s: int) -> Cut | None:
    """`SEM@12:00+2h`: area, local time of the day, how long (`2h`, `45m`, `1h30m`).

    Raises:
        UsageError: it says something else.
    """
    if text is None:
        return None
    found = _TEXT.fullmatch(text)
    if found is None:
        raise UsageError(f"--cut {text}: an area, a time and a duration, as SEM@12:00+2h")
    area_id, hour, minute, hours, minutes = found.groups()
    lasts_s = int(hours or 0) * 3_600 + int(minutes or 0) * 60
    starts_s = int(hour) * 3_600 + int(minute) * 60
    if not lasts_s or int(minute) >= 60 or starts_s >= 86_400:
        raise UsageError(f"--cut {text}: that is no time of the day, or no duration")
    from_s = day_start_s + starts_s
    return Cut(area_id=area_id, from_s=from_s, until_s=from_s + lasts_s)


@dataclass(slots=True)
class Blackout:
    """What a gateway notes of its cut."""

    cut: Cut
    intervals: int = 0
    """Lived through without contact."""
    withheld: int = 0
    """Readings that could not be told at their time."""
    told_late: int = 0
    """Of them, told when the line was back."""
    unsteered: int = 0
    """Intervals of devices that can be steered and had no set-point."""
    steered: int = 0
    """The same with a set-point that was still valid."""
    states: Counter[str] = field(default_factory=Counter)
    """Intervals of steerable devices by the state their controller ended in."""

    def summary(self) -> dict[str, Any]:
        """As a record."""
        return {
            **self.cut.told(),
            "intervals": self.intervals,
            "readings_withheld": self.withheld,
            "readings_told_late": self.told_late,
            "unsteered": self.unsteered,
            "steered": self.steered,
            "states": dict(self.states),
        }


async def tend(cut: Cut, operator: AsyncClient, second: AsyncClient, market_id: str) -> None:
    """What the operators do: let the area go on alone, and, two of them, couple it again."""
    is_alone = False
    async with operator.stream(("market", market_id)) as events:
        async for event in events:
            now_s = seconds_from_time(event.ts)
            if not is_alone and now_s >= cut.from_s:
                await operator.acts.decouple(cut.area_id, reason=WHY_ALONE)
                is_alone = True
            if is_alone and now_s >= cut.until_s:
                said = (await operator.acts.couple(cut.area_id, reason=WHY_BACK))["act"]
                await second.acts.approve(said["act_id"], said["digest"])
                return


# --- the story afterwards -----------------------------------------------------------------


async def story_of(
    operator: AsyncClient,
    counted: Mapping[str, Any],
    *,
    intervals: Sequence[Mapping[str, Any]],
    totals: Mapping[str, Any],
    members: Iterable[str],
) -> dict[str, Any]:
    """What the wire tells of a cut, and what the gateway noted of it.

    Args:
        operator: may see all of the market.
        counted: a `Blackout` as the simulation wrote it.
        intervals: the market's intervals of the day.
        totals: the day's report of the market.
        members: participants of the area.
    """
    area_id = counted["area_id"]
    acts = await operator.acts.list(level="area", member_id=area_id)
    alarms = await operator.alarms.list(level="area", member_id=area_id)
    # Intervals that had begun, or were to be settled, while nobody was heard.
    first_s = seconds_from_time(counted["from"]) - 3_600
    readings = [
        row
        for row in await operator.measurements(
            from_=time_from_seconds(first_s), to=counted["until"], versions=True
        )
        if row["area_id"] == area_id
    ]
    late = [row for row in readings if row["late"]]
    counts = {(row["unit_id"], row["start"]): row for row in readings if not row["late"]}
    prices = _prices(intervals, area_id)
    unsettled_wh, value = 0, 0
    for row in late:
        settled = counts.get((row["unit_id"], row["start"]))
        moved_wh = _injection_wh(row) - (0 if settled is None else _injection_wh(settled))
        unsettled_wh += abs(moved_wh)
        value += moved_wh * prices.get(row["start"], 0)
    who = set(members)
    return {
        **counted,
        "acts": [
            {name: act[name] for name in ("kind", "reason", "by", "at", "state")} for act in acts
        ],
        "alarms": [
            {name: alarm[name] for name in ("kind", "severity", "raised_at", "state")}
            for alarm in alarms
        ],
        "substituted_readings": sum(row["substituted"] for row in counts.values()),
        "late_readings": len(late),
        "not_settled_kwh": text_of(unsettled_wh, ENERGY_DECIMALS),
        # Wh times ticks are quanta of eight decimals.
        "not_settled_value": text_of(value, 8),
        "deviation_cost": text_of(
            -sum(
                count_of(line["amounts"].get("deviation", "0"), 8)
                for line in totals["participants"]
                if line["participant_id"] in who
            ),
            8,
        ),
        "line_energy_kwh": text_of(_over_lines_wh(intervals, acts, area_id), ENERGY_DECIMALS),
    }


def _prices(intervals: Iterable[Mapping[str, Any]], area_id: str) -> dict[str, int]:
    return {
        interval["start"]: count_of(area["price_per_mwh"], PRICE_DECIMALS)
        for interval in intervals
        for area in interval["areas"] or ()
        if area["area_id"] == area_id and area["price_per_mwh"] is not None
    }


def _injection_wh(row: Mapping[str, Any]) -> int:
    return count_of(row["generation_kwh"], ENERGY_DECIMALS) - count_of(
        row["consumption_kwh"], ENERGY_DECIMALS
    )


def _over_lines_wh(
    intervals: Iterable[Mapping[str, Any]], acts: Iterable[Mapping[str, Any]], area_id: str
) -> int:
    """What was traded over the area's lines in intervals that were cleared while it was alone."""
    times = {
        act["kind"]: seconds_from_time(act["at"]) for act in acts if act["state"] == "performed"
    }
    if not {"decouple", "couple"} <= times.keys():
        return 0
    found_wh = 0
    for interval in intervals:
        gate_s = seconds_from_time(interval["gate_at"])
        if not times["decouple"] < gate_s < times["couple"]:
            continue
        for line in interval["lines"] or ():
            if area_id in {line["from_area"], line["to_area"]}:
                found_wh += count_of(line["sent_forward_kwh"], ENERGY_DECIMALS)
                found_wh += count_of(line["sent_backward_kwh"], ENERGY_DECIMALS)
    return found_wh


def faults_of(story: Mapping[str, Any]) -> list[str]:
    """What the story of a cut promises and does not hold, in words."""
    done = {act["kind"]: act for act in story["acts"] if act["state"] == "performed"}
    rules = [
        ("decouple" in done, f"nobody let {story['area_id']} go on alone"),
        (len(done.get("couple", {}).get("by", ())) == 2, "coupled by fewer than two people"),
        (
            story["readings_told_late"] == story["readings_withheld"],
            f"{story['readings_withheld']} readings withheld, {story['readings_told_late']} told",
        ),
        (
            story["late_readings"] == story["substituted_readings"],
            f"{story['substituted_readings']} readings substituted, {story['late_readings']} late",
        ),
        (count_of(story["line_energy_kwh"], 3) == 0, "traded over the lines of an area alone"),
        (bool(story["alarms"]), "no alarm was raised"),
    ]
    return [words for holds, words in rules if not holds]
