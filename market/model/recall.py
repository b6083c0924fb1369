"""Recalls: a trade is disputed, and cancelled or not.

The one idea: nothing that was written is unwritten. A trade that was a mistake keeps its legs and its
transfers; beside them stand the opposite ones, and what it took from positions and lines is given back.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from market.model.trade import Trade

RECALL_WITHIN_S: Final = 900
"""How long after a match its recall may be asked for: the published window."""
AGREE_WITHIN_S: Final = 900
"""How long one operator's proposal waits for the second one (as with the release of a stop)."""


class TradeState(StrEnum):
    """What has become of a trade. Both legs of a match are in the same state."""

    COMPLETED = "completed"
    DISPUTED = "disputed"
    """Its recall was asked for and is not decided."""
    CANCELLED = "cancelled"
    NOT_CANCELLED = "not_cancelled"
    """It was disputed, and stands for good."""


class RecallRule(StrEnum):
    """By what a recall was decided."""

    TWO_OPERATORS = "two_operators"
    BOTH_PARTIES = "both_parties"
    """Both parties of the match asked for it."""
    GATE = "gate"
    """Nobody had decided when the interval's gate closed: the trade stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTrade(Trade):
    """A trade and what has become of it."""

    state: TradeState = TradeState.COMPLETED


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One operator's word on a disputed match."""

    actor: str
    cancel: bool
    until_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """A match somebody wants undone, and how far that is."""

    trades: tuple[Trade, ...]
    state: TradeState
    reason: str
    """The first one given."""
    since_us: int
    asked_by: tuple[str, ...]
    """Parties that asked."""
    by_operator: bool
    proposal: Proposal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecall:
    """Ask that a match be undone."""

    now_us: int
    actor: str
    match_id: str
    start_s: int
    """The match's interval."""
    reason: str
    participant_id: str | None = None
    """The party that asks; None: an operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideRecall:
    """Say what becomes of a disputed match: the first operator proposes, a second one agrees."""

    now_us: int
    actor: str
    match_id: str
    start_s: int
    cancel: bool
    """False: the trade stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallRequested:
    """A match is disputed from now on, or one more asks for its recall."""

    match_id: str
    start_s: int
    trades: tuple[Trade, ...]
    """Its legs, the seller's first: their owners are told."""
    actor: str
    participant_id: str | None
    """Who asked; None: an operator."""
    reason: str
    now_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallProposed:
    """One operator has said what is to become of a disputed match; another has to agree in time."""

    match_id: str
    start_s: int
    cancel: bool
    actor: str
    until_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallDecided:
    """A disputed match is cancelled or stands for good.

    Of a cancelled one the opposite transfers and the capacity of its line stand beside this.
    """

    match_id: str
    start_s: int
    state: TradeState
    rule: RecallRule
    actors: tuple[str, ...]
    """Who decided; empty: the gate did."""
    trades: tuple[Trade, ...]
    """The legs, as they were made."""
    now_us: int
