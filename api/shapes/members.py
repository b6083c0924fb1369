"""The shapes of who takes part: people, clients and their codes, members, mandates, limits, collateral."""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from api.access.enrolment import EnrolmentState
from api.shapes.acting import SecondPerson
from api.shapes.values import Count, Energy, Instant, Moment, Money, Shape
from market.model.collateral import CollateralState, MarginCallState
from market.model.participant import Role, VoltageLevel

# --- clients and people -----------------------------------------------------------------


class Whose(Shape):
    """For whom somebody comes in; what a role does not need is null."""

    role: Role
    market_id: str | None
    participant_id: str | None
    area_id: str | None
    unit_id: str | None


class Credential(Whose):
    """A client with its secret, which is shown this once; `old_secret_until`: where it was renewed."""

    client_id: str
    client_secret: str
    old_secret_until: Instant | UnsetType = UNSET


class Credentials(Shape):
    """Clients that were made."""

    items: list[Credential]


class RevokedClient(Shape):
    """A client that comes in no more."""

    client_id: str
    revoked: Literal[True]


class Enrolment(Whose):
    """A one-time code to come in by for the first time; `code` only in the answer that made it."""

    enrolment_id: str
    client_id: str | None
    """Who has come in by it; null: nobody yet."""
    state: EnrolmentState
    made_by: str
    made_at: Instant
    expires_at: Instant
    code: str | UnsetType = UNSET


class Person(Shape):
    """Somebody who signs in."""

    person_id: str
    login: str
    name: str
    language: Literal["en", "zh-CN"]
    role: Role
    market_id: str | None
    participant_id: str | None
    area_id: str | None
    made_at: Instant
    has_password: bool


class SignedIn(Shape):
    """A session: who it is, and until when."""

    person_id: str
    login: str
    name: str
    role: Role
    market_id: str | None
    participant_id: str | None
    area_id: str | None
    language: Literal["en", "zh-CN"]
    stepped_up_until: Instant | None
    idle_ends_at: Instant
    ends_at: Instant


class ListedPerson(Person):
    """A person, as operators see it."""

    revoked: bool


class RevokedPerson(Shape):
    """A person who signs in no more."""

    person_id: str
    revoked: Literal[True]


class Passkey(Shape):
    """A passkey of one's own; `backed_up`: kept by the device's maker too."""

    passkey_id: str
    name: str
    added_at: Instant
    last_used_at: Instant | None
    backed_up: bool


class TimeCodes(Shape):
    """A secret for time codes, and the address an authenticator reads."""

    secret: str
    uri: str


class PasswordOffer(Shape):
    """What a new password begins with."""

    challenge_id: str
    totp: TimeCodes


# --- members ----------------------------------------------------------------------------


class Participant(Shape):
    """A party of the market."""

    participant_id: str
    name: str
    area_id: str
    is_last_resort: bool
    voltage_level: VoltageLevel


class ParticipantNow(Participant):
    """A participant with what is known of it at this moment."""

    onboarding: Literal["no_unit", "no_access", "invited", "ready"]
    clients: Count
    open_enrolments: Count
    suspended: bool
    stopped: bool
    sockets: Count
    device_sockets: Count
    units: Count
    units_heard: Count
    units_connected: Count
    balance: Money
    credit_limit: Money
    held: Money
    available: Money
    margin: Money
    collateral_state: CollateralState
    margin_call_due_at: Moment | None
    order_value_max: Money | None
    exposure_max: Money | None
    open_orders: Count


class Mandate(Shape):
    """Leave to trade for somebody else; what is null is not bounded."""

    mandate_id: str
    client_mandate_id: str
    owner: str
    agent: str
    unit_ids: list[str]
    from_: Instant = msgspec.field(name="from")
    until: Instant
    energy_kwh_max: Energy | None
    value_max: Money | None
    state: Literal["holds", "revoked"]


class TradingLimits(Shape):
    """What a participant allows itself; null: as much as the market does."""

    order_value_max: Money | None
    exposure_max: Money | None


# --- collateral -------------------------------------------------------------------------


class Collateral(Shape):
    """How an account stands; the four before the last are of the margin call that is not met."""

    participant_id: str
    balance: Money
    credit_limit: Money
    held: Money
    exposure_traded: Money
    exposure_open: Money
    unbilled_tax: Money
    available: Money
    margin: Money
    state: CollateralState
    call_id: str | None
    call_amount: Money | None
    called_at: Moment | None
    due_at: Moment | None
    put_down: Money


class CreditLimit(Shape):
    """How far below zero an account may be used; who set it is for operators."""

    participant_id: str
    limit: Money
    by: str | None
    reason: str
    since: Moment


class CreditLimitOutcome(SecondPerson):
    """The limit that holds, and whether a larger one waits."""

    participant_id: str
    limit: Money


class MarginCall(Shape):
    """A margin call, and what became of it; null: not yet."""

    call_id: str
    participant_id: str
    amount: Money
    called_at: Moment
    due_at: Moment
    state: MarginCallState
    missed_at: Moment | None
    missing: Money | None
    met_at: Moment | None
