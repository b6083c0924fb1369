"""Collateral over the wire: how accounts stand, credit limits, margin calls, the stream, files."""

import csv
import io
import time
from decimal import Decimal

import pytest

from tests.api.hosting import Server
from tests.api.village import PATIENCE_S, Json, Village, make_village

RULES = {
    "continuous": {"opens_minutes": 2_880},
    "call_opens_minutes": 30,
    "collateral": [{"from_day": "2000-01-01", "short_price_per_mwh": "200.00", "call_minutes": 10}],
}


@pytest.fixture
def village(server: Server) -> Village:
    """Ada buys, Bob sells; both have 100.00 and open positions are covered."""
    made = make_village(server, **RULES)
    made.wait_for_phase("continuous")
    return with_second_operator(made)


def with_second_operator(village: Village) -> Village:
    wanted = {"items": [{"role": "operator"}]}
    (made,) = village.act("/clients:batch", "operator", wanted).json()["items"]
    village.tokens["second"] = village.server.token(made)
    return village


def lends(village: Village, limit: str, who: str = "operator", to: str = "bob") -> Json:
    answer = village.send(
        "PUT",
        f"/participants/{to}/credit-limit",
        who,
        json={"limit": limit, "reason": "a guarantee"},
    )
    return answer.json() | {"status": answer.status_code}


def sells(village: Village, energy_kwh: str, price: str = "100.00") -> Json:
    order = village.order(
        unit_id="bob-solar", side="sell", energy_kwh=energy_kwh, price_per_mwh=price
    )
    answer = village.post("/orders", "bob", order)
    return answer.json() | {"status": answer.status_code}


def wait_for_state(village: Village, state: str) -> None:
    """Until Bob's account stands so."""
    give_up = time.monotonic() + PATIENCE_S
    while village.get("/account/collateral", "bob")["state"] != state:
        assert time.monotonic() < give_up
        time.sleep(0.002)


@pytest.fixture
def short(server: Server) -> Village:
    """Bob's 2.5 kWh may cost 150.00; he sold them on credit that is taken back."""
    dear = [{"from_day": "2000-01-01", "short_price_per_mwh": "60000.00", "call_minutes": 10}]
    village = make_village(server, **(RULES | {"collateral": dear}))
    village.wait_for_phase("continuous")
    with_second_operator(village)
    lends(village, "60.00")
    lends(village, "60.00", "second")
    assert sells(village, "2.500")["status"] == 201
    order = village.order(energy_kwh="2.500", price_per_mwh="100.00")
    assert village.post("/orders", "ada", order).status_code == 201
    return village


def test_an_account_is_seen_with_what_it_may_come_to_owe(village: Village) -> None:
    sells(village, "2.500")

    shown = village.get("/account/collateral", "bob")

    assert shown == {
        "participant_id": "bob",
        "balance": "100.00000000",
        "credit_limit": "0.00000000",
        "held": "0.00000000",
        "exposure_traded": "0.00000000",
        "exposure_open": "0.50000000",
        "unbilled_tax": "0.00000000",
        "available": "99.50000000",
        "margin": "100.00000000",
        "state": "covered",
        "call_id": None,
        "call_amount": None,
        "called_at": None,
        "due_at": None,
        "put_down": "0.00000000",
    }


def test_collateral_is_put_down_and_taken_back_once_for_each_key(village: Village) -> None:
    put = village.act(
        "/account/collateral:put-down", "bob", {"amount": "30.00"}, key="collateral-of-bob-put-down"
    )
    assert (put.status_code, put.json()["put_down"], put.json()["balance"]) == (
        200,
        "30.00000000",
        "70.00000000",
    )
    again = village.act(
        "/account/collateral:put-down", "bob", {"amount": "30.00"}, key="collateral-of-bob-put-down"
    )
    assert again.json() == put.json()
    assert village.get("/account/collateral", "bob")["put_down"] == "30.00000000"
    refused = village.act("/account/collateral:take-back", "bob", {"amount": "30.01"})
    assert (refused.status_code, refused.json()["code"]) == (409, "INSUFFICIENT_FUNDS")
    back = village.act("/account/collateral:take-back", "bob", {"amount": "30.00"})
    assert (back.json()["put_down"], back.json()["balance"]) == ("0.00000000", "100.00000000")
    for amount, code in (("0", "FIELD_RANGE"), ("-1", "FIELD_RANGE"), ("many", "FIELD_FORMAT")):
        wrong = village.act("/account/collateral:put-down", "bob", {"amount": amount})
        assert (wrong.status_code, wrong.json()["code"]) == (422, code), amount
    stranger = village.act("/account/collateral:put-down", "operator", {"amount": "1"})
    assert (stranger.status_code, stranger.json()["code"]) == (403, "NOT_PERMITTED")
    assert Decimal(village.get("/ledger", "operator")["sum"]) == 0


def test_the_rules_are_part_of_the_market(village: Village) -> None:
    assert village.get("")["collateral"] == [
        {
            "from_day": "2000-01-01",
            "shortfall_ppm": 1_000_000,
            "short_price_per_mwh": "200.00",
            "counts_fees": True,
            "warn_ppm": 800_000,
            "call_minutes": 10,
        }
    ]


def test_two_rules_of_one_day_are_refused(server: Server) -> None:
    twice = RULES | {"collateral": [{"from_day": "2016-06-15"}] * 2}
    with pytest.raises(AssertionError, match="DEFINITION_INVALID"):
        make_village(server, **twice)


