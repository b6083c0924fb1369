"""The village's day without a server: agents, auction, devices, settlement; prints what it brings.

Run: python -m benchmarks.village_trial [--seed 7] [--connection-kw 80] [--tie-kw 40] [--tie-fee 10]

It is for choosing the scenario's figures: the same agents and the same auction as over the wire, a
device model of a few lines, and settlement arithmetic written out once more, independent of the
market's own.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from clearing.clear import clear
from clearing.problem import Areas, ClearingProblem, ClearingResult, Lines, StepOrders, Tie
from sim.agents import Agent, DeviceState, Fill, OrderIntent, make_agents
from sim.flexible import level_after
from sim.plain import PlainDay, plain_day
from sim.profiles import INTERVALS, UnitProfile, Village, load_village, true_need
from sim.report import build, invariants, print_summary
from sim.tariff import tariff_of, ticks

INTERVAL_S = 900
AREAS = ("RUR", "SEM", "GRID")
RETAILER, RETAILER_UNIT = "GRID-RETAILER", "GRID-RETAILER-unit"


def definition(connection_kw: float, tie_kw: float, tie_fee: float) -> dict[str, Any]:
    bands = [(0, 6, "120.00"), (6, 17, "160.00"), (17, 21, "220.00"), (21, 22, "160.00")]
    bands.append((22, 24, "120.00"))

    def line(name: str, kw: float, fee_in: float, fee_out: float) -> dict[str, Any]:
        begin, end = name.split("-")
        return {
            "line_id": name,
            "from_area": begin,
            "to_area": end,
            "capacity_forward_kw": f"{kw:.3f}",
            "capacity_backward_kw": f"{kw:.3f}",
            "loss_ppm": 20_000,
            "fee_forward_per_mwh": f"{fee_in:.2f}",
            "fee_backward_per_mwh": f"{fee_out:.2f}",
        }

    return {
        "market_id": "village-trial",
        "currency": "EUR",
        "time_zone": "Etc/GMT-1",
        "price_min_per_mwh": "-500.00",
        "price_max_per_mwh": "4000.00",
        "deviation_adder_ppm": 50_000,
        "deviation_adder_min_per_mwh": "0.50",
        "tariff": {"network_per_mwh": "70.00", "levies_per_mwh": "50.00"},
        "last_resort": [
            {"from_hour": a, "to_hour": b, "ask_per_mwh": ask, "bid_per_mwh": "80.00"}
            for a, b, ask in bands
        ],
        "areas": [{"area_id": a, "holds_last_resort": a == "GRID"} for a in AREAS],
        "lines": [
            line("GRID-RUR", connection_kw, 40.0, 0.0),
            line("GRID-SEM", connection_kw, 40.0, 0.0),
            line("RUR-SEM", tie_kw, tie_fee, tie_fee),
        ],
    }


@dataclass
class Day:
    """What happened: schedules and measurements per unit, prices, lines, money."""

    traded_wh: dict[str, np.ndarray] = field(default_factory=dict)  # bought +, sold −
    measured_wh: dict[str, np.ndarray] = field(default_factory=dict)
    prices: np.ndarray = field(default_factory=lambda: np.zeros((3, INTERVALS), np.int64))
    sent: np.ndarray = field(default_factory=lambda: np.zeros((3, 2, INTERVALS), np.int64))
    binding: np.ndarray = field(default_factory=lambda: np.zeros((3, 2, INTERVALS), bool))
    rent: np.ndarray = field(default_factory=lambda: np.zeros((3, INTERVALS), np.int64))
    trades: int = 0
    orders: int = 0
    losses_wh: int = 0
    received: np.ndarray = field(default_factory=lambda: np.zeros((3, 2, INTERVALS), np.int64))
    levels_wh: dict[str, np.ndarray] = field(default_factory=dict)
    clear_ms: list[float] = field(default_factory=list)
    agents_ms: list[float] = field(default_factory=list)
    levels: dict[str, int] = field(default_factory=dict)


def problem_of(
    intents: list[OrderIntent], area: dict[str, int], market: dict[str, Any]
) -> ClearingProblem:
    count = len(market["lines"])

    def caps(key: str) -> np.ndarray:
        return np.array([[int(float(x[key]) * 250)] for x in market["lines"]], np.int64)

    def fees(key: str) -> np.ndarray:
        return np.array([ticks(x[key]) for x in market["lines"]], np.int64)

    no_limit = np.full((3, 1), 2**53, np.int64)
    return ClearingProblem(
        n_areas=3,
        n_intervals=1,
        areas=Areas(import_limit_wh=no_limit, export_limit_wh=no_limit.copy()),
        lines=Lines(
            from_area=np.array([AREAS.index(x["from_area"]) for x in market["lines"]], np.int32),
            to_area=np.array([AREAS.index(x["to_area"]) for x in market["lines"]], np.int32),
            capacity_forward_wh=caps("capacity_forward_kw"),
            capacity_backward_wh=caps("capacity_backward_kw"),
            loss_ppm=np.full(count, 20_000, np.int64),
            fee_forward_ticks=fees("fee_forward_per_mwh"),
            fee_backward_ticks=fees("fee_backward_per_mwh"),
        ),
        orders=StepOrders(
            area=np.array([area[i.unit_id] for i in intents], np.int32),
            interval=np.zeros(len(intents), np.int32),
            is_sell=np.array([i.side == "sell" for i in intents]),
            price_ticks=np.array([i.price_ticks for i in intents], np.int64),
            energy_wh=np.array([i.energy_wh for i in intents], np.int64),
            sequence=np.arange(len(intents), dtype=np.int64),
        ),
        price_min_ticks=-50_000,
        price_max_ticks=400_000,
        tie=Tie.PRORATA,
    )


def live(village: Village, market: dict[str, Any], seed: int) -> Day:
    """The whole day, interval by interval, in the order the wire would have it."""
    agents = make_agents(
        village,
        market,
        seed=seed,
        retailer_id=RETAILER,
        retailer_unit_id=RETAILER_UNIT,
        retailer_power_w=1_000_000,
    )
    units = {u.unit_id: u for h in village.households for u in h.units}
    owner = {u.unit_id: h.participant_id for h in village.households for u in h.units}
    area = {u.unit_id: AREAS.index(h.area_id) for h in village.households for u in h.units}
    area[RETAILER_UNIT], owner[RETAILER_UNIT] = AREAS.index("GRID"), RETAILER
    day = Day()
    for unit_id in units:
        day.traded_wh[unit_id] = np.zeros(INTERVALS, np.int64)
        day.measured_wh[unit_id] = np.zeros(INTERVALS, np.int64)
    day.traded_wh[RETAILER_UNIT] = np.zeros(INTERVALS, np.int64)
    levels = {
        u: (x.battery.start_wh if x.battery else 0) for u, x in units.items() if x.controllable
    }
    needs = {u: true_need(units[u]) for u in levels if units[u].battery is None}
    books: dict[int, list[OrderIntent]] = defaultdict(list)
    for index in range(INTERVALS):
        # The result of index - 1 is out: its gate was when interval index - 2 began.
        now_s = village.day_start_s + (index - 2) * INTERVAL_S
        states = {
            u: DeviceState(as_of_s=village.day_start_s + max(index - 2, 0) * INTERVAL_S, level_wh=v)
            for u, v in levels.items()
        }
        begun = time.perf_counter()
        for agent in agents:
            mine = {u: s for u, s in states.items() if owner[u] == agent.participant_id}
            for intent in agent.orders(now_s, village.day_start_s + index * INTERVAL_S, mine):
                books[(intent.start_s - village.day_start_s) // INTERVAL_S].append(intent)
        day.agents_ms.append((time.perf_counter() - begun) * 1000)
        book = books.pop(index)
        problem = problem_of(book, area, market)
        begun = time.perf_counter()
        result = clear(problem)
        day.clear_ms.append((time.perf_counter() - begun) * 1000)
        record(day, index, problem, result, market)
        tell(agents, book, result, owner, village.day_start_s + index * INTERVAL_S, day, index)
        # The next orders are decided when interval index - 1 begins: all before it is over.
        if index >= 2:
            deliver(day, index - 2, units, levels, needs)
    deliver(day, INTERVALS - 2, units, levels, needs)
    deliver(day, INTERVALS - 1, units, levels, needs)
    day.levels = levels
    return day


def record(
    day: Day, index: int, problem: ClearingProblem, result: ClearingResult, market: dict[str, Any]
) -> None:
    day.prices[:, index] = np.where(result.has_price[:, 0], result.price_ticks[:, 0], -1)
    day.sent[:, 0, index] = result.sent_forward_wh[:, 0]
    day.sent[:, 1, index] = result.sent_backward_wh[:, 0]
    day.received[:, 0, index] = result.received_forward_wh[:, 0]
    day.received[:, 1, index] = result.received_backward_wh[:, 0]
    day.losses_wh += int((day.sent[:, :, index] - day.received[:, :, index]).sum())
    day.binding[:, 0, index] = (
        result.sent_forward_wh[:, 0] == problem.lines.capacity_forward_wh[:, 0]
    )
    day.binding[:, 1, index] = (
        result.sent_backward_wh[:, 0] == problem.lines.capacity_backward_wh[:, 0]
    )
    for n, line in enumerate(market["lines"]):
        a, b = AREAS.index(line["from_area"]), AREAS.index(line["to_area"])
        for d, (x, y, fee) in enumerate(
            ((a, b, "fee_forward_per_mwh"), (b, a, "fee_backward_per_mwh"))
        ):
            sent = int(day.sent[n, d, index])
            if sent and day.binding[n, d, index]:
                got = int((result.received_forward_wh, result.received_backward_wh)[d][n, 0])
                pi = result.connection_price_ticks[:, 0]
                day.rent[n, index] += int(pi[y]) * got - int(pi[x]) * sent - ticks(line[fee]) * sent


def tell(
    agents: list[Agent],
    book: list[OrderIntent],
    result: ClearingResult,
    owner: dict[str, str],
    start_s: int,
    day: Day,
    index: int,
) -> None:
    fills: dict[str, list[Fill]] = defaultdict(list)
    day.orders += len(book)
    for intent, accepted in zip(book, result.accepted_wh.tolist(), strict=True):
        if accepted:
            day.trades += 1
            sign = 1 if intent.side == "buy" else -1
            day.traded_wh[intent.unit_id][index] += sign * accepted
            fills[owner[intent.unit_id]].append(
                Fill(unit_id=intent.unit_id, side=intent.side, energy_wh=accepted)
            )
    for agent in agents:
        where = AREAS.index(agent.participant_id.split("-")[0])
        price = int(result.price_ticks[where, 0]) if result.has_price[where, 0] else None
        agent.on_result(start_s, fills.get(agent.participant_id, []), price)


def deliver(
    day: Day,
    index: int,
    units: dict[str, UnitProfile],
    levels: dict[str, int],
    needs: dict[str, Any],
) -> None:
    for unit_id, unit in units.items():
        if unit_id not in levels:
            sign = -1 if unit.kind == "solar" else 1
            day.measured_wh[unit_id][index] = sign * int(unit.energy_wh[index])
            continue
        target = int(day.traded_wh[unit_id][index])
        if unit.battery is None:
            least, most = needs[unit_id].bounds_wh(index, levels[unit_id])
            done = min(max(target, least), most)
        else:
            done = target
            after = level_after(unit, levels[unit_id], done)
            assert 0 <= after <= unit.battery.capacity_wh, (unit_id, index, levels[unit_id], done)
        day.measured_wh[unit_id][index] = done
        levels[unit_id] = level_after(unit, levels[unit_id], done)
        day.levels_wh.setdefault(unit_id, np.zeros(INTERVALS, np.int64))[index] = levels[unit_id]


def settle(village: Village, day: Day, market: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Per household what it pays (+), in quanta: trades, deviation, network; rent it gets back."""
    bills: dict[str, dict[str, int]] = {}
    withdrawal: dict[str, int] = {}
    for h in village.households:
        a = AREAS.index(h.area_id)
        tariff = tariff_of(market, h.area_id)
        bill = dict.fromkeys(("trade", "deviation", "adder", "network", "rent"), 0)
        net = np.zeros(INTERVALS, np.int64)
        for u in h.units:
            traded, measured = day.traded_wh[u.unit_id], day.measured_wh[u.unit_id]
            net += measured
            for i in range(INTERVALS):
                price = int(day.prices[a, i])
                off = int(measured[i] - traded[i])
                bill["trade"] += price * int(traded[i])
                adder = tariff.adder_ticks(price)
                bill["deviation"] += price * off
                bill["adder"] += adder * abs(off)
        taken = int(np.maximum(net, 0).sum())
        withdrawal[h.participant_id] = taken
        bill["network"] = taken * tariff.withdrawal_ticks
        bills[h.participant_id] = bill
    for n, line in enumerate(market["lines"]):
        members = [h.participant_id for h in village.households if h.area_id in line["line_id"]]
        total = sum(withdrawal[m] for m in members)
        for m in members:
            bills[m]["rent"] -= int(day.rent[n].sum()) * withdrawal[m] // total
    return bills


