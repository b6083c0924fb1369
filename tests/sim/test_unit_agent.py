"""The unit agent with a market that is played and clocks that are moved by hand."""
# house: long because an agent's life stands here as one, from its first start to its end.

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from market.model.power import GridReading, UnitState
from sim.troubles import Troubles
from sim.unit_agent import REPORT_S, UnitAgent
from sim.unit_device import SimulatedDevice
from sim.unit_kept import Keeper, unit_of
from tests.patience import PATIENCE_S
from tests.sim.unit_stand import BATTERY, CAR, NOW_S, PROFILE, Hand
from wattmarket import Event, RefusedError, UnreachableError, UsageError
from wattmarket.values import time_from_seconds


class Market:
    """Plays the client: one stream, and everything that is told."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.row = row
        self.away = False
        self.missed = 0
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.readings: list[Any] = []
        self.states: list[dict[str, Any]] = []
        self.told: list[tuple[str, str, str]] = []
        self.refusals: list[RefusedError] = []
        self.alarms = self

    def _answer(self) -> None:
        if self.away:
            self.missed += 1
            raise UnreachableError("nobody there")
        if self.refusals:
            raise self.refusals.pop()

    async def units(self) -> list[dict[str, Any]]:
        self._answer()
        return [self.row]

    async def definition(self) -> dict[str, Any]:
        return {"interval_minutes": 15}

    async def clock(self) -> dict[str, Any]:
        self._answer()
        return {"now": time_from_seconds(NOW_S), "running": True, "speed": 1.0}

    @asynccontextmanager
    async def stream(self, *_: object) -> AsyncIterator[AsyncIterator[Event]]:
        async def events() -> AsyncIterator[Event]:
            while True:
                yield await self.events.get()

        yield events()

    async def tell(self, kind: str, level: str, member_id: str, **_: object) -> None:
        self._answer()
        self.told.append((kind, level, member_id))

    async def report_unit_state(self, unit_id: str, report: dict[str, Any]) -> None:
        self._answer()
        self.states.append({"unit_id": unit_id, **report})

    async def report_measurements(self, area_id: str, items: list[Any]) -> None:
        self._answer()
        self.readings += [{"area_id": area_id, **item} for item in items]


class Device:
    """A device that does at once what it is told."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.row = row
        self.on = False
        self.target_w = 0
        self.broken = False
        self.voltage_ppm = 1_000_000

    def readiness(self, profile: Any) -> Any:  # noqa: ANN401 - as the port has it
        return SimulatedDevice(
            unit_of(self.row), Troubles(unit_of(self.row)), lambda: None, 1
        ).readiness(profile)

    def read(self) -> GridReading:
        if self.broken:
            raise TimeoutError("no answer")
        return GridReading(
            voltage_ppm=self.voltage_ppm, frequency_mhz=50_000,
            power_w=self.target_w if self.on else 0,
            state_of_charge_wh=10_000 if self.row["storage"] else None,
        )  # fmt: skip

    def write(self, target_w: int) -> None:
        if self.broken:
            raise TimeoutError("no answer")
        self.target_w = target_w

    def connect(self) -> None:
        self.on = True

    def disconnect(self) -> None:
        self.on = False


class Stand:
    """An agent whose seconds are counted by the test."""

    def __init__(self, folder: Path, row: dict[str, Any], *, grid: bool = False) -> None:
        self.hand, self.market, self.device = Hand(), Market(row), Device(row)
        self.said: list[str] = []
        self.shown: list[str] = []
        self.keeper = Keeper(folder, row["unit_id"])
        self.agent = UnitAgent(
            client=self.market,  # type: ignore[arg-type]  # it plays one
            unit_id=row["unit_id"], profile=PROFILE, keeper=self.keeper,
            make_device=lambda *_: self.device, chance=lambda _: 0,
            wall_s=self.hand.wall_s, real_ms=self.hand.real_ms,
            say=self.said.append, show=lambda line, _: self.shown.append(line),
            has_grid_channel=grid,
        )  # fmt: skip
        self.seq = 0
        self.epoch = 1

    @property
    def now_s(self) -> int:
        return int(self.hand.wall_s())

    @property
    def state(self) -> UnitState:
        return self.agent._machine.state  # noqa: SLF001  # what the device sees of it

    async def begin(self) -> None:
        kept_now = self.keeper.read() or await self.agent._introduced()  # noqa: SLF001
        assert kept_now is not None
        self.agent._begin(kept_now)  # noqa: SLF001

    def hear(self, kind: str, **data: Any) -> None:  # noqa: ANN401 - JSON
        self.seq += 1
        event = Event(
            type=kind, channel="unit", key="car", epoch=self.epoch, seq=self.seq,
            ts=time_from_seconds(self.now_s), data=data,
        )  # fmt: skip
        self.agent._take(event)  # noqa: SLF001  # what follows each event

    def beat(self) -> None:
        self.hear("heartbeat", now=time_from_seconds(self.now_s), running=True, speed=1.0)

    def setpoint(self, target_kw: str, sequence: int, **more: str) -> dict[str, Any]:
        start_s = self.now_s - self.now_s % 900
        row = {
            "unit_id": self.device.row["unit_id"], "start": time_from_seconds(start_s),
            "until": time_from_seconds(start_s + 900), "target_kw": target_kw,
            "fallback_kw": "0.000", "sequence": sequence, **more,
        }  # fmt: skip
        self.hear("delta", event="setpoint", **row)
        return row

    def limit(self, kw: str, sequence: int, reason: str, seconds: int = 3_600) -> None:
        row = {
            "unit_id": self.device.row["unit_id"], "from": time_from_seconds(self.now_s),
            "until": time_from_seconds(self.now_s + seconds), "withdrawal_max_kw": kw,
            "injection_max_kw": kw if self.device.row["storage"] else "0.000",
            "sequence": sequence, "reason": reason,
        }  # fmt: skip
        self.hear("delta", event="limits", limits=[row])

    def live(self, seconds: int, *, beats: bool = True) -> None:
        for _ in range(seconds):
            self.hand.passed_ms += 1_000
            if beats and self.hand.passed_ms % 5_000 == 0:
                self.beat()
            self.agent._tick()  # noqa: SLF001  # a second of its loop


