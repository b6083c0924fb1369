"""The quick way and the plain way read the same batches alike."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import bulk
from api.bulk import read_orders
from api.errors import RefusedError

GOOD: dict[str, Any] = {
    "kind": "limit",
    "client_order_id": "a-1",
    "unit_id": "ada-load",
    "start": "2016-06-15T12:00:00+01:00",
    "side": "buy",
    "price_per_mwh": "85.20",
    "energy_kwh": "1.250",
}

VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
    | st.sampled_from(
        [
            "1.000", "85.201", "-1", "0", "sell", "2016-06-15T12:00:00", "x" * 65, 'a"b', "\ud800",
            "2016-06-15T12:15:00+01:00", "limit", "NaN",
        ]
    )
)  # fmt: skip


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """A good order with up to two fields changed, added or taken away."""
    row = dict(GOOD)
    names = st.sampled_from([*GOOD, "end", "colour", "atomic"])
    for name in draw(st.lists(names, max_size=2)):
        if draw(st.booleans()):
            row.pop(name, None)
        else:
            row[name] = draw(VALUES)
    return row


def outcome(read: Any, body: bytes) -> Any:  # noqa: ANN401 - a batch or its faults
    try:
        return read(body)
    except RefusedError as refused:
        return [(fault.code, fault.pointer) for fault in refused.rejections]


@given(
    st.lists(rows(), max_size=4),
    st.sampled_from([{}, {"atomic": True}, {"atomic": False}, {"atomic": 1}, {"x": 1}]),
)
def test_the_quick_way_reads_only_what_the_plain_way_reads(
    orders: list[dict[str, Any]], more: dict[str, Any]
) -> None:
    body = json.dumps({"orders": orders, **more}).encode()
    plain = outcome(bulk._plain, body)  # noqa: SLF001
    quick = bulk._quick(body)  # noqa: SLF001
    if quick is not None:
        assert quick == plain
    assert outcome(read_orders, body) == plain


@given(st.lists(st.builds(lambda: dict(GOOD)), min_size=1, max_size=5), st.booleans())
def test_a_good_batch_takes_the_quick_way(orders: list[dict[str, Any]], atomic: bool) -> None:
    body = json.dumps({"orders": orders, "atomic": atomic}).encode()
    quick = bulk._quick(body)  # noqa: SLF001
    assert quick is not None
    assert quick.atomic is atomic
    assert len(quick.columns) == len(orders)


def test_an_end_is_read_both_ways() -> None:
    orders = [{**GOOD, "end": "2016-06-15T12:15:00+01:00"}, {**GOOD, "end": None}, GOOD]
    body = json.dumps({"orders": orders}).encode()
    quick = bulk._quick(body)  # noqa: SLF001
    assert quick is not None
    assert quick.end_s == (1465989300, None, None)
    assert quick == bulk._plain(body)  # noqa: SLF001


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
    assert bulk._quick(body) is None  # noqa: SLF001
    assert outcome(read_orders, body)[0][0].value == "BODY_NOT_JSON"


def test_a_name_that_stands_twice_in_a_row_is_refused() -> None:
    row = json.dumps(GOOD)[:-1] + ', "energy_kwh": "9.000"}'
    body = f'{{"orders": [{row}]}}'.encode()
    assert bulk._quick(body) is None  # noqa: SLF001
    assert outcome(read_orders, body)[0][0].value == "BODY_NOT_JSON"


@pytest.mark.parametrize("count", [0, 10_001])
def test_a_batch_has_one_to_ten_thousand_orders(count: int) -> None:
    body = json.dumps({"orders": [GOOD] * count}).encode()
    assert [(code.value, pointer) for code, pointer in outcome(read_orders, body)] == [
        ("FIELD_RANGE", "/orders")
    ]
