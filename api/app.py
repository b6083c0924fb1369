"""Everything put together: clients, clock, markets, addresses.

The one idea: this is the one place where the parts meet; each of them is handed what it needs.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import Final

import structlog
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from api.access.auth import Tokens
from api.access.identity import IdentityStore, ensure_operator
from api.call import Address, guarded
from api.description import description_json
from api.house import logs
from api.house.clock import RealClock, SimulatedClock
from api.house.house import House, ServerClock
from api.house.metrics import Metrics
from api.routes import (
    access,
    account,
    acts,
    alarms,
    alerts,
    approvals,
    audit,
    balance_groups,
    bills,
    book_at,
    cases,
    certificates,
    changes,
    clearing_runs,
    collateral,
    contracts,
    credentials,
    defaults,
    delivery,
    desk,
    devices,
    energy,
    events,
    explanations,
    inquiries,
    listings,
    mandates,
    markets,
    measurement_files,
    measurements,
    members,
    messages,
    metrics,
    money,
    networks,
    orders,
    overview,
    pages,
    payments,
    people,
    power_flows,
    reach,
    recalls,
    reports,
    results,
    server,
    service,
    sessions,
    settlements,
    signing_in,
    standing,
    stops,
    suspensions,
    system,
    together,
    unit_overview,
    unit_states,
    withdrawals,
)
from api.routes import stream as stream_route
from api.settings import Settings
from api.wire.errors import RefusedError, fault_response, problem_response, refuse
from market.model.rejection import Code
from market.timetable import Solver

ADDRESSES: Final[tuple[Address, ...]] = (
    # Addresses are tried in this order; the busy ones come first.
    *orders.ADDRESSES,
    *explanations.ADDRESSES,
    *changes.ADDRESSES,
    *together.ADDRESSES,
    *stops.ADDRESSES,
    *recalls.ADDRESSES,
    *acts.ADDRESSES,
    *approvals.ADDRESSES,
    *alarms.ADDRESSES,
    *service.ADDRESSES,
    *listings.ADDRESSES,
    *inquiries.ADDRESSES,
    *contracts.ADDRESSES,
    *standing.ADDRESSES,
    *mandates.ADDRESSES,
    *delivery.ADDRESSES,
    *measurements.ADDRESSES,
    *measurement_files.ADDRESSES,
    *system.ADDRESSES,
    *reach.ADDRESSES,
    *unit_overview.ADDRESSES,
    *unit_states.ADDRESSES,
    *access.ADDRESSES,
    *credentials.ADDRESSES,
    *signing_in.ADDRESSES,
    *people.ADDRESSES,
    *account.ADDRESSES,
    *suspensions.ADDRESSES,
    *server.ADDRESSES,
    *metrics.ADDRESSES,
    *markets.ADDRESSES,
    *networks.ADDRESSES,
    *power_flows.ADDRESSES,
    *members.ADDRESSES,
    *overview.ADDRESSES,
    *devices.ADDRESSES,
    *energy.ADDRESSES,
    *alerts.ADDRESSES,
    *messages.ADDRESSES,
    *results.ADDRESSES,
    *clearing_runs.ADDRESSES,
    *sessions.ADDRESSES,
    *money.ADDRESSES,
    *reports.ADDRESSES,
    *settlements.ADDRESSES,
    *balance_groups.ADDRESSES,
    *collateral.ADDRESSES,
    *audit.ADDRESSES,
    *book_at.ADDRESSES,
    *bills.ADDRESSES,
    *cases.ADDRESSES,
    *desk.ADDRESSES,
    *certificates.ADDRESSES,
    *payments.ADDRESSES,
    *withdrawals.ADDRESSES,
    *defaults.ADDRESSES,
    *events.ADDRESSES,
    # Last, because the console's files may have any name.
    *pages.ADDRESSES,
)
_ANYWHERE: Final = "/{path:path}"

log = structlog.get_logger("api")


def create_app(
    settings: Settings,
    *,
    on_fault: Callable[[BaseException], None],
    clock: ServerClock | None = None,
    solver: Solver | None = None,
    real_time_s: Callable[[], float] = time.time,
    heartbeat_s: float = 5.0,
    announce: Callable[[str], None] | None = None,
) -> FastAPI:
    """The application of one server.

    Args:
        settings: read once, by the caller.
        on_fault: ends the process when a market cannot go on.
        clock: market time; None: as the settings say.
        solver: clears the auctions; None: a clearing process for each market.
        real_time_s: UTC seconds of the real clock, for tokens.
        heartbeat_s: real seconds between two heartbeats of the stream.
        announce: tells whoever starts the server the code of the first operator who is a person; None:
            there is nobody to be told, and none is made.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        identity, tokens = _those_who_come_in(settings, real_time_s)
        house = House(
            settings=settings,
            clock=clock_of(settings) if clock is None else clock,
            identity=identity,
            tokens=tokens,
            real_time_s=real_time_s,
            on_fault=on_fault,
            heartbeat_s=heartbeat_s,
            solver=solver,
        )
        app.state.house = house
        if announce is not None and (code := house.people.first_code(int(real_time_s()))):
            announce(code)
        try:
            await house.open_markets()
            log.info("server ready", markets=sorted(house.markets))
            yield
        finally:
            await house.close()
            log.info("server closed")

    # Addresses read, guard and describe themselves (`call.py`, `description.py`), so that a body can
    # be refused while it comes in and every fault has its code: plain routes, no parameter injection.
    app = FastAPI(lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)
    app.router.redirect_slashes = False
    app.state.description = cache(lambda: description_json(ADDRESSES))
    for address in ADDRESSES:
        endpoint = guarded(address)
        if address is metrics.METRICS and settings.metrics == "loopback":
            endpoint = metrics.or_from_here(endpoint)
        endpoint = answered(address.path, endpoint)
        app.router.routes.append(Route(address.path, endpoint, methods=[address.method]))
    app.router.add_websocket_route(stream_route.PATH, stream_route.stream)
    app.add_exception_handler(HTTPException, _no_such_address)
    return app


