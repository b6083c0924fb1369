"""What has changed of a day since a version of it, read so that only that has to be settled anew.

The one idea: of a closed day only readings may still change. What has come since the version began leads to
units whose meters are read again; where they show something else than the version knew, their metering points
are settled anew, on facts read by the same reader as those of a whole day. All else is the version's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

import numpy as np
from sqlalchemy import Connection, func, select

from market.model.grid import Grid
from market.model.interval import MarketDay
from market.model.participant import Participant, Unit
from market.model.rules import MarketRules, Tariff
from market.model.settlement_run import Completeness
from market.model.splitting import Integers
from market.settlement.again import Cells, DayPart, cells_to_settle
from market.settlement.day_facts import DayDetail, DayFacts, Flags, Origins
from market.settlement.dues import Dues
from market.settlement.meter_series import Origin
from market.settlement.outcomes import exchanged, priced
from market.settlement.substitution import LIKE_DAYS_MAX, LINEAR_MAX_S
from market.store import tables
from market.store.queries.day_facts import DayReader, day_starts_s
from market.store.queries.day_meters import Meters, completeness
from market.store.queries.day_outcomes import DayOutcomes, calls_of
from market.store.queries.market import market
from market.store.queries.runs import RunView
from market.store.queries.settled_columns import settled_columns

_DAY_S: Final = 86_400
_ORIGIN: Final = "origin"
SHARE_MAX: Final = 4
"""Where a quarter of the cells would be settled anew, or lies on top of whole areas, all are."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayChanges:
    """What has changed of a day, and all that has not."""

    base_run_id: str
    """The version on which it stands."""
    facts: DayFacts
    """Of the whole day, but for what goes back at the area price: that is in the parts alone."""
    before: DayDetail
    """The version, of the whole day."""
    parts: tuple[DayPart, ...]
    """The facts of what has to be settled anew."""
    completeness: Completeness
    booked: Dues
    """What was booked for the day so far because of meters and fees."""


