"""Answers: one function per noun makes what stands on the wire from the market's dataclasses.

The one idea: decimal strings with the unit in the field's name, times in UTC, nothing computed here
but the change of units. docs/wire.md lists the fields.
"""
# house: long because every noun of the wire has its one function here.

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from market.model.grid import Area, Grid, Line
from market.model.interval import instant_text, moment_text
from market.model.messages import Phase
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
from market.model.participant import Participant, Unit
from market.model.power import Deviation, Measurement, Setpoint
from market.model.recall import StoredTrade, TradeState
from market.model.rules import MarketRules, NetworkTariff, Tariff
from market.model.trade import AreaOutcome, ClearingOutcome, LineOutcome, Trade
from market.model.units import (
    SECONDS_PER_MINUTE,
    energy_text,
    frequency_text,
    money_text,
    power_text,
    price_text,
    reactive_text,
    voltage_text,
)
from market.store.queries import (
    AccountBalance,
    DayTotals,
    IntervalView,
    ParticipantTotals,
    Posting,
    PricedCurve,
    ReadingGap,
    ReadingView,
    TrialBalance,
    UnitPosition,
)

Answer: TypeAlias = dict[str, Any]

ORDER_PREFIX: Final = "ord-"


def optional_price(price_ticks: int | None) -> str | None:
    """A price, or null where there is none."""
    return None if price_ticks is None else price_text(price_ticks)


def _optional_power(power_w: int | None) -> str | None:
    return None if power_w is None else power_text(power_w)


def _optional_money(amount_quanta: int | None) -> str | None:
    return None if amount_quanta is None else money_text(amount_quanta)


# --- a market -----------------------------------------------------------------


def market(rules: MarketRules, grid: Grid) -> Answer:
    """A market's definition, as it was posted."""
    until_s = rules.trading_until_s
    return {
        "market_id": rules.market_id,
        "name": rules.name,
        "currency": rules.currency,
        "time_zone": rules.time_zone,
        "interval_minutes": rules.interval_minutes,
        "trading_from": instant_text(rules.trading_from_s),
        "trading_until": None if until_s is None else instant_text(until_s),
        "call_opens_minutes": rules.call_opens_minutes,
        "gate_minutes": rules.gate_minutes,
        "settle_minutes": rules.settle_minutes,
        "price_min_per_mwh": price_text(rules.price_min_ticks),
        "price_max_per_mwh": price_text(rules.price_max_ticks),
        "tie": rules.tie.value,
        "capability_tolerance_ppm": rules.capability_tolerance_ppm,
        "deviation_adder_ppm": rules.deviation_adder_ppm,
        "deviation_adder_min_per_mwh": price_text(rules.deviation_adder_min_ticks),
        "deviation_band_ppm": rules.deviation_band_ppm,
        "open_orders_max": rules.open_orders_max,
        **_sessions(rules),
        "tariff": tariff(rules.tariff),
        "taxes": [
            {
                "tax_id": tax.tax_id,
                "name": tax.name,
                "from_day": tax.from_day,
                "rate_ppm": tax.rate_ppm,
                "on": [kind.value for kind in tax.on],
            }
            for tax in rules.taxes
        ],
        "dispute_windows": [
            {"from_day": item.from_day, "within_days": item.within_days}
            for item in rules.dispute_windows
        ],
        "payment_terms": [
            {
                "from_day": terms.from_day,
                "due_days": terms.due_days,
                "grace_days": terms.grace_days,
            }
            for terms in rules.payment_terms
        ],
        "collateral": [
            {
                "from_day": rule.from_day,
                "shortfall_ppm": rule.shortfall_ppm,
                "short_price_per_mwh": optional_price(rule.short_price_ticks),
                "counts_fees": rule.counts_fees,
                "warn_ppm": rule.warn_ppm,
                "call_minutes": rule.call_minutes,
            }
            for rule in rules.collateral
        ],
        "last_resort": [
            {
                "from_hour": band.from_hour,
                "to_hour": band.to_hour,
                "ask_per_mwh": price_text(band.ask_ticks),
                "bid_per_mwh": price_text(band.bid_ticks),
            }
            for band in rules.last_resort
        ],
        "areas": [area(item) for item in grid.areas],
        "lines": [line(item) for item in grid.lines],
    }


