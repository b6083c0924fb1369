"""The market's own number inside an order's id.

The one idea: numbers count acceptances, so they ascend, and rows accepted together mostly follow each other.
"""

from collections.abc import Sequence
from typing import Final

ORDER_PREFIX: Final = "ord-"


def order_number(order_id: str) -> int:
    """The market's own number inside an order id."""
    return int(order_id[len(ORDER_PREFIX) :])


def order_numbers(order_ids: Sequence[str]) -> Sequence[int]:
    """The same of orders accepted together: they ascend, so the ends tell whether any is left out."""
    first, last = order_number(order_ids[0]), order_number(order_ids[-1])
    if last - first + 1 == len(order_ids):
        return range(first, last + 1)
    return [order_number(order_id) for order_id in order_ids]
