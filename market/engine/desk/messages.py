"""Messages are written, published at their time, taken back; participants read, and say when to be told.

The one idea: whom a message is for is worked out when it is published, and said in that fact.
"""

from collections.abc import Iterator

from market.customers.messages import content_of
from market.engine.decisions import applied, refused
from market.engine.state import MarketState
from market.model.message import (
    READ_AT_ONCE_MAX,
    RECIPIENT_ROLES,
    AlertSettingsSet,
    AlertsRead,
    MarkRead,
    Message,
    MessagePublished,
    MessageScope,
    MessageState,
    MessageWithdrawn,
    MessageWritten,
    SetAlertSettings,
    WithdrawMessage,
    WriteMessage,
)
from market.model.messages import Decision, Event
from market.model.rejection import Code, Rejection
from market.trading.deadlines import DeadlineKind

# --- deciding -------------------------------------------------------------------------


def write_message(state: MarketState, command: WriteMessage) -> Decision:
    """Write it, and publish it where its time has come; all faults together."""
    faults = list(_faults(state, command))
    if faults:
        return refused(faults)
    known = state.messages.by_client.get(command.client_message_id)
    if known is not None:
        said = content_of(command.texts, command.scope, command.key, command.severity.value)
        if known[1] == said:
            return applied()
        code = Code.EXISTS_WITH_DIFFERENT_FIELDS
        return refused([Rejection(code=code, pointer="client_message_id")])
    now_us = command.now_us
    publish_us = now_us if command.publish_us is None else max(now_us, command.publish_us)
    message = Message(
        message_id=f"msg-{state.messages.next_number}",
        client_message_id=command.client_message_id,
        texts=command.texts,
        severity=command.severity,
        scope=command.scope,
        key=command.key,
        written_by=command.actor,
        written_us=now_us,
        publish_us=publish_us,
    )
    events: list[Event] = [MessageWritten(message=message)]
    if publish_us == now_us:
        events.append(_published(state, message, now_us))
    return applied(*events)


def _faults(state: MarketState, command: WriteMessage) -> Iterator[Rejection]:
    """A language is spoken once, and whom it is for is there."""
    languages = [item.language for item in command.texts]
    if not languages or len(set(languages)) < len(languages):
        yield Rejection(code=Code.FIELD_RANGE, pointer="texts")
    key = command.key
    match command.scope:
        case MessageScope.ALL if key:
            yield Rejection(code=Code.FIELD_RANGE, pointer="target/key")
        case MessageScope.AREA if key not in state.grid.area_index():
            yield Rejection(code=Code.AREA_UNKNOWN, pointer="target/key")
        case MessageScope.ROLE if key not in RECIPIENT_ROLES:
            yield Rejection(code=Code.FIELD_RANGE, pointer="target/key")
        case MessageScope.PARTICIPANT if key not in state.participants:
            yield Rejection(code=Code.PARTICIPANT_UNKNOWN, pointer="target/key")
        case _:
            return


def publish_due(state: MarketState, message_id: str, now_us: int) -> Decision:
    """Its time has come."""
    return applied(_published(state, state.messages.scheduled[message_id], now_us))


def _published(state: MarketState, message: Message, now_us: int) -> MessagePublished:
    names: tuple[str, ...] = ()
    match message.scope:
        case MessageScope.PARTICIPANT:
            names = (message.key,)
        case MessageScope.AREA:
            # Those around an area begin with itself.
            names = tuple(
                name
                for name, item in state.participants.items()
                if message.key in state.acts.around[item.area_id]
            )
        case MessageScope.ALL | MessageScope.ROLE:
            pass  # nobody by name
    to_all = message.scope is MessageScope.ALL or (message.scope, message.key) == (
        MessageScope.ROLE,
        "participant",
    )
    return MessagePublished(
        message_id=message.message_id,
        scope=message.scope,
        recipients=names,
        count=len(state.participants) if to_all else len(names),
        now_us=now_us,
    )


def withdraw_message(state: MarketState, command: WithdrawMessage) -> Decision:
    """Take it back; one that was taken back stays so."""
    found = state.messages.state_of(command.message_id)
    if found is None:
        return refused([Rejection(code=Code.NOT_FOUND, pointer="message_id")])
    if found is MessageState.WITHDRAWN:
        return applied()
    if found is MessageState.PUBLISHED:
        scope, recipients = state.messages.published[command.message_id]
    else:
        scope, recipients = state.messages.scheduled[command.message_id].scope, ()
    return applied(
        MessageWithdrawn(
            message_id=command.message_id,
            scope=scope,
            recipients=recipients,
            actor=command.actor,
            now_us=command.now_us,
        )
    )


def mark_read(state: MarketState, command: MarkRead) -> Decision:
    """Note what was read; whoever asks has left out what was noted before."""
    if command.participant_id not in state.participants:
        return refused([Rejection(code=Code.PARTICIPANT_UNKNOWN)])
    if len(command.alert_ids) > READ_AT_ONCE_MAX:
        parameters = {"max": str(READ_AT_ONCE_MAX)}
        return refused(
            [Rejection(code=Code.FIELD_RANGE, pointer="alert_ids", parameters=parameters)]
        )
    if not command.alert_ids:
        return applied()
    return applied(
        AlertsRead(
            participant_id=command.participant_id,
            alert_ids=tuple(dict.fromkeys(command.alert_ids)),
            now_us=command.now_us,
        )
    )


def set_alert_settings(state: MarketState, command: SetAlertSettings) -> Decision:
    """From now on these hold; the same again changes nothing."""
    wanted = command.settings
    if wanted.participant_id not in state.participants:
        return refused([Rejection(code=Code.PARTICIPANT_UNKNOWN)])
    if state.messages.settings.get(wanted.participant_id) == wanted:
        return applied()
    return applied(AlertSettingsSet(settings=wanted))


# --- facts ----------------------------------------------------------------------------


def written(state: MarketState, event: MessageWritten) -> None:
    """A message waits for its time."""
    message = event.message
    state.messages.written(message)
    if message.publish_us > message.written_us:
        state.deadlines.put(DeadlineKind.MESSAGE, message.message_id, message.publish_us)


def published(state: MarketState, event: MessagePublished) -> None:
    """It may be read."""
    state.messages.publish(event)
    state.deadlines.drop(DeadlineKind.MESSAGE, event.message_id)


def withdrawn(state: MarketState, event: MessageWithdrawn) -> None:
    """Nobody is to read it any more."""
    state.messages.withdraw(event)
    state.deadlines.drop(DeadlineKind.MESSAGE, event.message_id)


def settings_set(state: MarketState, event: AlertSettingsSet) -> None:
    """A participant is told from then on."""
    state.messages.settings[event.settings.participant_id] = event.settings
