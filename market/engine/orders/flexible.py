"""Curve, block and storage orders enter a call.

The one idea: such an order is checked as the limit orders it could become at worst, leg after leg as
if the ones before stood already; so it cannot do together what single orders may not.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, TypeAlias

from market.engine.facts.order_terms import flexible_terms, order_id_of, repeat_answer
from market.engine.state import MarketState
from market.model.call import CallKind, FlexibleAccepted, PlaceFlexible
from market.model.messages import Answer, Decision, OrderAnswer, OrdersRejected, Phase
from market.model.order import (
    BlockOrder,
    CurveOrder,
    OrderColumns,
    OrderOptions,
    Restriction,
    Side,
    StorageOrder,
    TimeInForce,
)
from market.model.participant import Unit
from market.model.rejection import Code, Rejection
from market.model.units import PPM, SECONDS_PER_MINUTE, energy_text, money_text
from market.trading.flexible import (
    Energy,
    block_hold_quanta,
    curve_energy,
    curve_hold_quanta,
    less_energy,
    spoken_for,
    storage_hold_quanta,
    stored_before_wh,
)
from market.trading.order_numbers import order_number
from market.trading.risk import Draft, reduce_only, uncovered

STEPS_MAX: Final = 200
"""Most steps of a curve."""
Flexible: TypeAlias = CurveOrder | BlockOrder | StorageOrder


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An order on its way in."""

    order: Flexible
    unit: Unit
    sender: str
    """Whose client_order_ids it speaks of."""
    starts_s: tuple[int, ...]
    """Every interval it may trade in, in order."""


def place_flexible(state: MarketState, command: PlaceFlexible) -> Decision:
    """Take a curve, block or storage order, or say why not."""
    order, header = command.order, command.order.header
    sender = command.placed_by or command.participant_id
    known = state.client_orders.get((sender, header.client_order_id))
    if known is not None:
        row = repeat_answer(known, flexible_terms(order))
        return Decision(events=(), answer=Answer(orders=(row,)))
    unit = state.units.get(header.unit_id)
    if unit is None or unit.participant_id != command.participant_id:
        return _rejected(command, Rejection(code=Code.UNIT_UNKNOWN, pointer="unit_id"))
    wanted = _Wanted(order, unit, sender, starts_of(order, state.rules.interval_minutes))
    refusal = (
        _mandate_refusal(state, command, wanted)
        or _form_refusal(order, wanted.starts_s)
        or _entry_refusal(state, command.actor, wanted)
        or _product_refusal(state, wanted)
        or _physics_refusal(state, wanted)
        or _money_refusal(state, command.participant_id, wanted)
    )
    if refusal is not None:
        return _rejected(command, refusal)
    return _accepted(state, command, wanted)


def starts_of(order: Flexible, interval_minutes: int) -> tuple[int, ...]:
    """The intervals an order may trade in, as it names them."""
    match order:
        case CurveOrder():
            return (order.header.start_s,)
        case BlockOrder():
            return tuple(start_s for start_s, _ in order.legs)
        case StorageOrder():
            return tuple(
                range(order.header.start_s, order.end_s, interval_minutes * SECONDS_PER_MINUTE)
            )


def _rejected(command: PlaceFlexible, rejection: Rejection) -> Decision:
    event = OrdersRejected(
        participant_id=command.participant_id,
        client_order_ids=(command.order.header.client_order_id,),
        rejections=(rejection,),
    )
    answer = OrderAnswer(order_id=None, rejection=rejection)
    return Decision(events=(event,), answer=Answer(orders=(answer,)))


