"""The pictures of a result: which are drawn, and that curves say what the orders do."""

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearing.files.book import read_book
from clearing.files.plot import CURVES_MAX, nodes_to_draw, plot_result
from clearing.files.plot_curves import curve, volumes
from tests.clearing.folders import folder_of, random_problem, write_folder
from tests.clearing.test_files import BLOCKS, STORAGE
from tests.clearing.test_files_result import any_result

SLICES = st.lists(
    st.tuples(st.integers(-5, 5), st.integers(0, 4), st.integers(1, 9)), min_size=1, max_size=12
)


@given(SLICES)
def test_a_curve_offers_what_the_orders_up_to_a_price_do(rows: list[tuple[int, int, int]]) -> None:
    price, rise, energy = (np.array(column, dtype=np.float64) for column in zip(*rows, strict=True))

    offered, at = curve(price, price + rise, energy)

    assert (np.diff(at) >= 0).all()
    assert (np.diff(offered) >= -1e-9).all()
    for corner in np.unique(at):
        steps = energy[(rise == 0) & (price <= corner)].sum()
        slopes = energy * np.clip((corner - price) / np.where(rise == 0, 1, rise), 0, 1)
        assert offered[at == corner].max() == pytest.approx(steps + slopes[rise > 0].sum())


def test_of_few_nodes_all_with_trade_are_drawn() -> None:
    traded = np.array([[0, 5, 0], [3, 9, 0]])

    assert nodes_to_draw(traded) == [(1, 0), (1, 1), (0, 1)]
    assert nodes_to_draw(np.zeros((2, 3), dtype=np.int64)) == []


def test_of_many_nodes_half_are_of_the_first_interval() -> None:
    traded = np.arange(1, 101).reshape(10, 10)

    nodes = nodes_to_draw(traded)

    assert len(set(nodes)) == len(nodes) == CURVES_MAX
    assert nodes[:6] == [(a, 0) for a in (9, 8, 7, 6, 5, 4)]
    assert nodes[6:] == [(9, t) for t in (9, 8, 7, 6, 5, 4)]


def test_volumes_hold_orders_blocks_and_storages(tmp_path: Path) -> None:
    book = read_book(folder_of(tmp_path / "book", BLOCKS | {"storages.csv": STORAGE}))
    result = any_result(book, 1)
    charge, discharge = np.zeros_like(result.charge_wh), np.zeros_like(result.charge_wh)
    charge[0, 1], discharge[0, 2] = 7, 9
    result = replace(
        result,
        accepted_wh=np.array([1_260, 1_234, 0]),
        block_ratio_ppb=np.array([10**9, 5 * 10**8, 0]),
        charge_wh=charge,
        discharge_wh=discharge,
    )

    moved = volumes(book.problem, result)

    assert moved.sold_wh.tolist() == [[0, 0, 0, 0], [0, 1_260, 0, 0]]
    assert moved.bought_wh.tolist() == [[0, 1_234, 0, 0], [0, 0, 0, 0]]
    assert moved.sold_first_wh.tolist() == [[1, 2, 9, 0], [0, 0, 0, 0]]
    assert moved.bought_first_wh.tolist() == [[0, 7, 0, 0], [0, 0, 1_500, 0]]
    assert moved.traded_wh.tolist() == [[1, 1_241, 9, 0], [0, 1_260, 1_500, 0]]


@pytest.mark.parametrize("seed", range(4))
def test_every_result_can_be_drawn(tmp_path: Path, seed: int) -> None:
    write_folder(random_problem(seed), tmp_path / "book")
    book = read_book(tmp_path / "book")
    (tmp_path / "plots").mkdir()
    (tmp_path / "plots" / "older.png").touch()
    # Half the results have prices nowhere, as those of cancelled auctions.
    result = any_result(book, seed)
    result = replace(result, has_price=result.has_price & (seed % 2 == 0))

    drawn = plot_result(book, result, tmp_path / "plots")

    assert sorted(drawn) == sorted((tmp_path / "plots").iterdir())
    names = {path.name.split("_")[0] for path in drawn}
    assert names >= ({"prices.png", "grid.png"} if book.lines else {"prices.png"})
    assert len(drawn) <= 2 + CURVES_MAX
    for path in drawn:
        width, height = struct.unpack(">II", path.read_bytes()[16:24])
        assert 400 < width < 2_500
        assert 200 < height < 2_500
