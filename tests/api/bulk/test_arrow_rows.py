"""Orders as an Arrow stream: read by columns or row by row alike, and never believed unseen."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.bulk import OrderBatch, arrow_rows, read_orders
from api.bulk.arrow_rows import stream_plainly, stream_quickly
from api.wire.errors import RefusedError
from api.wire.formats import Form

NOON = datetime(2016, 6, 15, 11, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "client_order_id": ["a-1", "a-2"],
    "unit_id": ["ada-load", "ada-load"],
    "start": ["2016-06-15T12:00:00+01:00"] * 2,
    "side": ["buy", "sell"],
    "price_per_mwh": ["85.20", "-3"],
    "energy_kwh": ["1.250", "2"],
}


def stream(columns: dict[str, Any], **options: Any) -> bytes:  # noqa: ANN401 - pyarrow's own
    table = pa.table(columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as out:
        out.write_table(table)
    return sink.getvalue().to_pybytes()


def read(body: bytes) -> OrderBatch:
    return read_orders(body, Form.ARROW)


def read_or_codes(body: bytes) -> OrderBatch | list[str]:
    try:
        return read(body)
    except RefusedError as refused:
        return [fault.code.value for fault in refused.rejections]


def faults(body: bytes) -> list[tuple[str, str | None]]:
    with pytest.raises(RefusedError) as refused:
        read(body)
    return [
        (fault.code.value, fault.pointer and fault.pointer.strip("/"))
        for fault in refused.value.rejections
    ]


def decimals(values: list[str], precision: int, scale: int) -> Any:  # noqa: ANN401 - an array
    return pa.array([Decimal(value) for value in values], pa.decimal128(precision, scale))


TYPED = [
    {"price_per_mwh": decimals(["85.2", "-3"], 20, 2)},
    {"price_per_mwh": decimals(["85.2", "-3"], 38, 4)},
    {"energy_kwh": decimals(["1.25", "2"], 5, 3)},
    {"energy_kwh": None, "energy_wh": pa.array([1_250, 2_000], pa.int64())},
    {"energy_kwh": None, "energy_wh": pa.array([1_250, 2_000], pa.uint16())},
    {"price_per_mwh": None, "price_ticks": pa.array([8_520, -300], pa.int32())},
    {"start": pa.array([NOON] * 2, pa.timestamp("ns", "UTC"))},
    {"start": pa.array([NOON] * 2, pa.timestamp("s", "Europe/Berlin"))},
    {"unit_id": pa.array(["ada-load"] * 2).dictionary_encode()},
    {"side": pa.array(["buy", "sell"], pa.large_string())},
    {"kind": ["limit", "limit"]},
    {"partners": [["ann", "bob"], None], "post_only": [None, True]},
    {"partners": ["ann bob", ""], "display_kwh": decimals(["0.5", "0.5"], 9, 6)},
    {"end": [None, "2016-06-15T12:15:00+01:00"]},
]


@pytest.mark.parametrize("changes", TYPED, ids=lambda changes: " ".join(changes))
def test_every_type_programs_have_says_the_same(changes: dict[str, Any]) -> None:
    columns = {name: values for name, values in (GOOD | changes).items() if values is not None}
    table = pa.ipc.open_stream(stream(columns)).read_all()
    batch = read(stream(columns))

    assert batch.columns.price_ticks == (8_520, -300)
    assert batch.columns.energy_wh == (1_250, 2_000)
    assert batch.columns.start_s == (int(NOON.timestamp()),) * 2
    assert stream_plainly(_read_form(table), atomic=False) == batch
    quick = stream_quickly(_read_form(table), atomic=False)
    assert quick == batch


def _read_form(table: Any) -> Any:  # noqa: ANN401 - a table
    return pa.table(
        {name: arrow_rows._plain_text(table[name]) for name in table.column_names}  # noqa: SLF001
    )


def test_a_frame_of_polars_is_taken_as_it_is() -> None:
    frame = pl.DataFrame(GOOD).with_columns(
        pl.col("energy_kwh").cast(pl.Decimal(38, 3)),
        pl.col("price_per_mwh").cast(pl.Decimal(38, 2)),
    )
    assert read(bytes(_polars_stream(frame))).columns == read(stream(GOOD)).columns


def _polars_stream(frame: pl.DataFrame) -> bytes:
    sink = frame.write_ipc_stream(None)
    return sink.getvalue()


CELLS = st.none() | st.sampled_from(
    ["", "1.000", "85.201", "-1", "0", "sell", "2016-06-15T12:00:00", "x" * 65, "a b", "limit", "gtd", "ä"]
)  # fmt: skip
COLUMNS = (
    st.lists(CELLS, min_size=2, max_size=2).map(lambda cells: pa.array(cells, pa.string()))
    | st.lists(st.none() | st.integers(-5, 2**40), min_size=2, max_size=2).map(
        lambda cells: pa.array(cells, pa.int64())
    )
    | st.lists(st.none() | st.integers(-(2**62), 2**62), min_size=2, max_size=2).map(
        lambda cells: pa.array(cells, pa.timestamp("us", "UTC"))
    )
    | st.lists(st.none() | st.integers(0, 2**33), min_size=2, max_size=2).map(
        lambda cells: pa.array(cells, pa.timestamp("s"))
    )
    | st.lists(st.none() | st.decimals(-9, 9, places=4), min_size=2, max_size=2).map(
        lambda cells: pa.array(cells, pa.decimal128(9, 4))
    )
    | st.lists(st.none() | st.booleans(), min_size=2, max_size=2).map(pa.array)
    | st.just(pa.nulls(2))
)
NAMES = st.sampled_from([*GOOD, "kind", "end", "tif", "expires", "post_only", "partners", "energy_wh", "price_ticks"])  # fmt: skip


@given(st.dictionaries(NAMES, COLUMNS, max_size=2), st.booleans())
def test_streams_are_read_alike_both_ways(changes: dict[str, Any], instead: bool) -> None:
    columns = GOOD | changes
    for counted, name in (("energy_wh", "energy_kwh"), ("price_ticks", "price_per_mwh")):
        if counted in changes and instead:
            columns.pop(name)
    body = stream(columns)
    batch = read_or_codes(body)
    if isinstance(batch, OrderBatch):
        table = _read_form(pa.ipc.open_stream(body).read_all())
        assert stream_plainly(table, atomic=False) == batch
    else:
        assert batch


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"energy_kwh": [1.5, 2.5]}, [("FIELD_FORMAT", "energy_kwh")]),
        ({"colour": ["red", "red"]}, [("FIELD_UNKNOWN", None)]),
        ({"side": None}, [("FIELD_MISSING", "side")]),
        ({"energy_wh": [1, 2]}, [("FIELD_FORMAT", "energy_wh")]),
        ({"side": ["buy", None]}, [("FIELD_MISSING", "orders/1/side")]),
        ({"energy_kwh": decimals(["1.2345", "2"], 9, 4)}, [("VOLUME_STEP", "orders/0/energy_kwh")]),
        ({"energy_kwh": None, "energy_wh": [0, 1]}, [("VOLUME_MIN", "orders/0/energy_wh")]),
        ({"start": pa.array([0, 1], pa.timestamp("s"))}, [
            ("TIMEZONE_REQUIRED", "orders/0/start"), ("TIMEZONE_REQUIRED", "orders/1/start")]),
        ({"start": pa.array([0, 1_465_988_400_500], pa.timestamp("ms", "UTC"))}, [
            ("FIELD_RANGE", "orders/0/start"), ("FIELD_RANGE", "orders/1/start")]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_row_and_column(
    changes: dict[str, Any], expected: list[tuple[str, str | None]]
) -> None:
    columns = {name: values for name, values in (GOOD | changes).items() if values is not None}
    assert faults(stream(columns)) == expected


def test_a_batch_has_one_to_ten_thousand_rows() -> None:
    assert faults(stream({name: values[:0] for name, values in GOOD.items()})) == [
        ("FIELD_RANGE", "orders")
    ]
    many = {name: values[:1] * 10_001 for name, values in GOOD.items()}
    assert faults(stream(many)) == [("FIELD_RANGE", "orders")]


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_compressed_buffers_are_refused_before_they_grow(compression: str) -> None:
    endless = {name: values[:1] * 9_000 for name, values in GOOD.items()}
    assert faults(stream(endless, compression=compression)) == [("BODY_FORMAT", None)]
    named = endless | {"unit_id": pa.array(endless["unit_id"]).dictionary_encode()}
    assert faults(stream(named, compression=compression)) == [("BODY_FORMAT", None)]


def test_a_stream_of_very_many_pieces_is_refused() -> None:
    table = pa.table(GOOD)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as out:
        for _ in range(1_001):
            out.write_table(table[:0])
            out.write_batch(
                pa.RecordBatch.from_pydict({n: v[:0] for n, v in GOOD.items()}, table.schema)
            )
    assert faults(sink.getvalue().to_pybytes()) == [("FIELD_RANGE", "orders")]


@given(st.binary(max_size=40), st.integers(0, 2_000))
def test_damaged_streams_are_refused_with_a_code(noise: bytes, at: int) -> None:
    body = stream(GOOD)
    damaged = body[:at] + noise + body[at + len(noise) :]
    assert read_or_codes(damaged)


def test_text_that_repeats_without_end_is_refused_before_it_is_written_out() -> None:
    rows = 10_000
    columns = {name: values[:1] * rows for name, values in GOOD.items()}
    long = "x" * 4_000
    repeated = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([long]))
    assert faults(stream(columns | {"unit_id": repeated})) == [("FIELD_RANGE", None)]
    views = pa.array([long] * rows, pa.string_view())
    assert faults(stream(columns | {"unit_id": views})) == [("FIELD_RANGE", None)]


def test_a_stream_of_very_many_columns_is_refused() -> None:
    many = {f"column{number}": pa.nulls(1) for number in range(101)}
    assert faults(stream(many)) == [("BODY_FORMAT", None)]
