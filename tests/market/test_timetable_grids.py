"""Schedules are held against their grids with the gate, and the meters afterwards; a restart does it again."""

import asyncio
import threading
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray

from clearing.network import NetworkArrays, PowerFlow
from market.control.network_arrays import network_arrays
from market.model.act import Act, ActKind, PerformAct
from market.model.alarm import ControlLevel
from market.model.grid_check import (
    GridChecked,
    GridSeen,
    InstructionsWithdrawn,
    IntervalChecked,
    UnitsRedispatched,
)
from market.model.messages import Phase
from market.model.network import RegisterNetwork
from market.model.timer import TimerKind
from market.timetable import GRID_DEADLINE_S, InTime
from tests.builders import DAY_BEFORE_US, MIDNIGHT_S, STEP_S
from tests.market.engine.feeders import feeder
from tests.market.test_timetable import GATE_US, SECOND, Here, World, in_world, prepare


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "village.sqlite"


TIGHT: Final = RegisterNetwork(
    now_us=DAY_BEFORE_US, actor="op", network=feeder(voltage_min_ppm=990_000)
)
"""Ben's load pulls the barn's voltage below what it may be, until Ann's battery helps."""


async def prepare_grid(world: World) -> None:
    await prepare(world)
    committed = await world.sequencer.submit(TIGHT)
    assert committed.answer.rejections == ()


def grid_facts(world: World) -> list[tuple[str, int]]:
    """What became of grids, and when in market time: microseconds after the first gate."""
    kinds = (GridChecked, UnitsRedispatched, IntervalChecked, GridSeen)
    return [
        (type(told.event).__name__, told.now_us - GATE_US)
        for told in world.heard
        if isinstance(told.event, kinds)
    ]


def test_every_schedule_is_held_against_its_grid_with_its_gate_and_every_meter_after(
    path: Path,
) -> None:
    async def story(world: World) -> None:
        await prepare_grid(world)
        await world.until(world.closed_day)

    world = in_world(path, story)

    quarter = STEP_S * SECOND
    assert grid_facts(world) == [
        ("GridChecked", 0),
        ("UnitsRedispatched", 0),
        ("IntervalChecked", 0),
        ("GridChecked", quarter),
        ("UnitsRedispatched", quarter),
        ("IntervalChecked", quarter),
        ("GridSeen", 3 * quarter),
        ("GridSeen", 4 * quarter),
    ]
    assert all(told.event.cured for told in world.heard if isinstance(told.event, GridChecked))


def test_market_time_waits_for_a_check_and_a_restart_does_it_again(path: Path) -> None:
    never = threading.Event()

    async def first() -> None:
        world = World(path, solver=Here(may_cure=never))
        await world.start()
        await prepare_grid(world)
        await world.until(lambda: world.solver.cures == [GRID_DEADLINE_S])
        await world.real.passes(1_000)
        assert world.clock.now_us() == GATE_US
        assert (0, Phase.DELIVERY_LOCK) in world.phases()
        assert grid_facts(world) == []
        await world.stop()
        never.set()  # only so that the thread can end

    async def goes_on(world: World) -> None:
        assert world.clock.now_us() == GATE_US
        timer = world.sequencer.engine.next_timer()
        assert timer is not None
        assert timer.kind is TimerKind.CHECK_GRID
        await world.until(lambda: len(grid_facts(world)) == 3)
        assert [due_us for _, due_us in grid_facts(world)] == [0, 0, 0]
        await world.until(world.closed_day)

    asyncio.run(first())
    in_world(path, goes_on)


def test_what_an_operator_stops_while_a_grid_is_calculated_is_calculated_again(path: Path) -> None:
    may = threading.Event()

    async def story() -> None:
        world = World(path, solver=Here(may_cure=may))
        await world.start()
        await prepare_grid(world)
        await world.until(lambda: len(world.solver.cures) == 1)
        stop = Act(kind=ActKind.STOP, level=ControlLevel.UNIT, member_id="ann-battery")
        committed = await world.sequencer.submit(
            PerformAct(now_us=GATE_US, actor="op", act=stop, reason="smoke")
        )
        assert committed.answer.rejections == ()
        may.set()
        await world.until(lambda: bool(grid_facts(world)))
        (checked,) = (told.event for told in world.heard if isinstance(told.event, GridChecked))
        # Without the battery nobody lifts the voltage: that is said, and nothing is told to it.
        assert len(world.solver.cures) > 1
        assert not checked.cured
        assert not any(isinstance(told.event, UnitsRedispatched) for told in world.heard)
        await world.stop()

    asyncio.run(story())


def test_a_grids_next_version_is_held_against_what_stands_before_it_begins(path: Path) -> None:
    async def story(world: World) -> None:
        await prepare_grid(world)
        await world.until(lambda: len(grid_facts(world)) == 3)
        wide = replace(TIGHT, network=feeder(version=2))
        committed = await world.sequencer.submit(wide)
        assert committed.answer.rejections == ()
        await world.until(
            lambda: any(isinstance(told.event, InstructionsWithdrawn) for told in world.heard)
        )
        await world.until(lambda: len(grid_facts(world)) == 5)
        assert world.clock.now_us() < MIDNIGHT_S * SECOND
        await world.until(world.closed_day)

    world = in_world(path, story)

    assert [name for name, _ in grid_facts(world)[:5]] == [
        "GridChecked",
        "UnitsRedispatched",
        "IntervalChecked",
        "GridChecked",
        "IntervalChecked",
    ]


def test_what_a_limit_leaves_over_is_offered_where_no_grid_is_known(path: Path) -> None:
    """Ben may not take what he has bought; as nobody takes it for more, the last resort does."""

    async def story(world: World) -> None:
        await prepare(world)
        await world.until(lambda: (0, Phase.DELIVERY_LOCK) in world.phases())
        assert grid_facts(world) == []
        limit = Act(
            kind=ActKind.LIMIT,
            level=ControlLevel.UNIT,
            member_id="ben-load",
            withdrawal_max_w=0,
        )
        committed = await world.sequencer.submit(
            PerformAct(now_us=GATE_US, actor="op", act=limit, reason="works")
        )
        assert committed.answer.rejections == ()
        await world.until(lambda: bool(grid_facts(world)))
        await world.until(world.closed_day)

    world = in_world(path, story)

    names = {name for name, _ in grid_facts(world)}
    assert names == {"IntervalChecked"}
    assert world.solver.cures == []


class Counted(Here):
    """Keeps how long each power flow may take."""

    def __init__(self) -> None:
        super().__init__()
        self.flows: list[float] = []

    def power_flow(
        self,
        network: NetworkArrays,
        power_w: NDArray[np.float64],
        reactive_var: NDArray[np.float64] | None = None,
        *,
        deadline_s: float = 10.0,
    ) -> PowerFlow:
        self.flows.append(deadline_s)
        return super().power_flow(network, power_w, reactive_var, deadline_s=deadline_s)


def test_all_areas_together_take_no_longer_than_the_gate_allows() -> None:
    """However many areas there are: who is asked late is given what is left, in the end no time at all."""
    now_s = [100.0]
    solver = Counted()
    in_time = InTime(solver, 15, lambda: now_s[0])
    network = network_arrays(feeder(), ("ben-load",))
    for _ in range(3):
        in_time.power_flow(network, np.array([[-1_000.0]]))
        now_s[0] += 8.0
    assert solver.flows == [10, 7, 0]
    assert in_time.is_over
