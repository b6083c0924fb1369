"""Every address and channel × every role × own, other and absent, against the table."""

import itertools
from typing import Any

import pytest
from starlette.routing import Route, WebSocketRoute

from api.access.permissions import CHANNELS, MARKET, PERMISSIONS, Channel, Reach
from api.app import ADDRESSES
from market.model.participant import Role
from tests.api.hosting import Server
from tests.api.village import Village

WHO = {
    Role.PARTICIPANT: "ada",
    Role.AREA: "rural",
    Role.DEVICE: "meter",
    Role.OPERATOR: "operator",
}
GUARDED = [
    (method, path)
    for (method, path), permission in PERMISSIONS.items()
    if not permission.public and method != "WEBSOCKET"
]
OF_MARKET = [(method, path) for method, path in GUARDED if path.startswith(MARKET)]


NOBODYS = {
    "order_id": "ord-999",
    "client_id": "participant-999",
    "enrolment_id": "enr-999",
    "mandate_id": "man-999",
    "participant_id": "nobody",
    "listing_id": "lst-999",
    "inquiry_id": "inq-999",
    "quote_id": "quo-999",
    "contract_id": "con-999",
    "rule_id": "std-999",
    "unit_id": "nobodys-unit",
    "run_id": "set-999",
    "act_id": "act-999",
    "message_id": "msg-999",
    "alarm_id": "alm-999",
    "area_id": "nowhere",
    "bill_id": "bil-999",
    "case_id": "cas-999",
    "table": "nothing",
    "bank_id": "nobodys-movement",
    "withdrawal_id": "out-999",
    "file_id": "pay-999",
    "passkey_id": "nobodys",
    "person_id": "person-999",
}
"""Ids in addresses; nothing has them."""


def send(
    server: Server, method: str, path: str, token: str | None, market_id: str = "nowhere"
) -> Any:  # noqa: ANN401 - an answer
    address = path.format(market=market_id, **NOBODYS)
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    body = {} if method in {"GET", "DELETE"} else {"json": {}}
    return server.http.request(method, address, headers=headers, **body)


def test_every_address_that_is_served_stands_in_the_table(server: Server) -> None:
    served = {
        (method, route.path)
        for route in server.app.router.routes
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD"
    } | {
        ("WEBSOCKET", route.path)
        for route in server.app.router.routes
        if isinstance(route, WebSocketRoute)
    }
    assert served == set(PERMISSIONS)
    assert {(item.method, item.path) for item in ADDRESSES} == served - {
        ("WEBSOCKET", f"{MARKET}/stream")
    }
    assert set(CHANNELS) == set(Channel)


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_without_a_token_nothing_guarded_answers(
    still_village: Village, method: str, path: str
) -> None:
    answer = send(still_village.server, method, path, None, still_village.market_id)
    assert (answer.status_code, answer.json()["code"]) == (401, "AUTH_REQUIRED")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [(method, path, role) for (method, path), role in itertools.product(GUARDED, Role)],
)
def test_a_role_may_exactly_what_the_table_says(
    still_village: Village, method: str, path: str, role: Role
) -> None:
    token = still_village.tokens[WHO[role]]
    answer = send(still_village.server, method, path, token, still_village.market_id)
    assert answer.status_code < 500
    refused = answer.status_code == 403
    assert refused == (role not in PERMISSIONS[method, path].reach)
    if refused:
        assert answer.json()["code"] == "NOT_PERMITTED"
    assert answer.status_code != 401


@pytest.mark.parametrize(("method", "path"), OF_MARKET)
def test_another_market_answers_like_one_that_is_not_there(
    still_village: Village, other_village: Village, method: str, path: str
) -> None:
    server = still_village.server
    for role in PERMISSIONS[method, path].reach:
        token = still_village.tokens[WHO[role]]
        absent = send(server, method, path, token, "nowhere")
        assert (absent.status_code, absent.json()["code"]) == (404, "NOT_FOUND")
        if role is Role.OPERATOR:
            continue
        other = send(server, method, path, token, other_village.market_id)
        assert other.status_code == 404
        assert {**other.json(), "trace_id": ""} == {**absent.json(), "trace_id": ""}


def test_an_order_of_somebody_else_answers_like_one_that_is_not_there(village: Village) -> None:
    order_id = village.post("/orders", "ada", village.order()).json()["order_id"]
    for method in ("GET", "DELETE"):
        other = village.send(method, f"/orders/{order_id}", "bob")
        absent = village.send(method, "/orders/ord-999", "bob")
        assert other.status_code == absent.status_code == 404
        assert {**other.json(), "trace_id": ""} == {**absent.json(), "trace_id": ""}
    assert village.get(f"/orders/{order_id}", "ada")["state"] == "active"
    assert village.get("/orders", "bob")["items"] == []


@pytest.mark.parametrize(
    ("who", "participants", "units"),
    [
        ("ada", {"ada"}, {"ada-load"}),
        ("rural", {"ada", "bob"}, {"ada-load", "bob-solar"}),
        ("grid", {"retailer"}, {"retail"}),
        ("operator", {"ada", "bob", "retailer"}, {"ada-load", "bob-solar", "retail"}),
    ],
)
def test_lists_hold_what_is_one_s_own(
    still_village: Village, who: str, participants: set[str], units: set[str]
) -> None:
    found = still_village.get("/participants", who)["items"]
    assert {item["participant_id"] for item in found} == participants
    assert {item["unit_id"] for item in still_village.get("/units", who)["items"]} == units


