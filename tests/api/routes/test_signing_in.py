"""People sign in: passkeys with a device in software, passwords with time codes, and what is wrong with each."""
# house: long because every way in, and every wrong of it, is tried on one server.

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from api.access.sessions import IDLE_S, WHOLE_S
from api.access.throttle import Kind
from api.routes import signing_in
from market.model.participant import Role
from tests.api.authenticator import BACKED_UP, MAY_BE_BACKED_UP, PRESENT, Browser
from tests.api.hosting import HandClock, LazySolver, Server
from tests.api.signing import ADA, PASSWORD, code_for, fault_of, new_login, sign_in
from tests.api.village import Village

pytestmark = pytest.mark.usefixtures("good_tokens_after", "standing_time")


# --- the first time ------------------------------------------------------------------


def test_a_code_becomes_a_person_with_a_passkey(still_village: Village, browser: Browser) -> None:
    login = new_login("Ada")
    session = browser.enrol(code_for(still_village, **ADA), login)
    assert session["role"] == "participant"
    assert (session["market_id"], session["participant_id"]) == (still_village.market_id, "ada")
    assert session["login"] == login.lower()
    assert session["stepped_up_until"] is None
    again = browser.send("GET", "/v1/session")
    assert again.json()["person_id"] == session["person_id"]


def test_a_person_has_the_rights_of_its_role_everywhere(
    still_village: Village, ada: Browser
) -> None:
    path = f"/v1/markets/{still_village.market_id}"
    units = ada.send("GET", f"{path}/units").json()["items"]
    assert {item["unit_id"] for item in units} == {"ada-load"}
    assert fault_of(ada.send("GET", f"{path}/audit")) == (403, "NOT_PERMITTED")
    placed = ada.post(f"{path}/orders", still_village.order())
    assert placed.status_code == 201, placed.text


def test_a_code_is_good_once_for_whomever(
    still_village: Village, server: Server, browser: Browser
) -> None:
    code = code_for(still_village)
    browser.enrol(code, new_login())
    with Browser(server) as other:
        told = other.post(
            "/v1/people:enrol-options", {"code": code, "login": new_login(), "name": "B"}
        )
        assert fault_of(told) == (409, "ENROLMENT_CLOSED")
    headers = {"Idempotency-Key": uuid4().hex}
    told = server.http.post("/v1/enrol", json={"code": code}, headers=headers)
    assert fault_of(told) == (409, "ENROLMENT_CLOSED")


def test_of_many_who_use_a_code_at_once_one_gets_in(still_village: Village, server: Server) -> None:
    code = code_for(still_village)
    browsers = [Browser(server) for _ in range(20)]
    begun = [(one, one.enrol_options(code, new_login())) for one in browsers]

    def end(item: tuple[Browser, dict[str, Any]]) -> int:
        one, options = item
        made = one.device.create(options["public_key"])
        body = {"challenge_id": options["challenge_id"], "credential": made}
        return one.post("/v1/people:enrol", body).status_code

    with ThreadPoolExecutor(20) as pool:
        found = sorted(pool.map(end, begun))
    for one in browsers:
        one.http.close()
    assert found == [201, *[409] * 19]


def test_a_device_is_nobody(still_village: Village, browser: Browser) -> None:
    code = code_for(still_village, role="device", unit_id="ada-load")
    told = browser.post(
        "/v1/people:enrol-options", {"code": code, "login": new_login(), "name": "B"}
    )
    assert fault_of(told) == (403, "NOT_PERMITTED")


def test_a_login_is_one_person_s_whatever_its_case(
    still_village: Village, server: Server, browser: Browser
) -> None:
    login = new_login()
    browser.enrol(code_for(still_village), login)
    code = code_for(still_village)
    with Browser(server) as other:
        told = other.post(
            "/v1/people:enrol-options", {"code": code, "login": login.upper(), "name": "B"}
        )
        assert fault_of(told) == (409, "LOGIN_TAKEN")


def test_a_passkey_is_asked_for_that_checks_its_user(
    still_village: Village, browser: Browser
) -> None:
    wanted = browser.enrol_options(code_for(still_village), new_login())["public_key"]
    assert wanted["rp"]["id"] == "localhost"
    assert wanted["authenticatorSelection"]["userVerification"] == "required"
    assert wanted["authenticatorSelection"]["residentKey"] == "required"
    assert wanted["attestation"] == "none"


