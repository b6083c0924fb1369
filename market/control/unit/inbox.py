"""What the unit has been told: every command is checked here before anything listens to it.

The one idea: a command is taken whole or refused with a code, and a refused one changes nothing but
the count of refusals. Remote parties can only narrow what the unit may do by itself.
"""

from collections import Counter, deque
from collections.abc import Callable
from typing import Final

from market.control.unit.allowed import Allowed
from market.control.unit.charge import Charge
from market.control.unit.contact import Contact
from market.control.unit.facts import Memory, Refused, Senders
from market.control.unit.grid_limits import GridLimits
from market.control.unit.profile import Profile
from market.control.unit.ramps import clipped, ramp_per_minute_w
from market.control.unit.setpoints import UnitControl
from market.model.participant import Unit
from market.model.power import ControlChannel, PowerLimits, Setpoint, UnitLimit
from market.model.rejection import Code, Rejection
from market.model.units import power_text

REFUSALS_KEPT: Final = 100
"""Refusals kept one by one: enough to see what somebody tries, and no more memory than that."""
_SUSPICIOUS: Final = frozenset({"sender", "epoch", "sequence", "counter"})
"""Fields whose fault says that the message is not from whom, or from when, it pretends to be."""
_NUMBERS: Final = {
    Setpoint: (
        *("start_s", "until_s", "target_w", "fallback_w", "sequence", "epoch"),
        *("wait_s", "before_w"),
    ),
    UnitLimit: (
        *("from_s", "until_s", "withdrawal_max_w", "injection_max_w"),
        *("sequence", "epoch"),
    ),
}


