"""What stands in for readings that did not come, from what is stored, as of an event.

The one idea: only units with a gap are looked at, and only as far back as one of their gaps is still open. What a
unit measured while it was told something else is no model for what it did otherwise.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, literal_column, select

from market.control.readings import is_overtaken
from market.model.alarm import ControlLevel
from market.model.interval import MarketDay, day_of
from market.model.participant import Unit, UnitKind
from market.model.power import Measurement
from market.model.rules import MarketRules
from market.model.splitting import Integers
from market.settlement.meter_series import MeterSeries, Origin
from market.settlement.substitution import (
    LIKE_DAYS_MAX,
    LINEAR_MAX_S,
    laid_onto,
    like_days,
    substituted,
)
from market.store import tables

UNITS_AT_ONCE: Final = 10_000
"""So many units are named in one question."""
_UNLIKE: Final = frozenset({UnitKind.STORAGE})
"""Kinds of which no day is like another: they follow their set-points, not the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Where and as of when readings are looked for."""

    connection: Connection
    market_id: str
    event_seq: int
    """Readings count up to here."""
    told_until_s: int
    """What units were told is looked at before this instant: it is settled, and stays as it is."""


def stand_ins(
    asked: Asked,
    *,
    rules: MarketRules,
    starts_s: range,
    units: Sequence[Unit],
    metered_wh: Integers,
    measured: NDArray[np.bool_],
    gaps: NDArray[np.bool_],
) -> MeterSeries:
    """The intervals of a day, filled where a line or a like day fills a gap; all else is missing.

    Args:
        asked: where to look.
        rules: zone and length of intervals.
        starts_s: intervals of one local day, or those of it that are traded.
        units: in the order of the rows.
        metered_wh: (n, t) readings that count, where there are any.
        measured: (n, t) where there are.
        gaps: (n, t) where something has to stand in.
    """
    found = _nothing(len(units), starts_s)
    rows = np.flatnonzero(gaps.any(axis=1)).tolist()
    if not rows:
        return found
    own = MarketDay(
        day=day_of(starts_s.start, rules.time_zone),
        zone=rules.time_zone,
        minutes=rules.interval_minutes,
    )
    names = [units[row].unit_id for row in rows]
    # The traded intervals within the whole day, and the day within what a line may reach beyond it.
    span, margin = own.starts_s(), LINEAR_MAX_S // starts_s.step
    first = (starts_s.start - span.start) // starts_s.step
    traded = slice(first, first + len(starts_s))
    around = _around(asked, names, starts_s, metered_wh[rows], measured[rows], gaps[rows])
    day = _nothing(len(rows), span)
    line = substituted(around)
    day.injection_wh[:, traded] = line.injection_wh[:, margin:-margin]
    day.origin[:, traded] = line.origin[:, margin:-margin]
    wanted = np.zeros(day.origin.shape, dtype=np.bool_)
    wanted[:, traded] = gaps[rows]
    alike = np.array([units[row].kind not in _UNLIKE for row in rows])
    day = _from_like_days(asked, day, own, names, wanted & alike[:, None], rules)
    found.injection_wh[rows] = np.where(wanted, day.injection_wh, 0)[:, traded]
    found.origin[rows] = np.where(wanted, day.origin, np.int8(Origin.MISSING))[:, traded]
    return found


def _around(
    asked: Asked,
    names: Sequence[str],
    starts_s: range,
    metered_wh: Integers,
    measured: NDArray[np.bool_],
    gaps: NDArray[np.bool_],
) -> MeterSeries:
    """What units measured in these intervals, and beyond them as far as a line over an end may reach."""
    step_s = starts_s.step
    margin = LINEAR_MAX_S // step_s
    found = _nothing(
        len(names), range(starts_s.start - margin * step_s, starts_s.stop + margin * step_s, step_s)
    )
    found.injection_wh[:, margin:-margin] = np.where(measured, metered_wh, 0)
    found.origin[:, margin:-margin] = np.where(measured, np.int8(Origin.MEASURED), Origin.MISSING)
    row_of = {name: row for row, name in enumerate(names)}
    for unit_id, start_s in _told(asked, starts_s):
        if unit_id in row_of:
            column = margin + (start_s - starts_s.start) // step_s
            found.origin[row_of[unit_id], column] = Origin.MISSING
    known = found.origin[:, margin:-margin] == Origin.MEASURED
    before = np.logical_and.accumulate(~known, axis=1) & gaps
    after = np.logical_and.accumulate(~known[:, ::-1], axis=1)[:, ::-1] & gaps
    ends: list[tuple[NDArray[np.bool_], int, int]] = [
        (before[:, :margin], starts_s.start - margin * step_s, 0),
        (after[:, -margin:], starts_s.stop, margin + len(starts_s)),
    ]
    for open_ended, first_s, column in ends:
        rows = np.flatnonzero(open_ended.any(axis=1)).tolist()
        if rows:
            beyond = range(first_s, first_s + margin * step_s, step_s)
            part = _measured(asked, [names[row] for row in rows], beyond)
            found.injection_wh[rows, column : column + margin] = part.injection_wh
            found.origin[rows, column : column + margin] = part.origin
    return found


def _nothing(units: int, starts_s: range) -> MeterSeries:
    shape = (units, len(starts_s))
    return MeterSeries(
        first_s=starts_s.start,
        step_s=starts_s.step,
        injection_wh=np.zeros(shape, dtype=np.int64),
        origin=np.full(shape, int(Origin.MISSING), dtype=np.int8),
    )


def _from_like_days(
    asked: Asked,
    filled: MeterSeries,
    own: MarketDay,
    names: Sequence[str],
    wanted: NDArray[np.bool_],
    rules: MarketRules,
) -> MeterSeries:
    """Filled from like days, nearest first, until nothing that is wanted is missing."""
    injection_wh, origin = filled.injection_wh.copy(), filled.origin.copy()
    earlier = [own.day - timedelta(days=days) for days in range(1, LIKE_DAYS_MAX + 1)]
    begun = day_of(rules.trading_from_s, rules.time_zone)
    for day in like_days(own.day, [other for other in earlier if other >= begun]):
        rows = np.flatnonzero((wanted & (origin == Origin.MISSING)).any(axis=1)).tolist()
        if not rows:
            break
        like_day = MarketDay(day=day, zone=own.zone, minutes=own.minutes)
        like = _measured(asked, [names[row] for row in rows], like_day.starts_s())
        if not (like.origin == Origin.MEASURED).any():
            continue
        part = MeterSeries(
            first_s=filled.first_s,
            step_s=filled.step_s,
            injection_wh=injection_wh[rows],
            origin=origin[rows],
        )
        part = substituted(part, likes=[laid_onto(like, like_day, own)])
        injection_wh[rows], origin[rows] = part.injection_wh, part.origin
    return MeterSeries(
        first_s=filled.first_s, step_s=filled.step_s, injection_wh=injection_wh, origin=origin
    )


def _measured(asked: Asked, names: Sequence[str], starts_s: range) -> MeterSeries:
    """What counts of what units measured, without what they did while they were told otherwise."""
    found = _nothing(len(names), starts_s)
    row_of = {name: row for row, name in enumerate(names)}
    for first in range(0, len(names), UNITS_AT_ONCE):
        some = names[first : first + UNITS_AT_ONCE]
        for unit_id, start_s, injection_wh in _counting(asked, some, starts_s):
            place = row_of[unit_id], (start_s - starts_s.start) // starts_s.step
            found.injection_wh[place], found.origin[place] = injection_wh, Origin.MEASURED
    for unit_id, start_s in _told(asked, starts_s):
        if unit_id in row_of:
            column = (start_s - starts_s.start) // starts_s.step
            found.origin[row_of[unit_id], column] = Origin.MISSING
    return found


def _counting(
    asked: Asked, names: Sequence[str], starts_s: range
) -> Iterator[tuple[str, int, int]]:
    """Unit, interval and energy of the readings that count, late ones among them."""
    c = tables.measurements.c
    rows = asked.connection.execute(
        select(c.unit_id, c.start_s, c.injection_wh, c.late, c.sequence, c.signature)
        .where(
            c.market_id == asked.market_id,
            c.start_s >= starts_s.start,
            c.start_s < starts_s.stop,
            c.unit_id.in_(names),
            c.older.is_(False),
            c.substituted.is_(False),
            c.event_seq <= asked.event_seq,
        )
        .order_by(c.late, c.event_seq, c.row)
    )
    counting: dict[tuple[str, int], Any] = {}
    for row in rows:
        before = counting.get((row.unit_id, row.start_s))
        if before is None or not row.late or not is_overtaken(_reading(before), _reading(row)):
            counting[row.unit_id, row.start_s] = row
    for (unit_id, start_s), row in counting.items():
        yield unit_id, start_s, row.injection_wh


def _reading(row: Any) -> Measurement:  # noqa: ANN401 - a row
    """As far as it says which of two counts."""
    return Measurement(
        unit_id=row.unit_id,
        start_s=row.start_s,
        injection_wh=row.injection_wh,
        sequence=row.sequence,
        signature=row.signature,
    )


def _told(asked: Asked, starts_s: range) -> Iterator[tuple[str, int]]:
    """Units and intervals in which they were told something else than they had traded; few are."""
    c = tables.deviations.c
    rows = asked.connection.execute(
        select(c.member_id, c.start_s).where(
            c.market_id == asked.market_id,
            c.start_s >= starts_s.start,
            c.start_s < min(starts_s.stop, asked.told_until_s),
            c.level == ControlLevel.UNIT.value,
            # Spelled out: so a database sees that it has an index of just these.
            c.curtailed_wh != literal_column("0"),
        )
    )
    yield from ((unit_id, start_s) for unit_id, start_s in rows)
