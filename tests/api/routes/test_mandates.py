"""Who may do what with whose orders: owner, agent, former agent, stranger, and other roles."""

from typing import Any

import httpx
import pytest

from tests.api.hosting import Server
from tests.api.village import Json, Village, make_village

CONTINUOUS = {"continuous": {"opens_minutes": 2_880}, "call_opens_minutes": 30}
PEOPLE = ("owner", "agent", "former", "stranger")
DONE = "done"
ALL_GONE = (404, "ORDER_UNKNOWN")
NO_MANDATE = (403, "DELEGATION_MISSING")


@pytest.fixture
def house(server: Server) -> Village:
    """Ada owns; Bob acts for her; the retailer did; Dan never could."""
    made = make_village(server, **CONTINUOUS)
    made.wait_for_phase("continuous")
    dan = {"participant_id": "dan", "name": "Dan", "area_id": "RUR"}
    assert made.post("/participants:batch", "operator", {"items": [dan]}).status_code == 201
    wanted = [{"role": "participant", "participant_id": "dan"}]
    answer = made.act("/clients:batch", "operator", {"items": wanted})
    dans = made.server.token(answer.json()["items"][0])
    made.tokens |= {
        "owner": made.tokens["ada"],
        "agent": made.tokens["bob"],
        "former": made.tokens["retailer"],
        "stranger": dans,
    }
    grant(made, "bob", energy_kwh_max="2.000", value_max="0.20", unit_ids=["ada-load"])
    revoked = grant(made, "retailer")
    path = f"/mandates/{revoked['mandate_id']}:revoke"
    assert made.send("POST", path, "owner").json()["state"] == "revoked"
    return made


def grant(village: Village, agent: str, **more: Json) -> Json:
    body = {
        "client_mandate_id": f"for-{agent}",
        "agent": agent,
        "from": village.start(),
        "until": village.start(2),
    }
    answer = village.post("/mandates", "ada", body | more)
    assert answer.status_code == 201, answer.text
    return answer.json()


def buy(village: Village, **changes: Json) -> dict[str, Any]:
    return village.order(**({"price_per_mwh": "100.00", "energy_kwh": "0.500"} | changes))


def placed(village: Village, who: str, **query: str) -> str:
    answer = village.send("POST", "/orders", who, json=buy(village), params=query)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["order_id"])


def ask(village: Village, act: str, who: str, order_id: str) -> httpx.Response:
    """One act on Ada's orders."""
    for_ada = {} if who == "owner" else {"on_behalf_of": "ada"}
    match act:
        case "place":
            return village.send("POST", "/orders", who, json=buy(village), params=for_ada)
        case "batch":
            body = {"orders": [buy(village)]}
            return village.send("POST", "/orders:batch", who, json=body, params=for_ada)
        case "get":
            return village.send("GET", f"/orders/{order_id}", who)
        case "cancel":
            return village.send("DELETE", f"/orders/{order_id}", who, params=for_ada)
        case "cancel many":
            body = {"order_ids": [order_id]}
            return village.send("POST", "/orders:cancel", who, json=body, params=for_ada)
        case "replace":
            body = {"revision": 1, "energy_kwh": "0.100"}
            return village.send("POST", f"/orders/{order_id}:replace", who, json=body)
        case _:
            return village.send("POST", f"/orders:{act}", who, json={"order_ids": [order_id]})


def outcome(answer: httpx.Response) -> tuple[int, str]:
    """Status and code; of a list the code of its one row."""
    content = answer.json()
    if answer.is_success and "items" in content:
        (row,) = content["items"]
        return answer.status_code, row["code"] or DONE
    return answer.status_code, content.get("code", DONE)


OK = (200, DONE)
ROW_GONE = (200, "ORDER_UNKNOWN")
# Of an order the owner placed itself: owner, agent, former agent, stranger.
OWN = {
    "get": (OK, ALL_GONE, ALL_GONE, ALL_GONE),
    "replace": (OK, ALL_GONE, ALL_GONE, ALL_GONE),
    "hibernate": (OK, ROW_GONE, ROW_GONE, ROW_GONE),
    "activate": (None, ROW_GONE, ROW_GONE, ROW_GONE),
    "cancel": (OK, ALL_GONE, NO_MANDATE, NO_MANDATE),
    "cancel many": (OK, ROW_GONE, NO_MANDATE, NO_MANDATE),
    "place": ((201, DONE), (201, DONE), NO_MANDATE, NO_MANDATE),
    "batch": (OK, OK, NO_MANDATE, NO_MANDATE),
}
# Of one the agent placed for the owner.
DELEGATED = {
    "get": (OK, OK, ALL_GONE, ALL_GONE),
    "replace": (OK, ALL_GONE, ALL_GONE, ALL_GONE),
    "hibernate": (OK, ROW_GONE, ROW_GONE, ROW_GONE),
    "cancel": (OK, OK, NO_MANDATE, NO_MANDATE),
    "cancel many": (OK, OK, NO_MANDATE, NO_MANDATE),
}


@pytest.mark.parametrize("act", sorted(OWN))
def test_the_owner_s_own_order(house: Village, act: str) -> None:
    for who, expected in zip(PEOPLE, OWN[act], strict=True):
        if expected is not None:
            order_id = placed(house, "owner")
            assert outcome(ask(house, act, who, order_id)) == expected, who


@pytest.mark.parametrize("act", sorted(DELEGATED))
def test_an_order_placed_under_a_mandate(house: Village, act: str) -> None:
    for who, expected in zip(PEOPLE, DELEGATED[act], strict=True):
        order_id = placed(house, "agent", on_behalf_of="ada")
        assert outcome(ask(house, act, who, order_id)) == expected, who


