"""From a folder through the engine into a folder, and verified: what stands, and what is noticed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clearing.clear import clear
from clearing.fallback import fallback
from clearing.files.book import Book, read_book
from clearing.files.result import block_refusals, read_result, write_result
from clearing.problem import ClearingResult, Tie
from clearing.receipt import verify
from tests.clearing.books import random_grid
from tests.clearing.folders import folder_of, write_folder

#: The small folder with a block, a storage and a pair of lines that follow factors beside it.
MORE = {
    "areas.csv": """
        area,parent,import_limit_kwh,export_limit_kwh
        RUR,,20.000,
        GRID,,,
        EAST,,,
        WEST,,,
    """,
    "lines.csv": """
        line,from_area,to_area,capacity_forward_kwh,capacity_backward_kwh,loss_fraction,fee_forward_per_mwh,fee_backward_per_mwh
        L1,GRID,RUR,20,20,0.02,40.00,0
        M1,EAST,WEST,1,1,0,0,0
    """,
    "ptdf.csv": """
        line,area,factor
        M1,EAST,1
    """,
    "orders.csv": """
        order,area,interval,side,price_per_mwh,energy_kwh,time
        o1,GRID,2016-06-14T22:15:00+01:00,sell,160.00,500,2016-06-14T20:00:00Z
        o2,RUR,2016-06-14T22:15:00+01:00,buy,4000.00,1.234,2016-06-14T20:00:01Z
        o3,RUR,2016-06-14T22:00:00+01:00,buy,4000.00,1.5,2016-06-14T20:00:02Z
        o4,EAST,2016-06-14T22:15:00+01:00,sell,100.00,9,2016-06-14T20:00:03Z
        o5,WEST,2016-06-14T22:15:00+01:00,sell,130.00,9,2016-06-14T20:00:04Z
        o6,WEST,2016-06-14T22:15:00+01:00,buy,300.00,5,2016-06-14T20:00:05Z
        o7,EAST,2016-06-14T22:00:00+01:00,sell,10.00,9,2016-06-14T20:00:06Z
    """,
    "blocks.csv": """
        block,area,side,price_per_mwh
        b1,WEST,sell,90.00
        b2,WEST,sell,190.00
    """,
    "block_profile.csv": """
        block,interval,energy_kwh
        b1,2016-06-14T21:15:00Z,2
        b2,2016-06-14T21:15:00Z,2
    """,
    "storages.csv": """
        storage,area,first_interval,last_interval,charge_kw,discharge_kw,capacity_kwh,start_kwh,end_value_per_mwh,efficiency_charge,efficiency_discharge,minimum_spread_per_mwh
        s1,EAST,2016-06-14T21:00:00Z,2016-06-14T21:15:00Z,4,4,10,0,0,1,0.5,10
    """,
}


@pytest.fixture(scope="module")
def cleared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Book, ClearingResult]:
    book = read_book(folder_of(tmp_path_factory.mktemp("book"), MORE))
    return book, clear(book.problem)


@pytest.fixture
def folder(cleared: tuple[Book, ClearingResult], tmp_path: Path) -> Path:
    write_result(*cleared, tmp_path)
    return tmp_path


def refusals(book: Book, folder: Path) -> list[str]:
    result, stated = read_result(book, folder)
    return verify(book.problem, result, stated) + block_refusals(book, result, folder)


def test_what_is_written_reads_back_and_verifies(
    cleared: tuple[Book, ClearingResult], folder: Path
) -> None:
    def rows(stem: str) -> list[str]:
        return (folder / f"{stem}.csv").read_text().splitlines()[1:]

    assert refusals(cleared[0], folder) == []
    assert rows("prices")[:2] == [
        "RUR,2016-06-14T21:00:00Z,,,0,4000.00,,,",  # nobody to buy from: no price
        # What the neighbour asks and the fee of the line, by what of it arrives.
        "RUR,2016-06-14T21:15:00Z,204.08,204.08,0,4000.00,,204.08163265,204.08163265",
    ]
    # The last Wh of the mesh comes from the west while the line from the east is full.
    assert "EAST,2016-06-14T21:15:00Z,100.00,100.00,0,,100.00,100.00000000,100.00000000" in rows(
        "prices"
    )
    assert rows("fills") == ["o1,1.260", "o2,1.234", "o4,0.500", "o5,2.000", "o6,5.000", "o7,1.000"]
    assert rows("flows")[1] == "L1,2016-06-14T21:15:00Z,1.260,0.026,"
    assert rows("flows")[3] == "M1,2016-06-14T21:15:00Z,1.000,0.000,30.00000000"
    assert [row.split(",")[:3] for row in rows("blocks")] == [
        ["b1", "1.000000000", "accepted"],
        ["b2", "0.000000000", rows("blocks")[1].split(",")[2]],
    ]
    assert rows("blocks")[0].endswith(",0.08000000")  # 2 kWh at 130 - 90
    assert [row.rsplit(",", 1)[0] for row in rows("storages")] == [
        "s1,2016-06-14T21:00:00Z,1.000,0.000,1.000",
        "s1,2016-06-14T21:15:00Z,0.000,0.500,0.000",
    ]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("prices.csv", "204.08,204.08", "204.09,204.08"),
        ("prices.csv", "204.08163265,204", "204.08163264,204"),
        ("prices.csv", ",0,4000.00", ",1,4000.00"),
        ("fills.csv", "o2,1.234", "o2,1.233"),
        ("blocks.csv", "1.000000000", "0.999999999"),
        ("blocks.csv", "accepted", "excellent"),
        ("blocks.csv", "0.08000000", "0.08000001"),
        ("storages.csv", "1.000,0.000,1.000", "1.001,0.000,1.001"),
        ("storages.csv", "1.000,0.000,1.000,", "1.000,0.000,1.000,1"),
        ("flows.csv", "1.260,0.026", "1.261,0.026"),
        ("flows.csv", "30.00000000", "30.00000001"),
        ("positions.csv", "-1.234", "-1.235"),
        ("receipt.json", '"input_sha256": "', '"input_sha256": "0'),
        ("receipt.json", '"tie": "time"', '"tie": "prorata"'),
    ],
)
def test_a_result_changed_on_disk_is_not_verified(
    cleared: tuple[Book, ClearingResult], folder: Path, file: str, old: str, new: str
) -> None:
    path = folder / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))

    assert refusals(cleared[0], folder)


@pytest.mark.parametrize("tie", list(Tie))
@pytest.mark.parametrize("seed", range(4))
def test_random_problems_are_cleared_and_verified(tmp_path: Path, tie: Tie, seed: int) -> None:
    problem = random_grid(np.random.default_rng(seed), negative=seed == 2)
    first = np.s_[:, :1]
    areas = replace(
        problem.areas,
        import_limit_wh=np.broadcast_to(
            problem.areas.import_limit_wh[first], (problem.n_areas, problem.n_intervals)
        ),
        export_limit_wh=np.broadcast_to(
            problem.areas.export_limit_wh[first], (problem.n_areas, problem.n_intervals)
        ),
    )
    write_folder(replace(problem, areas=areas), tmp_path / "book")
    book = read_book(tmp_path / "book", tie)

    for name, result in (("best", clear(book.problem)), ("late", fallback(book.problem, "late"))):
        write_result(book, result, tmp_path / name)
        assert refusals(book, tmp_path / name) == []
