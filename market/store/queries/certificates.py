"""Certificates in somebody's hands: by unit and day, lot by lot; and what was done with them.

The one idea: sums of days stand in rows of their own; only where an act has touched a day its lots are looked at
one by one.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Connection, select, tuple_

from market.certificates.issuing import Purpose
from market.certificates.statement import StatementLine, statement
from market.model.certificate import CertificateAct, Lot
from market.store import tables
from market.store.certificate_views import CertificateActRow
from market.store.queries.certificate_lots import all_lines, lines_of_day, lot_acts, whose
from market.store.queries.pages import (
    SEPARATOR,
    CursorFault,
    bounded,
    cursor_of,
    fact,
    number_and_name,
    numbers,
    read_page,
)
from market.store.views import Page

Key: TypeAlias = tuple[str, str, str]
"""Participant, local day and unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateBalance:
    """A participant's certificates of one unit and local day, Wh."""

    participant_id: str
    day: str
    unit_id: str
    source: str
    """What kind of unit it is."""
    area_id: str
    """Where it is."""
    own_use_wh: int
    used_wh: int
    kept_wh: int
    received_wh: int
    given_wh: int
    retired_wh: int
    exported_wh: int
    held_wh: int
    owed_wh: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LotLine:
    """A line of a statement with where its unit is and what it is."""

    line: StatementLine
    source: str
    area_id: str


# --- by unit and day --------------------------------------------------------------------


