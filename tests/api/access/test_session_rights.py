"""What a session may do: only from its own pages, only freshly shown where it counts, never for two."""
# house: long because what a session may do, and when it no longer may, is held against one table.

import itertools
from collections.abc import Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import structlog
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from api.access.permissions import PERMISSIONS
from api.access.step_up import STEP_UP, WITHOUT, wanted
from market.model.participant import Role
from tests.api.access.test_permissions import NOBODYS
from tests.api.authenticator import Browser, b32
from tests.api.hosting import Server
from tests.api.signing import ADA, PASSWORD, code_for, fault_of, new_login, sign_in
from tests.api.village import Reader, Village, bearer

pytestmark = pytest.mark.usefixtures("good_tokens_after", "standing_time")


# --- from its own pages -----------------------------------------------------------------

SAME, OTHER_SITE, SAME_SITE, NONE = "same-origin", "cross-site", "same-site", None
CHANGE = ("PATCH", "/v1/people/me")
SIGN_IN = ("POST", "/v1/session:passkey-options")


@pytest.mark.parametrize("what", [CHANGE, SIGN_IN], ids=["change", "sign in"])
@pytest.mark.parametrize(
    ("site", "origin", "media", "passes"),
    [
        (SAME, "own", "application/json", True),
        (SAME, None, "application/json", True),
        (NONE, "own", "application/json", True),
        (SAME, "own", "application/json; charset=utf-8", True),
        (NONE, None, "application/json", False),
        (OTHER_SITE, "https://evil.example", "application/json", False),
        (SAME_SITE, "own", "application/json", False),
        ("none", None, "application/json", False),
        (SAME, "https://evil.example", "application/json", False),
        (SAME, "null", "application/json", False),
        (NONE, "http://localhost", "application/json", False),
        (NONE, "http://localhost:1", "application/json", False),
        (SAME, "own", "text/plain", False),
        (SAME, "own", "application/x-www-form-urlencoded", False),
        (SAME, "own", "multipart/form-data; boundary=x", False),
        (SAME, "own", "", False),
    ],
)
def test_what_another_site_has_sent_is_not_done(
    operator: Browser,
    what: tuple[str, str],
    site: str | None,
    origin: str | None,
    media: str,
    passes: bool,
) -> None:
    headers = {"Cookie": f"__Host-wattmarket={operator.cookie}", "Content-Type": media}
    if site is not None:
        headers["Sec-Fetch-Site"] = site
    if origin is not None:
        headers["Origin"] = operator.server.origin if origin == "own" else origin
    answer = operator.http.request(*what, content=b"{}", headers=headers)
    if passes:
        assert answer.status_code == 200, answer.text
    else:
        assert fault_of(answer) == (403, "CROSS_SITE")


def test_a_program_with_a_token_needs_no_page(still_village: Village) -> None:
    headers = bearer(still_village.tokens["operator"])
    answer = still_village.server.http.post("/v1/stream-tickets", json={}, headers=headers)
    assert answer.status_code == 201


def test_reading_and_signing_out_need_no_body(operator: Browser) -> None:
    assert operator.send("GET", "/v1/people/me").status_code == 200
    assert operator.send("DELETE", "/v1/session").status_code == 204


# --- freshly shown ----------------------------------------------------------------------


def changing() -> set[tuple[str, str]]:
    return {
        (method, path)
        for (method, path), permission in PERMISSIONS.items()
        if not permission.public and method not in {"GET", "WEBSOCKET"}
    }


def test_every_act_of_an_operator_stands_in_one_of_the_two_tables() -> None:
    of_operators = {each for each in changing() if Role.OPERATOR in PERMISSIONS[each].reach}
    stepping = {each for each in STEP_UP if Role.OPERATOR in STEP_UP[each]}
    assert stepping & WITHOUT == set()
    assert stepping | WITHOUT == of_operators
    assert set(STEP_UP) <= changing()


