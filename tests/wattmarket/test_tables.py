"""A table says what the wire said, in the form asked for."""

import datetime as dt
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from wattmarket.errors import UsageError
from wattmarket.tables import arrow_orders, frame_of, frame_parts, read_frame, table, text_parts

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


def test_arrow_streams_become_one_frame() -> None:
    arrow = table(PRICES, "arrow")
    pieces = [part.body for part in frame_parts(arrow, 1)]

    assert len(pieces) == 2
    assert frame_of(pieces, "arrow").to_pylist() == arrow.to_pylist()
    frame = frame_of(pieces, "polars")
    assert frame["price_per_mwh"].to_list() == [Decimal("163.27"), None]
    assert isinstance(frame["start"].dtype, pl.Datetime)
    with pytest.raises(UsageError, match="records"):
        frame_of(pieces, "excel")  # type: ignore[arg-type]


# --- orders on their way out ----------------------------------------------------------

ORDER: dict[str, Any] = {
    "unit_id": "ada-load",
    "start": dt.datetime(2016, 6, 15, 11, tzinfo=dt.UTC),
    "side": "buy",
    "price_per_mwh": Decimal("85.20"),
    "energy_kwh": 2,
    "partners": ["ann", "bob"],
}


def test_mappings_become_columns_with_names_for_orders_without_one() -> None:
    made = arrow_orders([{**ORDER, "client_order_id": "mine"}, ORDER], lambda: "made")

    assert made.column("client_order_id").to_pylist() == ["mine", "made"]
    assert made.column("price_per_mwh").to_pylist() == ["85.20", "85.20"]
    assert made.column("energy_kwh").to_pylist() == ["2", "2"]
    assert made.column("start").to_pylist() == ["2016-06-15T11:00:00+00:00"] * 2
    assert made.column("partners").to_pylist() == [["ann", "bob"]] * 2


def test_a_frame_keeps_its_types() -> None:
    frame = pl.DataFrame({name: [value] for name, value in ORDER.items()})
    made = arrow_orders(frame, lambda: "made")

    assert pa.types.is_decimal(made.schema.field("price_per_mwh").type)
    assert made.schema.field("start").type.tz == "UTC"
    assert made.column("energy_kwh").to_pylist() == ["2"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"energy_kwh": [0.25]}, "floats"),
        ({"start": [dt.datetime(2016, 6, 15)]}, "time zone"),  # noqa: DTZ001 - what is refused
    ],
)
def test_what_would_lose_something_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        arrow_orders(pa.table(wrong), lambda: "made")


# --- files of orders --------------------------------------------------------------------


def test_a_file_of_text_goes_in_parts_with_their_header(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_bytes(b"a;b\r\n1;2\r\n3;4\r\n5;6")

    assert text_parts(file, 2) == [
        (b"a;b\r\n1;2\r\n3;4\r\n", "text/csv", 0),
        (b"a;b\r\n5;6", "text/csv", 2),
    ]
    assert text_parts(file.rename(tmp_path / "orders.ndjson"), 3)[1][0] == b"5;6"
    with pytest.raises(UsageError, match="lost"):
        text_parts(tmp_path / "lost.csv", 2)


@pytest.mark.parametrize("kind", ["parquet", "arrow", "ipc"])
def test_a_file_of_columns_is_read(tmp_path: Path, kind: str) -> None:
    file, arrow = tmp_path / f"orders.{kind}", pa.table({"unit_id": ["a", "b"]})
    if kind == "parquet":
        pq.write_table(arrow, file)
    else:
        make = pa.ipc.new_file if kind == "ipc" else pa.ipc.new_stream
        with pa.OSFile(str(file), "wb") as sink, make(sink, arrow.schema) as out:
            out.write_table(arrow)

    assert read_frame(file).equals(arrow)
    file.write_bytes(b"something else")
    with pytest.raises(UsageError, match=kind):
        read_frame(file)
