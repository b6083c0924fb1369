"""The adding machine: welfare in quanta, whether a node has a price, and the best of its book.

The one idea to know: everything is added up again from the orders one by one, in whole quanta.
"""

from __future__ import annotations

import numpy as np

from clearing.check.block_orders import accepted_wh
from clearing.check.book import Book, silent
from clearing.check.ladder import slope_quanta
from clearing.check.whole import dot
from clearing.problem import NO_PRICE_TICKS, ClearingProblem, ClearingResult, IntArray


def injected_wh(problem: ClearingProblem, result: ClearingResult, book: Book) -> IntArray:
    """(n, t) what orders, blocks and storages inject, net."""
    blocks, storages = problem.blocks, problem.storages
    if not len(blocks) and not len(storages):
        return book.net_wh
    net = book.net_wh.copy()
    energy = accepted_wh(problem, result.block_ratio_ppb)
    signed = np.where(blocks.is_sell[blocks.leg_block], energy, -energy)
    np.add.at(net, (blocks.area[blocks.leg_block], blocks.leg_interval), signed)
    np.add.at(net, storages.area, result.discharge_wh - result.charge_wh)
    return net


def statement_refusals(problem: ClearingProblem, result: ClearingResult, book: Book) -> list[str]:
    """What the result states about itself: prices there are, best of the book, welfare, bound."""
    return [
        *_price_flag_refusals(problem, result, book),
        *_best_refusals(result, book),
        *_welfare_refusals(problem, result),
    ]


def _price_flag_refusals(problem: ClearingProblem, result: ClearingResult, book: Book) -> list[str]:
    """There is a price where something was traded or flowed through, and nowhere else."""
    blocks, lines = problem.blocks, problem.lines
    active = book.traded_wh > 0
    if len(blocks):
        leg = np.flatnonzero(accepted_wh(problem, result.block_ratio_ppb))
        active[blocks.area[blocks.leg_block[leg]], blocks.leg_interval[leg]] = True
    moves = (result.charge_wh != 0) | (result.discharge_wh != 0)
    np.logical_or.at(active, problem.storages.area, moves)
    flow = (result.sent_forward_wh != 0) | (result.sent_backward_wh != 0)
    for ends in (lines.from_area, lines.to_area):
        np.logical_or.at(active, ends, flow)
    if (active != result.has_price).any():
        return ["has_price: a price without volume, or volume without a price"]
    return []


def _best_refusals(result: ClearingResult, book: Book) -> list[str]:
    return [
        f"{name}: not the best of the book"
        for name, best, stated in (
            ("best_bid_ticks", book.best_bid_ticks, result.best_bid_ticks),
            ("best_offer_ticks", book.best_offer_ticks, result.best_offer_ticks),
        )
        if (np.where(silent(best), NO_PRICE_TICKS, best) != stated).any()
    ]


def _welfare_refusals(problem: ClearingProblem, result: ClearingResult) -> list[str]:
    lines, refused = problem.lines, []
    fees = dot(lines.fee_forward_ticks, result.sent_forward_wh.sum(axis=1))
    fees += dot(lines.fee_backward_ticks, result.sent_backward_wh.sum(axis=1))
    welfare = _orders_quanta(problem, result) + _blocks_quanta(problem, result) - fees
    welfare += _storages_quanta(problem, result)
    if welfare != result.welfare_quanta:
        refused.append(f"welfare is {welfare} quanta, not {result.welfare_quanta}")
    if result.upper_bound_quanta < welfare:
        refused.append("the upper bound is below the welfare")
    return refused


def _orders_quanta(problem: ClearingProblem, result: ClearingResult) -> int:
    """Buyers' value less sellers' cost, every Wh of a sloped order at its own tick."""
    orders = problem.orders
    bought = result.accepted_wh * (1 - 2 * orders.is_sell.astype(np.int64))
    value = dot(orders.price_ticks, bought)
    if orders.price_end_ticks is None:
        return value
    slopes = slope_quanta(orders, np.flatnonzero(orders.sloped), result.accepted_wh)
    return value - sum(int(quanta) for quanta in slopes)


def _blocks_quanta(problem: ClearingProblem, result: ClearingResult) -> int:
    blocks = problem.blocks
    energy = accepted_wh(problem, result.block_ratio_ppb)
    bought = np.where(blocks.is_sell[blocks.leg_block], -energy, energy)
    return dot(blocks.price_ticks[blocks.leg_block], bought)


def _storages_quanta(problem: ClearingProblem, result: ClearingResult) -> int:
    """What is left at the end is worth more than at the start, every Wh discharged costs."""
    storages = problem.storages
    if not len(storages):
        return 0
    more = result.stored_wh[:, -1] - storages.start_wh
    spent = dot(storages.spread_ticks, result.discharge_wh.sum(axis=1))
    return dot(storages.end_value_ticks, more) - spent
