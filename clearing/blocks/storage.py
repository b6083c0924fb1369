"""Storage orders: charge and discharge bound together by what is stored.

Sets: storages s, intervals t of their windows first(s) … last(s).

    0 ≤ charge[s,t] ≤ charge_limit[s]                                 Wh, from the area
    0 ≤ discharge[s,t] ≤ discharge_limit[s]                           Wh, to the area
    0 ≤ stored[s,t] ≤ capacity[s]                                     Wh, at the end of t
    state_of_charge:  stored[s,t] = stored[s,t−1] + η_charge[s] · charge[s,t]
                                    − discharge[s,t] / η_discharge[s]     Wh, dual: stored value
    stored[s, first − 1] = start[s]

Adds `discharge − charge` to the injection of the area and
`end_value · (stored[s, last] − start) − spread · discharge` to the welfare. In whole Wh the gain
is rounded down and the drain up. That a storage never charges and discharges at once is no linear
rule: at positive prices it cannot pay, at negative ones `clearing.search` branches on the
direction.

Source: the state-of-charge recursion of linear storage models, as in PyPSA's documentation on
storage units.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr import LinearExpression

from clearing.curves import Bounds, Curves, FloatArray
from clearing.problem import PPM, ClearingProblem


def add(model: Any, problem: ClearingProblem) -> None:
    """State what a storage may do."""
    storages = problem.storages
    places = [(s, t) for s, t in zip(*_window(problem), strict=True)]
    model.storage_window = pyo.Set(initialize=places, dimen=2)
    model.charge = pyo.Var(model.storage_window)
    model.discharge = pyo.Var(model.storage_window)
    model.stored = pyo.Var(model.storage_window)
    gain = (storages.efficiency_charge_ppm / PPM).tolist()
    drain = (PPM / storages.efficiency_discharge_ppm).tolist()
    area, first = storages.area.tolist(), storages.first_interval.tolist()
    last, start = storages.last_interval.tolist(), storages.start_wh.tolist()
    value, spread = storages.end_value_ticks.tolist(), storages.spread_ticks.tolist()
    welfare: list[Any] = []
    for s, t in places:
        charge, discharge = model.charge[s, t], model.discharge[s, t]
        model.injection[area[s], t] += [discharge, -charge]
        if spread[s]:
            welfare.append(-spread[s] * discharge)
        if t == last[s]:
            welfare.append(value[s] * model.stored[s, t])
            welfare.append(-float(value[s] * start[s]))
    model.welfare_terms["storage orders"] = welfare

    def state_of_charge(m: Any, s: int, t: int) -> Any:
        here = [m.stored[s, t], m.charge[s, t], m.discharge[s, t]]
        factors = [1.0, -gain[s], drain[s]]
        if t == first[s]:
            return (start[s], LinearExpression(linear_coefs=factors, linear_vars=here), start[s])
        body = LinearExpression(
            linear_coefs=[*factors, -1.0], linear_vars=[*here, m.stored[s, t - 1]]
        )
        return (0.0, body, 0.0)

    model.state_of_charge = pyo.Constraint(model.storage_window, rule=state_of_charge)


def bounds(problem: ClearingProblem, curves: Curves) -> Bounds:  # noqa: ARG001 - one signature
    """Power and capacity of every storage in every interval of its window."""
    storages = problem.storages
    which = np.array(_window(problem)[0], dtype=np.int64)
    nothing = np.zeros(len(which))

    def most(limit: Any) -> FloatArray:
        return np.asarray(limit[which], dtype=np.float64)

    return {
        "charge": (nothing, most(storages.charge_limit_wh)),
        "discharge": (nothing, most(storages.discharge_limit_wh)),
        "stored": (nothing, most(storages.capacity_wh)),
    }


def _window(problem: ClearingProblem) -> tuple[list[int], list[int]]:
    """Storage and interval of every variable, storage by storage."""
    first = problem.storages.first_interval.tolist()
    last = problem.storages.last_interval.tolist()
    pairs = [(s, t) for s in range(len(first)) for t in range(first[s], last[s] + 1)]
    return [s for s, _ in pairs], [t for _, t in pairs]
