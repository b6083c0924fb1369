"""The machine of a unit: in which state it is, and what the device may do in it.

The one idea: authority goes downward and each level only narrows what is left by the one above:
the device's own protection, the grid operator's limit, the local safety limits, the operator's
stop, the market's schedule, the owner's wish. Time, chance and readings are handed in.

house: long because what a state means is told in one piece; what it is told with has files of its own.
"""

from collections import Counter, deque
from typing import Final

from market.control.unit.allowed import NOTHING, Allowed
from market.control.unit.charge import Charge
from market.control.unit.facts import (
    Chance,
    Change,
    LocalSettings,
    Memory,
    Moment,
    Output,
    Readiness,
    Refused,
    Senders,
    UnitAct,
)
from market.control.unit.following import Following
from market.control.unit.inbox import Inbox
from market.control.unit.motion import Motion
from market.control.unit.people import People
from market.control.unit.profile import Profile
from market.control.unit.protection import Protection
from market.control.unit.ramps import clipped, narrowed
from market.control.unit.telling import Telling
from market.control.unit.timekeeper import Timekeeper
from market.control.unit.transitions import TRANSITIONS, Cause, after
from market.control.unit.watch import Watch
from market.model.alarm import AlarmKind
from market.model.participant import Unit
from market.model.power import (
    ControlChannel,
    GridReading,
    PowerLimits,
    Setpoint,
    UnitLimit,
    UnitState,
)
from market.model.rejection import Code, Rejection

_OFF: Final = frozenset({UnitState.TRIPPED, UnitState.LOCKED, UnitState.STOPPED})
_BEFORE_SERVICE: Final = frozenset({UnitState.INIT, UnitState.CONNECTING})
_RETURNING: Final = frozenset({UnitState.CONNECTING, UnitState.RECOVERY})
_SERVING: Final = frozenset({UnitState.NORMAL, UnitState.STALE, UnitState.FAILSAFE})
_UNTOUCHED: Final = (-1, -1)
"""Before any command."""


