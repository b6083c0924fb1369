"""What may stand in the book, and what is held for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.model.money import BANK, TransferKind, participant_account, transfer
from market.model.order import Side
from market.model.rejection import Code
from market.model.trade import Trade
from market.trading.holds import hold_quanta
from tests.builders import MIDNIGHT_S, STEP_S, Story


def _codes(story: Story, owner: str, table: str) -> list[str | None]:
    answers = story.places(owner, table)
    return [answer.rejection.code if answer.rejection else None for answer in answers]


@pytest.fixture
def story() -> Story:
    story = Story()
    for number in range(4):
        story.opens(MIDNIGHT_S + STEP_S * number)
    return story


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ("a ann-load buy 20000 2500", None),
        ("a ann-load buy 20000 2625", None),  # nameplate and 5 %
        ("a ann-load buy 20000 2626", Code.EXCEEDS_CAPABILITY),
        ("a ann-load sell 20000 1", Code.EXCEEDS_CAPABILITY),
        ("a ann-solar buy 20000 1", Code.EXCEEDS_CAPABILITY),
        ("a ben-load buy 20000 100", Code.UNIT_UNKNOWN),  # somebody else's
        ("a nobody buy 20000 100", Code.UNIT_UNKNOWN),
        ("a ann-load buy 400001 100", Code.PRICE_ABOVE_MAX),
        ("a ann-load buy -50001 100", Code.PRICE_BELOW_MIN),
        ("a ann-load buy 20000 0", Code.VOLUME_MIN),
        ("a ann-load buy 20000 100 4", Code.NOT_OPEN),
        ("a ann-load buy 20000 100 96", Code.PRODUCT_UNKNOWN),
        ("a ann-battery sell 20000 4750", None),  # all that is stored, less the loss
        ("a ann-battery sell 20000 4751", Code.EXCEEDS_STORED_ENERGY),
        ("a ann-battery buy 20000 5264", None),
        ("a ann-battery buy 20000 5265", Code.EXCEEDS_STORED_ENERGY),
    ],
)
def test_an_order_stands_or_is_refused_with_its_code(
    story: Story, order: str, code: Code | None
) -> None:
    assert _codes(story, "ann", order) == [code]


def test_what_one_order_may_not_many_may_not_either(story: Story) -> None:
    table = """
        a ann-load buy 20000 1500
        b ann-load buy 20000 1500
        c ann-load buy 20000 1000
        d ann-load buy 20000 1500 1
    """
    assert _codes(story, "ann", table) == [None, Code.EXCEEDS_CAPABILITY, None, None]
    assert _codes(story, "ann", "e ann-load buy 20000 126") == [Code.EXCEEDS_CAPABILITY]


def test_a_battery_cannot_sell_the_same_energy_in_two_intervals(story: Story) -> None:
    table = """
        a ann-battery sell 20000 3000 0
        b ann-battery sell 20000 3000 1
        c ann-battery sell 20000 1700 2
    """
    assert _codes(story, "ann", table) == [None, Code.EXCEEDS_STORED_ENERGY, None]


def test_an_open_buy_does_not_count_as_energy_to_sell(story: Story) -> None:
    table = """
        a ann-battery buy  20000 5000 0
        b ann-battery sell 20000 5000 1
    """
    assert _codes(story, "ann", table) == [None, Code.EXCEEDS_STORED_ENERGY]


def test_money_is_held_before_the_order_stands_and_runs_out() -> None:
    story = Story(deposits={"ann": 20_000 * 1_000, "ben": 0})
    story.opens()
    table = """
        a ann-load buy 20000 600
        b ann-load buy 20000 600
        c ann-load buy 20000 400
        d ann-load buy 20000 1
    """
    broke = Code.INSUFFICIENT_FUNDS
    assert _codes(story, "ann", table) == [None, broke, None, broke]
    ledger = story.engine.state.ledger
    assert ledger.held_quanta("ann") == 20_000 * 1_000
    assert ledger.available_quanta("ann") == 0
    # A bid at a price of zero or less costs the buyer nothing at worst.
    assert _codes(story, "ann", "e ann-load buy 0 1") == [None]


def test_open_orders_are_bounded(story: Story) -> None:
    table = "\n".join(f"n{number} ann-load buy 100 1" for number in range(1_001))
    codes = _codes(story, "ann", table)
    assert codes[:1_000] == [None] * 1_000
    assert codes[1_000] is Code.OPEN_ORDERS_MAX


@given(
    side=st.sampled_from(Side),
    price_ticks=st.integers(-50_000, 400_000),
    paid_ticks=st.integers(-50_000, 400_000),
    energy_wh=st.integers(1, 10**6),
    share=st.integers(0, 100),
)
def test_the_hold_covers_every_fill_no_worse_than_the_limit(
    side: Side, price_ticks: int, paid_ticks: int, energy_wh: int, share: int
) -> None:
    fill_wh = energy_wh * share // 100
    sign = 1 if side is Side.BUY else -1
    if sign * paid_ticks <= sign * price_ticks:
        assert sign * paid_ticks * fill_wh <= hold_quanta(side, price_ticks, energy_wh)


def test_who_is_in_debt_may_still_sell() -> None:
    story = Story(deposits={"ann": 0, "ben": 0})
    story.opens()
    debt = transfer(participant_account("ann"), BANK, 5, TransferKind.DEVIATION, "x")
    story.engine.state.ledger.book([debt])
    assert _codes(story, "ann", "a ann-solar sell 9000 100") == [None]
    assert _codes(story, "ann", "b ann-load buy 9000 100") == [Code.INSUFFICIENT_FUNDS]


def test_a_storage_that_is_never_read_cannot_sell_again_what_it_sold_days_ago() -> None:
    story = Story()
    positions, storages = story.engine.state.positions, story.engine.state.storages
    sold = Trade(
        trade_id="trd-1",
        match_id="mat-1",
        order_id="ord-1",
        participant_id="ann",
        unit_id="ann-battery",
        area_id="RUR",
        start_s=MIDNIGHT_S,
        side=Side.SELL,
        price_ticks=1,
        energy_wh=4_750,
    )
    positions.add(MIDNIGHT_S, [sold])
    positions.forget(MIDNIGHT_S + 1, storages)
    assert positions.traded("ann-battery", MIDNIGHT_S).sold_wh == 0
    story.opens(MIDNIGHT_S)
    story.opens(MIDNIGHT_S + STEP_S)
    refused = [Code.EXCEEDS_STORED_ENERGY]
    assert _codes(story, "ann", "a ann-battery sell 9000 10 1") == refused
