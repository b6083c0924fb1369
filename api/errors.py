"""Every refusal on the wire: its status, its words, its page.

    RefusedError       a coded no; becomes application/problem+json
    anything else      a fault of the server: 500, logged with its trace id, told without details

The one idea: a refusal is one or more `Rejection`s; the first in precedence decides the status, all
of them are told together, and nothing the client sent is repeated in the answer.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from starlette.responses import Response

from market.model.rejection import PRECEDENCE, Code, Rejection

FAULTS_MAX: Final = 100
"""Most faults told in one answer; ten thousand bad rows need not all be listed to be found."""
RETRY_AFTER_S: Final = 1
"""What Retry-After says: a full queue of the sequencer drains well within a second."""
PROBLEM_MEDIA: Final = "application/problem+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What a code means on the wire."""

    status: int
    title: str
    """The kind of refusal in a few words; the same for every occurrence."""
    action: str
    """What the sender can do about it."""


PROBLEMS: Final[Mapping[Code, Problem]] = {
    Code.FIELD_MISSING: Problem(
        status=422, title="A required field is missing", action="Send the field the pointer names."
    ),
    Code.FIELD_UNKNOWN: Problem(
        status=422,
        title="A field is not known here",
        action="Remove the field the pointer names, or correct its name.",
    ),
    Code.FIELD_FORMAT: Problem(
        status=422,
        title="A field does not have its format",
        action="Write decimals as strings like 12.50, ids with letters, digits and _ . : - only.",
    ),
    Code.FIELD_RANGE: Problem(
        status=422,
        title="A field is outside its range",
        action="Use a value inside the documented range and with no more decimals than allowed.",
    ),
    Code.BODY_NOT_JSON: Problem(
        status=400,
        title="The body is not JSON",
        action="Send one JSON document in UTF-8, each name once, without NaN or Infinity.",
    ),
    Code.BODY_TOO_LARGE: Problem(
        status=413,
        title="The body is too large",
        action="Send less at once: 64 KB, or 16 MB where many rows are taken.",
    ),
    Code.TIMEZONE_REQUIRED: Problem(
        status=422,
        title="A time has no time zone",
        action="Add an offset to the time: Z or +01:00.",
    ),
    Code.METHOD_UNKNOWN: Problem(
        status=405,
        title="The address does not take this method",
        action="Use one of the methods named in the Allow header.",
    ),
    Code.AUTH_REQUIRED: Problem(
        status=401,
        title="A token is required",
        action="Get a token at /v1/token and send it as Authorization: Bearer.",
    ),
    Code.TOKEN_INVALID: Problem(
        status=401, title="The token is not valid here", action="Get a new token at /v1/token."
    ),
    Code.TOKEN_EXPIRED: Problem(
        status=401, title="The token has expired", action="Get a new token at /v1/token."
    ),
    Code.CREDENTIALS_WRONG: Problem(
        status=401,
        title="Client id and secret do not fit",
        action="Check the credentials, or have new ones made.",
    ),
    Code.NOT_PERMITTED: Problem(
        status=403,
        title="This role may never do that",
        action="Use the credentials of a role that may.",
    ),
    Code.NOT_FOUND: Problem(
        status=404,
        title="There is no such thing, or it is not yours",
        action="Check the address and the ids in it.",
    ),
    Code.EXISTS_WITH_DIFFERENT_FIELDS: Problem(
        status=409,
        title="The id is in use with other content",
        action="Use a new id for new content; an identical repeat is harmless.",
    ),
    Code.ORDER_UNKNOWN: Problem(
        status=404,
        title="There is no such order, or it is not yours",
        action="Check the order id.",
    ),
    Code.ORDER_ALREADY_CLOSED: Problem(
        status=409,
        title="The order is no longer open",
        action="Nothing: it was filled, cancelled or has expired.",
    ),
    Code.UNIT_UNKNOWN: Problem(
        status=404,
        title="There is no such unit, or it is not yours",
        action="Check the unit id.",
    ),
    Code.AREA_UNKNOWN: Problem(
        status=404,
        title="There is no such area, or it is not yours",
        action="Check the area id.",
    ),
    Code.PARTICIPANT_UNKNOWN: Problem(
        status=404,
        title="There is no such participant",
        action="Check the participant id; register the participant first.",
    ),
    Code.PRODUCT_UNKNOWN: Problem(
        status=409,
        title="The market does not trade this interval",
        action="Name an interval by its start, inside the market's trading time.",
    ),
    Code.NOT_OPEN: Problem(
        status=409,
        title="The interval is not open for orders yet",
        action="Send it again when the interval's call has opened.",
    ),
    Code.GATE_CLOSED: Problem(
        status=409,
        title="The interval's gate has closed",
        action="Order for a later interval.",
    ),
    Code.PHASE_CONFLICT: Problem(
        status=409,
        title="The interval's phase does not allow this",
        action="Wait for the phase in which it is allowed.",
    ),
    Code.PRICE_TICK: Problem(
        status=422,
        title="The price has more decimals than the tick",
        action="Use at most 2 decimals; nothing is rounded for you.",
    ),
    Code.VOLUME_STEP: Problem(
        status=422,
        title="The energy has more decimals than the step",
        action="Use at most 3 decimals; nothing is rounded for you.",
    ),
    Code.VOLUME_MIN: Problem(
        status=422,
        title="The energy is below the least volume",
        action="Order at least 0.001 kWh.",
    ),
    Code.DEFINITION_INVALID: Problem(
        status=422,
        title="The definition contradicts itself",
        action="Correct what the pointers name.",
    ),
    Code.PRICE_ABOVE_MAX: Problem(
        status=422,
        title="The price is above the market's highest",
        action="Use a price inside the market's limits.",
    ),
    Code.PRICE_BELOW_MIN: Problem(
        status=422,
        title="The price is below the market's lowest",
        action="Use a price inside the market's limits.",
    ),
    Code.EXCEEDS_CAPABILITY: Problem(
        status=422,
        title="The unit cannot deliver or take that much",
        action="Order less, or cancel open orders of the unit in this interval.",
    ),
    Code.EXCEEDS_STORED_ENERGY: Problem(
        status=422,
        title="The storage would run empty or over",
        action="Order less, or in another interval.",
    ),
    Code.INSUFFICIENT_FUNDS: Problem(
        status=409,
        title="The available money does not cover the order",
        action="Deposit money or cancel open orders.",
    ),
    Code.OPEN_ORDERS_MAX: Problem(
        status=429,
        title="Too many open orders",
        action="Cancel open orders or wait until their gate.",
    ),
    Code.SYSTEM_BUSY: Problem(
        status=503,
        title="The market is busy",
        action="Send the same request again after the time in Retry-After.",
    ),
    Code.MEASUREMENT_TOO_EARLY: Problem(
        status=409,
        title="The interval's delivery is not over yet",
        action="Send it again once the interval is settling.",
    ),
    Code.MEASUREMENT_TOO_LATE: Problem(
        status=409,
        title="The interval is settled already",
        action="Nothing: the schedule was put in place of the missing reading.",
    ),
    Code.MEASUREMENT_IMPLAUSIBLE: Problem(
        status=422,
        title="The reading cannot be true",
        action="Check the meter, the unit id and the unit of measure.",
    ),
    Code.BATCH_NOT_APPLIED: Problem(
        status=409,
        title="Another row of the batch was refused",
        action="Correct the refused rows and send all again, or send with atomic false.",
    ),
    Code.SYSTEM_UNAVAILABLE: Problem(
        status=503,
        title="The market cannot take requests now",
        action="Send the same request again after the time in Retry-After.",
    ),
}
"""One entry for every code; docs/market-rules.md tells the same."""


