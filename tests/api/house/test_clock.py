"""Market time never goes back, never passes a hold, and goes on from a hold without a jump."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.house.clock import MachineTime, RealClock, SimulatedClock
from tests.api.virtual_time import START_US, VirtualTime, settle

SECOND = 1_000_000


def clock_at(speed: float = 720, *, running: bool = True) -> tuple[SimulatedClock, VirtualTime]:
    real = VirtualTime()
    return SimulatedClock(start_us=START_US, speed=speed, running=running, real_time=real), real


def run(act: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(act())


def test_a_simulated_clock_waits_to_be_started() -> None:
    async def story() -> None:
        clock, real = clock_at(running=False)
        await real.passes(100)
        assert (clock.now_us(), clock.running, clock.simulated) == (START_US, False, True)
        clock.start()
        await real.passes(1)
        assert clock.now_us() == START_US + 720 * SECOND
        clock.start()
        assert clock.now_us() == START_US + 720 * SECOND

    run(story)


def test_time_lost_at_a_hold_is_not_caught_up() -> None:
    async def story() -> None:
        clock, real = clock_at()
        gate_us = START_US + 900 * SECOND
        clock.hold_at("timetable", gate_us)
        await real.passes(10)
        assert clock.now_us() == gate_us
        clock.hold_at("timetable", None)
        assert clock.now_us() == gate_us
        await real.passes(1)
        assert clock.now_us() == gate_us + 720 * SECOND

    run(story)


def test_the_earliest_of_several_holds_counts() -> None:
    async def story() -> None:
        clock, real = clock_at()
        clock.hold_at("one market", START_US + 20 * SECOND)
        clock.hold_at("another", START_US + 10 * SECOND)
        await real.passes(5)
        assert clock.now_us() == START_US + 10 * SECOND
        clock.hold_at("another", START_US + 30 * SECOND)
        await real.passes(5)
        assert clock.now_us() == START_US + 20 * SECOND

    run(story)


def test_a_hold_in_the_past_stops_the_clock_where_it_is() -> None:
    async def story() -> None:
        clock, real = clock_at()
        await real.passes(1)
        clock.hold_at("timetable", START_US)
        await real.passes(1)
        assert clock.now_us() == START_US + 720 * SECOND

    run(story)


def test_waiting_ends_when_the_time_has_come_and_not_before() -> None:
    async def story() -> None:
        clock, real = clock_at(running=False)
        waiting = asyncio.create_task(clock.wait_until(START_US + 720 * SECOND))
        await real.passes(50)
        assert not waiting.done()
        clock.start()
        await real.passes(0.999)
        assert not waiting.done()
        await real.passes(0.001)
        assert waiting.done()

    run(story)


def test_who_waits_behind_a_hold_goes_on_when_it_is_lifted() -> None:
    async def story() -> None:
        clock, real = clock_at()
        clock.hold_at("timetable", START_US + 10 * SECOND)
        waiting = asyncio.create_task(clock.wait_until(START_US + 730 * SECOND))
        await real.passes(30)
        assert not waiting.done()
        clock.hold_at("timetable", START_US + 730 * SECOND)
        await real.passes(0.99)
        assert not waiting.done()
        await real.passes(0.02)
        assert waiting.done()
        assert clock.now_us() == START_US + 730 * SECOND

    run(story)


def test_who_gives_up_waiting_leaves_nothing_behind() -> None:
    async def story() -> None:
        clock, _ = clock_at()
        waiting = asyncio.create_task(clock.wait_until(START_US + 720 * SECOND))
        await settle()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(story)


def test_after_a_restart_it_goes_on_from_the_last_committed_time() -> None:
    async def story() -> None:
        clock, real = clock_at()
        clock.resume_from(START_US + 5_000 * SECOND)
        await real.passes(1)
        assert clock.now_us() == START_US + 5_720 * SECOND
        clock.resume_from(START_US)
        assert clock.now_us() == START_US + 5_720 * SECOND

    run(story)


@pytest.mark.parametrize("speed", [0, -1, float("nan")])
def test_a_clock_does_not_run_backward(speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        SimulatedClock(start_us=0, speed=speed)


def test_the_real_clock_tells_the_time_of_day_and_is_never_set_back() -> None:
    async def story() -> None:
        real = VirtualTime()
        clock = RealClock(real_time=real)
        assert (clock.now_us(), clock.speed, clock.running) == (START_US, 1, True)
        real.wall_offset_us -= 3_600 * SECOND
        assert clock.now_us() == START_US
        real.wall_offset_us += 3_601 * SECOND
        assert clock.now_us() == START_US + SECOND
        clock.resume_from(START_US + 10 * SECOND)
        clock.start()
        assert clock.now_us() == START_US + 10 * SECOND

    run(story)


def test_the_real_clock_waits_at_a_hold_and_then_is_in_the_present() -> None:
    async def story() -> None:
        real = VirtualTime()
        clock = RealClock(real_time=real)
        clock.hold_at("timetable", START_US + SECOND)
        waiting = asyncio.create_task(clock.wait_until(START_US + 2 * SECOND))
        await real.passes(200)
        assert clock.now_us() == START_US + SECOND
        assert not waiting.done()
        clock.hold_at("timetable", None)
        await settle()
        assert waiting.done()
        assert clock.now_us() == START_US + 200 * SECOND

    run(story)


def test_a_wall_clock_that_is_set_forward_is_noticed_by_who_waits() -> None:
    async def story() -> None:
        real = VirtualTime()
        clock = RealClock(real_time=real)
        waiting = asyncio.create_task(clock.wait_until(START_US + 86_400 * SECOND))
        await real.passes(1)
        real.wall_offset_us += 86_400 * SECOND
        await real.passes(60)
        assert waiting.done()

    run(story)


def test_the_machines_time_passes() -> None:
    async def story() -> None:
        machine = MachineTime()
        before = (machine.monotonic_ns(), machine.wall_us())
        await machine.sleep(0.001)
        assert machine.monotonic_ns() > before[0]
        assert machine.wall_us() > 1_600_000_000 * SECOND

    run(story)


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("passes"), st.integers(0, 5_000)),  # milliseconds
        st.tuples(st.just("hold one"), st.integers(-100, 5_000) | st.none()),
        st.tuples(st.just("hold two"), st.integers(-100, 5_000) | st.none()),
        st.tuples(st.just("start"), st.none()),
        st.tuples(st.just("look"), st.none()),
        st.tuples(st.just("resume"), st.integers(0, 3_000)),
    ),
    max_size=30,
)


@given(acts=ACTS, speed=st.sampled_from([1, 7, 720, 0.5, 3.3]))
def test_whatever_happens_time_keeps_its_laws(
    acts: list[tuple[str, int | None]], speed: float
) -> None:
    """Never back, never past a hold, never faster than its speed."""
    real = VirtualTime()
    clock = SimulatedClock(start_us=START_US, speed=speed, real_time=real)
    holds: dict[str, int] = {}
    before_us = clock.now_us()
    for act, value in acts:
        allowed_us = before_us
        if act == "passes" and value is not None:
            real.ns += value * 1_000_000
            if clock.running:
                allowed_us += int(value * 1_000 * speed) + 1
        elif act.startswith("hold"):
            due_us = None if value is None else before_us + value * 1_000
            clock.hold_at(act, due_us)
            holds.pop(act, None)
            if due_us is not None:
                holds[act] = due_us
        elif act == "start":
            clock.start()
        elif act == "resume" and value is not None:
            resumed_us = START_US + value * 1_000
            if min(holds.values(), default=resumed_us) < resumed_us:
                continue  # a restart resumes before anybody holds
            clock.resume_from(resumed_us)
            allowed_us = max(allowed_us, resumed_us)
        now_us = clock.now_us()
        assert before_us <= now_us <= allowed_us
        assert now_us <= max(min(holds.values(), default=now_us), before_us)
        before_us = now_us


@given(steps=st.lists(st.integers(1, 10_000), min_size=1, max_size=50))
def test_looking_often_makes_time_neither_faster_nor_slower(steps: list[int]) -> None:
    """Whole microseconds are lost to no rounding, however often somebody looks."""
    often, real_often = clock_at(720)
    once, real_once = clock_at(720)
    for step in steps:
        real_often.ns += step
        often.now_us()
    real_once.ns += sum(steps)

    assert often.now_us() == once.now_us() == START_US + sum(steps) * 720 // 1_000
