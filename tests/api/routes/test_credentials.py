"""Enrolment, rotation, revocation, suspension: over the wire, and at once."""

import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.api.hosting import Server
from tests.api.village import Json, Reader, Village, bearer
from tests.patience import PATIENCE_S

ADA = {"role": "participant", "participant_id": "ada"}
ADAS_METER = {"role": "device", "unit_id": "ada-load"}
CLOSES_WITHIN_S = 5
"""What a socket has from the moment its access is taken away."""


def ask(village: Village, method: str, path: str, who: str, body: Json = None) -> httpx.Response:
    """A request outside the market's addresses."""
    headers = bearer(village.tokens[who]) | {"Idempotency-Key": uuid4().hex}
    return village.server.http.request(method, path, headers=headers, json=body)


def code_for(village: Village, who: str = "operator", **wanted: Json) -> dict[str, Any]:
    answer = village.act("/enrolments", who, wanted or ADA)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def enrol(village: Village, code: str) -> httpx.Response:
    return village.server.http.post(
        "/v1/enrol", json={"code": code}, headers={"Idempotency-Key": uuid4().hex}
    )


def everybody(village: Village, limit: int = 1_000) -> list[dict[str, Any]]:
    """All clients an operator sees, page by page: those of other tests' markets are among them."""
    seen: list[dict[str, Any]] = []
    path = f"/v1/clients?limit={limit}"
    while path:
        page = ask(village, "GET", path, "operator").json()
        assert len(page["items"]) <= limit
        seen += page["items"]
        cursor = page["next_cursor"]
        path = f"/v1/clients?limit={limit}&cursor={cursor}" if cursor else ""
    return seen


def login(server: Server, client_id: str, secret: str) -> httpx.Response:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    return server.http.post("/v1/token", data=form)


@pytest.fixture
def newcomer(village: Village) -> dict[str, Any]:
    """A second client of Ada's; its token goes by the name `newcomer`."""
    made: dict[str, Any] = enrol(village, code_for(village)["code"]).json()
    village.tokens["newcomer"] = village.server.token(made)
    return made


# --- enrolment --------------------------------------------------------------------


def test_a_code_becomes_credentials_once(still_village: Village) -> None:
    made = code_for(still_village)
    assert len(made["code"]) >= 22  # 128 bits in base64
    assert (made["state"], made["client_id"]) == ("open", None)
    answer = enrol(still_village, made["code"])
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    credential = answer.json()
    assert (credential["role"], credential["participant_id"]) == ("participant", "ada")
    token = still_village.server.token(credential)
    account = still_village.server.http.get(f"{still_village.path}/account", headers=bearer(token))
    assert account.json()["participant_id"] == "ada"
    again = enrol(still_village, made["code"])
    assert (again.status_code, again.json()["code"]) == (409, "ENROLMENT_CLOSED")
    assert again.json()["detail"].endswith("state used.")


def test_a_code_that_never_was_is_unknown(still_village: Village) -> None:
    answer = enrol(still_village, "x" * 27)
    assert (answer.status_code, answer.json()["code"]) == (404, "ENROLMENT_UNKNOWN")


def test_of_many_who_use_a_code_at_once_one_gets_in(still_village: Village) -> None:
    code = code_for(still_village)["code"]
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: enrol(still_village, code).status_code, range(24)))
    assert sorted(statuses) == [201] + [409] * 23


def test_codes_are_not_kept_and_not_listed(still_village: Village) -> None:
    made = code_for(still_village)
    secret = enrol(still_village, made["code"]).json()["client_secret"]
    listed = still_village.get("/enrolments", "operator", limit=1_000)["items"]
    (found,) = [item for item in listed if item["enrolment_id"] == made["enrolment_id"]]
    assert found["state"] == "used"
    assert "code" not in found
    var = still_village.server.settings.identity_path.parent
    kept = b"".join(file.read_bytes() for file in var.glob("identity.sqlite*"))
    assert made["code"].encode() not in kept
    assert secret.encode() not in kept


