"""One incoming order against everything it can see: its own area and others over direct lines.

The one idea: every area's book is a queue in price-time order, and the queues are merged by what an
order costs here in whole ticks, the own area first, then the exact cost, then time. Each queue is
read only as far as the order reaches.
"""

from bisect import insort
from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Final

from market.model.order import SelfTrade
from market.model.units import round_up
from market.trading.links import Draft, Way
from market.trading.resting import Fill, Level, Path, Prevented, Resting, RestingBlock, Terms

UNLIMITED_TICKS: Final = 10**30
"""A limit beyond every price, for rows that are judged by their average."""

_SWEEP_FROM: Final = 64


class Half:
    """One side of one area and interval: a queue for each price."""

    __slots__ = ("_sweep_at", "keys", "levels")

    def __init__(self) -> None:
        self.levels: dict[int, Level] = {}
        """Queue by key: the price of a buy, minus the price of a sell, so that higher is better."""
        self.keys: list[int] = []
        """Ascending: the best is last. Every key has a queue, which may be empty for a while."""
        self._sweep_at = _SWEEP_FROM

    def open(self, key: int) -> Level:
        """A queue for a price that has none."""
        keys = self.keys
        if len(keys) >= self._sweep_at:
            for empty in [each for each in self.levels if not self.live(each)]:
                del self.levels[empty]
            keys[:] = sorted(self.levels)
            self._sweep_at = 2 * len(keys) + _SWEEP_FROM
        level = self.levels[key] = Level()
        level.dead = [0]
        insort(keys, key)
        return level

    def live(self, key: int) -> bool:
        """Whether an order stands at a price."""
        level = self.levels[key]
        return len(level) > level.dead[0]

    def best(self) -> int | None:
        """The best key with an order; queues that ran empty above it are dropped."""
        keys, levels = self.keys, self.levels
        while keys:
            level = levels[keys[-1]]
            while level:
                if level[0].dead is not None:
                    return keys[-1]
                level.popleft()
                level.dead[0] -= 1
            del levels[keys.pop()]
        return None


def may_meet(order: Resting | RestingBlock, resting: Resting | RestingBlock) -> bool:
    """Whether both sides' attributes allow the match."""
    return _allows(order, resting) and _allows(resting, order)


def _allows(one: Resting | RestingBlock, other: Resting | RestingBlock) -> bool:
    terms = one.terms
    if terms is None:
        return True
    if terms.partners is not None and other.owner not in terms.partners:
        return False
    return not terms.green_only or one.is_sell or is_green(other.terms)


def is_green(terms: Terms | None) -> bool:
    """Whether a sell is of renewable energy."""
    return terms is not None and terms.green


_Head = tuple[int, bool, int, int, int, int, Resting]
"""Cost here, from elsewhere, exact cost, sequence, number of the way, turn, order."""


