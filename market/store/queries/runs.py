"""Runs that settled days, what each of them changed, and what they say of a participant's units."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from market.model.money import Transfer, TransferKind
from market.model.settlement_run import RunKind, RunState, SettlementRun
from market.store import tables
from market.store.details import detail_rows, detail_slice
from market.store.queries.pages import AnyRow, fact, numbers, read_page
from market.store.queries.settled_columns import area_rows, kept_areas
from market.store.views import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A run, and how far it is."""

    run: SettlementRun
    begun_event_seq: int
    areas_done: int
    differences: int
    """Transfers it has booked."""


def settlement_runs(
    connection: Connection,
    market_id: str,
    *,
    day: str | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[RunView]:
    """Runs in the order in which they began; of one day its versions.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c = tables.settlement_runs.c
    query = _runs(market_id)
    if day is not None:
        query = query.where(c.day == day)
    if cursor is not None:
        query = query.where(c.number > numbers(cursor, 1)[0])
    return read_page(connection, query, (c.number,), limit, _view)


def settlement_run(connection: Connection, market_id: str, run_id: str) -> RunView | None:
    """One run; None: there is none of that name."""
    c = tables.settlement_runs.c
    row = connection.execute(_runs(market_id).where(c.run_id == run_id)).one_or_none()
    return None if row is None else _view(row)


def last_run(connection: Connection, market_id: str, day: str) -> RunView | None:
    """The newest run of a day, finished or not; None: there was none."""
    c = tables.settlement_runs.c
    row = connection.execute(
        _runs(market_id).where(c.day == day).order_by(c.number.desc()).limit(1)
    ).one_or_none()
    return None if row is None else _view(row)


def last_version(connection: Connection, market_id: str, day: str) -> RunView | None:
    """The newest run of a day that is finished; None: there is none."""
    c = tables.settlement_runs.c
    row = connection.execute(
        _runs(market_id)
        .where(c.day == day, c.state == RunState.FINISHED.value)
        .order_by(c.version.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else _view(row)


def _runs(market_id: str) -> Any:  # noqa: ANN401 - a select of many columns
    c, areas, moved = tables.settlement_runs.c, tables.settled_areas.c, tables.transfers.c
    done = (
        select(func.count())
        .where(areas.market_id == market_id, areas.run_id == c.run_id)
        .correlate(tables.settlement_runs)
        .scalar_subquery()
    )
    # A run's transfers are the event before the one that it is finished.
    differences = (
        select(func.count())
        .where(
            moved.market_id == market_id,
            moved.event_seq == c.finished_event_seq - 1,
            moved.reference == c.run_id,
        )
        .correlate(tables.settlement_runs)
        .scalar_subquery()
    )
    return select(
        tables.settlement_runs, done.label("areas_done"), differences.label("differences")
    ).where(c.market_id == market_id)


def _view(row: AnyRow) -> RunView:
    run = fact(SettlementRun, row, kind=RunKind(row.kind), state=RunState(row.state))
    return RunView(
        run=run,
        begun_event_seq=row.begun_event_seq,
        areas_done=row.areas_done,
        differences=row.differences,
    )


def run_differences(connection: Connection, market_id: str, run_id: str) -> tuple[Transfer, ...]:
    """What a run has booked, by accounts and kind; nothing for one that is not finished."""
    runs, c = tables.settlement_runs.c, tables.transfers.c
    finished = (
        select(runs.finished_event_seq - 1)
        .where(runs.market_id == market_id, runs.run_id == run_id)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(tables.transfers)
        .where(c.market_id == market_id, c.event_seq == finished, c.reference == run_id)
        .order_by(c.row)
    )
    return tuple(fact(Transfer, row, kind=TransferKind(row.kind)) for row in rows)


def settled_detail(
    connection: Connection,
    market_id: str,
    *,
    participant_id: str,
    day: str,
    version: int | None = None,
    as_of_us: int | None = None,
) -> tuple[int, list[Mapping[str, Any]]] | None:
    """A version of a day and what it says of a participant's units, by unit and interval.

    Args:
        connection: of a reader.
        market_id: the market.
        participant_id: whose units.
        day: local date, ISO 8601.
        version: which; None: the last one.
        as_of_us: of those that were finished by this instant; None: of all.

    Returns:
        The version's number and its lines; None: there is no such version.
    """
    runs, units = tables.settlement_runs.c, tables.units.c
    query = select(runs.run_id, runs.version).where(
        runs.market_id == market_id, runs.day == day, runs.state == RunState.FINISHED.value
    )
    if version is not None:
        query = query.where(runs.version == version)
    if as_of_us is not None:
        query = query.where(runs.finished_us <= as_of_us)
    found = connection.execute(query.order_by(runs.version.desc()).limit(1)).one_or_none()
    if found is None:
        return None
    own = connection.execute(
        select(units.unit_id, units.area_id)
        .where(units.market_id == market_id, units.participant_id == participant_id)
        .order_by(units.unit_id)
    ).all()
    unit_ids = [row.unit_id for row in own]
    kept = kept_areas(connection, market_id, found.run_id, {row.area_id for row in own})
    lines: list[Mapping[str, Any]] = []
    for _, parts in sorted(kept.items()):
        lines += detail_rows([part.detail for part in parts], unit_ids)
    return found.version, lines


def settled_lines(
    connection: Connection,
    market_id: str,
    run_id: str,
    *,
    area_id: str | None = None,
    first: int = 0,
    limit: int = 100,
) -> tuple[list[Mapping[str, Any]], bool]:
    """Lines of a run, area after area, by unit and interval; and whether there are more behind them.

    Only areas that are done have any. A blob is opened only where its lines are asked for.
    """
    lines: list[Mapping[str, Any]] = []
    before = 0
    for name, rows in area_rows(connection, market_id, run_id, area_id).items():
        begin = max(first - before, 0)
        before += rows
        if begin >= rows:
            continue
        if len(lines) >= limit:
            return lines, True
        (parts,) = kept_areas(connection, market_id, run_id, {name}).values()
        lines += detail_slice([part.detail for part in parts], begin, limit - len(lines))
    return lines, before > first + len(lines)
