"""A column read at once is what its values are when read one by one, or it is not read at all."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.bulk import columns
from api.bulk.columns import NotPlain
from api.wire import fields
from api.wire.fields import FieldError

NUMBERS = st.from_regex(r"\A-?[0-9]{1,14}(\.[0-9]{1,4})?\Z") | st.integers(
    -(2 * 10**9) - 5, 2 * 10**9 + 5
).map(lambda count: f"{count // 100}.{count % 100:02d}")
TEXTS = (
    NUMBERS
    | st.text(max_size=5)
    | st.sampled_from(["", "-", ".", "1.", ".1", "01", "1\n", "\N{FULLWIDTH DIGIT ONE}"])
)


def one_by_one(read: Callable[[str], Any], texts: list[str]) -> Any:  # noqa: ANN401 - any column
    try:
        return tuple(map(read, texts))
    except FieldError:
        return None


def at_once(read: Callable[[Any], Any], texts: list[str]) -> Any:  # noqa: ANN401 - any column
    try:
        return read(pa.array(texts, pa.string()))
    except NotPlain:
        return None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (columns.prices_ticks, fields.price_ticks),
        (columns.energies_wh, fields.order_energy_wh),
        (columns.identifiers, fields.identifier),
        (columns.repeated_identifiers, fields.identifier),
    ],
)
@given(texts=st.lists(TEXTS, min_size=1, max_size=4))
@example(texts=["20000000.00"])
@example(texts=["20000000.01"])
@example(texts=["2000000.000"])
@example(texts=["2000000.001"])
@example(texts=["-0.00"])
@example(texts=["a" * 64])
@example(texts=["a" * 65])
def test_a_column_is_its_values(
    column: Callable[[Any], Any], value: Callable[[str], Any], texts: list[str]
) -> None:
    assert at_once(column, texts) == one_by_one(value, texts)


@given(st.lists(st.decimals(-(10**9), 10**9, places=4), min_size=1, max_size=4))
def test_decimals_are_counted_exactly_or_not_at_all(values: list[Decimal]) -> None:
    array = pa.array(values, pa.decimal128(20, 4))
    fits = all(value == value.quantize(Decimal("0.001")) for value in values)
    try:
        counts = columns.unscaled(array[1:], 3).tolist()
    except NotPlain:
        assert not fits
    else:
        assert counts == [int(value * 1_000) for value in values[1:]]


def test_a_column_with_an_empty_place_is_not_plain() -> None:
    with pytest.raises(NotPlain):
        columns.whole(pa.array(["a", None]))
