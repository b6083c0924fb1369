"""A market whose month can be billed, and what its bank, its participants and operators say, in short."""

from dataclasses import replace

from clearing.clear import clear
from market.model.bill import BillSource, DraftBills, IssueBills, Posted
from market.model.messages import Answer, TransfersBooked
from market.model.money import Transfer, TransferKind, participant_account
from market.model.payment import (
    BankRow,
    DecidePayment,
    DecidePayout,
    PaymentDecision,
    Payout,
    PayoutDecision,
    RecordPayments,
    RequestWithdrawal,
    SendPayouts,
)
from market.model.rejection import Code
from market.model.units import QUANTA_PER_CENT
from tests.builders import DAY_BEFORE_US, MIDNIGHT_S, RULES, STEP_S, Story
from tests.market.written import due_command

DAY_US = 86_400_000_000
CENT = QUANTA_PER_CENT


def row(
    bank_id: str, cents: int, reference: str = "", *, day: str = "2016-07-05", who: str = "A. Payer"
) -> BankRow:
    """What the bank says of one movement."""
    return BankRow(
        bank_id=bank_id,
        day=day,
        amount_quanta=cents * CENT,
        reference=reference,
        counterparty=who,
    )


class Bank(Story):
    """A market and its bank: `ann` has deposited nothing, `ben` has; amounts are in cents."""

    def __init__(self, *, ann: int = 0, ben: int = 100_00) -> None:
        rules = replace(RULES, trading_until_s=MIDNIGHT_S + STEP_S)
        self.billed_quanta: dict[str, int] = {}
        super().__init__(rules=rules, deposits={"ann": ann * CENT, "ben": ben * CENT})

    def is_over(self) -> None:
        """The one day is closed: its month can be billed."""
        while (timer := self.engine.next_timer()) is not None:
            assert self.does(due_command(self.engine, timer, clear)).rejections == ()
            self.now_us = max(self.now_us, timer.due_us)

    def books(self, *transfers: Transfer) -> None:
        """What trading or settlement would have booked."""
        booked = TransfersBooked(transfers=transfers)
        self.engine.apply(booked)
        self.events.append(booked)

    def owes(self, who: str, cents: int) -> str:
        """So much is on somebody's account and on a bill that stands; the bill."""
        assert self.engine.next_timer() is None, "its day is closed"
        quanta = cents * CENT
        booked = Transfer(
            debit_account=participant_account(who),
            credit_account="rent:GRID-RUR",
            amount_quanta=quanta,
            kind=TransferKind.RENT_RETURN,
            reference="test",
        )
        self.books(booked)
        self.billed_quanta[who] = self.billed_quanta.get(who, 0) + quanta
        posted = Posted(
            kind=TransferKind.RENT_RETURN,
            period=0,
            count=1,
            amount_quanta=self.billed_quanta[who],
        )
        draft = DraftBills(
            now_us=self.now_us,
            actor="op1",
            month="2016-06",
            as_of_event_seq=1,
            sources=(BillSource(participant_id=who, posted=(posted,)),),
        )
        assert self.does(draft).rejections == ()
        issue = IssueBills(now_us=self.now_us, actor="op1", month="2016-06", bill_ids=())
        assert self.does(issue).rejections == ()
        (demand,) = self.engine.state.payments.demands_of(who)
        return demand.bill_id

    def says(self, *rows: BankRow) -> Answer:
        """The bank tells of movements."""
        return self.does(RecordPayments(now_us=self.now_us, actor="op1", rows=rows))

    def wants(self, who: str, cents: int, name: str = "w-1", account: str = "DE02") -> Answer:
        """A participant asks for money."""
        return self.does(
            RequestWithdrawal(
                now_us=self.now_us,
                actor=who,
                participant_id=who,
                client_payout_id=name,
                amount_quanta=cents * CENT,
                payee_name=who.title(),
                payee_account=account,
            )
        )

    def decides(
        self, payout_id: str, decision: PayoutDecision, *who: str, reason: str = "seen"
    ) -> Answer:
        """Operators say the same of a payout, one after the other; the last answer."""
        answers = [
            self.does(
                DecidePayout(
                    now_us=self.now_us,
                    actor=name,
                    payout_id=payout_id,
                    decision=decision,
                    reason=reason,
                )
            )
            for name in who or ("op1", "op2")
        ]
        return answers[-1]

    def sends(self) -> Answer:
        """What is approved goes to the bank."""
        return self.does(SendPayouts(now_us=self.now_us, actor="op1"))

    def places(  # type: ignore[override]
        self, bank_id: str, decision: PaymentDecision, *who: str, **more: str
    ) -> Answer:
        """Operators say what a movement was for; the last answer."""
        answers = [
            self.does(
                DecidePayment(
                    now_us=self.now_us,
                    actor=name,
                    bank_id=bank_id,
                    decision=decision,
                    reason="looked into",
                    **more,
                )
            )
            for name in who or ("op1", "op2")
        ]
        return answers[-1]

    def cents(self, account: str) -> int:
        """Balance of an account, which has to be whole cents."""
        quanta = self.engine.state.ledger.balance_quanta(account)
        assert quanta % CENT == 0
        return quanta // CENT

    def held(self, who: str) -> int:
        """What is held of somebody's money, cents."""
        return self.engine.state.ledger.held_quanta(who) // CENT

    def payout(self, number: int = 1) -> Payout:
        """A payout by its number."""
        return self.engine.state.payments.payouts[f"out-{number}"]


def codes(answer: Answer) -> list[Code]:
    """The reasons of a no."""
    return [fault.code for fault in answer.rejections]


__all__ = ["CENT", "DAY_BEFORE_US", "DAY_US", "Bank", "codes", "row"]
