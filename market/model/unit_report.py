"""What a unit says of itself: the state of its controller and what it measures.

The one idea: a change of state is a fact of the journal; that it still lives, and how much it does just
now, is told to those who look on and kept by nobody.
"""

from dataclasses import dataclass

from market.model.power import UnitState


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitReport:
    """A unit as its controller sees it. None: it does not measure that."""

    unit_id: str
    state: UnitState
    cause: str
    """Why it is in this state, in the controller's word; empty: not said."""
    connected: bool
    """On the grid."""
    target_w: int
    """What it is to do, injection positive."""
    power_w: int | None
    """What it does, injection positive."""
    voltage_ppm: int | None
    frequency_mhz: int | None
    state_of_charge_wh: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportUnitState:
    """A device, or the gateway of its area, says in which state a unit is."""

    now_us: int
    actor: str
    report: UnitReport


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitStateChanged:
    """A unit is in another state than it last said."""

    report: UnitReport
    now_us: int
