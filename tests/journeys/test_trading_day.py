"""A market day through every mode, from phase to phase, over the wire.

Opening call, continuous trading, a listing, a contract, the closing call; delivery, settlement, and the
day's rent given back. In the end every trade is a position like any other: energy adds up to the Wh, money
to nothing, nothing is held, and the journal executed anew leads to the same state.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from tests.api.hosting import HandClock, LazySolver, Server
from tests.api.village import QUARTER_S, Village, make_village

MODES = {
    "day_ahead": {"opens_minutes": 2_880, "gate_minutes": 720},
    "continuous": {"opens_minutes": 660},
    "call_opens_minutes": 30,
    "listing": True,
    "bilateral": True,
}
LAST = 3
"""The last of the market's four intervals."""
_names = count(1)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    solver = LazySolver()
    clock = HandClock(int(datetime(2016, 6, 13, 21, tzinfo=UTC).timestamp()))
    server = Server(tmp_path_factory.mktemp("day"), clock, solver).start()
    yield server
    server.stop()
    assert server.faults == []
    solver.close()


def order(village: Village, who: str, side: str, price: str, energy: str, at: int) -> str:
    """Place one order that must be taken; gives its id."""
    unit = {"ada": "ada-load", "bob": "bob-solar", "retailer": "retail"}[who]
    body = village.order(
        client_order_id=f"day-{next(_names)}",
        unit_id=unit,
        side=side,
        price_per_mwh=price,
        energy_kwh=energy,
        start=village.start(at),
    )
    answer = village.post("/orders", who, body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["order_id"])


def state_of(village: Village, order_id: str, who: str) -> str:
    return str(village.get(f"/orders/{order_id}", who)["state"])


def to_midnight(village: Village, minutes: int) -> None:
    """Go to so many minutes before the market day begins."""
    village.go_to(-minutes * 60)


def opening_call(village: Village) -> None:
    """All four intervals in one sealed auction; what it does not fill ends with it."""
    for at in range(LAST + 1):
        order(village, "bob", "sell", "70.00", "0.400", at)
        order(village, "retailer", "sell", "120.00", "5.000", at)
    filled = order(village, "ada", "buy", "110.00", "0.300", 1)
    missed = order(village, "ada", "buy", "60.00", "0.200", 2)
    to_midnight(village, 720)
    village.wait_for_phase("scheduled", LAST)
    assert state_of(village, filled, "ada") == "filled"
    assert state_of(village, missed, "ada") == "expired"
    why = village.get(f"/orders/{missed}/explanation", "ada")
    assert why["reasons"], why


def continuous(village: Village) -> str:
    """Orders trade on arrival; one rests on for the closing call."""
    to_midnight(village, 660)
    village.wait_for_phase("continuous", LAST)
    resting = order(village, "bob", "sell", "90.00", "0.500", 1)
    taker = order(village, "ada", "buy", "100.00", "0.200", 1)
    assert state_of(village, taker, "ada") == "filled"
    assert state_of(village, resting, "bob") == "partially_filled"
    return resting


def by_hand(village: Village) -> None:
    """A listing is taken in part, a contract is confirmed."""
    listed = village.post(
        "/listings",
        "bob",
        {
            "client_listing_id": "sun",
            "unit_id": "bob-solar",
            "side": "sell",
            "price_per_mwh": "85.00",
            "legs": [{"start": village.start(2), "energy_kwh": "0.400"}],
        },
    )
    assert listed.status_code == 201, listed.text
    take = {
        "client_take_id": "take",
        "unit_id": "ada-load",
        "legs": [{"start": village.start(2), "energy_kwh": "0.150"}],
    }
    taken = village.post(f"/listings/{listed.json()['listing_id']}:take", "ada", take)
    assert taken.status_code == 200, taken.text
    contract = village.post(
        "/contracts",
        "ada",
        {
            "client_contract_id": "evening",
            "unit_id": "ada-load",
            "side": "buy",
            "counterparty_unit_id": "bob-solar",
            "price_per_mwh": "88.00",
            "legs": [{"start": village.start(3), "energy_kwh": "0.250"}],
            "answer_by": village.start(0),
        },
    )
    assert contract.status_code == 201, contract.text
    contract_id = contract.json()["contract_id"]
    confirmed = village.post(f"/contracts/{contract_id}:confirm", "bob", {})
    assert confirmed.status_code == 200, confirmed.text


def closing_calls(village: Village, resting: str) -> None:
    """Each interval ends in a call of its own, with what was left resting and listed."""
    village.go_to(QUARTER_S - 1_800)
    village.wait_for_phase("call", 1)
    late = order(village, "ada", "buy", "130.00", "0.300", 1)
    village.go_to(LAST * QUARTER_S - 900)
    village.wait_for_phase("delivery_lock", LAST)
    assert state_of(village, late, "ada") == "filled"
    assert state_of(village, resting, "bob") == "filled"


def settled(village: Village) -> None:
    """Nobody's meter reports, so schedules stand in for it; then the day is closed."""
    village.go_to((LAST + 1) * QUARTER_S + 3_600)
    village.wait_for_phase("settled", LAST)


def kwh(rows: list[dict[str, Any]], side: str) -> dict[str, Decimal]:
    """Energy of one side's trades by interval."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row["side"] == side:
            sums[row["start"]] += Decimal(row["energy_kwh"])
    return sums


def test_a_day_through_every_mode(served: Server) -> None:
    village = make_village(served, days_ahead=1, **MODES)
    opening_call(village)
    resting = continuous(village)
    by_hand(village)
    closing_calls(village, resting)
    settled(village)
    rows = village.get("/trades", "operator", limit=1000)["items"]
    assert {row["venue"] for row in rows} == {"call", "continuous", "listing", "bilateral"}
    sold, bought = kwh(rows, "sell"), kwh(rows, "buy")
    for start, energy in bought.items():
        assert sold[start] >= energy, "what is sold is bought, or lost on a line"
    positions = {
        (item["unit_id"], item["start"]): Decimal(item["bought_kwh"])
        for item in village.get("/positions", "ada", limit=1000)["items"]
    }
    assert positions == {("ada-load", start): energy for start, energy in bought.items()}
    assert village.get("/ledger", "operator")["sum_quanta"] == 0
    for who in ("ada", "bob", "retailer"):
        assert village.get("/account", who)["held"] == "0.00000000"
    live = served.house.markets[village.market_id].sequencer.engine
    assert live.state.commitments.open_starts("bob-solar") == ()
