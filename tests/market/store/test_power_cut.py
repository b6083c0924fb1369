"""The power fails at any write or flush: nothing acknowledged is lost, and the file is sound."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import pytest
from sqlalchemy import Connection as SqlConnection

from market.sequencer import Sequencer
from market.store import database, journal, sqlite
from market.store.journal import Batch, Entry
from market.store.restore import ProvenBatch, batches
from tests.market.store import power_cut
from tests.market.store.power_cut import Disk, PowerCut
from tests.market.written import SETUP, StillClock, place, with_sequencer

FILE: Final = "village.sqlite"
BATCHES: Final = 140
"""So many that the write-ahead log is copied into the file, and begun again, several times."""
ROWS: Final = (1, 100, 1_000, 4_000)
"""Orders in a batch: from less than a page to many."""
NOT_ENOUGH: Final = {**sqlite.WRITER, "synchronous": 1}
"""What a writer must not do: NORMAL flushes when the log is copied, not when a batch is committed."""

COMMANDS: Final = [
    Entry(
        command=place("ann", "\n".join(f"o-{row} ann-load buy 100 1" for row in range(rows))),
        events=(),
    )
    for rows in ROWS
]


@dataclass(slots=True)
class Written:
    """What the writer had been told when the power failed."""

    acknowledged: list[bytes]
    """Hashes of its batches, in order."""
    copied: bool
    """The log was copied into the file meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """A market's file, closed in good order, and the last batch in it."""

    file: bytes
    last: ProvenBatch


@pytest.fixture(scope="module")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Beginning:
    path = tmp_path_factory.mktemp("beginning") / FILE

    async def set_up(sequencer: Sequencer) -> None:
        for command in SETUP:
            await sequencer.submit(command)

    with_sequencer(path, set_up)
    assert not path.with_name(f"{FILE}-wal").exists()
    file = path.read_bytes()
    return Beginning(file=file, last=found({FILE: file}, path.parent / "again")[-1])


def written(disk: Disk, pragmas: Mapping[str, str | int], last: ProvenBatch) -> Written:
    """Append batches as the sequencer does, until the power fails or all are written."""
    done = Written(acknowledged=[], copied=False)
    size = len(disk.open(FILE).seen)
    connection = None
    try:
        connection = power_cut.Connection(disk, FILE, pragmas)
        append(connection, last, done)
    except PowerCut:
        assert disk.is_off
    finally:
        disk.is_off = True
        done.copied = len(disk.open(FILE).seen) > size
        if connection is not None:
            connection.close()
    return done


def append(connection: power_cut.Connection, last: ProvenBatch, done: Written) -> None:
    chance = random.Random("traffic")
    previous, before = last.hash, last.batch
    for number in range(before.batch + 1, before.batch + 1 + BATCHES):
        batch = Batch(
            batch=number,
            epoch=before.epoch,
            now_us=before.now_us,
            first_command_seq=before.last_command_seq + number - before.batch,
            first_event_seq=before.last_event_seq + 1,
            entries=(chance.choice(COMMANDS),),
        )
        ours = cast(SqlConnection, connection)
        connection.run(database.BEGIN["sqlite"])
        assert database.read_epoch(ours) == before.epoch
        previous = journal.append(ours, batch, previous)
        connection.run("COMMIT")
        done.acknowledged.append(previous)


def found(files: Mapping[str, bytes], folder: Path) -> list[ProvenBatch]:
    """What a start finds on the disk: first SQLite's own opinion of it, then the chain."""
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    connection = database.open_writer(folder / FILE)
    assert connection.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
    kept = list(batches(connection))
    connection.close()
    connection.engine.dispose()
    sequencer = Sequencer.open(folder / FILE, clock=StillClock())
    assert sequencer.committed_seq == kept[-1].batch.last_command_seq
    sequencer._release()  # noqa: SLF001 - it was opened and never started
    return kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a power cut did."""

    lost: int
    """Acknowledged batches that are gone."""
    copied: bool
    """The log had been copied into the file before."""


def cut_often(
    cuts: int, beginning: Beginning, folder: Path, pragmas: Mapping[str, str | int]
) -> list[Outcome]:
    """The same life again and again, each time until another write or flush."""
    whole = Disk({FILE: beginning.file})
    assert len(written(whole, pragmas, beginning.last).acknowledged) == BATCHES
    return [
        cut(beginning, folder / f"cut-{number}", pragmas, whole.steps, random.Random(number))
        for number in range(cuts)
    ]


def cut(
    beginning: Beginning,
    folder: Path,
    pragmas: Mapping[str, str | int],
    steps: int,
    chance: random.Random,
) -> Outcome:
    """One life until the power fails, and what is found when it is back."""
    disk = Disk({FILE: beginning.file}, ends_after=chance.randrange(steps))
    told = written(disk, pragmas, beginning.last)
    kept = found(disk.after_the_cut(chance), folder)

    hashes = [proven.hash for proven in kept[beginning.last.batch.batch :]]
    # What is there is what was acknowledged, in order, and at most the one batch nobody heard of.
    assert hashes[: len(told.acknowledged)] == told.acknowledged[: len(hashes)]
    assert len(hashes) <= len(told.acknowledged) + 1
    return Outcome(lost=max(0, len(told.acknowledged) - len(hashes)), copied=told.copied)


@pytest.mark.parametrize(
    "cuts", [pytest.param(30, id="30"), pytest.param(300, id="300", marks=pytest.mark.long)]
)
def test_a_power_cut_loses_nothing_acknowledged(
    cuts: int, beginning: Beginning, tmp_path: Path
) -> None:
    outcomes = cut_often(cuts, beginning, tmp_path, sqlite.WRITER)

    assert [outcome.lost for outcome in outcomes] == [0] * cuts
    assert sum(outcome.copied for outcome in outcomes) > cuts // 3, "cuts came after a copy as well"


def test_without_a_flush_at_every_commit_batches_are_lost(
    beginning: Beginning, tmp_path: Path
) -> None:
    """The control: what the cuts would show if a commit were not flushed."""
    outcomes = cut_often(20, beginning, tmp_path, NOT_ENOUGH)

    assert sum(outcome.lost > 0 for outcome in outcomes) > len(outcomes) // 2


def test_a_disk_without_power_takes_nothing(beginning: Beginning) -> None:
    disk = Disk({FILE: beginning.file}, ends_after=0)
    with pytest.raises(PowerCut):
        disk.step()

    assert disk.after_the_cut(random.Random(1)) == {FILE: beginning.file}


def test_what_was_not_flushed_is_torn_by_sectors() -> None:
    disk = Disk({"a": bytes(8_192)})
    file: Any = power_cut._File(disk, "a")  # noqa: SLF001 - as SQLite uses it
    file.xWrite(b"f" * 4_096, 0)
    file.xSync(0)
    file.xWrite(b"n" * 4_096, 4_096)

    after = [disk.after_the_cut(random.Random(seed))["a"] for seed in range(40)]

    assert {content[:4_096] for content in after} == {b"f" * 4_096}
    assert len({content[4_096:] for content in after}) > 10
    assert all(
        set(content[first : first + 512]) in ({0}, {ord("n")})
        for content in after
        for first in range(4_096, 8_192, 512)
    )