@pytest.mark.parametrize(
    "wrong", ["origin", "rp_id", "challenge", "kind", "user not verified", "no bytes"]
)
def test_a_passkey_made_wrongly_is_not_taken(
    still_village: Village, browser: Browser, wrong: str
) -> None:
    code = code_for(still_village)
    options = browser.enrol_options(code, new_login())
    changed = {
        "origin": {"origin": "https://evil.example"},
        "challenge": {"challenge": "AAAA"},
        "kind": {"kind": "webauthn.get"},
    }.get(wrong, {})
    if wrong == "rp_id":
        browser.device.rp_id = "evil.example"
    if wrong == "user not verified":
        browser.device.flags = PRESENT
    made: dict[str, Any] = browser.device.create(options["public_key"], **changed)
    if wrong == "no bytes":
        made["response"]["attestationObject"] = "!!"
    body = {"challenge_id": options["challenge_id"], "credential": made}
    assert fault_of(browser.post("/v1/people:enrol", body)) == (422, "PASSKEY_REFUSED")
    assert fault_of(browser.post("/v1/people:enrol", body)) == (409, "CHALLENGE_ENDED")
    assert browser.cookie is None


# --- by passkey ----------------------------------------------------------------------


def test_who_has_a_passkey_comes_in_again(operator: Browser) -> None:
    before = operator.send("GET", "/v1/session").json()
    assert operator.send("DELETE", "/v1/session").status_code == 204
    assert operator.cookie is None
    answer = operator.by_passkey("passkey")
    assert answer.status_code == 200
    assert answer.json()["person_id"] == before["person_id"]


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:8000"},
        {"challenge": "AAAA"},
        {"kind": "webauthn.create"},
        {"user_handle": b"person-0000000000000000"},
    ],
    ids=str,
)
def test_a_passkey_used_wrongly_lets_nobody_in(operator: Browser, changed: dict[str, Any]) -> None:
    operator.cookie = None
    assert fault_of(operator.by_passkey("passkey", **changed)) == (401, "CREDENTIALS_WRONG")
    assert operator.cookie is None


@pytest.mark.parametrize("wrong", ["site", "not verified", "not present"])
def test_a_device_that_says_something_else_lets_nobody_in(operator: Browser, wrong: str) -> None:
    operator.cookie = None
    match wrong:
        case "site":
            operator.device.rp_id = "evil.example"
        case "not verified":
            operator.device.flags = PRESENT
        case _:
            operator.device.flags = 0
    assert fault_of(operator.by_passkey("passkey")) == (401, "CREDENTIALS_WRONG")


def test_an_answer_counts_once(operator: Browser) -> None:
    options = operator.post("/v1/session:passkey-options").json()
    body = {
        "challenge_id": options["challenge_id"],
        "credential": operator.device.get(options["public_key"]),
    }
    assert operator.post("/v1/session:passkey", body).status_code == 200
    assert fault_of(operator.post("/v1/session:passkey", body)) == (409, "CHALLENGE_ENDED")


def test_an_answer_to_another_challenge_does_not_count(operator: Browser) -> None:
    first = operator.post("/v1/session:passkey-options").json()
    second = operator.post("/v1/session:passkey-options").json()
    signed = operator.device.get(first["public_key"])
    body = {"challenge_id": second["challenge_id"], "credential": signed}
    assert fault_of(operator.post("/v1/session:passkey", body)) == (401, "CREDENTIALS_WRONG")


def test_a_challenge_ends_after_five_minutes(operator: Browser, server: Server) -> None:
    options = operator.post("/v1/session:passkey-options").json()
    signed = operator.device.get(options["public_key"])
    server.real_time_s.ahead_s += 300
    body = {"challenge_id": options["challenge_id"], "credential": signed}
    assert fault_of(operator.post("/v1/session:passkey", body)) == (409, "CHALLENGE_ENDED")


def test_a_count_that_goes_back_is_a_copy(operator: Browser) -> None:
    assert operator.by_passkey("passkey").status_code == 200
    (key,) = operator.device.keys
    key.sign_count -= 1
    assert fault_of(operator.by_passkey("passkey")) == (401, "CREDENTIALS_WRONG")
    key.sign_count += 1
    assert operator.by_passkey("passkey").status_code == 200


def test_a_device_that_does_not_count_comes_in_every_time(
    still_village: Village, browser: Browser
) -> None:
    browser.device.counts = False
    browser.enrol(code_for(still_village), new_login())
    assert [browser.by_passkey("passkey").status_code for _ in range(2)] == [200, 200]


