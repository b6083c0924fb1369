"""Two days of the Italian day-ahead market: its published prices, from its own order book.

With borders at the neighbours' published prices every zone-hour must come out as published, but
that asks little: most zones lean on a neighbour. With borders at the published exchanges the order
book alone makes the prices, and the published ones must lie in the range that clears.
"""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.italy import DATA, EFFORT, ZONES, Comparison, Day, compare, read_days, write_book
from clearing.check import audit
from clearing.clear import clear
from clearing.files.book import Book, read_book
from clearing.problem import ClearingResult
from tests.clearing.oracles import plain, solved

DAYS = read_days(DATA)


def book_of(day: Day, folder: Path, blocks: str, borders: str) -> Book:
    return read_book(write_book(day, folder, blocks, borders))


def cleared(day: Day, folder: Path, blocks: str, borders: str) -> tuple[Book, ClearingResult]:
    book = book_of(day, folder, blocks, borders)
    result = clear(book.problem, effort=EFFORT)
    assert audit(book.problem, result) == []
    return book, result


def compared(day: Day, folder: Path, blocks: str, borders: str) -> Comparison:
    book, result = cleared(day, folder, blocks, borders)
    return compare(day, book, result)


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.name)
def test_the_books_hold_what_was_published(day: Day, tmp_path: Path) -> None:
    book = book_of(day, tmp_path, "engine", "price")
    problem = book.problem

    assert problem.n_intervals == 24
    assert set(ZONES) < set(book.areas)
    italian = np.isin(np.array(book.areas)[problem.orders.area], ZONES)
    assert problem.orders.energy_wh[italian].sum() == day.curves["quantity_wh"].sum()
    assert problem.blocks.leg_energy_wh.sum() == day.blocks["quantity_wh"].sum()
    assert len(problem.blocks) == day.blocks["block_id"].n_unique()


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.name)
def test_a_plain_program_gives_the_published_prices(day: Day, tmp_path: Path) -> None:
    """The conversion alone, without the engine."""
    book = book_of(day, tmp_path, "published", "price")
    market = plain(book.problem)
    solver = market.program.highs()
    solved(solver)
    dual = np.abs(np.array(solver.getSolution().row_dual)[market.inner])
    columns = ("zone", "start_utc", "price_eur_per_mwh")
    for zone, start, price in day.prices.select(columns).iter_rows():
        if zone in ZONES:
            here = dual[book.areas.index(zone), book.intervals.index(start)]
            assert here == pytest.approx(100 * float(price), abs=0.5 + 1e-6), (zone, start)


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.name)
def test_every_zone_hour_clears_at_its_published_price(day: Day, tmp_path: Path) -> None:
    found = compared(day, tmp_path, "published", "price")

    assert found.equal_prices == found.zone_hours == 24 * len(ZONES)


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.name)
def test_published_prices_carry_what_the_order_book_alone_decides(day: Day, tmp_path: Path) -> None:
    found = compared(day, tmp_path, "published", "schedule")

    assert found.carried_hours == found.hours == 24


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.name)
def test_blocks_are_decided_as_published_but_for_paradoxes(day: Day, tmp_path: Path) -> None:
    """A neighbour that takes anything at its price leaves no paradox: all in the money is in."""
    found = compared(day, tmp_path, "engine", "price")

    assert found.equal_prices == found.zone_hours
    assert found.equal_blocks == found.blocks - found.paradoxes
    assert found.equal_paradoxes == 0


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.name)
def test_blocks_are_all_decided_as_published_where_prices_answer_to_them(
    day: Day, tmp_path: Path
) -> None:
    """Paradoxes too: with the exchange pinned, one more block would press prices below its own."""
    found = compared(day, tmp_path, "engine", "schedule")

    assert found.paradoxes > 0
    assert found.equal_blocks == found.blocks
    assert found.carried_hours == found.hours
