"""Participants, their units and meters.

The one idea: a participant owns one metering point (its connection) and any number of units behind
it; orders belong to a unit, network fees to the metering point.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """Who may do what; the permission matrix is made of these."""

    PARTICIPANT = "participant"
    DEVICE = "device"
    AREA = "area"
    OPERATOR = "operator"


class VoltageLevel(StrEnum):
    """The voltage at which a metering point is connected; network fees go by it."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class UnitKind(StrEnum):
    """What a unit is, as far as the market must know."""

    LOAD = "load"
    SOLAR = "solar"
    STORAGE = "storage"
    HEAT_PUMP = "heat_pump"
    EV_CHARGER = "ev_charger"
    GENERATOR = "generator"
    WIND = "wind"
    HYDRO = "hydro"
    RETAILER = "retailer"


GREEN_KINDS: Final = frozenset({UnitKind.SOLAR, UnitKind.WIND, UnitKind.HYDRO})
"""Units whose energy is renewable where it is made; a storage's never counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """A party with an account and one metering point."""

    participant_id: str
    name: str
    area_id: str
    """The area its metering point lies in."""
    is_last_resort: bool = False
    """True for the retailer who settles what nobody else delivers."""
    voltage_level: VoltageLevel = VoltageLevel.LOW


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageData:
    """What storage adds to a unit."""

    capacity_wh: int
    start_wh: int
    """State of charge when the unit was registered."""
    efficiency_charge_ppm: int
    efficiency_discharge_ppm: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A device or group of devices that injects or withdraws energy. Injection is positive."""

    unit_id: str
    participant_id: str
    area_id: str
    kind: UnitKind
    injection_max_w: int
    """Nameplate injection; 0: it can only withdraw."""
    withdrawal_max_w: int
    """Nameplate withdrawal, as a positive number; 0: it can only inject."""
    controllable: bool
    """False for load and solar that nobody steers."""
    storage: StorageData | None = None
    """None: it stores nothing."""
