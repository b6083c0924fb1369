"""What is asked of a market's file is what its engine has lived through."""
# house: long because every question of the wire is asked once of the same life.

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Connection, func, insert, select, update

from market.engine.engine import Engine
from market.model.messages import CreateMarket, OpenCall, Phase
from market.model.money import BANK, CENTRAL, TransferKind, participant_account
from market.model.order import PLAIN, OrderOptions, OrderState, Side
from market.sequencer import Sequencer
from market.store import queries
from market.store.database import Readers, Store, open_writer
from market.store.projections import limit_terms, order_number
from market.store.queries import CursorFault, Page
from market.store.queries.money import joined, split_sum
from market.store.tables import METADATA, accounts, journal, transfers
from tests.builders import GRID, MIDNIGHT_S, PARTICIPANTS, STEP_S, UNITS
from tests.market.stores import NewStore, opened
from tests.market.written import (
    MARKET_ID,
    SETUP,
    TRADING,
    TWO_INTERVALS,
    every_mode,
    with_sequencer,
    write_life,
)

LATER_S = MIDNIGHT_S + STEP_S
END_S = MIDNIGHT_S + 2 * STEP_S


@pytest.fixture(scope="module")
def life(new_store_for_all: NewStore) -> tuple[Store, Engine]:
    store = new_store_for_all()
    with pytest.MonkeyPatch.context() as patch:
        # Two owners make a public curve here; who may see curves is told in test_auction.
        patch.setattr("market.trading.public_curves.OWNERS_MIN", 2)
        return store, write_life(store)


@pytest.fixture
def engine(life: tuple[Store, Engine]) -> Engine:
    return life[1]


@pytest.fixture
def reading(life: tuple[Store, Engine]) -> Iterator[Connection]:
    readers = Readers(life[0])
    with readers.connect() as connection:
        yield connection
    readers.close()


def all_of(list_page: Callable[[str | None], Page[object]]) -> list[object]:
    """A list read to its end, page by page."""
    items: list[object] = []
    cursor = None
    while True:
        page = list_page(cursor)
        items += page.items
        if page.next_cursor is None:
            return items
        cursor = page.next_cursor


# --- who and what ----------------------------------------------------------------


def test_the_market_is_given_back_as_it_was_posted(reading: Connection) -> None:
    found = queries.market(reading, MARKET_ID)

    assert found is not None
    assert (found.rules, found.grid) == (TWO_INTERVALS, GRID)
    assert queries.market(reading, "elsewhere") is None


def test_participants_and_units_by_owner_and_area(reading: Connection) -> None:
    assert set(queries.participants(reading, MARKET_ID).items) == set(PARTICIPANTS)
    assert set(queries.units(reading, MARKET_ID).items) == set(UNITS)
    (ann,) = queries.participants(reading, MARKET_ID, participant_id="ann").items
    assert ann.name == "Ann"
    anns = queries.units(reading, MARKET_ID, participant_id="ann").items
    assert {unit.unit_id for unit in anns} == {"ann-battery", "ann-load", "ann-solar"}
    (upper,) = queries.units(reading, MARKET_ID, area_id="GRID").items
    assert upper.unit_id == "retailer-sells"
    (battery,) = queries.units(reading, MARKET_ID, unit_id="ann-battery").items
    assert battery.storage is not None
    assert queries.units(reading, "elsewhere").items == ()


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_a_list_read_in_pages_is_whole_and_in_order(reading: Connection, limit: int) -> None:
    def pages(ask: Callable[..., Page[object]]) -> list[object]:
        return all_of(lambda cursor: ask(reading, MARKET_ID, cursor=cursor, limit=limit))

    for ask in (
        queries.participants,
        queries.units,
        queries.orders,
        queries.trades,
        queries.positions,
        queries.setpoints,
        queries.measurements,
    ):
        assert pages(ask) == list(ask(reading, MARKET_ID, limit=10_000).items)  # type: ignore[operator]


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1~2~3", "1.5", "9" * 30, "²"])
def test_a_made_up_cursor_is_a_named_fault(reading: Connection, cursor: str) -> None:
    for ask in (queries.orders, queries.trades, queries.setpoints, queries.measurements):
        if ask is queries.orders or "~" not in cursor:
            with pytest.raises(CursorFault):
                ask(reading, MARKET_ID, cursor=cursor)


