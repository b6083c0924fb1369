"""Listings, inquiries, contracts and rules over the wire: made once, seen by whom they concern."""

from itertools import count
from typing import Any, Final

import pytest

from tests.api.hosting import Server
from tests.api.village import Json, Village, make_village, unit_body

NAMES: Final = count(1)


@pytest.fixture(scope="module")
def modes(server: Server) -> Village:
    """A market with every mode; Ada has a generator too, far from any gate."""
    made = make_village(server, days_ahead=60, listing=True, bilateral=True, standing=True)
    units = [unit_body("ada-chp", "ada", "RUR", "generator", injection="10.000")]
    assert made.post("/units:batch", "operator", {"items": units}).status_code == 201
    return made


def leg(village: Village, energy: str, index: int = 0) -> Json:
    return {"start": village.start(index), "energy_kwh": energy}


def listing(village: Village, **changes: Json) -> dict[str, Any]:
    """A good listing of Bob's sun, with changes."""
    body: dict[str, Any] = {
        "client_listing_id": f"sun-{next(NAMES)}",
        "unit_id": "bob-solar",
        "side": "sell",
        "price_per_mwh": "90.00",
        "legs": [leg(village, "0.100"), leg(village, "0.050", 1)],
    }
    return body | changes


def posted(village: Village, who: str = "bob", **changes: Json) -> Json:
    answer = village.post("/listings", who, listing(village, **changes))
    assert answer.status_code == 201, answer.text
    return answer.json()


def taken(village: Village, listing_id: str, energy: str, who: str = "ada", **more: Json) -> Json:
    body = {
        "client_take_id": f"take-{next(NAMES)}",
        "unit_id": f"{who}-load",
        "legs": [leg(village, energy)],
    }
    return village.post(f"/listings/{listing_id}:take", who, body | more)


def code(answer: Json) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


# --- listings -----------------------------------------------------------------------------


def test_a_listing_is_answered_as_it_stands_and_seen_without_a_name(modes: Village) -> None:
    answer = modes.post("/listings", "bob", listing(modes, client_listing_id="mine"))
    assert answer.status_code == 201
    own = answer.json()
    listing_id = own["listing_id"]
    assert answer.headers["Location"] == f"{modes.path}/listings/{listing_id}"
    seen = modes.get(f"/listings/{listing_id}")
    assert seen == {
        "listing_id": listing_id,
        "area_id": "RUR",
        "side": "sell",
        "source": "solar",
        "green": True,
        "seller": own["seller"],
        "price_per_mwh": "90.00",
        "minimum_kwh": "0.001",
        "green_only": False,
        "neighbours_only": False,
        "state": "open",
        "legs": [
            {"start": modes.start(), "end": modes.start(1), "energy_kwh": "0.100"},
            {"start": modes.start(1), "end": modes.start(2), "energy_kwh": "0.050"},
        ],
    }
    assert "bob" not in str(seen).lower()
    assert own.items() > seen.items()
    assert (own["client_listing_id"], own["unit_id"]) == ("mine", "bob-solar")
    again = modes.post("/listings", "bob", listing(modes, client_listing_id="mine"))
    assert (again.status_code, again.json()) == (200, own)
    other = listing(modes, client_listing_id="mine", price_per_mwh="90.01")
    assert code(modes.post("/listings", "bob", other)) == (409, "EXISTS_WITH_DIFFERENT_FIELDS")


def test_taking_makes_a_trade_and_leaves_the_rest(modes: Village) -> None:
    listing_id = posted(modes)["listing_id"]
    body = {"client_take_id": "first", "unit_id": "ada-load", "legs": [leg(modes, "0.060")]}
    answer = modes.post(f"/listings/{listing_id}:take", "ada", body)
    assert answer.status_code == 200
    assert answer.json() == {
        "take_id": answer.json()["take_id"],
        "client_take_id": "first",
        "listing_id": listing_id,
        "unit_id": "ada-load",
        "legs": [{"start": modes.start(), "end": modes.start(1), "energy_kwh": "0.060"}],
    }
    again = modes.post(f"/listings/{listing_id}:take", "ada", body)
    assert (again.status_code, again.json()) == (200, answer.json())
    assert modes.get(f"/listings/{listing_id}")["legs"][0]["energy_kwh"] == "0.040"
    trades = [t for t in modes.get("/trades", "ada")["items"] if t["order_id"] == listing_id]
    assert [(t["side"], t["energy_kwh"], t["amount"]) for t in trades] == [
        ("buy", "0.060", "0.00540000")
    ]
    assert code(taken(modes, listing_id, "0.041")) == (422, "VOLUME_MAX")
    assert taken(modes, listing_id, "0.040").status_code == 200


