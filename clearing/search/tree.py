"""Which blocks: a first answer, exchanges and re-insertion around it, a bound, and a tree between.

Let R(C) be the linear problem with the blocks of C free between 0 and 1 and all others out. A
choice C is supported by prices at which no accepted family loses exactly when its welfare is that
of R(C). So keeping out every block the linear problem splits, again and again, ends in a valid
choice, and a block forced in is checked by one more solve. Forcing the blocks I in can lead to
nothing valid as soon as R(I) is above the bound of the point: every larger choice has R at least
as large.

The one idea to know: best bound first, with reduced costs settling whatever would cost more than
there is left to gain, so that the tree is over the few blocks that are really in question.

Sources: Madani and Van Vyve, Computationally efficient MIP formulation and algorithms for European
day-ahead electricity market auctions, EJOR 242 (2015); Martin, Müller and Pokutta, Strict linear
prices in non-convex European day-ahead electricity markets, Optim. Methods Softw. 29 (2014).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import combinations
from typing import Final

import numpy as np

from clearing.curves import FloatArray
from clearing.problem import BoolArray, ClearingProblem
from clearing.refine import Fixing, Relaxation, State, nothing_fixed
from clearing.search import rules
from clearing.search.circles import without_idle_circles
from clearing.search.found import Effort, Found
from clearing.solver import SolverFailedError

#: Costs within this share of the money at stake are equal: the solver's own accuracy.
COST_EQUAL: Final = 1e-10
#: Rejected blocks among which exchanges are looked for: six and their pairs are some twenty solves.
_EXCHANGED: Final = 6
#: Exchanges tried in all; a better answer begins them anew.
_EXCHANGES_MAX: Final = 60
#: Rejected blocks tried for re-insertion after each better answer.
_REINSERTED_MAX: Final = 24
#: A dive from a point of the tree every so many points.
_DIVE_EVERY: Final = 16
#: Rounds of a dive; every round keeps something out for good.
_ROUNDS_MAX: Final = 200

#: Called with every better answer, and the bound at that time.
OnBetter = Callable[[State, Fixing, float], None]


def search_tree(
    problem: ClearingProblem,
    relaxation: Relaxation,
    welfare_alone: float,
    effort: Effort,
    on_better: OnBetter | None = None,
) -> Found:
    """The best choice of blocks and directions within the effort allowed.

    `welfare_alone` (quanta) is what costs count from; gaps are relative to the whole welfare.
    """
    return _Search(problem, relaxation, welfare_alone, effort, on_better).run()


@dataclass(order=True, slots=True)
class _Point:
    """An open point of the tree; its bound is its parent's cost."""

    bound: float
    number: int
    fixing: Fixing = field(compare=False)


