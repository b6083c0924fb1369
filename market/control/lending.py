"""What an area lends its members, window by window, inside what was lent to the area.

The one idea: a unit has its schedule and its fail-safe limits whatever comes; what is left over is shared
where nothing is scheduled. Less is said at once, more only when what is used elsewhere has been given
back, so that all members together never have more than there is. An area inside is a member like a unit:
it is lent a part, and divides that by the same rules.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from market.control.confirmed import Confirmed
from market.control.leases import Lease, Leases, added, narrowest, widest
from market.control.members import Below, Member, Members, powers_of
from market.control.share import proportional
from market.control.windows import Lent, Window, windows_of
from market.model.power import PowerLimits, Setpoint, UnitLimit
from market.model.reach import AreaLimits, ToMember

__all__ = ["Lending", "Member", "ReachRules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachRules:
    """Times of an area's level. Those in real time watch who is there, the others run in market time."""

    window_s: int = 900
    """Leases end with a window; an interval is one."""
    ahead_s: int = 300
    """How long before a window begins its leases go out."""
    areas_ahead_s: int = 1_800
    """The same for areas inside: one that is alone goes on inside what it has."""
    renew_s: int = 300
    """After so long a lease is said again, newer: a unit on its way back waits for one."""
    beat_ms: int = 5_000
    """Real time between signs of life."""
    missed_ms: int = 15_000
    """Three of them: real time without one, after which nobody is there."""
    again_ms: int = 10_000
    """Real time until what was not confirmed is said again."""


