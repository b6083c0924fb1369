"""A book made again from the journal is the book everybody saw, after every command, whatever happened."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine

from api.channels import book_film
from api.channels.book_film import BookFilm
from api.channels.calendar import Stop
from api.channels.depth import MERGED, MODULUS
from api.channels.live import LiveMarket, Seed
from market.model.interval import instant_text
from market.model.messages import Command, Event, OpenCall, OpenContinuous, Phase
from market.model.order import Side
from market.model.stop import CancelAll, ReleaseStop, StopKind, StopScope, StopTrading
from market.store.journal import FIRST_HASH, Batch, Entry, append
from market.store.tables import journal
from tests.api.channels.test_books import OWNERS
from tests.api.watched import NOW_US, Watched, cancelled, closing, continuous, traded
from tests.builders import GRID, MIDNIGHT_S, PARTICIPANTS, Story
from tests.properties.test_continuous_laws import (
    RULES_HERE,
    STARTS_S,
    chance_act,
    command_of,
)

KEYS = ("RUR", "GRID", MERGED)
Lived = list[tuple[Command, tuple[Event, ...]]]


@pytest.fixture
def paper() -> Iterator[Connection]:
    """A journal with nothing in it."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        journal.create(connection)
        yield connection
    engine.dispose()


def write(paper: Connection, batches: Sequence[Lived]) -> list[int]:
    """Write what was lived; gives the last fact of each batch."""
    command_seq = event_seq = 1
    proof, ends = FIRST_HASH, []
    for number, lived in enumerate(batches, 1):
        entries = tuple(Entry(command=command, events=events) for command, events in lived)
        batch = Batch(
            batch=number,
            epoch=1,
            now_us=max(command.now_us for command, _ in lived),
            first_command_seq=command_seq,
            first_event_seq=event_seq,
            entries=entries,
        )
        proof = append(paper, batch, proof)
        command_seq += len(entries)
        event_seq += sum(len(entry.events) for entry in entries)
        ends.append(event_seq - 1)
    return ends


def halt(story: Story, scope: StopScope, key: str, *, ends: bool) -> list[Command]:
    """A halt, or its end by two people."""
    if not ends:
        return [
            StopTrading(
                now_us=story.now_us,
                actor="op1",
                kind=StopKind.HALT,
                scope=scope,
                key=key,
                reason="drawn",
            )
        ]
    return [
        ReleaseStop(now_us=story.now_us, actor=actor, kind=StopKind.HALT, scope=scope, key=key)
        for actor in ("op1", "op2")
    ]


PLACES = (
    (StopScope.MARKET, ""),
    (StopScope.AREA, "RUR"),
    (StopScope.INTERVAL, str(STARTS_S[0])),
)


