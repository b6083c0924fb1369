"""The power fails in the middle of the day: nothing acknowledged is lost, and the day goes on."""

import threading
from decimal import Decimal
from pathlib import Path

import pytest

from tests.journeys.hamlet import (
    INTERVALS,
    WITNESS,
    Town,
    simulation,
    tally,
    town,
    wait_for_settled,
)
from tests.patience import PATIENCE_S
from wattmarket import WattmarketError

pytestmark = pytest.mark.journey

LAST_INTERVAL = "2016-06-15T12:45:00+01:00"


class Witness:
    """Orders without a pause and remembers every answer it got."""

    def __init__(self, made: Town) -> None:
        self.acknowledged: dict[str, str] = {}
        self._made = made
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._order)

    def __enter__(self) -> "Witness":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _order(self) -> None:
        with self._made.client(WITNESS) as client:
            while not self._stop.is_set():
                try:
                    order = client.orders.place(
                        unit_id=f"{WITNESS}-load", start=LAST_INTERVAL, side="buy",
                        price_per_mwh="90.00", energy_kwh="0.010",
                    )  # fmt: skip
                except WattmarketError:
                    return
                self.acknowledged[order["client_order_id"]] = order["order_id"]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def database_url(request: pytest.FixtureRequest) -> str | None:
    """Of the database that keeps the market; None: a file does."""
    if request.param == "sqlite":
        return None
    url: str = request.getfixturevalue("own_database_url")
    return url


def test_kill_the_server_in_the_middle_of_the_day_and_start_it_again(
    tmp_path: Path, database_url: str | None
) -> None:
    with (
        town(tmp_path, speed=720, database_url=database_url) as made,
        simulation(made) as homes,
        made.operator() as operator,
    ):
        with Witness(made) as witness:
            operator.start_clock()
            wait_for_settled(operator, 2)
            before = len(witness.acknowledged)
            made.kill_server()
            made.start_server(paused=False)
            operator.health()
            assert homes.wait(timeout=PATIENCE_S) == 0, (tmp_path / "simulation.log").read_text()
        wait_for_settled(operator, INTERVALS)

        assert before > 10
        kept_in_files = list((tmp_path / "var" / "markets").glob("*.sqlite"))
        assert bool(kept_in_files) is (database_url is None)
        with made.client(WITNESS) as client:
            kept = {row["client_order_id"]: row["order_id"] for row in client.orders.list()}
        assert witness.acknowledged.items() <= kept.items()
        assert {row["rung"] for row in operator.intervals()} == {"optimal"}
        assert operator.ledger()["sum_quanta"] == 0
        report = operator.report("2016-06-15")
        assert report["intervals_cleared"] == INTERVALS
        assert report["audit_failures"] == 0
        assert report["energy_sold_wh"] == report["energy_bought_wh"] + report["losses_wh"]
        everything_the_homes_were_told_is_there(made)


def everything_the_homes_were_told_is_there(made: Town) -> None:
    """Nothing that was acknowledged is missing, nothing stands twice."""
    counted = tally(made)
    with made.operator() as operator:
        orders = [row for row in operator.orders.list() if row["participant_id"] != WITNESS]
    names = [row["client_order_id"] for row in orders]
    assert len(names) == len(set(names)) == counted["acknowledged"]
    assert sum((Decimal(row["held"]) for row in orders), Decimal(0)) == 0