def test_listings_are_searched(modes: Village) -> None:
    sun = posted(modes, price_per_mwh="33.00")["listing_id"]
    chp = posted(
        modes, "ada", unit_id="ada-chp", price_per_mwh="33.50", shows_name=True, minimum_kwh="0.020"
    )["listing_id"]

    def found(**query: Json) -> list[str]:
        query = {"price_min_per_mwh": "33.00", "price_max_per_mwh": "33.99", **query}
        return [item["listing_id"] for item in modes.get("/listings", **query)["items"]]

    assert found() == [sun, chp]
    assert found(green="true") == [sun]
    assert found(source="generator") == [chp]
    assert found(seller="Ada") == [chp]
    assert found(area_id="GRID") == []
    assert found(side="buy") == []
    assert found(near_area_id="RUR", limit=1) == [sun]
    assert found(start=modes.start(1)) == [sun, chp]
    assert found(start=modes.start(2)) == []
    assert found(**{"from": modes.start(1), "to": modes.start(2)}) == [sun, chp]
    mine = modes.get("/listings", "ada", mine="true")["items"]
    assert {item["participant_id"] for item in mine} == {"ada"}
    assert code(modes.send("GET", "/listings", params={"mine": "true"})) == (401, "AUTH_REQUIRED")
    assert modes.send("DELETE", f"/listings/{sun}", "bob").json()["state"] == "withdrawn"
    assert found() == [chp]
    assert found(state="withdrawn") == [sun]
    assert found(state="all") == [sun, chp]
    assert code(modes.send("DELETE", f"/listings/{sun}", "bob")) == (409, "LISTING_CLOSED")
    assert code(modes.send("DELETE", f"/listings/{chp}", "bob")) == (404, "LISTING_UNKNOWN")


def test_a_listing_for_partners_answers_like_one_that_is_not_there(modes: Village) -> None:
    listing_id = posted(modes, partners=["retailer"])["listing_id"]
    absent = modes.send("GET", "/listings/lst-999", "ada")
    for who in (None, "ada"):
        other = modes.send("GET", f"/listings/{listing_id}", who)
        assert (other.status_code, other.json()["code"]) == (404, "LISTING_UNKNOWN")
        assert {**other.json(), "trace_id": ""} == {**absent.json(), "trace_id": ""}
    assert code(taken(modes, listing_id, "0.001")) == (404, "LISTING_UNKNOWN")
    for who in ("retailer", "bob", "operator"):
        assert modes.get(f"/listings/{listing_id}", who)["listing_id"] == listing_id
    assert listing_id not in str(modes.get("/listings", limit=1000))
    assert "partners" not in modes.get(f"/listings/{listing_id}", "retailer")


@pytest.mark.parametrize(
    ("changes", "status", "why", "pointer"),
    [
        ({"legs": []}, 422, "FIELD_RANGE", "/legs"),
        ({"side": "both"}, 422, "FIELD_FORMAT", "/side"),
        ({"unit_id": "ada-load"}, 404, "UNIT_UNKNOWN", "/unit_id"),
        ({"minimum_kwh": "0.051"}, 422, "MINIMUM_TAKE", "/minimum_kwh"),
        ({"expires": "2016-06-14T20:00:00Z"}, 422, "EXPIRY_IN_PAST", "/expires"),
        ({"colour": "green"}, 422, "FIELD_UNKNOWN", "/colour"),
        ({"price_per_mwh": "4000.01"}, 422, "PRICE_ABOVE_MAX", "/price_per_mwh"),
    ],
)
def test_faults_of_a_listing(
    modes: Village, changes: Json, status: int, why: str, pointer: str
) -> None:
    answer = modes.post("/listings", "bob", listing(modes, **changes))
    assert code(answer) == (status, why)
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_an_interval_stands_once_in_a_listing(modes: Village) -> None:
    body = listing(modes, legs=[leg(modes, "0.010"), leg(modes, "0.020")])
    assert code(modes.post("/listings", "bob", body)) == (422, "FIELD_FORMAT")


def test_a_market_without_these_modes_says_so(still_village: Village) -> None:
    answer = still_village.post("/listings", "bob", listing(still_village))
    assert code(answer) == (409, "MODE_NOT_OFFERED")


# --- inquiries ------------------------------------------------------------------------------


