"""Tokens: what is taken and what is not."""

import base64
import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from api.access.auth import ALGORITHM, AUDIENCE, ISSUER, TOKEN_TYPE, Tokens, bearer_token
from api.access.identity import Principal, SigningKey
from api.wire.errors import RefusedError
from market.model.participant import Role
from tests.api.hosting import Server
from tests.api.village import Village

KEY = SigningKey(key_id="here", key=b"k" * 32)
ADA = Principal(client_id="c-1", role=Role.PARTICIPANT, market_id="village", participant_id="ada")
NOW_S = 1_000_000


class Real:
    """Real time of the test."""

    def __init__(self) -> None:
        self.now_s = float(NOW_S)

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def real() -> Real:
    return Real()


@pytest.fixture
def tokens(real: Real) -> Tokens:
    return Tokens(KEY, lifetime_s=600, real_time_s=real)


def claims(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - claims of any kind
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "c-1",
        "iat": NOW_S,
        "nbf": NOW_S,
        "exp": NOW_S + 600,
        "role": "operator",
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


def signed(
    content: dict[str, Any], key: bytes = KEY.key, algorithm: str = ALGORITHM, **header: str
) -> str:
    head = {"alg": algorithm, "typ": TOKEN_TYPE, "kid": "here"} | header
    return jwt.encode(head, content, OctKey.import_key(key), algorithms=[algorithm])


def code_of(tokens: Tokens, token: str) -> str:
    with pytest.raises(RefusedError) as refused:
        tokens.check(token)
    return refused.value.code.value


def test_a_token_says_who_it_is_for(tokens: Tokens) -> None:
    access = tokens.check(tokens.issue(ADA))
    assert access.principal == ADA
    assert access.ends_s == NOW_S + 600
    assert tokens.check(signed(claims())).principal.role is Role.OPERATOR


def test_a_token_ends_in_real_time_remembered_or_not(tokens: Tokens, real: Real) -> None:
    token = tokens.issue(ADA)
    tokens.check(token)
    real.now_s += 599.9
    tokens.check(token)
    real.now_s += 0.1
    assert code_of(tokens, token) == "TOKEN_EXPIRED"
    assert code_of(tokens, token) == "TOKEN_EXPIRED"


def unsigned() -> str:
    def part(content: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none', 'typ': TOKEN_TYPE, 'kid': 'here'})}.{part(claims())}."


def with_public_key() -> str:
    key = RSAKey.generate_key(2048)
    head = {"alg": "RS256", "typ": TOKEN_TYPE, "kid": "here"}
    return jwt.encode(head, claims(), key, algorithms=["RS256"])


def with_own_key_inside() -> str:
    key = OctKey.import_key(b"m" * 32)
    head = {"alg": ALGORITHM, "typ": TOKEN_TYPE, "kid": "here", "jwk": key.as_dict()}
    return jwt.encode(head, claims(), key, algorithms=[ALGORITHM])


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="nothing"),
        pytest.param("abc", id="no token"),
        pytest.param("a.b.c", id="three parts of nothing"),
        pytest.param("x" * 5_000, id="longer than any of ours"),
        pytest.param("é.é.é", id="not ascii"),
        pytest.param(unsigned(), id="algorithm none"),
        pytest.param(with_public_key(), id="another algorithm"),
        pytest.param(with_own_key_inside(), id="a key in the header"),
        pytest.param(signed(claims(), algorithm="HS384", key=b"k" * 48), id="HS384"),
        pytest.param(signed(claims(), key=b"m" * 32), id="another deployment's key"),
        pytest.param(signed(claims(), kid="there"), id="another key id"),
        pytest.param(
            signed(claims(), key=b"m" * 32, jku="https://evil.test"), id="a key's address"
        ),
        pytest.param(signed(claims(nbf=None)), id="without beginning"),
        pytest.param(signed(claims(iss=None)), id="without issuer"),
        pytest.param(signed(claims(aud=None)), id="without audience"),
        pytest.param(signed(claims(), typ="JWT"), id="an identity token"),
        pytest.param(signed(claims(iss="elsewhere")), id="another issuer"),
        pytest.param(signed(claims(aud="elsewhere")), id="another audience"),
        pytest.param(signed(claims(aud=[AUDIENCE, "elsewhere"])), id="several audiences"),
        pytest.param(signed(claims(nbf=NOW_S + 60)), id="not valid yet"),
        pytest.param(signed(claims(exp=None)), id="without end"),
        pytest.param(signed(claims(exp="soon")), id="an end that is no time"),
        pytest.param(signed(claims(exp=True)), id="an end that is true"),
        pytest.param(signed(claims(role="admin")), id="a role that is none"),
        pytest.param(signed(claims(role=None)), id="without role"),
        pytest.param(signed(claims(sub=None)), id="without subject"),
    ],
)
def test_tokens_that_are_not_ours_are_refused(tokens: Tokens, token: str) -> None:
    assert code_of(tokens, token) == "TOKEN_INVALID"


