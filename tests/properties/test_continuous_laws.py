"""Laws of continuous trading: whatever comes, in whatever order, after every single event.

Money sums to zero and none stays on the central account; in every area and interval what is sold and received
is bought and sent; nobody has more open and traded than it can do; no line carries more than it can; what is
held is exactly what stands. When everything is cancelled nothing is held or spoken for.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from market.engine.engine import Engine
from market.model.messages import (
    ActivateOrders,
    CancelOrders,
    Command,
    Event,
    ExpireDue,
    HibernateOrders,
    LinesUsed,
    OpenContinuous,
    PlaceOrders,
    PlaceTogether,
    ReplaceOrder,
    TradesMade,
)
from market.model.money import CENTRAL
from market.model.order import OrderColumns, OrderOptions, SelfTrade, Side, TimeInForce
from market.model.recall import DecideRecall, RecallDecided, RequestRecall, TradeState
from market.model.rules import ContinuousRules
from market.model.stop import CancelAll
from market.trading.holds import hold_quanta
from tests.builders import GRID, MIDNIGHT_S, RULES, STEP_S, UNITS, Story

AT_S = MIDNIGHT_S + 40 * STEP_S
STARTS_S = (AT_S, AT_S + STEP_S)
RULES_HERE = replace(
    RULES,
    call_opens_minutes=30,
    continuous=ContinuousRules(
        opens_minutes=660,
        collar_min_ticks=100_000,
        corridor_min_ticks=9_000,
        corridor_ppm=0,
        volatility_random_s=0,
    ),
)
OWNER = {item.unit_id: item.participant_id for item in UNITS}
AREA = {item.unit_id: item.area_id for item in UNITS}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One order as drawn."""

    unit_id: str
    side: Side
    price_ticks: int
    energy_wh: int
    start_s: int


# What a unit can do, most of the time: refusals are cheap, but they show little.
ABILITIES = (
    ("ann-solar", Side.SELL),
    ("ann-load", Side.BUY),
    ("ann-battery", Side.SELL),
    ("ann-battery", Side.BUY),
    ("ben-load", Side.BUY),
    ("ben-load", Side.BUY),
    ("retailer-sells", Side.SELL),
    ("retailer-sells", Side.BUY),
    ("ben-load", Side.SELL),
)
abilities = st.sampled_from(ABILITIES)
rows = st.builds(
    lambda ability, price_ticks, energy_wh, start_s: Row(
        unit_id=ability[0],
        side=ability[1],
        price_ticks=price_ticks,
        energy_wh=energy_wh,
        start_s=start_s,
    ),
    abilities,
    st.sampled_from((-2_000, 6_000, 8_000, 9_000, 10_000, 12_000, 13_000, 15_000, 26_000)),
    st.sampled_from((1, 50, 100, 101, 250, 400, 1_000, 2_600)),
    st.sampled_from(STARTS_S),
)
wishes = st.builds(
    OrderOptions,
    tif=st.sampled_from((TimeInForce.GFS, TimeInForce.IOC, TimeInForce.FOK)),
    self_trade=st.sampled_from(SelfTrade),
    display_wh=st.sampled_from((0, 0, 100)),
    post_only=st.sampled_from((False, False, True)),
)
numbers = st.integers(1, 30)
acts = st.one_of(
    st.tuples(st.just("place"), rows, wishes),
    st.tuples(st.just("place"), rows, st.just(OrderOptions())),
    st.tuples(st.just("cancel"), numbers),
    st.tuples(st.just("replace"), numbers, st.integers(-3_000, 26_000), st.integers(1, 2_700)),
    st.tuples(st.just("sleep"), numbers),
    st.tuples(st.just("wake"), numbers),
    st.tuples(st.just("basket"), st.lists(rows, min_size=1, max_size=3)),
    st.tuples(st.just("block"), rows),
    st.tuples(st.just("wait")),
    st.tuples(st.just("recall"), numbers, st.sampled_from(("seller", "buyer", "op1", "op2"))),
)


def columns(some: list[Row], name: str, options: OrderOptions | None = None) -> OrderColumns:
    plain = options is None or options == OrderOptions()
    return OrderColumns(
        client_order_id=(name,) * len(some),
        unit_id=tuple(row.unit_id for row in some),
        start_s=tuple(row.start_s for row in some),
        side=tuple(row.side for row in some),
        price_ticks=tuple(row.price_ticks for row in some),
        energy_wh=tuple(row.energy_wh for row in some),
        options=() if plain or options is None else (options,),
        option_of=() if plain else (0,) * len(some),
    )


