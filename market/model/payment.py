"""Payments: what a bank says came and went, what is to be paid out, and whose debt others cover.

The one idea: every movement on the market's bank account has the bank's own id, and is booked once for
ever under it. A payment never changes what anybody is charged: it moves money to or from an account on
which all charges stand already.
"""

from dataclasses import dataclass
from enum import StrEnum

# --- what the bank says ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class BankRow:
    """One row of a bank's statement."""

    bank_id: str
    """The bank's own id of the movement: it counts once for ever."""
    day: str
    """On which the bank booked it, as in 2016-07-05."""
    amount_quanta: int
    """Whole cents; > 0 came in, < 0 went out."""
    reference: str
    """What the payer wrote."""
    counterparty: str
    """Who paid, or was paid, as the bank names it."""


class PaymentState(StrEnum):
    """What is known of a movement."""

    MATCHED = "matched"
    """Its reference said what it was for."""
    UNMATCHED = "unmatched"
    """Nobody knows yet; the money stands on `suspense`."""
    ASSIGNED = "assigned"
    """Two operators said what it was for."""
    RETURNED = "returned"
    """It is sent back, or was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A movement on the market's bank account, and what it was for."""

    bank_id: str
    day: str
    amount_quanta: int
    reference: str
    counterparty: str
    state: PaymentState
    participant_id: str | None = None
    """Whose money it is; None: nobody's, or not known."""
    bill_id: str | None = None
    """The bill it was meant for."""
    month: str | None = None
    """That bill's month: a later version of the bill is paid by it as well."""
    payout_id: str | None = None
    """The payout it carried out, or sent back, or by which it is sent back."""
    reason: str = ""
    """Why it was assigned or returned by hand."""
    booked_us: int


# --- what is to be paid out -----------------------------------------------------------


class PayoutKind(StrEnum):
    """Why money is to leave."""

    WITHDRAWAL = "withdrawal"
    """A participant wants some of its own."""
    RETURN = "return"
    """A payment nobody could place goes back."""


class PayoutState(StrEnum):
    """How far it is."""

    REQUESTED = "requested"
    """The money is held."""
    APPROVED = "approved"
    """Two operators agreed; it goes with the next payments that are sent."""
    SENT = "sent"
    """The bank was told; it has not answered."""
    PAID = "paid"
    """The bank's statement shows it."""
    CANCELLED = "cancelled"
    """The participant took it back."""
    REFUSED = "refused"
    """An operator did not agree."""
    REJECTED = "rejected"
    """The bank did not carry it out."""
    SENT_BACK = "sent_back"
    """It was paid, and came back."""


OPEN_PAYOUTS: frozenset[PayoutState] = frozenset(
    {PayoutState.REQUESTED, PayoutState.APPROVED, PayoutState.SENT}
)
"""The money of a payout in one of these states is still there, and held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """Money that is to leave the market's bank account, once."""

    payout_id: str
    """The reference under which the bank is told."""
    kind: PayoutKind
    participant_id: str | None
    """Whose withdrawal; None: a return."""
    client_payout_id: str
    """The participant's own id, unique for ever; of a return the bank's id of what is returned."""
    amount_quanta: int
    """Whole cents, > 0."""
    payee_name: str
    payee_account: str
    """Where to, as the bank writes it."""
    state: PayoutState
    requested_us: int
    changed_us: int
    """When it came into its state."""
    file_id: str | None = None
    """The sending it went with."""
    bank_id: str | None = None
    """Of the movement that carried it out."""
    reason: str = ""
    """Why it was refused or rejected."""


# --- whose debt others cover ----------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What was taken from whom for an overdue debt; or is given back to them."""

    collateral_quanta: int = 0
    fund_quanta: int = 0
    default_quanta: int = 0

    @property
    def total_quanta(self) -> int:
        """All of it."""
        return self.collateral_quanta + self.fund_quanta + self.default_quanta


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """A participant's overdue debt that was covered."""

    default_id: str
    participant_id: str
    overdue_quanta: int
    """Due, undisputed and beyond grace."""
    own_quanta: int
    """What of it the account itself still had."""
    cover: Cover
    reason: str
    now_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """What a participant has paid, and what others have for it."""

    participant_id: str
    paid_in_quanta: int
    """What came to its account by payments, less what left it."""
    claims: Cover
    """What others covered and it has not paid back."""


