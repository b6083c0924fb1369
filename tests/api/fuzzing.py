"""Sends bent requests one after another and holds every answer against what is promised of all of them.

The one idea: what a refusal may look like is one function; the test of the fuzzer gives it bad answers.
"""

import contextlib
import json
import random
import socket
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from api.wire.errors import PROBLEMS
from market.model.rejection import Code
from tests.api.mutations import Maker, Request, bent
from tests.patience import PATIENCE_S

TIMEOUT_S: Final = PATIENCE_S
NO_HTTP: Final = b"Invalid HTTP request received."
PROBLEM: Final = "application/problem+json"
FIELDS: Final = {"type", "title", "status", "detail", "instance", "code", "trace_id", "errors"}
EVENTS: Final = "text/event-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


class Port:
    """A connection to the server, opened anew when it was closed; sends bytes as they are."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def __enter__(self) -> "Port":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, wire: bytes, method: str) -> Answer | None:
        """The answer; None: the connection was closed without one."""
        fresh = self._socket is None
        answer = self._try(wire, method)
        # The server may have closed a connection between two requests, as HTTP allows.
        return answer if answer is not None or fresh else self._try(wire, method)

    def _try(self, wire: bytes, method: str) -> Answer | None:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), TIMEOUT_S)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._read = self._socket.makefile("rb")
        with contextlib.suppress(OSError):  # refused while it was sent: the answer may be there
            self._socket.sendall(wire)
        try:
            answer = self._answer(method)
        except OSError:
            answer = None
        if answer is None or answer.headers.get("connection") == "close" or self._is_stream(answer):
            self.close()
        return answer

    @staticmethod
    def _is_stream(answer: Answer) -> bool:
        return answer.headers.get("content-type", "").startswith(EVENTS)

    def _answer(self, method: str) -> Answer | None:
        first = self._read.readline()
        if not first:
            return None
        status = int(first.split()[1])
        headers: dict[str, str] = {}
        while line := self._read.readline().strip():
            name, _, text = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = text.strip()
        answer = Answer(status=status, headers=headers, body=b"")
        if status == 100:
            return self._answer(method)
        if method == "HEAD" or status in {204, 304} or self._is_stream(answer):
            return answer
        return Answer(status=status, headers=headers, body=self._body(headers))

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding") != "chunked":
            return self._read.read(int(headers.get("content-length", 0)))
        pieces = []
        while size := int(self._read.readline(), 16):
            pieces.append(self._read.read(size))
            self._read.readline()
        self._read.readline()
        return b"".join(pieces)

    def close(self) -> None:
        """Let the connection go."""
        if self._socket is not None:
            self._read.close()
            self._socket.close()
            self._socket = None


def faults_of(request: Request, answer: Answer | None) -> list[str]:
    """What is wrong with an answer; nothing for a good one."""
    if answer is None:
        return [] if not request.is_http else ["no answer"]
    if not request.is_http and answer.status == 400 and answer.body == NO_HTTP:
        return []
    if answer.status >= 500:
        return [f"status {answer.status}"]
    if answer.status >= 400:
        return list(_faults_of_refusal(request, answer))
    if answer.headers.get("content-type") == "application/json" and request.method != "HEAD":
        try:
            json.loads(answer.body)
        except ValueError:
            return ["an answer that is not the JSON it is said to be"]
    return []


def _faults_of_refusal(request: Request, answer: Answer) -> list[str]:
    faults = []
    if answer.headers.get("content-type") != PROBLEM:
        faults.append(f"a refusal as {answer.headers.get('content-type')}")
    if not answer.headers.get("x-correlation-id"):
        faults.append("no correlation id")
    if request.method == "HEAD":
        return faults
    if request.canary.encode() in answer.body:
        faults.append("the input is told back")
    try:
        problem = json.loads(answer.body)
    except ValueError:
        return [*faults, "a refusal that is no JSON"]
    return faults + _faults_of_problem(problem, answer)


def _faults_of_problem(problem: Any, answer: Answer) -> list[str]:  # noqa: ANN401 - whatever came
    if not isinstance(problem, dict) or set(problem) != FIELDS:
        return ["a refusal without its fields"]
    faults = []
    codes = [problem["code"], *(item.get("code") for item in problem["errors"])]
    if unknown := [code for code in codes if code not in set(Code)]:
        return [f"codes that are not documented: {unknown}"]
    if (
        PROBLEMS[Code(problem["code"])].status != answer.status
        or problem["status"] != answer.status
    ):
        faults.append(f"{problem['code']} with status {answer.status}")
    if problem["trace_id"] != answer.headers.get("x-correlation-id"):
        faults.append("the trace id is not the correlation id")
    return faults


@dataclass(slots=True)
class Finding:
    """A request whose answer is not as promised."""

    number: int
    request: Request
    answer: Answer | None
    faults: list[str]

    def __str__(self) -> str:
        got = None if self.answer is None else (self.answer.status, self.answer.body[:600])
        return (
            f"request {self.number}, {self.request.bends}: {', '.join(self.faults)}\n"
            f"  sent {self.request.wire()[:1_500]!r}\n  got {got!r}"
        )


@dataclass(slots=True)
class Run:
    """What came of many requests."""

    sent: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    reached: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Addresses that answered with success."""
    findings: list[Finding] = field(default_factory=list)

    def told(self) -> str:
        """The findings, a few of each kind."""
        kinds = Counter(fault for item in self.findings for fault in item.faults)
        shown = "\n".join(str(item) for item in self.findings[:10])
        return f"{len(self.findings)} of {self.sent}: {kinds}\n{shown}"


def fuzz(maker: Maker, port: Port, rng: random.Random, count: int, run: Run | None = None) -> Run:
    """Send so many requests, and look at every answer."""
    run = run or Run()
    for _ in range(count):
        request = bent(maker.make(), rng)
        answer = port.send(request.wire(), request.method)
        run.sent += 1
        if faults := faults_of(request, answer):
            run.findings.append(Finding(run.sent, request, answer, faults))
        if answer is not None:
            _note(maker, run, request, answer)
    return run


def _note(maker: Maker, run: Run, request: Request, answer: Answer) -> None:
    run.statuses[answer.status] += 1
    kind = answer.headers.get("content-type", "")
    if answer.status < 300:
        run.reached[request.method, request.template] += 1
    if kind == "application/json" and answer.status < 300 and answer.body:
        maker.learn(json.loads(answer.body))
    elif kind == PROBLEM and answer.body:
        run.codes[json.loads(answer.body)["code"]] += 1
