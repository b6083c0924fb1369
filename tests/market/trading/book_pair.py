"""The continuous book and its naive twin side by side: every step is taken by both and compared."""
# house: long because both books, their comparison and the programs they run belong together

import random
from collections.abc import Iterable, Sequence
from fractions import Fraction

from market.model.grid import Area, Grid, Line
from market.model.order import OrderOptions, SelfTrade, TimeInForce
from market.trading.capacity import Capacity
from market.trading.matching import ContinuousBook
from market.trading.resting import Ending, Fill, Plan, Prevented, Resting, RestingBlock, RowsPlan
from market.trading.resting import Terms as BookTerms
from tests.market.trading.naive_matching import Ask, Block, Match, NaiveBook, Options, Refusal, Said

MINUTES = 15
STARTS_S = (0, 900, 1800)
AREAS = ("NORTH", "SOUTH", "WEST", "ISLE")
OWNERS = ("ann", "ben", "cem", "dan")
CANCEL_SHARE = 0.16
OPEN_MAX = 36
"""Above it the programs cancel more than they enter, which keeps the twin quick."""

GRID = Grid(
    areas=(
        Area(area_id="LAND", name="Land", import_limit_w=2_500, export_limit_w=2_000),
        Area(area_id="NORTH", name="North", parent="LAND", export_limit_w=3_000),
        Area(area_id="SOUTH", name="South", parent="LAND", import_limit_w=3_500),
        Area(area_id="WEST", name="West"),
        Area(area_id="ISLE", name="Isle"),
    ),
    lines=(
        Line(
            line_id="N-S",
            from_area="NORTH",
            to_area="SOUTH",
            capacity_forward_w=8_000,
            capacity_backward_w=4_000,
            loss_ppm=20_000,
            fee_forward_ticks=3,
            fee_backward_ticks=0,
        ),
        Line(
            line_id="N-S-2",
            from_area="SOUTH",
            to_area="NORTH",
            capacity_forward_w=2_000,
            capacity_backward_w=5_000,
            loss_ppm=0,
            fee_forward_ticks=5,
            fee_backward_ticks=4,
        ),
        Line(
            line_id="S-W",
            from_area="SOUTH",
            to_area="WEST",
            capacity_forward_w=6_000,
            capacity_backward_w=6_000,
            loss_ppm=35_000,
            fee_forward_ticks=0,
            fee_backward_ticks=2,
        ),
        Line(
            line_id="W-I",
            from_area="WEST",
            to_area="ISLE",
            capacity_forward_w=3_000,
            capacity_backward_w=3_000,
            loss_ppm=12_345,
            fee_forward_ticks=0,
            fee_backward_ticks=0,
        ),
    ),
)
"""Nested areas, two lines between one pair, lines with and without loss and fee."""


class _Openings:
    """Where the naive book says that orders may match."""

    def __init__(self, naive: NaiveBook) -> None:
        self.naive = naive

    def trades_continuously(self, area_id: str, start_s: int) -> bool:
        return (area_id, start_s) not in self.naive.closed


