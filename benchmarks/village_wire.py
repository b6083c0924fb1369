"""The tried day told as the wire would tell it, so that the report can be written without a server."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np

from benchmarks.village_trial import (
    AREAS,
    INTERVAL_S,
    RETAILER,
    RETAILER_UNIT,
    Day,
    settle,
)
from sim.outcome import ReportInput, money
from sim.profiles import INTERVALS, Village


def as_wire(village: Village, day: Day, market: dict[str, Any]) -> ReportInput:
    """The day as the wire would tell it, settled by the trial's own arithmetic."""
    return ReportInput(
        day="2016-06-15",
        definition=market,
        totals=wire_totals(village, day, market),
        intervals=wire_intervals(village, day, market),
        measurements=wire_measurements(village, day),
        tally={
            "sent": day.orders,
            "acknowledged": day.orders,
            "refused": {},
            "ack_ms": {"p50": None, "p99": None},
        },
        village=village,
        retailer_id=RETAILER,
    )


def at(village: Village, index: int) -> str:
    moment = datetime.fromtimestamp(village.day_start_s + index * INTERVAL_S, tz=UTC)
    return moment.isoformat().replace("+00:00", "Z")


def kwh(energy: int) -> str:
    return f"{Decimal(int(energy)).scaleb(-3):.3f}"


def wire_intervals(village: Village, day: Day, market: dict[str, Any]) -> list[dict[str, Any]]:
    area_of = {u.unit_id: h.area_id for h in village.households for u in h.units}
    bought = {a: np.zeros(INTERVALS, np.int64) for a in AREAS}
    sold = {a: np.zeros(INTERVALS, np.int64) for a in AREAS}
    for unit_id, traded in day.traded_wh.items():
        bought[area_of.get(unit_id, "GRID")] += np.maximum(traded, 0)
        sold[area_of.get(unit_id, "GRID")] += np.maximum(-traded, 0)
    return [
        {
            "start": at(village, i),
            "areas": [
                {
                    "area_id": a,
                    "price_per_mwh": f"{Decimal(int(day.prices[n, i])).scaleb(-2):.2f}"
                    if day.prices[n, i] >= 0
                    else None,
                    "bought_kwh": kwh(bought[a][i]),
                    "sold_kwh": kwh(sold[a][i]),
                }
                for n, a in enumerate(AREAS)
            ],
            "lines": [wire_line(day, line, n, i) for n, line in enumerate(market["lines"])],
        }
        for i in range(INTERVALS)
    ]


def wire_line(day: Day, line: dict[str, Any], n: int, i: int) -> dict[str, Any]:
    directions = ("forward", "backward")
    full = [name for d, name in enumerate(directions) if day.binding[n, d, i]]
    return {
        "line_id": line["line_id"],
        "from_area": line["from_area"],
        "to_area": line["to_area"],
        "sent_forward_kwh": kwh(day.sent[n, 0, i]),
        "received_forward_kwh": kwh(day.received[n, 0, i]),
        "sent_backward_kwh": kwh(day.sent[n, 1, i]),
        "received_backward_kwh": kwh(day.received[n, 1, i]),
        "capacity_forward_kwh": kwh(int(float(line["capacity_forward_kw"]) * 250)),
        "capacity_backward_kwh": kwh(int(float(line["capacity_backward_kw"]) * 250)),
        "binding": full[0] if full else None,
    }


def wire_measurements(village: Village, day: Day) -> list[dict[str, Any]]:
    return [
        {
            "unit_id": unit_id,
            "start": at(village, i),
            "consumption_kwh": kwh(max(int(values[i]), 0)),
            "generation_kwh": kwh(max(-int(values[i]), 0)),
            "state_of_charge_kwh": kwh(day.levels_wh[unit_id][i])
            if unit_id.endswith("storage")
            else None,
        }
        for unit_id, values in day.measured_wh.items()
        for i in range(INTERVALS)
    ]


def wire_totals(village: Village, day: Day, market: dict[str, Any]) -> dict[str, Any]:
    bills = settle(village, day, market)
    participants = []
    for household in village.households:
        bill = bills[household.participant_id]
        amounts = {
            "trade": money(-bill["trade"]),
            "deviation": money(-bill["deviation"] - bill["adder"]),
            "network_fee": money(-bill["network"]),
            "rent_return": money(-bill["rent"]),
        }
        participants.append(
            {"participant_id": household.participant_id, "amounts": amounts, "substituted": 0}
        )
    retail = -sum(
        int(day.prices[2, i]) * int(day.traded_wh[RETAILER_UNIT][i]) for i in range(INTERVALS)
    )
    amounts = {"trade": money(retail)}
    participants.append({"participant_id": RETAILER, "amounts": amounts, "substituted": 0})
    paid = sum(sum(bill.values()) for bill in bills.values())
    bought = sum(int(np.maximum(t, 0).sum()) for t in day.traded_wh.values())
    sold = sum(int(np.maximum(-t, 0).sum()) for t in day.traded_wh.values())
    binding = day.binding.any(axis=1).sum(axis=1)
    return {
        "trades": day.trades,
        "intervals_cleared": INTERVALS,
        "energy_bought_wh": bought,
        "energy_sold_wh": sold,
        "losses_wh": day.losses_wh,
        "ledger_sum": 0,
        "welfare": "0.00000000",
        "audit_failures": 0,
        "rungs": {},
        "binding_intervals": {
            x["line_id"]: int(n) for x, n in zip(market["lines"], binding, strict=True)
        },
        "clearing_ms": {
            "p50": round(float(np.median(day.clear_ms)), 1),
            "max": round(max(day.clear_ms), 1),
        },
        # Without the market's own books everything that is not the retailer's is one pot.
        "accounts": [{"account": "grid_and_all_others", "balance": money(paid - retail)}],
        "participants": participants,
    }
