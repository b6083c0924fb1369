"""Continuous trading over the wire: fills at once, changes, stops, sessions that end, mandates."""

import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.api.hosting import Server
from tests.api.village import Json, Village, make_village
from tests.patience import PATIENCE_S

CONTINUOUS = {"continuous": {"opens_minutes": 2_880}, "call_opens_minutes": 30}


@pytest.fixture
def hall(server: Server) -> Village:
    """A market in continuous trading."""
    made = make_village(server, **CONTINUOUS)
    made.wait_for_phase("continuous")
    return made


def sell(village: Village, **changes: Json) -> dict[str, Any]:
    """An order of Bob's solar unit."""
    wanted = {"unit_id": "bob-solar", "side": "sell", "price_per_mwh": "90.00"}
    return village.order(**(wanted | changes))


def buy(village: Village, **changes: Json) -> dict[str, Any]:
    """An order of Ada's load inside the collar."""
    return village.order(**({"price_per_mwh": "100.00"} | changes))


def until(true: Callable[[], bool]) -> None:
    """Wait until something is so; real time, since sessions and timers run in it."""
    give_up = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def state_of(village: Village, order_id: str, who: str) -> str:
    return str(village.get(f"/orders/{order_id}", who)["state"])


def test_an_order_that_meets_another_is_answered_filled(hall: Village) -> None:
    hall.post("/orders", "bob", sell(hall, energy_kwh="1.000"))
    answer = hall.post("/orders", "ada", buy(hall, energy_kwh="0.400"))
    assert answer.status_code == 201, answer.text
    order = answer.json()
    assert (order["state"], order["filled_kwh"], order["held"]) == ("filled", "0.400", "0.00000000")
    (trade,) = hall.get("/trades", "ada")["items"]
    assert (trade["price_per_mwh"], trade["energy_kwh"]) == ("90.00", "0.400")
    assert hall.get("/account", "ada")["balance"] == "99.96400000"


def test_options_of_an_order_travel_and_come_back(hall: Village) -> None:
    now = hall.post("/orders", "ada", buy(hall, tif="fok"))
    assert (now.status_code, now.json()["code"]) == (409, "FOK_NOT_FILLED")
    wrong = hall.post("/orders", "ada", buy(hall, tif="gtd"))
    assert (wrong.status_code, wrong.json()["code"]) == (422, "TIF_UNSUPPORTED")
    dear = hall.post("/orders", "ada", buy(hall, price_per_mwh="900.00"))
    assert (dear.status_code, dear.json()["code"]) == (422, "PRICE_OUTSIDE_COLLAR")


def test_a_replace_names_the_revision_it_knows(hall: Village) -> None:
    order_id = hall.post("/orders", "ada", buy(hall)).json()["order_id"]
    path = f"/orders/{order_id}:replace"
    changed = hall.post(path, "ada", {"revision": 1, "energy_kwh": "1.000"})
    assert changed.status_code == 200, changed.text
    assert changed.json()["revision"] == 2
    stale = hall.post(path, "ada", {"revision": 1, "energy_kwh": "0.500"})
    assert (stale.status_code, stale.json()["code"]) == (409, "REVISION_MISMATCH")
    foreign = hall.post(path, "bob", {"revision": 2, "energy_kwh": "0.500"})
    assert (foreign.status_code, foreign.json()["code"]) == (404, "ORDER_UNKNOWN")
    now = hall.get(f"/orders/{order_id}", "ada")
    assert (now["energy_kwh"], now["held"]) == ("1.000", "0.10000000")


def test_an_order_sleeps_and_wakes(hall: Village) -> None:
    order_id = hall.post("/orders", "ada", buy(hall)).json()["order_id"]
    body = {"order_ids": [order_id, "ord-999999"]}
    rows = hall.post("/orders:hibernate", "ada", body).json()["items"]
    assert [row["status"] for row in rows] == ["hibernated", "rejected"]
    assert state_of(hall, order_id, "ada") == "hibernated"
    assert hall.get("/account", "ada")["held"] == "0.00000000"
    hall.post("/orders:activate", "ada", {"order_ids": [order_id]})
    assert state_of(hall, order_id, "ada") == "active"


def test_all_of_one_s_own_goes_at_once_and_nobody_else_s(hall: Village) -> None:
    mine = [hall.post("/orders", "ada", buy(hall, energy_kwh="0.100")) for _ in range(3)]
    other = hall.post("/orders", "bob", sell(hall, price_per_mwh="150.00")).json()["order_id"]
    assert hall.post("/me/orders:delete", "ada", {}).json() == {"cancelled": 3}
    assert {state_of(hall, item.json()["order_id"], "ada") for item in mine} == {"cancelled"}
    assert state_of(hall, other, "bob") == "active"