# --- orders and trades -------------------------------------------------------------


def test_an_order_shows_what_became_of_it(reading: Connection) -> None:
    states = {
        view.order.header.client_order_id: view.state
        for view in queries.orders(reading, MARKET_ID, limit=100).items
    }

    assert states == {
        "a-1": OrderState.FILLED,
        "a-2": OrderState.PARTIALLY_FILLED,
        "a-3": OrderState.FILLED,
        "a-4": OrderState.CANCELLED,
        "a-6": OrderState.FILLED,
        "b-1": OrderState.FILLED,
        "b-2": OrderState.FILLED,
        "b-3": OrderState.EXPIRED,
        "r-1": OrderState.PARTIALLY_FILLED,
        "r-2": OrderState.PARTIALLY_FILLED,
        "r-3": OrderState.EXPIRED,
    }


def test_what_a_listing_trades_fills_no_order_of_its_number(new_store: NewStore) -> None:
    store = new_store()
    write_life(store, every_mode())
    readers = Readers(store)
    with readers.connect() as connection:
        traded: dict[str, int] = defaultdict(int)
        for trade in queries.trades(connection, MARKET_ID, limit=1_000).items:
            traded[trade.order_id] += trade.energy_wh
        assert any(name.startswith("lst-") for name in traded)
        for view in queries.orders(connection, MARKET_ID, limit=100).items:
            assert view.filled_wh == traded[view.order.header.order_id]
    readers.close()


def test_one_order_by_id_is_the_order_that_was_placed(reading: Connection) -> None:
    view = queries.order(reading, MARKET_ID, "ord-1")

    assert view is not None
    header = view.order.header
    assert (header.client_order_id, header.participant_id, header.side) == ("a-1", "ann", Side.SELL)
    assert (view.order.price_ticks, view.order.energy_wh) == (9_000, 1_500)
    assert (header.sequence, header.start_s, header.area_id) == (1, MIDNIGHT_S, "RUR")
    assert (view.filled_wh, view.held_quanta) == (1_500, 0)


@pytest.mark.parametrize(
    "order_id",
    ["ord-999", "ord-01", "ord-", "ord--1", "1", "", "ord-" + "9" * 40, "ord-1 ", "ord-²"],
)
def test_no_such_order(reading: Connection, order_id: str) -> None:
    assert queries.order(reading, MARKET_ID, order_id) is None


def test_orders_by_owner_interval_state_unit_and_id(reading: Connection) -> None:
    def ids(**wanted: object) -> set[str]:
        found = queries.orders(reading, MARKET_ID, **wanted).items  # type: ignore[arg-type]
        return {view.order.header.client_order_id for view in found}

    assert ids(participant_id="ben") == {"b-1", "b-2", "b-3"}
    assert ids(participant_id="ben", start_s=LATER_S) == {"b-2", "b-3"}
    assert ids(state=OrderState.CANCELLED) == {"a-4"}
    assert ids(unit_id="ann-solar") == {"a-1", "a-3"}
    assert ids(participant_id="ann", client_order_id="a-2") == {"a-2"}
    assert ids(order_ids=["ord-1", "ord-6", "nonsense"]) == {"a-1", "b-1"}
    assert ids(order_ids=[]) == set()


def test_orders_are_sealed_until_their_gate_has_closed(store: Store) -> None:
    async def story(sequencer: Sequencer) -> None:
        for command in (*SETUP, *TRADING):
            await sequencer.submit(command)
        await sequencer.projected(sequencer.committed_seq)
        with sequencer.readers.connect() as connection:
            assert len(queries.orders(connection, MARKET_ID).items) == 11
            assert queries.orders(connection, MARKET_ID, after_gate=True).items == ()
            assert queries.order(connection, MARKET_ID, "ord-1") is not None
            assert queries.order(connection, MARKET_ID, "ord-1", after_gate=True) is None
            account = queries.account(connection, MARKET_ID, "ben")
            held_quanta = 400_000 * 4_400 + 100 * 50
            assert account.held_quanta == held_quanta
            assert account.available_quanta == 10**12 - held_quanta
            ann = queries.account(connection, MARKET_ID, "ann")
            assert ann.held_quanta == 30_000 * 1_000 + 300_000 * 2_000, "nothing for a-4, cancelled"

    with_sequencer(store, story)


