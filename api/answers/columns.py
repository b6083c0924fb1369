"""The columns of a file of each noun: those of its record that hold one value.

The one idea: a file has the columns of the list in JSON, under the same names with the same units; what
holds further records in JSON (areas of an interval) has a list of its own.
"""

from typing import Final

ORDER: Final = (
    "order_id", "client_order_id", "kind", "participant_id", "unit_id", "area_id", "start", "end", "side",
    "price_per_mwh", "energy_kwh", "filled_kwh", "held", "state", "sequence", "accepted_at",
    "revision",
)  # fmt: skip
TRADE: Final = (
    "trade_id", "match_id", "order_id", "participant_id", "unit_id", "area_id", "start", "end", "side",
    "price_per_mwh", "energy_kwh", "amount", "venue", "state",
)  # fmt: skip
PUBLIC_TRADE: Final = (
    "trade_id", "area_id", "start", "end", "side", "price_per_mwh", "energy_kwh", "venue", "state",
)  # fmt: skip
AUDIT: Final = (
    "command_seq", "batch", "epoch", "at", "actor", "participant_id", "placed_by", "kind", "rows", "result",
    "codes", "events", "first_event_seq", "previous_hash", "hash",
)  # fmt: skip
POSITION: Final = (
    "unit_id", "participant_id", "area_id", "start", "end", "bought_kwh", "sold_kwh", "net_kwh",
)  # fmt: skip
PRICE: Final = (
    "area_id", "start", "end", "price_per_mwh", "connection_price_per_mwh", "best_bid_per_mwh",
    "best_offer_per_mwh", "bought_kwh", "sold_kwh", "net_export_kwh",
)  # fmt: skip
INTERVAL: Final = (
    "start", "end", "phase", "gate_at", "rung", "welfare", "upper_bound", "trades", "solve_ms", "receipt_hash",
)  # fmt: skip
MEASUREMENT: Final = (
    "unit_id", "area_id", "start", "end", "consumption_kwh", "generation_kwh", "state_of_charge_kwh",
    "substituted", "power_kw", "reactive_kvar", "voltage_pu", "frequency_hz", "sequence", "measured_at",
    "signature", "doubt", "older", "late", "version", "counts", "recorded_at",
)  # fmt: skip
ACT: Final = (
    "act_id", "kind", "level", "member_id", "from", "until", "withdrawal_max_kw", "injection_max_kw",
    "limit_id", "reason", "of_area", "state", "at",
)  # fmt: skip
CURTAILMENT: Final = (
    "unit_id", "start", "from", "until", "change_kw", "energy_kwh", "reason",
)  # fmt: skip
ALARM: Final = (
    "alarm_id", "kind", "severity", "level", "member_id", "state", "raised_at", "raised_by",
    "acknowledged_at", "acknowledged_by", "closed_at", "closed_by",
)  # fmt: skip
DEPTH: Final = ("area_id", "start", "end", "side", "price_per_mwh", "energy_kwh")
