"""The area counts for itself what its units would begin to move, whoever says that they may."""

from dataclasses import replace

import pytest

from market.control.own_guard import OwnGuard
from market.control.unit import Moment
from market.model.participant import UnitKind
from market.model.power import Setpoint
from market.model.reach import Standing
from market.model.rejection import Code, Rejection
from tests.builders import unit

NOW_S = 1_700_000_100
STEP_S = 900
NAMES = tuple(f"cell-{number}" for number in range(10))
CELLS = tuple(
    unit(name, "ann", UnitKind.STORAGE, injection_max_w=5_000, withdrawal_max_w=5_000)
    for name in NAMES
)
MOST_W = 20_000


def setpoints(
    target_w: int, number: int = 0, waits: dict[str, int] | None = None, before_w: int = 0
) -> list[Setpoint]:
    """The same target for all; who waits is at `before_w` until then."""
    start_s = NOW_S + number * STEP_S
    return [
        Setpoint(
            unit_id=name,
            start_s=start_s,
            until_s=start_s + STEP_S,
            target_w=target_w,
            fallback_w=0,
            sequence=number + 1,
            wait_s=(waits or {}).get(name, 0),
            before_w=before_w if name in (waits or {}) else 0,
        )
        for name in NAMES
    ]


@pytest.fixture
def guard() -> OwnGuard:
    """All have passed on a window in which they rest."""
    made = OwnGuard(CELLS, MOST_W)
    passes(made, setpoints(0))
    return made


def passes(guard: OwnGuard, items: list[Setpoint], now_s: int = NOW_S) -> None:
    for item in items:
        guard.passed(item, now_s)


def admits(guard: OwnGuard, items: list[Setpoint], now_s: int = NOW_S) -> bool:
    return guard.admits(items[0].start_s, items, now_s)


def test_what_a_minute_bears_goes_through(guard: OwnGuard) -> None:
    assert admits(guard, setpoints(2_000, 1))
    assert not admits(guard, setpoints(2_001, 1))


def test_who_waits_its_turn_goes_through(guard: OwnGuard) -> None:
    waits = {name: 60 * (place // 4) for place, name in enumerate(NAMES)}
    assert admits(guard, setpoints(5_000, 1, waits))
    waits[NAMES[-1]] = 61
    waits[NAMES[3]] = 30
    assert not admits(guard, setpoints(5_000, 1, waits))


def test_a_power_of_before_that_nobody_had_is_a_move_too(guard: OwnGuard) -> None:
    waits = dict.fromkeys(NAMES, 300)
    assert not admits(guard, setpoints(5_000, 1, waits, before_w=5_000))


def test_small_steps_into_one_window_add_up(guard: OwnGuard) -> None:
    first = setpoints(5_000, 1)[:4]
    assert admits(guard, first)
    passes(guard, first)
    assert not admits(guard, setpoints(5_000, 1)[4:])


def test_stopping_needs_nobodys_consent(guard: OwnGuard) -> None:
    passes(guard, setpoints(5_000, 1))
    assert admits(guard, setpoints(0, 2))
    assert not admits(guard, setpoints(-5_000, 2))
    during_s = NOW_S + STEP_S + 30
    stopped = [replace(item, sequence=9) for item in setpoints(0, 1)]
    assert admits(guard, stopped, during_s)
    passes(guard, stopped, during_s)
    assert not admits(guard, [replace(item, target_w=5_000) for item in stopped], during_s)


def test_what_it_has_not_seen_it_does_not_judge() -> None:
    assert admits(OwnGuard(CELLS, MOST_W), setpoints(5_000))


def test_units_that_nobody_steers_do_not_count() -> None:
    guard = OwnGuard([replace(cell, controllable=False) for cell in CELLS], 0)
    passes(guard, setpoints(0))
    assert admits(guard, setpoints(5_000, 1))


def test_a_consent_is_for_the_windows_that_were_spoken_of(guard: OwnGuard) -> None:
    assert not admits(guard, setpoints(5_000, 1))
    guard.consent()
    assert admits(guard, setpoints(5_000, 1))
    passes(guard, setpoints(5_000, 1))
    assert not admits(guard, setpoints(-5_000, 2))


class Level:
    """Takes what it is given while it is joined."""

    def __init__(self) -> None:
        self.standing = Standing.JOINED
        self.taken: list[Setpoint] = []

    def schedule(self, setpoint: Setpoint, _: Moment) -> Rejection | None:
        if self.standing is not Standing.JOINED:
            return Rejection(code=Code.PHASE_CONFLICT, pointer="standing")
        self.taken.append(setpoint)
        return None


def test_of_two_windows_only_the_one_that_jumps_is_held_back(guard: OwnGuard) -> None:
    level, now = Level(), Moment(market_s=NOW_S, real_ms=0)
    both = [*setpoints(5_000, 1), *setpoints(1_000, 2)]
    assert guard.pass_on(level, both, now) == (NOW_S + STEP_S,)
    assert level.taken == setpoints(1_000, 2)


def test_what_the_level_does_not_take_counts_for_nothing(guard: OwnGuard) -> None:
    level, now = Level(), Moment(market_s=NOW_S, real_ms=0)
    level.standing = Standing.RETURNING
    assert guard.pass_on(level, setpoints(5_000, 1), now) == ()
    level.standing = Standing.JOINED
    assert guard.pass_on(level, setpoints(2_000, 1), now) == ()
    assert level.taken == setpoints(2_000, 1)
