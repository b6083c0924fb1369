"""What a restart costs: a million events read back, from a snapshot and its tail, and from the first row.

Run: python -m benchmarks.restart

The journal is written in process, batch by batch, by a real engine: orders of fifty participants, as single
ones and by the hundred, every fifth of them cancelled again. Printed are the seconds of each start with the
events it applied in each, the parts of writing and reading the snapshot, and whether all states are the
same.
"""

from __future__ import annotations

import asyncio
import gc
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from benchmarks.figures.report import aim, report
from market.engine.engine import Engine
from market.engine.state_hash import hash_of
from market.engine.state_reading import gc_paused
from market.model.grid import Grid
from market.model.messages import (
    CancelOrders,
    Command,
    CreateMarket,
    Deposit,
    MakeDeposits,
    OpenCall,
    PlaceOrders,
    RegisterParticipants,
    RegisterUnits,
)
from market.model.order import OrderColumns, Side
from market.model.participant import Participant, UnitKind
from market.sequencer import Sequencer
from market.store import database, journal, snapshot
from market.store.journal import Batch, Entry
from market.store.projections import PROJECTION_VERSION
from market.store.tables import meta
from market.store.upsert import upsert
from tests.builders import DAY_BEFORE_US, GRID, MIDNIGHT_S, PARTICIPANTS, RULES, UNITS, unit

EVENTS: Final = 1_000_000
COMMANDS_A_BATCH: Final = 500
OWNERS: Final = 50
INTERVALS: Final = 96
TAIL_EVENTS: Final = 200_000
"""Events behind the snapshot: what the sequencer lets come to at most in a quiet market."""


class StillClock:
    """Market time does not move."""

    def now_us(self) -> int:
        """The day before."""
        return DAY_BEFORE_US

    def hold_at(self, holder: str, due_us: int | None) -> None:
        """Nothing is held."""

    async def wait_until(self, due_us: int) -> None:
        """Nobody waits."""


def setup() -> Iterator[Command]:
    """A market in which fifty participants may trade every interval of a day."""
    rules = replace(RULES, open_orders_max=10_000_000)
    grid: Grid = GRID
    yield CreateMarket(now_us=DAY_BEFORE_US, actor="op", rules=rules, grid=grid)
    homes = tuple(
        Participant(participant_id=f"home-{n}", name=f"Home {n}", area_id="RUR")
        for n in range(OWNERS)
    )
    units = tuple(
        unit(f"load-{n}", f"home-{n}", UnitKind.LOAD, withdrawal_max_w=2_000_000_000)
        for n in range(OWNERS)
    )
    yield RegisterParticipants(
        now_us=DAY_BEFORE_US, actor="op", participants=(*PARTICIPANTS, *homes)
    )
    yield RegisterUnits(now_us=DAY_BEFORE_US, actor="op", units=(*UNITS, *units))
    deposits = tuple(
        Deposit(deposit_id=f"d-{n}", participant_id=f"home-{n}", amount_quanta=10**15)
        for n in range(OWNERS)
    )
    yield MakeDeposits(now_us=DAY_BEFORE_US, actor="op", deposits=deposits)
    for step in range(INTERVALS):
        yield OpenCall(now_us=DAY_BEFORE_US, start_s=MIDNIGHT_S + 900 * step)


def trading(draws: random.Random) -> Iterator[Command]:
    """Orders one by one, every fifth a cancel of an earlier one, without end."""
    placed: list[tuple[str, str]] = []
    number = 0
    while True:
        owner = draws.randrange(OWNERS)
        if placed and draws.randrange(5) == 0:
            name, order_id = placed.pop(draws.randrange(len(placed)))
            yield CancelOrders(
                now_us=DAY_BEFORE_US, actor=name, participant_id=name, order_ids=(order_id,)
            )
            continue
        number += 1
        placed.append((f"home-{owner}", f"ord-{number}"))
        yield PlaceOrders(
            now_us=DAY_BEFORE_US,
            actor=f"home-{owner}",
            participant_id=f"home-{owner}",
            orders=OrderColumns(
                client_order_id=(f"c-{number}",),
                unit_id=(f"load-{owner}",),
                start_s=(MIDNIGHT_S + 900 * draws.randrange(INTERVALS),),
                side=(Side.BUY,),
                price_ticks=(draws.randrange(1, 30_000),),
                energy_wh=(draws.randrange(1, 5_000),),
            ),
        )


