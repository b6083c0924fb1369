"""Bilateral contracts, and the ways that matches outside the calls take over lines.

The one idea: one party registers a price and a curve, the other confirms; then it is a match in every
interval of the curve, like any other trade. Whoever accepted a match over a line carries the way: the
line's fee and loss at once, and what the closing call shows the way to be worth beyond that.
"""

from dataclasses import dataclass
from enum import StrEnum

from market.model.order import Side


class ContractState(StrEnum):
    """Where a contract stands."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractTerms:
    """What one party registers; two contracts under one id are the same when these are."""

    unit_id: str
    side: Side
    """Of the one who registers."""
    counterparty_unit_id: str
    price_ticks: int
    """At the unit of the one who registers."""
    legs: tuple[tuple[int, int], ...]
    """(start_s, energy_wh where the buyer is) of each interval, in time order."""
    answer_by_us: int
    """Market time until which the other may confirm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A contract as it was registered."""

    contract_id: str
    """`con-` and the market's own number."""
    client_contract_id: str
    participant_id: str
    """Who registered it."""
    counterparty_id: str
    area_id: str
    counterparty_area_id: str
    sent_wh: tuple[int, ...]
    """What the seller injects for each leg: more than its energy where a line loses some."""
    registered_us: int
    terms: ContractTerms


def held_legs(contract: Contract) -> tuple[tuple[int, int], ...]:
    """What the proposer's own unit is held for: (start_s, Wh); a seller's is what it injects."""
    terms = contract.terms
    if terms.side is Side.BUY:
        return terms.legs
    return tuple(
        (start_s, sent_wh)
        for (start_s, _), sent_wh in zip(terms.legs, contract.sent_wh, strict=True)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractView:
    """A contract as it stands now."""

    contract: Contract
    state: ContractState


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A match's way over a line, until the closing call has shown what it is worth."""

    match_id: str
    participant_id: str
    """Who carries it: the one who accepted."""
    line_id: str
    forward: bool
    sent_wh: int
    received_wh: int


# --- commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterContract:
    """Propose a contract to the owner of another unit."""

    now_us: int
    actor: str
    participant_id: str
    client_contract_id: str
    terms: ContractTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmContract:
    """The other party agrees: the contract is traded."""

    now_us: int
    actor: str
    participant_id: str
    contract_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineContract:
    """The other party does not agree."""

    now_us: int
    actor: str
    participant_id: str
    contract_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawContract:
    """Who registered it takes it back before it is confirmed."""

    now_us: int
    actor: str
    participant_id: str
    contract_id: str


# --- events -----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRegistered:
    """A contract waits for the other party; the proposer's side of it is held."""

    contract: Contract
    held_quanta: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractClosed:
    """A contract waits no longer and nothing is held for it. Of a confirmed one trades follow."""

    contract_id: str
    participant_id: str
    counterparty_id: str
    state: ContractState


@dataclass(frozen=True, slots=True, kw_only=True)
class WaysTaken:
    """Matches of an interval go over lines; the closing call will say what the ways are worth."""

    start_s: int
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaysSettled:
    """The closing call of an interval ended: its ways are paid."""

    start_s: int
