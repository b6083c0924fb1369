"""Two villages and a grid above them: what one of them cannot do itself, a battery of the other may do."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from clearing.clear import clear
from clearing.explain import reasons_of
from market.control.activation_check import helped
from market.control.grid_check import check, see
from market.model.act import Act, ActKind, PerformAct
from market.model.activation import UnitsActivated
from market.model.alarm import ControlLevel
from market.model.grid import Area, Line
from market.model.grid_check import ApplyGridCheck
from market.model.messages import (
    ApplyClearing,
    CloseGate,
    Deposit,
    EndDelivery,
    MakeDeposits,
    RecordMeasurements,
    RegisterParticipants,
    RegisterUnits,
    SettleInterval,
    TransfersBooked,
)
from market.model.money import CENTRAL, Transfer
from market.model.network import Network, RegisterNetwork
from market.model.participant import Participant, Unit, UnitKind
from market.model.power import Measurement
from market.model.timer import TimerKind
from tests.builders import BATTERY, GRID, MIDNIGHT_S, RULES, STEP_S, Story, unit
from tests.market.engine.feeders import PLACES, Calculator, feeder

ONE_INTERVAL: Final = replace(RULES, trading_until_s=MIDNIGHT_S + STEP_S)
TIE: Final = Line(
    line_id="RUR-SEM",
    from_area="RUR",
    to_area="SEM",
    capacity_forward_w=8_000,
    capacity_backward_w=8_000,
    loss_ppm=20_000,
    fee_forward_ticks=500,
    fee_backward_ticks=500,
)
TWO: Final = replace(
    GRID,
    areas=(*GRID.areas, Area(area_id="SEM", name="Suburb")),
    lines=(*GRID.lines, replace(GRID.lines[0], line_id="GRID-SEM", to_area="SEM"), TIE),
)
UNITS_MORE: Final = (
    unit("mill-load", "ben", UnitKind.LOAD, withdrawal_max_w=20_000),
    unit("cleo-solar", "cleo", UnitKind.SOLAR, injection_max_w=10_000, area_id="SEM"),
    unit("dan-load", "dan", UnitKind.LOAD, withdrawal_max_w=10_000, area_id="SEM"),
    unit(
        "cleo-battery",
        "cleo",
        UnitKind.STORAGE,
        injection_max_w=40_000,
        withdrawal_max_w=40_000,
        area_id="SEM",
        storage=BATTERY,
    ),
)
PLACES_MORE: Final = {**PLACES, "mill-load": "station"}
"""The mill stands at the station: the lane carries all that comes from the roof."""


def villages(
    networks: Sequence[Network] = (), *, units: Sequence[Unit] = UNITS_MORE, grid: object = TWO
) -> Story:
    """In both villages a roof has sold ten kilowatts to a neighbour at 120 per MWh; the gate is closed."""
    story = Story(rules=ONE_INTERVAL, grid=grid)  # type: ignore[arg-type]
    now_us = story.now_us
    more = tuple(
        Participant(participant_id=name, name=name, area_id="SEM") for name in ("cleo", "dan")
    )
    story.does(RegisterParticipants(now_us=now_us, actor="op", participants=more))
    assert story.does(RegisterUnits(now_us=now_us, actor="op", units=tuple(units))).rejections == ()
    paid = tuple(
        Deposit(deposit_id=f"dep-{name}", participant_id=name, amount_quanta=10**10)
        for name in ("cleo", "dan")
    )
    story.does(MakeDeposits(now_us=now_us, actor="op", deposits=paid))
    for network in networks:
        register = RegisterNetwork(now_us=now_us, actor="op", network=network)
        assert story.does(register).rejections == ()
    story.opens()
    story.places("ann", "s ann-solar sell 12000 2500")
    story.places("ben", "b mill-load buy 12000 2500")
    story.places("cleo", "s cleo-solar sell 12000 2500")
    story.places("dan", "b dan-load buy 12000 2500")
    assert story.does(CloseGate(now_us=now_us, start_s=MIDNIGHT_S)).rejections == ()
    return story


def clears(story: Story) -> None:
    """The call is cleared and the set-points are out."""
    auction = story.engine.clearing_problem(MIDNIGHT_S)
    result = clear(auction.problem)
    command = ApplyClearing(
        now_us=story.now_us,
        outcomes=story.engine.clearing_outcomes(auction, result, 1),
        explained=story.engine.explained(auction, reasons_of(auction.problem, result)),
    )
    assert story.does(command).rejections == ()


def limits(story: Story, level: ControlLevel, member_id: str, **what: int) -> None:
    """An operator limits a unit, or the sum of an area."""
    act = Act(kind=ActKind.LIMIT, level=level, member_id=member_id, **what)  # type: ignore[arg-type]
    command = PerformAct(now_us=story.now_us, actor="op1", act=act, reason="works")
    assert story.does(command).rejections == ()


def checks(story: Story, calculator: Calculator | None = None) -> None:
    """The schedules are held against their grids, and what is missing is offered."""
    timer = story.engine.next_timer()
    assert timer is not None
    assert timer.kind is TimerKind.CHECK_GRID
    solver = calculator or Calculator()
    plans = story.engine.grid_plans(MIDNIGHT_S)
    areas = check(plans, solver, 10)
    offers = story.engine.activation_offers(MIDNIGHT_S, areas)
    command = ApplyGridCheck(
        now_us=timer.due_us,
        start_s=MIDNIGHT_S,
        areas=areas,
        activations=() if offers is None else helped(offers, plans, areas, solver),
        turn=timer.turn,
    )
    assert story.does(command).rejections == ()


def activated(story: Story) -> list[UnitsActivated]:
    return [event for event in story.events if isinstance(event, UnitsActivated)]


def settles(story: Story, **other_wh: int) -> list[Transfer]:
    """Everybody does as told, but for who is named; the transfers of the settlement."""
    story.does(EndDelivery(now_us=story.now_us, start_s=MIDNIGHT_S))
    by_area: dict[str, list[Measurement]] = {}
    for name, energy_wh in other_wh.items():
        unit_id = name.replace("_", "-")
        area_id = story.engine.state.units[unit_id].area_id
        reading = Measurement(unit_id=unit_id, start_s=MIDNIGHT_S, injection_wh=energy_wh)
        by_area.setdefault(area_id, []).append(reading)
    for area_id, readings in by_area.items():
        command = RecordMeasurements(
            now_us=story.now_us, actor="gateway", area_id=area_id, measurements=tuple(readings)
        )
        assert story.does(command).rejections == ()
    before = len(story.events)
    seen = see(story.engine.measured_powers(MIDNIGHT_S), Calculator())
    command = SettleInterval(now_us=story.now_us, start_s=MIDNIGHT_S, grid=seen)
    assert story.does(command).rejections == ()
    ledger = story.engine.state.ledger
    assert ledger.sum_quanta() == 0
    assert ledger.balance_quanta(CENTRAL) == 0
    return [
        item
        for event in story.events[before:]
        if isinstance(event, TransfersBooked)
        for item in event.transfers
    ]


def weak_roof() -> Network:
    """Ten kilowatts from the roof lift it by more than it may be."""
    return feeder(voltage_max_ppm=1_010_000, places=PLACES_MORE)
