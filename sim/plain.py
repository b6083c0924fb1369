"""The plain day: the same devices, optimised alone on the retailer's tariff.

The one idea: what a household would pay without neighbours, at its best. It knows its own day
perfectly, which no household does, so the market is compared with more than it could have: a
saving that is left is not owed to a weak comparison.

Per household and interval i (energies in Wh at the meter, prices in ticks):

    min  Σ_i [ (ask_i + charges) · import_i − bid_i · export_i + wear · (charge_i + discharge_i) ]
    import − export = load − solar + charge − discharge + car + heat
    state of charge: c_(i+1) = c_i + η_c charge − discharge / η_d, 0 ≤ c ≤ capacity, both ends given
    Σ car and Σ heat up to i between the same two comfort curves as in the market

with `ask` and `bid` the retailer's delivered prices. A linear program, solved by HiGHS; the
solution is turned into whole Wh and the bill into whole quanta, so the comparison is exact.
Without storage, car or heat pump there is nothing to decide and the bill is plain arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import highspy
import numpy as np
from numpy.typing import NDArray

from sim.flexible import WEAR_TICKS, level_after
from sim.profiles import INTERVAL_S, INTERVALS, Household, UnitProfile, interval_max_wh, true_need
from sim.stays import FlexibleNeed
from sim.tariff import Tariff

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

PPM: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainDay:
    """One household's day without the market."""

    participant_id: str
    net_wh: IntArray  # (96,) at the meter, withdrawn from the grid +, injected −
    use_wh: int
    """What load, car and heat pump consumed."""
    supply_wh: int
    """What panels and battery delivered (the battery less what it took)."""
    cost_quanta: int
    """What the day costs: delivered energy and withdrawal charges less what was fed in."""
    withdrawal_wh: int
    export_wh: int


def plain_day(
    household: Household,
    tariff: Tariff,
    *,
    day_start_s: int,
    final_level_wh: Mapping[str, int],
) -> PlainDay:
    """The cheapest day of one household on the tariff alone.

    Args:
        household: its devices and what they truly did or need.
        tariff: delivered prices and charges of its area.
        day_start_s: start of the day's first interval.
        final_level_wh: storage unit → state of charge at the day's end, the same as in the market.
    """
    asks = np.array([tariff.delivered_ask_ticks(day_start_s + i * INTERVAL_S) for i in _RANGE])
    bids = np.array([tariff.delivered_bid_ticks(day_start_s + i * INTERVAL_S) for i in _RANGE])
    fixed = _fixed_wh(household)
    flexible = [u for u in household.units if u.controllable]
    schedules = {}
    if flexible:
        schedules = _Program(asks + tariff.withdrawal_ticks, bids, fixed).solve(
            flexible, final_level_wh
        )
    net = fixed + sum(schedules.values(), np.zeros(INTERVALS, dtype=np.int64))
    use = int(np.maximum(_loads_wh(household), 0).sum())
    use += sum(int(s.sum()) for u, s in schedules.items() if not u.endswith("storage"))
    withdrawn, injected = np.maximum(net, 0), np.maximum(-net, 0)
    # A Python integer from here on: money has no width.
    cost = sum(
        int(w) * int(a + tariff.withdrawal_ticks) - int(x) * int(b)
        for w, x, a, b in zip(withdrawn, injected, asks, bids, strict=True)
    )
    return PlainDay(
        participant_id=household.participant_id,
        net_wh=net,
        use_wh=use,
        supply_wh=use - int(net.sum()),
        cost_quanta=cost,
        withdrawal_wh=int(withdrawn.sum()),
        export_wh=int(injected.sum()),
    )


_RANGE: Final = range(INTERVALS)


def _loads_wh(household: Household) -> IntArray:
    load = household.unit("load")
    return load.energy_wh if load is not None else np.zeros(INTERVALS, dtype=np.int64)


def _fixed_wh(household: Household) -> IntArray:
    """(96,) what nobody decides: load less solar."""
    solar = household.unit("solar")
    return _loads_wh(household) - (solar.energy_wh if solar is not None else 0)


