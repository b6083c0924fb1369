"""What bills are made from is read of those who are asked for, and bills are found by index."""

from sqlalchemy import Connection

from market.model.bill import BillSource
from market.sequencer import Sequencer
from market.store import queries
from market.store.bill_rows import EARLIER, ISSUE
from market.store.database import Store
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
