"""What a PostgreSQL server must give, what is asked of it, and who of two may write."""

import asyncio
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError

from market.sequencer import Sequencer, SequencerStopped
from market.store import postgres
from market.store.database import (
    PostgresStore,
    Readers,
    SettingRefused,
    WriterReplaced,
    open_projector,
    open_writer,
    server_faults,
    take_over,
    url_of,
)
from tests.market.written import SETUP, StillClock, place, with_sequencer, write_life


@pytest.fixture
def market(postgres_url: str) -> Iterator[PostgresStore]:
    store = PostgresStore(url=postgres_url, market_id="a-village")
    yield store
    postgres.remove(store)


def shown(connection: Connection, *names: str) -> dict[str, str]:
    """Settings as a later transaction of the session has them."""
    connection.rollback()
    found = {name: connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names}
    connection.close()
    return found


def test_the_writers_commits_are_on_disk_and_act_as_if_alone(market: PostgresStore) -> None:
    found = shown(
        open_writer(market),
        "synchronous_commit",
        "transaction_isolation",
        "transaction_read_only",
        "search_path",
    )

    assert found == {
        "synchronous_commit": "on",
        "transaction_isolation": "serializable",
        "transaction_read_only": "off",
        "search_path": '"a-village"',
    }


def test_what_can_be_made_again_does_not_wait_for_the_disk(market: PostgresStore) -> None:
    assert shown(open_projector(market), "synchronous_commit") == {"synchronous_commit": "off"}


def test_a_reader_cannot_allow_itself_to_write_once_it_has_read(market: PostgresStore) -> None:
    write_life(market)
    readers = Readers(market)
    with readers.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"SHOW {name}").scalar_one()
            for name in ("transaction_isolation", "transaction_read_only")
        }
        assert found == {"transaction_isolation": "repeatable read", "transaction_read_only": "on"}
        connection.exec_driver_sql("SELECT count(*) FROM journal")
        with pytest.raises(DBAPIError, match="must be set before any query"):
            connection.exec_driver_sql("SET TRANSACTION READ WRITE")
    readers.close()


def test_a_server_that_waits_for_its_standbys_goes_on_doing_so(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as driver:
        driver.execute("SET synchronous_commit = remote_apply")
        postgres._set(driver, "synchronous_commit", "on")  # noqa: SLF001 - a server's own setting
        assert driver.execute("SHOW synchronous_commit").fetchone() == ("remote_apply",)


def test_a_setting_that_is_not_kept_is_refused(postgres_url: str) -> None:
    with (
        psycopg.connect(postgres_url, autocommit=True) as driver,
        pytest.raises(SettingRefused, match="lock_timeout is 6s"),
    ):
        postgres._set(driver, "lock_timeout", "6000ms")  # noqa: SLF001 - it reads back as 6s


def test_a_sound_server_has_no_faults(postgres_url: str) -> None:
    assert server_faults(postgres_url) == []


SOUND = {
    **dict.fromkeys(("fsync", "full_page_writes", "data_checksums"), "on"),
    "replica": "false",
    "open_to_others": "false",
}


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("fsync", "off", "fsync is off"),
        ("full_page_writes", "off", "full_page_writes is off"),
        ("data_checksums", "off", "data_checksums is off"),
        ("replica", "true", "replica"),
        ("open_to_others", "true", "sslmode"),
    ],
)
def test_a_server_that_may_lose_tear_or_tell_has_a_fault(name: str, value: str, told: str) -> None:
    assert postgres.faults_of(SOUND, version=140_000) == []
    (fault,) = postgres.faults_of({**SOUND, name: value}, version=180_004)
    assert told in fault


def test_an_old_server_is_a_fault() -> None:
    assert postgres.faults_of(SOUND, version=130_015) == ["PostgreSQL is older than 14"]


@pytest.mark.parametrize(
    "text", ["", "village", "mysql://host/database", "sqlite:///file", "postgresql+asyncpg://h/d"]
)
def test_another_databases_address_is_refused(text: str) -> None:
    if text.startswith("postgresql"):
        assert url_of(text).drivername == "postgresql+psycopg"
    else:
        with pytest.raises(ValueError, match="postgresql://"):
            url_of(text)


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(PostgresStore(url="postgresql://u:secret@h/d", market_id="a"))


@pytest.mark.parametrize("market_id", ["public", "select", "a-b", "1", "x" * 63])
def test_every_market_has_a_schema_of_its_own(market_id: str, postgres_url: str) -> None:
    store = PostgresStore(url=postgres_url, market_id=market_id)
    write_life(store)
    assert market_id in postgres.markets(postgres_url)
    postgres.remove(store)

    assert market_id not in postgres.markets(postgres_url)
    with psycopg.connect(postgres_url) as driver:
        found = driver.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'public'").fetchone()
    assert found is not None