def _accepted(state: MarketState, command: PlaceFlexible, wanted: _Wanted) -> Decision:
    order_id = order_id_of(state.next_order_number)
    header = replace(
        wanted.order.header,
        order_id=order_id,
        participant_id=command.participant_id,
        area_id=wanted.unit.area_id,
        sequence=state.next_order_number,
        accepted_us=command.now_us,
        placed_by=command.placed_by,
    )
    order = replace(wanted.order, header=header)
    event = FlexibleAccepted(
        participant_id=command.participant_id,
        now_us=command.now_us,
        call=state.phases.call_of(header.start_s)[0],
        starts_s=wanted.starts_s,
        held_quanta=_held(state, wanted),
        curve=order if isinstance(order, CurveOrder) else None,
        block=order if isinstance(order, BlockOrder) else None,
        storage=order if isinstance(order, StorageOrder) else None,
        placed_by=command.placed_by,
    )
    return Decision(events=(event,), answer=Answer(orders=(OrderAnswer(order_id=order_id),)))


# --- identity and form --------------------------------------------------------------


def _mandate_refusal(
    state: MarketState, command: PlaceFlexible, wanted: _Wanted
) -> Rejection | None:
    """What an agent has no mandate for; every leg is looked at."""
    if not command.placed_by:
        return None
    rows = _rows(wanted, _energy(state, wanted))
    found = (
        state.mandates.refusal(command.participant_id, command.placed_by, rows, row)
        for row in range(len(rows))
    )
    return next((refusal for refusal in found if refusal is not None), None)


def _form_refusal(order: Flexible, starts_s: tuple[int, ...]) -> Rejection | None:
    """What contradicts itself, whatever the market says."""
    match order:
        case CurveOrder():
            return _curve_fault(order)
        case BlockOrder():
            ascending = all(a < b for a, b in pairwise(starts_s))
            if not starts_s or not ascending or starts_s[0] != order.header.start_s:
                return Rejection(code=Code.BLOCK_INVALID, pointer="legs")
            if not 0 < order.ratio_min_ppm <= PPM:
                return Rejection(code=Code.BLOCK_INVALID, pointer="ratio_min_ppm")
            return _options_fault(order.options)
        case StorageOrder():
            if not starts_s:
                return Rejection(code=Code.BLOCK_INVALID, pointer="end")
            if order.spread_ticks < 0:
                return Rejection(code=Code.FIELD_RANGE, pointer="spread_per_mwh")
            if min(order.charge_max_wh, order.discharge_max_wh) < 0:
                return Rejection(code=Code.FIELD_RANGE, pointer="charge_max_kwh")
            return None


def _curve_fault(order: CurveOrder) -> Rejection | None:
    """Steps from the best price to the worst, each price once."""
    turn = 1 if order.header.side is Side.SELL else -1
    prices = [turn * price for price, _ in order.steps]
    ascending = all(a < b for a, b in pairwise(prices))
    if not 0 < len(prices) <= STEPS_MAX or not ascending:
        return Rejection(code=Code.BLOCK_INVALID, pointer="steps")
    return None


def _options_fault(options: OrderOptions) -> Rejection | None:
    """A call takes nothing that is decided on arrival; a block ends with its call."""
    if options.tif is not TimeInForce.GFS or options.expires_us is not None:
        return Rejection(code=Code.TIF_UNSUPPORTED, pointer="tif")
    if options.post_only or options.display_wh or options.restriction is Restriction.AON:
        return Rejection(code=Code.TIF_UNSUPPORTED, pointer="restriction")
    return None


# --- phase and product ---------------------------------------------------------------


def _entry_refusal(state: MarketState, client_id: str, wanted: _Wanted) -> Rejection | None:
    """Every interval must take orders now, and over several of them only the opening call does."""
    for start_s in wanted.starts_s:
        code = state.checks.entry_refusal(wanted.unit, start_s, client_id)
        if code is not None:
            return Rejection(code=code, pointer="start")
        if state.phases.of(start_s, wanted.unit.area_id) is not Phase.CALL:
            return Rejection(code=Code.MODE_NOT_OFFERED, pointer="start")
    if isinstance(wanted.order, CurveOrder):
        return None
    calls = {state.phases.call_of(start_s) for start_s in wanted.starts_s}
    if {kind for kind, _ in calls} != {CallKind.DAY_AHEAD}:
        return Rejection(code=Code.MODE_NOT_OFFERED, pointer="start")
    return None if len(calls) == 1 else Rejection(code=Code.BLOCK_INVALID, pointer="legs")