def test_another_key_under_a_known_id_lets_nobody_in(
    operator: Browser, still_village: Village, server: Server
) -> None:
    with Browser(server) as other:
        other.enrol(code_for(still_village), new_login())
        (theirs,), (mine,) = operator.device.keys, other.device.keys
        mine.credential_id, mine.user_handle = theirs.credential_id, theirs.user_handle
        other.cookie = None
        assert fault_of(other.by_passkey("passkey")) == (401, "CREDENTIALS_WRONG")


# --- by password ---------------------------------------------------------------------


@pytest.fixture
def bob(still_village: Village, browser: Browser) -> tuple[Browser, str]:
    """A person with a password, not in, whose first time code has been used; and the login."""
    login = new_login("bob")
    answer = browser.enrol_by_password(code_for(still_village), login, PASSWORD)
    assert answer.status_code == 201, answer.text
    browser.cookie = None
    return browser, login


def test_password_and_time_code_let_in(bob: tuple[Browser, str]) -> None:
    browser, login = bob
    answer = sign_in(browser, login.upper(), PASSWORD, browser.time_code(ahead_s=30))
    assert answer.status_code == 200
    assert browser.cookie is not None


def test_a_time_code_is_good_once(bob: tuple[Browser, str]) -> None:
    browser, login = bob
    used_to_enrol = sign_in(browser, login, PASSWORD, browser.time_code())
    assert fault_of(used_to_enrol) == (401, "CREDENTIALS_WRONG")
    code = browser.time_code(ahead_s=30)
    assert sign_in(browser, login, PASSWORD, code).status_code == 200
    assert fault_of(sign_in(browser, login, PASSWORD, code)) == (401, "CREDENTIALS_WRONG")


def test_whatever_is_wrong_the_answer_is_the_same(bob: tuple[Browser, str]) -> None:
    browser, login = bob
    code = browser.time_code(ahead_s=30)
    told = [
        sign_in(browser, new_login("nobody"), PASSWORD, code),
        sign_in(browser, login, "another password altogether", code),
        sign_in(browser, login, PASSWORD, "000000" if code != "000000" else "000001"),
        sign_in(browser, login, PASSWORD, "no code at all"),
    ]
    assert len({json.dumps({**one.json(), "trace_id": ""}) for one in told}) == 1
    assert {fault_of(one) for one in told} == {(401, "CREDENTIALS_WRONG")}
    assert {tuple(sorted(set(one.headers) - {"x-correlation-id"})) for one in told} == {
        tuple(sorted(set(told[0].headers) - {"x-correlation-id"}))
    }
    assert sign_in(browser, login, PASSWORD, code).status_code == 200


def test_an_unknown_login_costs_the_same_work(
    bob: tuple[Browser, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str | None] = []
    truly = signing_in.is_it

    def counting(password: str, kept: str | None) -> bool:
        compared.append(kept)
        return truly(password, kept)

    monkeypatch.setattr(signing_in, "is_it", counting)
    browser, login = bob
    for name in (login, new_login("nobody")):
        sign_in(browser, name, "another password altogether", "123456")
    assert compared[0] is not None
    assert compared[1] is None


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("elevenchars", "FIELD_RANGE"),
        ("x" * 129, "FIELD_RANGE"),
        ("Password12345", "PASSWORD_WEAK"),
        ("aaaaaaaaaaaaaa", "PASSWORD_WEAK"),
        ("qwertyuiop123", "PASSWORD_WEAK"),
        ("wattmarket1234", "PASSWORD_WEAK"),
        ("annemarie-the-second", "PASSWORD_WEAK"),
    ],
)
def test_a_password_that_is_easily_guessed_is_not_taken(
    still_village: Village, browser: Browser, password: str, code: str
) -> None:
    login = "annemarie-the-second" if "anne" in password else new_login()
    answer = browser.enrol_by_password(code_for(still_village), login, password)
    assert fault_of(answer) == (422, code)
    assert answer.json()["errors"][0]["pointer"] == "/password"


