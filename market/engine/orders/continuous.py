"""Continuous trading: an order arrives, is checked, meets what rests, and rests itself.

The one idea: an arriving order is accepted first and then trades like any resting one, so acceptance
and fills are separate facts that rebuild books, holds and positions without matching again.
"""
# house: long because an order's way from its checks to its rest in the book is one piece.

from collections.abc import Iterator, Sequence
from typing import Final

from market.engine.facts.apply_continuous import arriving, side_of
from market.engine.facts.order_facts import (
    BUY,
    CONTINUOUS,
    SELL,
    make_accepted,
    make_answer,
    make_columns,
    make_decision,
    make_trade,
    make_trades,
    make_transfers,
    taken,
)
from market.engine.facts.order_terms import order_id_of, repeat_answer, terms_of
from market.engine.orders.volatility import interrupted, is_interrupting
from market.engine.state import MarketState
from market.model.messages import (
    Answer,
    Decision,
    Event,
    LinesUsed,
    LineUse,
    OrderAnswer,
    OrdersAccepted,
    OrdersCancelled,
    OrdersPended,
    OrdersRejected,
    PlaceOrders,
    SelfTradePrevented,
    TransfersBooked,
)
from market.model.order import (
    SYSTEM_MATCH,
    AcceptedColumns,
    OrderColumns,
    Restriction,
    Side,
    TimeInForce,
)
from market.model.participant import Unit
from market.model.rejection import Code, Rejection
from market.model.trade import Trade
from market.model.units import energy_text, money_text, price_text, round_up
from market.settlement.trades import matched_transfers
from market.trading.collar import collar, is_aggressive_outside
from market.trading.holds import hold_quanta
from market.trading.resting import RESTS, Ending, Fill, Plan, Prevented, Resting
from market.trading.risk import ENERGY_MIN_WH, Draft
from market.trading.sleeping import SleepingOrder

SLICES_MAX: Final = 100
"""Most slices of an iceberg: each is a match of its own, and one arrival may meet them all."""
_AT_ONCE: Final = frozenset({TimeInForce.IOC, TimeInForce.FOK})


def place_row(
    state: MarketState, command: PlaceOrders, row: int, *, matches: bool = True
) -> Decision:
    """Take one row whose interval trades continuously.

    `matches`: False while the interval is interrupted: then it only rests.
    """
    owner, orders = command.participant_id, command.orders
    sender = command.placed_by or owner
    known = state.client_orders.get((sender, orders.client_order_id[row]))
    if known is not None:
        answer = repeat_answer(known, terms_of(orders, row))
        return make_decision(events=(), answer=make_answer(orders=(answer,)))
    unit = state.units.get(orders.unit_id[row])
    if (
        unit is None
        or unit.participant_id != owner
        or not _is_plainly_fine(state, unit, orders, row)
    ):
        refusal = refusal_of(state, command.actor, owner, orders, row, command.now_us)
        if refusal is not None:
            if refusal.code is Code.NEEDS_CONFIRMATION:
                return _pended(state, command, row, refusal)
            return _rejected(owner, orders, row, refusal)
    assert unit is not None, "a row of a unit that is not known is refused"
    order_id = order_id_of(state.next_order_number)
    if matches and (orders.options or _may_match(state, unit, orders, row)):
        return _arrived(state, command, row, order_id)
    return taken((_accepted(command, unit, row, order_id),), order_id)


def _arrived(state: MarketState, command: PlaceOrders, row: int, order_id: str) -> Decision:
    """A row that may stand meets what rests."""
    owner, orders = command.participant_id, command.orders
    unit, options = state.units[orders.unit_id[row]], orders.options_of(row)
    order = arriving(
        unit,
        owner=owner,
        order_id=order_id,
        start_s=orders.start_s[row],
        side=orders.side[row],
        price_ticks=orders.price_ticks[row],
        energy_wh=orders.energy_wh[row],
        options=options,
    )
    plan = state.continuous.plan(order, options)
    if plan.ending is Ending.REFUSED:
        return _rejected(owner, orders, row, Rejection(code=plan.code or Code.FOK_NOT_FILLED))
    accepted = _accepted(command, unit, row, order_id)
    if plan is RESTS:
        return taken((accepted,), order_id)
    return taken((accepted, *matched(state, order, plan, command.now_us)), order_id)


def _may_match(state: MarketState, unit: Unit, orders: OrderColumns, row: int) -> bool:
    """False: a plain order surely only rests, and need not be planned."""
    return state.continuous.may_match(
        unit.area_id, orders.start_s[row], orders.side[row] is SELL, orders.price_ticks[row]
    )


