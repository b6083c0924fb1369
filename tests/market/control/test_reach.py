"""One area's level: what it takes, passes down, lends and does alone."""

from dataclasses import replace

import pytest

from market.control.lending import Member
from market.control.reach import AreaReach, Output, ReachMemory
from market.control.unit import Moment
from market.model.participant import Unit, UnitKind
from market.model.power import PowerLimits, Setpoint, UnitLimit
from market.model.reach import (
    AreaLimits,
    AreaReport,
    GridBeat,
    MarketBeat,
    ReportTaken,
    Standing,
)
from market.model.rejection import Code
from tests.builders import unit

START_S = 1_700_000_100
PUMPS = ("p1", "p2")
FAILSAFE = PowerLimits(withdrawal_max_w=1_000, injection_max_w=0)


def pump(unit_id: str) -> Unit:
    what = unit(unit_id, "ann", UnitKind.HEAT_PUMP, withdrawal_max_w=10_000)
    return replace(what, controllable=True)


class Bench:
    """An area's level with two heat pumps; words are lost when nobody passes them on."""

    def __init__(self, memory: ReachMemory | None = None) -> None:
        self.at_s = START_S
        self.members = [Member(unit=pump(name), failsafe=FAILSAFE) for name in PUMPS]
        self.reach = AreaReach("RUR", self.members, self.now, memory=memory)
        self.held: dict[str, UnitLimit] = {}

    @property
    def now(self) -> Moment:
        return Moment(market_s=self.at_s, real_ms=(self.at_s - START_S) * 1_000)

    def wait(self, seconds: int, *, hears: bool = True, takes: tuple[str, ...] = PUMPS) -> Output:
        """Time goes on in steps of five seconds; the units named take what they are sent."""
        output = self.step(takes)
        for _ in range(seconds // 5):
            self.at_s += 5
            if hears:
                self.reach.beat(1, self.now)
            output = self.step(takes)
        return output

    def step(self, takes: tuple[str, ...] = PUMPS) -> Output:
        output = self.reach.step(self.now)
        for unit_id, word in output.down:
            if unit_id not in takes:
                continue
            if isinstance(word, UnitLimit):
                self.held[unit_id] = word
                self.reach.lease_taken(unit_id, word.epoch, word.sequence)
            elif isinstance(word, Setpoint):
                self.reach.setpoint_taken(unit_id, word.epoch, word.sequence)
        return output

    def join(self) -> None:
        self.reach.beat(1, self.now)
        report = next(word for word in self.step(()).up if isinstance(word, AreaReport))
        taken = ReportTaken(area_id="RUR", sequence=report.sequence, epoch=1)
        assert self.reach.taken_report(taken, self.now) is None
        assert self.reach.standing is Standing.JOINED

    def confirm(self, import_w: int, sequence: int, *, seconds: int = 7_200) -> None:
        limits = AreaLimits(
            area_id="RUR",
            from_s=self.at_s,
            until_s=self.at_s + seconds,
            import_max_w=import_w,
            export_max_w=0,
            sequence=sequence,
            epoch=1,
        )
        assert self.reach.confirm(limits, self.now) is None

    def setpoint(self, unit_id: str, target_w: int, start_s: int = START_S) -> Setpoint:
        return Setpoint(
            unit_id=unit_id,
            start_s=start_s,
            until_s=start_s + 900,
            target_w=target_w,
            fallback_w=0,
            sequence=1,
            epoch=1,
        )

    def withdrawals_w(self) -> dict[str, int]:
        return {name: limit.withdrawal_max_w for name, limit in self.held.items()}


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def joined(bench: Bench) -> Bench:
    bench.join()
    bench.confirm(8_000, 1)
    bench.step()
    return bench


def test_a_unit_that_has_to_wait_may_do_until_then_what_it_did_before(joined: Bench) -> None:
    waiting = replace(joined.setpoint("p1", 0), wait_s=60, before_w=-3_000)
    assert joined.reach.schedule(waiting, joined.now) is None
    joined.step()
    assert joined.held["p1"].withdrawal_max_w == 3_000


def test_before_anything_was_confirmed_units_have_their_fail_safe_limits(bench: Bench) -> None:
    bench.step()
    assert bench.reach.standing is Standing.INIT
    assert bench.withdrawals_w() == {"p1": 1_000, "p2": 1_000}


def test_what_was_confirmed_is_divided_by_room(joined: Bench) -> None:
    assert joined.withdrawals_w() == {"p1": 4_000, "p2": 4_000}


def test_units_hear_both_channels_and_alone_only_that_of_the_grid(joined: Bench) -> None:
    kinds = {type(word) for _, word in joined.wait(5).down}
    assert {MarketBeat, GridBeat} <= kinds
    kinds = {type(word) for _, word in joined.wait(30, hears=False).down}
    assert GridBeat in kinds
    assert MarketBeat not in kinds
    assert joined.reach.standing is Standing.ALONE


def test_alone_it_renews_what_was_confirmed_and_never_widens_it(joined: Bench) -> None:
    joined.wait(3_600, hears=False)
    assert joined.reach.standing is Standing.ALONE
    assert joined.withdrawals_w() == {"p1": 4_000, "p2": 4_000}
    assert all(limit.until_s > joined.at_s for limit in joined.held.values())


def test_alone_after_the_confirmed_limits_only_the_fail_safe_ones_are_left(joined: Bench) -> None:
    joined.wait(7_205, hears=False)
    assert joined.withdrawals_w() == {"p1": 1_000, "p2": 1_000}


def test_alone_it_takes_no_limit_and_no_schedule(joined: Bench) -> None:
    joined.wait(30, hears=False)
    refusal = joined.reach.schedule(joined.setpoint("p1", -3_000), joined.now)
    assert refusal is not None
    assert refusal.pointer == "standing"


def test_a_valid_schedule_goes_on_to_its_end(joined: Bench) -> None:
    next_s = START_S + 900
    joined.reach.schedule(joined.setpoint("p1", -6_000, next_s), joined.now)
    joined.reach.schedule(joined.setpoint("p2", 0, next_s), joined.now)
    joined.step()
    joined.wait(960, hears=False)
    assert joined.withdrawals_w() == {"p1": 6_000, "p2": 1_000}
    joined.wait(900, hears=False)
    assert joined.withdrawals_w() == {"p1": 4_000, "p2": 4_000}


def test_on_return_nothing_is_taken_before_the_report_was(joined: Bench) -> None:
    joined.wait(60, hears=False)
    joined.reach.beat(1, joined.now)
    assert joined.reach.standing is Standing.RETURNING
    refusal = joined.reach.schedule(joined.setpoint("p1", -3_000), joined.now)
    assert refusal is not None
    (report,) = [word for word in joined.step().up if isinstance(word, AreaReport)]
    assert report.alone_since_s is not None
    assert report.given_import_w == 8_000
    old = ReportTaken(area_id="RUR", sequence=report.sequence - 1, epoch=1)
    assert joined.reach.taken_report(old, joined.now) is not None
    joined.reach.taken_report(replace(old, sequence=report.sequence), joined.now)
    assert joined.reach.standing is Standing.JOINED
    assert joined.reach.schedule(joined.setpoint("p1", -3_000), joined.now) is None


def test_an_area_that_hears_but_was_not_heard_reports_again(joined: Bench) -> None:
    joined.reach.beat(1, joined.now, knows=False)
    assert joined.reach.standing is Standing.RETURNING


def test_words_of_an_older_start_are_refused(joined: Bench) -> None:
    joined.reach.beat(2, joined.now)
    refusal = joined.reach.beat(1, joined.now)
    assert refusal is not None
    assert (refusal.code, refusal.pointer) == (Code.PHASE_CONFLICT, "epoch")


def test_more_for_one_waits_until_the_other_has_confirmed_less(joined: Bench) -> None:
    for unit_id, target_w in (("p1", -6_500), ("p2", -1_000)):
        joined.reach.schedule(joined.setpoint(unit_id, target_w), joined.now)
    joined.step(takes=("p1",))  # what p2 is sent is lost
    assert joined.held["p1"].withdrawal_max_w == 4_000
    assert joined.reach.given(joined.at_s).withdrawal_max_w == 8_000
    joined.wait(15)
    assert joined.withdrawals_w() == {"p1": 6_500, "p2": 1_000}


def test_a_unit_that_never_confirms_holds_its_share_until_the_window_is_over(joined: Bench) -> None:
    joined.confirm(3_000, 2)
    joined.wait(600, takes=("p1",))
    assert joined.reach.given(joined.at_s).withdrawal_max_w == 1_500 + 4_000
    joined.wait(300, takes=("p1",))
    assert joined.reach.given(joined.at_s).withdrawal_max_w == 3_000


def test_an_operators_limit_binds_at_once_whoever_is_above(joined: Bench) -> None:
    joined.wait(30, hears=False)
    limit = UnitLimit(
        unit_id="p1",
        from_s=joined.at_s,
        until_s=joined.at_s + 3_600,
        withdrawal_max_w=500,
        injection_max_w=0,
        sequence=1,
        epoch=1,
    )
    assert joined.reach.narrow(limit, joined.now) is None
    joined.step()
    assert joined.held["p1"].withdrawal_max_w == 500


def test_a_restart_lends_nothing_before_what_was_lent_has_run_out(joined: Bench) -> None:
    again = Bench(joined.reach.memory())
    again.join()
    again.wait(15)
    assert again.reach.epoch == joined.reach.epoch + 1
    assert again.withdrawals_w() == {"p1": 1_000, "p2": 1_000}
    again.wait(900)
    assert again.withdrawals_w() == {"p1": 4_000, "p2": 4_000}


def test_a_unit_on_its_way_back_is_sent_a_newer_lease_at_once(joined: Bench) -> None:
    before = joined.held["p1"]
    joined.wait(15)
    joined.reach.wants_lease("p1")
    joined.step()
    assert joined.held["p1"].sequence > before.sequence
    assert joined.held["p1"].withdrawal_max_w == before.withdrawal_max_w
