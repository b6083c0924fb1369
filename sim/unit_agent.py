"""The unit agent: the controller of one unit at its device's side, with the market over a socket.

The one idea: the loop that steps the machine once a second waits for nobody. What the market says is
put into the machine when it comes, what the market should know is sent beside the loop, and when the
market is gone the machine knows what to do.

house: long because contact, loop and safe end of one device are one story.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from market.control.unit import (
    LocalSettings,
    Memory,
    Moment,
    Output,
    Profile,
    Senders,
    UnitAct,
    UnitAlarm,
    UnitMachine,
)
from market.model.participant import Unit
from market.model.power import ControlChannel, GridReading, UnitLimit, UnitState
from market.model.rejection import Code, Rejection
from sim.unit_clock import MarketTime, Pace
from sim.unit_device import DevicePort
from sim.unit_kept import Keeper, Kept, unit_of
from sim.unit_meter import Meter, MeterReading
from sim.unit_words import item_of, limit_of, report_of, setpoint_of, status_line
from wattmarket import (
    AsyncClient,
    BusyError,
    Event,
    NotAuthenticatedError,
    RefusedError,
    ServerError,
    StreamError,
    UnreachableError,
    UsageError,
    WattmarketError,
)
from wattmarket.values import seconds_from_time

TICK_S: Final = 1.0
READING_GAP_MAX_S: Final = 10
"""Real time: across a longer silence of the device nothing was watched."""
REPORT_S: Final = 15.0
"""Real time between two words about a state that is still the same."""
KEEP_S: Final = 60.0
"""Real time after which the last known time is written down, though nothing else has changed."""
RETRY_S: Final = 2.0
TRIES_MAX: Final = 30
"""After so many refusals that may pass a reading is given up; out of reach, it is kept."""
PASSING: Final = (BusyError, ServerError, NotAuthenticatedError)
TOO_EARLY: Final = "MEASUREMENT_TOO_EARLY"
"""A reading may come a moment before the market has seen the end of its interval."""
UNTRADED: Final = "PRODUCT_UNKNOWN"
"""The market does not trade at all times; what is metered then is not its business."""
WAITING_MAX: Final = 1_000
PAUSE_MAX_S: Final = 30.0
OPERATOR: Final = "operator"
SECOND: Final = "second operator"
"""Who stands behind a stop or its end: the market has proved them, and that they are two."""
STOPS: Final = {"stopped": UnitAct.STOP, "emergency_stop": UnitAct.EMERGENCY_STOP}
"""What a limit is that has one of these reasons."""

MakeDevice = Callable[[Unit, MarketTime], DevicePort]


@dataclass(slots=True)
class _Waiting:
    """Something to be sent, and how often that was refused."""

    send: Callable[[], Awaitable[object]]
    what: str
    tries: int = 0


class UnitAgent:
    """One unit: its machine, its device, its line to the market."""

    def __init__(
        self,
        *,
        client: AsyncClient,
        unit_id: str,
        profile: Profile,
        keeper: Keeper,
        make_device: MakeDevice,
        chance: Callable[[int], int],
        wall_s: Callable[[], float],
        real_ms: Callable[[], int],
        say: Callable[[str], None],
        show: Callable[[str, object], None],
        has_grid_channel: bool = False,
    ) -> None:
        """Nothing is read, sent or moved yet.

        Args:
            client: the market, with the credentials of the unit's device or of its area's gateway.
            unit_id: which unit.
            profile: limits of its country.
            keeper: what outlives a loss of power.
            make_device: the device, once the unit is known.
            chance: handed-in randomness.
            wall_s: UTC seconds of this machine.
            real_ms: real time that never goes back.
            say: tells a person what has happened.
            show: shows a person how it stands, every second: the line, and what of it is a change.
            has_grid_channel: the grid operator's limits come regularly, and their silence is a reason
                for the fail-safe limits. Without it a limit narrows while it lasts.
        """
        self.unit_id = unit_id
        self._client = client
        self._profile = profile
        self._keeper = keeper
        self._make_device = make_device
        self._chance = chance
        self._wall_s = wall_s
        self._real_ms = real_ms
        self._say = say
        self._show = show
        self._has_grid_channel = has_grid_channel
        self._stop = asyncio.Event()
        self._limits: list[UnitLimit] = []
        """Of a unit without a grid channel: those that may still narrow it, by age."""
        self._waiting: deque[_Waiting] = deque(maxlen=WAITING_MAX)
        self._output: Output | None = None
        self._reading = GridReading(voltage_ppm=None, frequency_mhz=None)
        self._cause = ""
        self._told: tuple[object, ...] = ()
        self._told_ms = 0
        self._kept_ms = 0
        self._kept: Kept | None = None

    def stop(self) -> None:
        """End: go to the safe state and return from `run`."""
        self._stop.set()

    async def run(self, seconds: float | None = None) -> None:
        """Control the unit until it is told to stop.

        Args:
            seconds: real time after which it stops by itself; None: never.

        Raises:
            UsageError: the credentials are not for this unit, or what was kept cannot be read.
            RefusedError: the market takes no credentials of ours.
        """
        kept = self._keeper.read() or await self._introduced()
        if kept is None:
            return
        self._begin(kept)
        tasks = [
            asyncio.create_task(work())
            for work in (self._follow, self._tell_the_time, self._send_what_waits)
        ]
        try:
            await self._loop(seconds, tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._rest()

    # --- beginning ------------------------------------------------------------------------

    async def _introduced(self) -> Kept | None:
        """What the market knows of the unit; waits for a market that is away. None: told to stop."""
        pause_s = TICK_S
        while not self._stop.is_set():
            try:
                return await self._asked()
            except UnreachableError as away:
                self._say(f"the market is out of reach, the unit stays off: {away}")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), pause_s)
                pause_s = min(2 * pause_s, PAUSE_MAX_S)
        return None

    async def _asked(self) -> Kept:
        rows = await self._client.units()
        row = next((row for row in rows if row["unit_id"] == self.unit_id), None)
        if row is None:
            raise UsageError(f"the credentials are not for the unit {self.unit_id}")
        definition, clock = await self._client.definition(), await self._client.clock()
        return Kept(
            unit=unit_of(row),
            interval_s=definition["interval_minutes"] * 60,
            speed=clock["speed"],
            pace=self._pace(clock),
            memory=Memory(),
        )

    def _pace(self, clock: dict[str, Any]) -> Pace:
        return Pace(
            market_s=seconds_from_time(clock["now"]),
            wall_s=self._wall_s(),
            speed=clock["speed"] if clock["running"] else 0,
        )

    def _begin(self, kept: Kept) -> None:
        """The machine, from what was kept; until the market has spoken it is on its own."""
        self._kept = kept
        self.unit = kept.unit
        self._sender = f"area:{kept.unit.area_id}"
        grid = frozenset({self._sender}) if self._has_grid_channel else frozenset()
        self._time = MarketTime(self._wall_s, self._real_ms, kept.pace)
        # An accelerated market passes more of its time between two looks.
        gap_max_s = round(READING_GAP_MAX_S * max(1, kept.speed))
        self._meter = Meter(kept.interval_s, gap_max_s)
        self._device = self._make_device(kept.unit, self._time)
        self._machine = UnitMachine(
            kept.unit,
            self._profile,
            self._chance,
            self._moment(),
            senders=Senders(
                market=frozenset({self._sender}), grid=grid, operators=frozenset({OPERATOR, SECOND})
            ),
            local=LocalSettings(reading_gap_max_s=gap_max_s),
            memory=kept.memory,
        )
        self._machine.ready(self._device.readiness(self._profile), self._moment())

    # --- the loop ---------------------------------------------------------------------------

    async def _loop(self, seconds: float | None, tasks: list[asyncio.Task[None]]) -> None:
        begun_ms, count = self._real_ms(), 0
        while not self._stop.is_set():
            self._tick()
            for task in tasks:
                if task.done() and (fault := task.exception()) is not None:
                    raise fault
            count += 1
            due_s = begun_ms / 1_000 + count * TICK_S
            if seconds is not None and count * TICK_S >= seconds:
                return
            left_s = due_s - self._real_ms() / 1_000
            if left_s <= 0:
                count = int((self._real_ms() - begun_ms) / 1_000 / TICK_S)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), max(left_s, 0.001))

    def _tick(self) -> None:
        """Once a second: look, decide, keep what must not be lost, act, tell."""
        now = self._moment()
        try:
            self._reading = self._device.read()
        except OSError as fault:
            self._say(f"the device does not answer: {fault}")
            self._reading = GridReading(voltage_ppm=None, frequency_mhz=None)
        output = self._output = self._machine.step(self._reading, now)
        self._keep()
        target_w = self._narrowed(output.target_w, now.market_s)
        try:
            self._act(output, target_w)
        except OSError as fault:
            self._say(f"the device takes no command: {fault}")
        for reading in self._meter.see(self._reading, now.market_s):
            self._waiting.append(_Waiting(partial(self._report, reading), "reading"))
        self._notice(output)
        line = status_line(output, self._reading, target_w, now.market_s)
        self._show(line, (output.state, output.connected, target_w))

    def _act(self, output: Output, target_w: int) -> None:
        if not output.connected:
            self._device.disconnect()
            return
        self._device.connect()
        if not output.frozen:
            self._device.write(target_w)

    def _narrowed(self, target_w: int, now_s: int | None) -> int:
        """Without a grid channel the machine knows no limits of the grid; they narrow here."""
        limit = None if now_s is None else self._holding(now_s)
        if limit is None:
            return target_w
        return max(-limit.withdrawal_max_w, min(limit.injection_max_w, target_w))

    def _holding(self, now_s: int) -> UnitLimit | None:
        self._limits = [limit for limit in self._limits if limit.until_s > now_s]
        holding = [limit for limit in self._limits if limit.from_s <= now_s]
        return max(holding, key=lambda limit: (limit.epoch, limit.sequence), default=None)

    def _notice(self, output: Output) -> None:
        for change in output.changes:
            self._cause = change.cause.value
            self._say(f"{change.before} -> {change.after} ({change.cause})")
        for alarm in output.alarms:
            words = ", ".join(f"{name} {value}" for name, value in alarm.parameters.items())
            self._say(f"alarm {alarm.kind}: {words}")
            self._waiting.append(_Waiting(partial(self._raise, alarm), f"alarm {alarm.kind}"))

    def _keep(self) -> None:
        """Write down what must outlive a loss of power; the time alone only now and then."""
        assert self._kept is not None, "it has begun"
        memory, before = self._machine.memory(), self._kept.memory
        pace = self._time.pace or self._kept.pace
        is_news = replace(memory, market_s=None) != replace(before, market_s=None)
        if is_news or self._real_ms() - self._kept_ms >= KEEP_S * 1_000:
            self._kept = replace(self._kept, memory=memory, pace=pace)
            self._keeper.write(self._kept)
            self._kept_ms = self._real_ms()

    def _rest(self) -> None:
        """The safe state of a unit that nobody controls any more."""
        unit = self.unit
        with contextlib.suppress(OSError):
            if unit.injection_max_w > 0:
                self._device.write(0)
                self._device.disconnect()
            elif unit.controllable:
                self._device.write(0)
        assert self._kept is not None, "it has begun"
        self._keeper.write(replace(self._kept, memory=self._machine.memory()))
        self._say("ended: the unit is in its safe state")

    def _moment(self) -> Moment:
        return Moment(market_s=self._time.now_s(), real_ms=self._real_ms())

    # --- what the market says ---------------------------------------------------------------

    async def _follow(self) -> None:
        """Take what comes, for as long as the agent runs; a cut is waited out."""
        pause_s = TICK_S
        while True:
            try:
                async with self._client.stream(("unit", self.unit_id)) as events:
                    async for event in events:
                        pause_s = TICK_S
                        self._take(event)
            except (RefusedError, StreamError) as refused:
                self._say(f"the market refuses: {refused}")
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, PAUSE_MAX_S)

    def _take(self, event: Event) -> None:
        if event.type == "heartbeat":
            self._beat(event)
            return
        data = event.data
        if event.type == "snapshot":
            self._take_setpoints(data["setpoints"], event)
            self._take_limits(data["limits"], event)
        elif data["event"] == "setpoint":
            self._take_setpoints([data], event)
        elif data["event"] == "limits":
            self._take_limits(data["limits"], event)

    def _beat(self, event: Event) -> None:
        data, now = event.data, self._moment()
        speed = data["speed"] if data["running"] else 0
        self._time.hear(seconds_from_time(data["now"]), speed)
        for channel in ControlChannel:
            if channel is ControlChannel.MARKET and not data.get("market", True):
                continue  # an area that is alone says so: its limits go on, the market does not
            if channel is ControlChannel.MARKET or self._has_grid_channel:
                self._machine.heartbeat(channel, self._sender, now, epoch=int(event.epoch))

    def _take_setpoints(self, rows: list[dict[str, Any]], event: Event) -> None:
        now = self._moment()
        for row in sorted(rows, key=lambda row: int(row["sequence"])):
            setpoint = setpoint_of(row, epoch=int(event.epoch))
            self._say_refused("set-point", self._machine.accept(setpoint, self._sender, now))

    def _take_limits(self, rows: list[dict[str, Any]], event: Event) -> None:
        now = self._moment()
        for row in sorted(rows, key=lambda row: int(row["sequence"])):
            limit = limit_of(row, epoch=int(event.epoch))
            refused = self._outdated(limit)
            if self._has_grid_channel:
                refused = self._machine.limit(limit, self._sender, now) or refused
            self._say_refused("limit", refused)
            if refused is None or refused.pointer != "epoch":
                self._limits.append(limit)
        if now.market_s is not None and (holding := self._holding(now.market_s)) is not None:
            self._obey(holding, now)

    def _outdated(self, limit: UnitLimit) -> Rejection | None:
        """Without a grid channel nobody else asks whether a newer writer was heard of."""
        mark = self._machine.memory().market_mark
        newest = max([0 if mark is None else mark[0], *(kept.epoch for kept in self._limits)])
        if limit.epoch >= newest:
            return None
        return Rejection(
            code=Code.PHASE_CONFLICT, pointer="epoch", parameters={"newest": str(newest)}
        )

    def _obey(self, limit: UnitLimit, now: Moment) -> None:
        """A stop holds until the market says that it does not: silence is not leave to start."""
        is_stopped = self._machine.state is UnitState.STOPPED
        stop = STOPS.get(limit.reason)
        if stop is not None and not is_stopped:
            self._say_refused("stop", self._machine.act(stop, OPERATOR, now))
        elif stop is None and is_stopped:
            if self._machine.memory().emergency:
                released = self._machine.act(UnitAct.RELEASE, OPERATOR, now, second=SECOND)
                self._say_refused("release", released)
            self._say_refused("start", self._machine.act(UnitAct.START, OPERATOR, now))

    def _say_refused(self, what: str, rejection: Rejection | None) -> None:
        if rejection is not None:
            self._say(f"{what} refused: {rejection.code} ({rejection.pointer})")

    # --- what the market is told ------------------------------------------------------------

    async def _tell_the_time(self) -> None:
        """Until the first heartbeat the market's time is asked for."""
        while self._time.pace is None:
            with contextlib.suppress(WattmarketError):
                pace = self._pace(await self._client.clock())
                self._time.hear(pace.market_s, pace.speed)
                return
            await asyncio.sleep(TICK_S)

    async def _send_what_waits(self) -> None:
        """Readings and alarms in order, and between them how the unit stands."""
        while True:
            await asyncio.sleep(TICK_S / 4)
            try:
                await self._tell_state()
                while self._waiting:
                    await self._send(self._waiting[0])
            except UnreachableError:
                await asyncio.sleep(TICK_S)
            except RefusedError:
                await asyncio.sleep(RETRY_S)

    async def _send(self, first: _Waiting) -> None:
        try:
            await first.send()
        except RefusedError as refused:
            codes = {refused.code, *(str(fault.get("code")) for fault in refused.errors)}
            first.tries += 1
            may_pass = TOO_EARLY in codes or isinstance(refused, PASSING)
            if may_pass and first.tries < TRIES_MAX:
                raise
            if UNTRADED not in codes:
                self._say(f"{first.what} refused: {refused}")
        if self._waiting and self._waiting[0] is first:
            self._waiting.popleft()

    async def _tell_state(self) -> None:
        output = self._output
        if output is None:
            return
        told = (output.state, output.connected)
        now_ms = self._real_ms()
        if told == self._told and now_ms - self._told_ms < REPORT_S * 1_000:
            return
        report = report_of(output, self._reading, self._cause)
        await self._client.report_unit_state(self.unit_id, report)
        self._told, self._told_ms = told, now_ms

    async def _raise(self, alarm: UnitAlarm) -> None:
        await self._client.alarms.tell(
            alarm.kind.value, "unit", self.unit_id, parameters=alarm.parameters
        )

    async def _report(self, reading: MeterReading) -> None:
        assert self._kept is not None, "it has begun"
        item = item_of(self.unit, reading, self._kept.interval_s)
        await self._client.report_measurements(self.unit.area_id, [item])
