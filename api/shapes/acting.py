"""The shapes of what operators do and look after: stops, acts, alarms, recalls, approvals, messages."""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from api.shapes.values import Count, Details, Energy, Instant, Moment, Power, Shape
from market.model.act import ActKind, ActState, ControlReason
from market.model.alarm import AlarmKind, AlarmState, ControlLevel, Severity
from market.model.message import MessageScope, MessageState
from market.model.recall import TradeState
from market.model.stop import StopKind, StopScope


class SecondPerson(Shape):
    """What takes two: until when a second operator may say the same; null: it is done."""

    second_person_until: Moment | None


# --- stops ----------------------------------------------------------------------------


class Stop(Shape):
    """A kill or a halt that holds."""

    kind: StopKind
    scope: StopScope
    key: str
    reason: str
    since: Moment
    by: Literal["operator", "participant"]


class Stopped(Shape):
    """Trading was stopped."""

    stopped: Literal[True]
    cancelled: Count
    """Orders."""


class Released(SecondPerson):
    """A stop has ended, or waits for a second operator to end."""

    released: bool


class Cancelled(Shape):
    """How many orders ended."""

    cancelled: Count


class CancelTimer(Shape):
    """In how many real seconds all orders end, unless it is said again; 0: no longer."""

    after_s: Count


# --- acts on units and areas ------------------------------------------------------------


class ActTerms(Shape):
    """What an operator wants of a unit, an area or all of it; null: not part of it."""

    act_id: str
    kind: ActKind
    level: ControlLevel
    member_id: str
    from_: Instant | None = msgspec.field(name="from")
    until: Instant | None
    withdrawal_max_kw: Power | None
    injection_max_kw: Power | None
    limit_id: str | None
    reason: str
    at: Moment


class Act(ActTerms):
    """An act of the list; `of_area`: whose own credential asked for it."""

    by: list[str]
    state: ActState
    of_area: str | None


class AnsweredAct(ActTerms):
    """An act that was done, or waits for a second person to send its digest (null: it was done)."""

    by: list[str]
    state: ActState
    digest: str | None
    second_person_until: Moment | None


class ActOutcome(Shape):
    """What came of an act; `act` null: it was so already."""

    act: AnsweredAct | None
    cancelled: Count
    """Orders."""
    setpoints: Count


class Narrowing(Shape):
    """A limit, a stop or an emergency stop that holds; a power that is null is not narrowed."""

    act_id: str
    kind: Literal["stop", "limit", "emergency_stop"]
    level: ControlLevel
    member_id: str
    from_: Instant = msgspec.field(name="from")
    until: Instant | None
    withdrawal_max_kw: Power | None
    injection_max_kw: Power | None
    reason: str
    by: str | None
    of_area: str | None
    since: Moment


class Decoupling(Shape):
    """An area that goes on alone."""

    area_id: str
    reason: str
    by: str | None
    since: Moment


class StandingActs(Shape):
    """What holds now."""

    narrowings: list[Narrowing]
    decoupled: list[Decoupling]
    proposals: list[AnsweredAct]


class Curtailment(Shape):
    """For a part of an interval a unit was told something else than it had traded."""

    unit_id: str
    start: Instant
    from_: Instant = msgspec.field(name="from")
    until: Instant
    change_kw: Power
    energy_kwh: Energy
    reason: ControlReason


# --- alarms -----------------------------------------------------------------------------


class AlarmNote(Shape):
    """What somebody noted on an alarm."""

    by: str
    at: Moment
    text: str


class Alarm(Shape):
    """Something a person has to look at, and what was done about it; null: not yet."""

    alarm_id: str
    kind: AlarmKind
    severity: Severity
    level: ControlLevel
    member_id: str
    parameters: dict[str, str]
    state: AlarmState
    raised_at: Moment
    raised_by: str | None
    """Null: the market noticed by itself."""
    acknowledged_at: Moment | None
    acknowledged_by: str | None
    closed_at: Moment | None
    closed_by: str | None
    comments: list[AlarmNote]


# --- recalls ----------------------------------------------------------------------------


class RecallProposal(Shape):
    """What one operator has proposed."""

    decision: Literal["cancel", "deny"]
    by: str
    until: Moment


class Recall(Shape):
    """A match whose recall was asked for; the proposal is for operators."""

    match_id: str
    start: Instant
    state: Literal["disputed", "cancelled", "not_cancelled"]
    since: Moment
    reason: str
    trade_ids: list[str]
    asked_by: list[str]
    asked_by_operator: bool
    proposal: RecallProposal | UnsetType | None = UNSET


class RecallOutcome(Shape):
    """What a recall came to so far."""

    match_id: str
    state: TradeState


class RecallDecision(RecallOutcome):
    """What operators have decided, or one of them proposes."""

    second_person_until: Moment | None


# --- what waits for a second person -------------------------------------------------------


class Agreement(Shape):
    """The request by which a second person agrees, as it stands."""

    method: Literal["POST", "PUT"]
    path: str
    named: bool
    """It wants an `Idempotency-Key`."""
    body: Details


class Approval(Shape):
    """Something that waits for a second person."""

    approval_id: str
    kind: Literal[
        "act",
        "release_stop",
        "decide_recall",
        "credit_limit",
        "payment_assign",
        "payment_return",
        "payout_approve",
        "payout_reject",
        "cover_default",
        "case_credit",
    ]
    target: str
    reason: str | None
    proposed_by: str
    proposed_at: Moment
    until: Moment
    own: bool
    """Who asks has proposed it, and so cannot agree."""
    before: Details
    after: Details
    approve: Agreement


class Suspension(Shape):
    """A participant who is kept out."""

    participant_id: str
    suspended_at: Instant
    suspended_by: str
    reason: str


class Suspended(Shape):
    """Whether a participant is kept out now."""

    participant_id: str
    suspended: bool


# --- messages ---------------------------------------------------------------------------


class MessageText(Shape):
    """A message in one language."""

    language: str
    title: str
    text: str


class MessageTarget(Shape):
    """Whom a message is for; `key` null: everybody."""

    scope: MessageScope
    key: str | None


class Message(Shape):
    """What operators have to say; who wrote it and how many read it is for operators."""

    message_id: str
    texts: list[MessageText]
    severity: Severity
    target: MessageTarget
    state: MessageState
    publish_at: Moment
    published_at: Moment | None
    withdrawn_at: Moment | None
    client_message_id: str | UnsetType = UNSET
    written_by: str | UnsetType = UNSET
    written_at: Moment | UnsetType = UNSET
    recipients: Count | UnsetType | None = UNSET
    """How many participants it is for; null: it is not published."""
    read: Count | UnsetType = UNSET


class MessageReader(Shape):
    """Who has read a message."""

    participant_id: str
    read_at: Moment
