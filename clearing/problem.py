"""A clearing problem and its result as arrays: shapes and units.

The one idea to know: the engine knows areas, intervals, lines and orders by their index only.
Who stands behind an order is known one floor up; here are columns of integers, so that a solver,
a naive twin and an auditor can all read the same thing and none of them can round.

Units: energy Wh, prices ticks of 0.01 currency per MWh, money quanta of 1e-8 currency, where
Wh x tick = quantum exactly. Losses and efficiencies are parts per million, acceptance ratios and
transfer factors parts per billion, exact prices millionths of a tick. `clearing.faults` says what
is wrong with a problem.
"""
# house: long because problem and result have one definition, in one place

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

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
#: Acceptance ratios of blocks and transfer factors are stated in parts per billion.
PPB: Final = 1_000_000_000
#: Exact prices are stated in millionths of a tick.
MICRO: Final = 1_000_000
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
    """Simple limit orders as columns, one row an order, rows in any order.

    A sloped order (`price_end_ticks` differs) offers its first Wh at `price_ticks` and its last at
    `price_end_ticks`, evenly between: a seller's price rises, a buyer's falls. `clearing.ladder`
    says which Wh belongs to which tick.
    """

    area: IndexArray  # (m,) area index
    interval: IndexArray  # (m,) interval index
    is_sell: BoolArray  # (m,) True: sells, False: buys
    price_ticks: IntArray  # (m,) a seller's lowest, a buyer's highest price
    energy_wh: IntArray  # (m,) > 0
    sequence: IntArray  # (m,) acceptance sequence, smaller is earlier
    price_end_ticks: IntArray | None = None  # (m,) price of the last Wh; None: no order is sloped
    is_last_resort: BoolArray | None = None  # (m,) served last among equals; None: nobody is

    def __len__(self) -> int:
        """Number of orders."""
        return len(self.price_ticks)

    @property
    def sloped(self) -> BoolArray:
        """(m,) True for sloped orders."""
        if self.price_end_ticks is None:
            return np.zeros(len(self), dtype=np.bool_)
        sloped: BoolArray = self.price_end_ticks != self.price_ticks
        return sloped

    def rows(self, rows: NDArray[np.intp]) -> StepOrders:
        """The orders of some rows, in their order."""
        end, last = self.price_end_ticks, self.is_last_resort
        return StepOrders(
            area=self.area[rows],
            interval=self.interval[rows],
            is_sell=self.is_sell[rows],
            price_ticks=self.price_ticks[rows],
            energy_wh=self.energy_wh[rows],
            sequence=self.sequence[rows],
            price_end_ticks=None if end is None else end[rows],
            is_last_resort=None if last is None else last[rows],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockOrders:
    """Block orders as columns, one row a block; the legs of all blocks lie in one row.

    A block is accepted with one ratio in all its intervals: 0, or from its minimum acceptance
    ratio to 1. A child's ratio is at most its parent's; the ratios of an exclusive group add up to
    at most 1. Ratio r of a leg of q Wh is the whole Wh next to r x q, halves to even.
    """

    area: IndexArray  # (b,) area index
    is_sell: BoolArray  # (b,) True: sells, False: buys
    price_ticks: IntArray  # (b,) a seller's lowest, a buyer's highest average price
    ratio_min_ppb: IntArray  # (b,) minimum acceptance ratio, 1 .. PPB
    parent: IndexArray  # (b,) block a linked block needs, -1: none
    group: IndexArray  # (b,) exclusive group, -1: none
    sequence: IntArray  # (b,) acceptance sequence, smaller is earlier
    leg_first: IntArray  # (b + 1,) index of each block's first leg
    leg_interval: IndexArray  # (g,) interval index, ascending and different within a block
    leg_energy_wh: IntArray  # (g,) > 0

    def __len__(self) -> int:
        """Number of blocks."""
        return len(self.price_ticks)

    @property
    def leg_block(self) -> IntArray:
        """(g,) block of each leg."""
        return np.repeat(np.arange(len(self)), np.diff(self.leg_first))


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageOrders:
    """Storage orders as columns: charge and discharge bound together over a window of intervals.

    stored += floor(efficiency_charge x charge) - ceil(discharge / efficiency_discharge), never
    below 0 or above the capacity, never both directions in one interval. What is left at the end is
    worth `end_value_ticks` per Wh more than at the start; every Wh discharged costs `spread_ticks`,
    so a full cycle wants at least that difference of prices. Doing nothing is always possible.
    """

    area: IndexArray  # (s,) area index
    first_interval: IndexArray  # (s,)
    last_interval: IndexArray  # (s,) inclusive, >= first
    charge_limit_wh: IntArray  # (s,) most that is taken from the area per interval
    discharge_limit_wh: IntArray  # (s,) most that is given to the area per interval
    capacity_wh: IntArray  # (s,)
    start_wh: IntArray  # (s,) stored before the first interval, 0 .. capacity
    end_value_ticks: IntArray  # (s,) value of a Wh stored after the last interval
    efficiency_charge_ppm: IntArray  # (s,) 1 .. PPM
    efficiency_discharge_ppm: IntArray  # (s,) 1 .. PPM
    spread_ticks: IntArray  # (s,) >= 0
    sequence: IntArray  # (s,) acceptance sequence, smaller is earlier

    def __len__(self) -> int:
        """Number of storage orders."""
        return len(self.start_wh)


@dataclass(frozen=True, slots=True, kw_only=True)
class Areas:
    """What may cross the border of an area, per interval, both numbers >= 0.

    With a parent, areas form a tree: the limits of an area hold for the sum of its own exchange
    and that of all areas below it.
    """

    import_limit_wh: IntArray  # (n, t)
    export_limit_wh: IntArray  # (n, t)
    parent: IndexArray | None = None  # (n,) area this one lies in, -1: none; None: nobody has one


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
class Ptdf:
    """Lines of a meshed grid, whose flows follow the areas' injections instead of being free.

    Area a gives z[a] to the mesh (its exchange less what its free lines carry); over all areas of
    the mesh Σ z = 0, and line row r carries Σ factor[r, a] z[a], forward where positive, within the
    line's capacities. These lines have neither loss nor fee.
    """

    line: IndexArray  # (r,) lines that follow the factors
    factor_ppb: IntArray  # (r, n) power transfer distribution factors

    def __len__(self) -> int:
        """Number of lines that follow the factors."""
        return len(self.line)


def no_blocks() -> BlockOrders:
    """No block orders."""
    none, index = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32)
    return BlockOrders(
        area=index,
        is_sell=np.zeros(0, dtype=np.bool_),
        price_ticks=none,
        ratio_min_ppb=none,
        parent=index,
        group=index,
        sequence=none,
        leg_first=np.zeros(1, dtype=np.int64),
        leg_interval=index,
        leg_energy_wh=none,
    )


