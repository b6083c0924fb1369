"""A thousand cold starts with everything that may be wrong: safe from the first second."""

import random
from dataclasses import replace

from market.control.unit import LocalSettings, Memory, Moment, Readiness, UnitMachine
from market.model.participant import Unit
from market.model.power import GridReading, Setpoint, UnitLimit
from tests.market.control.unit.stand import (
    BATTERY,
    HEAT_PUMP,
    PROFILE,
    SENDERS,
    SOLAR,
    START_S,
    WELL,
)

STARTS = 1_000
SECONDS = 120
MOST_W = {"storage": (0, 0), "solar": (0, 0), "heat_pump": (4_200, 0)}
"""What each kind may withdraw and inject when nobody calls."""


def stale_memory(chance: random.Random) -> Memory:
    """Full power both ways was scheduled and allowed when the power was lost."""
    start_s = START_S + chance.randint(-90_000, 3_600)
    power_w = chance.choice([-10_000, 10_000])
    return Memory(
        market_s=START_S + chance.choice([-100_000, -1, 0, 1, 100_000]),
        market_mark=(3, 17),
        grid_mark=(3, 17),
        setpoints=(
            Setpoint(
                unit_id="u",
                start_s=start_s,
                until_s=start_s + 3_600,
                target_w=power_w,
                fallback_w=power_w,
                sequence=17,
                epoch=3,
            ),
        ),
        limits=(
            UnitLimit(
                unit_id="u",
                from_s=start_s,
                until_s=start_s + 86_400,
                withdrawal_max_w=10_000,
                injection_max_w=10_000,
                sequence=17,
                epoch=3,
            ),
        ),
        stopped=chance.random() < 0.1,
    )


def clock(chance: random.Random, second: int, kind: int) -> int | None:
    """Right, dead, lost, or jumping about."""
    return (
        START_S + second,
        None,
        second,
        START_S + chance.randint(-5_000, 5_000),
        START_S + chance.choice([0, 10**9]),
    )[kind]


def reading(chance: random.Random, what: Unit) -> GridReading:
    stored_wh = chance.choice([None, 0, 5_000, 10_000]) if what.storage else None
    return chance.choice(
        [
            replace(WELL, state_of_charge_wh=stored_wh),
            replace(WELL, voltage_ppm=chance.randint(0, 2_000_000), state_of_charge_wh=stored_wh),
            GridReading(voltage_ppm=None, frequency_mhz=None),
        ]
    )


def test_a_thousand_cold_starts_without_network_are_safe_from_the_first_second() -> None:
    for seed in range(STARTS):
        chance = random.Random(seed)
        what = chance.choice([SOLAR, BATTERY, HEAT_PUMP])
        taken_w, given_w = MOST_W[what.kind.value]
        kind = chance.randrange(5)
        now = Moment(market_s=clock(chance, 0, kind), real_ms=0)
        memory = stale_memory(chance) if chance.random() < 0.7 else None
        gap_s = chance.choice([10, 900])
        machine = UnitMachine(
            what,
            PROFILE,
            chance.randrange,
            now,
            senders=SENDERS,
            local=LocalSettings(reading_gap_max_s=gap_s),
            memory=memory,
        )
        if chance.random() < 0.9:
            machine.ready(Readiness(settings_hash=PROFILE.hash), now)
        machine.wish(chance.choice([-10_000, 0, 10_000]))
        # Before the first step too: a device may ask for its limits while it boots.
        assert machine.limits().withdrawal_max_w <= taken_w
        assert machine.limits().injection_max_w <= given_w
        for second in range(SECONDS):
            now = Moment(market_s=clock(chance, second, kind), real_ms=1_000 * second)
            output = machine.step(reading(chance, what), now)
            assert -taken_w <= output.target_w <= given_w, (seed, second)
            assert output.state in {"init", "connecting", "failsafe", "stopped", "tripped"}
            if what.injection_max_w and gap_s == 10 and second < PROFILE.enter_delay_s:
                # However the clock jumps, a window that was not watched has not held.
                assert not output.connected, (seed, second)
