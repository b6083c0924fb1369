"""Cutting an area off: what is asked for, what the gateway does meanwhile, what the story must hold."""

import asyncio
from typing import Any

import httpx
import msgspec
import pytest

from sim.cut import Blackout, Cut, faults_of, read_cut
from sim.devices import devices_of
from sim.gateway import Gateway
from tests.sim.test_gateway import DAY_S, INTERVAL_S, Market, home
from wattmarket import AsyncClient, UsageError

NOON_S = DAY_S + 12 * 3_600


@pytest.mark.parametrize(
    ("text", "from_s", "lasts_s"),
    [("SEM@12:00+2h", NOON_S, 7_200), ("SEM@11:30+45m", NOON_S - 1_800, 2_700),
     ("SEM@12:00+1h30m", NOON_S, 5_400)],
)  # fmt: skip
def test_a_cut_is_an_area_a_time_and_a_duration(text: str, from_s: int, lasts_s: int) -> None:
    wanted = Cut(area_id="SEM", from_s=from_s, until_s=from_s + lasts_s)
    assert read_cut(text, DAY_S) == wanted


def test_no_cut_is_none() -> None:
    assert read_cut(None, DAY_S) is None


@pytest.mark.parametrize("text", ["SEM", "SEM@12+2h", "SEM@12:00", "SEM@25:00+1h", "SEM@12:00+"])
def test_what_is_no_cut_is_said(text: str) -> None:
    with pytest.raises(UsageError, match=r"--cut"):
        read_cut(text, DAY_S)


def cut_gateway(market: Market) -> Gateway:
    http = httpx.AsyncClient(base_url="http://m", transport=httpx.MockTransport(market))
    return Gateway(
        AsyncClient("http://m", market="village", http=http),
        "RUR",
        devices_of(home(), day_start_s=DAY_S, interval_s=INTERVAL_S),
        interval_s=INTERVAL_S,
        cut=Cut(area_id="RUR", from_s=DAY_S + 2 * INTERVAL_S, until_s=DAY_S + 4 * INTERVAL_S),
    )


def test_readings_of_a_cut_come_interval_by_interval_when_it_is_over() -> None:
    market = Market([])
    gateway = cut_gateway(market)
    for number in range(4):
        asyncio.run(gateway.report(DAY_S + number * INTERVAL_S))
    told = [{item["start"] for item in batch["items"]} for batch in market.readings]
    assert told == [
        {"2016-06-14T23:00:00Z"},
        {"2016-06-14T23:45:00Z"},
        {"2016-06-14T23:15:00Z"},
        {"2016-06-14T23:30:00Z"},
    ]
    blackout = gateway.blackout
    assert blackout is not None
    assert (blackout.intervals, blackout.withheld, blackout.told_late) == (2, 4, 4)
    assert blackout.unsteered == 2


def test_during_a_cut_nobody_asks_the_market_for_set_points() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise AssertionError("the line is cut")

    gateway = cut_gateway(Market([]))
    gateway._client = AsyncClient(  # noqa: SLF001  # what the line carries
        "http://m",
        market="village",
        http=httpx.AsyncClient(base_url="http://m", transport=httpx.MockTransport(refuse)),
    )

    async def ask() -> dict[str, int]:
        await gateway.tell_time(DAY_S + 2 * INTERVAL_S)
        return await gateway.targets_w(DAY_S + 3 * INTERVAL_S)

    assert asyncio.run(ask()) == {}
    assert not gateway.is_reachable


def story(**changed: object) -> dict[str, Any]:
    blackout = Blackout(Cut(area_id="SEM", from_s=NOON_S, until_s=NOON_S + 3_600))
    return {
        **blackout.summary(),
        "acts": [
            {"kind": "decouple", "state": "performed", "by": ["a"]},
            {"kind": "couple", "state": "performed", "by": ["a", "b"]},
        ],
        "alarms": [{"kind": "decoupled"}],
        "substituted_readings": 4,
        "late_readings": 4,
        "line_energy_kwh": "0.000",
        **changed,
    }


def test_a_story_that_holds_has_no_faults() -> None:
    assert faults_of(story()) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"acts": []},
        {"readings_withheld": 5},
        {"late_readings": 3},
        {"line_energy_kwh": "0.001"},
        {"alarms": []},
    ],
    ids=str,
)
def test_what_a_story_does_not_hold_is_said(changed: dict[str, Any]) -> None:
    assert faults_of(story(**changed))


def test_what_a_gateway_noted_can_be_written_down() -> None:
    said = Blackout(Cut(area_id="SEM", from_s=NOON_S, until_s=NOON_S + 3_600)).summary()
    assert msgspec.json.decode(msgspec.json.encode(said)) == said
