"""Settles days as a whole: when they are closed, when they are final, and when somebody asks.

The one idea: what is to be done follows from the market's state, so a run that was interrupted goes on where it
stopped. A run is a pure function of what was stored when it began; it is carried out beside the market's
other work, area by area, and booked by one command.
"""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Final

from market.day_certificates import day_certificates
from market.engine.state import MarketState
from market.model.certificate import IssuedCertificates
from market.model.clock import Clock
from market.model.interval import MICROSECONDS
from market.model.messages import Command, DayClosed
from market.model.participant import Participant, Unit
from market.model.settlement_run import (
    BeginSettlement,
    FinishSettlement,
    RecordSettledArea,
    SettledArea,
    SettlementBegun,
)
from market.month_runs import MonthRuns
from market.sequencer import Committed, Published, QueueFull, Sequencer
from market.settlement.dues import differences
from market.settlement.run import settle_day
from market.store import queries
from market.store.details import detail_bytes

ACTOR: Final = "market"
BUSY_S: Final = 1
"""Real time after which a market that was too busy is asked again."""
_DAY_S: Final = 86_400


class RunFault(Exception):
    """The market refused a run that was due: its days and its rules disagree."""


class DayRuns:
    """Does the runs of one market, one after the other."""

    def __init__(self, sequencer: Sequencer, clock: Clock, *, market_id: str) -> None:
        self._sequencer, self._clock, self._market_id = sequencer, clock, market_id
        self._changed = asyncio.Event()
        self._months = MonthRuns(sequencer, clock, self._submit, market_id=market_id, actor=ACTOR)

    async def run(self) -> None:
        """Do what is due, for ever.

        Raises:
            RunFault: the market refused it.
            SubmitRefused: the market's writer is down.
        """
        unsubscribe = self._sequencer.subscribe(self._heard)
        try:
            while True:
                self._changed.clear()
                while await self.step():
                    pass
                await self._changed.wait()
        finally:
            unsubscribe()

    def _heard(self, published: Published) -> None:
        if isinstance(published.event, DayClosed | SettlementBegun):
            self._changed.set()

    async def step(self) -> bool:
        """Do one run, or what is left of it, or a month; False: nothing is due."""
        if not self._sequencer.engine.exists:
            return False
        state = self._sequencer.engine.state
        if state.settlements.run is None:
            due = state.settlements.due(
                self._clock.now_us() // MICROSECONDS, state.rules.late_readings_days * _DAY_S
            )
            if due is None:
                return await self._months.step(state)
            day, kind = due
            begin = BeginSettlement(now_us=self._clock.now_us(), actor=ACTOR, day=day, kind=kind)
            committed = await self._committed(begin)
            # An operator may have begun another run a moment before: that one comes first.
            if state.settlements.run is None:
                _check(begin, committed)
        await self._carry_out(state)
        return True

    async def _carry_out(self, state: MarketState) -> None:
        run = state.settlements.run
        if run is None:  # somebody else's run of the day has just ended
            return
        begun = run.begun
        await self._sequencer.projected(self._sequencer.committed_seq)
        read = partial(self._stored, begun, dict(state.participants), dict(state.units))
        stored, standing = await asyncio.to_thread(read)
        settled = await asyncio.to_thread(settle_day, stored.facts)
        certified = await asyncio.to_thread(day_certificates, stored.facts, settled.detail)
        for area_id in run.left:
            detail, rows = await asyncio.to_thread(
                detail_bytes, stored.facts, settled.detail, area_id
            )
            certificates, green = await asyncio.to_thread(certified.area_bytes, area_id)
            area = SettledArea(
                run_id=begun.run_id,
                area_id=area_id,
                detail=detail,
                rows=rows,
                certificates=certificates,
                green=green,
            )
            await self._submit(
                RecordSettledArea(now_us=self._clock.now_us(), actor=ACTOR, area=area)
            )
        await self._submit(
            FinishSettlement(
                now_us=self._clock.now_us(),
                actor=ACTOR,
                run_id=begun.run_id,
                transfers=differences(stored.booked, settled.dues, begun.run_id),
                completeness=stored.completeness,
                certificates=certified.issued(standing),
            )
        )

    def _stored(
        self,
        begun: SettlementBegun,
        participants: Mapping[str, Participant],
        units: Mapping[str, Unit],
    ) -> tuple[queries.StoredDay, IssuedCertificates]:
        """The day as it is stored, and the certificates of the version that stands."""
        with self._sequencer.readers.connect() as connection:
            found = queries.settlement_run(connection, self._market_id, begun.run_id)
            assert found is not None, "it was projected before"
            stored = queries.stored_day(
                connection,
                self._market_id,
                participants=participants,
                units=units,
                day=begun.day,
                tariff=begun.tariff,
                event_seq=found.begun_event_seq,
            )
            return stored, queries.issued_of_day(connection, self._market_id, begun.day)

    async def _submit(self, command: Command) -> None:
        _check(command, await self._committed(command))

    async def _committed(self, command: Command) -> Committed:
        while True:
            try:
                return await self._sequencer.submit(command)
            except QueueFull:  # a run has time
                await asyncio.sleep(BUSY_S)


def _check(command: Command, committed: Committed) -> None:
    if committed.answer.rejections:
        raise RunFault(f"{type(command).__name__} was refused: {committed.answer.rejections}")
