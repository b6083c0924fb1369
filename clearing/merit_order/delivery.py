"""The last resort sells to its neighbours, or buys from them, or leaves them alone.

The one idea to know: the three are tried for all intervals at once, and each interval keeps the one
with the most welfare. Delivering replaces nothing in the neighbours' clearing: the delivered price
is one more order in their books, and what it gets is what flows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clearing.merit_order.bids import WholeArray, cost_by_node
from clearing.merit_order.nodes import Lots, clear_nodes, shared
from clearing.merit_order.ration import rationed
from clearing.merit_order.ways import LastResort, Ways, last_resort, neighbours_lot, ways_of
from clearing.problem import BoolArray, ClearingProblem, IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The orders of a problem by side, and the rows they have in it."""

    lots: Lots
    sell_rows: IntArray
    buy_rows: IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the orders of a book do, and what flows for it."""

    twice_price_ticks: IntArray  # (n, t)
    accepted_wh: IntArray  # (m,)
    sent_wh: IntArray  # (2, l, t) forward and backward
    welfare_quanta: WholeArray  # (t,)


def cleared(problem: ClearingProblem, book: Book) -> Outcome:
    """Every area alone, but for what the last resort delivers."""
    best = alone = _alone(problem, book)
    for selling in (True, False):
        resort = last_resort(problem, selling=selling)
        ways = ways_of(problem, resort, selling=selling)
        if len(ways):
            other = _delivering(problem, book, alone, resort, ways, selling=selling)
            best = _better(problem, best, other)
    return best


def _alone(problem: ClearingProblem, book: Book) -> Outcome:
    nodes = clear_nodes(book.lots, _n_nodes(problem), *_limits(problem), problem.tie)
    accepted = _accepted(problem, book, nodes.sold_wh[0], nodes.bought_wh[0])
    return _outcome(problem, book, nodes.twice_price_ticks, accepted)


def _delivering(
    problem: ClearingProblem,
    book: Book,
    alone: Outcome,
    resort: LastResort,
    ways: Ways,
    *,
    selling: bool,
) -> Outcome:
    """The last resort only sells, or only buys; areas without flow do as they do alone."""
    low, high = _limits(problem)
    most = ways.most_wh
    while True:
        lot = neighbours_lot(problem, ways, most, selling=selling)
        lots = (
            Lots(sells=(*book.lots.sells, lot), buys=book.lots.buys)
            if selling
            else Lots(sells=book.lots.sells, buys=(*book.lots.buys, lot))
        )
        nodes = clear_nodes(lots, _n_nodes(problem), low, high, problem.tie)
        sent = ways.sent_for(nodes.sold_wh[1]) if selling else nodes.bought_wh[1]
        # Seldom more than twice: whoever gets no more than his part keeps every limit, but with
        # several ways into an area one may take over what another lost.
        bounds = np.minimum(most, rationed(problem, resort, ways, sent, selling=selling))
        if (sent <= bounds).all():
            break
        most = bounds
    flows = np.zeros((2, len(problem.lines), problem.n_intervals), dtype=np.int64)
    flows[np.where(ways.forward, 0, 1), ways.line, ways.interval] = sent
    crossed = touched(problem, flows)
    accepted = np.where(
        crossed[problem.orders.area, problem.orders.interval],
        _accepted(problem, book, nodes.sold_wh[0], nodes.bought_wh[0]),
        alone.accepted_wh,
    )
    home, moved = (ways.start, sent) if selling else (ways.end, ways.received(sent))
    volume = np.zeros(_n_nodes(problem), dtype=np.int64)
    np.add.at(volume, home * problem.n_intervals + ways.interval, moved)
    accepted[resort.rows] = _served(problem, resort.rows, volume)
    twice = np.where(volume > 0, 2 * resort.price_ticks.reshape(-1), nodes.twice_price_ticks)
    twice = np.where(crossed.reshape(-1), twice, alone.twice_price_ticks.reshape(-1))
    return _outcome(problem, book, twice, accepted, flows)


def touched(problem: ClearingProblem, flows: IntArray) -> BoolArray:
    """(n, t) areas that something flows out of or into."""
    found = np.zeros((problem.n_areas, problem.n_intervals), dtype=np.bool_)
    for ends in (problem.lines.from_area, problem.lines.to_area):
        np.logical_or.at(found, ends, flows.any(axis=0))
    return found


def _served(problem: ClearingProblem, rows: IntArray, volume_wh: IntArray) -> IntArray:
    """What the last resort's own orders give together, shared by the market's rule."""
    orders = problem.orders
    return shared(
        orders.area[rows].astype(np.int64) * problem.n_intervals + orders.interval[rows],
        orders.energy_wh[rows],
        np.ones(len(rows), dtype=np.bool_),
        orders.sequence[rows],
        volume_wh,
        problem.tie,
    )


def _accepted(
    problem: ClearingProblem, book: Book, sold_wh: IntArray, bought_wh: IntArray
) -> IntArray:
    accepted = np.zeros(len(problem.orders), dtype=np.int64)
    accepted[book.sell_rows], accepted[book.buy_rows] = sold_wh, bought_wh
    return accepted


def _outcome(
    problem: ClearingProblem,
    book: Book,
    twice_price_ticks: IntArray,
    accepted_wh: IntArray,
    flows: IntArray | None = None,
) -> Outcome:
    lines, shape = problem.lines, (problem.n_areas, problem.n_intervals)
    if flows is None:
        flows = np.zeros((2, len(lines), problem.n_intervals), dtype=np.int64)
    sells, buys = book.lots.sells[0].bids, book.lots.buys[0].bids
    count = _n_nodes(problem)
    cost = cost_by_node(sells, accepted_wh[book.sell_rows], count).astype(object)
    cost = cost + cost_by_node(buys, accepted_wh[book.buy_rows], count).astype(object)
    fees = np.stack([lines.fee_forward_ticks, lines.fee_backward_ticks]).astype(object)
    paid = (fees[:, :, None] * flows.astype(object)).sum(axis=(0, 1))
    return Outcome(
        twice_price_ticks=twice_price_ticks.reshape(shape),
        accepted_wh=accepted_wh,
        sent_wh=flows,
        welfare_quanta=-cost.reshape(shape).sum(axis=0) - paid,
    )


def _better(problem: ClearingProblem, one: Outcome, other: Outcome) -> Outcome:
    """Interval by interval the outcome with more welfare, `one` where both have the same."""
    changed: BoolArray = (other.welfare_quanta > one.welfare_quanta).astype(np.bool_)
    return Outcome(
        twice_price_ticks=np.where(changed, other.twice_price_ticks, one.twice_price_ticks),
        accepted_wh=np.where(changed[problem.orders.interval], other.accepted_wh, one.accepted_wh),
        sent_wh=np.where(changed, other.sent_wh, one.sent_wh),
        welfare_quanta=np.where(changed, other.welfare_quanta, one.welfare_quanta),
    )


def _n_nodes(problem: ClearingProblem) -> int:
    return problem.n_areas * problem.n_intervals


def _limits(problem: ClearingProblem) -> tuple[int, int]:
    return problem.price_min_ticks, problem.price_max_ticks
