"""The continuous book of one market: all areas and delivery intervals, price-time priority.

The one idea: `plan` only looks and says what would happen; `rest`, `fill`, `reduce` and `remove` make
it true, one fact at a time. Where no line leads to anything that matches, a plan walks one area's
queues and nothing else; whatever is special goes through `market/trading/merging.py`. What stands,
and the facts that change it, are in `market/trading/standing.py`.
"""

from collections.abc import Sequence
from typing import Protocol

from market.model.grid import Grid
from market.model.order import PLAIN, OrderOptions, SelfTrade, TimeInForce
from market.model.rejection import Code
from market.trading.links import Draft, Room, Way, ways_of
from market.trading.merging import UNLIMITED_TICKS, Half, Merge
from market.trading.resting import (
    RESTS,
    Ending,
    Fill,
    Plan,
    Prevented,
    Resting,
    RestingBlock,
    RowsPlan,
    terms_again,
)
from market.trading.standing import Standing

_new = tuple.__new__  # a NamedTuple's own constructor costs twice as much


class Opening(Protocol):
    """What says where orders may match now (`market/trading/phases.py`)."""

    def trades_continuously(self, area_id: str, start_s: int) -> bool:
        """True when orders of the area's interval may match on arrival."""
        ...


class ContinuousBook(Standing):
    """All resting orders and blocks of continuous trading, and what would match with them."""

    def __init__(
        self,
        grid: Grid,
        room: Room,
        phases: Opening | None = None,
    ) -> None:
        """`phases`: whether another area's orders of an interval may be met now; None: always."""
        super().__init__()
        ways = ways_of(grid)
        self._grid = grid
        self._room = room
        self._phases = phases
        ends = {area.area_id for area in grid.areas}
        into = {end: tuple(way for way in ways if way.sink == end) for end in ends}
        out = {end: tuple(way for way in ways if way.source == end) for end in ends}
        # By the incoming side: a buy looks where energy comes from, a sell where it can go.
        self._ways: tuple[dict[str, tuple[Way, ...]], dict[str, tuple[Way, ...]]] = (
            {end: found for end, found in into.items() if found},
            {end: found for end, found in out.items() if found},
        )

    # What a snapshot keeps: the orders in order of priority; queues follow from them

    def __snapshot_state__(self) -> dict[str, object]:
        """Grid, room, phases, and every order and block as it stands."""
        return {
            "_grid": self._grid,
            "_room": self._room,
            "_phases": self._phases,
            "_kept": tuple(
                (order.sequence, order.hidden_wh, *order.fields()) for order in self.orders()
            ),
            "_kept_blocks": tuple((block.sequence, *block.fields()) for block in self.blocks),
            "_kept_next": self.next_sequence,
        }

    def rebuilt(self) -> None:
        """Make the queues again."""
        kept = vars(self)
        orders, blocks = kept.pop("_kept"), kept.pop("_kept_blocks")
        next_sequence = kept.pop("_kept_next")
        self.__init__(self._grid, self._room, self._phases)  # type: ignore[misc]
        for sequence, hidden_wh, *fields, terms in orders:
            order = Resting(*fields)
            order.terms = terms_again(terms)
            self.restore(order, sequence, hidden_wh)
        for sequence, *fields, terms in blocks:
            block = RestingBlock(*fields)
            block.terms = terms_again(terms)
            self.restore_block(block, sequence)
        self.next_sequence = next_sequence

    # What would happen

    def may_match(self, area_id: str, start_s: int, is_sell: bool, price_ticks: int) -> bool:
        """False: a plain order at this limit surely meets nothing. Costs less than a plan."""
        if area_id in self._ways[is_sell]:
            return True
        areas = self._halves.get(start_s)
        halves = None if areas is None else areas.get(area_id)
        if halves is None:
            return False
        keys = halves[not is_sell].keys
        return bool(keys) and keys[-1] >= (price_ticks if is_sell else -price_ticks)

    def plan(self, order: Resting, options: OrderOptions = PLAIN) -> Plan:
        """What an order that comes in would do; changes nothing."""
        sells = order.is_sell
        ways = self._ways[sells]
        if ways and order.area_id in ways and self._reaches_across(order):
            return self._plan_carefully(order, options)
        try:
            half = self._halves[order.start_s][order.area_id][not sells]
        except KeyError:
            return RESTS if options is PLAIN else _ended(options, [], order.remaining_wh)
        keys = half.keys
        if keys:
            limit = order.price_ticks if sells else -order.price_ticks
            # Only where something seems to match is it worth finding out whether it is alive.
            if keys[-1] >= limit:
                best = half.best()
                if best is not None and best >= limit:
                    return self._plan_here(order, options, half, limit)
        return RESTS if options is PLAIN else _ended(options, [], order.remaining_wh)

    def plan_basket(self, rows: Sequence[Resting], options: OrderOptions = PLAIN) -> RowsPlan:
        """What limit orders that trade all in full at once, or not at all, would do."""
        draft = Draft(self._room, self._next)
        fills: list[tuple[Fill, ...]] = []
        prevented: list[Prevented] = []
        for number, row in enumerate(rows):
            merge = self._merge(row, row.price_ticks, options.self_trade, draft)
            if merge.stopped or merge.taken_wh > 0:
                return RowsPlan(
                    Ending.REFUSED,
                    prevented=_unchanged(merge.prevented),
                    code=Code.SELF_TRADE_PREVENTED,
                    failed_row=number,
                )
            if merge.want_wh > 0:
                return RowsPlan(Ending.REFUSED, code=Code.FOK_NOT_FILLED, failed_row=number)
            fills.append(tuple(merge.fills))
            prevented += merge.prevented
        return RowsPlan(Ending.FILLED, tuple(fills), prevented=tuple(prevented))

    def plan_block(self, block: RestingBlock, options: OrderOptions = PLAIN) -> RowsPlan:
        """What an all-or-none block would do.

        It meets one identical block of the other side; else simple orders of every interval in
        full, if their average price is within its limit; else it rests or is cancelled. Simple
        orders of its own owner are passed over.
        """
        other, prevented = self._blocks.counterpart(block, options.self_trade)
        stops = prevented and (prevented[-1].left_wh > 0 or prevented[-1].taken_wh > 0)
        rows = () if stops or other is not None else self._legs_filled(block)
        meets = other is not None or bool(rows)
        if options.post_only and (meets or prevented):
            return RowsPlan(Ending.REFUSED, code=Code.POST_ONLY_WOULD_MATCH)
        if stops:
            code = Code.SELF_TRADE_PREVENTED
            if options.tif is TimeInForce.FOK:
                return RowsPlan(Ending.REFUSED, prevented=_unchanged(prevented), code=code)
            return RowsPlan(Ending.CANCELLED, prevented=tuple(prevented), code=code)
        if meets:
            return RowsPlan(Ending.FILLED, rows, other, tuple(prevented))
        if options.tif is TimeInForce.FOK:
            return RowsPlan(Ending.REFUSED, code=Code.FOK_NOT_FILLED)
        if options.tif is TimeInForce.IOC:
            code = Code.IOC_REMAINDER_CANCELLED
            return RowsPlan(Ending.CANCELLED, prevented=tuple(prevented), code=code)
        return RowsPlan(Ending.RESTS, prevented=tuple(prevented))

    # Inside

    def _plan_here(self, order: Resting, options: OrderOptions, half: Half, limit: int) -> Plan:
        """Where only the own area's orders come into question and nothing is special."""
        terms = order.terms
        if terms is not None and terms.binds:
            return self._plan_carefully(order, options)
        owner, want_wh, levels = order.owner, order.remaining_wh, half.levels
        fills: list[Fill] = []
        for key in reversed(half.keys):
            if key < limit:
                break
            for resting in levels[key]:
                if resting.dead is None:
                    continue
                terms = resting.terms
                if resting.owner == owner or (terms is not None and terms.binds):
                    return self._plan_carefully(order, options)
                price_ticks, energy_wh = resting.price_ticks, resting.remaining_wh
                if energy_wh >= want_wh:
                    values = (resting, want_wh, want_wh, price_ticks, price_ticks, None)
                    fills.append(_new(Fill, values))
                    return _ended(options, fills, 0)
                values = (resting, energy_wh, energy_wh, price_ticks, price_ticks, None)
                fills.append(_new(Fill, values))
                want_wh -= energy_wh
        return _ended(options, fills, want_wh)

    def _plan_carefully(self, order: Resting, options: OrderOptions) -> Plan:
        draft = Draft(self._room, self._next)
        merge = self._merge(order, order.price_ticks, options.self_trade, draft)
        if merge.prevented:
            return _ended_with_own(options, merge)
        return _ended(options, merge.fills, merge.want_wh)

    def _merge(
        self, order: Resting, limit_ticks: int, mode: SelfTrade | None, draft: Draft
    ) -> Merge:
        merge = Merge(order, limit_ticks, mode, draft)
        areas, sells = self._halves.get(order.start_s, {}), order.is_sell
        if order.area_id in areas:
            merge.look(areas[order.area_id][not sells], None)
        for way in self._ways[sells].get(order.area_id, ()):
            there = way.sink if sells else way.source
            if there in areas and self._may_meet_there(there, order.start_s):
                merge.look(areas[there][not sells], way)
        merge.run()
        return merge

    def _may_meet_there(self, area_id: str, start_s: int) -> bool:
        return self._phases is None or self._phases.trades_continuously(area_id, start_s)

    def _reaches_across(self, order: Resting) -> bool:
        """Whether another area's best price is within the limit."""
        areas, sells = self._halves.get(order.start_s), order.is_sell
        if areas is None:
            return False
        for way in self._ways[sells][order.area_id]:
            halves = areas.get(way.sink if sells else way.source)
            best = None if halves is None else halves[not sells].best()
            if best is None:
                continue
            if sells and way.bid_seen(best) >= order.price_ticks:
                return True
            if not sells and way.offer_seen(-best) <= order.price_ticks:
                return True
        return False

    def _legs_filled(self, block: RestingBlock) -> tuple[tuple[Fill, ...], ...]:
        """Simple orders that fill every leg in full, on average within the limit; else nothing."""
        draft = Draft(self._room, self._next)
        sign = -1 if block.is_sell else 1
        limit_ticks = sign * UNLIMITED_TICKS
        rows: list[tuple[Fill, ...]] = []
        spare_quanta = 0
        for start_s, energy_wh in block.legs:
            leg = Resting(
                block.order_id,
                block.owner,
                block.unit_id,
                block.area_id,
                start_s,
                block.is_sell,
                limit_ticks,
                energy_wh,
                block.terms,
            )
            merge = self._merge(leg, limit_ticks, None, draft)
            if merge.want_wh > 0:
                return ()
            for fill in merge.fills:
                price = fill.sell_price_ticks if block.is_sell else fill.buy_price_ticks
                spare_quanta += sign * (block.price_ticks - price) * fill.incoming_wh
            rows.append(tuple(merge.fills))
        return tuple(rows) if spare_quanta >= 0 else ()


