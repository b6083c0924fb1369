"""Settles days as a whole: when they are closed, when they are final, and when somebody asks.

The one idea: what is to be done follows from the market's state, so a run that was interrupted goes on where it
stopped. A run is a pure function of what was stored when it began; it is carried out beside the market's
other work, area by area, and booked by one command.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypedDict

import numpy as np
from numpy.typing import NDArray

from market.day_certificates import DayCertificates, day_certificates
from market.engine.state import MarketState
from market.model.certificate import IssuedCertificates
from market.model.clock import Clock
from market.model.interval import MICROSECONDS
from market.model.messages import Command, DayClosed
from market.model.money import Transfer
from market.model.participant import Participant, Unit
from market.model.rules import Tariff
from market.model.settlement_run import (
    BeginSettlement,
    Completeness,
    FinishSettlement,
    RecordSettledArea,
    RunKind,
    SettledArea,
    SettlementBegun,
)
from market.month_runs import MonthRuns
from market.sequencer import Committed, Published, QueueFull, Sequencer
from market.settlement.again import Cells, settle_again
from market.settlement.day_facts import DayDetail, DayFacts, MeterUse
from market.settlement.dues import Dues, differences
from market.settlement.run import settle_day
from market.store import queries
from market.store.details import cells_bytes
from market.store.trade_sheets import trade_bytes

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
        work = partial(self._worked_out, begun, dict(state.participants), dict(state.units))
        found = await asyncio.to_thread(work)
        # What is due is added up while certificates are made and areas are put on disk.
        adding = asyncio.create_task(asyncio.to_thread(self._added_up, begun, found))
        try:
            certificates = await asyncio.to_thread(found.certified)
            await self._record(found, certificates, begun.run_id, tuple(run.left))
            transfers, standing = await adding
        finally:
            adding.cancel()
        await self._submit(
            FinishSettlement(
                now_us=self._clock.now_us(),
                actor=ACTOR,
                run_id=begun.run_id,
                transfers=transfers,
                completeness=found.completeness,
                certificates=certificates.issued(standing),
            )
        )

    def _added_up(
        self, begun: SettlementBegun, found: "_Found"
    ) -> tuple[tuple[Transfer, ...], IssuedCertificates]:
        """What the run books; and what certificates the version that stands has issued."""
        with self._sequencer.readers.connect() as connection:
            standing = queries.issued_of_day(connection, self._market_id, begun.day)
        return differences(found.booked, found.dues(), begun.run_id), standing

    async def _record(
        self, found: "_Found", certificates: DayCertificates, run_id: str, areas: Sequence[str]
    ) -> None:
        """Each area in its order; while one is put on disk the next one is made ready."""
        made = partial(found.area, certificates, run_id)
        ahead: asyncio.Task[SettledArea] | None = None
        try:
            for place, area_id in enumerate(areas):
                area = await (ahead or asyncio.to_thread(made, area_id))
                ahead = None
                if place + 1 < len(areas):
                    making = asyncio.to_thread(made, areas[place + 1])
                    ahead = asyncio.create_task(making)
                await self._submit(
                    RecordSettledArea(now_us=self._clock.now_us(), actor=ACTOR, area=area)
                )
        finally:
            if ahead is not None:  # the market is being closed, or something is wrong
                ahead.cancel()

    def _worked_out(
        self,
        begun: SettlementBegun,
        participants: Mapping[str, Participant],
        units: Mapping[str, Unit],
    ) -> "_Found":
        """What the run comes to: on the version before where that is possible, else as a whole."""
        with self._sequencer.readers.connect() as connection:
            run = queries.settlement_run(connection, self._market_id, begun.run_id)
            assert run is not None, "it was projected before"
            asked: _Asked = {
                "participants": participants,
                "units": units,
                "day": begun.day,
                "tariff": begun.tariff,
                "event_seq": run.begun_event_seq,
            }
            # The final run looks at everything once more.
            base = (
                queries.last_version(connection, self._market_id, begun.day)
                if begun.kind is RunKind.CORRECTED
                else None
            )
            if base is not None:
                changes = queries.day_changes(connection, self._market_id, base=base, **asked)
                found = None if changes is None else _Found.again(changes)
                if found is not None:
                    return found
            return _Found.whole(queries.stored_day(connection, self._market_id, **asked))

    async def _submit(self, command: Command) -> None:
        _check(command, await self._committed(command))

    async def _committed(self, command: Command) -> Committed:
        while True:
            try:
                return await self._sequencer.submit(command)
            except QueueFull:  # a run has time
                await asyncio.sleep(BUSY_S)


class _Asked(TypedDict):
    """What both ways of reading a day are asked for."""

    participants: Mapping[str, Participant]
    units: Mapping[str, Unit]
    day: str
    tariff: Tariff
    event_seq: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Found:
    """What a run comes to."""

    facts: DayFacts
    """Of the whole day."""
    area_of: NDArray[np.str_]
    """(n,) the area of each unit."""
    use: MeterUse
    """What became of the meters."""
    details: Sequence[tuple[Cells, DayDetail]]
    """What was settled."""
    base_run_id: str | None
    """The run whose version holds elsewhere; None: everything was settled."""
    booked: Dues
    dues: Callable[[], Dues]
    """Adds the day up."""
    completeness: Completeness

    @classmethod
    def whole(cls, stored: queries.StoredDay) -> "_Found":
        """Settle everything."""
        facts = stored.facts
        settled = settle_day(facts)
        every = Cells(rows=np.arange(len(facts.units)), columns=np.arange(len(facts.starts_s)))
        return cls(
            facts=facts,
            area_of=_areas(facts),
            use=MeterUse.of(settled.detail),
            details=[(every, settled.detail)],
            base_run_id=None,
            booked=stored.booked,
            dues=lambda: settled.dues,
            completeness=stored.completeness,
        )

    @classmethod
    def again(cls, changes: queries.DayChanges) -> "_Found | None":
        """Settle what has changed; None: nothing may stand on the version before."""
        settled = settle_again(changes.facts, changes.use, changes.parts)
        if settled is None:
            return None
        return cls(
            facts=changes.facts,
            area_of=_areas(changes.facts),
            use=changes.use,
            details=settled.details(),
            base_run_id=changes.base_run_id,
            booked=changes.booked,
            dues=lambda: settled.added_up(changes.booked)[0],
            completeness=changes.completeness,
        )

    def certified(self) -> DayCertificates:
        """Who has which certificate of a call goes by everybody's meter: they are made of all."""
        return day_certificates(self.facts, self.use)

    def area(self, certificates: DayCertificates, run_id: str, area_id: str) -> SettledArea:
        """What is recorded of an area; its trades with the version that others stand on."""
        facts, trades = self.facts, self.facts.trades
        unit_ids = list(facts.units)
        inside = self.area_of == area_id
        detail, rows = cells_bytes(self.details, unit_ids, facts.starts_s, inside)
        shares, green = certificates.area_bytes(area_id)
        legs = np.flatnonzero(inside[trades.unit]) if self.base_run_id is None else None
        return SettledArea(
            run_id=run_id,
            area_id=area_id,
            detail=detail if rows else b"",
            rows=rows,
            certificates=shares,
            green=green,
            trades=b"" if legs is None else trade_bytes(trades, legs, unit_ids, facts.starts_s),
            base_run_id=self.base_run_id,
        )


def _areas(facts: DayFacts) -> NDArray[np.str_]:
    return np.array([unit.area_id for unit in facts.units.values()])


def _check(command: Command, committed: Committed) -> None:
    if committed.answer.rejections:
        raise RunFault(f"{type(command).__name__} was refused: {committed.answer.rejections}")
