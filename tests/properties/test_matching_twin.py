"""Continuous matching against a twin that sorts a list for every match.

Same matches, refusals and order of the book, whatever comes: icebergs, all-or-none blocks, baskets,
fill-or-kill, own orders, lines with losses, fees and limits, negative prices.
"""

import random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from market.model.order import SelfTrade, TimeInForce
from tests.market.trading.book_pair import AREAS, OWNERS, STARTS_S, BookPair, takes_a_step
from tests.market.trading.naive_matching import Ask, Block, Options

STEPS = 8_000
STEPS_LONG = 1_000_000
STEPS_A_BOOK = 2_000

_options = st.builds(
    Options,
    tif=st.sampled_from((TimeInForce.GFS, TimeInForce.IOC, TimeInForce.FOK)),
    post_only=st.booleans(),
    mode=st.sampled_from(SelfTrade),
)
_asks = st.builds(
    Ask,
    order_id=st.just(""),
    owner=st.sampled_from(OWNERS),
    area=st.sampled_from(AREAS),
    start_s=st.sampled_from(STARTS_S),
    is_sell=st.booleans(),
    price=st.integers(-6, 6) | st.integers(290, 310),
    left=st.integers(1, 400),
    display=st.sampled_from((0, 0, 0, 50, 100)),
    green=st.booleans(),
    green_only=st.booleans(),
    partners=st.sampled_from(((), (), OWNERS[:2], OWNERS[1:])),
)


class TwoBooks(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.pair = BookPair()

    @rule(ask=_asks, options=_options)
    def an_order_comes(self, ask: Ask, options: Options) -> None:
        self.pair.enters([self._named(ask)], options)

    @rule(asks=st.lists(_asks, min_size=1, max_size=4), mode=st.sampled_from(SelfTrade))
    def a_basket_comes(self, asks: list[Ask], mode: SelfTrade) -> None:
        for ask in asks:
            self._named(ask).owner = asks[0].owner
        self.pair.enters(asks, Options(mode=mode), basket=True)

    @rule(
        ask=_asks,
        energies=st.sampled_from(((10, 10), (10, 20, 10), (1, 1, 1))),
        options=_options,
    )
    def a_block_comes(self, ask: Ask, energies: tuple[int, ...], options: Options) -> None:
        block = Block(
            self.pair.new_id(),
            ask.owner,
            ask.area,
            ask.is_sell,
            ask.price,
            tuple(zip(STARTS_S, energies, strict=False)),
            ask.green,
            ask.green_only,
            ask.partners,
        )
        self.pair.enters_block(block, options)

    @precondition(lambda self: self.pair.naive.orders)
    @rule(place=st.integers(0, 100), left_wh=st.integers(0, 100))
    def an_order_shrinks_or_goes(self, place: int, left_wh: int) -> None:
        order = self.pair.naive.orders[place % len(self.pair.naive.orders)]
        if 0 < left_wh <= order.left:
            self.pair.reduces(order.order_id, left_wh)
        else:
            self.pair.cancels(order.order_id)

    @rule(start_s=st.sampled_from(STARTS_S), areas=st.sampled_from((None, AREAS[:1], AREAS[1:])))
    def a_call_takes_over(self, start_s: int, areas: tuple[str, ...] | None) -> None:
        self.pair.takes(start_s, areas)

    @rule(area=st.sampled_from(AREAS), start_s=st.sampled_from(STARTS_S))
    def an_area_stops_or_goes_on(self, area: str, start_s: int) -> None:
        self.pair.naive.closed ^= {(area, start_s)}

    @invariant()
    def the_public_sees_the_same(self) -> None:
        self.pair.compare_depth()

    def _named(self, ask: Ask) -> Ask:
        ask.order_id = self.pair.new_id()
        ask.display = min(ask.display, ask.left)
        return ask


TestTwoBooks = TwoBooks.TestCase
TestTwoBooks.settings = settings(stateful_step_count=30, max_examples=40, deadline=None)


def run(steps: int, seed: int) -> dict[str, int]:
    """A random program; what was seen of each kind."""
    rng, seen = random.Random(seed), {}
    for first in range(0, steps, STEPS_A_BOOK):
        pair = BookPair()
        for step in range(min(STEPS_A_BOOK, steps - first)):
            takes_a_step(pair, rng)
            if step % 50 == 0:
                pair.compare_depth()
        for what, times in pair.seen.items():
            seen[what] = seen.get(what, 0) + times
    return seen


SOME_OF_EACH = {
    "order filled",
    "order rests",
    "basket filled",
    "block filled",
    "block rests",
    "block met block",
    "match",
    "match across",
    "own order cancelled",
    "own order met",
    "FOK_NOT_FILLED",
    "IOC_REMAINDER_CANCELLED",
    "POST_ONLY_WOULD_MATCH",
    "SELF_TRADE_PREVENTED",
}


def test_eight_thousand_steps_are_taken_alike() -> None:
    seen = run(STEPS, seed=4)

    assert {what for what, times in seen.items() if times >= STEPS // 200} == SOME_OF_EACH


@pytest.mark.long
def test_a_million_steps_are_taken_alike() -> None:
    seen = run(STEPS_LONG, seed=5)

    assert {what for what, times in seen.items() if times >= STEPS_LONG // 200} == SOME_OF_EACH
