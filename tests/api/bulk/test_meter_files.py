"""Files of meter readings: read while they come in, cut into the market's intervals, every fault by its line."""

from collections.abc import Sequence
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.bulk.csv_lines import LINE_BYTES_MAX
from api.bulk.meter_file import MeterFile, MeterTable
from api.bulk.meter_readings import MeterReadings, in_intervals
from api.wire.errors import FAULTS_MAX, RefusedError
from market.model.interval import second_of
from market.model.meter_rows import Label
from market.model.rejection import Code, Rejection

HEADER = "unit_id,start,consumption_kwh,generation_kwh\n"
NOON = "2016-06-15T12:00:00Z"
HALF_PAST = "2016-06-15T12:30:00Z"
ONE = "2016-06-15T13:00:00Z"


def second(text: str) -> int:
    return second_of(datetime.fromisoformat(text))


def read(text: str | bytes, piece: int = 1 << 20) -> MeterTable:
    body = text if isinstance(text, bytes) else text.encode()
    file = MeterFile()
    for first in range(0, len(body), piece):
        file.feed(body[first : first + piece])
    return file.finished()


def rows(table: MeterTable) -> list[tuple[str, int, int, int]]:
    """Unit, time, energy and line of each row."""
    found = (table.rows.unit, table.rows.label_s, table.rows.injection_wh, table.lines)
    return [
        (table.unit_ids[unit], label_s, injection_wh, line)
        for unit, label_s, injection_wh, line in zip(
            *(column.tolist() for column in found), strict=True
        )
    ]


def places(faults: Sequence[Rejection]) -> list[tuple[Code, str | None]]:
    return [(fault.code, fault.pointer) for fault in faults]


def refused(text: str | bytes) -> list[tuple[Code, str | None]]:
    with pytest.raises(RefusedError) as caught:
        read(text)
    return places(caught.value.rejections)


# --- what a file says -----------------------------------------------------------------------


def test_a_row_is_what_a_unit_generated_less_what_it_used() -> None:
    table = read(f"{HEADER}roof,{NOON},0.250,1.000\nhome,2016-06-15T14:30:00+02:00,1.5,0\n")

    assert rows(table) == [
        ("roof", second(NOON), 750, 2),
        ("home", second(HALF_PAST), -1_500, 3),
    ]
    assert (table.label, table.faults, table.refused) == (Label.START, (), 0)


def test_the_header_says_whether_times_are_starts_or_ends() -> None:
    assert read(f"unit_id,end,generation_kwh\nroof,{ONE},1\n").label is Label.END


def test_a_spreadsheets_file_reads_alike() -> None:
    table = read(
        f'\ufeffunit_id;start;consumption_kwh\r\n"home";{NOON};0,250\r\n\r\n;;\r\nhome;{ONE};1\r\n'
    )

    assert rows(table) == [("home", second(NOON), -250, 2), ("home", second(ONE), -1_000, 5)]


@pytest.mark.parametrize("piece", [1, 7, 64])
def test_a_file_reads_alike_however_it_comes_in(piece: int) -> None:
    text = HEADER + "".join(f"u{n % 3},{NOON},0.00{n % 10},0\n" for n in range(20)) + "u,x,0,0"

    whole, cut = read(text), read(text, piece)
    assert rows(cut) == rows(whole)
    assert (cut.faults, cut.refused) == (whole.faults, 1)


# --- faults ---------------------------------------------------------------------------------


def test_every_fault_is_told_by_line_and_column_and_the_rest_is_read() -> None:
    table = read(
        f"{HEADER}home,{NOON},1,0\n"
        f"ho me,{NOON},1,0\n"
        "home,2016-06-15T12:00:00,1,0\n"
        f"home,{NOON},1.0001,-1\n"
        f"home,{ONE},,0\n"
        f"home,{ONE},1,0,7\n"
        f"home,{ONE},1,0\n"
    )

    assert [row[3] for row in rows(table)] == [2, 8]
    assert table.refused == 5
    assert places(table.faults) == [
        (Code.FIELD_FORMAT, "lines/3/unit_id"),
        (Code.TIMEZONE_REQUIRED, "lines/4/start"),
        (Code.FIELD_RANGE, "lines/5/consumption_kwh"),
        (Code.FIELD_RANGE, "lines/5/generation_kwh"),
        (Code.FIELD_MISSING, "lines/6/consumption_kwh"),
        (Code.FIELD_UNKNOWN, "lines/7"),
    ]
    assert table.faults[0].parameters == {"line": "3", "column": "unit_id"}


