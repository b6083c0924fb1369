"""Why: of every order in every state, in codes with parameters."""

from typing import Any

from tests.api.village import Village


def _reasons(village: Village, order_id: str) -> list[dict[str, Any]]:
    reasons: list[dict[str, Any]] = village.get(f"/orders/{order_id}/explanation", "ada")["reasons"]
    return reasons


def test_an_open_order_waits_for_its_call(village: Village) -> None:
    order = village.post("/orders", "ada", village.order()).json()
    found = village.get(f"/orders/{order['order_id']}/explanation", "ada")
    assert found == {
        "order_id": order["order_id"],
        "client_order_id": order["client_order_id"],
        "kind": "limit",
        "state": "active",
        "reasons": [{"code": "waits_for_call", "parameters": {"phase": "call"}}],
    }


def test_a_cancelled_order_says_who_cancelled_it(village: Village) -> None:
    order_id = village.post("/orders", "ada", village.order()).json()["order_id"]
    village.send("DELETE", f"/orders/{order_id}", "ada")
    (reason,) = _reasons(village, order_id)
    assert (reason["code"], reason["parameters"]["reason"]) == ("cancelled", "user_cancel")


def test_a_refused_order_is_explained_by_its_owner_s_id(village: Village) -> None:
    refused = village.order(client_order_id="too-much", energy_kwh="99.000")
    assert village.post("/orders", "ada", refused).status_code == 422
    found = village.get("/orders:explain", "ada", client_order_id="too-much")
    assert (found["state"], found["order_id"]) == ("rejected", None)
    (reason,) = found["reasons"]
    assert reason["code"] == "refused"
    assert reason["parameters"]["code"] == "EXCEEDS_CAPABILITY"
    assert "energy_kwh_max" in reason["parameters"]
    order = village.post("/orders", "ada", village.order(client_order_id="good")).json()
    good = village.get("/orders:explain", "ada", client_order_id="good")
    assert good["order_id"] == order["order_id"]
    for who, name in (("bob", "too-much"), ("ada", "never")):
        answer = village.send("GET", "/orders:explain", who, params={"client_order_id": name})
        assert (answer.status_code, answer.json()["code"]) == (404, "ORDER_UNKNOWN")


def test_after_the_closing_call_each_knows_its_price_and_what_it_missed(village: Village) -> None:
    offers = village.order(
        unit_id="retail", side="sell", price_per_mwh="120.00", energy_kwh="5.000"
    )
    village.post("/orders", "retailer", offers)
    served = village.post("/orders", "ada", village.order(price_per_mwh="300.00")).json()
    missed = village.post("/orders", "ada", village.order(price_per_mwh="100.00")).json()
    village.go_to(-900)
    village.wait_for_phase("delivery_lock")
    (reason,) = _reasons(village, served["order_id"])
    assert reason["code"] == "in_the_money"
    assert (reason["parameters"]["call"], reason["parameters"]["limit_per_mwh"]) == (
        "closing",
        "300.00",
    )
    (reason,) = _reasons(village, missed["order_id"])
    assert reason["code"] == "out_of_the_money"
    price = float(reason["parameters"]["price_per_mwh"])
    assert float(reason["parameters"]["missed_by_per_mwh"]) == round(price - 100, 2)
    seen = village.get(f"/orders/{missed['order_id']}/explanation", "operator")
    assert seen["reasons"] == [reason]


def test_an_operator_is_told_nothing_while_the_book_is_sealed(village: Village) -> None:
    order_id = village.post("/orders", "ada", village.order()).json()["order_id"]
    answer = village.send("GET", f"/orders/{order_id}/explanation", "operator")
    assert (answer.status_code, answer.json()["code"]) == (404, "ORDER_UNKNOWN")