class _Program:
    """The linear program of one household, built column by column for HiGHS."""

    def __init__(self, buy_ticks: IntArray, sell_ticks: IntArray, fixed_wh: IntArray) -> None:
        self._costs: list[float] = []
        self._uppers: list[float] = []
        self._rows: list[tuple[float, float, list[int], list[float]]] = []
        imported = self._columns(buy_ticks.astype(float), np.full(INTERVALS, np.inf))
        exported = self._columns(-sell_ticks.astype(float), np.full(INTERVALS, np.inf))
        # import − export − (what flexible units withdraw) = what nobody decides
        self._balance: list[tuple[list[int], list[float]]] = [
            ([imported[i], exported[i]], [1.0, -1.0]) for i in _RANGE
        ]
        self._fixed = fixed_wh

    def solve(
        self, flexible: list[UnitProfile], final_level_wh: Mapping[str, int]
    ) -> dict[str, IntArray]:
        """Unit → (96,) whole Wh withdrawn (+) or injected (−)."""
        columns: dict[str, tuple[list[int], list[int]]] = {}
        for unit in flexible:
            if unit.battery is not None:
                columns[unit.unit_id] = self._add_storage(unit, final_level_wh[unit.unit_id])
            else:
                columns[unit.unit_id] = self._add_need(true_need(unit)), []
        for i, (indices, values) in enumerate(self._balance):
            fixed = float(self._fixed[i])
            self._rows.append((fixed, fixed, indices, values))
        solution = self._optimum()
        result = {}
        for unit in flexible:
            taken, given = columns[unit.unit_id]
            amounts = solution[taken]
            if unit.battery is not None:
                amounts = amounts - solution[given]
                result[unit.unit_id] = _whole_storage(unit, amounts)
            else:
                result[unit.unit_id] = _whole_need(true_need(unit), amounts)
        return result

    def _columns(self, costs: FloatArray, uppers: FloatArray) -> list[int]:
        first = len(self._costs)
        self._costs += costs.tolist()
        self._uppers += uppers.tolist()
        return list(range(first, len(self._costs)))

    def _add_need(self, need: FlexibleNeed) -> list[int]:
        taken = self._columns(np.zeros(INTERVALS), np.full(INTERVALS, float(need.interval_max_wh)))
        for i in _RANGE:
            self._balance[i][0].append(taken[i])
            self._balance[i][1].append(-1.0)
            self._rows.append(
                (
                    float(need.latest_wh[i]),
                    float(need.earliest_wh[i]),
                    taken[: i + 1],
                    [1.0] * (i + 1),
                )
            )
        return taken

    def _add_storage(self, unit: UnitProfile, final_wh: int) -> tuple[list[int], list[int]]:
        battery = unit.battery
        assert battery is not None
        wear = np.full(INTERVALS, float(WEAR_TICKS))
        largest = np.full(INTERVALS, float(interval_max_wh(unit)))
        charge, discharge = self._columns(wear, largest), self._columns(wear, largest)
        level = self._columns(np.zeros(INTERVALS), np.full(INTERVALS, float(battery.capacity_wh)))
        kept, lost = battery.efficiency_charge_ppm / PPM, PPM / battery.efficiency_discharge_ppm
        for i in _RANGE:
            self._balance[i][0].extend((charge[i], discharge[i]))
            self._balance[i][1].extend((-1.0, 1.0))
            indices, values = [level[i], charge[i], discharge[i]], [1.0, -kept, lost]
            before = float(battery.start_wh) if i == 0 else 0.0
            if i:
                indices.append(level[i - 1])
                values.append(-1.0)
            self._rows.append((before, before, indices, values))
        self._rows.append((float(final_wh), float(final_wh), [level[-1]], [1.0]))
        return charge, discharge

    def _optimum(self) -> FloatArray:
        highs = highspy.Highs()  # type: ignore[no-untyped-call]
        highs.silent()
        highs.setOptionValue("threads", 1)
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self._costs), len(self._rows)
        lp.col_cost_ = np.array(self._costs)
        lp.col_lower_, lp.col_upper_ = np.zeros(lp.num_col_), np.array(self._uppers)
        lp.row_lower_ = np.array([row[0] for row in self._rows])
        lp.row_upper_ = np.array([row[1] for row in self._rows])
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.cumsum([0] + [len(row[2]) for row in self._rows])
        lp.a_matrix_.index_ = np.concatenate([row[2] for row in self._rows]).astype(np.int32)
        lp.a_matrix_.value_ = np.concatenate([row[3] for row in self._rows])
        highs.passModel(lp)
        highs.run()
        if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise ValueError(f"a household's plain day has no optimum: {highs.getModelStatus()}")
        return np.array(highs.getSolution().col_value)


def _whole_need(need: FlexibleNeed, amounts: FloatArray) -> IntArray:
    """Whole Wh that stay between the curves: each interval takes what its cumulative rounds to."""
    taken = 0
    result = np.zeros(INTERVALS, dtype=np.int64)
    for i, target in enumerate(np.rint(np.cumsum(amounts)).astype(np.int64)):
        least, most = need.bounds_wh(i, taken)
        result[i] = min(max(int(target) - taken, least), most)
        taken += int(result[i])
    return result


def _whole_storage(unit: UnitProfile, amounts: FloatArray) -> IntArray:
    """Whole Wh at the grid that the battery can follow; rounding costs at most a Wh an interval."""
    battery = unit.battery
    assert battery is not None
    level = battery.start_wh
    result = np.rint(amounts).astype(np.int64)
    for i in _RANGE:
        after = level_after(unit, level, int(result[i]))
        # A Wh too much at a full or empty battery is left out.
        while after > battery.capacity_wh or after < 0:
            result[i] -= 1 if after > battery.capacity_wh else -1
            after = level_after(unit, level, int(result[i]))
        level = after
    return result
