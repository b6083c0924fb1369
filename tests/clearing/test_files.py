"""A folder in, a folder out: the same integers, all faults together, verified without a solver."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearing.clear import clear, fallback
from clearing.files.book import read_book
from clearing.files.result import read_result, write_result
from clearing.files.tables import (
    KWH_DECIMALS,
    PRICE_DECIMALS,
    BookFaultyError,
    decimal_text,
    scaled_integer,
    write_table,
)
from clearing.problem import NO_LIMIT_WH, ClearingProblem, Tie
from clearing.receipt import verify
from tests.clearing.books import random_grid

MARKET = {"interval_minutes": 15, "currency": "EUR", "price_min": "-500.00", "price_max": "4000.00"}

FILES = {
    "areas.csv": """
        area,parent,import_limit_kwh,export_limit_kwh
        RUR,,20.000,
        GRID,,,
    """,
    "lines.csv": """
        line,from_area,to_area,capacity_forward_kwh,capacity_backward_kwh,loss_fraction,fee_forward_per_mwh,fee_backward_per_mwh
        L1,GRID,RUR,20,20,0.02,40.00,0
    """,
    "orders.csv": """
        order,area,interval,side,price_per_mwh,energy_kwh,time
        o1,GRID,2016-06-14T22:15:00+01:00,sell,160.00,500,2016-06-14T20:00:00Z
        o2,RUR,2016-06-14T22:15:00+01:00,buy,4000.00,1.234,2016-06-14T20:00:01Z
        o3,RUR,2016-06-14T22:00:00+01:00,buy,4000.00,1.5,2016-06-14T20:00:02Z
    """,
}


def folder_of(path: Path, files: dict[str, str] | None = None) -> Path:
    path.mkdir(exist_ok=True)
    (path / "market.json").write_text(json.dumps(MARKET))
    for name, text in (FILES | (files or {})).items():
        lines = [line.strip() for line in text.strip().splitlines()]
        (path / name).write_text("\n".join(lines) + "\n")
    return path


def test_a_folder_becomes_a_problem_in_whole_units(tmp_path: Path) -> None:
    book = read_book(folder_of(tmp_path))

    problem = book.problem
    assert (problem.n_areas, problem.n_intervals) == (2, 2)
    assert book.intervals == ["2016-06-14T21:00:00Z", "2016-06-14T21:15:00Z"]
    assert problem.orders.interval.tolist() == [1, 1, 0]
    assert problem.orders.energy_wh.tolist() == [500_000, 1_234, 1_500]
    assert problem.orders.price_ticks.tolist() == [16_000, 400_000, 400_000]
    assert problem.orders.sequence.tolist() == [0, 1, 2]
    assert problem.areas.import_limit_wh[:, 0].tolist() == [20_000, NO_LIMIT_WH]
    assert problem.lines.loss_ppm.tolist() == [20_000]
    assert problem.lines.fee_forward_ticks.tolist() == [4_000]
    assert (problem.price_min_ticks, problem.price_max_ticks) == (-50_000, 400_000)


def test_capacities_of_single_intervals_replace_those_of_the_line(tmp_path: Path) -> None:
    capacities = """
        line,interval,capacity_forward_kwh,capacity_backward_kwh
        L1,2016-06-14T21:15:00Z,0,7.5
    """
    book = read_book(folder_of(tmp_path, {"line_capacities.csv": capacities}))

    assert book.problem.lines.capacity_forward_wh.tolist() == [[20_000, 0]]
    assert book.problem.lines.capacity_backward_wh.tolist() == [[20_000, 7_500]]


def test_what_is_written_reads_back_and_verifies(tmp_path: Path) -> None:
    book = read_book(folder_of(tmp_path / "book"))
    result = clear(book.problem)
    write_result(book, result, tmp_path / "result")

    again, stated = read_result(book, tmp_path / "result")

    assert verify(book.problem, again, stated) == []
    prices = (tmp_path / "result" / "prices.csv").read_text().splitlines()
    assert prices[1] == "RUR,2016-06-14T21:00:00Z,,,0,4000.00,"  # nobody to buy from: no price
    assert prices[2] == "RUR,2016-06-14T21:15:00Z,204.08,204.08,0,4000.00,"  # (160 + 40) / 0.98
    fills = (tmp_path / "result" / "fills.csv").read_text().splitlines()
    assert fills == ["order,accepted_kwh", "o1,1.260", "o2,1.234"]
    flows = (tmp_path / "result" / "flows.csv").read_text().splitlines()
    assert flows[2] == "L1,2016-06-14T21:15:00Z,1.260,0.026"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("prices.csv", "204.08,204.08", "204.09,204.08"),
        ("fills.csv", "o2,1.234", "o2,1.233"),
        ("flows.csv", "1.260,0.026", "1.261,0.026"),
        ("positions.csv", "-1.234", "-1.235"),
        ("receipt.json", '"input_sha256": "', '"input_sha256": "0'),
        ("receipt.json", '"tie": "time"', '"tie": "prorata"'),
    ],
)
def test_a_result_changed_on_disk_is_not_verified(
    tmp_path: Path, file: str, old: str, new: str
) -> None:
    book = read_book(folder_of(tmp_path / "book"))
    write_result(book, clear(book.problem), tmp_path / "result")
    path = tmp_path / "result" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))

    result, stated = read_result(book, tmp_path / "result")

    assert verify(book.problem, result, stated)


@pytest.mark.parametrize("tie", list(Tie))
def test_random_problems_survive_the_way_through_files(tmp_path: Path, tie: Tie) -> None:
    for seed in range(6):
        problem = random_grid(np.random.default_rng(seed), negative=seed % 3 == 2)
        written = tmp_path / f"book{seed}"
        write_book(problem, written)
        book = read_book(written, tie)
        for k, result in enumerate((clear(book.problem), fallback(book.problem, "late"))):
            write_result(book, result, tmp_path / f"result{seed}{k}")
            again, stated = read_result(book, tmp_path / f"result{seed}{k}")
            assert verify(book.problem, again, stated) == []


def write_book(problem: ClearingProblem, folder: Path) -> None:
    """A problem as a folder; its last interval may be lost when no order names it."""

    def kwh(wh: int) -> str:
        return "" if wh >= NO_LIMIT_WH else decimal_text(wh, KWH_DECIMALS)

    folder.mkdir()
    (folder / "market.json").write_text(json.dumps(MARKET))
    areas, lines, orders = problem.areas, problem.lines, problem.orders
    write_table(
        folder / "areas.csv",
        ("area", "import_limit_kwh", "export_limit_kwh"),
        [
            (f"A{a}", kwh(int(areas.import_limit_wh[a, 0])), kwh(int(areas.export_limit_wh[a, 0])))
            for a in range(problem.n_areas)
        ],
    )
    write_table(
        folder / "lines.csv",
        FILES["lines.csv"].split()[0].split(","),
        [
            (
                f"L{k}",
                f"A{lines.from_area[k]}",
                f"A{lines.to_area[k]}",
                kwh(int(lines.capacity_forward_wh[k, 0])),
                kwh(int(lines.capacity_backward_wh[k, 0])),
                decimal_text(int(lines.loss_ppm[k]), 6),
                decimal_text(int(lines.fee_forward_ticks[k]), PRICE_DECIMALS),
                decimal_text(int(lines.fee_backward_ticks[k]), PRICE_DECIMALS),
            )
            for k in range(len(lines))
        ],
    )
    write_table(
        folder / "orders.csv",
        FILES["orders.csv"].split()[0].split(","),
        [
            (
                f"o{i}",
                f"A{orders.area[i]}",
                str(orders.interval[i]),
                "sell" if orders.is_sell[i] else "buy",
                decimal_text(int(orders.price_ticks[i]), PRICE_DECIMALS),
                decimal_text(int(orders.energy_wh[i]), KWH_DECIMALS),
                f"2016-06-14T20:00:{orders.sequence[i] % 60:02d}Z",
            )
            for i in range(len(orders))
        ],
    )


def test_parquet_is_read_like_csv(tmp_path: Path) -> None:
    plain = read_book(folder_of(tmp_path / "plain"))
    folder = folder_of(tmp_path / "parquet")
    frame = pl.read_csv(folder / "orders.csv")
    frame.write_parquet(folder / "orders.parquet")
    (folder / "orders.csv").unlink()

    book = read_book(folder)

    assert book.orders == plain.orders
    assert (book.problem.orders.energy_wh == plain.problem.orders.energy_wh).all()
    assert (book.problem.orders.price_ticks == plain.problem.orders.price_ticks).all()


def test_all_faults_come_together_each_with_its_place(tmp_path: Path) -> None:
    bad = {
        "orders.csv": """
            order,area,interval,side,price_per_mwh,energy_kwh,time
            o1,NOWHERE,0,sell,160.001,500,2016-06-14T20:00:00Z
            o1,RUR,0,give,NaN,-1,yesterday
            o3,RUR,half past,buy,1e3,0.0001,2016-06-14T20:00:00
            o4,RUR,0,buy,9999.00,1,2016-06-14T20:00:00Z
        """,
        "lines.csv": """
            line,from_area,to_area,loss_fraction
            L1,GRID,GRID,1.5
        """,
        "blocks.csv": """
            block,area
            b1,RUR
        """,
    }
    with pytest.raises(BookFaultyError) as caught:
        read_book(folder_of(tmp_path, bad))

    places = {(fault.file, fault.row, fault.column) for fault in caught.value.faults}
    assert places >= {
        ("orders.csv", 2, "area"),
        ("orders.csv", 2, "price_per_mwh"),
        ("orders.csv", 3, "order"),
        ("orders.csv", 3, "side"),
        ("orders.csv", 3, "price_per_mwh"),
        ("orders.csv", 3, "energy_kwh"),
        ("orders.csv", 3, "time"),
        ("orders.csv", 4, "interval"),
        ("orders.csv", 4, "price_per_mwh"),
        ("orders.csv", 4, "energy_kwh"),
        ("orders.csv", 4, "time"),
        ("lines.csv", 2, "to_area"),
        ("lines.csv", 2, "loss_fraction"),
        ("blocks.csv", None, None),
    }


def test_a_price_beyond_the_markets_limits_is_a_fault(tmp_path: Path) -> None:
    orders = FILES["orders.csv"].replace("4000.00", "4000.01")

    with pytest.raises(BookFaultyError, match="price limits"):
        read_book(folder_of(tmp_path, {"orders.csv": orders}))


@pytest.mark.parametrize("missing", ["market.json", "areas.csv", "orders.csv"])
def test_a_missing_file_is_a_fault(tmp_path: Path, missing: str) -> None:
    folder = folder_of(tmp_path)
    (folder / missing).unlink()

    with pytest.raises(BookFaultyError, match=missing):
        read_book(folder)


def test_a_missing_column_is_a_fault(tmp_path: Path) -> None:
    orders = FILES["orders.csv"].replace("energy_kwh", "energy")

    with pytest.raises(BookFaultyError, match=r"orders.csv, row 1, energy_kwh: column missing"):
        read_book(folder_of(tmp_path, {"orders.csv": orders}))


@pytest.mark.parametrize("bytes_", [b"\xff\xfe\x00", b"\x80areas"])
def test_bytes_that_are_no_text_are_a_fault(tmp_path: Path, bytes_: bytes) -> None:
    folder = folder_of(tmp_path)
    (folder / "areas.csv").write_bytes(bytes_)

    with pytest.raises(BookFaultyError, match=r"areas\.csv"):
        read_book(folder)


@given(st.integers(-(10**11), 10**11), st.integers(2, 6))
def test_decimal_text_reads_back(value: int, decimals: int) -> None:
    assert scaled_integer(decimal_text(value, decimals), decimals) == value


@pytest.mark.parametrize(
    "text", ["", "1e3", "NaN", "Infinity", "1,5", "1.2345", "9" * 20, "--1", "٣"]
)
def test_what_is_no_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"decimal|large"):
        scaled_integer(text, 3)
