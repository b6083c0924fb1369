"""A load test: many agents, a fixed rate of acts, over the wire, open-loop.

The one idea: acts are due at drawn times and do not wait for one another, as a crowd does not. Latency is
counted from the moment an act was due, so a server that falls behind cannot hide it by being asked
less often. At the end every order that was acknowledged is looked for and must be found exactly once.
"""

import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from sim.demo import Server, alone_in, end_child, fresh_folder, require_free
from sim.load_report import LoadResult, write_report
from sim.progress import Lines, Progress
from wattmarket import AsyncClient, RefusedError, UsageError, WattmarketError

MARKET_ID: Final = "load"
FIRST_S: Final = "2016-06-15T00:00:00+01:00"
UNTIL_S: Final = "2016-06-16T00:00:00+01:00"
INTERVAL_S: Final = 900
INTERVALS: Final = 96
LISTENERS_MAX: Final = 100
"""Agents whose own stream is followed; the others only act."""
CONNECTIONS: Final = 200
AGENTS_MAX: Final = 10_000
RATE_MAX: Final = 5_000.0
MINUTES_MAX: Final = 60.0
"""Bounds of one run: it stops by itself."""
SETTLE_S: Final = 10.0
"""How long the last answers and messages are waited for."""
PER_CALL: Final = 1_000
BATCH: Final = 10

_MIX: Final = (("place", 55), ("cancel", 25), ("batch", 12), ("replace", 8))
"""What an act is, in parts of a hundred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """What is to be run."""

    agents: int
    rate: float
    """Acts per second, all agents together."""
    minutes: float
    seed: int = 1

    def __post_init__(self) -> None:
        """Bounds.

        Raises:
            UsageError: outside them.
        """
        if not (
            0 < self.agents <= AGENTS_MAX
            and 0 < self.rate <= RATE_MAX
            and 0 < self.minutes <= MINUTES_MAX
        ):
            raise UsageError(
                f"at most {AGENTS_MAX} agents, {RATE_MAX:.0f} acts a second, {MINUTES_MAX:.0f} minutes"
            )


@dataclass(slots=True)
class _Agent:
    name: str
    client: AsyncClient
    open: list[str] = field(default_factory=list)
    count: int = 0


class _Run:
    """One run: what was sent, answered and heard."""

    def __init__(self, plan: LoadPlan, agents: list[_Agent]) -> None:
        self.plan = plan
        self.agents = agents
        self.chance = random.Random(plan.seed)  # noqa: S311 - a repeatable crowd, no secret
        self.acts: list[tuple[str, float, float, float, str]] = []
        """Kind, due, sent, done (seconds of the run) and outcome of every act."""
        self.acknowledged: dict[str, dict[str, str]] = {agent.name: {} for agent in agents}
        """By agent: client_order_id to order id, of every order that was acknowledged."""
        self.due_of: dict[str, float] = {}
        self.heard: list[tuple[float, float]] = []
        """Due and heard of orders that came back over the agent's own stream."""
        self.refused: Counter[str] = Counter()
        self.began_s = 0.0

    def now_s(self) -> float:
        """Seconds since the run began."""
        return time.perf_counter() - self.began_s

    # --- acts -----------------------------------------------------------------------

    def due_times(self) -> Iterator[float]:
        """Drawn times: the gaps of a crowd that knows nothing of one another."""
        due_s, end_s = 0.0, self.plan.minutes * 60
        while (due_s := due_s + self.chance.expovariate(self.plan.rate)) < end_s:
            yield due_s

    async def go(self, progress: Progress) -> None:
        """Start every act when it is due, whatever became of those before."""
        self.began_s = time.perf_counter()
        running: set[asyncio.Task[None]] = set()
        told_s = 0.0
        for due_s in self.due_times():
            await asyncio.sleep(max(0.0, due_s - self.now_s()))
            kind = self.chance.choices([k for k, _ in _MIX], [w for _, w in _MIX])[0]
            task = asyncio.ensure_future(self._act(kind, self.chance.choice(self.agents), due_s))
            running.add(task)
            task.add_done_callback(running.discard)
            if due_s - told_s >= 5:
                told_s = due_s
                progress.say(
                    f"{due_s:5.0f} s  {len(self.acts):,} answered, {len(running)} under way"
                )
        if running:
            await asyncio.wait(running, timeout=SETTLE_S)
        for task in running:
            task.cancel()

    async def _act(self, kind: str, agent: _Agent, due_s: float) -> None:
        if kind in {"cancel", "replace"} and not agent.open:
            kind = "place"
        sent_s = self.now_s()
        try:
            outcome = await _ACTS[kind](self, agent, due_s)
        except RefusedError as refused:
            outcome = refused.code
            self.refused[refused.code] += 1
        except WattmarketError as fault:
            outcome = type(fault).__name__
            self.refused[outcome] += 1
        self.acts.append((kind, due_s, sent_s, self.now_s(), outcome))

    def _order(self, agent: _Agent) -> dict[str, Any]:
        agent.count += 1
        sells = self.chance.random() < 0.5
        away = self.chance.randrange(-200, 2_000)
        interval = self.chance.randrange(8, INTERVALS)
        hours, minutes = divmod(15 * interval, 60)
        return {
            "client_order_id": f"{agent.name}-{agent.count}",
            "unit_id": f"{agent.name}-unit",
            "start": f"2016-06-15T{hours:02d}:{minutes:02d}:00+01:00",
            "side": "sell" if sells else "buy",
            "price_per_mwh": f"{120 + (away if sells else -away) / 100:.2f}",
            "energy_kwh": f"{self.chance.randrange(1, 100) / 1000:.3f}",
        }

    async def _place(self, agent: _Agent, due_s: float) -> str:
        order = self._order(agent)
        self.due_of[order["client_order_id"]] = due_s
        made = await agent.client.orders.place(**order)
        self._note(agent, made["client_order_id"], made["order_id"], made["state"])
        return "accepted"

    def _note(self, agent: _Agent, name: str, order_id: str, state: str) -> None:
        self.acknowledged[agent.name][name] = order_id
        if state in {"active", "partially_filled"}:
            agent.open.append(order_id)

    async def _batch(self, agent: _Agent, due_s: float) -> str:
        orders = [self._order(agent) for _ in range(BATCH)]
        for order in orders:
            self.due_of[order["client_order_id"]] = due_s
        for row in await agent.client.orders.place_many([{"kind": "limit", **o} for o in orders]):
            if row["code"] is None:
                self._note(agent, row["client_order_id"], row["order_id"], "active")
            else:
                self.refused[row["code"]] += 1
        return "accepted"

    async def _cancel(self, agent: _Agent, _due_s: float) -> str:
        place = self.chance.randrange(len(agent.open))
        order_id = agent.open[place]
        agent.open[place] = agent.open[-1]
        agent.open.pop()
        await agent.client.orders.cancel(order_id)
        return "accepted"

    async def _replace(self, agent: _Agent, _due_s: float) -> str:
        order_id = self.chance.choice(agent.open)
        energy = f"{self.chance.randrange(1, 50) / 1000:.3f}"
        await agent.client.orders.replace(order_id, revision=1, energy_kwh=energy)
        return "accepted"

    # --- the streams ------------------------------------------------------------------

    async def listen(self, agent: _Agent) -> None:
        """Follow an agent's own channel and note when each of its orders comes back."""
        async with agent.client.stream(("account", agent.name)) as events:
            async for event in events:
                if event.type != "delta" or event.data.get("event") != "orders_accepted":
                    continue
                for item in event.data["items"]:
                    due_s = self.due_of.get(item["client_order_id"])
                    if due_s is not None:
                        self.heard.append((due_s, self.now_s()))


