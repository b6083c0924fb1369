"""Whatever is ordered, traded, paid and lent: positions stay covered, and count once.

The one idea: a plain account of every trade and open order, kept beside the market by another way, says what
each exposure has to be.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from market.engine.orders.open_orders import open_orders
from market.model.listing import ListingTerms, PostListing, TakeListing
from market.model.messages import CancelOrders, OrdersAccepted, OrdersActivated, TradesMade
from market.model.order import Side
from tests.builders import STEP_S
from tests.market.engine.covering import AT_S, BOUGHT, COVERED, SOLD, Covered

ENERGIES = (100, 250, 400, 1_000)
PRICES = (9_000, 12_000, 13_000, 19_000)
WISHES = (
    ("ann-solar", "sell"),
    ("ann-battery", "sell"),
    ("ann-battery", "buy"),
    ("ann-load", "buy"),
    ("ben-load", "buy"),
    ("ben-chp", "sell"),
    ("ann-solar", "buy"),
    ("ann-load", "sell"),
)
"""Who wants what; the last two only take back."""

wishes = st.sampled_from(WISHES)
units = st.sampled_from(sorted({unit_id for unit_id, _ in WISHES}))
orders = st.tuples(
    st.just("order"),
    wishes,
    st.sampled_from(ENERGIES),
    st.sampled_from(PRICES),
    st.integers(0, 1),
)
meetings = st.tuples(
    st.just("meet"),
    st.sampled_from([wish for wish in WISHES if wish[0].startswith("ann")]),
    st.sampled_from(ENERGIES),
    st.sampled_from(PRICES),
    st.integers(0, 1),
)
listings = st.tuples(
    st.just("list"),
    wishes,
    st.sampled_from(ENERGIES),
    st.integers(0, 1),
)
takes = st.tuples(st.just("take"), units, st.integers(0, 3), st.integers(0, 1))
cancels = st.tuples(st.just("cancel"), st.integers(0, 9))
replaces = st.tuples(st.just("replace"), st.integers(0, 9), st.sampled_from(ENERGIES))
payments = st.tuples(st.just("pay"), st.sampled_from((1_000_000, 9_000_000)))
limits = st.tuples(st.just("lend"), st.sampled_from((0, 3_000_000, 20_000_000)))
waiting = st.tuples(st.just("wait"), st.sampled_from((1, 45)))
happenings = st.lists(
    st.one_of(
        meetings, meetings, orders, listings, takes, cancels, replaces, payments, limits, waiting
    ),
    min_size=10,
    max_size=40,
)


def positions(market: Covered) -> dict[tuple[str, int], int]:
    """What each unit has sold less bought, from the trades alone."""
    net: defaultdict[tuple[str, int], int] = defaultdict(int)
    for event in market.events:
        if isinstance(event, TradesMade):
            for trade in event.trades:
                sign = 1 if trade.side is Side.SELL else -1
                net[trade.unit_id, trade.start_s] += sign * trade.energy_wh
    return net


def standing(market: Covered) -> Iterator[tuple[str, int, bool, int]]:
    """Unit, interval, whether it sells and energy of everything that is open."""
    state = market.engine.state
    for item in open_orders(state):
        order = state.continuous.get(item.order_id)
        if order is not None:
            yield order.unit_id, order.start_s, order.is_sell, order.remaining_wh
    for found in state.listings.open.values():
        terms = found.listing.terms
        for start_s, left_wh in found.left_wh.items():
            yield terms.unit_id, start_s, terms.side is Side.SELL, left_wh


def cost(net_wh: int) -> int:
    return net_wh * SOLD if net_wh > 0 else -net_wh * BOUGHT


def expected(market: Covered, who: str) -> tuple[int, int]:
    """Exposure of trades, and what open orders could make of it at most."""
    net = positions(market)
    buys: defaultdict[tuple[str, int], int] = defaultdict(int)
    sells: defaultdict[tuple[str, int], int] = defaultdict(int)
    for unit_id, start_s, is_sell, energy_wh in standing(market):
        (sells if is_sell else buys)[unit_id, start_s] += energy_wh
    traded = worst = 0
    for key in {*net, *buys, *sells}:
        if not key[0].startswith(who):
            continue
        traded += cost(net[key])
        worst += max(cost(net[key] + sells[key]), cost(net[key] - buys[key]))
    return traded, worst - traded


class Seen:
    """What is looked at after everything that happens."""

    def __init__(self, market: Covered) -> None:
        self.market = market

    def happens(self, what: tuple[Any, ...]) -> None:
        market = self.market
        collateral = market.engine.state.collateral
        reducing = {who for who in ("ann", "ben") if collateral.reduces_only(who)}
        before, net = {who: market.available(who) for who in ("ann", "ben")}, positions(market)
        count = len(market.events)
        taken = getattr(self, f"_{what[0]}")(*what[1:])
        for who in ("ann", "ben"):
            shown = market.picture(who)
            assert (shown.traded_quanta, shown.open_quanta) == expected(market, who)
        after = positions(market)
        for key in {*net, *after}:
            if key[0].partition("-")[0] in reducing:
                assert abs(after[key]) <= abs(net[key]), "who may only reduce reduces"
        if taken is not None:
            self._is_covered(taken, before[taken], net, count)

    def _is_covered(
        self, who: str, before: int, net: dict[tuple[str, int], int], count: int
    ) -> None:
        """An order that was taken leaves something available, needs nothing, or only reduces."""
        market = self.market
        if market.available(who) >= min(before, 0):
            return
        for event in market.events[count:]:
            if isinstance(event, OrdersAccepted) and event.participant_id == who:
                columns = event.orders
                key = (columns.unit_id[0], columns.start_s[0])
                sign = 1 if columns.side[0] is Side.SELL else -1
                assert sign * net.get(key, 0) < 0, "only what reduces may cost what is not there"
                assert columns.held_quanta[0] <= cost(net[key]), "and no more than it spares"
                return
            if isinstance(event, OrdersActivated):
                return  # what replaces an order of the same account
        raise AssertionError("something was taken that is not covered")

    def _order(
        self, wish: tuple[str, str], energy_wh: int, price_ticks: int, interval: int
    ) -> str | None:
        unit_id, side = wish
        start_s = AT_S + interval * STEP_S
        answer = self.market.sends(unit_id, side, energy_wh, price_ticks, start_s=start_s)
        return unit_id.partition("-")[0] if answer.rejection is None else None

    def _meet(self, wish: tuple[str, str], energy_wh: int, price_ticks: int, interval: int) -> None:
        """Ann's order and Ben's answer to it, each looked at by itself."""
        other = ("ben-load", "buy") if wish[1] == "sell" else ("ben-chp", "sell")
        for one in (wish, other):
            self.happens(("order", one, energy_wh, price_ticks, interval))

    def _list(self, wish: tuple[str, str], energy_wh: int, interval: int) -> None:
        unit_id, side = wish
        market, owner = self.market, unit_id.partition("-")[0]
        market.names += 1
        before = market.available(owner)
        answer = market.does(
            PostListing(
                now_us=market.now_us,
                actor=owner,
                participant_id=owner,
                client_listing_id=f"list-{market.names}",
                terms=ListingTerms(
                    unit_id=unit_id,
                    side=Side(side),
                    price_ticks=12_000,
                    legs=((AT_S + interval * STEP_S, energy_wh),),
                ),
            )
        )
        if not answer.rejections and not market.engine.state.collateral.reduces_only(owner):
            assert market.available(owner) <= before

    def _take(self, unit_id: str, number: int, interval: int) -> None:
        market, owner = self.market, unit_id.partition("-")[0]
        market.names += 1
        market.does(
            TakeListing(
                now_us=market.now_us,
                actor=owner,
                participant_id=owner,
                client_take_id=f"take-{market.names}",
                listing_id=f"lst-{number}",
                unit_id=unit_id,
                legs=((AT_S + interval * STEP_S, 100),),
            )
        )

    def _of_ann(self, number: int) -> str | None:
        mine = [item.order_id for item in open_orders(self.market.engine.state, "ann")]
        return mine[number % len(mine)] if mine else None

    def _cancel(self, number: int) -> None:
        order_id, market = self._of_ann(number), self.market
        if order_id is not None:
            before = market.available()
            market.does(
                CancelOrders(
                    now_us=market.now_us, actor="ann", participant_id="ann", order_ids=(order_id,)
                )
            )
            assert market.available() >= before

    def _replace(self, number: int, energy_wh: int) -> None:
        order_id = self._of_ann(number)
        if order_id is not None:
            self.market.replaces(order_id, energy_wh=energy_wh)

    def _pay(self, amount_quanta: int) -> None:
        self.market.pays_in(amount_quanta)

    def _lend(self, limit_quanta: int) -> None:
        self.market.lends(limit_quanta)

    def _wait(self, minutes: int) -> None:
        self.market.waits(minutes)


@settings(max_examples=40, deadline=None)
@given(happenings)
def test_positions_are_covered_and_count_once(story: list[tuple[Any, ...]]) -> None:
    market = Covered(ann=25_000_000, ben=60_000_000, rules=replace(COVERED, price_max_ticks=30_000))
    seen = Seen(market)
    for what in story:
        seen.happens(what)


@settings(max_examples=40, deadline=None)
@given(happenings)
def test_a_short_account_never_gets_further_into_positions(story: list[tuple[Any, ...]]) -> None:
    market = Covered(ann=0)
    market.lends(60_000_000)
    market.sold(1_000)
    market.sold(500, unit_id="ann-battery")
    market.bought(1_000)
    market.lends(0, "op1")
    market.waits(60)
    assert market.engine.state.collateral.reduces_only("ann")
    seen = Seen(market)
    for what in story:
        if what[0] not in {"pay", "lend"}:
            seen.happens(what)
