"""What the stream tells of payments, withdrawals and covered debts, once each."""

from collections.abc import Iterator

from market.model.messages import Event
from market.model.payment import (
    Cover,
    Default,
    DefaultCovered,
    DefaultRecovered,
    Payment,
    PaymentDecided,
    PaymentsRecorded,
    PaymentState,
    Payout,
    PayoutKind,
    PayoutsChanged,
    PayoutState,
)
from tests.api.watched import NOW_US


def paid_and_withdrawn() -> Iterator[Event]:
    """Ann pays a bill, is given what nobody could place, withdraws, and her debt is covered."""
    payment = Payment(
        bank_id="b-1",
        day="2016-07-05",
        amount_quanta=10**9,
        reference="bil-1",
        counterparty="A. Ann",
        state=PaymentState.MATCHED,
        participant_id="ann",
        bill_id="bil-1",
        month="2016-06",
        booked_us=NOW_US,
    )
    yield PaymentsRecorded(payments=(payment,))
    yield PaymentDecided(payment=payment, actors=("a", "b"))
    for state in PayoutState:
        payout = Payout(
            payout_id="out-1",
            kind=PayoutKind.WITHDRAWAL,
            participant_id="ann",
            client_payout_id="w-1",
            amount_quanta=10**8,
            payee_name="Ann",
            payee_account="DE02",
            state=state,
            requested_us=NOW_US,
            changed_us=NOW_US,
        )
        yield PayoutsChanged(payouts=(payout,), actors=("ann",), now_us=NOW_US)
    cover = Cover(collateral_quanta=1, fund_quanta=2, default_quanta=3)
    default = Default(
        default_id="dft-1",
        participant_id="ann",
        overdue_quanta=6,
        own_quanta=0,
        cover=cover,
        reason="late",
        now_us=NOW_US,
    )
    yield DefaultCovered(default=default, actors=("a", "b"))
    yield DefaultRecovered(participant_id="ann", back=cover, now_us=NOW_US)
