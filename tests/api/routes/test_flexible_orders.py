"""Curve, block, linked, exclusive and storage orders over the wire; the opening call of a day."""

import json
from typing import Any

import pytest

from tests.api.hosting import Server
from tests.api.village import Village, make_village

OPENING = {"day_ahead": {"opens_minutes": 14_400, "gate_minutes": 60}, "call_opens_minutes": 30}
DAY_S = 86_400


@pytest.fixture
def opening(server: Server) -> Village:
    """A market whose opening call is open, a day or two before delivery."""
    return make_village(server, days_ahead=2, **OPENING)


def _block(village: Village, name: str, **changes: object) -> dict[str, Any]:
    body = {
        "kind": "block",
        "client_order_id": name,
        "unit_id": "ada-load",
        "side": "buy",
        "price_per_mwh": "200.00",
        "legs": [
            {"start": village.start(1), "energy_kwh": "1.000"},
            {"start": village.start(0), "energy_kwh": "2.000"},
        ],
    }
    return body | changes


def _curve(village: Village, name: str, **changes: object) -> dict[str, Any]:
    body = {
        "kind": "curve",
        "client_order_id": name,
        "unit_id": "ada-load",
        "start": village.start(2),
        "side": "buy",
        "steps": [
            {"price_per_mwh": "300.00", "energy_kwh": "1.000"},
            {"price_per_mwh": "90.00", "energy_kwh": "0.500"},
        ],
    }
    return body | changes


def _clear_opening(village: Village) -> None:
    """Let market time pass the opening call's gate."""
    midnight_s = (village.first_s + 3_600) // DAY_S * DAY_S - 3_600
    village.go_to(midnight_s - 3_600 - village.first_s)
    village.wait_for_phase("scheduled")


def test_a_block_is_answered_as_it_stands(opening: Village) -> None:
    made = opening.post("/orders", "ada", _block(opening, "b", ratio_min_ppm=400_000))
    assert made.status_code == 201, made.text
    order = made.json()
    assert order["kind"] == "block"
    assert (order["start"], order["end"]) == (opening.start(0), opening.start(2))
    assert [leg["energy_kwh"] for leg in order["legs"]] == ["2.000", "1.000"]
    assert (order["energy_kwh"], order["held"]) == ("3.000", "0.60000000")
    assert (order["ratio_min_ppm"], order["parent"], order["group"]) == (400_000, None, None)
    assert opening.get(f"/orders/{order['order_id']}", "ada") == order
    again = opening.post("/orders", "ada", _block(opening, "b", ratio_min_ppm=400_000))
    assert (again.status_code, again.json()) == (200, order)
    other = opening.post("/orders", "ada", _block(opening, "b"))
    assert (other.status_code, other.json()["code"]) == (409, "EXISTS_WITH_DIFFERENT_FIELDS")


def test_every_kind_is_taken_and_listed(opening: Village) -> None:
    bodies = [
        _curve(opening, "c"),
        _block(opening, "p"),
        _block(opening, "k", kind="linked", parent="p"),
        _block(opening, "x", kind="exclusive", group="g"),
    ]
    for body in bodies:
        answer = opening.post("/orders", "ada", body)
        assert answer.status_code == 201, answer.text
    listed = opening.get("/orders", "ada")["items"]
    assert [item["kind"] for item in listed] == ["curve", "block", "linked", "exclusive"]
    assert listed[0]["steps"][1] == {"price_per_mwh": "90.00", "energy_kwh": "0.500"}
    assert (listed[2]["parent"], listed[3]["group"]) == ("p", "g")