_ACTS: Final = {
    "place": _Run._place,  # noqa: SLF001 - the run's own acts by name
    "batch": _Run._batch,  # noqa: SLF001
    "cancel": _Run._cancel,  # noqa: SLF001
    "replace": _Run._replace,
}


# --- before and after -----------------------------------------------------------------


def market_definition() -> dict[str, Any]:
    """A market in continuous trading, roomy enough that refusals are the agents' own doing."""
    return {
        "market_id": MARKET_ID,
        "name": "Load test",
        "currency": "EUR",
        "time_zone": "Etc/GMT-1",
        "interval_minutes": 15,
        "trading_from": FIRST_S,
        "trading_until": UNTIL_S,
        "call_opens_minutes": 30,
        "gate_minutes": 15,
        "settle_minutes": 15,
        "price_min_per_mwh": "-500.00",
        "price_max_per_mwh": "4000.00",
        "tie": "prorata",
        "capability_tolerance_ppm": 0,
        "deviation_adder_ppm": 50_000,
        "deviation_adder_min_per_mwh": "0.50",
        "open_orders_max": 1_000_000,
        "continuous": {"opens_minutes": 660},
        "tariff": {"network_per_mwh": "0.00", "levies_per_mwh": "0.00"},
        "last_resort": [
            {"from_hour": 0, "to_hour": 24, "ask_per_mwh": "160.00", "bid_per_mwh": "80.00"}
        ],
        "areas": [
            {"area_id": "TOWN", "name": "Town"},
            {"area_id": "GRID", "name": "Grid", "holds_last_resort": True},
        ],
        "lines": [],
    }