def test_what_an_agent_may_not_touch_stays(house: Village) -> None:
    order_id = placed(house, "owner")
    for act in ("cancel", "cancel many", "replace", "hibernate"):
        ask(house, act, "agent", order_id)
    now = house.get(f"/orders/{order_id}", "owner")
    assert (now["state"], now["energy_kwh"]) == ("active", "0.500")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"unit_id": "retail"}, 403, "DELEGATION_MISSING"),
        ({"unit_id": "bob-solar", "side": "sell"}, 403, "DELEGATION_MISSING"),
        ({"index": 2}, 403, "DELEGATION_MISSING"),
        ({"energy_kwh": "2.001"}, 422, "VOLUME_MAX"),
        ({"price_per_mwh": "120.00", "energy_kwh": "2.000"}, 409, "ORDER_VALUE_MAX"),
        ({"price_per_mwh": "120.00", "energy_kwh": "1.000"}, 201, None),
    ],
)
def test_a_mandate_binds_unit_interval_and_size(
    house: Village, changes: dict[str, Any], status: int, code: str | None
) -> None:
    wanted = {"start": house.start(changes.get("index", 0)), **changes}
    order = buy(house, **{name: value for name, value in wanted.items() if name != "index"})
    answer = house.send("POST", "/orders", "agent", json=order, params={"on_behalf_of": "ada"})
    assert (answer.status_code, answer.json().get("code")) == (status, code)


def test_money_position_and_limits_are_the_owner_s(house: Village) -> None:
    bobs = house.get("/account", "agent")
    order_id = placed(house, "agent", on_behalf_of="ada")
    assert house.get("/account", "agent") == bobs
    assert house.get("/account", "owner")["held"] == "0.05000000"
    seen = {
        who: [item["order_id"] for item in house.get("/orders", who, **query)["items"]]
        for who, query in (
            ("owner", {}),
            ("agent", {"on_behalf_of": "ada"}),
            ("former", {"on_behalf_of": "ada"}),
            ("stranger", {"on_behalf_of": "ada"}),
            ("bob", {}),
        )
    }
    assert seen == {
        "owner": [order_id],
        "agent": [order_id],
        "former": [],
        "stranger": [],
        "bob": [],
    }
    limit = house.send("PUT", "/me/trading-limits", "owner", json={"order_value_max": "0.04"})
    assert limit.status_code == 200
    again = house.send("POST", "/orders", "agent", json=buy(house), params={"on_behalf_of": "ada"})
    assert again.json()["code"] == "ORDER_VALUE_MAX"
    assert house.get("/me/trading-limits", "agent")["order_value_max"] is None


def test_owner_and_agent_name_their_orders_each_for_themselves(house: Village) -> None:
    same = buy(house)
    owners = house.send("POST", "/orders", "owner", json=same)
    agents = house.send("POST", "/orders", "agent", json=same, params={"on_behalf_of": "ada"})
    assert (owners.status_code, agents.status_code) == (201, 201)
    assert owners.json()["order_id"] != agents.json()["order_id"]
    again = house.send("POST", "/orders", "agent", json=same, params={"on_behalf_of": "ada"})
    assert again.json()["order_id"] == agents.json()["order_id"]
    named = house.get(f"/orders?client_order_id={same['client_order_id']}", "owner")["items"]
    ids = {item["order_id"] for item in named}
    assert ids == {owners.json()["order_id"], agents.json()["order_id"]}


def test_mandates_are_seen_by_both_sides_and_ended_by_their_owner(house: Village) -> None:
    def agents(who: str) -> list[str]:
        return [item["agent"] for item in house.get("/mandates", who)["items"]]

    assert agents("owner") == agents("operator") == ["bob", "retailer"]
    assert (agents("agent"), agents("former"), agents("stranger")) == (["bob"], ["retailer"], [])
    mandate_id = house.get("/mandates", "agent")["items"][0]["mandate_id"]
    absent = house.send("POST", "/mandates/man-999:revoke", "stranger").json()
    for who in ("agent", "former", "stranger"):
        refused = house.send("POST", f"/mandates/{mandate_id}:revoke", who)
        assert (refused.status_code, refused.json()["code"]) == (404, "NOT_FOUND")
        assert {**refused.json(), "trace_id": ""} == {**absent, "trace_id": ""}
    assert house.get("/mandates", "agent")["items"][0]["state"] == "holds"


@pytest.mark.parametrize("who", ["rural", "meter", "operator"])
@pytest.mark.parametrize("act", ["place", "batch", "cancel", "cancel many", "replace", "hibernate"])
def test_no_other_role_acts_for_anybody(house: Village, who: str, act: str) -> None:
    order_id = placed(house, "owner")
    assert outcome(ask(house, act, who, order_id)) == (403, "NOT_PERMITTED")


def test_an_agent_cannot_pass_its_mandate_on(house: Village) -> None:
    wanted = {
        "client_mandate_id": "on",
        "agent": "dan",
        "unit_ids": ["ada-load"],
        "from": house.start(),
        "until": house.start(2),
    }
    refused = house.post("/mandates", "agent", wanted)
    assert (refused.status_code, refused.json()["code"]) == (404, "UNIT_UNKNOWN")
    assert house.post("/mandates", "agent", wanted | {"unit_ids": []}).status_code == 201
    order = house.send(
        "POST", "/orders", "stranger", json=buy(house), params={"on_behalf_of": "bob"}
    )
    assert order.status_code == 404, "Bob's mandate is over Bob's units only"
