"""The gateway: set-points to the devices, readings to the market, and what a home reads there."""

import asyncio
from typing import Any

import httpx
import msgspec
import numpy as np
import pytest

from sim import gateway as module
from sim.agents import DeviceState
from sim.devices import devices_of
from sim.faults import LostContact, Window
from sim.gateway import Gateway
from sim.profiles import Battery, Household, UnitProfile
from sim.troubles import Troubles
from wattmarket import AsyncClient, Event

DAY_S = 1_465_945_200
INTERVAL_S = 900
STORAGE = "RUR-P0001-storage"


def home() -> Household:
    zeros = np.zeros(8, dtype=np.int64)
    battery = Battery(
        capacity_wh=6_800, start_wh=1_360, power_w=3_400,
        efficiency_charge_ppm=950_000, efficiency_discharge_ppm=950_000,
    )  # fmt: skip
    units = tuple(
        UnitProfile(
            unit_id=f"RUR-P0001-{kind}", kind=kind, injection_max_w=3_400, withdrawal_max_w=3_400,
            controllable=kind == "storage", energy_wh=np.arange(96, dtype=np.int64),
            before_wh=zeros, after_wh=zeros, battery=battery if kind == "storage" else None,
        )
        for kind in ("load", "storage")
    )  # fmt: skip
    return Household(
        participant_id="RUR-P0001", area_id="RUR", name="Home", is_business=False, units=units
    )


def row(target_kw: str, *, unit_id: str = STORAGE, sequence: int = 1) -> dict[str, Any]:
    return {
        "unit_id": unit_id, "start": "2016-06-14T23:00:00Z", "until": "2016-06-14T23:15:00Z",
        "target_kw": target_kw, "fallback_kw": "0.000", "sequence": sequence,
    }  # fmt: skip


def setpoints(*rows: dict[str, Any]) -> Event:
    return Event(
        type="delta", channel="area", key="RUR", epoch=1, seq=1, ts="2016-06-14T22:46:00Z",
        data={"event": "setpoints", "setpoints": list(rows)},
    )  # fmt: skip


class Market:
    """Plays the market's side of the gateway."""

    def __init__(self, asked_later: list[dict[str, Any]], *, refuse: bool = False) -> None:
        self.readings: list[Any] = []
        self._asked_later = asked_later
        self._refuse = refuse

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/setpoints"):
            return httpx.Response(200, json={"items": self._asked_later, "next_cursor": None})
        self.readings.append(msgspec.json.decode(request.content))
        if self._refuse:
            faults = [{"pointer": "items/0/start", "code": "MEASUREMENT_TOO_LATE"}]
            return httpx.Response(409, json={"code": "MEASUREMENT_TOO_LATE", "errors": faults})
        return httpx.Response(201, json={"count": 2})


def gateway(market: Market) -> Gateway:
    http = httpx.AsyncClient(base_url="http://m", transport=httpx.MockTransport(market))
    client = AsyncClient("http://m", market="village", http=http)
    devices = devices_of(home(), day_start_s=DAY_S, interval_s=INTERVAL_S)
    return Gateway(client, "RUR", devices, interval_s=INTERVAL_S)


async def take(area: Gateway, event: Event) -> None:
    await area._take(event)  # noqa: SLF001  # what follow() does with each event


def test_a_setpoint_moves_the_device_and_the_meter_says_so() -> None:
    market = Market([])
    area = gateway(market)

    async def day() -> dict[str, int]:
        await take(area, setpoints(row("-2.000"), row("1.000", unit_id="SEM-P0001-load")))
        targets_w = await area.targets_w(DAY_S)
        await area.report(DAY_S)
        return targets_w

    assert asyncio.run(day()) == {STORAGE: -2_000}
    assert market.readings == [
        {
            "area_id": "RUR",
            "items": [
                {"unit_id": "RUR-P0001-load", "start": "2016-06-14T23:00:00Z",
                 "consumption_kwh": "0.000", "generation_kwh": "0.000", "state_of_charge_kwh": None},
                {"unit_id": STORAGE, "start": "2016-06-14T23:00:00Z",
                 "consumption_kwh": "0.500", "generation_kwh": "0.000", "state_of_charge_kwh": "1.835"},
            ],
        }
    ]  # fmt: skip
    assert area.state(STORAGE, DAY_S) == DeviceState(as_of_s=DAY_S + INTERVAL_S, level_wh=1_835)


def test_the_state_before_the_first_interval_is_that_of_the_days_beginning() -> None:
    assert gateway(Market([])).state(STORAGE, DAY_S) == DeviceState(as_of_s=DAY_S, level_wh=1_360)


def test_setpoints_that_do_not_come_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SETPOINTS_LATE_S", 0.01)
    area = gateway(Market([row("1.200")]))

    assert asyncio.run(area.targets_w(DAY_S)) == {STORAGE: 1_200}
    (storage,) = [reading for reading in area.step(DAY_S) if reading.unit_id == STORAGE]
    assert storage.injection_wh == 300


def test_a_refused_setpoint_and_refused_readings_are_counted_by_code() -> None:
    area = gateway(Market([], refuse=True))

    async def day() -> None:
        await take(area, setpoints(row("99.000")))
        await area.report(DAY_S)

    asyncio.run(day())
    assert area.refused == {"EXCEEDS_CAPABILITY": 1}
    assert area.readings_refused == {"MEASUREMENT_TOO_LATE": 1}


def test_an_interval_happens_once() -> None:
    area = gateway(Market([]))
    area.step(DAY_S)
    with pytest.raises(AssertionError, match="happens once"):
        area.step(DAY_S)


def test_a_cut_line_withholds_readings_and_sends_them_when_it_is_back() -> None:
    market = Market([])
    area = gateway(market)
    window = Window(from_s=DAY_S, until_s=DAY_S + 2 * INTERVAL_S)
    mute = LostContact(window=window, hears=True, says=False)
    area.devices[STORAGE].troubles = Troubles(area.devices[STORAGE].unit, [mute])

    async def day() -> None:
        for index in range(3):
            await area.report(DAY_S + index * INTERVAL_S)

    asyncio.run(day())
    sent = [
        [(item["unit_id"], item["start"][11:16]) for item in batch["items"]]
        for batch in market.readings
    ]
    load = "RUR-P0001-load"
    assert sent == [
        [(load, "23:00")],
        [(load, "23:15"), (STORAGE, "23:15")],
        [(STORAGE, "23:00")],
        [(load, "23:30"), (STORAGE, "23:30")],
    ]


def test_signs_of_life_and_what_the_meters_saw_reach_the_devices() -> None:
    area = gateway(Market([]))
    heard: list[int] = []
    device = area.devices[STORAGE]
    device.hear = heard.append  # type: ignore[method-assign]
    ts = "2016-06-14T23:00:00.000Z"
    beat = Event(type="heartbeat", channel="", key="", epoch=1, seq=-1, ts=ts, data={})
    picture = {"lowest_voltage_pu": "0.930000", "highest_voltage_pu": "1.050000"}
    seen = Event(
        type="delta", channel="area", key="RUR", epoch=1, seq=2, ts=ts,
        data={"event": "grid_seen", "picture": picture},
    )  # fmt: skip

    async def day() -> None:
        await take(area, beat)
        await take(area, seen)

    asyncio.run(day())
    assert heard == [DAY_S]
    assert device.troubles.area_voltage_ppm == 930_000
