"""A file of readings over the wire: what can be taken is, what cannot is told by its line."""

import gzip
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.hosting import Server
from tests.api.test_bad_input import assert_coded
from tests.api.village import QUARTER_S, Village, instant, make_village

HEADER = "unit_id,start,consumption_kwh,generation_kwh\n"


@pytest.fixture
def ended(server: Server) -> Village:
    """The first interval's delivery is over."""
    village = make_village(server, intervals=4)
    village.go_to(QUARTER_S + 1)
    village.wait_for_phase("settling")
    return village


def sent(
    village: Village,
    text: str | bytes,
    who: str = "rural",
    **query: Any,  # noqa: ANN401
) -> tuple[int, Any]:
    content = text if isinstance(text, bytes) else text.encode()
    answer = village.send(
        "POST",
        "/measurements:file",
        who,
        content=content,
        params={"area_id": "RUR", **query},
        headers={"Content-Type": "text/csv"},
    )
    return answer.status_code, answer.json()


def told(count: int, **special: Any) -> dict[str, Any]:  # noqa: ANN401 - as JSON holds it
    nothing = {"repeated": 0, "older": 0, "late": 0, "doubtful": 0, "refused": 0, "errors": []}
    return {"count": count, **nothing, **special}


def codes(answer: tuple[int, Any]) -> list[tuple[str, str]]:
    return [(item["code"], item["pointer"]) for item in answer[1]["errors"]]


def test_a_file_is_taken_and_its_readings_are_shown(ended: Village) -> None:
    start = ended.start()
    text = f"{HEADER}ada-load,{start},1.600,0\nbob-solar,{start},0,0.900\n"

    assert sent(ended, text) == (201, told(2))
    assert sent(ended, text) == (201, told(2, repeated=2))
    (ada,) = ended.get("/measurements", "ada")["items"]
    (bob,) = ended.get("/measurements", "bob")["items"]
    assert (ada["consumption_kwh"], ada["counts"]) == ("1.600", True)
    assert (bob["generation_kwh"], bob["version"]) == ("0.900", 1)


def test_good_rows_are_taken_and_bad_ones_told_by_line(ended: Village) -> None:
    start, later = ended.start(), ended.start(2)
    answer = sent(
        ended,
        f"{HEADER}ada-load,{start},1.600,0\n"
        f"bob-solar,{start},0,99.000\n"
        f"nobody,{start},1,0\n"
        f"ada-load,{later},1,0\n"
        f"ada-load,{start},x,0\n"
        f"ada-load,{start},1.7,0\n",
    )

    assert answer[0] == 201
    assert (answer[1]["count"], answer[1]["refused"]) == (1, 5)
    assert codes(answer) == [
        ("FIELD_FORMAT", "/lines/6/consumption_kwh"),
        ("EXISTS_WITH_DIFFERENT_FIELDS", "/lines/7/start"),
        ("MEASUREMENT_IMPLAUSIBLE", "/lines/3/generation_kwh"),
        ("UNIT_UNKNOWN", "/lines/4/unit_id"),
        ("MEASUREMENT_TOO_EARLY", "/lines/5/start"),
    ]
    assert len(ended.get("/measurements", "ada")["items"]) == 1


def test_a_file_without_one_good_row_is_refused(ended: Village) -> None:
    answer = sent(ended, f"{HEADER}nobody,{ended.start()},1,0\nada-load,yesterday,1,0\n")

    assert answer[0] == 422
    assert codes(answer) == [
        ("FIELD_FORMAT", "/lines/3/start"),
        ("UNIT_UNKNOWN", "/lines/2/unit_id"),
    ]


def test_half_hours_are_cut_and_what_comes_late_is_kept(server: Server) -> None:
    village = make_village(server, intervals=4)
    # The first interval that begins a half hour of the day.
    first = (village.first_s // QUARTER_S) % 2
    village.go_to((first + 2) * QUARTER_S + 1)
    village.wait_for_phase("settled", first)
    village.wait_for_phase("settling", first + 1)
    end = instant(village.first_s + (first + 2) * QUARTER_S)

    answer = sent(village, f"unit_id,end,consumption_kwh\nada-load,{end},3.001\n", minutes=30)

    assert answer == (202, told(2, late=1))
    found = village.get("/measurements", "ada", versions="true")["items"]
    assert [(item["start"], item["consumption_kwh"], item["late"]) for item in found if not item["substituted"]] == [
        (village.start(first), "1.501", True),
        (village.start(first + 1), "1.500", False),
    ]  # fmt: skip


def test_it_may_come_compressed(ended: Village) -> None:
    body = gzip.compress(f"{HEADER}ada-load,{ended.start()},1.600,0\n".encode())
    answer = ended.send(
        "POST",
        "/measurements:file",
        "rural",
        content=body,
        params={"area_id": "RUR"},
        headers={"Content-Type": "text/csv", "Content-Encoding": "gzip"},
    )

    assert (answer.status_code, answer.json()) == (201, told(1))


@pytest.mark.parametrize(
    ("who", "query", "unit_id", "code"),
    [
        ("rural", {"area_id": "GRID"}, "retail", "AREA_UNKNOWN"),
        ("rural", {"area_id": "no where"}, "retail", "FIELD_FORMAT"),
        ("rural", {"minutes": "20"}, "ada-load", "FIELD_RANGE"),
        ("rural", {"minutes": "0"}, "ada-load", "FIELD_RANGE"),
        ("rural", {"minutes": "1e3"}, "ada-load", "FIELD_FORMAT"),
        ("rural", {}, "retail", "UNIT_UNKNOWN"),
        ("meter", {}, "bob-solar", "UNIT_UNKNOWN"),
        ("meter", {"area_id": "GRID"}, "ada-load", "AREA_UNKNOWN"),
        ("ada", {}, "ada-load", "NOT_PERMITTED"),
        ("operator", {}, "ada-load", "NOT_PERMITTED"),
    ],
)
def test_files_come_from_whom_they_may(
    still_village: Village, who: str, query: dict[str, str], unit_id: str, code: str
) -> None:
    text = f"{HEADER}{unit_id},{still_village.start()},1,0\n"

    assert sent(still_village, text, who, **query)[1]["code"] == code


def test_a_device_brings_a_file_of_its_own_readings(ended: Village) -> None:
    text = f"{HEADER}ada-load,{ended.start()},1.600,0\n"

    assert sent(ended, text, "meter") == (201, told(1))


def test_only_csv_is_a_file(still_village: Village) -> None:
    answer = still_village.post("/measurements:file?area_id=RUR", "rural", {"items": []})

    assert answer.json()["code"] == "MEDIA_TYPE_UNKNOWN"


def test_what_never_ends_is_not_read_to_its_end(still_village: Village) -> None:
    # 4 KB without an end of line are enough; of the megabytes behind them nothing is kept.
    status, problem = sent(still_village, b"x" * (2 * 1024 * 1024))

    assert (status, problem["code"]) == (400, "BODY_FORMAT")


@settings(max_examples=60)
@given(
    content=st.binary(max_size=120)
    | st.text(max_size=80).map(lambda text: (HEADER + text).encode())
)
def test_no_file_makes_a_server_error(still_village: Village, content: bytes) -> None:
    assert_coded(
        still_village.send(
            "POST",
            "/measurements:file",
            "rural",
            content=content,
            params={"area_id": "RUR"},
            headers={"Content-Type": "text/csv"},
        )
    )
