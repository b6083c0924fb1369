"""Rows admitted in columns get the answers they would get one by one."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.engine.engine import Engine
from market.engine.orders import admission
from market.model.messages import Decision, PlaceOrders
from market.model.order import OrderColumns, OrderOptions, Side, TimeInForce
from tests.builders import MIDNIGHT_S, RULES, STEP_S, Story

UNITS = ["ann-solar", "ann-load", "ann-battery", "ben-load", "nobody"]
OPTIONS = (
    OrderOptions(),
    OrderOptions(tif=TimeInForce.IOC),
    OrderOptions(tif=TimeInForce.GTD, expires_us=MIDNIGHT_S * 1_000_000),
    OrderOptions(tif=TimeInForce.GTD, expires_us=1),
)
ROW = st.tuples(
    st.integers(0, 40),
    st.sampled_from(UNITS),
    st.integers(0, 3),
    st.sampled_from(list(Side)),
    st.one_of(st.integers(-60_000, 410_000), st.integers(90_000, 110_000)),
    st.one_of(st.integers(-1, 400), st.integers(0, 3_000)),
    st.integers(0, len(OPTIONS) - 1),
)


def _columns(rows: list[tuple[int, str, int, Side, int, int, int]], *, alone: bool) -> OrderColumns:
    return OrderColumns(
        client_order_id=tuple(f"c{number if alone else row[0]}" for number, row in enumerate(rows)),
        unit_id=tuple(row[1] for row in rows),
        start_s=tuple(MIDNIGHT_S + STEP_S * row[2] for row in rows),
        side=tuple(row[3] for row in rows),
        price_ticks=tuple(row[4] for row in rows),
        energy_wh=tuple(row[5] for row in rows),
        options=OPTIONS,
        option_of=tuple(row[6] for row in rows),
    )


def _market(funds: int) -> Story:
    story = Story(deposits={"ann": funds, "ben": funds}, rules=replace(RULES, open_orders_max=30))
    for number in range(3):  # the fourth interval is not open
        story.opens(MIDNIGHT_S + STEP_S * number)
    story.places("ann", "old ann-load buy 1000 500 0\nsold ann-battery sell 1000 900 1")
    return story


def _decided(story: Story, command: PlaceOrders, least_rows: int) -> Decision:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(admission, "LEAST_ROWS", least_rows)
        (decision,) = story.engine.decide(command)
    assert isinstance(decision, Decision)
    return decision


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(ROW, min_size=1, max_size=40),
    funds=st.sampled_from([0, 10**8, 10**10]),
    atomic=st.booleans(),
    alone=st.booleans(),
)
def test_in_columns_or_row_by_row_the_answers_are_the_same(
    rows: list[tuple[int, str, int, Side, int, int, int]], funds: int, atomic: bool, alone: bool
) -> None:
    story = _market(funds)
    command = PlaceOrders(
        now_us=story.now_us,
        actor="ann",
        participant_id="ann",
        orders=_columns(rows, alone=alone),
        atomic=atomic,
    )
    assert _decided(story, command, 1) == _decided(story, command, 10**9)


def test_good_rows_take_the_short_way_and_bad_ones_do_not_stop_them() -> None:
    story = _market(10**10)
    rows = [(0, "ann-load", 0, Side.BUY, 100, 10, 0)] * 20
    command = PlaceOrders(
        now_us=story.now_us, actor="a", participant_id="ann", orders=_columns(rows, alone=True)
    )
    found = admission.admitted(story.engine.state, command)
    assert found is not None
    assert found.accepted is not None
    assert len(found.accepted) == 20
    rows[3] = (0, "nobody", 0, Side.BUY, 100, 10, 0)
    command = replace(command, orders=_columns(rows, alone=True))
    found = admission.admitted(story.engine.state, command)
    assert found is not None
    assert found.accepted is not None
    assert (len(found.accepted), sum(a.rejection is not None for a in found.answers)) == (19, 1)


def test_what_is_too_much_together_is_looked_at_row_by_row() -> None:
    story = _market(10**10)
    rows = [(0, "ann-load", 0, Side.BUY, 100, 200, 0)] * 20
    command = PlaceOrders(
        now_us=story.now_us, actor="a", participant_id="ann", orders=_columns(rows, alone=True)
    )
    assert admission.admitted(story.engine.state, command) is None
    answers = story.does(command).orders
    assert sum(answer.rejection is None for answer in answers) == 10  # 2,625 less 500 that are open


def test_the_facts_of_ten_thousand_rows_are_applied_as_sums() -> None:
    story = Story(deposits={"ann": 10**14}, rules=replace(RULES, open_orders_max=20_000))
    story.opens()
    rows = [(0, "ann-load", 0, Side.BUY, 100 + n, 1, 0) for n in range(2_000)]
    command = PlaceOrders(
        now_us=story.now_us, actor="a", participant_id="ann", orders=_columns(rows, alone=True)
    )
    story.does(command)
    state = story.engine.state
    assert state.commitments.open_energy("ann-load", MIDNIGHT_S).buy_wh == 2_000
    assert state.commitments.open_count("ann") == 2_000
    assert state.ledger.held_quanta("ann") == sum(100 + n for n in range(2_000))
    follower = Engine()
    for event in story.events:
        follower.apply(event)
    assert follower.snapshot() == story.engine.snapshot()
