"""Orders that stand in no book for now: hibernated by their owner, or waiting for its word.

The one idea: such an order holds no money and no energy, so it binds nobody; when it wakes it is
checked like a new one and stands behind those already there.
"""

from dataclasses import dataclass

from market.model.order import OrderOptions, Side


@dataclass(slots=True, kw_only=True)
class SleepingOrder:
    """What an order needs to come back."""

    order_id: str
    participant_id: str
    unit_id: str
    area_id: str
    start_s: int
    side: Side
    price_ticks: int
    energy_wh: int
    """What was open when it fell asleep."""
    options: OrderOptions
    waits_for_word: bool
    """True: never confirmed; False: hibernated."""
