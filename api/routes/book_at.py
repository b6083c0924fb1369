"""The book of an interval as it stood at a moment that is over, made again from the journal."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET, Channel
from api.answers.values import Answer
from api.call import START, Address, Call, QueryField, answer
from api.channels.book_film import BookFilm, FilmStep
from api.wire import fields
from api.wire.errors import refuse
from api.wire.fields import FieldError
from market.model.interval import instant_text, moment_text
from market.model.messages import Phase
from market.model.rejection import Code
from market.model.stop import Stop, StopKind, StopScope
from market.model.units import SECONDS_PER_MINUTE
from market.store import queries

_WHEN: Final = ("step", "event_seq", "at")
"""How the moment is named; none of them: as far as the book has come."""
_DIGITS_MAX: Final = 15
_WAIT_S: Final = 10.0
"""Real seconds one who asks waits for another one's reading."""


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS_MAX):
        raise FieldError(Code.FIELD_FORMAT)
    return int(text)


async def show_book_at(call: Call) -> Response:
    """What one key showed of an interval after a step, a fact, or at a time."""
    market, query = call.market, call.query
    key: str = query["area_id"]
    if not market.live.is_key(Channel.BOOK, key):
        raise refuse(Code.AREA_UNKNOWN, "area_id")
    named = [name for name in _WHEN if query.get(name) is not None]
    if len(named) > 1:
        raise refuse(Code.FIELD_UNKNOWN, named[1])
    halts = [stop for stop in call.decided.stops.all() if stop.kind is StopKind.HALT]

    def read(connection: Connection, market_id: str) -> Answer:
        if not market.films.lock.acquire(timeout=_WAIT_S):
            raise refuse(Code.SYSTEM_BUSY)
        try:
            film = _film(call, connection, market_id, halts)
            try:
                current = film.read_on(connection)
            except BaseException:
                market.films.drop(film.start_s)
                raise
            return _told(call, film, key, current=current)
        finally:
            market.films.lock.release()

    return answer(await call.stored(read))


def _film(call: Call, connection: Connection, market_id: str, halts: list[Stop]) -> BookFilm:
    """The film that is kept, else a new one."""
    start_s: int = call.query["start"]
    film = call.market.films.get(start_s)
    if film is not None:
        return film
    opened = queries.continuous_opened(connection, market_id, start_s)
    if opened is None:
        raise refuse(Code.NOT_FOUND, "start")
    batch, opened_us = opened
    film = BookFilm(
        call.market.rules,
        call.market.grid,
        start_s,
        opened_batch=batch,
        stops=[_place(stop) for stop in halts if stop.since_us < opened_us],
    )
    call.market.films.keep(film)
    return film


def _place(stop: Stop) -> tuple[int | None, str | None, Phase]:
    return (
        int(stop.key) if stop.scope is StopScope.INTERVAL else None,
        stop.key if stop.scope is StopScope.AREA else None,
        Phase.HALT,
    )


def _told(call: Call, film: BookFilm, key: str, *, current: bool) -> Answer:
    wanted = {name: call.query.get(name) for name in _WHEN}
    steps = film.steps[key]
    number = wanted["step"]
    if number is None:
        number = film.number_at(key, event_seq=wanted["event_seq"], at_us=wanted["at"])
    reached = current or _is_behind(film, steps, wanted)
    if reached and (number > len(steps) or (film.is_full and number == len(steps))):
        # Of more than a film keeps it is not known what stood there.
        raise refuse(Code.FIELD_RANGE, next(filter(wanted.get, _WHEN), "start"))
    last = steps[number - 1] if reached and number else None
    following = steps[number] if reached and number < len(steps) else None
    step_s = call.market.rules.interval_minutes * SECONDS_PER_MINUTE
    return {
        "area": key,
        "start": instant_text(film.start_s),
        "end": instant_text(film.start_s + step_s),
        "opened_at": _moment(film.opened_us),
        "closed_at": _moment(film.closed_us),
        "read_until": _moment(film.read_us or None),
        "complete": current,
        "reached": reached,
        "steps": len(steps),
        "step": number if reached else None,
        "event_seq": None if last is None else last.event_seq,
        "command_seq": None if last is None else last.command_seq,
        "at": None if last is None else moment_text(last.at_us),
        "next_at": None if following is None else moment_text(following.at_us),
        "facts": [] if last is None else list(last.facts),
        "phase": None if last is None else last.phase,
        **(film.book(key, number) if reached else {"checksum": None, "levels": None}),
    }


def _is_behind(film: BookFilm, steps: Sequence[FilmStep], wanted: Mapping[str, int | None]) -> bool:
    """True: what has been read goes beyond what is asked for."""
    step, event_seq, at_us = (wanted[name] for name in _WHEN)
    if step is not None:
        return len(steps) > step
    if event_seq is not None:
        return film.event_seq >= event_seq
    return at_us is not None and film.read_us > at_us


def _moment(at_us: int | None) -> str | None:
    return None if at_us is None else moment_text(at_us)


ADDRESSES: Final = (
    Address(
        method="GET",
        path=f"{MARKET}/book:at",
        handler=show_book_at,
        about="The book of continuous trading as it stood, made again from the journal",
        query=(
            QueryField(
                name="area_id",
                read=fields.identifier,
                about="An area, or market: what small areas held together",
                required=True,
            ),
            QueryField(name="start", read=START.read, about=START.about, required=True),
            QueryField(name="step", read=_number, about="After so many changes of this book"),
            QueryField(name="event_seq", read=_number, about="As it was after this fact"),
            QueryField(name="at", read=fields.moment_us, about="As it was at this market time"),
        ),
    ),
)
