"""Everything a day is settled on, read from what is stored, as of an event.

The one idea: a run counts what had come when it began and nothing later, so it finds the same facts
however often it is begun again.

house: long because every fact of a day is read once, in the order in which a run wants them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, FromClause, select

from market.control.readings import is_overtaken
from market.model.act import ControlReason, Curtailed
from market.model.activation import ActivationCause, UnitsActivated
from market.model.call import CallKind
from market.model.grid import Grid
from market.model.interval import MarketDay
from market.model.money import TransferKind, limit_rent_account, rent_account
from market.model.order import Side
from market.model.participant import Participant, Unit, UnitKind
from market.model.power import Doubt, Measurement
from market.model.recall import TradeState
from market.model.rules import MarketRules, Tariff
from market.model.settlement_run import Completeness
from market.model.splitting import Integers
from market.model.trade import AreaOutcome, ClearingOutcome, LineOutcome
from market.model.units import SECONDS_PER_MINUTE
from market.settlement.day_facts import DayFacts, DayTrades
from market.settlement.dues import Dues, add, is_of_meters
from market.settlement.meter_series import Origin
from market.settlement.ordered import TREATMENTS, Treatment
from market.settlement.outcomes import exchanged, priced
from market.store import tables
from market.store.queries.certificate_sums import green_orders
from market.store.queries.market import came_after, market
from market.store.queries.money import joined
from market.store.queries.pages import fact
from market.store.queries.power import charged_points
from market.store.queries.stand_ins import Asked, stand_ins

_RENTS = (TransferKind.LINE_RENT.value, TransferKind.LIMIT_RENT.value)
_RENT_ACCOUNTS = (rent_account(""), limit_rent_account(""))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredDay:
    """A day as it is stored."""

    facts: DayFacts
    completeness: Completeness
    booked: Dues
    """What was booked for it so far because of meters and fees."""


def day_starts_s(rules: MarketRules, day: str) -> range:
    """The market's intervals of a local day."""
    whole = _market_day(rules, day)
    until_s = whole.stop if rules.trading_until_s is None else rules.trading_until_s
    first_s = max(whole.start, rules.trading_from_s)
    return range(first_s, min(whole.stop, until_s), rules.interval_minutes * SECONDS_PER_MINUTE)


def _market_day(rules: MarketRules, day: str) -> range:
    """All intervals of a local day, whenever trading began and ends."""
    return MarketDay(
        day=date.fromisoformat(day), zone=rules.time_zone, minutes=rules.interval_minutes
    ).starts_s()


def stored_day(
    connection: Connection,
    market_id: str,
    *,
    participants: Mapping[str, Participant],
    units: Mapping[str, Unit],
    day: str,
    tariff: Tariff,
    event_seq: int,
) -> StoredDay:
    """A day's facts as they were at an event.

    Args:
        connection: of a reader.
        market_id: the market.
        participants: in the order in which they were registered; ties go by it.
        units: in the order of the rows.
        day: local date, ISO 8601, of a closed day.
        tariff: fees that hold for it.
        event_seq: readings and postings count up to here.

    Raises:
        LookupError: there is no such market.
    """
    definition = market(connection, market_id)
    if definition is None:
        raise LookupError(market_id)
    rules = replace(definition.rules, tariff=tariff)
    reader = _Reader(connection, market_id, day, rules, event_seq, units, participants)
    return reader.read(definition.grid)


