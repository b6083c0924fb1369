"""`wattmarket area`: an area's level as a process of its own, between whoever is above and whoever is below.

The one idea: all that is decided is decided by `market.control.reach`, which does not know that it stands
here; this file carries messages. Above is the market, or the process of the area around, which speaks the
same; below are units and processes of areas inside. When the market is gone the loop goes on, and what the
units said in the meantime is told when it is back.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from market.control.reach import AreaReach, ReachMemory, ReachRules
from market.control.unit import Moment
from market.model.power import PowerLimits, Setpoint, UnitLimit
from market.model.reach import (
    AreaBound,
    AreaLimits,
    AreaReport,
    LimitsHeld,
    ReportTaken,
    Standing,
    ToMember,
)
from sim import area_words as words
from sim.area_guard import AreaGuard, own_guard
from sim.area_server import AreaServer
from sim.area_telling import Telling
from sim.unit_clock import MarketTime, Pace
from sim.unit_kept import replace_file
from sim.unit_words import limit_of, setpoint_of
from wattmarket import (
    AsyncClient,
    Event,
    RefusedError,
    StreamError,
    UsageError,
    WattmarketError,
)
from wattmarket.values import count_of, seconds_from_time

TICK_S: Final = 1.0
ENDING_S: Final = 3.0
LENT_S: Final = 86_400
"""The connection's own limits are contractual: heard of, they are good for a day ..."""
AGAIN_S: Final = 300
"""... from the last time they were, market time."""
MISSED_MAX: Final = 1_000
UNLIMITED_W: Final = 10**12
"""A connection that nothing limits: more than any."""


