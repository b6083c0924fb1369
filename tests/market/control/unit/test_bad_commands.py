"""Bad commands of every sort, in bulk: all refused with a code, and no output is ever unsafe."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from market.control.unit import UnitAct
from market.model.power import ControlChannel, Setpoint, UnitLimit
from market.model.rejection import Code, Rejection
from tests.market.control.unit.stand import GRID, MARKET, OTHER, PROFILE, SOLAR, Stand

STEP_EVERY = 40
"""Commands between two steps."""
AT_EASE = replace(PROFILE, burst_count=10**9)
"""Never distrusts anybody: here the checks of each command stand alone."""


class Attack:
    """A unit in service at 6 kW inside 8 kW, and somebody who sends what must not be taken."""

    def __init__(self, seed: int, *, at_ease: bool) -> None:
        self.random = random.Random(seed)
        profile = AT_EASE if at_ease else PROFILE
        stand = self.stand = Stand(profile=profile)
        stand.epoch = 5
        stand.sequence = 100
        stand.in_service()
        self.renew()

    def renew(self) -> None:
        """What the true senders say, every few minutes."""
        self.stand.limit(8_000)
        self.stand.target(6_000)

    def setpoint(self) -> Setpoint:
        """One that would be taken."""
        stand = self.stand
        return Setpoint(
            unit_id="u",
            start_s=stand.market_s,
            until_s=stand.market_s + self.random.randint(1, 3_600),
            target_w=self.random.randint(0, 8_000),
            fallback_w=0,
            sequence=stand.sequence + self.random.randint(1, 1_000),
            epoch=stand.epoch,
        )

    def grid_limit(self) -> UnitLimit:
        stand = self.stand
        return UnitLimit(
            unit_id="u",
            from_s=stand.market_s,
            until_s=stand.market_s + self.random.randint(1, 86_400),
            withdrawal_max_w=0,
            injection_max_w=self.random.randint(0, 10_000),
            sequence=stand.sequence + self.random.randint(1, 1_000),
            epoch=stand.epoch,
        )

    # --- the sorts ------------------------------------------------------------------------

    def replayed(self) -> Rejection | None:
        old = self.stand.sequence - self.random.randint(1, 99)
        return self.accept(replace(self.setpoint(), sequence=old))

    def expired(self) -> Rejection | None:
        ago_s = self.random.randint(0, 10**6)
        until_s = self.stand.market_s - ago_s
        return self.accept(replace(self.setpoint(), start_s=until_s - 900, until_s=until_s))

    def wrong_sign(self) -> Rejection | None:
        return self.accept(replace(self.setpoint(), target_w=-self.random.randint(1, 8_000)))

    def wrong_unit(self) -> Rejection | None:
        power_w = self.random.randint(8_001, 10_000)
        worse = [power_w * 1_000, power_w * 1_000_000, power_w / 1_000, f"{power_w}", True, None]
        return self.accept(replace(self.setpoint(), target_w=self.random.choice(worse)))

    def too_large(self) -> Rejection | None:
        name = self.random.choice(["target_w", "fallback_w"])
        power_w = self.random.randint(8_001, 10 ** self.random.randint(4, 30))
        return self.accept(replace(self.setpoint(), **{name: power_w}))

    def foreign_sender(self) -> Rejection | None:
        sender = self.random.choice([OTHER, GRID, "", "eve", MARKET.upper()])
        return self.stand.machine.accept(self.setpoint(), sender, self.stand.now)

    def old_epoch(self) -> Rejection | None:
        epoch = self.stand.epoch - self.random.randint(1, 10)
        return self.accept(replace(self.setpoint(), epoch=epoch, sequence=10**9))

    def another_unit(self) -> Rejection | None:
        return self.accept(replace(self.setpoint(), unit_id="v"))

    def set_and_forget(self) -> Rejection | None:
        until_s = self.stand.market_s + self.random.randint(3_601, 10**9)
        return self.accept(replace(self.setpoint(), until_s=until_s))

    def far_ahead(self) -> Rejection | None:
        start_s = self.stand.market_s + self.random.randint(86_401, 10**9)
        return self.accept(replace(self.setpoint(), start_s=start_s, until_s=start_s + 900))

    def limit_of_a_stranger(self) -> Rejection | None:
        sender = self.random.choice([OTHER, MARKET, "eve"])
        return self.stand.machine.limit(self.grid_limit(), sender, self.stand.now)

    def limit_replayed(self) -> Rejection | None:
        old = self.stand.sequence - self.random.randint(2, 99)
        return self.limit(replace(self.grid_limit(), sequence=old))

    def limit_of_an_old_epoch(self) -> Rejection | None:
        return self.limit(replace(self.grid_limit(), epoch=self.stand.epoch - 1, sequence=10**9))

    def limit_that_widens(self) -> Rejection | None:
        power_w = self.random.randint(10_001, 10**9)
        return self.limit(replace(self.grid_limit(), injection_max_w=power_w))

    def limit_below_zero(self) -> Rejection | None:
        return self.limit(replace(self.grid_limit(), withdrawal_max_w=-self.random.randint(1, 9)))

    def limit_without_end(self) -> Rejection | None:
        until_s = self.stand.market_s + self.random.randint(86_401, 10**9)
        return self.limit(replace(self.grid_limit(), until_s=until_s))

    def heartbeat_of_a_stranger(self) -> Rejection | None:
        channel = self.random.choice(list(ControlChannel))
        return self.stand.machine.heartbeat(channel, OTHER, self.stand.now, epoch=10**6)

    def heartbeat_of_an_old_epoch(self) -> Rejection | None:
        return self.stand.machine.heartbeat(ControlChannel.GRID, GRID, self.stand.now, epoch=4)

    def act_of_a_stranger(self) -> Rejection | None:
        act = self.random.choice(list(UnitAct))
        return self.stand.machine.act(act, OTHER, self.stand.now, second="eve")

    def accept(self, setpoint: Setpoint) -> Rejection | None:
        return self.stand.machine.accept(setpoint, MARKET, self.stand.now)

    def limit(self, limit: UnitLimit) -> Rejection | None:
        return self.stand.machine.limit(limit, GRID, self.stand.now)


SORTS: tuple[Callable[[Attack], Rejection | None], ...] = (
    Attack.replayed,
    Attack.expired,
    Attack.wrong_sign,
    Attack.wrong_unit,
    Attack.too_large,
    Attack.foreign_sender,
    Attack.old_epoch,
    Attack.another_unit,
    Attack.set_and_forget,
    Attack.far_ahead,
    Attack.limit_of_a_stranger,
    Attack.limit_replayed,
    Attack.limit_of_an_old_epoch,
    Attack.limit_that_widens,
    Attack.limit_below_zero,
    Attack.limit_without_end,
    Attack.heartbeat_of_a_stranger,
    Attack.heartbeat_of_an_old_epoch,
    Attack.act_of_a_stranger,
)


def attacked(commands: int, *, at_ease: bool) -> tuple[Attack, Counter[str]]:
    """So many bad commands; after every few the output is looked at."""
    attack = Attack(7, at_ease=at_ease)
    stand, refused = attack.stand, Counter[str]()
    for number in range(commands):
        sort = attack.random.choice(SORTS)
        rejection = sort(attack)
        assert rejection is not None, sort.__name__
        assert rejection.code in Code
        refused[sort.__name__] += 1
        if number % STEP_EVERY == 0:
            if number % (100 * STEP_EVERY) == 0:
                attack.renew()
            stand.beat()
            output = stand.step()
            stand.outputs.clear()
            assert 0 <= output.target_w <= 8_000
            assert output.limits.injection_max_w <= 8_000
            if at_ease:
                assert (output.state, output.connected) == ("normal", True)
            stand.market_s += 1
            stand.real_ms += 1_000
    assert SOLAR.injection_max_w == 10_000
    return attack, refused


def check_all_refused(commands: int) -> None:
    attack, refused = attacked(commands, at_ease=True)
    machine = attack.stand.machine
    assert sum(machine.refused.values()) == commands
    assert set(refused) == {sort.__name__ for sort in SORTS}
    # Through all of it the schedule that was taken is still the one that is followed.
    attack.renew()
    attack.stand.run(60, renew=False)
    assert attack.stand.last.target_w == 6_000


def test_twenty_thousand_bad_commands_move_nothing() -> None:
    check_all_refused(20_000)


@pytest.mark.long
def test_a_million_bad_commands_move_nothing() -> None:
    check_all_refused(1_000_000)


def test_under_the_same_fire_a_unit_that_loses_trust_is_on_its_fail_safe_limits() -> None:
    attack, _ = attacked(20_000, at_ease=False)
    assert attack.stand.state == "failsafe"
    assert attack.stand.machine.limits().injection_max_w == 0


@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: sort.__name__)
def test_each_sort_leaves_the_unit_where_it_was(
    sort: Callable[[Attack], Rejection | None],
) -> None:
    attack = Attack(3, at_ease=True)
    stand = attack.stand
    stand.run(120, renew=False)
    before, memory = stand.last, stand.machine.memory()
    for _ in range(50):
        assert sort(attack) is not None
    assert stand.step() == before
    assert replace(stand.machine.memory(), market_s=memory.market_s) == memory
