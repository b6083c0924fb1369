"""Every refusal on the wire: its status, its words, its page.

    RefusedError       a coded no; becomes application/problem+json
    anything else      a fault of the server: 500, logged with its trace id, told without details

The one idea: a refusal is one or more `Rejection`s; the first in precedence decides the status, all
of them are told together, and nothing the client sent is repeated in the answer.
"""
# house: long because it holds the words of every refusal.

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random
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
    Code.BODY_FORMAT: Problem(
        status=400,
        title="The body is not in the format it is said to be in",
        action="Send what Content-Type and Content-Encoding say; Arrow without compressed buffers.",
    ),
    Code.BODY_TOO_LARGE: Problem(
        status=413,
        title="The body is too large",
        action="Send less at once: 64 KB, 16 MB where many rows are taken, 64 MB for a file of readings or of a bank.",
    ),
    Code.MEDIA_TYPE_UNKNOWN: Problem(
        status=415,
        title="The body's format is not taken here",
        action="Use one of the media types named, encoded as gzip or not at all.",
    ),
    Code.NOT_ACCEPTABLE: Problem(
        status=406,
        title="The answer cannot be given in that format",
        action="Name one of the media types offered in Accept.",
    ),
    Code.PDF_NOT_INSTALLED: Problem(
        status=406,
        title="This server makes no PDF",
        action="Ask for HTML; or have the server's extra `pdf` and the library Pango installed.",
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
    Code.SESSION_ENDED: Problem(
        status=401,
        title="The session has ended",
        action="Sign in again.",
    ),
    Code.CREDENTIALS_WRONG: Problem(
        status=401,
        title="The credentials do not fit",
        action="Check what was typed, or have new credentials made.",
    ),
    Code.CREDENTIALS_REVOKED: Problem(
        status=401,
        title="The credentials have been revoked",
        action="Have new credentials made.",
    ),
    Code.CROSS_SITE: Problem(
        status=403,
        title="The request does not come from the site's own pages",
        action="Send it as JSON from a page of the same origin; programs send a token.",
    ),
    Code.NOT_PERMITTED: Problem(
        status=403,
        title="This role may never do that",
        action="Use the credentials of a role that may.",
    ),
    Code.STEP_UP_REQUIRED: Problem(
        status=403,
        title="This act wants fresh proof of who you are",
        action="Confirm with your passkey, or password and time code, and send it again within five minutes.",
    ),
    Code.DELEGATION_MISSING: Problem(
        status=403,
        title="No mandate covers this",
        action="Ask the owner for a mandate over this unit, time and volume.",
    ),
    Code.ACCOUNT_SUSPENDED: Problem(
        status=403,
        title="The account is suspended",
        action="Ask the market operator; trades made before stand.",
    ),
    Code.KILLED: Problem(
        status=403,
        title="Trading is stopped for you, the unit or the area",
        action="Have the stop released; two people have to.",
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
    Code.IDEMPOTENCY_KEY_REUSED: Problem(
        status=409,
        title="The idempotency key was sent with another request",
        action="Use a new key for another act; the same act again keeps its key.",
    ),
    Code.IDEMPOTENCY_IN_PROGRESS: Problem(
        status=409,
        title="The first request with this key is still under way",
        action="Send the same request again in a moment.",
    ),
    Code.ENROLMENT_UNKNOWN: Problem(
        status=404,
        title="There is no such enrolment code",
        action="Check the code, or have a new one made.",
    ),
    Code.ENROLMENT_CLOSED: Problem(
        status=409,
        title="The enrolment code can no longer be used",
        action="Have a new code made: this one was used, revoked or has expired.",
    ),
    Code.CLIENT_REVOKED: Problem(
        status=409,
        title="The client is revoked for good",
        action="Have new credentials made; a revoked client gets no new secret.",
    ),
    Code.LAST_OPERATOR: Problem(
        status=409,
        title="The last operator cannot be revoked",
        action="Make another operator first.",
    ),
    Code.LOGIN_TAKEN: Problem(
        status=409,
        title="Somebody else has this login",
        action="Choose another login.",
    ),
    Code.PASSWORD_WEAK: Problem(
        status=422,
        title="The password is too easy to guess",
        action="Choose a longer one, or several unrelated words.",
    ),
    Code.TIME_CODE_WRONG: Problem(
        status=422,
        title="The time code does not fit",
        action="Check the device's clock and wait for the next code; each is good once.",
    ),
    Code.PASSKEY_REFUSED: Problem(
        status=422,
        title="The passkey cannot be taken",
        action="Make it on this site's page, with a device that checks who uses it and is not known here yet.",
    ),
    Code.CHALLENGE_ENDED: Problem(
        status=409,
        title="It took too long, or was sent twice",
        action="Begin again.",
    ),
    Code.LAST_WAY_IN: Problem(
        status=409,
        title="You could not sign in without it",
        action="Add another passkey or a password first.",
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
    Code.REVISION_MISMATCH: Problem(
        status=409,
        title="The order has changed since",
        action="Read the order and send its present revision.",
    ),
    Code.LISTING_UNKNOWN: Problem(
        status=404,
        title="There is no such listing",
        action="Check the listing id.",
    ),
    Code.LISTING_CLOSED: Problem(
        status=409,
        title="The listing is no longer open",
        action="Nothing: it was taken, withdrawn, or went to the call.",
    ),
    Code.QUOTE_UNKNOWN: Problem(
        status=404,
        title="There is no such inquiry or quote, or it is not yours",
        action="Check the id.",
    ),
    Code.QUOTE_EXPIRED: Problem(
        status=409,
        title="The inquiry or quote has ended",
        action="Ask for a new quote.",
    ),
    Code.CONTRACT_UNKNOWN: Problem(
        status=404,
        title="There is no such contract, or it is not yours",
        action="Check the contract id.",
    ),
    Code.CONTRACT_CLOSED: Problem(
        status=409,
        title="The contract is no longer open for this",
        action="Nothing: it was confirmed, declined, withdrawn or has expired.",
    ),
    Code.RECALL_CLOSED: Problem(
        status=409,
        title="The trade's recall is decided",
        action="Nothing: the trade was cancelled, or it stands for good.",
    ),
    Code.RECALL_NEEDS_REPLACEMENT: Problem(
        status=409,
        title="A fill of a call cannot be recalled by itself",
        action="Nothing: it could only be given back against a replacement.",
    ),
    Code.SECOND_PERSON_REQUIRED: Problem(
        status=409,
        title="Another person has to agree",
        action="Have another operator send the same; the first one cannot.",
    ),
    Code.ACT_LAPSED: Problem(
        status=409,
        title="The proposed act has lapsed",
        action="Look at what holds now and propose it anew.",
    ),
    Code.ALARM_NOT_ACKNOWLEDGED: Problem(
        status=409,
        title="Nobody has acknowledged the alarm",
        action="Acknowledge it, then close it.",
    ),
    Code.BILL_NO_DRAFT: Problem(
        status=409,
        title="The month has no draft with this id",
        action="Draft the month's bills, then issue them.",
    ),
    Code.BILL_REPLACED: Problem(
        status=409,
        title="A later bill of the month took its place",
        action="Look at the later bill.",
    ),
    Code.ALREADY_DISPUTED: Problem(
        status=409,
        title="It is, or was, in dispute in another case",
        action="Look at that case; say more there while it is open.",
    ),
    Code.CASE_CLOSED: Problem(
        status=409,
        title="The case is closed",
        action="Nothing: what was decided stands.",
    ),
    Code.CASE_OPEN: Problem(
        status=409,
        title="The case is not closed yet",
        action="Say it in the case itself, or wait until it is closed.",
    ),
    Code.BILL_NOT_CORRECTED: Problem(
        status=409,
        title="No later bill of the month was issued",
        action="Settle the day again where that is needed, draft and issue the month; or give a credit.",
    ),
    Code.ALREADY_GIVEN_BACK: Problem(
        status=409,
        title="A run has given back of it since, and leaves no more than max",
        action="Uphold it as corrected, once the month is drafted and issued; or credit no more than max.",
    ),
    Code.UNIT_IN_GROUP: Problem(
        status=409,
        title="The unit is in a balance group already on such a day",
        action="End its time in the other group first, or name it once.",
    ),
    Code.PAYMENT_CLOSED: Problem(
        status=409,
        title="The payment is no longer open for this",
        action="Look at its state; nothing is paid or booked a second time.",
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
    Code.RECALL_TOO_LATE: Problem(
        status=409,
        title="The time to ask for a recall is over",
        action="Ask within 15 minutes of the trade.",
    ),
    Code.HALTED_CANCEL_ONLY: Problem(
        status=409,
        title="Trading is halted; orders may only be cancelled",
        action="Send it again when trading has resumed.",
    ),
    Code.AREA_DECOUPLED: Problem(
        status=409,
        title="The area is cut off from the others",
        action="Trade inside the area, or wait until it is joined again.",
    ),
    Code.MODE_NOT_OFFERED: Problem(
        status=409,
        title="The market does not offer this way to trade here",
        action="Use one of the modes of the market, when they are open.",
    ),
    Code.PHASE_CONFLICT: Problem(
        status=409,
        title="The interval's phase does not allow this",
        action="Wait for the phase in which it is allowed.",
    ),
    Code.BILL_MONTH_OPEN: Problem(
        status=409,
        title="The month has days that are not closed",
        action="Bill it once its last day is closed.",
    ),
    Code.DISPUTE_TOO_LATE: Problem(
        status=409,
        title="The time to dispute the bill is over",
        action="Dispute a bill within the market's days after its issue.",
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
    Code.VOLUME_MAX: Problem(
        status=422,
        title="The energy is above the largest volume",
        action="Send less, or in several orders.",
    ),
    Code.TIF_UNSUPPORTED: Problem(
        status=422,
        title="This validity or restriction does not go with this order here",
        action="Use one that the order kind and the phase take.",
    ),
    Code.BLOCK_INVALID: Problem(
        status=422,
        title="The block contradicts itself",
        action="Correct its intervals, ratio, parent or group.",
    ),
    Code.BASKET_INVALID: Problem(
        status=422,
        title="The basket contradicts itself",
        action="Send 1 to 100 limit rows for intervals in continuous trading.",
    ),
    Code.EXPIRY_IN_PAST: Problem(
        status=422,
        title="The order would have expired already",
        action="Use a later time.",
    ),
    Code.MINIMUM_TAKE: Problem(
        status=422,
        title="Less than the least that may be taken",
        action="Take at least the minimum; where less than it would remain, take all.",
    ),
    Code.ATTRIBUTES_DIFFER: Problem(
        status=409,
        title="Source, place or partner do not fit",
        action="Choose another offer, or drop the wish.",
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
    Code.PRICE_OUTSIDE_COLLAR: Problem(
        status=422,
        title="The price is outside the collar",
        action="Use a price inside the collar named in the parameters.",
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
    Code.UNIT_OUT_OF_SERVICE: Problem(
        status=409,
        title="The unit is out of service",
        action="Trade when it is back.",
    ),
    Code.GRID_LIMIT: Problem(
        status=409,
        title="The grid cannot carry it",
        action="Trade less, or inside the area.",
    ),
    Code.NEEDS_CONFIRMATION: Problem(
        status=409,
        title="This looks like a mistake and waits for your word",
        action="Confirm the order, or cancel it.",
    ),
    Code.REDUCE_ONLY: Problem(
        status=409,
        title="The account missed a margin call and may only make its positions smaller",
        action="Pay in what is missing, or order at most what takes back a position.",
    ),
    Code.INSUFFICIENT_FUNDS: Problem(
        status=409,
        title="The available money does not cover the order",
        action="Deposit money or cancel open orders.",
    ),
    Code.EXPOSURE_LIMIT: Problem(
        status=409,
        title="Your own limit on open value is reached",
        action="Cancel open orders, or have the limit raised.",
    ),
    Code.COLLATERAL_LIMIT: Problem(
        status=409,
        title="The account does not cover what the position may come to cost",
        action="Deposit money, cancel open orders or make positions smaller.",
    ),
    Code.ORDER_VALUE_MAX: Problem(
        status=409,
        title="The order is worth more than your own limit allows",
        action="Send less, or have the limit raised.",
    ),
    Code.BILL_UNPROVEN: Problem(
        status=409,
        title="Energy times price and the ledger differ, or a price is missing",
        action="The market has to be looked into; no bill is made from it.",
    ),
    Code.DISPUTE_ABOVE_LINE: Problem(
        status=409,
        title="The amount is more than the bill says there",
        action="Dispute at most what the line, or the bill, comes to.",
    ),
    Code.PAYMENT_MISMATCH: Problem(
        status=409,
        title="The movement cannot have been for that",
        action="Check its amount and its direction.",
    ),
    Code.NOTHING_OVERDUE: Problem(
        status=409,
        title="Nothing is overdue beyond grace",
        action="Wait until a bill's grace is over; what is disputed is not overdue.",
    ),
    Code.RATE_LIMIT: Problem(
        status=429,
        title="Too many requests in too short a time",
        action="Send the same request again after the time in Retry-After.",
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
    Code.FOK_NOT_FILLED: Problem(
        status=409,
        title="The order could not be filled in full at once",
        action="Nothing: it was cancelled as asked.",
    ),
    Code.IOC_REMAINDER_CANCELLED: Problem(
        status=409,
        title="What did not trade at once was cancelled",
        action="Nothing: that is what was asked.",
    ),
    Code.POST_ONLY_WOULD_MATCH: Problem(
        status=409,
        title="The order would have traded on arrival",
        action="Use another price, or drop post-only.",
    ),
    Code.SELF_TRADE_PREVENTED: Problem(
        status=409,
        title="It would have traded with an order of the same owner",
        action="Cancel one of the two.",
    ),
    Code.MEASUREMENT_TOO_EARLY: Problem(
        status=409,
        title="The interval's delivery is not over yet",
        action="Send it again once the interval is settling.",
    ),
    Code.MEASUREMENT_TOO_LATE: Problem(
        status=409,
        title="The interval was settled so long ago that no correction will be made",
        action="Nothing: the schedule was put in place of the missing reading.",
    ),
    Code.MEASUREMENT_IMPLAUSIBLE: Problem(
        status=422,
        title="The reading cannot be true",
        action="Check the meter, the unit id and the unit of measure.",
    ),
    Code.SEQUENCE_REUSED: Problem(
        status=409,
        title="The meter has given this count to another reading",
        action="Send a correction under a new, larger count.",
    ),
    Code.SIGNATURE_MISSING: Problem(
        status=422,
        title="This market takes signed readings only",
        action="Have the device sign what its meter read.",
    ),
    Code.SIGNATURE_WRONG: Problem(
        status=422,
        title="The signature is not that of the unit's device",
        action="Check the signed form and whether the device's secret was changed or revoked.",
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


_TRACES: Final = Random()  # noqa: S311 - no secret; asking the kernel anew is slow for each request
"""Begins somewhere else in every process."""


def new_trace_id() -> str:
    """An id by which one answer is found again in the log."""
    return f"{_TRACES.getrandbits(128):032x}"


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
        headers.setdefault("Retry-After", str(RETRY_AFTER_S))
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