def _accepted(command: PlaceOrders, unit: Unit, row: int, order_id: str) -> OrdersAccepted:
    """The fact that a row stands in continuous trading."""
    return make_accepted(
        participant_id=command.participant_id,
        now_us=command.now_us,
        orders=_columns(command.orders, unit, row, order_id),
        venue=CONTINUOUS,
        placed_by=command.placed_by,
    )


def refusal_of(
    state: MarketState,
    client_id: str,
    participant_id: str,
    orders: OrderColumns,
    row: int,
    now_us: int,
    *,
    confirmed: bool = False,
    instead_of: Resting | None = None,
    draft: Draft | None = None,
) -> Rejection | None:
    """The first reason, in order of precedence, why a row may not enter continuous trading."""
    unit = state.units.get(orders.unit_id[row])
    if unit is None or unit.participant_id != participant_id:
        return Rejection(code=Code.UNIT_UNKNOWN, pointer="unit_id")
    start_s = orders.start_s[row]
    checks = state.checks
    code = checks.entry_refusal(unit, start_s, client_id)
    if code is not None:
        return Rejection(code=code, pointer="start")
    draft = draft or _draft(state, participant_id, instead_of)
    return (
        _options_refusal(orders, row, now_us)
        or checks.product_refusal(orders.price_ticks[row], orders.energy_wh[row])
        or _collar_refusal(state, unit, orders, row)
        or checks.power_refusal(unit, orders, row, draft)
        or checks.storage_refusal(unit, orders, row, draft)
        or (None if confirmed else _mistake(state, orders, row))
        or checks.money_refusal(orders, row, draft)
    )


def _is_plainly_fine(state: MarketState, unit: Unit, orders: OrderColumns, row: int) -> bool:
    """True: none of the checks of `refusal_of` would refuse a row whose interval trades.

    Nine rows of ten are like that, and for them this costs a third of asking each check; it says
    False wherever anything is special, and the checks decide.
    """
    start_s, side = orders.start_s[row], orders.side[row]
    price_ticks, energy_wh = orders.price_ticks[row], orders.energy_wh[row]
    rules, owner = state.rules, unit.participant_id
    limits = state.collars.get((start_s, unit.area_id))
    most = rules.confirm_value_quanta
    needed, available = hold_quanta(side, price_ticks, energy_wh), 0
    if not state.exposures.is_on:
        if needed:
            available = state.ledger.available_quanta(owner)
    else:
        sells, available = side is SELL, state.available_quanta(owner)
        needed += state.exposures.added_quanta(
            (unit.unit_id, start_s),
            buy_wh=0 if sells else energy_wh,
            sell_wh=energy_wh if sells else 0,
        )
        if state.collateral.reduces_only(owner):
            return False
    return not (
        orders.options
        or state.stops
        or state.own_limits
        or limits is None
        or energy_wh < ENERGY_MIN_WH
        or not rules.price_min_ticks <= price_ticks <= rules.price_max_ticks
        or is_aggressive_outside(limits, side, price_ticks)
        or (most is not None and abs(price_ticks) * energy_wh > most)
        or (needed and needed > available)
        or state.commitments.open_count(owner) >= rules.open_orders_max
    ) and state.checks.surely_stands(unit, start_s, side is SELL, energy_wh)


def entry_refusal_of(
    state: MarketState,
    client_id: str,
    item: SleepingOrder,
    now_us: int,
    *,
    instead_of: Resting | None = None,
) -> Rejection | None:
    """Why an order may not come back, or not as it was changed; None: it may."""
    row = OrderColumns(
        client_order_id=("",),
        unit_id=(item.unit_id,),
        start_s=(item.start_s,),
        side=(item.side,),
        price_ticks=(item.price_ticks,),
        energy_wh=(item.energy_wh,),
        options=(item.options,),
        option_of=(0,),
    )
    return refusal_of(
        state,
        client_id,
        item.participant_id,
        row,
        0,
        now_us,
        confirmed=True,
        instead_of=instead_of,
    )


def _draft(state: MarketState, participant_id: str, instead_of: Resting | None) -> Draft:
    """What is free for a new order; what the order it replaces holds is free too."""
    draft = state.draft(participant_id)
    if instead_of is not None:
        old, key = instead_of, (instead_of.unit_id, instead_of.start_s)
        side, left_wh = side_of(old), old.remaining_wh
        draft.available_quanta -= draft.exposed_quanta(*key, side, -left_wh)
        open_wh = draft.sell_wh if old.is_sell else draft.buy_wh
        open_wh[key] = -left_wh
        draft.available_quanta += hold_quanta(side, old.price_ticks, left_wh)
        draft.open_count -= 1
    return draft


