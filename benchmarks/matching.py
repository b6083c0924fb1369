"""How many events a second the bare continuous book takes; `benchmarks.trading` has the house around it.

Run: python -m benchmarks.matching [--events N]

The bare book: 10^6 events in four intervals and some 200 prices, 65 % new orders (a fifth of them
meets something), 35 % cancels, planned and applied as the engine does; against the same events in
sorted lists, the plain way to write a book in Python. Both run in turn and must trade the same energy.
Time is the processor's: nothing here waits for anything. The collector of cycles is set as the server
sets it (`api/serve.py`), for both.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from bisect import bisect_left, insort
from collections.abc import Callable
from typing import Final, NamedTuple

from api.serve import spare_the_collector
from benchmarks.figures.report import aim, report
from market.model.grid import Area, Grid
from market.trading.capacity import Capacity
from market.trading.matching import ContinuousBook
from market.trading.resting import RESTS, Resting

EVENTS: Final = 1_000_000
ROUNDS: Final = 3
CANCELS: Final = 0.35
INTERVALS: Final = 4
OWNERS: Final = 500
INTERVAL_S: Final = 900
MIDDLE_TICKS: Final = 12_000
BEHIND_TICKS: Final = 80
BEYOND_TICKS: Final = 20
GRID: Final = Grid(areas=(Area(area_id="A", name="A"),), lines=())

NewOrder = tuple[str, str, str, str, int, bool, int, int]
Event = NewOrder | str
"""A new order in the book's own terms, or the id of one to cancel."""


class Row(NamedTuple):
    """One line of the table; the figures are per second."""

    name: str
    ours: float
    rival: float | None
    aim: float


def empty_book() -> ContinuousBook:
    return ContinuousBook(GRID, Capacity(GRID, INTERVAL_S // 60))


def events(count: int, seed: int = 1) -> list[Event]:
    """Events of which every cancel finds its order: they are made beside a book."""
    rng = random.Random(seed)
    book = empty_book()
    made: list[Event] = []
    open_ids: list[str] = []
    middle = [MIDDLE_TICKS] * INTERVALS
    while len(made) < count:
        if rng.random() < CANCELS and open_ids:
            place = rng.randrange(len(open_ids))
            order_id = open_ids[place]
            open_ids[place] = open_ids[-1]
            open_ids.pop()
            if book.get(order_id) is not None:
                book.remove(order_id)
                made.append(order_id)
            continue
        number, interval, sells = len(made), rng.randrange(INTERVALS), rng.random() < 0.5
        middle[interval] += rng.choice((-1, 0, 0, 0, 1))
        away = rng.randrange(-BEYOND_TICKS, BEHIND_TICKS)
        owner = f"P{rng.randrange(OWNERS):03d}"
        new: NewOrder = (
            f"ord-{number}",
            owner,
            f"{owner}-unit",
            "A",
            interval * INTERVAL_S,
            sells,
            middle[interval] + (away if sells else -away),
            rng.randrange(100, 3_000),
        )
        made.append(new)
        order = Resting(*new)
        book.apply(order, book.plan(order))
        if book.get(new[0]) is not None:
            open_ids.append(new[0])
    return made


def in_the_book(stream: list[Event]) -> int:
    """Wh traded."""
    book = empty_book()
    plan, apply, rest, remove = book.plan, book.apply, book.rest, book.remove
    traded_wh = 0
    for event in stream:
        if isinstance(event, str):
            remove(event)
        else:
            order = Resting(*event)
            found = plan(order)
            if found is RESTS:
                rest(order)
                continue
            apply(order, found)
            for fill in found.fills:
                traded_wh += fill.bought_wh
    return traded_wh


def in_sorted_lists(stream: list[Event]) -> int:
    """Wh traded. A side is a list of (key, number, [energy], owner, order id), the best first."""
    sides: dict[tuple[int, bool], list[tuple[int, int, list[int], str, str]]] = {}
    places: dict[str, tuple[int, bool, int, int]] = {}
    traded_wh = 0
    for number, event in enumerate(stream):
        if isinstance(event, str):
            start_s, sells, key, entered = places.pop(event)
            side = sides[start_s, sells]
            del side[bisect_left(side, (key, entered))]
            continue
        order_id, owner, _, _, start_s, sells, price_ticks, want_wh = event
        other = sides.setdefault((start_s, not sells), [])
        reach = -price_ticks if sells else price_ticks
        place = 0
        while want_wh and place < len(other) and other[place][0] <= reach:
            _, _, left, its_owner, rival = other[place]
            if its_owner == owner:
                want_wh = 0  # the newest is cancelled
                break
            energy_wh = min(want_wh, left[0])
            traded_wh += energy_wh
            want_wh -= energy_wh
            left[0] -= energy_wh
            if left[0] == 0:
                del places[rival], other[place]
        if want_wh:
            key = price_ticks if sells else -price_ticks
            side = sides.setdefault((start_s, sells), [])
            insort(side, (key, number, [want_wh], owner, order_id))
            places[order_id] = start_s, sells, key, number
    return traded_wh


def per_second(work: Callable[[list[Event]], int], stream: list[Event]) -> tuple[float, int]:
    begun = time.process_time()
    traded_wh = work(stream)
    return len(stream) / (time.process_time() - begun), traded_wh


def bare_book(count: int) -> Row:
    stream = events(count)
    spare_the_collector()  # what comes in is not the book's to be looked through either
    ours, rivals = [], []
    for _ in range(ROUNDS):
        mine, traded_wh = per_second(in_the_book, stream)
        theirs, same_wh = per_second(in_sorted_lists, stream)
        if traded_wh != same_wh:
            raise AssertionError(f"{traded_wh} Wh traded here, {same_wh} Wh there")
        ours.append(mine)
        rivals.append(theirs)
    row = Row(
        "bare book",
        statistics.median(ours),
        statistics.median(rivals),
        aim("matching.bare_book").bound,
    )
    if count == EVENTS:
        against = f"{row.ours / statistics.median(rivals):.2f} × sorted lists"
        report("matching.bare_book", row.ours, note=against)
    return row


def show(rows: list[Row]) -> None:
    print(f"{'':34}{'events/s':>12}{'aim':>12}{'sorted lists':>14}{'ratio':>8}")
    for row in rows:
        against = "" if row.rival is None else f"{row.rival:14,.0f}{row.ours / row.rival:8.2f}"
        print(f"{row.name:34}{row.ours:12,.0f}{row.aim:12,.0f}{against}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=EVENTS)
    count = parser.parse_args().events
    show([bare_book(count)])


if __name__ == "__main__":
    main()
