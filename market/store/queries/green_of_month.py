"""What of participants' use in a month certificates are retired for, by source: no more than they used."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias

from sqlalchemy import ColumnElement, Connection, select

from market.model.bill import GreenEnergy
from market.model.certificate import CertificateAct
from market.model.interval import MarketMonth, day_of
from market.store import tables
from market.store.certificate_sheets import green_rows
from market.store.queries.among import among
from market.store.queries.certificate_lots import own_sheets
from market.store.queries.money import whole_sum

GreenByOwner: TypeAlias = Mapping[str, tuple[GreenEnergy, ...]]
"""By participant, with a row for each kind and area of units; who is not there has nothing."""
_Source: TypeAlias = tuple[str, str]
"""Kind of unit and area."""


def green_of_month(
    connection: Connection,
    market_id: str,
    month: MarketMonth,
    zone: str,
    participant_ids: Collection[str] | None = None,
) -> GreenByOwner:
    """By the versions of the month's days that stand now.

    Args:
        connection: of a reader.
        market_id: whose month.
        month: the month.
        zone: of the market.
        participant_ids: of these alone; None: of everybody.
    """
    days = (month.first.isoformat(), day_of(month.until_s, zone).isoformat())
    found: defaultdict[str, defaultdict[_Source, list[int]]] = defaultdict(
        lambda: defaultdict(lambda: [0, 0, 0])
    )
    c, units = tables.certificate_days.c, tables.units.c
    settled = connection.execute(
        select(
            c.participant_id,
            units.kind,
            units.area_id,
            whole_sum(c.own_use_wh).label("own_use_wh"),
            whole_sum(c.used_wh).label("bought_wh"),
        )
        .join(tables.units, (units.market_id == c.market_id) & (units.unit_id == c.unit_id))
        .where(
            c.market_id == market_id,
            c.day >= days[0],
            c.day < days[1],
            *_owned(connection, c.participant_id, participant_ids),
        )
        .group_by(c.participant_id, units.kind, units.area_id)
    )
    for name, kind, area_id, own_use_wh, bought_wh in settled:
        found[name][kind, area_id][:2] = [own_use_wh, bought_wh]
    for name, source, energy_wh in _retired(connection, market_id, days, participant_ids):
        found[name][source][2] += energy_wh
    return {
        name: tuple(
            GreenEnergy(
                source=kind,
                area_id=area_id,
                own_use_wh=own_use_wh,
                bought_wh=bought_wh,
                retired_wh=retired_wh,
            )
            for (kind, area_id), (own_use_wh, bought_wh, retired_wh) in sorted(sources.items())
            if own_use_wh or bought_wh or retired_wh
        )
        for name, sources in found.items()
    }


def _owned(
    connection: Connection, column: ColumnElement[str], names: Collection[str] | None
) -> tuple[ColumnElement[bool], ...]:
    return () if names is None else (among(connection, column, names),)


def _retired(
    connection: Connection,
    market_id: str,
    days: tuple[str, str],
    participant_ids: Collection[str] | None,
) -> Iterable[tuple[str, _Source, int]]:
    """What acts have retired and still counts: a correction may have left less use than it was for."""
    a, units = tables.certificate_acts.c, tables.units.c
    rows = connection.execute(
        select(a.participant_id, a.day, a.start_s, units.kind, units.area_id, a.energy_wh)
        .join(tables.units, (units.market_id == a.market_id) & (units.unit_id == a.unit_id))
        .where(
            a.market_id == market_id,
            a.kind == CertificateAct.RETIRE.value,
            a.day >= days[0],
            a.day < days[1],
            *_owned(connection, a.participant_id, participant_ids),
        )
        .order_by(a.participant_id, a.day, a.event_seq, a.row)
    ).all()
    room_wh: dict[tuple[str, int], int] = {}
    read: set[tuple[str, str]] = set()
    for row in rows:
        if (row.participant_id, row.day) not in read:
            read.add((row.participant_id, row.day))
            room_wh |= _rooms(connection, market_id, row.participant_id, row.day)
        key = (row.participant_id, row.start_s)
        counts_wh = min(row.energy_wh, room_wh.get(key, 0))
        room_wh[key] = room_wh.get(key, 0) - counts_wh
        yield row.participant_id, (row.kind, row.area_id), counts_wh


def _rooms(
    connection: Connection, market_id: str, participant_id: str, day: str
) -> dict[tuple[str, int], int]:
    """By interval, what a participant used beyond what certificates came with."""
    found: defaultdict[tuple[str, int], int] = defaultdict(int)
    for _, green in own_sheets(connection, market_id, participant_id, day):
        rows = green_rows(green)
        for row in rows.rows_of(participant_id).tolist():
            used_wh, retired_wh = int(rows.used_wh[row]), int(rows.retired_wh[row])
            found[participant_id, int(rows.start_s[row])] += used_wh - retired_wh
    return dict(found)