def test_a_code_ends_by_itself_or_when_told(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = code_for(village, **ADA, lifetime_s=60)
    revoked = code_for(village)
    path = f"/enrolments/{revoked['enrolment_id']}:revoke"
    for _ in range(2):
        answer = village.post(path, "operator", {})
        assert (answer.status_code, answer.json()["state"]) == (200, "revoked")
    assert enrol(village, revoked["code"]).json()["detail"].endswith("state revoked.")
    monkeypatch.setattr(village.server.real_time_s, "ahead_s", 60.0)
    assert enrol(village, short["code"]).json()["detail"].endswith("state expired.")
    used = code_for(village)
    enrol(village, used["code"])
    answer = village.post(f"/enrolments/{used['enrolment_id']}:revoke", "operator", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "ENROLMENT_CLOSED")


@pytest.mark.parametrize("lifetime_s", [0, 59, 30 * 86_400 + 1, "60"])
def test_a_code_has_a_sensible_life(still_village: Village, lifetime_s: Json) -> None:
    answer = still_village.act("/enrolments", "operator", {**ADA, "lifetime_s": lifetime_s})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("who", "wanted", "status", "code"),
    [
        ("ada", ADA, 201, None),
        ("ada", ADAS_METER, 201, None),
        ("rural", {"role": "area", "area_id": "RUR"}, 201, None),
        ("meter", ADAS_METER, 201, None),
        ("ada", {"role": "participant", "participant_id": "bob"}, 404, "PARTICIPANT_UNKNOWN"),
        ("ada", {"role": "participant", "participant_id": "nobody"}, 404, "PARTICIPANT_UNKNOWN"),
        ("ada", {"role": "device", "unit_id": "bob-solar"}, 404, "UNIT_UNKNOWN"),
        ("ada", {"role": "operator"}, 403, "NOT_PERMITTED"),
        ("ada", {"role": "area", "area_id": "RUR"}, 403, "NOT_PERMITTED"),
        ("rural", {"role": "area", "area_id": "GRID"}, 404, "AREA_UNKNOWN"),
        ("rural", ADAS_METER, 404, "UNIT_UNKNOWN"),
        ("meter", {"role": "device", "unit_id": "bob-solar"}, 404, "UNIT_UNKNOWN"),
        ("meter", ADA, 403, "NOT_PERMITTED"),
        ("operator", {"role": "participant"}, 422, "FIELD_MISSING"),
        ("operator", {"role": "operator", "unit_id": "ada-load"}, 422, "FIELD_UNKNOWN"),
    ],
)  # fmt: skip
def test_codes_are_for_oneself_and_one_s_devices(
    still_village: Village, who: str, wanted: dict[str, str], status: int, code: str | None
) -> None:
    answer = still_village.act("/enrolments", who, wanted)
    assert (answer.status_code, answer.json().get("code") if code else None) == (status, code)


def test_lists_hold_what_is_one_s_own(still_village: Village) -> None:
    code_for(still_village, **ADAS_METER)
    code_for(still_village, role="participant", participant_id="bob")
    for who, expected in {
        "ada": {("ada", None), (None, "ada-load")},
        "bob": {("bob", None)},
        "meter": {(None, "ada-load")},
        "rural": {(None, None)},
    }.items():
        clients = ask(still_village, "GET", "/v1/clients", who).json()["items"]
        assert {(c["participant_id"], c["unit_id"]) for c in clients} == expected, who
        assert not any(
            "secret" in name for c in clients for name in c if name != "old_secret_until"
        )
        codes = still_village.get("/enrolments", who)["items"]
        assert {(c["participant_id"], c["unit_id"]) for c in codes} <= expected, who
    roles = {client["role"] for client in everybody(still_village)}
    assert roles == {"participant", "device", "area", "operator"}


def test_a_list_of_clients_has_pages(still_village: Village) -> None:
    def pages_of(limit: int) -> list[str]:
        return [item["client_id"] for item in everybody(still_village, limit)]

    seen = pages_of(5)
    assert seen == pages_of(1000)
    assert len(set(seen)) == len(seen) > 5


# --- rotation ---------------------------------------------------------------------


def rotate(village: Village, client_id: str, who: str, grace_s: int = 0) -> httpx.Response:
    return ask(village, "POST", f"/v1/clients/{client_id}:rotate", who, {"grace_s": grace_s})