def test_a_revoked_client_s_tokens_are_refused(real: Real) -> None:
    revoked: set[str] = set()
    tokens = Tokens(KEY, lifetime_s=600, real_time_s=real, revoked=revoked)
    seen, unseen = tokens.issue(ADA), signed(claims())
    tokens.check(seen)
    revoked.add("c-1")
    for token in (seen, unseen, tokens.issue(ADA)):
        assert code_of(tokens, token) == "CREDENTIALS_REVOKED"
    other = Principal(client_id="c-2", role=Role.OPERATOR)
    assert tokens.check(tokens.issue(other)).principal == other
    real.now_s += 600
    assert code_of(tokens, seen) == "TOKEN_EXPIRED"


def test_tokens_of_another_deployment_are_refused_both_ways(real: Real) -> None:
    here = Tokens(KEY, lifetime_s=600, real_time_s=real)
    there = Tokens(SigningKey(key_id="here", key=b"t" * 32), lifetime_s=600, real_time_s=real)
    assert code_of(here, there.issue(ADA)) == "TOKEN_INVALID"
    assert code_of(there, here.issue(ADA)) == "TOKEN_INVALID"


def test_a_changed_token_is_refused(tokens: Tokens) -> None:
    head, body, signature = tokens.issue(ADA).split(".")
    content = json.loads(base64.urlsafe_b64decode(body + "=="))
    content["participant_id"] = "bob"
    forged = base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
    assert code_of(tokens, f"{head}.{forged}.{signature}") == "TOKEN_INVALID"


@pytest.mark.parametrize("header", ["Basic abc", "Bearer", "Bearer ", "abc"])
def test_only_bearer_tokens_are_read(header: str) -> None:
    with pytest.raises(RefusedError):
        bearer_token(header)


def test_a_bad_token_is_refused_even_where_none_is_needed(server: Server) -> None:
    answer = server.http.get("/v1/markets", headers={"Authorization": "Bearer abc"})
    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({}, 422, "FIELD_MISSING"),
        ({"grant_type": "client_credentials"}, 422, "FIELD_MISSING"),
        ({"grant_type": "password", "client_id": "a", "client_secret": "b"}, 422, "FIELD_FORMAT"),
        ({"grant_type": "client_credentials", "client_id": "a", "client_secret": "b"}, 401, "CREDENTIALS_WRONG"),
        ({"grant_type": "client_credentials", "client_id": "a", "client_secret": "b" * 999}, 422, "FIELD_FORMAT"),
    ],
)  # fmt: skip
def test_no_token_without_credentials(
    server: Server, form: dict[str, str], status: int, code: str
) -> None:
    answer = server.http.post("/v1/token", data=form)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("content", [b"\xff", b"a" * 70_000, b"&" * 50, b"client_id=%ff%00"])
def test_no_form_makes_a_server_error(server: Server, content: bytes) -> None:
    assert server.http.post("/v1/token", content=content).status_code in {413, 422}


def test_a_wrong_secret_and_an_unknown_client_answer_alike(still_village: Village) -> None:
    server = still_village.server
    known = server.operator_credential()["client_id"]
    answers = []
    for client_id in (known, "operator-0000000000000000"):
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": "x"}
        answer = server.http.post("/v1/token", data=form)
        answers.append({**answer.json(), "status_code": answer.status_code, "trace_id": ""})
    assert answers[0] == answers[1]


def test_a_token_answer_may_not_be_stored(still_village: Village) -> None:
    server = still_village.server
    form = {"grant_type": "client_credentials", **server.operator_credential()}
    answer = server.http.post("/v1/token", data=form)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["token_type"] == "Bearer"
    assert answer.json()["expires_in"] == server.settings.token_lifetime_s