@pytest.mark.parametrize("path", ["stops", "acts", "participants/{participant_id}:suspend"])
def test_nobody_is_kept_from_stopping(path: str) -> None:
    assert not wanted("POST", f"/v1/markets/{{market}}/{path}", Role.OPERATOR)


@pytest.mark.parametrize(("method", "path"), sorted(changing() - {("DELETE", "/v1/session")}))
@pytest.mark.parametrize("role", [Role.OPERATOR, Role.PARTICIPANT])
def test_who_has_not_just_shown_who_it_is_is_asked_first(
    still_village: Village, people: dict[Role, Browser], role: Role, method: str, path: str
) -> None:
    address = path.format(market=still_village.market_id, **NOBODYS)
    answer = people[role].send(method, address, None if method == "DELETE" else {})
    code = answer.json().get("code") if answer.content else None
    if role not in PERMISSIONS[method, path].reach:
        assert code == "NOT_PERMITTED"
    else:
        assert (code == "STEP_UP_REQUIRED") == (role in STEP_UP.get((method, path), ()))


@pytest.fixture(scope="module")
def people(still_village: Village, server: Server) -> Iterator[dict[Role, Browser]]:
    with Browser(server) as operator, Browser(server) as ada:
        operator.enrol(code_for(still_village), new_login("op"))
        ada.enrol(code_for(still_village, **ADA), new_login("ada"))
        yield {Role.OPERATOR: operator, Role.PARTICIPANT: ada}


def test_stepping_up_opens_such_acts_for_five_minutes(
    still_village: Village, operator: Browser, server: Server
) -> None:
    path, body = (
        f"{still_village.path}/stops:release",
        {"kind": "kill", "scope": "participant", "key": "bob"},
    )
    assert fault_of(operator.post(path, body)) == (403, "STEP_UP_REQUIRED")
    answer = operator.by_passkey("step-up")
    assert answer.status_code == 200
    assert answer.json()["stepped_up_until"] is not None
    assert fault_of(operator.post(path, body)) == (404, "NOT_FOUND")  # nothing is stopped
    server.real_time_s.ahead_s += 299
    assert fault_of(operator.post(path, body)) == (404, "NOT_FOUND")
    server.real_time_s.ahead_s += 1
    assert fault_of(operator.post(path, body)) == (403, "STEP_UP_REQUIRED")
    assert operator.send("GET", "/v1/session").json()["stepped_up_until"] is None


def test_somebody_else_s_passkey_does_not_step_one_up(
    still_village: Village, operator: Browser, server: Server
) -> None:
    with Browser(server) as other:
        other.enrol(code_for(still_village), new_login())
        options = operator.post("/v1/session:step-up-options").json()
        signed = other.device.get({"challenge": options["public_key"]["challenge"]})
        body = {"challenge_id": options["challenge_id"], "credential": signed}
        assert fault_of(operator.post("/v1/session:step-up", body)) == (401, "CREDENTIALS_WRONG")
        begun = other.post("/v1/session:step-up-options").json()
        signed = operator.device.get({"challenge": begun["public_key"]["challenge"]})
        body = {"challenge_id": begun["challenge_id"], "credential": signed}
        assert fault_of(operator.post("/v1/session:step-up", body)) == (409, "CHALLENGE_ENDED")


def test_a_challenge_to_sign_in_does_not_step_up(operator: Browser) -> None:
    begun = operator.post("/v1/session:passkey-options").json()
    signed = operator.device.get(begun["public_key"])
    body = {"challenge_id": begun["challenge_id"], "credential": signed}
    assert fault_of(operator.post("/v1/session:step-up", body)) == (409, "CHALLENGE_ENDED")


def test_a_password_steps_up_with_a_time_code_that_is_new(
    still_village: Village, browser: Browser
) -> None:
    browser.enrol_by_password(code_for(still_village), new_login(), PASSWORD)
    again = {"password": PASSWORD, "code": browser.time_code()}
    assert fault_of(browser.post("/v1/session:step-up", again)) == (401, "CREDENTIALS_WRONG")
    wrong = {"password": "not the password", "code": browser.time_code(ahead_s=30)}
    assert fault_of(browser.post("/v1/session:step-up", wrong)) == (401, "CREDENTIALS_WRONG")
    fresh = {"password": PASSWORD, "code": browser.time_code(ahead_s=30)}
    assert browser.post("/v1/session:step-up", fresh).status_code == 200


