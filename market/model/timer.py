"""Timers: what falls due next, derived from stored state (never stored themselves)."""

from dataclasses import dataclass
from enum import IntEnum


class TimerKind(IntEnum):
    """What has to be done; at the same instant, smaller goes first."""

    CLOSE_DAY_AHEAD = 0
    CLEAR_DAY_AHEAD = 1
    OPEN_DAY_AHEAD = 2
    OPEN_CONTINUOUS = 3
    OPEN_CALL = 4
    END_DELIVERY = 5
    SETTLE = 6
    CLOSE_DAY = 7
    EXPIRE = 8
    CLOSE_GATE = 9
    CLEAR = 10
    CHECK_GRID = 11


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Timer:
    """One act that is due at a market time."""

    due_us: int
    kind: TimerKind
    start_s: int
    """The delivery interval; for CLOSE_DAY the last interval of the day."""
    day: str = ""
    """Local date for CLOSE_DAY; empty otherwise."""
    turn: int = 0
    """Of CHECK_GRID: how often the check of the interval became due again."""