def test_a_slip_does_not_cost_the_secret_that_was_scanned(
    still_village: Village, browser: Browser
) -> None:
    options = browser.enrol_options(code_for(still_village), new_login())
    body = {"challenge_id": options["challenge_id"], "password": PASSWORD, "code": "000000"}
    assert fault_of(browser.post("/v1/people:enrol", body)) == (422, "TIME_CODE_WRONG")
    answer = browser.post("/v1/people:enrol", {**body, "code": browser.time_code()})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "body",
    [{}, {"credential": {}, "password": PASSWORD, "code": "123456"}, {"password": PASSWORD}],
    ids=str,
)
def test_one_way_in_is_chosen_and_wholly(
    still_village: Village, browser: Browser, body: dict[str, Any]
) -> None:
    options = browser.enrol_options(code_for(still_village), new_login())
    answer = browser.post("/v1/people:enrol", {"challenge_id": options["challenge_id"], **body})
    assert fault_of(answer) == (422, "FIELD_FORMAT")


# --- how long --------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.PARTICIPANT])
def test_a_session_ends_when_nothing_is_asked(
    still_village: Village, server: Server, browser: Browser, role: Role
) -> None:
    wanted = {} if role is Role.OPERATOR else ADA
    browser.enrol(code_for(still_village, **wanted), new_login())
    server.real_time_s.ahead_s += IDLE_S[role] - 30
    assert browser.send("GET", "/v1/people/me").status_code == 200
    server.real_time_s.ahead_s += IDLE_S[role] - 30
    assert browser.send("GET", "/v1/people/me").status_code == 200
    server.real_time_s.ahead_s += IDLE_S[role]
    assert fault_of(browser.send("GET", "/v1/people/me")) == (401, "SESSION_ENDED")


def test_looking_at_the_session_does_not_make_it_longer(operator: Browser, server: Server) -> None:
    before = operator.send("GET", "/v1/session").json()["idle_ends_at"]
    server.real_time_s.ahead_s += 600
    assert operator.send("GET", "/v1/session").json()["idle_ends_at"] == before
    server.real_time_s.ahead_s += 300
    assert fault_of(operator.send("GET", "/v1/session")) == (401, "SESSION_ENDED")


