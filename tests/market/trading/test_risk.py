"""What may stand in the book, and what is held for it."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.model.mandate import OwnLimits, SetOwnLimits
from market.model.messages import PlaceOrders
from market.model.money import BANK, TransferKind, participant_account, transfer
from market.model.order import OrderOptions, Restriction, SelfTrade, Side, TimeInForce
from market.model.rejection import Code
from market.model.trade import Trade
from market.trading.holds import hold_quanta
from tests.builders import DAY_BEFORE_US, MIDNIGHT_S, STEP_S, Story, orders


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


def test_a_third_order_of_one_command_is_counted_behind_both_before_it(story: Story) -> None:
    table = """
        a ann-load buy 20000 900
        b ann-load buy 20000 900
        c ann-load buy 20000 900
        d ann-load buy 20000 825
    """
    assert _codes(story, "ann", table) == [None, None, Code.EXCEEDS_CAPABILITY, None]


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
    answers = story.places("ann", table)
    assert [answer.rejection for answer in answers[:1_000]] == [None] * 1_000
    refused = answers[1_000].rejection
    assert refused is not None
    assert refused.code is Code.OPEN_ORDERS_MAX
    assert refused.parameters == {"open_orders_max": "1000"}


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


@pytest.mark.parametrize(
    ("order", "field", "possible"),
    [
        ("a nobody buy 20000 100", "unit_id", {}),
        ("a ann-load buy 20000 100 4", "start", {}),
        ("a ann-load buy 20000 0", "energy_kwh", {"energy_kwh_min": "0.001"}),
        ("a ann-load buy 400001 100", "price_per_mwh", {"price_per_mwh_max": "4000.00"}),
        ("a ann-load buy -50001 100", "price_per_mwh", {"price_per_mwh_min": "-500.00"}),
        ("a ann-load buy 20000 2626", "energy_kwh", {"energy_kwh_max": "2.625"}),
        ("a ann-solar buy 20000 1", "energy_kwh", {"energy_kwh_max": "0.000"}),
        (
            "a ann-battery sell 20000 4751",
            "energy_kwh",
            {
                "state_of_charge_kwh_min": "-0.002",
                "state_of_charge_kwh_max": "0.000",
                "capacity_kwh": "10.000",
            },
        ),
        (
            "a ann-battery buy 20000 5265",
            "energy_kwh",
            {
                "state_of_charge_kwh_min": "0.000",
                "state_of_charge_kwh_max": "10.001",
                "capacity_kwh": "10.000",
            },
        ),
    ],
)
def test_who_is_refused_is_told_the_field_and_what_would_have_been_possible(
    story: Story, order: str, field: str, possible: Mapping[str, str]
) -> None:
    (answer,) = story.places("ann", order)
    assert answer.rejection is not None
    assert answer.rejection.pointer == field
    assert dict(answer.rejection.parameters) == possible


def _limit(story: Story, **most: int) -> None:
    limits = OwnLimits(**most)
    command = SetOwnLimits(now_us=story.now_us, actor="ann", participant_id="ann", limits=limits)
    assert story.does(command).rejections == ()


def test_nobodys_single_order_is_worth_more_than_its_owner_has_allowed(story: Story) -> None:
    _limit(story, order_value_quanta_max=20_000 * 1_000)
    table = """
        a ann-load  buy  20000 1000
        b ann-load  buy  20001 1000
        c ann-solar sell 20000 1001
        d ann-load  buy  -20000 1001
    """
    answers = story.places("ann", table)
    most = Code.ORDER_VALUE_MAX
    assert [each.rejection and each.rejection.code for each in answers] == [None, most, most, most]
    assert all(
        each.rejection.parameters == {"value_max": "0.20000000"}
        for each in answers
        if each.rejection is not None
    )
    assert _codes(story, "ben", "a ben-load buy 20000 1001") == [None]  # nobody else's limit


def test_open_orders_together_hold_no_more_than_their_owner_has_allowed(story: Story) -> None:
    _limit(story, exposure_quanta_max=20_000 * 1_000)
    assert _codes(story, "ann", "a ann-load buy 20000 400") == [None]
    table = """
        b ann-load buy 20000 400
        c ann-load buy 20000 201
        d ann-load buy 20000 200
        e ann-load buy 1 1
        f ann-solar sell 20000 1000
    """
    answers = story.places("ann", table)
    most = Code.EXPOSURE_LIMIT
    assert [each.rejection and each.rejection.code for each in answers] == [
        None,
        most,
        None,
        most,
        None,
    ]
    assert answers[1].rejection is not None
    assert answers[1].rejection.parameters == {"exposure_max": "0.20000000"}


IN_TIME_US = DAY_BEFORE_US + 1


@pytest.mark.parametrize(
    ("wish", "code", "field"),
    [
        (OrderOptions(self_trade=SelfTrade.CANCEL_OLDEST), None, None),
        (OrderOptions(tif=TimeInForce.GTD, expires_us=IN_TIME_US), None, None),
        (
            OrderOptions(tif=TimeInForce.GTD, expires_us=DAY_BEFORE_US),
            Code.EXPIRY_IN_PAST,
            "expires",
        ),
        (OrderOptions(tif=TimeInForce.GTD), Code.TIF_UNSUPPORTED, "tif"),
        (OrderOptions(expires_us=IN_TIME_US), Code.TIF_UNSUPPORTED, "tif"),
        (OrderOptions(tif=TimeInForce.IOC), Code.TIF_UNSUPPORTED, "tif"),
        (OrderOptions(tif=TimeInForce.FOK), Code.TIF_UNSUPPORTED, "tif"),
        (OrderOptions(post_only=True), Code.TIF_UNSUPPORTED, "restriction"),
        (OrderOptions(display_wh=50), Code.TIF_UNSUPPORTED, "restriction"),
        (OrderOptions(restriction=Restriction.AON), Code.TIF_UNSUPPORTED, "restriction"),
    ],
)
def test_a_call_grants_only_wishes_that_need_no_decision_on_arrival(
    story: Story, wish: OrderOptions, code: Code | None, field: str | None
) -> None:
    columns = replace(orders("a ann-load buy 20000 100"), options=(wish,), option_of=(0,))
    command = PlaceOrders(now_us=story.now_us, actor="ann", participant_id="ann", orders=columns)
    (answer,) = story.does(command).orders
    refused = answer.rejection
    assert (refused and refused.code, refused and refused.pointer) == (code, field)


def test_energy_that_was_bought_earlier_may_be_sold_later_and_only_later(story: Story) -> None:
    bought = Trade(
        trade_id="trd-1",
        match_id="mat-1",
        order_id="ord-1",
        participant_id="ann",
        unit_id="ann-battery",
        area_id="RUR",
        start_s=MIDNIGHT_S + STEP_S,
        side=Side.BUY,
        price_ticks=1,
        energy_wh=2_000,
    )
    story.engine.state.positions.add(MIDNIGHT_S + STEP_S, [bought])
    # 5,000 Wh and 95 % of what was bought, less 5 % on the way out.
    most_wh = (5_000 + 1_900) * 95 // 100
    full = Code.EXCEEDS_STORED_ENERGY
    table = f"""
        a ann-battery sell 20000 4751 0
        b ann-battery sell 20000 {most_wh + 1} 2
        c ann-battery sell 20000 {most_wh} 2
        d ann-battery sell 20000 1 3
    """
    assert _codes(story, "ann", table) == [full, full, None, full]


def test_what_other_storages_have_open_takes_nothing_from_this_one(story: Story) -> None:
    positions = story.engine.state.positions
    sold = Trade(
        trade_id="trd-1",
        match_id="mat-1",
        order_id="ord-1",
        participant_id="ben",
        unit_id="ben-battery",
        area_id="RUR",
        start_s=MIDNIGHT_S,
        side=Side.SELL,
        price_ticks=1,
        energy_wh=4_750,
    )
    positions.add(MIDNIGHT_S, [sold])
    assert _codes(story, "ann", "a ann-battery sell 20000 4750 1") == [None]


def test_what_a_unit_has_bought_already_takes_its_part_of_what_it_can_withdraw(
    story: Story,
) -> None:
    bought = Trade(
        trade_id="trd-1",
        match_id="mat-1",
        order_id="ord-1",
        participant_id="ann",
        unit_id="ann-load",
        area_id="RUR",
        start_s=MIDNIGHT_S,
        side=Side.BUY,
        price_ticks=1,
        energy_wh=1_500,
    )
    story.engine.state.positions.add(MIDNIGHT_S, [bought])
    table = """
        a ann-load buy 20000 1126
        b ann-load buy 20000 1125
        c ann-load buy 20000 2625 1
    """
    assert _codes(story, "ann", table) == [Code.EXCEEDS_CAPABILITY, None, None]
