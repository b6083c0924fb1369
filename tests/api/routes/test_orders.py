"""Orders over the wire: placed once, answered from disk, cancelled, listed."""

from itertools import count
from typing import Any

import pytest

from tests.api.village import Village


def test_an_order_is_answered_as_it_stands(village: Village) -> None:
    answer = village.post("/orders", "ada", village.order(client_order_id="mine"))
    assert answer.status_code == 201
    order = answer.json()
    assert order == {
        "order_id": "ord-1",
        "client_order_id": "mine",
        "kind": "limit",
        "participant_id": "ada",
        "unit_id": "ada-load",
        "area_id": "RUR",
        "start": village.start(),
        "end": village.start(1),
        "side": "buy",
        "price_per_mwh": "200.00",
        "energy_kwh": "1.500",
        "filled_kwh": "0.000",
        "held": "0.30000000",
        "state": "active",
        "sequence": 1,
        "accepted_at": order["accepted_at"],
        "revision": 1,
    }
    assert answer.headers["Location"] == f"{village.path}/orders/ord-1"
    assert village.get("/orders/ord-1", "ada") == order
    assert village.get("/orders", "ada")["items"] == [order]
    assert village.get("/account", "ada") == {
        "participant_id": "ada",
        "balance": "100.00000000",
        "held": "0.30000000",
        "available": "99.70000000",
    }


