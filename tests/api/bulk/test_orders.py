"""The quick way and the plain way read the same batches alike, whatever they are written in."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.bulk import OrderBatch, read_orders
from api.bulk.csv_rows import table_plainly, table_quickly
from api.bulk.json_rows import document_plainly, document_quickly, lines_plainly, lines_quickly
from api.wire.errors import RefusedError
from api.wire.formats import Form
from market.model.order import OrderOptions, TimeInForce

GOOD: dict[str, Any] = {
    "kind": "limit",
    "client_order_id": "a-1",
    "unit_id": "ada-load",
    "start": "2016-06-15T12:00:00+01:00",
    "side": "buy",
    "price_per_mwh": "85.20",
    "energy_kwh": "1.250",
}
NAMES = [*GOOD, "end", "colour", "atomic", "tif", "expires", "post_only", "partners", "display_kwh"]
TEXTS = st.sampled_from(
    [
        "", "1.000", "85.201", "85,20", "1.234,50", "-1", "-0.00", "0", "sell", "2016-06-15T12:00:00", "x" * 65,
        'a"b', "2016-06-15T12:15:00+01:00", "limit", "NaN", "gtd", "ioc", "true", "FALSE", "ann bob", "a b", "=1",
        " 1", "1e3", "+1", "99999999999999", "2000000000", "0.001", "a,b", "a;b", "a\nb", "ä",
    ]
)  # fmt: skip
VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
    | st.just("\ud800")
    | st.lists(st.sampled_from(["ann", "bob", "a b", 'a"b']), max_size=3)
    | TEXTS
)


def changed(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> dict[str, Any]:
    """A good order with up to two fields changed, added or taken away."""
    row = dict(GOOD)
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=2)):
        if draw(st.booleans()):
            row.pop(name, None)
        else:
            row[name] = draw(values)
    return row


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    return changed(draw, VALUES)


@st.composite
def cells(draw: st.DrawFn) -> dict[str, str]:
    return changed(draw, TEXTS)


def outcome(read: Callable[[bytes], OrderBatch], body: bytes) -> Any:  # noqa: ANN401 - batch or faults
    try:
        return told(read(body))
    except RefusedError as refused:
        return [(fault.code, fault.pointer, dict(fault.parameters)) for fault in refused.rejections]


def told(batch: OrderBatch | None) -> Any:  # noqa: ANN401 - all a batch says, to be compared
    if batch is None:
        return None
    lines = batch.places.lines
    return batch.columns, batch.end_s, batch.atomic, None if lines is None else list(lines)


def codes(read: Callable[[bytes], OrderBatch], body: bytes) -> list[tuple[str, str | None]]:
    return [(code.value, pointer) for code, pointer, _ in outcome(read, body)]


def check_both(
    quickly: Callable[[bytes], OrderBatch | None],
    plainly: Callable[[bytes], OrderBatch],
    body: bytes,
) -> None:
    quick, plain = quickly(body), outcome(plainly, body)
    if quick is not None:
        assert told(quick) == plain


# --- one document of JSON -----------------------------------------------------------------


@given(
    st.lists(rows(), max_size=4),
    st.sampled_from([{}, {"atomic": True}, {"atomic": False}, {"atomic": 1}, {"x": 1}]),
)
def test_the_quick_way_reads_only_what_the_plain_way_reads(
    orders: list[dict[str, Any]], more: dict[str, Any]
) -> None:
    body = json.dumps({"orders": orders, **more}).encode()
    check_both(document_quickly, document_plainly, body)
    assert outcome(read_orders, body) == outcome(document_plainly, body)


@given(st.lists(st.builds(lambda: dict(GOOD)), min_size=1, max_size=5), st.booleans())
def test_a_good_batch_takes_the_quick_way(orders: list[dict[str, Any]], atomic: bool) -> None:
    body = json.dumps({"orders": orders, "atomic": atomic}).encode()
    quick = document_quickly(body)
    assert quick is not None
    assert quick.atomic is atomic
    assert len(quick.columns) == len(orders)


def test_an_end_is_read_both_ways() -> None:
    orders = [{**GOOD, "end": "2016-06-15T12:15:00+01:00"}, {**GOOD, "end": None}, GOOD]
    body = json.dumps({"orders": orders}).encode()
    quick = document_quickly(body)
    assert quick is not None
    assert quick.end_s == (1465989300, None, None)
    assert told(quick) == outcome(document_plainly, body)


def test_options_take_the_quick_way_and_stand_once() -> None:
    patient = {"tif": "gtd", "expires": "2016-06-15T11:00:00+01:00", "partners": ["bob", "ann"]}
    orders = [{**GOOD, **patient}, GOOD, {**GOOD, **patient}]
    body = json.dumps({"orders": orders}).encode()
    quick = document_quickly(body)
    assert quick is not None
    assert quick.columns.option_of == (0, 1, 0)
    assert quick.columns.options == (
        OrderOptions(
            tif=TimeInForce.GTD, expires_us=1_465_984_800_000_000, partners=("bob", "ann")
        ),
        OrderOptions(),
    )
    assert told(quick) == outcome(document_plainly, body)


@pytest.mark.parametrize(
    "twice",
    [
        '{"orders": [%s], "orders": [%s]}',
        '{"orders": [%s], "atomic": true, "atomic": false}',
        '{"orders": [%s], "\\u0061tomic": true, "atomic": false}',
    ],
)
def test_a_name_that_stands_twice_is_refused(twice: str) -> None:
    row = json.dumps(GOOD)
    body = twice.replace("%s", row).encode()
    assert document_quickly(body) is None
    assert codes(read_orders, body)[0][0] == "BODY_NOT_JSON"


@pytest.mark.parametrize("more", ['"energy_kwh": "9.000"', '"tif": "ioc", "tif": "fok"'])
def test_a_name_that_stands_twice_in_a_row_is_refused(more: str) -> None:
    row = json.dumps(GOOD)[:-1] + f", {more}}}"
    body = f'{{"orders": [{row}]}}'.encode()
    assert document_quickly(body) is None
    assert codes(read_orders, body)[0][0] == "BODY_NOT_JSON"
    assert lines_quickly(row.encode(), atomic=False) is None


@pytest.mark.parametrize("count", [0, 10_001])
def test_a_batch_has_one_to_ten_thousand_orders(count: int) -> None:
    body = json.dumps({"orders": [GOOD] * count}).encode()
    assert codes(read_orders, body) == [("FIELD_RANGE", "/orders")]


# --- one order a line ----------------------------------------------------------------------


def read_ndjson(body: bytes) -> OrderBatch:
    return read_orders(body, Form.NDJSON)


@given(
    st.lists(rows().map(json.dumps) | st.sampled_from(["", " ", "{", "5", "[]"]), max_size=4),
    st.sampled_from(["\n", "\r\n"]),
)
def test_lines_are_read_alike_both_ways(lines: list[str], ending: str) -> None:
    body = ending.join(lines).encode()
    check_both(
        lambda body: lines_quickly(body, atomic=False),
        lambda body: lines_plainly(body, atomic=False),
        body,
    )


def test_a_good_file_of_lines_takes_the_quick_way() -> None:
    body = b"\n".join([json.dumps(GOOD).encode()] * 3) + b"\n"
    quick = lines_quickly(body, atomic=True)
    assert quick is not None
    assert quick.atomic
    assert told(quick) == told(lines_plainly(body, atomic=True))


def test_every_bad_line_is_told_with_its_number() -> None:
    lines = [json.dumps(GOOD), "", '{"kind"', json.dumps({**GOOD, "energy_kwh": "0"})]
    assert outcome(read_ndjson, "\n".join(lines).encode()) == [
        ("BODY_NOT_JSON", "lines/3", {"line": "3"}),
        ("VOLUME_MIN", "lines/4/energy_kwh", {"line": "4", "column": "energy_kwh"}),
    ]


@pytest.mark.parametrize("count", [0, 10_001])
def test_a_file_of_lines_has_one_to_ten_thousand_orders(count: int) -> None:
    body = b"\n".join([json.dumps(GOOD).encode()] * count)
    assert codes(read_ndjson, body) == [("FIELD_RANGE", "lines")]


# --- CSV ---------------------------------------------------------------------------------------


def read_csv(body: bytes) -> OrderBatch:
    return read_orders(body, Form.CSV)


def as_csv(table: list[dict[str, str]], separator: str, ending: str = "\r\n") -> bytes:
    """The rows as a spreadsheet writes them, without quotes."""
    names = list(dict.fromkeys(name for row in table for name in row))
    comma = separator == ";"

    def cell(name: str, text: str) -> str:
        number = comma and name in {"price_per_mwh", "energy_kwh", "display_kwh"}
        return text.replace(".", ",") if number else text

    lines = [names, *[[cell(name, row.get(name, "")) for name in names] for row in table]]
    return ending.join(separator.join(line) for line in lines).encode()


@given(
    st.lists(cells(), min_size=1, max_size=4),
    st.sampled_from([",", ";"]),
    st.sampled_from(["\r\n", "\n", "\r", "\n\n"]),
    st.sampled_from([b"", b"\r\n", b"\n,,,,,,\n", b"\n\xff", b"\nx", b'"']),
)
def test_tables_are_read_alike_both_ways(
    table: list[dict[str, str]], separator: str, ending: str, tail: bytes
) -> None:
    check_both(
        lambda body: table_quickly(body, atomic=False),
        lambda body: table_plainly(body, atomic=False),
        as_csv(table, separator, ending) + tail,
    )


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_spreadsheets_file_takes_the_quick_way(separator: str, mark: bytes) -> None:
    more = {"end": "2016-06-15T12:15:00+01:00", "tif": "ioc", "post_only": "FALSE"}
    body = as_csv([GOOD, {**GOOD, **more, "partners": "ann bob"}], separator)
    quick = table_quickly(body, atomic=False)
    assert quick is not None
    assert told(quick) == outcome(read_csv, mark + body)
    assert told(quick) == told(table_plainly(body, atomic=False))
    assert quick.columns.price_ticks == (8_520, 8_520)
    assert quick.columns.energy_wh == (1_250, 1_250)
    assert quick.columns.options[1].partners == ("ann", "bob")


def test_a_kind_need_not_be_named_and_cells_may_be_quoted() -> None:
    plain = {name: text for name, text in GOOD.items() if name != "kind"}
    body = as_csv([plain], ",")
    quoted = b"\n".join(
        b",".join(b'"%s"' % cell for cell in line.split(b",")) for line in body.split(b"\r\n")
    )
    assert table_quickly(body, atomic=False) is not None
    assert outcome(read_csv, quoted) == outcome(read_csv, body)


def test_every_bad_row_is_told_with_its_line_and_column() -> None:
    table = [GOOD, {**GOOD, "energy_kwh": "1.2345"}, GOOD, {**GOOD, "side": "hold", "start": ""}]
    assert outcome(read_csv, as_csv(table, ",")) == [
        ("FIELD_MISSING", "lines/5/start", {"line": "5", "column": "start"}),
        ("FIELD_FORMAT", "lines/5/side", {"line": "5", "column": "side"}),
        ("VOLUME_STEP", "lines/3/energy_kwh", {"line": "3", "column": "energy_kwh"}),
    ]


def test_a_line_is_counted_as_an_editor_counts_it() -> None:
    body = as_csv([GOOD, GOOD], ",", "\n").replace(b"a-1", b'"a\n1"', 1).replace(b"a-1", b"a 1")
    assert codes(read_csv, body) == [
        ("FIELD_FORMAT", "lines/2/client_order_id"),
        ("FIELD_FORMAT", "lines/4/client_order_id"),
    ]


def test_a_point_in_a_file_with_decimal_commas_is_not_guessed_at() -> None:
    body = as_csv([GOOD], ";").replace(b"1,250", b"1.250")
    assert codes(read_csv, body) == [("FIELD_FORMAT", "lines/2/energy_kwh")]


@pytest.mark.parametrize(
    ("header", "faults"),
    [
        (b"unit_id,colour", [("FIELD_MISSING", 5), ("FIELD_UNKNOWN", 1)]),
        (b"unit_id,unit_id", [("FIELD_MISSING", 5), ("FIELD_FORMAT", 1)]),
        (b"", [("FIELD_MISSING", 6)]),
    ],
)
def test_what_is_wrong_with_a_header_is_told(header: bytes, faults: list[tuple[str, int]]) -> None:
    found = [code for code, pointer in codes(read_csv, header + b"\nx,y") if pointer]
    if not header:  # the next line is then the header
        found = [code for code in found if code == "FIELD_MISSING"]
    assert [(code, found.count(code)) for code in dict.fromkeys(found)] == faults


@pytest.mark.parametrize(
    ("cells", "fault"),
    [(b",x,y", ("FIELD_UNKNOWN", "lines/2")), (b"", None)],
)
def test_a_row_longer_than_the_header_is_told(cells: bytes, fault: tuple[str, str] | None) -> None:
    body = as_csv([GOOD], ",") + cells
    found = outcome(read_csv, body)
    assert fault is None or [(code.value, pointer) for code, pointer, _ in found] == [fault]


@pytest.mark.parametrize("bad", [b"\xff", b'a"b"c"'])
def test_bytes_that_are_no_table_are_refused_with_their_line(bad: bytes) -> None:
    body = as_csv([GOOD, GOOD], ",").replace(b"a-1", b'"' + bad, 1)
    assert codes(read_csv, body) == [("BODY_FORMAT", "lines/2")]


@pytest.mark.parametrize("count", [0, 10_001])
def test_a_table_has_one_to_ten_thousand_orders(count: int) -> None:
    body = as_csv([GOOD], ",")
    head, row = body.split(b"\r\n")
    assert codes(read_csv, b"\r\n".join([head, *[row] * count])) == [("FIELD_RANGE", "lines")]


# --- bodies that are only there to cost time -------------------------------------------------


@pytest.mark.parametrize(
    ("form", "body"),
    [
        (Form.NDJSON, b"\n{" * 2**20),
        (Form.NDJSON, b"\n" * 2**20),
        (Form.CSV, b"\n" * 2**20),
        (Form.CSV, b"\r" * 2**20),
        (Form.CSV, b"unit_id" + b"," * 2**20),
        (Form.CSV, b"unit_id;" + b'"\n";' * 2**20),
    ],
)
def test_marks_without_end_are_not_read_at_all(form: Form, body: bytes) -> None:
    assert codes(lambda body: read_orders(body, form), body) == [("FIELD_RANGE", "lines")]
