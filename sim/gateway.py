"""An area's gateway: set-points come in over one socket, meter readings go out in one batch.

The one idea: the gateway is the only way to a device. It hands each set-point to the device's own
controller and keeps what was asked of whom, because a household reads there what it has traded.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import Any

from sim.agents import DeviceState
from sim.cut import Blackout, Cut
from sim.devices import Device, Reading
from sim.unit_words import setpoint_of
from wattmarket import AsyncClient, Event, RefusedError
from wattmarket.values import count_of, seconds_from_time, text_of, time_from_seconds

ENERGY_DECIMALS = 3
POWER_DECIMALS = 3
VOLTAGE_DECIMALS = 6
RATED_VOLTAGE_PPM = 1_000_000
SETPOINTS_LATE_S = 2.0
"""Real time that set-points may come after the result before they are asked for."""


class Gateway:
    """One area: its devices, its socket, its meter batch."""

    def __init__(
        self,
        client: AsyncClient,
        area_id: str,
        devices: Iterable[Device],
        *,
        interval_s: int,
        cut: Cut | None = None,
    ) -> None:
        """Nothing is opened yet; `cut` says when its line to the market is cut."""
        self.area_id = area_id
        self.blackout = None if cut is None else Blackout(cut)
        self.devices = {device.unit.unit_id: device for device in devices}
        self.refused: Counter[str] = Counter()
        """Set-points a device did not take, by code."""
        self.readings_refused: Counter[str] = Counter()
        self._client = client
        self._interval_s = interval_s
        self._targets_w: dict[int, dict[str, int]] = {}
        self._arrived = asyncio.Condition()
        self._stepped_until_s: int | None = None
        self._now_s = 0
        self._told = asyncio.Condition()
        self._withheld: list[tuple[Reading, int]] = []
        """Readings of devices whose line is cut, with the start of their interval."""

    async def follow(self) -> None:
        """Take set-points from the area's channel for as long as the task lives."""
        await self._listen()
        if self.blackout is not None:
            # Only a cut ends the stream. Somebody else's clock says when the line is back.
            cut = self.blackout.cut
            async with self._told:
                await self._told.wait_for(lambda: self._now_s >= cut.until_s)
            await self._tell_of(cut)
            await self._listen()

    async def _listen(self) -> None:
        async with self._client.stream(("area", self.area_id)) as events:
            async for event in events:
                if self.is_cut(seconds_from_time(event.ts)):
                    return
                await self._take(event)

    async def tell_time(self, now_s: int) -> None:
        """What the clock says, for as long as nobody else tells."""
        async with self._told:
            self._now_s = max(self._now_s, now_s)
            self._told.notify_all()

    def is_cut(self, at_s: int) -> bool:
        """True while its line to the market is cut."""
        return self.blackout is not None and self.blackout.cut.holds(at_s)

    @property
    def is_reachable(self) -> bool:
        """False while the market would not be heard here."""
        return not self.is_cut(self._now_s)

    async def targets_w(self, start_s: int) -> dict[str, int]:
        """What was asked of each unit for the interval, W; waits, then asks for what did not come."""
        if not self.is_reachable:
            return self._targets_w.get(start_s, {})
        try:
            async with asyncio.timeout(SETPOINTS_LATE_S), self._arrived:
                await self._arrived.wait_for(lambda: start_s in self._targets_w)
        except TimeoutError:
            rows = await self._client.setpoints(start=time_from_seconds(start_s))
            await self._accept(rows, start_s)
        return self._targets_w.get(start_s, {})

    async def report(self, start_s: int) -> None:
        """Let the interval happen and send what the meters counted."""
        readings = self.step(start_s)
        if self.is_cut(start_s + self._interval_s):
            self._withhold(readings, start_s)
            return
        told = [_item(reading, start_s) for reading in readings if reading.is_told]
        back = {reading.unit_id for reading in readings if reading.is_told}
        late = [_item(*kept) for kept in self._withheld if kept[0].unit_id in back]
        self._withheld = [kept for kept in self._withheld if kept[0].unit_id not in back]
        self._withheld += [(reading, start_s) for reading in readings if not reading.is_told]
        # What comes late is sent apart: refused or not, it takes nothing else with it.
        if told:
            await self._send(told)
        for items in _by_start(late):
            taken = await self._send(items)
            if self.blackout is not None:
                self.blackout.told_late += taken

    def _withhold(self, readings: list[Reading], start_s: int) -> None:
        blackout = self.blackout
        assert blackout is not None, "only a cut withholds"
        self._withheld += [(reading, start_s) for reading in readings]
        blackout.intervals += 1
        blackout.withheld += len(readings)
        for device in self.devices.values():
            if device.unit.controllable:
                blackout.states[device.state] += 1
                blackout.unsteered += not device.was_steered
                blackout.steered += device.was_steered

    async def _tell_of(self, cut: Cut) -> None:
        """The gateway's own alarm: it was out of reach, and since when."""
        parameters = {
            "from": time_from_seconds(cut.from_s),
            "until": time_from_seconds(cut.until_s),
        }
        await self._client.alarms.tell("contact_lost", "area", self.area_id, parameters=parameters)

    async def _send(self, items: list[dict[str, str | None]]) -> int:
        """How many were taken."""
        try:
            return await self._client.report_measurements(self.area_id, items)
        except RefusedError as refused:
            codes = [str(fault.get("code")) for fault in refused.errors] or [refused.code]
            self.readings_refused.update(codes)
            return 0

    def step(self, start_s: int) -> list[Reading]:
        """Every device lives through the interval; intervals come in order, each once."""
        after_last = self._stepped_until_s is None or start_s >= self._stepped_until_s
        assert after_last, "an interval happens once"
        self._stepped_until_s = start_s + self._interval_s
        self._targets_w = {
            at_s: targets for at_s, targets in self._targets_w.items() if at_s >= start_s
        }
        return [device.step(start_s) for device in self.devices.values()]

    def state(self, unit_id: str, day_start_s: int) -> DeviceState:
        """What its owner reads from the device: the level after the last interval that happened."""
        physics = self.devices[unit_id].physics
        stored_wh = physics.stored_wh
        return DeviceState(
            as_of_s=day_start_s if self._stepped_until_s is None else self._stepped_until_s,
            level_wh=physics.taken_wh if stored_wh is None else stored_wh,
        )

    async def _take(self, event: Event) -> None:
        now_s = seconds_from_time(event.ts)
        if event.type == "heartbeat":
            for device in self.devices.values():
                device.hear(now_s)
        elif event.data.get("event") == "grid_seen":
            self._take_voltage(event.data["picture"])
        elif rows := event.data.get("setpoints"):
            await self._accept(rows, now_s)

    def _take_voltage(self, picture: dict[str, Any]) -> None:
        """What the meters saw of the grid: devices told by their faults to see it, see the worst."""
        seen = (picture["lowest_voltage_pu"], picture["highest_voltage_pu"])
        voltages_ppm = [count_of(text, VOLTAGE_DECIMALS) for text in seen if text is not None]
        worst_ppm = max(
            voltages_ppm, key=lambda ppm: abs(ppm - RATED_VOLTAGE_PPM), default=RATED_VOLTAGE_PPM
        )
        for device in self.devices.values():
            device.troubles.area_voltage_ppm = worst_ppm

    async def _accept(self, rows: Iterable[dict[str, Any]], now_s: int) -> None:
        for row in rows:
            setpoint = setpoint_of(row)
            device = self.devices.get(setpoint.unit_id)
            if device is None:
                continue
            code = device.accept(setpoint, now_s)
            if code is not None:
                self.refused[code.value] += 1
            self._targets_w.setdefault(setpoint.start_s, {})[setpoint.unit_id] = setpoint.target_w
        async with self._arrived:
            self._arrived.notify_all()


def _by_start(items: list[dict[str, str | None]]) -> list[list[dict[str, str | None]]]:
    """Interval by interval: a batch of hours would be larger than the server takes."""
    starts = dict.fromkeys(item["start"] for item in items)
    return [[item for item in items if item["start"] == start] for start in starts]


def _item(reading: Reading, start_s: int) -> dict[str, str | None]:
    injection_wh, stored_wh = reading.injection_wh, reading.state_of_charge_wh
    return {
        "unit_id": reading.unit_id,
        "start": time_from_seconds(start_s),
        "consumption_kwh": text_of(max(0, -injection_wh), ENERGY_DECIMALS),
        "generation_kwh": text_of(max(0, injection_wh), ENERGY_DECIMALS),
        "state_of_charge_kwh": None if stored_wh is None else text_of(stored_wh, ENERGY_DECIMALS),
    }
