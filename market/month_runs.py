"""Settles months whose days are all settled: what balance groups are given back of their adders.

The one idea: what a month comes to is worked out from the versions of its days and booked by one command, so there is
nothing in between that a kill could leave; whoever starts again finds the month due and comes to the same.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from market.engine.state import MarketState
from market.model.clock import Clock
from market.model.grid import Grid
from market.model.messages import Command
from market.model.participant import Unit
from market.model.rules import MarketRules
from market.model.settled_month import Basis, SettleMonth, month_reference
from market.sequencer import Sequencer
from market.settlement.band import MonthSums, UnitMonth, month_dues
from market.settlement.dues import Dues, differences
from market.settlement.months import due
from market.store import queries
from market.store.month_details import month_bytes


class MonthRuns:
    """Does the months of one market, one after the other."""

    def __init__(
        self,
        sequencer: Sequencer,
        clock: Clock,
        submit: Callable[[Command], Awaitable[None]],
        *,
        market_id: str,
        actor: str,
    ) -> None:
        self._sequencer, self._clock, self._submit = sequencer, clock, submit
        self._market_id, self._actor = market_id, actor

    async def step(self, state: MarketState) -> bool:
        """Settle one month; False: none is due."""
        found = due(
            state.months,
            state.settlements.days,
            state.rules,
            state.balance_groups,
            state.phases.closed_until_s(),
        )
        if found is None:
            return False
        month, basis = found
        await self._sequencer.projected(self._sequencer.committed_seq)
        units = dict(state.units)
        groups = {day: state.balance_groups.of_day(day) for day, _ in basis}
        read = partial(
            self._read, state.rules, state.grid, units, groups, state.last_resort_id, month, basis
        )
        months, booked = await asyncio.to_thread(read)
        detail, rows = await asyncio.to_thread(month_bytes, months)
        reference = month_reference(month, state.months.version(month) + 1)
        await self._submit(
            SettleMonth(
                now_us=self._clock.now_us(),
                actor=self._actor,
                month=month,
                basis=basis,
                detail=detail,
                rows=rows,
                transfers=differences(booked, month_dues(months, units), reference),
            )
        )
        return True

    def _read(
        self,
        rules: MarketRules,
        grid: Grid,
        units: Mapping[str, Unit],
        groups: Mapping[str, Mapping[str, str]],
        last_resort_id: str | None,
        month: str,
        basis: Basis,
    ) -> tuple[tuple[UnitMonth, ...], Dues]:
        sums = MonthSums()
        with self._sequencer.readers.connect() as connection:
            for day, version in basis:
                sums.add(
                    queries.day_deviations(
                        connection,
                        self._market_id,
                        rules=rules,
                        grid=grid,
                        units=units,
                        groups=groups[day],
                        last_resort_id=last_resort_id,
                        day=day,
                        version=version,
                    )
                )
            booked = queries.month_booked(connection, self._market_id, rules, month)
        return sums.units(rules.deviation_band_ppm), booked
