"""How well the service desk kept its targets.

The one idea: a target is kept when it was met by its time, and missed when that has passed without; of the
others nothing is known yet, and they count for neither.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from market.model.case import CaseState, CaseTarget
from market.store import tables


@dataclass(slots=True)
class Kept:
    """How often a target was kept, and how often it was not."""

    kept: int = 0
    missed: int = 0

    def count(self, met_us: int | None, due_us: int | None, now_us: int, *, missed: bool) -> None:
        """One more case."""
        if due_us is None:
            return
        if missed or (met_us or now_us) > due_us:
            self.missed += 1
        elif met_us is not None:
            self.kept += 1


@dataclass(slots=True)
class ServiceIndicator:
    """Cases of one kind that were opened in one day or month."""

    period: str
    """As in 2016-06-15, or 2016-06."""
    kind: str
    opened: int = 0
    open: int = 0
    """Of them are open now."""
    closed: int = 0
    reopened: int = 0
    """Were opened again at least once."""
    taken: Kept = field(default_factory=Kept)
    answered: Kept = field(default_factory=Kept)
    done: Kept = field(default_factory=Kept)
    ratings: int = 0
    rating_sum: int = 0


def service_indicators(
    connection: Connection,
    market_id: str,
    *,
    from_us: int,
    until_us: int,
    now_us: int,
    period: Callable[[int], str],
) -> tuple[ServiceIndicator, ...]:
    """Indicators by period and kind, from_us <= opened < until_us.

    Args:
        connection: of a reader.
        market_id: the market.
        from_us: cases opened then or later ...
        until_us: ... and before.
        now_us: what is not done by now and was due before has missed its target.
        period: the name of the period of a time.
    """
    c = tables.cases.c
    rows = connection.execute(
        select(
            c.kind, c.state, c.opened_us, c.taken_us, c.taken_by_us, c.answered_us, c.answered_by_us,
            c.closed_us, c.closed_by_us, c.missed, c.reopened, c.rating,
        )
        .where(c.market_id == market_id, c.opened_us >= from_us, c.opened_us < until_us)
        .order_by(c.opened_us)
    )  # fmt: skip
    found: dict[tuple[str, str], ServiceIndicator] = {}
    for row in rows:
        key = (period(row.opened_us), row.kind)
        item = found.setdefault(key, ServiceIndicator(period=key[0], kind=key[1]))
        item.opened += 1
        is_closed = row.state == CaseState.CLOSED.value
        item.closed += is_closed
        item.open += not is_closed
        item.reopened += row.reopened > 0
        # Who closes a case that nobody had taken has taken it.
        taken_us = row.closed_us if row.taken_us is None else row.taken_us
        for kept, met_us, due_us, target in (
            (item.taken, taken_us, row.taken_by_us, CaseTarget.TAKEN),
            (item.answered, row.answered_us, row.answered_by_us, CaseTarget.ANSWERED),
            (item.done, row.closed_us, row.closed_by_us, CaseTarget.CLOSED),
        ):
            kept.count(met_us, due_us, now_us, missed=target in row.missed)
        if row.rating is not None:
            item.ratings += 1
            item.rating_sum += row.rating
    return tuple(found[key] for key in sorted(found))
