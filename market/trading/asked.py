"""What a sealed call is asked for in one interval: energy by unit and side, once it may be told.

The one idea: it counts as pre-trade checks do: every step of a curve, of an exclusive group the largest block, of a
storage order both directions at their most. So what the call takes is never more.
"""

from collections.abc import Mapping

import numpy as np

from market.trading.book import Book
from market.trading.call_book import CallBook
from market.trading.columns import group_sums
from market.trading.flexible import Energy, add_energy, spoken_for, storage_energy


def asked_wh(call: CallBook, book: Book, start_s: int) -> Mapping[tuple[str, bool], int]:
    """Energy of all open orders of a call in an interval, by unit and whether it sells."""
    is_open = (call.column("energy_wh") > 0) & (call.column("start_s") == start_s)
    rows = call.rows.taken(np.flatnonzero(is_open))
    keys, sums = group_sums(
        rows["unit"].astype(np.int64) * 2 + rows["is_sell"], rows["energy_wh"].astype(np.int64)
    )
    names = book.units.names
    found = {
        (names[key // 2], key % 2 == 1): energy_wh
        for key, energy_wh in zip(keys.tolist(), sums.tolist(), strict=True)
    }
    for (unit_id, at_s, sells), energy_wh in _flexible(call).items():
        if at_s == start_s:
            found[unit_id, sells] = found.get((unit_id, sells), 0) + energy_wh
    return found


def _flexible(call: CallBook) -> Energy:
    """Of blocks and storage orders."""
    energy: Energy = {}
    for blocks in call.groups():
        add_energy(energy, spoken_for(blocks))
    for block in call.blocks.values():
        if block.group is None:
            add_energy(energy, spoken_for([block]))
    for held in call.storages.values():
        add_energy(energy, storage_energy(held.order, held.starts_s))
    return energy