def stand(folder: Path, row: dict[str, Any] = CAR, *, grid: bool = False) -> Stand:
    made = Stand(folder, row, grid=grid)
    asyncio.run(made.begin())
    made.beat()
    made.live(90)
    return made


def test_it_follows_and_after_a_power_cut_knows_its_setpoint_without_the_market(
    tmp_path: Path,
) -> None:
    first = stand(tmp_path)
    first.setpoint("-3.000", 1)
    first.live(240)
    assert (first.state, first.device.target_w) == (UnitState.NORMAL, -3_000)

    second = Stand(tmp_path, CAR)
    second.hand.passed_ms = first.hand.passed_ms + 2_000
    second.market.away = True
    asyncio.run(second.begin())
    second.live(240, beats=False)
    assert second.state is UnitState.STALE
    assert second.device.target_w == -3_000, "to its own end"
    second.live(400, beats=False)
    assert second.device.target_w == 0
    assert second.device.on, "a load is not cut for that"
    refused = second.setpoint("-2.000", 1)
    assert refused
    assert any("set-point refused: PHASE_CONFLICT" in line for line in second.said)


def test_a_limit_narrows_while_it_lasts_and_the_schedule_comes_back(tmp_path: Path) -> None:
    made = stand(tmp_path)
    made.setpoint("-3.000", 1)
    made.live(240)
    made.limit("1.000", 1, "operator_limit", seconds=60)
    made.live(1)
    assert made.device.target_w == -1_000
    made.live(60)
    assert made.device.target_w == -3_000


def test_with_a_grid_channel_its_silence_leads_to_the_failsafe_limits(tmp_path: Path) -> None:
    made = stand(tmp_path, BATTERY, grid=True)
    made.limit("10.000", 1, "", seconds=86_400)
    made.live(240)
    made.setpoint("4.000", 1)
    made.live(300)
    assert (made.state, made.device.target_w) == (UnitState.NORMAL, 4_000)

    made.live(118, beats=False)
    assert made.state is UnitState.STALE
    made.live(12, beats=False)
    assert (made.state, made.device.target_w) == (UnitState.FAILSAFE, 0)
    assert made.agent._waiting, "alarms wait for the market"  # noqa: SLF001


def test_a_stop_survives_a_power_cut_and_ends_only_when_the_market_says_so(tmp_path: Path) -> None:
    made = stand(tmp_path, BATTERY)
    made.live(60)
    made.setpoint("4.000", 1)
    made.live(300)
    made.limit("0.000", 1, "emergency_stop", seconds=60)
    made.live(1)
    assert (made.state, made.device.on) == (UnitState.STOPPED, False)
    made.live(120)
    assert made.state is UnitState.STOPPED, "its end is not leave to start"

    again = Stand(tmp_path, BATTERY)
    again.hand.passed_ms = made.hand.passed_ms + 1_000
    asyncio.run(again.begin())
    again.live(30)
    assert again.state is UnitState.STOPPED
    again.limit("10.000", 2, "")
    again.live(120)
    assert again.state in {UnitState.CONNECTING, UnitState.STALE, UnitState.NORMAL}
    assert again.device.on


def test_a_planned_stop_ends_without_a_second_person(tmp_path: Path) -> None:
    made = stand(tmp_path)
    made.limit("0.000", 1, "stopped")
    made.live(2)
    assert made.state is UnitState.STOPPED
    made.limit("10.000", 2, "operator_limit")
    made.live(5)
    assert made.state is not UnitState.STOPPED


