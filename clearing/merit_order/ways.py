"""What the last resort may deliver over direct lines while all other lines stay closed.

The one idea to know: seen from a neighbouring area, the last resort is one more order, at its price
delivered: what it asks, the line's fee and the line's loss together. So neighbours go on clearing
each for itself, and what such an order gets is the line's flow.

Delivery is simple on purpose. Only an area in whose book of the interval nothing but step orders of
the last resort stand delivers; all its lines stay closed otherwise. It delivers at its best price
alone (its lowest ask, its highest bid) and as much as stands there, sells or buys but never both in
one interval, and never more over a line than was last confirmed for the same interval. Where a
limit would be passed, all who draw on it get the same part of what they asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from clearing.merit_order.bids import Bids, Side
from clearing.problem import (
    NO_LIMIT_WH,
    PPM,
    BoolArray,
    ClearingProblem,
    IntArray,
    received_wh,
)

#: Delivered orders come after everybody else's in a queue of equals.
_LAST_SEQUENCE: Final = 2**62
#: Stands for no ask (positive) and no bid (negative).
_NONE: Final = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class LastResort:
    """The last resort's best price and what stands there, where it may deliver."""

    delivers: BoolArray  # (n, t)
    price_ticks: IntArray  # (n, t)
    energy_wh: IntArray  # (n, t)
    rows: IntArray  # rows of the book that stand at those prices


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Directed lines and intervals (k,) between the last resort and its neighbours."""

    line: IntArray
    interval: IntArray
    forward: BoolArray
    start: IntArray  # area that sends
    end: IntArray  # area that receives
    loss_ppm: IntArray
    fee_ticks: IntArray
    most_wh: IntArray  # most that may be sent
    price_ticks: IntArray  # the last resort's price as the neighbour sees it

    def __len__(self) -> int:
        """Number of ways."""
        return len(self.line)

    def received(self, sent_wh: IntArray) -> IntArray:
        """(k,) Wh that arrive."""
        return received_wh(sent_wh, self.loss_ppm)

    def sent_for(self, arrives_wh: IntArray) -> IntArray:
        """(k,) least Wh to send so that so much arrives: received is floor((1 - loss) sent)."""
        kept = PPM - self.loss_ppm
        whole, rest = arrives_wh // kept, arrives_wh % kept
        return whole * PPM + -(-rest * PPM // kept)


def last_resort(problem: ClearingProblem, *, selling: bool) -> LastResort:
    """Where the last resort may deliver, and at which price."""
    orders, shape = problem.orders, (problem.n_areas, problem.n_intervals)
    nothing = np.zeros(shape, dtype=np.int64)
    if orders.is_last_resort is None or problem.confirmed_wh is None:
        return LastResort(
            delivers=np.zeros(shape, dtype=np.bool_),
            price_ticks=nothing,
            energy_wh=nothing,
            rows=np.zeros(0, dtype=np.int64),
        )
    alone = orders.is_last_resort & ~orders.sloped
    delivers = np.ones(shape, dtype=np.bool_)
    delivers[orders.area[~alone], orders.interval[~alone]] = False
    ask, bid = _best(problem, sells=True), _best(problem, sells=False)
    # Where it would trade with itself the interval is its own affair.
    delivers &= bid < ask
    best = ask if selling else bid
    delivers &= np.abs(best) != _NONE
    place = orders.area, orders.interval
    rows = np.flatnonzero(
        delivers[place] & (orders.is_sell == selling) & (orders.price_ticks == best[place])
    )
    np.add.at(nothing, (orders.area[rows], orders.interval[rows]), orders.energy_wh[rows])
    return LastResort(delivers=delivers, price_ticks=best, energy_wh=nothing, rows=rows)


def _best(problem: ClearingProblem, *, sells: bool) -> IntArray:
    orders, turn = problem.orders, 1 if sells else -1
    best = np.full((problem.n_areas, problem.n_intervals), _NONE, dtype=np.int64)
    side = orders.is_sell == sells
    np.minimum.at(best, (orders.area[side], orders.interval[side]), turn * orders.price_ticks[side])
    return turn * best


def ways_of(problem: ClearingProblem, resort: LastResort, *, selling: bool) -> Ways:
    """All ways by which the last resort may sell to its neighbours, or buy from them."""
    lines, confirmed = problem.lines, problem.confirmed_wh
    count = len(lines)
    free = np.ones(count, dtype=np.bool_)
    if problem.ptdf is not None:
        free[problem.ptdf.line] = False
    found = []
    for direction, start, end, capacity, fee in (
        (0, lines.from_area, lines.to_area, lines.capacity_forward_wh, lines.fee_forward_ticks),
        (1, lines.to_area, lines.from_area, lines.capacity_backward_wh, lines.fee_backward_ticks),
    ):
        home, away = (start, end) if selling else (end, start)
        most = np.zeros_like(capacity)
        if confirmed is not None:
            most = np.minimum(np.minimum(capacity, confirmed[direction]), NO_LIMIT_WH)
        used = free[:, None] & resort.delivers[home] & ~resort.delivers[away] & (most > 0)
        line, t = np.nonzero(used)
        price = resort.price_ticks[home[line], t]
        loss, fees = lines.loss_ppm[line], fee[line]
        found.append(
            Ways(
                line=line,
                interval=t,
                forward=np.full(len(line), direction == 0),
                start=start[line].astype(np.int64),
                end=end[line].astype(np.int64),
                loss_ppm=loss,
                fee_ticks=fees,
                most_wh=most[line, t],
                price_ticks=_delivered(price, fees, PPM - loss, selling=selling),
            )
        )
    both = Ways(
        **{name: np.concatenate([getattr(part, name) for part in found]) for name in Ways.__slots__}
    )
    low, high = problem.price_min_ticks, problem.price_max_ticks
    # Beyond the market's price limits nobody could take the offer.
    return _only(both, (both.price_ticks >= low) & (both.price_ticks <= high))


def _delivered(price: IntArray, fee: IntArray, kept_ppm: IntArray, *, selling: bool) -> IntArray:
    """The price as the neighbour sees it, to the tick so that the last resort does not lose."""
    if selling:
        return -(-(price + fee) * PPM // kept_ppm)
    return kept_ppm * price // PPM - fee


def _only(ways: Ways, kept: BoolArray) -> Ways:
    return Ways(**{name: getattr(ways, name)[kept] for name in Ways.__slots__})


def neighbours_lot(
    problem: ClearingProblem, ways: Ways, most_wh: IntArray, *, selling: bool
) -> Side:
    """The last resort as one more lot of orders in its neighbours' areas."""
    area, turn = (ways.end, 1) if selling else (ways.start, -1)
    bids = Bids(
        node=area * problem.n_intervals + ways.interval,
        price_ticks=turn * ways.price_ticks,
        ticks=np.zeros(len(ways), dtype=np.int64),
        energy_wh=ways.received(most_wh) if selling else most_wh,
        sequence=_LAST_SEQUENCE + ways.line,
        is_last=np.ones(len(ways), dtype=np.bool_),
    )
    return Side(bids, problem.n_areas * problem.n_intervals)
