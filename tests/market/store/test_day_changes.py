"""A corrected run that stands on the version before comes to what settling the day anew comes to."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from benchmarks.settling.closed_day import write
from benchmarks.settling.large_market import DAY as LARGE_DAY
from benchmarks.settling.large_market import MARKET_ID as LARGE
from benchmarks.settling.large_market import Size
from market.day_certificates import day_certificates
from market.day_runs import DayRuns
from market.model.certificate import NOTHING_ISSUED
from market.model.messages import RecordMeasurements, RegisterParticipants, RegisterUnits
from market.model.participant import Participant, UnitKind
from market.model.power import Measurement
from market.model.rules import Tariff
from market.model.settlement_run import BeginSettlement, RecordSettledArea, RunKind
from market.sequencer import Sequencer
from market.settlement.day_facts import DayDetail, DayFacts, DayTrades, MeterUse
from market.settlement.run import settle_day
from market.store import queries, tables
from market.store.database import Store
from market.store.details import detail_columns
from market.store.queries.settled_columns import (
    KeptArea,
    kept_areas,
    settled_columns,
    trades_of_areas,
)
from market.store.trade_sheets import kept_trades
from tests.builders import DAY_BEFORE_US, MIDNIGHT_S, PARTICIPANTS, STEP_S
from tests.market.stores import NewStore
from tests.market.written import (
    MARKET_ID,
    SETUP,
    TRADING,
    StillClock,
    every_mode,
    helped_next_door,
    on_a_weak_grid,
    with_sequencer,
    write_life,
)

SMALL = Size(units=60, areas=3, intervals=8)
NAMES = (*DayDetail.names(), "origin")


class Market:
    """A closed day that readings come late for."""

    def __init__(self, store: Store, market_id: str, day: str, now_us: int) -> None:
        self._store, self._market_id, self._day = store, market_id, day
        self._now_us = now_us

    def lives(self, rounds: int, late: Callable[[Sequencer, int], Iterable[Measurement]]) -> int:
        """Settled, then corrected again and again; how often a run stood on the version before."""
        clock = StillClock(self._now_us)

        async def story(sequencer: Sequencer) -> int:
            runs = DayRuns(sequencer, clock, market_id=self._market_id)
            areas = self._recorded(sequencer)
            assert await runs.step()
            assert {area.base_run_id for area in areas} == {None}
            stood = 0
            for number in range(rounds):
                await self._read(sequencer, late(sequencer, number))
                areas.clear()
                await self._correct(sequencer)
                assert await runs.step()
                stood += any(area.base_run_id is not None for area in areas)
                await self._compare(sequencer)
            return stood

        return with_sequencer(self._store, story, clock=clock)

    def _recorded(self, sequencer: Sequencer) -> list[Any]:
        """The areas that runs record from now on."""
        submit, areas = sequencer.submit, list[Any]()

        async def noted(command: Any) -> Any:  # noqa: ANN401
            if isinstance(command, RecordSettledArea):
                areas.append(command.area)
            return await submit(command)

        sequencer.submit = noted  # type: ignore[method-assign]
        return areas

    async def _read(self, sequencer: Sequencer, readings: Iterable[Measurement]) -> None:
        units = sequencer.engine.state.units
        for reading in readings:
            command = RecordMeasurements(
                now_us=self._now_us,
                actor="meter",
                area_id=units[reading.unit_id].area_id,
                measurements=(reading,),
            )
            assert (await sequencer.submit(command)).answer.rejections == ()

    async def _correct(self, sequencer: Sequencer, tariff: Tariff | None = None) -> None:
        begin = BeginSettlement(
            now_us=self._now_us,
            actor="op",
            day=self._day,
            kind=RunKind.CORRECTED,
            reason="read anew",
            tariff=tariff,
        )
        committed = await sequencer.submit(begin)
        assert committed.answer.rejections == ()
        assert committed.events, "something has changed"

    async def _compare(self, sequencer: Sequencer) -> None:
        """The last version against the whole day, settled anew."""
        await sequencer.projected(sequencer.committed_seq)
        state = sequencer.engine.state
        with sequencer.readers.connect() as connection:
            run = queries.last_version(connection, self._market_id, self._day)
            assert run is not None
            asked: Mapping[str, Any] = {
                "participants": state.participants,
                "units": state.units,
                "day": self._day,
                "tariff": run.run.tariff,
            }
            stored = queries.stored_day(
                connection, self._market_id, event_seq=run.begun_event_seq, **asked
            )
            now = queries.stored_day(
                connection, self._market_id, event_seq=sequencer.committed_event_seq, **asked
            )
            owner = next(iter(state.participants))
            shown = queries.settled_detail(
                connection, self._market_id, participant_id=owner, day=self._day, version=None
            )
            areas = kept_areas(connection, self._market_id, run.run.run_id)
            rows = {name: row for row, name in enumerate(state.units)}
            starts_s = stored.facts.starts_s
            kept = settled_columns(areas, names=NAMES, units=rows, starts_s=starts_s)
            c = tables.settled_areas.c
            sheets = connection.execute(
                select(c.area_id, c.certificates, c.green).where(c.run_id == run.run.run_id)
            ).all()
            assert kept is not None
            trades = kept_trades(
                trades_of_areas(connection, self._market_id, areas),
                rows,
                {start_s: column for column, start_s in enumerate(starts_s)},
            )
            issued = queries.issued_of_day(connection, self._market_id, self._day)
        whole = settle_day(stored.facts)
        assert trades is not None
        for field in fields(DayTrades):
            read = getattr(stored.facts.trades, field.name)
            assert np.array_equal(getattr(trades, field.name), read), field.name
        self._same_lines(areas, shown, owner, stored.facts, whole.detail)
        made = day_certificates(stored.facts, MeterUse.of(whole.detail))
        assert {area_id: (certificates, green) for area_id, certificates, green in sheets} == {
            area_id: made.area_bytes(area_id) for area_id in areas
        }
        certified = made.issued(NOTHING_ISSUED)
        assert issued == replace(certified, held_wh=tuple(sorted(certified.held_wh)))
        for name in NAMES:
            assert np.array_equal(kept.columns[name], getattr(whole.detail, name)), name
        assert now.booked == whole.dues
        assert run.run.completeness == stored.completeness
        assert state.ledger.sum_quanta() == 0

    def _same_lines(
        self,
        areas: Mapping[str, Sequence[KeptArea]],
        shown: Any,  # noqa: ANN401 - version and lines
        owner: str,
        facts: DayFacts,
        detail: DayDetail,
    ) -> None:
        """What is shown of a version does not tell on how many others it lies."""
        units = list(facts.units.values())
        assert shown is not None
        own = [row for row, unit in enumerate(units) if unit.participant_id == owner]
        told = {
            (line["unit_id"], line["start_s"]): tuple(line[name] for name in DayDetail.names())
            for line in shown[1]
        }
        assert len(told) == len(shown[1]) == len(own) * len(facts.starts_s)
        for row in own:
            for column, start_s in enumerate(facts.starts_s):
                values = tuple(
                    int(getattr(detail, name)[row, column]) for name in DayDetail.names()
                )
                assert told[units[row].unit_id, start_s] == values
        for area_id, parts in areas.items():
            inside = [row for row, unit in enumerate(units) if unit.area_id == area_id]
            columns = detail_columns([part.detail for part in parts], DayDetail.names())
            for name, values in columns.items():
                assert values.tolist() == getattr(detail, name)[inside].ravel().tolist()


def readings(
    chance: np.random.Generator, units: Sequence[str], starts_s: Sequence[int], count: int
) -> list[Measurement]:
    """Late readings by chance, each of another unit and interval."""
    cells = chance.choice(len(units) * len(starts_s), count, replace=False)
    return [
        Measurement(
            unit_id=units[cell // len(starts_s)],
            start_s=starts_s[cell % len(starts_s)],
            injection_wh=int(chance.integers(-900, 900)),
        )
        for cell in cells.tolist()
    ]


def metered(sequencer: Sequencer) -> list[str]:
    """Units that may be read with either sign within these bounds."""
    return [
        name
        for name, unit in sequencer.engine.state.units.items()
        if unit.kind is not UnitKind.RETAILER
        and min(unit.injection_max_w, unit.withdrawal_max_w) >= 4_000
    ]


@pytest.mark.parametrize("seed", range(4))
def test_round_after_round_it_is_the_day_settled_anew(
    seed: int, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With gaps that lines fill, and values that come to the same as before."""
    monkeypatch.setattr("benchmarks.settling.day_lists._MISSING", 0.3)
    write(store, SMALL, seed)
    chance = np.random.default_rng(seed)

    def late(sequencer: Sequencer, number: int) -> list[Measurement]:
        return readings(chance, metered(sequencer), SMALL.starts_s, 1 + 4 * number)

    market = Market(store, LARGE, LARGE_DAY, SMALL.closed_us)
    assert market.lives(4, late) >= 3


