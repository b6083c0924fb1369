"""What the calls of a day made of areas and lines, as it is stored."""

from collections import defaultdict
from typing import TypeAlias

from sqlalchemy import ColumnElement, Connection, select

from market.model.call import CallKind
from market.model.trade import AreaOutcome, ClearingOutcome, LineOutcome
from market.store import tables
from market.store.queries.pages import fact

DayOutcomes: TypeAlias = dict[tuple[int, CallKind], ClearingOutcome]
"""What each call made of each interval."""


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
    a, b = tables.area_outcomes, tables.line_outcomes
    for row in connection.execute(select(a).where(of_areas).order_by(a.c.position)):
        areas[row.start_s, row.call].append(fact(AreaOutcome, row))
    for row in connection.execute(select(b).where(of_lines).order_by(b.c.position)):
        lines[row.start_s, row.call].append(fact(LineOutcome, row))
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
