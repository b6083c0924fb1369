"""Two hours of a market day, from an empty folder to settled accounts, over the wire."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from tests.journeys.hamlet import (
    INTERVALS,
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
from wattmarket import Client

pytestmark = pytest.mark.journey

ROOT = Path(__file__).parents[2]
DEPOSIT = Decimal("500.00")


def test_the_day_in_short(tmp_path: Path) -> None:
    # Four seconds for a reading: every one is to come in time, on a busy machine too.
    with town(tmp_path, speed=900, settle_minutes=60) as made:
        made.create_market()  # again, and nothing changes
        with simulation(made) as homes, made.operator() as operator:
            the_five_lines_of_the_documentation_work(made)
            operator.start_clock()
            assert homes.wait(timeout=PATIENCE_S) == 0, (tmp_path / "simulation.log").read_text()
            wait_for_settled(operator, INTERVALS)
            wait_for_the_day(operator)
            the_day_came_to_what_its_intervals_did(operator)

            everything_cleared_and_adds_up(operator)
            every_meter_reported(operator)
            the_books_balance(made, operator)
        what_the_homes_counted_is_what_the_market_kept(made)
        the_command_line_shows_it(made)
        the_recorded_day_comes_out_the_same(made)


def the_day_came_to_what_its_intervals_did(operator: Client) -> None:
    (run,) = operator.settlement_runs()
    assert (run["kind"], run["differences"]) == ("preliminary", 0)
    again = operator.settle_again(run["day"], "nothing has changed")
    assert again["run_id"] == run["run_id"]


def the_five_lines_of_the_documentation_work(made: Town) -> None:
    text = (ROOT / "docs" / "client.md").read_text(encoding="utf-8")
    lines = text.split("```python\n")[1].split("```")[0]
    lines = lines.replace("http://localhost:8000", made.url)
    lines = lines.replace("var/demo/credentials.json", str(made.credentials))
    done = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.stdout.endswith(" active\n"), done.stderr


def everything_cleared_and_adds_up(operator: Client) -> None:
    intervals = operator.intervals()
    assert len(intervals) == INTERVALS
    assert {interval["phase"] for interval in intervals} == {"settled"}
    assert {interval["rung"] for interval in intervals} == {"optimal"}
    assert not any(interval["audit_faults"] for interval in intervals)
    lost = Decimal(0)
    for interval in intervals:
        sold = sum(Decimal(area["sold_kwh"]) for area in interval["areas"])
        bought = sum(Decimal(area["bought_kwh"]) for area in interval["areas"])
        losses = sum(
            Decimal(line[f"sent_{way}_kwh"]) - Decimal(line[f"received_{way}_kwh"])
            for line in interval["lines"]
            for way in ("forward", "backward")
        )
        assert sold == bought + losses
        assert bought > 0
        lost += losses
    assert lost > 0


def every_meter_reported(operator: Client) -> None:
    units = sum(len(home.units) for home in hamlet().households)
    readings = operator.measurements()
    assert len({(reading["unit_id"], reading["start"]) for reading in readings}) == len(readings)
    homes = [reading for reading in readings if not reading["unit_id"].startswith("GRID")]
    assert len(homes) == units * INTERVALS
    assert not any(reading.get("substituted") for reading in homes)


def the_books_balance(made: Town, operator: Client) -> None:
    ledger = operator.ledger()
    assert ledger["sum_quanta"] == 0
    assert sum(Decimal(account["balance"]) for account in ledger["accounts"]) == 0
    home = hamlet().households[0].participant_id
    with made.client(home) as client:
        account, statement = client.account(), client.statement()
        moved = sum(Decimal(line["amount"]) for line in statement)
        assert Decimal(account["balance"]) == moved
        assert {"deposit"} < {line["kind"] for line in statement}
        without_deposit = [line for line in statement if line["kind"] != "deposit"]
        assert sum(Decimal(line["amount"]) for line in without_deposit) == moved - DEPOSIT
        assert Decimal(account["held"]) == 0
        assert client.trades()


def what_the_homes_counted_is_what_the_market_kept(made: Town) -> None:
    counted = tally(made)
    assert counted["sent"] == counted["acknowledged"] + sum(counted["refused"].values())
    assert counted["acknowledged"] > 200
    assert counted["readings_refused"] == {}
    assert counted["setpoints_refused"] == {}
    with made.operator() as operator:
        by_hand = 1
        assert len(operator.orders.list()) == counted["acknowledged"] + by_hand


def the_recorded_day_comes_out_the_same(made: Town) -> None:
    """Lived again, by its events, and from a backup taken beside the running server."""
    var, backup, again = (str(made.folder / name) for name in ("var", "backup", "again"))
    copied = json.loads(command("backup", var, backup, "--json"))["markets"][0]
    # The market goes on beside: everything is compared where the backup ends.
    until = ("--json", "--until-batch", str(copied["batch"]))
    lived = json.loads(command("replay", var, "village", *until))
    applied = json.loads(command("replay", var, "village", *until, "--events"))
    restored = json.loads(command("restore", backup, again, "--json"))

    assert lived["commands"] > 200
    assert applied == lived
    assert (copied["batch"], copied["state_hash"]) == (lived["batch"], lived["state_hash"])
    assert restored["markets"] == [copied]
    assert restored["identity"] is not None


def the_command_line_shows_it(made: Town) -> None:
    assert "village" in command("market", "list", "--url", made.url)
    assert "GRID-RUR" in command("market", "show", "village", "--url", made.url)