def tariff(item: Tariff) -> Answer:
    """What is charged on metered withdrawal."""
    return {
        "network_per_mwh": price_text(item.network_ticks),
        "levies_per_mwh": price_text(item.levies_ticks),
        "by_level": [_network_tariff(level) for level in item.by_level],
    }


def _network_tariff(item: NetworkTariff) -> Answer:
    """Network fees of one voltage level."""
    return {
        "voltage_level": item.voltage_level.value,
        "from_day": item.from_day,
        "bands": [
            {
                "days": band.days.value,
                "from_hour": band.from_hour,
                "to_hour": band.to_hour,
                "network_per_mwh": price_text(band.ticks),
            }
            for band in item.bands
        ],
        "charge_per_day": money_text(item.day_charge_quanta) if item.day_charge_quanta else None,
    }


def _sessions(rules: MarketRules) -> Answer:
    """The modes a market runs and when."""
    day_ahead, continuous = rules.day_ahead, rules.continuous
    return {
        "day_ahead": None
        if day_ahead is None
        else {"opens_minutes": day_ahead.opens_minutes, "gate_minutes": day_ahead.gate_minutes},
        "continuous": None
        if continuous is None
        else {
            "opens_minutes": continuous.opens_minutes,
            "collar_ppm": continuous.collar_ppm,
            "collar_min_per_mwh": price_text(continuous.collar_min_ticks),
            "corridor_ppm": continuous.corridor_ppm,
            "corridor_min_per_mwh": price_text(continuous.corridor_min_ticks),
            "volatility_minutes": continuous.volatility_minutes,
            "volatility_random_s": continuous.volatility_random_s,
        },
        "listing": rules.listing,
        "bilateral": rules.bilateral,
        "standing": rules.standing,
        "confirm_value": _optional_money(rules.confirm_value_quanta),
        "late_readings_days": rules.late_readings_days,
        "limits_less_forecast": rules.limits_less_forecast,
        "area_move_ppm_per_minute": rules.area_move_ppm_per_minute,
        "readings_signed": rules.readings_signed,
    }


def area(item: Area) -> Answer:
    """A part of the grid."""
    return {
        "area_id": item.area_id,
        "name": item.name,
        "parent": item.parent,
        "import_limit_kw": _optional_power(item.import_limit_w),
        "export_limit_kw": _optional_power(item.export_limit_w),
        "holds_last_resort": item.holds_last_resort,
    }


def line(item: Line) -> Answer:
    """A connection between two areas."""
    return {
        "line_id": item.line_id,
        "from_area": item.from_area,
        "to_area": item.to_area,
        "capacity_forward_kw": power_text(item.capacity_forward_w),
        "capacity_backward_kw": power_text(item.capacity_backward_w),
        "loss_ppm": item.loss_ppm,
        "fee_forward_per_mwh": price_text(item.fee_forward_ticks),
        "fee_backward_per_mwh": price_text(item.fee_backward_ticks),
    }


def participant(item: Participant) -> Answer:
    """A party of the market."""
    return {
        "participant_id": item.participant_id,
        "name": item.name,
        "area_id": item.area_id,
        "is_last_resort": item.is_last_resort,
        "voltage_level": item.voltage_level.value,
    }


