"""How fast continuous trading is inside the market: engine, sequencer, kill.

Run: python -m benchmarks.trading [commands]

- engine: mixed single commands (65 % new, of which some cross, 35 % cancels) decided and applied, with
  pre-trade checks, holds and positions; nothing is written. The collector of cycles is set as the
  server sets it (`api/serve.py`), and stays so for the rows after it.
- sequencer: the same commands journalled durably, projections following; how far behind they were is
  measured once a second. Twice: every command waited for by a sender of its own, and in groups of fifty, as
  one connection brings them that does not wait between requests. The collector and the threads' turns are
  set as in the server (api/serve.py), once the commands to be sent are made.
- kill: 10,000 resting orders of one participant, cancelled by one command.

The floor beside each: what the bare book does with the same orders, and what it takes to write the same
number of rows with SQLAlchemy Core.
"""

import asyncio
import gc
import random
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Final

from api.serve import THREADS_SWITCH_S, spare_the_collector
from benchmarks.figures.report import aim, report
from market.engine.engine import Engine
from market.model.grid import Area, Grid
from market.model.messages import (
    CancelOrders,
    Command,
    CreateMarket,
    Deposit,
    MakeDeposits,
    OpenContinuous,
    PlaceOrders,
    RegisterParticipants,
    RegisterUnits,
)
from market.model.order import OrderColumns, Side
from market.model.participant import Participant, Unit, UnitKind
from market.model.rules import ContinuousRules, LastResortBand, MarketRules, Tariff, TieRule
from market.model.stop import StopKind, StopScope, StopTrading
from market.sequencer import QueueFull, Sequencer

COMMANDS: Final = 1_000_000
OWNERS: Final = 200
MIDNIGHT_S: Final = 1_465_945_200  # 2016-06-15T00:00+01:00
NOW_US: Final = (MIDNIGHT_S - 7_200) * 1_000_000
STEP_S: Final = 900
IN_FLIGHT: Final = 1_500
"""Commands that wait at once: as many senders as a busy market has."""
TOGETHER: Final = 50
"""Commands that one connection has on their way at once."""

RULES: Final = MarketRules(
    market_id="speed",
    name="Speed",
    currency="EUR",
    time_zone="Etc/GMT-1",
    interval_minutes=15,
    trading_from_s=MIDNIGHT_S,
    trading_until_s=MIDNIGHT_S + 96 * STEP_S,
    call_opens_minutes=30,
    gate_minutes=15,
    settle_minutes=15,
    price_min_ticks=-50_000,
    price_max_ticks=400_000,
    tie=TieRule.PRORATA,
    capability_tolerance_ppm=0,
    deviation_adder_ppm=50_000,
    deviation_adder_min_ticks=50,
    tariff=Tariff(network_ticks=0, levies_ticks=0),
    last_resort=(LastResortBand(from_hour=0, to_hour=24, ask_ticks=16_000, bid_ticks=8_000),),
    open_orders_max=10_000_000,
    continuous=ContinuousRules(opens_minutes=660),
)
GRID: Final = Grid(
    areas=(
        Area(area_id="RUR", name="Rural"),
        Area(area_id="GRID", name="Grid", holds_last_resort=True),
    ),
    lines=(),
)


def setup() -> list[Command]:
    """A market with its owners, in continuous trading."""
    owners = [f"p{number}" for number in range(OWNERS)]
    return [
        CreateMarket(now_us=NOW_US, actor="op", rules=RULES, grid=GRID),
        RegisterParticipants(
            now_us=NOW_US,
            actor="op",
            participants=tuple(
                Participant(participant_id=owner, name=owner, area_id="RUR") for owner in owners
            ),
        ),
        RegisterUnits(
            now_us=NOW_US,
            actor="op",
            units=tuple(
                Unit(
                    unit_id=f"{owner}-unit",
                    participant_id=owner,
                    area_id="RUR",
                    kind=UnitKind.GENERATOR,
                    injection_max_w=2_000_000_000,
                    withdrawal_max_w=2_000_000_000,
                    controllable=True,
                )
                for owner in owners
            ),
        ),
        MakeDeposits(
            now_us=NOW_US,
            actor="op",
            deposits=tuple(
                Deposit(deposit_id=f"d-{owner}", participant_id=owner, amount_quanta=10**16)
                for owner in owners
            ),
        ),
        OpenContinuous(now_us=NOW_US, start_s=MIDNIGHT_S),
    ]


def order(number: int, owner: str, *, sells: bool, price_ticks: int, energy_wh: int) -> PlaceOrders:
    """One order for one of four intervals."""
    columns = OrderColumns(
        client_order_id=(f"c{number}",),
        unit_id=(f"{owner}-unit",),
        start_s=(MIDNIGHT_S + STEP_S * (40 + number % 4),),
        side=(Side.SELL if sells else Side.BUY,),
        price_ticks=(price_ticks,),
        energy_wh=(energy_wh,),
    )
    return PlaceOrders(now_us=NOW_US, actor=owner, participant_id=owner, orders=columns)