def test_after_the_gate_everything_may_be_seen(reading: Connection) -> None:
    assert len(queries.orders(reading, MARKET_ID, after_gate=True).items) == 11
    assert queries.order(reading, MARKET_ID, "ord-1", after_gate=True) is not None


def test_trades_by_owner_unit_and_time(reading: Connection) -> None:
    everything = queries.trades(reading, MARKET_ID).items

    assert sum(trade.injection_wh for trade in everything if trade.area_id == "RUR") < 0
    assert {t.unit_id for t in queries.trades(reading, MARKET_ID, participant_id="ann").items} == {
        "ann-solar",
        "ann-load",
        "ann-battery",
    }
    for wanted in ({"start_s": LATER_S}, {"from_s": LATER_S}):
        found = queries.trades(reading, MARKET_ID, **wanted).items  # type: ignore[arg-type]
        assert found == tuple(trade for trade in everything if trade.start_s == LATER_S)
    early = queries.trades(reading, MARKET_ID, until_s=LATER_S).items
    assert early == tuple(trade for trade in everything if trade.start_s == MIDNIGHT_S)
    assert queries.trades(reading, MARKET_ID, unit_id="nobody").items == ()
    rural = tuple(trade for trade in everything if trade.area_id == "RUR")
    assert queries.recent_trades(reading, MARKET_ID, area_id="RUR") == rural
    assert queries.recent_trades(reading, MARKET_ID, area_id="RUR", limit=2) == rural[-2:]


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"participant_id": "ann"},
        {"unit_id": "ann-load"},
        {"area_id": "RUR"},
        {"start_s": LATER_S},
        {"from_s": LATER_S, "until_s": END_S},
        {"until_s": LATER_S},
    ],
)
def test_positions_are_what_the_trades_add_up_to(
    reading: Connection, wanted: dict[str, Any]
) -> None:
    found = queries.positions(reading, MARKET_ID, **wanted).items
    made = queries.trades(reading, MARKET_ID, **wanted).items

    expected: dict[tuple[int, str], list[int]] = {}
    for trade in made:
        sides = expected.setdefault((trade.start_s, trade.unit_id), [0, 0])
        sides[trade.side is Side.SELL] += trade.energy_wh
    assert [((p.start_s, p.unit_id), [p.bought_wh, p.sold_wh]) for p in found] == sorted(
        expected.items()
    )
    assert sum(position.net_wh for position in found) == sum(t.injection_wh for t in made)
    assert {(p.unit_id, p.participant_id, p.area_id) for p in found} == {
        (t.unit_id, t.participant_id, t.area_id) for t in made
    }


def test_a_position_is_one_however_many_trades_made_it(reading: Connection) -> None:
    found = queries.positions(reading, MARKET_ID).items

    assert found
    assert len({(position.start_s, position.unit_id) for position in found}) == len(found)
    assert queries.positions(reading, MARKET_ID, unit_id="nobody").items == ()
    with pytest.raises(CursorFault):
        queries.positions(reading, MARKET_ID, cursor="made-up")


# --- results -----------------------------------------------------------------------


def test_prices_of_a_span(reading: Connection) -> None:
    found = queries.prices(reading, MARKET_ID, from_s=MIDNIGHT_S, until_s=END_S)

    assert [(price.start_s, price.area.area_id) for price in found] == [
        (MIDNIGHT_S, "RUR"),
        (MIDNIGHT_S, "GRID"),
        (LATER_S, "RUR"),
        (LATER_S, "GRID"),
    ]
    assert all(price.area.price_ticks is not None for price in found)
    assert queries.prices(reading, MARKET_ID, from_s=END_S, until_s=END_S + 1) == ()
    assert queries.prices(reading, MARKET_ID, from_s=MIDNIGHT_S, until_s=LATER_S) == found[:2]
    assert queries.prices(reading, MARKET_ID, from_s=LATER_S, until_s=END_S) == found[2:]