@pytest.mark.parametrize("grid", [False, True])
def test_after_a_takeover_the_older_writers_words_are_refused(tmp_path: Path, grid: bool) -> None:
    made = stand(tmp_path, grid=grid)
    made.epoch = 2  # the newer writer says all of it again, with the sequences it has read
    made.beat()
    made.limit("10.000", 4, "", seconds=86_400)
    made.setpoint("-3.000", 7)
    made.live(240)
    assert (made.state, made.device.target_w) == (UnitState.NORMAL, -3_000)
    said = len(made.said)

    made.epoch = 1
    made.setpoint("-1.000", 8)
    made.limit("0.500", 9, "operator_limit")
    made.limit("0.000", 10, "stopped")
    made.beat()
    made.live(2, beats=False)

    assert (made.state, made.device.target_w) == (UnitState.NORMAL, -3_000)
    refused = [line for line in made.said[said:] if "refused" in line]
    assert refused == [
        "set-point refused: PHASE_CONFLICT (epoch)",
        "limit refused: PHASE_CONFLICT (epoch)",
        "limit refused: PHASE_CONFLICT (epoch)",
    ]
    made.epoch = 2
    made.setpoint("-2.000", 8)
    made.live(120)
    assert made.device.target_w == -2_000


def test_after_a_power_cut_the_older_writer_is_still_known(tmp_path: Path) -> None:
    first = stand(tmp_path)
    first.epoch = 5
    first.beat()
    first.live(60)
    second = Stand(tmp_path, CAR)
    second.hand.passed_ms = first.hand.passed_ms + 2_000
    asyncio.run(second.begin())
    second.epoch = 4
    second.limit("0.000", 1, "stopped")
    second.live(5, beats=False)
    assert second.state is not UnitState.STOPPED


def test_a_device_that_does_not_answer_is_said_and_comes_back(tmp_path: Path) -> None:
    made = stand(tmp_path, BATTERY)
    made.live(60)
    made.device.broken = True
    made.live(15)
    assert made.state is UnitState.INIT
    assert any("does not answer" in line for line in made.said)
    made.device.broken = False
    made.live(90)
    assert made.state is not UnitState.INIT


def test_a_trip_takes_the_device_off_and_is_told(tmp_path: Path) -> None:
    made = stand(tmp_path, BATTERY)
    made.live(60)
    made.device.voltage_ppm = 1_200_000
    made.live(5)
    assert (made.state, made.device.on) == (UnitState.TRIPPED, False)
    assert any(line.startswith("alarm tripped") for line in made.said)
    assert made.shown[-1].split("  ")[1:5] == [
        "tripped", "V 1.200000", "f 50.000 Hz", "off the grid",
    ]  # fmt: skip


def test_everything_waits_for_the_market_and_arrives_once(tmp_path: Path) -> None:
    async def story(made: Stand) -> None:
        sending = asyncio.create_task(made.agent._send_what_waits())  # noqa: SLF001

        async def until(holds: Callable[[], bool]) -> None:
            async with asyncio.timeout(PATIENCE_S):
                while not holds():
                    assert not sending.done()
                    await asyncio.sleep(0.01)

        await until(lambda: made.market.missed >= 2)
        assert made.market.readings == []
        made.market.away = False
        made.market.refusals = [
            RefusedError(409, code="MEASUREMENT_IMPLAUSIBLE"),
        ]
        await until(lambda: bool(made.market.readings))
        # Each turn begins with how the unit stands: at the second one the first has sent all it would.
        for _ in range(2):
            told = len(made.market.states)
            made.hand.passed_ms += int(REPORT_S * 1_000)
            await until(lambda told=told: len(made.market.states) > told)  # type: ignore[misc]
        sending.cancel()

    made = stand(tmp_path)
    made.setpoint("-3.000", 1)
    made.live(1_800)
    made.market.away = True
    waiting = [item.what for item in made.agent._waiting]  # noqa: SLF001
    assert waiting.count("reading") == 1
    asyncio.run(story(made))
    (reading,) = made.market.readings
    assert reading["consumption_kwh"] == "0.007", "what the ramp down to its fallback still took"
    assert made.market.states[-1]["state"] == made.state.value
    assert reading["sequence"] == (NOW_S + 900) // 900


def test_it_runs_its_seconds_and_ends_in_its_safe_state(tmp_path: Path) -> None:
    made = Stand(tmp_path, BATTERY)
    made.device.on, made.device.target_w = True, 3_000

    async def run() -> None:
        made.agent._real_ms = lambda: int(asyncio.get_running_loop().time() * 1_000)  # noqa: SLF001
        await made.agent.run(seconds=2)

    asyncio.run(run())
    assert (made.device.on, made.device.target_w) == (False, 0)
    assert made.said[-1] == "ended: the unit is in its safe state"
    assert made.keeper.read() is not None


def test_a_market_that_is_away_at_the_very_first_start_is_waited_for(tmp_path: Path) -> None:
    made = Stand(tmp_path, CAR)
    made.market.away = True

    async def run() -> None:
        running = asyncio.create_task(made.agent.run())
        await asyncio.sleep(0.05)
        made.agent.stop()
        await running

    asyncio.run(run())
    assert "out of reach, the unit stays off" in made.said[0]
    assert made.keeper.read() is None


def test_credentials_of_another_unit_are_refused(tmp_path: Path) -> None:
    made = Stand(tmp_path, CAR)
    made.market.row = BATTERY
    with pytest.raises(UsageError, match="not for the unit car"):
        asyncio.run(made.agent.run())
