"""Columns of a day as a version of it left them, put together from what was kept of each area.

The one idea: a version is kept as the rows that it changed, on top of the version before, down to one that
was kept whole; so an area is read from the whole one upward.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, select

from market.model.splitting import Integers
from market.store import tables
from market.store.details import ORIGIN, put_columns


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SettledColumns:
    """A version's columns."""

    columns: dict[str, Integers]
    """(n, t) each, by name."""
    rows_on_top: int
    """How many rows are kept on top of whole ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptArea:
    """What is kept of an area by one run."""

    run_id: str
    detail: bytes
    rows: int


def kept_areas(
    connection: Connection, market_id: str, run_id: str, area_ids: Collection[str] | None = None
) -> dict[str, list[KeptArea]]:
    """What a version of a day is read from, by area: whole rows first, then what lies on top.

    Args:
        connection: of a reader.
        market_id: the market.
        run_id: the version's run.
        area_ids: only of these; None: of all.
    """
    c = tables.settled_areas.c
    found: dict[str, list[KeptArea]] = {}
    asked: dict[str, list[str] | None] = {run_id: None if area_ids is None else sorted(area_ids)}
    while asked:
        below, names = asked.popitem()
        query = select(c.area_id, c.detail, c.rows, c.base_run_id).where(
            c.market_id == market_id, c.run_id == below
        )
        if names is not None:
            query = query.where(c.area_id.in_(names))
        for row in connection.execute(query.order_by(c.area_id)):
            kept = KeptArea(run_id=below, detail=row.detail, rows=row.rows)
            found.setdefault(row.area_id, []).insert(0, kept)
            if row.base_run_id is not None:
                more = asked.setdefault(row.base_run_id, [])
                assert more is not None, "only the first question is for all areas"
                more.append(row.area_id)
    return found


def area_rows(
    connection: Connection, market_id: str, run_id: str, area_id: str | None = None
) -> dict[str, int]:
    """How many rows each area that is done has in a version, by area; no rows are read.

    `area_id`: only of this one.
    """
    c = tables.settled_areas.c
    found: dict[str, int] = {}
    asked: list[tuple[str, str | None]] = [(run_id, area_id)]
    while asked:
        below, name = asked.pop()
        query = select(c.area_id, c.rows, c.base_run_id).where(
            c.market_id == market_id, c.run_id == below
        )
        if name is not None:
            query = query.where(c.area_id == name)
        for row in connection.execute(query):
            if row.base_run_id is None:
                found[row.area_id] = row.rows
            else:
                asked.append((row.base_run_id, row.area_id))
    return dict(sorted(found.items()))


def settled_columns(
    areas: Mapping[str, Sequence[KeptArea]],
    *,
    names: Sequence[str],
    units: Mapping[str, int],
    starts_s: Sequence[int],
) -> SettledColumns | None:
    """Columns of the whole day; None: what is kept is not of these units, intervals and columns.

    Args:
        areas: what a version is read from.
        names: of the columns.
        units: the row of each unit.
        starts_s: the day's intervals.
    """
    shape = (len(units), len(starts_s))
    columns = {
        name: np.zeros(shape, dtype=np.int8 if name == ORIGIN else np.int64) for name in names
    }
    column_of = {start_s: place for place, start_s in enumerate(starts_s)}
    covered = np.zeros(len(units), dtype=np.int64)
    on_top = 0
    for kept in areas.values():
        for number, part in enumerate(kept):
            if part.detail:
                found = put_columns(part.detail, columns, units, column_of)
                if found is None:
                    return None
                if not number:
                    covered += found
            on_top += part.rows if number else 0
    if (covered != len(starts_s)).any():
        return None
    return SettledColumns(columns=columns, rows_on_top=on_top)


def trades_of_areas(
    connection: Connection, market_id: str, areas: Mapping[str, Sequence[KeptArea]]
) -> tuple[bytes, ...]:
    """The trades of a day, by area, as the run that settled all of it read them; none: they were not kept.

    Args:
        connection: of a reader.
        market_id: the market.
        areas: what a version is read from; trades are known where one run settled all of them.
    """
    run_ids = {kept[0].run_id for kept in areas.values()}
    if len(run_ids) != 1:
        return ()
    c = tables.settled_areas.c
    query = select(c.trades).where(c.market_id == market_id, c.run_id.in_(run_ids))
    return tuple(connection.execute(query).scalars())
