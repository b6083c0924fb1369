"""Single values as they stand on the wire: decimals, times, ids.

The one idea: each kind of value is read by one function here, whichever way the request came in, so
one row and ten thousand are refused for the same reasons. A wrong value raises `FieldError` with its
code; nothing is rounded, guessed or repaired.
"""

import re
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeVar

from market.model.interval import MICROSECONDS, second_of
from market.model.rejection import Code
from market.model.units import (
    CENT_DECIMALS,
    ENERGY_DECIMALS,
    FREQUENCY_DECIMALS,
    MONEY_DECIMALS,
    MONEY_QUANTA_MAX,
    POWER_DECIMALS,
    PRICE_DECIMALS,
    QUANTA_PER_CENT,
    VOLTAGE_DECIMALS,
    WIRE_INTEGER_MAX,
    DecimalFormatError,
    DecimalRangeError,
    scaled_integer,
)

ID_PATTERN: Final = r"[A-Za-z0-9_.:-]{1,64}"
MARKET_ID_PATTERN: Final = r"[a-z0-9][a-z0-9-]{0,62}"
"""It is part of a file's name, so it may not differ by case or hold a dot."""
DAY_PATTERN: Final = r"2[01][0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
MONTH_PATTERN: Final = r"2[01][0-9]{2}-(0[1-9]|1[0-2])"
YEAR_MIN: Final = 2000
YEAR_MAX: Final = 2199
TEXT_MAX: Final = 200
WORDS_MAX: Final = 4_000
VOLTAGE_PPM_MAX: Final = 2_000_000
FREQUENCY_MHZ_MAX: Final = 100_000
MOMENT_DECIMALS: Final = 3
SIGNATURE_PATTERN: Final = r"[0-9a-f]{64}"

_Choice = TypeVar("_Choice", bound=StrEnum)
_ID = re.compile(ID_PATTERN, re.ASCII)
_SIGNATURE = re.compile(SIGNATURE_PATTERN, re.ASCII)
# The longest name has two sorts before an id: `rounding:limit:AREA`.
_ACCOUNT = re.compile(r"[a-z_]{1,32}(:[a-z_]{1,32})?(:[A-Za-z0-9_.:-]{1,64})?", re.ASCII)
_MARKET_ID = re.compile(MARKET_ID_PATTERN, re.ASCII)
_TIME = re.compile(
    r"([0-9]{4})-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"(?P<zone>[Zz]|[+-][0-9]{2}:[0-9]{2})?",
    re.ASCII,
)


class FieldError(ValueError):
    """One value is not as it must be."""

    def __init__(self, code: Code) -> None:
        self.code = code
        super().__init__(code.value)


def _decimal(text: str, decimals: int, finer: Code, maximum: int = WIRE_INTEGER_MAX) -> int:
    """Read a decimal; `finer` is the code for more decimals than there may be."""
    try:
        return scaled_integer(text, decimals, maximum)
    except DecimalFormatError:
        raise FieldError(Code.FIELD_FORMAT) from None
    except DecimalRangeError:
        _, _, fraction = text.partition(".")
        too_fine = len(fraction) > decimals
        raise FieldError(finer if too_fine else Code.FIELD_RANGE) from None


def _not_negative(value: int) -> int:
    if value < 0:
        raise FieldError(Code.FIELD_RANGE)
    return value


def order_energy_wh(text: str) -> int:
    """An order's energy, kWh with at most 3 decimals, in Wh; more than zero."""
    energy_wh = _not_negative(_decimal(text, ENERGY_DECIMALS, Code.VOLUME_STEP))
    if energy_wh == 0:
        raise FieldError(Code.VOLUME_MIN)
    return energy_wh


def energy_wh(text: str) -> int:
    """An energy, kWh with at most 3 decimals, in Wh; zero or more."""
    return _not_negative(_decimal(text, ENERGY_DECIMALS, Code.FIELD_RANGE))


def price_ticks(text: str) -> int:
    """A price, currency/MWh with at most 2 decimals, in ticks; may be negative."""
    return _decimal(text, PRICE_DECIMALS, Code.PRICE_TICK)


def power_w(text: str) -> int:
    """A power, kW with at most 3 decimals, in W; zero or more."""
    return _not_negative(_decimal(text, POWER_DECIMALS, Code.FIELD_RANGE))


def signed_power_w(text: str) -> int:
    """A power, kW (or kvar) with at most 3 decimals, in W (or var); injection positive."""
    return _decimal(text, POWER_DECIMALS, Code.FIELD_RANGE)


def voltage_ppm(text: str) -> int:
    """A voltage per unit of rated with at most 6 decimals, in parts per million; at most twice it."""
    return _not_negative(_decimal(text, VOLTAGE_DECIMALS, Code.FIELD_RANGE, VOLTAGE_PPM_MAX))


def frequency_mhz(text: str) -> int:
    """A frequency, Hz with at most 3 decimals, in millihertz; at most 100 Hz."""
    return _not_negative(_decimal(text, FREQUENCY_DECIMALS, Code.FIELD_RANGE, FREQUENCY_MHZ_MAX))


