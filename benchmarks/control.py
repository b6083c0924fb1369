"""What the levels of control cost, row by row, each against its aim.

Run: python -m benchmarks.control [--only NAME]

`power_flow`: both real grids over the 96 intervals of a day, through the service as the market asks
(child process, shared memory, audited by another power flow), the library alone, and the auditor's
own. `redispatch`: one quarter hour of the village with 40 % more sun against a limit it breaks,
through the service, and what the rule takes in its place. `levels`: one pass of limits up and targets
down over 100,000 units in 100 areas, half of them with a limit that binds. `readings`: meters of 10,000
units, whole readings with quality and signature in batches of 1,000, until they are on disk and until
lists show them. Medians of several runs after one that does not count.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from benchmarks.figures.report import aim, report
from clearing.check.flow import flow
from clearing.network import FlowProblem
from clearing.power_flow import power_flow
from clearing.redispatch.fallback import fallback
from clearing.redispatch_problem import RedispatchRung
from clearing.service import ClearingService
from market.control.market import MarketControl
from market.model.grid import Area, Grid
from market.model.messages import (
    Command,
    CreateMarket,
    RecordMeasurements,
    RegisterParticipants,
    RegisterUnits,
)
from market.model.participant import Participant, Unit, UnitKind
from market.model.power import Measurement
from market.model.timer import TimerKind
from market.sequencer import Sequencer
from tests.builders import DAY_BEFORE_US, MIDNIGHT_S, RULES, STEP_S
from tests.clearing.grids import community, day_powers, sunny_noon
from tests.market.written import StillClock, due_command

RUNS: Final = 7
FLEET_AREAS: Final = 100
FLEET_UNITS: Final = 1_000
"""Of each area."""
METER_AREAS: Final = 10
METERS: Final = 1_000
"""Of each area."""
METER_INTERVALS: Final = 4
METER_RUNS: Final = 3
AREAS: Final = ("RUR", "SEM")


class Row(NamedTuple):
    """A line of the table: what, the figure and how it is told, the name of its aim, if it has one."""

    what: str
    figure: float
    told: str
    aim: str = ""


def power_flow_rows() -> Iterator[Row]:
    problems = []
    for area in AREAS:
        power_w, reactive_var = day_powers(area)
        problems.append(
            FlowProblem(network=community(area), power_w=power_w, reactive_var=reactive_var)
        )
    with ClearingService() as service:

        def through_the_service() -> None:
            for one in problems:
                found = service.power_flow(one.network, one.power_w, one.reactive_var)
                assert found.converged.all()

        yield _seconds("both areas, 96 intervals", through_the_service, "control.power_flow")
    yield _seconds("  the library alone", lambda: [power_flow(one) for one in problems])
    yield _seconds(
        "  the auditor's own",
        lambda: [flow(p.network, p.power_w, p.reactive_var) for p in problems],
    )


def redispatch_rows() -> Iterator[Row]:
    problem = sunny_noon("RUR", 1.055)
    with ClearingService() as service:

        def cheapest() -> None:
            assert service.redispatch(problem, 60.0).rung is RedispatchRung.CHEAPEST

        yield _seconds("one area, one interval, cured", cheapest, "control.redispatch")
    yield _seconds("  by rule, without a solver", lambda: fallback(problem, "", ()))


def levels_rows() -> Iterator[Row]:
    grid = Grid(
        areas=tuple(
            Area(area_id=f"A{number}", name="A", import_limit_w=2_000_000 if number % 2 else None)
            for number in range(FLEET_AREAS)
        ),
        lines=(),
    )
    units = [
        Unit(
            unit_id=f"{area.area_id}-{number}",
            participant_id=f"{area.area_id}-{number}",
            area_id=area.area_id,
            kind=UnitKind.LOAD,
            injection_max_w=5_000,
            withdrawal_max_w=10_000,
            controllable=number % 3 == 0,
        )
        for area in grid.areas
        for number in range(FLEET_UNITS)
    ]
    control = MarketControl(grid, units, RULES)
    scheduled_wh = {unit.unit_id: -(1_000 + n * 37 % 1_500) for n, unit in enumerate(units)}

    def down() -> None:
        changed = control.schedule(start_s=MIDNIGHT_S, scheduled_wh=scheduled_wh, sequence=1)
        assert sum(len(event.setpoints) for event in changed) == len(units)

    def up() -> None:
        control.deviations(start_s=MIDNIGHT_S, scheduled_wh=scheduled_wh, measured_wh=scheduled_wh)

    yield _seconds("100,000 units, limits up and targets down", down, "control.levels")
    yield _seconds("  what every level saw of them", up)
    yield _seconds("  limits and reserve", lambda: control.security(scheduled_wh=scheduled_wh))


def readings_rows() -> Iterator[Row]:
    durable, shown = zip(*(asyncio.run(_readings()) for _ in range(METER_RUNS)), strict=True)
    for what, rates, wanted in (
        ("readings a second, durable", durable, "control.readings"),
        ("  until lists show them", shown, ""),
    ):
        yield Row(what, median(rates), f"{median(rates):,.0f} (best {max(rates):,.0f})", wanted)


async def _readings() -> tuple[float, float]:
    """Readings a second of some intervals that wait for settlement: on disk, and projected."""
    rules = replace(
        RULES, trading_until_s=MIDNIGHT_S + METER_INTERVALS * STEP_S, settle_minutes=600
    )
    areas = [f"A{number}" for number in range(METER_AREAS)]
    upper = Area(area_id="GRID", name="Grid", holds_last_resort=True)
    grid = Grid(areas=(*(Area(area_id=name, name=name) for name in areas), upper), lines=())
    people = [Participant(participant_id=name, name=name, area_id=name) for name in areas]
    retailer = Participant(
        participant_id="retailer", name="Retailer", area_id="GRID", is_last_resort=True
    )
    units = [_meter(area_id, number) for area_id in areas for number in range(METERS)]
    setup: tuple[Command, ...] = (
        CreateMarket(now_us=DAY_BEFORE_US, actor="op", rules=rules, grid=grid),
        RegisterParticipants(now_us=DAY_BEFORE_US, actor="op", participants=(*people, retailer)),
        RegisterUnits(now_us=DAY_BEFORE_US, actor="op", units=tuple(units)),
    )
    with tempfile.TemporaryDirectory() as folder:
        clock = StillClock()
        sequencer = Sequencer.open(Path(folder) / "market.sqlite", clock=clock)
        await sequencer.start()
        for command in setup:
            assert not (await sequencer.submit(command)).answer.rejections
        ended = 0
        while ended < METER_INTERVALS:
            timer = sequencer.engine.next_timer()
            assert timer is not None
            clock.time_us = max(clock.time_us, timer.due_us)
            await sequencer.submit(due_command(sequencer.engine, timer))
            ended += timer.kind is TimerKind.END_DELIVERY
        commands = [
            _batch(area_id, units, MIDNIGHT_S + number * STEP_S, clock.time_us)
            for number in range(METER_INTERVALS)
            for area_id in areas
        ]
        count = sum(len(command.measurements) for command in commands)
        began = time.perf_counter()
        done = await asyncio.gather(*map(sequencer.submit, commands))
        durable_s = time.perf_counter() - began
        await sequencer.projected(done[-1].seq)
        shown_s = time.perf_counter() - began
        assert not any(item.answer.rejections for item in done)
        await sequencer.close()
    return count / durable_s, count / shown_s


def _meter(area_id: str, number: int) -> Unit:
    solar = number % 3 == 0
    return Unit(
        unit_id=f"{area_id}-unit-{number:05d}",
        participant_id=area_id,
        area_id=area_id,
        kind=UnitKind.SOLAR if solar else UnitKind.LOAD,
        injection_max_w=10_000 if solar else 0,
        withdrawal_max_w=0 if solar else 10_000,
        controllable=False,
    )


def _batch(area_id: str, units: list[Unit], start_s: int, now_us: int) -> RecordMeasurements:
    readings = tuple(
        Measurement(
            unit_id=unit.unit_id,
            start_s=start_s,
            injection_wh=500 + n % 50 if unit.injection_max_w else -(200 + n % 100),
            power_w=100 if unit.injection_max_w else -100,
            voltage_ppm=1_000_000 + n,
            frequency_mhz=50_000 + n % 20,
            sequence=start_s,
            measured_us=now_us + n,
            signature="ab" * 32,
        )
        for n, unit in enumerate(units)
        if unit.area_id == area_id
    )
    return RecordMeasurements(
        now_us=now_us, actor="gateway", area_id=area_id, measurements=readings
    )


#: What is measured, by name; `--only` chooses one.
MEASURED: Final[dict[str, Callable[[], Iterator[Row]]]] = {
    "power_flow": power_flow_rows,
    "redispatch": redispatch_rows,
    "levels": levels_rows,
    "readings": readings_rows,
}


def _seconds(what: str, work: Callable[[], object], wanted: str = "") -> Row:
    work()
    took = []
    for _ in range(RUNS):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return Row(what, median(took), f"{median(took):.3f} s (best {min(took):.3f})", wanted)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--only", choices=MEASURED)
    chosen = parser.parse_args().only
    for name in [chosen] if chosen else MEASURED:
        for row in MEASURED[name]():
            wanted = f"  aim {aim(row.aim)}" if row.aim else ""
            print(f"{name:<14}{row.what:<44}{row.told:>26}{wanted}", flush=True)
            if row.aim:
                report(row.aim, row.figure)


if __name__ == "__main__":
    main()