def test_a_session_ends_after_a_long_shift_whatever_is_asked(ada: Browser, server: Server) -> None:
    step_s = IDLE_S[Role.PARTICIPANT] - 60
    for _ in range(WHOLE_S // step_s):
        server.real_time_s.ahead_s += step_s
        assert ada.send("GET", "/v1/people/me").status_code == 200
    server.real_time_s.ahead_s += WHOLE_S % step_s
    assert fault_of(ada.send("GET", "/v1/people/me")) == (401, "SESSION_ENDED")


def test_a_session_that_has_ended_does_not_stand_in_the_way(
    operator: Browser, server: Server
) -> None:
    server.real_time_s.ahead_s += WHOLE_S
    assert operator.send("GET", "/v1/markets").status_code == 200
    assert operator.by_passkey("passkey").status_code == 200


def test_without_a_session_there_is_none(browser: Browser, still_village: Village) -> None:
    assert fault_of(browser.send("GET", "/v1/session")) == (401, "AUTH_REQUIRED")
    browser.cookie = "nobody-has-this"
    assert fault_of(browser.send("GET", "/v1/session")) == (401, "SESSION_ENDED")
    headers = {"Authorization": f"Bearer {still_village.tokens['operator']}"}
    assert fault_of(browser.send("GET", "/v1/session", headers=headers)) == (404, "NOT_FOUND")


def test_a_token_counts_before_a_cookie(operator: Browser, still_village: Village) -> None:
    headers = {"Authorization": f"Bearer {still_village.tokens['ada']}"}
    path = f"/v1/markets/{still_village.market_id}/units"
    units = operator.send("GET", path, headers=headers).json()["items"]
    assert {item["unit_id"] for item in units} == {"ada-load"}


def test_the_cookie_is_for_this_host_s_own_pages_only(
    still_village: Village, browser: Browser
) -> None:
    browser.enrol(code_for(still_village), new_login())
    options = browser.post("/v1/session:passkey-options").json()
    answer = browser.post(
        "/v1/session:passkey",
        {
            "challenge_id": options["challenge_id"],
            "credential": browser.device.get(options["public_key"]),
        },
    )
    name, *attributes = answer.headers["set-cookie"].split("; ")
    assert name.startswith("__Host-wattmarket=")
    assert len(name.partition("=")[2]) >= 43  # 256 bits in base64
    assert set(attributes) == {"Path=/", "Secure", "HttpOnly", "SameSite=Strict"}
    assert answer.headers["cache-control"] == "no-store"


# --- at the start, and over a restart --------------------------------------------------------


@pytest.fixture
def own_clock() -> HandClock:
    return HandClock(int(datetime(2016, 6, 14, 21, tzinfo=UTC).timestamp()))


def test_a_session_lives_through_a_restart(
    tmp_path: Path, own_clock: HandClock, solver: LazySolver
) -> None:
    first = Server(tmp_path, own_clock, solver).start()
    code = first.house.people.first_code(int(first.real_time_s()))
    assert code is not None
    with Browser(first) as browser:
        browser.enrol(code, "first")
        assert first.house.people.first_code(int(first.real_time_s())) is None
        cookie = browser.cookie
    first.stop()
    second = Server(tmp_path, own_clock, solver).start()
    with Browser(second) as browser:
        browser.cookie = cookie
        assert browser.send("GET", "/v1/session").json()["login"] == "first"
    second.stop()


def test_the_code_of_an_earlier_start_is_good_no_more(
    tmp_path: Path, own_clock: HandClock, solver: LazySolver
) -> None:
    own = Server(tmp_path, own_clock, solver).start()
    now_s = int(own.real_time_s())
    before, after = own.house.people.first_code(now_s), own.house.people.first_code(now_s)
    with Browser(own) as browser:
        body = {"code": before, "login": "first", "name": "First"}
        assert fault_of(browser.post("/v1/people:enrol-options", body)) == (409, "ENROLMENT_CLOSED")
        assert after is not None
        browser.enrol(after, "first")
    own.stop()


def test_few_guesses_are_let_through_and_nobody_is_locked_out(
    tmp_path: Path, own_clock: HandClock, solver: LazySolver
) -> None:
    own = Server(
        tmp_path, own_clock, solver, limit_sign_in="3/minute; 1000/minute; 1000/minute"
    ).start()
    code = own.house.people.first_code(int(own.real_time_s()))
    assert code is not None
    with own.real_time_s.standing(), Browser(own) as browser:
        assert browser.enrol_by_password(code, "first", PASSWORD).status_code == 201
        told = [sign_in(browser, "first", "wrong", "123456") for _ in range(4)]
        assert [one.status_code for one in told] == [401, 401, 401, 429]
        assert told[-1].json()["code"] == "RATE_LIMIT"
        assert sign_in(browser, "second", "wrong", "123456").status_code == 401
        own.real_time_s.ahead_s += 60
        assert sign_in(browser, "first", PASSWORD, browser.time_code()).status_code == 200
    own.stop()


def test_who_knows_a_password_may_not_try_all_time_codes(
    tmp_path: Path, own_clock: HandClock, solver: LazySolver
) -> None:
    own = Server(
        tmp_path, own_clock, solver, limit_sign_in="3/minute; 1000/minute; 1000/minute"
    ).start()
    code = own.house.people.first_code(int(own.real_time_s()))
    assert code is not None
    with own.real_time_s.standing(), Browser(own) as browser:
        assert browser.enrol_by_password(code, "first", PASSWORD).status_code == 201
        person = own.house.people.everybody(limit=1)[0]
        throttles = own.house.throttles
        for _ in range(3):  # as if from three other addresses
            throttles.spend(throttles.login_of(person.person_id, "", Kind.SIGN_IN), Kind.SIGN_IN)
        right = browser.time_code(ahead_s=30)
        assert fault_of(sign_in(browser, "first", PASSWORD, right)) == (401, "CREDENTIALS_WRONG")
    own.stop()


def test_nothing_that_lets_in_lies_in_the_file(
    bob: tuple[Browser, str], operator: Browser, server: Server
) -> None:
    browser, _ = bob
    assert operator.cookie is not None
    with sqlite3.connect(server.settings.identity_path) as file:
        dump = "\n".join(file.iterdump()).encode()
    for secret in (PASSWORD.encode(), operator.cookie.encode(), browser.totp_secret):
        assert secret not in dump
        assert secret.hex().encode() not in dump.lower()


def test_a_passkey_that_others_may_have_a_copy_of_says_so(
    still_village: Village, browser: Browser
) -> None:
    browser.device.flags |= MAY_BE_BACKED_UP | BACKED_UP
    browser.enrol(code_for(still_village), new_login())
    (passkey,) = browser.send("GET", "/v1/people/me/passkeys").json()["items"]
    assert passkey["backed_up"] is True
