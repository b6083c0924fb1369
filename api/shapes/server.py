"""The shapes of the server itself, of its journal, and of how well the desk does."""

from typing import Literal

from msgspec import UNSET, UnsetType

from api.access.throttle import Kind, Scope
from api.shapes.nouns import ClockReading, MarketHealth
from api.shapes.values import Count, Instant, Moment, Shape
from market.model.case import CaseKind


class Refusals(Shape):
    """How often a budget was spent."""

    budget: Kind
    scope: Scope
    count: Count


class StreamLoad(Shape):
    """Who listens; `by_role` has `public` for those without a token."""

    clients: Count
    by_role: dict[str, Count]
    subscriptions: Count
    lagging: Count
    waiting: Count


class NextDue(Shape):
    """What the market's clock makes happen next."""

    what: str
    at: Moment


class Job(Shape):
    """Work beside the requests."""

    job: Literal["timetable", "settlement", "reach"]
    state: Literal["running", "ended", "failed"]


class MarketFeatures(Shape):
    """Modes and rules a market has."""

    day_ahead: bool
    continuous: bool
    listing: bool
    bilateral: bool
    standing: bool
    collateral: bool
    readings_signed: bool
    limits_less_forecast: bool


class MarketSystem(MarketHealth):
    """One market from within."""

    market_id: str
    queue: Count
    queue_max: Count
    lag: Count
    """Commands the lists are behind."""
    committed_event_seq: Count
    committed_at: Moment
    batches: Count
    kept_bytes: Count | None
    """Size of its file; null: it is not a file of its own."""
    participants: Count
    units: Count
    stream: StreamLoad
    next_due: NextDue | None
    jobs: list[Job]
    features: MarketFeatures


class ServerFeatures(Shape):
    """How the server was set up."""

    simulated_clock: bool
    behind_tls: bool
    verified_at_start: bool
    payment_port: Literal["bank_file", "test_gateway"]
    pdf: bool


class ServerSystem(Shape):
    """What runs here."""

    version: str
    software: str
    python: str
    started_at: Instant
    clock: ClockReading
    database: Literal["sqlite", "postgresql"]
    features: ServerFeatures
    refused: list[Refusals]
    markets: list[MarketSystem]


# --- the audit trail ------------------------------------------------------------------------


class AuditEntry(Shape):
    """A command, what came of it, and its place in the chain."""

    command_seq: Count
    batch: Count
    epoch: Count
    at: Moment
    actor: str | None
    """Null: the market's own timetable."""
    participant_id: str | None
    placed_by: str | None
    kind: str
    rows: Count
    result: Literal["accepted", "partly", "refused", "no_change"]
    codes: dict[str, Count]
    events: dict[str, Count]
    first_event_seq: Count | None
    previous_hash: str
    hash: str


class AuditProof(Shape):
    """What one look at a part of the chain has found."""

    after_batch: Count
    last_batch: Count
    commands: Count
    events: Count
    hash: str | None
    proven: bool
    fault: str | None
    next_after_batch: Count | None


class Indicator(Shape):
    """How targets of one kind of case were kept among those opened in a day or month; null: of none yet."""

    period: str
    kind: CaseKind
    opened: Count
    open: Count
    closed: Count
    reopened: Count
    taken_in_time: Count
    taken_late: Count
    taken_share_ppm: Count | None
    answered_in_time: Count
    answered_late: Count
    answered_share_ppm: Count | None
    closed_in_time: Count
    closed_late: Count
    closed_share_ppm: Count | None
    ratings: Count
    rating_sum: Count


# --- who asks -------------------------------------------------------------------------------


class Token(Shape):
    """A token, for so many seconds."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: Count


class StreamTicket(Shape):
    """Lets a page's socket in, once."""

    ticket: str
    expires_at: Instant


class Budget(Shape):
    """What one may send at once, and what is left of it."""

    budget: Kind
    scope: Scope
    limit: Count
    window_s: Count
    remaining: Count
    full_in_s: Count


class OwnBudgets(Shape):
    """One's own budgets; what was refused to whom is for operators."""

    client_id: str
    budgets: list[Budget]
    refused: list[Refusals] | UnsetType = UNSET
