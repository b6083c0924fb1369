"""Metrics for an operator's monitoring: who may read them, and the text.

The one idea: how much is traded when is nobody's business but the operators'. Reading wants an
operator's token, unless the settings let whoever asks on this machine itself read too.
"""

from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.call import Address, Call, sender_address
from api.house import gauges
from api.house.house import House

_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
"""With any of these somebody else has asked, and a proxy on this machine passes it on."""


async def metrics(call: Call) -> Response:
    """Everything that is measured."""
    return await _text(call.request)


def or_from_here(
    endpoint: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint, which whoever asks on this machine itself may read without a token."""

    async def handle(request: Request) -> Response:
        return await (_text if is_from_here(request) else endpoint)(request)

    return handle


def is_from_here(request: Request) -> bool:
    """Whether a program of this machine asks for itself.

    Neither a proxy for somebody else, nor a page in a browser here that calls this server by another
    name than its own.
    """
    if any(name in request.headers for name in _FORWARDED):
        return False
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    return _is_loopback(sender_address(request)) and (host == "localhost" or _is_loopback(host))


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


async def _text(request: Request) -> Response:
    house: House = request.app.state.house
    accept = request.headers.get("accept", "")
    standing = await gauges.standing(house)
    text, media_type = await run_in_threadpool(house.metrics.exposition, accept, standing)
    return Response(text, headers={"Content-Type": media_type, "Cache-Control": "no-store"})


METRICS: Final = Address(
    method="GET",
    path="/metrics",
    handler=metrics,
    about="Metrics in Prometheus' text format",
    described=False,
)
ADDRESSES: Final = (METRICS,)
