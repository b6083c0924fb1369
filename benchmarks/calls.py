"""How many orders a second the calls take, and how soon a large sealed book is an auction's problem.

Run: python -m benchmarks.calls [--rows N]

Admission: commands of 10,000 limit orders through the engine alone (decided and applied, no journal),
all in one closing call, and spread over all intervals of an opening call; a tenth as many come one by one
too. The book: so many rows in one call become arrays, a tenth of them are cancelled one by one, and the call
closes. Time is the processor's.
"""

from __future__ import annotations

import argparse
import gc
import time
from dataclasses import replace
from typing import Final

import numpy as np

from benchmarks.figures.report import aim, report
from market.engine.engine import Engine
from market.model.call import CallKind
from market.model.grid import Area, Grid
from market.model.messages import (
    Command,
    CreateMarket,
    Deposit,
    MakeDeposits,
    OpenCall,
    OpenDayAhead,
    PlaceOrders,
    RegisterParticipants,
    RegisterUnits,
)
from market.model.order import OrderColumns, Side
from market.model.participant import Participant, Unit, UnitKind
from market.model.rules import DayAheadRules, LastResortBand, MarketRules, Tariff, TieRule

ROWS: Final = 200_000
ROWS_PER_CALL: Final = 10_000
UNITS: Final = 200
FIRST_S: Final = 1_465_945_200
STEP_S: Final = 900
NOW_US: Final = (FIRST_S - 7_200) * 1_000_000
RULES: Final = MarketRules(
    market_id="bench",
    name="Bench",
    currency="EUR",
    time_zone="Etc/GMT-1",
    interval_minutes=15,
    trading_from_s=FIRST_S,
    trading_until_s=FIRST_S + 96 * STEP_S,
    call_opens_minutes=1_560,
    gate_minutes=15,
    settle_minutes=15,
    price_min_ticks=-50_000,
    price_max_ticks=400_000,
    tie=TieRule.PRORATA,
    capability_tolerance_ppm=50_000,
    deviation_adder_ppm=50_000,
    deviation_adder_min_ticks=50,
    tariff=Tariff(network_ticks=7_000, levies_ticks=5_000),
    last_resort=(LastResortBand(from_hour=0, to_hour=24, ask_ticks=16_000, bid_ticks=8_000),),
    open_orders_max=10**9,
)


def market(rules: MarketRules) -> Engine:
    """A market with one rich owner of many large loads."""
    engine = Engine()
    grid = Grid(areas=(Area(area_id="A", name="A", holds_last_resort=True),), lines=())
    owner = Participant(participant_id="p", name="P", area_id="A")
    units = tuple(
        Unit(
            unit_id=f"u{number}",
            participant_id="p",
            area_id="A",
            kind=UnitKind.LOAD,
            injection_max_w=0,
            withdrawal_max_w=10**12,
            controllable=False,
        )
        for number in range(UNITS)
    )
    deposit = Deposit(deposit_id="d", participant_id="p", amount_quanta=10**17)
    for command in (
        CreateMarket(now_us=NOW_US, actor="op", rules=rules, grid=grid),
        RegisterParticipants(now_us=NOW_US, actor="op", participants=(owner,)),
        RegisterUnits(now_us=NOW_US, actor="op", units=units),
        MakeDeposits(now_us=NOW_US, actor="op", deposits=(deposit,)),
    ):
        done(engine, command)
    return engine


def done(engine: Engine, command: Command) -> None:
    """Have a command carried out that must not be refused."""
    answer = engine.execute(command).answer
    if answer.rejections or any(row.rejection for row in answer.orders):
        raise AssertionError(f"refused: {answer.rejections or answer.orders[:1]}")


def commands(rows: int, intervals: int, rows_per_call: int = ROWS_PER_CALL) -> list[PlaceOrders]:
    """Orders of all units in turn, over the intervals in turn."""
    rng = np.random.default_rng(1)
    made = []
    for first in range(0, rows, rows_per_call):
        count = range(first, min(first + rows_per_call, rows))
        size = len(count)
        columns = OrderColumns(
            client_order_id=tuple(f"c{row}" for row in count),
            unit_id=tuple(f"u{row % UNITS}" for row in count),
            start_s=tuple(FIRST_S + STEP_S * (row // UNITS % intervals) for row in count),
            side=(Side.BUY,) * size,
            price_ticks=tuple(rng.integers(1_000, 30_000, size).tolist()),
            energy_wh=tuple(rng.integers(1, 1_000, size).tolist()),
        )
        made.append(PlaceOrders(now_us=NOW_US, actor="p", participant_id="p", orders=columns))
    return made


def admitted(engine: Engine, work: list[PlaceOrders]) -> float:
    """Orders a second."""
    gc.collect()
    gc.freeze()  # what comes in is not the engine's to be looked through
    begun = time.process_time()
    for command in work:
        done(engine, command)
    return sum(len(command.orders) for command in work) / (time.process_time() - begun)


def seconds(begun: float) -> float:
    return time.process_time() - begun


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=ROWS)
    rows = parser.parse_args().rows
    opening = DayAheadRules(opens_minutes=1_560, gate_minutes=60)
    day = market(replace(RULES, call_opens_minutes=30, day_ahead=opening))
    done(day, OpenDayAhead(now_us=NOW_US, start_s=FIRST_S))
    rate = admitted(day, commands(rows, 96))
    print(f"opening call, 96 intervals: {rate:10,.0f} orders/s   aim {aim('calls.opening')}")
    if rows == ROWS:
        report("calls.opening", rate)
    engine = market(RULES)
    done(engine, OpenCall(now_us=NOW_US, start_s=FIRST_S))
    print(
        f"closing call, one by one:   {admitted(engine, commands(rows // 10, 1, 1)):10,.0f} orders/s"
    )
    engine = market(RULES)
    done(engine, OpenCall(now_us=NOW_US, start_s=FIRST_S))
    rate = admitted(engine, commands(rows, 1))
    print(f"closing call, one interval: {rate:10,.0f} orders/s   aim {aim('calls.closing')}")
    if rows == ROWS:
        report("calls.closing", rate)
    begun = time.process_time()
    problem = engine.clearing_problem(FIRST_S)
    print(f"{len(problem.numbers):,} rows as a problem: {seconds(begun) * 1000:.0f} ms")
    book = engine.state.book
    begun = time.process_time()
    for number in range(1, rows // 10):
        book.cancel(f"ord-{number}")
    print(f"{rows // 10:,} cancelled one by one: {seconds(begun):.2f} s")
    begun = time.process_time()
    book.close(CallKind.CLOSING, FIRST_S)
    print(f"the call closes: {seconds(begun):.2f} s")


if __name__ == "__main__":
    main()
