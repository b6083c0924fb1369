"""Acts that are not orders: carried out once, answered twice."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from functools import wraps
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from starlette.responses import Response

from api.access.idempotency import KEPT_S, REPLAYED, Act, KeptAnswers, act_of
from api.access.identity import IdentityStore
from api.app import ADDRESSES
from api.wire.errors import RefusedError, refuse
from market.model.rejection import Code
from tests.api.village import Village, bearer


class Real:
    """Real time of the test."""

    now_s = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


class Acting:
    """An act that counts how often it is carried out."""

    def __init__(self, answer: Response | RefusedError | None = None) -> None:
        self.times = 0
        self.begun = asyncio.Event()
        self.goes_on = asyncio.Event()
        self.goes_on.set()
        self._answer = answer

    async def __call__(self) -> Response:
        self.times += 1
        self.begun.set()
        await self.goes_on.wait()
        if isinstance(self._answer, RefusedError):
            raise self._answer
        return self._answer or Response(
            json.dumps({"secret": f"canary-{self.times}"}),
            status_code=201,
            media_type="application/json",
            headers={"Cache-Control": "no-store", "X-Other": "1"},
        )


@pytest.fixture
def store(tmp_path: Path) -> IdentityStore:
    return IdentityStore(tmp_path / "identity.sqlite")


@pytest.fixture
def kept(store: IdentityStore) -> KeptAnswers:
    return KeptAnswers(store, Real())


def in_a_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    @wraps(test)
    def run(*arguments: object, **named: object) -> None:
        asyncio.run(test(*arguments, **named))

    return run


def act(key: str = "a" * 16, body: bytes = b"{}", sender: str = "c-1") -> Act:
    return act_of(header=key, sender=sender, address="POST /x", body=body)


def read_all(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


def code_of(refused: pytest.ExceptionInfo[RefusedError]) -> str:
    return refused.value.code.value


@in_a_loop
async def test_the_same_again_is_answered_again(kept: KeptAnswers) -> None:
    acting = Acting()
    first = await kept.once(act(), acting)
    again = await kept.once(act(), acting)
    assert acting.times == 1
    assert (again.body, again.status_code) == (first.body, 201)
    assert again.headers["cache-control"] == "no-store"
    assert "x-other" not in again.headers
    assert (REPLAYED in first.headers, again.headers[REPLAYED]) == (False, "true")


@in_a_loop
async def test_another_body_under_the_same_key_is_refused(kept: KeptAnswers) -> None:
    acting = Acting()
    await kept.once(act(), acting)
    with pytest.raises(RefusedError) as refused:
        await kept.once(act(body=b"[]"), acting)
    assert code_of(refused) == "IDEMPOTENCY_KEY_REUSED"
    assert acting.times == 1


@in_a_loop
async def test_keys_of_others_are_others(kept: KeptAnswers) -> None:
    acting = Acting()
    await kept.once(act(), acting)
    await kept.once(act(sender="c-2"), acting)
    await kept.once(act(key="b" * 16), acting)
    assert acting.times == 3


@in_a_loop
async def test_while_the_first_is_under_way_the_second_waits(kept: KeptAnswers) -> None:
    acting = Acting()
    acting.goes_on.clear()
    first = asyncio.ensure_future(kept.once(act(), acting))
    await acting.begun.wait()
    with pytest.raises(RefusedError) as refused:
        await kept.once(act(), Acting())
    assert code_of(refused) == "IDEMPOTENCY_IN_PROGRESS"
    acting.goes_on.set()
    await first
    assert (await kept.once(act(), acting)).headers[REPLAYED] == "true"


@in_a_loop
async def test_a_sender_that_goes_away_finds_the_answer_later(kept: KeptAnswers) -> None:
    acting = Acting()
    acting.goes_on.clear()
    first = asyncio.ensure_future(kept.once(act(), acting))
    await acting.begun.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    acting.goes_on.set()
    again = None
    while again is None:
        try:
            again = await kept.once(act(), acting)
        except RefusedError as refused:
            if refused.code is not Code.IDEMPOTENCY_IN_PROGRESS:
                raise
            await asyncio.sleep(0)
    assert acting.times == 1
    assert json.loads(bytes(again.body)) == {"secret": "canary-1"}


@in_a_loop
async def test_a_refused_act_leaves_its_key_free(kept: KeptAnswers) -> None:
    acting = Acting(refuse(Code.FIELD_MISSING, "role"))
    for times in (1, 2):
        with pytest.raises(RefusedError):
            await kept.once(act(), acting)
        assert acting.times == times
    assert (await kept.once(act(body=b"[]"), Acting())).status_code == 201


@in_a_loop
async def test_answers_are_kept_for_a_day_and_past_a_restart(store: IdentityStore) -> None:
    real, acting = Real(), Acting()
    await KeptAnswers(store, real).once(act(), acting)
    real.now_s += KEPT_S - 1
    await KeptAnswers(store, real).once(act(), acting)
    assert acting.times == 1
    real.now_s += 1
    await KeptAnswers(store, real).once(act(), acting)
    assert acting.times == 2


@in_a_loop
async def test_what_is_kept_cannot_be_read_without_the_key(
    kept: KeptAnswers, tmp_path: Path
) -> None:
    await kept.once(act(), Acting())
    content = read_all(tmp_path)
    assert b"canary" not in content
    assert b"a" * 16 not in content


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "FIELD_MISSING"),
        ("", "FIELD_FORMAT"),
        ("short", "FIELD_FORMAT"),
        ("x" * 65, "FIELD_FORMAT"),
        ("with spaces in between", "FIELD_FORMAT"),
    ],
)
def test_a_key_has_its_form(header: str | None, code: str) -> None:
    with pytest.raises(RefusedError) as refused:
        act_of(header=header, sender="", address="POST /x", body=b"")
    (fault,) = refused.value.rejections
    assert (fault.code.value, fault.pointer) == (code, "header/Idempotency-Key")


def test_quotes_of_the_standard_are_no_part_of_a_key() -> None:
    assert act(key='"' + "a" * 16 + '"') == act(key="a" * 16)


# --- over the wire -----------------------------------------------------------------


def test_credentials_asked_for_twice_are_made_once(still_village: Village) -> None:
    key = uuid4().hex
    body = {"items": [{"role": "participant", "participant_id": "ada"}]}
    first = still_village.act("/clients:batch", "operator", body, key)
    again = still_village.act("/clients:batch", "operator", body, key)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["cache-control"] == "no-store"
    assert again.headers["content-type"] == "application/json"
    body["items"].append({"role": "operator"})
    answer = still_village.act("/clients:batch", "operator", body, key)
    assert (answer.status_code, answer.json()["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")


def test_an_enrolment_whose_answer_was_lost_is_answered_again(still_village: Village) -> None:
    wanted = {"role": "participant", "participant_id": "ada"}
    code = still_village.act("/enrolments", "operator", wanted).json()["code"]
    http, key = still_village.server.http, {"Idempotency-Key": uuid4().hex}
    answers = [http.post("/v1/enrol", json={"code": code}, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert still_village.server.token(answers[1].json())


@pytest.mark.parametrize(
    "address", [item for item in ADDRESSES if item.idempotent], ids=lambda item: item.path
)
def test_an_act_without_a_key_is_refused(still_village: Village, address: object) -> None:
    path = getattr(address, "path").format(  # noqa: B009 - an address as an object
        market=still_village.market_id, client_id="operator-0", bill_id="bil-1"
    )
    described = still_village.server.http.get("/v1/openapi.json").json()
    operation = described["paths"][getattr(address, "path")]["post"]  # noqa: B009 - the same
    who = "operator" if "operator" in operation["x-roles"] else "ada"
    headers = bearer(still_village.tokens[who])
    answer = still_village.server.http.post(path, json={}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "FIELD_MISSING")
    assert answer.json()["errors"][0]["pointer"] == "/header/Idempotency-Key"


def test_what_must_be_named_is_described(still_village: Village) -> None:
    described = still_village.server.http.get("/v1/openapi.json").json()
    parameters = described["paths"]["/v1/enrol"]["post"]["parameters"]
    assert [(item["name"], item["in"], item["required"]) for item in parameters] == [
        ("Idempotency-Key", "header", True)
    ]
