"""A closed day of a large market, put into its store as quickly as that goes.

The market, its people and units come by commands, the steps of its intervals and the closing of the day as
facts in the journal. Trades, readings and what was scheduled are written straight into the lists: to live
them would take an hour, and a run reads lists only. No interval has booked deviations or fees, so the first
run books everything that is due.
"""

import asyncio

import numpy as np
from sqlalchemy import Connection, select

from benchmarks.settling.day_lists import fill
from benchmarks.settling.large_market import (
    DAY,
    DAY_BEFORE_US,
    FIRST_S,
    Size,
    definition,
    people,
)
from market.engine.facts.phase_steps import step_taken
from market.model.messages import DayClosed, Event, OpenCall
from market.sequencer import Sequencer
from market.store import journal, tables
from market.store.database import BEGIN, Store, open_writer
from market.store.journal import Batch, Entry
from market.trading.phases import steps_of


def write(store: Store, size: Size, seed: int = 1) -> None:
    """A store with a day in it that is closed and not settled as a whole yet."""
    asyncio.run(_register(store, size))
    connection = open_writer(store)
    with connection.begin():
        if connection.dialect.name in BEGIN:
            connection.exec_driver_sql(BEGIN[connection.dialect.name])
        _close_day(connection, size)
        fill(connection, size, np.random.default_rng(seed))
    connection.close()
    connection.engine.dispose()


class _Yesterday:
    """A clock that stands where the day has not begun."""

    def now_us(self) -> int:
        return DAY_BEFORE_US

    def hold_at(self, holder: str, due_us: int | None) -> None:
        raise AssertionError(f"{holder} holds a clock that stands still, at {due_us}")

    async def wait_until(self, due_us: int) -> None:
        raise AssertionError(f"somebody waits until {due_us} for a clock that stands still")


async def _register(store: Store, size: Size) -> None:
    sequencer = Sequencer.open(store, clock=_Yesterday())
    await sequencer.start()
    for command in people(size):
        committed = await sequencer.submit(command)
        assert not committed.answer.rejections, committed.answer.rejections
    await sequencer.close()


def _close_day(connection: Connection, size: Size) -> None:
    """Every interval takes every step, and the day is closed: one batch of the journal."""
    c = tables.journal.c
    last = connection.execute(select(tables.journal).order_by(c.batch.desc()).limit(1)).one()
    counted = journal.decode_entries(last.commands, last.events)
    rules, _ = definition(size)
    events: tuple[Event, ...] = (
        *(
            step_taken(start_s, step, size.closed_us)
            for step in steps_of(rules)
            for start_s in size.starts_s
        ),
        DayClosed(day=DAY),
    )
    batch = Batch(
        batch=last.batch + 1,
        epoch=last.epoch,
        now_us=size.closed_us,
        first_command_seq=last.first_command_seq + len(counted),
        first_event_seq=last.first_event_seq + sum(len(entry.events) for entry in counted),
        entries=(Entry(command=OpenCall(now_us=size.closed_us, start_s=FIRST_S), events=events),),
    )
    journal.append(connection, batch, last.hash)
