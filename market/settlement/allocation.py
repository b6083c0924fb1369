"""Each Wh of a meter goes to one trade, or to one of the uses beside trading, and to nothing twice.

The one idea: a unit's meter is read once for all its trades of an interval. So trades are never held
against the meter one by one: what each is given adds up to what the meter shows, and what is missing adds up
to the unit's one deviation. The rule is published in docs/settlement.md:

1. Opposite trades are netted. The net position goes to the trades of its side, earlier contract first,
   contracts made together in proportion to their energy. What they sold beyond it was bought back:
   it is financial only.
2. What the meter shows in the direction of the net position goes to the same trades in the same way,
   up to the net position. What a trade does not get is missing.
3. What the meter shows beyond that is met behind the same metering point, as far as it goes:
   generation with load (own use), generation with charging, discharging with load, discharging with charging
   (own storage), each in proportion. The rest is retail: the retailer of last resort takes or delivers it.

    metered = to trades + own use + own storage + retail
    metered - net position = own use + own storage + retail - missing      (missing signed as its trade)

Columns throughout: a row is one unit in one interval, a point is one metering point in one interval;
any number of intervals may be done together.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from market.model.splitting import Integers, split_groups, sums
from market.settlement.energy import ConservationError

_GENERATION, _LOAD, _DISCHARGE, _CHARGE = range(4)
"""What a row's untraded energy is, by its direction and by whether the unit stores."""
_KINDS = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeterColumns:
    """What the meters of units show, one row a unit and interval."""

    metered_wh: Integers
    """(n,) net energy, injection positive."""
    point: Integers
    """(n,) number of the metering point in its interval, from 0; units behind the same share it."""
    stores: NDArray[np.bool_]
    """(n,) whether the unit is a storage."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TradeColumns:
    """Trades of those units, in any order."""

    row: Integers
    """(m,) the row of the unit and interval in `MeterColumns`."""
    rank: Integers
    """(m,) when the contract was made: smaller is earlier, equal is together (one call, one match)."""
    injection_wh: Integers
    """(m,) sold positive, bought negative, never zero."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Allocation:
    """What each trade was given of the meter, and what became of the rest."""

    financial_wh: Integers
    """(m,) >= 0: sold and bought back, or bought and sold again."""
    delivered_wh: Integers
    """(m,) >= 0: its share of the meter."""
    missing_wh: Integers
    """(m,) >= 0: owed by its unit and not in the meter."""
    net_wh: Integers
    """(n,) the unit's net position, injection positive; so are all columns below."""
    traded_wh: Integers
    """(n,) of the meter: to trades."""
    own_use_wh: Integers
    """(n,) of the meter: generation and load behind one metering point."""
    own_storage_wh: Integers
    """(n,) of the meter: into and out of a storage behind the same metering point."""
    retail_wh: Integers
    """(n,) of the meter: taken or delivered by the retailer of last resort."""


def allocate(meters: MeterColumns, trades: TradeColumns) -> Allocation:
    """Give every metered Wh to one trade or one use.

    Raises:
        ConservationError: the parts do not add up to the meters; nothing may be booked on them.
    """
    count = len(meters.metered_wh)
    net_wh = sums(trades.injection_wh, trades.row, count)
    toward = np.sign(net_wh)
    due_wh = np.minimum(np.abs(net_wh), np.maximum(toward * meters.metered_wh, 0))

    energy_wh = np.abs(trades.injection_wh)
    physical_wh, delivered_wh = _to_trades(trades, net_wh, due_wh)

    traded_wh = toward * due_wh
    own_use_wh, own_storage_wh = _own(meters, meters.metered_wh - traded_wh)
    found = Allocation(
        financial_wh=energy_wh - physical_wh,
        delivered_wh=delivered_wh,
        missing_wh=physical_wh - delivered_wh,
        net_wh=net_wh,
        traded_wh=traded_wh,
        own_use_wh=own_use_wh,
        own_storage_wh=own_storage_wh,
        retail_wh=meters.metered_wh - traded_wh - own_use_wh - own_storage_wh,
    )
    _check(meters, trades, found)
    return found


def deliveries(traded_wh: Integers, trades: TradeColumns) -> Integers:
    """What each trade was given of the meter, from what of each meter went to trades: as `allocate` says it.

    Args:
        traded_wh: (n,) of an allocation of the same trades, injection positive.
        trades: all trades of the rows.
    """
    count = len(traded_wh)
    delivered_wh = np.abs(traded_wh)[trades.row]
    # A unit's only trade of an interval is given all of it; only several have to share.
    several = np.bincount(trades.row, minlength=count)[trades.row] > 1
    if several.any():
        some = TradeColumns(
            row=trades.row[several],
            rank=trades.rank[several],
            injection_wh=trades.injection_wh[several],
        )
        net_wh = sums(some.injection_wh, some.row, count)
        delivered_wh[several] = _to_trades(some, net_wh, np.abs(traded_wh))[1]
    return delivered_wh


