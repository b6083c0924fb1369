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
from sqlalchemy import ColumnElement, Connection, FromClause, select

from market.model.act import ControlReason, Curtailed
from market.model.activation import ActivationCause, UnitsActivated
from market.model.grid import Grid
from market.model.interval import MarketDay
from market.model.money import TransferKind, limit_rent_account, rent_account
from market.model.order import Side
from market.model.participant import Participant, Unit, UnitKind
from market.model.recall import TradeState
from market.model.rules import MarketRules, Tariff
from market.model.settlement_run import Completeness
from market.model.splitting import Integers
from market.model.units import SECONDS_PER_MINUTE
from market.settlement.day_facts import DayFacts, DayTrades, Flags
from market.settlement.dues import Dues, add, is_of_meters
from market.settlement.ordered import TREATMENTS, Treatment
from market.settlement.outcomes import exchanged, priced
from market.store import tables
from market.store.queries.certificate_sums import green_orders
from market.store.queries.day_meters import Meters, day_meters
from market.store.queries.day_outcomes import DayOutcomes, calls_of, day_outcomes
from market.store.queries.market import came_after, market
from market.store.queries.money import joined
from market.store.queries.pages import fact, in_columns
from market.store.queries.power import charged_points
from market.store.queries.stand_ins import Asked

_KINDS = {kind.value: kind for kind in TransferKind}
_RENTS = (TransferKind.LINE_RENT, TransferKind.LIMIT_RENT)
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
    reader = DayReader(connection, market_id, day, rules, event_seq, units, participants)
    return reader.read(definition.grid)