class RefusedError(Exception):
    """A coded no. Carries every fault that was found.

    Attributes:
        rejections: at least one, in order of precedence.
        headers: further response headers, for example Allow.
    """

    def __init__(
        self, rejections: Iterable[Rejection], headers: Mapping[str, str] | None = None
    ) -> None:
        self.rejections = tuple(sorted(rejections, key=lambda fault: PRECEDENCE[fault.code]))
        self.headers = dict(headers or {})
        super().__init__(self.rejections[0].code.value)

    @property
    def code(self) -> Code:
        """The code that decides the status."""
        return self.rejections[0].code


def refuse(code: Code, pointer: str | None = None, **parameters: str) -> RefusedError:
    """A refusal for one reason, to be raised."""
    return RefusedError([Rejection(code=code, pointer=pointer, parameters=parameters)])


def detail_of(rejection: Rejection) -> str:
    """The reason in a sentence: the code's title and the numbers that explain it."""
    title = PROBLEMS[rejection.code].title
    if not rejection.parameters:
        return f"{title}."
    numbers = ", ".join(f"{name} {value}" for name, value in rejection.parameters.items())
    return f"{title}: {numbers}."


def pointer_text(pointer: str | None) -> str:
    """A fault's place as a JSON pointer; empty: the request as a whole."""
    if not pointer:
        return ""
    return pointer if pointer.startswith("/") else f"/{pointer}"


def new_trace_id() -> str:
    """An id by which one answer is found again in the log."""
    return secrets.token_hex(16)


def problem_body(refused: RefusedError, *, instance: str, trace_id: str) -> dict[str, Any]:
    """The problem document of a refusal.

    Args:
        refused: what was refused and why.
        instance: the address's template; never the address itself, which the client wrote.
        trace_id: found again in the log.
    """
    first = refused.rejections[0]
    problem = PROBLEMS[first.code]
    return {
        "type": f"/problems/{first.code.value}",
        "title": problem.title,
        "status": problem.status,
        "detail": detail_of(first),
        "instance": instance,
        "code": first.code.value,
        "trace_id": trace_id,
        "errors": [
            {
                "pointer": pointer_text(fault.pointer),
                "code": fault.code.value,
                "detail": detail_of(fault),
            }
            for fault in refused.rejections[:FAULTS_MAX]
        ],
    }


def problem_response(refused: RefusedError, *, instance: str, trace_id: str) -> Response:
    """The answer to a refused request."""
    status = PROBLEMS[refused.code].status
    headers = {"Cache-Control": "no-store", **refused.headers}
    if status in {429, 503}:
        headers["Retry-After"] = str(RETRY_AFTER_S)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(
        msgspec.json.encode(problem_body(refused, instance=instance, trace_id=trace_id)),
        status_code=status,
        media_type=PROBLEM_MEDIA,
        headers=headers,
    )


def fault_response(*, instance: str, trace_id: str) -> Response:
    """The answer when the server itself is at fault: told without any detail."""
    code = Code.SYSTEM_UNAVAILABLE
    body = {
        "type": f"/problems/{code.value}",
        "title": "The server made a mistake",
        "status": 500,
        "detail": "The request could not be finished; quote the trace id to the operator.",
        "instance": instance,
        "code": code.value,
        "trace_id": trace_id,
        "errors": [],
    }
    return Response(
        msgspec.json.encode(body),
        status_code=500,
        media_type=PROBLEM_MEDIA,
        headers={"Cache-Control": "no-store"},
    )
