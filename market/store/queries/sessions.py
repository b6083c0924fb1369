"""How an interval came from phase to phase: the steps of its road, and stops beside it."""

from typing import Final

from sqlalchemy import Connection, select

from market.model.act import ActKind, ActState, StoredAct
from market.model.alarm import ControlLevel
from market.model.interval import MICROSECONDS
from market.store import tables
from market.store.queries.pages import fact
from market.store.views import PhaseStep

STEPS_MAX: Final = 1_000
"""Most steps of one interval that are told: areas stop and resume one by one."""


def phase_steps(connection: Connection, market_id: str, start_s: int) -> tuple[PhaseStep, ...]:
    """What one interval went through, oldest first."""
    c = tables.phase_steps.c
    rows = connection.execute(
        select(tables.phase_steps)
        .where(c.market_id == market_id, c.start_s == start_s)
        .order_by(c.event_seq)
        .limit(STEPS_MAX)
    )
    return tuple(fact(PhaseStep, row) for row in rows)


def decouplings(
    connection: Connection, market_id: str, *, from_s: int, until_s: int
) -> tuple[StoredAct, ...]:
    """Areas that were decoupled and coupled again by people, from_s <= time < until_s, in order."""
    c = tables.acts.c
    kinds = (ActKind.DECOUPLE.value, ActKind.COUPLE.value)
    rows = connection.execute(
        select(tables.acts)
        .where(
            c.market_id == market_id,
            c.kind.in_(kinds),
            c.state == ActState.PERFORMED.value,
            c.at_us >= from_s * MICROSECONDS,
            c.at_us < until_s * MICROSECONDS,
        )
        .order_by(c.number)
        .limit(STEPS_MAX)
    )
    return tuple(
        fact(
            StoredAct,
            row,
            kind=ActKind(row.kind),
            level=ControlLevel(row.level),
            state=ActState(row.state),
        )
        for row in rows
    )
