"""The reopening call: one price for the crossed orders of one area and interval, in integers.

The one idea: at a price p everything offered at most at p meets everything bid at least at p. The
price with the largest volume wins; where a range has it, its middle, rounded half to even. Orders
better than the price fill in full, those at the price share what is left in time order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from market.model.units import round_half_even


@dataclass(frozen=True, slots=True)
class Standing:
    """An order as the uncross sees it; time order is the order of the sequence handed in."""

    order_id: str
    is_sell: bool
    price_ticks: int
    energy_wh: int


@dataclass(frozen=True, slots=True)
class Uncrossed:
    """What the call made: a price, and who trades how much."""

    price_ticks: int
    fills: tuple[tuple[str, int], ...]
    """(order id, energy_wh > 0) in time order; sells and buys sum to the same energy."""


def uncross(orders: Sequence[Standing]) -> Uncrossed | None:
    """The reopening price and fills; None: nothing crosses."""
    levels = sorted({order.price_ticks for order in orders})
    if not levels:
        return None
    supply_wh = _cumulated(levels, [o for o in orders if o.is_sell])
    demand_wh = _cumulated(levels[::-1], [o for o in orders if not o.is_sell])[::-1]
    volumes = [min(s, d) for s, d in zip(supply_wh, demand_wh, strict=True)]
    volume_wh = max(volumes)
    if volume_wh == 0:
        return None
    price_ticks = _middle(levels, supply_wh, demand_wh, volume_wh)
    fills = {
        **_filled([o for o in orders if o.is_sell and o.price_ticks <= price_ticks], volume_wh),
        **_filled([o for o in orders if not o.is_sell and o.price_ticks >= price_ticks], volume_wh),
    }
    in_time = ((o.order_id, fills[o.order_id]) for o in orders if fills.get(o.order_id))
    return Uncrossed(price_ticks, tuple(in_time))


def _cumulated(levels: Sequence[int], orders: Sequence[Standing]) -> list[int]:
    at_wh = dict.fromkeys(levels, 0)
    for order in orders:
        at_wh[order.price_ticks] += order.energy_wh
    return list(accumulate(at_wh[level] for level in levels))


def _middle(
    levels: Sequence[int], supply_wh: Sequence[int], demand_wh: Sequence[int], volume_wh: int
) -> int:
    """Middle of all prices at which the largest volume trades.

    Those are the prices from the one at which supply reaches it to the one at which demand still
    does; between two levels nothing changes, so the ends are levels.
    """
    low = next(p for p, wh in zip(levels, supply_wh, strict=True) if wh >= volume_wh)
    high = next(
        p for p, wh in zip(reversed(levels), reversed(demand_wh), strict=True) if wh >= volume_wh
    )
    return round_half_even(low + high, 2)


def _filled(orders: Sequence[Standing], volume_wh: int) -> dict[str, int]:
    """Best price first, then time, until the volume is used up."""
    fills: dict[str, int] = {}
    left_wh = volume_wh
    best_first = sorted(orders, key=lambda o: o.price_ticks if o.is_sell else -o.price_ticks)
    for order in best_first:
        fills[order.order_id] = taken_wh = min(order.energy_wh, left_wh)
        left_wh -= taken_wh
    return fills
