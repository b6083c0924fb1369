"""The client's book: levels as told, and a checksum that tells when it went astray."""

from decimal import Decimal
from typing import Any
from zlib import crc32

from wattmarket.book import Book, checksum_of
from wattmarket.feed import Event

NOON = "2016-06-15T12:00:00Z"


def event(kind: str, levels: list[tuple[str, str, str]], **more: Any) -> Event:  # noqa: ANN401
    shown = [
        {"side": side, "price_per_mwh": price, "energy_kwh": energy}
        for side, price, energy in levels
    ]
    intervals = [{"start": NOON, "phase": "continuous", "levels": shown}]
    return Event(
        type=kind,
        channel="book",
        key="RUR",
        epoch=1,
        seq=1,
        ts=NOON,
        data={"revision": 7, "intervals": intervals, **more},
    )


def test_levels_are_replaced_one_by_one_and_sorted_best_first() -> None:
    book = Book()
    levels = [("buy", "50.00", "1.000"), ("buy", "9.50", "2.000"), ("sell", "60.00", "3.000")]
    assert book.take(event("snapshot", levels))
    assert book.take(event("delta", [("buy", "50.00", "0.000"), ("sell", "55.00", "0.250")]))

    assert book.depth(NOON, "buy") == [(Decimal("9.50"), Decimal("2.000"))]
    assert [price for price, _ in book.depth(NOON, "sell")] == [Decimal("55.00"), Decimal("60.00")]
    assert (book.revision, book.phases) == (7, {NOON: "continuous"})


def test_the_checksum_is_that_of_the_manual_in_any_order() -> None:
    lines = [f"{NOON} buy 50.00 1.000", f"{NOON} sell 60.00 3.000"]
    levels = {(NOON, "sell", "60.00"): "3.000", (NOON, "buy", "50.00"): "1.000"}

    assert checksum_of(levels) == sum(crc32(line.encode()) for line in lines) % 2**32
    assert checksum_of({}) == 0


def test_two_levels_that_changed_places_are_noticed() -> None:
    right = {(NOON, "buy", "50.00"): "1.000", (NOON, "buy", "51.00"): "2.000"}
    wrong = {(NOON, "buy", "50.00"): "2.000", (NOON, "buy", "51.00"): "1.000"}

    assert checksum_of(right) != checksum_of(wrong)


def test_a_book_that_does_not_add_up_says_so() -> None:
    book = Book()
    book.take(event("snapshot", [("buy", "50.00", "1.000")]))
    told = checksum_of({(NOON, "buy", "50.00"): "1.000"})

    assert book.take(event("delta", [], checksum=told))
    assert not book.take(event("delta", [("buy", "51.00", "1.000")], checksum=told))
