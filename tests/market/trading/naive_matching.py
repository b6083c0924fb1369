"""Continuous trading written the plain way: a list, sorted anew for every match.

It matches in place and goes back to a copy where nothing was to happen, counts capacity by adding up
all that was ever sent, and finds losses by trying. It shares no formula with the book it is the twin
of; only the grid, the codes and the names of options.
"""
# house: long because the twin is one book, told once

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor

from market.model.grid import Grid, Line
from market.model.order import SelfTrade, TimeInForce

Match = tuple[str, int, int, int, int, tuple[str, bool, int, int, int] | None]
"""Resting order, sold, bought, sell price, buy price, (line, forward, sent, received, fee)."""
Refusal = tuple[str, int, int, int]
"""Own resting order, what would have been matched, what the newcomer lost, what stays."""
MILLION = 1_000_000
FAR = 10**30


@dataclass
class Ask:
    """An order of either side."""

    order_id: str
    owner: str
    area: str
    start_s: int
    is_sell: bool
    price: int
    left: int
    display: int = 0
    shown: int = 0
    green: bool = False
    green_only: bool = False
    partners: tuple[str, ...] = ()
    time: int = 0
    turn: int = 0


@dataclass
class Block:
    order_id: str
    owner: str
    area: str
    is_sell: bool
    price: int
    legs: tuple[tuple[int, int], ...]
    green: bool = False
    green_only: bool = False
    partners: tuple[str, ...] = ()
    time: int = 0


@dataclass
class Said:
    """What came of an order, a basket or a block."""

    ending: str
    code: str | None = None
    rows: list[list[Match]] = field(default_factory=list)
    prevented: list[Refusal] = field(default_factory=list)
    rest: int | None = None
    counterpart: str | None = None


@dataclass
class Options:
    tif: TimeInForce = TimeInForce.GFS
    post_only: bool = False
    mode: SelfTrade = SelfTrade.CANCEL_NEWEST


