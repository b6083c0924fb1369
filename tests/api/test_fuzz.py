"""Strangers send anything: no fault of the server, every no coded, nothing told back, nobody harmed."""

import json
import logging
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests import Session
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from api.access.permissions import MARKET
from api.app import answered
from api.call import answer
from tests.api.fuzz_villages import DESCRIPTION, WHO, begun, maker_of
from tests.api.fuzzing import Answer, Port, Run, faults_of, fuzz
from tests.api.hosting import HandClock, LazySolver, Server
from tests.api.mutations import Json, Request
from tests.api.village import Village, make_village

PLENTY = "10000000/second; 10000000/second; 10000000/second"
UNTHROTTLED = {
    f"limit_{kind}": PLENTY for kind in ("new", "change", "cancel", "query", "login", "subscribe")
}
CONTINUOUS = {"continuous": {"opens_minutes": 2_880}, "call_opens_minutes": 30}
ALL_MODES = {**CONTINUOUS, "listing": True, "bilateral": True, "standing": True}
OPERATION_EXAMPLES = 4
"""Requests of Schemathesis for each operation, valid and not, in CI."""


def make_server(folder: Any, solver: LazySolver) -> Server:  # noqa: ANN401 - a path
    clock = HandClock(int(datetime(2016, 6, 14, 21, tzinfo=UTC).timestamp()))
    return Server(folder, clock, solver, **UNTHROTTLED)


