"""The reasons of all rows of a call at once, as small numbers in columns.

The one idea to know: it is the same arithmetic as for one order, done for a column; a test holds every
row of it against the explanation of that row alone.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from clearing.explain.blocks import BlockReason, explain_block
from clearing.explain.orders import NEAR_MICROTICKS, Reason
from clearing.explain.storages import StorageReason, explain_storage
from clearing.problem import MICRO, ClearingProblem, ClearingResult, Reasons, Rung

_NAMES: Final = tuple(
    dict.fromkeys(
        [
            *(reason.value for reason in Reason),
            *(reason.value for reason in BlockReason),
            *(reason.value for reason in StorageReason),
        ]
    )
)
_PLACE: Final = {name: place for place, name in enumerate(_NAMES)}


def reasons_of(problem: ClearingProblem, result: ClearingResult) -> Reasons:
    """Why each order, block and storage got what it got."""
    steps = _step_reasons(problem, result)
    blocks = [explain_block(problem, result, row) for row in range(len(problem.blocks))]
    storages = [explain_storage(problem, result, row) for row in range(len(problem.storages))]
    missed = [
        _missed_ticks(problem, row, item.price_ticks)
        if item.reason is BlockReason.OUT_OF_THE_MONEY
        else 0
        for row, item in enumerate(blocks)
    ]
    return Reasons(
        names=_NAMES,
        steps=steps,
        blocks=np.array([_PLACE[item.reason] for item in blocks], dtype=np.uint8),
        storages=np.array([_PLACE[item.reason] for item in storages], dtype=np.uint8),
        tied=_tied(problem, result, steps),
        block_gain_quanta=tuple(item.surplus_quanta for item in blocks),
        block_missed_ticks=tuple(missed),
        storage_gain_quanta=tuple(item.profit_quanta for item in storages),
        storage_short_ticks=tuple(item.short_ticks or 0 for item in storages),
    )


def _missed_ticks(problem: ClearingProblem, row: int, average_ticks: int | None) -> int:
    turn = 1 if problem.blocks.is_sell[row] else -1
    limit = int(problem.blocks.price_ticks[row])
    return 0 if average_ticks is None else max(0, turn * (limit - average_ticks))


def _step_reasons(problem: ClearingProblem, result: ClearingResult) -> NDArray[np.uint8]:
    orders = problem.orders
    place = (orders.area, orders.interval)
    turn = np.where(orders.is_sell, 1, -1)
    end = orders.price_ticks if orders.price_end_ticks is None else orders.price_end_ticks
    exact = result.price_microticks[place]
    first, last = turn * (exact - orders.price_ticks * MICRO), turn * (exact - end * MICRO)
    full, some = result.accepted_wh == orders.energy_wh, result.accepted_wh > 0
    cases = [
        (np.full(len(orders), result.rung is Rung.CANCELLED), Reason.CANCELLED),
        (~result.has_price[place], Reason.NO_VOLUME),
        ((last > NEAR_MICROTICKS) & full, Reason.IN_THE_MONEY),
        (last > NEAR_MICROTICKS, Reason.ROUNDING),
        ((first < -NEAR_MICROTICKS) & some, Reason.ROUNDING),
        (first < -NEAR_MICROTICKS, Reason.OUT_OF_THE_MONEY),
        (first == last, Reason.MARGINAL),
    ]
    return np.select(
        [case for case, _ in cases],
        [np.uint8(_PLACE[reason]) for _, reason in cases],
        np.uint8(_PLACE[Reason.ON_ITS_SLOPE]),
    ).astype(np.uint8)


def _tied(
    problem: ClearingProblem, result: ClearingResult, steps: NDArray[np.uint8]
) -> tuple[tuple[int, int, bool, int, int], ...]:
    orders = problem.orders
    rows = np.flatnonzero(steps == _PLACE[Reason.MARGINAL])
    key = np.stack([orders.area[rows], orders.interval[rows], orders.is_sell[rows]])
    different, place = np.unique(key, axis=1, return_inverse=True)
    energy, accepted = (np.zeros(different.shape[1], dtype=np.int64) for _ in range(2))
    np.add.at(energy, place.reshape(-1), orders.energy_wh[rows])
    np.add.at(accepted, place.reshape(-1), result.accepted_wh[rows])
    return tuple(
        (area, interval, bool(sells), asked, got)
        for (area, interval, sells), asked, got in zip(
            different.T.tolist(), energy.tolist(), accepted.tolist(), strict=True
        )
    )
