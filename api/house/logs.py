"""Logs: one JSON object a line on standard error, and one line a request.

The one idea: a line carries codes, ids and numbers, never what a client sent and never a secret;
`trace_id` is the same as in the answer, so that one can be found from the other. What is below the
level costs next to nothing.
"""

import logging
import re
import sys
import time
from typing import Any, Final

import structlog
from starlette.requests import Request
from starlette.responses import Response
from structlog.dev import plain_traceback
from structlog.tracebacks import ExceptionDictTransformer

from api.wire.errors import new_trace_id
from market.model.rejection import Code

CORRELATION: Final = "X-Correlation-ID"
_CORRELATION: Final = CORRELATION.lower().encode()
_CORRELATION_ID: Final = re.compile(rb"[A-Za-z0-9_.:-]{1,64}")
_TRACE_PARENT: Final = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_NO_TRACE: Final = b"0" * 32
_MS: Final = 1_000

log = structlog.get_logger("api.request")


def configure(level: str, *, as_json: bool = True) -> None:
    """Set the process's logging up, once, at its start.

    Args:
        level: DEBUG tells every request, INFO those that are refused.
        as_json: False: lines for people.
    """
    number = logging.getLevelNamesMapping()[level]
    # Without the values of variables: they may be prices of sealed orders, or secrets.
    ending: list[Any] = (
        [
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(),
        ]
        if as_json
        else [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain_traceback)]
    )
    stamping: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*stamping, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    # The web server's own words are few and only wanted when something is wrong.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *stamping,
                *ending,
            ]
        )
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler], force=True)


def trace_id_of(headers: list[tuple[bytes, bytes]]) -> str:
    """The id under which a request is found again: the sender's own where it is well-formed."""
    traced = None
    for name, value in headers:
        if name == _CORRELATION and _CORRELATION_ID.fullmatch(value):
            return value.decode()
        if name == b"traceparent":
            traced = _TRACE_PARENT.fullmatch(value)
    if traced is not None and traced[1] != _NO_TRACE:
        return traced[1].decode()
    return new_trace_id()


class RequestLine:
    """One request's line in the log, and the id it shares with the answer."""

    __slots__ = ("_begun_s", "_request", "path", "trace_id")

    def __init__(self, request: Request, path: str) -> None:
        self.path = path
        """The address's template; never the address itself, which the client wrote."""
        self.trace_id = trace_id_of(request.scope["headers"])
        self._request = request
        self._begun_s = time.perf_counter()

    @property
    def method(self) -> str:
        """The request's method; `other` for one that nobody knows."""
        return self._request.method if self._request.method in _METHODS else "other"

    def took_s(self) -> float:
        """Real time since the request's head was read."""
        return time.perf_counter() - self._begun_s

    def write(
        self, response: Response, code: Code | None = None, *, with_fault: bool = False
    ) -> None:
        """Give the answer its id, and log the request where its level is told."""
        response.raw_headers.append((_CORRELATION, self.trace_id.encode()))
        level = _level(response.status_code)
        if not log.is_enabled_for(level):
            return
        market_id = self._request.path_params.get("market")
        traced = {"exc_info": True} if with_fault else {}
        log.log(
            level,
            "request",
            method=self.method,
            path=self.path,
            status=response.status_code,
            code=None if code is None else code.value,
            ms=round(self.took_s() * _MS, 3),
            trace_id=self.trace_id,
            client_id=getattr(self._request.state, "client_id", None),
            market_id=market_id if market_id in self._request.app.state.house.markets else None,
            **traced,
        )


_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _level(status: int) -> int:
    """Faults always; refusals as a rule, but not floods of them: those are counted."""
    if status >= 500 and status != 503:
        return logging.ERROR
    return logging.INFO if status >= 400 and status != 429 else logging.DEBUG
