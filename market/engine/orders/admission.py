"""Many orders for calls admitted at once, in columns.

The one idea: what one row may, depends on the rows before it only through sums: of energy by unit,
interval and side, of money, of open orders. Where the sums of all rows stay within their limits each
row does, so nothing has to be looked at row by row; where any does not, None is answered and the rows
are taken one after another, which gives the same answers, only later. A test holds both against each
other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import compress, repeat
from operator import is_
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from market.engine.facts.order_facts import make_order_answer
from market.engine.facts.order_terms import order_id_of
from market.engine.state import MarketState
from market.model.messages import OrderAnswer, PlaceOrders
from market.model.order import AcceptedColumns, OrderColumns, Side
from market.model.participant import Unit
from market.trading.columns import exact_products, group_sums
from market.trading.flexible import Energy
from market.trading.risk import Draft

LEAST_ROWS: Final = 16
"""Fewer rows are sooner looked at one by one."""
_SUM_MAX: Final = 2**62
_Value = TypeVar("_Value")
_Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Admitted:
    """An answer per row, and the rows that were accepted as columns; None: none was."""

    answers: list[OrderAnswer]
    accepted: AcceptedColumns | None


def admitted(state: MarketState, command: PlaceOrders) -> Admitted | None:
    """Admit the rows of a command for calls; None: they have to be looked at one by one."""
    orders = command.orders
    if len(orders) < LEAST_ROWS or _comes_again(state, command):
        return None
    units = {
        unit_id: unit
        for unit_id in dict.fromkeys(orders.unit_id)
        if (unit := state.units.get(unit_id)) is not None
        and unit.participant_id == command.participant_id
    }
    if (
        state.own_limits.get(command.participant_id) is not None
        or state.collateral.reduces_only(command.participant_id)
        or any(unit_id in state.checks.outages for unit_id in units)
    ):
        return None
    if state.acts and any(map(state.acts.touches, units.values())):
        return None
    try:
        prices = np.array(orders.price_ticks, dtype=np.int64)
        energies = np.array(orders.energy_wh, dtype=np.int64)
    except OverflowError:
        return None
    if int(np.abs(energies).max()) * len(energies) >= _SUM_MAX:
        return None
    good = _good_alone(state, command, units, prices, energies)
    if command.atomic and not good.all():
        return None
    return _together(state, command, units, good, prices, energies)


def _comes_again(state: MarketState, command: PlaceOrders) -> bool:
    """True when an owner's id was used before, or stands twice in the command."""
    ids = command.orders.client_order_id
    if len(set(ids)) < len(ids):
        return True
    sender = command.placed_by or command.participant_id
    return not state.client_orders.keys().isdisjoint(zip(repeat(sender), ids))


def _good_alone(
    state: MarketState,
    command: PlaceOrders,
    units: Mapping[str, Unit],
    prices: _Ints,
    energies: _Ints,
) -> NDArray[np.bool_]:
    """True for rows with which nothing is wrong whatever the others are."""
    orders, rules, checks = command.orders, state.rules, state.checks
    good = _may_enter(state, command, units)
    good &= (energies >= 1) & (prices <= rules.price_max_ticks) & (prices >= rules.price_min_ticks)
    if orders.options:
        fits = [checks.options_refusal(item, command.now_us) is None for item in orders.options]
        good &= np.array(fits, dtype=np.bool_)[np.array(orders.option_of, dtype=np.intp)]
    return good


def _may_enter(
    state: MarketState, command: PlaceOrders, units: Mapping[str, Unit]
) -> NDArray[np.bool_]:
    """True for rows of own units whose interval takes orders; a phase is asked once per area."""
    orders, checks = command.orders, state.checks
    names: Iterable[str] = orders.unit_id
    asked = units
    if not state.stops.all():  # then units of an area are all alike
        area_of = {unit_id: unit.area_id for unit_id, unit in units.items()}
        names = map(area_of.get, orders.unit_id, repeat(""))
        asked = {unit.area_id: unit for unit in units.values()}

    @cache
    def enters(name: str, start_s: int) -> bool:
        unit = asked.get(name)
        return unit is not None and checks.entry_refusal(unit, start_s, command.actor) is None

    return np.fromiter(map(enters, names, orders.start_s), np.bool_, len(orders))


def _together(
    state: MarketState,
    command: PlaceOrders,
    units: Mapping[str, Unit],
    good: NDArray[np.bool_],
    prices: _Ints,
    energies: _Ints,
) -> Admitted | None:
    orders = command.orders
    sells = np.fromiter(map(is_, orders.side, repeat(Side.SELL)), np.bool_, len(orders))
    held = exact_products(np.maximum(np.where(sells, -prices, prices), 0) * good, energies)
    total, count = sum(held), int(good.sum())
    owner = command.participant_id
    if state.exposures.is_on:
        total += _exposed_quanta(state, orders, good, sells)
    if (
        (total and total > state.available_quanta(owner))
        or state.commitments.open_count(owner) + count > state.rules.open_orders_max
        or not _units_can(state, orders, units, good, sells, energies)
    ):
        return None
    if count == len(orders):
        numbers = range(state.next_order_number, state.next_order_number + count)
        ids = tuple([order_id_of(number) for number in numbers])
        return Admitted(
            [make_order_answer(order_id=order_id) for order_id in ids],
            _columns(state, orders, ids, tuple(held)),
        )
    return _some(state, command, good, held)


