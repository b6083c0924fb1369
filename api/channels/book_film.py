"""The book of one interval as it was after each command: made again from the journal, kept to be wound.

The one idea: what a book showed follows from the facts, by the same code that showed it the first time
(`books.py`). Before its continuous trading opened nothing stood in it, so a film begins there, ends where the
closing call opens, and is read a part of the journal at a time; whoever asks goes on where it ended.
"""

from bisect import bisect_right
from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter
from threading import Lock
from typing import Final

from sqlalchemy import Connection

from api.answers import results
from api.answers.values import Answer
from api.channels.books import Books
from api.channels.calendar import Calendar, Stop
from api.channels.depth import MODULUS, line_checksum
from market.model.grid import Grid
from market.model.interval import instant_text
from market.model.messages import Event, Phase, PhaseChanged, Step
from market.model.rules import MarketRules
from market.model.stop import TradingReleased, TradingStopped
from market.store import queries

BATCHES_AT_ONCE: Final = 2_000
"""Batches of the journal read for one answer: bounds how long it takes."""
LEVELS_MAX: Final = 400_000
"""Changes of levels one film keeps; what came later is not shown. Bounds memory, at about 80 MB."""
NOTHING: Final = "0.000"
"""The energy of a level that is gone."""
FILMS_KEPT: Final = 3
"""Films of one market that are kept; the one that was not asked for the longest goes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmStep:
    """What one command changed of what a key showed of the interval."""

    event_seq: int
    """The last fact of the command."""
    command_seq: int
    at_us: int
    """Market time up to which the market had come."""
    facts: tuple[str, ...]
    """Names of those of its facts that are about books."""
    phase: str
    levels: tuple[tuple[str, str, str], ...]
    """Side, price, and the energy from then on, as the wire writes them."""


class BookFilm:
    """One interval's book, step by step, as far as it has been read."""

    def __init__(
        self,
        rules: MarketRules,
        grid: Grid,
        start_s: int,
        *,
        opened_batch: int,
        stops: Iterable[Stop] = (),
    ) -> None:
        self.start_s = start_s
        self.steps: defaultdict[str, list[FilmStep]] = defaultdict(list)
        """By key, in order."""
        self.event_seq = 0
        """The last fact that has been read."""
        self.read_us = 0
        """Market time up to which has been read."""
        self.opened_us: int | None = None
        self.closed_us: int | None = None
        """When the closing call opened; None: not in what has been read."""
        self.is_whole = False
        """True: nothing is to be read any more."""
        self._rules, self._grid = rules, grid
        self._begins_behind = opened_batch - 1
        self._begin(frozenset(stops))

    def _begin(self, stops: frozenset[Stop]) -> None:
        self.steps = defaultdict(list)
        self.event_seq = self.read_us = self._levels = 0
        self._batch = self._begins_behind
        self._stops, self._missed = stops, frozenset[Stop]()
        first = results.interval(self.start_s, Phase.SCHEDULED, self._rules)
        self._calendar = Calendar(self._rules, self._grid, ((self.start_s, first),), stops)
        areas = (area.area_id for area in self._grid.areas)
        self._books = Books(areas, self._calendar, only_start_s=self.start_s)

    @property
    def is_full(self) -> bool:
        """True: more has happened than a film keeps."""
        return self.is_whole and self.closed_us is None

    # --- reading -------------------------------------------------------------------------

    def read_on(self, connection: Connection, *, batches: int = BATCHES_AT_ONCE) -> bool:
        """Read the next part; True: up to the end, or up to now.

        Raises:
            JournalBroken: a row of the journal does not prove itself.
        """
        if self.is_whole:
            return True
        found = queries.facts_behind(connection, after_batch=self._batch, batches=batches)
        for batch in found:
            self._batch, self.read_us = batch.batch, batch.now_us
            event_seq = batch.first_event_seq - 1
            for command_seq, events in enumerate(batch.events, batch.first_command_seq):
                event_seq += len(events)
                facts = sorted({type(event).__name__ for event in events if self._follow(event)})
                self._tell(event_seq, command_seq, tuple(facts))
            self.event_seq = event_seq
            if self._missed:
                self._begin(self._stops | self._missed)
                return False
            if self.closed_us is not None or self._levels > LEVELS_MAX:
                self.is_whole = True
                return True
        return len(found) < batches

    def _follow(self, event: Event) -> bool:
        """Note a fact; True: it may have changed the book."""
        if getattr(event, "start_s", self.start_s) != self.start_s:
            return False
        told: Iterable[object] = ()
        match event:
            case PhaseChanged(step=Step.OPEN_CONTINUOUS):
                self.opened_us, told = event.now_us, self._calendar.changed(event)
            case PhaseChanged(step=Step.OPEN_CALL):
                self.closed_us, told = event.now_us, self._calendar.changed(event)
            case PhaseChanged():
                told = self._calendar.changed(event)
            case TradingStopped():
                told = self._calendar.stopped(event)
            case TradingReleased():
                # That a halt began is in no list, only in the journal: its end says that it was there.
                self._missed |= self._calendar.missed(event)
                told = self._calendar.released(event)
            case _:
                pass
        for _ in told:
            pass  # what the market's channel was told; the calendar has noted it
        self._books.follow(event)
        return Books.is_about(event)

    def _tell(self, event_seq: int, command_seq: int, facts: tuple[str, ...]) -> None:
        """What the keys show differently after a command."""
        if not self._books.is_dirty:
            return
        for change in self._books.flush(event_seq):
            (interval,) = change.make()["intervals"]
            levels = tuple(tuple(level.values()) for level in interval["levels"])
            self._levels += len(levels)
            self.steps[change.key].append(
                FilmStep(
                    event_seq=event_seq,
                    command_seq=command_seq,
                    at_us=self.read_us,
                    facts=facts,
                    phase=interval["phase"],
                    levels=levels,
                )
            )

    # --- looking -------------------------------------------------------------------------

    def number_at(self, key: str, *, event_seq: int | None, at_us: int | None) -> int:
        """How many steps of a key are done after a fact and at a time; None: whenever."""
        steps = self.steps[key]
        done = len(steps)
        if event_seq is not None:
            done = bisect_right(steps, event_seq, key=attrgetter("event_seq"))
        if at_us is not None:
            done = min(done, bisect_right(steps, at_us, key=attrgetter("at_us")))
        return done

    def book(self, key: str, number: int) -> Answer:
        """What a key showed of the interval after so many steps."""
        levels: dict[tuple[str, str], str] = {}
        for step in self.steps[key][:number]:
            for side, price, energy in step.levels:
                if energy == NOTHING:
                    levels.pop((side, price), None)
                else:
                    levels[side, price] = energy
        start = instant_text(self.start_s)
        at_prices = sorted(levels.items(), key=_by_price)
        lines = [(*at, energy) for at, energy in at_prices]
        return {
            "checksum": sum(line_checksum(start, *line) for line in lines) % MODULUS,
            "levels": [
                {"side": side, "price_per_mwh": price, "energy_kwh": energy}
                for side, price, energy in lines
            ],
        }


def _by_price(item: tuple[tuple[str, str], str]) -> tuple[str, Decimal]:
    (side, price), _ = item
    return side, Decimal(price)


class Films:
    """The films of one market that are kept; one at a time is read and looked at."""

    def __init__(self) -> None:
        self.lock = Lock()
        self._films: OrderedDict[int, BookFilm] = OrderedDict()

    def get(self, start_s: int) -> BookFilm | None:
        """The film of an interval, where there is one."""
        film = self._films.get(start_s)
        if film is not None:
            self._films.move_to_end(start_s)
        return film

    def keep(self, film: BookFilm) -> None:
        """Keep a film, and let the oldest go."""
        self._films[film.start_s] = film
        while len(self._films) > FILMS_KEPT:
            self._films.popitem(last=False)

    def drop(self, start_s: int) -> None:
        """What could not be read to the end of a batch is begun again."""
        self._films.pop(start_s, None)
