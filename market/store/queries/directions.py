"""What runs have changed about deviations, shortages and surpluses apart.

The one idea: a run books what both directions of a participant come to, and its version says of each unit and
interval what it deviated and what that came to. So what a version has changed about one direction is the
difference to the version before, and of the first one to what the intervals themselves have booked.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
from sqlalchemy import Connection, case, select

from market.model.bill import Correction
from market.model.money import TransferKind, participant_account
from market.model.settlement_run import RunState
from market.model.splitting import Integers
from market.store import tables
from market.store.details import detail_grid
from market.store.queries.deviations import deviation_columns, priced_deviations
from market.store.queries.money import joined, split_sum
from market.store.queries.settled_columns import kept_areas

_NAMES: Final = ("scheduled_wh", "metered_wh", "deviation_quanta")
_HALF_BITS: Final = 32

Directions = tuple[int, int]
"""What a participant pays for its shortages, and for its surpluses (mostly below zero)."""


def direction_changes(
    connection: Connection, market_id: str, from_day: str, until_day: str
) -> Iterator[tuple[str, Correction, Directions]]:
    """Participant, version and change of both directions, of every version that has changed any.

    Args:
        connection: of a reader.
        market_id: the market.
        from_day: the first local day, ISO 8601.
        until_day: the day after the last one.
    """
    runs = tables.settlement_runs.c
    rows = connection.execute(
        select(runs.run_id, runs.day, runs.version)
        .where(
            runs.market_id == market_id,
            runs.day >= from_day,
            runs.day < until_day,
            runs.state == RunState.FINISHED.value,
        )
        .order_by(runs.day, runs.version)
    )
    owners = _owners(connection, market_id)
    before: dict[str, Directions] = {}
    for run_id, day, version in rows:
        if version == 1:
            before = _of_intervals(connection, market_id, run_id)
        after = _of_version(connection, market_id, run_id, owners)
        for name in sorted({*before, *after}):
            short, long = after.get(name, (0, 0))
            was_short, was_long = before.get(name, (0, 0))
            if (short, long) != (was_short, was_long):
                run = Correction(day=day, version=version, run_id=run_id)
                yield name, run, (short - was_short, long - was_long)
        before = after


def _owners(connection: Connection, market_id: str) -> dict[str, str]:
    c = tables.units.c
    rows = connection.execute(select(c.unit_id, c.participant_id).where(c.market_id == market_id))
    return {row.unit_id: row.participant_id for row in rows}


def _of_intervals(connection: Connection, market_id: str, run_id: str) -> dict[str, Directions]:
    """What the day's intervals have booked by themselves, by participant."""
    c, owner = tables.transfers.c, tables.units.c.participant_id
    account = participant_account("")
    is_short, *_ = deviation_columns()
    pays = case((c.debit_account == account + owner, c.amount_quanta), else_=-c.amount_quanta)
    starts_s = _starts_s(connection, market_id, run_id)
    if not starts_s:
        return {}
    query = (
        priced_deviations(select(owner, is_short, *split_sum(pays)))
        .where(
            c.market_id == market_id,
            c.kind == TransferKind.DEVIATION.value,
            c.start_s >= starts_s[0],
            c.start_s <= starts_s[-1],
        )
        .group_by(owner, is_short)
    )
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name, short, high, low in connection.execute(query):
        sums[name][0 if short else 1] += joined(high, low)
    return {name: (short, long) for name, (short, long) in sums.items()}


def _starts_s(connection: Connection, market_id: str, run_id: str) -> list[int]:
    """The intervals of a run's day; none where nobody had a unit: nothing is kept of it."""
    for kept in kept_areas(connection, market_id, run_id).values():
        return detail_grid([part.detail for part in kept], ())[1]
    return []


def _of_version(
    connection: Connection, market_id: str, run_id: str, owners: Mapping[str, str]
) -> dict[str, Directions]:
    """What a version's columns come to, by participant."""
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for kept in kept_areas(connection, market_id, run_id).values():
        unit_ids, _, columns = detail_grid([part.detail for part in kept], _NAMES)
        scheduled_wh, metered_wh, quanta = columns
        short = metered_wh < scheduled_wh
        for place, part in enumerate((np.where(short, quanta, 0), np.where(short, 0, quanta))):
            for name, total in zip(unit_ids, _row_sums(part), strict=True):
                sums[owners[name]][place] -= total  # of the unit's owner received is positive
    return {name: (short, long) for name, (short, long) in sums.items() if short or long}


def _row_sums(values: Integers) -> list[int]:
    """The sum of each row, of any size: high and low halves are added apart."""
    high = (values >> _HALF_BITS).sum(axis=1).tolist()
    low = (values & ((1 << _HALF_BITS) - 1)).sum(axis=1).tolist()
    return [(above << _HALF_BITS) + below for above, below in zip(high, low, strict=True)]
