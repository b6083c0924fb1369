"""The process that works out a whole power flow: powers go in, every voltage and loading comes out."""

import subprocess
import sys
from dataclasses import replace

import msgspec

import market.power_flows
from market.control.grid_check import AreaPowers, flows, see
from market.model.grid_check import AreaFlow
from market.model.network import Bus, Network, NetworkLine, Placement
from tests.market.engine.feeders import Calculator

RATED = {"rated_v": 400, "voltage_min_ppm": 900_000, "voltage_max_ppm": 1_100_000}


def lane(area_id: str = "A", inner: str = "") -> AreaPowers:
    """A station and a roof half a kilometre away, where 8 kW come from, and an inner area where one is named."""
    network = Network(
        area_id=area_id,
        version=3,
        source_bus="station",
        buses=(Bus(bus_id="station", **RATED), Bus(bus_id="roof", **RATED)),
        lines=(
            NetworkLine(
                line_id="lane",
                from_bus="station",
                to_bus="roof",
                length_mm=500_000,
                resistance_uohm_per_km=206_700,
                reactance_uohm_per_km=80_425,
                capacitance_ff_per_km=0,
                current_max_ma=100_000,
            ),
        ),
        transformers=(),
        placements=(),
    )
    return AreaPowers(
        network=network,
        member_ids=("roof-solar", *([inner] if inner else ())),
        power_w=(8_000, *([0] if inner else ())),
        around=(area_id,),
    )


def at_roof(powers: AreaPowers) -> AreaPowers:
    placed = tuple(Placement(member_id=name, bus_id="roof") for name in powers.member_ids)
    return replace(powers, network=replace(powers.network, placements=placed))


def asked(*powers: AreaPowers) -> tuple[AreaFlow, ...]:
    run = subprocess.run(
        [sys.executable, "-m", market.power_flows.__name__],
        input=msgspec.json.encode(powers),
        capture_output=True,
        check=True,
    )
    return msgspec.json.decode(run.stdout, type=tuple[AreaFlow, ...])


def test_the_process_says_what_the_market_itself_finds() -> None:
    powers = at_roof(lane())
    (found,) = asked(powers)
    (seen,) = see([powers], Calculator())
    assert found == flows([powers], Calculator())[0]
    assert (found.area_id, found.version, found.solved) == ("A", 3, True)
    assert max(found.voltage_ppm) == seen.picture.highest_voltage_ppm > 1_000_000
    assert found.line_w == (-8_000,)
    assert found.source_w == seen.picture.source_w


def test_what_an_inner_grid_loses_counts_in_the_outer_one() -> None:
    inner = replace(at_roof(lane("B")), around=("B", "A"))
    outer = at_roof(lane("A", inner="B"))
    alone = flows([outer], Calculator())[0]
    inside, around = flows([inner, outer], Calculator())
    assert inside.loss_w > 0
    assert around.line_w == (-8_000 + inside.loss_w,)
    assert alone.line_w == (-8_000,)


def test_a_grid_without_an_operating_point_says_so() -> None:
    found = flows([replace(at_roof(lane()), power_w=(-9_000_000,))], Calculator())[0]
    assert not found.solved
    assert (found.voltage_ppm, found.line_loading_ppm) == ((), ())


def test_what_is_no_question_ends_the_process() -> None:
    run = subprocess.run(
        [sys.executable, "-m", market.power_flows.__name__],
        input=b"?",
        capture_output=True,
        check=False,
    )
    assert run.returncode != 0