# --- two people -------------------------------------------------------------------------


def killed(village: Village) -> dict[str, str]:
    """Bob's trading is stopped; gives what releases it."""
    stop = {"kind": "kill", "scope": "participant", "key": "bob"}
    assert village.post("/stops", "operator", {**stop, "reason": "a test"}).status_code == 200
    return stop


def test_two_people_are_two(village: Village, operator: Browser, server: Server) -> None:
    release = killed(village)
    with Browser(server) as second:
        second.enrol(code_for(village), new_login("op"))
        for one in (operator, second):
            one.step_up()
        first = operator.post(f"{village.path}/stops:release", release).json()
        assert first["released"] is False
        again = operator.post(f"{village.path}/stops:release", release)
        assert fault_of(again) == (409, "SECOND_PERSON_REQUIRED")
        assert second.post(f"{village.path}/stops:release", release).json()["released"] is True
    audit = village.get("/audit", "operator", kind="ReleaseStop")["items"]
    people = {item["actor"] for item in audit}
    assert len(people) == 2
    assert all(actor.startswith("person-") for actor in people)


@pytest.mark.parametrize("way", ["made", "enrolled", "renewed", "made by what was made"])
def test_a_program_whose_secret_a_person_knows_is_that_person(
    village: Village, operator: Browser, server: Server, way: str
) -> None:
    operator.step_up()
    release = killed(village)
    named = {"Idempotency-Key": new_login("key-of-sixteen-")}

    def make(path: str, body: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        answer = operator.send("POST", path, body, headers=named)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    batch = {"items": [{"role": "operator"}]}
    match way:
        case "made":
            (client,) = make(f"{village.path}/clients:batch", batch)["items"]
        case "enrolled":
            code = make(f"{village.path}/enrolments", {"role": "operator"})["code"]
            client = server.http.post("/v1/enrol", json={"code": code}, headers=named).json()
        case "renewed":
            (other,) = village.act("/clients:batch", "operator", batch).json()["items"]
            client = make(f"/v1/clients/{other['client_id']}:rotate", {"grace_s": 0})
        case _:
            (made,) = make(f"{village.path}/clients:batch", batch)["items"]
            village.tokens["made"] = server.token(made)
            (client,) = village.act("/clients:batch", "made", batch).json()["items"]
    village.tokens["program"] = server.token(client)
    assert operator.post(f"{village.path}/stops:release", release).json()["released"] is False
    told = village.post("/stops:release", "program", release)
    assert fault_of(told) == (409, "SECOND_PERSON_REQUIRED")
    assert village.post("/stops:release", "operator", release).json()["released"] is True


def test_a_browser_has_one_session(operator: Browser) -> None:
    before = operator.cookie
    assert operator.by_passkey("passkey").status_code == 200
    assert operator.cookie != before
    operator.cookie = before
    assert fault_of(operator.send("GET", "/v1/session")) == (401, "SESSION_ENDED")


def test_a_person_with_two_sessions_is_one(village: Village, operator: Browser) -> None:
    release = killed(village)
    operator.step_up()
    assert operator.post(f"{village.path}/stops:release", release).status_code == 200
    operator.cookie = None  # another browser
    assert operator.by_passkey("passkey").status_code == 200
    operator.step_up()
    told = operator.post(f"{village.path}/stops:release", release)
    assert fault_of(told) == (409, "SECOND_PERSON_REQUIRED")


# --- tickets ------------------------------------------------------------------------------


def ticket_of(browser: Browser) -> str:
    answer = browser.post("/v1/stream-tickets")
    assert answer.status_code == 201, answer.text
    ticket: str = answer.json()["ticket"]
    return ticket


class TicketReader(Reader):
    """A socket that is opened with a ticket."""

    def __init__(self, village: Village, ticket: str) -> None:
        super().__init__(village, None)
        self.ticket = ticket

    def __enter__(self) -> "TicketReader":
        self.socket = self._connecting.__enter__()
        self.say(type="authenticate", ticket=self.ticket)
        return self


def closed_with(reader: Reader) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed) as ended:
        reader.hear("the end")  # heartbeats in between are passed over
    assert ended.value.rcvd is not None
    return ended.value.rcvd.code, ended.value.rcvd.reason