def no_storages() -> StorageOrders:
    """No storage orders."""
    none, index = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32)
    return StorageOrders(
        area=index,
        first_interval=index,
        last_interval=index,
        charge_limit_wh=none,
        discharge_limit_wh=none,
        capacity_wh=none,
        start_wh=none,
        end_value_ticks=none,
        efficiency_charge_ppm=none,
        efficiency_discharge_ppm=none,
        spread_ticks=none,
        sequence=none,
    )


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
    blocks: BlockOrders = field(default_factory=no_blocks)
    storages: StorageOrders = field(default_factory=no_storages)
    ptdf: Ptdf | None = None  # None: all lines are free
    #: (2, l, t) Wh sent forward and backward as last confirmed for these intervals; it bounds what
    #: the fallback may send. None: nothing is confirmed, the fallback closes all lines.
    confirmed_wh: IntArray | None = None

    @property
    def parent(self) -> IndexArray:
        """(n,) the area each area lies in, -1 where none."""
        known = self.areas.parent
        return np.full(self.n_areas, -1, dtype=np.int32) if known is None else known

    def window(self, first: int, end: int) -> ClearingProblem:
        """The same grid and its simple orders in the intervals first .. end - 1 alone."""
        mine = np.flatnonzero((self.orders.interval >= first) & (self.orders.interval < end))
        orders = self.orders.rows(mine)
        cut = np.s_[:, first:end]
        return replace(
            self,
            n_intervals=end - first,
            areas=replace(
                self.areas,
                import_limit_wh=self.areas.import_limit_wh[cut],
                export_limit_wh=self.areas.export_limit_wh[cut],
            ),
            lines=replace(
                self.lines,
                capacity_forward_wh=self.lines.capacity_forward_wh[cut],
                capacity_backward_wh=self.lines.capacity_backward_wh[cut],
            ),
            orders=replace(orders, interval=orders.interval - np.int32(first)),
            blocks=no_blocks(),
            storages=no_storages(),
            confirmed_wh=None if self.confirmed_wh is None else self.confirmed_wh[:, :, first:end],
        )

    def slice(self, interval: int) -> ClearingProblem:
        """The same grid and its simple orders in one interval alone."""
        return self.window(interval, interval + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearingResult:
    """What an auction decided, in integers.

    Per area and interval, exactly: accepted sells + discharged + received = accepted buys + charged
    + sent (orders and blocks alike; what a mesh takes counts as sent).
    """

    rung: Rung
    reproducible: bool  # False: a clock had a say, the same input may give another result
    price_ticks: IntArray  # (n, t) area price; published only where `has_price`
    connection_price_ticks: IntArray  # (n, t) price outside the area's import and export limit
    price_microticks: IntArray  # (n, t) the area price before it was rounded to the tick
    connection_price_microticks: IntArray  # (n, t) the same of the connection price
    has_price: BoolArray  # (n, t) False: nothing traded in the area and nothing flowed through it
    best_bid_ticks: IntArray  # (n, t) highest bid of the book, NO_PRICE_TICKS where none
    best_offer_ticks: IntArray  # (n, t) lowest offer of the book, NO_PRICE_TICKS where none
    accepted_wh: IntArray  # (m,) aligned with the rows of `problem.orders` as given
    block_ratio_ppb: IntArray  # (b,) acceptance ratio, aligned with `problem.blocks`
    charge_wh: IntArray  # (s, t) taken from the area
    discharge_wh: IntArray  # (s, t) given to the area
    stored_wh: IntArray  # (s, t) at the end of the interval; the start before the window
    stored_value_microticks: IntArray  # (s, t) worth of a Wh stored at the end of the interval
    sent_forward_wh: IntArray  # (l, t) sent into the line at its from end
    sent_backward_wh: IntArray  # (l, t) sent into the line at its to end
    received_forward_wh: IntArray  # (l, t) delivered at the to end
    received_backward_wh: IntArray  # (l, t) delivered at the from end
    shadow_price_microticks: IntArray  # (l, t) worth of a Wh more capacity, of PTDF lines; else 0
    net_export_wh: IntArray  # (n, t) injected by orders, blocks and storages, net
    rounding_wh: IntArray  # (n, t) by how many Wh the area may miss its price
    welfare_quanta: int  # buyers' value - sellers' cost - wheeling fees + storages' value
    upper_bound_quanta: int  # no result of this problem has more welfare
    timings_ms: dict[str, float]
    message: str
    audit_faults: tuple[str, ...] = ()  # what the auditor refused on the rungs above this one


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """Why each row got what it got, for all rows at once; `clearing.explain` has the words.

    A reason is a place in `names`.
    """

    names: tuple[str, ...]
    steps: NDArray[np.uint8]  # (m,)
    blocks: NDArray[np.uint8]  # (b,)
    storages: NDArray[np.uint8]  # (s,)
    #: (area, interval, sells, energy_wh, accepted_wh) of all that stand at the price together
    tied: tuple[tuple[int, int, bool, int, int], ...]
    block_gain_quanta: tuple[int, ...]  # (b,) at the prices; not accepted: all of it would have
    block_missed_ticks: tuple[int, ...]  # (b,) by how much the prices missed its limit; 0: they met
    storage_gain_quanta: tuple[int, ...]  # (s,)
    storage_short_ticks: tuple[int, ...]  # (s,) idle: what its best use lacks; 0: not idle


def free_lines(problem: ClearingProblem) -> IntArray:
    """Lines that do not follow transfer factors, ascending."""
    every = np.arange(len(problem.lines))
    return every if problem.ptdf is None else np.setdiff1d(every, problem.ptdf.line)


def mesh_areas(problem: ClearingProblem) -> IntArray:
    """Areas of the mesh, ascending: the ends of its lines and all that have a factor."""
    if problem.ptdf is None:
        return np.zeros(0, dtype=np.int64)
    ptdf, lines = problem.ptdf, problem.lines
    with_factor = np.flatnonzero((ptdf.factor_ppb != 0).any(axis=0))
    ends = np.concatenate([lines.from_area[ptdf.line], lines.to_area[ptdf.line], with_factor])
    return np.unique(ends).astype(np.int64)


def areas_below(problem: ClearingProblem) -> dict[int, list[int]]:
    """For every area with others below it: itself and all of them, ascending."""
    parent = problem.parent.tolist()
    below: dict[int, list[int]] = {a: [] for a in sorted(set(parent) - {-1})}
    for area in range(len(parent)):
        above = area
        while above >= 0:
            if above in below:
                below[above].append(area)
            above = parent[above]
    return below


def leg_accepted_wh(blocks: BlockOrders, ratio_ppb: IntArray) -> IntArray:
    """(g,) Wh accepted of each leg at the blocks' ratios (b,): next to r x q, halves to even."""
    ratio, energy = ratio_ppb[blocks.leg_block], blocks.leg_energy_wh
    # Split so that the product stays inside 64 bits for every energy below 2**53.
    whole, rest = energy // PPB, energy % PPB
    product = rest * ratio
    low, left = product // PPB, product % PPB
    total: IntArray = whole * ratio + low
    up = (2 * left > PPB) | ((2 * left == PPB) & (total % 2 == 1))
    accepted: IntArray = total + up
    return accepted


def block_injection_wh(problem: ClearingProblem, ratio_ppb: IntArray) -> IntArray:
    """(n, t) Wh that blocks inject at the given ratios, net."""
    blocks = problem.blocks
    injection = np.zeros((problem.n_areas, problem.n_intervals), dtype=np.int64)
    accepted = leg_accepted_wh(blocks, ratio_ppb)
    signed = np.where(blocks.is_sell[blocks.leg_block], accepted, -accepted)
    np.add.at(injection, (blocks.area[blocks.leg_block], blocks.leg_interval), signed)
    return injection


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
    sizes = [float(max(int(one.max()), -int(one.min()))) for one in (left, right)]
    bound = sizes[0] * sizes[1] * len(left)
    if bound < 2.0**62:
        return int(np.dot(left, right))
    return sum(int(a) * int(b) for a, b in zip(left, right, strict=True))