def moment_us(text: str) -> int:
    """An RFC 3339 time with offset, whole in milliseconds, in UTC microseconds."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise FieldError(Code.FIELD_FORMAT)
    decimals = (match[2] or ".")[1:].rstrip("0")
    if len(decimals) > MOMENT_DECIMALS:
        raise FieldError(Code.FIELD_RANGE)
    whole = instant_s(text.replace(match[2], "", 1) if match[2] else text)
    return whole * MICROSECONDS + int(decimals.ljust(6, "0"))


def signature(text: str) -> str:
    """An HMAC-SHA256 as 64 lower-case hexadecimal digits."""
    if not _SIGNATURE.fullmatch(text):
        raise FieldError(Code.FIELD_FORMAT)
    return text


def deposit_quanta(text: str) -> int:
    """An amount of money with at most 8 decimals, in quanta; more than zero."""
    amount = _decimal(text, MONEY_DECIMALS, Code.FIELD_RANGE, MONEY_QUANTA_MAX)
    if amount <= 0:
        raise FieldError(Code.FIELD_RANGE)
    return amount


def cents_quanta(text: str) -> int:
    """An amount of money in whole cents, with at most 2 decimals, in quanta; more than zero."""
    amount = movement_quanta(text)
    if amount <= 0:
        raise FieldError(Code.FIELD_RANGE)
    return amount


def movement_quanta(text: str) -> int:
    """A movement of money in whole cents, with at most 2 decimals, in quanta; of either sign, not zero."""
    cents = _decimal(text, CENT_DECIMALS, Code.FIELD_RANGE, MONEY_QUANTA_MAX // QUANTA_PER_CENT)
    if cents == 0:
        raise FieldError(Code.FIELD_RANGE)
    return cents * QUANTA_PER_CENT


def limit_quanta(text: str) -> int:
    """An amount of money with at most 8 decimals, in quanta; not below zero."""
    amount = _decimal(text, MONEY_DECIMALS, Code.FIELD_RANGE, MONEY_QUANTA_MAX)
    if amount < 0:
        raise FieldError(Code.FIELD_RANGE)
    return amount


@lru_cache(maxsize=4096)  # a day of intervals, written in some tens of ways
def instant_s(text: str) -> int:
    """An RFC 3339 time with offset, as a UTC second."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise FieldError(Code.FIELD_FORMAT)
    if match["zone"] is None:
        raise FieldError(Code.TIMEZONE_REQUIRED)
    if not YEAR_MIN <= int(match[1]) <= YEAR_MAX:
        raise FieldError(Code.FIELD_RANGE)
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        raise FieldError(Code.FIELD_FORMAT) from None
    if moment.microsecond or (match[2] or "").strip(".0"):
        raise FieldError(Code.FIELD_RANGE)
    return second_of(moment)


def local_day(text: str) -> date:
    """A local calendar day, ISO 8601."""
    if len(text) != 10 or not text.isascii():
        raise FieldError(Code.FIELD_FORMAT)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise FieldError(Code.FIELD_FORMAT) from None
    if not YEAR_MIN <= day.year < YEAR_MAX:
        raise FieldError(Code.FIELD_RANGE)
    return day


def local_day_text(text: str) -> str:
    """A local calendar day, as it is kept in rules."""
    return local_day(text).isoformat()


def local_month(text: str) -> str:
    """A local calendar month, as in 2016-06."""
    if len(text) != 7 or text[4] != "-":
        raise FieldError(Code.FIELD_FORMAT)
    local_day(f"{text}-01")
    return text


def identifier(text: str) -> str:
    """An id: 1 to 64 letters, digits and `_ . : -`."""
    if not _ID.fullmatch(text):
        raise FieldError(Code.FIELD_FORMAT)
    return text


def account(text: str) -> str:
    """The name of an account: its sort, and as a rule the id of whose it is behind a colon."""
    if not _ACCOUNT.fullmatch(text):
        raise FieldError(Code.FIELD_FORMAT)
    return text


def market_identifier(text: str) -> str:
    """A market's id: 1 to 63 lower-case letters, digits and hyphens."""
    if not _MARKET_ID.fullmatch(text):
        raise FieldError(Code.FIELD_FORMAT)
    return text


def one_of(kind: type[_Choice], text: str) -> _Choice:
    """One of a closed set of words.

    Raises:
        FieldError: none of them.
    """
    try:
        return kind(text)
    except ValueError:
        raise FieldError(Code.FIELD_FORMAT) from None


def some_of(kind: type[_Choice], text: str) -> tuple[_Choice, ...]:
    """One or several of a closed set of words, with commas between them.

    Raises:
        FieldError: none of them.
    """
    return tuple(one_of(kind, word) for word in text.split(","))


def plain_text(text: str) -> str:
    """A name for people: 1 to 200 characters, none of them a control character or half a pair."""
    if not 1 <= len(text) <= TEXT_MAX:
        raise FieldError(Code.FIELD_RANGE)
    if any(ord(sign) < 32 or 0x7F <= ord(sign) < 0xA0 for sign in text) or _has_surrogate(text):
        raise FieldError(Code.FIELD_FORMAT)
    return text


def words(text: str) -> str:
    """What a person writes: 1 to 4,000 characters on any number of lines, no other control characters."""
    if not 1 <= len(text) <= WORDS_MAX:
        raise FieldError(Code.FIELD_RANGE)
    plain = text.replace("\n", "").replace("\t", "")
    if any(ord(sign) < 32 or 0x7F <= ord(sign) < 0xA0 for sign in plain) or _has_surrogate(text):
        raise FieldError(Code.FIELD_FORMAT)
    return text


_LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._@+-]{2,63}", re.ASCII)
_TIME_CODE: Final = re.compile(r"[0-9]{6}", re.ASCII)


def login(text: str) -> str:
    """What a person signs in as: 3 to 64 letters, digits and `. _ @ + -`, in lower case."""
    if not text.isascii() or not _LOGIN.fullmatch(text.lower()):
        raise FieldError(Code.FIELD_FORMAT)
    return text.lower()


def time_code(text: str) -> str:
    """Six digits of half a minute."""
    if not _TIME_CODE.fullmatch(text):
        raise FieldError(Code.FIELD_FORMAT)
    return text


def _has_surrogate(text: str) -> bool:
    return any(0xD800 <= ord(sign) <= 0xDFFF for sign in text)