def test_an_order_the_account_does_not_cover_is_refused_with_needed_and_available(
    server: Server,
) -> None:
    dear = RULES | {"collateral": [{"from_day": "2000-01-01", "short_price_per_mwh": "100000.00"}]}
    village = make_village(server, **dear)
    village.wait_for_phase("continuous")

    refused = sells(village, "1.001")

    assert (refused["status"], refused["code"]) == (409, "COLLATERAL_LIMIT")
    assert "needed 100.10000000, available 100.00000000" in refused["detail"]


def test_a_larger_limit_takes_two_operators_and_a_smaller_one(village: Village) -> None:
    first = lends(village, "5.00")
    assert (first["limit"], first["second_person_until"] is None) == ("0.00000000", False)
    again = lends(village, "5.00")
    assert (again["status"], again["code"]) == (409, "SECOND_PERSON_REQUIRED")
    second = lends(village, "5.00", "second")
    assert (second["limit"], second["second_person_until"]) == ("5.00000000", None)
    assert lends(village, "1.00")["limit"] == "1.00000000"

    own = village.get("/credit-limits", "bob")["items"]
    assert [(item["limit"], item["reason"], item["by"]) for item in own] == [
        ("5.00000000", "a guarantee", None),
        ("1.00000000", "a guarantee", None),
    ]
    seen = village.get("/credit-limits", "operator")["items"]
    assert [len(item["by"].split()) for item in seen] == [2, 1]
    assert village.get("/credit-limits", "ada")["items"] == []
    kinds = [item["kind"] for item in village.get("/audit", "operator", limit=100)["items"]]
    assert kinds.count("SetCreditLimit") == 4


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"limit": "-1.00", "reason": "x"}, "FIELD_RANGE"),
        ({"limit": 5, "reason": "x"}, "FIELD_FORMAT"),
        ({"limit": "1.00"}, "FIELD_MISSING"),
        ({"limit": "1.00", "reason": "x", "more": 1}, "FIELD_UNKNOWN"),
    ],
)
def test_a_limit_that_is_none_is_refused(village: Village, body: Json, code: str) -> None:
    answer = village.send("PUT", "/participants/bob/credit-limit", "operator", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_a_limit_is_of_a_participant(village: Village) -> None:
    for name in ("nobody", "no body"):
        refused = lends(village, "1.00", to=name)
        assert (refused["status"], refused["code"]) == (404, "PARTICIPANT_UNKNOWN")


def test_a_margin_call_is_told_missed_and_met(short: Village) -> None:
    with short.stream("bob") as stream:
        stream.hear("hello")
        stream.subscribe("account", "bob")
        stream.hear("snapshot")
        lends(short, "0.00")
        assert stream.hear_event("credit_limit")["data"]["limit"] == "0.00000000"
        called = stream.hear_event("margin_call")["data"]
        assert (called["state"], called["missing"]) == ("open", "49.75000000")
        shown = short.get("/account/collateral", "bob")
        assert (shown["state"], shown["call_id"]) == ("called", called["call_id"])
        assert shown["due_at"] == called["due_at"]

        short.go_to(-2_400)
        missed = stream.hear_event("margin_call")["data"]
        assert (missed["state"], missed["missing"]) == ("missed", "49.75000000")
        refused = sells(short, "0.001")
        assert (refused["status"], refused["code"]) == (409, "REDUCE_ONLY")
        (found,) = short.get("/collateral", "operator", state="reduce_only")["items"]
        assert found["participant_id"] == "bob"

        paid = {"items": [{"deposit_id": "saved", "participant_id": "bob", "amount": "49.75"}]}
        assert short.post("/deposits:batch", "operator", paid).status_code == 201
        assert stream.hear_event("margin_call")["data"]["state"] == "met"
    (call,) = short.get("/margin-calls", "bob")["items"]
    assert (call["state"], call["amount"], call["missing"]) == ("met", "49.75000000", "49.75000000")
    assert short.get("/margin-calls", "ada")["items"] == []
    assert short.get("/margin-calls", "operator", state="open")["items"] == []


def test_who_may_only_reduce_takes_back_what_it_sold(short: Village) -> None:
    lends(short, "0.00")
    short.go_to(-2_400)
    wait_for_state(short, "reduce_only")
    resale = {
        "unit_id": "ada-load",
        "side": "sell",
        "energy_kwh": "1.000",
        "price_per_mwh": "100.00",
    }
    assert short.post("/orders", "ada", short.order(**resale)).status_code == 201

    back = short.order(unit_id="bob-solar", energy_kwh="1.000", price_per_mwh="100.00")
    assert short.post("/orders", "bob", back).status_code == 201

    shown = short.get("/account/collateral", "bob")
    assert shown["exposure_traded"] == "90.00000000"
    assert shown["state"] in {"covered", "warned"}


def test_every_account_is_listed_by_page_state_and_file(village: Village) -> None:
    shown = village.get("/collateral", "operator")
    assert [item["participant_id"] for item in shown["items"]] == ["ada", "bob", "retailer"]
    first = village.get("/collateral", "operator", limit=2)
    assert [item["participant_id"] for item in first["items"]] == ["ada", "bob"]
    rest = village.get("/collateral", "operator", limit=2, cursor=first["next_cursor"])
    assert [item["participant_id"] for item in rest["items"]] == ["retailer"]
    assert rest["next_cursor"] is None
    assert village.get("/collateral", "operator", state="called")["items"] == []
    wrong = village.send("GET", "/collateral", "operator", params={"state": "poor"})
    assert wrong.json()["code"] == "FIELD_FORMAT"

    file = village.send("GET", "/collateral", "operator", headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert [row["participant_id"] for row in rows] == ["ada", "bob", "retailer"]
    assert rows[0]["available"] == "100.00000000"
