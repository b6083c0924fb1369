"""What happens to orders is the same in the tables, whether written change by change or together."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from sqlalchemy import update

from market.engine.engine import Engine
from market.model.messages import (
    ActivateOrders,
    CancelOrders,
    Command,
    CreateMarket,
    Deposit,
    HibernateOrders,
    MakeDeposits,
    OpenContinuous,
    PlaceOrders,
    RegisterParticipants,
    RegisterUnits,
    ReplaceOrder,
)
from market.model.order import OrderColumns, OrderOptions, SelfTrade, Side
from market.model.rules import ContinuousRules
from market.store.database import BEGIN, Store, open_writer
from market.store.journal import Batch, Entry
from market.store.order_changes import OrderChange, OrderChanges
from market.store.projections import Projector
from market.store.tables import METADATA, orders
from tests.builders import DAY_BEFORE_US, GRID, MIDNIGHT_S, PARTICIPANTS, RULES, STEP_S, UNITS
from tests.market.written import projected

NOW_US = DAY_BEFORE_US
SENDS = (
    ("ann", "ann-solar", Side.SELL),
    ("ann", "ann-load", Side.BUY),
    ("ben", "ben-load", Side.BUY),
)
SHRINKING = OrderOptions(self_trade=SelfTrade.DECREMENT_BOTH)


def beginning() -> list[Command]:
    """The village, its first day in continuous trading."""
    rules = replace(RULES, call_opens_minutes=30, continuous=ContinuousRules(opens_minutes=660))
    paid = tuple(
        Deposit(deposit_id=owner, participant_id=owner, amount_quanta=10**10)
        for owner in ("ann", "ben")
    )
    return [
        CreateMarket(now_us=NOW_US, actor="op", rules=rules, grid=GRID),
        RegisterParticipants(now_us=NOW_US, actor="op", participants=PARTICIPANTS),
        RegisterUnits(now_us=NOW_US, actor="op", units=UNITS),
        MakeDeposits(now_us=NOW_US, actor="op", deposits=paid),
        OpenContinuous(now_us=NOW_US, start_s=MIDNIGHT_S),
    ]


def change(engine: Engine, chance: Random, number: int) -> Command:
    """One more order that may trade, or something that happens to one that is there."""
    order_id = f"ord-{chance.randrange(max(1, engine.state.next_order_number - 9), number + 2)}"
    owner = engine.state.order_owner.get(order_id, "ann")
    who: dict[str, Any] = {"now_us": NOW_US, "actor": owner, "participant_id": owner}
    choice = chance.randrange(10)
    if choice < 5:
        owner, unit_id, side = chance.choice(SENDS)
        orders = OrderColumns(
            client_order_id=(f"c{number}",),
            unit_id=(unit_id,),
            start_s=(MIDNIGHT_S + 40 * STEP_S,),
            side=(side,),
            price_ticks=(9_000 + chance.randrange(-40, 40),),
            energy_wh=(chance.randrange(1, 90),),
            options=(SHRINKING,),
            option_of=(0,),
        )
        return PlaceOrders(now_us=NOW_US, actor=owner, participant_id=owner, orders=orders)
    if choice < 7:
        return CancelOrders(**who, order_ids=(order_id,))
    if choice < 8:
        revision = engine.state.revisions.get(order_id, 1)
        energy_wh = chance.randrange(1, 90)
        return ReplaceOrder(**who, order_id=order_id, revision=revision, energy_wh=energy_wh)
    kind: Callable[..., Command] = HibernateOrders if choice < 9 else ActivateOrders
    return kind(**who, order_ids=(order_id,))


def batches() -> list[Batch]:
    """A batch for each command."""
    engine, chance, event_seq, made = Engine(), Random(5), 1, []
    for number in range(300):
        first = beginning()
        command = first[number] if number < len(first) else change(engine, chance, number)
        entry = Entry(command=command, events=engine.execute(command).events)
        made.append(
            Batch(
                batch=number + 1,
                epoch=1,
                now_us=NOW_US,
                first_command_seq=number + 1,
                first_event_seq=event_seq,
                entries=(entry,),
            )
        )
        event_seq += len(entry.events)
    return made


def tables_after(store: Store, groups: list[list[Batch]]) -> dict[str, list[tuple[Any, ...]]]:
    """Every row, once these groups of batches were projected one after another."""
    connection = open_writer(store)
    with connection.begin():
        begin = BEGIN.get(connection.dialect.name)
        if begin is not None:
            connection.exec_driver_sql(begin)
        METADATA.create_all(connection)
        for group in groups:
            Projector(connection).project(group)
        found = projected(connection)
    connection.close()
    return found


def test_together_is_the_same_as_one_by_one(new_store: Callable[[], Store]) -> None:
    told = batches()
    kinds = {
        type(event).__name__ for batch in told for entry in batch.entries for event in entry.events
    }
    assert kinds >= {
        "OrdersCancelled",
        "OrderReplaced",
        "OrdersHibernated",
        "OrdersActivated",
        "SelfTradePrevented",
        "TradesMade",
    }
    together = tables_after(new_store(), [told])
    assert together == tables_after(new_store(), [[batch] for batch in told])
    assert {row[16] for row in together["orders"]} >= {"filled", "cancelled", "hibernated"}


def test_a_change_of_no_order_writes_nothing(store: Store) -> None:
    connection = open_writer(store)
    change = OrderChange(rank=1, statement=update(orders).values(held_quanta=0))
    changes = OrderChanges(connection)

    changes.add(change, [])
    changes.write("village")

    assert not changes.clash(change, [(1, ())])
    connection.close()