def test_a_new_secret_works_at_once_and_the_old_one_for_its_grace(
    village: Village, newcomer: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, client_id = village.server, newcomer["client_id"]
    answer = rotate(village, client_id, "newcomer", grace_s=120)
    assert answer.status_code == 200, answer.text
    second = answer.json()["client_secret"]
    assert login(server, client_id, second).status_code == 200
    assert login(server, client_id, newcomer["client_secret"]).status_code == 200
    (shown,) = [
        item
        for item in ask(village, "GET", "/v1/clients", "newcomer").json()["items"]
        if item["client_id"] == client_id
    ]
    assert shown["old_secret_until"] == answer.json()["old_secret_until"]
    monkeypatch.setattr(server.real_time_s, "ahead_s", 121.0)
    assert login(server, client_id, newcomer["client_secret"]).json()["code"] == "CREDENTIALS_WRONG"
    assert login(server, client_id, second).status_code == 200


def test_without_grace_the_old_secret_ends_at_once(
    village: Village, newcomer: dict[str, Any]
) -> None:
    client_id = newcomer["client_id"]
    assert rotate(village, client_id, "ada").status_code == 200
    assert login(village.server, client_id, newcomer["client_secret"]).status_code == 401
    # The token that was given for it goes on until it ends by itself.
    assert village.send("GET", "/account", "newcomer").status_code == 200


@pytest.mark.parametrize("grace_s", [-1, 86_401, "60", 1.5])
def test_grace_has_its_bounds(still_village: Village, grace_s: Json) -> None:
    own = ask(still_village, "GET", "/v1/clients", "bob").json()["items"][0]["client_id"]
    assert rotate(still_village, own, "bob", grace_s).status_code == 422


# --- whose ------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["rotate", "revoke"])
@pytest.mark.parametrize("who", ["bob", "retailer", "rural", "meter"])
def test_clients_of_others_answer_like_those_that_are_not_there(
    village: Village, newcomer: dict[str, Any], act: str, who: str
) -> None:
    path = "/v1/clients/{}:" + act
    other = ask(village, "POST", path.format(newcomer["client_id"]), who, {})
    absent = ask(village, "POST", path.format("participant-0"), who, {})
    assert other.status_code == absent.status_code == 404
    assert {**other.json(), "trace_id": ""} == {**absent.json(), "trace_id": ""}
    assert (
        login(village.server, newcomer["client_id"], newcomer["client_secret"]).status_code == 200
    )


def test_clients_of_another_market_are_not_there(
    other_village: Village, newcomer: dict[str, Any]
) -> None:
    assert rotate(other_village, newcomer["client_id"], "ada").status_code == 404


def test_a_participant_runs_its_units_devices(village: Village) -> None:
    device = enrol(village, code_for(village, "ada", **ADAS_METER)["code"]).json()
    assert rotate(village, device["client_id"], "ada").status_code == 200
    assert (
        ask(village, "POST", f"/v1/clients/{device['client_id']}:revoke", "ada", {}).status_code
        == 200
    )


# --- revocation -------------------------------------------------------------------


def revoke(village: Village, client_id: str, who: str = "operator") -> httpx.Response:
    return ask(village, "POST", f"/v1/clients/{client_id}:revoke", who, {})


def hear_all(reader: Reader) -> None:
    while True:
        reader.socket.recv(PATIENCE_S)


def closes_with(reader: Reader) -> tuple[int, str, float]:
    """Code, reason and how long it took until the server ended the socket."""
    begun_s = time.monotonic()
    with pytest.raises(ConnectionClosed) as closed:
        hear_all(reader)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason, time.monotonic() - begun_s


def test_a_revoked_client_gets_nothing_any_more(village: Village, newcomer: dict[str, Any]) -> None:
    client_id = newcomer["client_id"]
    assert village.send("GET", "/account", "newcomer").status_code == 200
    for _ in range(2):
        assert revoke(village, client_id, "ada").status_code == 200
    answer = village.send("GET", "/account", "newcomer")
    assert (answer.status_code, answer.json()["code"]) == (401, "CREDENTIALS_REVOKED")
    answer = login(village.server, client_id, newcomer["client_secret"])
    assert (answer.status_code, answer.json()["code"]) == (401, "CREDENTIALS_REVOKED")
    assert login(village.server, client_id, "x").json()["code"] == "CREDENTIALS_WRONG"
    answer = rotate(village, client_id, "ada")
    assert (answer.status_code, answer.json()["code"]) == (409, "CLIENT_REVOKED")
    (shown,) = [
        item
        for item in ask(village, "GET", "/v1/clients", "ada").json()["items"]
        if item["client_id"] == client_id
    ]
    assert shown["revoked_at"] is not None
    assert village.send("GET", "/account", "ada").status_code == 200


@pytest.mark.parametrize(
    ("take_away", "code"),
    [
        pytest.param(
            lambda village, client_id: revoke(village, client_id),
            "CREDENTIALS_REVOKED",
            id="revoked",
        ),
        pytest.param(
            lambda village, _: village.post(
                "/participants/ada:suspend", "operator", {"reason": "unpaid"}
            ),
            "ACCOUNT_SUSPENDED",
            id="suspended",
        ),
    ],
)
def test_open_sockets_close_at_once(
    village: Village,
    newcomer: dict[str, Any],
    take_away: Callable[[Village, str], httpx.Response],
    code: str,
) -> None:
    with village.stream("newcomer") as reader, village.stream("bob") as other:
        for stream, key in ((reader, "ada"), (other, "bob")):
            stream.hear("hello")
            stream.subscribe("account", key)
            stream.hear("snapshot")
        assert take_away(village, newcomer["client_id"]).status_code == 200
        number, reason, took_s = closes_with(reader)
        assert (number, reason) == (4001, code)
        assert took_s <= CLOSES_WITHIN_S
        other.hear("heartbeat")
    with village.stream("newcomer") as reader:
        assert closes_with(reader)[:2] == (4001, code)


def test_revocations_outlast_a_restart(village: Village, newcomer: dict[str, Any]) -> None:
    revoke(village, newcomer["client_id"])
    database = sqlite3.connect(village.server.settings.identity_path)
    rows = database.execute(
        "SELECT count(*) FROM revocations WHERE client_id = ?", (newcomer["client_id"],)
    ).fetchone()
    database.close()
    assert rows == (1,)


def test_the_last_operator_stays(village: Village) -> None:
    made = village.act("/clients:batch", "operator", {"items": [{"role": "operator"}]}).json()
    second = made["items"][0]
    village.tokens["second"] = village.server.token(second)
    first = village.server.operator_credential()["client_id"]
    for client in everybody(village):
        if client["role"] == "operator" and client["client_id"] not in {first, second["client_id"]}:
            revoke(village, client["client_id"])
    assert revoke(village, second["client_id"], "second").status_code == 200
    answer = revoke(village, first)
    assert (answer.status_code, answer.json()["code"]) == (409, "LAST_OPERATOR")


# --- suspension -------------------------------------------------------------------


def test_a_suspended_participant_is_kept_out_until_told(village: Village) -> None:
    for _ in range(2):
        answer = village.post("/participants/ada:suspend", "operator", {"reason": "unpaid"})
        assert answer.status_code == 200
    for answer in (village.send("GET", "/account", "ada"), village.post("/orders", "ada", {})):
        assert (answer.status_code, answer.json()["code"]) == (403, "ACCOUNT_SUSPENDED")
    (shown,) = village.get("/suspensions", "operator")["items"]
    assert (shown["participant_id"], shown["reason"]) == ("ada", "unpaid")
    assert village.send("GET", "/setpoints", "rural").status_code == 200
    assert village.send("GET", "/account", "bob").status_code == 200
    # What was sold is still delivered and measured.
    assert ask(village, "GET", "/v1/me/limits", "meter").status_code == 200
    for _ in range(2):
        assert village.post("/participants/ada:unsuspend", "operator", {}).status_code == 200
    assert village.send("GET", "/account", "ada").status_code == 200
    assert village.get("/suspensions", "operator")["items"] == []


def test_only_somebody_who_is_there_is_suspended(still_village: Village) -> None:
    for name in ("nobody", "a b"):
        answer = still_village.post(f"/participants/{name}:suspend", "operator", {"reason": "x"})
        assert (answer.status_code, answer.json()["code"]) == (404, "PARTICIPANT_UNKNOWN")
