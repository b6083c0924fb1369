"""A participant's lots, from what its days' versions have issued and what was done since.

The one idea: what a day's version that stands has issued is its run's columns; what people did since are few
rows. A lot's balance is one and the other, worked out for who asks and the days in question.
"""

from collections.abc import Iterable, Iterator

from sqlalchemy import ColumnElement, Connection, func, or_, select

from market.certificates.statement import LotAct, StatementLine, statement
from market.model.certificate import CertificateAct, Lot
from market.model.interval import day_of
from market.model.settlement_run import RunState
from market.store import tables
from market.store.certificate_sheets import shares_held


def all_lines(
    connection: Connection,
    market_id: str,
    participant_id: str,
    zone: str,
    from_s: int | None = None,
    until_s: int | None = None,
) -> Iterator[StatementLine]:
    """Lines of intervals in [from_s, until_s), oldest first; a day at a time."""
    c, acts = tables.certificate_days.c, tables.certificate_acts.c
    days: set[str] = set()
    for query in (
        select(c.day).where(c.market_id == market_id, c.participant_id == participant_id),
        select(acts.day).where(acts.market_id == market_id, whose(participant_id)),
    ):
        days |= set(connection.execute(query.distinct()).scalars())
    first = None if from_s is None else day_of(from_s, zone).isoformat()
    last = None if until_s is None else day_of(until_s - 1, zone).isoformat()
    for day in sorted(days):
        if (first is not None and day < first) or (last is not None and day > last):
            continue
        done = lot_acts(connection, market_id, participant_id, acts.day == day)
        for line in lines_of_day(connection, market_id, participant_id, day, done):
            start_s = line.lot.start_s
            if (from_s is None or start_s >= from_s) and (until_s is None or start_s < until_s):
                yield line


def lines_of_day(
    connection: Connection,
    market_id: str,
    participant_id: str,
    day: str,
    acts: Iterable[LotAct],
) -> list[StatementLine]:
    """A participant's lots of a day."""
    settled = (
        held
        for certificates, _ in own_sheets(connection, market_id, participant_id, day)
        for held in shares_held(certificates, participant_id)
    )
    return statement(participant_id, settled, acts)


def own_sheets(
    connection: Connection, market_id: str, participant_id: str, day: str
) -> list[tuple[bytes, bytes]]:
    """Certificates and use of the areas a participant has units in, by the day's version that stands."""
    areas, units = tables.settled_areas.c, tables.units.c
    own = select(units.area_id).where(
        units.market_id == market_id, units.participant_id == participant_id
    )
    rows = connection.execute(
        select(areas.certificates, areas.green)
        .where(
            areas.market_id == market_id,
            areas.run_id == standing_run(market_id, day),
            areas.area_id.in_(own),
            func.length(areas.certificates) > 0,
        )
        .order_by(areas.area_id)
    )
    return [(row.certificates, row.green) for row in rows]


def standing_run(market_id: str, day: str) -> ColumnElement[str]:
    """The run whose version of a day stands."""
    c = tables.settlement_runs.c
    return (
        select(c.run_id)
        .where(c.market_id == market_id, c.day == day, c.state == RunState.FINISHED.value)
        .order_by(c.version.desc())
        .limit(1)
        .scalar_subquery()
    )


def whose(participant_id: str) -> ColumnElement[bool]:
    """Acts by which a participant gave something away, or received it."""
    c = tables.certificate_acts.c
    return or_(c.participant_id == participant_id, c.receiver_id == participant_id)


def lot_acts(
    connection: Connection, market_id: str, participant_id: str, which: ColumnElement[bool]
) -> list[LotAct]:
    """Acts by which a participant gave away or received some lots."""
    c = tables.certificate_acts.c
    rows = connection.execute(
        select(c.kind, c.participant_id, c.receiver_id, c.start_s, c.unit_id, c.energy_wh)
        .where(c.market_id == market_id, c.unit_id != "", whose(participant_id), which)
        .order_by(c.event_seq, c.row)
    )
    return [
        LotAct(
            kind=CertificateAct(row.kind),
            participant_id=row.participant_id,
            receiver_id=row.receiver_id,
            lot=Lot(start_s=row.start_s, unit_id=row.unit_id),
            energy_wh=row.energy_wh,
        )
        for row in rows
    ]
