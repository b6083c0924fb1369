"""What people may do to a unit, and what outlives a loss of power."""

import pytest

from market.control.unit import LocalSettings, Readiness, UnitAct
from market.model.alarm import AlarmKind
from market.model.rejection import Code
from tests.market.control.unit.stand import (
    LIGHTS,
    MARKET,
    NOTHING,
    OTHER,
    PROFILE,
    START_S,
    Stand,
    kinds,
    story,
)

# --- people -----------------------------------------------------------------------------------


def test_stop_and_start_by_an_operator() -> None:
    stand = Stand().in_service(6_000)
    assert stand.machine.act(UnitAct.STOP, "eve", stand.now) is None
    output = stand.step()
    assert (output.state, output.connected, output.target_w) == ("stopped", False, 0)
    refused = stand.target(5_000)
    assert refused is not None
    assert refused.code is Code.UNIT_OUT_OF_SERVICE
    stand.run(100)
    assert stand.machine.act(UnitAct.START, "eve", stand.now) is None
    outputs = stand.run(600)
    assert story(stand)[-3:] == ["init", "connecting", "normal"]
    assert next(n for n, output in enumerate(outputs) if output.connected) >= PROFILE.enter_delay_s


def test_minimum_times_on_and_off_the_grid() -> None:
    stand = Stand(local=LocalSettings(min_up_s=600, min_down_s=900))
    stand.run(400)
    early = stand.machine.act(UnitAct.STOP, "eve", stand.now)
    assert early is not None
    assert early.code is Code.NOT_OPEN
    assert "earliest" in early.parameters
    stand.run(300)
    assert stand.machine.act(UnitAct.STOP, "eve", stand.now) is None
    stand.run(100)
    early = stand.machine.act(UnitAct.START, "eve", stand.now)
    assert early is not None
    assert early.code is Code.NOT_OPEN
    stand.run(800)
    assert stand.machine.act(UnitAct.START, "eve", stand.now) is None


def test_after_a_trip_the_minimum_time_off_holds_too() -> None:
    stand = Stand(local=LocalSettings(min_down_s=900)).in_service()
    stand.machine.hardware_tripped("overcurrent")
    outputs = stand.run(1_200)
    assert next(n for n, output in enumerate(outputs) if output.connected) == 900


def test_an_emergency_stop_waits_for_nothing_and_needs_two_to_come_back() -> None:
    stand = Stand(local=LocalSettings(min_up_s=6_000)).in_service(6_000)
    machine = stand.machine
    assert machine.act(UnitAct.EMERGENCY_STOP, "eve", stand.now) is None
    assert machine.limits() == NOTHING
    assert stand.step().state == "stopped"
    refused = machine.act(UnitAct.START, "eve", stand.now)
    assert refused is not None
    assert refused.code is Code.PHASE_CONFLICT
    for second, code in (
        (None, Code.SECOND_PERSON_REQUIRED),
        ("eve", Code.SECOND_PERSON_REQUIRED),
        (OTHER, Code.NOT_PERMITTED),
    ):
        refused = machine.act(UnitAct.RELEASE, "eve", stand.now, second=second)
        assert refused is not None
        assert refused.code is code
    assert machine.act(UnitAct.RELEASE, "eve", stand.now, second="fay") is None
    assert machine.act(UnitAct.START, "eve", stand.now) is None
    stand.run(600)
    assert stand.state == "normal"


@pytest.mark.parametrize("who", [MARKET, OTHER])
@pytest.mark.parametrize("act", list(UnitAct))
def test_nobody_else_acts(act: UnitAct, who: str) -> None:
    stand = Stand().in_service(6_000)
    refused = stand.machine.act(act, who, stand.now, second="eve")
    assert refused is not None
    assert refused.code is Code.NOT_PERMITTED
    assert stand.step().target_w == 6_000


def test_locked_on_site_it_is_released_on_site() -> None:
    stand = Stand().in_service(6_000)
    assert stand.machine.act(UnitAct.LOCK, "ann", stand.now, on_site=True) is None
    stand.run(600)
    assert stand.state == "locked"
    assert not stand.last.connected
    assert stand.machine.act(UnitAct.RELEASE, "ann", stand.now, on_site=True) is None
    stand.run(600)
    assert stand.state == "normal"


def test_settings_that_change_in_service_are_tampering() -> None:
    stand = Stand().in_service(6_000)
    stand.machine.ready(Readiness(settings_hash="another"), stand.now)
    assert stand.machine.limits() == NOTHING
    assert stand.step().state == "locked"
    assert kinds(stand) == [AlarmKind.TAMPERED, AlarmKind.LOCKED]


def test_lights_are_never_cut() -> None:
    stand = Stand(LIGHTS)
    stand.machine.wish(-3_000)
    stand.run(200)
    for act in (UnitAct.STOP, UnitAct.EMERGENCY_STOP, UnitAct.LOCK):
        assert stand.machine.act(act, "eve", stand.now) is not None
    stand.machine.hardware_tripped("fuse")
    stand.machine.tampered("lid", stand.now)
    stand.limit(0)
    stand.run(300, grid=False, market=False)
    assert (stand.last.connected, stand.last.target_w) == (True, -3_000)


# --- memory -----------------------------------------------------------------------------------


def test_a_lock_outlives_the_loss_of_power() -> None:
    stand = Stand().in_service(6_000)
    stand.machine.act(UnitAct.LOCK, "ann", stand.now, on_site=True)
    again = Stand(memory=stand.machine.memory())
    again.market_s, again.sequence = stand.market_s, stand.sequence
    again.run(300)
    assert again.state == "locked"


def test_a_stop_in_an_emergency_outlives_the_loss_of_power() -> None:
    stand = Stand().in_service(6_000)
    stand.machine.act(UnitAct.EMERGENCY_STOP, "eve", stand.now)
    again = Stand(memory=stand.machine.memory())
    again.market_s, again.sequence = stand.market_s, stand.sequence
    again.run(300)
    assert again.state == "stopped"
    assert again.machine.act(UnitAct.START, "eve", again.now) is not None


def test_what_was_taken_before_is_not_taken_for_new_afterwards() -> None:
    stand = Stand().in_service(6_000)
    again = Stand(memory=stand.machine.memory())
    again.market_s = stand.market_s + 5_000
    again.sequence = 0
    refused = again.target(9_000)
    assert refused is not None
    assert (refused.code, refused.pointer) == (Code.PHASE_CONFLICT, "sequence")
    refused = again.limit()
    assert refused is not None
    assert (refused.code, refused.pointer) == (Code.PHASE_CONFLICT, "sequence")


def test_a_clock_behind_what_is_remembered_has_stood_still() -> None:
    stand = Stand().in_service(6_000)
    again = Stand(memory=stand.machine.memory())
    again.market_s, again.sequence = START_S, stand.sequence
    again.run(300, renew=False)
    assert again.state == "init"
    again.market_s = stand.market_s + 10
    again.run(600)
    assert again.state == "normal"
