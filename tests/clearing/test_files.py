"""A folder becomes a problem: the same integers whatever the format, names whatever the order."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from clearing.files.book import read_book
from clearing.problem import NO_LIMIT_WH, PPB, PPM, ClearingProblem, Tie
from tests.clearing.folders import FILES, folder_of, random_problem, write_folder

BLOCKS = {
    "blocks.csv": """
        block,area,side,price_per_mwh,minimum_acceptance_ratio,parent,exclusive_group
        late,RUR,sell,45.5,,early,
        early,GRID,buy,60.00,0.123456789,,night shift
        other,GRID,buy,60.00,1,,night shift
    """,
    "block_profile.csv": """
        block,interval,energy_kwh
        late,2016-06-14T21:15:00Z,0.002
        early,2016-06-14T21:30:00Z,3
        late,2016-06-14T21:00:00Z,0.001
        other,2016-06-14T21:00:00Z,1
    """,
}
STORAGE = """
    storage,area,first_interval,last_interval,charge_kw,discharge_kw,capacity_kwh,start_kwh,end_value_per_mwh,efficiency_charge,efficiency_discharge,minimum_spread_per_mwh
    s1,RUR,2016-06-14T21:00:00Z,2016-06-14T21:45:00Z,5,4.999,12.5,1.25,80.00,0.95,0.912345,10
    s0,RUR,2016-06-14T21:00:00Z,2016-06-14T21:00:00Z,0.003,0,0,,-1,,,