class Lending:
    """Windows, leases and schedules of one area's members."""

    def __init__(
        self,
        members: Members,
        rules: ReachRules,
        *,
        epoch: int,
        sequence: int,
        blind_until_s: int,
        confirmed: Confirmed,
        lent: Iterable[Lent] = (),
    ) -> None:
        """Nothing is lent yet by this start.

        Args:
            members: the area's units, and areas inside it.
            rules: times.
            epoch: which start of the area's level it is.
            sequence: of the last lease of any start.
            blind_until_s: until then only schedules and fail-safe limits are lent: an earlier start
                may have lent more.
            confirmed: what was lent to the area.
            lent: what earlier starts have lent and nobody has given back.
        """
        self.members = members
        self.epoch = epoch
        self.sequence = sequence
        self._confirmed = confirmed
        self._rules = rules
        self._blind_until_s = blind_until_s
        self._windows = windows_of(lent, members.floors)
        self._asked: set[str] = set()
        """Members that wait for a newer lease than the one they have."""
        self._now_s = 0

    # --- what is known ----------------------------------------------------------------------

    def take_in(self, area: Below) -> None:
        """An area inside has come below, or has other units now."""
        if self.members.take_in(area):
            for window in self._windows.values():
                for member_id in self.members.areas:
                    window.leases.floor(member_id, self.members.floors[member_id])

    def scheduled(self, unit_id: str, start_s: int) -> Setpoint | None:
        """A unit's schedule in the window of that time; None: it has none."""
        window = self._windows.get(self._start_of(start_s))
        return None if window is None else window.setpoints.get(unit_id)

    def schedule(self, setpoint: Setpoint) -> None:
        """A unit has a schedule, in place of an older one of the window."""
        self._window(self._start_of(setpoint.start_s)).schedule(setpoint)

    def lease_taken(self, member_id: str, epoch: int, sequence: int) -> None:
        """A member holds a limit that was sent to it."""
        if epoch == self.epoch:
            for window in self._windows.values():
                window.leases.taken(member_id, sequence)

    def setpoint_taken(self, unit_id: str, epoch: int, sequence: int) -> None:
        """A unit, or the area it is in, has taken a set-point."""
        for window in self._windows.values():
            window.setpoint_taken(unit_id, epoch, sequence)

    def wants_lease(self, member_id: str) -> None:
        """A member waits for a newer limit."""
        self._asked.add(member_id)

    def begins_again(self, area_id: str) -> None:
        """An area below has come back: the set-points it was told it may have lost."""
        for window in self._windows.values():
            window.untold(self.members.reached_through(area_id))

    # --- what follows -----------------------------------------------------------------------

    def words(self, now_s: int, real_ms: int) -> Iterator[tuple[str, ToMember]]:
        """Limits and set-points that are to be said now, and to which member."""
        self._now_s = now_s
        self._forget()
        for start_s in self._starts_due():
            yield from self._leases_of(start_s, real_ms)
        for window in self._windows.values():
            yield from self._schedules_of(window, real_ms)

    def given(self, at_s: int) -> PowerLimits:
        """The most the members may do together at that time, by what was lent to them."""
        window = self._windows.get(self._start_of(at_s))
        return added(self.members.floors.values()) if window is None else window.leases.sum()

    def lent_to(self, member_id: str, at_s: int) -> PowerLimits:
        """The most a member may do at that time, by what it was lent."""
        window = self._windows.get(self._start_of(at_s))
        return self.members.floors[member_id] if window is None else window.leases.held(member_id)

    def keeps_to(self, limits: AreaLimits) -> bool:
        """True when these limits hold, and no member can have more by anything it was ever lent."""
        at_s = max(limits.from_s, self._now_s)
        if self._confirmed.limits(at_s) is not limits:
            return False
        given = self.given(at_s)
        return (
            given.withdrawal_max_w <= limits.import_max_w
            and given.injection_max_w <= limits.export_max_w
        )

    def most_given(self) -> PowerLimits:
        """The most at any time from now on."""
        return widest(
            [self.given(max(self._now_s, at_s)) for at_s in (*self._windows, self._now_s)]
        )

    def until_s(self) -> int:
        """When all that was lent has run out."""
        ends_s = [start_s + self._rules.window_s for start_s in self._windows]
        return max([self._now_s, self._blind_until_s, *ends_s])

    def blind_until_s(self) -> int:
        """When all that units were lent has run out."""
        ends_s = [
            start_s + self._rules.window_s
            for start_s, window in self._windows.items()
            if any(member_id in self.members.units for member_id in window.sent_ms)
        ]
        return max([self._now_s, self._blind_until_s, *ends_s])

    def lent(self) -> tuple[Lent, ...]:
        """What the next start has to count."""
        return tuple(
            item for start_s, window in self._windows.items() for item in window.lent(start_s)
        )

    def _forget(self) -> None:
        now_s = self._now_s
        self._windows = {
            start_s: window
            for start_s, window in self._windows.items()
            if start_s + self._rules.window_s > now_s
        }
        for window in self._windows.values():
            window.leases.over(now_s)
        self._confirmed.forget(now_s)

    def _start_of(self, at_s: int) -> int:
        return at_s - at_s % self._rules.window_s

    def _window(self, start_s: int) -> Window:
        window = self._windows.get(start_s)
        if window is None:
            window = self._windows[start_s] = Window(Leases(self.members.floors))
        return window

    def _starts_due(self) -> list[int]:
        """Windows whose leases are to be out: those near enough, and scheduled ones."""
        first_s, window_s = self._start_of(self._now_s), self._rules.window_s
        ahead_s = self._rules.areas_ahead_s if self.members.areas else self._rules.ahead_s
        due = {first_s, *range(first_s, self._now_s + ahead_s + 1, window_s)}
        due |= {start_s for start_s, window in self._windows.items() if window.setpoints}
        return sorted(due)

    def _is_near(self, start_s: int, window: Window) -> bool:
        """True when units' leases of the window go out too."""
        return start_s <= self._now_s + self._rules.ahead_s or bool(window.setpoints)

    def _leases_of(self, start_s: int, real_ms: int) -> Iterable[tuple[str, ToMember]]:
        """Leases of one window: what is less at once, what is more as far as something is free."""
        window = self._window(start_s)
        bases = self.members.bases(window.setpoints)
        blind = start_s < self._blind_until_s
        until_s, budget = self._confirmed.budget(start_s, bases, blind=blind)
        if until_s <= self._now_s:
            return
        wanted = self._wanted(start_s, bases, budget, is_shared=not window.setpoints and not blind)
        used = window.leases.sum()
        free_w = [
            budget.withdrawal_max_w - used.withdrawal_max_w,
            budget.injection_max_w - used.injection_max_w,
        ]
        is_near = self._is_near(start_s, window)
        for member_id, target in wanted.items():
            if not is_near and member_id in self.members.units:
                continue
            held = window.leases.held(member_id)
            limits = PowerLimits(
                withdrawal_max_w=_step(target.withdrawal_max_w, held.withdrawal_max_w, free_w, 0),
                injection_max_w=_step(target.injection_max_w, held.injection_max_w, free_w, 1),
            )
            if self._is_due(window, member_id, limits, until_s, real_ms):
                yield member_id, self._lend(window, member_id, limits, (start_s, until_s), real_ms)

    def _is_due(
        self, window: Window, member_id: str, limits: PowerLimits, until_s: int, real_ms: int
    ) -> bool:
        newest = window.newest(member_id)
        if newest is None or newest.limits != limits or newest.until_s != until_s:
            return True
        if not window.leases.is_taken(member_id):
            return real_ms - window.sent_ms[member_id] >= self._rules.again_ms
        asks = member_id in self._asked
        return asks or self._now_s - window.sent_s[member_id] >= self._rules.renew_s

    def _lend(
        self,
        window: Window,
        member_id: str,
        limits: PowerLimits,
        span_s: tuple[int, int],
        real_ms: int,
    ) -> ToMember:
        self.sequence += 1
        self._asked.discard(member_id)
        lease = Lease(sequence=self.sequence, limits=limits, until_s=span_s[1])
        window.put(member_id, lease, self._now_s, real_ms)
        if member_id in self.members.units:
            return UnitLimit(
                unit_id=member_id,
                from_s=span_s[0],
                until_s=span_s[1],
                withdrawal_max_w=limits.withdrawal_max_w,
                injection_max_w=limits.injection_max_w,
                sequence=self.sequence,
                epoch=self.epoch,
            )
        return AreaLimits(
            area_id=member_id,
            from_s=span_s[0],
            until_s=span_s[1],
            import_max_w=limits.withdrawal_max_w,
            export_max_w=limits.injection_max_w,
            sequence=self.sequence,
            epoch=self.epoch,
        )

    def _wanted(
        self,
        start_s: int,
        bases: Mapping[str, PowerLimits],
        budget: PowerLimits,
        *,
        is_shared: bool,
    ) -> Mapping[str, PowerLimits]:
        """What each member should have: its base, and where nothing is scheduled a share of the rest."""
        caps = {name: self._confirmed.cap(name, base, start_s) for name, base in bases.items()}
        wanted = {name: narrowest(base, caps[name]) for name, base in bases.items()}
        is_shared &= self._confirmed.limits(max(start_s, self._now_s)) is not None
        if not is_shared:
            return wanted
        used = added(bases.values())
        names = list(wanted)
        taken_w = proportional(
            max(0, budget.withdrawal_max_w - used.withdrawal_max_w),
            [max(0, caps[n].withdrawal_max_w - wanted[n].withdrawal_max_w) for n in names],
        )
        given_w = proportional(
            max(0, budget.injection_max_w - used.injection_max_w),
            [max(0, caps[n].injection_max_w - wanted[n].injection_max_w) for n in names],
        )
        return {
            name: PowerLimits(
                withdrawal_max_w=wanted[name].withdrawal_max_w + taken,
                injection_max_w=wanted[name].injection_max_w + given,
            )
            for name, taken, given in zip(names, taken_w, given_w, strict=True)
        }

    def _schedules_of(self, window: Window, real_ms: int) -> Iterable[tuple[str, ToMember]]:
        """Set-points that fit what their unit has; the others wait until it is lent more.

        An area inside is told all of its units': it has them wait itself until they fit.
        """
        for unit_id, setpoint in window.setpoints.items():
            told_ms, holder = window.told_ms.get(unit_id), self.members.holder(unit_id)
            if unit_id in window.known or holder is None:
                continue
            if told_ms is not None and real_ms - told_ms < self._rules.again_ms:
                continue
            if holder == unit_id and not _admits(window.newest(unit_id), setpoint):
                continue
            window.told_ms[unit_id] = real_ms
            yield holder, setpoint


def _admits(lease: Lease | None, setpoint: Setpoint) -> bool:
    return lease is not None and all(
        -lease.limits.withdrawal_max_w <= power_w <= lease.limits.injection_max_w
        for power_w in powers_of(setpoint)
    )


def _step(target_w: int, held_w: int, free_w: list[int], side: int) -> int:
    """How far a lease may go: less at once, more only by what is free."""
    if target_w <= held_w:
        return target_w
    more_w = max(0, min(target_w - held_w, free_w[side]))
    free_w[side] -= more_w
    return held_w + more_w
