"""What a participant is alerted of: facts of other lists, each narrowed to what is its own.

The one idea: an alert is no fact of its own but a way of looking at others; the only fact is that it was
read. Each question here is about one participant and a few days, so each is answered by keys.
"""

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import Connection, or_, select

from market.model.alarm import Alarm, AlarmKind, AlarmState, ControlLevel, Severity
from market.model.call import CallKind
from market.model.case import Case
from market.store import tables
from market.store.case_rows import case_of
from market.store.queries.pages import fact

ALERTS_MAX: Final = 200
"""Most alerts of one source: who has more of them has other worries."""
_AT_ONCE: Final = 500


def unit_alarms(
    connection: Connection, market_id: str, unit_ids: Sequence[str], from_us: int
) -> tuple[Alarm, ...]:
    """Alarms about these units that were raised then or later, the newest first; at most ALERTS_MAX."""
    c = tables.alarms.c
    rows = connection.execute(
        select(tables.alarms)
        .where(
            c.market_id == market_id,
            c.level == ControlLevel.UNIT.value,
            c.member_id.in_(unit_ids),
            c.raised_us >= from_us,
        )
        .order_by(c.number.desc())
        .limit(ALERTS_MAX)
    )
    return tuple(
        fact(
            Alarm,
            row,
            kind=AlarmKind(row.kind),
            severity=Severity(row.severity),
            level=ControlLevel(row.level),
            state=AlarmState(row.state),
        )
        for row in rows
    )


def area_prices(
    connection: Connection, market_id: str, area_id: str, *, from_s: int, until_s: int
) -> tuple[tuple[int, int], ...]:
    """(start_s, price_ticks) of an area's cleared intervals, of the last call of each, in order."""
    c = tables.area_outcomes.c
    rows = connection.execute(
        select(c.start_s, c.call, c.price_ticks)
        .where(
            c.market_id == market_id,
            c.start_s >= from_s,
            c.start_s < until_s,
            c.area_id == area_id,
            c.call.in_([CallKind.CLOSING.value, CallKind.DAY_AHEAD.value]),
        )
        .order_by(c.start_s, c.call.desc())
    )
    # The closing call is last by its name turned round, so it is what stays.
    last = {row.start_s: row.price_ticks for row in rows}
    return tuple((start_s, ticks) for start_s, ticks in last.items() if ticks is not None)


def withdrawn_wh(
    connection: Connection, market_id: str, participant_id: str, starts_s: Sequence[int]
) -> dict[int, int]:
    """Metered withdrawal of a participant in settled intervals, by start."""
    c = tables.withdrawals.c
    found: dict[int, int] = {}
    for first in range(0, len(starts_s), _AT_ONCE):
        rows = connection.execute(
            select(c.start_s, c.withdrawal_wh).where(
                c.market_id == market_id,
                c.start_s.in_(starts_s[first : first + _AT_ONCE]),
                c.participant_id == participant_id,
            )
        )
        found |= {row.start_s: row.withdrawal_wh for row in rows}
    return found


def cases_since(
    connection: Connection, market_id: str, participant_id: str, from_us: int
) -> tuple[Case, ...]:
    """The participant's cases that are open, or were closed then or later; at most ALERTS_MAX, the newest."""
    c = tables.cases.c
    rows = connection.execute(
        select(tables.cases)
        .where(
            c.market_id == market_id,
            c.participant_id == participant_id,
            or_(c.closed_us.is_(None), c.closed_us >= from_us),
        )
        .order_by(c.number.desc())
        .limit(ALERTS_MAX)
    )
    return tuple(case_of(row._mapping) for row in rows)  # noqa: SLF001 - the public way to read a row


def reads_of(
    connection: Connection, market_id: str, participant_id: str, alert_ids: Collection[str]
) -> dict[str, int]:
    """When a participant has read these alerts; those it has not are not in it."""
    c = tables.alert_reads.c
    found: dict[str, int] = {}
    wanted = sorted(alert_ids)
    for first in range(0, len(wanted), _AT_ONCE):
        rows = connection.execute(
            select(c.alert_id, c.read_us).where(
                c.market_id == market_id,
                c.participant_id == participant_id,
                c.alert_id.in_(wanted[first : first + _AT_ONCE]),
            )
        )
        found |= {row.alert_id: row.read_us for row in rows}
    return found
