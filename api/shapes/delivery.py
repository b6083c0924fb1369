"""The shapes of delivery: set-points, readings, and units as they are."""

from typing import Literal

import msgspec

from api.shapes.nouns import Unit
from api.shapes.values import (
    Code,
    Count,
    Energy,
    Frequency,
    Instant,
    Moment,
    Power,
    Shape,
    Voltage,
)
from market.model.act import ControlReason
from market.model.alarm import AlarmKind, AlarmState, ControlLevel, Severity
from market.model.participant import UnitKind
from market.model.power import Doubt, UnitState

# --- set-points and readings ----------------------------------------------------------------------


class Setpoint(Shape):
    """A unit's target for an interval; injection positive."""

    unit_id: str
    start: Instant
    until: Instant
    target_kw: Power
    fallback_kw: Power
    wait_s: Count
    """Seconds after its start when the unit begins to move ..."""
    before_kw: Power
    """... and its power until then."""
    sequence: Count


class Limit(Shape):
    """What a unit may do at most, for a while: it narrows, and of several words the newest holds."""

    unit_id: str
    from_: Instant = msgspec.field(name="from")
    until: Instant
    withdrawal_max_kw: Power
    injection_max_kw: Power
    sequence: Count
    reason: str
    """Empty: not narrowed."""


class MeterReading(Shape):
    """What a meter said of an interval; `substituted`: the schedule stands in."""

    unit_id: str
    area_id: str
    start: Instant
    end: Instant
    consumption_kwh: Energy
    generation_kwh: Energy
    state_of_charge_kwh: Energy | None
    substituted: bool
    power_kw: Power | None
    reactive_kvar: Power | None
    voltage_pu: Voltage | None
    frequency_hz: Frequency | None
    sequence: int | None
    measured_at: Moment | None
    signature: str | None
    doubt: Doubt | None
    older: bool
    late: bool


class StoredReading(MeterReading):
    """A reading with its place among its versions."""

    version: Count
    counts: bool
    recorded_at: Moment


class ReadingGap(Shape):
    """A unit and interval without a reading."""

    unit_id: str
    area_id: str
    start: Instant
    end: Instant
    substituted: bool


class Deviation(Shape):
    """Schedule and meter of one member of a level."""

    level: ControlLevel
    member_id: str
    start: Instant
    scheduled_kwh: Energy
    measured_kwh: Energy
    deviation_kwh: Energy
    curtailed_kwh: Energy
    """By how much it was told to differ from its schedule."""
    reason: ControlReason | None
    """Null: it was told nothing else."""


# --- units as they are ----------------------------------------------------------------------------


class UnitReport(Shape):
    """What a unit says of itself."""

    unit_id: str
    state: UnitState
    cause: str
    connected: bool
    target_kw: Power
    power_kw: Power | None
    voltage_pu: Voltage | None
    frequency_hz: Frequency | None
    state_of_charge_kwh: Energy | None


class UnitNow(Shape):
    """A unit with what is known of it at this moment; null: nothing."""

    unit_id: str
    participant_id: str
    area_id: str
    kind: UnitKind
    controllable: bool
    injection_max_kw: Power
    withdrawal_max_kw: Power
    state: UnitState | None
    cause: str | None
    connected: bool | None
    heard_at: Moment | None
    sockets: Count
    target_kw: Power | None
    power_kw: Power | None
    voltage_pu: Voltage | None
    setpoint_kw: Power | None
    setpoint_start: Instant | None
    setpoint_until: Instant | None
    setpoint_sequence: Count | None
    limit_injection_kw: Power | None
    limit_withdrawal_kw: Power | None
    limit_until: Instant | None
    limit_reason: str | None
    metered_kw: Power | None
    metered_start: Instant | None
    silent: bool
    stopped: Literal["stop", "emergency_stop"] | None
    outage_until: Instant | None
    alarms: Count
    severity: Severity | None


class OutageTime(Shape):
    """From when until when a unit is out of service, and why."""

    from_: Instant = msgspec.field(name="from")
    until: Instant
    reason: str


class Outage(OutageTime):
    """An outage of a unit."""

    unit_id: str


class InService(Shape):
    """The outage of a unit has ended."""

    unit_id: str
    in_service: Literal[True]


class DeviceAlarm(Shape):
    """An alarm about a device that is not closed."""

    alarm_id: str
    kind: AlarmKind
    severity: Severity
    state: AlarmState
    raised_at: Moment


class Device(Unit):
    """A unit of one's own as it is now."""

    report: UnitReport | None
    reading: MeterReading | None
    silent: bool
    setpoint: Setpoint | None
    limits: list[Limit]
    outage: OutageTime | None
    alarms: list[DeviceAlarm]


class ReadingFault(Shape):
    """A line of a file that was not taken."""

    pointer: str
    code: Code
    detail: str


class TakenReadings(Shape):
    """How many readings there were, and of how many something special is to be said."""

    count: Count
    repeated: Count
    older: Count
    late: Count
    doubtful: Count


class TakenFile(TakenReadings):
    """The same of a file, and what of it was not taken."""

    refused: Count
    errors: list[ReadingFault]