def day_changes(
    connection: Connection,
    market_id: str,
    *,
    participants: Mapping[str, Participant],
    units: Mapping[str, Unit],
    day: str,
    tariff: Tariff,
    event_seq: int,
    base: RunView,
) -> DayChanges | None:
    """What has changed of a day up to an event; None: it has to be settled as a whole.

    That is so where fees are others than the version's, units have come, there is no retailer of last
    resort or it came after the day was closed, a column is not among those that were kept, or too much has changed.

    Args:
        connection: of a reader.
        market_id: the market.
        participants: in the order in which they were registered.
        units: in the order of the rows.
        day: local date, ISO 8601, of a closed day.
        tariff: fees that hold for it.
        event_seq: readings and postings count up to here.
        base: the run of a finished version of the day.

    Raises:
        LookupError: there is no such market.
    """
    definition = market(connection, market_id)
    if definition is None:
        raise LookupError(market_id)
    if base.run.tariff != tariff:
        return None
    rules = replace(definition.rules, tariff=tariff)
    known = _Known(connection, market_id, day, rules, definition.grid, participants, units)
    return known.changes(base, event_seq)


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """A day of which little has changed."""

    connection: Connection
    market_id: str
    day: str
    rules: MarketRules
    grid: Grid
    participants: Mapping[str, Participant]
    units: Mapping[str, Unit]

    @property
    def starts_s(self) -> range:
        return day_starts_s(self.rules, self.day)

    def changes(self, base: RunView, event_seq: int) -> DayChanges | None:
        row = {name: place for place, name in enumerate(self.units)}
        kept = settled_columns(
            self.connection,
            self.market_id,
            base.run.run_id,
            names=(*DayDetail.names(), _ORIGIN),
            units=row,
            starts_s=self.starts_s,
        )
        whole = self._reader(event_seq)
        newcomers = whole.newcomers()
        # Whether there is a last resort is part of every price of the version.
        last_resorts = [name for name, item in self.participants.items() if item.is_last_resort]
        if kept is None or not last_resorts or not newcomers.isdisjoint(last_resorts):
            return None
        origin = kept.columns.pop(_ORIGIN).astype(np.int8)
        before = DayDetail(origin=origin, **kept.columns)
        with_meter = whole.with_meter()
        rows = self._looked_at(row, origin, with_meter, base.begun_event_seq, event_seq)
        changed = self._read_again(rows, before, event_seq)
        activations = whole.activations()
        cells = cells_to_settle(
            list(self.units.values()), changed, before.told_wh != 0, activations
        )
        anew = sum(item.count for item in cells)
        if SHARE_MAX * (anew + kept.rows_on_top) > changed.size:
            return None
        booked, rents_quanta = whole.booked()
        outcomes = whole.outcomes()
        pairs = [calls_of(outcomes, at_s) for at_s in self.starts_s]
        return DayChanges(
            base_run_id=base.run.run_id,
            facts=DayFacts(
                day=self.day,
                starts_s=self.starts_s,
                rules=self.rules,
                grid=self.grid,
                participants=self.participants,
                units=self.units,
                trades=whole.trades()[0],
                instructed_wh=before.told_wh,
                uncompensated_wh=np.broadcast_to(np.int64(0), changed.shape),
                activations=activations,
                metered_wh=before.metered_wh,
                origin=origin,
                priced=[priced(*pair) for pair in pairs],
                exchanged=[exchanged(*pair) for pair in pairs],
                rents_quanta=rents_quanta,
                newcomers=newcomers,
                points=whole.points(),
            ),
            before=before,
            parts=tuple(
                self._part(item, outcomes, rents_quanta, before, event_seq) for item in cells
            ),
            completeness=completeness(origin, with_meter, self._late(event_seq)),
            booked=booked,
        )

    def _looked_at(
        self,
        row: Mapping[str, int],
        origin: Origins,
        with_meter: Flags,
        after_seq: int,
        until_seq: int,
    ) -> Integers:
        """Units whose meters may show something else than before.

        Readings of the day have come; or it has gaps and readings of days have come that may stand in
        for them, or its last interval is one: the line over it may end in the next day.
        """
        c, starts_s = tables.measurements.c, self.starts_s
        first_s = MarketDay(
            day=date.fromisoformat(self.day) - timedelta(days=LIKE_DAYS_MAX),
            zone=self.rules.time_zone,
            minutes=self.rules.interval_minutes,
        ).starts_s()[0]
        gaps = (origin != Origin.MEASURED) & with_meter[:, None]
        wanted = gaps[:, -(LINEAR_MAX_S // starts_s.step) :].any(axis=1)
        with_gaps = gaps.any(axis=1)
        late = self.connection.execute(
            select(c.unit_id, (c.start_s >= starts_s.start) & (c.start_s < starts_s.stop))
            .where(
                c.market_id == self.market_id,
                c.start_s >= first_s,
                c.start_s < starts_s.stop + _DAY_S,
                c.late,
                c.event_seq > after_seq,
                c.event_seq <= until_seq,
            )
            .distinct()
        )
        for unit_id, own in late:
            wanted[row[unit_id]] |= bool(own) or with_gaps[row[unit_id]]
        return np.flatnonzero(wanted)

    def _read_again(self, rows: Integers, before: DayDetail, event_seq: int) -> Flags:
        """(n, t) where meters of some units show something else, which is put where it stood."""
        changed = np.zeros(before.origin.shape, dtype=np.bool_)
        if not len(rows):
            return changed
        reader = self._reader(event_seq, self._named(rows))
        traded_wh = before.scheduled_wh[rows] - before.instructed_wh[rows]
        told_wh = before.told_wh[rows] - reader.forced()
        found = reader.meters(traded_wh + told_wh, told_wh != 0)
        changed[rows] = (found.metered_wh != before.metered_wh[rows]) | (
            found.origin != before.origin[rows]
        )
        before.metered_wh[rows], before.origin[rows] = found.metered_wh, found.origin
        return changed

    def _late(self, until_seq: int) -> int:
        """For how many of the day's unit-intervals a reading came late, up to an event."""
        c, starts_s = tables.measurements.c, self.starts_s
        late = (
            select(c.unit_id, c.start_s)
            .where(
                c.market_id == self.market_id,
                c.start_s >= starts_s.start,
                c.start_s < starts_s.stop,
                c.late,
                c.older.is_(False),
                c.event_seq <= until_seq,
            )
            .distinct()
        )
        return self.connection.execute(
            select(func.count()).select_from(late.subquery())
        ).scalar_one()

    def _part(
        self,
        cells: Cells,
        outcomes: DayOutcomes,
        rents_quanta: Mapping[str, int],
        before: DayDetail,
        event_seq: int,
    ) -> DayPart:
        """The facts of some cells, of which the meters are known."""
        place = np.ix_(cells.rows, cells.columns)
        known = Meters(
            metered_wh=before.metered_wh[place],
            origin=before.origin[place],
            completeness=Completeness(),
        )
        starts_s = [self.starts_s[number] for number in cells.columns.tolist()]
        reader = self._reader(event_seq, self._named(cells.rows), starts_s)
        facts, _ = reader.facts(self.grid, outcomes, rents_quanta, lambda *_: known)
        return DayPart(cells=cells, facts=facts)

    def _named(self, rows: Integers) -> dict[str, Unit]:
        names = list(self.units)
        return {names[number]: self.units[names[number]] for number in rows.tolist()}

    def _reader(
        self,
        event_seq: int,
        units: Mapping[str, Unit] | None = None,
        starts_s: list[int] | None = None,
    ) -> DayReader:
        """`units`: only these; None: all."""
        return DayReader(
            self.connection,
            self.market_id,
            self.day,
            self.rules,
            event_seq,
            self.units if units is None else units,
            self.participants,
            starts_s=starts_s,
            some=units is not None,
        )
