"""Areas that are not heard any more: an alarm, then decoupled; heard again and reported: coupled.

The one idea: what the server does by itself it also takes back by itself, once the area has said what
it lent on while it was alone. What people decoupled waits for people.
"""

from typing import Final

from market.engine.control.alarms import is_member, raised
from market.engine.decisions import applied, refused
from market.engine.state import MarketState
from market.model.act import AreaCoupled, AreaDecoupled, ControlReason
from market.model.alarm import AlarmKind, ControlLevel
from market.model.messages import Decision, Event
from market.model.reach import SERVER, AreaHeard, AreaReported, HearArea, MissArea, ReportArea
from market.model.rejection import Code, Rejection

OUT_OF_REACH_S: Final = 15
"""Three heartbeats; real time."""
DECOUPLED_S: Final = 120
"""As long as its units wait for their grid channel; real time."""


def hear_area(state: MarketState, command: HearArea) -> Decision:
    """Note an area that is heard for the first time."""
    if not is_member(state, ControlLevel.AREA, command.area_id):
        return refused([Rejection(code=Code.NOT_FOUND, pointer="area_id")])
    if command.area_id in state.areas_heard:
        return applied()
    return applied(AreaHeard(area_id=command.area_id, now_us=command.now_us))


def miss_area(state: MarketState, command: MissArea) -> Decision:
    """Raise the alarm; after longer silence let the area go on alone."""
    area_id, now_us = command.area_id, command.now_us
    if area_id not in state.areas_heard:
        return refused([Rejection(code=Code.NOT_FOUND, pointer="area_id")])
    if command.silent_s < OUT_OF_REACH_S:
        return applied()
    about = ControlLevel.AREA, area_id
    parameters = {"silent_s": str(command.silent_s)}
    facts: list[Event] = [*raised(state, AlarmKind.AREA_OUT_OF_REACH, *about, now_us, parameters)]
    if command.silent_s >= DECOUPLED_S and area_id not in state.acts.decoupled:
        reason = ControlReason.DECOUPLED.value
        facts.append(AreaDecoupled(area_id=area_id, actor=SERVER, reason=reason, now_us=now_us))
        named = {"reason": reason, "by": SERVER}
        facts += raised(state, AlarmKind.DECOUPLED, *about, now_us, named)
    return applied(*facts)


def report_area(state: MarketState, command: ReportArea) -> Decision:
    """Keep what the area says; couple it if nobody but the server had decoupled it."""
    report, now_us = command.report, command.now_us
    area_id = report.area_id
    if not is_member(state, ControlLevel.AREA, area_id):
        return refused([Rejection(code=Code.NOT_FOUND, pointer="area_id")])
    facts: list[Event] = []
    if area_id not in state.areas_heard:
        facts.append(AreaHeard(area_id=area_id, now_us=now_us))
    if state.area_reports.get(area_id) != report:
        facts.append(AreaReported(report=report, now_us=now_us))
    decoupling = state.acts.decoupled.get(area_id)
    if decoupling is not None and decoupling.actor == SERVER:
        facts.append(
            AreaCoupled(
                area_id=area_id, actors=(SERVER,), reason="heard and reported", now_us=now_us
            )
        )
    return applied(*facts)


# --- facts --------------------------------------------------------------------------


def area_heard(state: MarketState, event: AreaHeard) -> None:
    """From now on it is missed when it is not heard."""
    state.areas_heard[event.area_id] = event.now_us


def area_reported(state: MarketState, event: AreaReported) -> None:
    """The newest report of an area."""
    state.area_reports[event.report.area_id] = event.report
