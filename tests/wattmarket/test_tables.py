"""A table says what the wire said, in the form asked for."""

import datetime as dt
import sys
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pytest

from wattmarket.errors import UsageError
from wattmarket.tables import table

PRICES = [
    {"area_id": "RUR", "start": "2016-06-14T23:00:00Z", "price_per_mwh": "163.27", "bought_kwh": "1.500"},
    {"area_id": "SEM", "start": "2016-06-14T23:00:00Z", "price_per_mwh": None, "bought_kwh": "0.000"},
]  # fmt: skip


def test_records_are_the_wires_own() -> None:
    assert table(PRICES, "records") is PRICES


def test_a_polars_frame_keeps_every_digit_and_the_time() -> None:
    frame = table(PRICES, "polars")

    assert frame["price_per_mwh"].to_list() == [Decimal("163.27"), None]
    assert frame["start"].to_list() == [dt.datetime(2016, 6, 14, 23, tzinfo=dt.UTC)] * 2
    assert isinstance(frame["start"].dtype, pl.Datetime)
    assert frame["area_id"].to_list() == ["RUR", "SEM"]


def test_arrow_says_the_same() -> None:
    arrow = table(PRICES, "arrow")

    assert isinstance(arrow, pa.Table)
    assert arrow.column("bought_kwh").to_pylist() == [Decimal("1.500"), Decimal("0.000")]


def test_an_empty_list_is_an_empty_frame() -> None:
    assert table([], "polars").height == 0


def test_a_library_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UsageError, match="needs the library pandas"):
        table(PRICES, "pandas")


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(UsageError, match="records"):
        table(PRICES, "excel")  # type: ignore[arg-type]
