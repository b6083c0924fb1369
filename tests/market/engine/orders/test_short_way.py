"""The short way of a plain order says what the long one says, whatever comes."""

from dataclasses import replace
from random import Random

import pytest

from market.engine.orders import continuous
from market.model.mandate import OwnLimits, SetOwnLimits
from market.model.messages import (
    Answer,
    CancelOrders,
    Command,
    Event,
    OpenContinuous,
    PlaceOrders,
)
from market.model.order import OrderColumns, Side
from market.model.rejection import Code
from market.model.rules import ContinuousRules
from tests.builders import MIDNIGHT_S, RULES, STEP_S, Story

UNITS = ("ann-solar", "ann-load", "ann-battery", "ben-load", "retailer-sells", "nobody")
OWNER = {"ann": "ann", "ben": "ben", "ret": "retailer", "nob": "ann"}


def commands(seed: int, now_us: int) -> list[Command]:
    """Orders near every limit there is, and cancels."""
    chance = Random(seed)
    made: list[Command] = [OpenContinuous(now_us=now_us, start_s=MIDNIGHT_S)]
    for number in range(400):
        unit_id = chance.choice(UNITS)
        owner, side = OWNER[unit_id[:3]], chance.choice(list(Side))
        away = chance.choice((0, 10, 100, 20_000, 80_000)) + chance.randrange(-9, 200)
        columns = OrderColumns(
            client_order_id=(f"c{number - chance.randrange(2)}",),
            unit_id=(unit_id,),
            start_s=(MIDNIGHT_S + STEP_S * chance.choice((40, 41, 42, 2_000)),),
            side=(side,),
            price_ticks=(12_000 + away if side is Side.SELL else 12_000 - away,),
            energy_wh=(chance.choice((0, 1, 100, 300, 900, 3_000)),),
        )
        if chance.random() < 0.05:
            columns = replace(columns, price_ticks=(chance.choice((-9_000, 30_000, 500_000)),))
        made.append(PlaceOrders(now_us=now_us, actor=owner, participant_id=owner, orders=columns))
        if chance.random() < 0.3:
            gone = (f"ord-{chance.randrange(1, number + 2)}",)
            made.append(
                CancelOrders(now_us=now_us, actor=owner, participant_id=owner, order_ids=gone)
            )
        if number == 300:
            limits = OwnLimits(order_value_quanta_max=9_000_000)
            made.append(
                SetOwnLimits(now_us=now_us, actor="ann", participant_id="ann", limits=limits)
            )
    return made


def told(seed: int) -> tuple[list[Answer], list[Event], bytes]:
    """Every answer and fact of these commands, and the state at the end."""
    story = Story(
        deposits={"ann": 10**10, "ben": 9 * 10**6},
        rules=replace(
            RULES,
            call_opens_minutes=30,
            continuous=ContinuousRules(opens_minutes=660),
            confirm_value_quanta=30_000_000,
            open_orders_max=40,
        ),
    )
    answers = [story.does(command) for command in commands(seed, story.now_us)]
    return answers, story.events, story.engine.snapshot()


@pytest.mark.parametrize("seed", range(4))
def test_the_short_way_and_the_long_way_decide_alike(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = told(seed)
    monkeypatch.setattr(continuous, "_is_plainly_fine", lambda *_: False)
    monkeypatch.setattr(continuous, "_may_match", lambda *_: True)
    assert told(seed) == short


def test_the_commands_meet_every_check_the_short_way_makes() -> None:
    codes = {
        row.rejection.code
        for seed in range(4)
        for answer in told(seed)[0]
        for row in answer.orders
        if row.rejection is not None
    }
    assert codes >= {
        Code.UNIT_UNKNOWN,
        Code.PRODUCT_UNKNOWN,
        Code.VOLUME_MIN,
        Code.PRICE_ABOVE_MAX,
        Code.PRICE_OUTSIDE_COLLAR,
        Code.EXCEEDS_CAPABILITY,
        Code.EXCEEDS_STORED_ENERGY,
        Code.NEEDS_CONFIRMATION,
        Code.INSUFFICIENT_FUNDS,
        Code.ORDER_VALUE_MAX,
        Code.OPEN_ORDERS_MAX,
    }