def test_one_operator_stops_and_two_release(hall: Village) -> None:
    order_id = hall.post("/orders", "ada", buy(hall)).json()["order_id"]
    what = {"kind": "kill", "scope": "participant", "key": "ada"}
    stopped = hall.post("/stops", "operator", {**what, "reason": "runs wild"})
    assert stopped.json() == {"stopped": True, "cancelled": 1}
    assert state_of(hall, order_id, "ada") == "cancelled"
    refused = hall.post("/orders", "ada", buy(hall))
    assert (refused.status_code, refused.json()["code"]) == (403, "KILLED")
    assert hall.get("/stops", "ada")["items"][0]["reason"] == "runs wild"
    assert hall.get("/stops", "bob")["items"] == []
    first = hall.post("/stops:release", "operator", what).json()
    assert first["released"] is False
    again = hall.post("/stops:release", "operator", what)
    assert (again.status_code, again.json()["code"]) == (409, "SECOND_PERSON_REQUIRED")
    made = hall.act("/clients:batch", "operator", {"items": [{"role": "operator"}]})
    hall.tokens["second"] = hall.server.token(made.json()["items"][0])
    assert hall.post("/stops:release", "second", what).json()["released"] is True
    assert hall.post("/orders", "ada", buy(hall)).status_code == 201


def test_a_halt_lets_only_cancels_through(hall: Village) -> None:
    order_id = hall.post("/orders", "ada", buy(hall)).json()["order_id"]
    what = {"kind": "halt", "scope": "area", "key": "RUR", "reason": "line fault"}
    assert hall.post("/stops", "operator", what).status_code == 200
    refused = hall.post("/orders", "bob", sell(hall))
    assert (refused.status_code, refused.json()["code"]) == (409, "HALTED_CANCEL_ONLY")
    assert hall.send("DELETE", f"/orders/{order_id}", "ada").status_code == 200


def test_who_stops_itself_releases_itself(hall: Village) -> None:
    stopped = hall.post("/me/orders:deactivate", "ada", {"reason": "lunch"})
    assert stopped.status_code == 200, stopped.text
    assert hall.post("/orders", "ada", buy(hall)).json()["code"] == "KILLED"
    assert hall.post("/orders", "bob", sell(hall)).status_code == 201
    what = {"kind": "kill", "scope": "participant", "key": "ada"}
    assert hall.post("/stops:release", "bob", what).status_code == 403
    assert hall.post("/stops:release", "ada", what).json()["released"] is True
    assert hall.post("/orders", "ada", buy(hall)).status_code == 201


def test_orders_end_with_the_session_they_hang_on(hall: Village) -> None:
    with hall.stream("ada") as reader:
        session_id = reader.hear("hello")["data"]["session_id"]
        wish = {"cancel_on_disconnect": True, "session_id": session_id}
        tagged = hall.post("/orders", "ada", buy(hall, **wish)).json()["order_id"]
        plain = hall.post("/orders", "ada", buy(hall)).json()["order_id"]
        foreign = hall.post("/orders", "bob", sell(hall, **wish))
        assert (foreign.status_code, foreign.json()["code"]) == (422, "FIELD_RANGE")
    until(lambda: state_of(hall, tagged, "ada") == "cancelled")
    assert state_of(hall, plain, "ada") == "active"


def test_an_orderly_goodbye_cancels_nothing(hall: Village) -> None:
    with hall.stream("ada") as reader:
        session_id = reader.hear("hello")["data"]["session_id"]
        wish = {"cancel_on_disconnect": True, "session_id": session_id}
        tagged = hall.post("/orders", "ada", buy(hall, **wish)).json()["order_id"]
        reader.socket.send(json.dumps({"type": "logout"}))
        until(lambda: reader.socket.close_code is not None or reader.socket.state.name != "OPEN")
    other = hall.post("/orders", "ada", buy(hall)).json()["order_id"]
    assert hall.send("DELETE", f"/orders/{other}", "ada").status_code == 200
    assert state_of(hall, tagged, "ada") == "active"


def test_a_dead_man_s_orders_are_cancelled_and_a_renewal_keeps_them(hall: Village) -> None:
    order_id = hall.post("/orders", "ada", buy(hall)).json()["order_id"]
    assert hall.post("/me/orders:cancel-after", "ada", {"after_s": 600}).status_code == 200
    assert hall.post("/me/orders:cancel-after", "ada", {"after_s": 0}).status_code == 200
    assert state_of(hall, order_id, "ada") == "active"
    assert hall.post("/me/orders:cancel-after", "ada", {"after_s": 1}).status_code == 200
    until(lambda: state_of(hall, order_id, "ada") == "cancelled")


