"""A day settled as a whole, end to end: from what is stored to what is booked, then corrected, then billed.

Run: python -m benchmarks.settlement [--units N] [--areas N] [--intervals N] [--bills N] [--scattered]

A market of 100,000 units in 100 areas (three units to a metering point, each point a participant) has a
closed day of 96 intervals in its store: a temporary file, or the database in WATTMARKET_DATABASE_URL, in a
schema that is dropped at the end. It is written by another process, so that memory and caches are this one's own.

`run`: a run of the server's own `DayRuns`, from its beginning to its booking on disk. `again`: one meter in
a hundred is read anew for the whole day (`--scattered`: one reading in a hundred, wherever it falls), and
a corrected run. `bills`: sums read, bills drafted and issued by the market, pages written.

The floor of a run is what its rows cost without any settling: read once by the database's driver as they
are, and what it wrote (areas, postings) inserted once more as it is, committed.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from sqlalchemy import Connection, insert, select

from api.pages.bill import Language, bill_page
from api.serve import spare_the_collector
from benchmarks.auctions.memory import own_peak_bytes
from benchmarks.figures.report import aim, report
from benchmarks.settling.closed_day import write
from benchmarks.settling.large_market import (
    DAY,
    MARKET_ID,
    MONTH,
    UNITS_TO_A_POINT,
    Size,
    area_of,
    unit_name,
)
from market.day_runs import DayRuns
from market.model.bill import BillState, DraftBills, IssueBills
from market.model.messages import Command, RecordMeasurements
from market.model.power import Measurement
from market.model.settlement_run import (
    AreaSettled,
    BeginSettlement,
    RunKind,
    SettlementBegun,
    SettlementFinished,
)
from market.sequencer import Published, Sequencer
from market.store import queries, tables
from market.store.database import BEGIN, Store, Stores, open_writer
from market.store.queries import StoredBill

BILLS: Final = 10_000
CHANGED: Final = 0.01
BILLS_AT_ONCE: Final = 500
READ: Final = {
    tables.trades: ("match_id", "unit_id", "start_s", "side", "price_ticks", "energy_wh"),
    tables.deviations: ("member_id", "start_s", "scheduled_wh"),
    tables.measurements: ("unit_id", "start_s", "injection_wh", "substituted", "late"),
}
"""What a run reads of the day, by table."""


class Clock:
    """Market time just after the day was closed."""

    def __init__(self, now_us: int) -> None:
        self._now_us = now_us

    def now_us(self) -> int:
        """It stands still."""
        return self._now_us

    def hold_at(self, holder: str, due_us: int | None) -> None:
        """Nobody holds it."""
        raise AssertionError(f"{holder} holds a clock that stands still, at {due_us}")

    async def wait_until(self, due_us: int) -> None:
        """Nobody waits for it."""
        raise AssertionError(f"somebody waits until {due_us} for a clock that stands still")


@dataclass(slots=True)
class Parts:
    """When a run began, was first and last written to, and ended; by the facts it told."""

    begun_s: float = 0.0
    first_s: float = 0.0
    last_s: float = 0.0
    finished_s: float = 0.0

    def heard(self, published: Published) -> None:
        """Note the moment of one event."""
        now_s = time.perf_counter()
        match published.event:
            case SettlementBegun():
                self.begun_s, self.first_s = now_s, 0.0
            case AreaSettled():
                self.first_s, self.last_s = self.first_s or now_s, now_s
            case SettlementFinished():
                self.finished_s = now_s
            case _:
                pass

    @property
    def whole_s(self) -> float:
        """From its beginning to its booking."""
        return self.finished_s - self.begun_s


def line(what: str, seconds: float, rest: str = "") -> None:
    """One row of what is printed."""
    print(f"{what:<46} {seconds:8.2f} s   {rest}", flush=True)


async def settle(
    sequencer: Sequencer, clock: Clock, what: str, cells: int, begin: Command | None = None
) -> Parts:
    """Let a run be done, and print where its time went; without `begin` the one that is due."""
    parts = Parts()
    unsubscribe = sequencer.subscribe(parts.heard)
    if begin is not None:
        await submit(sequencer, begin)
    assert await DayRuns(sequencer, clock, market_id=MARKET_ID).step()
    unsubscribe()
    line(what, parts.whole_s, f"{cells / parts.whole_s:12,.0f} unit-intervals/s")
    line("  facts read, settled", parts.first_s - parts.begun_s)
    line("  areas recorded", parts.last_s - parts.first_s)
    line("  booked", parts.finished_s - parts.last_s)
    return parts


async def read_again(sequencer: Sequencer, size: Size, clock: Clock, *, scattered: bool) -> int:
    """Late readings, an area after the other; how many."""
    chance = np.random.default_rng(2)
    if scattered:
        cells = chance.choice(size.cells, max(1, int(size.cells * CHANGED)), replace=False)
    else:
        meters = chance.choice(size.units, max(1, int(size.units * CHANGED)), replace=False)
        cells = (meters[:, None] * size.intervals + np.arange(size.intervals)).ravel()
    by_area: dict[str, list[Measurement]] = {}
    values_wh = chance.integers(-2_000, 2_000, len(cells)).tolist()
    for cell, injection_wh in zip(np.sort(cells).tolist(), values_wh, strict=True):
        number, interval = divmod(cell, size.intervals)
        by_area.setdefault(area_of(number // UNITS_TO_A_POINT, size), []).append(
            Measurement(
                unit_id=unit_name(number),
                start_s=size.starts_s[interval],
                injection_wh=injection_wh,
            )
        )
    for area_id, readings in by_area.items():
        command = RecordMeasurements(
            now_us=clock.now_us(), actor="meters", area_id=area_id, measurements=tuple(readings)
        )
        await submit(sequencer, command)
    return len(cells)


async def submit(sequencer: Sequencer, command: Command) -> None:
    """A command that has to succeed."""
    committed = await sequencer.submit(command)
    assert not committed.answer.rejections, committed.answer.rejections[:3]


async def correct(sequencer: Sequencer, size: Size, clock: Clock, *, scattered: bool) -> Parts:
    """One per cent of the readings anew, and a corrected run."""
    began = time.perf_counter()
    changed = await read_again(sequencer, size, clock, scattered=scattered)
    await sequencer.projected(sequencer.committed_seq)
    line(f"{changed:,} late readings taken in", time.perf_counter() - began)
    begin = BeginSettlement(
        now_us=clock.now_us(), actor="op", day=DAY, kind=RunKind.CORRECTED, reason="read anew"
    )
    return await settle(sequencer, clock, "corrected run", size.cells, begin)


async def bill(sequencer: Sequencer, clock: Clock, count: int) -> float:
    """Bills of so many participants from their sums to their pages; seconds."""
    rules = sequencer.engine.state.rules
    waited = time.perf_counter()
    await sequencer.projected(sequencer.committed_seq)
    began = time.perf_counter()
    line("  booked rows in the lists", began - waited)
    with sequencer.readers.connect() as connection:
        names = queries.billed_participants(connection, MARKET_ID)[:count]
        seq, sources = queries.bill_sources(connection, MARKET_ID, rules, MONTH, names)
    read_s = time.perf_counter()
    line(f"sums of {len(sources):,} participants read", read_s - began)
    for first in range(0, count, BILLS_AT_ONCE):
        part = sources[first : min(first + BILLS_AT_ONCE, count)]
        await submit(
            sequencer,
            DraftBills(
                now_us=clock.now_us(), actor="op", month=MONTH, as_of_event_seq=seq, sources=part
            ),
        )
    drafted_s = time.perf_counter()
    line(f"{count:,} bills drafted", drafted_s - read_s)
    await submit(sequencer, IssueBills(now_us=clock.now_us(), actor="op", month=MONTH, bill_ids=()))
    await sequencer.projected(sequencer.committed_seq)
    issued_s = time.perf_counter()
    line("  issued", issued_s - drafted_s)
    with sequencer.readers.connect() as connection:
        written, size = 0, 0
        for found in stored_bills(connection):
            language = (Language.EN, Language.ZH)[written % 2]
            name = found.bill.participant_id
            size += len(
                bill_page(
                    found, rules=rules, name=name, language=language, now_us=clock.now_us()
                ).encode()
            )
            written += 1
    assert written == count, written
    done_s = time.perf_counter()
    line(f"  {written:,} pages, {size / 1e6:.0f} MB", done_s - issued_s)
    return done_s - began


def stored_bills(connection: Connection) -> Iterator[StoredBill]:
    """All bills that were issued, as the server reads them."""
    cursor: str | None = None
    while True:
        page = queries.bills(
            connection, MARKET_ID, month=MONTH, state=BillState.ISSUED, cursor=cursor, limit=1_000
        )
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


# --- the floor ------------------------------------------------------------------------


def floor_s(store: Store, size: Size, run_id: str) -> float:
    """The same rows read by the driver alone, what was written inserted once more."""
    connection = open_writer(store)
    began = time.perf_counter()
    for table, names in READ.items():
        wanted = (
            select(*[table.c[name] for name in names])
            .where(table.c.market_id == MARKET_ID, table.c.start_s.in_(list(size.starts_s)))
            .compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
        )
        cursor = connection.connection.cursor()
        cursor.execute(str(wanted))
        while cursor.fetchmany(100_000):
            pass
        cursor.close()
    connection.rollback()
    took_s = time.perf_counter() - began
    # What was written is read into memory before the clock goes on.
    c, moved = tables.settled_areas, tables.transfers
    areas = [row._asdict() for row in connection.execute(select(c).where(c.c.run_id == run_id))]
    moves = [
        row._asdict()
        for row in connection.execute(select(moved).where(moved.c.reference == run_id))
    ]
    connection.rollback()
    began = time.perf_counter()
    with connection.begin():
        if connection.dialect.name in BEGIN:
            connection.exec_driver_sql(BEGIN[connection.dialect.name])
        for row in areas:
            connection.execute(insert(c), row | {"run_id": "floor"})
        if moves:
            connection.execute(insert(moved), [row | {"event_seq": -1} for row in moves])
    took_s += time.perf_counter() - began
    connection.close()
    connection.engine.dispose()
    return took_s


@contextmanager
def a_store() -> Iterator[Store]:
    """A file that goes with the block, or a schema of the database in the environment."""
    with tempfile.TemporaryDirectory() as folder:
        stores = Stores(Path(folder), os.environ.get("WATTMARKET_DATABASE_URL"))
        try:
            yield stores.of(MARKET_ID)
        finally:
            stores.remove(MARKET_ID)


async def measure(store: Store, size: Size, *, bills: int, scattered: bool) -> None:
    """All of it, with aims and ratios."""
    clock = Clock(size.closed_us)
    spare_the_collector()  # as a server does before it opens a market
    began = time.perf_counter()
    sequencer = Sequencer.open(store, clock=clock)
    await sequencer.start()
    line("market opened", time.perf_counter() - began)
    whole = await settle(sequencer, clock, "run", size.cells)
    again = await correct(sequencer, size, clock, scattered=scattered)
    peak = own_peak_bytes()
    billed_s = await bill(sequencer, clock, min(bills, size.points))
    await sequencer.close()
    least_s = await asyncio.to_thread(floor_s, store, size, "set-1")
    share = again.whole_s / whole.whole_s
    print(
        f"run            {size.cells / whole.whole_s:12,.0f} unit-intervals/s, "
        f"aim {aim('settlement.run').bound:,.0f}; {whole.whole_s / least_s:.2f} x the floor of {least_s:.2f} s\n"
        f"corrected run  {share:12.1%} of it, aim {aim('settlement.corrected').bound:.0f}%\n"
        f"bills          {billed_s:12.1f} s for {min(bills, size.points):,} as HTML, "
        f"aim {aim('settlement.bills').bound:.0f} s for {BILLS:,}\n"
        f"memory         {peak / 1e9:12.2f} GB at most"
    )
    if size == Size() and bills == BILLS and not scattered:
        floor = f"{whole.whole_s / least_s:.2f} × the floor, {peak / 1e9:.1f} GB at most"
        report("settlement.run", size.cells / whole.whole_s, note=floor)
        report("settlement.corrected", 100 * share, note=f"{again.whole_s:.1f} s")
        report("settlement.bills", billed_s)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    plain = Size()
    parser.add_argument("--units", type=int, default=plain.units)
    parser.add_argument("--areas", type=int, default=plain.areas)
    parser.add_argument("--intervals", type=int, default=plain.intervals)
    parser.add_argument("--bills", type=int, default=BILLS)
    parser.add_argument("--scattered", action="store_true")
    asked = parser.parse_args(arguments)
    size = Size(units=asked.units, areas=asked.areas, intervals=asked.intervals)
    with a_store() as store:
        began = time.perf_counter()
        writing = multiprocessing.get_context("spawn").Process(target=write, args=(store, size))
        writing.start()
        writing.join()
        assert writing.exitcode == 0, "the day could not be written"
        line(f"a day of {size.cells:,} unit-intervals written", time.perf_counter() - began)
        asyncio.run(measure(store, size, bills=asked.bills, scattered=asked.scattered))


if __name__ == "__main__":
    main()