class NaiveBook:
    def __init__(self, grid: Grid, hours: Fraction) -> None:
        self.grid = grid
        self.hours = hours
        self.above = {area.area_id: area.parent for area in grid.areas}
        self.ways = [(line, forward) for line in grid.lines for forward in (True, False)]
        self.orders: list[Ask] = []
        self.blocks: list[Block] = []
        self.sent: list[tuple[int, Line, bool, int, int]] = []
        self.closed: set[tuple[str, int]] = set()
        self.time = 0

    # One order

    def enter(self, new: Ask, options: Options) -> Said:
        before = self._copy()
        matches, prevented, want, lost, own = self._match(new, new.price, options.mode)
        if options.post_only and (matches or prevented):
            return self._back(before, Said("refused", "POST_ONLY_WOULD_MATCH"))
        if options.tif is TimeInForce.FOK and (own or lost):
            refused = [(name, met, 0, self._left(name, before)) for name, met, _, _ in prevented]
            return self._back(before, Said("refused", "SELF_TRADE_PREVENTED", [], refused))
        if options.tif is TimeInForce.FOK and want:
            return self._back(before, Said("refused", "FOK_NOT_FILLED"))
        said = Said("filled", None, [matches], prevented, want)
        if own or (lost and not want):
            said.ending, said.code = "cancelled", "SELF_TRADE_PREVENTED"
        elif want and options.tif is TimeInForce.IOC:
            said.ending, said.code = "cancelled", "IOC_REMAINDER_CANCELLED"
        elif want:
            said.ending = "rests"
            new.left = want
            new.shown = min(want, new.display or want)
            self._queue_up(new)
        return said

    # Several rows

    def enter_basket(self, rows: Sequence[Ask], options: Options) -> Said:
        before = self._copy()
        said = Said("filled")
        for row in rows:
            matches, prevented, want, lost, own = self._match(row, row.price, options.mode)
            if own or lost:
                refused = [
                    (name, met, 0, self._left(name, before)) for name, met, _, _ in prevented
                ]
                return self._back(before, Said("refused", "SELF_TRADE_PREVENTED", [], refused))
            if want:
                return self._back(before, Said("refused", "FOK_NOT_FILLED"))
            said.rows.append(matches)
            said.prevented += prevented
        return said

    def enter_block(self, new: Block, options: Options) -> Said:
        before = self._copy()
        said = Said("rests")
        whole = sum(energy for _, energy in new.legs)
        better = -1 if new.is_sell else 1
        for other in sorted(self.blocks, key=lambda block: (better * block.price, block.time)):
            alike = (other.area, other.legs, other.is_sell) == (new.area, new.legs, not new.is_sell)
            if not alike or better * (new.price - other.price) < 0 or not _suits(new, other):
                continue
            if other.owner != new.owner:
                said.ending, said.counterpart = "filled", other.order_id
                self.blocks.remove(other)
                break
            if options.mode is SelfTrade.CANCEL_NEWEST:
                said.prevented.append((other.order_id, whole, 0, whole))
                said.ending, said.code = "cancelled", "SELF_TRADE_PREVENTED"
                break
            self.blocks.remove(other)
            both = options.mode is SelfTrade.DECREMENT_BOTH
            said.prevented.append((other.order_id, whole, whole if both else 0, 0))
            if both:
                said.ending, said.code = "cancelled", "SELF_TRADE_PREVENTED"
                break
        if said.ending == "rests":
            self._fill_legs(new, said)
        return self._end_block(new, options, said, before, whole)

    def _fill_legs(self, new: Block, said: Said) -> None:
        """Simple orders for every leg at whatever price, if the average is within the limit."""
        before = self._copy()
        spent, energies, rows = 0, 0, []
        for start_s, energy in new.legs:
            leg = Ask(
                new.order_id,
                new.owner,
                new.area,
                start_s,
                new.is_sell,
                -FAR if new.is_sell else FAR,
                energy,
                green=new.green,
                green_only=new.green_only,
                partners=new.partners,
            )
            matches, _, want, _, _ = self._match(leg, leg.price, None)
            if want:
                self._restore(before)
                return
            for _, sold, bought, sell_price, buy_price, _ in matches:
                spent += sell_price * sold if new.is_sell else buy_price * bought
            energies += energy
            rows.append(matches)
        average = Fraction(spent, energies)
        if (average >= new.price) if new.is_sell else (average <= new.price):
            said.ending, said.rows = "filled", rows
        else:
            self._restore(before)

    def _end_block(
        self, new: Block, options: Options, said: Said, before: tuple[object, ...], whole: int
    ) -> Said:
        if options.post_only and (said.ending == "filled" or said.prevented):
            return self._back(before, Said("refused", "POST_ONLY_WOULD_MATCH"))
        if options.tif is TimeInForce.FOK and said.ending == "cancelled":
            kept = [(name, met, 0, whole) for name, met, _, _ in said.prevented]
            return self._back(before, Said("refused", "SELF_TRADE_PREVENTED", [], kept))
        if said.ending == "rests" and options.tif is TimeInForce.FOK:
            return self._back(before, Said("refused", "FOK_NOT_FILLED"))
        if said.ending == "rests" and options.tif is TimeInForce.IOC:
            said.ending, said.code = "cancelled", "IOC_REMAINDER_CANCELLED"
        if said.ending == "rests":
            self.time += 1
            new.time = self.time
            self.blocks.append(new)
        return said

    # Everything else that happens

    def cancel(self, order_id: str) -> None:
        self.orders = [order for order in self.orders if order.order_id != order_id]
        self.blocks = [block for block in self.blocks if block.order_id != order_id]

    def reduce(self, order_id: str, left: int) -> None:
        for order in self.orders:
            if order.order_id == order_id:
                order.left, order.shown = left, min(order.shown, left)

    def take_interval(
        self, start_s: int, areas: Sequence[str] | None
    ) -> tuple[list[str], list[str]]:
        taken = [
            order
            for order in self.orders
            if order.start_s == start_s and (areas is None or order.area in areas)
        ]
        blocks = [
            block
            for block in self.blocks
            if start_s in dict(block.legs) and (areas is None or block.area in areas)
        ]
        for each in [*taken, *blocks]:
            self.cancel(each.order_id)
        return [order.order_id for order in _by_time(taken)], [block.order_id for block in blocks]

    def book(self) -> list[tuple[str, int, int]]:
        """Everything that rests, in order of priority: id, what is left, what is shown."""
        return [(order.order_id, order.left, order.shown) for order in _by_time(self.orders)]

    # Matching

    def _match(
        self, new: Ask, limit: int, mode: SelfTrade | None
    ) -> tuple[list[Match], list[Refusal], int, int, bool]:
        """Matches, own orders met, what is still wanted, what was lost to own orders, stopped."""
        matches: list[Match] = []
        prevented: list[Refusal] = []
        want, lost, tried = new.left, 0, set()
        while want:
            found = self._next(new, limit, tried)
            if found is None:
                break
            other, way = found
            own = other.owner == new.owner
            tried.add((other.order_id, other.turn, way))
            if own and mode is None:
                continue
            match = self._terms(new, other, way, want, other.left if own else other.shown, limit)
            if match is None:
                continue
            there, here = (match[1], match[2]) if other.is_sell else (match[2], match[1])
            if not own:
                self._trade(other, there, way, match)
                want -= here
                _append(matches, match)
                continue
            if mode is SelfTrade.CANCEL_NEWEST:
                prevented.append((other.order_id, there, 0, other.left))
                return matches, prevented, want, lost, True
            gone = other.left if mode is SelfTrade.CANCEL_OLDEST else there
            taken = 0 if mode is SelfTrade.CANCEL_OLDEST else here
            other.left -= gone
            other.shown = min(other.shown, other.left)
            want, lost = want - taken, lost + taken
            prevented.append((other.order_id, there, taken, other.left))
            self.orders = [order for order in self.orders if order.left]
        return matches, prevented, want, lost, False

    def _next(
        self, new: Ask, limit: int, tried: set[tuple[str, int, int | None]]
    ) -> tuple[Ask, int | None] | None:
        best = None
        for other in self.orders:
            if other.start_s != new.start_s or other.is_sell == new.is_sell:
                continue
            if not _suits(new, other):
                continue
            for way in self._ways_between(new, other):
                if (other.order_id, other.turn, way) in tried:
                    continue
                cost, exact = self._cost(other, way)
                if cost > (-limit if new.is_sell else limit):
                    continue
                number = -1 if way is None else way
                key = (cost, way is not None, exact, other.time, number)
                if best is None or key < best[0]:
                    best = key, other, way
        return None if best is None else (best[1], best[2])

    def _ways_between(self, new: Ask, other: Ask) -> list[int | None]:
        if new.area == other.area:
            return [None]
        if (other.area, other.start_s) in self.closed:
            return []
        seller, buyer = (other, new) if other.is_sell else (new, other)
        return [
            number
            for number, (line, forward) in enumerate(self.ways)
            if _ends(line, forward) == (seller.area, buyer.area)
        ]

    def _cost(self, other: Ask, way: int | None) -> tuple[int, Fraction]:
        """What meeting an order costs: in whole ticks as shown, and exactly; sells negated."""
        if way is None:
            return (other.price if other.is_sell else -other.price), Fraction(0)
        line, forward = self.ways[way]
        fee = line.fee_forward_ticks if forward else line.fee_backward_ticks
        arrives = 1 - Fraction(line.loss_ppm, MILLION)
        if other.is_sell:
            price = (other.price + fee) / arrives
            return ceil(price), price
        price = other.price * arrives - fee
        return -(floor(other.price * arrives) - fee), -price

    def _terms(
        self, new: Ask, other: Ask, way: int | None, want: int, have: int, limit: int
    ) -> Match | None:
        if way is None:
            energy = min(want, have)
            return other.order_id, energy, energy, other.price, other.price, None
        line, forward = self.ways[way]
        fee = line.fee_forward_ticks if forward else line.fee_backward_ticks
        seller, buyer = (have, want) if other.is_sell else (want, have)
        sendable, receivable = self._capacity(line, forward, new.start_s)
        received = max(0, min(buyer, receivable, _arrives(line, max(0, min(seller, sendable)))))
        sent = received
        while _arrives(line, sent) < received:
            sent += 1
        while received > 0:
            if other.is_sell:
                sell, buy = other.price, ceil(Fraction((other.price + fee) * sent, received))
                if buy <= limit:
                    break
            else:
                money = other.price * received - fee * sent
                sell, buy = floor(Fraction(money, sent)), other.price
                if sell >= limit:
                    break
            if line.loss_ppm * sent % MILLION == 0:
                return None
            while line.loss_ppm * sent % MILLION:
                sent -= 1
            received = _arrives(line, sent)
        if received <= 0:
            return None
        path = (line.line_id, forward, sent, received, fee * sent)
        return other.order_id, sent, received, sell, buy, path

    def _capacity(self, line: Line, forward: bool, start_s: int) -> tuple[int, int]:
        watts = line.capacity_forward_w if forward else line.capacity_backward_w
        used = [
            sent for at, by, way, sent, _ in self.sent if (at, by, way) == (start_s, line, forward)
        ]
        sendable, receivable = floor(watts * self.hours) - sum(used), FAR
        source, sink = _ends(line, forward)
        for area in self.grid.areas:
            inside_source = self._inside(source, area.area_id)
            inside_sink = self._inside(sink, area.area_id)
            if inside_source == inside_sink:
                continue
            net = self._export(area.area_id, start_s)
            if inside_source and area.export_limit_w is not None:
                sendable = min(sendable, floor(area.export_limit_w * self.hours) - net)
            if inside_sink and area.import_limit_w is not None:
                receivable = min(receivable, floor(area.import_limit_w * self.hours) + net)
        return sendable, receivable

    def _export(self, area: str, start_s: int) -> int:
        total = 0
        for at, line, forward, sent, received in self.sent:
            source, sink = (self._inside(end, area) for end in _ends(line, forward))
            if at == start_s and source != sink:
                total += sent if source else -received
        return total

    def _inside(self, area: str | None, outer: str) -> bool:
        while area is not None:
            if area == outer:
                return True
            area = self.above[area]
        return False

    def _trade(self, other: Ask, energy: int, way: int | None, match: Match) -> None:
        if way is not None:
            line, forward = self.ways[way]
            self.sent.append((other.start_s, line, forward, match[1], match[2]))
        other.left -= energy
        other.shown -= energy
        if other.left and not other.shown:
            other.shown = min(other.display, other.left)
            other.turn += 1
            self._queue_up(other)
        self.orders = [order for order in self.orders if order.left]

    def _queue_up(self, order: Ask) -> None:
        self.time += 1
        order.time = self.time
        if order not in self.orders:
            self.orders.append(order)

    # Going back

    def _copy(self) -> tuple[object, ...]:
        return (
            [copy(order) for order in self.orders],
            [copy(block) for block in self.blocks],
            list(self.sent),
            self.time,
        )

    def _restore(self, before: tuple[object, ...]) -> None:
        self.orders, self.blocks, self.sent, self.time = before  # type: ignore[assignment]

    def _back(self, before: tuple[object, ...], said: Said) -> Said:
        self._restore(before)
        return said

    def _left(self, order_id: str, before: tuple[object, ...]) -> int:
        orders: list[Ask] = before[0]  # type: ignore[assignment]
        return next(order.left for order in orders if order.order_id == order_id)


def _arrives(line: Line, sent: int) -> int:
    return sent - ceil(Fraction(line.loss_ppm * sent, MILLION))


def _ends(line: Line, forward: bool) -> tuple[str, str]:
    ends = line.from_area, line.to_area
    return ends if forward else ends[::-1]


def _suits(one: Ask | Block, other: Ask | Block) -> bool:
    buyer, seller = (other, one) if one.is_sell else (one, other)
    if buyer.green_only and not seller.green:
        return False
    return all(
        not mine.partners or theirs.owner in mine.partners
        for mine, theirs in ((one, other), (other, one))
    )


def _append(matches: list[Match], match: Match) -> None:
    """Slices of an iceberg met one after another are one match."""
    if matches and matches[-1][0] == match[0] and matches[-1][5] is None and match[5] is None:
        energy = matches[-1][1] + match[1]
        matches[-1] = (match[0], energy, energy, match[3], match[4], None)
    else:
        matches.append(match)


def _by_time(orders: list[Ask]) -> list[Ask]:
    return sorted(orders, key=lambda order: order.time)
