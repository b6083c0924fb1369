"""What holds for both kinds of store: who may write, what a reader sees, whose store it is."""

import sqlite3
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError

from market.sequencer import Sequencer
from market.store.database import (
    SCHEMA_HEAD,
    PostgresStore,
    Readers,
    SchemaRefused,
    Store,
    Stores,
)
from market.store.tables import orders
from tests.market.stores import opened
from tests.market.written import StillClock, write_life

DRIVER_FAULTS: Final = (sqlite3.ProgrammingError, psycopg.OperationalError)


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM journal", "UPDATE meta SET value = 0", "CREATE TABLE mine (a integer)"],
)
def test_a_reader_cannot_write(statement: str, store: Store) -> None:
    write_life(store)
    readers = Readers(store)
    with readers.connect() as connection, pytest.raises(DBAPIError, match=r"read-?only"):
        connection.exec_driver_sql(statement)
    readers.close()


def test_a_reader_does_not_make_a_store(store: Store) -> None:
    readers = Readers(store)
    with pytest.raises(DBAPIError), readers.connect() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM journal")
    readers.close()

    if isinstance(store, PostgresStore):
        assert store.market_id not in Stores(Path(), store.url).markets()
    else:
        assert list(store.parent.iterdir()) == []


def test_a_reader_sees_one_moment(store: Store) -> None:
    write_life(store)
    readers = Readers(store)
    count = "SELECT count(*) FROM orders"
    with readers.connect() as connection:
        before = connection.exec_driver_sql(count).scalar_one()
        with opened(store) as writer:
            writer.execute(delete(orders))
        after = connection.exec_driver_sql(count).scalar_one()
    with readers.connect() as connection:
        later = connection.exec_driver_sql(count).scalar_one()
    readers.close()

    assert before == after > later == 0


def test_who_still_reads_when_readers_are_closed_reads_on_and_leaves_nothing_open(
    store: Store,
) -> None:
    write_life(store)
    readers = Readers(store)
    drivers: list[Any] = []
    with readers.connect() as connection:
        readers.close()
        assert connection.exec_driver_sql("SELECT count(*) FROM orders").scalar_one() > 0
        drivers.append(connection.connection.driver_connection)
    with readers.connect() as late:
        drivers.append(late.connection.driver_connection)

    for driver in drivers:
        with pytest.raises(DRIVER_FAULTS, match="closed"):
            driver.execute("SELECT 1")


def test_somebody_elses_store_is_refused_and_stays_as_it_is(store: Store) -> None:
    with opened(store) as connection:
        connection.exec_driver_sql("CREATE TABLE photos (name TEXT)")

    with pytest.raises(SchemaRefused):
        Sequencer.open(store, clock=StillClock())

    with opened(store) as connection:
        assert not connection.dialect.has_table(connection, "journal")
        assert not connection.dialect.has_table(connection, "alembic_version")
        assert connection.exec_driver_sql("SELECT * FROM photos").all() == []


def test_a_store_of_a_newer_program_is_refused(store: Store) -> None:
    write_life(store)
    with opened(store) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(SchemaRefused, match="9999"):
        Sequencer.open(store, clock=StillClock())

    with opened(store) as connection:
        version = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
        assert version.scalar_one() == "9999" != SCHEMA_HEAD


def test_markets_are_found_by_id_and_removed_whole(store: Store) -> None:
    write_life(store)
    if isinstance(store, PostgresStore):
        stores, market_id = Stores(Path(), store.url), store.market_id
    else:
        stores, market_id = Stores(store.parent), store.stem
    assert stores.of(market_id) == store
    assert market_id in stores.markets()

    stores.remove(market_id)
    stores.remove(market_id)  # a second time is harmless

    assert market_id not in stores.markets()
    readers = Readers(store)
    with pytest.raises(DBAPIError), readers.connect() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM journal")
    readers.close()
