"""Timers: what falls due next, derived from stored state (never stored themselves)."""

from dataclasses import dataclass
from enum import IntEnum


class TimerKind(IntEnum):
    """What has to be done; at the same instant, smaller goes first."""

    OPEN_CALL = 0
    END_DELIVERY = 1
    SETTLE = 2
    CLOSE_DAY = 3
    CLOSE_GATE = 4
    CLEAR = 5


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Timer:
    """One act that is due at a market time."""

    due_us: int
    kind: TimerKind
    start_s: int
    """The delivery interval; for CLOSE_DAY the last interval of the day."""
    day: str = ""
    """Local date for CLOSE_DAY; empty otherwise."""
