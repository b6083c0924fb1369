"""One line a request: codes, ids and numbers; found again by the id in the answer."""

import json
import logging
import secrets
from collections.abc import Iterator, MutableMapping
from typing import Any

import httpx
import pytest
import structlog
from starlette.requests import Request
from starlette.responses import Response

from api.house import logs
from api.wire.errors import new_trace_id
from tests.api.village import Village, bearer

TRACE_PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def trace_id_of(**headers: str) -> str:
    return logs.trace_id_of(
        [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    )


def test_a_sender_s_own_id_is_kept_when_it_is_well_formed() -> None:
    assert trace_id_of(x_correlation_id="order-7.a:B_c") == "order-7.a:B_c"
    assert trace_id_of(traceparent=TRACE_PARENT) == "0af7651916cd43dd8448eb211c80319c"
    assert trace_id_of(traceparent=TRACE_PARENT, x_correlation_id="mine") == "mine"


@pytest.mark.parametrize("text", ["", "a b", "x" * 65, "é", "a\nb", '{"a":1}', "<script>"])
def test_any_other_id_is_replaced(text: str) -> None:
    made = trace_id_of(x_correlation_id=text)
    assert made != text
    assert len(made) == len(new_trace_id())


@pytest.mark.parametrize(
    "text", [TRACE_PARENT.upper(), TRACE_PARENT[:-1], f"00-{'0' * 32}-b7ad6b7169203331-01"]
)
def test_a_trace_that_is_none_is_replaced(text: str) -> None:
    assert trace_id_of(traceparent=text) not in text.lower()


def test_an_answer_carries_the_id_whether_good_or_not(still_village: Village) -> None:
    http = still_village.server.http
    named = {"X-Correlation-ID": "mine-1"}
    assert http.get("/v1/health", headers=named).headers["x-correlation-id"] == "mine-1"
    refused = http.get(f"{still_village.path}/account", headers=named)
    assert refused.headers["x-correlation-id"] == refused.json()["trace_id"] == "mine-1"
    lost = http.get("/nothing")
    assert lost.headers["x-correlation-id"] == lost.json()["trace_id"] != "mine-1"


@pytest.fixture
def lines(still_village: Village) -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged while the test runs."""
    assert still_village.tokens
    with structlog.testing.capture_logs() as captured:
        yield captured


def asked(
    lines: list[MutableMapping[str, Any]], answer: httpx.Response
) -> MutableMapping[str, Any]:
    """The one line of a request."""
    trace_id = answer.headers["x-correlation-id"]
    (line,) = [line for line in lines if line.get("trace_id") == trace_id]
    return line


def test_a_request_is_one_line(
    still_village: Village, lines: list[MutableMapping[str, Any]]
) -> None:
    answer = still_village.send("GET", "/account", "ada")
    line = asked(lines, answer)
    assert line.pop("ms") >= 0
    assert line.pop("client_id").startswith("participant-")
    assert line == {
        "event": "request",
        "log_level": "debug",
        "method": "GET",
        "path": "/v1/markets/{market}/account",
        "status": 200,
        "code": None,
        "trace_id": answer.headers["x-correlation-id"],
        "market_id": still_village.market_id,
    }


def test_a_refusal_names_its_code_and_nothing_that_was_sent(
    still_village: Village, lines: list[MutableMapping[str, Any]]
) -> None:
    canary = secrets.token_hex(8)
    answers = [
        still_village.post("/orders", "ada", still_village.order(unit_id=canary)),
        still_village.send("GET", f"/orders/{canary}", "ada"),
        still_village.server.http.get(f"/v1/markets/{canary}"),
        still_village.server.http.get(f"/{canary}"),
        still_village.server.http.request("PROPFIND", f"/v1/{canary}"),
        still_village.server.http.post("/v1/token", content=canary.encode()),
        still_village.server.http.get("/v1/clock", headers=bearer(canary)),
    ]
    for answer in answers:
        line = asked(lines, answer)
        assert (line["status"], line["code"]) == (answer.status_code, answer.json()["code"])
        assert line["log_level"] == "info"
        assert canary not in json.dumps(line).lower()


def test_a_fault_is_told_once_and_found_by_its_id(
    still_village: Village, lines: list[MutableMapping[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(still_village.server.house.throttles, "usage", broken)
    headers = bearer(still_village.tokens["ada"])
    answer = still_village.server.http.get("/v1/me/limits", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (500, "SYSTEM_UNAVAILABLE")
    assert "disk" not in answer.text
    line = asked(lines, answer)
    assert (line["log_level"], line["exc_info"]) == ("error", True)
    assert line["trace_id"] == answer.json()["trace_id"]


class Lines(logs.RequestLine):
    """A request's line without a server."""

    def __init__(self) -> None:
        super().__init__(Request({"type": "http", "headers": [], "method": "GET"}), "/x")


@pytest.mark.parametrize(
    ("status", "level"),
    [(200, "DEBUG"), (304, "DEBUG"), (404, "INFO"), (429, "DEBUG"), (503, "INFO"), (500, "ERROR")],
)
def test_floods_are_counted_and_not_told(
    status: int, level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_for: list[int] = []

    class Quiet:
        def is_enabled_for(self, number: int) -> bool:
            asked_for.append(number)
            return False

    monkeypatch.setattr(logs, "log", Quiet())
    Lines().write(Response(status_code=status))
    assert asked_for == [getattr(logging, level)]


@pytest.fixture
def configured() -> Iterator[None]:
    """Logging as it was, afterwards."""
    handlers, level = logging.root.handlers[:], logging.root.level
    before = structlog.get_config()
    yield
    structlog.configure(**before)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def fail(secret: str) -> None:
    raise ValueError(f"no value of {len(secret)} signs is right")


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.usefixtures("configured")
def test_a_fault_s_variables_are_not_logged(
    capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    canary = secrets.token_hex(16)
    logs.configure("INFO", as_json=as_json)
    log = structlog.get_logger("test")
    log.debug("not told")
    try:
        fail(canary)
    except ValueError:
        log.exception("fault", trace_id="t-1")
        logging.getLogger("uvicorn.error").exception("fault too")
    told = capsys.readouterr().err
    assert "t-1" in told
    assert "signs is right" in told
    assert "not told" not in told
    assert canary not in told
    if as_json:
        assert [json.loads(line)["level"] for line in told.splitlines()] == ["error", "error"]
