"""The process of an area with a market and a server that are played, and a clock moved by hand."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from market.model.reach import AreaReport, LimitsHeld, Standing
from sim.area_agent import AreaAgent
from wattmarket import BusyError, Event, UsageError
from wattmarket.values import time_from_seconds

NOW_S = 1_700_000_100
CAR = {
    "unit_id": "car", "participant_id": "ann", "area_id": "RUR", "kind": "ev_charger",
    "injection_max_kw": "0.000", "withdrawal_max_kw": "10.000", "controllable": True,
    "storage": None,
}  # fmt: skip


class Market:
    """Plays the client."""

    def __init__(self) -> None:
        self.acts = self
        self.narrowings: list[dict[str, Any]] = []
        self.reports: list[dict[str, Any]] = []
        self.area_id = "RUR"
        self.has_inner = False
        self.session = self
        """Plays the session too: what is sent to the area around."""
        self.held: list[dict[str, Any]] = []
        self.told: list[tuple[str, Any]] = []
        self.alarms = self
        self.busy = False

    def in_market(self, path: str) -> str:
        return path

    def ask(self, _: str, path: str, *, json: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return path, json

    async def run(self, said: tuple[str, dict[str, Any]]) -> None:
        assert said[0] == "areas/RUR:held"
        self.held += said[1]["held"]

    async def tell(self, kind: str, _: str, member_id: str, *, parameters: object) -> None:
        self._may_be_busy()
        self.told.append((kind, (member_id, parameters)))

    async def report_unit_state(self, unit_id: str, state: dict[str, Any]) -> None:
        self.told.append((unit_id, state))

    async def report_measurements(self, _: str, items: list[dict[str, Any]]) -> None:
        self._may_be_busy()
        self.told.append(("reading", items))

    def _may_be_busy(self) -> None:
        if self.busy:
            raise BusyError(503, code="SYSTEM_UNAVAILABLE")

    async def definition(self) -> dict[str, Any]:
        area = {"area_id": "RUR", "parent": None, "import_limit_kw": "8.000",
                "export_limit_kw": None}  # fmt: skip
        inner = {**area, "area_id": "INN", "parent": "RUR", "import_limit_kw": "3.000",
                 "export_limit_kw": "0.000"}  # fmt: skip
        areas = [area, inner] if self.has_inner else [area]
        return {"areas": areas, "interval_minutes": 15}

    async def clock(self) -> dict[str, Any]:
        return {"now": time_from_seconds(NOW_S), "running": True, "speed": 1.0}

    async def units(self) -> list[dict[str, Any]]:
        return [{**CAR, "area_id": self.area_id}]

    async def standing(self) -> dict[str, Any]:
        return {"narrowings": self.narrowings}

    async def report_area(self, _: str, report: dict[str, Any]) -> dict[str, Any]:
        self.reports.append(report)
        return {"epoch": 4, "decoupled_by": None}


class Server:
    """Plays what units connect to."""

    def __init__(self) -> None:
        self.limits: list[dict[str, Any]] = []
        self.setpoints: list[dict[str, Any]] = []
        self.hears_market: list[bool] = []
        self.lent: list[dict[str, Any]] = []
        self.kept_readings: list[dict[str, Any]] = []
        self.kept_alarms: list[dict[str, Any]] = []
        self.kept_states: dict[str, dict[str, Any]] = {}

    def lend(self, _: str, row: dict[str, Any]) -> None:
        self.lent.append(row)

    def begin(self, *_: object, **__: object) -> None:
        pass

    def limit(self, _: str, row: dict[str, Any]) -> None:
        self.limits.append(row)

    def setpoint(self, _: str, row: dict[str, Any]) -> None:
        self.setpoints.append(row)

    def beat(self, *_: object, hears_market: bool) -> None:
        self.hears_market.append(hears_market)

    def readings(self) -> Iterable[dict[str, Any]]:
        taken, self.kept_readings = self.kept_readings, []
        return taken

    def alarms(self) -> Iterable[dict[str, Any]]:
        taken, self.kept_alarms = self.kept_alarms, []
        return taken

    def states(self) -> dict[str, dict[str, Any]]:
        taken, self.kept_states = self.kept_states, {}
        return taken


class Place:
    def __init__(self, folder: Path) -> None:
        self.market, self.server = Market(), Server()
        self.real_ms = 0
        self.agent = AreaAgent(
            client=self.market,  # type: ignore[arg-type]
            area_id="RUR",
            server=self.server,  # type: ignore[arg-type]
            path=folder / "RUR.json",
            wall_s=lambda: NOW_S + self.real_ms / 1_000,
            real_ms=lambda: self.real_ms,
            say=lambda _: None,
        )

    def begin(self) -> None:
        asyncio.run(self.agent._begin())

    def hear(self, kind: str = "heartbeat", **data: object) -> None:
        if kind == "heartbeat":
            now = time_from_seconds(NOW_S + self.real_ms // 1_000)
            data = {"now": now, "running": True, "speed": 1.0, **data}
        self.agent._take(
            Event(type=kind, channel="area", key="RUR", epoch=4, seq=1, ts="", data=data)
        )

    def joins(self) -> None:
        self.begin()
        self.hear("snapshot", decoupled=False, setpoints=[], limits=[])
        self.agent._tick()
        asyncio.run(self.agent._send_reports())
        self.agent._tick()
        assert self.standing is Standing.JOINED

    def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.real_ms += 1_000
            self.agent._tick()

    @property
    def standing(self) -> Standing:
        return self.agent._level.standing


# What the agent does between its awaits is what is shown here.
# ruff: noqa: SLF001


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_it_joins_by_its_report_and_lends_what_the_connection_carries(place: Place) -> None:
    place.joins()
    assert place.market.reports[0]["standing"] == "returning"
    assert place.server.limits[-1]["withdrawal_max_kw"] == "8.000"


def test_silence_of_the_market_is_silence_however_long_its_own_loop_goes_on(place: Place) -> None:
    place.joins()
    place.wait(16)
    assert place.standing is Standing.ALONE
    place.wait(600)
    assert place.server.hears_market[-1] is False
    assert place.server.limits[-1]["withdrawal_max_kw"] == "8.000"


def test_a_schedule_said_before_the_report_was_taken_is_not_lost(place: Place) -> None:
    place.begin()
    row = {
        "unit_id": "car", "start": time_from_seconds(NOW_S), "until": time_from_seconds(NOW_S + 900),
        "target_kw": "-4.000", "fallback_kw": "0.000", "sequence": 1,
    }  # fmt: skip
    place.hear("snapshot", decoupled=False, setpoints=[row], limits=[])
    place.agent._tick()
    assert place.server.setpoints == []
    asyncio.run(place.agent._send_reports())
    place.agent._tick()
    assert [said["target_kw"] for said in place.server.setpoints] == ["-4.000"]


def test_an_operators_limit_of_the_area_narrows_what_it_lends(place: Place) -> None:
    place.joins()
    place.market.narrowings = [
        {
            "kind": "limit", "level": "area", "member_id": "RUR",
            "withdrawal_max_kw": "5.000", "injection_max_kw": None,
            "from": time_from_seconds(NOW_S), "until": None,
        }
    ]  # fmt: skip
    place.wait(1)
    place.hear("delta", event="act")
    asyncio.run(place.agent._ask_acts())
    place.agent._tick()
    assert place.server.limits[-1]["withdrawal_max_kw"] == "5.000"


def test_what_was_lent_is_on_disk_and_the_next_start_is_another_epoch(place: Place) -> None:
    place.joins()
    again = Place(place.agent._path.parent)
    again.begin()
    assert again.agent._level.epoch == place.agent._level.epoch + 1


def test_credentials_of_another_area_are_refused(place: Place) -> None:
    place.market.area_id = "SEM"
    with pytest.raises(UsageError, match="RUR"):
        place.begin()


def test_a_file_that_cannot_be_read_is_for_a_person(place: Place) -> None:
    place.agent._path.write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be read"):
        place.begin()


def test_an_operators_limit_that_begins_later_narrows_later(place: Place) -> None:
    place.joins()
    place.market.narrowings = [
        {
            "kind": "limit", "level": "area", "member_id": "RUR",
            "withdrawal_max_kw": "5.000", "injection_max_kw": None,
            "from": time_from_seconds(NOW_S + 1_000), "until": time_from_seconds(NOW_S + 1_200),
        }
    ]  # fmt: skip
    place.hear("delta", event="act")
    asyncio.run(place.agent._ask_acts())
    place.wait(1_600)
    newest = {row["from"]: row["withdrawal_max_kw"] for row in place.server.limits}
    assert [newest[time_from_seconds(NOW_S + after_s)] for after_s in (0, 900, 1_800)] == [
        *("8.000", "5.000", "8.000"),
    ]


def test_what_units_said_without_the_market_is_told_when_it_is_back_and_nothing_is_lost(
    place: Place,
) -> None:
    place.joins()
    place.server.kept_readings = [{"unit_id": "car", "sequence": n} for n in (1, 2)]
    place.server.kept_alarms = [{"kind": "tripped", "level": "unit", "member_id": "car"}]
    place.server.kept_states = {"car": {"state": "tripped"}}
    place.market.busy = True
    with pytest.raises(BusyError):
        asyncio.run(place.agent._send_kept())
    assert place.market.told == []
    place.market.busy = False
    asyncio.run(place.agent._send_kept())
    assert [what for what, _ in place.market.told] == ["reading", "reading", "tripped", "car"]


# --- below another area, and with one below ----------------------------------------------------


def lent(sequence: int, import_kw: str) -> dict[str, Any]:
    return {
        "area_id": "RUR", "from": time_from_seconds(NOW_S), "until": time_from_seconds(NOW_S + 900),
        "import_max_kw": import_kw, "export_max_kw": "0.000", "sequence": sequence, "epoch": 4,
    }  # fmt: skip


def joins_below(place: Place, *rows: dict[str, Any]) -> None:
    place.begin()
    place.hear("snapshot", decoupled=False, setpoints=[], limits=[], lent_by="TOWN", lent=rows)
    place.agent._tick()
    asyncio.run(place.agent._send_reports())
    place.agent._tick()


def test_below_another_area_it_has_what_that_one_lends_and_says_when_it_keeps_to_it(
    place: Place,
) -> None:
    joins_below(place, lent(1, "6.000"))
    assert place.server.limits[-1]["withdrawal_max_kw"] == "6.000"
    asyncio.run(place.agent._telling.send_held())
    assert place.market.held == [{"epoch": 4, "sequence": 1}]
    place.hear("delta", event="lent", lent=[lent(2, "5.000")])
    place.wait(1)
    asyncio.run(place.agent._telling.send_held())
    # Its car has not said yet that it holds less.
    assert len(place.market.held) == 1
    newest = place.server.limits[-1]
    assert newest["withdrawal_max_kw"] == "5.000"
    place.agent._heard("car", [("limit", newest["sequence"])])
    place.wait(1)
    asyncio.run(place.agent._telling.send_held())
    assert place.market.held[1:] == [{"epoch": 4, "sequence": 2}]


def test_below_another_area_that_is_alone_it_says_that_there_is_no_market(place: Place) -> None:
    joins_below(place, lent(1, "6.000"))
    place.hear(market=False)
    place.wait(1)
    assert place.standing is Standing.JOINED
    assert place.server.hears_market[-1] is False
    place.server.kept_readings = [{"unit_id": "car"}]
    asyncio.run(place.agent._send_kept())
    assert place.market.told == []
    place.hear(market=True)
    place.wait(1)
    assert place.server.hears_market[-1] is True
    asyncio.run(place.agent._send_kept())
    assert len(place.market.told) == 1


def test_back_directly_below_the_market_its_connection_counts_again(place: Place) -> None:
    joins_below(place, lent(1, "2.000"))
    place.hear("snapshot", decoupled=False, setpoints=[], limits=[])
    place.agent._tick()
    asyncio.run(place.agent._send_reports())
    place.agent._tick()
    assert place.server.limits[-1]["withdrawal_max_kw"] == "8.000"


HEAT = {**CAR, "unit_id": "heat", "kind": "heat_pump", "area_id": "INN"}
INNER_REPORT = AreaReport(
    area_id="INN", sequence=1, standing=Standing.RETURNING, alone_since_s=None, limits_epoch=0,
    limits_sequence=0, given_import_w=4_200, given_export_w=0, given_until_s=NOW_S,
)  # fmt: skip


def test_an_area_inside_comes_below_with_its_report_and_is_told_its_schedules(
    place: Place,
) -> None:
    place.market.has_inner = True
    place.joins()
    # Before that its connection's 3 kW are not for the car.
    assert place.server.limits[-1]["withdrawal_max_kw"] == "5.000"
    row = {
        "unit_id": "heat", "start": time_from_seconds(NOW_S + 900),
        "until": time_from_seconds(NOW_S + 1_800), "target_kw": "-2.000", "fallback_kw": "0.000",
        "sequence": 1,
    }  # fmt: skip
    event = Event(
        type="snapshot", channel="area", key="INN", epoch=4, seq=1, ts="", data={"setpoints": [row]}
    )
    place.agent.said_inside("INN", event)
    place.agent._tick()
    assert place.server.setpoints == []
    assert place.agent.reported(INNER_REPORT, [HEAT, CAR]) == place.agent._level.epoch
    place.agent._tick()
    assert [said["unit_id"] for said in place.server.setpoints] == ["heat"]
    assert place.server.lent[0]["area_id"] == "INN"
    place.agent.held(
        LimitsHeld(area_id="INN", epoch=1, sequence=int(place.server.lent[0]["sequence"]))
    )
    again = Place(place.agent._path.parent)
    again.market.has_inner = True
    again.begin()
    assert again.agent._level.is_below("INN")
