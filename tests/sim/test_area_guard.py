"""An area's process does not pass on what moves too much at once, says so, and lets its operator decide."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from market.control.reach import Inside
from sim.area_guard import is_consent, own_guard
from sim.area_words import member_of
from tests.sim.test_area_agent import CAR, NOW_S, Market, Place
from wattmarket.values import time_from_seconds

CARS = ("car", "van", "bus")


class Guarded(Market):
    """A market with the rule; three chargers of 10 kW on a connection of 8."""

    def __init__(self) -> None:
        super().__init__()
        self.alarms = self
        self.told: list[tuple[str, str, str, dict[str, str]]] = []

    async def definition(self) -> dict[str, Any]:
        return {**await super().definition(), "area_move_ppm_per_minute": 250_000}

    async def report_unit_state(self, *_: object) -> None:
        pass

    async def units(self) -> list[dict[str, Any]]:
        return [{**CAR, "unit_id": name} for name in CARS]

    async def tell(
        self, kind: str, level: str, member_id: str, *, parameters: dict[str, str]
    ) -> None:
        self.told.append((kind, level, member_id, parameters))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.market = made.agent._client = Guarded()  # type: ignore[assignment]  # noqa: SLF001
    made.agent._telling._client = made.market  # type: ignore[assignment]  # noqa: SLF001
    made.joins()
    hears(made, 0, "0.000")
    return made


def hears(place: Place, number: int, target_kw: str, *, wait_s: int = 0, sequence: int = 1) -> None:
    """Schedules of all cars; each waits so much longer than the one before."""
    start_s = NOW_S - NOW_S % 900 + 900 * number
    rows = [
        {
            "unit_id": name, "start": time_from_seconds(start_s),
            "until": time_from_seconds(start_s + 900), "target_kw": target_kw,
            "fallback_kw": "0.000", "wait_s": wait_s * at, "before_kw": "0.000",
            "sequence": 10 * number + sequence,
        }
        for at, name in enumerate(CARS)
    ]  # fmt: skip
    place.hear("delta", event="setpoints", setpoints=rows)
    place.wait(1)


def passed(place: Place) -> list[str]:
    return [row["target_kw"] for row in place.server.setpoints]


def consents(place: Place) -> None:
    act = {"kind": "consent", "state": "performed", "level": "area", "member_id": "RUR"}
    place.hear("delta", event="act", act=act)


def test_what_comes_one_after_another_is_passed_on(place: Place) -> None:
    hears(place, 1, "-8.000", wait_s=60)
    assert passed(place) == ["0.000"] * 3 + ["-8.000"] * 3
    assert [row["wait_s"] for row in place.server.setpoints[3:]] == [0, 60, 120]


def test_what_comes_at_once_is_not_and_the_market_hears_of_it(place: Place) -> None:
    hears(place, 1, "-8.000")
    assert passed(place) == ["0.000"] * 3
    asyncio.run(place.agent._send_kept())  # noqa: SLF001
    start = time_from_seconds(NOW_S - NOW_S % 900 + 900)
    parameters = {"why": "pace", "start": start, "most_kw": "10.000"}
    assert place.market.told == [("area_guard", "area", "RUR", parameters)]  # type: ignore[attr-defined]


def test_after_a_consent_it_is(place: Place) -> None:
    hears(place, 1, "-8.000")
    consents(place)
    hears(place, 1, "-8.000", sequence=2)
    assert passed(place) == ["0.000"] * 3 + ["-8.000"] * 3


def test_to_rest_it_goes_at_once(place: Place) -> None:
    hears(place, 1, "-8.000", wait_s=60)
    hears(place, 2, "0.000")
    assert passed(place)[-3:] == ["0.000"] * 3


def test_a_proposal_is_no_consent() -> None:
    act = {"kind": "consent", "state": "proposed"}
    assert not is_consent({"event": "act", "act": act})
    assert not is_consent({"event": "act"})
    assert is_consent({"event": "act", "act": {**act, "state": "performed"}})


def test_without_the_rule_or_a_rating_around_inner_areas_there_is_nothing_to_hold_against() -> None:
    row = {"import_limit_kw": "8.000", "export_limit_kw": None}
    rule = {"area_move_ppm_per_minute": 250_000}
    units = [member_of(CAR)]
    inside = [Inside(area_id="IN", parent="RUR", connection=None)]
    assert own_guard({}, units, [], row) is None
    assert own_guard(rule, units, inside, row) is None
    found = own_guard(rule, units, inside, {**row, "export_limit_kw": "72.000"})
    assert found is not None
    assert found.most_w == 20_000