def _options_refusal(orders: OrderColumns, row: int, now_us: int) -> Rejection | None:
    """Wishes that contradict each other, or that only a block may have."""
    if not orders.options:
        return None
    options = orders.options_of(row)
    at_once = options.tif in _AT_ONCE
    if options.restriction is Restriction.AON:
        return Rejection(code=Code.TIF_UNSUPPORTED, pointer="restriction")
    if at_once and (options.post_only or options.display_wh):
        return Rejection(code=Code.TIF_UNSUPPORTED, pointer="tif")
    if (options.tif is TimeInForce.GTD) != (options.expires_us is not None):
        return Rejection(code=Code.TIF_UNSUPPORTED, pointer="expires")
    if options.expires_us is not None and options.expires_us <= now_us:
        return Rejection(code=Code.EXPIRY_IN_PAST, pointer="expires")
    if options.display_wh > orders.energy_wh[row]:
        return Rejection(code=Code.VOLUME_MAX, pointer="display_kwh")
    if 0 < options.display_wh * SLICES_MAX < orders.energy_wh[row]:
        least = {"display_kwh_min": energy_text(round_up(orders.energy_wh[row], SLICES_MAX))}
        return Rejection(code=Code.VOLUME_MIN, pointer="display_kwh", parameters=least)
    return None


def _collar_refusal(
    state: MarketState, unit: Unit, orders: OrderColumns, row: int
) -> Rejection | None:
    place = (orders.start_s[row], unit.area_id)
    limits = state.collars.get(place)
    if limits is None:
        terms = state.rules.continuous
        if terms is None:
            return None
        limits = collar(state.rules, terms, place[0], state.last_price_ticks.get(place))
        if limits is None:
            return None
        state.collars[place] = limits
    if not is_aggressive_outside(limits, orders.side[row], orders.price_ticks[row]):
        return None
    return Rejection(
        code=Code.PRICE_OUTSIDE_COLLAR,
        pointer="price_per_mwh",
        parameters={
            "price_per_mwh_min": price_text(limits.low_ticks),
            "price_per_mwh_max": price_text(limits.high_ticks),
        },
    )


def _mistake(state: MarketState, orders: OrderColumns, row: int) -> Rejection | None:
    """An order worth so much that its owner is asked once more."""
    most = state.rules.confirm_value_quanta
    value = abs(orders.price_ticks[row]) * orders.energy_wh[row]
    if most is None or value <= most:
        return None
    return Rejection(
        code=Code.NEEDS_CONFIRMATION,
        parameters={"value": money_text(value), "value_max": money_text(most)},
    )


def _rejected(
    participant_id: str, orders: OrderColumns, row: int, rejection: Rejection
) -> Decision:
    event = OrdersRejected(
        participant_id=participant_id,
        client_order_ids=(orders.client_order_id[row],),
        rejections=(rejection,),
    )
    answer = OrderAnswer(order_id=None, rejection=rejection)
    return Decision(events=(event,), answer=Answer(orders=(answer,)))


def _pended(state: MarketState, command: PlaceOrders, row: int, refusal: Rejection) -> Decision:
    """It has its id and its place in the list of orders, but stands in no book."""
    order_id = order_id_of(state.next_order_number)
    unit = state.units[command.orders.unit_id[row]]
    event = OrdersPended(
        participant_id=command.participant_id,
        now_us=command.now_us,
        orders=_columns(command.orders, unit, row, order_id, held=False),
        placed_by=command.placed_by,
    )
    answer = OrderAnswer(order_id=order_id, rejection=refusal)
    return Decision(events=(event,), answer=Answer(orders=(answer,)))


def _columns(
    orders: OrderColumns, unit: Unit, row: int, order_id: str, *, held: bool = True
) -> AcceptedColumns:
    side, price_ticks, energy_wh = orders.side[row], orders.price_ticks[row], orders.energy_wh[row]
    return make_columns(
        order_id=(order_id,),
        client_order_id=(orders.client_order_id[row],),
        unit_id=(unit.unit_id,),
        area_id=(unit.area_id,),
        start_s=(orders.start_s[row],),
        side=(side,),
        price_ticks=(price_ticks,),
        energy_wh=(energy_wh,),
        held_quanta=(hold_quanta(side, price_ticks, energy_wh) if held else 0,),
        options=(orders.options_of(row),) if orders.options else (),
        option_of=(0,) if orders.options else (),
    )