def _product_refusal(state: MarketState, wanted: _Wanted) -> Rejection | None:
    match wanted.order:
        case CurveOrder(steps=steps):
            return _steps_refusal(state, steps, "steps")
        case BlockOrder() as block:
            legs = tuple((block.price_ticks, energy_wh) for _, energy_wh in block.legs)
            links = _links_refusal(state, wanted.sender, block)
            return _steps_refusal(state, legs, "legs") or links
        case StorageOrder() as order:
            fault = state.checks.product_refusal(order.end_value_ticks, 1)
            if fault is not None:
                return replace(fault, pointer="end_value_per_mwh")
            if not order.charge_max_wh and not order.discharge_max_wh:
                fault = state.checks.product_refusal(0, 0)
            return fault


def _steps_refusal(
    state: MarketState, steps: tuple[tuple[int, int], ...], name: str
) -> Rejection | None:
    for place, (price_ticks, energy_wh) in enumerate(steps):
        fault = state.checks.product_refusal(price_ticks, energy_wh)
        if fault is not None:
            return replace(fault, pointer=f"{name}/{place}/{fault.pointer}")
    return None


def _links_refusal(state: MarketState, sender: str, block: BlockOrder) -> Rejection | None:
    """A parent is an open block of the same owner in the same call."""
    if block.parent is None:
        return None
    known = state.client_orders.get((sender, block.parent))
    parent = None if known is None else state.book.block(order_number(known[0]))
    if parent is None or state.phases.call_of(parent.header.start_s) != state.phases.call_of(
        block.header.start_s
    ):
        return Rejection(code=Code.BLOCK_INVALID, pointer="parent")
    return None


# --- physics and money ----------------------------------------------------------------


def _energy(state: MarketState, wanted: _Wanted) -> Energy:
    """Energy the order speaks for beyond what its exclusive group does already."""
    order = wanted.order
    match order:
        case CurveOrder():
            return curve_energy(order)
        case BlockOrder(group=group):
            if group is None:
                return spoken_for([order])
            call = state.book.call(*state.phases.call_of(order.header.start_s))
            others = tuple(call.group_of(wanted.unit.participant_id, group))
            return less_energy(spoken_for([*others, order]), spoken_for(others))
        case StorageOrder():
            unit_id = order.header.unit_id
            return {
                (unit_id, start_s, sells): energy_wh
                for start_s in wanted.starts_s
                for sells, energy_wh in (
                    (True, order.discharge_max_wh),
                    (False, order.charge_max_wh),
                )
                if energy_wh
            }


def _rows(wanted: _Wanted, energy: Energy) -> OrderColumns:
    """Energy as the limit orders it could become, in time order."""
    order = wanted.order
    price_ticks = order.price_ticks if isinstance(order, BlockOrder) else 0
    if isinstance(order, CurveOrder):
        price_ticks = order.steps[-1][0] if order.steps else 0
    keys = sorted(energy, key=lambda key: (key[1], key[2]))
    return OrderColumns(
        client_order_id=(order.header.client_order_id,) * len(keys),
        unit_id=tuple(unit_id for unit_id, _, _ in keys),
        start_s=tuple(start_s for _, start_s, _ in keys),
        side=tuple(Side.SELL if sells else Side.BUY for _, _, sells in keys),
        price_ticks=(price_ticks,) * len(keys),
        energy_wh=tuple(energy[key] for key in keys),
    )


def _physics_refusal(state: MarketState, wanted: _Wanted) -> Rejection | None:
    checks, unit = state.checks, wanted.unit
    stores = isinstance(wanted.order, StorageOrder)
    if stores:
        refusal = _store_refusal(state, wanted)
        if refusal is not None:
            return refusal
    rows = _rows(wanted, _energy(state, wanted))
    draft = Draft(available_quanta=0, open_count=0)
    for row in range(len(rows)):
        refusal = checks.power_refusal(unit, rows, row, draft)
        if refusal is None and not stores:
            refusal = checks.storage_refusal(unit, rows, row, draft)
        if refusal is not None:
            return refusal
        draft.add(unit.unit_id, rows.start_s[row], rows.side[row], rows.energy_wh[row], 0)
    return None