def certificate_balances(
    connection: Connection,
    market_id: str,
    *,
    participant_id: str | None = None,
    from_day: str | None = None,
    until_day: str | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[CertificateBalance]:
    """In order of participant, day and unit.

    Args:
        connection: of a reader.
        market_id: the market.
        participant_id: only of this one.
        from_day: only of this local day and later ones.
        until_day: only of days before this one.
        cursor: read on from here.
        limit: most of them.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    count = bounded(limit)
    behind = None if cursor is None else tuple(cursor.split(SEPARATOR))
    if behind is not None and len(behind) != 3:
        raise CursorFault(cursor)
    c, days = tables.certificate_acts.c, tables.certificate_days.c
    keys: set[Key] = set()
    for owner, of in ((days.participant_id, days), (c.participant_id, c), (c.receiver_id, c)):
        key = (owner, of.day, of.unit_id)
        query = select(*key).distinct().where(of.market_id == market_id)
        if of is c:
            query = query.where(c.unit_id != "", owner != "")
        if participant_id is not None:
            query = query.where(owner == participant_id)
        if from_day is not None:
            query = query.where(of.day >= from_day)
        if until_day is not None:
            query = query.where(of.day < until_day)
        if behind is not None:
            query = query.where(tuple_(*key) > behind)
        keys |= {(*row,) for row in connection.execute(query.order_by(*key).limit(count + 1))}
    wanted = sorted(keys)[: count + 1]
    shown = wanted[:count]
    units = _units(connection, market_id, {unit_id for *_, unit_id in shown})
    by_day: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for owner_id, day, unit_id in shown:
        by_day[owner_id, day].add(unit_id)
    items = [
        _balance(owner_id, day, unit_id, lines, *units[unit_id])
        for (owner_id, day), unit_ids in by_day.items()
        for unit_id, lines in _of_day(connection, market_id, owner_id, day, unit_ids)
    ]
    more = len(wanted) > count and bool(shown)
    return Page(items=tuple(items), next_cursor=cursor_of(*shown[-1]) if more else None)


def _of_day(
    connection: Connection, market_id: str, participant_id: str, day: str, unit_ids: set[str]
) -> Iterator[tuple[str, list[StatementLine]]]:
    """Units and their lines: their lots where an act touched any of the day, else their sum as one line."""
    acts = lot_acts(connection, market_id, participant_id, tables.certificate_acts.c.day == day)
    if acts:
        lines = lines_of_day(connection, market_id, participant_id, day, acts)
    else:
        c = tables.certificate_days.c
        rows = connection.execute(
            select(c.unit_id, c.own_use_wh, c.used_wh, c.kept_wh).where(
                c.market_id == market_id, c.participant_id == participant_id, c.day == day
            )
        )
        settled = [
            (Lot(start_s=0, unit_id=row.unit_id), purpose, energy_wh)
            for row in rows
            for purpose, energy_wh in zip(
                Purpose, (row.own_use_wh, row.used_wh, row.kept_wh), strict=True
            )
        ]
        lines = statement(participant_id, settled, ())
    for unit_id in sorted(unit_ids):
        yield unit_id, [line for line in lines if line.lot.unit_id == unit_id]


def _balance(
    participant_id: str,
    day: str,
    unit_id: str,
    lines: Sequence[StatementLine],
    source: str,
    area_id: str,
) -> CertificateBalance:
    return CertificateBalance(
        participant_id=participant_id,
        day=day,
        unit_id=unit_id,
        source=source,
        area_id=area_id,
        own_use_wh=sum(line.own_use_wh for line in lines),
        used_wh=sum(line.used_wh for line in lines),
        kept_wh=sum(line.kept_wh for line in lines),
        received_wh=sum(line.received_wh for line in lines),
        given_wh=sum(line.given_wh for line in lines),
        retired_wh=sum(line.retired_wh for line in lines),
        exported_wh=sum(line.exported_wh for line in lines),
        held_wh=sum(line.held_wh for line in lines),
        owed_wh=sum(line.owed_wh for line in lines),
    )


# --- lot by lot -------------------------------------------------------------------------


def certificate_statement(
    connection: Connection,
    market_id: str,
    *,
    participant_id: str,
    zone: str,
    from_s: int | None = None,
    until_s: int | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[LotLine]:
    """Everything a participant has or had of intervals in [from_s, until_s), oldest first.

    `zone`: of the market, for its local days.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    count = bounded(limit)
    after = None if cursor is None else number_and_name(cursor)
    first_s = from_s if after is None else max(after[0], from_s or after[0])
    lines: list[StatementLine] = []
    for line in all_lines(connection, market_id, participant_id, zone, first_s, until_s):
        if after is None or (line.lot.start_s, line.lot.unit_id) > after:
            lines.append(line)
            if len(lines) > count:
                break
    units = _units(connection, market_id, {line.lot.unit_id for line in lines})
    last = lines[count - 1].lot if len(lines) > count else None
    return Page(
        items=tuple(
            LotLine(
                line=line, source=units[line.lot.unit_id][0], area_id=units[line.lot.unit_id][1]
            )
            for line in lines[:count]
        ),
        next_cursor=None if last is None else cursor_of(last.start_s, last.unit_id),
    )


def _units(
    connection: Connection, market_id: str, unit_ids: set[str]
) -> dict[str, tuple[str, str]]:
    """Kind and area of some units."""
    c = tables.units.c
    rows = connection.execute(
        select(c.unit_id, c.kind, c.area_id).where(
            c.market_id == market_id, c.unit_id.in_(sorted(unit_ids))
        )
    )
    return {row.unit_id: (row.kind, row.area_id) for row in rows}


# --- what was done ----------------------------------------------------------------------


def certificate_acts(
    connection: Connection,
    market_id: str,
    *,
    participant_id: str | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[CertificateActRow]:
    """Every lot of every act, as they happened; of a participant those it gave or received by.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c = tables.certificate_acts.c
    query = select(tables.certificate_acts).where(c.market_id == market_id)
    if participant_id is not None:
        query = query.where(whose(participant_id))
    if cursor is not None:
        query = query.where(tuple_(c.event_seq, c.row) > numbers(cursor, 2))
    return read_page(
        connection,
        query,
        (c.event_seq, c.row),
        limit,
        lambda row: fact(CertificateActRow, row, kind=CertificateAct(row.kind)),
    )


def certificate_act(
    connection: Connection, market_id: str, *, participant_id: str, reference: str
) -> tuple[CertificateActRow, ...]:
    """What an act did, lot by lot; nothing: there was none of that reference."""
    c = tables.certificate_acts.c
    rows = connection.execute(
        select(tables.certificate_acts)
        .where(
            c.market_id == market_id,
            c.participant_id == participant_id,
            c.reference == reference,
        )
        .order_by(c.event_seq, c.row)
    )
    return tuple(fact(CertificateActRow, row, kind=CertificateAct(row.kind)) for row in rows)