class _Reader:
    """Reads one day."""

    def __init__(
        self,
        connection: Connection,
        market_id: str,
        day: str,
        rules: MarketRules,
        event_seq: int,
        units: Mapping[str, Unit],
        participants: Mapping[str, Participant],
    ) -> None:
        self._connection, self._market_id, self._event_seq = connection, market_id, event_seq
        self._day, self._rules, self._closing = day, rules, (connection, market_id, day)
        self._starts_s = day_starts_s(rules, day)
        self._column = {start_s: place for place, start_s in enumerate(self._starts_s)}
        self._units, self._participants = units, participants
        self._row = {name: place for place, name in enumerate(self._units)}
        self._shape = (len(self._units), len(self._starts_s))

    def read(self, grid: Grid) -> StoredDay:
        participants = self._participants
        trades, traded_wh = self._trades()
        scheduled_wh = self._scheduled(traded_wh)
        given_back = [how for how in TREATMENTS if TREATMENTS[how] is Treatment.AT_AREA_PRICE]
        uncompensated_wh = self._curtailed(given_back)
        # Who could not follow was told nothing: that is no part of what stands in for a reading.
        forced_wh = self._curtailed([ControlReason.DECOUPLED])
        instructed_wh = scheduled_wh - traded_wh + forced_wh
        if not any(item.is_last_resort for item in participants.values()):
            # Nobody is there to take what a stopped unit would give back.
            instructed_wh, uncompensated_wh = instructed_wh - uncompensated_wh, 0 * uncompensated_wh
        metered_wh, origin, completeness = self._metered(scheduled_wh, scheduled_wh != traded_wh)
        calls = self._outcomes()
        pairs = [
            (calls.get((start_s, CallKind.CLOSING)), calls.get((start_s, CallKind.DAY_AHEAD)))
            for start_s in self._starts_s
        ]
        booked, rents_quanta = self._booked()
        facts = DayFacts(
            day=self._day,
            starts_s=self._starts_s,
            rules=self._rules,
            grid=grid,
            participants=participants,
            units=self._units,
            trades=trades,
            instructed_wh=instructed_wh,
            uncompensated_wh=uncompensated_wh,
            activations=self._activations(),
            metered_wh=metered_wh,
            origin=origin,
            priced=[priced(*pair) for pair in pairs],
            exchanged=[exchanged(*pair) for pair in pairs],
            rents_quanta=rents_quanta,
            newcomers=came_after(*self._closing, tables.participants.c.participant_id),
            points=charged_points(self._connection, self._market_id, self._rules, self._starts_s),
        )
        return StoredDay(facts=facts, completeness=completeness, booked=booked)

    def _within(self, table: FromClause) -> ColumnElement[bool]:
        c = table.c
        return (
            (c.market_id == self._market_id)
            & (c.start_s >= self._starts_s.start)
            & (c.start_s < self._starts_s.stop)
        )

    def _trades(self) -> tuple[DayTrades, Integers]:
        """Trades that stand; contracts in the order in which they were made."""
        c = tables.trades.c
        rows = self._connection.execute(
            select(c.match_id, c.unit_id, c.start_s, c.side, c.price_ticks, c.energy_wh, c.order_id)
            .where(self._within(tables.trades), c.state != TradeState.CANCELLED.value)
            .order_by(c.event_seq, c.row)
        )
        found: list[tuple[int, ...]] = []
        rank: dict[str, int] = {}
        green = green_orders(self._connection, self._market_id, self._starts_s)
        for match_id, unit_id, start_s, side, price_ticks, energy_wh, order_id in rows:
            injection_wh = energy_wh if side == Side.SELL.value else -energy_wh
            made = rank.setdefault(match_id, len(rank))
            amounts = (injection_wh, price_ticks * injection_wh, order_id in green)
            found.append((self._row[unit_id], self._column[start_s], made, *amounts))
        columns = np.array(found, dtype=np.int64).reshape(-1, 6).T
        trades = DayTrades(
            unit=columns[0],
            interval=columns[1],
            rank=columns[2],
            injection_wh=columns[3],
            amount_quanta=columns[4],
            asks_green=columns[5] > 0,
        )
        traded_wh = np.zeros(self._shape, dtype=np.int64)
        np.add.at(traded_wh, (trades.unit, trades.interval), trades.injection_wh)
        return trades, traded_wh

    def _scheduled(self, traded_wh: Integers) -> Integers:
        """What units were told when their intervals were settled; else what they have traded."""
        c = tables.deviations.c
        rows = self._connection.execute(
            select(c.member_id, c.start_s, c.scheduled_wh).where(
                self._within(tables.deviations), c.level == "unit"
            )
        )
        found = traded_wh.copy()
        row_of, column_of = self._row, self._column
        for unit_id, start_s, scheduled_wh in rows:
            found[row_of[unit_id], column_of[start_s]] = scheduled_wh
        return found

    def _curtailed(self, reasons: Iterable[ControlReason]) -> Integers:
        """(n, t) pieces with one of these reasons; none is the last resort's."""
        table = tables.curtailments
        wanted = [reason.value for reason in reasons]
        found = np.zeros(self._shape, dtype=np.int64)
        for row in self._connection.execute(
            select(table).where(self._within(table), table.c.reason.in_(wanted))
        ):
            unit = self._units[row.unit_id]
            if not self._participants[unit.participant_id].is_last_resort:
                piece = fact(Curtailed, row, reason=ControlReason(row.reason))
                found[self._row[row.unit_id], self._column[row.start_s]] += piece.energy_wh
        return found

    def _metered(
        self, scheduled_wh: Integers, told: NDArray[np.bool_]
    ) -> tuple[Integers, NDArray[np.int8], Completeness]:
        """Readings that count, late ones among them; where none came, what stands in for it.

        A unit that was told something else than it had traded, and has no reading, did as it was told.
        """
        c = tables.measurements.c
        rows = self._connection.execute(
            select(c.unit_id, c.start_s, c.injection_wh, c.substituted, c.late)
            .where(
                self._within(tables.measurements),
                c.older.is_(False),
                c.event_seq <= self._event_seq,
            )
            .order_by(c.event_seq, c.row)
        )
        metered_wh = scheduled_wh.copy()
        measured = np.zeros(self._shape, dtype=np.bool_)
        late: dict[tuple[str, int], None] = {}
        row_of, column_of = self._row, self._column
        for unit_id, start_s, injection_wh, substituted, is_late in rows:
            if is_late:
                late[unit_id, start_s] = None
                continue
            place = (row_of[unit_id], column_of[start_s])
            metered_wh[place] = injection_wh
            measured[place] = not substituted
        in_time = measured.copy()
        for reading in self._newest() if late else ():
            place = (row_of[reading.unit_id], column_of[reading.start_s])
            metered_wh[place] = reading.injection_wh
            measured[place], in_time[place] = True, False
        origin = np.where(measured, np.int8(Origin.MEASURED), np.int8(Origin.SCHEDULE))
        later = came_after(*self._closing, tables.units.c.unit_id)
        meters = np.array(
            [
                u.kind is not UnitKind.RETAILER and name not in later
                for name, u in self._units.items()
            ]
        )
        gaps = ~measured & meters[:, None]
        filled = stand_ins(
            Asked(
                connection=self._connection,
                market_id=self._market_id,
                event_seq=self._event_seq,
                told_until_s=self._starts_s.stop,
            ),
            rules=self._rules,
            starts_s=self._starts_s,
            units=list(self._units.values()),
            metered_wh=metered_wh,
            measured=measured,
            gaps=gaps & ~told,
        )
        better = filled.origin != Origin.MISSING
        completeness = Completeness(
            measured=int(in_time.sum()),
            late=len(late),
            substituted=int(gaps.sum()),
            linear=int((filled.origin == Origin.LINEAR).sum()),
            like_day=int((filled.origin == Origin.LIKE_DAY).sum()),
        )
        return (
            np.where(better, filled.injection_wh, metered_wh),
            np.where(better, filled.origin, origin),
            completeness,
        )

    def _newest(self) -> Iterable[Measurement]:
        """The readings that count where some came late: by the rule of those that came in time."""
        c, other = tables.measurements.c, tables.measurements.alias("other")
        came_late = (
            select(other.c.unit_id, other.c.start_s)
            .where(
                self._within(other), other.c.late.is_(True), other.c.event_seq <= self._event_seq
            )
            .distinct()
            .subquery()
        )
        rows = self._connection.execute(
            select(tables.measurements)
            .join(
                came_late, (came_late.c.unit_id == c.unit_id) & (came_late.c.start_s == c.start_s)
            )
            .where(
                self._within(tables.measurements),
                c.older.is_(False),
                c.event_seq <= self._event_seq,
            )
            .order_by(c.late, c.event_seq, c.row)
        )
        counting: dict[tuple[str, int], Measurement] = {}
        for row in rows:
            key = (row.unit_id, row.start_s)
            doubt = None if row.doubt is None else Doubt(row.doubt)
            reading = fact(Measurement, row, doubt=doubt)
            if not reading.late or not is_overtaken(counting.get(key), reading):
                counting[key] = reading
        return counting.values()

    def _outcomes(self) -> dict[tuple[int, CallKind], ClearingOutcome]:
        """What each call made of each interval; orders and receipts are left out."""
        areas: defaultdict[tuple[int, str], list[AreaOutcome]] = defaultdict(list)
        lines: defaultdict[tuple[int, str], list[LineOutcome]] = defaultdict(list)
        a, b = tables.area_outcomes, tables.line_outcomes
        for row in self._connection.execute(
            select(a).where(self._within(a)).order_by(a.c.position)
        ):
            areas[row.start_s, row.call].append(fact(AreaOutcome, row))
        for row in self._connection.execute(
            select(b).where(self._within(b)).order_by(b.c.position)
        ):
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

    def _activations(self) -> dict[int, list[UnitsActivated]]:
        table = tables.activations
        found: defaultdict[int, list[UnitsActivated]] = defaultdict(list)
        for row in self._connection.execute(
            select(table).where(self._within(table)).order_by(table.c.event_seq)
        ):
            made = fact(UnitsActivated, row, cause=ActivationCause(row.cause))
            found[self._column[row.start_s]].append(made)
        return dict(found)

    def _booked(self) -> tuple[Dues, dict[str, int]]:
        """What was booked for the day because of meters and fees; its congestion rent by account."""
        dues: Dues = {}
        rents_quanta: defaultdict[str, int] = defaultdict(int)
        for giver, receiver, kind, quanta in self._sums():
            if kind in _RENTS:
                for account, sign in ((receiver, 1), (giver, -1)):
                    if account.startswith(_RENT_ACCOUNTS):
                        rents_quanta[account] += sign * quanta
            elif is_of_meters(giver, receiver, TransferKind(kind)):
                add(dues, giver, receiver, quanta, TransferKind(kind))
        return dues, dict(rents_quanta)

    def _sums(self) -> Iterator[tuple[str, str, str, int]]:
        """What moved between accounts on the day, less what was booked after the event."""
        c = tables.posting_days.c
        rows = self._connection.execute(
            select(c.first_account, c.second_account, c.kind, c.high_quanta, c.low_quanta).where(
                c.market_id == self._market_id, c.day == self._day
            )
        )
        for giver, receiver, kind, high, low in rows:
            yield giver, receiver, kind, joined(high, low)
        whole, moved = _market_day(self._rules, self._day), tables.transfers.c
        later = self._connection.execute(
            select(
                moved.debit_account, moved.credit_account, moved.kind, moved.amount_quanta
            ).where(
                moved.market_id == self._market_id,
                moved.event_seq > self._event_seq,
                moved.counts_s >= whole.start,
                moved.counts_s < whole.stop,
            )
        )
        for giver, receiver, kind, quanta in later:
            yield giver, receiver, kind, -quanta
