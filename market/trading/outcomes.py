"""The audited result of a call in the market's own terms: one outcome per interval, with order ids.

The one idea: what an area sold and bought is summed up from what each order got, blocks and storages
among them, so that the money made from an outcome can be held against its trades.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

import numpy as np
from numpy.typing import NDArray

from market.model.grid import Grid
from market.model.trade import AreaOutcome, ClearingOutcome, LineOutcome
from market.trading.auction import (
    NO_PRICE_TICKS,
    AuctionInput,
    ClearingProblem,
    ClearingResult,
    leg_accepted_wh,
)

_PREFIX: Final = "ord-"
Energies = NDArray[np.int64]


def clearing_outcomes(
    *, auction: AuctionInput, result: ClearingResult, grid: Grid, solve_ms: int
) -> tuple[ClearingOutcome, ...]:
    """One outcome per interval of the call, in order."""
    problem = auction.problem
    sold, bought = _totals(problem, result)
    receipt = receipt_hash(problem, result)
    steps, blocks = _step_fills(auction, result), _block_fills(auction, result)
    outcomes = []
    for t, start_s in enumerate(auction.starts_s):
        fills = [*steps[t], *blocks[t]]
        outcomes.append(
            ClearingOutcome(
                start_s=start_s,
                rung=result.rung.value,
                reproducible=result.reproducible,
                areas=tuple(
                    _area_outcome(area.area_id, (n, t), result, sold, bought)
                    for n, area in enumerate(grid.areas)
                ),
                lines=tuple(
                    _line_outcome(line.line_id, (n, t), problem, result)
                    for n, line in enumerate(grid.lines)
                ),
                filled_order_ids=tuple(f"{_PREFIX}{number}" for number, _ in fills),
                filled_wh=tuple(energy_wh for _, energy_wh in fills),
                storage_fills=tuple(_storage_fills(auction, result, t)),
                welfare_quanta=0 if t else result.welfare_quanta,
                upper_bound_quanta=0 if t else result.upper_bound_quanta,
                solve_ms=solve_ms,
                receipt_hash=receipt,
                audit_faults=() if t else result.audit_faults,
            )
        )
    return tuple(outcomes)


def _totals(problem: ClearingProblem, result: ClearingResult) -> tuple[Energies, Energies]:
    """(n, t) Wh sold and bought in each area and interval."""
    shape = (problem.n_areas, problem.n_intervals)
    sold, bought = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    orders, blocks, storages = problem.orders, problem.blocks, problem.storages
    for total, sells in ((sold, True), (bought, False)):
        mine = orders.is_sell == sells
        np.add.at(total, (orders.area[mine], orders.interval[mine]), result.accepted_wh[mine])
        if len(blocks):
            legs = blocks.is_sell[blocks.leg_block] == sells
            place = (blocks.area[blocks.leg_block][legs], blocks.leg_interval[legs])
            np.add.at(total, place, leg_accepted_wh(blocks, result.block_ratio_ppb)[legs])
        if len(storages):
            np.add.at(total, storages.area, result.discharge_wh if sells else result.charge_wh)
    return sold, bought


def _step_fills(auction: AuctionInput, result: ClearingResult) -> list[list[tuple[int, int]]]:
    """For each interval (number, energy_wh > 0) of simple orders; a curve's steps together."""
    rows = np.flatnonzero(result.accepted_wh)
    numbers, energies = auction.numbers[rows], result.accepted_wh[rows]
    interval = auction.problem.orders.interval[rows]
    first = np.ones(len(rows), dtype=np.bool_)
    first[1:] = numbers[1:] != numbers[:-1]
    firsts = np.flatnonzero(first)
    if len(firsts) < len(rows):
        energies = np.add.reduceat(energies, firsts)
        numbers, interval = numbers[firsts], interval[firsts]
    fills: list[list[tuple[int, int]]] = [[] for _ in auction.starts_s]
    for t, number, energy_wh in zip(
        interval.tolist(), numbers.tolist(), energies.tolist(), strict=True
    ):
        fills[t].append((number, energy_wh))
    return fills