def show(village: Village, day: Day, market: dict[str, Any]) -> None:
    names = [x["line_id"] for x in market["lines"]]
    print(f"orders {day.orders}, trades {day.trades}, losses {day.losses_wh} Wh")
    print(
        f"clear p50 {np.median(day.clear_ms):.1f} max {max(day.clear_ms):.1f} ms; agents p50 {np.median(day.agents_ms):.1f} max {max(day.agents_ms):.1f} ms"
    )
    for n, name in enumerate(names):
        print(
            name,
            "binding forward",
            np.flatnonzero(day.binding[n, 0]).tolist(),
            "backward",
            np.flatnonzero(day.binding[n, 1]).tolist(),
            f"rent {day.rent[n].sum() / 1e8:.2f}",
        )
    for a in (0, 1):
        print(AREAS[a], (day.prices[a] / 100).round().astype(int).tolist())
    bills = settle(village, day, market)
    tariffs = {a: tariff_of(market, a) for a in ("RUR", "SEM")}
    rows = []
    begun = time.perf_counter()
    for h in village.households:
        ends = {u.unit_id: day.levels[u.unit_id] for u in h.units if u.battery}
        plain: PlainDay = plain_day(
            h, tariffs[h.area_id], day_start_s=village.day_start_s, final_level_wh=ends
        )
        rows.append((h, plain, bills[h.participant_id]))
    print(f"plain days {time.perf_counter() - begun:.2f} s")
    report(rows)


