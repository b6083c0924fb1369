"""Events of acts and alarms, one of each, as the stream is told of them."""

from market.model.act import (
    Act,
    ActKind,
    ActPerformed,
    ActProposed,
    AreaCoupled,
    AreaDecoupled,
    ControlReason,
    Curtailed,
    ProposedAct,
    UnitLimitsChanged,
    UnitsCurtailed,
)
from market.model.alarm import (
    Alarm,
    AlarmAcknowledged,
    AlarmClosed,
    AlarmComment,
    AlarmCommented,
    AlarmKind,
    AlarmRaised,
    ControlLevel,
    Severity,
)
from market.model.messages import Event
from market.model.power import UnitLimit
from tests.builders import MIDNIGHT_S, STEP_S

LATE_S = MIDNIGHT_S + STEP_S


# house: long because every such event comes up here once.
def acts_and_alarms(now_us: int) -> tuple[Event, ...]:
    """A unit is limited, an area decoupled and coupled; an alarm is raised and done with."""
    limit = Act(
        kind=ActKind.LIMIT,
        level=ControlLevel.UNIT,
        member_id="ann-solar",
        from_s=MIDNIGHT_S,
        injection_max_w=0,
    )
    couple = Act(kind=ActKind.COUPLE, level=ControlLevel.AREA, member_id="RUR")
    alarm = Alarm(
        alarm_id="alm-1",
        kind=AlarmKind.TRIPPED,
        severity=Severity.MAJOR,
        level=ControlLevel.UNIT,
        member_id="ann-solar",
        raised_us=now_us,
    )
    note = AlarmComment(actor="op2", now_us=now_us, text="seen on site")
    return (
        ActPerformed(act_id="act-1", act=limit, reason="works", actors=("op1",), now_us=now_us),
        UnitsCurtailed(
            start_s=MIDNIGHT_S,
            items=(
                Curtailed(
                    unit_id="ann-solar",
                    start_s=MIDNIGHT_S,
                    from_s=MIDNIGHT_S,
                    until_s=LATE_S,
                    change_w=-2_000,
                    reason=ControlReason.OPERATOR_LIMIT,
                ),
            ),
        ),
        UnitLimitsChanged(
            area_id="RUR",
            limits=(
                UnitLimit(
                    unit_id="ann-solar",
                    from_s=MIDNIGHT_S,
                    until_s=LATE_S,
                    withdrawal_max_w=0,
                    injection_max_w=0,
                    sequence=1,
                    epoch=0,
                    reason="operator_limit",
                ),
            ),
        ),
        AreaDecoupled(area_id="RUR", actor="op1", reason="storm", now_us=now_us),
        ActProposed(
            proposal=ProposedAct(
                act_id="act-2",
                act=couple,
                reason="over",
                actor="op1",
                version=1,
                digest="0" * 64,
                since_us=now_us,
                until_us=now_us + 1,
            )
        ),
        ActPerformed(
            act_id="act-2", act=couple, reason="over", actors=("op1", "op2"), now_us=now_us
        ),
        AreaCoupled(area_id="RUR", actors=("op1", "op2"), reason="over", now_us=now_us),
        AlarmRaised(alarm=alarm),
        AlarmAcknowledged(alarm_id="alm-1", actor="op1", now_us=now_us),
        AlarmCommented(alarm_id="alm-1", comment=note),
        AlarmClosed(alarm_id="alm-1", actor="op1", now_us=now_us),
    )