def test_a_ticket_opens_what_its_person_may_see(still_village: Village, ada: Browser) -> None:
    with TicketReader(still_village, ticket_of(ada)) as reader:
        assert reader.hear("hello")["data"]["role"] == "participant"
        for key, kind in (("ada", "snapshot"), ("bob", "error")):
            reader.subscribe("account", key)
            assert reader.hear("snapshot", "error")["type"] == kind


def test_a_ticket_is_good_once_and_for_half_a_minute(
    still_village: Village, ada: Browser, server: Server
) -> None:
    ticket = ticket_of(ada)
    with TicketReader(still_village, ticket) as reader:
        reader.hear("hello")
        with TicketReader(still_village, ticket) as second:
            assert closed_with(second) == (4001, "TOKEN_INVALID")
    late = ticket_of(ada)
    server.real_time_s.ahead_s += 30
    with TicketReader(still_village, late) as reader:
        assert closed_with(reader) == (4001, "TOKEN_INVALID")


def test_of_a_hundred_who_use_a_ticket_at_once_one_gets_in(ada: Browser, server: Server) -> None:
    ticket = ticket_of(ada)
    tickets = server.house.tickets
    with ThreadPoolExecutor(100) as pool:
        found = list(pool.map(tickets.use, itertools.repeat(ticket, 100)))
    assert sum(access is not None for access in found) == 1


@pytest.mark.parametrize(
    "said",
    [{}, {"token": None, "ticket": "x"}, {"ticket": None}, {"ticket": 7}],
    ids=str,
)
def test_a_first_message_has_a_token_or_a_ticket(
    still_village: Village, said: dict[str, Any]
) -> None:
    reader = Reader(still_village, None)
    with reader._connecting as socket:  # noqa: SLF001 - its first message is what is tried
        reader.socket = socket
        reader.say(type="authenticate", **said)
        assert closed_with(reader)[0] == 4003


def test_a_socket_takes_no_cookie(still_village: Village, ada: Browser) -> None:
    address = f"ws://127.0.0.1:{still_village.server.port}{still_village.path}/stream"
    cookie = {"Cookie": f"__Host-wattmarket={ada.cookie}", "Origin": ada.server.origin}
    reader = Reader(still_village, None)
    with connect(address, additional_headers=cookie, compression=None) as socket:
        reader.socket = socket
        reader.say(type="authenticate", token=None)
        assert reader.hear("hello")["data"]["role"] is None
        reader.subscribe("account", "ada")
        assert reader.hear("snapshot", "error")["type"] == "error"


# --- the end of it -----------------------------------------------------------------------


def test_signing_out_closes_one_s_sockets(still_village: Village, ada: Browser) -> None:
    with TicketReader(still_village, ticket_of(ada)) as reader:
        reader.hear("hello")
        cookie = ada.cookie
        assert ada.send("DELETE", "/v1/session").status_code == 204
        assert closed_with(reader) == (4001, "SESSION_ENDED")
        ada.cookie = cookie
        assert fault_of(ada.send("GET", "/v1/session")) == (401, "SESSION_ENDED")


def test_a_ticket_ends_with_its_session(still_village: Village, ada: Browser) -> None:
    ticket = ticket_of(ada)
    ada.send("DELETE", "/v1/session")
    with TicketReader(still_village, ticket) as reader:
        assert closed_with(reader) == (4001, "SESSION_ENDED")


