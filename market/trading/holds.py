"""How much money an order holds.

The one idea: what it costs at worst. A buyer holds its limit where that is positive, a seller holds
where it would have to pay, at a negative price.
"""

from typing import Final

from market.model.order import Side

_BUY: Final = Side.BUY


def hold_quanta(side: Side, price_ticks: int, energy_wh: int) -> int:
    """Money to hold, in quanta of 1e-8 currency."""
    price_at_worst_ticks = price_ticks if side is _BUY else -price_ticks
    return price_at_worst_ticks * energy_wh if price_at_worst_ticks > 0 else 0
