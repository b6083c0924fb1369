"""What runs have changed about a month that bills of participants are made from, run by run.

The one idea: what a run has booked is the event before the one that it is finished, with its id as
reference; so a day's few runs find their postings, and no posting is asked whose it is.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TypeAlias

from sqlalchemy import func, select

from market.model.bill import Corrected, Correction
from market.model.interval import day_of
from market.model.money import TransferKind
from market.settlement.tariff import Period
from market.settlement.tax import one_directional
from market.store import tables
from market.store.queries.asked import ACCOUNT, Asked
from market.store.queries.directions import direction_changes
from market.store.queries.money import joined, split_sum

_Found: TypeAlias = defaultdict[str, list[Corrected]]


def corrections(
    asked: Asked, zone: str, period: Period, number: int, known: Collection[str]
) -> Mapping[str, list[Corrected]]:
    """What runs have booked for a part of a month, by participant; in the order of runs and kinds.

    Args:
        asked: where to read, and of whom.
        zone: of the market.
        period: the part of the month, whole days.
        number: its number among those of the month.
        known: everybody who gets a bill.
    """
    days = day_of(period.from_s, zone).isoformat(), day_of(period.until_s, zone).isoformat()
    found = _booked(asked, days, period, number)
    if one_directional(period.taxes):
        _tell_directions(asked, days, number, known, found)
    return found


def _booked(asked: Asked, days: tuple[str, str], period: Period, number: int) -> _Found:
    c, runs = tables.transfers.c, tables.settlement_runs.c
    finished = {
        row.finished_event_seq - 1: row
        for row in asked.connection.execute(
            select(tables.settlement_runs).where(
                runs.market_id == asked.market_id,
                runs.day >= days[0],
                runs.day < days[1],
                runs.finished_event_seq.is_not(None),
            )
        )
    }
    sums: dict[tuple[str, int, TransferKind], list[int]] = {}
    of_run: dict[int, Correction] = {}
    for side, sign in ((c.debit_account, 1), (c.credit_account, -1)):
        query = (
            select(
                side, c.kind, c.event_seq, c.reference, func.count(), *split_sum(c.amount_quanta)
            )
            .where(
                c.market_id == asked.market_id,
                c.event_seq.in_(finished),
                c.counts_s >= period.from_s,
                c.counts_s < period.until_s,
                *asked.booked(side),
            )
            .group_by(side, c.kind, c.event_seq, c.reference)
        )
        for account, kind, seq, reference, count, high, low in asked.connection.execute(query):
            run = finished[seq]
            if reference != run.run_id:
                continue
            of_run[run.number] = Correction(day=run.day, version=run.version, run_id=run.run_id)
            key = (account.removeprefix(ACCOUNT), run.number, TransferKind(kind))
            kept = sums.setdefault(key, [0, 0])
            kept[0] += count
            kept[1] += sign * joined(high, low)
    found: _Found = defaultdict(list)
    for key in sorted(sums):
        name, run_number, transfer_kind = key
        count, amount_quanta = sums[key]
        found[name].append(
            Corrected(
                kind=transfer_kind,
                period=number,
                run=of_run[run_number],
                count=count,
                amount_quanta=amount_quanta,
            )
        )
    return found


def _tell_directions(
    asked: Asked, days: tuple[str, str], number: int, known: Collection[str], found: _Found
) -> None:
    """Of what runs have changed about deviations, both directions; also where they add up to nothing."""
    told = {
        (name, run): directions
        for name, run, directions in direction_changes(asked.connection, asked.market_id, *days)
        if name in known
    }
    for name, items in found.items():
        items[:] = [
            replace(item, directions=told.pop((name, item.run), None))
            if item.kind is TransferKind.DEVIATION
            else item
            for item in items
        ]
    for (name, run), directions in told.items():
        found[name].append(
            Corrected(
                kind=TransferKind.DEVIATION,
                period=number,
                run=run,
                count=0,
                amount_quanta=0,
                directions=directions,
            )
        )
