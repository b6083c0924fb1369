"""What bills are made from is read of those who are asked for, and bills are found by index."""

from sqlalchemy import Connection

from market.model.bill import BillSource, ChargeKind
from market.model.messages import IntervalCleared, TransfersBooked
from market.model.money import CENTRAL
from market.sequencer import Sequencer
from market.settlement.passage import PARTS
from market.store import queries, restore
from market.store.bill_rows import EARLIER, ISSUE
from market.store.database import Store
from market.store.tables import LINE_PARTS
from tests.market.store.test_bills import AFTER_US, MONTH, TAXED, read, read_late
from tests.market.stores import opened
from tests.market.written import (
    MARKET_ID,
    SETUP,
    StillClock,
    every_mode,
    with_sequencer,
    write_life,
)

FOUND_BY = ("bills_of_participant", "bills_by_id")


def every_one_alone(store: Store) -> None:
    """Sums of some participants are what those of everybody say of them; of a stranger there are none."""

    def of(connection: Connection, names: list[str] | None = None) -> dict[str, BillSource]:
        _, sources = queries.bill_sources(connection, MARKET_ID, TAXED, MONTH, names)
        assert list(sources) == sorted(sources, key=lambda item: item.participant_id)
        return {item.participant_id: item for item in sources}

    def compared(connection: Connection, _: str) -> None:
        everybody = of(connection)
        assert tuple(everybody) == queries.billed_participants(connection, MARKET_ID)
        for name in everybody:
            assert of(connection, [name]) == {name: everybody[name]}
        assert of(connection, list(everybody)) == everybody
        assert of(connection, ["nobody", "ann"]) == {
            "ann": everybody["ann"],
            "nobody": BillSource(participant_id="nobody"),
        }

    read(store, compared)


def test_sums_are_of_those_who_are_asked_for(store: Store) -> None:
    """Every mode of trading, and a day that was settled again."""

    async def correct(sequencer: Sequencer) -> None:
        await read_late(sequencer, -1_000)

    write_life(store, every_mode())
    every_one_alone(store)
    with_sequencer(store, correct, clock=StillClock(AFTER_US))
    every_one_alone(store)


def booked_by_calls(store: Store) -> list[int]:
    """What the central account gave of each part in the commands that cleared a call, by the journal."""
    found = [0] * len(PARTS)
    with opened(store) as connection:
        entries = [
            entry.events
            for proven in restore.batches(connection)
            for entry in proven.batch.entries
            if any(isinstance(fact, IntervalCleared) for fact in entry.events)
        ]
    facts = [fact for events in entries for fact in events if isinstance(fact, TransfersBooked)]
    for move in (move for fact in facts for move in fact.transfers):
        for place, kinds in enumerate(PARTS):
            if move.kind in kinds:
                sign = (move.debit_account == CENTRAL) - (move.credit_account == CENTRAL)
                found[place] += sign * move.amount_quanta
    return found


def test_all_bills_together_say_what_calls_booked_for_lines(store: Store) -> None:
    """To the quantum, by fee, loss, rent and rounding; and each line what its trades say."""
    write_life(store, every_mode(), billed=True)
    booked, on_bills = booked_by_calls(store), [0] * len(PARTS)
    for item in read(store, queries.bills).items:
        behind = [0] * len(PARTS)
        for detail in read(store, queries.bill_details, of=item.bill, limit=1_000).items:
            for place, name in enumerate(LINE_PARTS):
                behind[place] += getattr(detail.parts, name)
        lines = [line for line in item.bill.lines if line.parts is not None]
        assert {line.kind for line in lines} <= {ChargeKind.ENERGY_BOUGHT}
        assert {line.detail for line in lines} <= {"call"}
        own = [sum(getattr(line.parts, name) for line in lines) for name in LINE_PARTS]
        assert own == behind
        on_bills = [before + more for before, more in zip(on_bills, own, strict=True)]
    assert on_bills == booked
    assert booked[0] > 0
    assert booked[1] > 0


def test_an_earlier_bill_of_the_month_is_found_without_looking_through_all(store: Store) -> None:
    """In a file: its planner takes a bill for cheap to look at, however many there are."""
    write_life(store, SETUP)
    with opened(store) as connection:
        if connection.dialect.name != "sqlite":
            return
        for statement in (EARLIER, ISSUE):
            text = str(statement.compile(dialect=connection.dialect))
            plan = connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {text}", tuple("x" * text.count("?"))
            )
            assert [row[3].partition(" (")[0] for row in plan] == [
                f"SEARCH bills USING COVERING INDEX {FOUND_BY[statement is ISSUE]}"
            ]