def commands(draws: random.Random) -> Iterator[Command]:
    """A market from nothing."""
    yield from setup()
    yield from trading(draws)


def write(path: Path) -> Engine:
    """A journal of a million events, with a snapshot on the way; gives the engine that wrote it."""
    engine, writing = Engine(), database.open_writer(path)
    writing.exec_driver_sql("PRAGMA synchronous = off")
    writing.rollback()
    following = commands(random.Random(7))
    number, command_seq, event_seq, chain = 0, 0, 0, journal.FIRST_HASH
    taken = False
    with writing.begin():
        database.create_schema(writing)
        while event_seq < EVENTS:
            entries = []
            for _ in range(COMMANDS_A_BATCH):
                command = next(following)
                decision = engine.execute(command)
                refused = [answer for answer in decision.answer.orders if answer.rejection]
                assert not decision.answer.rejections, decision.answer
                assert not refused, refused
                entries.append(Entry(command=command, events=decision.events))
            number += 1
            batch = Batch(
                batch=number,
                epoch=1,
                now_us=DAY_BEFORE_US,
                first_command_seq=command_seq + 1,
                first_event_seq=event_seq + 1,
                entries=tuple(entries),
            )
            chain = journal.append(writing, batch, chain)
            command_seq, event_seq = batch.last_command_seq, batch.last_event_seq
            if not taken and event_seq >= EVENTS - TAIL_EVENTS:
                taken = True
                take_snapshot(writing, engine, number, chain)
        # The lists that queries read are another matter: here they count as made.
        for name, value in (
            ("projected_batch", number),
            ("projection_version", PROJECTION_VERSION),
        ):
            writing.execute(upsert(writing, meta), {"name": name, "value": value})
        database.recreate_projections(writing)
    writing.close()
    print(f"{number} batches, {command_seq} commands, {event_seq} events")
    return engine


def take_snapshot(writing: Connection, engine: Engine, batch: int, chain: bytes) -> None:
    """Write the state down, each part timed."""
    with timed("encode the state (commands wait)"):
        state = engine.snapshot()
    with timed("hash it"):
        state_hash = hash_of(state)
    with timed("compress it and write the row"):
        found = snapshot.Snapshot(batch=batch, chain_hash=chain, state_hash=state_hash, state=state)
        snapshot.write(writing, found)
    print(f"  {len(state) / 1e6:.0f} MB, {len(engine.state.order_owner)} orders known")


@contextmanager
def timed(what: str) -> Iterator[list[float]]:
    """Print how long the block took; the list holds the seconds afterwards."""
    seconds: list[float] = []
    began, used = time.perf_counter(), time.process_time()
    yield seconds
    took, used = time.perf_counter() - began, time.process_time() - used
    seconds.append(took)
    print(f"{what:<34} {took:7.2f} s {used:7.2f} s of a core", flush=True)


def restart(path: Path, what: str, events: int) -> tuple[bytes, float]:
    """Open the store, print what it took, and give the state's bytes and the seconds."""
    gc.collect()
    gc.freeze()  # as a server does before it opens a market
    with timed(what) as seconds:
        sequencer = Sequencer.open(path, clock=StillClock())
    gc.unfreeze()
    print(f"  {events} events applied")
    state = sequencer.engine.snapshot()
    asyncio.run(sequencer.close())
    return state, seconds[0]


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "market.sqlite"
        with gc_paused(), timed("write the journal"):
            lived = write(path).snapshot()
        with_tail, tail_s = restart(path, "restart, snapshot and tail", TAIL_EVENTS)
        with timed("read a state from its bytes"):
            Engine().restore(with_tail)
        writing = database.open_writer(path)
        with writing.begin():
            writing.exec_driver_sql("DELETE FROM snapshots")
        writing.close()
        whole, whole_s = restart(path, "restart, whole journal", EVENTS)
        same = hash_of(lived) == hash_of(with_tail) == hash_of(whole)
        print(f"same hash: {same}; aim with snapshot {aim('restart.snapshot')}")
        whole_journal = f"{whole_s:.1f} s from the whole journal; same hash: {same}"
        report("restart.snapshot", tail_s, holds=same, note=whole_journal)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"peak memory {peak} MB, file {path.stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
