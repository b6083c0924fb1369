"""What the calls of a day made of areas and lines, as it is stored."""

from collections import defaultdict
from dataclasses import fields
from typing import Final, TypeAlias

from sqlalchemy import ColumnElement, Connection, select

from market.model.call import CallKind
from market.model.trade import AreaOutcome, ClearingOutcome, LineOutcome
from market.store import tables
from market.store.queries.pages import by_hundreds

DayOutcomes: TypeAlias = dict[tuple[int, CallKind], ClearingOutcome]
"""What each call made of each interval."""
_OF_AREA: Final = tuple(field.name for field in fields(AreaOutcome))
_OF_LINE: Final = tuple(field.name for field in fields(LineOutcome))


def day_outcomes(
    connection: Connection, of_areas: ColumnElement[bool], of_lines: ColumnElement[bool]
) -> DayOutcomes:
    """What each call made of each interval; orders and receipts are left out.

    Args:
        connection: of a reader.
        of_areas: which rows of areas are wanted.
        of_lines: which rows of lines.
    """
    areas: defaultdict[tuple[int, str], list[AreaOutcome]] = defaultdict(list)
    lines: defaultdict[tuple[int, str], list[LineOutcome]] = defaultdict(list)
    a, b = tables.area_outcomes.c, tables.line_outcomes.c
    for start_s, call, *values in by_hundreds(
        connection.execute(
            select(a.start_s, a.call, *(a[name] for name in _OF_AREA))
            .where(of_areas)
            .order_by(a.position)
        )
    ):
        areas[start_s, call].append(AreaOutcome(**dict(zip(_OF_AREA, values, strict=True))))
    for start_s, call, *values in by_hundreds(
        connection.execute(
            select(b.start_s, b.call, *(b[name] for name in _OF_LINE))
            .where(of_lines)
            .order_by(b.position)
        )
    ):
        lines[start_s, call].append(LineOutcome(**dict(zip(_OF_LINE, values, strict=True))))
    return {
        (start_s, CallKind(call)): ClearingOutcome(
            start_s=start_s,
            rung="",
            reproducible=True,
            areas=tuple(members),
            lines=tuple(lines.get((start_s, call), ())),
            filled_order_ids=(),
            filled_wh=(),
            welfare_quanta=0,
            upper_bound_quanta=0,
            solve_ms=0,
            receipt_hash="",
            audit_faults=(),
        )
        for (start_s, call), members in areas.items()
    }


def calls_of(
    outcomes: DayOutcomes, start_s: int
) -> tuple[ClearingOutcome | None, ClearingOutcome | None]:
    """What the closing call of an interval made of it, and what the opening call did."""
    return outcomes.get((start_s, CallKind.CLOSING)), outcomes.get((start_s, CallKind.DAY_AHEAD))