def command_of(story: Story, act: tuple[object, ...], name: str) -> Command | None:
    """What an act is as a command; None: there is nothing to do it to."""
    now_us, state = story.now_us, story.engine.state
    match act:
        case ("place", Row() as row, OrderOptions() as options):
            who = OWNER[row.unit_id]
            return PlaceOrders(
                now_us=now_us, actor=who, participant_id=who, orders=columns([row], name, options)
            )
        case ("cancel" | "sleep" | "wake" as kind, int() as number):
            order_id = f"ord-{number}"
            who = state.order_owner.get(order_id, "ann")
            make = {"cancel": CancelOrders, "sleep": HibernateOrders, "wake": ActivateOrders}[kind]
            return make(now_us=now_us, actor=who, participant_id=who, order_ids=(order_id,))
        case ("replace", int() as number, int() as price, int() as energy):
            order_id = f"ord-{number}"
            who = state.order_owner.get(order_id, "ann")
            return ReplaceOrder(
                now_us=now_us,
                actor=who,
                participant_id=who,
                order_id=order_id,
                revision=state.revisions.get(order_id, 1),
                price_ticks=price,
                energy_wh=energy,
            )
        case ("recall", int() as number, str() as who):
            return recall_of(story, number, who)
        case ("basket", list() as some):
            who = OWNER[some[0].unit_id]
            mine = [row for row in some if OWNER[row.unit_id] == who]
            return PlaceTogether(
                now_us=now_us,
                actor=who,
                participant_id=who,
                client_order_id=name,
                rows=columns(mine, name),
                is_block=False,
            )
        case ("block", Row() as row):
            who = OWNER[row.unit_id]
            legs = [replace(row, start_s=start_s) for start_s in STARTS_S]
            return PlaceTogether(
                now_us=now_us,
                actor=who,
                participant_id=who,
                client_order_id=name,
                rows=columns(legs, name),
                is_block=True,
            )
        case _:
            timer = story.engine.next_timer()
            return (
                None
                if timer is None or timer.due_us > now_us + 10**9
                else ExpireDue(now_us=timer.due_us)
            )


def recall_of(story: Story, number: int, who: str) -> Command | None:
    """A party of some match wants it undone, or an operator says that it is."""
    matches = [
        legs
        for kept in story.engine.state.recalls.intervals.values()
        for legs in kept.legs.values()
    ]
    if not matches:
        return None
    seller, buyer = matches[number % len(matches)]
    match = {"now_us": story.now_us, "match_id": seller.match_id, "start_s": seller.start_s}
    if who not in {"seller", "buyer"}:
        return DecideRecall(**match, actor=who, cancel=number % 5 > 0)
    asks = (seller if who == "seller" else buyer).participant_id
    return RequestRecall(**match, actor=asks, reason="drawn", participant_id=asks)


class Watched(Engine):
    """An engine whose laws are checked after every event."""

    def __init__(self) -> None:
        super().__init__()
        self.sold: defaultdict[tuple[str, int], int] = defaultdict(int)
        self.watching = False

    def apply(self, event: Event) -> None:
        super().apply(event)
        if not self.watching:
            return
        if isinstance(event, TradesMade):
            for trade in event.trades:
                self.sold[trade.area_id, trade.start_s] += trade.injection_wh
        if isinstance(event, RecallDecided) and event.state is TradeState.CANCELLED:
            for trade in event.trades:
                self.sold[trade.area_id, trade.start_s] -= trade.injection_wh
        if isinstance(event, LinesUsed):
            for use in event.uses:
                ends = ("GRID", "RUR") if use.forward else ("RUR", "GRID")
                self.sold[ends[0], event.start_s] -= use.sent_wh
                self.sold[ends[1], event.start_s] += use.received_wh
        self.laws(settled=not isinstance(event, TradesMade))

    def laws(self, *, settled: bool) -> None:
        """`settled`: money and lines of the last trades are booked too."""
        state = self.state
        found = self.standing()
        if found is None:
            return
        held, open_wh = found
        for owner in state.participants:
            assert state.ledger.held_quanta(owner) == held[owner]
        for item in UNITS:
            for start_s in STARTS_S:
                energy = state.commitments.open_energy(item.unit_id, start_s)
                traded = state.positions.traded(item.unit_id, start_s)
                sells = open_wh[item.unit_id, start_s, Side.SELL]
                buys = open_wh[item.unit_id, start_s, Side.BUY]
                assert (energy.sell_wh, energy.buy_wh) == (sells, buys)
                assert sells + traded.sold_wh <= item.injection_max_w * 105 // 400
                assert buys + traded.bought_wh <= item.withdrawal_max_w * 105 // 400
        for start_s in STARTS_S:
            for forward in (True, False):
                left_wh = state.capacity.left_wh("GRID-RUR", forward, start_s)
                assert 0 <= left_wh <= GRID.lines[0].capacity_forward_w // 4
        assert state.ledger.sum_quanta() == 0
        if settled:
            assert state.ledger.balance_quanta(CENTRAL) == 0

    def standing(
        self,
    ) -> tuple[dict[str, int], dict[tuple[str, int, Side], int]] | None:
        """What has to be held and is open; None between the trades of a block's legs."""
        state = self.state
        held: defaultdict[str, int] = defaultdict(int)
        open_wh: defaultdict[tuple[str, int, Side], int] = defaultdict(int)
        for order in state.continuous.orders():
            side = Side.SELL if order.is_sell else Side.BUY
            held[order.owner] += hold_quanta(side, order.price_ticks, order.remaining_wh)
            open_wh[order.unit_id, order.start_s, side] += order.remaining_wh
        for block in state.continuous.blocks:
            side = Side.SELL if block.is_sell else Side.BUY
            if state.block_open_wh[block.order_id] != sum(wh for _, wh in block.legs):
                return None
            for start_s, energy_wh in block.legs:
                held[block.owner] += hold_quanta(side, block.price_ticks, energy_wh)
                open_wh[block.unit_id, start_s, side] += energy_wh
        return held, open_wh


