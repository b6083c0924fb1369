"""What power flows found is kept, asked for, made again from the journal, and lived again."""

import pytest

from market.engine.engine import Engine
from market.engine.state_hash import state_hash
from market.model.act import ControlReason
from market.replay import replay
from market.store import queries
from market.store.database import Readers, Store
from tests.builders import MIDNIGHT_S, STEP_S
from tests.market.stores import NewStore, opened
from tests.market.written import MARKET_ID, on_a_weak_grid, projected, with_sequencer, write_life


@pytest.fixture(scope="module")
def life(new_store_for_all: NewStore) -> tuple[Store, Engine]:
    store = new_store_for_all()
    return store, write_life(store, on_a_weak_grid())


def test_checks_are_read_with_their_cures_and_what_the_meters_said(
    life: tuple[Store, Engine],
) -> None:
    readers = Readers(life[0])
    with readers.connect() as connection:
        first = queries.grid_checks(connection, MARKET_ID, limit=1)
        rest = queries.grid_checks(connection, MARKET_ID, cursor=first.next_cursor)
        none = queries.grid_checks(connection, MARKET_ID, area_id="GRID")
        later = queries.grid_checks(connection, MARKET_ID, from_s=MIDNIGHT_S + STEP_S)
        told = queries.unit_told(connection, MARKET_ID, "ann-battery", MIDNIGHT_S)
        untold = queries.unit_told(connection, MARKET_ID, "ben-load", MIDNIGHT_S)
        minutes = queries.outside_minutes(connection, MARKET_ID)
    readers.close()
    (view,), (other,) = first.items, rest.items
    assert (first.next_cursor, rest.next_cursor) == (f"{MIDNIGHT_S}~RUR", None)
    assert [view.check.start_s, other.check.start_s] == [MIDNIGHT_S, MIDNIGHT_S + STEP_S]
    assert later.items == (other,)
    assert none.items == ()
    assert view.check.cured
    assert view.check.before.violation_count == 2  # the roof and the barn
    assert view.redispatch is not None
    assert view.seen is not None
    assert told is not None
    assert told.change in view.redispatch.changes
    assert told.change.reason is ControlReason.GRID_VOLTAGE
    assert not told.by_rule
    assert untold is None
    # The battery sent no reading, so it did as it was told; Ben used a little less than he bought.
    assert minutes == {"RUR": life[1].state.networks.outside_minutes("RUR")}


def test_projections_made_again_are_the_same(life: tuple[Store, Engine]) -> None:
    with opened(life[0]) as connection:
        before = projected(connection)
    with_sequencer(life[0], lambda sequencer: sequencer.rebuild_projections())
    with opened(life[0]) as connection:
        assert projected(connection) == before


@pytest.mark.parametrize("events_only", [False, True])
def test_the_life_lived_again_ends_the_same(life: tuple[Store, Engine], events_only: bool) -> None:
    readers = Readers(life[0])
    with readers.connect() as connection:
        assert replay(connection, events_only=events_only).state_hash == state_hash(life[1].state)
    readers.close()