Round = tuple[int, int, bool, int]
"""What chance begins with, how many readings come, whether their meters count them, the network fee."""


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    missing=st.sampled_from([0, 0.05, 0.4]),
    rounds=st.lists(
        st.tuples(
            st.integers(0, 2**32),
            st.integers(1, 12),
            st.booleans(),
            st.sampled_from([7_000, 7_001]),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_whatever_comes_it_is_the_day_settled_anew(
    missing: float, rounds: list[Round], new_store: NewStore
) -> None:
    """Few meters are read again and again, some of them with a count that is older than one that was told."""
    store = new_store()

    class Charging(Market):
        async def _correct(self, sequencer: Sequencer, tariff: Tariff | None = None) -> None:
            told = Tariff(network_ticks=fees.pop(0), levies_ticks=5_000)
            await super()._correct(sequencer, tariff or told)

    def late(sequencer: Sequencer, number: int) -> list[Measurement]:
        seed, count, counted, _ = rounds[number]
        chance = np.random.default_rng(seed)
        found = readings(chance, metered(sequencer)[:4], SMALL.starts_s, count)
        return [
            replace(item, sequence=int(chance.integers(2**40)) if counted else None)
            for item in found
        ]

    fees = [network_ticks for *_, network_ticks in rounds]
    changed = sum(one != other for one, other in pairwise([7_000, *fees]))
    market = Charging(store, LARGE, LARGE_DAY, SMALL.closed_us)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchmarks.settling.day_lists._MISSING", missing)
        patch.setattr(import_module("market.store.queries.day_changes"), "SHARE_MAX", 0)
        write(store, SMALL, rounds[0][0])
        stood = market.lives(len(rounds), late)
    assert stood == len(rounds) - changed


@pytest.mark.parametrize("life", [every_mode, on_a_weak_grid, helped_next_door])
def test_so_it_is_where_units_were_told_something_or_helped(
    life: Callable[[], Any], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By the name of the module, as the package has a function of that name.
    monkeypatch.setattr(import_module("market.store.queries.day_changes"), "SHARE_MAX", 0)
    write_life(store, life())
    chance = np.random.default_rng(7)
    starts_s = (MIDNIGHT_S, MIDNIGHT_S + STEP_S)
    sign = {UnitKind.LOAD: -1, UnitKind.SOLAR: 1}

    def late(sequencer: Sequencer, number: int) -> list[Measurement]:
        units = sequencer.engine.state.units
        names = [name for name, unit in units.items() if unit.kind is not UnitKind.RETAILER]
        found = readings(chance, names, starts_s, 1 + number % 3)
        return [
            replace(
                item, injection_wh=sign.get(units[item.unit_id].kind, 1) * abs(item.injection_wh)
            )
            for item in found
        ]

    market = Market(store, MARKET_ID, LARGE_DAY, (MIDNIGHT_S + 3 * STEP_S) * 1_000_000)
    assert market.lives(6, late) == 6


def test_where_too_much_has_changed_all_is_settled(store: Store) -> None:
    write(store, SMALL)
    chance = np.random.default_rng(3)

    def late(sequencer: Sequencer, number: int) -> list[Measurement]:
        return readings(chance, metered(sequencer), SMALL.starts_s, (1, 300, 1)[number])

    market = Market(store, LARGE, LARGE_DAY, SMALL.closed_us)
    assert market.lives(3, late) == 2


@pytest.mark.parametrize("other", ["fees", "unit", "way"])
def test_on_other_grounds_all_is_settled(
    other: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(store, SMALL)
    dearer = Tariff(network_ticks=7_001, levies_ticks=5_000)
    chance = np.random.default_rng(5)

    class Changing(Market):
        async def _correct(self, sequencer: Sequencer, tariff: Tariff | None = None) -> None:
            first = next(iter(sequencer.engine.state.units.values()))
            if other == "unit":
                more = RegisterUnits(
                    now_us=self._now_us, actor="op", units=(replace(first, unit_id="more"),)
                )
                assert (await sequencer.submit(more)).answer.rejections == ()
            elif other == "way":
                monkeypatch.setattr("market.store.details.WAY", b"another")
            await super()._correct(sequencer, dearer if other == "fees" else tariff)

    def late(sequencer: Sequencer, _number: int) -> list[Measurement]:
        return readings(chance, metered(sequencer), SMALL.starts_s, 1)

    market = Changing(store, LARGE, LARGE_DAY, SMALL.closed_us)
    assert market.lives(1, late) == 0


def test_where_a_last_resort_has_come_all_is_settled(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no unit, so the rows are those of before; but what deviates has a price now."""
    monkeypatch.setattr(import_module("market.store.queries.day_changes"), "SHARE_MAX", 0)
    nobody = tuple(replace(item, is_last_resort=False) for item in PARTICIPANTS)
    people = RegisterParticipants(now_us=DAY_BEFORE_US, actor="op", participants=nobody)
    write_life(store, (SETUP[0], people, *SETUP[2:], *TRADING))
    starts_s = (MIDNIGHT_S, MIDNIGHT_S + STEP_S)
    late_resort = Participant(
        participant_id="town", name="Town", area_id="GRID", is_last_resort=True
    )

    class Changing(Market):
        async def _correct(self, sequencer: Sequencer, tariff: Tariff | None = None) -> None:
            more = RegisterParticipants(
                now_us=self._now_us, actor="op", participants=(late_resort,)
            )
            assert (await sequencer.submit(more)).answer.rejections == ()
            await super()._correct(sequencer, tariff)

    def late(_sequencer: Sequencer, number: int) -> list[Measurement]:
        return [
            Measurement(unit_id="ben-load", start_s=starts_s[number], injection_wh=-900 - number)
        ]

    market = Changing(store, MARKET_ID, LARGE_DAY, (MIDNIGHT_S + 3 * STEP_S) * 1_000_000)
    assert market.lives(2, late) == 0