def reading(unit_id: str, start: str) -> dict[str, Any]:
    return {
        "unit_id": unit_id,
        "start": start,
        "consumption_kwh": "0.100",
        "generation_kwh": "0.000",
        "state_of_charge_kwh": None,
    }


@pytest.mark.parametrize(
    ("who", "area_id", "unit_id", "code"),
    [
        ("rural", "RUR", "ada-load", "MEASUREMENT_TOO_EARLY"),
        ("meter", "RUR", "ada-load", "MEASUREMENT_TOO_EARLY"),
        ("rural", "GRID", "retail", "AREA_UNKNOWN"),
        ("rural", "NOWHERE", "retail", "AREA_UNKNOWN"),
        ("rural", "RUR", "retail", "UNIT_UNKNOWN"),
        ("rural", "RUR", "nobody", "UNIT_UNKNOWN"),
        ("meter", "RUR", "bob-solar", "UNIT_UNKNOWN"),
        ("meter", "RUR", "nobody", "UNIT_UNKNOWN"),
        ("meter", "GRID", "ada-load", "AREA_UNKNOWN"),
    ],
)
def test_measurements_come_from_whom_they_may(
    still_village: Village, who: str, area_id: str, unit_id: str, code: str
) -> None:
    body = {"area_id": area_id, "items": [reading(unit_id, still_village.start())]}
    answer = still_village.post("/measurements:batch", who, body)
    assert answer.json()["code"] == code


KEYS = {
    Channel.MARKET: {"own": "{market}", "absent": "nowhere"},
    Channel.TRADES: {"own": "RUR", "absent": "NOWHERE"},
    Channel.AREA: {"own": "RUR", "other": "GRID", "absent": "NOWHERE"},
    Channel.UNIT: {"own": "ada-load", "other": "retail", "absent": "nothing"},
    Channel.ACCOUNT: {"own": "ada", "other": "bob", "absent": "nobody"},
    Channel.BOOK: {"own": "RUR", "merged": "market", "absent": "NOWHERE"},
    Channel.LISTINGS: {"own": "RUR", "absent": "NOWHERE"},
    Channel.ALARMS: {"own": "{market}", "absent": "nowhere"},
    Channel.MESSAGES: {"own": "{market}", "absent": "nowhere"},
}


@pytest.mark.parametrize("role", [None, *Role])
def test_a_channel_opens_exactly_to_whom_the_table_says(
    still_village: Village, role: Role | None
) -> None:
    with still_village.stream(None if role is None else WHO[role]) as reader:
        assert reader.hear("hello")["data"]["role"] == (None if role is None else role.value)
        assert set(KEYS) == set(Channel)
        for channel, keys in KEYS.items():
            for whose, key in keys.items():
                permission = CHANNELS[channel]
                reach = Reach.ALL if permission.public else None
                if role is not None and not permission.public:
                    reach = permission.reach.get(role)
                opens = whose != "absent" and (
                    reach is Reach.ALL or (reach is Reach.OWN and whose == "own")
                )
                reader.subscribe(channel.value, key.format(market=still_village.market_id))
                answer = reader.hear("snapshot", "error")
                assert answer["type"] == ("snapshot" if opens else "error"), (channel, whose)
                if not opens:
                    assert answer["data"]["code"] == "NOT_FOUND"


def test_a_token_of_another_market_opens_only_public_channels(
    still_village: Village, other_village: Village
) -> None:
    foreign = Village(
        server=still_village.server,
        market_id=still_village.market_id,
        first_s=still_village.first_s,
        tokens={"ada": other_village.tokens["ada"]},
    )
    with foreign.stream("ada") as reader:
        reader.hear("hello")
        for channel, key, kind in (
            ("account", "ada", "error"),
            ("unit", "ada-load", "error"),
            ("trades", "RUR", "snapshot"),
        ):
            reader.subscribe(channel, key)
            assert reader.hear("snapshot", "error")["type"] == kind


@pytest.mark.parametrize(
    ("item", "pointer", "code"),
    [
        ({"role": "participant"}, "/items/0/participant_id", "FIELD_MISSING"),
        ({"role": "participant", "participant_id": "no"}, "/items/0/participant_id", "PARTICIPANT_UNKNOWN"),
        ({"role": "area", "area_id": "NO"}, "/items/0/area_id", "AREA_UNKNOWN"),
        ({"role": "device", "unit_id": "no"}, "/items/0/unit_id", "UNIT_UNKNOWN"),
        ({"role": "operator", "area_id": "RUR"}, "/items/0/area_id", "FIELD_UNKNOWN"),
        ({"role": "area", "area_id": "RUR", "unit_id": "ada-load"}, "/items/0/unit_id", "FIELD_UNKNOWN"),
        ({"role": "supervisor"}, "/items/0/role", "FIELD_FORMAT"),
        ({"role": "area", "area_id": "RUR", "market_id": "x"}, "/items/0/market_id", "FIELD_UNKNOWN"),
    ],
)  # fmt: skip
def test_credentials_are_only_made_for_what_exists(
    still_village: Village, item: dict[str, str], pointer: str, code: str
) -> None:
    answer = still_village.act("/clients:batch", "operator", {"items": [item]})
    assert answer.status_code in {404, 422}
    assert (pointer, code) in {(f["pointer"], f["code"]) for f in answer.json()["errors"]}


def test_an_operator_can_make_another_one(still_village: Village) -> None:
    answer = still_village.act("/clients:batch", "operator", {"items": [{"role": "operator"}]})
    (made,) = answer.json()["items"]
    assert made["market_id"] is None
    token = still_village.server.token(made)
    assert send(still_village.server, "POST", "/v1/clock:start", token).status_code == 200
