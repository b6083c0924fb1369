"""Movements on the market's bank account: taken in by the bank's own id, placed by their reference.

The one idea: a row is booked once for ever, whatever is sent again. Where its reference does not say
plainly what it was for, its money stands on `suspense` until two operators have said it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from market.engine.decisions import DONE_BEFORE, applied, refused
from market.engine.money.recovering import Came, recovered
from market.engine.money.two_people import agreed
from market.engine.state import MarketState
from market.model.messages import Decision, Event, TransfersBooked
from market.model.money import (
    BANK,
    BANK_FEES,
    SUSPENSE,
    Transfer,
    TransferKind,
    participant_account,
    transfer,
)
from market.model.payment import (
    BankRow,
    DecidePayment,
    Payment,
    PaymentDecided,
    PaymentDecision,
    PaymentsRecorded,
    PaymentState,
    Payout,
    PayoutKind,
    PayoutsChanged,
    PayoutState,
    RecordPayments,
)
from market.model.rejection import Code, Rejection
from market.model.units import money_text
from market.settlement.payments import moved_on
from market.settlement.references import named_in, payouts_in

# --- what the bank says -----------------------------------------------------------------


def record_payments(state: MarketState, command: RecordPayments) -> Decision:
    """Take in rows of a statement; all or none. Those told before are passed over."""
    new: dict[str, BankRow] = {}
    faults: list[Rejection] = []
    for place, row in enumerate(command.rows):
        fault = _row_fault(state, row, new.get(row.bank_id))
        if fault is not None:
            faults.append(replace(fault, pointer=f"rows/{place}/{fault.pointer}"))
        elif not _is_known(state, row) and row.bank_id not in new:
            new[row.bank_id] = row
    if faults:
        return refused(faults)
    if not new:
        return DONE_BEFORE
    taken = _Taken(state=state, now_us=command.now_us)
    for row in new.values():
        taken.take(row)
    return applied(*taken.events(command.actor))


def _row_fault(state: MarketState, row: BankRow, beside: BankRow | None) -> Rejection | None:
    """Why a row cannot be; its pointer is the field."""
    if row.amount_quanta == 0:
        return Rejection(code=Code.FIELD_RANGE, pointer="amount")
    if (beside is not None and beside != row) or state.differs_from_known(row):
        return Rejection(code=Code.EXISTS_WITH_DIFFERENT_FIELDS, pointer="bank_id")
    return None


def _is_known(state: MarketState, row: BankRow) -> bool:
    """True of what was told before, or booked by hand under the bank's id."""
    return row.bank_id in state.payments.seen or row.bank_id in state.deposits


@dataclass(slots=True, kw_only=True)
class _Taken:
    """Rows that are being placed, one after the other: what the first one pays the next one does not."""

    state: MarketState
    now_us: int
    payments: list[Payment] = field(default_factory=list)
    payouts: dict[str, Payout] = field(default_factory=dict)
    transfers: list[Transfer] = field(default_factory=list)
    came: list[Came] = field(default_factory=list)

    def take(self, row: BankRow) -> None:
        """Place one more."""
        known = [self._payout(name) for name in payouts_in(row.reference)]
        payouts = [payout for payout in known if payout is not None]
        if row.amount_quanta < 0 or payouts:
            self._of_payout(row, payouts)
            return
        named = named_in(
            row.reference,
            payer_of=self.state.payments.payer_of,
            is_participant=self.state.participants.__contains__,
        )
        if named.participant_id is None:
            self._unmatched(row)
            return
        payment = _payment_of(self.state, row, self.now_us, named.participant_id, named.bill_id)
        self.payments.append(payment)
        self.transfers.append(_deposit(BANK, payment))
        self.came.append(_came(payment))

    def _payout(self, payout_id: str) -> Payout | None:
        return self.payouts.get(payout_id) or self.state.payments.payouts.get(payout_id)

    def _of_payout(self, row: BankRow, payouts: list[Payout]) -> None:
        """It carries out the one payout it names, or brings its money back; else nobody knows."""
        payout = payouts[0] if len(payouts) == 1 else None
        if payout is None or abs(row.amount_quanta) != payout.amount_quanta:
            self._unmatched(row)
        elif row.amount_quanta < 0 and payout.state is PayoutState.SENT:
            self._carried(row, payout, PayoutState.PAID)
        elif (
            row.amount_quanta > 0
            and payout.state is PayoutState.PAID
            and payout.kind is PayoutKind.WITHDRAWAL
        ):
            self._carried(row, payout, PayoutState.SENT_BACK)
        else:
            self._unmatched(row)

    def _carried(self, row: BankRow, payout: Payout, state: PayoutState) -> None:
        self.payouts[payout.payout_id] = moved_on(payout, state, self.now_us, bank_id=row.bank_id)
        self.payments.append(
            _payment(
                row,
                PaymentState.MATCHED,
                self.now_us,
                participant_id=payout.participant_id,
                payout_id=payout.payout_id,
            )
        )
        self.transfers.append(paid_out(payout, row.bank_id, row.amount_quanta))

    def _unmatched(self, row: BankRow) -> None:
        self.payments.append(_payment(row, PaymentState.UNMATCHED, self.now_us))
        kind = TransferKind.UNMATCHED
        self.transfers.append(transfer(BANK, SUSPENSE, row.amount_quanta, kind, row.bank_id))

    def events(self, actor: str) -> Iterator[Event]:
        """What has happened: holds are released before their money leaves."""
        yield PaymentsRecorded(payments=tuple(self.payments))
        if self.payouts:
            yield PayoutsChanged(
                payouts=tuple(self.payouts.values()), actors=(actor,), now_us=self.now_us
            )
        back, events = recovered(self.state, self.came, self.now_us)
        yield TransfersBooked(transfers=(*self.transfers, *back))
        yield from events


