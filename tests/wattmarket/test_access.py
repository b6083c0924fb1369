"""Credentials from the client and the command line."""

import json
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import stamina

from tests.wattmarket.played import ok, problem
from wattmarket import Client, cli
from wattmarket.errors import BusyError, ConflictError

CREDENTIAL = {"client_id": "participant-1", "client_secret": "s-1", "role": "participant"}


@pytest.fixture(autouse=True)
def without_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=4):
        yield


class Server:
    """Answers from a list, and remembers what it was asked."""

    def __init__(self, *answers: httpx.Response | type[httpx.TransportError]) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 600})
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, httpx.Response):
            return answer
        raise answer("cut", request=request)

    @property
    def keys(self) -> list[str | None]:
        return [request.headers.get("Idempotency-Key") for request in self.asked]

    def client(self, *, known: bool = True) -> Client:
        http = httpx.Client(base_url="http://m", transport=httpx.MockTransport(self))
        client_id, client_secret = ("c", "s") if known else (None, None)
        return Client(
            "http://m",
            market="village",
            client_id=client_id,
            client_secret=client_secret,
            http=http,
        )


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ReadError,
        problem(502, ""),
        problem(409, "IDEMPOTENCY_IN_PROGRESS"),
        problem(429, "RATE_LIMIT"),
    ],
)
def test_an_act_keeps_its_name_when_it_is_repeated(
    failure: httpx.Response | type[httpx.TransportError],
) -> None:
    server = Server(failure, ok(**CREDENTIAL))
    assert server.client().access.rotate("participant-1", grace_s=60) == CREDENTIAL
    first, second = server.keys
    assert first == second
    assert first is not None
    assert len(first) == 32
    assert json.loads(server.asked[1].content) == {"grace_s": 60}


def test_another_act_has_another_name() -> None:
    server = Server(*[ok(items=[])] * 2)
    client = server.client()
    client.create_clients([])
    client.create_clients([])
    assert len(set(server.keys)) == 2


def test_what_does_nothing_twice_has_no_name() -> None:
    server = Server(ok(), ok(), ok(items=[]))
    access = server.client().access
    access.revoke("participant-1")
    access.suspend("ada", reason="unpaid")
    access.suspensions()
    assert server.keys == [None, None, None]


def test_patience_ends_while_the_first_try_is_under_way() -> None:
    server = Server(*[problem(409, "IDEMPOTENCY_IN_PROGRESS")] * 4)
    with pytest.raises(BusyError, match="IDEMPOTENCY_IN_PROGRESS"):
        server.client().access.rotate("participant-1")


def test_other_conflicts_are_not_tried_again() -> None:
    server = Server(problem(409, "ENROLMENT_CLOSED"))
    with pytest.raises(ConflictError, match="ENROLMENT_CLOSED"):
        server.client(known=False).access.enrol("k")
    assert "Authorization" not in server.asked[0].headers


def test_codes_say_for_whom() -> None:
    server = Server(ok(code="k"), ok(code="k"))
    access = server.client().access
    access.create_code("device", unit_id="u-1", lifetime_s=60)
    access.create_code("operator")
    assert server.asked[0].url.path == "/v1/markets/village/enrolments"
    assert [json.loads(request.content) for request in server.asked] == [
        {"role": "device", "unit_id": "u-1", "lifetime_s": 60},
        {"role": "operator"},
    ]


def test_clients_come_page_by_page() -> None:
    server = Server(
        ok(items=[{"client_id": "a"}], next_cursor="a"), ok(items=[{"client_id": "b"}], next_cursor=None)
    )  # fmt: skip
    assert [item["client_id"] for item in server.client().access.clients()] == ["a", "b"]
    assert server.asked[1].url.params["cursor"] == "a"


# --- the command line -----------------------------------------------------------------


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server that the command line meets."""
    made = Server()
    monkeypatch.setattr("wattmarket.access._client", lambda *_: made.client())
    return made


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["wattmarket", "access", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    code = ended.value.code
    return code if isinstance(code, int) else 0


def test_a_code_is_printed_alone(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server.answers = [ok(code="k-1", expires_at="2016-06-15T00:00:00Z", enrolment_id="enr-1")]
    assert run(monkeypatch, "code", "device", "u-1", "--hours", "0.5") == 0
    assert capsys.readouterr().out == "k-1\n"
    assert json.loads(server.asked[0].content) == {
        "role": "device",
        "unit_id": "u-1",
        "lifetime_s": 1800,
    }


@pytest.mark.parametrize(
    ("words", "page"),
    [
        (("operator",), "console/enrol?code=k-1"),
        (("area", "RUR"), "console/enrol?code=k-1"),
        (("participant", "ada"), "portal/enrol?code=k-1"),
        (("device", "u-1"), None),
    ],
)
def test_whoever_is_a_person_is_told_where_to_use_it(
    server: Server,
    words: tuple[str, ...],
    page: str | None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server.answers = [ok(code="k-1", expires_at="2016-06-15T00:00:00Z", enrolment_id="enr-1")]
    assert run(monkeypatch, "code", *words, "--url", "http://localhost:8001/") == 0
    told = capsys.readouterr().err
    assert ("http://localhost:8001/" in told) == (page is not None)
    assert page is None or f"http://localhost:8001/{page}" in told


@pytest.mark.parametrize(
    "words", [("enrol", "k-1"), ("rotate", "participant-1", "--credentials", "c.json")]
)
def test_secrets_go_into_a_file_of_their_owner(
    server: Server,
    words: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server.answers = [ok(**CREDENTIAL)]
    out = tmp_path / "new.json"
    assert run(monkeypatch, *words, "--out", str(out)) == 0
    assert json.loads(out.read_text()) == CREDENTIAL
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    told = capsys.readouterr()
    assert "s-1" not in told.out + told.err


def test_a_file_that_is_there_is_not_written_over(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "old.json"
    out.write_text("old")
    assert run(monkeypatch, "enrol", "k-1", "--out", str(out)) == 2
    assert out.read_text() == "old"
    assert server.asked == []


def test_a_refusal_leaves_no_file(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers = [problem(409, "ENROLMENT_CLOSED")]
    out = tmp_path / "new.json"
    assert run(monkeypatch, "enrol", "k-1", "--out", str(out)) == 3
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "answer", "told"),
    [
        (("list", "--credentials", "c"), {"items": [{"client_id": "a"}], "next_cursor": None}, [{"client_id": "a"}]),
        (("limits", "--credentials", "c"), {"budgets": [{"budget": "new"}]}, [{"budget": "new"}]),
        (("revoke", "a", "--credentials", "c"), {"revoked": True}, [{"revoked": True}]),
        (("suspend", "ada", "--reason", "x", "--market", "village"), {"suspended": True}, [{"suspended": True}]),
        (("unsuspend", "ada", "--market", "village"), {"suspended": False}, [{"suspended": False}]),
    ],
)  # fmt: skip
def test_everything_else_is_a_record_a_line(
    server: Server,
    words: tuple[str, ...],
    answer: dict[str, Any],
    told: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server.answers = [ok(**answer)]
    assert run(monkeypatch, *words) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == told
