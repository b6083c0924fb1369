"""What a command about certificates has to know of its lots, and as of when it was read.

The one idea: nothing is decided here. What is read comes with the number of acts and the versions it was read
at, so that the engine can tell whether it still holds.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import Connection, func, select

from market.certificates.statement import LotAct, statement
from market.model.certificate import BUNDLE_WH, CertificateAct, Lot, LotRead, LotsRead
from market.model.interval import day_of
from market.model.settlement_run import RunState
from market.store import tables
from market.store.certificate_sheets import green_rows, shares_held
from market.store.queries.certificate_lots import all_lines, lot_acts, own_sheets, whose

EXPORT_LOTS_MAX: Final = 20_000
"""Lots of one export, but as many as a single bundle takes: a command has to stay small."""


def lots_read(
    connection: Connection, market_id: str, *, participant_id: str, lots: Sequence[Lot], zone: str
) -> LotsRead:
    """What a participant has of some lots, and as of when."""
    by_day: defaultdict[str, dict[Lot, None]] = defaultdict(dict)
    for lot in lots:
        by_day[day_of(lot.start_s, zone).isoformat()][lot] = None
    balances: dict[Lot, int] = {}
    open_wh: dict[int, int] = {}
    for day in by_day:
        acts = lot_acts(connection, market_id, participant_id, tables.certificate_acts.c.day == day)
        sheets = own_sheets(connection, market_id, participant_id, day)
        settled = (held for first, _ in sheets for held in shares_held(first, participant_id))
        for line in statement(participant_id, settled, acts):
            balances[line.lot] = line.balance_wh
        open_wh |= _open_use(participant_id, [second for _, second in sheets], acts)
    return LotsRead(
        acts=_acts_of(connection, market_id, participant_id),
        versions=_versions(connection, market_id, by_day),
        lots=tuple(
            LotRead(lot=lot, balance_wh=balances.get(lot, 0), open_wh=open_wh.get(lot.start_s, 0))
            for lot in lots
        ),
    )


def _open_use(
    participant_id: str, greens: Iterable[bytes], acts: Iterable[LotAct]
) -> dict[int, int]:
    """By interval, what a participant used that no certificate is retired for."""
    found: defaultdict[int, int] = defaultdict(int)
    for green in greens:
        read = green_rows(green)
        for row in read.rows_of(participant_id).tolist():
            found[int(read.start_s[row])] += int(read.used_wh[row] - read.retired_wh[row])
    for act in acts:
        if act.kind is CertificateAct.RETIRE and act.participant_id == participant_id:
            found[act.lot.start_s] -= act.energy_wh
    return {start_s: max(0, energy_wh) for start_s, energy_wh in found.items()}


def oldest_lots(
    connection: Connection, market_id: str, *, participant_id: str, enough_wh: int, zone: str
) -> LotsRead:
    """The oldest lots a participant has some of, until they are enough for an export."""
    lots: list[LotRead] = []
    read_wh = 0
    lines = all_lines(connection, market_id, participant_id, zone)
    while read_wh < enough_wh and (len(lots) < EXPORT_LOTS_MAX or read_wh < BUNDLE_WH):
        line = next(lines, None)
        if line is None:
            break
        if line.held_wh:
            lots.append(LotRead(lot=line.lot, balance_wh=line.held_wh))
            read_wh += line.held_wh
    days = {day_of(item.lot.start_s, zone).isoformat() for item in lots}
    return LotsRead(
        acts=_acts_of(connection, market_id, participant_id),
        versions=_versions(connection, market_id, days),
        lots=tuple(lots),
    )


def _acts_of(connection: Connection, market_id: str, participant_id: str) -> int:
    """How many acts have changed a participant's account."""
    c = tables.certificate_acts.c
    query = select(func.count(c.event_seq.distinct())).where(
        c.market_id == market_id, whose(participant_id)
    )
    return connection.execute(query).scalar_one()


def _versions(
    connection: Connection, market_id: str, days: Iterable[str]
) -> tuple[tuple[str, int], ...]:
    c = tables.settlement_runs.c
    rows = connection.execute(
        select(c.day, func.max(c.version))
        .where(
            c.market_id == market_id,
            c.day.in_(sorted(days)),
            c.state == RunState.FINISHED.value,
        )
        .group_by(c.day)
        .order_by(c.day)
    )
    return tuple((day, version) for day, version in rows)
