"""What a stored (or already consumed) Wh is worth later: the one plan of everything flexible.

The one idea: a battery's charge and the energy a car or heat pump has already taken are both a
level that the coming hours can use. The value of each level at the end of every interval follows
backwards from the end of the day,

    V_t(s) = E_price max_j [ −cost_t(price, e_j) + V_{t+1}(s + j δ) ]        s in Wh of level

with e_j the energy at the grid for j steps of δ Wh up (charging, consuming) or down (discharging):
j δ / η_c up, j δ η_d down. Cost is price × e, wear × |e|, and what the household's *net* metered
withdrawal pays in network fee and levies, which is why taking the household's own surplus is
cheaper than taking the grid's. V is concave, so its slope v falls with the level, and

    buy at most  η_c v − wear (− withdrawal charges beyond own surplus)
    sell at least v / η_d + wear (− withdrawal charges saved inside own use)

Prices are ticks per Wh (an integer tick × Wh is a quantum); values are floats because they are
plans. The bids made from them are whole ticks and Wh.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: What being outside the allowed levels costs per Wh, in ticks: far above any price in sight.
BREACH_TICKS: Final = 100_000.0
#: Offered blocks of less than this are not worth an order.
BLOCK_MIN_WH: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FlexibleUnit:
    """A unit with a level, seen from now to the end of its horizon of `t` intervals."""

    step_wh: float
    """δ, one step of level."""
    levels: int
    """Number of levels; level k holds k · δ."""
    up_steps: int
    """Most steps up in an interval."""
    down_steps: int
    """Most steps down; 0 for what only consumes."""
    efficiency_up: float
    efficiency_down: float
    wear_ticks: float
    least_wh: FloatArray  # (t,) level that must be reached by the end of each interval
    most_wh: FloatArray  # (t,) level that must not be passed
    final_values: FloatArray  # (levels,) what each level is worth at the end, ticks x Wh


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the unit's household and market look like over the same `t` intervals."""

    prices_ticks: FloatArray  # (t, w) possible prices
    weights: Sequence[float]  # (w,) how likely each is
    others_wh: FloatArray  # (t,) what the household's other units withdraw (+) or inject (−)
    withdrawal_ticks: float
    """Network fee and levies per MWh of net metered withdrawal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Some energy at the grid, and the price at which moving all of it changes nothing."""

    energy_wh: int
    price_ticks: float
    must_run: bool = False
    """True: it is taken in this interval whether it was bought or not."""


def level_values(unit: FlexibleUnit, around: Surroundings) -> FloatArray:
    """V at the end of the first interval, (levels,), ticks x Wh."""
    window = unit.up_steps + unit.down_steps + 1
    padded = np.full(unit.levels + window - 1, -np.inf)
    inside = padded[unit.down_steps : unit.down_steps + unit.levels]
    # A view: row k shows what can be reached from level k, whatever is written into `inside`.
    reached = sliding_window_view(padded, window)[None, :, :]  # (1, levels, window)
    costs = _costs(unit, around)[:, :, None, :]  # (t, w, 1, window)
    breaches = _breaches(unit)  # (t, levels)
    weights = np.asarray(around.weights, dtype=np.float64)
    values: FloatArray = unit.final_values - breaches[-1]
    for t in range(len(breaches) - 1, 0, -1):
        inside[:] = values
        values = weights @ (reached - costs[t]).max(axis=2) - breaches[t - 1]
    return values


def purchase_blocks(
    unit: FlexibleUnit, around: Surroundings, values: FloatArray, level_wh: float
) -> list[Block]:
    """What to buy in the first interval, dearest first, at most two blocks.

    The first block is the household's own surplus if it has one: what it takes of that pays no
    network fee.
    """
    room = min(unit.up_steps * unit.step_wh, (unit.levels - 1) * unit.step_wh - level_wh)
    largest = room / unit.efficiency_up
    surplus = max(0.0, -float(around.others_wh[0]))
    blocks = []
    for start, end in _pieces(largest, surplus):
        gain = _value(unit, values, level_wh + end * unit.efficiency_up) - _value(
            unit, values, level_wh + start * unit.efficiency_up
        )
        charge = around.withdrawal_ticks * (max(0.0, end - surplus) - max(0.0, start - surplus))
        price = (gain - charge) / (end - start) - unit.wear_ticks
        blocks.append(Block(energy_wh=int(end) - int(start), price_ticks=price))
    return blocks


def sale_blocks(
    unit: FlexibleUnit, around: Surroundings, values: FloatArray, level_wh: float
) -> list[Block]:
    """What to sell in the first interval, cheapest first, at most two blocks.

    The first block is the household's own use if it has any: what it covers of that saves the
    network fee.
    """
    largest = min(unit.down_steps * unit.step_wh, level_wh) * unit.efficiency_down
    use = max(0.0, float(around.others_wh[0]))
    blocks = []
    for start, end in _pieces(largest, use):
        loss = _value(unit, values, level_wh - start / unit.efficiency_down) - _value(
            unit, values, level_wh - end / unit.efficiency_down
        )
        saved = around.withdrawal_ticks * (min(end, use) - min(start, use))
        price = (loss - saved) / (end - start) + unit.wear_ticks
        blocks.append(Block(energy_wh=int(end) - int(start), price_ticks=price))
    return blocks


def _pieces(largest: float, boundary: float) -> list[tuple[float, float]]:
    """[0, largest] cut where the network fee changes, else in the middle; tiny pieces left out."""
    if largest < BLOCK_MIN_WH:
        return []
    inside = BLOCK_MIN_WH < boundary < largest - BLOCK_MIN_WH
    cut = boundary if inside else largest / 2
    pieces = [(0.0, cut), (cut, largest)]
    return [(a, b) for a, b in pieces if int(b) - int(a) >= BLOCK_MIN_WH] or [(0.0, largest)]


def _value(unit: FlexibleUnit, values: FloatArray, level_wh: float) -> float:
    return float(np.interp(level_wh, np.arange(unit.levels) * unit.step_wh, values))


def _grid_energies(unit: FlexibleUnit) -> FloatArray:
    """(down + 1 + up,) energy withdrawn at the grid for each number of steps, negative: injected."""
    steps = np.arange(-unit.down_steps, unit.up_steps + 1, dtype=np.float64) * unit.step_wh
    grid = np.where(steps > 0, steps / unit.efficiency_up, steps * unit.efficiency_down)
    return np.asarray(grid, dtype=np.float64)


def _costs(unit: FlexibleUnit, around: Surroundings) -> FloatArray:
    """(t, w, steps) cost of each move in each interval under each price."""
    energies = _grid_energies(unit)
    others = around.others_wh[:, None]
    withdrawn = np.maximum(0.0, others + energies) - np.maximum(0.0, others)
    moved = unit.wear_ticks * np.abs(energies) + around.withdrawal_ticks * withdrawn
    costs = around.prices_ticks[:, :, None] * energies + moved[:, None, :]
    return np.asarray(costs, dtype=np.float64)


def _breaches(unit: FlexibleUnit) -> FloatArray:
    """(t, levels) what it costs to end each interval at each level outside the allowed ones."""
    held = np.arange(unit.levels) * unit.step_wh
    below = np.maximum(0.0, unit.least_wh[:, None] - held)
    above = np.maximum(0.0, held - unit.most_wh[:, None])
    return np.asarray(BREACH_TICKS * (below + above), dtype=np.float64)
