"""The area guard beside the checks of grids: who was made to wait or held is then told something else."""

from dataclasses import replace

from market.engine.control.told import told_schedule_wh
from market.engine.grid.grid_plans import targets_w
from market.model.act import ControlReason
from market.model.grid_check import (
    ApplyGridCheck,
    AreaCheck,
    ChecksReopened,
    GridPicture,
    UnitChange,
)
from market.model.units import power_from_energy_w
from tests.builders import MIDNIGHT_S, RULES, STEP_S
from tests.market.engine.fleet import Fleet

SLOW = replace(RULES, area_move_ppm_per_minute=50_000)
SECOND_S = MIDNIGHT_S + STEP_S
SAFE = GridPicture(
    solved=True,
    lowest_voltage_ppm=1_000_000,
    lowest_bus="bus-1",
    highest_voltage_ppm=1_000_000,
    highest_bus="bus-1",
    highest_loading_ppm=0,
    loaded_element="",
    loss_w=0,
    source_w=0,
)


def checked(fleet: Fleet, changes: tuple[UnitChange, ...]) -> None:
    """The village's grid is asked about the interval, and wants these changes."""
    state = fleet.engine.state
    reopened = ChecksReopened(starts_s=(SECOND_S,), now_us=fleet.now_us)
    fleet.engine.apply(reopened)
    fleet.events.append(reopened)
    area = AreaCheck(
        area_id="VIL",
        version=1,
        before=SAFE,
        after=SAFE if changes else None,
        changes=changes,
        replacement_w=0,
        cost_quanta=0,
        by_rule=False,
        rung="none",
    )
    answer = fleet.does(
        ApplyGridCheck(
            now_us=fleet.now_us,
            start_s=SECOND_S,
            areas=(area,),
            turn=state.networks.turn(SECOND_S),
        )
    )
    assert answer.rejections == ()


def turned(fleet: Fleet) -> None:
    """The whole fleet is to turn round."""
    fleet.noon(0, vic_sells=True)
    fleet.noon(1, vic_sells=False)


def change(unit_id: str, from_w: int, to_w: int) -> UnitChange:
    return UnitChange(
        unit_id=unit_id,
        from_w=from_w,
        to_w=to_w,
        reason=ControlReason.GRID_VOLTAGE,
        element_id="line-1",
    )


def scheduled_w(fleet: Fleet, unit_id: str) -> int:
    """What settlement takes the unit to have been told."""
    return power_from_energy_w(told_schedule_wh(fleet.engine.state, SECOND_S)[unit_id], 15)


def test_who_moves_for_the_grid_at_once_has_not_waited() -> None:
    fleet = Fleet()
    turned(fleet)
    name = max(fleet.cells, key=lambda name: fleet.told(1)[name].wait_s)
    assert fleet.told(1)[name].wait_s
    from_w = fleet.told(1)[name].target_w

    checked(fleet, (change(name, from_w, from_w // 2),))

    assert (fleet.told(1)[name].target_w, fleet.told(1)[name].wait_s) == (from_w // 2, 0)
    assert abs(scheduled_w(fleet, name) - from_w // 2) < 4


def test_who_was_held_and_then_moved_for_the_grid_is_weighed_by_where_it_was_held() -> None:
    fleet = Fleet(rules=SLOW)
    turned(fleet)
    before, after = fleet.told(0), fleet.told(1)
    name = next(name for name in fleet.cells if after[name].target_w == before[name].target_w)
    held_w = after[name].target_w
    changes = (change(name, held_w, held_w // 2),)
    checked(fleet, changes)
    assert abs(scheduled_w(fleet, name) - held_w // 2) < 4

    assert targets_w(fleet.engine.state, SECOND_S)[name] == held_w

    checked(fleet, (change(name, held_w, held_w // 4),))
    assert fleet.told(1)[name].target_w == held_w // 4
    assert abs(scheduled_w(fleet, name) - held_w // 4) < 4

    checked(fleet, ())
    assert abs(scheduled_w(fleet, name) - fleet.told(1)[name].power_w(SECOND_S)) < 4
