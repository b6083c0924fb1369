"""A real process, a real SIGKILL, many times over: nothing acknowledged is lost, doubled, unbalanced."""

import asyncio
import os
import random
import signal
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Final

import pytest
from sqlalchemy import Connection, func, select

from market.model.order import OrderState
from market.replay import replay
from market.sequencer import Sequencer
from market.store import postgres, queries, restore
from market.store.database import PostgresStore, Readers, Store
from market.store.tables import area_outcomes, line_outcomes, orders, trades
from tests.market.killable import killable
from tests.market.killed_writer import AT_ONCE
from tests.market.stores import NewStore
from tests.market.written import MARKET_ID, place, with_sequencer

KILLS_PER_STORE: Final = 25
"""After these a new store begins, so that starting does not take longer and longer."""
LINES_MAX: Final = 250
"""The kill comes after so many lines at most: a place in the traffic, not a wall time."""


@dataclass(slots=True)
class Told:
    """What came out of the writers of one store."""

    sent: dict[str, list[str]] = field(default_factory=dict)
    """What to say to send an order again, by its owner's id."""
    acknowledged: dict[str, str] = field(default_factory=dict)
    """The market's id by the owner's; `-`: refused."""
    cancelled: set[str] = field(default_factory=set)

    def hear(self, line: str) -> None:
        match line.split():
            case ["sent", client_order_id, *command]:
                self.sent[client_order_id] = command
            case ["told", client_order_id, order_id]:
                assert client_order_id not in self.acknowledged
                self.acknowledged[client_order_id] = order_id
            case ["cancelled", order_id]:
                self.cancelled.add(order_id)
            case _:
                assert line == "ready"

    @property
    def unknown(self) -> list[str]:
        """Orders that were sent and never answered."""
        return [name for name in self.sent if name not in self.acknowledged]


def start(process: subprocess.Popen[str], store: Store, name: str) -> int:
    """Start a writer; gives its process's number."""
    assert process.stdin is not None
    assert process.stdout is not None
    where = f"{store.url} {store.market_id}" if isinstance(store, PostgresStore) else str(store)
    process.stdin.write(f"{where} {name}\n")
    word, number = process.stdout.readline().split()
    assert word == "started"
    return int(number)


def killed_once(process: subprocess.Popen[str], store: Store, name: str, after: int) -> list[str]:
    """Everything one writer said until it was killed, which is after so many lines."""
    pid = start(process, store, name)
    lines = [next_line(process) for _ in range(after)]
    os.kill(pid, signal.SIGKILL)
    return lines + rest_of(process)


def next_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline().rstrip("\n")
    assert line not in {"", "ended"}, "the writer ended by itself"
    return line


def rest_of(process: subprocess.Popen[str]) -> list[str]:
    """What a writer said until it was gone."""
    assert process.stdout is not None
    lines = []
    while (line := process.stdout.readline().rstrip("\n")) != "ended":
        assert line, "the writers' process has ended"
        lines.append(line)
    return lines


@pytest.mark.parametrize(
    "kills",
    [pytest.param(25, id="25"), pytest.param(1_000, id="1000", marks=pytest.mark.long)],
)
def test_kills_at_any_moment_lose_double_and_unbalance_nothing(
    kills: int, new_store: NewStore
) -> None:
    moments = random.Random(7)
    answered = asked = intervals = 0
    with killable("tests.market.killed_writer") as process:
        for first in range(0, kills, KILLS_PER_STORE):
            store, told = new_store(), Told()
            for number in range(first, min(kills, first + KILLS_PER_STORE)):
                after = moments.randrange(LINES_MAX)
                for line in killed_once(process, store, f"round{number}", after):
                    told.hear(line)
                asked += len(told.unknown)
                with_sequencer(store, partial(everything_holds, told))
            answered += len(told.acknowledged)
            intervals += the_journal_tells_of_every_start(store)
            it_lives_again(store)

    assert answered > 30 * kills
    assert asked > kills, "there were outcomes nobody knew"
    assert intervals > kills // 2, "kills came among auctions and settlements too"


def it_lives_again(store: Store) -> None:
    """Commands, events and the snapshots the starts went on from lead to one state."""
    readers = Readers(store)
    with readers.connect() as connection:
        lived = replay(connection)
        assert lived == replay(connection, events_only=True)
    readers.close()
    assert lived.snapshots_checked > 0


async def everything_holds(told: Told, sequencer: Sequencer) -> None:
    """Nothing is lost, doubled or unbalanced, and every unknown outcome gets its one answer."""
    await sequencer.projected(sequencer.committed_seq)
    with sequencer.readers.connect() as connection:
        nothing_acknowledged_is_lost(connection, told)
        found = {name: kept_orders(connection, name) for name in told.unknown}
    await asyncio.gather(*(ask(sequencer, told, name, found[name]) for name in told.unknown))
    await sequencer.projected(sequencer.committed_seq)
    with sequencer.readers.connect() as connection:
        nothing_acknowledged_is_lost(connection, told)
        the_books_balance(connection, sequencer)
    assert told.unknown == []
    assert sequencer.engine.exists or not told.acknowledged


