"""What durability costs: the sequencer against the same rows put into a file by SQLAlchemy alone.

Run: python -m benchmarks.store

All in one process on one file system, side by side and several times over, because the figures
themselves are the machine's; only the ratio says anything.

- a thousand orders in one PlaceOrders: until acknowledged (decided, applied, journaled, flushed)
  and until queries see them, against one executemany of a thousand order rows and its flushed commit;
- single orders: one after the other, and many at once.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert

from api.house.clock import SimulatedClock
from market.model.messages import (
    Command,
    CreateMarket,
    Deposit,
    MakeDeposits,
    OpenCall,
    PlaceOrders,
    RegisterParticipants,
    RegisterUnits,
)
from market.model.order import PLAIN, OrderColumns, Side
from market.sequencer import Sequencer
from market.store import postgres, tables
from market.store.database import (
    BEGIN,
    PostgresStore,
    Store,
    create_schema,
    open_writer,
    recreate_projections,
)
from market.store.projections import limit_terms
from tests.builders import DAY_BEFORE_US, GRID, MIDNIGHT_S, PARTICIPANTS, RULES, UNITS
from tests.postgres_server import server

ROWS: Final = 1_000
ROUNDS: Final = 15
SINGLES: Final = 300
AT_ONCE: Final = 1_500


def batch(name: str, rows: int) -> PlaceOrders:
    """Small buy orders of one participant."""
    return PlaceOrders(
        now_us=DAY_BEFORE_US,
        actor="retailer",
        participant_id="retailer",
        orders=OrderColumns(
            client_order_id=tuple(f"{name}-{row}" for row in range(rows)),
            unit_id=("retailer-sells",) * rows,
            start_s=tuple(MIDNIGHT_S + 900 * (row % 4) for row in range(rows)),
            side=(Side.BUY,) * rows,
            price_ticks=(100,) * rows,
            energy_wh=(1,) * rows,
        ),
    )


def plain_rows(first: int) -> list[dict[str, Any]]:
    """The same orders as rows of the orders table."""
    return [
        {
            "market_id": "village",
            "sequence": first + row,
            "order_id": f"ord-{first + row}",
            "client_order_id": f"plain-{first + row}",
            "participant_id": "retailer",
            "unit_id": "retailer-sells",
            "area_id": "RUR",
            "start_s": MIDNIGHT_S,
            "side": "buy",
            "accepted_us": DAY_BEFORE_US,
            "venue": "call",
            "revision": 1,
            "placed_by": "retailer",
            "terms": limit_terms(PLAIN),
            "price_ticks": 100,
            "energy_wh": 1,
            "state": "active",
            "filled_wh": 0,
            "held_quanta": 100,
        }
        for row in range(ROWS)
    ]


def plain_s(store: Store) -> list[float]:
    """Seconds of each executemany of a thousand rows with its flushed commit."""
    connection = open_writer(store)
    with connection.begin():
        create_schema(connection)
        recreate_projections(connection)
    statement, took = insert(tables.orders), []
    for number in range(ROUNDS):
        rows = plain_rows(1 + number * ROWS)
        began = time.perf_counter()
        with connection.begin():
            if connection.dialect.name in BEGIN:
                connection.exec_driver_sql(BEGIN[connection.dialect.name])
            connection.execute(statement, rows)
        took.append(time.perf_counter() - began)
    connection.close()
    return took


async def sequenced_s(store: Store) -> dict[str, list[float]]:
    """Seconds until acknowledged and until seen, and orders a second one by one and at once."""
    clock = SimulatedClock(start_us=DAY_BEFORE_US, speed=1)
    sequencer = Sequencer.open(store, clock=clock)
    await sequencer.start()
    rich = Deposit(deposit_id="d", participant_id="retailer", amount_quanta=10**15)
    setup: list[Command] = [
        CreateMarket(
            now_us=DAY_BEFORE_US,
            actor="op",
            rules=replace(RULES, open_orders_max=1_000_000),
            grid=GRID,
        ),
        RegisterParticipants(now_us=DAY_BEFORE_US, actor="op", participants=PARTICIPANTS),
        RegisterUnits(now_us=DAY_BEFORE_US, actor="op", units=UNITS),
        MakeDeposits(now_us=DAY_BEFORE_US, actor="op", deposits=(rich,)),
        *(OpenCall(now_us=DAY_BEFORE_US, start_s=MIDNIGHT_S + 900 * step) for step in range(4)),
    ]
    for command in setup:
        await sequencer.submit(command)
    found: dict[str, list[float]] = {"acknowledged": [], "seen": [], "serial": [], "at once": []}
    for number in range(ROUNDS):
        began = time.perf_counter()
        committed = await sequencer.submit(batch(f"many{number}", ROWS))
        found["acknowledged"].append(time.perf_counter() - began)
        await sequencer.projected(committed.seq)
        found["seen"].append(time.perf_counter() - began)
        accepted = sum(answer.rejection is None for answer in committed.answer.orders)
        assert accepted == ROWS, committed.answer.orders[-1]
    began = time.perf_counter()
    for number in range(SINGLES):
        await sequencer.submit(batch(f"one{number}", 1))
    found["serial"].append(SINGLES / (time.perf_counter() - began))
    began = time.perf_counter()
    await asyncio.gather(*(sequencer.submit(batch(f"all{n}", 1)) for n in range(AT_ONCE)))
    found["at once"].append(AT_ONCE / (time.perf_counter() - began))
    await sequencer.close()
    return found


def restart_s(store: Store) -> tuple[float, int]:
    """Seconds to open the file again, and how many orders that brings back."""
    began = time.perf_counter()
    sequencer = Sequencer.open(store, clock=SimulatedClock(start_us=DAY_BEFORE_US, speed=1))
    took = time.perf_counter() - began
    orders = len(sequencer.engine.state.order_owner)
    asyncio.run(sequencer.close())
    return took, orders


def main() -> None:
    """Measure and print, for each kind of store."""
    with tempfile.TemporaryDirectory() as folder, server() as url:
        print("SQLite")
        measured(Path(folder) / "plain.sqlite", Path(folder) / "market.sqlite")
        print("PostgreSQL")
        plain = PostgresStore(url=url, market_id="bench-plain")
        market = PostgresStore(url=url, market_id="bench-market")
        measured(plain, market)
        postgres.remove(plain)
        postgres.remove(market)


def measured(plain_store: Store, store: Store) -> None:
    """The figures of one kind of store."""
    plain = plain_s(plain_store)
    found = asyncio.run(sequenced_s(store))
    took, orders = restart_s(store)
    base = statistics.median(plain)
    print(f"{ROWS} rows, SQLAlchemy Core alone   {base * 1000:8.1f} ms")
    for name in ("acknowledged", "seen"):
        median = statistics.median(found[name])
        print(f"{ROWS} orders {name:<22} {median * 1000:8.1f} ms   ratio {base / median:.2f}")
    print(f"single orders one by one          {found['serial'][0]:8.0f} a second")
    print(f"single orders {AT_ONCE} at once       {found['at once'][0]:8.0f} a second")
    print(f"restart with {orders} orders         {took * 1000:8.0f} ms")


if __name__ == "__main__":
    main()