def test_an_idle_session_closes_its_sockets(
    still_village: Village, operator: Browser, server: Server
) -> None:
    with TicketReader(still_village, ticket_of(operator)) as reader:
        reader.hear("hello")
        server.real_time_s.ahead_s += 15 * 60
        assert closed_with(reader) == (4001, "SESSION_ENDED")


def test_a_suspended_participant_s_people_are_out_at_once(
    village: Village, browser: Browser
) -> None:
    browser.enrol(code_for(village, **ADA), new_login("ada"))
    with TicketReader(village, ticket_of(browser)) as reader:
        reader.hear("hello")
        assert (
            village.post("/participants/ada:suspend", "operator", {"reason": "x"}).status_code
            == 200
        )
        assert closed_with(reader) == (4001, "ACCOUNT_SUSPENDED")
    assert fault_of(browser.send("GET", "/v1/session")) == (401, "SESSION_ENDED")
    assert fault_of(browser.by_passkey("passkey")) == (403, "ACCOUNT_SUSPENDED")
    village.post("/participants/ada:unsuspend", "operator", {})
    assert browser.by_passkey("passkey").status_code == 200


def test_a_revoked_person_is_out_at_once_and_for_good(
    still_village: Village, operator: Browser, server: Server
) -> None:
    with Browser(server) as other:
        person_id = other.enrol(code_for(still_village), new_login())["person_id"]
        other.step_up()
        named = {"Idempotency-Key": new_login("key-of-sixteen-")}
        path, body = f"{still_village.path}/enrolments", {"role": "operator"}
        code = other.send("POST", path, body, headers=named).json()["code"]
        with TicketReader(still_village, ticket_of(other)) as reader:
            reader.hear("hello")
            answer = operator.post(f"/v1/people/{person_id}:revoke")
            assert answer.json() == {"person_id": person_id, "revoked": True}
            assert closed_with(reader) == (4001, "CREDENTIALS_REVOKED")
        assert fault_of(other.send("GET", "/v1/session")) == (401, "SESSION_ENDED")
        assert fault_of(other.by_passkey("passkey")) == (401, "CREDENTIALS_REVOKED")
        again = {"code": code, "login": new_login(), "name": "Again"}
        told = other.post("/v1/people:enrol-options", again)
        assert fault_of(told) == (409, "ENROLMENT_CLOSED")
        listed = operator.send("GET", "/v1/people?limit=1000").json()["items"]
        assert {item["person_id"]: item["revoked"] for item in listed}[person_id] is True
        assert operator.post(f"/v1/people/{person_id}:revoke").status_code == 200
    assert fault_of(operator.post("/v1/people/person-999:revoke")) == (404, "NOT_FOUND")


# --- one's own account -------------------------------------------------------------------


def test_one_changes_one_s_name_and_language(ada: Browser) -> None:
    answer = ada.send("PATCH", "/v1/people/me", {"name": "Ada L.", "language": "zh-CN"})
    assert (answer.json()["name"], answer.json()["language"]) == ("Ada L.", "zh-CN")
    assert ada.send("GET", "/v1/session").json()["language"] == "zh-CN"
    wrong = ada.send("PATCH", "/v1/people/me", {"role": "operator"})
    assert fault_of(wrong) == (422, "FIELD_UNKNOWN")


