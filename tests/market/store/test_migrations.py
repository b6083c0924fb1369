"""Stores made by older programs are brought up to date, step by step, and read on."""

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, inspect, select

from market.sequencer import Sequencer
from market.store import database
from market.store.database import (
    BASELINE,
    SCHEMA_HEAD,
    PostgresStore,
    SchemaRefused,
    Store,
    create_schema,
)
from market.store.tables import JOURNAL, METADATA, journal, meta
from tests.market.stores import NewStore, opened
from tests.market.written import MARKET_ID, SETUP, StillClock, projected, with_sequencer, write_life

STEPS = Path(database.__file__).parent / "migrations"


def steps(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(STEPS))
    config.attributes["connection"] = connection
    return config


def make_old(store: Store, life: Store) -> None:
    """A store as the first program left it: its tables, the life of another one, older projections."""
    with opened(life) as connection:
        batches = connection.execute(select(journal)).mappings().all()
        numbers = connection.execute(select(meta)).mappings().all()
    with opened(store) as connection:
        command.upgrade(steps(connection), BASELINE)
        connection.exec_driver_sql("DROP TABLE alembic_version")
        connection.execute(insert(journal), [dict(row) for row in batches])
        kept = [dict(row) for row in numbers if row["name"] != "projection_version"]
        versions = [
            {"name": "schema_version", "value": 1},
            {"name": "projection_version", "value": 1},
        ]
        connection.execute(insert(meta), [*kept, *versions])
        connection.exec_driver_sql("CREATE TABLE orders (market_id TEXT, sequence BIGINT)")


def test_an_old_store_is_adopted_and_read(new_store: NewStore) -> None:
    life, old = new_store(), new_store()
    before = write_life(life)
    make_old(old, life)

    async def story(sequencer: Sequencer) -> None:
        assert sequencer.engine.next_timer() == before.next_timer()
        assert sequencer.epoch == 2
        with sequencer.readers.connect() as connection:
            found = projected(connection)
            assert [row[0] for row in found["markets"]] == [MARKET_ID]
        with opened(life) as connection:
            assert found == projected(connection)

    with_sequencer(old, story)

    with opened(old) as connection:
        version = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
        assert version.scalar_one() == SCHEMA_HEAD
        assert database.read_meta(connection, "schema_version", -1) == -1


def test_a_store_of_another_old_version_is_refused(new_store: NewStore) -> None:
    life, old = new_store(), new_store()
    write_life(life)
    make_old(old, life)
    with opened(old) as connection:
        connection.exec_driver_sql("UPDATE meta SET value = 99 WHERE name = 'schema_version'")

    with pytest.raises(SchemaRefused, match="99"):
        Sequencer.open(old, clock=StillClock())

    with opened(old) as connection:
        assert not connection.dialect.has_table(connection, "alembic_version")


def test_the_steps_lead_to_the_tables_of_today(store: Store) -> None:
    durable = [METADATA.tables[name] for name in sorted(JOURNAL)]
    with opened(store) as connection:
        create_schema(connection)
        made = set(inspect(connection).get_table_names()) - {"alembic_version"}
        context = MigrationContext.configure(
            connection, opts={"include_name": lambda name, kind, _: kind != "table" or name in made}
        )
        differences = compare_metadata(context, METADATA)

    assert made == {table.name for table in durable}
    absent = {(what[0], what[1].name) for what in differences if isinstance(what, tuple)}
    projections = set(METADATA.tables) - JOURNAL
    assert {name for kind, name in absent if kind == "add_table"} == projections
    assert {kind for kind, _ in absent} <= {"add_table", "add_index"}


def test_the_newest_step_is_the_one_the_program_goes_by() -> None:
    script = ScriptDirectory.from_config(steps())

    assert script.get_heads() == [SCHEMA_HEAD]
    assert script.get_bases() == [BASELINE]


def test_a_store_that_is_up_to_date_is_opened_without_a_step(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(sequencer: Sequencer) -> None:
        await sequencer.submit(SETUP[0])

    with_sequencer(store, nothing)
    monkeypatch.setattr(database, "_upgrade", None)
    with_sequencer(store, nothing)


def test_a_step_that_fails_leaves_the_store_as_it_was(
    new_store: NewStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    life, old = new_store(), new_store()
    write_life(life)
    make_old(old, life)
    upgrade = database._upgrade  # noqa: SLF001 - what is made to fail

    def half(connection: Connection) -> None:
        upgrade(connection)
        raise ZeroDivisionError("a bug in a step")

    monkeypatch.setattr(database, "_upgrade", half)
    with pytest.raises(ZeroDivisionError):
        Sequencer.open(old, clock=StillClock())
    monkeypatch.undo()

    with opened(old) as connection:
        assert database.read_meta(connection, "schema_version", -1) == 1
        assert not connection.dialect.has_table(connection, "alembic_version")
    assert isinstance(old, PostgresStore) or old.exists()