def _exposed_quanta(
    state: MarketState, orders: OrderColumns, good: NDArray[np.bool_], sells: NDArray[np.bool_]
) -> int:
    """What all good rows together add to the exposure; one after another they add the same."""
    energy: Energy = {}
    rows = zip(orders.unit_id, orders.start_s, sells.tolist(), orders.energy_wh, strict=True)
    for unit_id, start_s, sold, energy_wh in compress(rows, good.tolist()):
        energy[unit_id, start_s, sold] = energy.get((unit_id, start_s, sold), 0) + energy_wh
    return state.exposures.added_by_quanta(energy)


def _some(
    state: MarketState, command: PlaceOrders, good: NDArray[np.bool_], held: list[int]
) -> Admitted:
    """Some rows are refused for reasons of their own; the others stand."""
    orders, keep = command.orders, good.tolist()
    nothing = Draft(available_quanta=0, open_count=0)
    answers: list[OrderAnswer] = []
    ids: list[str] = []
    for row, is_good in enumerate(keep):
        if is_good:
            order_id = order_id_of(state.next_order_number + len(ids))
            ids.append(order_id)
            answers.append(make_order_answer(order_id=order_id))
        else:
            refusal = state.checks.refusal(
                command.participant_id, orders, row, nothing, command.actor, command.now_us
            )
            assert refusal is not None, "what is not good alone is refused alone"
            answers.append(make_order_answer(order_id=None, rejection=refusal))
    if not ids:
        return Admitted(answers, None)

    def kept(values: tuple[_Value, ...]) -> tuple[_Value, ...]:
        return tuple(compress(values, keep))

    rows = OrderColumns(
        client_order_id=kept(orders.client_order_id),
        unit_id=kept(orders.unit_id),
        start_s=kept(orders.start_s),
        side=kept(orders.side),
        price_ticks=kept(orders.price_ticks),
        energy_wh=kept(orders.energy_wh),
        options=orders.options,
        option_of=kept(orders.option_of),
    )
    return Admitted(answers, _columns(state, rows, tuple(ids), kept(tuple(held))))


def _columns(
    state: MarketState, orders: OrderColumns, ids: tuple[str, ...], held: tuple[int, ...]
) -> AcceptedColumns:
    area_of = {unit_id: state.units[unit_id].area_id for unit_id in set(orders.unit_id)}
    return AcceptedColumns(
        order_id=ids,
        client_order_id=orders.client_order_id,
        unit_id=orders.unit_id,
        area_id=tuple(map(area_of.__getitem__, orders.unit_id)),
        start_s=orders.start_s,
        side=orders.side,
        price_ticks=orders.price_ticks,
        energy_wh=orders.energy_wh,
        held_quanta=held,
        options=orders.options,
        option_of=orders.option_of,
    )


def _units_can(
    state: MarketState,
    orders: OrderColumns,
    units: Mapping[str, Unit],
    good: NDArray[np.bool_],
    sells: NDArray[np.bool_],
    energies: _Ints,
) -> bool:
    """True when all rows together are within what each unit can do, and its storage."""
    place = np.flatnonzero(good)
    names = {unit_id: code for code, unit_id in enumerate(units)}
    unit = np.fromiter(
        (names.get(unit_id, 0) for unit_id in orders.unit_id), np.int64, len(orders)
    )[place]
    starts, start = np.unique(np.array(orders.start_s, dtype=np.int64)[place], return_inverse=True)
    keys, sums = group_sums((unit * len(starts) + start) * 2 + sells[place], energies[place])
    found, times = list(units.values()), starts.tolist()
    most = [
        [state.checks.capability_wh(who, side) for side in (Side.BUY, Side.SELL)] for who in found
    ]
    for key, energy_wh in zip(keys.tolist(), sums.tolist(), strict=True):
        who, when = divmod(key // 2, len(times))
        sold = key % 2
        taken_wh = _taken_wh(state, found[who].unit_id, times[when], sells=sold == 1)
        if energy_wh + taken_wh > most[who][sold]:
            return False
    return all(
        _storage_can(state, orders, stored, place.tolist())
        for stored in found
        if stored.storage is not None
    )


def _taken_wh(state: MarketState, unit_id: str, start_s: int, *, sells: bool) -> int:
    """What of a unit's interval is open or traded already in a direction."""
    open_energy = state.commitments.open_energy(unit_id, start_s)
    traded = state.positions.traded(unit_id, start_s)
    if sells:
        return open_energy.sell_wh + traded.sold_wh
    return open_energy.buy_wh + traded.bought_wh


def _storage_can(state: MarketState, orders: OrderColumns, unit: Unit, rows: list[int]) -> bool:
    """A storage's rows one after another: its way through the intervals is no sum."""
    draft = Draft(available_quanta=0, open_count=0)
    for row in rows:
        if orders.unit_id[row] != unit.unit_id:
            continue
        if state.checks.storage_refusal(unit, orders, row, draft) is not None:
            return False
        draft.add(unit.unit_id, orders.start_s[row], orders.side[row], orders.energy_wh[row], 0)
    return True
