"""What a day's columns come to between accounts: the dues of everybody, and who withdrew how much.

The one idea: whatever an account is due for a day follows from the columns of units and intervals and from
what was told. So a day of which only some cells are settled anew is added up again as a whole, the same way.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from market.model.money import (
    BALANCING,
    GRID_OPERATOR,
    LEVIES,
    TransferKind,
    participant_account,
)
from market.model.splitting import Integers, row_sums, sums
from market.settlement.day_facts import DayFrame, DueColumns
from market.settlement.dues import Dues, add, add_transfers
from market.settlement.imbalance import net_transfers
from market.settlement.instructed import Instructed
from market.settlement.network import day_charges
from market.settlement.rent import rent_return

_HALF_BITS: Final = 32


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
    owners = list(dict.fromkeys(unit.participant_id for unit in frame.units.values()))
    owner = numbers([unit.participant_id for unit in frame.units.values()], owners)
    dues: Dues = {}
    for came in told.values():
        add_transfers(dues, came.transfers)
    for quanta, giver, kind in (
        (columns.deviation_quanta, BALANCING, TransferKind.DEVIATION),
        (columns.network_fee_quanta, GRID_OPERATOR, TransferKind.NETWORK_FEE),
        (columns.levies_quanta, LEVIES, TransferKind.LEVIES),
    ):
        totals = _exact_sums(quanta, owner, len(owners))
        for name, total in zip(owners, totals, strict=True):
            add(dues, giver, participant_account(name), total, kind)
    _add_net(dues, frame, columns, told)
    by_owner = _exact_sums(columns.withdrawal_wh, owner, len(owners))
    withdrawn_wh = dict(zip(owners, by_owner, strict=True))
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
    return dues, withdrawn_wh


def _add_net(
    dues: Dues, frame: DayFrame, columns: DueColumns, told: Mapping[int, Instructed]
) -> None:
    """What areas deviate in sum; without a last resort nobody takes the other side."""
    last_resort = frame.last_resort_id
    if last_resort is None:
        return
    names = [area.area_id for area in frame.grid.areas]
    own = np.array([item.participant_id != last_resort for item in frame.units.values()])
    area = numbers([item.area_id for item in frame.units.values()], names)
    deviation_wh = np.where(own[:, None], columns.metered_wh - columns.scheduled_wh, 0)
    net_wh = row_sums(deviation_wh, area, len(names))
    for interval in {*np.flatnonzero(net_wh.any(axis=0)).tolist(), *told}:
        came = told.get(interval)
        transfers = net_transfers(
            net_wh=dict(zip(names, net_wh[:, interval].tolist(), strict=True)),
            rules=frame.rules,
            grid=frame.grid,
            start_s=frame.starts_s[interval],
            last_resort_participant_id=last_resort,
            outcome=frame.exchanged[interval] if came is None else came.exchange,
            replaced_wh=None if came is None else came.replaced_wh,
        )
        add_transfers(dues, transfers)


def numbers(names: list[str], among: list[str]) -> Integers:
    """The place of each name among others."""
    number = {name: place for place, name in enumerate(among)}
    return np.array([number[name] for name in names], dtype=np.int64)


def _exact_sums(values: Integers, group: Integers, count: int) -> list[int]:
    """The sum of each group's rows, of any size: high and low halves are added apart."""
    halves = (values >> _HALF_BITS, values & ((1 << _HALF_BITS) - 1))
    high, low = (sums(half.sum(axis=1), group, count).tolist() for half in halves)
    return [(above << _HALF_BITS) + below for above, below in zip(high, low, strict=True)]
