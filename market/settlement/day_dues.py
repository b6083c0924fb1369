"""What a day's columns come to between accounts: the dues of everybody, and who withdrew how much.

The one idea: whatever an account is due for a day follows from the columns of units and intervals and from
what was told. So a day of which only some cells are settled anew is added up again as a whole, the same way.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from market.model.money import (
    BALANCING,
    GRID_OPERATOR,
    LEVIES,
    TransferKind,
    participant_account,
)
from market.model.participant import Unit
from market.model.splitting import Integers, row_sums, sums
from market.settlement.day_facts import DayFrame, DayTrades, DueColumns
from market.settlement.dues import Dues, add, add_transfers
from market.settlement.imbalance import net_exchanges
from market.settlement.instructed import Instructed
from market.settlement.network import day_charges
from market.settlement.rent import rent_return

_HALF_BITS: Final = 32
OF_POINTS: Final = frozenset({TransferKind.RENT_RETURN, TransferKind.DAY_CHARGE})
"""What a day's whole withdrawal, or its metering points, lead to; by kind apart from all else."""


def day_dues(
    frame: DayFrame, columns: DueColumns, told: Mapping[int, Instructed]
) -> tuple[Dues, dict[str, int]]:
    """Add a day up.

    Args:
        frame: units in the order of the rows.
        columns: of all units and intervals.
        told: what was told, of every interval in which anything was.

    Returns:
        what is due for the whole day because of meters and fees; the day's withdrawal by participant.
    """
    owners = [unit.participant_id for unit in frame.units.values()]
    dues: Dues = {}
    add_unit_dues(dues, owners, columns)
    deviation_wh = columns.metered_wh - columns.scheduled_wh
    net_wh = area_net_wh(frame, list(frame.units.values()), deviation_wh)
    add_told(dues, told)
    add_net(dues, frame, net_wh, told, {*np.flatnonzero(net_wh.any(axis=0)).tolist(), *told})
    withdrawn_wh = _by_owner(columns.withdrawal_wh, owners)
    add_point_dues(dues, frame, withdrawn_wh)
    return dues, withdrawn_wh


def add_unit_dues(dues: Dues, owners: Sequence[str], columns: DueColumns, sign: int = 1) -> None:
    """What units are due by themselves, or with sign -1 take it back.

    `owners`: of the rows of the columns.
    """
    for quanta, giver, kind in (
        (columns.deviation_quanta, BALANCING, TransferKind.DEVIATION),
        (columns.network_fee_quanta, GRID_OPERATOR, TransferKind.NETWORK_FEE),
        (columns.levies_quanta, LEVIES, TransferKind.LEVIES),
    ):
        for name, total in _by_owner(quanta, owners).items():
            add(dues, giver, participant_account(name), sign * total, kind)


def add_told(dues: Dues, told: Mapping[int, Instructed], sign: int = 1) -> None:
    """What was told leads to, by interval, or with sign -1 take it back."""
    for came in told.values():
        add_transfers(dues, came.transfers, sign)


def area_net_wh(frame: DayFrame, units: Sequence[Unit], deviation_wh: Integers) -> Integers:
    """(areas, t) what some units deviate in sum; the last resort's own are left out.

    `deviation_wh`: (units, t).
    """
    area = _areas(frame, units)
    return row_sums(deviation_wh, area, len(frame.grid.areas) + 1)[:-1]


def area_traded_wh(frame: DayFrame, units: Sequence[Unit], trades: DayTrades) -> Integers:
    """(areas, t) what the same units have sold less what they have bought."""
    areas, times = len(frame.grid.areas) + 1, len(frame.starts_s)
    cell = _areas(frame, units)[trades.unit] * times + trades.interval
    return sums(trades.injection_wh, cell, areas * times).reshape(areas, times)[:-1]


def _areas(frame: DayFrame, units: Sequence[Unit]) -> Integers:
    """The place of each unit's area; behind all of them for the last resort's own."""
    last_resort, names = frame.last_resort_id, [area.area_id for area in frame.grid.areas]
    own = np.array([item.participant_id == last_resort for item in units], dtype=np.bool_)
    return np.where(own, len(names), numbers([item.area_id for item in units], names))


def add_net(
    dues: Dues,
    frame: DayFrame,
    net_wh: Integers,
    told: Mapping[int, Instructed],
    intervals: Iterable[int],
    sign: int = 1,
) -> None:
    """What areas deviate in sum; without a last resort nobody takes the other side.

    Args:
        dues: are added to, or with sign -1 taken from.
        frame: of the day.
        net_wh: (areas, t).
        told: what was told, by interval.
        intervals: which of them count.
        sign: 1 or -1.
    """
    last_resort = frame.last_resort_id
    if last_resort is None:
        return
    names = [area.area_id for area in frame.grid.areas]
    due_quanta = fee_quanta = 0
    for interval in intervals:
        came = told.get(interval)
        for _, exchange in net_exchanges(
            net_wh=dict(zip(names, net_wh[:, interval].tolist(), strict=True)),
            rules=frame.rules,
            grid=frame.grid,
            start_s=frame.starts_s[interval],
            outcome=frame.exchanged[interval] if came is None else came.exchange,
            replaced_wh=None if came is None else came.replaced_wh,
        ):
            due_quanta += exchange.due_quanta
            fee_quanta += exchange.fee_quanta
    account = participant_account(last_resort)
    add(dues, BALANCING, account, sign * due_quanta, TransferKind.LAST_RESORT)
    add(dues, BALANCING, GRID_OPERATOR, sign * fee_quanta, TransferKind.LINE_FEE)


def add_point_dues(dues: Dues, frame: DayFrame, withdrawn_wh: Mapping[str, int]) -> None:
    """Rent that is given back and charges by the day: the kinds `OF_POINTS`.

    `withdrawn_wh`: of the day, by participant.
    """
    members = {
        name: item for name, item in frame.participants.items() if name not in frame.newcomers
    }
    rents = rent_return(
        rents_quanta=frame.rents_quanta,
        withdrawal_wh=withdrawn_wh,
        participants=members,
        grid=frame.grid,
        day=frame.day,
    )
    add_transfers(dues, rents)
    charges = day_charges(
        points=frame.points, rules=frame.rules, participants=frame.participants, day=frame.day
    )
    add_transfers(dues, charges)


def metered_withdrawal_wh(owners: Sequence[str], metered_wh: Integers) -> dict[str, int]:
    """What each metering point withdrew in a day: in each interval its units together.

    Args:
        owners: of the rows.
        metered_wh: (n, t).
    """
    among = list(dict.fromkeys(owners))
    net_wh = row_sums(metered_wh, numbers(owners, among), len(among))
    return _by_owner(np.maximum(-net_wh, 0), among)


def numbers(names: Sequence[str], among: Sequence[str]) -> Integers:
    """The place of each name among others."""
    number = {name: place for place, name in enumerate(among)}
    return np.array([number[name] for name in names], dtype=np.int64)


def _by_owner(values: Integers, owners: Sequence[str]) -> dict[str, int]:
    """The sum of each owner's rows, of any size: high and low halves are added apart."""
    among = list(dict.fromkeys(owners))
    owner = numbers(owners, among)
    halves = (values >> _HALF_BITS, values & ((1 << _HALF_BITS) - 1))
    high, low = (sums(half.sum(axis=1), owner, len(among)).tolist() for half in halves)
    return {
        name: (above << _HALF_BITS) + below
        for name, above, below in zip(among, high, low, strict=True)
    }
