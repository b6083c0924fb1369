"""An area as a level of its own, wherever it runs: what it takes from above, passes down, and does alone.

The one idea: messages go in, a step makes messages come out, and nothing here knows whether they cross
a wire. What the area may lend its members is what was confirmed above, to the end of its validity; out
of reach it goes on inside that, and on return it takes nothing new before it has reported. Above is
the market, or an area around; below are units, and areas inside, which speak and are spoken to alike.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from market.control.confirmed import Confirmed
from market.control.guard import most_moved_w
from market.control.leases import added
from market.control.lending import Lending, Member, ReachRules
from market.control.members import Below, Inside, Members
from market.control.own_guard import OwnGuard
from market.control.reach_memory import NOTHING_KEPT, ReachMemory
from market.control.unit import Moment
from market.model.power import PowerLimits, Setpoint, UnitLimit
from market.model.reach import (
    AreaBound,
    AreaLimits,
    AreaReport,
    Beat,
    GridBeat,
    LimitsHeld,
    MarketBeat,
    ReportTaken,
    Standing,
    ToMarket,
    ToMember,
)
from market.model.rejection import Code, Rejection

__all__ = [
    "AreaReach", "Inside", "Member", "Output", "OwnGuard", "ReachMemory", "ReachRules", "most_moved_w",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What one step has to say."""

    standing: Standing
    up: tuple[ToMarket, ...]
    down: tuple[tuple[str, ToMember], ...]
    """Unit or area inside, and message, in the order in which they are to be sent."""


