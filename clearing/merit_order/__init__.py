"""The rungs below the solver: every area by merit order, or no trade at all.

The one idea to know: nothing is optimised here and nothing can fail. Every area and interval clears
its own simple orders alone, blocks and storage orders are released and lines stay closed, but for
what the last resort delivers over direct lines inside flows that were confirmed before
(`clearing.merit_order.delivery`).

`clear_area` is the naive twin of one area and interval; the engine is tested against it too.
"""

from __future__ import annotations

import numpy as np

from clearing.merit_order.bound import pooled_welfare
from clearing.merit_order.delivery import Book, Outcome, cleared, touched
from clearing.merit_order.naive import Cleared, Order, clear_area
from clearing.merit_order.nodes import Lots, side_of
from clearing.problem import (
    MICRO,
    NO_PRICE_TICKS,
    BoolArray,
    ClearingProblem,
    ClearingResult,
    IntArray,
    Rung,
    received_wh,
)

__all__ = ["Cleared", "Order", "cancelled", "clear_area", "merit_order"]


def merit_order(problem: ClearingProblem, message: str = "") -> ClearingResult:
    """Every area and interval cleared alone, but for what the last resort delivers."""
    book = _book(problem)
    return _result(problem, book, Rung.MERIT_ORDER, cleared(problem, book), message)


def cancelled(problem: ClearingProblem, message: str) -> ClearingResult:
    """No trade at all: the last rung of the ladder. Every hold is given back."""
    nothing = Outcome(
        twice_price_ticks=np.zeros((problem.n_areas, problem.n_intervals), dtype=np.int64),
        accepted_wh=np.zeros(len(problem.orders), dtype=np.int64),
        sent_wh=np.zeros((2, len(problem.lines), problem.n_intervals), dtype=np.int64),
        welfare_quanta=np.zeros(problem.n_intervals, dtype=object),
    )
    return _result(problem, _book(problem), Rung.CANCELLED, nothing, message)


def _book(problem: ClearingProblem) -> Book:
    sell_rows, sells = side_of(problem, is_sell=True)
    buy_rows, buys = side_of(problem, is_sell=False)
    return Book(lots=Lots(sells=(sells,), buys=(buys,)), sell_rows=sell_rows, buy_rows=buy_rows)


def _result(
    problem: ClearingProblem, book: Book, rung: Rung, outcome: Outcome, message: str
) -> ClearingResult:
    forward, backward = outcome.sent_wh
    arrived = [received_wh(sent, problem.lines.loss_ppm) for sent in (forward, backward)]
    price = _half_even(outcome.twice_price_ticks)
    exact = outcome.twice_price_ticks * (MICRO // 2)
    storages, nothing = problem.storages, np.zeros((problem.n_areas, problem.n_intervals), np.int64)
    idle = np.zeros((len(storages), problem.n_intervals), dtype=np.int64)
    bids, offers = _best_of_book(problem)
    welfare = int(outcome.welfare_quanta.sum())
    return ClearingResult(
        rung=rung,
        reproducible=False,
        price_ticks=price,
        connection_price_ticks=price.copy(),
        price_microticks=exact,
        connection_price_microticks=exact.copy(),
        has_price=_has_price(problem, outcome),
        best_bid_ticks=bids,
        best_offer_ticks=offers,
        accepted_wh=outcome.accepted_wh,
        block_ratio_ppb=np.zeros(len(problem.blocks), dtype=np.int64),
        charge_wh=idle,
        discharge_wh=idle.copy(),
        stored_wh=np.repeat(storages.start_wh[:, None], problem.n_intervals, axis=1),
        stored_value_microticks=idle.copy(),
        sent_forward_wh=forward,
        sent_backward_wh=backward,
        received_forward_wh=arrived[0],
        received_backward_wh=arrived[1],
        shadow_price_microticks=np.zeros_like(forward),
        net_export_wh=_net_export(problem, outcome.accepted_wh),
        rounding_wh=nothing,
        welfare_quanta=welfare,
        upper_bound_quanta=pooled_welfare(problem, book.lots.sells[0].bids, book.lots.buys[0].bids),
        timings_ms={},
        message=message,
    )


def _half_even(twice: IntArray) -> IntArray:
    whole: IntArray = twice >> 1
    return whole + ((twice & 1) & (whole & 1))


def _has_price(problem: ClearingProblem, outcome: Outcome) -> BoolArray:
    """(n, t) True where something was traded or flowed."""
    orders = problem.orders
    active = np.zeros((problem.n_areas, problem.n_intervals), dtype=np.bool_)
    traded = outcome.accepted_wh > 0
    active[orders.area[traded], orders.interval[traded]] = True
    return active | touched(problem, outcome.sent_wh)


def _net_export(problem: ClearingProblem, accepted_wh: IntArray) -> IntArray:
    orders = problem.orders
    net = np.zeros((problem.n_areas, problem.n_intervals), dtype=np.int64)
    signed = np.where(orders.is_sell, accepted_wh, -accepted_wh)
    np.add.at(net, (orders.area, orders.interval), signed)
    return net


def _best_of_book(problem: ClearingProblem) -> tuple[IntArray, IntArray]:
    """Highest bid and lowest offer (n, t), `NO_PRICE_TICKS` where there is none."""
    orders, best = problem.orders, []
    for side, turn in ((~orders.is_sell, 1), (orders.is_sell, -1)):
        keenest = np.full((problem.n_areas, problem.n_intervals), NO_PRICE_TICKS, dtype=np.int64)
        place = orders.area[side], orders.interval[side]
        np.maximum.at(keenest, place, turn * orders.price_ticks[side])
        best.append(np.where(keenest == NO_PRICE_TICKS, keenest, turn * keenest))
    return best[0], best[1]
