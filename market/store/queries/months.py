"""What a month is settled on, and what it came to."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from market.model.balance_group import ALONE
from market.model.call import CallKind
from market.model.grid import Grid
from market.model.interval import MarketMonth
from market.model.money import TransferKind
from market.model.participant import Unit
from market.model.rules import MarketRules
from market.model.settled_month import SettledMonth
from market.model.settlement_run import RunState
from market.model.splitting import Integers
from market.settlement.band import DayDeviations
from market.settlement.dues import Dues, add
from market.settlement.imbalance import adder_ticks
from market.store import tables
from market.store.details import detail_grid
from market.store.month_details import month_rows
from market.store.queries.day_facts import day_starts_s
from market.store.queries.money import joined, split_sum
from market.store.queries.pages import fact
from market.store.queries.settled_columns import kept_areas

_KINDS: Final = (TransferKind.GROUP_NETTING, TransferKind.BAND_WAIVER)


def day_deviations(
    connection: Connection,
    market_id: str,
    *,
    rules: MarketRules,
    grid: Grid,
    units: Mapping[str, Unit],
    groups: Mapping[str, str],
    last_resort_id: str | None,
    day: str,
    version: int,
) -> DayDeviations:
    """What units deviated in a version of a day; those of the last resort, which are never priced, left out.

    Args:
        connection: of a reader.
        market_id: the market.
        rules: the adder.
        grid: areas in their order.
        units: all units by id.
        groups: by unit, of those that are in a group on the day.
        last_resort_id: whose units are left out; None: nobody takes the other side, so nothing is priced.
        day: local date, ISO 8601.
        version: a finished one of the day.
    """
    runs = tables.settlement_runs.c
    run_id = connection.execute(
        select(runs.run_id).where(
            runs.market_id == market_id,
            runs.day == day,
            runs.version == version,
            runs.state == RunState.FINISHED.value,
        )
    ).scalar_one_or_none()
    kept = {} if run_id is None else kept_areas(connection, market_id, run_id)
    number = {area.area_id: place for place, area in enumerate(grid.areas)}
    names: list[str] = []
    area: list[int] = []
    starts_s = list(day_starts_s(rules, day))
    # Of a day on which nobody had a unit nothing is kept.
    nobody = np.zeros((0, len(starts_s)), dtype=np.int64)
    deviation_wh: list[Integers] = [nobody]
    metered_wh: list[Integers] = [nobody]
    for area_id, parts in sorted(kept.items()):
        details = [part.detail for part in parts]
        unit_ids, starts_s, columns = detail_grid(details, ("scheduled_wh", "metered_wh"))
        own = [
            row for row, name in enumerate(unit_ids) if units[name].participant_id != last_resort_id
        ]
        names += [unit_ids[row] for row in own]
        area += [number[area_id]] * len(own)
        scheduled, metered = (column[own] for column in columns)
        deviation_wh.append(metered - scheduled)
        metered_wh.append(metered)
    has_price, adders = _adders(connection, market_id, rules, number, starts_s)
    return DayDeviations(
        unit_ids=names,
        group_ids=[groups.get(name, ALONE) for name in names],
        area=np.array(area, dtype=np.int64),
        deviation_wh=np.concatenate(deviation_wh),
        metered_wh=np.concatenate(metered_wh),
        has_price=has_price & (last_resort_id is not None),
        adder_ticks=adders,
    )


def _adders(
    connection: Connection,
    market_id: str,
    rules: MarketRules,
    number: Mapping[str, int],
    starts_s: Sequence[int],
) -> tuple[NDArray[np.bool_], Integers]:
    """(areas, t) where there is an area price, and the adder there.

    The closing call's price, where it has none the opening call's, as everywhere in settlement.
    """
    c = tables.area_outcomes.c
    price_of: dict[tuple[str, int], int] = {}
    for call in (CallKind.DAY_AHEAD, CallKind.CLOSING):
        rows = connection.execute(
            select(c.area_id, c.start_s, c.price_ticks).where(
                c.market_id == market_id,
                c.start_s >= starts_s[0],
                c.start_s <= starts_s[-1],
                c.call == call.value,
                c.price_ticks.is_not(None),
            )
        )
        price_of |= {(area_id, start_s): ticks for area_id, start_s, ticks in rows}
    column = {start_s: place for place, start_s in enumerate(starts_s)}
    shape = (len(number), len(starts_s))
    has_price, adders = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.int64)
    for (area_id, start_s), ticks in price_of.items():
        place = number[area_id], column[start_s]
        has_price[place], adders[place] = True, adder_ticks(ticks, rules)
    return has_price, adders


def month_booked(connection: Connection, market_id: str, rules: MarketRules, month: str) -> Dues:
    """What balance groups were given back for a month so far."""
    its = MarketMonth.of(month, rules.time_zone)
    c = tables.transfers.c
    rows = connection.execute(
        select(c.debit_account, c.credit_account, c.kind, *split_sum(c.amount_quanta))
        .where(
            c.market_id == market_id,
            c.counts_s >= its.from_s,
            c.counts_s < its.until_s,
            c.kind.in_([kind.value for kind in _KINDS]),
        )
        .group_by(c.debit_account, c.credit_account, c.kind)
    )
    dues: Dues = {}
    for giver, receiver, kind, high, low in rows:
        add(dues, giver, receiver, joined(high, low), TransferKind(kind))
    return dues


def settled_month(
    connection: Connection, market_id: str, month: str, version: int | None = None
) -> SettledMonth | None:
    """A version of a month, the last one where none is named; None: there is none."""
    c = tables.settled_months.c
    query = select(tables.settled_months).where(c.market_id == market_id, c.month == month)
    if version is not None:
        query = query.where(c.version == version)
    row = connection.execute(query.order_by(c.version.desc()).limit(1)).one_or_none()
    return None if row is None else fact(SettledMonth, row)


def month_lines(
    connection: Connection,
    market_id: str,
    settled: SettledMonth,
    *,
    participant_id: str | None,
    group_ids: Iterable[str] = (),
) -> list[Mapping[str, Any]]:
    """What a month says of a participant's units and of some groups; of all for None."""
    if participant_id is None:
        return month_rows(settled.detail, None)
    c = tables.units.c
    own = connection.execute(
        select(c.unit_id).where(c.market_id == market_id, c.participant_id == participant_id)
    )
    return month_rows(settled.detail, [name for (name,) in own], list(group_ids))
