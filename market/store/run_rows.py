"""Runs that settle a day, as rows: begun, done area by area, finished."""

from typing import Final

from sqlalchemy import Connection, insert, update

from market.model.settlement_run import (
    AreaSettled,
    Completeness,
    RecordSettledArea,
    RunState,
    SettlementBegun,
    SettlementFinished,
)
from market.store import tables
from market.store.certificate_rows import keep_certificates
from market.store.journal import Entry

RunEvent = SettlementBegun | AreaSettled | SettlementFinished
RUN_EVENTS: Final = (SettlementBegun, AreaSettled, SettlementFinished)


def take_run(
    connection: Connection, market_id: str, event: RunEvent, event_seq: int, entry: Entry
) -> None:
    """Write one event, inside the caller's transaction."""
    runs = tables.settlement_runs
    if isinstance(event, SettlementBegun):
        row = {
            name: getattr(event, name)
            for name in ("run_id", "number", "day", "version", "actor", "reason", "tariff", "areas")
        }
        connection.execute(
            insert(runs),
            {
                **row,
                "market_id": market_id,
                "kind": event.kind.value,
                "state": RunState.RUNNING.value,
                "begun_us": event.now_us,
                "finished_us": None,
                "completeness": Completeness(),
                "begun_event_seq": event_seq,
                "finished_event_seq": None,
            },
        )
    elif isinstance(event, AreaSettled):
        area, command = event.area, entry.command
        assert isinstance(command, RecordSettledArea), "nothing else settles an area"
        connection.execute(
            insert(tables.settled_areas),
            {
                "market_id": market_id,
                "run_id": area.run_id,
                "area_id": area.area_id,
                "detail": command.area.detail,
                "rows": area.rows,
                "certificates": command.area.certificates,
                "green": command.area.green,
                "trades": command.area.trades,
                "base_run_id": area.base_run_id,
            },
        )
    else:
        keep_certificates(connection, market_id, event.run_id, event.day)
        connection.execute(
            update(runs)
            .where(runs.c.market_id == market_id, runs.c.run_id == event.run_id)
            .values(
                state=RunState.FINISHED.value,
                finished_us=event.now_us,
                completeness=event.completeness,
                finished_event_seq=event_seq,
            )
        )
