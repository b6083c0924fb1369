"""Nothing is taken out of the journal and the postings, whoever asks."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import IntegrityError

from market.sequencer import Sequencer
from market.store.append_only import POSTINGS
from market.store.database import BASELINE, Store
from market.store.tables import journal, transfers
from tests.market.store.test_migrations import make_old
from tests.market.stores import NewStore, opened
from tests.market.written import with_sequencer, write_life

GUARDED = ("journal", *(table.name for table in POSTINGS))
REWRITES = {
    "change a row": "UPDATE {table} SET {column} = {column} + 1",
    "change no row": "UPDATE {table} SET {column} = 0 WHERE {column} < 0",
    "delete a row": "DELETE FROM {table} WHERE {column} > 0",
    "delete all rows": "DELETE FROM {table}",
    "truncate": "TRUNCATE {table}",
    "put a row in its place": "INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
}
COLUMN = {"journal": "now_us", "transfers": "amount_quanta"}
ONLY_ON = {
    "truncate": "postgresql",
    "put a row in its place": "sqlite",
    "change no row": "postgresql",
}
"""How a table is emptied in one stroke there, what fires no trigger of DELETE, what touches no row."""


@pytest.fixture(scope="module")
def life(new_store_for_all: NewStore) -> Store:
    store = new_store_for_all()
    write_life(store)
    return store


def counts(connection: Connection) -> list[int]:
    return [
        connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in (journal, transfers)
    ]


def refused(store: Store, table: str) -> Iterator[str]:
    """The ways of rewriting that this database knows and refuses."""
    with opened(store) as connection:
        dialect = connection.dialect.name
        before = counts(connection)
        assert min(before) > 0
    for name, statement in REWRITES.items():
        if ONLY_ON.get(name, dialect) != dialect:
            continue
        with (
            pytest.raises(IntegrityError, match=f"{table}: rows are only added"),
            opened(store) as connection,
        ):
            connection.exec_driver_sql(statement.format(table=table, column=COLUMN[table]))
        yield name
    with opened(store) as connection:
        assert counts(connection) == before


@pytest.mark.parametrize("table", GUARDED)
def test_the_database_refuses_to_rewrite(table: str, life: Store) -> None:
    assert len(list(refused(life, table))) >= 4


@pytest.mark.parametrize("how", ["asked for", "another layout"])
def test_postings_are_guarded_again_once_they_were_made_again(how: str, store: Store) -> None:
    write_life(store)
    with opened(store) as connection:
        before = connection.execute(select(transfers)).all()
        if how == "another layout":
            connection.exec_driver_sql(
                "UPDATE meta SET value = 0 WHERE name = 'projection_version'"
            )

    async def story(sequencer: Sequencer) -> None:
        if how == "asked for":
            await sequencer.rebuild_projections()

    with_sequencer(store, story)
    with opened(store) as connection:
        assert connection.execute(select(transfers)).all() == before
    assert list(refused(store, "transfers"))


def test_the_journal_of_an_old_store_is_guarded_once_it_was_opened(new_store: NewStore) -> None:
    life, old = new_store(), new_store()
    write_life(life)
    make_old(old, life)
    assert BASELINE == "0001"

    async def nothing(_sequencer: Sequencer) -> None:
        pass

    with_sequencer(old, nothing)
    assert list(refused(old, "journal"))
