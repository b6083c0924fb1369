"""A market day is settled as a whole: from its facts to what each unit did and what everybody is due.

The one idea: the same facts give the same day, whenever and however often it is asked. So a day is settled
again by settling it anew and booking what has changed; what an interval booked when it was settled by itself
is what this comes to as long as its facts are the same, to the quantum.

What concerns units is columns over all intervals at once; what concerns areas and the few units that were
told something is the very functions that settle an interval.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from market.model.money import TransferKind, participant_account
from market.model.participant import VoltageLevel
from market.model.splitting import Integers, row_sums, split_groups, sums
from market.settlement.allocation import MeterColumns, TradeColumns, allocate
from market.settlement.day_dues import day_dues, numbers
from market.settlement.day_facts import DayDetail, DayFacts, DaySettled, DueColumns
from market.settlement.imbalance import DeviationPrice, deviation_prices
from market.settlement.instructed import Instructed, settled_instructed
from market.settlement.tariff import network_ticks

_INT64_MAX: Final = 2**63 - 1
_TO_UNITS: Final = frozenset(
    {TransferKind.REDISPATCH, TransferKind.ACTIVATION, TransferKind.INSTRUCTED}
)
_PARTICIPANT: Final = participant_account("")


def settle_day(facts: DayFacts) -> DaySettled:
    """Settle a market day.

    Raises:
        ConservationError: the parts do not add up to the meters; nothing may be booked on them.
        OverflowError: an amount of one unit and interval is beyond 64 bits.
    """
    detail, told = settle_units(facts)
    dues, withdrawal_wh = day_dues(facts.frame(), DueColumns.of(detail), told)
    return DaySettled(detail=detail, dues=dues, withdrawal_wh=withdrawal_wh)


def settle_units(facts: DayFacts) -> tuple[DayDetail, Mapping[int, Instructed]]:
    """What each unit did and is due, of whole metering points; what was told, by interval.

    The points may be any of a market's, as long as those of all units that were told something, or
    helped, are among them: each point's columns depend on itself and on what was told.

    Raises:
        ConservationError: the parts do not add up to the meters; nothing may be booked on them.
        OverflowError: an amount of one unit and interval is beyond 64 bits.
    """
    return _Day(facts).settled()


class _Day:
    """Units of one day on their way."""

    def __init__(self, facts: DayFacts) -> None:
        self._facts = facts
        self._units = list(facts.units.values())
        self._shape = (len(self._units), len(facts.starts_s))
        self._owners = list(dict.fromkeys(unit.participant_id for unit in self._units))
        self._owner = numbers([unit.participant_id for unit in self._units], self._owners)
        areas = [area.area_id for area in facts.grid.areas]
        self._area = numbers([unit.area_id for unit in self._units], areas)
        self._last_resort = facts.frame().last_resort_id
        charged = [not facts.participants[name].is_last_resort for name in self._owners]
        self._charged = np.array(charged, dtype=np.int64)
        self._prices = [
            deviation_prices(rules=facts.rules, grid=facts.grid, outcome=outcome, start_s=start_s)
            for outcome, start_s in zip(facts.priced, facts.starts_s, strict=True)
        ]
        self._told: dict[int, Instructed] = {}
        """By interval, where anything was instructed."""

    def settled(self) -> tuple[DayDetail, Mapping[int, Instructed]]:
        facts = self._facts
        trades = facts.trades
        cell = trades.unit * self._shape[1] + trades.interval
        traded_wh = self._by_cell(trades.injection_wh, cell)
        moved_wh, instructed_quanta = self._instructed(traded_wh)
        scheduled_wh = traded_wh + moved_wh
        share_wh = self._withdrawal()
        network_quanta, levies_quanta = self._fees(share_wh)
        allocated = self._allocated(cell)
        detail = DayDetail(
            scheduled_wh=scheduled_wh,
            told_wh=facts.instructed_wh,
            instructed_wh=moved_wh,
            metered_wh=facts.metered_wh,
            traded_wh=allocated[0],
            own_use_wh=allocated[1],
            own_storage_wh=allocated[2],
            retail_wh=allocated[3],
            withdrawal_wh=share_wh,
            trade_quanta=self._by_cell(trades.amount_quanta, cell),
            deviation_quanta=self._deviations(facts.metered_wh - scheduled_wh),
            instructed_quanta=instructed_quanta,
            network_fee_quanta=network_quanta,
            levies_quanta=levies_quanta,
            origin=facts.origin,
        )
        return detail, self._told

    def _by_cell(self, values: Integers, cell: Integers) -> Integers:
        return sums(values, cell, self._shape[0] * self._shape[1]).reshape(self._shape)

    # --- what was told -------------------------------------------------------------------

    def _instructed(self, traded_wh: Integers) -> tuple[Integers, Integers]:
        """What each unit followed of what it was told, and what it gets for it.

        What a metering point is paid back of its fees stands at the first of its units that was told
        to inject less.
        """
        facts = self._facts
        moved_wh = np.zeros(self._shape, dtype=np.int64)
        quanta = np.zeros(self._shape, dtype=np.int64)
        names = list(facts.units)
        rows_of: defaultdict[str, list[int]] = defaultdict(list)
        for row, unit in enumerate(self._units):
            rows_of[unit.participant_id].append(row)
        for interval in np.flatnonzero(facts.instructed_wh.any(axis=0)).tolist():
            told_wh = facts.instructed_wh[:, interval]
            told = {names[row]: int(told_wh[row]) for row in np.flatnonzero(told_wh).tolist()}
            activations = facts.activations.get(interval, ())
            helping = (item.unit_id for each in activations for item in each.units)
            owners = dict.fromkeys(facts.units[name].participant_id for name in (*told, *helping))
            around = [row for owner in owners for row in rows_of[owner]]
            back_wh = facts.uncompensated_wh[:, interval]
            came = settled_instructed(
                instructed_wh=told,
                uncompensated_wh={names[row]: int(back_wh[row]) for row in np.flatnonzero(back_wh)},
                activations=activations,
                traded_wh={names[row]: int(traded_wh[row, interval]) for row in around},
                measured_wh={names[row]: int(facts.metered_wh[row, interval]) for row in around},
                prices=self._prices[interval],
                outcome=facts.priced[interval],
                exchange=facts.exchanged[interval],
                units={names[row]: self._units[row] for row in around},
                rules=facts.rules,
                grid=facts.grid,
                participants=facts.participants,
                start_s=facts.starts_s[interval],
                last_resort_participant_id=self._last_resort,
            )
            self._told[interval] = came
            place = {names[row]: row for row in around}
            for name, energy_wh in came.moved_wh.items():
                moved_wh[place[name], interval] = energy_wh
            for item in came.transfers:
                if item.kind in _TO_UNITS:
                    received = item.credit_account.startswith(_PARTICIPANT)
                    owner = item.credit_account if received else item.debit_account
                    row = _row_of(item.reference, owner, told, place, facts)
                    quanta[row, interval] += item.amount_quanta if received else -item.amount_quanta
        return moved_wh, quanta

    # --- what deviated -------------------------------------------------------------------

    def _deviations(self, deviation_wh: Integers) -> Integers:
        """Price deviations; without a last resort nobody takes the other side: nothing is priced."""
        if self._last_resort is None:
            return np.zeros(self._shape, dtype=np.int64)
        own = np.array([unit.participant_id != self._last_resort for unit in self._units])
        deviation_wh = np.where(own[:, None], deviation_wh, 0)
        price = np.where(
            deviation_wh > 0,
            self._ticks(lambda item: item.long_ticks)[self._area],
            self._ticks(lambda item: item.short_ticks)[self._area],
        )
        return _products(price, deviation_wh)

    def _ticks(self, of: Callable[[DeviationPrice], int]) -> Integers:
        """(areas, t) one of the two deviation prices."""
        table = [[of(item) for item in prices] for prices in self._prices]
        return np.array(table, dtype=np.int64).reshape(self._shape[1], -1).T

    # --- what was withdrawn --------------------------------------------------------------

    def _withdrawal(self) -> Integers:
        """Each unit's share of what its metering point withdrew."""
        metered_wh, times = self._facts.metered_wh, self._shape[1]
        withdrawn_wh = np.maximum(-row_sums(metered_wh, self._owner, len(self._owners)), 0)
        point = (self._owner[:, None] * times + np.arange(times)).ravel()
        weights = np.maximum(-metered_wh, 0).ravel()
        return split_groups(withdrawn_wh.ravel(), point, weights).reshape(self._shape)

    def _fees(self, share_wh: Integers) -> tuple[Integers, Integers]:
        """Network fee and levies; the last resort's own metering point is not charged."""
        facts, levies_ticks = self._facts, self._facts.rules.tariff.levies_ticks
        of_level = {
            level: [network_ticks(facts.rules, start_s, level) for start_s in facts.starts_s]
            for level in VoltageLevel
        }
        by_owner = [of_level[facts.participants[name].voltage_level] for name in self._owners]
        # A row for each unit: its owner's fee in every interval.
        fees_ticks = np.array(by_owner, dtype=np.int64).reshape(-1, self._shape[1])[self._owner]
        charged_wh = share_wh * self._charged[self._owner][:, None]
        return (
            -_products(fees_ticks, charged_wh),
            -_products(np.array(levies_ticks, dtype=np.int64), charged_wh),
        )

    # --- what became of the meter --------------------------------------------------------

    def _allocated(self, cell: Integers) -> list[Integers]:
        """Of the meters: to trades, own use, own storage, retail."""
        facts, times = self._facts, self._shape[1]
        stores = np.array([unit.storage is not None for unit in self._units], dtype=np.bool_)
        found = allocate(
            MeterColumns(
                metered_wh=facts.metered_wh.ravel(),
                point=(self._owner[:, None] * times + np.arange(times)).ravel(),
                stores=np.repeat(stores, times),
            ),
            TradeColumns(row=cell, rank=facts.trades.rank, injection_wh=facts.trades.injection_wh),
        )
        parts = (found.traded_wh, found.own_use_wh, found.own_storage_wh, found.retail_wh)
        return [part.reshape(self._shape) for part in parts]


def _row_of(
    reference: str,
    account: str,
    told: Mapping[str, int],
    place: Mapping[str, int],
    facts: DayFacts,
) -> int:
    """Where a transfer to or from an owner stands: at its unit, or at the first one told less."""
    if reference in told:
        unit = facts.units[reference]
        if participant_account(unit.participant_id) == account:
            return place[reference]
    less = (
        name
        for name, energy_wh in told.items()
        if energy_wh < 0 and participant_account(facts.units[name].participant_id) == account
    )
    return place[next(less)]


def _products(ticks: Integers, energy_wh: Integers) -> Integers:
    """Price times energy, exact.

    Raises:
        OverflowError: not within 64 bits.
    """
    if energy_wh.size and ticks.size:
        most = int(np.abs(ticks).max()) * int(np.abs(energy_wh).max())
        if most > _INT64_MAX:
            raise OverflowError(f"{most} quanta for a unit and interval")
    return np.asarray(ticks * energy_wh, dtype=np.int64)