def paid_out(payout: Payout, bank_id: str, amount_quanta: int, at: str = BANK) -> Transfer:
    """The money of a payout leaves (amount < 0), or comes back; `at`: where the movement stands."""
    if payout.participant_id is None:
        kind = TransferKind.PAYMENT_RETURN
        return transfer(SUSPENSE, at, -amount_quanta, kind, bank_id)
    account = participant_account(payout.participant_id)
    return transfer(account, at, -amount_quanta, TransferKind.WITHDRAWAL, bank_id)


def _payment_of(
    state: MarketState, row: BankRow, now_us: int, participant_id: str, bill_id: str | None
) -> Payment:
    """A row that is a participant's, for a bill or not."""
    return _payment(
        row,
        PaymentState.MATCHED,
        now_us,
        participant_id=participant_id,
        bill_id=bill_id,
        month=None if bill_id is None else state.payments.bill_months[bill_id][1],
    )


def _payment(row: BankRow, state: PaymentState, now_us: int, **known: str | None) -> Payment:
    return Payment(
        bank_id=row.bank_id,
        day=row.day,
        amount_quanta=row.amount_quanta,
        reference=row.reference,
        counterparty=row.counterparty,
        state=state,
        booked_us=now_us,
        **known,  # type: ignore[arg-type]
    )


def _deposit(giver: str, payment: Payment) -> Transfer:
    assert payment.participant_id is not None, "it is somebody's"
    account = participant_account(payment.participant_id)
    return transfer(giver, account, payment.amount_quanta, TransferKind.DEPOSIT, payment.bank_id)


def _came(payment: Payment) -> Came:
    assert payment.participant_id is not None, "it is somebody's"
    return Came(
        participant_id=payment.participant_id,
        amount_quanta=max(0, payment.amount_quanta),
        reference=payment.bank_id,
    )


# --- what nobody could place ------------------------------------------------------------


def decide_payment(state: MarketState, command: DecidePayment) -> Decision:
    """Propose what an unmatched movement was for, or agree and book it."""
    payment = state.payments.unmatched.get(command.bank_id)
    if payment is None:
        known = command.bank_id in state.payments.seen
        code = Code.PAYMENT_CLOSED if known else Code.NOT_FOUND
        return refused([Rejection(code=code, pointer="bank_id")])
    refusal = _decide_refusal(state, command, payment)
    if refusal is not None:
        return refused([refusal])
    both = agreed(
        state,
        actor=command.actor,
        now_us=command.now_us,
        what=f"payment_{command.decision}",
        target=command.bank_id,
        content=(
            command.reason,
            command.participant_id,
            command.bill_id,
            command.payout_id,
            command.payee_account,
            # Words about a return that came to nothing are not about the next one.
            state.payments.returns_of(command.bank_id),
        ),
        said={
            "reason": command.reason,
            "participant_id": command.participant_id,
            "bill_id": command.bill_id,
            "payout_id": command.payout_id,
            "payee_account": command.payee_account,
        },
    )
    if isinstance(both, Decision):
        return both
    return applied(*_decided(state, command, payment, both))


