"""What banks, participants and operators do about money in a random life of a market, and what holds then.

Deposits by hand and by statement, movements nobody knows, withdrawals through every step, collateral put down and
taken back, the guarantee fund, debts that are covered, and bills that are disputed, withdrawn, rejected, credited or
upheld as corrected. A life of `test_settlement_laws.py` takes these beside its own rules.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from market.engine.state import MarketState
from market.model.bill import BillState
from market.model.case import (
    Claim,
    DecideCase,
    DisputeBill,
    Remedy,
    WithdrawCase,
)
from market.model.messages import Command, Deposit, MakeDeposits
from market.model.money import DISPUTED, Transfer, TransferKind
from market.model.payment import (
    BankRow,
    CancelWithdrawal,
    CoverDefault,
    DecidePayment,
    DecidePayout,
    MoveCollateral,
    PayIntoFund,
    PaymentDecision,
    PayoutDecision,
    PayoutState,
    RecordPayments,
    RejectPayouts,
    RequestWithdrawal,
    SendPayouts,
)
from market.model.units import QUANTA_PER_CENT as CENT
from market.store import queries
from tests.builders import RULES
from tests.market.engine.offering import PARTIES

OWNERS = tuple(item.participant_id for item in PARTIES)
MONTH = "2016-06"
DAY_US = 86_400 * 10**6
OPERATORS = ("op1", "op2")
PAYMENTS = frozenset(
    {
        *(TransferKind.DEPOSIT, TransferKind.WITHDRAWAL),
        *(TransferKind.COLLATERAL_PUT_DOWN, TransferKind.COLLATERAL_RETURNED),
        *(TransferKind.COVER_COLLATERAL, TransferKind.COVER_FUND, TransferKind.COVER_DEFAULT),
        TransferKind.RECOVERY,
    }
)

owners = st.sampled_from(OWNERS)
cents = st.sampled_from((1, 20, 60, 1_00, 5_00))
numbers = st.integers(1, 5)
references = st.one_of(
    owners,
    st.sampled_from(("", "ann ben", "who knows")),
    numbers.map("bil-{}".format),
    numbers.map("out-{}".format),
)


class MoneyRules(RuleBasedStateMachine):
    """Rules and laws; who takes them says how a command is done and what the market knows."""

    paid: Counter[str]
    """By account: what came in by payments, less what went out."""

    def _does(self, command: Command) -> Any:  # noqa: ANN401 - whatever it committed
        raise NotImplementedError

    @property
    def now_us(self) -> int:
        raise NotImplementedError

    def count_payments(self, transfers: Iterable[Transfer]) -> None:
        """Take in what an event has booked."""
        for item in transfers:
            if item.kind in PAYMENTS:
                self.paid[item.debit_account] -= item.amount_quanta
                self.paid[item.credit_account] += item.amount_quanta

    @staticmethod
    def money_laws(state: MarketState) -> None:
        """What holds after every command, beside the sum that is zero."""
        ledger, payments = state.ledger, state.payments
        assert ledger.balance_quanta(DISPUTED) == state.cases.held_quanta() >= 0
        waiting = [*payments.unmatched.values(), *payments.returning.values()]
        assert ledger.balance_quanta("suspense") == sum(x.amount_quanta for x in waiting)
        for name, quanta in ledger.accounts().items():
            assert quanta >= 0 or not name.startswith("collateral:"), name
        lent = sum(claim.default_quanta for claim in payments.claims.values())
        assert ledger.balance_quanta("default") == -lent

    # --- money that comes and goes --------------------------------------------------------

    @rule(who=owners, amount=cents, number=numbers)
    def deposits(self, who: str, amount: int, number: int) -> None:
        """By hand; a repeat is harmless, another one under the same id refused."""
        deposit = Deposit(
            deposit_id=f"hand-{number}", participant_id=who, amount_quanta=amount * CENT
        )
        self._does(MakeDeposits(now_us=self.now_us, actor="op1", deposits=(deposit,)))

    @rule(number=st.integers(1, 12), amount=cents, out=st.booleans(), reference=references)
    def the_bank_tells(self, number: int, amount: int, out: bool, reference: str) -> None:
        row = BankRow(
            bank_id=f"b-{number}",
            day="2016-06-15",
            amount_quanta=(-amount if out else amount) * CENT,
            reference=reference,
            counterparty="somebody",
        )
        self._does(RecordPayments(now_us=self.now_us, actor="op1", rows=(row,)))

    @precondition(lambda self: self.state.payments.unmatched)
    @rule(number=numbers, decision=st.sampled_from(PaymentDecision), who=owners, payout=numbers)
    def what_nobody_knew_is_placed(
        self, number: int, decision: PaymentDecision, who: str, payout: int
    ) -> None:
        unmatched = list(self.state.payments.unmatched)
        for operator in OPERATORS:
            self._does(
                DecidePayment(
                    now_us=self.now_us,
                    actor=operator,
                    bank_id=unmatched[number % len(unmatched)],
                    decision=decision,
                    reason="looked into",
                    participant_id=who,
                    payout_id=f"out-{payout}",
                    payee_account="DE02",
                )
            )

    @rule(who=owners, amount=cents, number=numbers)
    def withdraws(self, who: str, amount: int, number: int) -> None:
        self._does(
            RequestWithdrawal(
                now_us=self.now_us,
                actor=who,
                participant_id=who,
                client_payout_id=f"w-{number}",
                amount_quanta=amount * CENT,
                payee_name=who,
                payee_account="DE02",
            )
        )

    @precondition(lambda self: self.state.payments.payouts)
    @rule(number=numbers, decision=st.sampled_from((*PayoutDecision, None)), who=owners)
    def what_becomes_of_a_withdrawal(
        self, number: int, decision: PayoutDecision | None, who: str
    ) -> None:
        """Operators decide, or who asked takes it back."""
        payouts = list(self.state.payments.payouts)
        payout_id = payouts[-1 - number % len(payouts)]
        if decision is None:
            command: Command = CancelWithdrawal(
                now_us=self.now_us, actor=who, participant_id=who, payout_id=payout_id
            )
            self._does(command)
            return
        for operator in OPERATORS:
            command = DecidePayout(
                now_us=self.now_us,
                actor=operator,
                payout_id=payout_id,
                decision=decision,
                reason="seen",
            )
            self._does(command)

    @precondition(lambda self: self.state.payments.in_state(PayoutState.APPROVED))
    @rule(carries_out=st.booleans())
    def the_bank_is_sent_what_is_approved(self, carries_out: bool) -> None:
        """And carries it out, or rejects the first."""
        self._does(SendPayouts(now_us=self.now_us, actor="op1"))
        sent = self.state.payments.in_state(PayoutState.SENT)
        if not carries_out:
            rejected = tuple((payout.payout_id, "account closed") for payout in sent[:1])
            self._does(RejectPayouts(now_us=self.now_us, actor="op1", rejected=rejected))
            return
        for payout in sent:
            row = BankRow(
                bank_id=f"of-{payout.payout_id}",
                day="2016-06-15",
                amount_quanta=-payout.amount_quanta,
                reference=payout.payout_id,
                counterparty="somebody",
            )
            self._does(RecordPayments(now_us=self.now_us, actor="op1", rows=(row,)))

    @rule(who=owners, amount=cents, back=st.booleans())
    def collateral_moves(self, who: str, amount: int, back: bool) -> None:
        self._does(
            MoveCollateral(
                now_us=self.now_us,
                actor=who,
                participant_id=who,
                amount_quanta=(-amount if back else amount) * CENT,
            )
        )

    @rule(amount=cents, number=numbers)
    def somebody_pays_into_the_fund(self, amount: int, number: int) -> None:
        self._does(
            PayIntoFund(
                now_us=self.now_us,
                actor="op1",
                deposit_id=f"fund-{number}",
                amount_quanta=amount * CENT,
            )
        )

    @precondition(lambda self: self.are_billed)
    @rule(who=owners)
    def a_debt_is_covered(self, who: str) -> None:
        for operator in OPERATORS:
            self._does(
                CoverDefault(now_us=self.now_us, actor=operator, participant_id=who, reason="late")
            )

    # --- disputes -------------------------------------------------------------------------

    @property
    def state(self) -> MarketState:
        """What the market knows."""
        raise NotImplementedError

    def _read(self, question: Any, **wanted: Any) -> Any:  # noqa: ANN401 - any query and its answer
        raise NotImplementedError

    @property
    def are_billed(self) -> bool:
        """Whether any bill stands."""
        return any(self.state.bills.issued(MONTH, who) for who in OWNERS)

    @precondition(lambda self: self.are_billed)
    @rule(who=owners, line=st.integers(-1, 12), part=st.integers(1, 4))
    def disputes(self, who: str, line: int, part: int) -> None:
        """A line of the bill that stands, or all of it, in whole or in part."""
        found = self._read(queries.bills, participant_id=who, state=BillState.ISSUED).items
        if not found:
            return
        bill = found[-1].bill
        whole = line < 0 or not bill.lines
        number = None if whole else line % len(bill.lines)
        most = bill.total_quanta if number is None else bill.lines[number].amount_quanta
        claim = Claim(line=number, amount_quanta=max(1, abs(most) * part // 4))
        self._does(
            DisputeBill(
                now_us=self.now_us,
                actor=who,
                participant_id=who,
                bill=bill,
                claims=(claim,),
                reason="too much",
            )
        )

    @precondition(lambda self: self.state.cases.open)
    @rule(number=st.integers(0, 9), remedy=st.sampled_from((*Remedy, None, "withdrawn")))
    def a_case_ends(self, number: int, remedy: Remedy | str | None) -> None:
        cases = list(self.state.cases.open.values())
        case = cases[number % len(cases)]
        if remedy == "withdrawn":
            who = case.participant_id
            command: Command = WithdrawCase(
                now_us=self.now_us, actor=who, case_id=case.case_id, participant_id=who
            )
            self._does(command)
            return
        assert remedy is None or isinstance(remedy, Remedy)
        for operator in OPERATORS if remedy is Remedy.CREDIT else OPERATORS[:1]:
            read = None
            if remedy is Remedy.CREDIT:
                read = self._read(
                    queries.month_read,
                    rules=RULES,
                    month=MONTH,
                    participant_id=case.participant_id,
                )
            command = DecideCase(
                now_us=self.now_us,
                actor=operator,
                case_id=case.case_id,
                remedy=remedy,
                claims=(),
                answer="so it is",
                read=read,
            )
            self._does(command)
