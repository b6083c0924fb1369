"""Intervals: when they are decided, and what was decided for areas and lines."""

from api.answers.values import Answer, optional, optional_price
from market.model.grid import Grid, Line
from market.model.interval import instant_text
from market.model.messages import Phase
from market.model.rules import MarketRules
from market.model.trade import AreaOutcome, ClearingOutcome, LineOutcome
from market.model.units import SECONDS_PER_MINUTE, energy_text, money_text, price_text
from market.store.queries import IntervalView, PricedCurve


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
        "welfare": optional(money_text, outcome.welfare_quanta),
        "upper_bound": optional(money_text, outcome.upper_bound_quanta),
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
        "welfare": optional(money_text, row.welfare_quanta),
        "upper_bound": optional(money_text, row.upper_bound_quanta),
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
