"""What a maker makes is what the class makes."""

from dataclasses import FrozenInstanceError, dataclass, field, replace
from typing import Any

import msgspec
import pytest

from market.engine.facts import order_facts
from market.model.making import maker
from market.model.messages import OrderAnswer
from market.model.order import Side, Venue
from market.model.trade import Trade

LEG: dict[str, Any] = {
    "trade_id": "trd-1",
    "match_id": "mat-1",
    "order_id": "ord-1",
    "participant_id": "ann",
    "unit_id": "ann-solar",
    "area_id": "RUR",
    "start_s": 900,
    "side": Side.SELL,
    "price_ticks": 9_000,
    "energy_wh": 100,
}


def test_what_is_made_cannot_be_told_from_what_the_class_makes() -> None:
    made, usual = maker(Trade)(**LEG), Trade(**LEG)
    assert type(made) is Trade
    assert made == usual
    assert hash(made) == hash(usual)
    assert repr(made) == repr(usual)
    assert msgspec.msgpack.encode(made) == msgspec.msgpack.encode(usual)
    assert replace(made, energy_wh=1).energy_wh == 1
    assert made.amount_quanta == 900_000
    with pytest.raises(FrozenInstanceError):
        made.energy_wh = 2  # type: ignore[misc]


def test_defaults_are_those_of_the_class() -> None:
    assert maker(Trade)(**LEG).venue is Venue.CALL
    assert maker(Trade)(**LEG, venue=Venue.CONTINUOUS).venue is Venue.CONTINUOUS
    assert maker(OrderAnswer)(order_id="ord-1") == OrderAnswer(order_id="ord-1")


@pytest.mark.parametrize("field_left_out", LEG)
def test_what_has_no_default_must_be_said(field_left_out: str) -> None:
    with pytest.raises(TypeError, match=field_left_out):
        maker(Trade)(**{name: LEG[name] for name in LEG if name != field_left_out})


def test_what_a_class_does_not_have_cannot_be_said() -> None:
    with pytest.raises(TypeError, match="colour"):
        maker(Trade)(**LEG, colour="red")  # type: ignore[call-arg]


@dataclass(slots=True, kw_only=True)
class Changing:
    number: int


@dataclass(frozen=True, kw_only=True)
class WithoutSlots:
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    number: int

    def __post_init__(self) -> None:
        assert self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    numbers: list[int] = field(default_factory=list)


@pytest.mark.parametrize("kind", [Changing, WithoutSlots, Checked, Filled])
def test_a_class_whose_constructor_does_more_has_no_maker(kind: type) -> None:
    with pytest.raises(TypeError):
        maker(kind)


def test_every_maker_of_order_facts_makes_its_class() -> None:
    answer = order_facts.taken((), "ord-1").answer
    assert answer.orders == (OrderAnswer(order_id="ord-1"),)