def nothing_acknowledged_is_lost(connection: Connection, told: Told) -> None:
    c = orders.c
    rows = connection.execute(select(c.client_order_id, c.order_id, c.state)).all()
    kept = {row.client_order_id: row.order_id for row in rows}
    assert len(rows) == len(kept), "no order stands twice"
    assert sorted(map(number, kept.values())) == list(range(1, len(kept) + 1))
    wanted = {name: order for name, order in told.acknowledged.items() if order != "-"}
    assert wanted.items() <= kept.items()
    assert kept.keys() <= told.sent.keys()
    assert not {name for name, order in told.acknowledged.items() if order == "-"} & kept.keys()
    states = {row.order_id: row.state for row in rows}
    assert {states[order] for order in told.cancelled} <= {OrderState.CANCELLED.value}


def number(order_id: str) -> int:
    return int(order_id.removeprefix("ord-"))


def kept_orders(connection: Connection, client_order_id: str) -> list[str]:
    """What the market says when it is asked for an order by its owner's id."""
    page = queries.orders(connection, MARKET_ID, client_order_id=client_order_id)
    found = [view.order.header.order_id for view in page.items]
    assert len(found) <= 1
    return found


async def ask(sequencer: Sequencer, told: Told, name: str, found: list[str]) -> None:
    """Send an order again whose outcome is unknown: the answer is the one there was, if any."""
    owner, *rest = told.sent[name]
    committed = await sequencer.submit(place(owner, f"{name} {' '.join(rest)}"))
    (answer,) = committed.answer.orders
    assert (answer.order_id is None) is (answer.rejection is not None)
    assert answer.repeated is bool(found)
    if found:
        assert answer.order_id == found[0]
    told.acknowledged[name] = answer.order_id or "-"


def the_books_balance(connection: Connection, sequencer: Sequencer) -> None:
    """Money: all accounts together are zero, holds are what open orders hold. Energy: to the Wh."""
    if not sequencer.engine.exists:
        return  # killed before there was a market; then nothing can have been acknowledged
    ledger, view = sequencer.engine.state.ledger, queries.ledger(connection, MARKET_ID)
    assert view.sum_quanta == ledger.sum_quanta() == 0
    assert {row.account: row.balance_quanta for row in view.accounts} == dict(ledger.accounts())
    c = orders.c
    held = connection.execute(
        select(c.participant_id, func.sum(c.held_quanta)).group_by(c.participant_id)
    )
    for participant_id, held_quanta in held:
        assert held_quanta == ledger.held_quanta(participant_id)
    t, a = trades.c, area_outcomes.c
    balance_wh: Counter[int] = Counter()
    for start_s, side, energy_wh in connection.execute(select(t.start_s, t.side, t.energy_wh)):
        balance_wh[start_s] += energy_wh if side == "sell" else -energy_wh
    for row in connection.execute(select(a.start_s, a.sold_wh, a.bought_wh, a.net_export_wh)):
        assert row.sold_wh - row.bought_wh == row.net_export_wh
    lost_wh: Counter[int] = Counter()
    for row in connection.execute(select(line_outcomes)):
        lost_wh[row.start_s] += row.sent_forward_wh - row.received_forward_wh
        lost_wh[row.start_s] += row.sent_backward_wh - row.received_backward_wh
    assert +balance_wh == +lost_wh


def the_journal_tells_of_every_start(store: Store) -> int:
    """The chain holds from the first row on; gives how many auctions were held."""
    readers = Readers(store)
    with readers.connect() as connection:
        batches = [proven.batch for proven in restore.batches(connection)]
        cleared = connection.execute(select(func.count(area_outcomes.c.start_s.distinct())))
        intervals = int(cleared.scalar_one())
    readers.close()
    assert any(len(batch.entries) >= AT_ONCE // 2 for batch in batches), "whole batches were cut"
    for before, after in pairwise(batches):
        assert after.first_command_seq == before.last_command_seq + 1
        assert after.epoch >= before.epoch
    return intervals


@pytest.mark.parametrize("pauses", [pytest.param(8, id="8")])
def test_a_paused_writer_that_wakes_up_adds_nothing(pauses: int, postgres_url: str) -> None:
    """Whatever it was in the middle of: its session is ended, and a newer one writes already."""
    store = PostgresStore(url=postgres_url, market_id="paused-village")
    moments, told = random.Random(3), Told()
    try:
        with killable("tests.market.killed_writer") as process:
            for turn in range(pauses):
                pid = start(process, store, f"round{turn}")
                while next_line(process) != "ready":
                    pass
                for _ in range(moments.randrange(LINES_MAX)):
                    told.hear(next_line(process))
                os.kill(pid, signal.SIGSTOP)

                async def newer(sequencer: Sequencer, pid: int = pid, turn: int = turn) -> None:
                    order = "ann-load buy 100 1 40"
                    told.hear(f"sent newer-{turn} ann {order}")
                    committed = await sequencer.submit(place("ann", f"newer-{turn} {order}"))
                    told.hear(f"told newer-{turn} {committed.answer.orders[0].order_id or '-'}")
                    os.kill(pid, signal.SIGCONT)
                    for line in await asyncio.to_thread(rest_of, process):
                        told.hear(line)
                    await everything_holds(told, sequencer)
                    assert last_epoch(store) == sequencer.epoch

                with_sequencer(store, newer)
    finally:
        postgres.remove(store)


def last_epoch(store: Store) -> int:
    readers = Readers(store)
    with readers.connect() as connection:
        found = [proven.batch.epoch for proven in restore.batches(connection)]
    readers.close()
    assert found == sorted(found)
    return found[-1]