class _Search:
    def __init__(
        self,
        problem: ClearingProblem,
        relaxation: Relaxation,
        welfare_alone: float,
        effort: Effort,
        on_better: OnBetter | None,
    ) -> None:
        self._problem, self._relaxation, self._alone = problem, relaxation, welfare_alone
        self._effort, self._on_better = effort, on_better
        self._size = _block_sizes(problem)
        self._best: State | None = None
        self._best_fixing = nothing_fixed(problem)
        self._bound = -np.inf
        self._points = self._numbered = 0
        self._stake = 1.0

    def run(self) -> Found:
        root = nothing_fixed(self._problem)
        state = self._solve(root)
        assert state is not None
        self._stake = 1.0 + abs(self._alone - state.cost)
        self._bound = state.cost
        self._dive(root, state)
        self._exchange()
        self._reinsert()
        open_points = [_Point(state.cost, 0, root)]
        expired = False
        while open_points and not self._is_good_enough():
            expired = self._effort.expired()
            if expired or self._points >= self._effort.points_max:
                break
            point = heappop(open_points)
            self._bound = min(max(self._bound, point.bound), self._best_cost)
            if self._is_beaten(point.bound):
                open_points = []
                break
            self._points += 1
            for child in self._expand(point):
                heappush(open_points, child)
        if not open_points:
            self._bound = self._best_cost
        assert self._best is not None
        return Found(
            state=self._best,
            fixing=self._best_fixing,
            cost_bound=min(self._bound, self._best_cost),
            proven=self._is_good_enough(),
            reproducible=not expired,
            points=self._points,
        )

    # ── points ──────────────────────────────────────────────────────────────────────────────

    def _expand(self, point: _Point) -> list[_Point]:
        """Solve a point; what is left of it as children."""
        problem = self._problem
        state = self._solve(point.fixing)
        if state is None or self._is_beaten(state.cost):
            return []
        surplus = self._relaxation.block_surplus()
        ways = rules.branches(problem, point.fixing, state)
        if ways:
            return self._children(state.cost, ways)
        losing = self._losing(point.fixing, state, surplus)
        fixing = self._settled_by_cost(point.fixing, state, surplus)
        # Blocks that must be in for anything better count as forced in: they make this sharp.
        if losing.any() and not self._can_be_valid(fixing, fixing.ratio_low > 0.0, state.cost):
            return []
        split = rules.split_blocks(problem, state)
        if split.any():
            if self._points % _DIVE_EVERY == 0:
                self._dive(fixing, state)
            return self._branch_on(fixing, state, self._most_in_question(state, split))
        if not losing.any() or self._is_valid(fixing, state):
            self._take(fixing, state)
            return []
        block = self._culprit(fixing, state, surplus)
        return [] if block is None else self._branch_on(fixing, state, block)

    def _branch_on(self, fixing: Fixing, state: State, block: int) -> list[_Point]:
        out = rules.with_out(fixing, block)
        accepted = rules.with_in(self._problem, fixing, block)
        return self._children(state.cost, [out, accepted])

    def _children(self, bound: float, ways: list[Fixing]) -> list[_Point]:
        children = []
        for fixing in ways:
            self._numbered += 1
            # Newest first among equals: the search goes down before it goes wide.
            children.append(_Point(bound, -self._numbered, fixing))
        return children

    def _settled_by_cost(self, fixing: Fixing, state: State, surplus: FloatArray) -> Fixing:
        """Blocks whose other choice would cost more than there is left to gain are settled."""
        if self._best is None:
            return fixing
        left = self._best_cost - state.cost
        free = (fixing.ratio_low == 0.0) & (fixing.ratio_high == 1.0)
        low = rules.ratio_min(self._problem)
        must = free & (state.ratio >= 1.0 - rules.RATIO_EQUAL) & (surplus > left)
        never = free & (state.ratio <= rules.RATIO_EQUAL) & (-surplus * low > left)
        if must.any():
            fixing = rules.with_in(self._problem, fixing, must)
        return rules.with_out(fixing, never) if never.any() else fixing

    def _most_in_question(self, state: State, split: BoolArray) -> int:
        """The split block whose either choice moves most."""
        low = rules.ratio_min(self._problem)
        doubt = np.minimum(state.ratio, np.maximum(low - state.ratio, 0.0)) * self._size
        return int(np.argmax(np.where(split, doubt, -1.0)))

    def _culprit(self, fixing: Fixing, state: State, surplus: FloatArray) -> int | None:
        """An accepted block not yet forced in, the likeliest to make a forced one lose."""
        open_blocks = rules.accepted_blocks(state) & (fixing.ratio_low == 0.0)
        if not open_blocks.any():
            return None
        gain = np.where(open_blocks, surplus / np.maximum(self._size, 1.0), np.inf)
        return int(np.argmin(gain))

    # ── rules ───────────────────────────────────────────────────────────────────────────────

    def _losing(self, fixing: Fixing, state: State, surplus: FloatArray) -> BoolArray:
        """(b,) forced in and better off with less."""
        held = (fixing.ratio_low > 0.0) & (state.ratio <= fixing.ratio_low + rules.RATIO_EQUAL)
        losing: BoolArray = held & (surplus < -COST_EQUAL * self._stake)
        return losing

    def _can_be_valid(self, fixing: Fixing, forced: BoolArray, cost: float) -> bool:
        """Whether the forced blocks alone do not already promise more than the point has left."""
        alone = self._solve(rules.only(fixing, forced))
        return alone is None or alone.cost >= cost - self._tolerance

    def _is_valid(self, fixing: Fixing, state: State) -> bool:
        """Whether prices support the state's choice, no accepted family losing."""
        freed = self._solve(rules.only(fixing, rules.accepted_blocks(state)))
        return freed is None or freed.cost >= state.cost - self._tolerance

    # ── answers ─────────────────────────────────────────────────────────────────────────────

    def _dive(self, fixing: Fixing, state: State) -> None:
        """Mend every conflict at its least, again and again, and take what it ends with."""
        for _ in range(_ROUNDS_MAX):
            after = rules.mended(self._problem, fixing, state)
            if after is None:
                break
            fixing = after
            found = self._solve(fixing)
            if found is None or self._is_beaten(found.cost):
                return
            state = found
        else:
            return
        surplus = self._relaxation.block_surplus()
        if self._losing(fixing, state, surplus).any() and not self._is_valid(fixing, state):
            return
        self._take(fixing, state)

    def _exchange(self) -> None:
        """Force a rejected block that would gain in, or a sale beside a purchase, for what it moves.

        Only the accepted blocks are free beside it, so such a dive is over after two or three
        solves; a dive loses most where one block left out made the next one split.
        """
        tried: set[tuple[int, ...]] = set()
        better = self._best is not None and len(self._problem.blocks) > 0
        while better and not self._is_good_enough():
            better = self._exchange_once(tried)

    def _exchange_once(self, tried: set[tuple[int, ...]]) -> bool:
        """The first exchange not yet tried that is better; False where there is none."""
        best = self._best
        assert best is not None
        accepted = rules.accepted_blocks(best)
        for blocks in self._exchanges(self._gaining(best)[:_EXCHANGED]):
            if blocks in tried:
                continue
            if len(tried) >= _EXCHANGES_MAX or self._is_good_enough() or self._effort.expired():
                return False
            tried.add(blocks)
            self._dive_with(blocks, accepted)
            if self._best is not best:
                return True
        return False

    def _exchanges(self, blocks: list[int]) -> list[tuple[int, ...]]:
        """Each block alone, then every sale with every purchase."""
        sells = self._problem.blocks.is_sell
        pairs = [
            (one, other) for one, other in combinations(blocks, 2) if sells[one] != sells[other]
        ]
        return [*((block,) for block in blocks), *pairs]

    def _reinsert(self) -> None:
        """Force one rejected block that would gain in, free all others, dive again."""
        if self._best is None or not len(self._problem.blocks):
            return
        tried: set[int] = set()
        every = np.ones(len(self._problem.blocks), dtype=np.bool_)
        for _ in range(_REINSERTED_MAX):
            if self._is_good_enough() or self._effort.expired():
                return
            block = next((b for b in self._gaining(self._best) if b not in tried), None)
            if block is None:
                return
            tried.add(block)
            self._dive_with((block,), every)

    def _gaining(self, best: State) -> list[int]:
        """Rejected blocks that would gain at the prices of the best answer, the most first."""
        self._solve(self._best_fixing)
        surplus = self._relaxation.block_surplus()
        surplus = np.where(rules.accepted_blocks(best), -np.inf, surplus)
        order = np.argsort(-surplus, kind="stable")
        gaining: list[int] = order[surplus[order] > 0.0].tolist()
        return gaining

    def _dive_with(self, forced: tuple[int, ...], free: BoolArray) -> None:
        """Dive from some blocks forced in and some free, all others out."""
        inside = np.zeros_like(free)
        inside[list(forced)] = True
        fixing = rules.only(self._best_fixing, free | inside)
        fixing = rules.with_in(self._problem, fixing, inside)
        state = self._solve(fixing)
        if state is not None and not self._is_beaten(state.cost):
            self._dive(fixing, state)

    def _take(self, fixing: Fixing, state: State) -> None:
        if self._best is not None and state.cost >= self._best.cost:
            return
        self._best = without_idle_circles(self._problem, state)
        self._best_fixing = fixing
        if self._on_better is not None:
            self._on_better(state, fixing, self._bound)

    def _solve(self, fixing: Fixing) -> State | None:
        """The optimum under a fixing; None where nothing fits."""
        if (fixing.ratio_low > fixing.ratio_high).any():
            return None
        try:
            return self._relaxation.solve(fixing)
        except SolverFailedError:
            return None

    @property
    def _best_cost(self) -> float:
        return np.inf if self._best is None else self._best.cost

    @property
    def _tolerance(self) -> float:
        return COST_EQUAL * self._stake

    def _is_beaten(self, cost: float) -> bool:
        return cost >= self._best_cost - self._tolerance

    def _is_good_enough(self) -> bool:
        if self._best is None:
            return False
        welfare = max(1.0, abs(self._alone - self._best.cost))
        return self._best.cost - self._bound <= max(self._effort.gap * welfare, self._tolerance)


def _block_sizes(problem: ClearingProblem) -> FloatArray:
    """(b,) Wh of all legs."""
    blocks = problem.blocks
    energy = blocks.leg_energy_wh.astype(np.float64)
    return np.bincount(blocks.leg_block, weights=energy, minlength=len(blocks)).astype(np.float64)
