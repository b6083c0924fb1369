"""What a market is made of: its definition, as it was posted, its participants and units."""

from api.answers.values import Answer, optional, optional_price
from market.model.grid import Area, Grid, Line
from market.model.interval import instant_text
from market.model.participant import Participant, Unit
from market.model.rules import MarketRules, NetworkTariff, Tariff
from market.model.units import energy_text, money_text, power_text, price_text


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
        "confirm_value": optional(money_text, rules.confirm_value_quanta),
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
        "import_limit_kw": optional(power_text, item.import_limit_w),
        "export_limit_kw": optional(power_text, item.export_limit_w),
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
