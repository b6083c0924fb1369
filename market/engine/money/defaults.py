"""Debts that are not paid: what is overdue, and who covers it in the published order.

The one idea: to cover a debt is an act of two operators on figures worked out here; what it moves is
transfers of kinds of their own, so anybody can see who bore what, and what came back.
"""

from dataclasses import astuple

from market.engine.decisions import DONE_BEFORE, applied, refused
from market.engine.money.payouts import refused_unsent, short_of, withdrawable_quanta
from market.engine.money.two_people import agreed
from market.engine.state import MarketState
from market.model.demand import Owed
from market.model.messages import Decision, TransfersBooked
from market.model.money import (
    BANK,
    GUARANTEE_FUND,
    TransferKind,
    collateral_account,
    participant_account,
    transfer,
)
from market.model.payment import (
    Cover,
    CoverDefault,
    Default,
    DefaultCovered,
    DefaultRecovered,
    FundPaidIn,
    MoveCollateral,
    PayIntoFund,
)
from market.model.rejection import Code, Rejection
from market.settlement.owed import Aside, overdue_quanta, owed
from market.settlement.waterfall import cover_of, cover_transfers

_COVER = "cover_default"
"""What two agree on, by its name among what waits."""
OVERDUE_REASON = "overdue"
"""Why withdrawals of somebody whose debt is covered are refused."""


def owed_by(state: MarketState, participant_id: str) -> tuple[Owed, ...]:
    """How far each bill of a participant is paid."""
    payments, cases = state.payments, state.cases
    demands = payments.demands_of(participant_id)
    aside: dict[str, Aside] = {}
    for demand in demands:
        month = demand.month
        disputed = cases.disputed_quanta(participant_id, month)
        credited = cases.unpayable_quanta(participant_id, month) - disputed
        if disputed or credited:
            aside[month] = Aside(disputed_quanta=disputed, credited_quanta=credited)
    return owed(
        demands,
        paid_in_quanta=payments.paid_in_quanta.get(participant_id, 0),
        balance_quanta=state.ledger.balance_quanta(participant_account(participant_id)),
        named_quanta=payments.named_of(participant_id),
        covered_quanta=payments.claims.get(participant_id, Cover()).total_quanta,
        aside=aside,
    )


def cover_default(state: MarketState, command: CoverDefault) -> Decision:
    """Propose that an overdue debt be covered, or agree and cover it."""
    debtor = command.participant_id
    if debtor not in state.participants:
        return refused([Rejection(code=Code.PARTICIPANT_UNKNOWN, pointer="participant_id")])
    overdue = overdue_quanta(owed_by(state, debtor), command.now_us)
    balance = state.ledger.balance_quanta(participant_account(debtor))
    short = min(overdue, max(0, -balance))
    if not short:
        return refused([Rejection(code=Code.NOTHING_OVERDUE, pointer="participant_id")])
    default = Default(
        default_id=f"dft-{state.payments.next_default_number}",
        participant_id=debtor,
        overdue_quanta=overdue,
        own_quanta=overdue - short,
        cover=cover_of(
            short,
            collateral_quanta=state.ledger.balance_quanta(collateral_account(debtor)),
            fund_quanta=state.ledger.balance_quanta(GUARANTEE_FUND),
        ),
        reason=command.reason,
        now_us=command.now_us,
    )
    both = agreed(
        state,
        actor=command.actor,
        now_us=command.now_us,
        what=_COVER,
        target=debtor,
        # All but the moment: two people do not speak in the same one.
        content=astuple(default)[:-1],
        said={"reason": command.reason},
    )
    if isinstance(both, Decision):
        return both
    transfers = cover_transfers(debtor, default.cover, default.default_id)
    moved = sum(item.amount_quanta for item in transfers)
    assert moved == default.cover.total_quanta == short, "what is covered is what was short"
    return applied(
        *refused_unsent(state, debtor, both, command.now_us, OVERDUE_REASON),
        DefaultCovered(default=default, actors=both),
        TransfersBooked(transfers=transfers),
    )


def move_collateral(state: MarketState, command: MoveCollateral) -> Decision:
    """Money goes to the participant's collateral, or comes back from there.

    What is put down is its own and free, as what is paid out. What is taken back is what no debt needs that it
    has now: what its account is below zero, and what the fund and the operator have covered.
    """
    owner, amount_quanta = command.participant_id, command.amount_quanta
    if owner not in state.participants:
        return refused([Rejection(code=Code.PARTICIPANT_UNKNOWN, pointer="participant_id")])
    if not amount_quanta:
        return refused([Rejection(code=Code.FIELD_RANGE, pointer="amount")])
    puts_down = amount_quanta > 0
    free_quanta = (
        withdrawable_quanta(state, owner) if puts_down else returnable_quanta(state, owner)
    )
    if abs(amount_quanta) > free_quanta:
        return refused([short_of(abs(amount_quanta), free_quanta)])
    kind = TransferKind.COLLATERAL_PUT_DOWN if puts_down else TransferKind.COLLATERAL_RETURNED
    accounts = participant_account(owner), collateral_account(owner)
    return applied(TransfersBooked(transfers=(transfer(*accounts, amount_quanta, kind, owner),)))


def returnable_quanta(state: MarketState, participant_id: str) -> int:
    """What of a participant's collateral no debt needs now."""
    balance = state.ledger.balance_quanta(participant_account(participant_id))
    covered = state.payments.claims.get(participant_id, Cover())
    needed = max(0, -balance) + covered.fund_quanta + covered.default_quanta
    return max(0, state.ledger.balance_quanta(collateral_account(participant_id)) - needed)


def pay_into_fund(state: MarketState, command: PayIntoFund) -> Decision:
    """Money comes to the guarantee fund; its id counts once for ever, as of every deposit."""
    before = state.deposits.get(command.deposit_id)
    if before == ("", command.amount_quanta):
        return DONE_BEFORE
    if before is not None or command.deposit_id in state.payments.seen:
        code = Code.EXISTS_WITH_DIFFERENT_FIELDS
        return refused([Rejection(code=code, pointer="deposit_id")])
    moved = transfer(
        BANK,
        GUARANTEE_FUND,
        command.amount_quanta,
        TransferKind.FUND_CONTRIBUTION,
        command.deposit_id,
    )
    paid_in = FundPaidIn(deposit_id=command.deposit_id, amount_quanta=command.amount_quanta)
    return applied(paid_in, TransfersBooked(transfers=(moved,)))


# --- facts ------------------------------------------------------------------------------


def fund_paid_in(state: MarketState, event: FundPaidIn) -> None:
    """Note the id; it is nobody's deposit."""
    state.deposits[event.deposit_id] = ("", event.amount_quanta)


def default_covered(state: MarketState, event: DefaultCovered) -> None:
    """What was covered is owed to those who did; the money is in the transfers beside it."""
    default = event.default
    state.payments.claim(default.participant_id, default.cover)
    state.payments.next_default_number += 1
    state.payments.agreed(_COVER, default.participant_id)


def default_recovered(state: MarketState, event: DefaultRecovered) -> None:
    """Less is owed to those who covered."""
    state.payments.claim(event.participant_id, event.back, -1)