class UnitMachine:
    """The controller of one unit, at the device's side.

    Call `step` once a second with what the terminals say; hand in commands as they come. A simulated
    device may step once per interval, if its local settings admit readings so far apart.
    """

    def __init__(
        self,
        unit: Unit,
        profile: Profile,
        chance: Chance,
        now: Moment,
        *,
        senders: Senders,
        local: LocalSettings | None = None,
        memory: Memory | None = None,
    ) -> None:
        local, memory = local or LocalSettings(), memory or Memory()
        self.unit = unit
        self.profile = profile
        self._chance = chance
        self._injects = unit.injection_max_w > 0
        self._is_essential = not unit.controllable and not self._injects
        """A load that nobody steers: it is watched, never cut."""
        storage = unit.storage
        self._charge = None if storage is None else Charge(storage, profile, local.reserve_wh)
        self._allowed = Allowed(unit, profile, local, self._charge)
        self._inbox = Inbox(unit, profile, senders, self._allowed, self._charge, memory)
        self._watch = Watch(
            profile, gap_max_s=local.reading_gap_max_s, has_to_measure=self._injects
        )
        self._following = Following(unit, profile)
        self._motion = Motion(unit, profile, now.real_ms, gap_max_s=local.reading_gap_max_s)
        self._people = People(
            senders,
            local,
            is_essential=self._is_essential,
            locked=memory.locked,
            stopped=memory.stopped,
            emergency=memory.emergency,
            permitted=memory.permitted,
        )
        self._time = Timekeeper(memory.market_s, now)
        if memory.locked:
            self.state = UnitState.LOCKED
        else:
            self.state = UnitState.STOPPED if memory.stopped else UnitState.INIT
        self._entered_s = 0
        """When the state was entered."""
        self._spread_s = 0
        self._is_serving = False
        """While returning: the wait is over and the ramp has begun."""
        self._failsafe_mark = memory.failsafe_mark
        """Only a newer limit of the grid channel ends fail-safe, whatever else happens; None: it is not."""
        self._protection = Protection(profile)
        self._wish_w = 0
        self._telling = Telling()
        self._limits = self._limits_now(None)

    # --- what others say --------------------------------------------------------------------

    def ready(self, readiness: Readiness, now: Moment) -> None:
        """The device's own checks. Settings that change once it is in service are tampering."""
        self._protection.readiness = readiness
        self._people.is_local = readiness.local_control
        if not self._protection.has_sound_settings() and self._leads_to_init():
            self.tampered("settings", now)

    def heartbeat(
        self,
        channel: ControlChannel,
        sender: str,
        now: Moment,
        *,
        epoch: int | None = None,
        counter: int | None = None,
    ) -> Rejection | None:
        """A sign of life on a channel.

        Returns:
            None when it counts, else FIELD_FORMAT for what is no number, NOT_PERMITTED for a sender
            that may not speak there, or PHASE_CONFLICT for an old epoch or a counter that stands still.
        """
        now_s = self._time.believed_s(now)
        return self._inbox.heartbeat(
            channel, sender, now_s, now.real_ms, epoch=epoch, counter=counter
        )

    def accept(self, setpoint: Setpoint, sender: str, now: Moment) -> Rejection | None:
        """Take a set-point of the market, or say why not; a refused one changes nothing."""
        now_s = self._time.believed_s(now)
        return self._inbox.accept(setpoint, sender, now_s, now.real_ms, self._takes_none)

    def limit(self, limit: UnitLimit, sender: str, now: Moment) -> Rejection | None:
        """Take a limit of the grid channel, or say why not; what holds now, holds at once."""
        now_s = self._time.believed_s(now)
        rejection = self._inbox.limit(limit, sender, now_s, now.real_ms)
        if rejection is None:
            self._limits = self._limits_now(now_s)
        return rejection

    def suspect(self, channel: ControlChannel, why: str, now: Moment) -> None:
        """The transport did not believe a message: its signature or its time is wrong."""
        self._inbox.suspect(channel, now.real_ms)
        self._telling.lasting(AlarmKind.DEVICE_FAULT, f"message: {why}", is_so=True)

    def hardware_tripped(self, why: str) -> None:
        """The device's own protection has opened; the next step follows it."""
        self._protection.hardware = why

    def tampered(self, why: str, now: Moment) -> None:
        """Somebody has touched what nobody should: locked at once."""
        self._telling.alarm(AlarmKind.TAMPERED, why=why)
        self._lock(f"tampered: {why}", now)

    def wish(self, power_w: int) -> None:
        """Own use: what the owner wants where no schedule says otherwise, W, injection positive."""
        self._wish_w = power_w

    def act(
        self,
        act: UnitAct,
        who: str,
        now: Moment,
        *,
        second: str | None = None,
        on_site: bool = False,
    ) -> Rejection | None:
        """What people do to the unit.

        Args:
            act: what.
            who: who does it, as the transport has proved it.
            now: when.
            second: the other person, where two are needed.
            on_site: somebody stands at the device.

        Returns:
            None when it was done, else NOT_PERMITTED; SECOND_PERSON_REQUIRED; PHASE_CONFLICT when the
            state does not admit it; NOT_OPEN before a minimum time on or off the grid is over.
        """
        now_s = self._time.believed_s(now)
        rejection = self._people.refusal(act, who, second, self.state, now_s, on_site=on_site)
        if rejection is None:
            self._do(act, who, now)
            self._limits = self._limits_now(now_s)
        return self._inbox.note(rejection, who, act.value, now_s)

    # --- what comes out -----------------------------------------------------------------------

    def step(self, reading: GridReading, now: Moment) -> Output:
        """What the device is to do until the next step."""
        now_s = self._time.believed_s(now)
        self._see(reading, now_s)
        for _ in UnitState:
            cause = self._cause(now_s, now.real_ms)
            if cause is None or not self._change(cause, now_s, now.real_ms):
                break
            if cause is Cause.TRIP:
                # Whoever looks at the states has to see it, however quiet the grid is.
                break
        self._time.was_set_back = False
        self._limits = self._limits_now(now_s)
        is_frozen = self._is_on() and self._watch.is_disturbed and not self._is_essential
        self._aim(reading, now_s, now.real_ms, is_frozen=is_frozen)
        changes, alarms = self._telling.taken()
        return Output(
            state=self.state,
            target_w=self._motion.target_w,
            connected=self._is_on(),
            frozen=is_frozen,
            limits=self._limits,
            changes=changes,
            alarms=alarms,
        )

    def limits(self) -> PowerLimits:
        """What the unit may do at most, as of the last step, limit or act."""
        return self._limits

    def memory(self) -> Memory:
        """What the device has to keep over a loss of power."""
        people = self._people
        return Memory(
            market_s=self._time.now_s,
            market_mark=self._inbox.market.remembered,
            grid_mark=self._inbox.grid.remembered,
            grid_distrusted=self._inbox.grid.is_distrusted,
            failsafe_mark=self._failsafe_mark,
            setpoints=self._inbox.schedule.kept,
            limits=self._inbox.grid_limits.kept,
            locked=people.locked,
            stopped=people.stopped,
            emergency=people.emergency,
            permitted=people.permitted,
        )

    @property
    def refused(self) -> Counter[Code]:
        """Refused commands, counted by code."""
        return self._inbox.refused

    @property
    def refusals(self) -> deque[Refused]:
        """The last refused commands, one by one."""
        return self._inbox.refusals

    # --- seeing -------------------------------------------------------------------------------

    def _see(self, reading: GridReading, now_s: int | None) -> None:
        if now_s is None or self._time.was_set_back:
            # Nothing was watched across a time that cannot be believed.
            self._watch.forget()
            self._following.forget()
        if self._time.was_set_back:
            self._inbox.silence()
            self._people.set_back(now_s)
        if now_s is None:
            return
        was_disturbed = self._watch.is_disturbed
        if self.state is UnitState.RECOVERY and self._watch.is_blind(now_s):
            # Nobody knows how long it really was: the wait begins anew.
            self._entered_s = now_s
        self._watch.see(reading, now_s)
        if self._charge is not None:
            holding = self._inbox.schedule.holding(now_s)
            for_market = holding is not None and self.state is not UnitState.FAILSAFE
            self._charge.see(reading.state_of_charge_wh, for_market=for_market)
        if not self._is_on() or was_disturbed or not self.unit.controllable:
            self._following.forget()
        else:
            self._following.see(reading, self._motion.target_w, self._limits, now_s)
        self._tell_what_is_seen()

    def _tell_what_is_seen(self) -> None:
        is_on = self._is_on()
        self._telling.lasting(
            AlarmKind.POWER_QUALITY, "disturbed", is_so=is_on and self._watch.is_disturbed
        )
        self._telling.lasting(
            AlarmKind.POWER_QUALITY, "reactive", is_so=self._following.is_reactive
        )
        self._telling.lasting(AlarmKind.DEVICE_FAULT, "follow", is_so=self._following.has_error)
        self._telling.lasting(AlarmKind.LIMIT_EXCEEDED, "power", is_so=self._following.is_beyond)
        is_dark = self._charge is not None and self._charge.stored_wh is None
        self._telling.lasting(AlarmKind.DEVICE_FAULT, "charge unknown", is_so=is_dark)

    # --- states -------------------------------------------------------------------------------

    def _cause(self, now_s: int | None, real_ms: int) -> Cause | None:
        """What changes the state now, the most urgent first."""
        if self._has_tripped(now_s):
            return Cause.TRIP
        doubt = self._doubt(now_s)
        if doubt or now_s is None:
            if self._leads_to_init():
                self._telling.alarm(AlarmKind.DEVICE_FAULT, fault=doubt)
            return Cause.DOUBT
        if self.state in _RETURNING:
            return self._cause_returning(now_s, real_ms)
        if self.state in _SERVING:
            return self._cause_serving(now_s, real_ms)
        if self.state is UnitState.TRIPPED and self._watch.quiet_since_s is None:
            return None
        # Leads on from INIT and TRIPPED only.
        return Cause.READY

    def _cause_serving(self, now_s: int, real_ms: int) -> Cause | None:
        """What the two channels say."""
        if self.state is UnitState.FAILSAFE:
            return None if self._waits_for_limit(now_s, real_ms) else Cause.GRID_BACK
        if self._inbox.grid_lost(now_s, real_ms):
            return Cause.GRID_LOST
        return self._cause_of_market(real_ms)

    def _cause_returning(self, now_s: int, real_ms: int) -> Cause | None:
        """First the wait, then the ramp, then the state that the two channels say."""
        if not self._is_serving:
            due_s = self._due_s()
            if due_s is not None and now_s >= due_s:
                was_on = self._is_on()
                self._is_serving = True
                self._motion.start_ramp(due_s, real_ms)
                self._note_service(was_on=was_on, now_s=now_s)
        is_new = self.state is UnitState.CONNECTING and not self._is_serving
        if not is_new and (
            self._inbox.grid_lost(now_s, real_ms) or self._waits_for_limit(now_s, real_ms)
        ):
            return Cause.GRID_LOST
        if not self._is_serving or self._motion.is_slow:
            return None
        return self._cause_of_market(real_ms)

    def _waits_for_limit(self, now_s: int, real_ms: int) -> bool:
        """True while no limit holds that is newer than the fail-safe state, however that was left."""
        mark = self._failsafe_mark
        if mark is None or not self._inbox.has_grid:
            return False
        if self._inbox.is_grid_back(now_s, real_ms, mark):
            self._failsafe_mark = None
        return self._failsafe_mark is not None

    def _cause_of_market(self, real_ms: int) -> Cause:
        alive = self._inbox.is_market_alive(real_ms)
        return Cause.IN_TOUCH if alive else Cause.MARKET_LOST

    def _due_s(self) -> int | None:
        """When the wait of a returning unit is over; None: it has not begun."""
        if self.state is UnitState.RECOVERY:
            return self._entered_s + self.profile.dwell_s + self._spread_s
        quiet_s = self._watch.quiet_since_s
        if quiet_s is None:
            return None
        if not self._injects:
            # A load has no enter-service window, but many of them must not come on at once.
            return self._entered_s + self._spread_s
        due_s = max(quiet_s, self._entered_s) + self.profile.enter_delay_s + self._spread_s
        return max(due_s, self._people.earliest_start_s() or due_s)

    def _has_tripped(self, now_s: int | None) -> bool:
        """Whether a protection acts: the device's own, or one that was watched here."""
        if self.state in _OFF:
            self._protection.opened_again(self._watch)
            return False
        if not (self._is_on() or self._protection.hardware):
            return False
        if self._is_essential:
            return False
        why = self._protection.trip(self._watch, self._following, now_s, injects=self._injects)
        if why:
            self._telling.alarm(AlarmKind.TRIPPED, why=why)
        return bool(why)

    def _doubt(self, now_s: int | None) -> str:
        """Why the unit must not be in service; empty: it may."""
        if now_s is None or self._time.was_set_back:
            return "clock"
        return self._protection.doubt(self._watch, now_s, permitted=self._people.permitted)

    def _leads_to_init(self) -> bool:
        """True where any doubt leads back to the beginning."""
        return Cause.DOUBT in TRANSITIONS[self.state]

    def _change(self, cause: Cause, now_s: int | None, real_ms: int) -> bool:
        """Go where the table says; True when the state is another one now."""
        before, was_on = self.state, self._is_on()
        self.state = after(before, cause)
        if self.state is before:
            return False
        self._telling.change(Change(before=before, after=self.state, cause=cause, market_s=now_s))
        self._entered_s = now_s or 0
        if self.state in _RETURNING:
            is_new = self.state is UnitState.CONNECTING
            longest_s = self.profile.enter_spread_s if is_new else self.profile.recovery_spread_s
            self._spread_s = self._chance(longest_s + 1)
        self._is_serving = False
        if self.state is UnitState.FAILSAFE:
            why = self._inbox.grid_lost(now_s or 0, real_ms) or "limit"
            self._failsafe_mark = self._inbox.grid.mark or _UNTOUCHED
            self._telling.alarm(AlarmKind.FAIL_SAFE, why=why)
        elif self.state is UnitState.STALE:
            self._telling.alarm(AlarmKind.CONTACT_LOST, channel=ControlChannel.MARKET.value)
        elif before is UnitState.STALE:
            self._motion.is_slow = True
        self._note_service(was_on=was_on, now_s=now_s)
        if cause is Cause.TRIP and self._protection.has_repeated_faults(now_s):
            self._people.locked = "repeated faults"
            self._telling.alarm(AlarmKind.LOCKED, why=self._people.locked)
            return self._change(Cause.LOCK, now_s, real_ms)
        return True

    def _note_service(self, *, was_on: bool, now_s: int | None) -> None:
        """Remember since when the unit is on the grid, or off."""
        is_on = self._is_on()
        if is_on and not was_on:
            self._people.up_since_s = now_s
        elif was_on and not is_on:
            self._people.up_since_s, self._people.down_since_s = None, now_s

    def _is_on(self) -> bool:
        """True when the unit may be connected."""
        if self._is_essential:
            return True
        if self.state in _OFF:
            return False
        if self.state not in _BEFORE_SERVICE:
            return True
        return self._is_serving or (not self._injects and self._people.permitted)

    # --- people -------------------------------------------------------------------------------

    def _takes_none(self) -> Rejection | None:
        """Why the unit takes no set-point at all now."""
        if self.state in {UnitState.LOCKED, UnitState.STOPPED}:
            return Rejection(code=Code.UNIT_OUT_OF_SERVICE, pointer="unit_id")
        if self._people.is_local:
            return Rejection(code=Code.NOT_PERMITTED, pointer="local_control")
        return None

    def _do(self, act: UnitAct, who: str, now: Moment) -> None:
        people = self._people
        match act:
            case UnitAct.START:
                people.stopped = False
                self._change(Cause.START, self._time.now_s, now.real_ms)
            case UnitAct.STOP | UnitAct.EMERGENCY_STOP:
                people.stopped = True
                people.emergency |= act is UnitAct.EMERGENCY_STOP
                self._change(Cause.STOP, self._time.now_s, now.real_ms)
            case UnitAct.LOCK:
                self._lock(f"local stop by {who}", now)
            case UnitAct.RELEASE:
                people.locked, people.emergency = "", False
                self._protection.forgive()
                self._change(Cause.RELEASE, self._time.now_s, now.real_ms)
                if people.stopped:
                    # What was stopped before or while it was locked still has to be started.
                    self._change(Cause.STOP, self._time.now_s, now.real_ms)
            case UnitAct.FORBID:
                people.permitted = False
                self._change(Cause.DOUBT, self._time.now_s, now.real_ms)
            case UnitAct.PERMIT:
                people.permitted = True
        if not self._is_on():
            self._motion.rest(self._time.now_s, now.real_ms)

    def _lock(self, why: str, now: Moment) -> None:
        if self._is_essential:
            return
        self._people.locked = self._people.locked or why
        if self._change(Cause.LOCK, self._time.now_s, now.real_ms):
            self._telling.alarm(AlarmKind.LOCKED, why=why)
        self._motion.rest(self._time.now_s, now.real_ms)
        self._limits = self._limits_now(None)

    # --- powers -------------------------------------------------------------------------------

    def _limits_now(self, now_s: int | None) -> PowerLimits:
        """What the unit may do at most; without a time the fail-safe limits are the widest."""
        allowed = self._allowed
        if self._is_essential:
            return allowed.nameplate
        if not self._is_on():
            return NOTHING
        if now_s is None:
            return allowed.by_charge(allowed.failsafe)
        hard = allowed.by_grid(self._inbox.grid_limits, now_s)
        is_failsafe = self._holds_failsafe() or self._inbox.has_no_limit(now_s)
        return narrowed(hard, allowed.failsafe) if is_failsafe else hard

    def _holds_failsafe(self) -> bool:
        return self.state in {UnitState.INIT, UnitState.FAILSAFE} or (
            self.state in _RETURNING and not self._is_serving
        )

    def _aim(
        self, reading: GridReading, now_s: int | None, real_ms: int, *, is_frozen: bool
    ) -> None:
        if not self._is_on():
            self._motion.rest(now_s, real_ms)
        elif is_frozen:
            self._motion.follow_device(reading.power_w, self._limits, now_s, real_ms)
        else:
            hard = self._limits
            if now_s is not None and self.state is UnitState.FAILSAFE and not self._is_essential:
                hard = self._allowed.by_grid(self._inbox.grid_limits, now_s)
            wanted_w = clipped(self._wanted_w(now_s, real_ms), self._limits)
            self._motion.move(wanted_w, hard, self._limits, now_s, real_ms)

    def _wanted_w(self, now_s: int | None, real_ms: int) -> int:
        """The schedule while there is one; where nobody is behind it any more, own use."""
        schedule = self._inbox.schedule
        if now_s is None or not schedule.kept:
            return self._wish_w
        if self._inbox.is_market_alive(real_ms):
            return schedule.target_w(now_s)
        holding = schedule.holding(now_s)
        return self._wish_w if holding is None else holding.power_w(now_s)