def matched(state: MarketState, order: Resting, plan: Plan, now_us: int) -> Iterator[Event]:
    """What an arriving order's plan makes: prevented self-trades, trades, and its remainder's end.

    A price outside the corridor interrupts the interval instead: the order rests unmatched and the
    reopening call decides.
    """
    if plan.fills and is_interrupting(state, order, plan):
        yield from interrupted(state, order.start_s, order.area_id, now_us)
        return
    for prevented in plan.prevented:
        yield from prevented_events(order.owner, order.order_id, prevented)
    yield from trade_events(state, order.start_s, [(order, fill) for fill in plan.fills], now_us)
    # What self-trade prevention shrank and trades filled has ended already: nothing is left to cancel.
    if plan.ending is Ending.CANCELLED and (plan.rest_wh != 0 or not plan.fills):
        yield OrdersCancelled(
            participant_id=order.owner,
            order_ids=(order.order_id,),
            reason=SYSTEM_MATCH,
            code="" if plan.code is None else plan.code.value,
        )


def prevented_events(owner: str, order_id: str, found: Prevented) -> Iterator[Event]:
    """One owner's orders would have met: what each loses by it, and the end of the resting one."""
    resting = found.resting
    if isinstance(resting, Resting):
        start_s, before_wh = resting.start_s, resting.remaining_wh
    else:
        start_s, before_wh = resting.legs[0][0], sum(wh for _, wh in resting.legs)
    yield SelfTradePrevented(
        participant_id=owner,
        start_s=start_s,
        order_id=order_id,
        resting_order_id=resting.order_id,
        prevented_wh=found.prevented_wh,
        taken_wh=found.taken_wh,
        resting_taken_wh=before_wh - found.left_wh if found.left_wh else 0,
    )
    if not found.left_wh:
        yield OrdersCancelled(
            participant_id=resting.owner,
            order_ids=(resting.order_id,),
            reason=SYSTEM_MATCH,
            code=Code.SELF_TRADE_PREVENTED.value,
        )


def trade_events(
    state: MarketState,
    start_s: int,
    fills: Sequence[tuple[Resting, Fill]],
    now_us: int,
    first_number: int | None = None,
) -> Iterator[Event]:
    """Two legs per fill, the line's use where there is one, and the money of both.

    `first_number`: of the first trade, where others of the same decision come before.
    """
    number = state.next_trade_number if first_number is None else first_number
    trades: list[Trade] = []
    uses: list[LineUse] = []
    events: list[TransfersBooked] = []
    for order, fill in fills:
        legs = _legs(order, fill, number)
        number += 2
        trades += legs
        use = line = None
        if fill.path is not None:
            use = LineUse(
                line_id=fill.path.line_id,
                forward=fill.path.forward,
                sent_wh=fill.path.sent_wh,
                received_wh=fill.path.received_wh,
                match_id=legs[0].match_id,
            )
            uses.append(use)
            line = state.lines[use.line_id]
        transfers = matched_transfers(legs=legs, use=use, line=line)
        if transfers:
            events.append(make_transfers(transfers=transfers))
    if trades:
        yield make_trades(start_s=start_s, trades=tuple(trades), made_us=now_us)
    if uses:
        yield LinesUsed(start_s=start_s, uses=tuple(uses))
    yield from events


def _legs(order: Resting, fill: Fill, number: int) -> tuple[Trade, Trade]:
    """The seller's leg and the buyer's."""
    resting = fill.resting
    seller, buyer = (order, resting) if order.is_sell else (resting, order)
    match_id = f"mat-c{number}"
    return (
        _leg(seller, SELL, number, match_id, fill.sell_price_ticks, fill.sold_wh),
        _leg(buyer, BUY, number + 1, match_id, fill.buy_price_ticks, fill.bought_wh),
    )


def _leg(
    whose: Resting, side: Side, number: int, match_id: str, price_ticks: int, energy_wh: int
) -> Trade:
    return make_trade(
        trade_id=f"trd-{number}",
        match_id=match_id,
        order_id=whose.order_id,
        participant_id=whose.owner,
        unit_id=whose.unit_id,
        area_id=whose.area_id,
        start_s=whose.start_s,
        side=side,
        price_ticks=price_ticks,
        energy_wh=energy_wh,
        venue=CONTINUOUS,
    )
