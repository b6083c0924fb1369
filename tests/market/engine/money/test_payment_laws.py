"""Whatever a bank, participants and operators say in whatever order: nothing is paid twice or lost.

The one idea: beside the market stands a plain count of what the bank has told, by its ids. After every step
the bank account is that count, what nobody knows is on suspense, what is held is what is to be paid out, and
no payout has left more than once.
"""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from market.engine.engine import Engine
from market.engine.money.defaults import owed_by
from market.model.payment import (
    OPEN_PAYOUTS,
    BankRow,
    CancelWithdrawal,
    CoverDefault,
    PaymentDecision,
    PaymentsRecorded,
    PayoutDecision,
    PayoutsChanged,
    PayoutState,
    RejectPayouts,
)
from market.model.rejection import Code
from tests.market.engine.paying import CENT, DAY_US, Bank, codes, row

PEOPLE = ("ann", "ben")
HAND_CENTS = 100_00 + 10**13 // CENT
"""What was deposited by hand: Ben's, and the retailer's."""
people = st.sampled_from(PEOPLE)
numbers = st.integers(1, 6)
cents = st.sampled_from((1_00, 2_50, 40_00))
references = st.one_of(
    people,
    st.sampled_from(("bil-1", "Bill BIL-2", "bil-1 bil-2", "", "ann ben", "who knows")),
    numbers.map(lambda number: f"out-{number}"),
    numbers.map(lambda number: f"OUT-{number} out-{number + 1}"),
)
rows = st.builds(
    row,
    st.integers(1, 40).map(lambda number: f"b-{number}"),
    st.tuples(cents, st.sampled_from((1, -1))).map(lambda drawn: drawn[0] * drawn[1]),
    references,
)


