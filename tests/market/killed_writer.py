"""Writers to be killed: each trades as fast as it may, and says what it sent and what was answered.

Run as `python -m tests.market.killed_writer`. A line of standard input, `PLACE ROUND`, starts one in
a process of its own, where PLACE is a file or `URL SCHEMA`. Everything that comes out is a line:

    started PID                      the writer's process
    ready                            it has opened the market
    sent ID                          an order goes into the queue
    told ID ORDER                    its commit has returned; ORDER is `-` for a refusal
    cancelled ORDER                  the same of a cancellation
    ended                            the process is gone; no line of it comes after

One process for all, which has imported everything and starts each writer by a fork: importing takes
far longer than opening a market.
"""

import asyncio
import os
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Final

from clearing.merit_order import merit_order
from market import sequencer as writing
from market.model.messages import CancelOrders, Command
from market.sequencer import Sequencer
from market.store.database import PostgresStore, Store
from tests.builders import DAY_BEFORE_US, MIDNIGHT_S, RULES, STEP_S
from tests.market.written import SETUP, StillClock, due_command, place

AT_ONCE: Final = 12
"""Orders under way at the same time: batches of several commands, as in life."""
INTERVALS: Final = 48
SNAPSHOT_EVENTS: Final = 100
"""So often that kills fall into the writing of snapshots too."""
TELLS_A_STEP: Final = 3
"""Answers after which time goes on to what is due next."""

OPENING: Final[tuple[Command, ...]] = (
    replace(
        SETUP[0],  # type: ignore[call-arg]
        rules=replace(RULES, trading_until_s=MIDNIGHT_S + INTERVALS * STEP_S),
    ),
    *SETUP[1:4],
)
"""A market with an interval for every few kills."""
OWNERS: Final = (
    ("ann", "ann-load", "buy 20000"),
    ("ann", "ann-solar", "sell 8000"),
    ("ben", "ben-load", "buy 9500"),
    ("retailer", "retailer-sells", "sell 9000"),
)
"""Who orders, for which unit, at what price."""


def say(line: str) -> None:
    """One write, unbuffered: either the whole line is out, or the order counts as unknown."""
    os.write(1, f"{line}\n".encode())


class Writer:
    """One market's traffic until it is killed."""

    def __init__(self, sequencer: Sequencer, clock: StillClock, name: str) -> None:
        self._sequencer, self._clock, self._name = sequencer, clock, name
        self._told = 0
        self._step = asyncio.Event()

    async def trade(self) -> None:
        for command in OPENING[self._sequencer.committed_seq :]:
            await self._sequencer.submit(command)
        await self._pass_time(until_us=DAY_BEFORE_US)
        say("ready")
        await asyncio.gather(self._pass_time(), *(self._order(n) for n in range(AT_ONCE)))

    async def _order(self, number: int) -> None:
        owner, unit, terms = OWNERS[number % len(OWNERS)]
        for turn in count():
            client_order_id = f"{self._name}-{number}-{turn}"
            interval = self._open_interval() + (number + turn) % 3
            say(f"sent {client_order_id} {owner} {unit} {terms} {10 + number} {interval}")
            command = place(owner, f"{client_order_id} {unit} {terms} {10 + number} {interval}")
            committed = await self._sequencer.submit(command)
            (answer,) = committed.answer.orders
            say(f"told {client_order_id} {answer.order_id or '-'}")
            self._tell()
            if answer.order_id and turn % 4 == 3:
                cancel = CancelOrders(
                    now_us=DAY_BEFORE_US,
                    actor=owner,
                    participant_id=owner,
                    order_ids=(answer.order_id,),
                )
                gone = await self._sequencer.submit(cancel)
                if gone.events:
                    say(f"cancelled {answer.order_id}")

    def _open_interval(self) -> int:
        """The first whose gate is still open."""
        ahead_s = self._clock.time_us // 1_000_000 + RULES.gate_minutes * 60 - MIDNIGHT_S
        return max(0, ahead_s // STEP_S + 1)

    def _tell(self) -> None:
        self._told += 1
        if self._told % TELLS_A_STEP == 0:
            self._step.set()

    async def _pass_time(self, until_us: int | None = None) -> None:
        """What is due next happens whenever enough was answered: gates, auctions, delivery."""
        engine = self._sequencer.engine
        while (timer := engine.next_timer()) is not None:
            if until_us is not None and timer.due_us > until_us:
                return
            self._clock.time_us = max(self._clock.time_us, timer.due_us)
            await self._sequencer.submit(due_command(engine, timer, merit_order))
            if until_us is None:
                self._step.clear()
                await self._step.wait()


async def write(store: Store, name: str) -> None:
    """Open a market and trade in it."""
    clock = StillClock()
    setattr(writing, "SNAPSHOT_EVENTS_MAX", SNAPSHOT_EVENTS)  # noqa: B010 - a constant of another module
    sequencer = Sequencer.open(store, clock=clock)
    clock.time_us = max(clock.time_us, sequencer.now_us)
    await sequencer.start()
    await Writer(sequencer, clock, name).trade()


def main() -> None:
    for line in sys.stdin:
        *where, name = line.split()
        store: Store = (
            Path(where[0]) if len(where) == 1 else PostgresStore(url=where[0], market_id=where[1])
        )
        child = os.fork()
        if child == 0:
            say(f"started {os.getpid()}")  # by itself, so that it comes before all that it says
            try:
                asyncio.run(write(store, name))
            finally:
                os._exit(1)  # it is to be killed; whatever else ends it shows in what is missing
        os.waitpid(child, 0)
        say("ended")


if __name__ == "__main__":
    main()
