"""Whatever happens to a unit, in whatever order: the laws that always hold."""

from dataclasses import replace

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from market.control.unit import TRANSITIONS, LocalSettings, Output, Readiness, UnitAct
from market.control.unit.facts import CLOCK_BACK_MAX_S
from market.model.power import ControlChannel, GridReading
from tests.market.control.unit.stand import BATTERY, GRID, PROFILE, WELL, Stand

powers = st.integers(-12_000, 12_000)


class Life(RuleBasedStateMachine):
    """A battery, second by second, with everything that may come."""

    def __init__(self) -> None:
        super().__init__()
        self.stand = Stand(BATTERY, seed=5, local=LocalSettings(min_down_s=30))
        self.taken_w: set[int] = set()
        self.grid_heard_ms: int | None = None
        self.limits: list[tuple[int, int, int]] = []
        self.last: Output | None = None
        self.believed_s = 0

    @rule(
        seconds=st.sampled_from([1, 1, 5, 20, 130, 400]), grid=st.booleans(), market=st.booleans()
    )
    def time_passes(self, seconds: int, *, grid: bool, market: bool) -> None:
        for second in range(seconds):
            if second % 5 == 0:
                self.stand.beat(grid=grid, market=market)
                if grid:
                    self.grid_heard_ms = self.stand.real_ms
            self.look(self.stand.step())
            self.stand.market_s += 1
            self.stand.real_ms += 1_000

    @initialize(target_w=st.integers(-5_000, 5_000))
    def begin_well(self, target_w: int) -> None:
        self.a_good_quarter(target_w)

    @rule(target_w=st.integers(-5_000, 5_000))
    def another_good_quarter(self, target_w: int) -> None:
        self.a_good_quarter(target_w)

    def a_good_quarter(self, target_w: int) -> None:
        """Everybody does what leads back to service, so that other rules do not only find ruins."""
        for act in (UnitAct.RELEASE, UnitAct.PERMIT, UnitAct.START):
            self.stand.machine.act(act, GRID, self.stand.now, on_site=True)
        self.grid_is_well()
        self.time_passes(40, grid=True, market=True)
        for _ in range(2):
            self.grid_limits(10_000, 0, 900)
            self.market_schedules(target_w, 900)
            self.time_passes(430, grid=True, market=True)

    @rule(most_w=st.integers(0, 12_000), ahead_s=st.integers(0, 60), seconds=st.integers(1, 2_000))
    def grid_limits(self, most_w: int, ahead_s: int, seconds: int) -> None:
        from_s = self.stand.market_s + ahead_s
        window = {"from_s": from_s, "until_s": from_s + seconds}
        if self.stand.limit(most_w, **window) is None:
            self.limits.append((from_s, from_s + seconds, min(most_w, 10_000)))
            self.grid_heard_ms = self.stand.real_ms

    @rule(target_w=powers, seconds=st.integers(-5, 4_000))
    def market_schedules(self, target_w: int, seconds: int) -> None:
        if self.stand.target(target_w, seconds=seconds) is None:
            self.taken_w.add(target_w)
            assert abs(target_w) <= 10_000

    @rule(wish_w=powers)
    def owner_wishes(self, wish_w: int) -> None:
        self.stand.machine.wish(wish_w)

    @rule(voltage=st.integers(400_000, 1_400_000), frequency=st.integers(47_000, 52_000))
    def grid_is_disturbed(self, voltage: int, frequency: int) -> None:
        self.stand.reading = replace(
            self.stand.reading, voltage_ppm=voltage, frequency_mhz=frequency
        )

    @rule(stored=st.one_of(st.none(), st.integers(0, 10_000)))
    def charge_is(self, stored: int | None) -> None:
        self.stand.reading = replace(self.stand.reading, state_of_charge_wh=stored)

    @rule()
    def grid_is_well(self) -> None:
        self.stand.reading = replace(WELL, state_of_charge_wh=5_000)

    @rule()
    def meter_is_dead(self) -> None:
        self.stand.reading = GridReading(voltage_ppm=None, frequency_mhz=None)

    @rule(act=st.sampled_from(UnitAct), on_site=st.booleans())
    def people_act(self, act: UnitAct, *, on_site: bool) -> None:
        self.stand.machine.act(act, "eve", self.stand.now, second="fay", on_site=on_site)

    @rule(count=st.integers(1, 6))
    def bad_messages_come(self, count: int) -> None:
        for _ in range(count):
            self.stand.machine.suspect(ControlChannel.GRID, "signature", self.stand.now)

    @rule()
    def a_newer_writer_leads(self) -> None:
        self.stand.epoch += 1

    @rule()
    def protection_opens(self) -> None:
        self.stand.machine.hardware_tripped("overcurrent")

    @rule(back_s=st.integers(1, 50))
    def clock_is_set_back(self, back_s: int) -> None:
        self.stand.market_s -= back_s

    @rule()
    def settings_are_read_back(self) -> None:
        self.stand.machine.ready(Readiness(settings_hash=PROFILE.hash), self.stand.now)

    @rule()
    def power_is_lost(self) -> None:
        old = self.stand
        memory = old.machine.memory()
        self.stand = Stand(BATTERY, seed=6, memory=memory)
        self.stand.market_s, self.stand.real_ms = old.market_s + 1, old.real_ms + 1_000
        self.stand.epoch, self.stand.sequence = old.epoch, old.sequence
        self.last, self.grid_heard_ms = None, None

    # --- laws ---------------------------------------------------------------------------------

    def look(self, output: Output) -> None:
        """What holds for every second."""
        limits, stand = output.limits, self.stand
        if not 0 < self.believed_s - stand.market_s <= CLOCK_BACK_MAX_S:
            self.believed_s = stand.market_s
        now_s = self.believed_s
        event(output.state.value)
        assert limits.withdrawal_max_w <= 10_000
        assert limits.injection_max_w <= 10_000
        if not output.connected:
            assert output.target_w == 0
        if output.state in {"init", "tripped", "locked", "stopped"}:
            assert not output.connected
        if output.state in {"normal", "stale", "failsafe", "recovery"}:
            assert output.connected
        before = self.last
        if before is not None and output.connected and not output.frozen and not before.frozen:
            inside = -limits.withdrawal_max_w <= output.target_w <= limits.injection_max_w
            # Outside only on the quick way to the fail-safe limits.
            assert inside or (
                output.state == "failsafe" and abs(output.target_w) < abs(before.target_w)
            )
        if output.state in {"normal", "stale"} and not output.frozen:
            # In service the newest limit that holds is kept, to the watt.
            holding = [
                most_w for from_s, until_s, most_w in self.limits if from_s <= now_s < until_s
            ]
            assert holding
            assert abs(output.target_w) <= holding[-1]
            assert self.grid_heard_ms is not None
            assert stand.real_ms - self.grid_heard_ms <= 120_000
        for change in output.changes:
            assert TRANSITIONS[change.before][change.cause] is change.after
        if before is not None and output.connected and not before.connected:
            # There is one way onto the grid.
            assert "connecting" in {output.state, *(change.before for change in output.changes)}
        self.last = output

    @invariant()
    def what_it_may_do_is_never_more_than_it_can(self) -> None:
        limits = self.stand.machine.limits()
        assert 0 <= limits.withdrawal_max_w <= 10_000
        assert 0 <= limits.injection_max_w <= 10_000

    @invariant()
    def off_is_off(self) -> None:
        if self.stand.state in {"tripped", "locked", "stopped"}:
            limits = self.stand.machine.limits()
            assert (limits.withdrawal_max_w, limits.injection_max_w) == (0, 0)


Life.TestCase.settings = settings(stateful_step_count=30)
TestLife = Life.TestCase