def test_from_the_question_to_the_trade(modes: Village) -> None:
    ask = {
        "client_inquiry_id": "q",
        "unit_id": "ada-load",
        "start": modes.start(2),
        "energy_kwh": "0.200",
        "answer_by": modes.start(1),
        "asked_area": "RUR",
    }
    made = modes.post("/inquiries", "ada", ask)
    assert made.status_code == 201
    inquiry_id = made.json()["inquiry_id"]
    assert made.json()["asked"] == ["bob"]
    assert modes.post("/inquiries", "ada", ask).status_code == 200
    heard = modes.get("/inquiries", "bob")["items"][-1]
    assert (heard["inquiry_id"], heard["state"], heard["declined"]) == (inquiry_id, "open", False)
    assert "participant_id" not in heard
    assert inquiry_id not in str(modes.get("/inquiries", "retailer"))
    offer = {
        "client_quote_id": "a",
        "unit_id": "bob-solar",
        "price_per_mwh": "77.00",
        "energy_kwh": "0.200",
        "valid_until": modes.start(1),
    }
    given = modes.post(f"/inquiries/{inquiry_id}/quotes", "bob", offer)
    assert given.status_code == 201, given.text
    quote_id = given.json()["quote_id"]
    assert given.json()["client_quote_id"] == "a"
    (seen,) = modes.get("/quotes", "ada", inquiry_id=inquiry_id)["items"]
    assert (seen["quote_id"], seen["state"]) == (quote_id, "open")
    assert "client_quote_id" not in seen
    assert modes.get(f"/quotes/{quote_id}", "ada") == seen
    for method, path in (("GET", ""), ("POST", ":accept")):
        other = modes.send(method, f"/quotes/{quote_id}{path}", "retailer")
        assert code(other) == (404, "QUOTE_UNKNOWN")
    accepted = modes.send("POST", f"/quotes/{quote_id}:accept", "ada")
    assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted")
    assert modes.send("POST", f"/quotes/{quote_id}:accept", "ada").json() == accepted.json()
    trades = [t for t in modes.get("/trades", "bob")["items"] if t["order_id"] == quote_id]
    assert [(t["side"], t["price_per_mwh"], t["energy_kwh"]) for t in trades] == [
        ("sell", "77.00", "0.200")
    ]
    assert modes.get(f"/inquiries/{inquiry_id}", "ada")["state"] == "accepted"


def test_an_answer_may_be_taken_back(modes: Village) -> None:
    ask = {
        "client_inquiry_id": "q3",
        "unit_id": "ada-load",
        "start": modes.start(2),
        "energy_kwh": "0.100",
        "answer_by": modes.start(1),
        "asked_units": ["bob-solar"],
    }
    inquiry_id = modes.post("/inquiries", "ada", ask).json()["inquiry_id"]
    offer = {
        "client_quote_id": "back",
        "unit_id": "bob-solar",
        "price_per_mwh": "77.00",
        "energy_kwh": "0.100",
        "valid_until": modes.start(1),
    }
    quote_id = modes.post(f"/inquiries/{inquiry_id}/quotes", "bob", offer).json()["quote_id"]
    assert modes.send("DELETE", f"/quotes/{quote_id}", "bob").json()["state"] == "withdrawn"
    assert modes.get(f"/quotes/{quote_id}", "ada")["state"] == "withdrawn"


def test_a_question_may_be_declined_and_closed(modes: Village) -> None:
    ask = {
        "client_inquiry_id": "q2",
        "unit_id": "ada-load",
        "start": modes.start(2),
        "energy_kwh": "0.100",
        "answer_by": modes.start(1),
        "asked_units": ["bob-solar"],
    }
    inquiry_id = modes.post("/inquiries", "ada", ask).json()["inquiry_id"]
    declined = modes.send("POST", f"/inquiries/{inquiry_id}:decline", "bob")
    assert declined.json()["declined"] is True
    assert modes.get(f"/inquiries/{inquiry_id}", "ada")["declined"] == ["bob"]
    assert modes.send("DELETE", f"/inquiries/{inquiry_id}", "ada").json()["state"] == "withdrawn"
    late = {
        "client_quote_id": "late",
        "unit_id": "bob-solar",
        "price_per_mwh": "77.00",
        "energy_kwh": "0.100",
        "valid_until": modes.start(1),
    }
    answer = modes.post(f"/inquiries/{inquiry_id}/quotes", "bob", late)
    assert code(answer) == (409, "QUOTE_EXPIRED")


# --- contracts --------------------------------------------------------------------------------


def contract(village: Village, **changes: Json) -> dict[str, Any]:
    body: dict[str, Any] = {
        "client_contract_id": f"c-{next(NAMES)}",
        "unit_id": "ada-load",
        "side": "buy",
        "counterparty_unit_id": "bob-solar",
        "price_per_mwh": "85.00",
        "legs": [leg(village, "0.030", 3), leg(village, "0.020", 2)],
        "answer_by": village.start(1),
    }
    return body | changes


