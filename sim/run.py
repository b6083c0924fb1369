"""The simulated village against a market that runs: agents order, gateways steer, meters report.

The one idea: the market's stream sets the pace. A result makes every agent learn and order for the
next gates; the end of a delivery makes every device live through it and report. Nothing here waits
for a clock of its own, so a market that stands still, or starts again, is simply waited for.
"""
# house: long because one village's day, from first order to last report, is told in one place.

import asyncio
import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpx

from sim.agents import Agent, DeviceState, Fill, OrderIntent, make_agents
from sim.cut import Cut
from sim.devices import devices_of, units_of
from sim.faults import FaultRule, faults_by_unit
from sim.gateway import ENERGY_DECIMALS, Gateway
from sim.profiles import Household, Village
from sim.tally import Tally
from sim.transport import LeanTransport
from wattmarket import AsyncClient, Event, RefusedError, StreamError, UsageError
from wattmarket.values import (
    DECIMALS,
    count_of,
    seconds_from_time,
    text_of,
    time_from_seconds,
)

CONNECTIONS_MAX = 64
"""Shared by all participants. The server puts what waits on disk together, so a third of them at
once is quicker than a dozen, and all at once would only wait there instead of here."""
TIMEOUT_S = 10.0
PATIENCE_S = 90.0
"""A server that starts again is waited for this long."""
OPENING_LOOK_S = 0.2
PRICE_DECIMALS = DECIMALS["_per_mwh"]
HAS_RESULT = ("delivery_lock", "settling", "settled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A participant with its client, its agent and the home it decides for."""

    client: AsyncClient
    agent: Agent
    household: Household | None
    """None: the retailer."""


class Simulation:
    """Everybody of a village, connected to one market."""

    def __init__(
        self,
        *,
        url: str,
        market_id: str,
        clients: Mapping[str, Mapping[str, Any]],
        village: Village,
        seed: int,
        faults: Sequence[FaultRule] = (),
        cut: Cut | None = None,
    ) -> None:
        """Nothing is sent yet.

        Args:
            url: the server.
            market_id: the market.
            clients: credentials by participant id and area id.
            village: who lives there; who has no credentials does not take part.
            seed: makes every agent's forecasts, and says whom faults hit.
            faults: what goes wrong with devices.
            cut: which area's gateway loses its line, and when; None: none does.

        Raises:
            UsageError: a fault is of no device of the village, or a cut of no area of it.
        """
        self.tally = Tally()
        self._url = url
        self._market_id = market_id
        self._credentials = clients
        self._village = replace(
            village,
            households=tuple(h for h in village.households if h.participant_id in clients),
        )
        self._seed = seed
        units = [unit for home in self._village.households for unit in units_of(home)]
        self._faults = faults_by_unit(faults, units, seed)
        if cut is not None and cut.area_id not in {h.area_id for h in self._village.households}:
            raise UsageError(f"{cut.area_id} is no area of the village that could be cut off")
        self._cut = cut
        self._http = httpx.AsyncClient(
            base_url=url,
            transport=LeanTransport(connections_max=CONNECTIONS_MAX, timeout_s=TIMEOUT_S),
        )
        self._gateways: dict[str, Gateway] = {}
        self._members: list[Member] = []
        self._interval_s = 0
        self._last_s = 0
        """Start of the market's last interval."""
        self._answered: set[int] = set()
        """Intervals whose result has been acted on."""
        self._happened: set[int] = set()
        """Intervals the devices have lived through."""
        self._results: asyncio.Queue[tuple[dict[str, Any], int]] = asyncio.Queue()
        self._day_closed = asyncio.Event()

    async def prepare(self) -> None:
        """Learn the market's rules, place the first orders, connect the gateways.

        Raises:
            UsageError: the market has other members than the village, or credentials are missing.
        """
        public = self._client(None)
        definition = await public.definition()
        self._interval_s = definition["interval_minutes"] * 60
        retailer_id, retailer_unit = await self._retailer()
        agents = make_agents(
            self._village,
            definition,
            seed=self._seed,
            retailer_id=retailer_id,
            retailer_unit_id=retailer_unit["unit_id"],
            retailer_power_w=count_of(retailer_unit["injection_max_kw"], 3),
        )
        homes = {household.participant_id: household for household in self._village.households}
        self._members = [
            Member(
                client=self._client(agent.participant_id),
                agent=agent,
                household=homes.get(agent.participant_id),
            )
            for agent in agents
        ]
        for area_id in sorted({household.area_id for household in homes.values()}):
            await self._open_gateway(area_id)
        self._last_s = seconds_from_time(definition["trading_until"]) - self._interval_s
        now_s = seconds_from_time((await public.clock())["now"])
        await self._order_all(now_s, await self._first_open(public, definition))

    async def run(self) -> None:
        """Follow the market until its day is closed."""
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(gateway.follow()) for gateway in self._gateways.values()]
            running.append(tasks.create_task(self._act_on_results()))
            running.append(tasks.create_task(self._follow_market(tasks)))
            await self._day_closed.wait()
            # What was asked last is still on its way; a cut would lose it.
            await self._results.join()
            for task in running:
                task.cancel()
        for gateway in self._gateways.values():
            self.tally.setpoints_refused.update(gateway.refused)
            self.tally.readings_refused.update(gateway.readings_refused)
            if gateway.blackout is not None:
                self.tally.cuts.append(gateway.blackout.summary())
            self.tally.devices += [
                device.told() for device in gateway.devices.values() if device.has_something_to_tell
            ]

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def _client(self, name: str | None) -> AsyncClient:
        credentials = {} if name is None else self._credentials.get(name)
        if credentials is None:
            raise UsageError(f"no credentials for {name}")
        return AsyncClient(
            self._url,
            market=self._market_id,
            client_id=credentials.get("client_id"),
            client_secret=credentials.get("client_secret"),
            patience_s=PATIENCE_S,
            http=self._http,
        )

    async def _retailer(self) -> tuple[str, dict[str, Any]]:
        """The participant among the credentials that owns no home, and its unit."""
        areas = {household.area_id for household in self._village.households}
        homes = {household.participant_id for household in self._village.households}
        for name, credentials in self._credentials.items():
            if credentials["role"] == "participant" and name not in homes | areas:
                units = await self._client(name).units()
                if len(units) == 1 and units[0]["kind"] == "retailer":
                    return name, units[0]
        raise UsageError("no credentials of a retailer of last resort")

    async def _first_open(self, public: AsyncClient, definition: Mapping[str, Any]) -> int:
        """The nearest interval that takes orders, once all are open that should be.

        A market made a moment ago opens its calls one after another.
        """
        opens_before_s = definition["call_opens_minutes"] * 60
        while True:
            now_s = seconds_from_time((await public.clock())["now"])
            rows = await public.intervals()
            phases = {seconds_from_time(row["start"]): row["phase"] for row in rows}
            due = [at_s for at_s in phases if at_s - opens_before_s <= now_s]
            if due and all(phases[at_s] != "scheduled" for at_s in due):
                return min((at_s for at_s in due if phases[at_s] == "call"), default=max(due))
            await asyncio.sleep(OPENING_LOOK_S)

    async def _open_gateway(self, area_id: str) -> None:
        client = self._client(area_id)
        devices = [
            device
            for household in self._village.households
            if household.area_id == area_id
            for device in devices_of(
                household,
                day_start_s=self._village.day_start_s,
                interval_s=self._interval_s,
                faults=self._faults,
                seed=self._seed,
                real_ms=_real_ms,
            )
        ]
        registered = {unit["unit_id"] for unit in await client.units()}
        simulated = {device.unit.unit_id for device in devices}
        if registered != simulated:
            odd = sorted(registered ^ simulated)
            raise UsageError(
                f"area {area_id}: market and village differ in {len(odd)} units: {odd[:5]}"
            )
        self._gateways[area_id] = Gateway(
            client,
            area_id,
            devices,
            interval_s=self._interval_s,
            cut=self._cut if self._cut is not None and self._cut.area_id == area_id else None,
        )

    async def _follow_market(self, tasks: asyncio.TaskGroup) -> None:
        async with self._client(None).stream(("market", self._market_id)) as events:
            async for event in events:
                for gateway in self._gateways.values():
                    await gateway.tell_time(seconds_from_time(event.ts))
                self._take(event, tasks)
        raise StreamError("the market's stream ended")

    def _take(self, event: Event, tasks: asyncio.TaskGroup) -> None:
        if event.type == "heartbeat":
            return
        now_s, data = seconds_from_time(event.ts), event.data
        if event.type == "snapshot":
            for interval in data["intervals"]:
                self._take_interval(interval, now_s, tasks)
            return
        match data["event"]:
            case "cleared":
                self._take_result(data["interval"], now_s)
            case "phase" if data["phase"] == "settling":
                self._let_happen(seconds_from_time(data["start"]), tasks)
            case "day_closed":
                self._day_closed.set()
            case _:
                pass

    def _take_interval(
        self, interval: dict[str, Any], now_s: int, tasks: asyncio.TaskGroup
    ) -> None:
        """Catch up with an interval of a snapshot: after a cut its events may have been missed."""
        if interval["phase"] in HAS_RESULT:
            self._take_result(interval, now_s)
        if interval["phase"] in ("settling", "settled"):
            self._let_happen(seconds_from_time(interval["start"]), tasks)
        at_s = seconds_from_time(interval["start"])
        if interval["phase"] == "settled" and at_s == self._last_s:
            self._day_closed.set()

    def _take_result(self, interval: dict[str, Any], now_s: int) -> None:
        start_s = seconds_from_time(interval["start"])
        if start_s not in self._answered:
            self._answered.add(start_s)
            self._results.put_nowait((interval, now_s))

    def _let_happen(self, start_s: int, tasks: asyncio.TaskGroup) -> None:
        if start_s not in self._happened:
            self._happened.add(start_s)
            for gateway in self._gateways.values():
                tasks.create_task(gateway.report(start_s))

    async def _act_on_results(self) -> None:
        while True:
            interval, now_s = await self._results.get()
            start_s = seconds_from_time(interval["start"])
            await self._tell(interval, start_s)
            # Of several results missed during a cut only the newest leaves a gate to order for.
            if self._results.empty():
                await self._order_all(now_s, start_s + self._interval_s)
            self._results.task_done()

    async def _tell(self, interval: dict[str, Any], start_s: int) -> None:
        """Tell every agent its own fills and its area's price."""
        prices = {
            area["area_id"]: count_of(area["price_per_mwh"], PRICE_DECIMALS)
            for area in interval["areas"] or []
            if area["price_per_mwh"] is not None
        }
        targets_w: dict[str, int] = {}
        for gateway in self._gateways.values():
            targets_w |= await gateway.targets_w(start_s)
        for member in self._members:
            home = member.household
            if home is None:
                continue
            fills = _fills(home, targets_w, self._interval_s)
            member.agent.on_result(start_s, fills, prices.get(home.area_id))

    async def _order_all(self, now_s: int, start_s: int) -> None:
        """Every agent decides and sends; decisions and sendings overlap.

        Who has something to steer goes first: its orders are for the next gate, those of the
        others for the one after.
        """
        waiting = deque(sorted(self._members, key=_is_patient))

        async def work() -> None:
            while waiting:
                member = waiting.popleft()
                states = self._states(member.household)
                await self._send(member, member.agent.orders(now_s, start_s, states))

        async with asyncio.TaskGroup() as workers:
            for _ in range(CONNECTIONS_MAX):
                workers.create_task(work())

    def _states(self, household: Household | None) -> dict[str, DeviceState]:
        if household is None:
            return {}
        gateway = self._gateways[household.area_id]
        if not gateway.is_reachable:
            return {}  # nobody trades for a device that would not hear of it
        return {
            unit.unit_id: gateway.state(unit.unit_id, self._village.day_start_s)
            for unit in household.units
            if unit.controllable
        }

    async def _send(self, member: Member, intents: list[OrderIntent]) -> None:
        if not intents:
            return
        self.tally.sent += len(intents)
        sent_at = time.perf_counter()
        try:
            results = await member.client.orders.place_many(order_records(intents))
        except RefusedError as refused:
            self.tally.requests_refused[refused.code] += 1
            self.tally.refused[refused.code] += len(intents)
            return
        self.tally.ack_ms.append((time.perf_counter() - sent_at) * 1000)
        for result in results:
            if result["status"] == "rejected":
                self.tally.refused[result["code"]] += 1
            else:
                self.tally.acknowledged += 1
                self.tally.repeated += result["status"] == "repeated"


