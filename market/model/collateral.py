"""Collateral: how far an account may be used, who is warned, called and held to reducing.

The one idea: an account has to cover what it may come to owe. What may come to be owed follows a
published, dated rule; an operator may lend on top of the balance; who is short is called to pay in by
a time, and who does not may only make its positions smaller until it has.
"""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class CollateralRule:
    """How open positions are covered, for days of delivery from one on until the next rule's."""

    from_day: str
    """The first local day of delivery, as in 2016-06-15."""
    shortfall_ppm: int = 1_000_000
    """The part of a position that is expected not to be delivered, or not to be taken."""
    short_price_ticks: int | None = None
    """What a missing Wh is expected to cost at most; None: what the last resort asks for it in the
    unit's area then, and the adder of deviations on that."""
    counts_fees: bool = True
    """True: energy that is bought also counts with the network fee and the levies on its withdrawal."""
    warn_ppm: int = 800_000
    """The part of balance and credit limit from which on the exposure is told as a warning."""
    call_minutes: int = 1_440
    """Market time in which a margin call has to be met."""


class CollateralState(StrEnum):
    """How an account stands."""

    COVERED = "covered"
    WARNED = "warned"
    """Its exposure has reached the part of the rule."""
    CALLED = "called"
    """It is short, and called to pay in by a time."""
    REDUCE_ONLY = "reduce_only"
    """It has not, and may only make its positions smaller."""


class MarginCallState(StrEnum):
    """What became of a margin call."""

    OPEN = "open"
    MISSED = "missed"
    """Not met in time; the account may only reduce until it is."""
    MET = "met"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginCall:
    """Who has to pay in how much by when."""

    call_id: str
    """`mar-` and the market's own number."""
    participant_id: str
    amount_quanta: int
    """What was missing when it was made."""
    called_us: int
    due_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMarginCall:
    """A margin call, and what became of it."""

    call_id: str
    participant_id: str
    amount_quanta: int
    called_us: int
    due_us: int
    state: MarginCallState
    missed_us: int | None = None
    missing_quanta: int | None = None
    """What was still missing when it was missed."""
    met_us: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditLimit:
    """How far below zero an account may be used."""

    participant_id: str
    limit_quanta: int
    actors: tuple[str, ...]
    """Who set it: one operator where it became smaller, two where it became larger."""
    reason: str
    since_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CollateralPicture:
    """What one account has, may use, and may come to owe; everything in quanta of 1e-8 currency."""

    participant_id: str
    balance_quanta: int
    credit_limit_quanta: int
    held_quanta: int
    """For what is open: orders, listings, quotes, contracts."""
    traded_quanta: int
    """Exposure of what is traded and not settled."""
    open_quanta: int
    """What open orders would add to it at worst."""
    unbilled_quanta: int
    """Taxes expected on what is booked and not billed."""
    state: CollateralState
    call: MarginCall | None = None
    """The margin call that is not met."""
    put_down_quanta: int = 0
    """What stands on its collateral account; no order may use it, and it meets no margin call."""

    @property
    def available_quanta(self) -> int:
        """What a new order may need at most."""
        return self.margin_quanta - self.held_quanta - self.open_quanta

    @property
    def margin_quanta(self) -> int:
        """What would be left without any open order; below zero: the account is short."""
        covers = self.balance_quanta + self.credit_limit_quanta
        return covers - self.traded_quanta - self.unbilled_quanta


# --- commands and events --------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCreditLimit:
    """Set how far below zero an account may be used.

    A smaller limit takes one operator; for a larger one the first proposes and a second one says the
    same.
    """

    now_us: int
    actor: str
    participant_id: str
    limit_quanta: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditLimitProposed:
    """One operator wants a larger limit; another has to agree in time."""

    participant_id: str
    limit_quanta: int
    actor: str
    reason: str
    until_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditLimitSet:
    """A credit limit holds from now on."""

    limit: CreditLimit


@dataclass(frozen=True, slots=True, kw_only=True)
class CollateralWarned:
    """An account's exposure has reached the part of the rule, or has left it again."""

    participant_id: str
    warned: bool
    """False: it is over."""
    exposure_quanta: int
    """Of what is traded, with the taxes on what is not billed."""
    covers_quanta: int
    """Balance and credit limit."""
    now_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginCalled:
    """An account is short and is called to pay in."""

    call: MarginCall


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginCallMissed:
    """A margin call was not met in time: the account may only reduce from now on.

    This is the cause of the suspension; whoever acts on a default waits for it.
    """

    call_id: str
    participant_id: str
    missing_quanta: int
    """What is still missing."""
    now_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginCallMet:
    """Nothing is missing any more: the call is over, and with it the suspension there was."""

    call_id: str
    participant_id: str
    now_us: int