class AreaReach:
    """The level of one area."""

    def __init__(
        self,
        area_id: str,
        members: Iterable[Member],
        now: Moment,
        *,
        inside: Iterable[Inside] = (),
        rules: ReachRules | None = None,
        memory: ReachMemory | None = None,
    ) -> None:
        """It knows nobody yet; what a memory says was lent before counts on.

        Args:
            area_id: the area.
            members: its units.
            now: on both clocks.
            inside: all areas inside it, at any depth.
            rules: times.
            memory: of the start before; None: there was none.
        """
        kept = memory or NOTHING_KEPT
        self.area_id = area_id
        self.standing = Standing.INIT
        self.alone_since_s: int | None = None
        self.epoch = kept.epoch + 1
        """Which start of this level it is; members refuse words of an older one."""
        self._rules = rules or ReachRules()
        self._members = Members(area_id, members, inside, kept.below)
        self._above = kept.above
        self._confirmed = Confirmed(
            self._members, self._rules.window_s, kept.limits, is_lent=bool(kept.above)
        )
        self._confirmed.bounds = kept.bounds
        self._lending = Lending(
            self._members,
            self._rules,
            epoch=self.epoch,
            sequence=kept.sequence,
            blind_until_s=kept.lent_until_s,
            confirmed=self._confirmed,
            lent=kept.lent,
        )
        self._market_epoch = kept.market_epoch
        self._hears_market = True
        self._held: set[tuple[int, int]] = set()
        """Limits lent by an area that it was told are held."""
        self._heard_ms: int | None = None
        self._beaten_ms: int | None = None
        self._beats = 0
        self._reports = 0
        self._first_report = 1
        """The first one of this return; what was said before it does not lead back."""
        self._has_news = False
        """Limits were taken, and who lent them is to be told."""
        self._reported_ms: int | None = None
        self._now_s = now.market_s or 0

    # --- from above -------------------------------------------------------------------------

    def under(self, above: str) -> None:
        """Who is above: the area around that lends to this one, or the market (empty).

        Somebody else than before counts its starts otherwise, and what the one before lent is not
        this one's; what was lent on counts until it has run out.
        """
        if above == self._above:
            return
        self._above, self._confirmed.is_lent = above, bool(above)
        self._confirmed.area_limits.clear()
        self._market_epoch, self._heard_ms = 0, None
        if self.standing is Standing.JOINED:
            self._return()

    def beat(
        self, epoch: int, now: Moment, *, knows: bool = True, market: bool = True
    ) -> Rejection | None:
        """A sign of life of the level above.

        Args:
            epoch: its start.
            now: on both clocks.
            knows: False: it waits for this area's report. So an area that hears, but was not heard,
                learns of it.
            market: False: an area around that does not hear the market itself.
        """
        if epoch < self._market_epoch:
            return _outdated("epoch", self._market_epoch)
        if (epoch > self._market_epoch or not knows) and self.standing is Standing.JOINED:
            # What it knows of this area may be older than what is lent.
            self._return()
        self._market_epoch, self._hears_market = epoch, market
        self._heard_ms = now.real_ms
        if self.standing in {Standing.INIT, Standing.ALONE}:
            self._return()
        return None

    def taken_report(self, taken: ReportTaken, now: Moment) -> Rejection | None:
        """The level above knows how the area stands: new limits and schedules may come."""
        if taken.epoch < self._market_epoch:
            return _outdated("epoch", self._market_epoch)
        if not self._first_report <= taken.sequence <= self._reports:
            return _outdated("sequence", self._reports)
        self.beat(taken.epoch, now, market=self._hears_market)
        if self.standing is Standing.RETURNING:
            self.standing, self.alone_since_s = Standing.JOINED, None
        return None

    def confirm(self, limits: AreaLimits, now: Moment) -> Rejection | None:
        """Take what the level above lends; of several for one time the last holds."""
        if refusal := self._refusal(limits.epoch, limits.area_id == self.area_id, "area_id"):
            return refusal
        known = self._confirmed.area_limits
        newest = max(((item.epoch, item.sequence) for item in known), default=(0, 0))
        if limits in known:
            self._hear(now)
            return None
        if (limits.epoch, limits.sequence) <= newest:
            return _outdated("sequence", newest[1])
        if limits.until_s <= limits.from_s or min(limits.import_max_w, limits.export_max_w) < 0:
            return Rejection(code=Code.DEFINITION_INVALID, pointer="until_s")
        self._confirmed.confirm(limits)
        self._has_news = True
        self._hear(now)
        return None

    def schedule(self, setpoint: Setpoint, now: Moment) -> Rejection | None:
        """Take a unit's schedule for a window, to be passed down; the newest of a window counts."""
        known = self._members.holder(setpoint.unit_id) is not None
        # Starts of the market are not those of an area around, which passes its schedules on.
        epoch = self._market_epoch if self._above else setpoint.epoch
        if refusal := self._refusal(epoch, known, "unit_id"):
            return refusal
        if setpoint.until_s <= (now.market_s or 0):
            return Rejection(code=Code.PHASE_CONFLICT, pointer="until_s")
        kept = self._lending.scheduled(setpoint.unit_id, setpoint.start_s)
        if kept is not None and kept != setpoint:
            mark = (kept.epoch, kept.sequence)
            if (setpoint.epoch, setpoint.sequence) <= mark:
                return _outdated("sequence", mark[1])
        if kept != setpoint:
            self._lending.schedule(setpoint)
        self._hear(now)
        return None

    def narrow(self, limit: UnitLimit, now: Moment) -> Rejection | None:
        """An operator's limit of one unit; leases stay inside it."""
        if limit.unit_id not in self._members.units:
            return Rejection(code=Code.NOT_FOUND, pointer="unit_id")
        if limit.epoch < self._market_epoch:
            return _outdated("epoch", self._market_epoch)
        kept = self._confirmed.narrowed(limit.unit_id)
        if kept and (limit.epoch, limit.sequence) <= (kept[-1].epoch, kept[-1].sequence):
            return None if limit in kept else _outdated("sequence", kept[-1].sequence)
        kept.append(limit)
        self._hear(now)
        return None

    def narrow_area(self, bounds: Iterable[AreaBound]) -> None:
        """What operators leave of the area's sum, all that stands; it is shared inside that."""
        self._confirmed.bounds = tuple(bounds)

    def _refusal(self, epoch: int, known: bool, pointer: str) -> Rejection | None:
        if not known:
            return Rejection(code=Code.NOT_FOUND, pointer=pointer)
        if epoch < self._market_epoch:
            return _outdated("epoch", self._market_epoch)
        if self.standing is not Standing.JOINED:
            return Rejection(code=Code.PHASE_CONFLICT, pointer="standing")
        return None

    def _hear(self, now: Moment) -> None:
        self._heard_ms = now.real_ms

    def _return(self) -> None:
        self.standing = Standing.RETURNING
        self._first_report = self._reports + 1
        self._reported_ms = None

    # --- from below -------------------------------------------------------------------------

    def lease_taken(self, unit_id: str, epoch: int, sequence: int) -> None:
        """A unit holds a limit that was sent to it."""
        self._lending.lease_taken(unit_id, epoch, sequence)

    def limits_held(self, held: LimitsHeld) -> None:
        """An area inside keeps to limits that were lent to it."""
        self._lending.lease_taken(held.area_id, held.epoch, held.sequence)

    def report_below(
        self, report: AreaReport, members: Iterable[Member] | None = None
    ) -> ReportTaken | None:
        """An area inside says how it stands; None: it is not known to be below this one.

        Args:
            report: what it says.
            members: the units directly in it, where they were asked for: with them it comes below.
        """
        area_id = report.area_id
        if not self._members.is_inside(area_id):
            return None
        if members is not None:
            own = tuple(members)
            floor = added(member.floor for member in own)
            has_more = (
                report.given_import_w > floor.withdrawal_max_w
                or report.given_export_w > floor.injection_max_w
            )
            # What it lent on before it came is nobody else's for so long.
            until_s = report.given_until_s if has_more else 0
            self._lending.take_in(Below(area_id=area_id, members=own, claim_until_s=until_s))
        if area_id not in self._members.areas:
            return None
        if report.standing is not Standing.JOINED:
            self._lending.begins_again(area_id)
        return ReportTaken(area_id=area_id, sequence=report.sequence, epoch=self.epoch)

    def setpoint_taken(self, unit_id: str, epoch: int, sequence: int) -> None:
        """A unit has taken a set-point."""
        self._lending.setpoint_taken(unit_id, epoch, sequence)

    def wants_lease(self, unit_id: str) -> None:
        """A unit says that it waits for a newer limit: it is on its way back."""
        self._lending.wants_lease(unit_id)

    # --- what comes out -----------------------------------------------------------------------

    def step(self, now: Moment) -> Output:
        """What is to be said now; call it every few seconds."""
        self._now_s = max(self._now_s, now.market_s or 0)
        self._look(now)
        beats = self._beaten_ms is None or now.real_ms - self._beaten_ms >= self._rules.beat_ms
        if beats:
            self._beaten_ms = now.real_ms
            self._beats += 1
        down = list(self._beats_down()) if beats else []
        down += self._lending.words(self._now_s, now.real_ms)
        return Output(standing=self.standing, up=self._upward(now, beats=beats), down=tuple(down))

    def limits(self, at_s: int) -> AreaLimits | None:
        """What was lent to the area for that time; None: nothing."""
        return self._confirmed.limits(at_s)

    def given(self, at_s: int) -> PowerLimits:
        """The most the members may do together at that time, by what was lent to them."""
        return self._lending.given(at_s)

    def lent_to(self, member_id: str, at_s: int) -> PowerLimits:
        """The most a unit or an area directly below may do at that time, by what it was lent."""
        return self._lending.lent_to(member_id, at_s)

    def memory(self) -> ReachMemory:
        """What the next start has to know."""
        return ReachMemory(
            epoch=self.epoch,
            sequence=self._lending.sequence,
            lent_until_s=self._lending.blind_until_s(),
            limits=tuple(self._confirmed.area_limits),
            market_epoch=self._market_epoch,
            above=self._above,
            below=self._members.below,
            lent=self._lending.lent(),
            bounds=self._confirmed.bounds,
        )

    # --- steps ------------------------------------------------------------------------------

    def _look(self, now: Moment) -> None:
        """Whether somebody is above."""
        heard = self._heard_ms is not None and (
            now.real_ms - self._heard_ms <= self._rules.missed_ms
        )
        if not heard and self.standing in {Standing.JOINED, Standing.RETURNING}:
            self.standing = Standing.ALONE
            if self.alone_since_s is None:
                self.alone_since_s = self._now_s

    @property
    def above(self) -> str:
        """The area that lends to this one; empty: the market does."""
        return self._above

    def is_below(self, area_id: str) -> bool:
        """True for an area inside that has come below this one."""
        return self._members.is_below(area_id)

    @property
    def hears_market(self) -> bool:
        """True when the market is heard, here or by an area around that is heard here."""
        return self._hears_market and self.standing in {Standing.JOINED, Standing.RETURNING}

    def _beats_down(self) -> Iterable[tuple[str, ToMember]]:
        for member_id in self._members.heard_by:
            yield member_id, GridBeat(epoch=self.epoch, counter=self._beats)
            if self.hears_market:
                yield member_id, MarketBeat(epoch=self._market_epoch)

    def _upward(self, now: Moment, *, beats: bool) -> tuple[ToMarket, ...]:
        said: list[ToMarket] = []
        if beats:
            said.append(Beat(epoch=self.epoch, counter=self._beats))
        due = self.standing is Standing.RETURNING and (
            self._reported_ms is None or now.real_ms - self._reported_ms >= self._rules.again_ms
        )
        if due or self._has_news:
            self._reported_ms, self._has_news = now.real_ms, False
            self._reports += 1
            said.append(self.report())
        said += self._keeps()
        return tuple(said)

    def _keeps(self) -> Iterator[LimitsHeld]:
        """Limits of an area around that all below keep to by now: each is said once."""
        lent = self._confirmed.area_limits if self._confirmed.is_lent else []
        self._held &= {(item.epoch, item.sequence) for item in lent}
        for item in lent:
            mark = (item.epoch, item.sequence)
            if mark not in self._held and self._lending.keeps_to(item):
                self._held.add(mark)
                yield LimitsHeld(area_id=self.area_id, epoch=item.epoch, sequence=item.sequence)

    def report(self) -> AreaReport:
        """How the area stands."""
        known = self._confirmed.area_limits
        newest = known[-1] if known else None
        given = self._lending.most_given()
        return AreaReport(
            area_id=self.area_id,
            sequence=self._reports,
            standing=self.standing,
            alone_since_s=self.alone_since_s,
            limits_epoch=0 if newest is None else newest.epoch,
            limits_sequence=0 if newest is None else newest.sequence,
            given_import_w=given.withdrawal_max_w,
            given_export_w=given.injection_max_w,
            given_until_s=self._lending.until_s(),
        )


def _outdated(pointer: str, newest: int) -> Rejection:
    return Rejection(code=Code.PHASE_CONFLICT, pointer=pointer, parameters={"newest": str(newest)})
