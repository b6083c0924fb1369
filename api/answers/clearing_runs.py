"""Clearing runs and the blocks in them, as the wire says them."""

from typing import Final

from api.answers.trading import order
from api.answers.values import Answer
from market.model.call import CallKind, CallReason
from market.model.interval import instant_text
from market.model.units import PPM, SECONDS_PER_MINUTE, energy_text, money_text, price_text
from market.store.queries import BlockTold, ClearingRun

RUN: Final = (
    "run_id", "call", "start", "end", "intervals", "rung", "reproducible", "welfare", "upper_bound", "gap",
    "gap_ppm", "solve_ms", "receipt_hash",
)  # fmt: skip
"""The columns of a file of runs."""
BLOCK: Final = (
    "order_id", "kind", "participant_id", "unit_id", "area_id", "start", "end", "side", "price_per_mwh",
    "energy_kwh", "traded_kwh", "ratio_ppm", "status", "reason", "gain", "missed_by_per_mwh",
)  # fmt: skip
"""The columns of a file of blocks."""


def run_id(call: CallKind, start_s: int) -> str:
    """The name of a run: its call and the second of its first interval."""
    return f"{call.value}-{start_s}"


def run_of(name: str) -> tuple[CallKind, int] | None:
    """What a name means; None: it is no run's."""
    kind, _, second = name.rpartition("-")
    known = {CallKind.DAY_AHEAD.value, CallKind.CLOSING.value}
    if kind not in known or not (second.isascii() and second.isdecimal() and len(second) <= 12):
        return None
    return CallKind(kind), int(second)


def run(item: ClearingRun, interval_minutes: int) -> Answer:
    """A call that was cleared."""
    result = item.result
    gap_quanta = result.upper_bound_quanta - result.welfare_quanta
    bound = max(1, abs(result.upper_bound_quanta))
    return {
        "run_id": run_id(CallKind(result.call), result.start_s),
        "call": result.call,
        "start": instant_text(result.start_s),
        "end": instant_text(item.last_start_s + interval_minutes * SECONDS_PER_MINUTE),
        "intervals": item.intervals,
        "rung": result.rung,
        "reproducible": result.reproducible,
        "welfare": money_text(result.welfare_quanta),
        "upper_bound": money_text(result.upper_bound_quanta),
        "gap": money_text(gap_quanta),
        # Upwards, so that a gap never shows as none.
        "gap_ppm": -(-gap_quanta * PPM // bound),
        "solve_ms": result.solve_ms,
        "receipt_hash": result.receipt_hash,
        "audit_faults": list(result.audit_faults),
        "binding": [
            {
                "start": instant_text(limit.start_s),
                "line_id": limit.member_id if limit.is_line else None,
                "area_id": None if limit.is_line else limit.member_id,
                "direction": limit.direction,
            }
            for limit in item.binding
        ],
    }


_NOT_ALL: Final = frozenset({CallReason.PARTLY_ACCEPTED, CallReason.USED})


def block(item: BlockTold, interval_minutes: int) -> Answer:
    """A block or storage of a call, with what it got and why."""
    said = order(item.view, interval_minutes)
    names = ("order_id", "kind", "participant_id", "unit_id", "area_id", "start", "end", "side")
    energy_wh = item.view.energy_wh
    return {
        **{name: said[name] for name in names},
        "price_per_mwh": said["price_per_mwh"],
        "energy_kwh": said["energy_kwh"],
        "traded_kwh": energy_text(item.traded_wh),
        "ratio_ppm": item.traded_wh * PPM // max(1, energy_wh),
        "status": _status(item.reason),
        "reason": item.reason.value,
        "gain": None if item.gain_quanta is None else money_text(item.gain_quanta),
        "missed_by_per_mwh": None if item.short_ticks is None else price_text(item.short_ticks),
    }


def _status(reason: CallReason) -> str:
    if reason is CallReason.PARADOXICALLY_REJECTED:
        return "paradoxically_rejected"
    if reason is CallReason.ACCEPTED:
        return "accepted"
    return "partly_accepted" if reason in _NOT_ALL else "rejected"
