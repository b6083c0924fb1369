"""What curve, block and storage orders hold and speak for, before anybody knows what they get.

The one idea: at worst. A curve or block is counted as fully accepted, an exclusive group by the most
any of its members could take in an interval, a storage by what it may move in each of its intervals.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from market.model.order import BlockOrder, CurveOrder, Side, StorageOrder
from market.model.participant import StorageData
from market.trading.holds import hold_quanta
from market.trading.positions import Positions, charged_wh, discharged_wh

Energy: TypeAlias = dict[tuple[str, int, bool], int]
"""Energy in Wh by unit, interval and whether it sells."""


def add_energy(total: Energy, more: Mapping[tuple[str, int, bool], int]) -> None:
    """Add energies to a total, in place."""
    for key, energy_wh in more.items():
        total[key] = total.get(key, 0) + energy_wh


def less_energy(one: Energy, other: Energy) -> Energy:
    """One less the other; what comes to nothing is left out."""
    left = {key: one.get(key, 0) - other.get(key, 0) for key in {**one, **other}}
    return {key: energy_wh for key, energy_wh in left.items() if energy_wh}


def curve_energy(order: CurveOrder) -> Energy:
    """All steps of a curve together."""
    header = order.header
    energy_wh = sum(energy_wh for _, energy_wh in order.steps)
    return {(header.unit_id, header.start_s, header.side is Side.SELL): energy_wh}


def curve_hold_quanta(order: CurveOrder) -> int:
    """Money to hold: every step at its own price."""
    return sum(hold_quanta(order.header.side, price, energy) for price, energy in order.steps)


def block_hold_quanta(order: BlockOrder) -> int:
    """Money to hold: all of it at its limit."""
    return sum(
        hold_quanta(order.header.side, order.price_ticks, energy) for _, energy in order.legs
    )


def spoken_for(blocks: Iterable[BlockOrder]) -> Energy:
    """Energy of blocks of one exclusive group, or of one block: the most of any, leg by leg."""
    most: Energy = {}
    for block in blocks:
        header = block.header
        for start_s, energy_wh in block.legs:
            key = (header.unit_id, start_s, header.side is Side.SELL)
            most[key] = max(most.get(key, 0), energy_wh)
    return most


def storage_energy(order: StorageOrder, starts_s: Sequence[int]) -> Energy:
    """Both directions of every interval of its window; a direction it does not use is left out."""
    unit_id = order.header.unit_id
    energy: Energy = {}
    for start_s in starts_s:
        if order.discharge_max_wh:
            energy[unit_id, start_s, True] = order.discharge_max_wh
        if order.charge_max_wh:
            energy[unit_id, start_s, False] = order.charge_max_wh
    return energy


def stored_before_wh(positions: Positions, unit_id: str, storage: StorageData, start_s: int) -> int:
    """What a storage holds before an interval by its last reading and its confirmed trades since."""
    read_s, level_wh = positions.state_of_charge_wh(unit_id, storage)
    for at_s, energy in positions.moves_of(unit_id, read_s):
        if at_s >= start_s:
            break
        net_wh = energy.bought_wh - energy.sold_wh
        level_wh += charged_wh(storage, net_wh) if net_wh > 0 else -discharged_wh(storage, -net_wh)
    return min(max(level_wh, 0), storage.capacity_wh)


def needed_after_wh(
    positions: Positions, unit_id: str, storage: StorageData, start_s: int
) -> tuple[int, int]:
    """Least and most a storage may hold after an interval to keep its confirmed trades later on."""
    least_wh, most_wh = 0, storage.capacity_wh
    for _, energy in reversed([*positions.moves_of(unit_id, start_s)]):
        net_wh = energy.bought_wh - energy.sold_wh
        gain_wh = charged_wh(storage, net_wh) if net_wh > 0 else -discharged_wh(storage, -net_wh)
        least_wh = max(0, least_wh - gain_wh)
        most_wh = min(storage.capacity_wh, most_wh - gain_wh)
    return least_wh, most_wh


def storage_hold_quanta(order: StorageOrder, storage: StorageData, start_wh: int) -> int:
    """Money to hold: what it pays at most is what the energy it keeps in the end is worth to it.

    Whatever it charges and discharges again has to earn its price, so only a filled store costs; with
    a negative end value only an emptied one does.
    """
    worth = order.end_value_ticks
    return worth * max(0, storage.capacity_wh - start_wh) if worth > 0 else -worth * start_wh
