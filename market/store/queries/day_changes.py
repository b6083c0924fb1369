"""What has changed of a day since a version of it, read so that only that has to be settled anew.

The one idea: of a closed day only readings may still change. What has come since the version began leads to
meters that are read again; where they show something else than the version knew, their metering points are
settled anew, by the code that settles a whole day. All else, trades too, is what the version knew.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

import numpy as np
from sqlalchemy import ColumnElement, Connection, select

from market.model.activation import UnitsActivated
from market.model.grid import Grid
from market.model.interval import MarketDay
from market.model.participant import Participant, Unit
from market.model.rules import MarketRules, Tariff
from market.model.settlement_run import Completeness
from market.model.splitting import Integers
from market.settlement.again import DayPart, cells_to_settle, day_parts
from market.settlement.day_facts import DayFacts, DayTrades, Flags, MeterUse
from market.settlement.dues import Dues
from market.settlement.meter_series import Origin
from market.settlement.outcomes import exchanged, priced
from market.settlement.substitution import LIKE_DAYS_MAX, LINEAR_MAX_S
from market.store import tables
from market.store.details import ORIGIN
from market.store.queries.day_facts import DayReader, day_starts_s
from market.store.queries.day_meters import Counting, completeness, counting_in, meters_again
from market.store.queries.day_outcomes import DayOutcomes, calls_of
from market.store.queries.market import market
from market.store.queries.pages import in_columns
from market.store.queries.runs import RunView
from market.store.queries.settled_columns import (
    SettledColumns,
    kept_areas,
    settled_columns,
    trades_of_areas,
)
from market.store.trade_sheets import kept_trades

_DAY_S: Final = 86_400
_TOLD: Final = "told_wh"
SHARE_MAX: Final = 4
"""Where a quarter of the cells would be settled anew, or lies on top of whole areas, all are."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayChanges:
    """What has changed of a day, and all that has not."""

    base_run_id: str
    """The version on which it stands."""
    facts: DayFacts
    """Of the whole day."""
    use: MeterUse
    """What became of the meters in the version, of the whole day; meters as they are now."""
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
    resort or it came after the day was closed, what was kept lacks a column or the trades, or too much has changed.

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Version:
    """What is taken over from the version before, of the whole day."""

    use: MeterUse
    told_wh: Integers
    trades: DayTrades


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _News:
    """What has come since the version."""

    since: Flags
    """(n, t) of which readings of the day have."""
    counting: Counting
    """The readings that count there."""
    late: int
    """For how many unit-intervals of the day a reading ever came late."""
    others: Sequence[str]
    """Units of which readings have come of days that may stand in for gaps."""


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
        whole = DayReader(
            self.connection,
            self.market_id,
            self.day,
            self.rules,
            event_seq,
            self.units,
            self.participants,
        )
        newcomers = whole.newcomers()
        # Whether there is a last resort is part of every price of the version.
        last_resorts = [name for name, item in self.participants.items() if item.is_last_resort]
        if not last_resorts or not newcomers.isdisjoint(last_resorts):
            return None
        row = {name: place for place, name in enumerate(self.units)}
        with self._unpacked(base, row) as unpacked:
            news = self._news(whole, row, base.begun_event_seq, event_seq)
            booked, rents_quanta = whole.booked()
            activations, outcomes = whole.activations(), whole.outcomes()
            kept = unpacked()
        if kept is None:
            return None
        version, on_top = kept
        use = version.use
        before_wh = use.metered_wh.copy()
        with_meter = whole.with_meter()
        changed = self._read_again(row, version, whole, with_meter, news)
        told = version.told_wh != 0
        cells = cells_to_settle(list(self.units.values()), changed, told, activations)
        anew = sum(item.count for item in cells)
        if SHARE_MAX * (anew + on_top) > changed.size:
            return None
        facts = self._facts(whole, version, activations, outcomes, rents_quanta)
        return DayChanges(
            base_run_id=base.run.run_id,
            facts=facts,
            use=use,
            parts=tuple(day_parts(facts, before_wh, cells)),
            completeness=completeness(use.origin, with_meter, news.late),
            booked=booked,
        )

    @contextmanager
    def _unpacked(
        self, base: RunView, row: Mapping[str, int]
    ) -> Iterator[Callable[[], tuple[_Version, int] | None]]:
        """What was kept of a version, and how many rows of it on top, once that is unpacked.

        While lists are read it is unpacked beside that, of which little is spent in Python.
        """
        areas = kept_areas(self.connection, self.market_id, base.run.run_id)
        sheets = trades_of_areas(self.connection, self.market_id, areas)
        column = {start_s: place for place, start_s in enumerate(self.starts_s)}
        names = (*MeterUse.names(), _TOLD, ORIGIN)
        with ThreadPoolExecutor(2) as beside:
            coming = beside.submit(
                settled_columns, areas, names=names, units=row, starts_s=self.starts_s
            )
            traded = beside.submit(kept_trades, sheets, row, column)
            yield lambda: _version(coming.result(), traded.result())

    def _news(
        self, whole: DayReader, row: Mapping[str, int], after_seq: int, until_seq: int
    ) -> _News:
        """What has come since an event."""
        since, late = self._came_late(row, after_seq, until_seq)
        return _News(
            since=since,
            counting=counting_in(whole.asked(), self.starts_s, list(self.units), since),
            late=late,
            others=self._of_days_around(after_seq, until_seq),
        )

    def _facts(
        self,
        whole: DayReader,
        version: _Version,
        activations: Mapping[int, Sequence[UnitsActivated]],
        outcomes: DayOutcomes,
        rents_quanta: Mapping[str, int],
    ) -> DayFacts:
        """The facts of the whole day; `version`: with its meters as they are now."""
        pairs = [calls_of(outcomes, at_s) for at_s in self.starts_s]
        return DayFacts(
            day=self.day,
            starts_s=self.starts_s,
            rules=self.rules,
            grid=self.grid,
            participants=self.participants,
            units=self.units,
            trades=version.trades,
            instructed_wh=version.told_wh,
            uncompensated_wh=whole.uncompensated(),
            activations=activations,
            metered_wh=version.use.metered_wh,
            origin=version.use.origin,
            priced=[priced(*pair) for pair in pairs],
            exchanged=[exchanged(*pair) for pair in pairs],
            rents_quanta=rents_quanta,
            newcomers=whole.newcomers(),
            points=whole.points(),
        )

    def _read_again(
        self,
        row: Mapping[str, int],
        version: _Version,
        whole: DayReader,
        with_meter: Flags,
        news: _News,
    ) -> Flags:
        """(n, t) where meters show something else, which is put where it stood.

        Looked at are units of which readings of the day have come; those that have gaps, and readings of
        days that may stand in for them; and those whose last interval is one: the line over it may end in
        the next day.
        """
        starts_s, use = self.starts_s, version.use
        origin = use.origin
        changed = np.zeros(origin.shape, dtype=np.bool_)
        gaps = (origin != Origin.MEASURED) & with_meter[:, None]
        wanted = news.since.any(axis=1) | gaps[:, -(LINEAR_MAX_S // starts_s.step) :].any(axis=1)
        around = [row[unit_id] for unit_id in news.others]
        wanted[around] |= gaps[around].any(axis=1)
        rows = np.flatnonzero(wanted)
        if not len(rows):
            return changed
        units = list(self.units.values())
        traded_wh = version.trades.of_rows(rows, len(row)).injection_by_cell_wh(origin[rows].shape)
        # What the grid forced is no instruction that a unit without a reading is taken to have followed.
        ordered_wh = version.told_wh[rows] - whole.forced()[rows]
        metered_wh, found = meters_again(
            whole.asked(),
            rules=self.rules,
            starts_s=starts_s,
            units=[units[number] for number in rows.tolist()],
            with_meter=with_meter[rows],
            scheduled_wh=traded_wh + ordered_wh,
            told=ordered_wh != 0,
            before_wh=use.metered_wh[rows],
            before=origin[rows],
            late=news.since[rows],
            counting=news.counting,
        )
        changed[rows] = (metered_wh != use.metered_wh[rows]) | (found != origin[rows])
        use.metered_wh[rows], origin[rows] = metered_wh, found
        return changed

    def _came_late(
        self, row: Mapping[str, int], after_seq: int, until_seq: int
    ) -> tuple[Flags, int]:
        """(n, t) where a reading of the day came late after an event; and for how many of them one ever did."""
        c, starts_s = tables.measurements.c, self.starts_s
        since = np.zeros((len(row), len(starts_s)), dtype=np.bool_)
        ever = np.zeros_like(since)
        found = self.connection.execute(
            select(c.unit_id, c.start_s, c.event_seq, c.older).where(
                self._late_until(until_seq), c.start_s >= starts_s.start, c.start_s < starts_s.stop
            )
        )
        for unit_ids, starts, seqs, older in in_columns(found):
            rows = np.array([row[unit_id] for unit_id in unit_ids])
            columns = (np.array(starts) - starts_s.start) // starts_s.step
            new, counts = np.array(seqs) > after_seq, ~np.array(older, dtype=np.bool_)
            since[rows[new], columns[new]] = True
            ever[rows[counts], columns[counts]] = True
        return since, int(ever.sum())

    def _of_days_around(self, after_seq: int, until_seq: int) -> list[str]:
        """Units of which readings have come late, after an event, of days that may stand in for gaps."""
        c, starts_s = tables.measurements.c, self.starts_s
        first_s = MarketDay(
            day=date.fromisoformat(self.day) - timedelta(days=LIKE_DAYS_MAX),
            zone=self.rules.time_zone,
            minutes=self.rules.interval_minutes,
        ).starts_s()[0]
        found: dict[str, None] = {}
        for from_s, until_s in (
            (first_s, starts_s.start),
            (starts_s.stop, starts_s.stop + _DAY_S),
        ):
            units = self.connection.execute(
                select(c.unit_id)
                .where(
                    self._late_until(until_seq),
                    c.start_s >= from_s,
                    c.start_s < until_s,
                    c.event_seq > after_seq,
                )
                .distinct()
            )
            found |= dict.fromkeys(units.scalars())
        return list(found)

    def _late_until(self, until_seq: int) -> ColumnElement[bool]:
        """Readings that came late, up to an event."""
        c = tables.measurements.c
        return (c.market_id == self.market_id) & c.late & (c.event_seq <= until_seq)


def _version(kept: SettledColumns | None, trades: DayTrades | None) -> tuple[_Version, int] | None:
    """What was kept, and how many rows of it on top; None: not all was."""
    if kept is None or trades is None:
        return None
    told_wh, origin = kept.columns.pop(_TOLD), kept.columns.pop(ORIGIN).astype(np.int8, copy=False)
    use = MeterUse(origin=origin, **kept.columns)
    return _Version(use=use, told_wh=told_wh, trades=trades), kept.rows_on_top