# --- commands -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPayments:
    """Take in what the bank says; what it has said before is passed over."""

    now_us: int
    actor: str
    rows: tuple[BankRow, ...]


class PaymentDecision(StrEnum):
    """What is to become of an unmatched movement."""

    PARTICIPANT = "participant"
    """It is a participant's, for a bill or not."""
    PAYOUT = "payout"
    """It carried out a payout that is sent."""
    BANK_FEE = "bank_fee"
    """It is what the bank charged, or gave back of that."""
    RETURN = "return"
    """It goes back to where it came from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidePayment:
    """Say what an unmatched movement was for: one operator proposes, another one agrees."""

    now_us: int
    actor: str
    bank_id: str
    decision: PaymentDecision
    reason: str
    participant_id: str | None = None
    bill_id: str | None = None
    payout_id: str | None = None
    payee_account: str = ""
    """Of a return: where to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestWithdrawal:
    """Ask that money be paid out; it is held at once."""

    now_us: int
    actor: str
    participant_id: str
    client_payout_id: str
    amount_quanta: int
    payee_name: str
    payee_account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelWithdrawal:
    """Take a request back that is not sent."""

    now_us: int
    actor: str
    participant_id: str
    payout_id: str


class PayoutDecision(StrEnum):
    """What an operator says of a payout."""

    APPROVE = "approve"
    """It may leave; takes two."""
    REFUSE = "refuse"
    """It may not; one is enough, as long as it is not sent."""
    REJECT = "reject"
    """The bank says that it did not carry it out; takes two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidePayout:
    """Approve or refuse a payout, or tell what the bank said."""

    now_us: int
    actor: str
    payout_id: str
    decision: PayoutDecision
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPayouts:
    """All payouts that are approved go to the bank together."""

    now_us: int
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectPayouts:
    """What the bank's own channel says it did not carry out."""

    now_us: int
    actor: str
    rejected: tuple[tuple[str, str], ...]
    """Payout and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveCollateral:
    """Set money apart as collateral, or take some of it back."""

    now_us: int
    actor: str
    participant_id: str
    amount_quanta: int
    """> 0: put down; < 0: taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayIntoFund:
    """Money paid into the guarantee fund from outside."""

    now_us: int
    actor: str
    deposit_id: str
    """Unique for ever, as of every deposit."""
    amount_quanta: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverDefault:
    """Cover a participant's overdue debt out of what stands in for it: takes two operators."""

    now_us: int
    actor: str
    participant_id: str
    reason: str


# --- events ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentsRecorded:
    """Movements the bank told; their money is in the TransfersBooked beside it."""

    payments: tuple[Payment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDecided:
    """It was said what an unmatched movement was for."""

    payment: Payment
    actors: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutsChanged:
    """Payouts as they are from now on; new ones among them."""

    payouts: tuple[Payout, ...]
    actors: tuple[str, ...]
    """Who had them changed."""
    now_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentActProposed:
    """One operator's word on money that a second one has to agree with in time."""

    digest: str
    """Of all that is proposed."""
    what: str
    """The kind of act."""
    target: str
    """The movement, payout or participant it is about."""
    actor: str
    until_us: int
    said: tuple[tuple[str, str], ...] = ()
    """What else the command said, by its fields: what the second one has to say too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FundPaidIn:
    """The guarantee fund has grown; the money is in the TransfersBooked beside it."""

    deposit_id: str
    amount_quanta: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultCovered:
    """An overdue debt was covered; the money is in the TransfersBooked beside it."""

    default: Default
    actors: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultRecovered:
    """Whose debt had been covered has paid: it goes back to who had covered it."""

    participant_id: str
    back: Cover
    now_us: int