@contextmanager
def only_told(level: int) -> Iterator[None]:
    """A line for each of very many requests is more than anybody reads."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(level))
    yield
    structlog.configure(**before)


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory, solver: LazySolver) -> Iterator[Server]:
    """A server of its own, without throttles: they would keep most requests at the door."""
    with only_told(logging.ERROR):
        made = make_server(tmp_path_factory.mktemp("fuzzed"), solver).start()
        yield made
        made.stop()
    assert made.faults == []


# --- our own bends ----------------------------------------------------------------------


def belongings(village: Village, *people: str) -> list[Json]:
    """What people have: money, orders, positions, trades."""
    return [
        [village.get(path, who) for path in ("/account", "/orders", "/positions", "/trades")]
        for who in people
    ]


def assert_well(village: Village) -> None:
    """The server lives, the books balance, and an ordinary order is taken."""
    health = village.server.http.get("/v1/health").json()
    assert health["status"] == "ok"
    assert health["markets"][village.market_id]["status"] == "ok"
    assert village.get("/ledger", "operator")["sum_quanta"] == 0
    assert village.server.faults == []


def fuzz_round(server: Server, seed: int, count: int, run: Run) -> None:
    """Two villages: one where nobody may touch what is others', one where everything is under way."""
    rng = random.Random(seed)
    calm = make_village(server)
    for who, unit_id, side in (("bob", "bob-solar", "sell"), ("retailer", "retail", "buy")):
        placed = calm.post("/orders", who, calm.order(unit_id=unit_id, side=side))
        assert placed.status_code == 201, placed.text
    before = belongings(calm, "bob", "retailer")
    with Port(server.port) as port:
        fuzz(maker_of(calm, rng, "participant", "area", "device"), port, rng, count // 2, run)
    assert belongings(calm, "bob", "retailer") == before
    assert_well(calm)

    busy = make_village(server, **ALL_MODES)
    busy.wait_for_phase("continuous")
    maker = maker_of(busy, rng, *WHO)
    for path, body in begun(busy).items():
        made = busy.post(path, "bob", body)
        assert made.status_code == 201, made.text
        maker.learn(made.json())
    with Port(server.port) as port:
        fuzz(maker, port, rng, count - count // 2, run)
    assert_well(busy)
    sane = calm.order(unit_id="bob-solar", side="sell", energy_kwh="0.001", start=calm.start(3))
    assert calm.post("/orders", "bob", sane).status_code == 201


def assert_as_promised(run: Run) -> None:
    assert run.findings == [], run.told()
    # The fuzzer gets in: it is not always turned away at the door, and for many reasons.
    reached = {operation for operation in run.reached if operation[1] in DESCRIPTION["paths"]}
    assert len(reached) > 60, sorted(reached)
    assert len(run.codes) > 25, run.codes
    assert run.statuses[422] < run.sent * 0.6, run.statuses


def test_no_request_makes_a_fault_or_harms_anybody(fuzzed: Server) -> None:
    run = Run()
    for seed in range(4):
        fuzz_round(fuzzed, seed, 1_000, run)
    assert_as_promised(run)


@pytest.mark.long
def test_no_request_of_very_many_makes_a_fault(fuzzed: Server) -> None:
    run = Run()
    for seed in range(1_000, 1_050):
        fuzz_round(fuzzed, seed, 4_000, run)
    assert_as_promised(run)


# --- the fuzzer itself --------------------------------------------------------------------

REQUEST = Request(method="GET", template="/", path="/", canary="Kanarie!1")
GOOD = {
    "type": "/problems/NOT_FOUND",
    "title": "t",
    "status": 404,
    "detail": "d",
    "instance": "/",
    "code": "NOT_FOUND",
    "trace_id": "t-1",
    "errors": [{"pointer": "", "code": "NOT_FOUND", "detail": "d"}],
}
HEADERS = {"content-type": "application/problem+json", "x-correlation-id": "t-1"}


def refused(status: int = 404, headers: dict[str, str] | None = None, **changes: object) -> Answer:
    body = json.dumps({**GOOD, **changes}).encode()
    return Answer(status=status, headers=HEADERS | (headers or {}), body=body)


@pytest.mark.parametrize(
    ("got", "fault"),
    [
        (refused(), None),
        (None, "no answer"),
        (refused(500), "status 500"),
        (refused(503), "status 503"),
        (refused(headers={"content-type": "text/plain"}), "a refusal as text/plain"),
        (refused(headers={"x-correlation-id": ""}), "no correlation id"),
        (refused(headers={"x-correlation-id": "t-2"}), "the trace id is not the correlation id"),
        (refused(409), "NOT_FOUND with status 409"),
        (refused(code="NO_SUCH_CODE"), "codes that are not documented: ['NO_SUCH_CODE']"),
        (refused(detail="is Kanarie!1 there?"), "the input is told back"),
        (refused(more=1), "a refusal without its fields"),
        (Answer(status=400, headers=HEADERS, body=b"no"), "a refusal that is no JSON"),
        (Answer(status=200, headers={"content-type": "application/json"}, body=b"{"),
         "an answer that is not the JSON it is said to be"),
    ],
)  # fmt: skip
def test_what_is_not_as_promised_is_found(got: Answer | None, fault: str | None) -> None:
    found = faults_of(REQUEST, got)
    assert (fault in found) if fault else (found == [])


def test_a_broken_address_is_found(
    tmp_path_factory: pytest.TempPathFactory, solver: LazySolver
) -> None:
    path = f"{MARKET}/me/orders:cancel-after"

    async def broken(request: HttpRequest) -> Response:
        wanted = await request.json()  # what is no JSON is a fault here
        return answer({"after_s": 3_600 // wanted["after_s"]})

    server = make_server(tmp_path_factory.mktemp("broken"), solver)
    routes = server.app.router.routes
    (at,) = [i for i, route in enumerate(routes) if getattr(route, "path", "") == path]
    routes[at] = Route(path, answered(path, broken), methods=["POST"])
    server.start()
    try:
        village = make_village(server)
        rng = random.Random(1)
        maker = maker_of(village, rng, "participant", only=lambda _, address: address == path)
        with Port(server.port) as port, only_told(logging.CRITICAL):
            run = fuzz(maker, port, rng, 300)
    finally:
        server.stop()
    found = {fault for finding in run.findings for fault in finding.faults}
    assert "status 500" in found
    assert len(run.findings) > 30


def test_the_same_seed_makes_the_same_requests(fuzzed: Server) -> None:
    village = make_village(fuzzed)

    def wires() -> list[bytes]:
        rng = random.Random(7)
        # Secrets are the server's own chance, and so are names of clients.
        maker = maker_of(village, rng, "participant", only=lambda _, path: path != "/v1/token")
        return [re.sub(rb"participant-[0-9a-f]+", b"", maker.make().wire()) for _ in range(200)]

    assert wires() == wires()


# --- Schemathesis -------------------------------------------------------------------------

SCHEMA = schemathesis.openapi.from_dict(DESCRIPTION)
OPERATIONS = {
    operation.label: operation
    for operation in (result.ok() for result in SCHEMA.get_all_operations())
    # An answer without end is not for a client that waits for it; our own bends go there too.
    if not operation.path.endswith("/events")
}
TOO_LARGE = 413
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


@pytest.fixture(scope="module")
def described(fuzzed: Server) -> Village:
    return make_village(fuzzed, **ALL_MODES)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Session() as made:
        yield made


def send_case(village: Village, case: Case, token: str | None, session: Session) -> None:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    if case.path_parameters and "market" in case.path_parameters:
        case.path_parameters["market"] = village.market_id
    got = case.call(base_url=village.server.url, headers=headers, session=session)
    # A body beyond what is read at all is turned away before anybody looks for what is wrong in it,
    # which that check does not count as turned away.
    too_large = got.status_code == TOO_LARGE
    checks = [one for one in CHECKS if not (too_large and one is negative_data_rejection)]
    case.validate_response(got, checks=checks, headers=headers)
    if got.status_code >= 400:
        body = got.content
        told = Answer(
            status=got.status_code,
            headers={name.lower(): values[0] for name, values in got.headers.items()},
            body=body,
        )
        request = Request(method=case.method, template="", path="", canary="Kanarie!1")
        assert faults_of(request, told) == []


def check_operation(village: Village, label: str, examples: int, session: Session) -> None:
    operation = OPERATIONS[label]
    roles = [*operation.definition.raw["x-roles"], None]
    for mode in GenerationMode:
        if mode.is_negative and not operation.query and not operation.body:
            continue  # any text may stand in a path: nothing to say wrongly

        @settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode), role=st.sampled_from(roles))
        def run(case: Case, role: str | None) -> None:
            send_case(village, case, None if role is None else village.tokens[WHO[role]], session)

        run()
    assert_well(village)


@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_every_operation_answers_as_it_is_described(
    described: Village, session: Session, label: str
) -> None:
    check_operation(described, label, OPERATION_EXAMPLES, session)


@pytest.mark.long
@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_every_operation_answers_many_as_it_is_described(
    described: Village, session: Session, label: str
) -> None:
    described.sign_in()
    check_operation(described, label, 100, session)
