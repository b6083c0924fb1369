"""What of each purchase of a call is for the lines and limits its energy came over.

The one idea: what the market keeps of a line's price difference (`energy.py`) goes on with the energy
that came over it, and whoever takes energy out of an area takes its part along:

    at every connection   parts in = own parts of what comes in + what it brought from behind
    each way out of it    takes parts in proportion to its energy: lines going on, import into the area
    inside an area        purchases take what was imported, in proportion to their energy

so an area that imports nothing pays nothing for lines, and one that imports pays the same per Wh whoever
in it bought. Splits are by largest remainder, ties to the earlier line (of the grid) and the earlier trade: over
all purchases each of the four sums is what the lines' and limits' accounts were booked, to the quantum.
An area's limit is a way too, between its connection and its inside. Connections between which energy goes round
in a circle count as one. What nobody bought (all of it was lost, at a price below zero) has no purchase to
stand on, and is left out.

This is the proportional sharing of flow tracing: J. Bialek, Tracing the flow of electricity, IEE Proceedings
Generation, Transmission and Distribution 143 (4), 1996.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Final, TypeAlias

import numpy as np

from market.model.grid import Grid
from market.model.money import CENTRAL, Transfer, TransferKind
from market.model.order import Side
from market.model.splitting import Integers, split_groups
from market.model.trade import ClearingOutcome, Trade
from market.model.units import split_exactly
from market.settlement.energy import (
    carried_ways,
    connection_price_ticks,
    direction_transfers,
    limit_transfers,
)

PARTS: Final = (
    (TransferKind.LINE_FEE,),
    (TransferKind.LINE_LOSS,),
    (TransferKind.LINE_RENT, TransferKind.LIMIT_RENT),
    (TransferKind.ROUNDING,),
)
"""Which postings are fee, loss, rent and rounding: the columns of what is answered."""

_Parts: TypeAlias = list[int]
"""Quanta, in the order of `PARTS`."""


@dataclass(frozen=True, slots=True)
class _Way:
    """Energy that leaves a connection."""

    sender: str
    receiver: str | None
    """None: into the area itself."""
    energy_wh: int
    own: _Parts


def parts_of(outcome: ClearingOutcome, trades: Sequence[Trade], grid: Grid) -> Integers:
    """What of each trade is for lines and limits: fee, loss, rent and rounding.

    Args:
        outcome: the audited result of one interval.
        trades: every leg it made.
        grid: the areas and lines it speaks of.

    Returns:
        (n, 4) quanta, in the trades' order; nothing of sales.
    """
    imported = _imported(_ways(outcome, grid), [area.area_id for area in outcome.areas])
    found = np.zeros((len(trades), len(PARTS)), dtype=np.int64)
    names = [name for name, parts in imported.items() if any(parts)]
    number = {name: place for place, name in enumerate(names)}
    rows = [
        row
        for row, trade in enumerate(trades)
        if trade.side is Side.BUY and trade.area_id in number
    ]
    if not rows:
        return found
    area = np.array([number[trades[row].area_id] for row in rows])
    energy_wh = np.array([trades[row].energy_wh for row in rows])
    for place in range(len(PARTS)):
        totals = np.array([imported[name][place] for name in names])
        split = split_groups(np.abs(totals), area, energy_wh)
        found[rows, place] = np.sign(totals)[area] * split
    return found


def _ways(outcome: ClearingOutcome, grid: Grid) -> list[_Way]:
    """Lines in the order of the outcome, then imports into areas; each with what is booked for it."""
    prices = {area.area_id: connection_price_ticks(area) for area in outcome.areas}
    ways = [
        _Way(
            way.sender,
            way.receiver,
            way.sent_wh,
            _booked(direction_transfers(way, prices, outcome.start_s)),
        )
        for way in carried_ways(outcome, grid)
    ]
    limits = {move.reference: move for move in limit_transfers(outcome)}
    for area in outcome.areas:
        net_wh, name = area.bought_wh - area.sold_wh, area.area_id
        own = _booked([limits[name]] if name in limits else ())
        if net_wh > 0:
            ways.append(_Way(name, None, net_wh, own))
        elif any(own):
            # What is held back by an export limit goes out with what does leave the area.
            ways.append(_Way("", name, -net_wh, own))
    return ways


def _booked(moves: Iterable[Transfer]) -> _Parts:
    """What the central account gives of each part."""
    found = [0] * len(PARTS)
    for move in moves:
        for place, kinds in enumerate(PARTS):
            if move.kind in kinds:
                gives = move.debit_account == CENTRAL
                found[place] += move.amount_quanta if gives else -move.amount_quanta
    return found


def _imported(ways: Sequence[_Way], names: Sequence[str]) -> Mapping[str, _Parts]:
    """What comes into each area with its imports."""
    at = _one_for_each_circle(ways, names)
    held = {name: [0] * len(PARTS) for name in at.values()} | {"": [0] * len(PARTS)}
    inside = {name: [0] * len(PARTS) for name in names}
    before: dict[str, set[str]] = {name: set() for name in held}
    leaving: dict[str, list[_Way]] = {name: [] for name in held}
    for way in ways:
        sender = at.get(way.sender, "")
        receiver = None if way.receiver is None else at[way.receiver]
        if sender == receiver:
            _add(held[sender], way.own)  # inside a circle
            continue
        leaving[sender].append(way)
        if receiver is not None:
            before[receiver].add(sender)
    for name in TopologicalSorter(before).static_order():
        out = leaving[name]
        taken = [
            split_exactly(part, [way.energy_wh for way in out]) if name else [0] * len(out)
            for part in held[name]
        ]
        for place, way in enumerate(out):
            into = inside[way.sender] if way.receiver is None else held[at[way.receiver]]
            _add(into, [part[place] for part in taken if part])
            _add(into, way.own)
    return inside


def _one_for_each_circle(ways: Sequence[_Way], names: Sequence[str]) -> dict[str, str]:
    """By area, the first one of those with which it exchanges energy in a circle; mostly itself."""
    at = {name: name for name in names}
    while True:
        before: dict[str, set[str]] = {name: set() for name in at.values()}
        for way in ways:
            if way.sender and way.receiver is not None and at[way.sender] != at[way.receiver]:
                before[at[way.receiver]].add(at[way.sender])
        try:
            TopologicalSorter(before).prepare()
        except CycleError as fault:
            circle = set(fault.args[1])
            first = next(name for name in names if at[name] in circle)
            at = {name: first if other in circle else other for name, other in at.items()}
        else:
            return at


def _add(parts: _Parts, more: Sequence[int]) -> None:
    for place, quanta in enumerate(more):
        parts[place] += quanta