class Paying(RuleBasedStateMachine):
    """A market that is over, with two participants and one bank."""

    def __init__(self) -> None:
        super().__init__()
        self.bank = Bank()
        self.bank.is_over()
        self.told: dict[str, BankRow] = {}
        """What the bank has told, by its id."""
        self.contributed = 0
        self.collateral = 0

    @rule(said=st.lists(rows, min_size=1, max_size=4))
    def the_bank_tells(self, said: list[BankRow]) -> None:
        answer = self.bank.says(*said)
        if answer.rejections:
            assert {fault.code for fault in answer.rejections} == {
                Code.EXISTS_WITH_DIFFERENT_FIELDS
            }
            first = {item.bank_id: item for item in reversed(said)}
            assert any(
                self.told.get(item.bank_id, item) != item or first[item.bank_id] != item
                for item in said
            )
            return
        for item in said:
            assert self.told.setdefault(item.bank_id, item) == item

    @rule()
    def the_bank_carries_out_what_it_was_sent(self) -> None:
        for payout in self.bank.engine.state.payments.in_state(PayoutState.SENT):
            item = row(f"of-{payout.payout_id}", -payout.amount_quanta // CENT, payout.payout_id)
            assert self.bank.says(item).rejections == ()
            self.told[item.bank_id] = item

    @rule(who=people, amount=cents, number=numbers)
    def somebody_withdraws(self, who: str, amount: int, number: int) -> None:
        self.bank.wants(who, amount, f"w-{number}")

    @rule(who=people, number=numbers)
    def somebody_takes_it_back(self, who: str, number: int) -> None:
        command = CancelWithdrawal(
            now_us=self.bank.now_us, actor=who, participant_id=who, payout_id=f"out-{number}"
        )
        self.bank.does(command)

    @rule(
        number=numbers,
        decision=st.sampled_from(PayoutDecision),
        who=st.sampled_from((("op1",), ("op1", "op2"), ("op2", "op2"))),
    )
    def operators_decide(self, number: int, decision: PayoutDecision, who: tuple[str, ...]) -> None:
        self.bank.decides(f"out-{number}", decision, *who)

    @rule()
    def what_is_approved_is_sent(self) -> None:
        self.bank.sends()

    @rule(number=numbers)
    def the_channel_rejects(self, number: int) -> None:
        said = ((f"out-{number}", "account closed"),)
        self.bank.does(RejectPayouts(now_us=self.bank.now_us, actor="op1", rejected=said))

    @rule(
        number=st.integers(1, 40),
        decision=st.sampled_from(PaymentDecision),
        who=people,
        payout=numbers,
    )
    def operators_place(
        self, number: int, decision: PaymentDecision, who: str, payout: int
    ) -> None:
        more = {"participant_id": who, "payout_id": f"out-{payout}", "payee_account": "DE02"}
        self.bank.places(f"b-{number}", decision, **more)

    @rule(who=people, amount=cents)
    def a_bill_stands(self, who: str, amount: int) -> None:
        self.bank.owes(who, amount)

    @rule(days=st.integers(1, 30))
    def time_passes(self, days: int) -> None:
        self.bank.now_us += days * DAY_US

    @rule(who=people)
    def a_debt_is_covered(self, who: str) -> None:
        for operator in ("op1", "op2"):
            self._covers(who, operator)
        assert self._covers(who, "op1") == [Code.NOTHING_OVERDUE], "nothing is covered twice"

    def _covers(self, who: str, operator: str) -> list[Code]:
        return codes(
            self.bank.does(
                CoverDefault(
                    now_us=self.bank.now_us, actor=operator, participant_id=who, reason="late"
                )
            )
        )

    @rule()
    def the_market_is_restored(self) -> None:
        again = Engine()
        again.restore(self.bank.engine.snapshot())
        self.bank.engine = again

    # --- laws ---------------------------------------------------------------------------

    @invariant()
    def all_accounts_are_zero_together(self) -> None:
        assert self.bank.engine.state.ledger.sum_quanta() == 0

    @invariant()
    def the_bank_account_is_what_the_bank_has_told(self) -> None:
        told = sum(item.amount_quanta for item in self.told.values())
        assert -self.bank.engine.state.ledger.balance_quanta("bank") == told + HAND_CENTS * CENT

    @invariant()
    def what_nobody_knows_stands_on_suspense(self) -> None:
        payments = self.bank.engine.state.payments
        waiting = [*payments.unmatched.values(), *payments.returning.values()]
        assert self.bank.engine.state.ledger.balance_quanta("suspense") == sum(
            payment.amount_quanta for payment in waiting
        )

    @invariant()
    def what_is_held_is_what_is_to_be_paid_out(self) -> None:
        state = self.bank.engine.state
        for who in PEOPLE:
            assert state.ledger.held_quanta(who) == sum(
                payout.amount_quanta
                for payout in state.payments.payouts.values()
                if payout.participant_id == who and payout.state in OPEN_PAYOUTS
            )

    @invariant()
    def no_payout_leaves_twice(self) -> None:
        left: dict[str, int] = {}
        for event in self.bank.events:
            if isinstance(event, PayoutsChanged):
                for payout in event.payouts:
                    left[payout.payout_id] = left.get(payout.payout_id, 0) + (
                        payout.state is PayoutState.PAID
                    )
        assert max(left.values(), default=0) <= 1
        booked = [
            payment.bank_id
            for event in self.bank.events
            if isinstance(event, PaymentsRecorded)
            for payment in event.payments
        ]
        assert len(booked) == len(set(booked))

    @invariant()
    def nobody_owes_more_on_bills_than_the_account_is_short(self) -> None:
        state = self.bank.engine.state
        for who in PEOPLE:
            short = max(0, -state.ledger.balance_quanta(f"participant:{who}"))
            assert sum(bill.open_quanta for bill in owed_by(state, who)) <= short

    @invariant()
    def what_others_covered_is_what_they_lack(self) -> None:
        state = self.bank.engine.state
        claims = state.payments.claims.values()
        assert state.ledger.balance_quanta("default") == -sum(c.default_quanta for c in claims)


TestPaying = Paying.TestCase