def _to_trades(
    trades: TradeColumns, net_wh: Integers, due_wh: Integers
) -> tuple[Integers, Integers]:
    """Of each trade what belongs to the net position, and what of the meter it is given."""
    order = np.lexsort((trades.rank, trades.row))
    row, rank = trades.row[order], trades.rank[order]
    injection_wh = trades.injection_wh[order]
    same_side = np.sign(injection_wh) == np.sign(net_wh)[row]
    contract = _contracts(row, rank)
    rooms_wh = np.where(same_side, np.abs(injection_wh), 0)
    physical_wh = _earlier_first(np.abs(net_wh), row, contract, rooms_wh)
    delivered_wh = _earlier_first(due_wh, row, contract, physical_wh)
    return _back(order, physical_wh), _back(order, delivered_wh)


def _contracts(row: Integers, rank: Integers) -> Integers:
    """The contract of each trade, numbered as they stand: same unit, interval and time."""
    if not len(row):
        return row
    fresh = (np.diff(row) != 0) | (np.diff(rank) != 0)
    return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(fresh)))


def _earlier_first(
    amounts_wh: Integers, row: Integers, contract: Integers, rooms_wh: Integers
) -> Integers:
    """Each row's amount over its trades: earlier contract first, in one contract in proportion.

    No trade gets more than its room. Trades stand sorted by row and contract; a row without trades
    has no amount.
    """
    if not len(row):
        return np.zeros(0, dtype=np.int64)
    count = int(contract[-1]) + 1
    room_wh = sums(rooms_wh, contract, count)
    row_of = row[np.flatnonzero(np.diff(contract, prepend=-1))]
    before_wh = np.cumsum(room_wh) - room_wh
    # What stands before the row's own first contract belongs to other rows.
    first = np.flatnonzero(np.diff(row_of, prepend=-1))
    before_wh -= np.repeat(before_wh[first], np.diff(first, append=count))
    given_wh = np.clip(amounts_wh[row_of] - before_wh, 0, room_wh)
    return split_groups(given_wh, contract, rooms_wh)


def _own(meters: MeterColumns, rest_wh: Integers) -> tuple[Integers, Integers]:
    """Of what the meters show beside trades: own use and own storage of each row, signed."""
    if not len(rest_wh):
        return rest_wh, rest_wh
    kind = np.where(
        meters.stores,
        np.where(rest_wh > 0, _DISCHARGE, _CHARGE),
        np.where(rest_wh > 0, _GENERATION, _LOAD),
    )
    group = _KINDS * meters.point + kind
    points = int(meters.point.max()) + 1
    size_wh = np.abs(rest_wh)
    side = sums(size_wh, group, _KINDS * points).reshape(points, _KINDS)

    used, stored = np.zeros_like(side), np.zeros_like(side)
    for one, other, into in (
        (_GENERATION, _LOAD, used),
        (_GENERATION, _CHARGE, stored),
        (_DISCHARGE, _LOAD, stored),
        (_DISCHARGE, _CHARGE, stored),
    ):
        left = side - used - stored
        met = np.minimum(left[:, one], left[:, other])
        into[:, one] += met
        into[:, other] += met
    own_use_wh = split_groups(used.ravel(), group, size_wh)
    own_storage_wh = split_groups(stored.ravel(), group, size_wh - own_use_wh)
    sign = np.sign(rest_wh)
    return sign * own_use_wh, sign * own_storage_wh


def _back(order: Integers, values: Integers) -> Integers:
    """Values in sorted order as they stood before."""
    found = np.empty_like(values)
    found[order] = values
    return found


def _check(meters: MeterColumns, trades: TradeColumns, found: Allocation) -> None:
    """Assert the totals from the result alone, not from the steps that made it.

    Raises:
        ConservationError: they do not hold.
    """
    count = len(meters.metered_wh)
    side = np.sign(trades.injection_wh)
    parts = (found.financial_wh, found.delivered_wh, found.missing_wh)
    beside_wh = found.own_use_wh + found.own_storage_wh + found.retail_wh
    points = int(meters.point.max()) + 1 if count else 0
    held = (
        all((part >= 0).all() for part in parts),
        np.array_equal(sum(parts), np.abs(trades.injection_wh)),
        not sums(side * found.financial_wh, trades.row, count).any(),
        np.array_equal(sums(side * found.delivered_wh, trades.row, count), found.traded_wh),
        np.array_equal(found.traded_wh + beside_wh, meters.metered_wh),
        np.array_equal(
            beside_wh - sums(side * found.missing_wh, trades.row, count),
            meters.metered_wh - found.net_wh,
        ),
        not sums(found.own_use_wh, meters.point, points).any(),
        not sums(found.own_storage_wh, meters.point, points).any(),
        _one_way(meters.metered_wh, found),
    )
    if not all(held):
        raise ConservationError(f"meters and trades do not add up: {held}")


def _one_way(metered_wh: Integers, found: Allocation) -> bool:
    """Whether every part of a meter runs the way the meter ran."""
    way = np.sign(metered_wh)
    parts = (found.traded_wh, found.own_use_wh, found.own_storage_wh, found.retail_wh)
    return all((way * part >= 0).all() for part in parts)