class DayReader:
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
        self._day, self._rules = day, rules
        self._closing = (connection, market_id, day)
        self._starts_s = day_starts_s(rules, day)
        self._column = {start_s: place for place, start_s in enumerate(self._starts_s)}
        self._units, self._participants = units, participants
        self._row = {name: place for place, name in enumerate(self._units)}
        self._shape = (len(self._units), len(self._starts_s))

    def read(self, grid: Grid) -> StoredDay:
        """The facts of the day, and what was booked for it."""
        booked, rents_quanta = self.booked()
        facts, meters = self._facts(grid, self.outcomes(), rents_quanta)
        return StoredDay(facts=facts, completeness=meters.completeness, booked=booked)

    def _facts(
        self, grid: Grid, outcomes: DayOutcomes, rents_quanta: Mapping[str, int]
    ) -> tuple[DayFacts, Meters]:
        """What its units have traded, were told and have metered."""
        participants = self._participants
        trades, traded_wh = self.trades()
        scheduled_wh = self.scheduled(traded_wh)
        uncompensated_wh = self.uncompensated()
        instructed_wh = scheduled_wh - traded_wh + self.forced()
        if not any(item.is_last_resort for item in participants.values()):
            # Nobody is there to take what a stopped unit would give back.
            instructed_wh, uncompensated_wh = instructed_wh - uncompensated_wh, 0 * uncompensated_wh
        metered = day_meters(
            self.asked(),
            rules=self._rules,
            starts_s=self._starts_s,
            units=self._units,
            with_meter=self.with_meter(),
            scheduled_wh=scheduled_wh,
            told=scheduled_wh != traded_wh,
        )
        pairs = [calls_of(outcomes, start_s) for start_s in self._starts_s]
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
            activations=self.activations(),
            metered_wh=metered.metered_wh,
            origin=metered.origin,
            priced=[priced(*pair) for pair in pairs],
            exchanged=[exchanged(*pair) for pair in pairs],
            rents_quanta=rents_quanta,
            newcomers=self.newcomers(),
            points=self.points(),
        )
        return facts, metered

    def _within(self, table: FromClause) -> ColumnElement[bool]:
        c = table.c
        return (
            (c.market_id == self._market_id)
            & (c.start_s >= self._starts_s.start)
            & (c.start_s < self._starts_s.stop)
        )

    def trades(self) -> tuple[DayTrades, Integers]:
        """Trades that stand, contracts in the order in which they were made; their sums by cell."""
        c = tables.trades.c
        names = (c.event_seq, c.row, c.match_id, c.unit_id, c.start_s, c.side)
        made = self._connection.execute(
            select(*names, c.price_ticks, c.energy_wh, c.order_id).where(
                self._within(tables.trades),
                c.state != TradeState.CANCELLED.value,
            )
        )
        known: dict[str, int] = {}
        found = [np.zeros((8, 0), dtype=np.int64)]
        green = green_orders(self._connection, self._market_id, self._starts_s)
        row_of, column_of, sold = self._row, self._column, Side.SELL.value
        for seqs, rows, matches, units, starts, sides, prices, energies, orders in in_columns(made):
            sign = np.array([1 if side == sold else -1 for side in sides])
            injection_wh = sign * np.array(energies)
            place = [[row_of[name] for name in units], [column_of[at_s] for at_s in starts]]
            match = [known.setdefault(name, len(known)) for name in matches]
            amount_quanta = np.array(prices) * injection_wh
            asks = [name in green for name in orders]
            found.append(np.array([*place, match, injection_wh, amount_quanta, seqs, rows, asks]))
        columns = np.concatenate(found, axis=1)
        # Sorted here: the database would read every trade that was ever made to have this order.
        columns = columns[:, np.lexsort((columns[6], columns[5]))]
        trades = DayTrades(
            unit=columns[0],
            interval=columns[1],
            rank=_as_first_seen(columns[2]),
            injection_wh=columns[3],
            amount_quanta=columns[4],
            asks_green=columns[7] > 0,
        )
        return trades, trades.injection_by_cell_wh(self._shape)

    def scheduled(self, traded_wh: Integers) -> Integers:
        """What units were told when their intervals were settled; else what they have traded."""
        c = tables.deviations.c
        rows = self._connection.execute(
            select(c.member_id, c.start_s, c.scheduled_wh).where(
                self._within(tables.deviations), c.level == "unit"
            )
        )
        found = traded_wh.copy()
        row_of, column_of = self._row, self._column
        for units, starts, scheduled_wh in in_columns(rows):
            place = [row_of[name] for name in units], [column_of[at_s] for at_s in starts]
            found[place] = scheduled_wh
        return found

    def forced(self) -> Integers:
        """(n, t) what units could not follow, as nobody reached them.

        Who could not follow was told nothing: that is no part of what stands in for a reading.
        """
        return self._curtailed([ControlReason.DECOUPLED])

    def uncompensated(self) -> Integers:
        """(n, t) what of an order is settled at the area price: stops, waits for the area guard."""
        return self._curtailed(
            [how for how in TREATMENTS if TREATMENTS[how] is Treatment.AT_AREA_PRICE]
        )

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

    def asked(self) -> Asked:
        """Where readings are looked for, and as of when."""
        return Asked(
            connection=self._connection,
            market_id=self._market_id,
            event_seq=self._event_seq,
            told_until_s=self._starts_s.stop,
        )

    def with_meter(self) -> Flags:
        """(n,) units with a meter on the day: the retailer delivers what the others leave."""
        later = came_after(*self._closing, tables.units.c.unit_id)
        flags = [
            unit.kind is not UnitKind.RETAILER and name not in later
            for name, unit in self._units.items()
        ]
        return np.array(flags, dtype=np.bool_)

    def newcomers(self) -> frozenset[str]:
        """Participants who came after the day was closed."""
        return came_after(*self._closing, tables.participants.c.participant_id)

    def points(self) -> frozenset[str]:
        """Participants that had a metering point on the day, where it is charged for."""
        return charged_points(self._connection, self._market_id, self._rules, self._starts_s)

    def outcomes(self) -> DayOutcomes:
        """What each call made of each interval; orders and receipts are left out."""
        return day_outcomes(
            self._connection,
            self._within(tables.area_outcomes),
            self._within(tables.line_outcomes),
        )

    def activations(self) -> dict[int, list[UnitsActivated]]:
        """Who helped, by place of the interval, in the order in which it was decided."""
        table = tables.activations
        found: defaultdict[int, list[UnitsActivated]] = defaultdict(list)
        for row in self._connection.execute(
            select(table).where(self._within(table)).order_by(table.c.event_seq)
        ):
            made = fact(UnitsActivated, row, cause=ActivationCause(row.cause))
            found[self._column[row.start_s]].append(made)
        return dict(found)

    def booked(self) -> tuple[Dues, dict[str, int]]:
        """What was booked for the day because of meters and fees; its congestion rent by account."""
        dues: Dues = {}
        rents_quanta: defaultdict[str, int] = defaultdict(int)
        for giver, receiver, name, quanta in self._sums():
            kind = _KINDS[name]
            if kind in _RENTS:
                for account, sign in ((receiver, 1), (giver, -1)):
                    if account.startswith(_RENT_ACCOUNTS):
                        rents_quanta[account] += sign * quanta
            elif is_of_meters(giver, receiver, kind):
                add(dues, giver, receiver, quanta, kind)
        return dues, dict(rents_quanta)

    def _sums(self) -> Iterator[tuple[str, str, str, int]]:
        """What moved between accounts on the day, less what was booked after the event."""
        c = tables.posting_days.c
        rows = self._connection.execute(
            select(c.first_account, c.second_account, c.kind, c.high_quanta, c.low_quanta).where(
                c.market_id == self._market_id, c.day == self._day
            )
        )
        for sums in in_columns(rows):
            for giver, receiver, kind, high, low in zip(*sums, strict=True):
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


def _as_first_seen(values: Integers) -> Integers:
    """Each value's place among the different ones, in the order in which they come up."""
    _, first, number = np.unique(values, return_index=True, return_inverse=True)
    place = np.empty(len(first), dtype=np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    return np.asarray(place[number.ravel()], dtype=np.int64)
