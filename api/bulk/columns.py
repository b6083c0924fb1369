"""Columns of text to columns of integers, a whole column at once.

The one idea: these functions read what is plainly right and say `NotPlain` to everything else, without
saying what is wrong; the plain way finds that. They take no value that `wire/fields.py` would refuse and
read none otherwise than it does (`tests/api/bulk/test_columns.py`). No float ever stands in between: a
decimal's digits become a 128-bit integer, of which the lower half is taken.
"""

from collections.abc import Callable
from typing import Any, Final, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from api.wire import fields
from api.wire.fields import FieldError
from market.model.order import Side
from market.model.units import ENERGY_DECIMALS, PRICE_DECIMALS, WIRE_INTEGER_MAX

Texts: TypeAlias = Any  # pa.Array of strings; pyarrow carries no types
Integers: TypeAlias = tuple[int, ...]
_Value = TypeVar("_Value")

_DIGITS_MAX: Final = 12
"""Digits before the point that `units.scaled_integer` reads."""
_SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}


class NotPlain(Exception):
    """Something in a column is out of order, or may be."""


def whole(column: Any) -> Any:  # noqa: ANN401 - pyarrow carries no types
    """The column in one piece, without empty places.

    Raises:
        NotPlain: a value is missing.
    """
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if array.null_count:
        raise NotPlain
    return array


def identifiers(texts: Texts) -> tuple[str, ...]:
    """Ids that differ from row to row.

    Raises:
        NotPlain: one of them is no id.
    """
    _all_match(texts, fields.ID_PATTERN)
    return tuple(texts.to_numpy(zero_copy_only=False).tolist())


def repeated_identifiers(texts: Texts) -> tuple[str, ...]:
    """Ids of which many rows have the same.

    Raises:
        NotPlain: one of them is no id.
    """
    return _by_value(texts, fields.identifier)


def instants_s(texts: Texts) -> Integers:
    """Times with offset, as UTC seconds; few of them differ.

    Raises:
        NotPlain: one of them is no such time.
    """
    return _by_value(texts, fields.instant_s)


def sides(texts: Texts) -> tuple[Side, ...]:
    """Directions.

    Raises:
        NotPlain: one of them is neither.
    """
    return _by_value(texts, _SIDES.__getitem__)


def only(texts: Texts, value: str) -> None:
    """Check that all rows say the same.

    Raises:
        NotPlain: one of them says otherwise.
    """
    if pc.unique(texts).to_pylist() != [value]:
        raise NotPlain


def prices_ticks(texts: Texts) -> Integers:
    """Prices with at most 2 decimals, in ticks.

    Raises:
        NotPlain: one of them is none.
    """
    return within(_scaled(texts, PRICE_DECIMALS), least=-WIRE_INTEGER_MAX)


def energies_wh(texts: Texts) -> Integers:
    """Energies of orders with at most 3 decimals, in Wh; more than zero.

    Raises:
        NotPlain: one of them is none.
    """
    return within(_scaled(texts, ENERGY_DECIMALS), least=1)


def unscaled(decimals: Any, scale: int) -> Any:  # noqa: ANN401 - pyarrow carries no types
    """A column of decimals as whole counts of 10**-scale; exact.

    Raises:
        NotPlain: a value has more decimals, or too many digits.
    """
    try:
        fitted = pc.cast(decimals, pa.decimal128(_DIGITS_MAX + scale, scale))
    except pa.ArrowInvalid:
        raise NotPlain from None
    # Little-endian halves of 128-bit integers; so few digits fit the lower one, sign included.
    halves = np.frombuffer(fitted.buffers()[1], dtype="<i8")
    return halves[2 * fitted.offset : 2 * (fitted.offset + len(fitted)) : 2]


def within(numbers: Any, *, least: int) -> Integers:  # noqa: ANN401 - an array of integers
    """Whole numbers from `least` to the largest the wire takes.

    Raises:
        NotPlain: one of them is outside.
    """
    if len(numbers) and not (least <= numbers.min() and numbers.max() <= WIRE_INTEGER_MAX):
        raise NotPlain
    return tuple(numbers.tolist())


def with_points(texts: Texts) -> Texts:
    """Decimals written with a comma, written with a point.

    Raises:
        NotPlain: a point stands there already; what it separates is not known.
    """
    if pc.any(pc.match_substring(texts, ".")).as_py():
        raise NotPlain
    return pc.replace_substring(texts, ",", ".")


def _scaled(texts: Texts, decimals: int) -> Any:  # noqa: ANN401 - an array of integers
    _all_match(texts, rf"-?(0|[1-9][0-9]{{0,{_DIGITS_MAX - 1}}})(\.[0-9]{{1,{decimals}}})?")
    return unscaled(pc.cast(texts, pa.decimal128(_DIGITS_MAX + decimals, decimals)), decimals)


def _all_match(texts: Texts, pattern: str) -> None:
    if not pc.all(pc.match_substring_regex(texts, rf"\A(?:{pattern})\z"), min_count=0).as_py():
        raise NotPlain


def _by_value(texts: Texts, read: Callable[[str], _Value]) -> tuple[_Value, ...]:
    """Each different text read once, by the function that reads a single order's."""
    encoded = texts.dictionary_encode()
    try:
        values = [read(text) for text in encoded.dictionary.to_pylist()]
    except (FieldError, KeyError):
        raise NotPlain from None
    if len(values) == 1:
        return (values[0],) * len(texts)
    return tuple(map(values.__getitem__, encoded.indices.to_numpy().tolist()))
