"""A story of too much sun: a roof sells ten kilowatts over a cable that lifts its voltage by more than it may."""

from dataclasses import replace

from clearing.clear import clear
from market.control.grid_check import check, see
from market.model.grid_check import (
    ApplyGridCheck,
    UnitsRedispatched,
)
from market.model.messages import (
    EndDelivery,
    Event,
    RecordMeasurements,
    SettleInterval,
    TransfersBooked,
)
from market.model.money import (
    CENTRAL,
    Transfer,
)
from market.model.network import Network, RegisterNetwork
from market.model.power import Measurement
from market.model.rejection import Code
from market.model.timer import TimerKind
from tests.builders import MIDNIGHT_S, RULES, STEP_S, Story
from tests.market.engine.feeders import Calculator

ONE_INTERVAL = replace(RULES, trading_until_s=MIDNIGHT_S + STEP_S)
TIGHT_PPM = 1_010_000
"""Ten kilowatts from the roof lift its voltage by more."""


def registers(story: Story, network: Network) -> list[tuple[Code, str | None]]:
    command = RegisterNetwork(now_us=story.now_us, actor="op", network=network)
    return [(fault.code, fault.pointer) for fault in story.does(command).rejections]


def told(story: Story, kind: type[Event]) -> list[Event]:
    return [event for event in story.events if isinstance(event, kind)]


def sunny(network: Network | None) -> Story:
    """The roof has sold ten kilowatts to the retailer; the set-points are out."""
    story = Story(rules=ONE_INTERVAL)
    if network is not None:
        assert registers(story, network) == []
    story.opens()
    story.places("retailer", "r retailer-sells buy 8000 100000")
    story.places("ann", "s ann-solar sell 1000 2500")
    story.clears(clear)
    return story


def checks(story: Story, solver: Calculator | None = None) -> None:
    timer = story.engine.next_timer()
    assert timer is not None
    assert timer.kind is TimerKind.CHECK_GRID
    areas = check(story.engine.grid_plans(MIDNIGHT_S), solver or Calculator(), 10)
    command = ApplyGridCheck(now_us=timer.due_us, start_s=MIDNIGHT_S, areas=areas, turn=timer.turn)
    assert story.does(command).rejections == ()


def settles(story: Story, measured_wh: dict[str, int]) -> list[Transfer]:
    """Meters report and the interval is settled; the transfers of that."""
    story.does(EndDelivery(now_us=story.now_us, start_s=MIDNIGHT_S))
    readings = tuple(
        Measurement(unit_id=unit_id, start_s=MIDNIGHT_S, injection_wh=energy_wh)
        for unit_id, energy_wh in measured_wh.items()
    )
    command = RecordMeasurements(
        now_us=story.now_us, actor="gateway", area_id="RUR", measurements=readings
    )
    assert story.does(command).rejections == ()
    before = len(story.events)
    seen = see(story.engine.measured_powers(MIDNIGHT_S), Calculator())
    settle = SettleInterval(now_us=story.now_us, start_s=MIDNIGHT_S, grid=seen)
    assert story.does(settle).rejections == ()
    ledger = story.engine.state.ledger
    assert ledger.sum_quanta() == 0
    assert ledger.balance_quanta(CENTRAL) == 0
    return [
        item
        for event in story.events[before:]
        if isinstance(event, TransfersBooked)
        for item in event.transfers
    ]


def redispatched_wh(story: Story) -> int:
    (moved,) = told(story, UnitsRedispatched)
    assert isinstance(moved, UnitsRedispatched)
    (change,) = moved.changes
    return change.change_w * 15 // 60 if change.change_w > 0 else -(-change.change_w * 15 // 60)
