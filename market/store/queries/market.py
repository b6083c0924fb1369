"""Who and what takes part: the market's definition, participants, units."""

from dataclasses import dataclass

from sqlalchemy import Column, Connection, select

from market.model.grid import Grid
from market.model.participant import Participant, Unit, UnitKind, VoltageLevel
from market.model.rules import MarketRules
from market.store import tables
from market.store.database import read_meta
from market.store.queries.conditions import equal
from market.store.queries.pages import fact, read_page
from market.store.views import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketDefinition:
    """A market as it was posted."""

    rules: MarketRules
    grid: Grid


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far the journal is visible to queries; 0: not at all."""

    command_seq: int
    event_seq: int


def position(connection: Connection) -> Position:
    """How far the journal is visible to queries of this connection."""
    return Position(
        command_seq=read_meta(connection, "projected_command_seq", 0),
        event_seq=read_meta(connection, "projected_event_seq", 0),
    )


def market(connection: Connection, market_id: str) -> MarketDefinition | None:
    """The market's definition; None: it was not created yet."""
    found = connection.execute(
        select(tables.markets).where(tables.markets.c.market_id == market_id)
    ).one_or_none()
    return None if found is None else MarketDefinition(rules=found.rules, grid=found.grid)


def participants(
    connection: Connection,
    market_id: str,
    *,
    participant_id: str | None = None,
    area_id: str | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[Participant]:
    """Participants by id."""
    c = tables.participants.c
    query = select(tables.participants).where(c.market_id == market_id)
    query = equal(query, (c.participant_id, participant_id), (c.area_id, area_id))
    if cursor is not None:
        query = query.where(c.participant_id > cursor)
    return read_page(
        connection,
        query,
        (c.participant_id,),
        limit,
        lambda row: fact(Participant, row, voltage_level=VoltageLevel(row.voltage_level)),
    )


def units(
    connection: Connection,
    market_id: str,
    *,
    unit_id: str | None = None,
    participant_id: str | None = None,
    area_id: str | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[Unit]:
    """Units by id."""
    c = tables.units.c
    query = select(tables.units).where(c.market_id == market_id)
    query = equal(
        query,
        (c.unit_id, unit_id),
        (c.participant_id, participant_id),
        (c.area_id, area_id),
    )
    if cursor is not None:
        query = query.where(c.unit_id > cursor)
    return read_page(
        connection,
        query,
        (c.unit_id,),
        limit,
        lambda row: fact(Unit, row, kind=UnitKind(row.kind)),
    )


def came_after(
    connection: Connection, market_id: str, day: str, name: Column[str]
) -> frozenset[str]:
    """Who, or what, was registered after a day was closed; nobody of a day that is open.

    `name`: the id of participants or of units.
    """
    closed, c = tables.closed_days.c, name.table.c
    closing = (
        select(closed.event_seq)
        .where(closed.market_id == market_id, closed.day == day)
        .scalar_subquery()
    )
    query = select(name).where(c.market_id == market_id, c.event_seq > closing)
    return frozenset(connection.execute(query).scalars())
