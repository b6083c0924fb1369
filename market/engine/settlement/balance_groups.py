"""Balance groups are set by operators, for days that have not begun."""

from collections.abc import Iterator

from market.engine.decisions import applied, refused
from market.engine.state import MarketState
from market.model.balance_group import BalanceGroupSet, SetBalanceGroup
from market.model.interval import MICROSECONDS
from market.model.messages import Decision
from market.model.rejection import Code, Rejection


def set_balance_group(state: MarketState, command: SetBalanceGroup) -> Decision:
    """Who is in a group from a day on; all faults together, and the same again changes nothing."""
    faults = list(_faults(state, command))
    if faults:
        return refused(faults)
    group = command.group
    if state.balance_groups.said(group.group_id, group.from_day) == group:
        return applied()
    return applied(
        BalanceGroupSet(
            group=group, reason=command.reason, actor=command.actor, now_us=command.now_us
        )
    )


def _faults(state: MarketState, command: SetBalanceGroup) -> Iterator[Rejection]:
    group = command.group
    today = state.local_day(command.now_us // MICROSECONDS)
    if group.from_day <= today:
        # What has begun may be known already, and who deviates which way.
        yield Rejection(code=Code.FIELD_RANGE, pointer="from_day", parameters={"after": today})
    if group.participant_id not in state.participants:
        yield Rejection(code=Code.PARTICIPANT_UNKNOWN, pointer="participant_id")
    taken = state.balance_groups.taken(group)
    named: set[str] = set()
    for row, unit_id in enumerate(group.unit_ids):
        pointer, unit = f"unit_ids/{row}", state.units.get(unit_id)
        if unit is None or unit.participant_id == state.last_resort_id:
            # What the last resort deviates is never priced: there is nothing to settle together.
            yield Rejection(code=Code.UNIT_UNKNOWN, pointer=pointer)
        elif unit_id in taken or unit_id in named:
            other = taken.get(unit_id, group.group_id)
            yield Rejection(
                code=Code.UNIT_IN_GROUP, pointer=pointer, parameters={"group_id": other}
            )
        named.add(unit_id)


def balance_group_set(state: MarketState, event: BalanceGroupSet) -> None:
    """So it is from that day on."""
    state.balance_groups.set(event)
