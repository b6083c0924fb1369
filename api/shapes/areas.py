"""The shapes of areas: who is heard, what the market level sees of them, what they add up to."""

from msgspec import UNSET, UnsetType

from api.shapes.results import CallName
from api.shapes.values import (
    Count,
    Energy,
    Frequency,
    Instant,
    Moment,
    Power,
    Price,
    Shape,
    Voltage,
)
from market.model.act import ControlReason
from market.model.reach import Standing
from market.model.summing import LimitedBy
from market.model.system import AreaState

# --- what is seen of areas ------------------------------------------------------------------------


class AreaReport(Shape):
    """How an area stands, by its own word."""

    sequence: Count
    standing: Standing
    alone_since: Instant | None
    limits_epoch: Count
    limits_sequence: Count
    given_import_kw: Power
    given_export_kw: Power
    given_until: Instant


class AreaReach(Shape):
    """Whether the controller of an area is heard; `silent_s` null: it is not waited for."""

    area_id: str
    epoch: Count
    first_heard_at: Moment | None
    silent_s: Count | None
    decoupled_by: str | None
    report: AreaReport | None


class Reach(Shape):
    """Every area one may see."""

    items: list[AreaReach]


class CurtailedEnergy(Shape):
    """Energy that was taken away for one reason."""

    reason: ControlReason
    energy_kwh: Energy


class PublicArea(Shape):
    """What everybody may see of an area in an interval that is over."""

    area_id: str
    state: AreaState
    limit_binds: bool
    load_kwh: Energy | None
    """Null: of too few owners to be shown."""


class AreaPicture(PublicArea):
    """An area in an interval that is over; what follows `limit_bound` is for itself and operators."""

    limit_bound: Count
    """In how many of the last pictures its connection limit held an auction back."""
    withdrawal_max_kw: Power | UnsetType = UNSET
    injection_max_kw: Power | UnsetType = UNSET
    reserve_up_kw: Power | UnsetType = UNSET
    reserve_down_kw: Power | UnsetType = UNSET
    scheduled_kwh: Energy | UnsetType = UNSET
    measured_kwh: Energy | UnsetType = UNSET
    load_owners: Count | UnsetType = UNSET
    load_forecast_kwh: Energy | UnsetType | None = UNSET
    untraded_load_kwh: Energy | UnsetType = UNSET
    generation_kwh: Energy | UnsetType | None = UNSET
    generation_forecast_kwh: Energy | UnsetType | None = UNSET
    outside_minutes: Count | UnsetType = UNSET
    not_served_kwh: Energy | UnsetType = UNSET
    curtailed: list[CurtailedEnergy] | UnsetType = UNSET
    voltage_pu: tuple[Voltage | None, Voltage | None] | UnsetType = UNSET
    """Lowest and highest."""
    frequency_hz: tuple[Frequency | None, Frequency | None] | UnsetType = UNSET
    missing_readings: Count | UnsetType = UNSET
    doubtful_readings: Count | UnsetType = UNSET


class Retail(Shape):
    """The retailer of last resort: its prices, and what was traded with it."""

    ask_per_mwh: Price
    bid_per_mwh: Price
    sold_kwh: Energy
    bought_kwh: Energy


class SystemPicture(Shape):
    """The market level's picture of an interval that is over."""

    start: Instant
    end: Instant
    at: Moment
    limit_bound_of: Count
    areas: list[AreaPicture]
    small_areas_load_kwh: Energy | None
    retail: Retail


class AreaReliability(Shape):
    """What the intervals of a day of an area add up to."""

    area_id: str
    intervals: Count
    outside_minutes: Count
    not_served_kwh: Energy
    curtailed: list[CurtailedEnergy]
    limit_binds: Count
    load_kwh: Energy
    missing_readings: Count
    doubtful_readings: Count


class Reliability(Shape):
    """A market day, area by area."""

    day: str
    areas: list[AreaReliability]


# --- what areas add up to -------------------------------------------------------------------------


class AreaLimit(Shape):
    """How much an area may take in, or give out, and what that comes from."""

    max_kw: Power
    by: LimitedBy
    act_id: str | None


class SmallAreas(Shape):
    """Areas of too few owners together; null: still too few, or not known."""

    load_forecast_kwh: Energy | None
    generation_forecast_kwh: Energy | None
    bid_kwh: Energy | None
    offered_kwh: Energy | None


class PublicSum(SmallAreas):
    """What everybody may see of what an area adds up to."""

    area_id: str


class AreaSum(PublicSum):
    """What an area adds up to; what follows its figures is for itself and operators."""

    withdrawal: AreaLimit | UnsetType = UNSET
    injection: AreaLimit | UnsetType = UNSET
    room_up_kw: Power | UnsetType = UNSET
    room_down_kw: Power | UnsetType = UNSET
    scheduled_kwh: Energy | UnsetType = UNSET
    bought_kwh: Energy | UnsetType = UNSET
    sold_kwh: Energy | UnsetType = UNSET


class SummedCall(Shape):
    """A call that is cleared, and what small areas add up to in its interval."""

    start: Instant
    end: Instant
    at: Moment
    call: CallName
    small_areas: SmallAreas


class Sums(SummedCall):
    """What areas add up to in an interval, once a call of it is cleared."""

    areas: list[AreaSum]


class PublicSums(SummedCall):
    """What everybody may see of what areas add up to in an interval."""

    areas: list[PublicSum]
