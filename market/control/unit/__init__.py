"""The unit controller: a machine of states that is safe from its first second, also alone.

The one idea: what a unit may do is decided at the unit. Remote parties can only narrow it, every
command runs out by itself, and whoever does not call any more is no longer obeyed.

Devices, the unit agent and the market use this one package; it needs nothing but the model.
"""

from market.control.unit.facts import (
    Change,
    LocalSettings,
    Memory,
    Moment,
    Output,
    Readiness,
    Refused,
    Senders,
    UnitAct,
    UnitAlarm,
)
from market.control.unit.machine import UnitMachine
from market.control.unit.profile import (
    DEFAULT_PROFILE,
    Profile,
    ProfileFault,
    profile_named,
    profile_names,
)
from market.control.unit.setpoints import AHEAD_MAX_S, WINDOW_MAX_S, UnitControl
from market.control.unit.transitions import TRANSITIONS, Cause

__all__ = [
    "AHEAD_MAX_S",
    "DEFAULT_PROFILE",
    "TRANSITIONS",
    "WINDOW_MAX_S",
    "Cause",
    "Change",
    "LocalSettings",
    "Memory",
    "Moment",
    "Output",
    "Profile",
    "ProfileFault",
    "Readiness",
    "Refused",
    "Senders",
    "UnitAct",
    "UnitAlarm",
    "UnitControl",
    "UnitMachine",
    "profile_named",
    "profile_names",
]