def _decide_refusal(
    state: MarketState, command: DecidePayment, payment: Payment
) -> Rejection | None:
    comes = payment.amount_quanta > 0
    match command.decision:
        case PaymentDecision.PARTICIPANT:
            if command.participant_id not in state.participants:
                return Rejection(code=Code.PARTICIPANT_UNKNOWN, pointer="participant_id")
            bill_id = command.bill_id
            if bill_id is not None and state.payments.payer_of(bill_id) != command.participant_id:
                return Rejection(code=Code.NOT_FOUND, pointer="bill_id")
        case PaymentDecision.PAYOUT:
            return _payout_refusal(state, command, payment)
        case PaymentDecision.RETURN:
            if not comes:
                return Rejection(code=Code.PAYMENT_MISMATCH, pointer="decision")
        case PaymentDecision.BANK_FEE:
            pass
    return None


def _payout_refusal(
    state: MarketState, command: DecidePayment, payment: Payment
) -> Rejection | None:
    payout = state.payments.payouts.get(command.payout_id or "")
    if payout is None:
        return Rejection(code=Code.NOT_FOUND, pointer="payout_id")
    if payout.state is not PayoutState.SENT:
        parameters = {"state": payout.state.value}
        return Rejection(code=Code.PAYMENT_CLOSED, pointer="payout_id", parameters=parameters)
    if payment.amount_quanta != -payout.amount_quanta:
        return Rejection(
            code=Code.PAYMENT_MISMATCH,
            pointer="payout_id",
            parameters={
                "movement": money_text(payment.amount_quanta),
                "payout": money_text(payout.amount_quanta),
            },
        )
    return None


def _decided(
    state: MarketState, command: DecidePayment, payment: Payment, both: tuple[str, str]
) -> Iterator[Event]:
    now_us, amount_quanta = command.now_us, payment.amount_quanta
    known = replace(payment, state=PaymentState.ASSIGNED, reason=command.reason)
    match command.decision:
        case PaymentDecision.PARTICIPANT:
            bill_id = command.bill_id
            month = None if bill_id is None else state.payments.bill_months[bill_id][1]
            known = replace(
                known, participant_id=command.participant_id, bill_id=bill_id, month=month
            )
            back, events = recovered(state, [_came(known)], now_us)
            yield PaymentDecided(payment=known, actors=both)
            yield TransfersBooked(transfers=(_deposit(SUSPENSE, known), *back))
            yield from events
        case PaymentDecision.PAYOUT:
            payout = state.payments.payouts[command.payout_id or ""]
            known = replace(known, participant_id=payout.participant_id, payout_id=payout.payout_id)
            paid = moved_on(payout, PayoutState.PAID, now_us, bank_id=payment.bank_id)
            yield PaymentDecided(payment=known, actors=both)
            yield PayoutsChanged(payouts=(paid,), actors=both, now_us=now_us)
            if payout.participant_id is not None:
                # A return has left suspense already: its movement stands there with the other sign.
                moved = paid_out(payout, payment.bank_id, amount_quanta, SUSPENSE)
                yield TransfersBooked(transfers=(moved,))
        case PaymentDecision.BANK_FEE:
            kind = TransferKind.BANK_FEE
            moved = transfer(SUSPENSE, BANK_FEES, amount_quanta, kind, payment.bank_id)
            yield PaymentDecided(payment=known, actors=both)
            yield TransfersBooked(transfers=(moved,))
        case PaymentDecision.RETURN:
            payout = _return_of(state, command, payment)
            sent_back = replace(known, state=PaymentState.RETURNED, payout_id=payout.payout_id)
            yield PaymentDecided(payment=sent_back, actors=both)
            yield PayoutsChanged(payouts=(payout,), actors=both, now_us=now_us)


def _return_of(state: MarketState, command: DecidePayment, payment: Payment) -> Payout:
    """What goes back; two operators have agreed, so it goes with the next sending."""
    return Payout(
        payout_id=f"out-{state.payments.next_payout_number}",
        kind=PayoutKind.RETURN,
        participant_id=None,
        client_payout_id=payment.bank_id,
        amount_quanta=payment.amount_quanta,
        payee_name=payment.counterparty,
        payee_account=command.payee_account,
        state=PayoutState.APPROVED,
        requested_us=command.now_us,
        changed_us=command.now_us,
        reason=command.reason,
    )


# --- facts ------------------------------------------------------------------------------


def recorded(state: MarketState, event: PaymentsRecorded) -> None:
    """The bank told of movements; the money is in the transfers beside it."""
    state.payments.record(event.payments)


def decided(state: MarketState, event: PaymentDecided) -> None:
    """What an unmatched movement was for is known; or it is unmatched again."""
    state.payments.decide(event.payment)