class Merge:
    """What an order meets, found step by step."""

    __slots__ = (
        "_begun",
        "_bound_ticks",
        "_draft",
        "_heads",
        "_limit_ticks",
        "_mode",
        "_order",
        "_ways",
        "fills",
        "prevented",
        "stopped",
        "taken_wh",
        "want_wh",
    )

    def __init__(
        self, order: Resting, limit_ticks: int, mode: SelfTrade | None, draft: Draft
    ) -> None:
        """`mode` None: the owner's own orders are passed over."""
        self._order = order
        self._limit_ticks = limit_ticks
        self._mode = mode
        self._draft = draft
        self._begun = draft.next_sequence
        self._bound_ticks = -limit_ticks if order.is_sell else limit_ticks
        self._ways: dict[int, tuple[Way | None, Iterator[_Head]]] = {}
        self._heads: list[_Head] = []
        self.fills: list[Fill] = []
        self.prevented: list[Prevented] = []
        self.want_wh = order.remaining_wh
        self.taken_wh = 0
        self.stopped = False
        """Its own order stood in the way, and the newest is the one that goes."""

    def look(self, half: Half, way: Way | None) -> None:
        """Take a queue into view."""
        number = -1 if way is None else way.number
        self._ways[number] = way, self._queue(half, way)
        self._advance(number)

    def run(self) -> None:
        """Match until nothing is wanted, or nothing can be reached."""
        while self._heads and self.want_wh > 0 and not self.stopped:
            head = heappop(self._heads)
            number, turn, resting = head[4:]
            if number not in self._ways:
                continue
            if (
                turn != self._draft.turn(resting)
                or not may_meet(self._order, resting)
                or self._meet(resting, self._ways[number][0])
            ):
                self._advance(number)
            else:
                del self._ways[number]

    def _advance(self, number: int) -> None:
        head = next(self._ways[number][1], None)
        if head is not None:
            heappush(self._heads, head)

    def _queue(self, half: Half, way: Way | None) -> Iterator[_Head]:
        number = -1 if way is None else way.number
        for key in reversed(half.keys):
            cost, exact = self._cost(key, way)
            if cost > self._bound_ticks:
                return
            for resting, turn, sequence in self._draft.queue(half.levels[key], self._begun):
                yield cost, way is not None, exact, sequence, number, turn, resting

    def _show_anew(self, resting: Resting, sequence: int) -> None:
        """The next part of an iceberg, on every way on which it can be seen."""
        sells = self._order.is_sell
        key = -resting.price_ticks if resting.is_sell else resting.price_ticks
        turn = self._draft.turn(resting)
        for number, (way, _) in self._ways.items():
            there = self._order.area_id
            if way is not None:
                there = way.sink if sells else way.source
            cost, exact = self._cost(key, way)
            if there == resting.area_id and cost <= self._bound_ticks:
                head = cost, way is not None, exact, sequence, number, turn, resting
                heappush(self._heads, head)

    def _cost(self, key: int, way: Way | None) -> tuple[int, int]:
        """What it costs to meet a price: for a sell what it gets, negated."""
        if way is None:
            return -key, 0
        if self._order.is_sell:
            return -way.bid_seen(key), -way.bid_exactly(key)
        return way.offer_seen(-key), way.offer_exactly(-key)

    def _meet(self, resting: Resting, way: Way | None) -> bool:
        """Match with one order over one way; False: the way carries nothing more."""
        own = resting.owner == self._order.owner
        if own and self._mode is None:
            return True
        draft = self._draft
        have_wh = draft.left_wh(resting) if own else draft.shown_wh(resting)
        if have_wh <= 0:
            return True
        if way is None:
            energy_wh, price_ticks = min(have_wh, self.want_wh), resting.price_ticks
            fill = Fill(resting, energy_wh, energy_wh, price_ticks, price_ticks, None)
        else:
            sendable_wh = draft.sendable_wh(way, resting.start_s)
            receivable_wh = draft.receivable_wh(way, resting.start_s)
            through_wh = way.received_wh(sendable_wh)
            if receivable_wh is not None:
                through_wh = min(through_wh, receivable_wh)
            if through_wh <= 0:
                return False
            carried = self._carry(resting, way, have_wh, through_wh)
            if carried is None:
                return True
            fill = carried
        if own:
            self._prevent(fill, have_wh)
        else:
            self._make(fill, way)
        return True

    def _carry(self, resting: Resting, way: Way, have_wh: int, through_wh: int) -> Fill | None:
        """A match over a line, of at most `through_wh` at its end; None: not within the limit.

        Where rounding up the loss of the whole would break the limit, the largest part whose loss
        is whole is taken, which costs exactly what is seen.
        """
        sells = self._order.is_sell
        buyer_wh, seller_wh = (have_wh, self.want_wh) if sells else (self.want_wh, have_wh)
        received_wh = min(buyer_wh, through_wh, way.received_wh(seller_wh))
        sent_wh = way.needed_wh(received_wh)
        for _ in range(2):
            if received_wh <= 0:
                return None
            price_ticks = _price_here(resting, way, sent_wh, received_wh)
            if (price_ticks >= self._limit_ticks) if sells else (price_ticks <= self._limit_ticks):
                path = Path(way.line_id, way.forward, sent_wh, received_wh, way.fee_ticks * sent_wh)
                prices = (price_ticks, resting.price_ticks)
                sell_ticks, buy_ticks = prices if sells else prices[::-1]
                return Fill(resting, sent_wh, received_wh, sell_ticks, buy_ticks, path)
            sent_wh = way.even_wh(sent_wh)
            received_wh = way.received_wh(sent_wh)
        return None

    def _make(self, fill: Fill, way: Way | None) -> None:
        path = fill.path
        if way is not None and path is not None:
            self._draft.draw(way, fill.resting.start_s, path.sent_wh, path.received_wh)
        sequence = self._draft.take(fill.resting, fill.resting_wh)
        if sequence is not None:
            self._show_anew(fill.resting, sequence)
        self.want_wh -= fill.incoming_wh
        last = self.fills[-1] if self.fills else None
        if last is not None and path is None and last.resting is fill.resting:
            # An iceberg alone at its price is met slice after slice: that is one match.
            energy_wh = last.sold_wh + fill.sold_wh
            self.fills[-1] = fill._replace(sold_wh=energy_wh, bought_wh=energy_wh)
        else:
            self.fills.append(fill)

    def _prevent(self, fill: Fill, left_wh: int) -> None:
        met_wh, taken_wh = fill.resting_wh, 0
        if self._mode is SelfTrade.CANCEL_NEWEST:
            self.stopped = True
        elif self._mode is SelfTrade.CANCEL_OLDEST:
            left_wh = 0
        else:
            left_wh -= met_wh
            taken_wh = fill.incoming_wh
        self._draft.keep(fill.resting, left_wh)
        self.want_wh -= taken_wh
        self.taken_wh += taken_wh
        self.prevented.append(Prevented(fill.resting, met_wh, taken_wh, left_wh))


def _price_here(resting: Resting, way: Way, sent_wh: int, received_wh: int) -> int:
    """What the incoming side pays or gets per energy of its own, rounded against it."""
    if resting.is_sell:
        return round_up((resting.price_ticks + way.fee_ticks) * sent_wh, received_wh)
    return (resting.price_ticks * received_wh - way.fee_ticks * sent_wh) // sent_wh
