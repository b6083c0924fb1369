"""What every answer is, and how a value is written that may be missing."""

from collections.abc import Callable
from typing import Any, TypeAlias

from market.model.units import price_text

Answer: TypeAlias = dict[str, Any]


def optional(write: Callable[[int], str], value: int | None) -> str | None:
    """A value as text, or null where there is none."""
    return None if value is None else write(value)


def optional_price(price_ticks: int | None) -> str | None:
    """A price, or null where there is none."""
    return optional(price_text, price_ticks)
