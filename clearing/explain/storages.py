"""What a storage order did, what it earned, or why it stayed idle.

The one idea to know: a storage moves energy when one price pays for another: buying and selling
later, selling what it holds, or buying for what is worth keeping. Idle means that the best of these
fell short, and by how much is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

import numpy as np

from clearing.explain import words
from clearing.problem import PPM, ClearingProblem, ClearingResult, Rung, exact_dot


class StorageReason(StrEnum):
    """What became of a storage order."""

    USED = "used"
    IDLE = "idle"
    RELEASED = "released"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageExplanation:
    """What one storage order did."""

    reason: StorageReason
    bought_wh: int  # charged, at the grid
    sold_wh: int  # discharged, at the grid
    drained_wh: int  # taken out of the store for that
    cycles: float  # how often its capacity was drained
    #: Received less paid at the published prices, less its spread, plus what is kept in the end.
    profit_quanta: int
    short_ticks: int | None  # idle: by how much per Wh the best use fell short; None: there is none
    text: str


def explain_storage(
    problem: ClearingProblem, result: ClearingResult, row: int
) -> StorageExplanation:
    """Explain the storage order in `row` of the problem's storages."""
    storages = problem.storages
    bought, sold = int(result.charge_wh[row].sum()), int(result.discharge_wh[row].sum())
    before = np.concatenate([storages.start_wh[row : row + 1], result.stored_wh[row, :-1]])
    drained = int(np.maximum(before - result.stored_wh[row], 0).sum())
    reason, profit = _reason(result, bought, sold), _profit_quanta(problem, result, row)
    cycles = round(drained / max(int(storages.capacity_wh[row]), 1), 3)
    short = _short_ticks(problem, result, row) if reason is StorageReason.IDLE else None
    return StorageExplanation(
        reason=reason,
        bought_wh=bought,
        sold_wh=sold,
        drained_wh=drained,
        cycles=cycles,
        profit_quanta=profit,
        short_ticks=short,
        text=_text(reason, bought, sold, cycles, profit, short),
    )


def _reason(result: ClearingResult, bought_wh: int, sold_wh: int) -> StorageReason:
    if result.rung is Rung.CANCELLED:
        return StorageReason.CANCELLED
    if result.rung is Rung.MERIT_ORDER:
        return StorageReason.RELEASED
    return StorageReason.USED if bought_wh or sold_wh else StorageReason.IDLE


def _profit_quanta(problem: ClearingProblem, result: ClearingResult, row: int) -> int:
    storages = problem.storages
    price = result.price_ticks[int(storages.area[row])]
    moved = result.discharge_wh[row] - result.charge_wh[row]
    sold = int(result.discharge_wh[row].sum())
    kept = int(result.stored_wh[row, -1]) - int(storages.start_wh[row])
    return (
        exact_dot(price, moved)
        - int(storages.spread_ticks[row]) * sold
        + int(storages.end_value_ticks[row]) * kept
    )


def _short_ticks(problem: ClearingProblem, result: ClearingResult, row: int) -> int | None:
    """By how much the best use of an idle storage fell short, per Wh at the grid; None: no use."""
    storages = problem.storages
    area, start = int(storages.area[row]), int(storages.start_wh[row])
    into = Fraction(int(storages.efficiency_charge_ppm[row]), PPM)
    out_of = Fraction(int(storages.efficiency_discharge_ppm[row]), PPM)
    kept, spread = int(storages.end_value_ticks[row]), int(storages.spread_ticks[row])
    can_charge = storages.charge_limit_wh[row] > 0 and storages.capacity_wh[row] > 0
    can_discharge = bool(storages.discharge_limit_wh[row] > 0)
    shortages: list[Fraction] = []
    cheapest: int | None = None
    for t in range(int(storages.first_interval[row]), int(storages.last_interval[row]) + 1):
        if not result.has_price[area, t]:
            continue
        price = int(result.price_ticks[area, t])
        if can_discharge and cheapest is not None:
            shortages.append(cheapest / (into * out_of) + spread - price)
        if can_discharge and start > 0:
            shortages.append(kept / out_of + spread - price)
        if can_charge and start < storages.capacity_wh[row]:
            shortages.append(price - kept * into)
            cheapest = price if cheapest is None else min(cheapest, price)
    # Prices are paid to the tick, so the best use may seem to pay by less than one.
    return max(round(min(shortages)), 0) if shortages else None


def _text(
    reason: StorageReason, bought: int, sold: int, cycles: float, profit: int, short: int | None
) -> str:
    match reason:
        case StorageReason.CANCELLED:
            return words.CANCELLED
        case StorageReason.RELEASED:
            return words.RELEASED
        case StorageReason.USED:
            return (
                f"Bought {bought} Wh and sold {sold} Wh in {cycles:g} cycles: "
                f"{words.gains(profit)}."
            )
        case StorageReason.IDLE:
            if short is None:
                return "Idle: there was no price at which it could have bought or sold."
            return (
                "Idle: prices did not cover its losses, its spread and the worth of what it "
                f"keeps; the best use fell short by {words.distance(short)}."
            )
