"""An area's gateway: set-points come in over one socket, meter readings go out in one batch.

The one idea: the gateway is the only way to a device. It hands each set-point to the device's own
controller and keeps what was asked of whom, because a household reads there what it has traded.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import Any

from market.model.power import Setpoint
from sim.agents import DeviceState
from sim.devices import Device, Reading
from wattmarket import AsyncClient, Event, RefusedError
from wattmarket.values import count_of, seconds_from_time, text_of, time_from_seconds

ENERGY_DECIMALS = 3
POWER_DECIMALS = 3
SETPOINTS_LATE_S = 2.0
"""Real time that set-points may come after the result before they are asked for."""


class Gateway:
    """One area: its devices, its socket, its meter batch."""

    def __init__(
        self, client: AsyncClient, area_id: str, devices: Iterable[Device], *, interval_s: int
    ) -> None:
        self.area_id = area_id
        self.devices = {device.unit.unit_id: device for device in devices}
        self.refused: Counter[str] = Counter()
        """Set-points a device did not take, by code."""
        self.readings_refused: Counter[str] = Counter()
        self._client = client
        self._interval_s = interval_s
        self._targets_w: dict[int, dict[str, int]] = {}
        self._arrived = asyncio.Condition()
        self._stepped_until_s: int | None = None

    async def follow(self) -> None:
        """Take set-points from the area's channel for as long as the task lives."""
        async with self._client.stream(("area", self.area_id)) as events:
            async for event in events:
                await self._take(event)

    async def targets_w(self, start_s: int) -> dict[str, int]:
        """What was asked of each unit for the interval, W; waits, then asks for what did not come."""
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
        items = [_item(reading, start_s) for reading in readings]
        try:
            await self._client.report_measurements(self.area_id, items)
        except RefusedError as refused:
            codes = [str(fault.get("code")) for fault in refused.errors] or [refused.code]
            self.readings_refused.update(codes)

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
        if event.type == "heartbeat" or not (rows := event.data.get("setpoints")):
            return
        await self._accept(rows, seconds_from_time(event.ts))

    async def _accept(self, rows: Iterable[dict[str, Any]], now_s: int) -> None:
        for row in rows:
            setpoint = Setpoint(
                unit_id=row["unit_id"],
                start_s=seconds_from_time(row["start"]),
                until_s=seconds_from_time(row["until"]),
                target_w=count_of(row["target_kw"], POWER_DECIMALS),
                fallback_w=count_of(row["fallback_kw"], POWER_DECIMALS),
                sequence=row["sequence"],
            )
            device = self.devices.get(setpoint.unit_id)
            if device is None:
                continue
            code = device.accept(setpoint, now_s)
            if code is not None:
                self.refused[code.value] += 1
            self._targets_w.setdefault(setpoint.start_s, {})[setpoint.unit_id] = setpoint.target_w
        async with self._arrived:
            self._arrived.notify_all()


def _item(reading: Reading, start_s: int) -> dict[str, str | None]:
    injection_wh, stored_wh = reading.injection_wh, reading.state_of_charge_wh
    return {
        "unit_id": reading.unit_id,
        "start": time_from_seconds(start_s),
        "consumption_kwh": text_of(max(0, -injection_wh), ENERGY_DECIMALS),
        "generation_kwh": text_of(max(0, injection_wh), ENERGY_DECIMALS),
        "state_of_charge_kwh": None if stored_wh is None else text_of(stored_wh, ENERGY_DECIMALS),
    }