class BookPair:
    """Two books that must say the same."""

    def __init__(self) -> None:
        self.capacity = Capacity(GRID, MINUTES)
        self.naive = NaiveBook(GRID, Fraction(MINUTES, 60))
        self.book = ContinuousBook(GRID, self.capacity, _Openings(self.naive))
        self.number = 0
        self.seen: dict[str, int] = {}

    def enters(self, asks: Sequence[Ask], options: Options, *, basket: bool = False) -> Said:
        """An order, or the rows of a basket."""
        before = self._state()
        orders = [_resting(ask) for ask in asks]
        if basket:
            rows = self.book.plan_basket(orders, _options(options))
            assert self._state() == before
            ours = _rows_said(rows)
            self._draw(fill for row in rows.rows for fill in row)
            self.book.apply_rows(rows)
            theirs = self.naive.enter_basket(asks, options)
        else:
            plan = self.book.plan(orders[0], _options(options))
            assert self._state() == before
            ours = _said(plan, orders[0].remaining_wh)
            if plan.ending is not Ending.REFUSED:
                self._draw(plan.fills)
            self.book.apply(orders[0], plan)
            theirs = self.naive.enter(asks[0], options)
        return self._same("basket" if basket else "order", ours, theirs)

    def enters_block(self, block: Block, options: Options) -> Said:
        before = self._state()
        resting = RestingBlock(
            block.order_id,
            block.owner,
            f"{block.owner}-unit",
            block.area,
            block.is_sell,
            block.price,
            block.legs,
            _terms(block, 0),
        )
        plan = self.book.plan_block(resting, _options(options))
        assert self._state() == before
        self._draw(fill for row in plan.rows for fill in row)
        self.book.apply_rows(plan, resting)
        return self._same("block", _rows_said(plan), self.naive.enter_block(block, options))

    def cancels(self, order_id: str) -> None:
        if self.book.get(order_id) is not None:
            self.book.remove(order_id)
        else:
            self.book.remove_block(order_id)
        self.naive.cancel(order_id)
        self.compare()

    def reduces(self, order_id: str, left_wh: int) -> None:
        self.book.reduce(order_id, left_wh)
        self.naive.reduce(order_id, left_wh)
        self.compare()

    def takes(self, start_s: int, areas: Sequence[str] | None) -> None:
        taken = self.book.take_interval(start_s, areas)
        ours = (
            [order.order_id for order in taken.orders],
            [block.order_id for block in taken.blocks],
        )
        assert ours == self.naive.take_interval(start_s, areas)
        self.compare()

    def gives_back(self, start_s: int) -> None:
        """All capacity of an interval is free again."""
        for at, line, forward, sent, received in self.naive.sent:
            if at == start_s:
                self.capacity.draw(line.line_id, forward, at, -sent, -received)
        self.naive.sent = [each for each in self.naive.sent if each[0] != start_s]

    def new_id(self) -> str:
        self.number += 1
        return f"ord-{self.number}"

    def open_ids(self) -> list[str]:
        return [order.order_id for order in self.naive.orders]

    def compare(self) -> None:
        assert self._state() == (self.naive.book(), [each.order_id for each in self.naive.blocks])

    def compare_depth(self) -> None:
        """By price, as the public sees it."""
        for start_s in STARTS_S:
            for area_id in AREAS:
                bids, asks = self.book.depth(area_id, start_s)
                for is_sell, side in ((False, bids), (True, asks)):
                    mine = [
                        order
                        for order in self.naive.orders
                        if (order.area, order.start_s, order.is_sell) == (area_id, start_s, is_sell)
                    ]
                    prices = sorted({order.price for order in mine}, reverse=not is_sell)
                    assert side == [
                        (
                            price,
                            sum(order.shown for order in mine if order.price == price),
                            sum(order.price == price for order in mine),
                        )
                        for price in prices
                    ]
                best = (
                    bids[0].price_ticks if bids else None,
                    asks[0].price_ticks if asks else None,
                )
                assert self.book.best(area_id, start_s) == best

    def _same(self, kind: str, ours: Said, theirs: Said) -> Said:
        assert ours == theirs
        self.compare()
        self._saw(theirs.code or f"{kind} {theirs.ending}")
        if theirs.counterpart is not None:
            self._saw("block met block")
        for _, _, taken, left in theirs.prevented:
            self._saw("own order cancelled" if left == 0 and taken == 0 else "own order met")
        for match in (match for row in theirs.rows for match in row):
            self._saw("match" if match[5] is None else "match across")
        return theirs

    def _saw(self, what: str) -> None:
        self.seen[what] = self.seen.get(what, 0) + 1

    def _draw(self, fills: Iterable[Fill]) -> None:
        for fill in fills:
            assert fill.rounding_quanta >= 0
            if fill.path is None:
                assert fill.rounding_quanta == 0
                assert fill.sold_wh == fill.bought_wh
            else:
                path, start_s = fill.path, fill.resting.start_s
                assert (fill.sold_wh, fill.bought_wh) == (path.sent_wh, path.received_wh)
                self.capacity.draw(
                    path.line_id, path.forward, start_s, path.sent_wh, path.received_wh
                )

    def _state(self) -> tuple[list[tuple[str, int, int]], list[str]]:
        return (
            [(each.order_id, each.remaining_wh, each.shown_wh) for each in self.book.orders()],
            [block.order_id for block in self.book.blocks],
        )


def _resting(ask: Ask) -> Resting:
    return Resting(
        ask.order_id,
        ask.owner,
        f"{ask.owner}-unit",
        ask.area,
        ask.start_s,
        ask.is_sell,
        ask.price,
        ask.left,
        _terms(ask, ask.display),
    )


def _terms(of: Ask | Block, display: int) -> BookTerms | None:
    partners = frozenset(of.partners) or None
    if not (of.green or of.green_only or partners or display):
        return None
    return BookTerms(
        display_wh=display, green=of.green, green_only=of.green_only, partners=partners
    )


def _options(options: Options) -> OrderOptions:
    return OrderOptions(tif=options.tif, post_only=options.post_only, self_trade=options.mode)


def _said(plan: Plan, asked_wh: int) -> Said:
    said = Said(plan.ending.value, _code(plan))
    said.prevented = [_refusal(each) for each in plan.prevented]
    if plan.ending is not Ending.REFUSED:
        said.rows = [[_match(fill) for fill in plan.fills]]
        said.rest = asked_wh if plan.rest_wh is None else plan.rest_wh
    return said


def _rows_said(plan: RowsPlan) -> Said:
    return Said(
        plan.ending.value,
        _code(plan),
        [[_match(fill) for fill in row] for row in plan.rows],
        [_refusal(each) for each in plan.prevented],
        None,
        None if plan.counterpart is None else plan.counterpart.order_id,
    )