def test_intervals_show_their_phase_and_result(reading: Connection) -> None:
    found = queries.intervals(reading, MARKET_ID)

    assert [view.interval.start_s for view in found] == [MIDNIGHT_S, LATER_S]
    for view in found:
        interval = view.interval
        assert (interval.phase, interval.rung, interval.ledger_sum_quanta) == (
            Phase.SETTLED,
            "optimal",
            0,
        )
        assert (interval.solve_ms, interval.audit_faults) == (7, ())
        assert interval.trade_count == len(
            queries.trades(reading, MARKET_ID, start_s=interval.start_s).items
        )
        assert [area.area_id for area in view.areas] == ["RUR", "GRID"]
        (line,) = view.lines
        assert line.received_forward_wh < line.sent_forward_wh
    (second,) = queries.intervals(reading, MARKET_ID, from_s=MIDNIGHT_S + 1)
    assert second.interval.start_s == LATER_S
    assert queries.intervals(reading, MARKET_ID, until_s=MIDNIGHT_S) == ()
    assert queries.intervals(reading, "elsewhere") == ()


def test_a_market_without_an_end_is_told_as_far_as_its_calls_are_open(store: Store) -> None:
    async def story(sequencer: Sequencer) -> None:
        create = SETUP[0]
        assert isinstance(create, CreateMarket)
        endless = replace(create.rules, trading_until_s=None)
        await sequencer.submit(replace(create, rules=endless))
        opened = await sequencer.submit(OpenCall(now_us=create.now_us, start_s=MIDNIGHT_S))
        await sequencer.projected(opened.seq)
        far_s = 999_999_999_000
        with sequencer.readers.connect() as connection:
            for until_s in (None, far_s):
                (view,) = queries.intervals(connection, MARKET_ID, until_s=until_s)
                assert (view.interval.start_s, view.interval.phase) == (MIDNIGHT_S, Phase.CALL)
            assert queries.intervals(connection, MARKET_ID, from_s=far_s, until_s=2 * far_s) == ()

    with_sequencer(store, story)


def test_an_interval_nothing_has_happened_to_is_scheduled(store: Store) -> None:
    async def story(sequencer: Sequencer) -> None:
        await sequencer.submit(SETUP[0])
        await sequencer.projected(1)
        with sequencer.readers.connect() as connection:
            views = queries.intervals(connection, MARKET_ID)
        assert [view.interval.phase for view in views] == [Phase.SCHEDULED] * 2
        assert [(view.areas, view.lines, view.interval.rung) for view in views] == [
            ((), (), None)
        ] * 2

    with_sequencer(store, story)


def test_curves_are_those_that_were_published(reading: Connection) -> None:
    rural, whole = queries.curves(reading, MARKET_ID, start_s=MIDNIGHT_S)

    assert rural.curve.area_id == "RUR"
    assert rural.curve.demand == whole.curve.demand
    assert (whole.curve.area_id, whole.price_ticks) == ("market", None)
    assert whole.curve.supply == ((9_000, 1_500), (12_000, 201_500))
    assert whole.curve.demand == ((400_000, 2_400), (300_000, 4_400), (30_000, 5_400))
    assert queries.curves(reading, MARKET_ID, start_s=END_S) == ()


# --- power -------------------------------------------------------------------------


