"""The shapes of what is settled: days and months as a whole, bills made of them, green certificates."""

from typing import Literal

from api.shapes.nouns import Tariff
from api.shapes.values import Count, Energy, Instant, Moment, Money, Shape
from market.model.certificate import CertificateAct
from market.model.participant import UnitKind
from market.model.settlement_run import RunKind, RunPhase, RunState

# --- days and months ------------------------------------------------------------------------------


class SettlementRun(Shape):
    """A day settled as a whole, once or again."""

    run_id: str
    day: str
    version: Count
    kind: RunKind
    state: RunState
    by: str
    reason: str
    tariff: Tariff
    phase: RunPhase
    areas: Count
    areas_done: Count
    begun_at: Moment
    finished_at: Moment | None
    measured: Count
    late: Count
    substituted: Count
    linear: Count
    like_day: Count
    schedule: Count
    differences: Count


class DraftedBills(Shape):
    """Bills of a month that were drafted."""

    month: str
    drafted: Count
    participants: Count


class IssuedBills(Shape):
    """Bills of a month that stand now."""

    month: str
    issued: Count


class SettledLine(Shape):
    """What a settled day says of a unit in an interval; received is positive."""

    unit_id: str
    start: Instant
    version: Count
    method: str | None
    scheduled_kwh: Energy
    instructed_kwh: Energy
    metered_kwh: Energy
    traded_kwh: Energy
    own_use_kwh: Energy
    own_storage_kwh: Energy
    retail_kwh: Energy
    withdrawal_kwh: Energy
    trade_amount: Money
    deviation_amount: Money
    instructed_amount: Money
    network_fee_amount: Money
    levies_amount: Money


# --- certificates ---------------------------------------------------------------------------------


class CertificateLot(Shape):
    """Certificates of one unit: what became of them, and what is in one's hands."""

    unit_id: str
    source: UnitKind
    area_id: str
    own_use_kwh: Energy
    used_kwh: Energy
    kept_kwh: Energy
    received_kwh: Energy
    given_kwh: Energy
    retired_kwh: Energy
    exported_kwh: Energy
    held_kwh: Energy
    owed_kwh: Energy


class CertificateBalance(CertificateLot):
    """A participant's certificates of one unit and local day."""

    participant_id: str
    day: str


class HeldLot(CertificateLot):
    """A lot of one interval."""

    start: Instant


class CertificateActRow(Shape):
    """What an act did to one lot; an export for which there was no bundle has none."""

    kind: CertificateAct
    participant_id: str
    reference: str
    receiver_id: str | None
    unit_id: str | None
    start: Instant | None
    energy_kwh: Energy
    bundle: int | None
    by: str
    at: Moment


class CertificatesDone(Shape):
    """An act as a whole, and what its participant may still give away."""

    kind: CertificateAct
    participant_id: str
    reference: str
    receiver_id: str | None
    energy_kwh: Energy
    bundles: list[int] | None
    lots: Count
    at: Moment
    free_kwh: Energy


class GreenShare(Shape):
    """How green what was used in an interval is; null: nothing was."""

    start: Instant
    scope: Literal["market", "area", "others", "own"]
    area_id: str | None
    used_kwh: Energy
    green_kwh: Energy
    share_ppm: int | None


# --- balance groups -------------------------------------------------------------------


class BalanceGroup(Shape):
    """Who is in a balance group from a day on; of other participants' units only how many."""

    group_id: str
    name: str
    participant_id: str
    unit_ids: list[str]
    units: Count
    from_day: str
    reason: str
    at: Moment


class MonthLine(Shape):
    """What a month gave back of adders to a unit; `group_id` null: the unit is its own."""

    month: str
    version: Count
    group_id: str | None
    unit_id: str
    carried_kwh: Energy
    metered_kwh: Energy
    group_carried_kwh: Energy
    band_kwh: Energy
    adder_amount: Money
    netted_amount: Money
    waived_amount: Money