def test_an_agent_trades_inside_its_mandate_and_no_further(hall: Village) -> None:
    order = buy(hall, energy_kwh="0.500")
    refused = hall.send("POST", "/orders", "bob", json=order, params={"on_behalf_of": "ada"})
    assert (refused.status_code, refused.json()["code"]) == (403, "DELEGATION_MISSING")
    wanted = {
        "client_mandate_id": "man-a",
        "agent": "bob",
        "unit_ids": ["ada-load"],
        "from": hall.start(),
        "until": hall.start(2),
        "energy_kwh_max": "1.000",
    }
    given = hall.post("/mandates", "ada", wanted)
    assert given.status_code == 201, given.text
    assert hall.post("/mandates", "ada", wanted).status_code == 200

    def as_bob(body: dict[str, Any]) -> httpx.Response:
        return hall.send("POST", "/orders", "bob", json=body, params={"on_behalf_of": "ada"})

    placed = as_bob(order)
    assert placed.status_code == 201, placed.text
    assert placed.json()["participant_id"] == "ada"
    assert as_bob(buy(hall, energy_kwh="1.001")).json()["code"] == "VOLUME_MAX"
    late = buy(hall, energy_kwh="0.500", start=hall.start(2))
    assert as_bob(late).json()["code"] == "DELEGATION_MISSING"
    seen = hall.get("/orders", "bob", on_behalf_of="ada")["items"]
    assert [item["order_id"] for item in seen] == [placed.json()["order_id"]]
    mandate_id = given.json()["mandate_id"]
    assert hall.send("POST", f"/mandates/{mandate_id}:revoke", "bob").status_code == 404
    revoked = hall.send("POST", f"/mandates/{mandate_id}:revoke", "ada")
    assert revoked.json()["state"] == "revoked"
    assert state_of(hall, placed.json()["order_id"], "ada") == "cancelled"
    assert as_bob(buy(hall)).json()["code"] == "DELEGATION_MISSING"


def test_one_binds_oneself(hall: Village) -> None:
    body = {"order_value_max": "0.10", "exposure_max": "0.12"}
    assert hall.send("PUT", "/me/trading-limits", "ada", json=body).status_code == 200
    assert hall.get("/me/trading-limits", "ada")["order_value_max"] == "0.10000000"
    dear = hall.post("/orders", "ada", buy(hall, energy_kwh="1.500"))
    assert (dear.status_code, dear.json()["code"]) == (409, "ORDER_VALUE_MAX")
    assert hall.post("/orders", "ada", buy(hall, energy_kwh="1.000")).status_code == 201
    more = hall.post("/orders", "ada", buy(hall, energy_kwh="0.300"))
    assert (more.status_code, more.json()["code"]) == (409, "EXPOSURE_LIMIT")


def test_a_unit_out_of_service_is_not_traded(hall: Village) -> None:
    order_id = hall.post("/orders", "bob", sell(hall)).json()["order_id"]
    later = hall.post("/orders", "bob", sell(hall, start=hall.start(2))).json()["order_id"]
    body = {"from": hall.start(), "until": hall.start(2), "reason": "inverter"}
    assert hall.post("/units/bob-solar:out-of-service", "ada", body).status_code == 404
    told = hall.post("/units/bob-solar:out-of-service", "bob", body)
    assert told.status_code == 200, told.text
    assert state_of(hall, order_id, "bob") == "cancelled"
    assert state_of(hall, later, "bob") == "active"
    refused = hall.post("/orders", "bob", sell(hall))
    assert (refused.status_code, refused.json()["code"]) == (409, "UNIT_OUT_OF_SERVICE")
    assert [item["unit_id"] for item in hall.get("/outages", "bob")["items"]] == ["bob-solar"]
    assert hall.get("/outages", "ada")["items"] == []
    assert hall.post("/units/bob-solar:in-service", "operator", {}).status_code == 200
    assert hall.post("/orders", "bob", sell(hall)).status_code == 201


def test_a_basket_trades_together_or_not_at_all(hall: Village) -> None:
    def row(index: int) -> dict[str, Any]:
        return {
            "unit_id": "ada-load",
            "start": hall.start(index),
            "side": "buy",
            "price_per_mwh": "100.00",
            "energy_kwh": "0.200",
        }

    basket = {"client_order_id": "both", "rows": [row(0), row(1)]}
    hall.post("/orders", "bob", sell(hall, energy_kwh="0.500"))
    refused = hall.post("/orders:basket", "ada", basket)
    assert (refused.status_code, refused.json()["code"]) == (409, "FOK_NOT_FILLED")
    hall.post("/orders", "bob", sell(hall, energy_kwh="0.500", start=hall.start(1)))
    done = hall.post("/orders:basket", "ada", basket)
    assert done.status_code == 201, done.text
    assert (done.json()["kind"], done.json()["state"]) == ("basket", "filled")
    assert hall.post("/orders:basket", "ada", basket).status_code == 200
    assert [item["energy_kwh"] for item in hall.get("/trades", "ada")["items"]] == ["0.200"] * 2


def test_a_block_rests_until_its_other_half_comes(hall: Village) -> None:
    legs = [{"start": hall.start(index), "energy_kwh": "0.300"} for index in (1, 2)]
    block = {"unit_id": "ada-load", "side": "buy", "price_per_mwh": "100.00", "legs": legs}
    made = hall.post("/orders:block", "ada", block | {"client_order_id": "block"})
    assert made.status_code == 201, made.text
    assert (made.json()["kind"], made.json()["state"]) == ("block", "active")
    assert hall.get("/account", "ada")["held"] == "0.06000000"
    other = {"unit_id": "bob-solar", "side": "sell", "price_per_mwh": "90.00", "legs": legs}
    met = hall.post("/orders:block", "bob", other | {"client_order_id": "half"})
    assert met.json()["state"] == "filled", met.text
    assert state_of(hall, made.json()["order_id"], "ada") == "filled"
    assert hall.get("/account", "ada")["held"] == "0.00000000"
