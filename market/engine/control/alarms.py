"""Alarms: raised by decisions and by members, acknowledged, commented and closed by people.

The one idea: `raised` is how any decision says that somebody has to look. It gives nothing while the
same is open, so whoever sees the same fault every interval may say so every interval.
"""

from collections.abc import Mapping

from market.engine.decisions import applied, refused
from market.engine.state import MarketState
from market.model.alarm import (
    COMMENTS_MAX,
    SEVERITIES,
    AcknowledgeAlarm,
    Alarm,
    AlarmAcknowledged,
    AlarmClosed,
    AlarmComment,
    AlarmCommented,
    AlarmKind,
    AlarmRaised,
    AlarmState,
    CloseAlarm,
    CommentAlarm,
    ControlLevel,
    RaiseAlarm,
)
from market.model.messages import Decision
from market.model.rejection import Code, Rejection


def raised(
    state: MarketState,
    kind: AlarmKind,
    level: ControlLevel,
    member_id: str,
    now_us: int,
    parameters: Mapping[str, str] | None = None,
    *,
    actor: str = "",
) -> tuple[AlarmRaised, ...]:
    """The event of an alarm, or nothing while one of the same kind and member is open.

    Args:
        state: the market's.
        kind: what it says; the severity follows from it.
        level: of the member.
        member_id: the unit, the area or the market it is about.
        now_us: when.
        parameters: values for the words, in wire units.
        actor: the credential that told of it; empty: the market noticed by itself.
    """
    about = (kind, level, member_id)
    if state.alarms.of(about) is not None:
        return ()
    alarm = Alarm(
        alarm_id=state.alarms.next_id(about),
        kind=kind,
        severity=SEVERITIES[kind],
        level=level,
        member_id=member_id,
        raised_us=now_us,
        parameters=dict(parameters or {}),
        raised_by=actor,
    )
    return (AlarmRaised(alarm=alarm),)


# --- deciding -----------------------------------------------------------------------


def raise_alarm(state: MarketState, command: RaiseAlarm) -> Decision:
    """A member tells of something."""
    if not is_member(state, command.level, command.member_id):
        return refused([Rejection(code=Code.NOT_FOUND, pointer="member_id")])
    return applied(
        *raised(
            state,
            command.kind,
            command.level,
            command.member_id,
            command.now_us,
            command.parameters,
            actor=command.actor,
        )
    )


def is_member(state: MarketState, level: ControlLevel, member_id: str) -> bool:
    """True when there is such a unit or area, or it is the market."""
    match level:
        case ControlLevel.UNIT:
            return member_id in state.units
        case ControlLevel.AREA:
            return any(area.area_id == member_id for area in state.grid.areas)
        case ControlLevel.MARKET:
            return member_id == state.rules.market_id


def acknowledge_alarm(state: MarketState, command: AcknowledgeAlarm) -> Decision:
    """Note who has seen it first; whoever says so later changes nothing."""
    alarm = state.alarms.open.get(command.alarm_id)
    if alarm is None:
        return _not_open()
    if alarm.state is not AlarmState.OPEN:
        return applied()
    return applied(
        AlarmAcknowledged(alarm_id=alarm.alarm_id, actor=command.actor, now_us=command.now_us)
    )


def comment_alarm(state: MarketState, command: CommentAlarm) -> Decision:
    """Note something on it."""
    alarm = state.alarms.open.get(command.alarm_id)
    if alarm is None:
        return _not_open()
    if len(alarm.comments) >= COMMENTS_MAX:
        parameters = {"max": str(COMMENTS_MAX)}
        return refused([Rejection(code=Code.FIELD_RANGE, pointer="text", parameters=parameters)])
    comment = AlarmComment(actor=command.actor, now_us=command.now_us, text=command.text)
    return applied(AlarmCommented(alarm_id=alarm.alarm_id, comment=comment))


def close_alarm(state: MarketState, command: CloseAlarm) -> Decision:
    """What nobody has seen yet cannot be closed."""
    alarm = state.alarms.open.get(command.alarm_id)
    if alarm is None:
        return _not_open()
    if alarm.state is not AlarmState.ACKNOWLEDGED:
        return refused([Rejection(code=Code.ALARM_NOT_ACKNOWLEDGED, pointer="alarm_id")])
    return applied(AlarmClosed(alarm_id=alarm.alarm_id, actor=command.actor, now_us=command.now_us))


def _not_open() -> Decision:
    """Whether an id ever was is a question for the list; here it is not open."""
    return refused([Rejection(code=Code.NOT_FOUND, pointer="alarm_id")])


# --- facts --------------------------------------------------------------------------


def alarm_raised(state: MarketState, event: AlarmRaised) -> None:
    """An alarm is open."""
    state.alarms.add(event.alarm)


def alarm_acknowledged(state: MarketState, event: AlarmAcknowledged) -> None:
    """Somebody has seen an alarm."""
    state.alarms.change(event)


def alarm_commented(state: MarketState, event: AlarmCommented) -> None:
    """Somebody noted something on an alarm."""
    state.alarms.change(event)


def alarm_closed(state: MarketState, event: AlarmClosed) -> None:
    """An alarm is done with."""
    state.alarms.close(event.alarm_id)
