"""A month is settled once its days are: adders are given back to balance groups.

The one idea: what it comes to is worked out outside, from the versions of its days; here it is decided whether these are
still the ones that stand, and that it is booked once.
"""

from market.engine.decisions import applied, refused
from market.engine.state import MarketState
from market.model.interval import MarketMonth
from market.model.messages import Decision, TransfersBooked
from market.model.money import BALANCING, TransferKind, participant_account
from market.model.rejection import Code, Rejection
from market.model.settled_month import (
    MonthSettled,
    SettledMonth,
    SettleMonth,
    month_reference,
)
from market.settlement.energy import ConservationError
from market.settlement.months import basis_of, is_wanted

_KINDS = frozenset({TransferKind.GROUP_NETTING, TransferKind.BAND_WAIVER})
_PARTICIPANT = participant_account("")


def settle_month(state: MarketState, command: SettleMonth) -> Decision:
    """Book a month on the versions of its days that stand; on the same ones again it changes nothing.

    Raises:
        ConservationError: a transfer that a month has no say in.
    """
    standing = state.months.months.get(command.month)
    if standing is not None and standing.basis == command.basis:
        return applied()
    rules = state.rules
    month = MarketMonth.of(command.month, rules.time_zone)
    stands = basis_of(state.settlements.days, rules, state.phases.closed_until_s(), month)
    if stands != command.basis:
        # A day was settled again meanwhile, or is not settled yet.
        parameters = {"month": command.month}
        return refused([Rejection(code=Code.PHASE_CONFLICT, parameters=parameters)])
    version = state.months.version(command.month) + 1
    reference = month_reference(command.month, version)
    for item in command.transfers:
        accounts = item.debit_account, item.credit_account
        of_group = BALANCING in accounts and any(name.startswith(_PARTICIPANT) for name in accounts)
        if (
            item.kind not in _KINDS
            or not of_group
            or item.reference != reference
            or item.amount_quanta <= 0
        ):
            raise ConservationError(f"{reference} may not book {item}")
    settled = MonthSettled(
        settled=SettledMonth(
            month=command.month,
            version=version,
            basis=command.basis,
            detail=command.detail,
            rows=command.rows,
            differences=len(command.transfers),
            now_us=command.now_us,
        ),
        ledger_sum_quanta=state.ledger.sum_quanta(),
    )
    if not command.transfers:
        return applied(settled)
    return applied(TransfersBooked(transfers=command.transfers), settled)


def is_open(state: MarketState, month: MarketMonth) -> bool:
    """Whether adders of a month are still to be given back for the first time."""
    waits = not state.months.version(month.first.isoformat()[:7])
    return waits and is_wanted(state.rules, state.balance_groups, month)


def month_settled(state: MarketState, event: MonthSettled) -> None:
    """The version stands; it must not have moved the sum of the ledger."""
    if state.ledger.sum_quanta() != event.ledger_sum_quanta:
        raise AssertionError(f"the ledger does not sum up after {event.settled.month}")
    state.months.finish(event.settled)