def test_setpoints_readings_and_deviations(reading: Connection) -> None:
    first = queries.setpoints(reading, MARKET_ID, start_s=MIDNIGHT_S).items
    assert {item.unit_id for item in first} == {unit.unit_id for unit in UNITS}
    mine = queries.setpoints(reading, MARKET_ID, start_s=MIDNIGHT_S, participant_id="ben").items
    assert [(item.unit_id, item.target_w) for item in mine] == [("ben-load", -9_600)]
    upper = queries.setpoints(reading, MARKET_ID, from_s=LATER_S, area_id="GRID").items
    assert [item.start_s for item in upper] == [LATER_S]
    assert len(queries.setpoints(reading, MARKET_ID, unit_id="ann-solar").items) == 2

    readings = queries.measurements(reading, MARKET_ID, from_s=MIDNIGHT_S, until_s=LATER_S).items
    assert {item.reading.unit_id: item.reading.substituted for item in readings} == {
        "ann-solar": False,
        "ann-load": False,
        "ben-load": False,
        "ann-battery": True,
    }
    bens = queries.measurements(reading, MARKET_ID, participant_id="ben").items
    assert [item.reading.injection_wh for item in bens] == [-2_450, -2_450]
    assert queries.measurements(reading, MARKET_ID, area_id="GRID").items == ()
    assert len(queries.measurements(reading, MARKET_ID, unit_id="ben-load").items) == 2

    seen = queries.deviations(reading, MARKET_ID, start_s=MIDNIGHT_S)
    assert [item.level for item in seen] == ["unit"] * 5 + ["area"] * 2 + ["market"]
    ben = next(item for item in seen if item.member_id == "ben-load")
    assert ben.deviation_wh == -50
    rural = queries.deviations(reading, MARKET_ID, start_s=MIDNIGHT_S, area_id="RUR")
    assert {item.member_id for item in rural} == {
        "RUR",
        "ann-solar",
        "ann-load",
        "ann-battery",
        "ben-load",
    }


# --- money -------------------------------------------------------------------------


def test_accounts_and_ledger_are_the_engines(reading: Connection, engine: Engine) -> None:
    ledger = queries.ledger(reading, MARKET_ID)

    assert {item.account: item.balance_quanta for item in ledger.accounts} == dict(
        engine.state.ledger.accounts()
    )
    assert ledger.sum_quanta == 0
    for participant in PARTICIPANTS:
        own = queries.account(reading, MARKET_ID, participant.participant_id)
        assert own.balance_quanta == engine.state.ledger.balance_quanta(
            participant_account(participant.participant_id)
        )
        assert own.held_quanta == 0
    assert queries.account(reading, MARKET_ID, "nobody").available_quanta == 0


def test_a_statement_adds_up_to_the_balance(reading: Connection) -> None:
    for participant in PARTICIPANTS:
        lines = queries.statement(reading, MARKET_ID, participant.participant_id)
        balance = queries.account(reading, MARKET_ID, participant.participant_id).balance_quanta
        assert sum(line.amount_quanta for line in lines) == balance


def test_a_statement_of_a_day_holds_what_belongs_to_its_intervals(reading: Connection) -> None:
    day = queries.statement(reading, MARKET_ID, "ben", from_s=MIDNIGHT_S, until_s=END_S)
    kinds = {line.kind: line.amount_quanta for line in day}

    assert TransferKind.DEPOSIT not in kinds, "paid in the day before"
    assert kinds[TransferKind.TRADE] < 0
    assert kinds[TransferKind.NETWORK_FEE] == -7_000 * 2 * 2_450
    assert kinds[TransferKind.LEVIES] == -5_000 * 2 * 2_450
    assert kinds[TransferKind.RENT_RETURN] > 0, "booked the day after, but it is this day's rent"
    second = queries.statement(reading, MARKET_ID, "ben", from_s=LATER_S, until_s=END_S)
    assert {line.kind: line.amount_quanta for line in second}[TransferKind.LEVIES] == -5_000 * 2_450


@pytest.fixture(scope="module")
def empty(new_store_for_all: NewStore) -> Iterator[Connection]:
    """A file with tables and nothing in them."""
    connection = open_writer(new_store_for_all())
    with connection.begin():
        METADATA.create_all(connection)
    yield connection
    connection.close()


