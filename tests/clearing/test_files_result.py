"""A result as files reads back to the same integers, and a changed file is noticed."""

import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from clearing.explain import explain_block
from clearing.files.book import Book, read_book
from clearing.files.decimals import decimal_text
from clearing.files.result import COLUMNS, block_refusals, read_result, write_result
from clearing.files.tables import BookFaultyError
from clearing.problem import MICRO, NO_PRICE_TICKS, PPB, ClearingResult, Rung
from tests.clearing.folders import folder_of, random_problem, write_folder
from tests.clearing.test_files import BLOCKS, STORAGE

PAGE = Path(__file__).resolve().parents[2] / "docs" / "clearing-files.md"
NOT_IN_FILES = {"timings_ms", "audit_faults"}


def any_result(book: Book, seed: int) -> ClearingResult:
    """A result of the right shapes in which every number is drawn: no auditor would pass it."""
    rng = np.random.default_rng(seed)
    problem = book.problem
    nodes = (problem.n_areas, problem.n_intervals)
    ways = (len(problem.lines), problem.n_intervals)
    held = (len(problem.storages), problem.n_intervals)

    def drawn(shape: tuple[int, ...], most: int) -> np.ndarray:
        return rng.integers(-most, most, shape)

    has_price = rng.random(nodes) < 0.7
    way = rng.integers(0, 3, ways)
    sent = rng.integers(1, 10**12, ways)
    arrived = sent - rng.integers(0, 2, ways)
    t = np.arange(problem.n_intervals)
    first = problem.storages.first_interval[:, np.newaxis]
    last = problem.storages.last_interval[:, np.newaxis]
    inside = (first <= t) & (t <= last)
    stored = rng.integers(0, 10**9, held)
    left = np.take_along_axis(stored, last.astype(np.int64), axis=1)
    stored = np.where(t > last, left, stored)
    start = problem.storages.start_wh[:, np.newaxis]
    of_mesh = np.zeros((len(problem.lines), 1), dtype=bool)
    if problem.ptdf is not None:
        of_mesh[problem.ptdf.line] = True
    book_end = rng.random(nodes) < 0.3
    return ClearingResult(
        rung=Rung(rng.choice(list(Rung))),
        reproducible=bool(rng.integers(0, 2)),
        price_ticks=np.where(has_price, drawn(nodes, 10**9), 0),
        connection_price_ticks=np.where(has_price, drawn(nodes, 10**9), 0),
        price_microticks=np.where(has_price, drawn(nodes, 10**9 * MICRO), 0),
        connection_price_microticks=np.where(has_price, drawn(nodes, 10**9 * MICRO), 0),
        has_price=has_price,
        best_bid_ticks=np.where(book_end, NO_PRICE_TICKS, drawn(nodes, 10**9)),
        best_offer_ticks=np.where(book_end, drawn(nodes, 10**9), NO_PRICE_TICKS),
        accepted_wh=rng.integers(0, 3, len(problem.orders)) * 10**11,
        block_ratio_ppb=rng.integers(0, PPB + 1, len(problem.blocks)),
        charge_wh=np.where(inside, rng.integers(0, 10**9, held), 0),
        discharge_wh=np.where(inside, rng.integers(0, 10**9, held), 0),
        stored_wh=np.where(t < first, start, stored),
        stored_value_microticks=np.where(inside, drawn(held, 10**9 * MICRO), 0),
        sent_forward_wh=np.where(way == 1, sent, 0),
        sent_backward_wh=np.where(way == 2, sent, 0),
        received_forward_wh=np.where(way == 1, arrived, 0),
        received_backward_wh=np.where(way == 2, arrived, 0),
        shadow_price_microticks=np.where(of_mesh, drawn(ways, 10**9 * MICRO), 0),
        net_export_wh=drawn(nodes, 10**14),
        rounding_wh=rng.integers(0, 99, nodes),
        welfare_quanta=-(10**25),
        upper_bound_quanta=10**25,
        timings_ms={},
        message="drawn",
    )


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return read_book(folder_of(tmp_path / "book", BLOCKS | {"storages.csv": STORAGE}))


