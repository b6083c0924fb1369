"""The money of a report: by kind, by account, and whether both say the same.

The one idea: a posting is counted twice when it is booked, by account and day and by sort of account, kind and
day; a report adds up both and says so where they differ, so that no figure is wrong in silence.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import Connection, select

from market.model.bill import BillState
from market.model.demand import Owed
from market.model.money import TransferKind, participant_account
from market.model.rules import MarketRules
from market.store import tables
from market.store.period_views import (
    AccountPeriod,
    BillSum,
    Debt,
    KindSum,
    MoneyFault,
    NetSum,
    PeriodMoney,
    PeriodSpan,
)
from market.store.queries.bills_owed import bills_owed
from market.store.queries.money import joined, trial_balance, whole_sum
from market.store.queries.pages import AnyRow
from market.store.views import AccountDay

PARTICIPANTS = "participant"
"""The sort of account that participants have."""


def period_money(connection: Connection, market_id: str, span: PeriodSpan) -> PeriodMoney:
    """What moved on the days of a report, and for them."""
    c = tables.day_movements.c
    booked = _kinds(
        connection.execute(
            select(tables.day_movements)
            .where(c.market_id == market_id, c.day >= span.names[0], c.day <= span.names[-1])
            .order_by(c.giver, c.receiver, c.kind)
        )
    )
    accounts = _accounts(connection, market_id, span)
    return PeriodMoney(
        booked=booked,
        delivered=_delivered(connection, market_id, span),
        accounts=_by_sort(accounts),
        faults=_faults(booked, accounts),
    )


def _delivered(connection: Connection, market_id: str, span: PeriodSpan) -> tuple[NetSum, ...]:
    """What moved for the days of a report, by sort of account and kind."""
    c = tables.posting_days.c
    rows = connection.execute(
        select(
            c.first_account,
            c.second_account,
            c.kind,
            whole_sum(c.high_quanta),
            whole_sum(c.low_quanta),
            whole_sum(c.postings),
        )
        .where(c.market_id == market_id, c.day >= span.names[0], c.day <= span.names[-1])
        .group_by(c.first_account, c.second_account, c.kind)
    )
    found: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for first, second, kind, high, low, postings in rows:
        moved_quanta = joined(high, low)
        giver, receiver = found[_sort(first), kind], found[_sort(second), kind]
        giver[0] -= moved_quanta
        receiver[0] += moved_quanta
        giver[1] += postings
        if receiver is not giver:
            receiver[1] += postings
    return tuple(
        NetSum(account=account, kind=TransferKind(kind), net_quanta=net_quanta, postings=postings)
        for (account, kind), (net_quanta, postings) in sorted(found.items())
    )


def _kinds(rows: Iterable[AnyRow]) -> tuple[KindSum, ...]:
    """Both sides of what moved, by sort of account and kind."""
    found: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        received, given = found[row.receiver, row.kind], found[row.giver, row.kind]
        received[0] += row.amount_quanta
        given[1] += row.amount_quanta
        received[2] += row.postings
        if given is not received:
            given[2] += row.postings
    return tuple(
        KindSum(
            account=account,
            kind=TransferKind(kind),
            received_quanta=received_quanta,
            given_quanta=given_quanta,
            postings=postings,
        )
        for (account, kind), (received_quanta, given_quanta, postings) in sorted(found.items())
    )


def _accounts(connection: Connection, market_id: str, span: PeriodSpan) -> dict[str, AccountPeriod]:
    """Every account from the trial balance before the first day to that of the last one."""
    before = (span.days[0] - timedelta(days=1)).isoformat()
    opening = {item.account: item for item in trial_balance(connection, market_id, before).accounts}
    c = tables.account_days.c
    moved: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in connection.execute(
        select(c.account, c.received_quanta, c.given_quanta).where(
            c.market_id == market_id, c.day >= span.names[0], c.day <= span.names[-1]
        )
    ):
        sums = moved[row.account]
        sums[0] += row.received_quanta
        sums[1] += row.given_quanta
    return {
        item.account: AccountPeriod(
            account=item.account,
            opening_quanta=_balance(opening.get(item.account)),
            received_quanta=moved[item.account][0],
            given_quanta=moved[item.account][1],
            closing_quanta=item.balance_quanta,
        )
        for item in trial_balance(connection, market_id, span.names[-1]).accounts
    }


def _balance(day: AccountDay | None) -> int:
    return 0 if day is None else day.balance_quanta


def _by_sort(accounts: dict[str, AccountPeriod]) -> tuple[AccountPeriod, ...]:
    """Those of participants as one, every other by itself; by name."""
    shown = {name: item for name, item in accounts.items() if _sort(name) != PARTICIPANTS}
    people = [item for name, item in accounts.items() if name not in shown]
    if people:
        shown[PARTICIPANTS] = AccountPeriod(
            account=PARTICIPANTS,
            opening_quanta=sum(item.opening_quanta for item in people),
            received_quanta=sum(item.received_quanta for item in people),
            given_quanta=sum(item.given_quanta for item in people),
            closing_quanta=sum(item.closing_quanta for item in people),
        )
    return tuple(shown[name] for name in sorted(shown))


def _sort(account: str) -> str:
    return account.partition(":")[0]


def _faults(
    booked: Iterable[KindSum], accounts: dict[str, AccountPeriod]
) -> tuple[MoneyFault, ...]:
    """Sorts of accounts whose kinds do not add up to the movement of their trial balances."""
    by_kind: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    by_account: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    moved: defaultdict[str, int] = defaultdict(int)
    for item in booked:
        sums = by_kind[item.account]
        sums[0] += item.received_quanta
        sums[1] += item.given_quanta
    for name, account in accounts.items():
        sums = by_account[_sort(name)]
        sums[0] += account.received_quanta
        sums[1] += account.given_quanta
        moved[_sort(name)] += account.closing_quanta - account.opening_quanta
    return tuple(
        MoneyFault(
            account=sort,
            by_kind_quanta=by_kind[sort][0] - by_kind[sort][1],
            by_account_quanta=moved[sort],
        )
        for sort in sorted({*by_kind, *by_account})
        if by_kind[sort] != by_account[sort]
        or moved[sort] != by_account[sort][0] - by_account[sort][1]
    )


def debts(connection: Connection, market_id: str, span: PeriodSpan) -> tuple[Debt, ...]:
    """Participants below zero at the end of the last day, who owes most first."""
    c = tables.participants.c
    names = {
        participant_account(row.participant_id): (row.participant_id, row.name)
        for row in connection.execute(
            select(c.participant_id, c.name).where(c.market_id == market_id)
        )
    }
    balance = trial_balance(connection, market_id, span.names[-1])
    found = [
        Debt(
            participant_id=names[item.account][0],
            name=names[item.account][1],
            balance_quanta=item.balance_quanta,
        )
        for item in balance.accounts
        if item.balance_quanta < 0 and item.account in names
    ]
    return tuple(sorted(found, key=lambda item: (item.balance_quanta, item.participant_id)))


def bill_sums(connection: Connection, market_id: str, span: PeriodSpan) -> tuple[BillSum, ...]:
    """Bills of the months that the days are in, by state."""
    c = tables.bills.c
    months = sorted({day[:7] for day in span.names})
    found: defaultdict[tuple[str, BillState], list[int]] = defaultdict(lambda: [0, 0])
    for row in connection.execute(
        select(c.month, c.state, c.total_quanta).where(
            c.market_id == market_id, c.month.in_(months)
        )
    ):
        sums = found[row.month, BillState(row.state)]
        sums[0] += 1
        sums[1] += row.total_quanta
    return tuple(
        BillSum(month=month, state=state, bills=bills, total_quanta=total_quanta)
        for (month, state), (bills, total_quanta) in sorted(found.items())
    )


def open_bills(
    connection: Connection, market_id: str, rules: MarketRules, span: PeriodSpan
) -> tuple[Owed, ...]:
    """Bills of the days' months and earlier ones of which something is to be paid now, oldest first."""
    c = tables.participants.c
    names = connection.execute(select(c.participant_id).where(c.market_id == market_id)).scalars()
    owed = bills_owed(connection, market_id, rules, list(names)).values()
    month = span.names[-1][:7]
    found = [item for item in owed if item.open_quanta > 0 and item.demand.month <= month]
    return tuple(sorted(found, key=lambda item: (item.demand.month, item.demand.participant_id)))
