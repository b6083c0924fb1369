"""Conditions of lists: what is asked for narrows a query, None asks for nothing."""

from enum import Enum
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, select

from market.store import tables

QueryT = TypeVar("QueryT", bound=Select[*tuple[Any, ...]])


def equal(query: QueryT, *asked: tuple[ColumnElement[Any], object]) -> QueryT:
    """The rows whose columns have these values."""
    return query.where(
        *(
            column == (value.value if isinstance(value, Enum) else value)
            for column, value in asked
            if value is not None
        )
    )


def between(
    query: QueryT, column: ColumnElement[int], first: int | None, until: int | None
) -> QueryT:
    """The rows with first <= column < until."""
    if first is not None:
        query = query.where(column >= first)
    return query if until is None else query.where(column < until)


def units_of(market_id: str, participant_id: str) -> Select[tuple[str]]:
    """A participant's units."""
    c = tables.units.c
    return select(c.unit_id).where(c.market_id == market_id, c.participant_id == participant_id)


def units_in(market_id: str, area_id: str) -> Select[tuple[str]]:
    """Units in an area."""
    c = tables.units.c
    return select(c.unit_id).where(c.market_id == market_id, c.area_id == area_id)