def _real_ms() -> int:
    return time.monotonic_ns() // 1_000_000


def _is_patient(member: Member) -> bool:
    home = member.household
    return home is not None and not any(unit.controllable for unit in home.units)


def order_records(intents: Iterable[OrderIntent]) -> list[dict[str, Any]]:
    """Intents as the wire takes orders, named so that the same intents have the same names."""
    records = []
    counts: Counter[tuple[str, int, str]] = Counter()
    for intent in intents:
        key = (intent.unit_id, intent.start_s, intent.side)
        counts[key] += 1
        start = time_from_seconds(intent.start_s)
        records.append(
            {
                "kind": "limit",
                "client_order_id": f"{intent.unit_id}:{start}:{intent.side[0]}{counts[key]}",
                "unit_id": intent.unit_id,
                "start": start,
                "side": intent.side,
                "price_per_mwh": text_of(intent.price_ticks, PRICE_DECIMALS),
                "energy_kwh": text_of(intent.energy_wh, ENERGY_DECIMALS),
            }
        )
    return records


def _fills(home: Household, targets_w: Mapping[str, int], interval_s: int) -> list[Fill]:
    """A unit's set-point is its own traded schedule: that is where a home reads its fills."""
    fills = []
    for unit in home.units:
        energy_wh = targets_w.get(unit.unit_id, 0) * interval_s // 3600
        if energy_wh:
            side = "sell" if energy_wh > 0 else "buy"
            fills.append(Fill(unit_id=unit.unit_id, side=side, energy_wh=abs(energy_wh)))
    return fills
