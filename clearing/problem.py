"""A clearing problem and its result as arrays: shapes, units, and the self-check.

The one idea to know: the engine knows areas, intervals, lines and orders by their index only.
Who stands behind an order is known one floor up; here are columns of integers, so that a solver,
a naive twin and an auditor can all read the same thing and none of them can round.

Units: energy Wh, prices ticks of 0.01 currency per MWh, money quanta of 1e-8 currency, where
Wh x tick = quantum exactly. Losses are parts per million.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
IndexArray = NDArray[np.int32]

#: Capacities and area limits of this size or more mean "no limit". Doubles are exact up to here.
NO_LIMIT_WH: Final = 2**53
#: Stands in `best_bid_ticks` and `best_offer_ticks` where there is no bid or no offer.
NO_PRICE_TICKS: Final = int(np.iinfo(np.int64).min)
#: Losses are stated in parts per million of what is sent.
PPM: Final = 1_000_000
#: Prices beyond this are a mistake; the bound keeps price x energy inside 64 bits per order.
PRICE_TICKS_MAX: Final = 10**9


class Tie(StrEnum):
    """How orders at the marginal price share what is left."""

    TIME = "time"
    PRORATA = "prorata"


class Rung(StrEnum):
    """The rung of the deadline ladder on which a result was found, best first."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    MERIT_ORDER = "merit_order"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOrders:
    """Step limit orders as columns, one row an order, rows in any order."""

    area: IndexArray  # (m,) area index
    interval: IndexArray  # (m,) interval index
    is_sell: BoolArray  # (m,) True: sells, False: buys
    price_ticks: IntArray  # (m,) a seller's lowest, a buyer's highest price
    energy_wh: IntArray  # (m,) > 0
    sequence: IntArray  # (m,) acceptance sequence, smaller is earlier

    def __len__(self) -> int:
        """Number of orders."""
        return len(self.price_ticks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Areas:
    """What may cross the border of an area, per interval, both numbers >= 0."""

    import_limit_wh: IntArray  # (n, t)
    export_limit_wh: IntArray  # (n, t)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Lines between areas. Loss and fee count on the energy sent into the line."""

    from_area: IndexArray  # (l,)
    to_area: IndexArray  # (l,)
    capacity_forward_wh: IntArray  # (l, t) most that may be sent at the from end
    capacity_backward_wh: IntArray  # (l, t) most that may be sent at the to end
    loss_ppm: IntArray  # (l,) received = sent - ceil(loss x sent)
    fee_forward_ticks: IntArray  # (l,) per Wh sent forward
    fee_backward_ticks: IntArray  # (l,) per Wh sent backward

    def __len__(self) -> int:
        """Number of lines."""
        return len(self.from_area)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearingProblem:
    """One auction: areas x intervals, the lines between them, and the book."""

    n_areas: int
    n_intervals: int
    areas: Areas
    lines: Lines
    orders: StepOrders
    price_min_ticks: int
    price_max_ticks: int
    tie: Tie

    def slice(self, interval: int) -> ClearingProblem:
        """The same market for one interval alone; its orders keep their relative order."""
        mine = np.flatnonzero(self.orders.interval == interval)
        one = np.s_[:, interval : interval + 1]
        return ClearingProblem(
            n_areas=self.n_areas,
            n_intervals=1,
            areas=Areas(
                import_limit_wh=self.areas.import_limit_wh[one],
                export_limit_wh=self.areas.export_limit_wh[one],
            ),
            lines=Lines(
                from_area=self.lines.from_area,
                to_area=self.lines.to_area,
                capacity_forward_wh=self.lines.capacity_forward_wh[one],
                capacity_backward_wh=self.lines.capacity_backward_wh[one],
                loss_ppm=self.lines.loss_ppm,
                fee_forward_ticks=self.lines.fee_forward_ticks,
                fee_backward_ticks=self.lines.fee_backward_ticks,
            ),
            orders=StepOrders(
                area=self.orders.area[mine],
                interval=np.zeros(len(mine), dtype=np.int32),
                is_sell=self.orders.is_sell[mine],
                price_ticks=self.orders.price_ticks[mine],
                energy_wh=self.orders.energy_wh[mine],
                sequence=self.orders.sequence[mine],
            ),
            price_min_ticks=self.price_min_ticks,
            price_max_ticks=self.price_max_ticks,
            tie=self.tie,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearingResult:
    """What an auction decided, in integers.

    Per area and interval, exactly: accepted sells + received = accepted buys + sent.
    """

    rung: Rung
    reproducible: bool  # False: a clock had a say, the same input may give another result
    price_ticks: IntArray  # (n, t) area price; published only where `has_price`
    connection_price_ticks: IntArray  # (n, t) price outside the area's import and export limit
    has_price: BoolArray  # (n, t) False: nothing traded in the area and nothing flowed through it
    best_bid_ticks: IntArray  # (n, t) highest bid of the book, NO_PRICE_TICKS where none
    best_offer_ticks: IntArray  # (n, t) lowest offer of the book, NO_PRICE_TICKS where none
    accepted_wh: IntArray  # (m,) aligned with the rows of `problem.orders` as given
    sent_forward_wh: IntArray  # (l, t) sent into the line at its from end
    sent_backward_wh: IntArray  # (l, t) sent into the line at its to end
    received_forward_wh: IntArray  # (l, t) delivered at the to end
    received_backward_wh: IntArray  # (l, t) delivered at the from end
    net_export_wh: IntArray  # (n, t) accepted sells - accepted buys
    rounding_wh: IntArray  # (n, t) by how many Wh the area may miss its price
    welfare_quanta: int  # buyers' value - sellers' cost - wheeling fees
    upper_bound_quanta: int  # no result of this problem has more welfare
    timings_ms: dict[str, float]
    message: str
    audit_faults: tuple[str, ...] = ()  # what the auditor refused on the rungs above this one


def received_wh(sent_wh: IntArray, loss_ppm: IntArray) -> IntArray:
    """What arrives, in Wh, of `sent_wh` (l, ...) over lines with `loss_ppm` (l,).

    The loss is rounded up to a whole Wh: received = sent - ceil(loss x sent).
    """
    ppm = loss_ppm.reshape((-1,) + (1,) * (sent_wh.ndim - 1))
    # Split so that the product stays inside 64 bits for every sent energy below 2**53.
    whole: IntArray = sent_wh // PPM
    rest: IntArray = sent_wh - whole * PPM
    lost: IntArray = whole * ppm + (rest * ppm + PPM - 1) // PPM
    return sent_wh - lost


def exact_dot(left: IntArray, right: IntArray) -> int:
    """Sum of products as a Python integer: totals of money may pass 64 bits."""
    if not len(left):
        return 0
    bound = float(np.abs(left).max()) * float(np.abs(right).max()) * len(left)
    if bound < 2.0**62:
        return int(np.dot(left, right))
    return sum(int(a) * int(b) for a, b in zip(left, right, strict=True))


def faults(problem: ClearingProblem) -> list[str]:
    """Everything that is wrong with a problem, all faults together; empty when it may be cleared.

    Shapes come first: while they are wrong nothing else is looked at.
    """
    found = _shape_faults(problem)
    if found:
        return found
    return _grid_faults(problem) + _order_faults(problem)


def _shape_faults(problem: ClearingProblem) -> list[str]:
    n, t = problem.n_areas, problem.n_intervals
    areas, lines, orders = problem.areas, problem.lines, problem.orders
    count, m = len(lines), len(orders)
    i32, i64, flag = np.dtype(np.int32), np.dtype(np.int64), np.dtype(np.bool_)
    wanted: list[tuple[str, NDArray[Any], tuple[int, ...], np.dtype[Any]]] = [
        ("areas.import_limit_wh", areas.import_limit_wh, (n, t), i64),
        ("areas.export_limit_wh", areas.export_limit_wh, (n, t), i64),
        ("lines.from_area", lines.from_area, (count,), i32),
        ("lines.to_area", lines.to_area, (count,), i32),
        ("lines.capacity_forward_wh", lines.capacity_forward_wh, (count, t), i64),
        ("lines.capacity_backward_wh", lines.capacity_backward_wh, (count, t), i64),
        ("lines.loss_ppm", lines.loss_ppm, (count,), i64),
        ("lines.fee_forward_ticks", lines.fee_forward_ticks, (count,), i64),
        ("lines.fee_backward_ticks", lines.fee_backward_ticks, (count,), i64),
        ("orders.area", orders.area, (m,), i32),
        ("orders.interval", orders.interval, (m,), i32),
        ("orders.is_sell", orders.is_sell, (m,), flag),
        ("orders.price_ticks", orders.price_ticks, (m,), i64),
        ("orders.energy_wh", orders.energy_wh, (m,), i64),
        ("orders.sequence", orders.sequence, (m,), i64),
    ]
    found = [] if n > 0 and t > 0 else ["a market needs at least one area and one interval"]
    for name, array, shape, dtype in wanted:
        if array.shape != shape:
            found.append(f"{name}: shape {array.shape}, expected {shape}")
        if array.dtype != dtype:
            found.append(f"{name}: type {array.dtype}, expected {dtype}")
    return found


def _grid_faults(problem: ClearingProblem) -> list[str]:
    areas, lines, n = problem.areas, problem.lines, problem.n_areas
    rules = [
        (problem.price_min_ticks >= problem.price_max_ticks, "price_min_ticks not below the max"),
        (
            max(abs(problem.price_min_ticks), abs(problem.price_max_ticks)) > PRICE_TICKS_MAX,
            f"price limits beyond {PRICE_TICKS_MAX} ticks",
        ),
        ((areas.import_limit_wh < 0).any(), "areas.import_limit_wh: negative"),
        ((areas.export_limit_wh < 0).any(), "areas.export_limit_wh: negative"),
        (((lines.from_area < 0) | (lines.from_area >= n)).any(), "lines.from_area: no such area"),
        (((lines.to_area < 0) | (lines.to_area >= n)).any(), "lines.to_area: no such area"),
        ((lines.from_area == lines.to_area).any(), "lines: a line joins an area with itself"),
        ((lines.capacity_forward_wh < 0).any(), "lines.capacity_forward_wh: negative"),
        ((lines.capacity_backward_wh < 0).any(), "lines.capacity_backward_wh: negative"),
        (
            ((lines.loss_ppm < 0) | (lines.loss_ppm >= PPM)).any(),
            f"lines.loss_ppm: outside 0 <= loss < {PPM}",
        ),
        (
            ((lines.fee_forward_ticks < 0) | (lines.fee_backward_ticks < 0)).any(),
            "lines: a fee is negative",
        ),
        (
            (np.maximum(lines.fee_forward_ticks, lines.fee_backward_ticks) > PRICE_TICKS_MAX).any(),
            f"lines: a fee is beyond {PRICE_TICKS_MAX} ticks",
        ),
    ]
    return [text for wrong, text in rules if wrong]


def _order_faults(problem: ClearingProblem) -> list[str]:
    orders = problem.orders
    low, high = problem.price_min_ticks, problem.price_max_ticks
    rules = [
        ("area: no such area", (orders.area < 0) | (orders.area >= problem.n_areas)),
        (
            "interval: no such interval",
            (orders.interval < 0) | (orders.interval >= problem.n_intervals),
        ),
        ("energy_wh: not positive", orders.energy_wh <= 0),
        (
            "price_ticks: outside the market's price limits",
            (orders.price_ticks < low) | (orders.price_ticks > high),
        ),
    ]
    found = []
    for text, wrong in rules:
        rows = np.flatnonzero(wrong)
        if len(rows):
            shown = ", ".join(str(int(row)) for row in rows[:5])
            found.append(f"orders.{text} ({len(rows)} rows, first {shown})")
    if float(np.abs(orders.energy_wh).astype(np.float64).sum()) >= NO_LIMIT_WH:
        found.append(f"orders.energy_wh: the book holds {NO_LIMIT_WH} Wh or more")
    return found