def _store_refusal(state: MarketState, wanted: _Wanted) -> Rejection | None:
    """A storage order keeps its store within bounds by itself, so nothing else may move in its window.

    Its way begins at what confirmed trades leave; open orders from its window on would change it.
    """
    unit, starts_s = wanted.unit, wanted.starts_s
    if unit.storage is None:
        most = {"capacity_kwh": energy_text(0)}
        return Rejection(code=Code.EXCEEDS_STORED_ENERGY, pointer="unit_id", parameters=most)
    if any(start_s >= starts_s[0] for start_s in _moving(state, unit.unit_id)) or _has_storage(
        state, wanted
    ):
        return Rejection(
            code=Code.EXCEEDS_STORED_ENERGY,
            pointer="start",
            parameters={"capacity_kwh": energy_text(unit.storage.capacity_wh)},
        )
    return None


def _moving(state: MarketState, unit_id: str) -> Iterator[int]:
    """Intervals in which the unit has open orders or trades."""
    yield from state.commitments.open_starts(unit_id)
    for start_s, traded in state.positions.intervals_after(None).items():
        if unit_id in traded:
            yield start_s


def _has_storage(state: MarketState, wanted: _Wanted) -> bool:
    """True when the unit has a storage order in the same call already."""
    call = state.book.call(*state.phases.call_of(wanted.starts_s[0]))
    return any(held.order.header.unit_id == wanted.unit.unit_id for held in call.storages.values())


def _held(state: MarketState, wanted: _Wanted) -> int:
    match wanted.order:
        case CurveOrder() as order:
            return curve_hold_quanta(order)
        case BlockOrder() as order:
            return block_hold_quanta(order)
        case StorageOrder() as order:
            storage = wanted.unit.storage
            assert storage is not None, "looked at before"
            start_wh = stored_before_wh(
                state.positions, wanted.unit.unit_id, storage, wanted.starts_s[0]
            )
            return storage_hold_quanta(order, storage, start_wh)


def _own_limit_refusal(
    state: MarketState, participant_id: str, wanted: _Wanted, held: int
) -> Rejection | None:
    """Beyond what the owner allows itself; a storage order's value is what it holds."""
    limits = state.own_limits.get(participant_id)
    if limits is None:
        return None
    value, order = held, wanted.order
    if isinstance(order, CurveOrder):
        value = sum(abs(price) * energy for price, energy in order.steps)
    elif isinstance(order, BlockOrder):
        value = sum(abs(order.price_ticks) * energy for _, energy in order.legs)
    most = limits.order_value_quanta_max
    if most is not None and value > most:
        named = {"value_max": money_text(most)}
        return Rejection(code=Code.ORDER_VALUE_MAX, parameters=named)
    most = limits.exposure_quanta_max
    if most is not None and state.ledger.held_quanta(participant_id) + held > most:
        named = {"exposure_max": money_text(most)}
        return Rejection(code=Code.EXPOSURE_LIMIT, parameters=named)
    return None


def _money_refusal(state: MarketState, participant_id: str, wanted: _Wanted) -> Rejection | None:
    if state.collateral.reduces_only(participant_id):
        return reduce_only(0)  # what it would do is known after its call only
    held, available = _held(state, wanted), state.available_quanta(participant_id)
    refusal = _own_limit_refusal(state, participant_id, wanted, held)
    if refusal is not None:
        return refusal
    needed = held + state.exposures.added_by_quanta(_energy(state, wanted))
    if needed and needed > available:  # who is in debt may still do what needs nothing
        return uncovered(held, needed, available)
    most = state.rules.open_orders_max
    if state.commitments.open_count(participant_id) >= most:
        return Rejection(code=Code.OPEN_ORDERS_MAX, parameters={"open_orders_max": str(most)})
    return None