def live(drawn: Sequence[tuple[object, ...]]) -> Counter[str]:
    """A market through these acts, its laws checked after every event; counts what happened."""
    engine = Watched()
    story = Story(rules=RULES_HERE, engine=engine)
    story.does(OpenContinuous(now_us=story.now_us, start_s=MIDNIGHT_S))
    engine.watching = True
    for number, act in enumerate(drawn):
        command = command_of(story, act, f"c{number}")
        if command is not None:
            story.does(command)
            assert not any(engine.sold.values()), "sold and received is bought and sent"
    for owner in engine.state.participants:
        story.does(
            CancelAll(now_us=story.now_us, actor=owner, participant_id=owner, reason="user_all")
        )
    state = engine.state
    for owner in state.participants:
        assert state.ledger.held_quanta(owner) == 0
        assert state.commitments.open_count(owner) == 0
    for item in UNITS:
        assert state.commitments.open_starts(item.unit_id) == ()
    assert not state.order_options
    assert not state.block_open_wh
    return Counter(type(event).__name__ for event in story.events)


@given(drawn=st.lists(acts, min_size=8, max_size=40))
def test_the_laws_hold_after_every_event(drawn: list[tuple[object, ...]]) -> None:
    live(drawn)


def chance_act(chance: random.Random) -> tuple[object, ...]:
    """An act as a busy market sees it."""

    def row() -> Row:
        unit_id, side = chance.choice(ABILITIES)
        away = chance.randrange(-15, 40) * 100
        return Row(
            unit_id=unit_id,
            side=side,
            price_ticks=10_000 + (away if side is Side.SELL else -away),
            energy_wh=chance.choice((1, 20, 33, 50, 77, 100)),
            start_s=chance.choice(STARTS_S),
        )

    number = chance.randrange(1, 40)
    match chance.randrange(13):
        case 12:
            return "recall", number, chance.choice(("seller", "buyer", "op1", "op2"))
        case 0:
            return "cancel", number
        case 1:
            return "replace", number, 10_000 + chance.randrange(-20, 20) * 100, 200
        case 2:
            return chance.choice(("sleep", "wake")), number
        case 3:
            return "basket", [row() for _ in range(chance.randrange(1, 3))]
        case 4:
            return "block", row()
        case 5:
            return ("wait",)
        case 6 | 7:
            options = OrderOptions(
                tif=chance.choice((TimeInForce.GFS, TimeInForce.IOC, TimeInForce.FOK)),
                self_trade=chance.choice(tuple(SelfTrade)),
                display_wh=chance.choice((0, 30)),
            )
            return "place", row(), options
        case _:
            return "place", row(), OrderOptions()


def test_the_laws_hold_in_a_busy_market() -> None:
    seen: Counter[str] = Counter()
    for seed in range(100):
        chance = random.Random(seed)
        seen += live([chance_act(chance) for _ in range(80)])
    assert seen["TradesMade"] > 200
    assert seen["LinesUsed"] > 40
    assert seen["SelfTradePrevented"] > 20
    assert seen["OrderReplaced"] > 20
    assert seen["RecallDecided"] > 10
