"""Cases as rows: opened once, then changed by what people do about them."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from market.model.case import (
    Case,
    CaseClosed,
    CaseEvent,
    CaseKind,
    CaseOpened,
    CaseOutcome,
    CaseRated,
    CaseReopened,
    CaseState,
    CaseStepped,
    changed,
)
from market.store.tables import cases

CASE_EVENTS: Final = (CaseOpened, CaseStepped, CaseClosed, CaseReopened, CaseRated)
_NAMES: Final = tuple(field.name for field in fields(Case))


def take_case(connection: Connection, market_id: str, event: CaseEvent, event_seq: int) -> None:
    """Write what an event says into the table."""
    if isinstance(event, CaseOpened):
        dispute = event.case.dispute
        row = {
            **_row_of(event.case),
            "market_id": market_id,
            "number": event_seq,
            "bill_id": None if dispute is None else dispute.bill_id,
            "month": None if dispute is None else dispute.month,
        }
        connection.execute(insert(cases), row)
        return
    key = (cases.c.market_id == market_id) & (cases.c.case_id == event.case_id)
    before = case_of(connection.execute(select(cases).where(key)).mappings().one())
    connection.execute(update(cases).where(key).values(**_row_of(changed(before, event))))


def case_of(row: Mapping[Any, Any]) -> Case:
    """The case of a row."""
    values: dict[str, Any] = {name: row[name] for name in _NAMES}
    outcome = row["outcome"]
    values |= {
        "kind": CaseKind(row["kind"]),
        "state": CaseState(row["state"]),
        "outcome": None if outcome is None else CaseOutcome(outcome),
    }
    return Case(**values)


def _row_of(of: Case) -> dict[str, object]:
    row = {name: getattr(of, name) for name in _NAMES}
    row["kind"], row["state"] = of.kind.value, of.state.value
    row["outcome"] = None if of.outcome is None else of.outcome.value
    return row
