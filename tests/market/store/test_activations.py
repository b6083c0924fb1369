"""Who helped whom is kept, asked for, withdrawn, made again from the journal, and lived again."""

import pytest

from market.engine.engine import Engine
from market.engine.state_hash import state_hash
from market.model.act import ControlReason
from market.model.activation import ActivationCause, UnitsActivated
from market.model.alarm import ControlLevel
from market.model.network import RegisterNetwork
from market.replay import replay
from market.sequencer import Sequencer
from market.store import queries
from market.store.database import Readers, Store
from tests.builders import MIDNIGHT_S, Story
from tests.market.engine.feeders import feeder
from tests.market.engine.neighbours import (
    PLACES_MORE,
    activated,
    checks,
    clears,
    limits,
    settles,
    villages,
    weak_roof,
)
from tests.market.stores import NewStore, opened
from tests.market.written import projected, with_sequencer

MARKET_ID = "village"


def helped_once() -> Story:
    """Cleo's battery helps Ann's roof, and somebody what Cleo's own roof may not give."""
    story = villages((weak_roof(),))
    limits(story, ControlLevel.UNIT, "cleo-solar", injection_max_w=9_000)
    clears(story)
    checks(story)
    return story


def written(store: Store, story: Story) -> Engine:
    """The story's commands once more, through a sequencer."""

    async def live(sequencer: Sequencer) -> Engine:
        for command in story.commands:
            assert (await sequencer.submit(command)).answer.rejections == ()
        return sequencer.engine

    return with_sequencer(store, live)


def test_activations_are_read_by_who_helps_and_who_is_helped(store: Store) -> None:
    story = helped_once()
    events = activated(story)
    assert {(item.area_id, item.for_area, item.cause) for item in events} == {
        ("SEM", "SEM", ActivationCause.LEFT_OVER),
        ("SEM", "RUR", ActivationCause.REDISPATCH),
    }
    settles(story, cleo_solar=2_250)
    engine = written(store, story)

    def asked(**what: object) -> tuple[UnitsActivated, ...]:
        found: tuple[UnitsActivated, ...] = queries.activations(
            connection,
            MARKET_ID,
            **what,  # type: ignore[arg-type]
        ).items
        return found

    readers = Readers(store)
    with readers.connect() as connection:
        assert set(asked()) == set(events)
        assert {item.for_area for item in asked(area_id="RUR")} == {"RUR"}
        assert len(asked(area_id="SEM")) == 2
        assert asked(area_id="GRID") == asked(from_s=MIDNIGHT_S + 1) == ()
        first = queries.activations(connection, MARKET_ID, limit=1)
        rest = queries.activations(connection, MARKET_ID, cursor=first.next_cursor)
        assert {*first.items, *rest.items} == set(events)
        with pytest.raises(queries.CursorFault):
            queries.activations(connection, MARKET_ID, cursor="1~RUR")
        # One battery helps twice; what it was told is the sum.
        told = queries.unit_told(connection, MARKET_ID, "cleo-battery", MIDNIGHT_S)
        assert told is not None
        assert told.change.reason is ControlReason.ACTIVATION
        assert told.change.from_w == 0
        assert told.change.to_w == max(unit.to_w for item in events for unit in item.units)
    readers.close()
    with opened(store) as connection:
        before = projected(connection)
    with_sequencer(store, lambda sequencer: sequencer.rebuild_projections())
    with opened(store) as connection:
        assert projected(connection) == before
        for events_only in (False, True):
            lived = replay(connection, events_only=events_only)
            assert lived.state_hash == state_hash(engine.state)


def test_what_was_withdrawn_is_not_found_any_more(new_store: NewStore) -> None:
    story = helped_once()
    network = feeder(version=2, places=PLACES_MORE)
    register = RegisterNetwork(now_us=story.now_us, actor="op", network=network)
    assert story.does(register).rejections == ()
    checks(story)
    store = new_store()
    written(store, story)
    readers = Readers(store)
    with readers.connect() as connection:
        (left,) = queries.activations(connection, MARKET_ID).items
        assert left.cause is ActivationCause.LEFT_OVER
        (view,) = queries.grid_checks(connection, MARKET_ID).items
        assert (view.check.version, view.redispatch) == (2, None)
        assert queries.unit_told(connection, MARKET_ID, "ann-battery", MIDNIGHT_S) is None
    readers.close()