def test_a_contract_is_confirmed_by_the_other_party(modes: Village) -> None:
    before = modes.get("/account", "ada")
    made = modes.post("/contracts", "ada", contract(modes))
    assert made.status_code == 201, made.text
    contract_id = made.json()["contract_id"]
    assert [item["start"] for item in made.json()["legs"]] == [modes.start(2), modes.start(3)]
    assert modes.get("/account", "ada")["available"] != before["available"]
    assert modes.get("/contracts", "bob", state="proposed")["items"][-1]["state"] == "proposed"
    assert code(modes.send("GET", f"/contracts/{contract_id}", "retailer")) == (
        404,
        "CONTRACT_UNKNOWN",
    )
    confirmed = modes.send("POST", f"/contracts/{contract_id}:confirm", "bob")
    assert (confirmed.status_code, confirmed.json()["state"]) == (200, "confirmed")
    assert confirmed.json()["client_contract_id"] is None
    assert modes.get(f"/contracts/{contract_id}", "bob") == confirmed.json()
    trades = [t for t in modes.get("/trades", "ada")["items"] if t["order_id"] == contract_id]
    assert [t["energy_kwh"] for t in trades] == ["0.020", "0.030"]
    assert code(modes.send("DELETE", f"/contracts/{contract_id}", "ada")) == (
        409,
        "CONTRACT_CLOSED",
    )


def test_a_contract_may_be_declined_or_withdrawn(modes: Village) -> None:
    first = modes.post("/contracts", "ada", contract(modes)).json()["contract_id"]
    second = modes.post("/contracts", "ada", contract(modes)).json()["contract_id"]
    assert modes.send("POST", f"/contracts/{first}:decline", "bob").json()["state"] == "declined"
    assert modes.send("DELETE", f"/contracts/{second}", "ada").json()["state"] == "withdrawn"
    assert code(modes.send("POST", f"/contracts/{second}:confirm", "bob")) == (
        409,
        "CONTRACT_CLOSED",
    )


def test_the_grid_says_when_it_cannot_carry_a_contract(modes: Village) -> None:
    legs = [leg(modes, "25.000", 0), leg(modes, "1.000", 1)]
    wanted = contract(
        modes, unit_id="retail", side="sell", counterparty_unit_id="ada-load", legs=legs
    )
    answer = modes.post("/contracts", "retailer", wanted)
    assert code(answer) == (409, "GRID_LIMIT")
    assert modes.start(0) in answer.json()["detail"]
    assert modes.start(1) not in answer.json()["detail"]


# --- standing rules -----------------------------------------------------------------------------


def test_a_rule_stands_until_it_is_withdrawn(modes: Village) -> None:
    body = {"client_rule_id": "sun", "unit_id": "bob-solar", "sell_min_per_mwh": "80.00"}
    made = modes.post("/standing-orders", "bob", body)
    assert made.status_code == 201
    rule = made.json()
    assert (rule["share_ppm"], rule["venue"], rule["withdrawn"]) == (1_000_000, "call", False)
    assert modes.post("/standing-orders", "bob", body).status_code == 200
    assert modes.get("/standing-orders", "ada")["items"] == []
    assert modes.get("/standing-orders", "bob")["items"] == [rule]
    path = f"/standing-orders/{rule['rule_id']}"
    assert modes.get(path, "bob") == rule
    assert code(modes.send("DELETE", path, "ada")) == (404, "NOT_FOUND")
    assert modes.send("DELETE", path, "bob").json()["withdrawn"] is True
    assert modes.send("DELETE", path, "bob").status_code == 200
    assert modes.get("/standing-orders", "bob", withdrawn="false")["items"] == []


def test_forecasts_are_recorded_all_or_none(modes: Village) -> None:
    def item(unit_id: str, generation: str, index: int = 0) -> Json:
        return {
            "unit_id": unit_id,
            "start": modes.start(index),
            "consumption_kwh": "0.000",
            "generation_kwh": generation,
        }

    good = {"items": [item("bob-solar", "1.000"), item("bob-solar", "1.500", 1)]}
    assert modes.post("/forecasts:batch", "bob", good).json() == {"count": 2}
    assert modes.post("/forecasts:batch", "bob", good).status_code == 200
    bad = {"items": [item("bob-solar", "2.000"), item("ada-load", "1.000")]}
    answer = modes.post("/forecasts:batch", "bob", bad)
    assert code(answer) == (404, "UNIT_UNKNOWN")
    assert answer.json()["errors"][0]["pointer"] == "/items/1/unit_id"
    known = modes.get("/forecasts", "bob")["items"]
    assert [(i["start"], i["generation_kwh"]) for i in known] == [
        (modes.start(), "1.000"),
        (modes.start(1), "1.500"),
    ]
    assert modes.get("/forecasts", "ada")["items"] == []
