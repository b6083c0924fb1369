"""What rests in continuous trading, and the facts that change it.

The one idea: orders stand in queues by area, interval, side and price, and every order knows its
queue, so that each fact costs the same however large the book is. Whoever asks for the orders of an
owner walks them all: that happens at a kill, not at every command.
"""

from collections.abc import Collection
from itertools import chain
from typing import Final, NamedTuple

from market.trading.block_list import BlockList
from market.trading.merging import Half
from market.trading.resting import (
    RESTS,
    Ending,
    Level,
    Plan,
    Prevented,
    Resting,
    RestingBlock,
    RowsPlan,
)

_DEAD_MAX: Final = 32
"""After as many deaths a queue is looked through if its dead outnumber the living."""


class Depth(NamedTuple):
    """One price of one side."""

    price_ticks: int
    energy_wh: int
    """What is shown, hidden parts of icebergs left out."""
    orders: int


class Taken(NamedTuple):
    """What left the book, each in order of priority."""

    orders: list[Resting]
    blocks: list[RestingBlock]


class Standing:
    """All resting orders and blocks of one market."""

    def __init__(self) -> None:
        self._halves: dict[int, dict[str, tuple[Half, Half]]] = {}
        self._orders: dict[str, Resting] = {}
        self._blocks = BlockList()
        self._next = 1

    # What is made true

    def rest(self, order: Resting) -> None:
        """Let an order rest behind all others of its price; an iceberg hides what it hides.

        Raises:
            AssertionError: this object rested before.
        """
        if order.sequence:
            raise AssertionError(f"{order.order_id} rested before")
        sells = order.is_sell
        try:
            half = self._halves[order.start_s][order.area_id][sells]
        except KeyError:
            half = self._open(order)
        key = -order.price_ticks if sells else order.price_ticks
        level = half.levels.get(key)
        if level is None:
            level = half.open(key)
        order.dead = level.dead
        order.sequence = sequence = self._next
        self._next = sequence + 1
        level.append(order)
        self._orders[order.order_id] = order
        terms = order.terms
        if terms is not None and 0 < terms.display_wh < order.remaining_wh:
            order.hidden_wh = order.remaining_wh - terms.display_wh

    def rest_block(self, block: RestingBlock) -> None:
        """Let a block rest behind all others."""
        block.sequence = self._next
        self._next += 1
        self._blocks.add(block)

    def restore(self, order: Resting, sequence: int, hidden_wh: int = 0) -> None:
        """Put an order back as it stood; to be called in order of sequence."""
        self._next = sequence
        self.rest(order)
        order.hidden_wh = hidden_wh

    def restore_block(self, block: RestingBlock, sequence: int) -> None:
        """Put a block back as it stood; to be called in order of sequence."""
        self._next = sequence
        self.rest_block(block)

    def fill(self, order_id: str, energy_wh: int) -> None:
        """Take traded energy off a resting order; what an iceberg shows anew goes to the end.

        Raises:
            KeyError: the order does not rest.
            AssertionError: more than is left.
        """
        self._fill(self._orders[order_id], energy_wh)

    def reduce(self, order_id: str, remaining_wh: int) -> None:
        """Leave less of a resting order, keeping its place; what is hidden goes first.

        Raises:
            KeyError: the order does not rest.
            AssertionError: nothing is left, or more than before.
        """
        order = self._orders[order_id]
        if not 0 < remaining_wh <= order.remaining_wh:
            raise AssertionError(f"{order_id}: {remaining_wh} Wh of {order.remaining_wh}")
        order.hidden_wh = max(0, remaining_wh - order.shown_wh)
        order.remaining_wh = remaining_wh

    def remove(self, order_id: str) -> Resting:
        """Take a resting order out; its remaining energy stays readable.

        Raises:
            KeyError: the order does not rest.
        """
        order = self._orders.pop(order_id)
        dead = order.dead
        order.dead = None
        if dead is not None:
            dead[0] = count = dead[0] + 1
            if count % _DEAD_MAX == 0:
                self._bury(order, count)
        return order

    def remove_block(self, order_id: str) -> RestingBlock:
        """Take a resting block out.

        Raises:
            KeyError: the block does not rest.
        """
        return self._blocks.remove(order_id)

    def apply(self, order: Resting, plan: Plan) -> None:
        """Make a plan true in the book; the accounts of lines are the caller's."""
        if plan is RESTS:
            self.rest(order)
            return
        if plan.ending is Ending.REFUSED:
            return
        for fill in plan.fills:
            resting = fill.resting
            self._fill(resting, fill.sold_wh if resting.is_sell else fill.bought_wh)
        for prevented in plan.prevented:
            self._prevent(prevented)
        if plan.ending is Ending.RESTS:
            if plan.rest_wh is not None:
                order.remaining_wh = plan.rest_wh
            self.rest(order)

    def apply_rows(self, plan: RowsPlan, block: RestingBlock | None = None) -> None:
        """Make a basket's or a block's plan true in the book."""
        if plan.ending is Ending.REFUSED:
            return
        for fill in chain.from_iterable(plan.rows):
            self.fill(fill.resting.order_id, fill.resting_wh)
        for prevented in plan.prevented:
            self._prevent(prevented)
        if plan.counterpart is not None:
            self.remove_block(plan.counterpart.order_id)
        if plan.ending is Ending.RESTS and block is not None:
            self.rest_block(block)

    def take_interval(self, start_s: int, areas: Collection[str] | None = None) -> Taken:
        """Take everything of an interval out, for a call; blocks that touch it go as a whole."""
        orders = list(self.of_interval(start_s, areas))
        if areas is None:
            self._halves.pop(start_s, None)
        else:
            for area_id in areas:
                self._halves.get(start_s, {}).pop(area_id, None)
        for order in orders:
            order.dead = None
            del self._orders[order.order_id]
        blocks = self._blocks.touching(start_s, areas)
        for block in blocks:
            self._blocks.remove(block.order_id)
        return Taken(orders, blocks)

    # What stands

    @property
    def next_sequence(self) -> int:
        """The priority the next order to rest gets; belongs to a snapshot."""
        return self._next

    @next_sequence.setter
    def next_sequence(self, sequence: int) -> None:
        self._next = sequence

    @property
    def blocks(self) -> BlockList:
        """The resting blocks."""
        return self._blocks

    def __len__(self) -> int:
        """Number of resting orders, without blocks."""
        return len(self._orders)

    def get(self, order_id: str) -> Resting | None:
        """A resting order; None: it does not rest."""
        return self._orders.get(order_id)

    def orders(self) -> list[Resting]:
        """All resting orders in order of priority."""
        return sorted(self._orders.values(), key=lambda order: order.sequence)

    def of_owner(self, owner: str) -> list[Resting]:
        """An owner's resting orders. Looks at every order: for kills, not for every command."""
        return [order for order in self._orders.values() if order.owner == owner]

    def of_unit(self, unit_id: str) -> list[Resting]:
        """A unit's resting orders. Looks at every order."""
        return [order for order in self._orders.values() if order.unit_id == unit_id]

    def of_interval(self, start_s: int, areas: Collection[str] | None = None) -> list[Resting]:
        """An interval's resting orders in order of priority."""
        found = [
            order
            for area_id, halves in self._halves.get(start_s, {}).items()
            if areas is None or area_id in areas
            for half in halves
            for level in half.levels.values()
            for order in level
            if order.dead is not None
        ]
        return sorted(found, key=lambda order: order.sequence)

    def starts_s(self) -> list[int]:
        """Intervals that have or had orders, in time order."""
        return sorted(self._halves)

    def best(self, area_id: str, start_s: int) -> tuple[int | None, int | None]:
        """Highest bid and lowest offer of the area's own orders."""
        halves = self._halves.get(start_s, {}).get(area_id)
        if halves is None:
            return None, None
        bid, ask = halves[0].best(), halves[1].best()
        return bid, None if ask is None else -ask

    def depth(self, area_id: str, start_s: int) -> tuple[list[Depth], list[Depth]]:
        """Bids and offers of the area's own orders by price, best first."""
        halves = self._halves.get(start_s, {}).get(area_id)
        if halves is None:
            return [], []
        bids, asks = halves
        return (
            [_depth(key, bids.levels[key]) for key in reversed(bids.keys) if bids.live(key)],
            [_depth(-key, asks.levels[key]) for key in reversed(asks.keys) if asks.live(key)],
        )

    def at_price(self, area_id: str, start_s: int, is_sell: bool, price_ticks: int) -> Depth:
        """What stands at one price, for telling what changed; energy 0: nothing."""
        halves = self._halves.get(start_s, {}).get(area_id)
        level = None
        if halves is not None:
            level = halves[is_sell].levels.get(-price_ticks if is_sell else price_ticks)
        return Depth(price_ticks, 0, 0) if level is None else _depth(price_ticks, level)

    # Inside

    def _level(self, order: Resting) -> Level:
        """The queue in which an order stands."""
        half = self._halves[order.start_s][order.area_id][order.is_sell]
        return half.levels[-order.price_ticks if order.is_sell else order.price_ticks]

    def _bury(self, order: Resting, dead: int) -> None:
        """Drop the dead of the queue in which an order stood, if they outnumber the living."""
        level = self._level(order)
        if 2 * dead > len(level):
            living = [each for each in level if each.dead is not None]
            level.clear()
            level.extend(living)
            level.dead[0] = 0

    def _open(self, order: Resting) -> Half:
        areas = self._halves.setdefault(order.start_s, {})
        return areas.setdefault(order.area_id, (Half(), Half()))[order.is_sell]

    def _fill(self, order: Resting, energy_wh: int) -> None:
        left_wh = order.remaining_wh - energy_wh
        dead = order.dead
        if left_wh < 0 or dead is None:
            raise AssertionError(f"{order.order_id}: {energy_wh} Wh of {order.remaining_wh}")
        if left_wh > 0:
            if order.hidden_wh:
                self._show(order, energy_wh, left_wh)
            order.remaining_wh = left_wh
            return
        order.remaining_wh = order.hidden_wh = 0
        order.dead = None
        dead[0] += 1
        del self._orders[order.order_id]

    def _show(self, order: Resting, energy_wh: int, left_wh: int) -> None:
        """Renew what an iceberg shows, if all that was shown is traded."""
        over_wh = energy_wh - order.shown_wh
        if over_wh < 0:
            return
        display_wh = order.display_wh
        order.hidden_wh = max(0, left_wh - (display_wh - over_wh % display_wh))
        level = self._level(order)
        level.remove(order)
        level.append(order)
        order.sequence = self._next
        self._next += 1

    def _prevent(self, prevented: Prevented) -> None:
        resting, left_wh = prevented.resting, prevented.left_wh
        if isinstance(resting, RestingBlock):
            if left_wh == 0:
                self._blocks.remove(resting.order_id)
        elif left_wh == 0:
            self.remove(resting.order_id)
        else:
            self.reduce(resting.order_id, left_wh)


def _depth(price_ticks: int, level: Level) -> Depth:
    energy_wh = sum(order.shown_wh for order in level if order.dead is not None)
    return Depth(price_ticks, energy_wh, len(level) - level.dead[0])
