"""Meters of a report: how each day stands, what deviated, what became of the meters.

The one idea: of a day that is settled as a whole the newest version's lines are added up, which are columns and
quick; what an open day has booked so far is asked interval by interval.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, case, func, or_, select

from market.model.interval import MarketDay
from market.model.money import TransferKind, participant_account
from market.model.rules import MarketRules
from market.model.settlement_run import Completeness, RunKind, RunState
from market.model.splitting import Integers
from market.store import tables
from market.store.details import detail_columns
from market.store.period_views import (
    DayState,
    ImbalanceRow,
    MeterRow,
    PeriodDay,
    PeriodMeters,
    PeriodSpan,
)
from market.store.queries.day_facts import day_starts_s
from market.store.queries.deviations import deviation_columns, priced_deviations
from market.store.queries.market import MarketDefinition
from market.store.queries.money import joined, split_sum, whole_sum
from market.store.queries.pages import AnyRow
from market.store.queries.settled_columns import kept_areas

_HALF_BITS = 32
_PARTS = ("metered_wh", "traded_wh", "own_use_wh", "own_storage_wh", "retail_wh")


# --- how days stand ---------------------------------------------------------------------


def period_days(
    connection: Connection, market_id: str, rules: MarketRules, span: PeriodSpan
) -> tuple[PeriodDay, ...]:
    """The market's own days among those of a report, in order."""
    versions = _versions(connection, market_id, span)
    c = tables.closed_days.c
    closed = set(
        connection.execute(
            select(c.day).where(
                c.market_id == market_id, c.day >= span.names[0], c.day <= span.names[-1]
            )
        ).scalars()
    )
    found = []
    for day in span.names:
        starts_s = day_starts_s(rules, day)
        if not len(starts_s):
            continue
        run = versions.get(day)
        state = DayState.CLOSED if day in closed else DayState.OPEN
        found.append(
            PeriodDay(
                day=day,
                state=state if run is None else DayState.SETTLED,
                intervals=len(starts_s),
                settled=_settled(connection, market_id, starts_s),
                version=None if run is None else run.version,
                kind=None if run is None else RunKind(run.kind),
                completeness=_so_far(connection, market_id, starts_s)
                if run is None
                else run.completeness,
            )
        )
    return tuple(found)


def _versions(connection: Connection, market_id: str, span: PeriodSpan) -> dict[str, AnyRow]:
    """The newest finished run of each day that has one."""
    runs = tables.settlement_runs
    c = runs.c
    rows = connection.execute(
        select(c.day, c.version, c.kind, c.run_id, c.completeness)
        .where(
            c.market_id == market_id,
            c.day >= span.names[0],
            c.day <= span.names[-1],
            c.state == RunState.FINISHED.value,
        )
        .order_by(c.day, c.version)
    )
    return {row.day: row for row in rows}


def _settled(connection: Connection, market_id: str, starts_s: range) -> int:
    """Intervals that are settled: only then the ledger's sum is kept with them."""
    c = tables.intervals.c
    return connection.execute(
        select(func.count()).where(
            c.market_id == market_id,
            c.start_s >= starts_s.start,
            c.start_s < starts_s.stop,
            c.ledger_sum_quanta.is_not(None),
        )
    ).scalar_one()


def _so_far(connection: Connection, market_id: str, starts_s: range) -> Completeness:
    """Unit-intervals by where their reading came from, as a run would count them; none is missing yet."""
    c = tables.measurements.c
    late = func.max(case((c.late, 1), else_=0))
    in_time = func.max(case((or_(c.late, c.substituted), 0), else_=1))
    each = (
        select(late.label("late"), in_time.label("in_time"))
        .where(
            c.market_id == market_id,
            c.start_s >= starts_s.start,
            c.start_s < starts_s.stop,
            c.older.is_(False),
        )
        .group_by(c.start_s, c.unit_id)
        .subquery()
    )
    found = connection.execute(
        select(
            whole_sum((1 - each.c.late) * each.c.in_time),
            whole_sum(each.c.late),
            whole_sum((1 - each.c.late) * (1 - each.c.in_time)),
        )
    ).one()
    measured, came_late, substituted = found
    return Completeness(measured=measured, late=came_late, substituted=substituted)


# --- what deviated, and what became of the meters ---------------------------------------


@dataclass(slots=True)
class _Sums:
    """By area in the making: long and short energy and money, and the parts of the meters."""

    deviated: defaultdict[tuple[str, bool], list[int]] = field(
        default_factory=lambda: defaultdict(lambda: [0, 0])
    )
    """By area and whether long: Wh and quanta received."""
    parts: defaultdict[tuple[str, bool], list[int]] = field(
        default_factory=lambda: defaultdict(lambda: [0] * len(_PARTS))
    )
    """By area and whether injected: Wh of each part."""