class AreaAgent:
    """One area: its level, its line to the market, its server for its units."""

    def __init__(
        self,
        *,
        client: AsyncClient,
        area_id: str,
        server: AreaServer,
        path: Path,
        wall_s: Callable[[], float],
        real_ms: Callable[[], int],
        say: Callable[[str], None],
    ) -> None:
        """Nothing is sent yet.

        Args:
            client: the market, with the area's own credentials.
            area_id: which area.
            server: what its units connect to.
            path: of the file that outlives this process, so that nothing is lent twice.
            wall_s: UTC seconds of this machine.
            real_ms: real time that never goes back.
            say: tells a person what has happened.
        """
        self.area_id = area_id
        self._client = client
        self._server = server
        self._path = path
        self._real_ms = real_ms
        self._say = say
        self._time = MarketTime(wall_s, real_ms)
        self._wall_s = wall_s
        self._is_decoupled = False
        self._above = ""
        """The area around that lends to this one; empty: the market is directly above."""
        self._above_hears = True
        """Whoever is above is the market, or hears it."""
        self._shown = Standing.INIT
        self._sequence = 0
        self._lent_s = 0
        self._has_acts = True
        """What operators have narrowed is to be asked for."""
        self._kept: ReachMemory | None = None
        self._market_epoch = 0
        """Which start of whoever is above set-points come from."""
        self._missed: deque[tuple[str, Mapping[str, Any], int]] = deque(maxlen=MISSED_MAX)
        """What was said to this area, or to one inside, before this one's report was taken."""
        self._early: deque[tuple[str, Event]] = deque(maxlen=MISSED_MAX)
        """What was said to areas inside before they had come below."""
        self._reports: deque[AreaReport] = deque(maxlen=1)
        self._telling = Telling(client=client, area_id=area_id, server=server, say=say)
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """End in good order."""
        self._stop.set()

    async def run(self) -> None:
        """Be the area's level until told to stop.

        Raises:
            UsageError: the credentials are not for this area, or its file cannot be read.
        """
        await self._begin()
        serving = asyncio.create_task(self._server.serve())
        tasks = [serving, *(asyncio.create_task(work()) for work in (self._follow, self._send))]
        try:
            while not self._stop.is_set():
                self._tick()
                for task in tasks:
                    if task.done() and not task.cancelled() and (fault := task.exception()):
                        raise fault
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), TICK_S)
        finally:
            self._server.end()
            await asyncio.wait([serving], timeout=ENDING_S)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # --- beginning ------------------------------------------------------------------------

    async def _begin(self) -> None:
        definition, clock = await self._client.definition(), await self._client.clock()
        row = next((a for a in definition["areas"] if a["area_id"] == self.area_id), None)
        if row is None:
            raise UsageError(f"the market has no area {self.area_id}")
        units = [words.member_of(unit) for unit in await self._client.units()]
        if any(member.unit.area_id != self.area_id for member in units):
            raise UsageError(f"the credentials are not those of the area {self.area_id}")
        inside = words.inside_of(self.area_id, definition["areas"])
        self._rated = PowerLimits(
            withdrawal_max_w=_rated_w(row["import_limit_kw"]),
            injection_max_w=_rated_w(row["export_limit_kw"]),
        )
        speed = clock["speed"] if clock["running"] else 0
        pace = Pace(market_s=seconds_from_time(clock["now"]), wall_s=self._wall_s(), speed=speed)
        self._time.hear(pace.market_s, pace.speed)
        window_s = definition["interval_minutes"] * 60
        # An accelerated market passes more of its time between two steps.
        ahead_s = min(window_s, max(300, round(3 * clock["speed"] * TICK_S)))
        rules = ReachRules(window_s=window_s, ahead_s=ahead_s)
        self._level = AreaReach(
            self.area_id, units, self._moment(), inside=inside, rules=rules, memory=self._read()
        )
        self._guard = AreaGuard(
            own_guard(definition, units, inside, row),
            area_id=self.area_id,
            telling=self._telling,
            say=self._say,
        )
        self._above = self._level.above
        self._server.begin(
            self._level.epoch,
            [member.unit.unit_id for member in units],
            self._time.now_s,
            self._heard,
            area_id=self.area_id,
            below=[area.area_id for area in inside if area.parent == self.area_id],
            inside=[area.area_id for area in inside],
            level=self,
        )
        self._say(
            f"area {self.area_id}: {len(units)} units, {len(inside)} areas, "
            f"start {self._level.epoch}"
        )

    def _read(self) -> ReachMemory | None:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=ReachMemory)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as fault:
            raise UsageError(f"{self._path} cannot be read: {fault}") from fault

    # --- the loop -------------------------------------------------------------------------

    def _tick(self) -> None:
        output = self._level.step(self._moment())
        memory = self._level.memory()
        if memory != self._kept:
            # What is lent is on the disk before anybody hears of it.
            self._kept = memory
            replace_file(self._path, msgspec.json.encode(memory))
        if output.standing is not self._shown:
            self._say(f"{self._shown.value} -> {output.standing.value}")
            self._shown = output.standing
        for member_id, word in output.down:
            self._pass_down(member_id, word)
        hears_market = output.standing is not Standing.ALONE and self._above_hears
        self._server.beat(self._time.now_s(), self._speed(), hears_market=hears_market)
        self._reports.extend(word for word in output.up if isinstance(word, AreaReport))
        if self._above:
            self._telling.held.extend(word for word in output.up if isinstance(word, LimitsHeld))

    def _pass_down(self, member_id: str, word: ToMember) -> None:
        """The one place from which a unit, or an area inside, is told what it may and what it should."""
        if isinstance(word, UnitLimit):
            self._server.limit(member_id, words.limit_row(word))
        elif isinstance(word, AreaLimits):
            self._server.lend(member_id, words.lent_row(word))
        elif isinstance(word, Setpoint):
            self._server.setpoint(member_id, words.setpoint_row(word))

    def _heard(self, unit_id: str, marks: Iterable[tuple[str, int]]) -> None:
        """A unit, or the area it is in, has answered: what was said before it has taken, or refused for good."""
        for what, sequence in marks:
            if what == "limit":
                self._level.lease_taken(unit_id, self._level.epoch, sequence)
            else:
                self._level.setpoint_taken(unit_id, self._market_epoch, sequence)

    def _moment(self) -> Moment:
        return Moment(market_s=self._time.now_s(), real_ms=self._real_ms())

    def _speed(self) -> float:
        return 0 if self._time.pace is None else self._time.pace.speed

    def _lend(self) -> None:
        """The connection's limits, renewed while the market is heard; an area around lends its own way."""
        now_s = self._time.now_s()
        if self._above or self._level.standing is not Standing.JOINED or now_s is None:
            return
        if now_s - self._lent_s < AGAIN_S and self._level.limits(now_s) is not None:
            return
        self._lent_s = now_s
        self._sequence = max(self._sequence + 1, now_s)
        limits = AreaLimits(
            area_id=self.area_id,
            from_s=now_s,
            until_s=now_s + LENT_S,
            import_max_w=self._rated.withdrawal_max_w,
            export_max_w=self._rated.injection_max_w,
            sequence=self._sequence,
            epoch=self._market_epoch,
        )
        self._level.confirm(limits, self._moment())

    # --- areas inside -----------------------------------------------------------------------

    def said_inside(self, area_id: str, event: Event) -> None:
        """What the market says to an area inside, as it passes through: its schedules count here too."""
        if not self._level.is_below(area_id):
            self._early.append((area_id, event))
            return
        data, epoch = event.data, int(event.epoch)
        self._miss(area_id, event)
        self._schedules(data, epoch)

    def reported(self, report: AreaReport, rows: list[dict[str, Any]] | None) -> int | None:
        """An area inside has reported; this level's start, where it is directly above that area."""
        own = [row for row in rows or () if row["area_id"] == report.area_id]
        members = [words.member_of(row) for row in own] if rows is not None else None
        taken = self._level.report_below(report, members)
        waiting, self._early = self._early, deque(maxlen=MISSED_MAX)
        for area_id, event in waiting:
            self.said_inside(area_id, event)
        return None if taken is None else taken.epoch

    def held(self, held: LimitsHeld) -> None:
        """An area inside keeps to what it was lent."""
        self._level.limits_held(held)

    # --- who is above -----------------------------------------------------------------------

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(StreamError, RefusedError):
                async with self._client.stream(("area", self.area_id)) as events:
                    async for event in events:
                        self._take(event)
            await asyncio.sleep(TICK_S)

    def _take(self, event: Event) -> None:
        data, epoch = event.data, int(event.epoch)
        if event.type == "snapshot":
            self._under(data.get("lent_by", ""))
            self._is_decoupled = data["decoupled"]
        self._market_epoch = max(self._market_epoch, epoch)
        if event.type == "heartbeat":
            self._time.hear(seconds_from_time(data["now"]), data["speed"] if data["running"] else 0)
            self._above_hears = data.get("market", True)
        self._level.beat(
            epoch, self._moment(), knows=not self._is_decoupled, market=self._above_hears
        )
        self._has_acts |= event.type == "snapshot" or data.get("event") == "act"
        self._guard.hear(data)
        # Only here: what is heard from the market renews what the market lends.
        self._lend()
        self._miss(self.area_id, event)
        self._words(data, epoch)

    def _miss(self, area_id: str, event: Event) -> None:
        """Remember what this area may not take yet; a snapshot says all anew."""
        if event.type == "snapshot":
            kept = [item for item in self._missed if item[0] != area_id]
            self._missed = deque(kept, maxlen=MISSED_MAX)
        if self._level.standing is not Standing.JOINED and event.type != "heartbeat":
            self._missed.append((area_id, event.data, int(event.epoch)))

    def _under(self, above: str) -> None:
        """Who is above says so itself."""
        if above != self._above:
            self._say(f"above is {above or 'the market'}")
            self._above, self._above_hears, self._market_epoch = above, True, 0
        self._level.under(above)

    def _words(self, data: Mapping[str, Any], epoch: int) -> None:
        """Schedules and limits of a message; schedules that come too early are taken up later."""
        now = self._moment()
        for row in data.get("lent") or ():
            self._level.confirm(words.lent_of(row), now)
        self._schedules(data, epoch)
        for row in data.get("limits") or ():
            if isinstance(row, dict) and "unit_id" in row:
                self._level.narrow(limit_of(row, epoch=epoch), now)

    def _schedules(self, data: Mapping[str, Any], epoch: int) -> None:
        items = [setpoint_of(row, epoch=epoch) for row in data.get("setpoints") or ()]
        self._guard.pass_on(self._level, items, self._moment())

    async def _send(self) -> None:
        """The area's reports, then what units said while the market was away."""
        works = (self._send_reports, self._telling.send_held, self._ask_acts, self._send_kept)
        while True:
            await asyncio.sleep(TICK_S / 4)
            for work in works:
                with contextlib.suppress(WattmarketError):
                    await work()

    async def _ask_acts(self) -> None:
        """Operators' limits of the area's sum, with the time for which each of them holds."""
        if not self._has_acts or not self._hears_market():
            return
        self._has_acts = False
        try:
            standing = await self._client.acts.standing()
        except WattmarketError:
            self._has_acts = True
            raise
        own = ("limit", "area", self.area_id)
        self._level.narrow_area(
            [
                AreaBound(from_s=0, until_s=None, limits=self._rated),
                *(
                    words.bound_of(row, self._rated)
                    for row in standing["narrowings"]
                    if (row["kind"], row["level"], row["member_id"]) == own
                ),
            ]
        )

    async def _send_kept(self) -> None:
        if self._level.standing is Standing.JOINED and self._above_hears:
            await self._telling.send_kept()

    def _hears_market(self) -> bool:
        return self._level.standing is not Standing.ALONE and self._above_hears

    async def _send_reports(self) -> None:
        while self._reports:
            report = self._reports[-1]
            answer = await self._client.report_area(self.area_id, words.report_row(report))
            # What people decoupled stays so; but the market knows of this area again.
            self._is_decoupled = False
            taken = ReportTaken(
                area_id=self.area_id, sequence=report.sequence, epoch=int(answer["epoch"])
            )
            if self._level.taken_report(taken, self._moment()) is None:
                self._lend()
                while self._missed:
                    area_id, data, epoch = self._missed.popleft()
                    say = self._words if area_id == self.area_id else self._schedules
                    say(data, epoch)
            if self._reports and self._reports[-1] is report:
                self._reports.clear()


def _rated_w(limit_kw: str | None) -> int:
    return UNLIMITED_W if limit_kw is None else count_of(limit_kw, words.POWER_DECIMALS)