@pytest.mark.parametrize(
    ("changes", "status", "code", "pointer"),
    [
        ({"legs": []}, 422, "FIELD_RANGE", "/legs"),
        ({"ratio_min_ppm": 0}, 422, "FIELD_RANGE", "/ratio_min_ppm"),
        ({"kind": "linked"}, 422, "FIELD_MISSING", "/parent"),
        ({"parent": "p"}, 422, "FIELD_UNKNOWN", "/parent"),
        ({"kind": "linked", "parent": "nobody"}, 422, "BLOCK_INVALID", "/parent"),
        ({"kind": "cube"}, 422, "FIELD_FORMAT", "/kind"),
        ({"unit_id": "bob-solar"}, 404, "UNIT_UNKNOWN", "/unit_id"),
        ({"price_per_mwh": "4000.01"}, 422, "PRICE_ABOVE_MAX", "/legs/0/price_per_mwh"),
    ],
)
def test_what_is_wrong_is_told_by_code(
    opening: Village, changes: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    answer = opening.post("/orders", "ada", _block(opening, "b", **changes))
    faults = {item["pointer"]: item["code"] for item in answer.json()["errors"]}
    assert (answer.status_code, faults.get(pointer)) == (status, code)


def test_a_storage_order_needs_a_storage(opening: Village) -> None:
    body = {
        "kind": "storage",
        "client_order_id": "s",
        "unit_id": "ada-load",
        "start": opening.start(0),
        "end": opening.start(4),
        "charge_max_kwh": "1.000",
        "discharge_max_kwh": "1.000",
        "spread_per_mwh": "5.00",
        "end_value_per_mwh": "0.00",
    }
    answer = opening.post("/orders", "ada", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "EXCEEDS_STORED_ENERGY")


def test_without_an_opening_call_blocks_are_not_taken(village: Village) -> None:
    answer = village.post("/orders", "ada", _block(village, "b"))
    assert (answer.status_code, answer.json()["code"]) == (409, "MODE_NOT_OFFERED")
    assert village.post("/orders", "ada", _curve(village, "c")).status_code == 201


def test_the_opening_call_trades_days_before_delivery(opening: Village) -> None:
    block = opening.post("/orders", "ada", _block(opening, "b")).json()
    curve = opening.post("/orders", "ada", _curve(opening, "c")).json()
    missed = opening.post("/orders", "ada", opening.order(price_per_mwh="90.00")).json()
    for number in range(4):
        body = opening.order(
            unit_id="retail",
            side="sell",
            price_per_mwh="120.00",
            energy_kwh="15.000",
            start=opening.start(number),
        )
        assert opening.post("/orders", "retailer", body).status_code == 201
    with opening.stream("ada") as reader:
        reader.hear("hello")
        reader.subscribe("account", "ada")
        reader.hear("snapshot")
        _clear_opening(opening)
        told = reader.hear_event("orders_closed")
    assert {item["order_id"] for item in told["data"]["items"]} == {
        block["order_id"],
        curve["order_id"],
        missed["order_id"],
    }
    orders = {item["order_id"]: item for item in opening.get("/orders", "ada")["items"]}
    assert orders[block["order_id"]]["state"] == "filled"
    assert (orders[curve["order_id"]]["filled_kwh"], orders[curve["order_id"]]["state"]) == (
        "1.000",
        "partially_filled",
    )
    assert orders[missed["order_id"]]["state"] == "expired"
    prices = opening.get("/prices", None, call="day_ahead")["items"]
    assert {item["start"] for item in prices} == {opening.start(n) for n in range(4)}
    assert opening.get("/prices")["items"] == prices
    assert opening.get("/prices", None, call="closing")["items"] == []
    _explained(opening, block["order_id"], curve["order_id"], missed["order_id"])


def _explained(village: Village, block: str, curve: str, missed: str) -> None:
    def reasons(order_id: str) -> list[tuple[str, dict[str, str]]]:
        found = village.get(f"/orders/{order_id}/explanation", "ada")
        return [(item["code"], item["parameters"]) for item in found["reasons"]]

    ((code, told),) = reasons(block)
    assert (code, told["ratio_ppm"], told["call"]) == ("accepted", "1000000", "day_ahead")
    assert not told["gain"].startswith("-")
    (first, first_told), (second, second_told) = reasons(curve)
    assert (first, second) == ("in_the_money", "out_of_the_money")
    assert first_told["limit_per_mwh"] == "300.00"
    assert float(second_told["missed_by_per_mwh"]) == pytest.approx(
        float(second_told["price_per_mwh"]) - 90
    )
    ((code, told),) = reasons(missed)
    assert (code, told["limit_per_mwh"]) == ("out_of_the_money", "90.00")
    hidden = village.send("GET", f"/orders/{missed}/explanation", "bob")
    assert (hidden.status_code, hidden.json()["code"]) == (404, "ORDER_UNKNOWN")


def test_nothing_of_the_sealed_book_is_told_before_its_result(opening: Village) -> None:
    canary = "173.57"
    heard: list[Any] = []
    with opening.stream() as reader:
        reader.hear("hello")
        for channel, key in (("market", opening.market_id), ("book", "RUR"), ("trades", "RUR")):
            reader.subscribe(channel, key)
            heard.append(reader.hear("snapshot"))
        opening.post("/orders", "ada", _block(opening, "b", price_per_mwh=canary))
        opening.post("/orders", "ada", opening.order(price_per_mwh=canary))
        public = [
            opening.send("GET", path, None).text
            for path in ("/prices", "/intervals", f"/curves?start={opening.start(0)}")
        ]
        public.append(opening.send("GET", "/orders", "bob").text)
        public.append(opening.send("GET", "/orders", "operator").text)
        public.append(opening.send("GET", "/events", "operator").text)
        while not heard or heard[-1]["type"] != "heartbeat":
            heard.append(reader.hear())
    public.append(json.dumps(heard))
    assert not any(canary in text for text in public)
