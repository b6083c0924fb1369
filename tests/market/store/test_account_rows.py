"""Balances of accounts day by day: the trial balance."""

from collections import defaultdict
from datetime import date

import pytest
from sqlalchemy import Connection, select

from market.model.interval import MICROSECONDS, day_of
from market.sequencer import Sequencer
from market.store import queries
from market.store.account_rows import NAMED_MAX, AccountRows
from market.store.database import Readers, Store, create_schema, recreate_projections
from market.store.restore import batches
from market.store.tables import account_days, accounts
from tests.builders import RULES
from tests.market.stores import opened
from tests.market.written import MARKET_ID, with_sequencer, write_life

DAY = date(2016, 6, 15)
DAY_BEFORE, DAY_AFTER = date(2016, 6, 14), date(2016, 6, 16)


def prepared(connection: Connection) -> AccountRows:
    create_schema(connection)
    recreate_projections(connection)
    return AccountRows(connection)


def booked(rows: AccountRows, day: date, giver: str, receiver: str, amount_quanta: int) -> None:
    rows.day(day).book(giver, receiver, amount_quanta, "trade")


def on(connection: Connection, day: date) -> dict[str, tuple[int, int, int, int]]:
    found = queries.trial_balance(connection, "m", day.isoformat())
    return {
        item.account: (
            item.opening_quanta,
            item.received_quanta,
            item.given_quanta,
            item.balance_quanta,
        )
        for item in found.accounts
    }


def test_a_day_opens_as_the_one_before_closed(store: Store) -> None:
    with opened(store) as connection:
        rows = prepared(connection)
        booked(rows, DAY_BEFORE, "bank", "ann", 100)
        booked(rows, DAY, "ann", "bob", 30)
        booked(rows, DAY, "bob", "ann", 10)
        rows.write("m")

        assert on(connection, DAY_BEFORE) == {"ann": (0, 100, 0, 100), "bank": (0, 0, 100, -100)}
        assert on(connection, DAY) == {
            "ann": (100, 10, 30, 80),
            "bank": (-100, 0, 0, -100),
            "bob": (0, 30, 10, 20),
        }
        assert on(connection, DAY_AFTER) == {
            "ann": (80, 0, 0, 80),
            "bank": (-100, 0, 0, -100),
            "bob": (20, 0, 0, 20),
        }
        assert on(connection, date(2016, 6, 13)) == {}


def test_a_day_on_which_nothing_was_booked_writes_nothing(store: Store) -> None:
    with opened(store) as connection:
        rows = prepared(connection)
        rows.day(DAY)
        rows.write("m")
        booked(rows, DAY, "bank", "ann", 100)
        rows.write("m")

        assert on(connection, DAY) == {"ann": (0, 100, 0, 100), "bank": (0, 0, 100, -100)}


def test_a_day_goes_on_where_it_was_left(store: Store) -> None:
    with opened(store) as connection:
        rows = prepared(connection)
        booked(rows, DAY, "bank", "ann", 100)
        rows.write("m")
        later = AccountRows(connection)
        booked(later, DAY, "ann", "bob", 40)
        later.write("m")

        assert on(connection, DAY)["ann"] == (0, 100, 40, 60)


def test_a_day_that_is_over_never_changes(store: Store) -> None:
    """A command of the timetable happens at the time it was due, perhaps after midnight's first one."""
    with opened(store) as connection:
        rows = prepared(connection)
        booked(rows, DAY, "bank", "ann", 100)
        rows.write("m")
        before = on(connection, DAY_BEFORE)
        late = AccountRows(connection)
        booked(late, DAY_BEFORE, "ann", "bob", 40)
        late.write("m")

        assert on(connection, DAY_BEFORE) == before == {}
        assert on(connection, DAY)["bob"] == (0, 40, 0, 40)


@pytest.mark.parametrize("many", [3, NAMED_MAX + 1])
def test_few_accounts_and_many_are_added_up_alike_beyond_64_bits(many: int, store: Store) -> None:
    with opened(store) as connection:
        rows = prepared(connection)
        for _ in range(2):
            for number in range(many):
                booked(rows, DAY, "bank", f"p{number}", 2**63)
            rows.write("m")

        found = on(connection, DAY)
        assert found["p0"] == (0, 2**64, 0, 2**64)
        assert found["bank"] == (0, 0, many * 2**64, -many * 2**64)


def test_the_trial_balance_of_a_life_is_what_the_journal_says(store: Store) -> None:
    """Added up anew from the facts, with nothing of the tables."""
    write_life(store)
    readers = Readers(store)
    expected: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    days = set()
    with readers.connect() as connection:
        for proven in batches(connection):
            for entry in proven.batch.entries:
                day = day_of(entry.command.now_us // MICROSECONDS, RULES.time_zone).isoformat()
                for event in entry.events:
                    for move in getattr(event, "transfers", ()):
                        days.add(day)
                        expected[day][move.debit_account] -= move.amount_quanta
                        expected[day][move.credit_account] += move.amount_quanta
        assert len(days) > 1
        total: dict[str, int] = defaultdict(int)
        for day in sorted(days):
            for account, change_quanta in expected[day].items():
                total[account] += change_quanta
            found = queries.trial_balance(connection, MARKET_ID, day).accounts
            assert {item.account: item.balance_quanta for item in found} == total
            for item in found:
                moved = expected[day].get(item.account, 0)
                assert item.received_quanta - item.given_quanta == moved
            assert sum(item.balance_quanta for item in found) == 0
            assert sum(item.opening_quanta for item in found) == 0
            assert sum(item.received_quanta - item.given_quanta for item in found) == 0
        last = connection.execute(select(accounts.c.account, accounts.c.balance_quanta))
        assert {row.account: row.balance_quanta for row in last} == total
    readers.close()


def test_days_made_again_are_the_same(store: Store) -> None:
    write_life(store)

    async def story(sequencer: Sequencer) -> None:
        ordered = select(account_days).order_by(account_days.c.account, account_days.c.day)
        with sequencer.readers.connect() as connection:
            before = connection.execute(ordered).all()
        await sequencer.rebuild_projections()
        with sequencer.readers.connect() as connection:
            assert connection.execute(ordered).all() == before

    with_sequencer(store, story)