def _unchanged(prevented: list[Prevented]) -> tuple[Prevented, ...]:
    """What was prevented where in the end nothing happens."""
    return tuple(
        each._replace(taken_wh=0, left_wh=each.resting.remaining_wh)
        if isinstance(each.resting, Resting)
        else each._replace(taken_wh=0, left_wh=each.prevented_wh)
        for each in prevented
    )


def _ended(options: OrderOptions, fills: list[Fill], want_wh: int) -> Plan:
    """What becomes of the rest, where no own order was met."""
    if options.post_only and fills:
        return Plan(Ending.REFUSED, code=Code.POST_ONLY_WOULD_MATCH)
    if want_wh == 0:
        return Plan(Ending.FILLED, fills, 0)
    if options.tif is TimeInForce.FOK:
        return Plan(Ending.REFUSED, code=Code.FOK_NOT_FILLED)
    if options.tif is TimeInForce.IOC:
        return Plan(Ending.CANCELLED, fills, want_wh, code=Code.IOC_REMAINDER_CANCELLED)
    return Plan(Ending.RESTS, fills, want_wh) if fills else RESTS


def _ended_with_own(options: OrderOptions, merge: Merge) -> Plan:
    """What becomes of the rest, where the owner's own orders were met."""
    if options.post_only:
        return Plan(Ending.REFUSED, code=Code.POST_ONLY_WOULD_MATCH)
    ends = merge.stopped or (merge.taken_wh > 0 and merge.want_wh == 0)
    code = Code.SELF_TRADE_PREVENTED
    if options.tif is TimeInForce.FOK:
        if merge.stopped or merge.taken_wh > 0:
            return Plan(Ending.REFUSED, prevented=_unchanged(merge.prevented), code=code)
        if merge.want_wh > 0:
            return Plan(Ending.REFUSED, code=Code.FOK_NOT_FILLED)
    prevented = tuple(merge.prevented)
    if ends:
        return Plan(Ending.CANCELLED, merge.fills, merge.want_wh, prevented, code)
    if merge.want_wh == 0:
        return Plan(Ending.FILLED, merge.fills, 0, prevented)
    if options.tif is TimeInForce.IOC:
        code = Code.IOC_REMAINDER_CANCELLED
        return Plan(Ending.CANCELLED, merge.fills, merge.want_wh, prevented, code)
    return Plan(Ending.RESTS, merge.fills, merge.want_wh, prevented)
