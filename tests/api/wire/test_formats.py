"""A format is chosen as HTTP says, and every format says what JSON says."""

import csv
import gzip
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.wire import formats
from api.wire.errors import RefusedError
from api.wire.formats import BULK, TABLES, Encoder, Form, encoded

COLUMNS = ("unit_id", "start", "price_per_mwh", "energy_kwh", "held", "sequence", "substituted")
RECORDS: list[dict[str, Any]] = [
    {
        "unit_id": "ada-load",
        "start": "2016-06-15T11:00:00Z",
        "price_per_mwh": "-85.20",
        "energy_kwh": "1.250",
        "held": "0.00000000",
        "sequence": 7,
        "substituted": False,
        "areas": [1],
    },
    dict.fromkeys(COLUMNS),
]
TYPED = [
    {
        "unit_id": "ada-load",
        "start": datetime(2016, 6, 15, 11, tzinfo=UTC),
        "price_per_mwh": Decimal("-85.20"),
        "energy_kwh": Decimal("1.250"),
        "held": Decimal(0),
        "sequence": 7,
        "substituted": False,
    },
    dict.fromkeys(COLUMNS),
]


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, Form.JSON),
        ("", Form.JSON),
        ("*/*", Form.JSON),
        ("text/*", Form.CSV),
        ("text/html, */*;q=0.1", Form.JSON),
        ("text/csv;q=0.5, application/x-ndjson", Form.NDJSON),
        ("Text/CSV ; charset=utf-8", Form.CSV),
        ("application/*;q=0.2, application/vnd.apache.arrow.stream", Form.ARROW),
        ("application/json;q=0, */*", Form.NDJSON),
    ],
)
def test_the_client_is_given_what_it_likes_best(accept: str | None, form: Form) -> None:
    assert formats.wanted(accept, BULK) is form


@pytest.mark.parametrize("accept", ["text/html", "text/csv;q=0", "application/vnd.apache.parquet", "*/*;q=x"])  # fmt: skip
def test_what_is_not_offered_is_not_acceptable(accept: str) -> None:
    with pytest.raises(RefusedError, match="NOT_ACCEPTABLE") as refused:
        formats.wanted(accept, BULK)
    assert refused.value.rejections[0].parameters == {"media_types": " ".join(BULK)}


@given(st.text(st.sampled_from("abz/*;,q=.0159 "), max_size=30))
def test_any_accept_header_is_answered(accept: str) -> None:
    try:
        told: str = formats.wanted(accept, TABLES)
    except RefusedError as refused:
        told = refused.code.value
    assert told in {*TABLES, "NOT_ACCEPTABLE"}


@pytest.mark.parametrize(
    ("content_type", "form"),
    [
        (None, Form.JSON),
        ("application/json; charset=utf-8", Form.JSON),
        ("TEXT/CSV", Form.CSV),
        ("application/ndjson", Form.NDJSON),
    ],
)
def test_a_body_is_what_its_type_says(content_type: str | None, form: Form) -> None:
    assert formats.taken(content_type, BULK) is form


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "json"]
)
def test_a_body_of_another_type_is_refused(content_type: str) -> None:
    with pytest.raises(RefusedError, match="MEDIA_TYPE_UNKNOWN"):
        formats.taken(content_type, BULK)


# --- compressed bodies -------------------------------------------------------------------


def zstd(body: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as out:
        out.write(body)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("zstd", zstd)])
def test_a_compressed_body_is_bounded_by_what_it_becomes(encoding: str, pack: Any) -> None:  # noqa: ANN401 - a function of bytes
    body = b"x" * 100_000
    assert formats.inflated(pack(body), encoding.upper(), 100_000) == body
    with pytest.raises(RefusedError, match="BODY_TOO_LARGE"):
        formats.inflated(pack(body), encoding, 99_999)
    with pytest.raises(RefusedError, match="BODY_FORMAT"):
        formats.inflated(pack(body)[:-9], encoding, 100_000)
    with pytest.raises(RefusedError, match="BODY_FORMAT"):
        formats.inflated(b"no such thing", encoding, 100_000)


def test_a_body_that_is_not_compressed_is_itself() -> None:
    assert formats.inflated(b"x", None, 1) == b"x"
    assert formats.inflated(b"x", "identity", 1) == b"x"
    with pytest.raises(RefusedError, match="MEDIA_TYPE_UNKNOWN"):
        formats.inflated(b"x", "br", 1)


# --- records -------------------------------------------------------------------------------


def test_csv_has_a_header_and_the_wires_own_text() -> None:
    assert encoded(Form.CSV, COLUMNS, RECORDS).decode().split("\r\n") == [
        ",".join(COLUMNS),
        "ada-load,2016-06-15T11:00:00Z,-85.20,1.250,0.00000000,7,false",
        ",,,,,,",
        "",
    ]
    assert encoded(Form.CSV, COLUMNS, []).decode() == ",".join(COLUMNS) + "\r\n"


@given(st.text(max_size=8))
def test_no_text_of_csv_is_a_formula(name: str) -> None:
    content = encoded(
        Form.CSV, ("name", "price_per_mwh"), [{"name": name, "price_per_mwh": "-1.00"}]
    )
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    shown, price = rows[1]
    assert shown.removeprefix("'") == name.removeprefix("'")
    assert not shown.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert price == "-1.00"  # a number is no formula


def test_ndjson_has_a_record_a_line() -> None:
    lines = encoded(Form.NDJSON, COLUMNS, RECORDS).splitlines()
    assert [json.loads(line) for line in lines] == [
        {name: record[name] for name in COLUMNS} for record in RECORDS
    ]


def test_arrow_and_parquet_have_types() -> None:
    arrow = pa.ipc.open_stream(encoded(Form.ARROW, COLUMNS, RECORDS)).read_all()
    parquet = pq.read_table(io.BytesIO(encoded(Form.PARQUET, COLUMNS, RECORDS)))
    assert arrow.to_pylist() == TYPED
    assert parquet.to_pylist() == TYPED
    assert arrow.schema.field("energy_kwh").type == pa.decimal128(38, 3)
    assert arrow.schema.equals(parquet.schema)


@pytest.mark.parametrize("form", [form for form in TABLES if form is not Form.JSON])
@pytest.mark.parametrize("pieces", [[], [0], [1, 1], [2]])
def test_a_file_in_pieces_is_the_file_in_one(form: Form, pieces: list[int]) -> None:
    encoder, first, content = Encoder(form, COLUMNS), 0, b""
    for count in pieces:
        content += encoder.add(RECORDS[first : first + count])
        first += count
    content += encoder.end()
    assert records_of(form, content) == records_of(form, encoded(form, COLUMNS, RECORDS[:first]))


def records_of(form: Form, content: bytes) -> Any:  # noqa: ANN401 - whatever it holds
    if form is Form.ARROW:
        return pa.ipc.open_stream(content).read_all().to_pylist()
    if form is Form.PARQUET:
        return pq.read_table(io.BytesIO(content)).to_pylist()
    return content
