"""An area is cut off in the middle of the day: people let it go on alone and couple it again, and nothing is lost."""

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sim.cut import Cut, faults_of, read_cut, story_of, tend
from sim.profiles import load_village
from sim.scenario import SEED
from tests.journeys.hamlet import (
    INTERVALS,
    MARKET_ID,
    Town,
    command,
    hamlet,
    simulation,
    tally,
    town,
    wait_for_settled,
    wait_for_the_day,
)
from tests.patience import PATIENCE_S
from wattmarket import AsyncClient, Client

pytestmark = [pytest.mark.journey, pytest.mark.long]

CUT = "SEM@11:30+45m"
DAY = "2016-06-15"


def test_an_area_cut_off_for_a_while_costs_nobody_a_reading(tmp_path: Path) -> None:
    cut = read_cut(CUT, load_village(seed=SEED).day_start_s)
    assert cut is not None
    with town(tmp_path, speed=600) as made:
        with simulation(made, "--cut", CUT) as homes, made.operator() as operator:
            asyncio.run(people(made, operator, cut))
            assert homes.wait(timeout=PATIENCE_S) == 0, (tmp_path / "simulation.log").read_text()
            wait_for_settled(operator, INTERVALS)
            wait_for_the_day(operator)
            (counted,) = tally(made)["cuts"]
            story = asyncio.run(told(made, operator, counted))

            every_interval_cleared_and_adds_up(operator)
            the_area_traded_inside_itself_only(operator, story)
            late_readings_are_versions_beside_what_was_settled(operator, story)
            assert faults_of(story) == []
            assert operator.ledger()["sum_quanta"] == 0
        the_recorded_day_comes_out_the_same(made)


async def people(made: Town, operator: Client, cut: Cut) -> None:
    """Two at the desk; the clock starts once both are there."""
    (second,) = operator.create_clients([{"role": "operator"}])
    file = made.folder / "var" / "credentials" / "operator.json"
    async with (
        AsyncClient(made.url, market=MARKET_ID, credentials=file) as first,
        AsyncClient(
            made.url,
            market=MARKET_ID,
            client_id=second["client_id"],
            client_secret=second["client_secret"],
        ) as other,
    ):
        await first.start_clock()
        await tend(cut, first, other, MARKET_ID)


async def told(made: Town, operator: Client, counted: dict[str, Any]) -> dict[str, Any]:
    file = made.folder / "var" / "credentials" / "operator.json"
    async with AsyncClient(made.url, market=MARKET_ID, credentials=file) as client:
        return await story_of(
            client,
            counted,
            intervals=operator.intervals(),
            totals=operator.report(DAY),
            members=[home.participant_id for home in hamlet().households if home.area_id == "SEM"],
        )


def every_interval_cleared_and_adds_up(operator: Client) -> None:
    intervals = operator.intervals()
    assert {interval["phase"] for interval in intervals} == {"settled"}
    assert {interval["rung"] for interval in intervals} == {"optimal"}
    assert not any(interval["audit_faults"] for interval in intervals)
    for interval in intervals:
        sold = sum(Decimal(area["sold_kwh"]) for area in interval["areas"])
        bought = sum(Decimal(area["bought_kwh"]) for area in interval["areas"])
        lost = sum(
            Decimal(line[f"sent_{way}_kwh"]) - Decimal(line[f"received_{way}_kwh"])
            for line in interval["lines"]
            for way in ("forward", "backward")
        )
        assert sold == bought + lost


def the_area_traded_inside_itself_only(operator: Client, story: dict[str, Any]) -> None:
    """While it was alone nothing went over its lines; at other times something did."""
    assert story["line_energy_kwh"] == "0.000"
    over = [
        sum(
            Decimal(line["sent_forward_kwh"]) + Decimal(line["sent_backward_kwh"])
            for line in interval["lines"]
            if "SEM" in {line["from_area"], line["to_area"]}
        )
        for interval in operator.intervals()
    ]
    assert any(over), over
    assert over.count(Decimal(0)) >= 3, over


def late_readings_are_versions_beside_what_was_settled(
    operator: Client, story: dict[str, Any]
) -> None:
    rows = operator.measurements(versions=True)
    late = [row for row in rows if row["late"]]
    assert late
    assert {row["area_id"] for row in late} == {"SEM"}
    counts = {(row["unit_id"], row["start"]): row for row in rows if not row["late"]}
    assert all(counts[row["unit_id"], row["start"]]["substituted"] for row in late)
    assert story["readings_withheld"] == story["readings_told_late"]
    assert story["unsteered"] > 0
    assert [alarm["kind"] for alarm in story["alarms"]] == ["decoupled", "contact_lost"]


def the_recorded_day_comes_out_the_same(made: Town) -> None:
    var = str(made.folder / "var")
    lived = json.loads(command("replay", var, MARKET_ID, "--json"))
    # The market goes on beside: both are compared where the first ended.
    until = ("--json", "--until-batch", str(lived["batch"]))
    assert lived == json.loads(command("replay", var, MARKET_ID, *until, "--events"))