def lived(seed: int) -> tuple[Story, Lived]:
    """A busy market with halts; every third one is halted before its continuous trading opens."""
    chance = random.Random(seed)
    story, told = Story(rules=RULES_HERE), Lived()

    def does(command: Command) -> None:
        before = len(story.events)
        story.does(command)
        told.append((command, tuple(story.events[before:])))

    if seed % 3 == 0:
        does(*halt(story, *PLACES[seed // 3 % 3], ends=False))
    story.now_us += 1_000_000
    does(OpenContinuous(now_us=story.now_us, start_s=MIDNIGHT_S))
    for number in range(70):
        if chance.random() < 0.12:
            place = chance.choice(PLACES)
            for command in halt(story, *place, ends=chance.random() < 0.7):
                does(command)
        elif (drawn := command_of(story, chance_act(chance), f"c{number}")) is not None:
            does(drawn)
    if seed % 2:
        does(OpenCall(now_us=story.now_us, start_s=STARTS_S[0]))
    return story, told


def in_batches(told: Lived, chance: random.Random) -> list[Lived]:
    made: list[Lived] = []
    while told:
        count = chance.randrange(1, 4)
        made.append(told[:count])
        told = told[count:]
    return made


def seen_live(batches: Sequence[Lived]) -> Iterator[dict[str, dict[str, Any]]]:
    """What every key shows after each batch, by the code that tells it."""
    live = LiveMarket(Seed(rules=RULES_HERE, grid=GRID, event_seq=0, participants=PARTICIPANTS))
    event_seq = 0
    for batch in batches:
        for command, events in batch:
            for event in events:
                event_seq += 1
                for change in live.apply(event, command.now_us, event_seq):
                    change.make()
        for change in live.flush_books():
            change.make()
        yield {key: live.books.snapshot(key) for key in KEYS}


def read_whole(film: BookFilm, paper: Connection, batches: int) -> None:
    for _ in range(1_000):
        if film.read_on(paper, batches=batches):
            return
    raise AssertionError("a film ends")


def opened_batch(batches: Sequence[Lived]) -> int:
    return next(
        number
        for number, lived in enumerate(batches, 1)
        if any(isinstance(command, OpenContinuous) for command, _ in lived)
    )


def films_of(story: Story, batches: Sequence[Lived]) -> dict[int, BookFilm]:
    """As the address begins them: with the halts that hold now and held when trading opened."""
    opened = opened_batch(batches)
    opened_us = batches[opened - 1][0][0].now_us
    stops: list[Stop] = [
        (
            int(stop.key) if stop.scope is StopScope.INTERVAL else None,
            stop.key if stop.scope is StopScope.AREA else None,
            Phase.HALT,
        )
        for stop in story.engine.state.stops.all()
        if stop.since_us < opened_us
    ]
    return {
        start_s: BookFilm(RULES_HERE, GRID, start_s, opened_batch=opened, stops=stops)
        for start_s in STARTS_S
    }


def assert_same(films: dict[int, BookFilm], end: int, shown: dict[str, Any], key: str) -> int:
    """After a batch each book is as it was seen; gives how many levels that were."""
    by_start = {item["start"]: item for item in shown["intervals"]}
    checksum = levels = 0
    for start_s, film in films.items():
        if film.is_whole and end > film.event_seq:
            assert instant_text(start_s) not in by_start, "it is shown no longer"
            continue
        number = film.number_at(key, event_seq=end, at_us=None)
        book, seen = film.book(key, number), by_start.get(instant_text(start_s))
        assert book["levels"] == (seen["levels"] if seen else [])
        if seen:
            assert film.steps[key][number - 1].phase == seen["phase"]
        checksum += book["checksum"]
        levels += len(book["levels"])
    assert checksum % MODULUS == shown["checksum"]
    return levels


def test_a_book_made_again_is_the_book_that_was_seen(paper: Connection) -> None:
    compared = 0
    facts: Counter[str] = Counter()
    for seed in range(24):
        chance = random.Random(seed)
        story, told = lived(seed)
        batches = in_batches(told, chance)
        paper.execute(journal.delete())
        ends = write(paper, batches)
        films = films_of(story, batches)
        for film in films.values():
            read_whole(film, paper, chance.randrange(1, 9))
            facts.update(name for step in film.steps[MERGED] for name in step.facts)
        opened = opened_batch(batches)
        after = list(zip(ends, seen_live(batches), strict=True))[opened - 1 :]
        for end, shown in after:
            compared += sum(assert_same(films, end, shown[key], key) for key in KEYS)
    assert compared > 3_000
    assert facts.keys() >= {
        *("OrdersAccepted", "OrdersCancelled", "OrderReplaced", "OrdersHibernated"),
        *("OrdersActivated", "TradesMade", "SelfTradePrevented", "TradingStopped"),
        *("TradingReleased", "PhaseChanged"),
    }


def alone(*events: Event) -> Lived:
    """Facts as those of one command."""
    return [(CancelAll(now_us=NOW_US, actor="op", participant_id="ann", reason="test"), events)]


def test_each_area_with_enough_owners_has_a_book_of_its_own(paper: Connection) -> None:
    watched = Watched()
    rows = [(owner, Side.BUY, 5_000 + number, 100) for number, owner in enumerate(OWNERS)]
    in_rur = watched.place(*rows, area="RUR")
    few = watched.place(("ann", Side.SELL, 9_000, 300), area="GRID")
    gone = [cancelled(owner, f"ord-{number}") for number, owner in enumerate(OWNERS, 1)]
    lives = [alone(continuous()), alone(*in_rur), alone(*few), *map(alone, gone)]
    ends = write(paper, [*lives, alone(closing())])
    film = BookFilm(watched.live.rules, GRID, MIDNIGHT_S, opened_batch=1)
    read_whole(film, paper, 3)

    for end, lived_batch in zip(ends, lives, strict=False):
        watched.happen(*lived_batch[0][1])
        for key in KEYS:
            shown = watched.live.books.snapshot(key)
            book = film.book(key, film.number_at(key, event_seq=end, at_us=None))
            assert (book["levels"], book["checksum"]) == (
                [level for item in shown["intervals"] for level in item["levels"]],
                shown["checksum"],
            )
    assert film.closed_us == NOW_US
    assert film.read_on(paper), "nothing is read behind the call's opening"


def test_a_film_that_would_become_too_long_ends_and_says_so(
    paper: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book_film, "LEVELS_MAX", 5)
    watched = Watched()
    rows = watched.place(*[("ann", Side.BUY, 5_000 + number, 100) for number in range(20)])
    write(paper, [alone(continuous()), *(alone(row) for row in rows)])
    film = BookFilm(watched.live.rules, GRID, MIDNIGHT_S, opened_batch=1)
    read_whole(film, paper, 100)

    assert film.is_full
    assert len(film.book(MERGED, len(film.steps[MERGED]))["levels"]) == 6


def test_a_trade_takes_from_the_book_it_was_made_in_only(paper: Connection) -> None:
    later_s = MIDNIGHT_S + 900
    watched = Watched()
    here = watched.place(("ann", Side.BUY, 5_000, 500))
    there = watched.place(("ann", Side.BUY, 5_000, 700), start_s=later_s)
    write(
        paper,
        [
            alone(continuous(), continuous(later_s), *here, *there),
            alone(traded("ord-2", 200, later_s)),
        ],
    )
    film = BookFilm(watched.live.rules, GRID, MIDNIGHT_S, opened_batch=1)
    read_whole(film, paper, 100)

    assert [step.facts for step in film.steps[MERGED]] == [("OrdersAccepted", "PhaseChanged")]
    levels = film.book(MERGED, 1)["levels"]
    assert [level["energy_kwh"] for level in levels] == ["0.500"]
