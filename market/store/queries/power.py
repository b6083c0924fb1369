"""Set-points, meter readings, and what deviated."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, Connection, exists, func, select, tuple_

from market.model.messages import Phase
from market.model.participant import UnitKind
from market.model.power import Deviation, Doubt, Measurement, Setpoint
from market.model.rules import MarketRules
from market.store import tables
from market.store.queries.conditions import between, equal, units_in, units_of
from market.store.queries.pages import (
    SEPARATOR,
    AnyRow,
    fact,
    number_and_name,
    numbers,
    read_page,
)
from market.store.views import Page, ReadingGap, ReadingView


def setpoints(
    connection: Connection,
    market_id: str,
    *,
    start_s: int | None = None,
    from_s: int | None = None,
    unit_id: str | None = None,
    area_id: str | None = None,
    participant_id: str | None = None,
    cursor: str | None = None,
    limit: int = 10_000,
) -> Page[Setpoint]:
    """The newest set-point of each unit and interval, in order of time and unit.

    Args:
        connection: of a reader.
        market_id: the market.
        start_s: only of this interval.
        from_s: only of intervals that start then or later.
        unit_id: only of this unit.
        area_id: only of units in this area.
        participant_id: only of this participant's units.
        cursor: read on from here.
        limit: most set-points to give back.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c = tables.setpoints.c
    query = select(tables.setpoints).where(c.market_id == market_id)
    query = equal(query, (c.start_s, start_s), (c.unit_id, unit_id), (c.area_id, area_id))
    query = between(query, c.start_s, from_s, None)
    if participant_id is not None:
        query = query.where(c.unit_id.in_(units_of(market_id, participant_id)))
    if cursor is not None:
        query = query.where(tuple_(c.start_s, c.unit_id) > tuple_(*number_and_name(cursor)))
    return read_page(
        connection,
        query,
        (c.start_s, c.unit_id),
        limit,
        lambda row: fact(Setpoint, row),
    )


