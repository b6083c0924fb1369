"""An area with an area inside: the outer level, the inner one, and the words between them."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from market.control.members import Inside, Member
from market.control.reach import AreaReach, Output, ReachMemory
from market.control.unit import Moment
from market.model.participant import Unit, UnitKind
from market.model.power import PowerLimits, Setpoint, UnitLimit
from market.model.reach import (
    AreaBound,
    AreaLimits,
    AreaReport,
    GridBeat,
    LimitsHeld,
    MarketBeat,
    ReportTaken,
    Standing,
)
from tests.builders import unit

START_S = 1_700_000_100
FAILSAFE = PowerLimits(withdrawal_max_w=1_000, injection_max_w=0)
CONNECTION = PowerLimits(withdrawal_max_w=6_000, injection_max_w=0)


def pump(unit_id: str, area_id: str) -> Unit:
    what = unit(unit_id, "ann", UnitKind.HEAT_PUMP, withdrawal_max_w=10_000)
    return replace(what, controllable=True, area_id=area_id)


def member(unit_id: str, area_id: str) -> Member:
    return Member(unit=pump(unit_id, area_id), failsafe=FAILSAFE)


class Bench:
    """OUT with one pump, and IN inside it with two; what is said is lost unless it is passed on."""

    def __init__(self, memory: ReachMemory | None = None) -> None:
        self.at_s = START_S
        inside = [Inside(area_id="IN", parent="OUT", connection=CONNECTION)]
        self.out = AreaReach("OUT", [member("o", "OUT")], self.now, inside=inside, memory=memory)
        self.own = [member("i1", "IN"), member("i2", "IN")]
        self.inner = AreaReach("IN", self.own, self.now)
        self.inner.under("OUT")
        self.held: dict[str, UnitLimit] = {}
        self.targets: dict[str, Setpoint] = {}

    @property
    def now(self) -> Moment:
        return Moment(market_s=self.at_s, real_ms=(self.at_s - START_S) * 1_000)

    def go_on(
        self, seconds: int = 20, *, market: bool = True, inner: bool = True,
        takes: Iterable[str] = ("o", "i1", "i2"),
    ) -> None:  # fmt: skip
        """Time goes on; the market and the inner area are heard or not; the units named take what they hear."""
        for _ in range(0, seconds, 5):
            self.at_s += 5
            if market:
                self.out.beat(1, self.now)
            output = self.out.step(self.now)
            self.to_units(self.out, output, takes)
            if inner:
                self.to_inner(output)
            output = self.inner.step(self.now)
            self.to_units(self.inner, output, takes)
            if inner:
                self.from_inner(output)

    def to_units(self, level: AreaReach, output: Output, takes: Iterable[str]) -> None:
        for name, word in output.down:
            if name in takes and isinstance(word, UnitLimit):
                self.held[name] = word
                level.lease_taken(name, word.epoch, word.sequence)
            elif name in takes and isinstance(word, Setpoint):
                self.targets[name] = word
                level.setpoint_taken(name, word.epoch, word.sequence)

    def to_inner(self, output: Output) -> None:
        market = ("IN", MarketBeat(epoch=1)) in output.down
        for name, word in output.down:
            if name != "IN":
                continue
            match word:
                case GridBeat():
                    self.inner.beat(word.epoch, self.now, market=market)
                case AreaLimits():
                    self.inner.confirm(word, self.now)
                case Setpoint() if self.inner.schedule(word, self.now) is None:
                    self.out.setpoint_taken(word.unit_id, word.epoch, word.sequence)

    def from_inner(self, output: Output) -> None:
        for word in output.up:
            if isinstance(word, LimitsHeld):
                self.out.limits_held(word)
            elif isinstance(word, AreaReport):
                taken = self.out.report_below(word, self.own)
                if taken is not None:
                    self.inner.taken_report(taken, self.now)

    def joins(self) -> None:
        self.out.beat(1, self.now)
        report = next(w for w in self.out.step(self.now).up if isinstance(w, AreaReport))
        taken = ReportTaken(area_id="OUT", sequence=report.sequence, epoch=1)
        assert self.out.taken_report(taken, self.now) is None

    def confirm(self, import_w: int, sequence: int = 1, seconds: int = 7_200) -> None:
        limits = AreaLimits(
            area_id="OUT", from_s=self.at_s, until_s=self.at_s + seconds, import_max_w=import_w,
            export_max_w=0, sequence=sequence, epoch=1,
        )  # fmt: skip
        assert self.out.confirm(limits, self.now) is None

    def schedule(self, unit_id: str, target_w: int, sequence: int = 1) -> None:
        start_s = START_S + 900
        setpoint = Setpoint(
            unit_id=unit_id, start_s=start_s, until_s=start_s + 900, target_w=target_w,
            fallback_w=0, sequence=sequence, epoch=1,
        )  # fmt: skip
        assert self.out.schedule(setpoint, self.now) is None

    def withdrawals_w(self) -> dict[str, int]:
        return {name: limit.withdrawal_max_w for name, limit in sorted(self.held.items())}

    def lent_w(self) -> int:
        return self.out.lent_to("IN", self.at_s).withdrawal_max_w


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def joined(bench: Bench) -> Bench:
    bench.joins()
    bench.confirm(9_000)
    bench.go_on()
    return bench


def test_an_area_that_is_not_below_keeps_what_its_connection_carries(bench: Bench) -> None:
    bench.joins()
    bench.confirm(9_000)
    bench.go_on(inner=False)
    assert bench.withdrawals_w() == {"i1": 1_000, "i2": 1_000, "o": 3_000}


def test_an_area_below_has_a_share_and_divides_it_by_the_same_rules(joined: Bench) -> None:
    assert joined.inner.standing is Standing.JOINED
    # By room: a pump could take 9 kW more, the area inside 4 kW more than its pumps have anyway.
    assert joined.withdrawals_w() == {"i1": 1_923, "i2": 1_923, "o": 5_154}
    assert (
        joined.lent_w() == joined.held["i1"].withdrawal_max_w + joined.held["i2"].withdrawal_max_w
    )


def test_the_outer_area_alone_goes_on_lending_and_says_that_there_is_no_market(
    joined: Bench,
) -> None:
    before = joined.withdrawals_w()
    joined.go_on(3_600, market=False)
    assert joined.out.standing is Standing.ALONE
    assert joined.inner.standing is Standing.JOINED
    assert not joined.inner.hears_market
    assert joined.withdrawals_w() == before
    joined.go_on(5)
    assert joined.inner.hears_market


def test_the_inner_area_alone_goes_on_to_the_end_of_what_it_was_lent(joined: Bench) -> None:
    before = joined.withdrawals_w()
    joined.go_on(1_800, inner=False)
    assert joined.inner.standing is Standing.ALONE
    assert joined.withdrawals_w()["i1"] == before["i1"]
    joined.go_on(1_800, inner=False)
    assert joined.withdrawals_w()["i1"] == joined.withdrawals_w()["i2"] == 1_000


def test_what_an_inner_area_has_is_not_free_before_it_says_that_all_in_it_keep_to_less(
    joined: Bench,
) -> None:
    had_w = joined.lent_w()
    joined.confirm(5_000, 2)
    # One of its units does not hear of it.
    joined.go_on(60, takes=("o", "i1"))
    assert joined.lent_w() == had_w
    joined.go_on(20)
    assert joined.lent_w() < had_w
    assert joined.out.given(joined.at_s).withdrawal_max_w <= 5_000


def test_what_an_inner_area_out_of_reach_has_is_free_when_its_time_is_over(joined: Bench) -> None:
    had_w = joined.lent_w()
    joined.confirm(5_000, 2)
    joined.go_on(600, inner=False)
    assert joined.lent_w() == had_w
    joined.go_on(2_100, inner=False)
    assert joined.lent_w() < had_w
    assert joined.out.given(joined.at_s).withdrawal_max_w <= 5_000


def test_a_schedule_of_an_inner_area_waits_until_there_is_room_for_it(joined: Bench) -> None:
    # The outer area's own pump hears nothing and keeps its share of the next window.
    joined.go_on(640)
    joined.schedule("o", -1_000)
    joined.schedule("i1", -6_000)
    joined.schedule("i2", -1_000)
    joined.go_on(60, takes=("i1", "i2"))
    held_w = joined.out.lent_to("o", START_S + 900).withdrawal_max_w
    assert held_w > 1_000
    assert joined.inner.given(START_S + 900).withdrawal_max_w <= 9_000 - held_w
    assert "i1" not in joined.targets
    joined.go_on(60)
    assert joined.targets["i1"].target_w == -6_000
    assert joined.held["i1"].withdrawal_max_w == 6_000


def test_a_restart_of_the_outer_area_counts_what_it_has_lent_the_inner_one(joined: Bench) -> None:
    had_w = joined.lent_w()
    again = Bench(joined.out.memory())
    assert again.lent_w() == had_w
    assert again.out.is_below("IN")
    again.joins()
    again.confirm(5_000, 2)
    again.go_on(15, inner=False)
    assert again.lent_w() == had_w
    assert again.out.lent_to("o", again.at_s).withdrawal_max_w <= joined.held["o"].withdrawal_max_w


def test_a_restart_of_the_inner_area_goes_on_below_the_outer_one(joined: Bench) -> None:
    memory = joined.inner.memory()
    joined.inner = AreaReach("IN", joined.own, joined.now, memory=memory)
    joined.go_on(5)
    assert joined.inner.above == "OUT"
    joined.go_on(20)
    assert joined.inner.standing is Standing.JOINED
    assert joined.inner.given(joined.at_s).withdrawal_max_w <= joined.lent_w()


def test_a_restart_of_the_outer_area_makes_the_inner_one_report(joined: Bench) -> None:
    joined.out = AreaReach(
        "OUT",
        [member("o", "OUT")],
        joined.now,
        inside=[Inside(area_id="IN", parent="OUT", connection=CONNECTION)],
        memory=joined.out.memory(),
    )
    joined.to_inner(joined.out.step(joined.now))
    assert joined.inner.standing is Standing.RETURNING
    joined.go_on(10)
    assert joined.inner.standing is Standing.JOINED


def test_who_lends_another_way_is_another_writer_and_its_limits_end_with_it(joined: Bench) -> None:
    joined.inner.under("")
    assert joined.inner.standing is Standing.RETURNING
    assert joined.inner.limits(joined.at_s) is None
    # What units were lent before counts on.
    assert joined.inner.given(joined.at_s).withdrawal_max_w > 2_000


def test_what_an_area_had_before_it_came_below_is_not_free_for_as_long(bench: Bench) -> None:
    bench.joins()
    bench.confirm(9_000)
    report = replace(
        bench.inner.report(), given_import_w=6_000, given_until_s=START_S + 900, sequence=1
    )
    bench.out.report_below(report, bench.own)
    bench.go_on(30)
    # Its connection's 6 kW, and what its pumps have anyway, are not for the others.
    assert bench.held["o"].withdrawal_max_w <= 3_000
    bench.go_on(900)
    assert bench.held["o"].withdrawal_max_w > 3_000


def test_an_operators_limit_of_the_sum_counts_from_the_window_in_which_it_begins(
    joined: Bench,
) -> None:
    limits = PowerLimits(withdrawal_max_w=4_000, injection_max_w=0)
    bound = AreaBound(from_s=START_S + 1_000, until_s=START_S + 1_100, limits=limits)
    joined.out.narrow_area([bound])
    joined.go_on(600)
    assert joined.out.given(START_S).withdrawal_max_w == 9_000
    joined.go_on(300)
    assert joined.out.given(START_S + 900).withdrawal_max_w == 4_000
    joined.go_on(900)
    assert joined.out.given(START_S + 1_800).withdrawal_max_w == 9_000


def test_bounds_of_the_sum_outlive_a_restart(joined: Bench) -> None:
    limits = PowerLimits(withdrawal_max_w=4_000, injection_max_w=0)
    joined.out.narrow_area([AreaBound(from_s=0, until_s=None, limits=limits)])
    again = Bench(joined.out.memory())
    again.joins()
    again.confirm(9_000, 2)
    again.go_on(1_200)
    assert again.out.given(again.at_s).withdrawal_max_w == 4_000
