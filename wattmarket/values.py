"""Values on their way to the wire and back: decimal strings, times, whole numbers of the smallest unit.

The one idea: no float ever stands for energy, power, price or money. A caller hands in text,
`Decimal` or `int`; a float is refused with a sentence that says what to write instead.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from wattmarket.errors import UsageError

Given = Any
"""What a caller hands in; judged at run time."""

DECIMALS = {"_kwh": 3, "_kw": 3, "_per_mwh": 2, "amount": 8}
"""Endings of field names that hold a decimal string, and how many decimals it has."""


def decimals_of(name: str) -> int | None:
    """How many decimals the field has on the wire; None: it is no decimal string."""
    for ending, decimals in DECIMALS.items():
        if name.endswith(ending):
            return decimals
    return None


def decimal_text(value: Given, name: str = "value") -> str:
    """A decimal string for the wire.

    Raises:
        UsageError: a float, a truth value, or a Decimal that is no finite number.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise UsageError(f"{name}={value} is not a number")
        return format(value, "f")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise UsageError(
        f'{name}={value!r} is a {type(value).__name__}: write it as text, "0.250", or as Decimal,'
        " so that no digit is lost"
    )


def time_text(value: Given, name: str = "time") -> str:
    """A time with its offset for the wire (RFC 3339).

    Raises:
        UsageError: a datetime without time zone, or something that is no time.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            raise UsageError(f"{name}={value.isoformat()} has no time zone")
        return value.isoformat()
    raise UsageError(f"{name}={value!r} is no time: write RFC 3339 text or an aware datetime")


def time_from_seconds(seconds: int) -> str:
    """Seconds since 1970 in UTC, as the wire writes a time."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_from_time(text: str) -> int:
    """A time of the wire as whole seconds since 1970 in UTC; fractions are cut off."""
    return int(dt.datetime.fromisoformat(text).timestamp() // 1)


def text_of(count: int, decimals: int) -> str:
    """Write a whole count of 10**-decimals as decimal string: 250 with 3 decimals is "0.250"."""
    sign = "-" if count < 0 else ""
    digits = str(abs(count)).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else f"{sign}{digits}"


def count_of(text: str, decimals: int) -> int:
    """A decimal string as whole count of 10**-decimals; exact.

    Raises:
        UsageError: it has more decimals than that.
    """
    count = Decimal(text).scaleb(decimals)
    if count != count.to_integral_value():
        raise UsageError(f"{text} has more than {decimals} decimals")
    return int(count)


def as_wire(value: Given, name: str = "value") -> Given:
    """The value as the wire takes it, however deep: decimals and times as text.

    Raises:
        UsageError: a float, a time without a zone, or what has no form on the wire.
    """
    if isinstance(value, str) or value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if decimals_of(name) is None else str(value)
    if isinstance(value, Decimal | float):
        return decimal_text(value, name)
    if isinstance(value, dt.datetime):
        return time_text(value, name)
    if isinstance(value, Mapping):
        return {str(key): as_wire(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, Sequence):
        return [as_wire(inner, name) for inner in value]
    raise UsageError(f"{name}={value!r} has no form on the wire")