async def _prepare(operator: AsyncClient, names: list[str]) -> list[dict[str, Any]]:
    """Make the market, its agents, their units and money; gives their credentials."""
    await operator.create_market(market_definition())
    credentials: list[dict[str, Any]] = []
    for first in range(0, len(names), PER_CALL):
        some = names[first : first + PER_CALL]
        await operator.add_participants(
            [{"participant_id": name, "name": name, "area_id": "TOWN"} for name in some]
        )
        await operator.add_units(
            [
                {
                    "unit_id": f"{name}-unit",
                    "participant_id": name,
                    "area_id": "TOWN",
                    "kind": "generator",
                    "injection_max_kw": "1000.000",
                    "withdrawal_max_kw": "1000.000",
                    "controllable": True,
                }
                for name in some
            ]
        )
        await operator.add_deposits(
            [
                {"deposit_id": f"d-{name}", "participant_id": name, "amount": "100000.00"}
                for name in some
            ]
        )
        roles = [{"role": "participant", "participant_id": name} for name in some]
        credentials += await operator.create_clients(roles)
    return credentials


async def _found_once(run: _Run) -> tuple[int, int]:
    """How many acknowledged orders are found exactly once, and how many are not."""
    right = wrong = 0
    for agent in run.agents:
        told = run.acknowledged[agent.name]
        if not told:
            continue
        listed = Counter(
            (item["client_order_id"], item["order_id"]) for item in await agent.client.orders.list()
        )
        for pair in told.items():
            right, wrong = (right + 1, wrong) if listed[pair] == 1 else (right, wrong + 1)
    return right, wrong


@asynccontextmanager
async def _agents(
    url: str, http: httpx.AsyncClient, credentials: list[dict[str, Any]]
) -> AsyncIterator[list[_Agent]]:
    yield [
        _Agent(
            name=item["participant_id"],
            client=AsyncClient(
                url,
                market=MARKET_ID,
                client_id=item["client_id"],
                client_secret=item["client_secret"],
                http=http,
            ),
        )
        for item in credentials
    ]


async def _load(plan: LoadPlan, url: str, operator_path: Path, progress: Progress) -> LoadResult:
    names = [f"agent-{number:04d}" for number in range(plan.agents)]
    async with AsyncClient(url, market=MARKET_ID, credentials=operator_path) as operator:
        progress.say(f"setting up {plan.agents} agents")
        credentials = await _prepare(operator, names)
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    async with (
        httpx.AsyncClient(base_url=url, timeout=30.0, limits=limits) as http,
        _agents(url, http, credentials) as agents,
    ):
        for agent in agents:  # tokens before the clock starts: they are no part of the question
            await agent.client.account()
        run = _Run(plan, agents)
        listening = [asyncio.ensure_future(run.listen(agent)) for agent in agents[:LISTENERS_MAX]]
        progress.say(f"{plan.rate:g} acts a second for {plan.minutes:g} minutes")
        await run.go(progress)
        await asyncio.sleep(1.0)
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        progress.say("looking for every acknowledged order")
        right, wrong = await _found_once(run)
    return LoadResult(
        agents=plan.agents,
        rate=plan.rate,
        minutes=plan.minutes,
        seed=plan.seed,
        acts=tuple(run.acts),
        heard=tuple(run.heard),
        listeners=min(plan.agents, LISTENERS_MAX),
        refused=dict(run.refused),
        orders_acknowledged=right + wrong,
        orders_not_found_once=wrong,
    )


def run_load(plan: LoadPlan, *, port: int, var: Path) -> int:
    """Run a load test against a server of its own and write its report.

    Args:
        plan: agents, rate, duration.
        port: of the server, on the loopback address.
        var: folder of the run; what an earlier run left there is moved aside.

    Returns:
        0; 1 when an acknowledged order was not found exactly once, or nothing was acknowledged.

    Raises:
        UsageError: the port is taken, or another run uses the folder.
    """
    require_free(port)
    with alone_in(var):
        fresh_folder(var)
        return asyncio.run(_with_server(plan, port, var))


async def _with_server(plan: LoadPlan, port: int, var: Path) -> int:
    progress = Lines(sys.stdout)
    server = Server(port=port, var=var, speed=1.0)
    url = f"http://127.0.0.1:{port}"
    await server.start(paused=False)
    try:
        await _until_up(url)
        result = await _load(plan, url, server.operator_path, progress)
    finally:
        await end_child(server.process)
    for line in write_report(result, var):
        progress.say(line)
    return 0 if result.orders_acknowledged and not result.orders_not_found_once else 1


async def _until_up(url: str) -> None:
    async with AsyncClient(url, patience_s=60.0) as anybody:
        await anybody.health()
