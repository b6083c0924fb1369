"""Numbers as people read them: prices per MWh with two decimals, money with four."""

from __future__ import annotations

from typing import Final

CANCELLED: Final = "The auction was cancelled; nothing was traded."
RELEASED: Final = "Released: the auction ended by merit order, without block and storage orders."

_QUANTA_PER_LAST_DECIMAL: Final = 10_000


def price(ticks: int) -> str:
    """A price or a difference of prices, per MWh."""
    sign = "-" if ticks < 0 else ""
    return f"{sign}{abs(ticks) // 100}.{abs(ticks) % 100:02d}"


def distance(ticks: int) -> str:
    """How far two prices are apart; two that are not equal may be less than a tick apart."""
    return f"{price(ticks)} per MWh" if ticks else "less than 0.01 per MWh"


def money(quanta: int) -> str:
    """An amount, rounded half-even to four decimals."""
    amount = round_half_even(abs(quanta), _QUANTA_PER_LAST_DECIMAL)
    sign = "-" if quanta < 0 and amount else ""
    return f"{sign}{amount // 10_000}.{amount % 10_000:04d}"


def gains(quanta: int) -> str:
    """What an order earns by its trade; rounding to whole Wh and ticks may turn it to a loss."""
    text = money(quanta)
    return f"it loses {text[1:]}" if text.startswith("-") else f"it gains {text}"


def percent(part_ppb: int) -> str:
    """A ratio in percent, without needless zeros."""
    text = f"{part_ppb // 10_000_000}.{part_ppb % 10_000_000:07d}".rstrip("0").rstrip(".")
    return f"{text} %"


def round_half_even(value: int, divisor: int) -> int:
    """A value over a divisor as a whole number, halves to even."""
    whole, rest = divmod(value, divisor)
    return whole + (2 * rest > divisor or (2 * rest == divisor and whole % 2 == 1))