def add_passkey(browser: Browser) -> dict[str, Any]:
    begun = browser.post("/v1/people/me/passkeys:options").json()
    body = {
        "challenge_id": begun["challenge_id"],
        "credential": browser.device.create(begun["public_key"]),
        "name": "Telephone",
    }
    answer = browser.post("/v1/people/me/passkeys", body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_a_second_passkey_lets_in_and_the_first_may_go(ada: Browser) -> None:
    assert fault_of(ada.post("/v1/people/me/passkeys:options")) == (403, "STEP_UP_REQUIRED")
    ada.step_up()
    made = add_passkey(ada)
    first, second = ada.send("GET", "/v1/people/me/passkeys").json()["items"]
    assert {first["passkey_id"], second["passkey_id"]} >= {made["passkey_id"]}
    old = next(one for one in (first, second) if one["passkey_id"] != made["passkey_id"])
    assert old["last_used_at"] is not None
    assert ada.send("DELETE", f"/v1/people/me/passkeys/{old['passkey_id']}").status_code == 204
    del ada.device.keys[0]
    assert ada.by_passkey("passkey").status_code == 200
    ada.step_up()
    last = ada.send("DELETE", f"/v1/people/me/passkeys/{made['passkey_id']}")
    assert fault_of(last) == (409, "LAST_WAY_IN")


def test_a_passkey_of_somebody_else_is_not_there(
    still_village: Village, ada: Browser, server: Server
) -> None:
    with Browser(server) as other:
        other.enrol(code_for(still_village), new_login())
        (theirs,) = other.send("GET", "/v1/people/me/passkeys").json()["items"]
        ada.step_up()
        gone = ada.send("DELETE", f"/v1/people/me/passkeys/{theirs['passkey_id']}")
        assert fault_of(gone) == (404, "NOT_FOUND")


def test_who_has_passkeys_may_add_a_password(ada: Browser) -> None:
    login = ada.send("GET", "/v1/session").json()["login"]
    ada.step_up()
    nothing_yet = ada.post("/v1/people/me:password", {"password": PASSWORD, "code": "123456"})
    assert fault_of(nothing_yet) == (422, "TIME_CODE_WRONG")
    begun = ada.post("/v1/people/me:password-options").json()
    ada.totp_secret = b32(begun["totp"]["secret"])
    body = {"challenge_id": begun["challenge_id"], "password": PASSWORD, "code": ada.time_code()}
    assert ada.post("/v1/people/me:password", body).status_code == 204
    assert sign_in(ada, login, PASSWORD, ada.time_code(ahead_s=30)).status_code == 200


def test_another_password_ends_all_other_sessions(
    still_village: Village, browser: Browser, server: Server
) -> None:
    login = new_login()
    browser.enrol_by_password(code_for(still_village), login, PASSWORD)
    elsewhere, browser.cookie = browser.cookie, None
    assert sign_in(browser, login, PASSWORD, browser.time_code(ahead_s=30)).status_code == 200
    server.real_time_s.ahead_s += 60
    fresh = {"password": PASSWORD, "code": browser.time_code()}
    assert browser.post("/v1/session:step-up", fresh).status_code == 200
    body = {"password": "another kettle over a slow meadow", "code": browser.time_code(ahead_s=30)}
    assert browser.post("/v1/people/me:password", body).status_code == 204
    assert browser.send("GET", "/v1/session").status_code == 200
    browser.cookie = elsewhere
    assert fault_of(browser.send("GET", "/v1/session")) == (401, "SESSION_ENDED")
    server.real_time_s.ahead_s += 60
    old = sign_in(browser, login, PASSWORD, browser.time_code())
    assert fault_of(old) == (401, "CREDENTIALS_WRONG")


# --- nothing is told ------------------------------------------------------------------------


@pytest.fixture
def lines() -> Iterator[list[MutableMapping[str, Any]]]:
    with structlog.testing.capture_logs() as found:
        yield found


def test_no_secret_is_logged(
    still_village: Village, browser: Browser, lines: list[MutableMapping[str, Any]]
) -> None:
    code, login = code_for(still_village), new_login()
    browser.enrol_by_password(code, login, PASSWORD)
    time_code = browser.time_code(ahead_s=30)
    sign_in(browser, login, PASSWORD + "x", time_code)
    sign_in(browser, login, PASSWORD, time_code)
    ticket = ticket_of(browser)
    browser.send("GET", "/v1/session")
    told = repr(lines)
    assert any(line.get("path") == "/v1/session:password" for line in lines)
    assert browser.cookie is not None
    for secret in (code, PASSWORD, time_code, ticket, browser.cookie, login):
        assert secret not in told
