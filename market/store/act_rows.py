"""Acts of operators as rows, and what units were told because of them."""

from typing import Any, Final

from sqlalchemy import Connection, delete, insert, update

from market.model.act import (
    Act,
    ActPerformed,
    ActProposed,
    ActState,
    Curtailed,
    UnitLimitsChanged,
    UnitsCurtailed,
)
from market.store.tables import acts, curtailments, unit_limits
from market.store.upsert import upsert

ACT_EVENTS: Final = (ActProposed, ActPerformed, UnitsCurtailed, UnitLimitsChanged)


def take_act(
    connection: Connection,
    market_id: str,
    event: ActProposed | ActPerformed | UnitsCurtailed | UnitLimitsChanged,
    event_seq: int,
) -> None:
    """Write what an event says into its table."""
    match event:
        case ActProposed():
            said = event.proposal
            row = {
                **_act(said.act),
                "market_id": market_id,
                "act_id": said.act_id,
                "number": event_seq,
                "reason": said.reason,
                "actors": (said.actor,),
                "of_area": None,
                "at_us": said.since_us,
                "state": ActState.PROPOSED.value,
            }
            connection.execute(insert(acts), row)
        case ActPerformed():
            row = {
                **_act(event.act),
                "market_id": market_id,
                "act_id": event.act_id,
                "number": event_seq,
                "reason": event.reason,
                "actors": event.actors,
                "of_area": event.of_area,
                "at_us": event.now_us,
                "state": ActState.PERFORMED.value,
            }
            connection.execute(upsert(connection, acts, "actors", "at_us", "state"), row)
        case UnitsCurtailed():
            for item in event.items:
                _curtail(connection, market_id, item)
        case UnitLimitsChanged():
            newest = {(item.unit_id, item.from_s, item.until_s): item for item in event.limits}
            rows = [
                {
                    "market_id": market_id,
                    "area_id": event.area_id,
                    **{name: getattr(item, name) for name in item.__dataclass_fields__},
                }
                for item in newest.values()
            ]
            connection.execute(upsert(connection, unit_limits), rows)


def _act(act: Act) -> dict[str, Any]:
    made = {name: getattr(act, name) for name in act.__dataclass_fields__}
    return {**made, "kind": act.kind.value, "level": act.level.value}


def _curtail(connection: Connection, market_id: str, item: Curtailed) -> None:
    """The new piece holds from its beginning on; what was there before ends there."""
    c = curtailments.c
    same = (c.market_id == market_id) & (c.start_s == item.start_s) & (c.unit_id == item.unit_id)
    connection.execute(delete(curtailments).where(same, c.from_s >= item.from_s))
    connection.execute(
        update(curtailments).where(same, c.until_s > item.from_s).values(until_s=item.from_s)
    )
    if item.change_w:
        row = {name: getattr(item, name) for name in item.__dataclass_fields__}
        row |= {"market_id": market_id, "reason": item.reason.value}
        connection.execute(insert(curtailments), row)
