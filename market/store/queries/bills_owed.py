"""How far bills are paid.

The one idea: it is worked out when it is asked for, by the function the engine uses too, from rows that
payments, bills and disputes alone write; so no list can disagree with what is decided.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from market.model.bill import BillState
from market.model.case import CaseState
from market.model.demand import Demand, Owed
from market.model.money import participant_account
from market.model.payment import Payer
from market.model.rules import MarketRules
from market.settlement.owed import Aside, demand_of, owed
from market.store import tables
from market.store.account_rows import NAMED_MAX
from market.store.queries.cases import disputes_of
from market.store.queries.pages import fact
from market.store.views import StoredBill


def bills_owed(
    connection: Connection,
    market_id: str,
    rules: MarketRules,
    participant_ids: Collection[str],
) -> dict[str, Owed]:
    """What is payable and paid of every bill of these participants that stands, by its id."""
    wanted = sorted(set(participant_ids))
    found: dict[str, Owed] = {}
    for first in range(0, len(wanted), NAMED_MAX):
        part = wanted[first : first + NAMED_MAX]
        demands = _demands(connection, market_id, rules, part)
        aside = _aside(connection, market_id, demands)
        named = _named(connection, market_id, part)
        payers = _payers(connection, market_id, part)
        balances = _balances(connection, market_id, part)
        for name in part:
            payer = payers.get(name)
            bills = owed(
                demands[name],
                paid_in_quanta=0 if payer is None else payer.paid_in_quanta,
                balance_quanta=balances.get(name, 0),
                named_quanta=named[name],
                covered_quanta=0 if payer is None else payer.claims.total_quanta,
                aside=aside[name],
            )
            found |= {item.demand.bill_id: item for item in bills}
    return found


def with_owed(
    connection: Connection, market_id: str, rules: MarketRules, found: Iterable[StoredBill]
) -> tuple[StoredBill, ...]:
    """Bills with what is payable and paid of those that stand."""
    bills = tuple(found)
    stand = {item.bill.participant_id for item in bills if item.state is BillState.ISSUED}
    known = bills_owed(connection, market_id, rules, stand) if stand else {}
    return tuple(replace(item, owed=known.get(item.bill.bill_id)) for item in bills)


def _demands(
    connection: Connection, market_id: str, rules: MarketRules, names: list[str]
) -> defaultdict[str, list[Demand]]:
    c = tables.bills.c
    rows = connection.execute(
        select(c.bill_id, c.participant_id, c.month, c.total_quanta, c.issued_us)
        .where(
            c.market_id == market_id,
            c.participant_id.in_(names),
            c.state == BillState.ISSUED.value,
        )
        .order_by(c.month)
    )
    found: defaultdict[str, list[Demand]] = defaultdict(list)
    for row in rows:
        found[row.participant_id].append(demand_of(rules, **row._mapping))  # noqa: SLF001 - the public way to read a row by name
    return found


def _aside(
    connection: Connection, market_id: str, demands: Mapping[str, Sequence[Demand]]
) -> defaultdict[str, dict[str, Aside]]:
    """What of these bills need not be paid, by participant and month."""
    of = {(item.participant_id, item.month): item for own in demands.values() for item in own}
    disputes = {
        key: cases for key, cases in disputes_of(connection, market_id, of).items() if cases
    }
    said = _credits_said(connection, market_id, [of[key].bill_id for key in disputes])
    found: defaultdict[str, dict[str, Aside]] = defaultdict(dict)
    for key, cases in disputes.items():
        name, month = key
        disputed = credited = 0
        for case in cases:
            assert case.dispute is not None, "it is about a bill"
            if case.state is not CaseState.CLOSED:
                disputed += case.dispute.unpayable_quanta
            elif case.case_id not in said[of[key].bill_id]:
                credited += case.dispute.unpayable_quanta
        found[name][month] = Aside(disputed_quanta=disputed, credited_quanta=credited)
    return found


def _credits_said(
    connection: Connection, market_id: str, bill_ids: Sequence[str]
) -> dict[str, set[str]]:
    """The cases whose credits stand on each of these bills."""
    c = tables.bills.c
    rows = connection.execute(
        select(c.bill_id, c.lines).where(c.market_id == market_id, c.bill_id.in_(bill_ids))
    )
    return {bill_id: {line.case_id for line in lines if line.case_id} for bill_id, lines in rows}


def _named(
    connection: Connection, market_id: str, names: list[str]
) -> defaultdict[str, dict[str, int]]:
    """What came with a bill as reference, by participant and month; added here, whatever it comes to."""
    c = tables.payments.c
    rows = connection.execute(
        select(c.participant_id, c.month, c.amount_quanta).where(
            c.market_id == market_id, c.participant_id.in_(names), c.month.is_not(None)
        )
    )
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for name, month, quanta in rows:
        found[name][month] = found[name].get(month, 0) + quanta
    return found


def _payers(connection: Connection, market_id: str, names: list[str]) -> dict[str, Payer]:
    c = tables.payers.c
    rows = connection.execute(
        select(tables.payers).where(c.market_id == market_id, c.participant_id.in_(names))
    )
    return {row.participant_id: fact(Payer, row) for row in rows}


def _balances(connection: Connection, market_id: str, names: list[str]) -> dict[str, int]:
    c = tables.accounts.c
    prefix = participant_account("")
    rows = connection.execute(
        select(c.account, c.balance_quanta).where(
            c.market_id == market_id, c.account.in_([prefix + name for name in names])
        )
    )
    return {account.removeprefix(prefix): quanta for account, quanta in rows}