def _those_who_come_in(
    settings: Settings, real_time_s: Callable[[], float]
) -> tuple[IdentityStore, Tokens]:
    """The file of clients and people, with a first operator, and the maker of tokens."""
    settings.var.mkdir(parents=True, exist_ok=True)
    identity = IdentityStore(settings.identity_path)
    now_s = int(real_time_s())
    if ensure_operator(identity, settings.operator_path, now_s):
        log.info("operator made", path=str(settings.operator_path))
    tokens = Tokens(
        identity.signing_key(now_s),
        lifetime_s=settings.token_lifetime_s,
        real_time_s=real_time_s,
        revoked=identity.revoked,
    )
    return identity, tokens


def clock_of(settings: Settings) -> ServerClock:
    """The clock the settings ask for; a simulated one starts when all markets are open."""
    if settings.start_us is None:
        return RealClock()
    return SimulatedClock(start_us=settings.start_us, speed=settings.speed)


def answered(
    path: str, endpoint: Callable[[Request], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint with its refusals and faults turned into answers; each is logged as one line."""

    async def answer(request: Request) -> Response:
        line = logs.RequestLine(request, path)
        try:
            response = await endpoint(request)
            line.write(response)
        except RefusedError as refused:
            return _refusal(request, line, refused)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        except Exception:  # noqa: BLE001 - it is logged, and told without any detail
            response = fault_response(instance=path, trace_id=line.trace_id)
            line.write(response, Code.SYSTEM_UNAVAILABLE, with_fault=True)
        _count(request, line, response)
        return response

    return answer


def _refusal(request: Request, line: logs.RequestLine, refused: RefusedError) -> Response:
    response = problem_response(refused, instance=line.path, trace_id=line.trace_id)
    line.write(response, refused.code)
    _count(request, line, response)
    request.app.state.house.metrics.refused(refused.code.value)
    return response


def _count(request: Request, line: logs.RequestLine, response: Response) -> None:
    metrics: Metrics = request.app.state.house.metrics
    metrics.answered(line.method, line.path, response.status_code, line.took_s())


async def _no_such_address(request: Request, fault: Exception) -> Response:
    """404 for an address nobody serves, 405 for one that takes other methods."""
    allowed = sorted(
        {
            method
            for route in request.app.router.routes
            if isinstance(route, Route)
            and route.path != _ANYWHERE
            and route.path_regex.match(request.url.path)
            for method in route.methods or ()
        }
    )
    wrong_method = isinstance(fault, HTTPException) and fault.status_code == 405 and allowed
    line = logs.RequestLine(request, _ANYWHERE)
    if not wrong_method:
        return _refusal(request, line, refuse(Code.NOT_FOUND))
    refused = RefusedError(
        refuse(Code.METHOD_UNKNOWN).rejections, headers={"Allow": ", ".join(allowed)}
    )
    return _refusal(request, line, refused)
