"""The sealed books: one state however orders came, and orders found again one by one."""

from __future__ import annotations

import random
from typing import Any

import pytest

from market.engine.state_reading import decode
from market.engine.state_writing import encode
from market.model.call import CallKind
from market.model.order import PLAIN, AcceptedColumns, CurveOrder, OrderHeader, OrderOptions, Side
from market.trading import book as books
from market.trading.book import Book, CallKey
from market.trading.columns import COLUMNS, LEAST_ROOM, Row

START_S = 1_465_945_200
ROWS = 5 * books.FEW
OPENING: CallKey = (CallKind.DAY_AHEAD, START_S)


def key_of(start_s: int) -> CallKey:
    """Two intervals are still in the opening call, the others in calls of their own."""
    return OPENING if start_s <= START_S + 900 else (CallKind.CLOSING, start_s)


def orders(rows: int, first_number: int = 1) -> AcceptedColumns:
    """Orders of a few units and intervals, some with options."""
    draws = random.Random(first_number)
    numbers = range(first_number, first_number + rows)
    return AcceptedColumns(
        order_id=tuple(f"ord-{number}" for number in numbers),
        client_order_id=tuple(f"c-{number}" for number in numbers),
        unit_id=tuple(f"unit-{draws.randrange(5)}" for _ in numbers),
        area_id=tuple(draws.choice("ab") for _ in numbers),
        start_s=tuple(START_S + 900 * draws.randrange(4) for _ in numbers),
        side=tuple(draws.choice((Side.BUY, Side.SELL)) for _ in numbers),
        price_ticks=tuple(draws.randrange(-500, 4_000) for _ in numbers),
        energy_wh=tuple(draws.randrange(1, 5_000) for _ in numbers),
        held_quanta=(0,) * rows,
        options=(PLAIN, OrderOptions(green_only=True)),
        option_of=tuple(draws.randrange(2) for _ in numbers),
    )


def part(whole: AcceptedColumns, first: int, end: int) -> AcceptedColumns:
    """Some of the rows."""
    cut: dict[str, Any] = {
        name: getattr(whole, name)[first:end]
        for name in AcceptedColumns.__dataclass_fields__
        if name != "options"
    }
    return AcceptedColumns(**cut, options=whole.options)


def filled(pieces: int, rows: int = ROWS) -> Book:
    """A book into which the orders came so many at a time."""
    book, whole = Book(), orders(rows)
    for first in range(0, rows, pieces):
        book.add("ann", part(whole, first, first + pieces), key_of)
    return book


def curve(number: int) -> CurveOrder:
    """A curve of two steps."""
    header = OrderHeader(
        order_id=f"ord-{number}",
        client_order_id=f"c-{number}",
        participant_id="bob",
        unit_id="unit-0",
        area_id="a",
        start_s=START_S,
        side=Side.BUY,
        accepted_us=0,
        sequence=number,
    )
    return CurveOrder(header=header, steps=((300, 10), (200, 20)))


def test_a_row_is_read_by_the_names_of_the_columns() -> None:
    assert Row._fields == tuple(COLUMNS)


@pytest.mark.parametrize("pieces", [1, 3, books.FEW, books.FEW + 1])
def test_a_book_is_the_same_however_its_orders_came(pieces: int) -> None:
    assert encode(filled(pieces)) == encode(filled(ROWS))


@pytest.mark.parametrize("rows", [1, 2, books.FEW])
def test_few_orders_speak_for_the_same_energy_as_in_columns(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = Book().add("ann", orders(rows), key_of)
    monkeypatch.setattr(books, "FEW", 0)
    assert list(few.items()) == list(Book().add("ann", orders(rows), key_of).items())


@pytest.mark.parametrize("rows", [1, ROWS, 8 * LEAST_ROOM])
def test_a_book_read_back_takes_further_orders(rows: int) -> None:
    book = filled(rows, rows)
    again: Book = decode(encode(book))
    for at in (book, again):
        at.add("bob", orders(1, rows + 1), key_of)
        at.add("bob", orders(ROWS, rows + 2), key_of)
        at.cancel("ord-1")
    assert encode(again) == encode(book)
    assert list(again.open_rows()) == list(book.open_rows())


@pytest.mark.parametrize("pieces", [1, ROWS])
def test_each_order_that_leaves_gives_back_what_all_of_them_spoke_for(pieces: int) -> None:
    spoken = Book().add("ann", orders(ROWS), key_of)
    book, held_quanta, optioned = filled(pieces), 0, 0
    for number in range(ROWS, 0, -1):
        place = book.place_of(f"ord-{number}")
        assert place is not None
        gone = book.cancel(f"ord-{number}")
        assert gone.orders == {"ann": 1}
        ((what, energy_wh),) = gone.energy_wh.items()
        assert what[:2] == (place[1], place[3])
        spoken[what] -= energy_wh
        held_quanta += gone.held_quanta["ann"]
        optioned += len(gone.with_options)
        assert book.place_of(f"ord-{number}") is None
    assert set(spoken.values()) == {0}
    assert held_quanta == sum(book_hold(orders(ROWS)))
    assert optioned == sum(orders(ROWS).option_of)
    assert not list(book.open_rows())


def book_hold(accepted: AcceptedColumns) -> list[int]:
    """Money each order holds, by the rule itself."""
    return [
        max(price_ticks if side is Side.BUY else -price_ticks, 0) * energy_wh
        for side, price_ticks, energy_wh in zip(
            accepted.side, accepted.price_ticks, accepted.energy_wh, strict=True
        )
    ]


@pytest.mark.parametrize("last", [False, True])
def test_a_curve_leaves_with_all_its_steps_and_nobody_elses(last: bool) -> None:
    book = Book()
    book.add_curve(OPENING, curve(1))
    if not last:
        book.add_curve(OPENING, curve(2))
    gone = book.cancel("ord-1")
    assert gone.held_quanta == {"bob": 300 * 10 + 200 * 20}
    assert gone.energy_wh == {("unit-0", START_S, False): 30}
    assert book.call(*OPENING).column("energy_wh").tolist() == [0, 0] + ([] if last else [10, 20])