class Inbox:
    """Commands of one unit, by channel."""

    def __init__(
        self,
        unit: Unit,
        profile: Profile,
        senders: Senders,
        allowed: Allowed,
        charge: Charge | None,
        memory: Memory,
    ) -> None:
        self._unit = unit
        self._profile = profile
        self._own = allowed.own
        self._charge = charge
        self.schedule = UnitControl(unit, memory.setpoints)
        self.grid_limits = GridLimits(unit.unit_id, allowed.nameplate, memory.limits)
        self.market = self._contact(senders.market, memory.market_mark)
        self.grid = self._contact(
            senders.grid, memory.grid_mark, is_distrusted=memory.grid_distrusted
        )
        self.has_grid = bool(senders.grid)
        self.refused: Counter[Code] = Counter()
        self.refusals: deque[Refused] = deque(maxlen=REFUSALS_KEPT)

    def _contact(
        self,
        senders: frozenset[str],
        mark: tuple[int, int] | None,
        *,
        is_distrusted: bool = False,
    ) -> Contact:
        return Contact(
            senders,
            burst_count=self._profile.burst_count,
            burst_window_s=self._profile.burst_window_s,
            mark=mark,
            is_distrusted=is_distrusted,
        )

    # --- what is said ---------------------------------------------------------------------

    def heartbeat(
        self,
        channel: ControlChannel,
        sender: str,
        now_s: int | None,
        real_ms: int,
        *,
        epoch: int | None,
        counter: int | None,
    ) -> Rejection | None:
        """A sign of life."""
        refusal = self._of(channel).beat(sender, real_ms, epoch, counter)
        return self._noted(refusal, channel, sender, "heartbeat", now_s, real_ms)

    def accept(
        self,
        setpoint: Setpoint,
        sender: str,
        now_s: int | None,
        real_ms: int,
        standing: Callable[[], Rejection | None],
    ) -> Rejection | None:
        """Take a set-point, or say why not. The same one again is harmless, and no sign of life.

        Args:
            setpoint: what is asked.
            sender: who asks, as the transport has proved it.
            now_s: market time; None: not known, and no window can be judged.
            real_ms: real time.
            standing: why the unit takes none at all now.
        """
        refusal = self._malformed(setpoint) or self.market.refusal(sender, setpoint.epoch)
        if refusal is None and self.schedule.has(setpoint):
            return None
        if refusal is None:
            refusal = self._setpoint_refusal(setpoint, now_s) or standing()
        if refusal is None and now_s is not None:
            refusal = self._above_grid_limit(setpoint, now_s)
        if refusal is None and now_s is not None:
            self.schedule.accept(setpoint, now_s)
            self.market.take(real_ms, setpoint.epoch, setpoint.sequence)
        return self._noted(refusal, ControlChannel.MARKET, sender, "setpoint", now_s, real_ms)

    def limit(
        self, limit: UnitLimit, sender: str, now_s: int | None, real_ms: int
    ) -> Rejection | None:
        """Take a limit of the grid channel, or say why not. The same one again is harmless."""
        refusal = self._malformed(limit) or self.grid.refusal(sender, limit.epoch)
        if refusal is None and limit in self.grid_limits.kept:
            return None
        if refusal is None:
            refusal = (
                _TIMELESS
                if now_s is None
                else self.grid_limits.refusal(limit, now_s, self.grid.mark)
            )
        if refusal is None and now_s is not None:
            self.grid_limits.take(limit, now_s)
            self.grid.take(real_ms, limit.epoch, limit.sequence)
        return self._noted(refusal, ControlChannel.GRID, sender, "limit", now_s, real_ms)

    def suspect(self, channel: ControlChannel, real_ms: int) -> None:
        """A message that the transport did not believe, or that cannot be what it says."""
        contact = self._of(channel)
        if contact.suspect(real_ms) and channel is ControlChannel.GRID:
            contact.is_distrusted = True

    def silence(self) -> None:
        """Nothing heard so far counts any more."""
        self.market.silence()
        self.grid.silence()

    def note(
        self, refusal: Rejection | None, sender: str, what: str, now_s: int | None
    ) -> Rejection | None:
        """Count and keep a refusal."""
        if refusal is not None:
            self.refused[refusal.code] += 1
            self.refusals.append(
                Refused(
                    market_s=now_s,
                    sender=sender,
                    what=what,
                    code=refusal.code,
                    pointer=refusal.pointer,
                )
            )
        return refusal

    # --- what follows from it ---------------------------------------------------------------

    def is_market_alive(self, real_ms: int) -> bool:
        """True when set-points still have somebody behind them."""
        return self.market.is_alive(real_ms, self._profile.stale_s)

    def has_no_limit(self, now_s: int) -> bool:
        """True when the grid channel has said nothing about now: its last limit has run out."""
        return self.has_grid and self.grid_limits.holding(now_s) is None

    def grid_lost(self, now_s: int, real_ms: int) -> str:
        """Why the fail-safe limits hold: burst, heartbeat or limit; empty: they do not."""
        if not self.has_grid:
            return ""
        if self.grid.is_distrusted:
            return "burst"
        if not self.grid.is_alive(real_ms, self._profile.failsafe_s):
            return "heartbeat"
        return "limit" if self.has_no_limit(now_s) else ""

    def is_grid_back(self, now_s: int, real_ms: int, mark: tuple[int, int]) -> bool:
        """True when a limit newer than the mark holds and its sender is alive."""
        limit = self.grid_limits.holding(now_s)
        if limit is None or self.grid_lost(now_s, real_ms):
            return False
        if self._profile.recovery_needs_epoch:
            return limit.epoch > mark[0]
        return (limit.epoch, limit.sequence) > mark

    # --- checks ---------------------------------------------------------------------------

    def _setpoint_refusal(self, setpoint: Setpoint, now_s: int | None) -> Rejection | None:
        if now_s is None:
            return _TIMELESS
        if refusal := self.schedule.refusal(setpoint, now_s):
            return refusal
        mark = self.market.mark
        if mark is not None and (setpoint.epoch, setpoint.sequence) <= mark:
            return Rejection(
                code=Code.PHASE_CONFLICT, pointer="sequence", parameters={"newest": str(mark[1])}
            )
        if beyond := _beyond(setpoint, self._own, Code.EXCEEDS_CAPABILITY):
            return beyond
        before_w = (
            setpoint.before_w
            if setpoint.wait_s
            else self.schedule.target_w(max(now_s, setpoint.start_s - 1))
        )
        moving_s = setpoint.until_s - setpoint.start_s - setpoint.wait_s
        reach_w = ramp_per_minute_w(self._unit, self._profile.ramp_ppm_per_min, moving_s)
        if abs(setpoint.target_w - before_w) > reach_w:
            return Rejection(
                code=Code.EXCEEDS_CAPABILITY,
                pointer="target_w",
                parameters={"ramp_kw": power_text(reach_w)},
            )
        if self._charge is not None and not self._charge.can(setpoint, self.schedule, now_s):
            return Rejection(code=Code.EXCEEDS_STORED_ENERGY, pointer="target_w")
        return None

    def _above_grid_limit(self, setpoint: Setpoint, now_s: int) -> Rejection | None:
        limits = self.grid_limits.foreseen(max(now_s, setpoint.start_s))
        return _beyond(setpoint, limits, Code.GRID_LIMIT)

    def _malformed(self, command: Setpoint | UnitLimit) -> Rejection | None:
        for name in _NUMBERS[type(command)]:
            # What came over a wire may be text, a fraction or true: none of them is an amount.
            if type(getattr(command, name)) is not int:
                return Rejection(code=Code.FIELD_FORMAT, pointer=name)
        return None

    def _noted(
        self,
        refusal: Rejection | None,
        channel: ControlChannel,
        sender: str,
        what: str,
        now_s: int | None,
        real_ms: int,
    ) -> Rejection | None:
        if refusal is not None and refusal.pointer in _SUSPICIOUS:
            self.suspect(channel, real_ms)
        return self.note(refusal, sender, what, now_s)

    def _of(self, channel: ControlChannel) -> Contact:
        return self.market if channel is ControlChannel.MARKET else self.grid


_TIMELESS: Final = Rejection(code=Code.SYSTEM_UNAVAILABLE, pointer="clock")


def _beyond(setpoint: Setpoint, limits: PowerLimits, code: Code) -> Rejection | None:
    for pointer, power_w in (
        ("target_w", setpoint.target_w),
        ("fallback_w", setpoint.fallback_w),
        ("before_w", setpoint.before_w),
    ):
        nearest_w = clipped(power_w, limits)
        if power_w != nearest_w:
            return Rejection(
                code=code, pointer=pointer, parameters={"nearest_kw": power_text(nearest_w)}
            )
    return None