def measurements(
    connection: Connection,
    market_id: str,
    *,
    from_s: int | None = None,
    until_s: int | None = None,
    unit_id: str | None = None,
    area_id: str | None = None,
    participant_id: str | None = None,
    versions: bool = False,
    as_of_us: int | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[ReadingView]:
    """Readings by interval and unit, from_s <= start < until_s.

    Args:
        connection: of a reader.
        market_id: the market.
        from_s: only of intervals that start then or later.
        until_s: only of intervals that start before.
        unit_id: only of this unit.
        area_id: only of units in this area.
        participant_id: only of this participant's units.
        versions: every reading that came in, in the order they came; False: only those that count.
        as_of_us: as it was known at this instant, of what had come in by then; None: now.
        cursor: read on from here.
        limit: most readings to give back.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c = tables.measurements.c
    counts = _counts(as_of_us)
    query = select(tables.measurements, _version(), counts.label("counts")).where(
        c.market_id == market_id
    )
    if as_of_us is not None:
        query = query.where(c.recorded_us <= as_of_us)
    query = between(query, c.start_s, from_s, until_s)
    query = equal(query, (c.unit_id, unit_id), (c.area_id, area_id))
    if participant_id is not None:
        query = query.where(c.unit_id.in_(units_of(market_id, participant_id)))
    if not versions:
        query = query.where(counts)
    key = (c.start_s, c.unit_id, c.event_seq, c.row)
    if cursor is not None:
        query = query.where(tuple_(*key) > tuple_(*_reading_key(cursor)))
    return read_page(
        connection,
        query,
        key,
        limit,
        _reading,
    )


def gaps(
    connection: Connection,
    market_id: str,
    *,
    from_s: int,
    until_s: int,
    unit_id: str | None = None,
    area_id: str | None = None,
    participant_id: str | None = None,
) -> tuple[ReadingGap, ...]:
    """Units and intervals whose delivery is over and that have no reading of their own.

    Late readings do not close a gap: settlement went by the schedule all the same. The last resort
    has no meter. A unit counts from when the market knew it, which for an interval that is settled is
    told by what was put in place of its reading.
    """
    c, units, periods = tables.measurements.c, tables.units.c, tables.intervals.c
    own = []
    for column, wanted in ((units.unit_id, unit_id), (units.area_id, area_id)):
        if wanted is not None:
            own.append(column == wanted)
    if participant_id is not None:
        own.append(units.participant_id == participant_id)
    read = (
        select(c.start_s)
        .where(
            c.market_id == market_id,
            c.start_s == periods.start_s,
            c.unit_id == units.unit_id,
            c.late.is_(False),
        )
        .correlate(tables.units, tables.intervals)
    )
    settled = periods.phase == Phase.SETTLED.value
    query = (
        select(units.unit_id, units.area_id, periods.start_s, settled.label("substituted"))
        .select_from(tables.intervals.join(tables.units, periods.market_id == units.market_id))
        .where(
            periods.market_id == market_id,
            periods.start_s >= from_s,
            periods.start_s < until_s,
            units.kind != UnitKind.RETAILER.value,
            *own,
            ((periods.phase == Phase.SETTLING.value) & ~exists(read))
            | (settled & exists(read.where(c.substituted.is_(True)))),
        )
        .order_by(periods.start_s, units.unit_id)
    )
    return tuple(
        ReadingGap(
            unit_id=row.unit_id,
            area_id=row.area_id,
            start_s=row.start_s,
            substituted=bool(row.substituted),
        )
        for row in connection.execute(query)
    )


_other: Final = tables.measurements.alias("other")


def _same() -> ColumnElement[bool]:
    """The other reading is of the same unit and interval."""
    mine, other = tables.measurements.c, _other.c
    return (
        (other.market_id == mine.market_id)
        & (other.start_s == mine.start_s)
        & (other.unit_id == mine.unit_id)
    )


def _counts(as_of_us: int | None) -> ColumnElement[bool]:
    """Of all that neither came late nor was overtaken the last one counts; of what had come by then."""
    c, other = tables.measurements.c, _other.c
    newer = select(other.row).where(
        _same(),
        other.older.is_(False),
        other.late.is_(False),
        tuple_(other.event_seq, other.row) > tuple_(c.event_seq, c.row),
    )
    if as_of_us is not None:
        newer = newer.where(other.recorded_us <= as_of_us)
    return c.older.is_(False) & c.late.is_(False) & ~exists(newer)


def _version() -> ColumnElement[int]:
    """How manieth about its unit and interval it is."""
    mine, other = tables.measurements.c, _other.c
    return (
        select(func.count())
        .where(_same(), tuple_(other.event_seq, other.row) <= tuple_(mine.event_seq, mine.row))
        .correlate(tables.measurements)
        .scalar_subquery()
        .label("version")
    )


def _reading_key(cursor: str) -> tuple[int, str, int, int]:
    start, _, rest = cursor.partition(SEPARATOR)
    unit_id, _, place = rest.partition(SEPARATOR)
    (start_s,), (event_seq, row) = numbers(start, 1), numbers(place, 2)
    return start_s, unit_id, event_seq, row


def _reading(row: AnyRow) -> ReadingView:
    doubt = None if row.doubt is None else Doubt(row.doubt)
    return ReadingView(
        reading=fact(Measurement, row, doubt=doubt),
        area_id=row.area_id,
        recorded_us=row.recorded_us,
        version=row.version,
        counts=bool(row.counts),
    )


def deviations(
    connection: Connection, market_id: str, *, start_s: int, area_id: str | None = None
) -> tuple[Deviation, ...]:
    """What each level saw in an interval: units, then areas, then the market.

    Args:
        connection: of a reader.
        market_id: the market.
        start_s: the delivery interval.
        area_id: only this area's and its units'; None: all.
    """
    c = tables.deviations.c
    query = select(tables.deviations).where(c.market_id == market_id, c.start_s == start_s)
    if area_id is not None:
        own = (c.level == "area") & (c.member_id == area_id)
        query = query.where(
            own | ((c.level == "unit") & c.member_id.in_(units_in(market_id, area_id)))
        )
    rows = connection.execute(query.order_by(c.position))
    return tuple(fact(Deviation, row) for row in rows)


def charged_points(
    connection: Connection, market_id: str, rules: MarketRules, starts_s: Sequence[int]
) -> frozenset[str]:
    """Participants that had a metering point when a day ended; none where no tariff charges for days.

    Args:
        connection: of a reader.
        market_id: the market.
        rules: with the tariff that holds on the day.
        starts_s: the day's intervals, all settled.
    """
    if not any(item.day_charge_quanta for item in rules.tariff.by_level):
        return frozenset()
    c = tables.withdrawals.c
    query = select(c.participant_id).where(c.market_id == market_id, c.start_s == starts_s[-1])
    return frozenset(connection.execute(query).scalars())
