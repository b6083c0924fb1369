"""The parts of an auction put together again: one result in the order of the problem as given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearing.allocate.flows import WholeFlows
from clearing.allocate.storages import WholeStorages, idle_storages
from clearing.ladder import sloped_cost_quanta
from clearing.parts import Part
from clearing.prices.support import Prices
from clearing.prices.ticks import microticks, ticks
from clearing.problem import (
    NO_PRICE_TICKS,
    BoolArray,
    ClearingProblem,
    ClearingResult,
    IntArray,
    Rung,
    exact_dot,
    leg_accepted_wh,
)
from clearing.settle import Settled
from clearing.traded import Traded


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """All parts in one; arrays as in `ClearingResult`, fills by the rows of the stepped book."""

    accepted_wh: IntArray
    traded: Traded
    ratio_ppb: IntArray
    storages: WholeStorages
    flows: WholeFlows
    prices: Prices
    bound_quanta: int
    proven: bool
    reproducible: bool
    points: int

    def result(
        self, problem: ClearingProblem, book: ClearingProblem, accepted_wh: IntArray
    ) -> ClearingResult:
        """The result of `problem`, whose sloped orders are steps in `book`."""
        prices, flows, storages = self.prices, self.flows, self.storages
        area_ticks, connection_ticks = ticks(problem, prices)
        shape = (problem.n_areas, problem.n_intervals)
        if problem.orders.sloped.any():
            bids, offers = best_prices(problem)
        else:
            bids = self.traded.best_bid_ticks.reshape(shape)
            offers = self.traded.best_offer_ticks.reshape(shape)
        stepped = self._welfare_quanta(book)
        # A lump of rungs stands at one price in the book, but costs what its rungs cost. Lumps
        # are accepted whole or not at all, so what that changes is the same for the bound.
        welfare = stepped + self._sloped_difference(problem, book, accepted_wh)
        bound = self.bound_quanta + welfare - stepped
        return ClearingResult(
            rung=Rung.OPTIMAL if self.proven else Rung.FEASIBLE,
            reproducible=self.reproducible,
            price_ticks=area_ticks,
            connection_price_ticks=connection_ticks,
            price_microticks=microticks(prices.area_ticks),
            connection_price_microticks=microticks(prices.connection_ticks),
            has_price=self._has_price(problem),
            best_bid_ticks=bids,
            best_offer_ticks=offers,
            accepted_wh=accepted_wh,
            block_ratio_ppb=self.ratio_ppb,
            charge_wh=storages.charge_wh,
            discharge_wh=storages.discharge_wh,
            stored_wh=storages.stored_wh,
            stored_value_microticks=microticks(prices.stored_value_ticks),
            sent_forward_wh=flows.sent_forward_wh,
            sent_backward_wh=flows.sent_backward_wh,
            received_forward_wh=flows.received_forward_wh,
            received_backward_wh=flows.received_backward_wh,
            shadow_price_microticks=microticks(prices.shadow_ticks),
            net_export_wh=flows.net_export_wh,
            rounding_wh=prices.rounding_wh.astype(np.int64),
            welfare_quanta=welfare,
            # The search compares costs in doubles; whole-Wh welfare found is a bound from below.
            upper_bound_quanta=max(bound, welfare),
            timings_ms={},
            message="" if self.proven else "the search stopped before its gap was proven",
        )

    def _welfare_quanta(self, book: ClearingProblem) -> int:
        """Buyers' value − sellers' cost − wheeling fees + what storages gain, in quanta."""
        lines, blocks = book.lines, book.blocks
        flows, storages = self.flows, self.storages
        legs = leg_accepted_wh(blocks, self.ratio_ppb)
        sell = blocks.is_sell[blocks.leg_block]
        total = (
            self.traded.welfare_quanta
            + exact_dot(blocks.price_ticks[blocks.leg_block], np.where(sell, -legs, legs))
            - exact_dot(lines.fee_forward_ticks, flows.sent_forward_wh.sum(axis=1))
            - exact_dot(lines.fee_backward_ticks, flows.sent_backward_wh.sum(axis=1))
        )
        if len(book.storages):
            total -= exact_dot(book.storages.spread_ticks, storages.discharge_wh.sum(axis=1))
            kept = storages.stored_wh[:, -1] - book.storages.start_wh
            total += exact_dot(book.storages.end_value_ticks, kept)
        return total

    def _sloped_difference(
        self, problem: ClearingProblem, book: ClearingProblem, accepted_wh: IntArray
    ) -> int:
        """By how much the steps of sloped orders cost more than their rungs do."""
        sloped = problem.orders.sloped
        if not sloped.any():
            return 0
        # The steps stand behind all flat orders (`clearing.ladder`).
        steps = np.arange(len(book.orders)) >= len(sloped) - int(sloped.sum())
        signed = np.where(book.orders.is_sell, self.accepted_wh, -self.accepted_wh)
        cost = exact_dot(book.orders.price_ticks[steps], signed[steps])
        return cost - sloped_cost_quanta(problem.orders, accepted_wh)

    def _has_price(self, problem: ClearingProblem) -> BoolArray:
        """(n, t) True where something was traded in the area or flowed through it."""
        blocks, flows = problem.blocks, self.flows
        active = self.traded.any_wh.reshape(problem.n_areas, problem.n_intervals).copy()
        flowing = (flows.sent_forward_wh > 0) | (flows.sent_backward_wh > 0)
        for ends in (problem.lines.from_area, problem.lines.to_area):
            np.logical_or.at(active, ends, flowing)
        moved = (self.storages.charge_wh > 0) | (self.storages.discharge_wh > 0)
        np.logical_or.at(active, problem.storages.area, moved)
        legs = leg_accepted_wh(blocks, self.ratio_ppb) > 0
        place = blocks.area[blocks.leg_block][legs], blocks.leg_interval[legs]
        active[place] = True
        return active


def best_prices(problem: ClearingProblem) -> tuple[IntArray, IntArray]:
    """Highest bid and lowest offer (n, t) of the book, `NO_PRICE_TICKS` where there is none."""
    orders, t = problem.orders, problem.n_intervals
    count = problem.n_areas * t
    node = orders.area.astype(np.int64) * t + orders.interval
    bids = np.full(count, NO_PRICE_TICKS, dtype=np.int64)
    offers = np.full(count, -NO_PRICE_TICKS - 1, dtype=np.int64)
    buys = ~orders.is_sell
    np.maximum.at(bids, node[buys], orders.price_ticks[buys])
    np.minimum.at(offers, node[orders.is_sell], orders.price_ticks[orders.is_sell])
    offers[offers == -NO_PRICE_TICKS - 1] = NO_PRICE_TICKS
    shape = (problem.n_areas, t)
    return bids.reshape(shape), offers.reshape(shape)


def joined(problem: ClearingProblem, pieces: Sequence[Part], settled: Sequence[Settled]) -> Joined:
    """All parts in the order of the problem."""
    if len(pieces) == 1 and not len(problem.blocks) and not len(problem.storages):
        one = settled[0]
        return Joined(**{name: getattr(one, name) for name in Joined.__dataclass_fields__})
    accepted = np.zeros(len(problem.orders), dtype=np.int64)
    ratio = np.zeros(len(problem.blocks), dtype=np.int64)
    for part, one in zip(pieces, settled, strict=True):
        accepted[part.order_rows] = one.accepted_wh
        ratio[part.block_rows] = one.ratio_ppb
    return Joined(
        accepted_wh=accepted,
        traded=_traded(problem, pieces, settled),
        ratio_ppb=ratio,
        storages=_storages(problem, pieces, settled),
        flows=WholeFlows(
            **{
                name: _over_time(problem, pieces, [getattr(s.flows, name) for s in settled])
                for name in WholeFlows.__dataclass_fields__
            }
        ),
        prices=_prices(problem, pieces, settled),
        bound_quanta=sum(one.bound_quanta for one in settled),
        proven=all(one.proven for one in settled),
        reproducible=all(one.reproducible for one in settled),
        points=sum(one.points for one in settled),
    )


def _traded(problem: ClearingProblem, pieces: Sequence[Part], settled: Sequence[Settled]) -> Traded:
    def nodes(name: str) -> NDArray[Any]:
        arrays = [getattr(s.traded, name).reshape(problem.n_areas, -1) for s in settled]
        return _over_time(problem, pieces, arrays).reshape(-1)

    return Traded(
        welfare_quanta=sum(s.traded.welfare_quanta for s in settled),
        any_wh=nodes("any_wh"),
        best_bid_ticks=nodes("best_bid_ticks"),
        best_offer_ticks=nodes("best_offer_ticks"),
    )


def _over_time(
    problem: ClearingProblem, pieces: Sequence[Part], arrays: Sequence[NDArray[Any]]
) -> NDArray[Any]:
    """Arrays (k, t of each part) as one (k, t)."""
    whole = np.zeros((len(arrays[0]), problem.n_intervals), dtype=arrays[0].dtype)
    for part, array in zip(pieces, arrays, strict=True):
        whole[:, part.intervals] = array
    return whole


def _storages(
    problem: ClearingProblem, pieces: Sequence[Part], settled: Sequence[Settled]
) -> WholeStorages:
    whole = idle_storages(problem)
    for part, one in zip(pieces, settled, strict=True):
        rows = part.storage_rows
        if not len(rows):
            continue
        place = np.ix_(rows, part.intervals)
        whole.charge_wh[place] = one.storages.charge_wh
        whole.discharge_wh[place] = one.storages.discharge_wh
        whole.stored_wh[place] = one.storages.stored_wh
        # Before its part a storage holds its start, after it what it ended with.
        first, last = int(part.intervals[0]), int(part.intervals[-1])
        whole.stored_wh[rows, :first] = problem.storages.start_wh[rows][:, None]
        whole.stored_wh[rows, last + 1 :] = one.storages.stored_wh[:, -1:]
    return whole


def _prices(problem: ClearingProblem, pieces: Sequence[Part], settled: Sequence[Settled]) -> Prices:
    value = np.zeros((len(problem.storages), problem.n_intervals))
    supported = np.zeros(problem.n_intervals, dtype=np.bool_)
    for part, one in zip(pieces, settled, strict=True):
        supported[part.intervals] = one.prices.supported
        if len(part.storage_rows):
            value[np.ix_(part.storage_rows, part.intervals)] = one.prices.stored_value_ticks
    return Prices(
        area_ticks=_over_time(problem, pieces, [s.prices.area_ticks for s in settled]),
        connection_ticks=_over_time(problem, pieces, [s.prices.connection_ticks for s in settled]),
        stored_value_ticks=value,
        shadow_ticks=_over_time(problem, pieces, [s.prices.shadow_ticks for s in settled]),
        supported=supported,
        rounding_wh=_over_time(problem, pieces, [s.prices.rounding_wh for s in settled]),
    )