def period_meters(
    connection: Connection, market_id: str, definition: MarketDefinition, span: PeriodSpan
) -> PeriodMeters:
    """Deviations and meters by area, in the market's order."""
    sums = _Sums()
    versions = _versions(connection, market_id, span)
    own = _last_resort_units(connection, market_id)
    for run in versions.values():
        _add_version(connection, market_id, run.run_id, own, sums)
    for starts_s in _open_spans(definition.rules, span, versions):
        _add_booked(connection, market_id, starts_s, sums)
    areas = [area.area_id for area in definition.grid.areas]
    return PeriodMeters(
        imbalance=tuple(
            ImbalanceRow(
                area_id=area_id,
                long_wh=sums.deviated[area_id, True][0],
                short_wh=sums.deviated[area_id, False][0],
                long_quanta=sums.deviated[area_id, True][1],
                short_quanta=-sums.deviated[area_id, False][1],
            )
            for area_id in areas
        ),
        meters=tuple(
            MeterRow(
                area_id=area_id, is_injection=is_injection, **_named(sums, area_id, is_injection)
            )
            for area_id in areas
            for is_injection in (True, False)
        ),
    )


def _named(sums: _Sums, area_id: str, is_injection: bool) -> dict[str, int]:
    return dict(zip(_PARTS, sums.parts[area_id, is_injection], strict=True))


def _last_resort_units(connection: Connection, market_id: str) -> list[str]:
    units, people = tables.units.c, tables.participants.c
    return list(
        connection.execute(
            select(units.unit_id)
            .select_from(
                tables.units.join(
                    tables.participants,
                    (people.market_id == units.market_id)
                    & (people.participant_id == units.participant_id),
                )
            )
            .where(units.market_id == market_id, people.is_last_resort.is_(True))
        ).scalars()
    )


def _add_version(
    connection: Connection, market_id: str, run_id: str, left_out: Sequence[str], sums: _Sums
) -> None:
    """Add up the lines of a version, area by area."""
    for area_id, kept_parts in kept_areas(connection, market_id, run_id).items():
        details = [part.detail for part in kept_parts]
        columns = detail_columns(
            details, ("scheduled_wh", "deviation_quanta", *_PARTS), without=left_out
        )
        deviation_wh = columns["metered_wh"] - columns["scheduled_wh"]
        for is_long in (True, False):
            rows = deviation_wh > 0 if is_long else deviation_wh < 0
            kept = sums.deviated[area_id, is_long]
            kept[0] += abs(_sum(deviation_wh[rows]))
            kept[1] += _sum(columns["deviation_quanta"][rows])
        for is_injection in (True, False):
            # Each part has the sign of its meter, so a direction's rows add up by themselves.
            rows = columns["metered_wh"] > 0 if is_injection else columns["metered_wh"] < 0
            parts = sums.parts[area_id, is_injection]
            for place, name in enumerate(_PARTS):
                parts[place] += abs(_sum(columns[name][rows]))


def _sum(values: Integers) -> int:
    """A sum of any size: halves are added apart, neither of which can overflow."""
    high, low = values >> _HALF_BITS, values & ((1 << _HALF_BITS) - 1)
    return joined(int(high.sum()), int(low.sum()))


def _open_spans(
    rules: MarketRules, span: PeriodSpan, versions: dict[str, AnyRow]
) -> Iterator[range]:
    """The seconds of days that no version stands of."""
    for day in span.days:
        if day.isoformat() not in versions:
            yield MarketDay(
                day=day, zone=rules.time_zone, minutes=rules.interval_minutes
            ).starts_s()


def _add_booked(connection: Connection, market_id: str, starts_s: range, sums: _Sums) -> None:
    """Add up the deviations that the intervals of a day have booked so far."""
    c, units = tables.transfers.c, tables.units.c
    is_short, _, energy_wh = deviation_columns()
    owner = participant_account("") + units.participant_id
    received = case((c.credit_account == owner, c.amount_quanta), else_=-c.amount_quanta)
    rows = connection.execute(
        priced_deviations(
            select(
                units.area_id, is_short.label("short"), whole_sum(energy_wh), *split_sum(received)
            )
        )
        .where(
            c.market_id == market_id,
            c.kind == TransferKind.DEVIATION.value,
            c.start_s.is_not(None),
            c.counts_s >= starts_s.start,
            c.counts_s < starts_s.stop,
            units.area_id.is_not(None),
        )
        .group_by(units.area_id, is_short)
    )
    for area_id, short, wh, high, low in rows:
        kept = sums.deviated[area_id, not short]
        kept[0] += wh
        kept[1] += joined(high, low)