def test_of_many_faults_the_first_are_told_and_all_are_counted() -> None:
    table = read(f"{HEADER}home,{NOON},1,0\n" + f"home,{NOON},x,y\n" * 200)

    assert (len(table.faults), table.refused) == (FAULTS_MAX, 200)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [(Code.FIELD_MISSING, f"lines/1/{name}") for name in ("unit_id", "start", "consumption_kwh")]),
        (HEADER, [(Code.FIELD_RANGE, "lines")]),
        ("unit_id,generation_kwh\n", [(Code.FIELD_MISSING, "lines/1/start")]),
        ("unit_id,start,end,generation_kwh\n", [(Code.FIELD_FORMAT, "lines/1/end")]),
        ("unit_id,unit_id,start,generation_kwh\n", [(Code.FIELD_FORMAT, "lines/1/unit_id")]),
        ("unit_id,start,kwh\n", [(Code.FIELD_MISSING, "lines/1/consumption_kwh"), (Code.FIELD_UNKNOWN, "lines/1")]),
        (b"unit_id,start\xff\n", [(Code.BODY_FORMAT, "lines/1")]),
        (HEADER.encode() + b"a,b,\xff,0\n", [(Code.BODY_FORMAT, "lines/2")]),
        (HEADER + '"a,b', [(Code.BODY_FORMAT, "lines/2")]),
        (HEADER + "a" * (LINE_BYTES_MAX + 1), [(Code.BODY_FORMAT, "lines/2")]),
        (HEADER + "a" * (LINE_BYTES_MAX + 1) + "\n", [(Code.BODY_FORMAT, "lines/2")]),
    ],
)  # fmt: skip
def test_what_is_no_file_of_readings_is_refused_whole(
    text: str | bytes, found: list[tuple[Code, str]]
) -> None:
    assert refused(text) == found


@given(
    st.binary(max_size=200)
    | st.text(max_size=120).map(lambda text: HEADER.encode() + text.encode())
)
def test_no_file_does_anything_but_be_read_or_refused(body: bytes) -> None:
    try:
        table = read(body, piece=50)
    except RefusedError:
        return
    assert len(rows(table)) + table.refused > 0


# --- in the market's intervals --------------------------------------------------------------


def cut(text: str, minutes: int = 30) -> MeterReadings:
    return in_intervals(
        read(text), meter_minutes=minutes, interval_minutes=15, origin_s=second(NOON)
    )


def values(readings: MeterReadings) -> list[tuple[str, int, int]]:
    return [
        (item.unit_id, (item.start_s - second(NOON)) // 60, item.injection_wh)
        for part in readings.in_parts()
        for item in part.measurements()
    ]


def test_half_hours_become_quarters_that_sum_to_them() -> None:
    by_start = cut(f"{HEADER}home,{NOON},0.007,0\nroof,{HALF_PAST},0,0.004\n")
    by_end = cut(
        f"unit_id,end,consumption_kwh,generation_kwh\nhome,{HALF_PAST},0.007,0\nroof,{ONE},0,0.004\n"
    )

    assert values(by_start) == [("home", 0, -4), ("home", 15, -3), ("roof", 30, 2), ("roof", 45, 2)]
    assert values(by_end) == values(by_start)


def test_what_does_not_fit_is_told_by_its_line_among_the_other_faults() -> None:
    found = cut(
        f"{HEADER}home,{NOON},1,0\n"
        f"home,2016-06-15T12:15:00Z,1,0\n"
        f"home,{NOON},x,0\n"
        f"home,{NOON},2,0\n"
        f"home,{NOON},1,0\n"
    )

    assert places(found.faults) == [
        (Code.FIELD_RANGE, "lines/3/start"),
        (Code.FIELD_FORMAT, "lines/4/consumption_kwh"),
        (Code.EXISTS_WITH_DIFFERENT_FIELDS, "lines/5/start"),
    ]
    assert found.faults[0].parameters["minutes"] == "30"
    assert (found.refused, found.repeated) == (3, 1)
    assert values(found) == [("home", 0, -500), ("home", 15, -500)]


def test_a_row_is_never_torn_between_two_commands() -> None:
    text = "unit_id,start,generation_kwh\n" + "".join(f"u{n},{NOON},0.003\n" for n in range(3_400))
    parts = list(cut(text, minutes=45).in_parts())

    # Three quarters a row: 10,000 are no whole number of rows.
    assert [len(part.at) for part in parts] == [9_999, 201]
    assert parts[1].measurements()[0].start_s == second(NOON)


def test_what_the_market_refuses_is_taken_out_by_the_row() -> None:
    (part,) = cut(f"{HEADER}home,{NOON},1,0\nroof,{NOON},0,9\nhome,{HALF_PAST},1,0\n").in_parts()

    # The second quarter of the roof's half hour: both quarters go, and its line is told.
    fault = Rejection(code=Code.MEASUREMENT_IMPLAUSIBLE, pointer="items/3/generation_kwh")
    less = part.without((fault,))

    assert less is not None
    rest, found = less
    assert [item.unit_id for item in rest.measurements()] == ["home"] * 4
    assert places(found) == [(Code.MEASUREMENT_IMPLAUSIBLE, "lines/3/generation_kwh")]
    assert part.without((Rejection(code=Code.AREA_UNKNOWN, pointer="area_id"),)) is None


def test_the_market_speaks_of_start_the_file_of_end() -> None:
    (part,) = cut(f"unit_id,end,generation_kwh\nroof,{ONE},1\n").in_parts()
    less = part.without((Rejection(code=Code.PRODUCT_UNKNOWN, pointer="items/0/start"),))

    assert less is not None
    assert places(less[1]) == [(Code.PRODUCT_UNKNOWN, "lines/2/end")]