def _code(plan: Plan | RowsPlan) -> str | None:
    return None if plan.code is None else plan.code.value


def _match(fill: Fill) -> Match:
    path = None if fill.path is None else tuple(fill.path)
    return (
        fill.resting.order_id,
        fill.sold_wh,
        fill.bought_wh,
        fill.sell_price_ticks,
        fill.buy_price_ticks,
        path,
    )


def _refusal(each: Prevented) -> Refusal:
    return each.resting.order_id, each.prevented_wh, each.taken_wh, each.left_wh


# Programs


def takes_a_step(pair: BookPair, rng: random.Random) -> None:
    """One command such as a market might see, many of them close to others."""
    chance = rng.random()
    held = len(pair.naive.orders)
    if chance < CANCEL_SHARE or held > OPEN_MAX:
        if held:
            pair.cancels(rng.choice(pair.open_ids()))
    elif chance < 0.20:
        if held:
            order = rng.choice(pair.naive.orders)
            pair.reduces(order.order_id, rng.randint(1, order.left))
    elif chance < 0.21:
        _changes_the_day(pair, rng)
    elif chance < 0.29:
        pair.enters(some_basket(pair, rng), Options(mode=rng.choice(list(SelfTrade))), basket=True)
    elif chance < 0.38:
        pair.enters_block(some_block(pair, rng), some_options(rng))
        if len(pair.naive.blocks) > OPEN_MAX // 3:
            pair.cancels(rng.choice(pair.naive.blocks).order_id)
    else:
        pair.enters([some_order(pair, rng)], some_options(rng))


def _changes_the_day(pair: BookPair, rng: random.Random) -> None:
    start_s = rng.choice(STARTS_S)
    chance = rng.random()
    if chance < 0.1:
        pair.takes(start_s, rng.choice((None, ("NORTH",), ("SOUTH", "WEST"))))
    elif chance < 0.75:
        pair.gives_back(start_s)
    else:
        pair.naive.closed ^= {(rng.choice(AREAS), start_s)}


def some_options(rng: random.Random) -> Options:
    chance = rng.random()
    tif = TimeInForce.GFS
    if chance < 0.3:
        tif = TimeInForce.IOC if chance < 0.15 else TimeInForce.FOK
    mode = rng.choice(list(SelfTrade))
    return Options(tif, post_only=tif is TimeInForce.GFS and rng.random() < 0.15, mode=mode)


def some_price(rng: random.Random, is_sell: bool) -> int:
    """Mostly around 10, at times below zero: fees and losses are of the same size as steps."""
    middle = rng.choice((0, 300, 300, 300, 300, -300))
    return middle + rng.randint(-14, 8) if is_sell else middle + rng.randint(-8, 14)


def some_order(pair: BookPair, rng: random.Random) -> Ask:
    is_sell = rng.random() < 0.5
    energy = rng.choice((rng.randint(1, 60), rng.randint(40, 900), 50, 100, 500))
    display = rng.randint(max(1, energy // 6), energy) if rng.random() < 0.25 else 0
    return Ask(
        pair.new_id(),
        rng.choice(OWNERS),
        rng.choice(AREAS),
        rng.choice((0, 0, 900, 1800)),
        is_sell,
        some_price(rng, is_sell),
        energy,
        display=display,
        green=rng.random() < (0.4 if is_sell else 0.1),
        green_only=rng.random() < (0.05 if is_sell else 0.1),
        partners=tuple(rng.sample(OWNERS, 2)) if rng.random() < 0.08 else (),
    )


def some_basket(pair: BookPair, rng: random.Random) -> list[Ask]:
    """Rows that may well be filled; often all of one kind, so that they meet the same orders."""
    rows = [some_order(pair, rng) for _ in range(rng.randint(2, 4))]
    alike = rng.random() < 0.6
    for row in rows:
        row.left = max(1, row.left // 6)
        row.owner, row.display = rows[0].owner, 0
        if alike:
            row.area, row.start_s, row.is_sell = rows[0].area, rows[0].start_s, rows[0].is_sell
            row.price = rows[0].price
        row.price += -12 if row.is_sell else 12
    return rows


def some_block(pair: BookPair, rng: random.Random) -> Block:
    is_sell = rng.random() < 0.5
    energies = rng.choice(((20, 20, 20), (10, 30), (30, 10), (5, 25, 5), (40, 40)))
    return Block(
        pair.new_id(),
        rng.choice(OWNERS),
        rng.choice(AREAS[:3]),
        is_sell,
        some_price(rng, is_sell),
        tuple(zip(STARTS_S, energies, strict=False)),
        green=rng.random() < (0.4 if is_sell else 0.1),
        green_only=rng.random() < (0.05 if is_sell else 0.1),
        partners=tuple(rng.sample(OWNERS, 2)) if rng.random() < 0.08 else (),
    )