"""


def test_a_folder_becomes_a_problem_in_whole_units(tmp_path: Path) -> None:
    book = read_book(folder_of(tmp_path))

    problem = book.problem
    assert (problem.n_areas, problem.n_intervals) == (2, 2)
    assert book.intervals == ["2016-06-14T21:00:00Z", "2016-06-14T21:15:00Z"]
    assert problem.orders.interval.tolist() == [1, 1, 0]
    assert problem.orders.energy_wh.tolist() == [500_000, 1_234, 1_500]
    assert problem.orders.price_ticks.tolist() == [16_000, 400_000, 400_000]
    assert problem.orders.sequence.tolist() == [0, 1, 2]
    assert problem.orders.price_end_ticks is None
    assert problem.orders.is_last_resort is None
    assert problem.areas.import_limit_wh[:, 0].tolist() == [20_000, NO_LIMIT_WH]
    assert problem.areas.parent is None
    assert problem.lines.loss_ppm.tolist() == [20_000]
    assert problem.lines.fee_forward_ticks.tolist() == [4_000]
    assert (problem.price_min_ticks, problem.price_max_ticks) == (-50_000, 400_000)
    assert problem.ptdf is None
    assert book.remarks == []


def test_capacities_of_single_intervals_replace_those_of_the_line(tmp_path: Path) -> None:
    capacities = """
        line,interval,capacity_forward_kwh,capacity_backward_kwh
        L1,2016-06-14T21:15:00Z,0,7.5
    """
    book = read_book(folder_of(tmp_path, {"line_capacities.csv": capacities}))

    assert book.problem.lines.capacity_forward_wh.tolist() == [[20_000, 0]]
    assert book.problem.lines.capacity_backward_wh.tolist() == [[20_000, 7_500]]


def test_a_curve_is_rows_and_a_second_price_makes_a_slope(tmp_path: Path) -> None:
    orders = """
        order,area,interval,side,price_per_mwh,price_end_per_mwh,energy_kwh,time,last_resort
        x:1,RUR,0,sell,10.00,,1,2016-06-14T20:00:00Z,
        x:2,RUR,0,sell,12.00,15.50,1,2016-06-14T20:00:00Z,false
        y,RUR,0,buy,12.00,-3,1,2016-06-14T19:59:59.999999Z,true
    """
    book = read_book(folder_of(tmp_path, {"orders.csv": orders}))

    orders_read = book.problem.orders
    assert orders_read.price_ticks.tolist() == [1_000, 1_200, 1_200]
    assert orders_read.price_end_ticks is not None
    assert orders_read.price_end_ticks.tolist() == [1_000, 1_550, -300]
    assert orders_read.is_last_resort is not None
    assert orders_read.is_last_resort.tolist() == [False, False, True]
    assert orders_read.sequence.tolist() == [1, 2, 0]


def test_equal_times_are_accepted_in_the_order_of_ids(tmp_path: Path) -> None:
    rows = FILES["orders.csv"].replace("20:00:01Z", "20:00:00Z").replace("o1,", "o9,")

    book = read_book(folder_of(tmp_path, {"orders.csv": rows}))

    assert book.problem.orders.sequence.tolist() == [1, 0, 2]


def test_blocks_have_profiles_parents_and_groups(tmp_path: Path) -> None:
    book = read_book(folder_of(tmp_path, BLOCKS))

    blocks = book.problem.blocks
    assert book.problem.n_intervals == 3
    assert book.blocks == ["late", "early", "other"]
    assert blocks.is_sell.tolist() == [True, False, False]
    assert blocks.price_ticks.tolist() == [4_550, 6_000, 6_000]
    assert blocks.ratio_min_ppb.tolist() == [PPB, 123_456_789, PPB]
    assert blocks.parent.tolist() == [1, -1, -1]
    assert blocks.group.tolist() == [-1, 0, 0]
    assert blocks.sequence.tolist() == [1, 0, 2]  # no times: by name
    assert blocks.leg_first.tolist() == [0, 2, 3, 4]
    assert blocks.leg_interval.tolist() == [0, 1, 2, 0]
    assert blocks.leg_energy_wh.tolist() == [1, 2, 3_000, 1_000]


def test_power_becomes_whole_wh_of_an_interval_rounded_down(tmp_path: Path) -> None:
    book = read_book(folder_of(tmp_path, {"storages.csv": STORAGE}))

    storages = book.problem.storages
    assert book.storages == ["s1", "s0"]
    assert book.problem.n_intervals == 4  # a window may reach beyond the orders
    assert storages.charge_limit_wh.tolist() == [1_250, 0]
    assert storages.discharge_limit_wh.tolist() == [1_249, 0]
    assert storages.capacity_wh.tolist() == [12_500, 0]
    assert storages.start_wh.tolist() == [1_250, 0]
    assert storages.end_value_ticks.tolist() == [8_000, -100]
    assert storages.efficiency_charge_ppm.tolist() == [950_000, PPM]
    assert storages.efficiency_discharge_ppm.tolist() == [912_345, PPM]
    assert storages.spread_ticks.tolist() == [1_000, 0]
    assert storages.last_interval.tolist() == [3, 0]
    assert storages.sequence.tolist() == [1, 0]


def test_factors_and_parents_are_read(tmp_path: Path) -> None:
    files = {
        "areas.csv": "area,parent\nA,\nB,A\nC,B",
        "lines.csv": "line,from_area,to_area\nfree,A,B\nmeshed,B,C\nalso,A,C",
        "ptdf.csv": """
            line,area,factor
            also,B,-0.333333333
            meshed,A,0.5
            meshed,C,-1
        """,
        "orders.csv": FILES["orders.csv"].replace("RUR", "A").replace("GRID", "B"),
    }
    problem = read_book(folder_of(tmp_path, files)).problem

    assert problem.parent.tolist() == [-1, 0, 1]
    assert problem.ptdf is not None
    assert problem.ptdf.line.tolist() == [1, 2]
    assert problem.ptdf.factor_ppb.tolist() == [[PPB // 2, 0, -PPB], [0, -333_333_333, 0]]
    assert problem.lines.capacity_forward_wh.tolist() == [[NO_LIMIT_WH] * 2] * 3


@pytest.mark.parametrize("seed", range(24))
def test_random_problems_survive_the_way_through_files(tmp_path: Path, seed: int) -> None:
    problem = random_problem(seed)
    write_folder(problem, tmp_path / "book")

    book = read_book(tmp_path / "book", problem.tie)

    if book.problem.n_intervals == problem.n_intervals:
        assert_same(problem, book.problem)


def assert_same(one: ClearingProblem, other: ClearingProblem) -> None:
    """The same arrays; acceptance and groups by rank, features nobody uses absent or not."""
    left, right = (flat(asdict(tidy(problem))) for problem in (one, other))
    assert left.keys() == right.keys()
    for name, value in left.items():
        np.testing.assert_array_equal(value, right[name], err_msg=name)


def tidy(problem: ClearingProblem) -> ClearingProblem:
    orders, blocks = problem.orders, problem.blocks
    sloped = orders.price_end_ticks if orders.sloped.any() else None
    last = orders.is_last_resort
    ranked = {
        name: replace(table, sequence=np.argsort(np.argsort(table.sequence, kind="stable")))
        for name, table in (("orders", orders), ("blocks", blocks), ("storages", problem.storages))
    }
    groups, at = np.unique(blocks.group[blocks.group >= 0], return_inverse=True)
    group = blocks.group.copy()
    group[group >= 0] = at
    return replace(
        problem,
        areas=replace(problem.areas, parent=problem.parent),
        orders=replace(
            ranked["orders"],
            price_end_ticks=sloped,
            is_last_resort=last if last is not None and last.any() else None,
        ),
        blocks=replace(ranked["blocks"], group=group if len(groups) else blocks.group),
        storages=ranked["storages"],
    )


def flat(tree: dict[str, Any], path: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in tree.items():
        found |= flat(value, f"{path}{name}.") if isinstance(value, dict) else {path + name: value}
    return found


def test_parquet_is_read_like_csv_whatever_its_types(tmp_path: Path) -> None:
    files = BLOCKS | {"storages.csv": STORAGE}
    plain = read_book(folder_of(tmp_path / "plain", files))
    folder = folder_of(tmp_path / "parquet", files)
    for path in sorted(folder.glob("*.csv")):
        frame = pl.read_csv(path, try_parse_dates=True)
        assert path.stem != "orders" or {pl.Float64, pl.Datetime("us", "UTC")} <= set(frame.dtypes)
        frame.write_parquet(path.with_suffix(".parquet"))
        path.unlink()

    book = read_book(folder, Tie.TIME)

    assert (book.orders, book.blocks, book.storages) == (plain.orders, plain.blocks, plain.storages)
    assert book.intervals == plain.intervals
    assert_same(book.problem, plain.problem)


def test_parquet_numbers_are_what_was_meant_by_them(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    lines = pl.read_csv(folder / "lines.csv", infer_schema=False).with_columns(
        pl.lit(0.00005).alias("loss_fraction"),
        pl.lit(0.1 + 0.2).alias("capacity_forward_kwh"),
        pl.Series("fee_forward_per_mwh", ["1.50"]).cast(pl.Decimal(10, 2)),
        pl.lit(None, pl.Float64).alias("capacity_backward_kwh"),
    )
    lines.write_parquet(folder / "lines.parquet")
    (folder / "lines.csv").unlink()

    read = read_book(folder).problem.lines

    assert read.loss_ppm.tolist() == [50]
    assert read.capacity_forward_wh.tolist() == [[300, 300]]
    assert read.fee_forward_ticks.tolist() == [150]
    assert read.capacity_backward_wh.tolist() == [[NO_LIMIT_WH, NO_LIMIT_WH]]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.rstrip("\n"),
        lambda text: text + "\n\n",
        lambda text: text.replace("\n", "\n\n"),
        lambda text: text.replace(",", " , "),
        lambda text: text.replace("RUR", '"RUR"'),
        lambda text: text.replace("\n", ",note\n", 1).replace("Z\n", 'Z,"a\nb"\n'),
    ],
    ids=["crlf", "mark", "no end", "blank end", "blank lines", "spaces", "quotes", "line breaks"],
)
def test_the_ways_to_write_csv_make_no_difference(tmp_path: Path, change: Any) -> None:  # noqa: ANN401
    plain = read_book(folder_of(tmp_path))
    path = tmp_path / "orders.csv"
    path.write_bytes(change(path.read_text()).encode())

    book = read_book(tmp_path)

    assert book.orders == plain.orders
    assert_same(book.problem, plain.problem)


def test_what_is_not_read_is_told(tmp_path: Path) -> None:
    orders = FILES["orders.csv"].replace("time\n", "time,price_end\n", 1).replace("Z\n", "Z,9\n")

    book = read_book(folder_of(tmp_path, {"orders.csv": orders, "storage.csv": "storage\n"}))

    assert book.remarks == ["orders.csv: column 'price_end' is not read", "storage.csv is not read"]
