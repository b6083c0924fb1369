"""What the meters of a day showed: readings that count, late ones among them, and what stands in for the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, FromClause, select

from market.control.readings import is_overtaken
from market.model.participant import Unit
from market.model.power import Measurement
from market.model.rules import MarketRules
from market.model.settlement_run import Completeness
from market.model.splitting import Integers
from market.settlement.day_facts import Flags, Origins
from market.settlement.meter_series import Origin
from market.store import tables
from market.store.queries.among import cells
from market.store.queries.pages import by_hundreds, in_columns
from market.store.queries.stand_ins import Asked, stand_ins


class _Proof(NamedTuple):
    """What decides which of two late readings counts."""

    sequence: int | None
    signature: str


_NO_PROOF: Final = _Proof(None, "")
Counting: TypeAlias = Mapping[tuple[str, int], tuple[int, bool]]
"""The reading that counts by unit and interval: its energy, and whether it was measured."""
_Read: TypeAlias = tuple[tuple[int, bool], _Proof]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Meters:
    """What units of a day have metered; (n, t)."""

    metered_wh: Integers
    origin: NDArray[np.int8]
    """An `Origin`: where the value comes from."""
    completeness: Completeness


def completeness(origin: NDArray[np.int8], with_meter: Flags, late: int) -> Completeness:
    """How well the meters are known.

    Args:
        origin: (n, t) an `Origin`.
        with_meter: (n,) which units have one.
        late: for how many unit-intervals a reading came late.
    """
    gaps = (origin != Origin.MEASURED) & with_meter[:, None]
    return Completeness(
        measured=int((origin == Origin.MEASURED).sum()) - late,
        late=late,
        substituted=int(gaps.sum()),
        linear=int((origin == Origin.LINEAR).sum()),
        like_day=int((origin == Origin.LIKE_DAY).sum()),
    )


def day_meters(
    asked: Asked,
    *,
    rules: MarketRules,
    starts_s: range,
    units: Mapping[str, Unit],
    with_meter: Flags,
    scheduled_wh: Integers,
    told: Flags,
) -> Meters:
    """Readings that count, late ones among them; where none came, what stands in for it.

    A unit that was told something else than it had traded, and has no reading, did as it was told.

    Args:
        asked: where to look, and as of when.
        rules: zone and length of intervals.
        starts_s: all intervals of the day.
        units: in the order of the rows.
        with_meter: (n,) which of them have a meter.
        scheduled_wh: (n, t) what they were to do.
        told: (n, t) where that is something else than they had traded.
    """
    row_of = {name: place for place, name in enumerate(units)}
    metered_wh, measured, late = _readings(asked, starts_s, row_of, scheduled_wh)
    if late.any():
        _put(_newest(asked, starts_s), starts_s, row_of, metered_wh, measured)
    metered_wh, origin = _filled(
        asked, rules, starts_s, list(units.values()), with_meter, metered_wh, measured, told
    )
    return Meters(
        metered_wh=metered_wh,
        origin=origin,
        completeness=completeness(origin, with_meter, int(late.sum())),
    )


def meters_again(
    asked: Asked,
    *,
    rules: MarketRules,
    starts_s: range,
    units: Sequence[Unit],
    with_meter: Flags,
    scheduled_wh: Integers,
    told: Flags,
    before_wh: Integers,
    before: Origins,
    late: Flags,
    counting: Counting,
) -> tuple[Integers, Origins]:
    """What `day_meters` finds for some units, where it is known what they showed before.

    Of all else only gaps are read.

    Args:
        asked: where to look, and as of when.
        rules: zone and length of intervals.
        starts_s: all intervals of the day.
        units: some of the day's, in the order of the rows.
        with_meter: (n,) which of them have a meter.
        scheduled_wh: (n, t) what they were to do.
        told: (n, t) where that is something else than they had traded.
        before_wh: (n, t) what they showed before.
        before: (n, t) an `Origin`: where that came from.
        late: (n, t) where a reading has come late since.
        counting: the readings that count there.
    """
    measured = (before == Origin.MEASURED) & ~late
    metered_wh = np.where(measured, before_wh, scheduled_wh)
    row_of = {unit.unit_id: row for row, unit in enumerate(units)}
    of_gaps = counting_in(asked, starts_s, list(row_of), ~measured & ~late)
    for found in (of_gaps, counting):
        _put(found, starts_s, row_of, metered_wh, measured)
    return _filled(asked, rules, starts_s, units, with_meter, metered_wh, measured, told)


def _filled(
    asked: Asked,
    rules: MarketRules,
    starts_s: range,
    units: Sequence[Unit],
    with_meter: Flags,
    metered_wh: Integers,
    measured: Flags,
    told: Flags,
) -> tuple[Integers, Origins]:
    """Meters with what stands in where nothing was measured; and where each value comes from."""
    origin = np.where(measured, np.int8(Origin.MEASURED), np.int8(Origin.SCHEDULE))
    filled = stand_ins(
        asked,
        rules=rules,
        starts_s=starts_s,
        units=units,
        metered_wh=metered_wh,
        measured=measured,
        gaps=~measured & with_meter[:, None] & ~told,
    )
    better = filled.origin != Origin.MISSING
    return np.where(better, filled.injection_wh, metered_wh), np.where(
        better, filled.origin, origin
    )


def _readings(
    asked: Asked, starts_s: range, row_of: Mapping[str, int], scheduled_wh: Integers
) -> tuple[Integers, Flags, Flags]:
    """(n, t) what came in time, else the schedule; where it did; and where a reading came late."""
    c = tables.measurements.c
    rows = asked.connection.execute(
        select(c.unit_id, c.start_s, c.injection_wh, c.substituted, c.late)
        .where(
            *_counting(asked, starts_s, tables.measurements),
            c.older.is_(False),
        )
        # As the table is sorted; of one unit and interval the later one comes later.
        .order_by(c.start_s, c.unit_id, c.event_seq, c.row)
    )
    metered_wh = scheduled_wh.copy()
    measured = np.zeros(scheduled_wh.shape, dtype=np.bool_)
    late = np.zeros(scheduled_wh.shape, dtype=np.bool_)
    first_s, step_s = starts_s.start, starts_s.step
    for names, starts, injections_wh, substitutes, lates in in_columns(rows):
        own = np.array([row_of[name] for name in names])
        column, in_time = (np.array(starts) - first_s) // step_s, ~np.array(lates, dtype=np.bool_)
        late[own[~in_time], column[~in_time]] = True
        own, column = own[in_time], column[in_time]
        # Of those of one unit and interval, which stand together, the last one counts.
        last = np.append((own[1:] != own[:-1]) | (column[1:] != column[:-1]), True)[: len(own)]
        place = own[last], column[last]
        metered_wh[place] = np.array(injections_wh)[in_time][last]
        measured[place] = ~np.array(substitutes, dtype=np.bool_)[in_time][last]
    return metered_wh, measured, late


def _put(
    counting: Counting,
    starts_s: range,
    row_of: Mapping[str, int],
    metered_wh: Integers,
    measured: Flags,
) -> None:
    """Put readings where they belong, as `_counting_of` finds them."""
    if not counting:
        return
    names, starts = zip(*counting, strict=True)
    injections_wh, are_measured = zip(*counting.values(), strict=True)
    place = [row_of[name] for name in names], (np.array(starts) - starts_s.start) // starts_s.step
    metered_wh[place], measured[place] = injections_wh, are_measured


def _newest(asked: Asked, starts_s: range) -> Counting:
    """The readings that count where some came late: by the rule of those that came in time."""
    other = tables.measurements.alias("other")
    came_late = (
        select(other.c.unit_id, other.c.start_s)
        .where(*_counting(asked, starts_s, other), other.c.late)
        .distinct()
        .subquery()
    )
    return _counting_of(asked, came_late)


def counting_in(asked: Asked, starts_s: range, unit_ids: Sequence[str], where: Flags) -> Counting:
    """The readings that count of some intervals of units, as far as there are any.

    Args:
        asked: where to look, and as of when.
        starts_s: the columns of `where`.
        unit_ids: its rows.
        where: (n, t) which are wanted.
    """
    # Interval by interval, as the table is sorted.
    columns, rows = (places.tolist() for places in np.nonzero(where.T))
    wanted = [(starts_s[column], unit_ids[row]) for column, row in zip(columns, rows, strict=True)]
    return _counting_of(asked, cells(asked.connection, wanted)) if wanted else {}


def _counting_of(asked: Asked, cells: FromClause) -> Counting:
    """The readings that count of some intervals and units."""
    c = tables.measurements.c
    rows = asked.connection.execute(
        select(
            c.unit_id,
            c.start_s,
            c.injection_wh,
            c.substituted,
            c.late,
            c.sequence,
            c.signature,
        )
        .join_from(
            cells,
            tables.measurements,
            (c.unit_id == cells.c.unit_id) & (c.start_s == cells.c.start_s),
        )
        .where(
            c.market_id == asked.market_id,
            c.event_seq <= asked.event_seq,
            c.older.is_(False),
        )
        .order_by(c.late, c.event_seq, c.row)
    )
    counting: dict[tuple[str, int], _Read] = {}
    for unit_id, start_s, injection_wh, substituted, late, sequence, signature in by_hundreds(rows):
        cell = unit_id, start_s
        proven = signature or sequence is not None
        proof = _Proof(sequence, signature) if proven else _NO_PROOF
        before = counting.get(cell) if late else None
        # Without a number or a proof on either side the later one counts.
        if (
            before is None
            or proof == before[1] == _NO_PROOF
            or not is_overtaken(_as_reading(before[1]), _as_reading(proof))
        ):
            counting[cell] = (injection_wh, late or not substituted), proof
    return {cell: value for cell, (value, _) in counting.items()}


def _as_reading(proof: _Proof) -> Measurement:
    """It says as much of a reading as is asked for here, by the same names."""
    return cast("Measurement", proof)


def _counting(asked: Asked, starts_s: range, table: FromClause) -> tuple[ColumnElement[bool], ...]:
    """Which readings of the day are asked for."""
    c = table.c
    return (
        c.market_id == asked.market_id,
        c.event_seq <= asked.event_seq,
        c.start_s >= starts_s.start,
        c.start_s < starts_s.stop,
    )
