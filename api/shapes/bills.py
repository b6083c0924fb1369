"""The shapes of bills and cases."""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from api.shapes.values import Count, Energy, Instant, Moment, Money, Price, Shape
from market.model.bill import BillState, ChargeKind
from market.model.case import CaseKind, CaseOutcome, CaseState, CaseTarget, Remedy, StepKind
from market.model.demand import DemandState


class DisputedAmount(Shape):
    """How much of one line of a bill; `line` null: of the bill as a whole."""

    line: Count | None
    kind: ChargeKind
    start: Instant
    amount: Money
    tax_amount: Money


class Dispute(Shape):
    """What of a bill is disputed, and what came of it."""

    version: int
    lines: list[DisputedAmount]
    unpayable_amount: Money
    remedy: Remedy | None
    credited: list[DisputedAmount]
    corrected_by: str | None


class CaseStep(Shape):
    """What happened in a case; `from`: customer, desk or market."""

    kind: StepKind
    side: Literal["customer", "desk", "market"] = msgspec.field(name="from")
    by: str
    at: Moment
    text: str


class CreditProposal(Shape):
    """What one operator would give back, until a second one agrees."""

    by: str
    until: Moment
    lines: list[DisputedAmount]


class Case(Shape):
    """A case of the desk; `proposal` is for operators."""

    case_id: str
    kind: CaseKind
    participant_id: str
    state: CaseState
    outcome: CaseOutcome | None
    owner: str | None
    opened_at: Moment
    take_by: Moment
    taken_at: Moment | None
    close_by: Moment
    closed_at: Moment | None
    bill_id: str | None
    month: str | None
    held_amount: Money | None
    subject: str | None
    client_case_id: str | None
    unit_id: str | None
    details: dict[str, str]
    answer_by: Moment | None
    answered_at: Moment | None
    missed: list[CaseTarget]
    reopened: Count
    reopen_until: Moment | None
    rating: int | None
    rating_text: str | None
    dispute: Dispute | None
    history: list[CaseStep]
    proposal: CreditProposal | UnsetType | None = UNSET


class ForLines(Shape):
    """What of bought energy is for the lines it came over; in its amount already."""

    line_fee_amount: Money
    line_loss_amount: Money
    line_rent_amount: Money
    line_rounding_amount: Money


class OfWhich(ForLines):
    """The amount of bought energy in five parts, which add up to it."""

    energy_amount: Money


class Correction(Shape):
    """The run of a day that a line corrects."""

    day: str
    version: int
    run_id: str


class BillLine(Shape):
    """A line; its amount is positive where the participant pays."""

    kind: ChargeKind
    detail: str
    start: Instant
    end: Instant
    count: Count
    energy_kwh: Energy | None
    price_per_mwh: Price | None
    amount: Money
    correction: Correction | None
    case_id: str | None
    of_which: OfWhich | None


class BillTax(Shape):
    """A tax of a bill."""

    tax_id: str
    name: str
    rate_ppm: int
    base_amount: Money
    amount: Money


class PlainBill(Shape):
    """The same energy at the plain tariff."""

    energy_amount: Money
    fed_in_amount: Money
    network_amount: Money
    levies_amount: Money
    tax_amount: Money
    total_amount: Money


class GreenEnergy(Shape):
    """Energy of one source and place for which there are certificates."""

    source: str
    area_id: str
    own_use_kwh: Energy
    bought_kwh: Energy
    retired_kwh: Energy


class Bill(ForLines):
    """A bill with its lines, what was said about it, and how far it is paid."""

    bill_id: str
    participant_id: str
    month: str
    version: int
    state: BillState
    corrects: str | None
    start: Instant
    end: Instant
    drafted_at: Moment
    issued_at: Moment | None
    event_seq: Count
    withdrawn_kwh: Energy
    fed_in_kwh: Energy
    substituted_readings: Count
    lines: list[BillLine]
    taxes: list[BillTax]
    net_amount: Money
    tax_amount: Money
    rounding_amount: Money
    total_amount: Money
    before_amount: Money
    paid_in_amount: Money
    unpayable_amount: Money
    plain_amount: Money | None
    plain: PlainBill | None
    green_kwh: Energy
    green: list[GreenEnergy]
    disputes: list[Case]
    due_day: str | None
    payment_state: DemandState | None
    payable_amount: Money | None
    paid_amount: Money | None
    open_amount: Money | None


class BillDetail(ForLines):
    """A trade or posting behind a line."""

    kind: ChargeKind
    start: Instant | None
    reference: str
    energy_kwh: Energy | None
    price_per_mwh: Price | None
    amount: Money