def test_a_repeat_is_harmless_and_another_content_is_not(village: Village) -> None:
    body = village.order(client_order_id="once")
    first = village.post("/orders", "ada", body)
    again = village.post("/orders", "ada", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    other = village.post("/orders", "ada", {**body, "energy_kwh": "1.501"})
    assert (other.status_code, other.json()["code"]) == (409, "EXISTS_WITH_DIFFERENT_FIELDS")
    assert village.get("/account", "ada")["held"] == "0.30000000"


def test_an_end_must_be_the_interval_s_end(village: Village) -> None:
    assert village.post("/orders", "ada", village.order(end=village.start(1))).status_code == 201
    wrong = village.post("/orders", "ada", village.order(end=village.start(2)))
    assert (wrong.status_code, wrong.json()["code"]) == (409, "PRODUCT_UNKNOWN")
    assert wrong.json()["errors"][0]["pointer"] == "/end"
    rows = [village.order(), village.order(end=village.start(3))]
    wrong = village.post("/orders:batch", "ada", {"orders": rows})
    assert wrong.json()["errors"][0]["pointer"] == "/orders/1/end"


def test_cancelling_frees_the_money(village: Village) -> None:
    order_id = village.post("/orders", "ada", village.order()).json()["order_id"]
    cancelled = village.send("DELETE", f"/orders/{order_id}", "ada")
    assert cancelled.status_code == 200
    assert (cancelled.json()["state"], cancelled.json()["held"]) == ("cancelled", "0.00000000")
    assert village.get("/account", "ada")["available"] == "100.00000000"
    again = village.send("DELETE", f"/orders/{order_id}", "ada")
    assert (again.status_code, again.json()["code"]) == (409, "ORDER_ALREADY_CLOSED")


def test_several_are_cancelled_with_an_answer_each(village: Village) -> None:
    order_id = village.post("/orders", "ada", village.order()).json()["order_id"]
    wanted = {"order_ids": [order_id, order_id, "ord-999", "nonsense"]}
    items = village.post("/orders:cancel", "ada", wanted).json()["items"]
    assert [(item["status"], item["code"]) for item in items] == [
        ("cancelled", None),
        ("rejected", "ORDER_ALREADY_CLOSED"),
        ("rejected", "ORDER_UNKNOWN"),
        ("rejected", "ORDER_UNKNOWN"),
    ]


def test_a_batch_answers_row_by_row(village: Village) -> None:
    good = village.order(client_order_id="good")
    rows = [
        good,
        good,
        village.order(client_order_id="huge", energy_kwh="99.000"),
        village.order(client_order_id="foreign", unit_id="bob-solar"),
        village.order(client_order_id="far", start="2017-01-01T00:00:00Z"),
    ]
    items = village.post("/orders:batch", "ada", {"orders": rows}).json()["items"]
    assert [(item["client_order_id"], item["status"], item["code"]) for item in items] == [
        ("good", "accepted", None),
        ("good", "repeated", None),
        ("huge", "rejected", "EXCEEDS_CAPABILITY"),
        ("foreign", "rejected", "UNIT_UNKNOWN"),
        ("far", "rejected", "PRODUCT_UNKNOWN"),
    ]
    assert items[0]["order_id"] == items[1]["order_id"] == "ord-1"
    assert items[2]["detail"].endswith("energy_kwh_max 11.625.")


def test_an_atomic_batch_is_taken_whole_or_not_at_all(village: Village) -> None:
    before = village.state()
    rows = [village.order(), village.order(energy_kwh="99.000")]
    items = village.post("/orders:batch", "ada", {"orders": rows, "atomic": True}).json()["items"]
    assert [item["code"] for item in items] == ["BATCH_NOT_APPLIED", "EXCEEDS_CAPABILITY"]
    assert village.state() == before


def test_a_fault_of_form_refuses_the_whole_batch_with_pointers(village: Village) -> None:
    before = village.state()
    rows = [
        village.order(),
        village.order(price_per_mwh="1.234", energy_kwh="0.0001"),
        village.order(start="2016-06-15T00:00:00", colour="green"),
    ]
    answer = village.post("/orders:batch", "ada", {"orders": rows})
    assert answer.status_code == 422
    found = {(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]}
    assert found == {
        ("/orders/1/price_per_mwh", "PRICE_TICK"),
        ("/orders/1/energy_kwh", "VOLUME_STEP"),
        ("/orders/2/start", "TIMEZONE_REQUIRED"),
        ("/orders/2/colour", "FIELD_UNKNOWN"),
    }
    assert village.state() == before


def test_lists_are_read_page_by_page_without_loss(village: Village) -> None:
    numbers = count()
    rows = [
        village.order(energy_kwh="0.001", client_order_id=f"n{next(numbers)}") for _ in range(7)
    ]
    village.post("/orders:batch", "ada", {"orders": rows})
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 3}
    while True:
        answer = village.send("GET", "/orders", "ada", params=query)
        page = answer.json()
        seen += [item["client_order_id"] for item in page["items"]]
        assert ("Link" in answer.headers) == (page["next_cursor"] is not None)
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == [row["client_order_id"] for row in rows]
    link = village.send("GET", "/orders", "ada", params={"limit": 3}).links["next"]["url"]
    following = village.server.http.get(
        link, headers={"Authorization": f"Bearer {village.tokens['ada']}"}
    )
    assert [item["client_order_id"] for item in following.json()["items"]] == seen[3:6]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"client_order_id": "a"}, {"a"}),
        ({"state": "cancelled"}, {"b"}),
        ({"start": "second"}, {"c"}),
        ({"unit_id": "nobody"}, set()),
    ],
)
def test_lists_are_filtered(village: Village, query: dict[str, str], found: set[str]) -> None:
    for name, start in (("a", 0), ("b", 0), ("c", 1)):
        body = village.order(client_order_id=name, start=village.start(start))
        order_id = village.post("/orders", "ada", body).json()["order_id"]
        if name == "b":
            village.send("DELETE", f"/orders/{order_id}", "ada")
    query = {
        name: village.start(1) if value == "second" else value for name, value in query.items()
    }
    items = village.get("/orders", "ada", **query)["items"]
    assert {item["client_order_id"] for item in items} == found


def test_the_operator_sees_orders_only_after_the_gate(village: Village) -> None:
    order_id = village.post("/orders", "ada", village.order()).json()["order_id"]
    assert village.get("/orders", "operator")["items"] == []
    assert village.send("GET", f"/orders/{order_id}", "operator").json()["code"] == "ORDER_UNKNOWN"
    village.go_to(-899)
    assert [item["order_id"] for item in village.get("/orders", "operator")["items"]] == [order_id]
    assert village.get(f"/orders/{order_id}", "operator")["order_id"] == order_id
    late = village.post("/orders", "ada", village.order())
    assert (late.status_code, late.json()["code"]) == (409, "GATE_CLOSED")
