"""Storages in whole Wh: from a continuous schedule to one whose state of charge adds up exactly.

The one idea to know: a charge gains its floor and a discharge drains its ceiling, so every step may
lose a Wh against the continuous schedule. Between two moments at which the storage is empty or full
one step or so is not at its limit, and that one takes up the difference, so that empty stays empty
and full stays full.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import Final

import numpy as np

from clearing.curves import FloatArray
from clearing.problem import PPM, ClearingProblem, IntArray
from clearing.refine import State

#: A continuous value this close to a whole Wh or to a bound is there.
_EQUAL_WH: Final = 1e-3
#: Wh by which a step is moved at most to take up what the others lost.
_MOVED_MAX: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeStorages:
    """What storages do, in whole Wh."""

    charge_wh: IntArray  # (s, t)
    discharge_wh: IntArray  # (s, t)
    stored_wh: IntArray  # (s, t) at the end of the interval; the start before the window

    def injection_wh(self, problem: ClearingProblem) -> IntArray:
        """(n, t) Wh the storages give, net."""
        injection = np.zeros((problem.n_areas, problem.n_intervals), dtype=np.int64)
        np.add.at(injection, problem.storages.area, self.discharge_wh - self.charge_wh)
        return injection


def rounding_losses_wh(problem: ClearingProblem, whole: WholeStorages) -> FloatArray:
    """(s, t) what floors and ceilings keep from being stored, against the plain efficiencies."""
    storages = problem.storages
    gain = (storages.efficiency_charge_ppm / PPM)[:, None]
    drain = (PPM / storages.efficiency_discharge_ppm)[:, None]
    change = np.diff(whole.stored_wh, axis=1, prepend=storages.start_wh[:, None])
    return gain * whole.charge_wh - drain * whole.discharge_wh - change


def idle_storages(problem: ClearingProblem) -> WholeStorages:
    """Doing nothing, which is always possible."""
    shape = (len(problem.storages), problem.n_intervals)
    start = problem.storages.start_wh[:, None]
    return WholeStorages(
        charge_wh=np.zeros(shape, dtype=np.int64),
        discharge_wh=np.zeros(shape, dtype=np.int64),
        stored_wh=np.broadcast_to(start, shape).astype(np.int64),
    )


def whole_storages(problem: ClearingProblem, state: State) -> WholeStorages:
    """Whole schedules next to the continuous ones."""
    idle = idle_storages(problem)
    for s in range(len(problem.storages)):
        if (state.charge_wh[s] > _EQUAL_WH).any() or (state.discharge_wh[s] > _EQUAL_WH).any():
            _Schedule(problem, state, s).write(idle)
    return idle


class _Schedule:
    """One storage's schedule while it is made whole."""

    def __init__(self, problem: ClearingProblem, state: State, s: int) -> None:
        storages = problem.storages
        self._s, self._first = s, int(storages.first_interval[s])
        self._end = int(storages.last_interval[s]) + 1
        here = slice(self._first, self._end)
        self._gain = int(storages.efficiency_charge_ppm[s])
        self._drain = int(storages.efficiency_discharge_ppm[s])
        self._capacity, self._start = int(storages.capacity_wh[s]), int(storages.start_wh[s])
        self._most = (int(storages.charge_limit_wh[s]), int(storages.discharge_limit_wh[s]))
        wanted = (state.charge_wh[s, here], state.discharge_wh[s, here])
        self._wanted = tuple(each.tolist() for each in wanted)
        self._flow = tuple(np.rint(each).astype(np.int64).tolist() for each in wanted)
        self._target = state.stored_wh[s, here].tolist()

    def write(self, whole: WholeStorages) -> None:
        """Make it whole and write it where it belongs."""
        begin, soc = 0, self._start
        for t in range(len(self._target)):
            bound = self._bound_at(t)
            if bound is not None or t == len(self._target) - 1:
                if bound is not None:
                    self._meet(begin, t + 1, soc, bound)
                soc = self._clipped(begin, t + 1, soc)
                begin = t + 1
        here = slice(self._first, self._end)
        whole.charge_wh[self._s, here], whole.discharge_wh[self._s, here] = self._flow
        changes = map(self._change, *self._flow)
        _, *stored = accumulate(changes, initial=self._start)
        whole.stored_wh[self._s, here] = stored
        whole.stored_wh[self._s, self._end :] = stored[-1]

    def _change(self, charge: int, discharge: int) -> int:
        """Wh stored more: floor of what comes in less the ceiling of what goes out."""
        return (
            charge * self._gain // PPM
            + -(discharge * PPM // self._drain)
            - (discharge * PPM % self._drain > 0)
        )

    def _bound_at(self, t: int) -> int | None:
        """0 or the capacity where the continuous schedule is empty or full; else None."""
        if self._target[t] <= _EQUAL_WH:
            return 0
        return self._capacity if self._target[t] >= self._capacity - _EQUAL_WH else None

    def _end_of(self, begin: int, end: int, soc: int) -> int:
        charge, discharge = self._flow
        return soc + sum(self._change(charge[t], discharge[t]) for t in range(begin, end))

    def _meet(self, begin: int, end: int, soc: int, bound: int) -> None:
        """Move the steps that are not at a limit until the stretch ends on its bound."""
        movable = self._movable(begin, end)
        missing = bound - self._end_of(begin, end, soc) if movable else 0
        for side, t in movable:
            flow, most = self._flow[side], self._most[side]
            for _ in range(_MOVED_MAX):
                if missing == 0:
                    return
                step = 1 if (missing > 0) == (side == 0) else -1
                if not 0 <= flow[t] + step <= most:
                    break
                before = self._change(*self._pair(t))
                flow[t] += step
                after = missing - (self._change(*self._pair(t)) - before)
                if abs(after) > abs(missing):
                    flow[t] -= step
                    break
                missing = after

    def _pair(self, t: int) -> tuple[int, int]:
        return self._flow[0][t], self._flow[1][t]

    def _movable(self, begin: int, end: int) -> list[tuple[int, int]]:
        """Side and step of what is strictly inside its limits, the least whole of them first."""
        found = []
        for side in (0, 1):
            wanted, most = self._wanted[side], self._most[side]
            for t in range(begin, end):
                value = wanted[t]
                if _EQUAL_WH < value < most - _EQUAL_WH:
                    found.append((-round(abs(value - round(value)), 3), side, t))
        return [(side, t) for _, side, t in sorted(found)]

    def _clipped(self, begin: int, end: int, soc: int) -> int:
        """Reduce what would leave 0 .. capacity; doing less is always possible."""
        charge, discharge = self._flow
        for t in range(begin, end):
            while charge[t] > 0 and soc + self._change(charge[t], discharge[t]) > self._capacity:
                charge[t] -= 1
            while discharge[t] > 0 and soc + self._change(charge[t], discharge[t]) < 0:
                discharge[t] -= 1
            soc += self._change(charge[t], discharge[t])
        return soc