def unit(item: Unit) -> Answer:
    """A device or group of devices."""
    storage = item.storage
    return {
        "unit_id": item.unit_id,
        "participant_id": item.participant_id,
        "area_id": item.area_id,
        "kind": item.kind.value,
        "injection_max_kw": power_text(item.injection_max_w),
        "withdrawal_max_kw": power_text(item.withdrawal_max_w),
        "controllable": item.controllable,
        "storage": None
        if storage is None
        else {
            "capacity_kwh": energy_text(storage.capacity_wh),
            "start_kwh": energy_text(storage.start_wh),
            "efficiency_charge_ppm": storage.efficiency_charge_ppm,
            "efficiency_discharge_ppm": storage.efficiency_discharge_ppm,
        },
    }


# --- orders and trades ----------------------------------------------------------


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


# --- intervals ------------------------------------------------------------------


def price(item: AreaOutcome, start_s: int, interval_minutes: int) -> Answer:
    """What an auction decided for one area."""
    return {
        "area_id": item.area_id,
        "start": instant_text(start_s),
        "end": instant_text(start_s + interval_minutes * SECONDS_PER_MINUTE),
        "price_per_mwh": optional_price(item.price_ticks),
        "connection_price_per_mwh": optional_price(item.connection_price_ticks),
        "best_bid_per_mwh": optional_price(item.best_bid_ticks),
        "best_offer_per_mwh": optional_price(item.best_offer_ticks),
        "bought_kwh": energy_text(item.bought_wh),
        "sold_kwh": energy_text(item.sold_wh),
        "net_export_kwh": energy_text(item.net_export_wh),
    }


def flow(item: LineOutcome, of: Line) -> Answer:
    """What an auction sends over one line."""
    binding = None
    if item.sent_forward_wh and item.sent_forward_wh >= item.capacity_forward_wh:
        binding = "forward"
    elif item.sent_backward_wh and item.sent_backward_wh >= item.capacity_backward_wh:
        binding = "backward"
    return {
        "line_id": item.line_id,
        "from_area": of.from_area,
        "to_area": of.to_area,
        "sent_forward_kwh": energy_text(item.sent_forward_wh),
        "received_forward_kwh": energy_text(item.received_forward_wh),
        "sent_backward_kwh": energy_text(item.sent_backward_wh),
        "received_backward_kwh": energy_text(item.received_backward_wh),
        "capacity_forward_kwh": energy_text(item.capacity_forward_wh),
        "capacity_backward_kwh": energy_text(item.capacity_backward_wh),
        "binding": binding,
    }


def interval(start_s: int, phase: Phase, rules: MarketRules) -> Answer:
    """An interval that has no result yet: what is not known is null."""
    return {
        "start": instant_text(start_s),
        "end": instant_text(start_s + rules.interval_minutes * SECONDS_PER_MINUTE),
        "phase": phase.value,
        "gate_at": instant_text(start_s - rules.gate_minutes * SECONDS_PER_MINUTE),
        "rung": None,
        "welfare": None,
        "upper_bound": None,
        "trades": None,
        "solve_ms": None,
        "audit_faults": None,
        "receipt_hash": None,
        "areas": None,
        "lines": None,
    }


def result(outcome: ClearingOutcome, rules: MarketRules, grid: Grid) -> Answer:
    """What a result adds to an interval."""
    return {
        "rung": outcome.rung,
        "welfare": _optional_money(outcome.welfare_quanta),
        "upper_bound": _optional_money(outcome.upper_bound_quanta),
        "trades": len(outcome.filled_order_ids),
        "solve_ms": outcome.solve_ms,
        "audit_faults": list(outcome.audit_faults),
        "receipt_hash": outcome.receipt_hash,
        "areas": [price(item, outcome.start_s, rules.interval_minutes) for item in outcome.areas],
        "lines": flows(outcome.lines, grid),
    }