def test_only_one_session_holds_the_pen(market: PostgresStore) -> None:
    """Whoever takes over ends the session that wrote before."""
    older, newer = open_writer(market), open_writer(market)
    with older.begin():
        take_over(older)
    with newer.begin():
        take_over(newer)
    with pytest.raises(OperationalError, match="terminat"):
        older.exec_driver_sql("SELECT 1")
    older.invalidate()
    older.close()
    newer.close()


def test_a_newer_writer_waits_for_the_batch_that_is_being_written(market: PostgresStore) -> None:
    """It cannot start between the older one's look at the epoch and its commit."""

    async def story(sequencer: Sequencer) -> None:
        await sequencer.submit(SETUP[0])
        impatient = open_writer(market)
        impatient.exec_driver_sql("SET lock_timeout = '50ms'")
        impatient.commit()
        with sequencer._writing(sequencer._journal):  # noqa: SLF001 - in the middle of a batch
            with pytest.raises(DBAPIError, match="lock timeout"):
                impatient.exec_driver_sql("UPDATE meta SET value = value + 1 WHERE name = 'epoch'")
            impatient.rollback()
        impatient.exec_driver_sql("UPDATE meta SET value = value + 1 WHERE name = 'epoch'")
        impatient.commit()
        impatient.close()
        with pytest.raises(SequencerStopped):
            await sequencer.submit(SETUP[1])
        assert isinstance(sequencer.fault, WriterReplaced)

    with_sequencer(market, story)


def test_a_server_that_goes_away_is_never_a_false_yes(market: PostgresStore) -> None:
    """The writer's session ends under it: it stops, and a start finds what was acknowledged."""
    acknowledged: list[str | None] = []

    async def until_gone(sequencer: Sequencer) -> None:
        for command in SETUP:
            await sequencer.submit(command)

        async def order(number: int) -> None:
            committed = await sequencer.submit(place("ann", f"n-{number} ann-load buy 100 1"))
            acknowledged.append(committed.answer.orders[0].order_id)

        for number in range(20):
            await order(number)
        with psycopg.connect(market.url, autocommit=True) as driver:
            pid = sequencer._journal.connection.driver_connection.info.backend_pid  # noqa: SLF001
            driver.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        with pytest.raises(SequencerStopped):
            await asyncio.gather(*(order(number) for number in range(20, 40)))
        await sequencer.failed.wait()
        assert not isinstance(sequencer.fault, WriterReplaced)

    async def afterwards(sequencer: Sequencer) -> list[str]:
        with sequencer.readers.connect() as connection:
            rows = connection.exec_driver_sql("SELECT order_id FROM orders ORDER BY sequence")
            return list(rows.scalars())

    with_sequencer(market, until_gone, clock=StillClock())

    assert with_sequencer(market, afterwards) == acknowledged
    assert len(acknowledged) == 20


def test_a_serialization_failure_stops_the_writer_and_is_not_tried_again(
    market: PostgresStore,
) -> None:
    """Somebody touches the epoch's row while a batch waits for it: 40001, though the epoch is ours."""

    async def touched(sequencer: Sequencer) -> None:
        await sequencer.projected((await sequencer.submit(SETUP[0])).seq)  # nothing else waits
        journal = sequencer._journal  # noqa: SLF001 - it is to wait as long as the test needs
        journal.exec_driver_sql("SET lock_timeout = 0")
        pid = journal.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        journal.commit()
        touching = open_writer(market)
        touching.exec_driver_sql("UPDATE meta SET value = value WHERE name = 'epoch'")
        waiting = asyncio.create_task(sequencer.submit(SETUP[1]))
        await asyncio.to_thread(it_waits, market.url, pid)
        touching.commit()
        touching.close()
        with pytest.raises(SequencerStopped):
            await waiting
        assert isinstance(sequencer.fault, OperationalError)
        assert isinstance(sequencer.fault.orig, psycopg.errors.SerializationFailure)

    async def afterwards(sequencer: Sequencer) -> int:
        assert (await sequencer.submit(SETUP[1])).seq == 2
        return sequencer.committed_seq

    with_sequencer(market, touched)

    assert with_sequencer(market, afterwards) == 2


def it_waits(url: str, pid: int) -> None:
    """Return once this session waits for another one's lock."""
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND pid = %s"
    with psycopg.connect(url, autocommit=True) as driver:
        while driver.execute(waiting, (pid,)).fetchone() is None:
            pass