def _block_fills(auction: AuctionInput, result: ClearingResult) -> list[list[tuple[int, int]]]:
    fills: list[list[tuple[int, int]]] = [[] for _ in auction.starts_s]
    blocks = auction.problem.blocks
    if len(blocks):
        accepted = leg_accepted_wh(blocks, result.block_ratio_ppb)
        for block, t, energy_wh in zip(
            blocks.leg_block.tolist(), blocks.leg_interval.tolist(), accepted.tolist(), strict=True
        ):
            if energy_wh:
                fills[t].append((auction.block_numbers[block], energy_wh))
    return fills


def _storage_fills(
    auction: AuctionInput, result: ClearingResult, t: int
) -> Iterator[tuple[str, int]]:
    for row, number in enumerate(auction.storage_numbers):
        injection_wh = int(result.discharge_wh[row, t]) - int(result.charge_wh[row, t])
        if injection_wh:
            yield f"{_PREFIX}{number}", injection_wh


def _known(price_ticks: int) -> int | None:
    return None if price_ticks == NO_PRICE_TICKS else price_ticks


def _area_outcome(
    area_id: str, place: tuple[int, int], result: ClearingResult, sold: Energies, bought: Energies
) -> AreaOutcome:
    priced = bool(result.has_price[place])
    return AreaOutcome(
        area_id=area_id,
        price_ticks=int(result.price_ticks[place]) if priced else None,
        connection_price_ticks=int(result.connection_price_ticks[place]) if priced else None,
        best_bid_ticks=_known(int(result.best_bid_ticks[place])),
        best_offer_ticks=_known(int(result.best_offer_ticks[place])),
        bought_wh=int(bought[place]),
        sold_wh=int(sold[place]),
        net_export_wh=int(result.net_export_wh[place]),
        rounding_wh=int(result.rounding_wh[place]),
    )


def _line_outcome(
    line_id: str, place: tuple[int, int], problem: ClearingProblem, result: ClearingResult
) -> LineOutcome:
    return LineOutcome(
        line_id=line_id,
        sent_forward_wh=int(result.sent_forward_wh[place]),
        received_forward_wh=int(result.received_forward_wh[place]),
        sent_backward_wh=int(result.sent_backward_wh[place]),
        received_backward_wh=int(result.received_backward_wh[place]),
        capacity_forward_wh=int(problem.lines.capacity_forward_wh[place]),
        capacity_backward_wh=int(problem.lines.capacity_backward_wh[place]),
    )


def receipt_hash(problem: ClearingProblem, result: ClearingResult) -> str:
    """SHA-256 over the book in acceptance sequence, the grid, and the result."""
    digest = sha256()
    orders, lines, areas = problem.orders, problem.lines, problem.areas
    blocks, storages = problem.blocks, problem.storages
    columns = [
        *(orders.area, orders.is_sell, orders.price_ticks, orders.energy_wh, orders.sequence),
        *(lines.from_area, lines.to_area, lines.capacity_forward_wh, lines.capacity_backward_wh),
        *(lines.loss_ppm, lines.fee_forward_ticks, lines.fee_backward_ticks),
        *(areas.import_limit_wh, areas.export_limit_wh),
        *(result.accepted_wh, result.price_ticks, result.has_price),
        *(result.sent_forward_wh, result.sent_backward_wh),
    ]
    if problem.n_intervals > 1:
        columns += [orders.interval]
    if len(blocks):
        columns += [blocks.sequence, blocks.price_ticks, blocks.ratio_min_ppb, blocks.parent]
        columns += [blocks.group, blocks.leg_interval, blocks.leg_energy_wh, result.block_ratio_ppb]
    if len(storages):
        columns += [storages.sequence, storages.start_wh, storages.end_value_ticks]
        columns += [storages.spread_ticks, result.charge_wh, result.discharge_wh]
    for column in columns:
        digest.update(np.ascontiguousarray(column, dtype="<i8").tobytes())
        digest.update(b"|")
    return digest.hexdigest()