@given(amounts=st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=40))
@example(amounts=[2**63 - 1] * 40)
def test_sums_of_money_do_not_overflow(amounts: list[int], empty: Connection) -> None:
    """The database alone cannot add these: its integers end at 2**63."""
    rows = [
        {
            "market_id": MARKET_ID,
            "event_seq": 1,
            "row": row,
            "debit_account": BANK,
            "credit_account": participant_account("ann"),
            "amount_quanta": amount,
            "kind": "deposit",
            "reference": "",
            "start_s": None,
            "counts_s": 0,
        }
        for row, amount in enumerate(amounts)
    ]
    with empty.begin() as transaction:
        if empty.dialect.name == "sqlite":  # one transaction there as well: nothing of it stays
            empty.exec_driver_sql("BEGIN")
        empty.execute(insert(transfers), rows)
        (line,) = queries.statement(empty, MARKET_ID, "ann")
        high, low = empty.execute(select(*split_sum(transfers.c.amount_quanta))).one()
        transaction.rollback()

    assert line.amount_quanta == joined(high, low) == sum(amounts)


def test_a_balance_of_any_size_is_kept(store: Store) -> None:
    write_life(store)
    c = accounts.c
    with opened(store) as connection:
        connection.execute(
            update(accounts).where(c.account == CENTRAL).values(balance_quanta=3 * 10**30)
        )
        others = connection.execute(select(c.balance_quanta).where(c.account != CENTRAL)).scalars()
        sum_quanta = 3 * 10**30 + sum(others)
    readers = Readers(store)
    with readers.connect() as reading:
        assert queries.ledger(reading, MARKET_ID).sum_quanta == sum_quanta
    readers.close()


# --- the day -----------------------------------------------------------------------


def test_the_day_in_numbers(reading: Connection) -> None:
    totals = queries.day_totals(reading, MARKET_ID, from_s=MIDNIGHT_S, until_s=END_S)
    trades = queries.trades(reading, MARKET_ID).items

    assert (totals.intervals_cleared, totals.trade_count) == (2, len(trades))
    assert (totals.orders_accepted, totals.orders_rejected, totals.orders_cancelled) == (11, 1, 1)
    assert totals.sold_wh == totals.bought_wh + totals.losses_wh
    assert totals.losses_wh > 0
    assert totals.bought_wh == sum(t.energy_wh for t in trades if t.side is Side.BUY)
    assert (totals.audit_failures, totals.rungs, totals.ledger.sum_quanta) == (0, {"optimal": 2}, 0)
    assert (totals.solve_ms_quantile(50), totals.solve_ms_quantile(100)) == (7, 7)
    assert totals.binding_intervals == {"GRID-RUR": 1}
    assert totals.welfare_quanta > 0
    ben = next(item for item in totals.participants if item.participant_id == "ben")
    assert (ben.bought_wh, ben.sold_wh, ben.withdrawal_wh, ben.area_id) == (4_400, 0, 4_900, "RUR")
    assert ben.total_quanta == sum(ben.amounts_quanta.values()) < 0
    ann = next(item for item in totals.participants if item.participant_id == "ann")
    assert ann.substituted == 2


def test_a_day_without_auctions(reading: Connection) -> None:
    totals = queries.day_totals(reading, MARKET_ID, from_s=END_S, until_s=END_S + 86_400)

    assert (totals.intervals_cleared, totals.trade_count, totals.sold_wh) == (0, 0, 0)
    assert totals.solve_ms_quantile(50) is None


def test_position_is_that_of_the_last_command(reading: Connection) -> None:
    position = queries.position(reading)
    last = reading.execute(select(func.max(journal.c.batch))).scalar_one()

    assert position.command_seq == last, "one command a batch in this life"
    assert position.event_seq > last


def test_order_numbers_and_terms() -> None:
    assert order_number("ord-42") == 42
    plain = msgspec.json.decode(limit_terms(PLAIN))
    assert plain["kind"] == "limit"
    assert msgspec.convert(plain["options"], OrderOptions) == PLAIN
    assert (
        limit_terms(PLAIN)
        == limit_terms(OrderOptions())
        != limit_terms(OrderOptions(post_only=True))
    )
