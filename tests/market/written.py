"""A short market life written to a file: two intervals, from creation to the day's close.

The one idea: every kind of command and event comes up once, so that what is kept, read back and
projected can be compared whole. In the first interval the line binds, so there is rent to give
back; in the second an order that holds money expires.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from clearing.clear import clear
from clearing.problem import ClearingProblem, ClearingResult
from market.engine.engine import Engine
from market.model.messages import (
    ApplyClearing,
    CancelOrders,
    CloseDay,
    CloseGate,
    Command,
    CreateMarket,
    Deposit,
    EndDelivery,
    MakeDeposits,
    OpenCall,
    PlaceOrders,
    RecordMeasurements,
    RegisterParticipants,
    RegisterUnits,
    SettleInterval,
)
from market.model.power import Measurement
from market.model.timer import Timer, TimerKind
from market.sequencer import Committed, Sequencer
from market.store.tables import JOURNAL, METADATA
from tests.builders import (
    DAY_BEFORE_US,
    GRID,
    MIDNIGHT_S,
    PARTICIPANTS,
    RULES,
    STEP_S,
    UNITS,
    orders,
)

MARKET_ID: Final = RULES.market_id
TWO_INTERVALS: Final = replace(RULES, trading_until_s=MIDNIGHT_S + 2 * STEP_S)

SETUP: Final[tuple[Command, ...]] = (
    CreateMarket(now_us=DAY_BEFORE_US, actor="op", rules=TWO_INTERVALS, grid=GRID),
    RegisterParticipants(now_us=DAY_BEFORE_US, actor="op", participants=PARTICIPANTS),
    RegisterUnits(now_us=DAY_BEFORE_US, actor="op", units=UNITS),
    MakeDeposits(
        now_us=DAY_BEFORE_US,
        actor="op",
        deposits=tuple(
            Deposit(
                deposit_id=f"dep-{item.participant_id}",
                participant_id=item.participant_id,
                amount_quanta=10**12,
            )
            for item in PARTICIPANTS
        ),
    ),
    OpenCall(now_us=DAY_BEFORE_US, start_s=MIDNIGHT_S),
    OpenCall(now_us=DAY_BEFORE_US, start_s=MIDNIGHT_S + STEP_S),
)
"""A market whose two intervals take orders."""

ResultT = TypeVar("ResultT")


class StillClock:
    """Market time as the test sets it."""

    def __init__(self, now_us: int = DAY_BEFORE_US) -> None:
        self.time_us = now_us

    def now_us(self) -> int:
        return self.time_us

    def hold_at(self, holder: str, due_us: int | None) -> None:
        raise AssertionError(f"{holder} holds a clock that stands still, at {due_us}")

    async def wait_until(self, due_us: int) -> None:
        raise AssertionError(f"somebody waits until {due_us} for a clock that stands still")


def place(owner: str, table: str, *, now_us: int = DAY_BEFORE_US) -> PlaceOrders:
    """Orders of a text table as one command."""
    return PlaceOrders(now_us=now_us, actor=owner, participant_id=owner, orders=orders(table))


TRADING: Final[tuple[Command, ...]] = (
    place(
        "ann",
        """
        a-1 ann-solar sell 9000 1500
        a-2 ann-load buy 30000 1000
        a-3 ann-solar sell 9500 500 1
        a-4 ann-load buy 20000 700 1
        a-5 ann-solar sell 9000 99000
        a-6 ann-battery buy 300000 2000
        """,
    ),
    place(
        "ben",
        """
        b-1 ben-load buy 400000 2400
        b-2 ben-load buy 400000 2000 1
        b-3 ben-load buy 100 50 1
        """,
    ),
    place(
        "retailer",
        """
        r-1 retailer-sells sell 12000 200000
        r-2 retailer-sells sell 12000 200000 1
        r-3 retailer-sells sell 13000 1000 1
        """,
    ),
    CancelOrders(now_us=DAY_BEFORE_US, actor="ann", participant_id="ann", order_ids=("ord-4",)),
)


def read_meters(start_s: int, now_us: int) -> RecordMeasurements:
    """Readings of all units of RUR but one."""
    readings = {"ann-solar": 1_400, "ann-load": -1_000, "ben-load": -2_450}
    return RecordMeasurements(
        now_us=now_us,
        actor="gateway",
        area_id="RUR",
        measurements=tuple(
            Measurement(unit_id=unit_id, start_s=start_s, injection_wh=energy_wh)
            for unit_id, energy_wh in readings.items()
        ),
    )


Solve = Callable[[ClearingProblem], ClearingResult]


def due_command(engine: Engine, timer: Timer, solve: Solve = clear) -> Command:
    """What the timetable sends for a timer."""
    now_us, start_s = timer.due_us, timer.start_s
    match timer.kind:
        case TimerKind.OPEN_CALL:
            return OpenCall(now_us=now_us, start_s=start_s)
        case TimerKind.CLOSE_GATE:
            return CloseGate(now_us=now_us, start_s=start_s)
        case TimerKind.END_DELIVERY:
            return EndDelivery(now_us=now_us, start_s=start_s)
        case TimerKind.SETTLE:
            return SettleInterval(now_us=now_us, start_s=start_s)
        case TimerKind.CLOSE_DAY:
            return CloseDay(now_us=now_us, day=timer.day)
        case TimerKind.CLEAR:
            auction = engine.clearing_problem(start_s)
            outcome = engine.clearing_outcome(auction, solve(auction.problem), 7)
            return ApplyClearing(now_us=now_us, outcome=outcome)


async def live(sequencer: Sequencer, clock: StillClock) -> list[Committed]:
    """From nothing to the close of the day."""
    committed = [await sequencer.submit(command) for command in (*SETUP, *TRADING)]
    while (timer := sequencer.engine.next_timer()) is not None:
        clock.time_us = max(clock.time_us, timer.due_us)
        committed.append(await sequencer.submit(due_command(sequencer.engine, timer)))
        if timer.kind is TimerKind.END_DELIVERY:
            reading = read_meters(timer.start_s, clock.time_us)
            committed.append(await sequencer.submit(reading))
    assert not [item for item in committed if item.answer.rejections]
    return committed


def write_life(path: Path) -> Engine:
    """A file with a whole market life in it; gives back the engine that lived it."""

    async def write() -> Engine:
        clock = StillClock()
        sequencer = Sequencer.open(path, clock=clock)
        await sequencer.start()
        await live(sequencer, clock)
        await sequencer.close()
        return sequencer.engine

    return asyncio.run(write())


def with_sequencer(
    path: Path,
    act: Callable[[Sequencer], Coroutine[Any, Any, ResultT]],
    *,
    clock: StillClock | None = None,
    engine: Engine | None = None,
) -> ResultT:
    """Open a file, do something with its running sequencer, close it."""

    async def run() -> ResultT:
        sequencer = Sequencer.open(path, clock=clock or StillClock(), engine=engine)
        await sequencer.start()
        try:
            return await act(sequencer)
        finally:
            await sequencer.close()

    return asyncio.run(run())


def projected(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every projection, sorted."""

    def rows() -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
        for table in METADATA.sorted_tables:
            if table.name not in JOURNAL:
                found = connection.exec_driver_sql(f'SELECT * FROM "{table.name}"')  # noqa: S608
                yield table.name, sorted((tuple(row) for row in found), key=repr)

    return dict(rows())
