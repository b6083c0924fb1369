"""The shapes of reports for the operator."""

from typing import Literal

from api.shapes.values import Count, Energy, Instant, Money, Price, Shape
from market.model.bill import BillState
from market.model.demand import DemandState
from market.model.money import TransferKind
from market.model.order import Side, Venue
from market.model.participant import UnitKind
from market.model.settlement_run import RunKind


class ReportDay(Shape):
    """How a day stands; the last two are null where no version does."""

    day: str
    state: Literal["open", "closed", "settled"]
    intervals: Count
    settled_intervals: Count
    version: Count | None
    run_kind: RunKind | None


class Completeness(Shape):
    """Of how many unit-intervals of a day the meter is known in one way."""

    day: str
    reading: Literal["measured", "late", "linear", "like_day", "schedule"]
    unit_intervals: Count


class Delivered(Shape):
    """What is for the period, by sort of account and kind, whenever it was booked."""

    account: str
    kind: TransferKind
    net_amount: Money
    postings: Count


class Revenue(Delivered):
    """What was booked on the days of the period, by sort of account and kind."""

    received_amount: Money
    given_amount: Money


class AccountPeriod(Shape):
    """One sort of account over the period."""

    account: str
    opening_amount: Money
    received_amount: Money
    given_amount: Money
    closing_amount: Money


class PeriodPrice(Shape):
    """Prices of an area; of a month by day, and then without `start` and the call's price."""

    area_id: str
    day: str
    start: Instant | None
    price_per_mwh: Price | None
    mean_per_mwh: Price | None
    min_per_mwh: Price | None
    max_per_mwh: Price | None
    energy_kwh: Energy
    amount: Money


class PeriodVolume(Shape):
    """What was traded, by mode, side and sort of unit."""

    venue: Venue
    side: Side
    unit_kind: UnitKind
    trades: Count
    energy_kwh: Energy
    amount: Money


class PeriodFlow(Shape):
    """What went over a line in one direction."""

    line_id: str
    from_area: str
    to_area: str
    calls_kwh: Energy
    other_modes_kwh: Energy
    received_kwh: Energy
    lost_kwh: Energy
    full_intervals: Count


class PeriodLine(Shape):
    """What a line or limit was paid, and what of it was given back."""

    line_id: str
    fee_amount: Money
    loss_amount: Money
    rent_amount: Money
    rounding_amount: Money
    given_back_amount: Money


class Imbalance(Shape):
    """What an area deviated."""

    area_id: str
    long_kwh: Energy
    short_kwh: Energy
    net_kwh: Energy
    long_received_amount: Money
    short_paid_amount: Money
    cost_amount: Money


class PeriodMeters(Shape):
    """What the meters of an area showed in one direction, and what became of it."""

    area_id: str
    direction: Literal["injection", "withdrawal"]
    metered_kwh: Energy
    traded_kwh: Energy
    own_use_kwh: Energy
    own_storage_kwh: Energy
    retail_kwh: Energy


class Unpaid(Shape):
    """An account below zero."""

    participant_id: str
    name: str
    balance: Money


class BillSum(Shape):
    """Bills of the month, by state."""

    month: str
    state: BillState
    bills: Count
    total_amount: Money


class OpenBill(Shape):
    """A bill that is not paid."""

    participant_id: str
    bill_id: str
    month: str
    due_day: str
    payment_state: DemandState
    payable_amount: Money
    paid_amount: Money
    open_amount: Money


class CertificateSum(Shape):
    """Green certificates of one sort of unit."""

    unit_kind: UnitKind
    issued_kwh: Energy
    own_use_kwh: Energy
    used_kwh: Energy
    kept_kwh: Energy
    carried_kwh: Energy
    moved_kwh: Energy
    retired_kwh: Energy
    exported_kwh: Energy
    left_kwh: Energy


class MoneyFault(Shape):
    """A sort of account that does not add up."""

    account: str
    by_kind_amount: Money
    by_account_amount: Money


class PeriodEnergy(Shape):
    """Energy of everything traded; the difference is zero."""

    sold_kwh: Energy
    bought_kwh: Energy
    lost_kwh: Energy
    difference_kwh: Energy


class Report(Shape):
    """A local day or month in numbers."""

    period: str
    currency: str
    start: Instant
    end: Instant
    closed: bool
    proven: bool
    faults: list[MoneyFault]
    lines_difference_amount: Money
    energy: PeriodEnergy
    days: list[ReportDay]
    completeness: list[Completeness]
    revenue: list[Revenue]
    delivered: list[Delivered]
    accounts: list[AccountPeriod]
    prices: list[PeriodPrice]
    volumes: list[PeriodVolume]
    flows: list[PeriodFlow]
    lines: list[PeriodLine]
    imbalance: list[Imbalance]
    meters: list[PeriodMeters]
    unpaid: list[Unpaid]
    bills: list[BillSum]
    open_bills: list[OpenBill]
    certificates: list[CertificateSum]
