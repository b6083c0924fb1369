"""Orders, trades and positions, as their owners and as everybody sees them."""

from typing import Final

from api.answers.values import Answer
from market.model.interval import instant_text, moment_text
from market.model.order import (
    AcceptedColumns,
    BasketOrder,
    BlockOrder,
    CurveOrder,
    LimitOrder,
    Order,
    OrderState,
    OrderView,
    StorageOrder,
)
from market.model.recall import StoredTrade, TradeState
from market.model.trade import Trade
from market.model.units import SECONDS_PER_MINUTE, energy_text, money_text, price_text
from market.store.queries import UnitPosition

ORDER_PREFIX: Final = "ord-"


def kind_of(wanted: Order) -> str:
    """What kind of order it is, as it was sent."""
    match wanted:
        case LimitOrder():
            return "limit"
        case CurveOrder():
            return "curve"
        case BlockOrder(parent=None, group=None):
            return "block"
        case BlockOrder(group=None):
            return "linked"
        case BlockOrder():
            return "exclusive"
        case StorageOrder():
            return "storage"
        case BasketOrder():
            return "basket"


def order(view: OrderView, interval_minutes: int) -> Answer:
    """An order and what became of it."""
    header = view.order.header
    return {
        "order_id": header.order_id,
        "client_order_id": header.client_order_id,
        "kind": kind_of(view.order),
        "participant_id": header.participant_id,
        "unit_id": header.unit_id,
        "area_id": header.area_id,
        "start": instant_text(header.start_s),
        "end": instant_text(_end_s(view.order, interval_minutes * SECONDS_PER_MINUTE)),
        "side": header.side.value,
        "price_per_mwh": price_text(view.price_ticks),
        "energy_kwh": energy_text(view.energy_wh),
        "filled_kwh": energy_text(view.filled_wh),
        "held": money_text(view.held_quanta),
        "state": view.state.value,
        "sequence": header.sequence,
        "accepted_at": moment_text(header.accepted_us),
        "revision": header.revision,
        **_terms(view.order),
    }


def _end_s(order: Order, step_s: int) -> int:
    """End of the last interval it may trade in."""
    match order:
        case BlockOrder():
            return order.legs[-1][0] + step_s
        case StorageOrder():
            return order.end_s
        case _:
            return order.header.start_s + step_s


def _terms(order: Order) -> Answer:
    """What a kind says beside the fields all kinds have; a limit order says nothing more."""
    match order:
        case CurveOrder():
            return {
                "steps": [
                    {"price_per_mwh": price_text(price), "energy_kwh": energy_text(energy)}
                    for price, energy in order.steps
                ]
            }
        case BlockOrder():
            return {
                "legs": [
                    {"start": instant_text(start_s), "energy_kwh": energy_text(energy)}
                    for start_s, energy in order.legs
                ],
                "ratio_min_ppm": order.ratio_min_ppm,
                "parent": order.parent,
                "group": order.group,
            }
        case StorageOrder():
            return {
                "charge_max_kwh": energy_text(order.charge_max_wh),
                "discharge_max_kwh": energy_text(order.discharge_max_wh),
                "spread_per_mwh": price_text(order.spread_ticks),
                "end_value_per_mwh": price_text(order.end_value_ticks),
            }
        case _:
            return {}


def accepted_order(
    participant_id: str, orders: AcceptedColumns, row: int, now_us: int, interval_minutes: int
) -> Answer:
    """An order as it stands the moment it was accepted."""
    start_s = orders.start_s[row]
    order_id = orders.order_id[row]
    return {
        "order_id": order_id,
        "client_order_id": orders.client_order_id[row],
        "kind": "limit",
        "participant_id": participant_id,
        "unit_id": orders.unit_id[row],
        "area_id": orders.area_id[row],
        "start": instant_text(start_s),
        "end": instant_text(start_s + interval_minutes * SECONDS_PER_MINUTE),
        "side": orders.side[row].value,
        "price_per_mwh": price_text(orders.price_ticks[row]),
        "energy_kwh": energy_text(orders.energy_wh[row]),
        "filled_kwh": energy_text(0),
        "held": money_text(orders.held_quanta[row]),
        "state": OrderState.ACTIVE.value,
        "sequence": int(order_id.removeprefix(ORDER_PREFIX)),
        "accepted_at": moment_text(now_us),
        "revision": 1,
    }


def trade(item: Trade, interval_minutes: int) -> Answer:
    """A trade as its owner sees it."""
    return {
        "trade_id": item.trade_id,
        "match_id": item.match_id,
        "order_id": item.order_id,
        "participant_id": item.participant_id,
        "unit_id": item.unit_id,
        "area_id": item.area_id,
        "start": instant_text(item.start_s),
        "end": instant_text(item.start_s + interval_minutes * SECONDS_PER_MINUTE),
        "side": item.side.value,
        "price_per_mwh": price_text(item.price_ticks),
        "energy_kwh": energy_text(item.energy_wh),
        "amount": money_text(item.amount_quanta),
        "venue": item.venue.value,
        "state": trade_state(item).value,
    }


def trade_state(item: Trade) -> TradeState:
    """What has become of a trade; one that has just been made is completed."""
    return item.state if isinstance(item, StoredTrade) else TradeState.COMPLETED


def public_trade(item: Trade) -> Answer:
    """A trade as everybody sees it: without a name."""
    return {
        "trade_id": item.trade_id,
        "side": item.side.value,
        "price_per_mwh": price_text(item.price_ticks),
        "energy_kwh": energy_text(item.energy_wh),
        "venue": item.venue.value,
        "state": trade_state(item).value,
    }


def position(item: UnitPosition, interval_minutes: int) -> Answer:
    """What a unit has traded in one interval; injection positive."""
    return {
        "unit_id": item.unit_id,
        "participant_id": item.participant_id,
        "area_id": item.area_id,
        "start": instant_text(item.start_s),
        "end": instant_text(item.start_s + interval_minutes * SECONDS_PER_MINUTE),
        "bought_kwh": energy_text(item.bought_wh),
        "sold_kwh": energy_text(item.sold_wh),
        "net_kwh": energy_text(item.net_wh),
    }
