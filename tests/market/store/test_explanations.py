"""A day with an opening call, written down and asked: orders, both calls' prices, and why."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection, select

from market.engine.engine import Engine
from market.model.call import CallKind, CallReason, PlaceFlexible
from market.model.messages import Command, CreateMarket, OpenDayAhead, PlaceOrders
from market.model.order import PLAIN, BlockOrder, CurveOrder, OrderOptions, OrderState, TimeInForce
from market.model.rules import DayAheadRules
from market.sequencer import Sequencer
from market.store import queries
from market.store.database import Readers, Store
from market.store.tables import order_ends
from tests.builders import DAY_BEFORE_US, GRID, MIDNIGHT_S, STEP_S, orders
from tests.market.engine.day_ahead import block, curve
from tests.market.stores import NewStore, opened
from tests.market.written import (
    MARKET_ID,
    SETUP,
    TWO_INTERVALS,
    projected,
    with_sequencer,
    write_life,
)

RULES = replace(
    TWO_INTERVALS,
    call_opens_minutes=30,
    day_ahead=DayAheadRules(opens_minutes=1_560, gate_minutes=60),
)
GTD = OrderOptions(tif=TimeInForce.GTD, expires_us=(MIDNIGHT_S + STEP_S) * 1_000_000)


def _places(owner: str, table: str, options: OrderOptions = PLAIN) -> PlaceOrders:
    rows = orders(table)
    return PlaceOrders(
        now_us=DAY_BEFORE_US,
        actor=owner,
        participant_id=owner,
        orders=replace(rows, options=(options,), option_of=(0,) * len(rows)),
    )


def _sends(owner: str, order: CurveOrder | BlockOrder) -> PlaceFlexible:
    return PlaceFlexible(
        now_us=DAY_BEFORE_US,
        actor=owner,
        participant_id=owner,
        curve=order if isinstance(order, CurveOrder) else None,
        block=order if isinstance(order, BlockOrder) else None,
    )


LIFE: tuple[Command, ...] = (
    CreateMarket(now_us=DAY_BEFORE_US, actor="op", rules=RULES, grid=GRID),
    *SETUP[1:4],
    OpenDayAhead(now_us=DAY_BEFORE_US, start_s=MIDNIGHT_S),
    _sends("ann", block("b", "ann-load", "buy", 30_000, "0:1000 1:800")),
    _sends("ann", curve("c", "ann-load", "buy", "40000 500, 9000 300", 1)),
    _places("ben", "g ben-load buy 9000 300 1", GTD),
    _places("ben", "l ben-load buy 9000 200 0\nw ben-load buy 9000 9999 0"),
    _places(
        "retailer",
        "r0 retailer-sells sell 16000 200000 0\nr1 retailer-sells sell 16000 200000 1",
    ),
)


@pytest.fixture(scope="module")
def life(new_store_for_all: NewStore) -> tuple[Store, Engine]:
    store = new_store_for_all()
    return store, write_life(store, LIFE)


@pytest.fixture
def reading(life: tuple[Store, Engine]) -> Iterator[Connection]:
    readers = Readers(life[0])
    with readers.connect() as connection:
        yield connection
    readers.close()


def _order(reading: Connection, name: str) -> str:
    (view,) = queries.orders(reading, MARKET_ID, client_order_id=name).items
    return view.order.header.order_id


def _story(reading: Connection, name: str) -> queries.OrderStory:
    story = queries.order_story(reading, MARKET_ID, _order(reading, name))
    assert story is not None
    return story


def test_orders_of_every_kind_are_read_back_as_they_were_sent(reading: Connection) -> None:
    views = queries.orders(reading, MARKET_ID).items
    found = {view.order.header.client_order_id: view for view in views}
    sent = block("b", "ann-load", "buy", 30_000, "0:1000 1:800")
    assert isinstance(found["b"].order, BlockOrder)
    assert replace(found["b"].order, header=sent.header) == sent
    assert isinstance(found["c"].order, CurveOrder)
    assert found["c"].order.steps == ((40_000, 500), (9_000, 300))
    assert (found["b"].state, found["b"].filled_wh) == (OrderState.FILLED, 1_800)
    assert (found["c"].state, found["c"].filled_wh) == (OrderState.PARTIALLY_FILLED, 500)
    assert {view.held_quanta for view in views} == {0}


def test_what_went_on_expires_with_the_closing_call(reading: Connection) -> None:
    story = _story(reading, "g")
    assert story.view.state is OrderState.EXPIRED
    assert [told.call for told in story.calls] == [CallKind.DAY_AHEAD, CallKind.CLOSING]
    assert story.calls[0].reasons == (CallReason.OUT_OF_THE_MONEY,)


def test_each_call_has_its_own_prices_and_the_last_one_counts(reading: Connection) -> None:
    def prices(call: CallKind | None) -> list[tuple[int, str, int | None]]:
        found = queries.prices(
            reading, MARKET_ID, from_s=MIDNIGHT_S, until_s=MIDNIGHT_S + 2 * STEP_S, call=call
        )
        return [(item.start_s, item.area.area_id, item.area.price_ticks) for item in found]

    opening, closing = prices(CallKind.DAY_AHEAD), prices(CallKind.CLOSING)
    assert len(opening) == len(closing) == 4
    assert all(price is not None for _, _, price in opening)
    assert prices(None) == closing
    views = queries.intervals(reading, MARKET_ID)
    assert [len(view.areas) for view in views] == [2, 2]
    assert [len(view.lines) for view in views] == [1, 1]


def test_reasons_are_there_for_every_order_of_the_call(reading: Connection) -> None:
    (told,) = _story(reading, "b").calls
    assert (told.reasons, told.gain_quanta is not None) == ((CallReason.ACCEPTED,), True)
    (told,) = _story(reading, "c").calls
    assert told.reasons == (CallReason.IN_THE_MONEY, CallReason.OUT_OF_THE_MONEY)
    assert {area.area_id for area in told.areas} == {"RUR", "GRID"}
    (told,) = _story(reading, "r1").calls
    assert told.reasons == (CallReason.MARGINAL,)
    assert 0 < told.tied_accepted_wh < told.tied_wh == 200_000


def test_a_refusal_keeps_its_numbers(reading: Connection) -> None:
    found = queries.refused(reading, MARKET_ID, "ben", "w")
    assert found is not None
    assert (found.code, found.pointer) == ("EXCEEDS_CAPABILITY", "energy_kwh")
    assert found.parameters["energy_kwh_max"]
    assert queries.refused(reading, MARKET_ID, "ann", "w") is None
    assert queries.order_story(reading, MARKET_ID, "ord-999") is None


def test_an_order_that_ended_with_its_call_has_no_other_end(reading: Connection) -> None:
    assert reading.execute(select(order_ends)).all() == []
    assert _story(reading, "l").end is None


def test_a_restart_finds_the_same_state_and_the_same_rows(life: tuple[Store, Engine]) -> None:
    store, engine = life
    with opened(store) as connection:
        before = projected(connection)

    async def nothing(sequencer: Sequencer) -> bytes:
        return sequencer.engine.snapshot()

    assert with_sequencer(store, nothing) == engine.snapshot()
    with opened(store) as connection:
        assert projected(connection) == before


def test_a_day_counts_what_each_of_its_auctions_made(reading: Connection) -> None:
    totals = queries.day_totals(
        reading, MARKET_ID, from_s=MIDNIGHT_S, until_s=MIDNIGHT_S + 2 * STEP_S
    )
    assert (totals.intervals_cleared, len(totals.solve_ms)) == (2, 3)
    assert totals.rungs == {"optimal": 3}
    assert totals.welfare_quanta > 0  # all of it is the opening call's
    assert totals.sold_wh == totals.bought_wh + totals.losses_wh
