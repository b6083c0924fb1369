"""Which state of a unit leads to which, and why: the whole machine as one table.

The one idea: a change that is not written here cannot happen. What a row does not name leaves the
state as it is, so every state has an answer to every cause.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from market.model.power import UnitState


class Cause(StrEnum):
    """Why a state may change."""

    READY = "ready"
    """All checks before connecting hold; after a trip the grid is quiet again too."""
    DOUBT = "doubt"
    """The clock, the measurement or a check before connecting does not hold any more."""
    IN_TOUCH = "in_touch"
    """In service, and both channels are alive."""
    MARKET_LOST = "market_lost"
    """In service, and the market is silent."""
    GRID_LOST = "grid_lost"
    """The grid channel is silent or distrusted, or its last limit has run out."""
    GRID_BACK = "grid_back"
    """A fresh limit of the grid channel holds."""
    TRIP = "trip"
    """A protection has acted, in the device or here."""
    STOP = "stop"
    START = "start"
    LOCK = "lock"
    """Local stop, repeated faults or tampering."""
    RELEASE = "release"
    """By a person on site, or by two people."""


_ALWAYS: Final = {Cause.STOP: UnitState.STOPPED, Cause.LOCK: UnitState.LOCKED}
_ON: Final = {**_ALWAYS, Cause.TRIP: UnitState.TRIPPED, Cause.DOUBT: UnitState.INIT}

TRANSITIONS: Final[Mapping[UnitState, Mapping[Cause, UnitState]]] = MappingProxyType(
    {
        UnitState.INIT: {
            **_ALWAYS,
            Cause.TRIP: UnitState.TRIPPED,
            Cause.READY: UnitState.CONNECTING,
        },
        UnitState.CONNECTING: {
            **_ON,
            Cause.IN_TOUCH: UnitState.NORMAL,
            Cause.MARKET_LOST: UnitState.STALE,
            Cause.GRID_LOST: UnitState.FAILSAFE,
        },
        UnitState.NORMAL: {
            **_ON,
            Cause.MARKET_LOST: UnitState.STALE,
            Cause.GRID_LOST: UnitState.FAILSAFE,
        },
        UnitState.STALE: {
            **_ON,
            Cause.IN_TOUCH: UnitState.NORMAL,
            Cause.GRID_LOST: UnitState.FAILSAFE,
        },
        UnitState.FAILSAFE: {**_ON, Cause.GRID_BACK: UnitState.RECOVERY},
        UnitState.RECOVERY: {
            **_ON,
            Cause.IN_TOUCH: UnitState.NORMAL,
            Cause.MARKET_LOST: UnitState.STALE,
            Cause.GRID_LOST: UnitState.FAILSAFE,
        },
        UnitState.TRIPPED: {**_ALWAYS, Cause.READY: UnitState.CONNECTING},
        UnitState.LOCKED: {Cause.RELEASE: UnitState.INIT},
        UnitState.STOPPED: {Cause.START: UnitState.INIT, Cause.LOCK: UnitState.LOCKED},
    }
)


def after(state: UnitState, cause: Cause) -> UnitState:
    """The state that follows; the same one where the cause leads nowhere."""
    return TRANSITIONS[state].get(cause, state)
