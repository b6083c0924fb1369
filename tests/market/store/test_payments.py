"""Payments as they are listed: the same the engine decides by, and a day of the bank that adds up."""

from datetime import date, timedelta
from typing import Any

import pytest

from market.engine.engine import Engine
from market.engine.money.defaults import owed_by
from market.model.interval import MICROSECONDS, MarketMonth, day_of
from market.model.payment import Cover, PaymentState, PayoutState
from market.store import queries
from market.store.database import Readers, Store
from market.store.queries import BankDay, CursorFault
from tests.builders import RULES
from tests.market.stores import NewStore
from tests.market.written import MARKET_ID, every_mode, write_life

PEOPLE = ("ann", "ben", "retailer")
ZONE = RULES.time_zone


@pytest.fixture(scope="module")
def life(new_store_for_all: NewStore) -> tuple[Store, Engine]:
    store = new_store_for_all()
    return store, write_life(store, every_mode(), billed=True, disputed=True, paid=True)


def read(store: Store, question: Any, *wanted: Any, **named: Any) -> Any:  # noqa: ANN401 - any query and its answer
    readers = Readers(store)
    try:
        with readers.connect() as connection:
            return question(connection, MARKET_ID, *wanted, **named)
    finally:
        readers.close()


def compared(store: Store, day: date) -> BankDay:
    month = MarketMonth.of(day.isoformat()[:7], ZONE)
    found: BankDay = read(
        store,
        queries.bank_day,
        day.isoformat(),
        from_us=month.day_start_s(day) * MICROSECONDS,
        until_us=month.day_start_s(day + timedelta(days=1)) * MICROSECONDS,
    )
    return found


def test_how_far_bills_are_paid_is_what_the_engine_decides_by(life: tuple[Store, Engine]) -> None:
    store, engine = life
    listed = read(store, queries.bills_owed, engine.state.rules, PEOPLE)

    decided = {item.demand.bill_id: item for name in PEOPLE for item in owed_by(engine.state, name)}
    assert listed == decided
    assert {item.demand.participant_id for item in listed.values()} == set(PEOPLE)
    bills = read(store, queries.bills).items
    shown = read(store, queries.with_owed, engine.state.rules, bills)
    assert {item.bill.bill_id for item in shown if item.owed is not None} == set(decided)


def test_lists_hold_what_the_engine_remembers(life: tuple[Store, Engine]) -> None:
    store, engine = life
    payments = engine.state.payments
    listed = read(store, queries.payments).items
    assert [item.bank_id for item in listed] == ["b-1", "b-2", "b-3", "b-4", "b-5"]
    unmatched = read(store, queries.payments, state=PaymentState.UNMATCHED).items
    assert {item.bank_id: item for item in unmatched} == payments.unmatched
    assert read(store, queries.payouts).items == tuple(payments.payouts.values())
    assert read(store, queries.payouts, file_id="pay-1").items == (payments.payouts["out-1"],)
    assert read(store, queries.payout, "out-1").state is PayoutState.PAID
    assert read(store, queries.payout, "out-9") is None
    assert read(store, queries.claims) == payments.claims
    assert set(payments.claims) == {"ben"}
    assert payments.claims["ben"] != Cover()
    (default,) = read(store, queries.defaults).items
    assert default.cover.total_quanta > payments.claims["ben"].total_quanta
    for name in PEOPLE:
        account = read(store, queries.account, name)
        assert account.held_quanta == engine.state.ledger.held_quanta(name)


def test_lists_are_read_on_by_their_cursors(life: tuple[Store, Engine]) -> None:
    store, _ = life
    seen, cursor = [], None
    while True:
        page = read(store, queries.payments, cursor=cursor, limit=2)
        seen += [item.bank_id for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == ["b-1", "b-2", "b-3", "b-4", "b-5"]
    for question in (queries.payments, queries.payouts, queries.defaults):
        with pytest.raises(CursorFault):
            read(store, question, cursor="x")


def test_every_day_of_the_bank_agrees_with_the_ledger(life: tuple[Store, Engine]) -> None:
    store, engine = life
    listed = read(store, queries.payments).items
    booked = {day_of(item.booked_us // MICROSECONDS, ZONE) for item in listed}
    days = booked | {date.fromisoformat(item.day) for item in listed}
    days |= {day_of(RULES.trading_from_s - 7_200, ZONE)}  # the deposits by hand
    found = [compared(store, day) for day in sorted(days)]

    assert [item.difference_quanta for item in found] == [0] * len(found)
    assert any(item.by_hand for item in found)
    assert any(item.of_other_days for item in found)
    assert sum(item.statement_quanta for item in found) == sum(
        item.amount_quanta for item in listed
    )
    ledger = engine.state.ledger
    assert sum(item.ledger_quanta for item in found) == -ledger.balance_quanta("bank")
    last = compared(store, date(2016, 7, 5))
    assert {item.bank_id for item in last.unmatched} == set(engine.state.payments.unmatched)
    assert last.suspense_quanta == sum(item.amount_quanta for item in last.unmatched)


def test_a_posting_nobody_explains_is_a_difference() -> None:
    day = BankDay(
        day="2016-07-05",
        count=0,
        received_quanta=0,
        paid_quanta=0,
        ledger_quanta=7,
        booked_later=(),
        of_other_days=(),
        by_hand=(),
        unconfirmed=(),
        unmatched=(),
        suspense_quanta=0,
    )
    assert day.difference_quanta == -7