def mixed(count: int, seed: int = 1) -> list[Command]:
    """65 % new orders around one price, 35 % cancels of orders that may have traded."""
    chance = random.Random(seed)
    live: list[tuple[str, str]] = []
    made: list[Command] = []
    orders = 0
    for number in range(count):
        if live and chance.random() < 0.35:
            place = chance.randrange(len(live))
            order_id, owner = live[place]
            live[place] = live[-1]
            live.pop()
            made.append(
                CancelOrders(
                    now_us=NOW_US, actor=owner, participant_id=owner, order_ids=(order_id,)
                )
            )
            continue
        orders += 1
        owner = f"p{chance.randrange(OWNERS)}"
        sells = chance.random() < 0.5
        away = chance.randrange(-20, 200)
        price = 12_000 + (away if sells else -away)
        made.append(
            order(
                number,
                owner,
                sells=sells,
                price_ticks=price,
                energy_wh=chance.randrange(100, 1_000),
            )
        )
        live.append((f"ord-{orders}", owner))
    return made


def engine_row(count: int) -> None:
    """Commands a second through the engine alone."""
    engine = Engine()
    for command in setup():
        engine.execute(command)
    commands = mixed(count)
    spare_the_collector()
    began_s = time.perf_counter()
    for command in commands:
        engine.execute(command)
    took_s = time.perf_counter() - began_s
    gc.unfreeze()
    trades = engine.state.next_trade_number // 2
    print(
        f"engine: {count:,} mixed commands in {took_s:.1f} s = {count / took_s:,.0f}/s"
        f" ({trades:,} trades, {len(engine.state.continuous):,} rest; aim {aim('trading.engine')})"
    )
    if count == COMMANDS:
        report("trading.engine", count / took_s)


class Still:
    """A clock that stands."""

    def now_us(self) -> int:
        return NOW_US

    def hold_at(self, holder: str, due_us: int | None) -> None:
        del holder, due_us

    async def wait_until(self, due_us: int) -> None:
        del due_us


async def sequencer_row(count: int, folder: Path, together: int) -> float:
    """The same, durable and projected, `together` commands under one wait; seconds lists were behind."""
    sequencer = Sequencer.open(folder / f"speed-{together}.sqlite", clock=Still())
    await sequencer.start()
    for command in setup():
        await sequencer.submit(command)
    waiting = iter(mixed(count))
    spare_the_collector()
    sys.setswitchinterval(THREADS_SWITCH_S)
    lags_s: list[float] = []
    done = asyncio.Event()

    async def sender() -> None:
        while commands := tuple(islice(waiting, together)):
            while True:
                try:
                    if together == 1:
                        await sequencer.submit(commands[0])
                    else:
                        await sequencer.submit_many(commands)
                    break
                except QueueFull:
                    await asyncio.sleep(0.001)

    async def watch() -> None:
        while not done.is_set():
            began_s = time.perf_counter()
            await sequencer.projected(sequencer.committed_seq)
            lags_s.append(time.perf_counter() - began_s)
            await asyncio.sleep(1.0)

    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    watching = asyncio.ensure_future(watch())
    await asyncio.gather(*(sender() for _ in range(IN_FLIGHT // together)))
    took_s, cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
    done.set()
    await watching
    await sequencer.close()
    print(
        f"sequencer: {count:,} mixed commands, {together} under one wait, durable in {took_s:.1f} s"
        f" = {count / took_s:,.0f}/s ({cpu_s / count * 1e6:.0f} µs of processor each),"
        f" projections at most {max(lags_s):.2f} s behind"
        f" (aims {aim('trading.sequencer')}, {aim('trading.projections')})"
    )
    if count == COMMANDS:
        name = "trading.sequencer_single" if together == 1 else "trading.sequencer"
        report(name, count / took_s, note=f"{cpu_s / count * 1e6:.0f} µs of processor each")
    return max(lags_s)


def kill_row(orders: int = 10_000) -> None:
    """One kill of many resting orders."""
    engine = Engine()
    for command in setup():
        engine.execute(command)
    for number in range(orders):
        engine.execute(
            order(number, "p0", sells=True, price_ticks=12_000 + number % 200, energy_wh=100)
        )
    began_s = time.perf_counter()
    kill = StopTrading(
        now_us=NOW_US,
        actor="op",
        kind=StopKind.KILL,
        scope=StopScope.PARTICIPANT,
        key="p0",
        reason="measured",
    )
    engine.execute(kill)
    took_s = time.perf_counter() - began_s
    assert not engine.state.continuous.of_owner("p0")
    print(
        f"kill: {orders:,} resting orders gone in {took_s * 1000:.0f} ms (aim {aim('trading.kill')})"
    )
    report("trading.kill", took_s)


def main() -> None:
    """All rows."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COMMANDS
    engine_row(count)
    with tempfile.TemporaryDirectory() as folder:
        behind_s = [
            asyncio.run(sequencer_row(count, Path(folder), together)) for together in (1, TOGETHER)
        ]
    if count == COMMANDS:
        report("trading.projections", max(behind_s))
    kill_row()


if __name__ == "__main__":
    main()
