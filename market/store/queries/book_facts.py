"""Facts of the journal behind which an interval's continuous trading opened: for its book, made again.

The one idea: before that step nothing stands in the interval's book, so whoever begins there needs
nothing but what follows; and a part of the journal at a time bounds what one reading costs.
"""

from itertools import islice

from sqlalchemy import Connection, func, select

from market.model.messages import Step
from market.store import restore, tables
from market.store.restore import ProvenEvents


def continuous_opened(
    connection: Connection, market_id: str, start_s: int
) -> tuple[int, int] | None:
    """In which batch, and when, an interval's continuous trading opened; None: it never has."""
    steps, journal = tables.phase_steps.c, tables.journal.c
    step = connection.execute(
        select(steps.event_seq, steps.now_us)
        .where(
            steps.market_id == market_id,
            steps.start_s == start_s,
            steps.step == Step.OPEN_CONTINUOUS.value,
        )
        .order_by(steps.event_seq)
        .limit(1)
    ).one_or_none()
    if step is None:
        return None
    batch = connection.execute(
        select(func.max(journal.batch)).where(journal.first_event_seq <= step.event_seq)
    ).scalar()
    return None if batch is None else (batch, step.now_us)


def facts_behind(
    connection: Connection, *, after_batch: int, batches: int
) -> tuple[ProvenEvents, ...]:
    """The facts of so many batches behind one, oldest first; fewer: there are no more.

    Raises:
        JournalBroken: a gap, a changed byte, a row that does not decode.
    """
    return tuple(islice(restore.events(connection, after_batch=after_batch), batches))