@pytest.mark.parametrize("seed", range(16))
def test_a_result_reads_back_to_the_same_integers(tmp_path: Path, seed: int) -> None:
    write_folder(random_problem(seed), tmp_path / "book")
    book = read_book(tmp_path / "book")
    result = any_result(book, seed)
    write_result(book, result, tmp_path / "deep" / "result")

    again, stated = read_result(book, tmp_path / "deep" / "result")

    for name in {field.name for field in fields(ClearingResult)} - NOT_IN_FILES:
        value, read = getattr(result, name), getattr(again, name)
        np.testing.assert_array_equal(value, read, err_msg=name)
        assert getattr(value, "dtype", None) == getattr(read, "dtype", None)
    assert stated["rung"] == result.rung


def test_the_files_have_the_columns_that_are_documented(book: Book, tmp_path: Path) -> None:
    write_result(book, any_result(book, 1), tmp_path)

    for stem, columns in COLUMNS.items():
        heading = (tmp_path / f"{stem}.csv").read_text().splitlines()[0]
        assert heading == ",".join(columns)
        assert f"`{heading.replace(',', ', ')}`" in PAGE.read_text()


def test_rows_say_what_was_decided(book: Book, tmp_path: Path) -> None:
    result = any_result(book, 2)
    one = np.ones_like(result.price_ticks, dtype=bool)
    result = replace(
        result,
        has_price=one,
        price_ticks=np.full_like(result.price_ticks, -5),
        connection_price_ticks=np.full_like(result.price_ticks, 12_345),
        price_microticks=np.full_like(result.price_ticks, -5_250_001),
        connection_price_microticks=np.full_like(result.price_ticks, 12_345_000_000),
        rounding_wh=np.full_like(result.price_ticks, 3),
        best_bid_ticks=np.full_like(result.price_ticks, NO_PRICE_TICKS),
        best_offer_ticks=np.full_like(result.price_ticks, 100),
        accepted_wh=np.array([0, 1_234, 0]),
        charge_wh=np.zeros_like(result.charge_wh),
        discharge_wh=np.full_like(result.charge_wh, 1_249),
        stored_wh=np.full_like(result.charge_wh, 1),
        stored_value_microticks=np.full_like(result.charge_wh, 81_052_631_579),
        sent_forward_wh=np.array([[0, 1_260, 0, 0]]),
        sent_backward_wh=np.array([[7, 0, 0, 0]]),
        received_forward_wh=np.array([[0, 1_234, 0, 0]]),
        received_backward_wh=np.array([[6, 0, 0, 0]]),
        block_ratio_ppb=np.array([PPB, 123_456_789, 0]),
    )
    write_result(book, result, tmp_path)

    def rows(stem: str) -> list[str]:
        return (tmp_path / f"{stem}.csv").read_text().splitlines()[1:]

    assert rows("prices")[0] == (
        "RUR,2016-06-14T21:00:00Z,-0.05,123.45,3,,1.00,-0.05250001,123.45000000"
    )
    assert len(rows("prices")) == len(rows("positions")) == 2 * 4
    assert rows("fills") == ["o2,1.234"]
    assert rows("flows")[:2] == [
        "L1,2016-06-14T21:00:00Z,-0.007,0.001,",
        "L1,2016-06-14T21:15:00Z,1.260,0.026,",
    ]
    assert len(rows("storages")) == 4 + 1  # the windows alone
    assert rows("storages")[0] == "s1,2016-06-14T21:00:00Z,0.000,1.249,0.001,810.52631579"
    ratios = [row.split(",")[:2] for row in rows("blocks")]
    assert ratios == [["late", "1.000000000"], ["early", "0.123456789"], ["other", "0.000000000"]]
    for b, row in enumerate(rows("blocks")):
        explained = explain_block(book.problem, result, b)
        assert row.split(",")[2:] == [explained.reason, decimal_text(explained.surplus_quanta, 8)]