def report(rows: list[Any]) -> None:
    groups: dict[str, list[float]] = defaultdict(list)
    worse = []
    total_plain = total = 0
    for h, plain, bill in rows:
        paid = sum(bill.values())
        saved = plain.cost_quanta - paid
        total_plain += plain.cost_quanta
        total += paid
        group = "storage" if h.unit("storage") else "solar" if h.unit("solar") else "neither"
        groups[group].append(saved / 1e8)
        if saved < 0 and -saved > 0.01 * abs(plain.cost_quanta):
            worse.append(
                (
                    h.participant_id,
                    group,
                    [u.kind for u in h.units],
                    round(plain.cost_quanta / 1e8, 3),
                    round(saved / 1e8, 4),
                    {k: round(v / 1e8, 3) for k, v in bill.items()},
                )
            )
    print(
        f"plain {total_plain / 1e8:.2f} market {total / 1e8:.2f} saved {(total_plain - total) / 1e8:.2f}"
    )
    for g, v in groups.items():
        print(
            g,
            len(v),
            f"sum {sum(v):.2f} median {np.median(v):.3f} min {min(v):.3f} max {max(v):.3f}",
        )
    for key in ("trade", "deviation", "adder", "network", "rent"):
        print(key, round(sum(b[key] for _, _, b in rows) / 1e8, 2))
    print("worse", len(worse), f"{len(worse) / len(rows):.3f}")
    for w in worse:
        print("  ", w)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--connection-kw", type=float, default=80.0)
    parser.add_argument("--tie-kw", type=float, default=40.0)
    parser.add_argument("--tie-fee", type=float, default=10.0)
    parser.add_argument("--report", type=Path, help="write report.json and report.html there")
    given = parser.parse_args()
    the_village = load_village(seed=given.seed)
    the_market = definition(given.connection_kw, given.tie_kw, given.tie_fee)
    the_day = live(the_village, the_market, given.seed)
    show(the_village, the_day, the_market)
    if given.report is not None:
        # Here because village_wire imports this module.
        from benchmarks.village_wire import as_wire

        written = build(given.report, as_wire(the_village, the_day, the_market))
        print_summary(written)
        print("failed:", invariants(written) or "nothing")