def stored_interval(view: IntervalView, rules: MarketRules, grid: Grid) -> Answer:
    """An interval as it is stored, with its result where there is one."""
    row = view.interval
    made = interval(row.start_s, row.phase, rules)
    if row.rung is None:
        return made
    minutes = rules.interval_minutes
    return {
        **made,
        "rung": row.rung,
        "welfare": _optional_money(row.welfare_quanta),
        "upper_bound": _optional_money(row.upper_bound_quanta),
        "trades": row.trade_count,
        "solve_ms": row.solve_ms,
        "audit_faults": list(row.audit_faults or ()),
        "receipt_hash": row.receipt_hash,
        "areas": [price(item, row.start_s, minutes) for item in view.areas],
        "lines": flows(view.lines, grid),
    }


def flows(items: tuple[LineOutcome, ...], grid: Grid) -> list[Answer]:
    """What an auction sends over all lines."""
    line_of = {item.line_id: item for item in grid.lines}
    return [flow(item, line_of[item.line_id]) for item in items]


# --- control ----------------------------------------------------------------------


def setpoint(item: Setpoint) -> Answer:
    """A unit's target for one interval; injection positive."""
    return {
        "unit_id": item.unit_id,
        "start": instant_text(item.start_s),
        "until": instant_text(item.until_s),
        "target_kw": power_text(item.target_w),
        "fallback_kw": power_text(item.fallback_w),
        "wait_s": item.wait_s,
        "before_kw": power_text(item.before_w),
        "sequence": item.sequence,
    }


def _text_of(write: Callable[[int], str], value: int | None) -> str | None:
    return None if value is None else write(value)


def reading(item: ReadingView, interval_minutes: int) -> Answer:
    """A stored meter reading with its place among its versions."""
    return {
        **measurement(item.reading, item.area_id, interval_minutes),
        "version": item.version,
        "counts": item.counts,
        "recorded_at": moment_text(item.recorded_us),
    }


def reading_gap(item: ReadingGap, interval_minutes: int) -> Answer:
    """A unit and interval without a reading."""
    return {
        "unit_id": item.unit_id,
        "area_id": item.area_id,
        "start": instant_text(item.start_s),
        "end": instant_text(item.start_s + interval_minutes * SECONDS_PER_MINUTE),
        "substituted": item.substituted,
    }


def measurement(item: Measurement, area_id: str, interval_minutes: int) -> Answer:
    """A meter reading: consumption and generation apart."""
    return {
        "unit_id": item.unit_id,
        "area_id": area_id,
        "start": instant_text(item.start_s),
        "end": instant_text(item.start_s + interval_minutes * SECONDS_PER_MINUTE),
        "consumption_kwh": energy_text(max(0, -item.injection_wh)),
        "generation_kwh": energy_text(max(0, item.injection_wh)),
        "state_of_charge_kwh": _text_of(energy_text, item.state_of_charge_wh),
        "substituted": item.substituted,
        "power_kw": _text_of(power_text, item.power_w),
        "reactive_kvar": _text_of(reactive_text, item.reactive_var),
        "voltage_pu": _text_of(voltage_text, item.voltage_ppm),
        "frequency_hz": _text_of(frequency_text, item.frequency_mhz),
        "sequence": item.sequence,
        "measured_at": _text_of(moment_text, item.measured_us),
        "signature": item.signature or None,
        "doubt": None if item.doubt is None else item.doubt.value,
        "older": item.older,
        "late": item.late,
    }


def deviation(item: Deviation) -> Answer:
    """Scheduled and measured energy of one member of a level; injection positive."""
    return {
        "level": item.level,
        "member_id": item.member_id,
        "start": instant_text(item.start_s),
        "scheduled_kwh": energy_text(item.scheduled_wh),
        "measured_kwh": energy_text(item.measured_wh),
        "deviation_kwh": energy_text(item.deviation_wh),
        "curtailed_kwh": energy_text(item.curtailed_wh),
        "reason": item.reason or None,
    }


# --- money ------------------------------------------------------------------------


