"""Sums of postings by day of delivery, accounts and kind are those of the postings themselves."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from market.model.interval import day_of
from market.model.money import Transfer, TransferKind, transfer
from market.store import queries
from market.store.database import Readers, Store, create_schema, recreate_projections
from market.store.posting_days import PostingDays
from market.store.queries.money import joined
from market.store.tables import posting_days, transfers
from tests.builders import MIDNIGHT_S, RULES
from tests.market.stores import NewStore, opened
from tests.market.written import MARKET_ID, every_mode, helped_next_door, write_life

ZONE = RULES.time_zone
DAY_S = 86_400
Sums = dict[tuple[str, str, str, str], tuple[int, int]]
"""By day, accounts in the order of their names, and kind: quanta and postings."""

postings = st.builds(
    lambda accounts, quanta, kind, counts_s: (
        transfer(accounts[0], accounts[1], quanta, kind, "x"),
        counts_s,
    ),
    st.permutations(["ann", "bob", "central"]),
    st.integers(1, 2**63 - 1),
    st.sampled_from([TransferKind.TRADE, TransferKind.DEVIATION]),
    st.sampled_from([MIDNIGHT_S - 1, MIDNIGHT_S, MIDNIGHT_S + DAY_S - 1, MIDNIGHT_S + DAY_S]),
)


def added_up(rows: Iterable[tuple[int, str, str, str, int]]) -> Sums:
    """One posting after the other: when it counts, giver, receiver, kind, quanta."""
    found: defaultdict[tuple[str, str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for counts_s, giver, receiver, kind, quanta in rows:
        first, second = sorted((giver, receiver))
        kept = found[day_of(counts_s, ZONE).isoformat(), first, second, kind]
        kept[0] += quanta if giver == first else -quanta
        kept[1] += 1
    return {key: (quanta, count) for key, (quanta, count) in found.items()}


def kept(connection: Connection, market_id: str = MARKET_ID) -> Sums:
    return {
        (row.day, row.first_account, row.second_account, row.kind): (
            joined(row.high_quanta, row.low_quanta),
            row.postings,
        )
        for row in connection.execute(
            select(posting_days).where(posting_days.c.market_id == market_id)
        )
    }


@pytest.mark.parametrize("life", [every_mode, helped_next_door])
def test_a_markets_sums_are_those_of_its_postings(store: Store, life: Callable[[], Any]) -> None:
    write_life(store, life(), billed=True)
    readers = Readers(store)
    with readers.connect() as connection:
        c = transfers.c
        slow = added_up(
            tuple(row)
            for row in connection.execute(
                select(c.counts_s, c.debit_account, c.credit_account, c.kind, c.amount_quanta)
            )
        )
        assert kept(connection) == slow
        assert len({key[0] for key in slow}) > 1, "deposits were made the day before"
        _, sources = queries.bill_sources(connection, MARKET_ID, RULES, "2016-06")
    readers.close()
    for source in sources:
        account = f"participant:{source.participant_id}"
        for posted in source.posted:
            quanta = count = 0
            for (_, first, second, kind), (moved, number) in slow.items():
                if kind == posted.kind.value and account in (first, second):
                    quanta += moved if account == first else -moved
                    count += number
            assert (posted.amount_quanta, posted.count) == (quanta, count)


@pytest.fixture(scope="module")
def empty(new_store_for_all: NewStore) -> Store:
    store = new_store_for_all()
    with opened(store) as connection:
        create_schema(connection)
        recreate_projections(connection)
    return store


@settings(max_examples=30, deadline=None)
@given(booked=st.lists(postings, max_size=12), cuts=st.sets(st.integers(0, 12)))
def test_sums_do_not_depend_on_what_was_written_together(
    empty: Store, booked: Sequence[tuple[Transfer, int]], cuts: set[int]
) -> None:
    expected = added_up(
        (at_s, item.debit_account, item.credit_account, item.kind.value, item.amount_quanta)
        for item, at_s in booked
    )
    with opened(empty) as connection:
        connection.execute(posting_days.delete())
        for market_id, places in (("cut", cuts), ("whole", set[int]())):
            sums = PostingDays(connection)
            for number, (item, counts_s) in enumerate(booked):
                if number in places:
                    sums.write(market_id)
                sums.add(counts_s, ZONE, item)
            sums.write(market_id)
            sums.write(market_id)
        assert kept(connection, "cut") == kept(connection, "whole") == expected
        columns = [item for item in posting_days.c if item.name != "market_id"]
        cut, whole = (
            sorted(
                tuple(row)
                for row in connection.execute(
                    select(*columns).where(posting_days.c.market_id == market_id)
                )
            )
            for market_id in ("cut", "whole")
        )
        assert cut == whole
