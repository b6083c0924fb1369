"""Everything wrong that a participant can send: a code each, and no trace in book or ledger."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journeys.hamlet import MARKET_ID, WITNESS, Town, town, wait_for_settled
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.journey

GOOD: dict[str, Any] = {
    "kind": "limit",
    "client_order_id": "good",
    "unit_id": f"{WITNESS}-load",
    "start": "2016-06-15T12:00:00+01:00",
    "side": "buy",
    "price_per_mwh": "90.00",
    "energy_kwh": "1.000",
}
WRONG = {
    "a time without zone": ({"start": "2016-06-15T12:00:00"}, "TIMEZONE_REQUIRED"),
    "an unknown field": ({"colour": "green"}, "FIELD_UNKNOWN"),
    "too many decimals of energy": ({"energy_kwh": "1.0001"}, "VOLUME_STEP"),
    "too many decimals of price": ({"price_per_mwh": "90.001"}, "PRICE_TICK"),
    "infinity": ({"price_per_mwh": "Infinity"}, "FIELD_FORMAT"),
    "not a number": ({"energy_kwh": "NaN"}, "FIELD_FORMAT"),
    "negative energy": ({"energy_kwh": "-1.000"}, "FIELD_RANGE"),
    "somebody else's unit": ({"unit_id": "GRID-RETAILER-supply"}, "UNIT_UNKNOWN"),
    "more than the unit can": ({"energy_kwh": "26.251"}, "EXCEEDS_CAPABILITY"),
    "an interval that is none": ({"start": "2016-06-15T12:01:00+01:00"}, "PRODUCT_UNKNOWN"),
    "duplicate id, other content": ({"price_per_mwh": "91.00"}, "EXISTS_WITH_DIFFERENT_FIELDS"),
}


@pytest.fixture(scope="module")
def quiet_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town"), speed=1) as made:
        yield made


def _state(made: Town) -> tuple[Any, Any]:
    with made.client(WITNESS) as client, made.operator() as operator:
        return client.orders.list(), (client.account(), operator.ledger())


def _post(made: Town, body: bytes, path: str = "orders") -> httpx.Response:
    headers = {
        "Authorization": f"Bearer {made.token(WITNESS)}",
        "Content-Type": "application/json",
    }
    address = f"{made.url}/v1/markets/{MARKET_ID}/{path}"
    return httpx.post(address, content=body, headers=headers, timeout=PATIENCE_S)


def _is_problem(answer: httpx.Response, code: str) -> None:
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == code
    assert problem["trace_id"]


def test_each_fault_has_its_code_and_leaves_no_trace(quiet_town: Town) -> None:
    made = quiet_town
    first = _post(made, json.dumps(GOOD).encode())
    assert first.status_code in (200, 201), first.text
    before = _state(made)
    for name, (change, code) in WRONG.items():
        named = GOOD if "duplicate" in name else {**GOOD, "client_order_id": "bad"}
        _is_problem(_post(made, json.dumps({**named, **change}).encode()), code)
    _is_problem(_post(made, b'{"kind": "limit", '), "BODY_NOT_JSON")
    two_megabytes = json.dumps({**GOOD, "client_order_id": "x" * 2_000_000}).encode()
    _is_problem(_post(made, two_megabytes), "BODY_TOO_LARGE")
    assert _state(made) == before


def test_without_funds_nothing_stands(quiet_town: Town) -> None:
    made = quiet_town
    before = _state(made)
    # Eight times 25 kWh at 4,000.00 per MWh would hold 800.00; the deposit is 500.00.
    rows = [
        {
            **GOOD,
            "client_order_id": f"dear-{hour}-{minute}",
            "start": f"2016-06-15T{hour}:{minute:02}:00+01:00",
            "price_per_mwh": "4000.00",
            "energy_kwh": "25.000",
        }
        for hour in (11, 12)
        for minute in (0, 15, 30, 45)
    ]
    answer = _post(made, json.dumps({"orders": rows, "atomic": True}).encode(), "orders:batch")
    assert answer.status_code == 200, answer.text
    codes = [row["code"] for row in answer.json()["items"]]
    assert codes[-1] == "INSUFFICIENT_FUNDS"
    assert set(codes) == {"INSUFFICIENT_FUNDS", "BATCH_NOT_APPLIED"}
    assert _state(made) == before


def test_after_the_gate_nothing_enters(tmp_path: Path) -> None:
    with town(tmp_path, speed=720) as made, made.operator() as operator:
        operator.start_clock()
        wait_for_settled(operator, 1)
        late = {**GOOD, "start": "2016-06-15T11:00:00+01:00"}
        _is_problem(_post(made, json.dumps(late).encode()), "GATE_CLOSED")
        with made.client(WITNESS) as client:
            assert client.orders.list() == []
            assert client.account()["held"] == "0.00000000"