def money(balance_quanta: int, held_quanta: int) -> Answer:
    """What an account has, holds and may still use."""
    return {
        "balance": money_text(balance_quanta),
        "held": money_text(held_quanta),
        "available": money_text(balance_quanta - held_quanta),
    }


def balance(item: AccountBalance) -> Answer:
    """One account of the ledger."""
    return {"account": item.account, "balance": money_text(item.balance_quanta)}


POSTING: Final = (
    *("posting_id", "from", "to", "amount", "kind", "reference", "start", "counts_at"),
)
"""The columns of a file of postings."""


def posting(item: Posting) -> Answer:
    """One movement between two accounts."""
    return {
        "posting_id": item.posting_id,
        "from": item.giver,
        "to": item.receiver,
        "amount": money_text(item.amount_quanta),
        "kind": item.kind.value,
        "reference": item.reference,
        "start": None if item.start_s is None else instant_text(item.start_s),
        "counts_at": instant_text(item.counts_s),
    }


def trial_balance(found: TrialBalance, currency: str) -> Answer:
    """All accounts at the end of a day, and their sums: what was received was given."""
    sums = {
        "opening": sum(item.opening_quanta for item in found.accounts),
        "received": sum(item.received_quanta for item in found.accounts),
        "given": sum(item.given_quanta for item in found.accounts),
        "balance": sum(item.balance_quanta for item in found.accounts),
    }
    return {
        "day": found.day,
        "currency": currency,
        "accounts": [
            {
                "account": item.account,
                "opening": money_text(item.opening_quanta),
                "received": money_text(item.received_quanta),
                "given": money_text(item.given_quanta),
                "balance": money_text(item.balance_quanta),
            }
            for item in found.accounts
        ],
        "sums": {name: money_text(amount_quanta) for name, amount_quanta in sums.items()},
    }


def curve(item: PricedCurve) -> Answer:
    """Supply and demand of one area, as steps of price and cumulative energy."""
    return {
        "area_id": item.curve.area_id,
        "price_per_mwh": optional_price(item.price_ticks),
        "supply": _steps(item.curve.supply),
        "demand": _steps(item.curve.demand),
    }


def _steps(steps: tuple[tuple[int, int], ...]) -> list[tuple[str, str]]:
    return [(price_text(ticks), energy_text(cumulative_wh)) for ticks, cumulative_wh in steps]


def day_report(day: str, totals: DayTotals) -> Answer:
    """A market day in numbers."""
    return {
        "day": day,
        "intervals_cleared": totals.intervals_cleared,
        "trades": totals.trade_count,
        "orders": {
            "accepted": totals.orders_accepted,
            "rejected": totals.orders_rejected,
            "cancelled": totals.orders_cancelled,
        },
        "energy_bought_wh": totals.bought_wh,
        "energy_sold_wh": totals.sold_wh,
        "losses_wh": totals.losses_wh,
        "ledger_sum": totals.ledger.sum_quanta,
        "welfare": money_text(totals.welfare_quanta),
        "audit_failures": totals.audit_failures,
        "clearing_ms": {
            "p50": totals.solve_ms_quantile(50),
            "max": totals.solve_ms_quantile(100),
        },
        "binding_intervals": dict(totals.binding_intervals),
        "rungs": dict(totals.rungs),
        "accounts": [balance(item) for item in totals.ledger.accounts],
        "participants": [_participant_totals(item) for item in totals.participants],
    }


def _participant_totals(item: ParticipantTotals) -> Answer:
    amounts = item.amounts_quanta.items()
    return {
        "participant_id": item.participant_id,
        "area_id": item.area_id,
        "amounts": {kind.value: money_text(amount_quanta) for kind, amount_quanta in amounts},
        "total": money_text(item.total_quanta),
        "bought_kwh": energy_text(item.bought_wh),
        "sold_kwh": energy_text(item.sold_wh),
        "withdrawal_kwh": energy_text(item.withdrawal_wh),
        "substituted": item.substituted,
    }
