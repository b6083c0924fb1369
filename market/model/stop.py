"""Stopping: kills and halts, who may end them, and orders that end with their session.

The one idea: one person may stop, two must release. A kill cancels what rests and refuses what is
new for somebody or something; a halt lets only cancels through at a place and time and ends by a
call. What a participant stops for itself it may release itself.
"""

from dataclasses import dataclass
from enum import StrEnum


class StopKind(StrEnum):
    """What a stop does."""

    KILL = "kill"
    HALT = "halt"


class StopScope(StrEnum):
    """What a stop is about."""

    CLIENT = "client"
    """One credential."""
    PARTICIPANT = "participant"
    UNIT = "unit"
    AREA = "area"
    INTERVAL = "interval"
    """One delivery interval; the key is its UTC second."""
    MARKET = "market"
    """Everything; the key is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A stop that holds."""

    kind: StopKind
    scope: StopScope
    key: str
    actor: str
    """Who stopped."""
    reason: str
    since_us: int
    owner: str | None = None
    """The participant who stopped itself; None: an operator stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopTrading:
    """Kill or halt. Takes one person."""

    now_us: int
    actor: str
    kind: StopKind
    scope: StopScope
    key: str
    reason: str
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseStop:
    """End a stop: the first operator proposes it, a second one makes it so."""

    now_us: int
    actor: str
    kind: StopKind
    scope: StopScope
    key: str
    owner: str | None = None
    """The participant who asks; None: an operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAll:
    """Cancel all open orders of a participant, or those of one of its sessions or units."""

    now_us: int
    actor: str
    participant_id: str
    reason: str
    """user_cancel_all, system_disconnect, system_dead_man …"""
    session_id: str | None = None
    unit_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmDeadMan:
    """Arm a participant's dead-man timer, or disarm it with 0."""

    now_us: int
    actor: str
    participant_id: str
    after_s: int
    """Real seconds without a renewal after which all its orders are cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadManArmed:
    """A participant's timer is armed with a length, or disarmed (0)."""

    participant_id: str
    after_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingStopped:
    """A stop holds from now on."""

    stop: Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseProposed:
    """One operator wants a stop to end; another has to agree in time."""

    kind: StopKind
    scope: StopScope
    key: str
    actor: str
    until_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingReleased:
    """A stop has ended."""

    kind: StopKind
    scope: StopScope
    key: str
    actors: tuple[str, ...]
    """Who agreed: two operators, or the participant that had stopped itself."""
    now_us: int
