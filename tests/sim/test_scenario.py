"""The village's file: made from the data set, read back without a fault, kept up to date."""

from pathlib import Path

import pytest

from sim.profiles import Village, load_village
from sim.scenario import FOLDER, RETAILER_ID, SEED, write_scenario
from wattmarket.market_file import read_market_file


@pytest.fixture(scope="module")
def village() -> Village:
    return load_village(seed=SEED)


def test_the_file_in_the_repository_is_what_the_data_set_gives(
    village: Village, tmp_path: Path
) -> None:
    written = write_scenario(village, tmp_path).parent

    for path in sorted(written.iterdir()):
        kept = (FOLDER / path.name).read_text(encoding="utf-8")
        assert path.read_text(encoding="utf-8") == kept, f"{path.name}: python -m sim.scenario"


def test_the_plan_has_everybody_once_and_one_retailer(village: Village) -> None:
    plan = read_market_file(FOLDER / "village.toml")

    assert len(plan.participants) == len(village.households) + 1 == 223
    assert [p["participant_id"] for p in plan.participants if p["is_last_resort"]] == [RETAILER_ID]
    assert len(plan.units) == sum(len(h.units) for h in village.households) + 1
    assert len(plan.deposits) == 223
    assert {client["role"] for client in plan.clients} == {"participant", "area"}


def test_a_third_of_the_batteries_takes_part_each_at_a_solar_owner() -> None:
    plan = read_market_file(FOLDER / "village.toml")
    storages = [unit for unit in plan.units if unit["storage"] is not None]
    roofs = {unit["participant_id"] for unit in plan.units if unit["kind"] == "solar"}

    assert len(storages) == 10
    assert {unit["participant_id"] for unit in storages} <= roofs


def test_lines_and_bands_are_those_of_the_decisions() -> None:
    definition = read_market_file(FOLDER / "village.toml").definition

    asks = {band["from_hour"]: band["ask_per_mwh"] for band in definition["last_resort"]}
    assert asks == {0: "120.00", 6: "160.00", 17: "220.00", 21: "160.00", 22: "120.00"}
    assert {band["bid_per_mwh"] for band in definition["last_resort"]} == {"80.00"}
    assert all(line["loss_ppm"] == 20_000 for line in definition["lines"])
    assert [area["area_id"] for area in definition["areas"]] == ["RUR", "SEM", "GRID"]
