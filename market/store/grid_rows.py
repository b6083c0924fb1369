"""Checks of grids as rows: what was found, what was changed, what the meters said afterwards."""

from typing import Any, Final

from sqlalchemy import Connection

from market.model.act import ControlReason
from market.model.activation import UnitsActivated
from market.model.grid_check import GridChecked, GridSeen, InstructionsWithdrawn, UnitsRedispatched
from market.store import tables
from market.store.upsert import upsert

GridEvent = GridChecked | UnitsRedispatched | UnitsActivated | GridSeen
GRID_EVENTS: Final = (GridChecked, UnitsRedispatched, UnitsActivated, GridSeen)
_TABLES: Final = {
    GridChecked: tables.grid_checks,
    UnitsRedispatched: tables.redispatches,
    UnitsActivated: tables.activations,
    GridSeen: tables.grid_seen,
}


class GridRows:
    """Writes what power flows found."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._by_rule: set[str] = set()
        """Areas whose last check ended by rule; the changes follow in the same batch."""
        self._activated: tuple[int, dict[str, int]] = (0, {})
        """Of the interval checked last: the set-point of each activated unit before; same batch."""

    def take(self, event: GridEvent, market_id: str, event_seq: int) -> None:
        """One event, which an interval and area has once; an activation, which it has once for each area and cause."""
        table = _TABLES[type(event)]
        row: dict[str, Any] = {
            name: getattr(event, name) for name in type(event).__dataclass_fields__
        }
        if isinstance(event, UnitsActivated):
            row["cause"] = event.cause.value
            row["event_seq"] = event_seq
        self._connection.execute(upsert(self._connection, table), {"market_id": market_id, **row})
        if isinstance(event, GridChecked):
            (self._by_rule.add if event.by_rule else self._by_rule.discard)(event.area_id)
        elif isinstance(event, UnitsRedispatched):
            self._changes(event, market_id)
        elif isinstance(event, UnitsActivated):
            self._activations(event, market_id)

    def withdraw(self, event: InstructionsWithdrawn, market_id: str) -> None:
        """What an earlier check told units is told no longer; what holds comes in the same batch."""
        for table in (tables.redispatches, tables.unit_changes, tables.activations):
            self._connection.execute(
                table.delete().where(
                    table.c.market_id == market_id, table.c.start_s == event.start_s
                )
            )
        self._activated = (0, {})

    def _activations(self, event: UnitsActivated, market_id: str) -> None:
        """A unit that helps twice is told the sum."""
        if self._activated[0] != event.start_s:
            self._activated = (event.start_s, {})
        before_w = self._activated[1]
        rows = [
            {
                "market_id": market_id,
                "start_s": event.start_s,
                "unit_id": item.unit_id,
                "from_w": before_w.setdefault(item.unit_id, item.from_w),
                "to_w": item.to_w,
                "reason": ControlReason.ACTIVATION.value,
                "element_id": "",
                "by_rule": False,
            }
            for item in event.units
        ]
        self._connection.execute(upsert(self._connection, tables.unit_changes), rows)

    def _changes(self, event: UnitsRedispatched, market_id: str) -> None:
        rows = [
            {
                "market_id": market_id,
                "start_s": event.start_s,
                "unit_id": change.unit_id,
                "from_w": change.from_w,
                "to_w": change.to_w,
                "reason": change.reason.value,
                "element_id": change.element_id,
                "by_rule": event.area_id in self._by_rule,
            }
            for change in event.changes
        ]
        if rows:
            self._connection.execute(upsert(self._connection, tables.unit_changes), rows)
