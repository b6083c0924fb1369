"""Columns of numbers and times are read as one field would be, and written so that they read back."""

from datetime import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearing.files.decimals import (
    DIGITS_MAX,
    WRITTEN_DIGITS_MAX,
    decimal_column,
    decimal_text,
    scaled_column,
    scaled_integer,
)
from clearing.files.tables import instant, instants

FIELDS = st.lists(
    st.one_of(
        st.from_regex(r"[+-]?[0-9]{1,17}(\.[0-9]{0,11})?", fullmatch=True),
        st.from_regex(r"-?0{0,40}[0-9]{1,4}(\.[0-9]{0,3}0{0,30})?", fullmatch=True),
        st.text(alphabet="+-0123456789.eE ,_٣", max_size=8),
    ),
    max_size=30,
)


@given(
    FIELDS, st.sampled_from([0, 2, 3, 6, 8, 9]), st.sampled_from([DIGITS_MAX, WRITTEN_DIGITS_MAX])
)
def test_a_column_is_read_as_its_fields_are(fields: list[str], decimals: int, digits: int) -> None:
    values, wrong = scaled_column(pl.Series(fields, dtype=pl.String), decimals, digits)

    for row, field in enumerate(fields):
        try:
            due: tuple[int, str | None] = scaled_integer(field, decimals, digits), None
        except ValueError as error:
            due = 0, str(error)
        assert (values[row], wrong.get(row)) == due


@given(st.integers(-(10**11), 10**11), st.integers(2, 6))
def test_decimal_text_reads_back(value: int, decimals: int) -> None:
    assert scaled_integer(decimal_text(value, decimals), decimals) == value


@given(
    st.lists(st.integers(-(10**18) + 1, 10**18 - 1), max_size=20), st.sampled_from([2, 3, 6, 8, 9])
)
def test_a_written_column_is_the_text_of_its_numbers(values: list[int], decimals: int) -> None:
    column = decimal_column(np.array(values, dtype=np.int64), decimals)

    assert column.to_list() == [decimal_text(value, decimals) for value in values]
    again, wrong = scaled_column(column, decimals, WRITTEN_DIGITS_MAX)
    assert again.tolist() == values
    assert not wrong


def test_what_is_not_there_is_written_as_nothing() -> None:
    values = np.array([np.iinfo(np.int64).min, 5], dtype=np.int64)

    assert decimal_column(values, 2, np.array([False, True])).to_list() == [None, "0.05"]


@pytest.mark.parametrize(
    "text", ["", "1e3", "NaN", "Infinity", "1,5", "1.2345", "9" * 20, "--1", "٣"]
)
def test_what_is_no_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"decimal|large"):
        scaled_integer(text, 3)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2016-06-14T22:15:00+01:00", "2016-06-14T21:15:00Z"),
        ("2016-06-14T22:15+01:00", "2016-06-14T21:15:00Z"),
        ("2016-06-14 21:15:00Z", "2016-06-14T21:15:00.000000Z"),
        ("2016-06-14T21:15:00.25-00:00", "2016-06-14T21:15:00.250Z"),
        ("20160614T211500Z", "2016-06-14T21:15:00Z"),
        ("1969-12-31T23:59:59.999999Z", "1970-01-01T00:59:59.999999+01:00"),
    ],
)
def test_an_instant_may_be_written_in_many_ways(text: str, same: str) -> None:
    times, wrong = instants(pl.Series([text, same]))

    assert times[0] == times[1]
    assert not wrong.any()
    assert instant(text) == instant(same)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2016-06-14",
        "2016-06-14T21:15:00",
        "2016-06-31T21:15:00Z",
        "2016-06-14T24:15:00Z",
        "2016-06-14T21:15:60Z",
        "2016-06-14T21:15:00+25:00",
        "0001-01-01T00:00:00+01:00",
    ],
)
def test_what_is_no_instant_is_wrong(text: str) -> None:
    assert instants(pl.Series([text, "2016-06-14T21:15:00Z"]))[1].tolist() == [True, False]


@given(st.datetimes(), st.sampled_from(["Z", "+01:00", "-11:30", "+00:00", "+14:00"]))
def test_a_column_of_instants_is_read_as_its_fields_are(time: datetime, zone: str) -> None:
    text = f"{time.isoformat()}{zone}"
    read = instant(text)

    times, wrong = instants(pl.Series([text]))

    assert wrong[0] == (read is None)
    if read is not None:
        assert pl.Series(times).cast(pl.Datetime("us", "UTC"))[0] == read
