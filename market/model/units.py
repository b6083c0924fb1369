"""Units of measure: the only conversions and the only rounding of the project.

The one idea: energy is whole Wh, a price is whole ticks of 0.01 currency/MWh, money is whole
quanta of 1e-8 currency. Since 1 Wh x 0.01 currency/MWh = 1e-8 currency, an amount is the plain
integer product of the two and trading never rounds.
"""

import re
from typing import Final

QUANTA_PER_CURRENCY: Final = 100_000_000
QUANTA_PER_CENT: Final = 1_000_000
TICKS_PER_UNIT_PRICE: Final = 100  # one currency/MWh
WH_PER_KWH: Final = 1_000
PPM: Final = 1_000_000
SECONDS_PER_MINUTE: Final = 60
MINUTES_PER_HOUR: Final = 60

ENERGY_DECIMALS: Final = 3
PRICE_DECIMALS: Final = 2
POWER_DECIMALS: Final = 3
MONEY_DECIMALS: Final = 8
CENT_DECIMALS: Final = 2
VOLTAGE_DECIMALS: Final = 6
FREQUENCY_DECIMALS: Final = 3

# Largest magnitude taken from outside: far above any grid, and a product of two stays an int64.
WIRE_INTEGER_MAX: Final = 2_000_000_000

# Largest amount of money taken from outside: a thousand million of the currency, well inside int64.
MONEY_QUANTA_MAX: Final = 1_000_000_000 * QUANTA_PER_CURRENCY

_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,12})?", re.ASCII)


class DecimalFormatError(ValueError):
    """The text is not a plain decimal number."""


class DecimalRangeError(ValueError):
    """The number is a decimal, but has too many decimals or is too large."""


def scaled_integer(text: str, decimals: int, maximum: int = WIRE_INTEGER_MAX) -> int:
    """Read a decimal string as an integer count of 10**-decimals. Exact; never rounds.

    Raises:
        DecimalFormatError: not of the form -?digits[.digits] (so no exponent, NaN or Infinity).
        DecimalRangeError: more decimals than allowed (even zeros), or a magnitude beyond `maximum`.
    """
    if not _DECIMAL.fullmatch(text):
        raise DecimalFormatError(text)
    whole, _, fraction = text.partition(".")
    if len(fraction) > decimals:
        raise DecimalRangeError(text)
    value = int(whole + fraction.ljust(decimals, "0"))
    if abs(value) > maximum:
        raise DecimalRangeError(text)
    return value


def decimal_text(value: int, decimals: int) -> str:
    """Write an integer count of 10**-decimals as a decimal string with exactly that many decimals."""
    if decimals == 0:
        return str(value)
    sign = "-" if value < 0 else ""
    digits = str(abs(value)).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"


def energy_text(energy_wh: int) -> str:
    """Wh as kWh with three decimals."""
    return decimal_text(energy_wh, ENERGY_DECIMALS)


def price_text(price_ticks: int) -> str:
    """Ticks as currency/MWh with two decimals."""
    return decimal_text(price_ticks, PRICE_DECIMALS)


def power_text(power_w: int) -> str:
    """W as kW with three decimals."""
    return decimal_text(power_w, POWER_DECIMALS)


def reactive_text(reactive_var: int) -> str:
    """Reactive power, var, as kvar with three decimals."""
    return decimal_text(reactive_var, POWER_DECIMALS)


def voltage_text(voltage_ppm: int) -> str:
    """Parts per million of rated as per unit with six decimals."""
    return decimal_text(voltage_ppm, VOLTAGE_DECIMALS)


def frequency_text(frequency_mhz: int) -> str:
    """Millihertz as Hz with three decimals."""
    return decimal_text(frequency_mhz, FREQUENCY_DECIMALS)


def money_text(amount_quanta: int) -> str:
    """Quanta as currency with eight decimals."""
    return decimal_text(amount_quanta, MONEY_DECIMALS)


def cents_text(amount_quanta: int) -> str:
    """Whole cents as currency with two decimals.

    Raises:
        ValueError: there is less than a cent in it.
    """
    cents, rest = divmod(amount_quanta, QUANTA_PER_CENT)
    if rest:
        raise ValueError(amount_quanta)
    return decimal_text(cents, CENT_DECIMALS)


def energy_from_power_wh(power_w: int, minutes: int) -> int:
    """Energy of a constant power over an interval, in Wh, rounded down in magnitude.

    Rounding down keeps a limit a limit.
    """
    return round_toward_zero(power_w * minutes, MINUTES_PER_HOUR)


def power_from_energy_w(energy_wh: int, minutes: int) -> int:
    """Constant power that moves the energy in the interval, in W, rounded toward zero."""
    return round_toward_zero(energy_wh * MINUTES_PER_HOUR, minutes)


def round_toward_zero(numerator: int, denominator: int) -> int:
    """Integer quotient rounded toward zero; denominator > 0."""
    quotient = abs(numerator) // denominator
    return quotient if numerator >= 0 else -quotient


def round_half_even(numerator: int, denominator: int) -> int:
    """Integer quotient rounded half to even; denominator > 0."""
    quotient, rest = divmod(numerator, denominator)
    twice = 2 * rest
    if twice > denominator or (twice == denominator and quotient % 2 == 1):
        return quotient + 1
    return quotient


def round_up(numerator: int, denominator: int) -> int:
    """Integer quotient rounded toward plus infinity; denominator > 0."""
    return -((-numerator) // denominator)


def share_ppm(amount: int, ppm: int) -> int:
    """The part `ppm` millionths of an integer amount, rounded half to even."""
    return round_half_even(amount * ppm, PPM)


def split_exactly(total: int, weights: list[int]) -> list[int]:
    """Split an integer in proportion to weights >= 0; the parts sum to the total exactly.

    Largest remainder, ties to the earlier weight. All weights zero: the parts are equal but for
    the remainder. An empty list of weights gives an empty list.
    """
    if not weights:
        return []
    whole = sum(weights)
    if whole == 0:
        return split_exactly(total, [1] * len(weights))
    sign = -1 if total < 0 else 1
    parts, rests = [], []
    for index, weight in enumerate(weights):
        part, rest = divmod(abs(total) * weight, whole)
        parts.append(part)
        rests.append((-rest, index))
    for _, index in sorted(rests)[: abs(total) - sum(parts)]:
        parts[index] += 1
    return [sign * part for part in parts]
