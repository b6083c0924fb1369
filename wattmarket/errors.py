"""What can go wrong for a caller of the market, as exceptions.

    WattmarketError
    ├── UsageError            asked wrongly; nothing was sent
    ├── UnreachableError      no answer, and the patience for repeats is used up
    ├── StreamError           the stream ended in a way a reconnect does not cure
    └── RefusedError          the server answered no: status, code, detail, errors, trace_id
        ├── InvalidError            400, 413, 415, 422 and other 4xx: the request itself is wrong
        ├── NotAuthenticatedError   401: no token, or one that is not taken
        ├── NotAllowedError         403: this role never may
        ├── NotFoundError           404: not there, or not yours
        ├── ConflictError           409: it exists with other content, or the moment has passed
        ├── BusyError               429, 502, 503, 504: it may pass if tried again
        └── ServerError             any other 5xx: a fault of the server

The one idea: a caller decides by the `code`, never by the words.
"""

import re
from typing import Any


class WattmarketError(Exception):
    """Anything this package raises on purpose."""


class UsageError(WattmarketError, ValueError):
    """Asked wrongly; nothing was sent."""


class UnreachableError(WattmarketError):
    """No answer came, and the patience for repeats is used up."""


class StreamError(WattmarketError):
    """The stream ended in a way that a reconnect does not cure."""


class RefusedError(WattmarketError):
    """The server answered no.

    Attributes:
        status: HTTP status.
        code: the reason, one of the codes of docs/market-rules.md.
        detail: the reason in a sentence.
        errors: every single fault found, each with `pointer`, `code`, `detail`.
        trace_id: what to quote when asking the operator.
        retry_after_s: when to try again, in seconds; None: not said.
    """

    def __init__(
        self,
        status: int,
        *,
        code: str = "",
        detail: str = "",
        errors: tuple[dict[str, Any], ...] = (),
        trace_id: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.trace_id = trace_id
        self.retry_after_s = retry_after_s
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        lines = [f"{self.status} {self.code}: {self.detail}".rstrip(": ")]
        lines += [
            f"  {fault.get('pointer', '')}: {fault.get('code', '')} {fault.get('detail', '')}".rstrip()
            for fault in self.errors
        ]
        return "\n".join(lines)


class InvalidError(RefusedError):
    """The request itself is wrong."""


class NotAuthenticatedError(RefusedError):
    """No token, or one that is not taken."""


class NotAllowedError(RefusedError):
    """This role never may."""


class NotFoundError(RefusedError):
    """Not there, or not yours."""


class ConflictError(RefusedError):
    """It exists with other content, or the moment has passed."""


class BusyError(RefusedError):
    """It may pass if tried again."""


class ServerError(RefusedError):
    """A fault of the server."""


UNDER_WAY = "IDEMPOTENCY_IN_PROGRESS"
"""The first try of the same act is being carried out; its answer can be had in a moment."""

_BY_STATUS: dict[int, type[RefusedError]] = {
    401: NotAuthenticatedError,
    403: NotAllowedError,
    404: NotFoundError,
    409: ConflictError,
    429: BusyError,
    502: BusyError,
    503: BusyError,
    504: BusyError,
}


def further_down(refused: RefusedError, lines: int) -> RefusedError:
    """The same refusal when what was sent begins so many lines further down in a file."""

    def moved(text: str) -> str:
        return re.sub(
            r"(\blines?[ /])([0-9]+)", lambda found: found[1] + str(int(found[2]) + lines), text
        )

    return type(refused)(
        refused.status,
        code=refused.code,
        detail=moved(refused.detail),
        errors=tuple(
            {
                **fault,
                "pointer": moved(str(fault.get("pointer", ""))),
                "detail": moved(str(fault.get("detail", ""))),
            }
            for fault in refused.errors
        ),
        trace_id=refused.trace_id,
        retry_after_s=refused.retry_after_s,
    )


def refusal(
    status: int, problem: dict[str, Any] | None, retry_after: str | None = None
) -> RefusedError:
    """The exception for an answer of status 400 or above.

    Args:
        status: HTTP status.
        problem: the body as application/problem+json; None: it was something else.
        retry_after: the header of that name, in seconds; a date there is ignored.
    """
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else InvalidError)
    said = problem or {}
    if said.get("code") == UNDER_WAY:
        kind = BusyError
    return kind(
        status,
        code=str(said.get("code", "")),
        detail=str(said.get("detail") or said.get("title") or ""),
        errors=tuple(said.get("errors") or ()),
        trace_id=str(said.get("trace_id", "")),
        retry_after_s=float(retry_after) if retry_after and retry_after.isdecimal() else None,
    )
