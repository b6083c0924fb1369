"""The last look at a call before its uncross: can an area's units do what its orders ask together?

The one idea: every order was checked against its own unit; that all of them together are within what is
registered is checked once more, from the book itself, so a fault in the checks is seen by somebody.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from market.engine.state import MarketState
from market.model.call import CallImplausible, CallKind
from market.model.order import Side
from market.trading.flexible import add_energy, spoken_for, storage_energy


def implausible(
    state: MarketState, kind: CallKind, starts_s: Sequence[int]
) -> Iterator[CallImplausible]:
    """Areas and intervals of a call in which more is ordered than is registered."""
    registered = registered_wh(state)
    for (area_id, start_s, sells), ordered_wh in ordered_wh_of(state, kind, starts_s[0]).items():
        most_wh = registered.get((area_id, sells), 0)
        if ordered_wh > most_wh:
            most_wh += _taken_back_wh(state, area_id, start_s, sells=sells)
        if ordered_wh > most_wh:
            yield CallImplausible(
                call=kind,
                start_s=start_s,
                area_id=area_id,
                sells=sells,
                ordered_wh=ordered_wh,
                registered_wh=most_wh,
            )


def _taken_back_wh(state: MarketState, area_id: str, start_s: int, *, sells: bool) -> int:
    """What orders of this side may take back of trades, where positions are covered."""
    if not state.exposures.is_on:
        return 0
    return sum(
        max(0, -net_wh if sells else net_wh)
        for unit_id, net_wh in state.positions.scheduled_wh(start_s).items()
        if state.units[unit_id].area_id == area_id
    )


def registered_wh(state: MarketState) -> dict[tuple[str, bool], int]:
    """What the units of each area can do in one interval, tolerance included."""
    total: dict[tuple[str, bool], int] = {}
    for unit in state.units.values():
        for side, sells in ((Side.SELL, True), (Side.BUY, False)):
            key = (unit.area_id, sells)
            total[key] = total.get(key, 0) + state.checks.capability_wh(unit, side)
    return total


def ordered_wh_of(
    state: MarketState, kind: CallKind, call_s: int
) -> dict[tuple[str, int, bool], int]:
    """Energy a call's orders ask for at most, by area, interval and whether they sell."""
    call, book = state.book.call(kind, call_s), state.book
    rows = call.rows.taken(np.flatnonzero(call.column("energy_wh") > 0))
    total: dict[tuple[str, int, bool], int] = {}
    key = np.stack([rows["area"], rows["start_s"], rows["is_sell"]])
    different, place = np.unique(key, axis=1, return_inverse=True)
    sums = np.zeros(different.shape[1], dtype=np.int64)
    np.add.at(sums, place.reshape(-1), rows["energy_wh"])
    for (area, start_s, sells), energy_wh in zip(different.T.tolist(), sums.tolist(), strict=True):
        total[book.areas.names[area], start_s, bool(sells)] = energy_wh
    apart = [[item] for item in call.blocks.values() if item.group is None]
    for blocks in (*apart, *call.groups()):
        area_id = next(iter(blocks)).header.area_id
        for (_, start_s, sells), energy_wh in spoken_for(blocks).items():
            add_energy(total, {(area_id, start_s, sells): energy_wh})
    for held in call.storages.values():
        area_id = held.order.header.area_id
        for (_, start_s, sells), energy_wh in storage_energy(held.order, held.starts_s).items():
            add_energy(total, {(area_id, start_s, sells): energy_wh})
    return total