def test_names_with_commas_and_quotes_come_back(tmp_path: Path) -> None:
    orders = '''
        order,area,interval,side,price_per_mwh,energy_kwh,time
        "a, ""b""",RUR,0,buy,1,1,2016-06-14T20:00:00Z
    '''
    book = read_book(folder_of(tmp_path / "book", {"orders.csv": orders}))
    result = replace(any_result(book, 3), accepted_wh=np.array([1_000]))
    write_result(book, result, tmp_path / "result")

    assert read_result(book, tmp_path / "result")[0].accepted_wh.tolist() == [1_000]


def test_a_result_may_be_parquet(book: Book, tmp_path: Path) -> None:
    result = any_result(book, 4)
    write_result(book, result, tmp_path)
    for path in sorted(tmp_path.glob("*.csv")):
        pl.read_csv(path, infer_schema=False).write_parquet(path.with_suffix(".parquet"))
        path.unlink()

    again, _ = read_result(book, tmp_path)

    np.testing.assert_array_equal(again.price_microticks, result.price_microticks)
    np.testing.assert_array_equal(again.stored_wh, result.stored_wh)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("prices.csv", "RUR,2016-06-14T21:00:00Z", "SEA,2016-06-14T21:00:00Z"),
        ("prices.csv", "RUR,2016-06-14T21:00:00Z", "RUR,2017-06-14T21:00:00Z"),
        ("prices.csv", "RUR,2016-06-14T21:00:00Z", "RUR,2016-06-14T21:15:00Z"),
        ("flows.csv", "L1,2016-06-14T21:00:00Z", "L1,2016-06-14T21:15:00Z"),
        ("positions.csv", "RUR,2016-06-14T21:00:00Z", "RUR,2016-06-14T21:15:00Z"),
        ("storages.csv", "s1,2016-06-14T21:00:00Z", "s1,2016-06-14T21:15:00Z"),
        ("storages.csv", "s1,2016-06-14T21:00:00Z,", "s1,2016-06-14T21:00:00Z,x"),
        ("blocks.csv", "late,", "early,"),
        ("fills.csv", "o2,", "o3,"),
        ("fills.csv", "o2,", "o7,"),
        ("fills.csv", "o2,", "o2,-"),
        ("receipt.json", '"rung": "', '"rung": "no'),
        ("receipt.json", '"welfare_quanta": "', '"welfare_quanta": "a'),
        ("receipt.json", "{", "["),
    ],
)
def test_a_result_that_is_none_is_refused_with_its_place(
    book: Book, tmp_path: Path, file: str, old: str, new: str
) -> None:
    write_result(book, replace(any_result(book, 5), accepted_wh=np.array([1, 1, 1])), tmp_path)
    path = tmp_path / file
    assert old in path.read_text()
    # A repeated row is a second word about one place, whichever comes last.
    changed = path.read_text().replace(old, new, 1)
    path.write_text(changed)

    if new == "o2,-":
        assert read_result(book, tmp_path)[0].accepted_wh.min() < 0
        return
    with pytest.raises(BookFaultyError) as caught:
        read_result(book, tmp_path)
    assert {fault.file for fault in caught.value.faults} == {file}


def test_all_missing_files_are_told_together(book: Book, tmp_path: Path) -> None:
    with pytest.raises(BookFaultyError) as caught:
        read_result(book, tmp_path)

    files = {fault.file for fault in caught.value.faults}
    assert files == {"receipt.json"} | {f"{stem}.csv" for stem in COLUMNS}


def test_what_is_said_about_blocks_is_checked_too(book: Book, tmp_path: Path) -> None:
    result = any_result(book, 6)
    write_result(book, result, tmp_path)
    assert block_refusals(book, result, tmp_path) == []
    path = tmp_path / "blocks.csv"
    rows = path.read_text().splitlines()
    rows[1] = rows[1].rsplit(",", 1)[0] + ",99999.00000000"
    path.write_text("\n".join(rows[:-1]))

    found = block_refusals(book, result, tmp_path)

    assert len(found) == 2
    assert "late" in found[0]
    assert "other" in found[1]


def test_a_receipt_is_json_with_the_welfare_in_whole_quanta(book: Book, tmp_path: Path) -> None:
    write_result(book, any_result(book, 7), tmp_path)

    stated = json.loads((tmp_path / "receipt.json").read_text())

    assert stated["welfare_quanta"] == str(-(10**25))
