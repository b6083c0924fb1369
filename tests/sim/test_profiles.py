"""The village of the data set: who lives there, what they truly did, who got a battery."""

import numpy as np
import pytest

from sim.profiles import (
    DATA_FOLDER,
    INTERVALS,
    UnitProfile,
    Village,
    load_village,
    pair_storage,
    read_rows,
    true_need,
)


@pytest.fixture(scope="module")
def village() -> Village:
    return load_village(seed=20160615)


def units_of(village: Village, kind: str) -> list[UnitProfile]:
    return [u for h in village.households for u in h.units if u.kind == kind]


@pytest.mark.parametrize(
    ("kind", "count"),
    [("load", 222), ("solar", 42), ("heat_pump", 32), ("ev_charger", 25), ("storage", 10)],
)
def test_who_has_what(village: Village, kind: str, count: int) -> None:
    assert len(units_of(village, kind)) == count


@pytest.mark.parametrize(
    ("kind", "kwh"), [("load", 1642), ("solar", 1025), ("heat_pump", 70), ("ev_charger", 103)]
)
def test_the_day_has_the_energy_of_the_source(village: Village, kind: str, kwh: int) -> None:
    total_wh = sum(int(u.energy_wh.sum()) for u in units_of(village, kind))
    assert total_wh / 1000 == pytest.approx(kwh, abs=1.0)


def test_energies_are_whole_wh_of_96_intervals(village: Village) -> None:
    for household in village.households:
        for unit in household.units:
            assert unit.energy_wh.dtype == np.int64
            assert unit.energy_wh.shape == (INTERVALS,)
            assert (unit.energy_wh >= 0).all()


def test_ids_say_owner_and_kind(village: Village) -> None:
    for household in village.households:
        assert household.participant_id.startswith(household.area_id)
        for unit in household.units:
            assert unit.unit_id == f"{household.participant_id}-{unit.kind}"


def test_no_nameplate_is_smaller_than_the_truth(village: Village) -> None:
    for household in village.households:
        for unit in household.units:
            most_w = unit.injection_max_w if unit.kind == "solar" else unit.withdrawal_max_w
            assert most_w >= int(unit.energy_wh.max()) * 4


def test_a_battery_goes_to_an_owner_of_its_panel_in_its_area() -> None:
    assets = read_rows(DATA_FOLDER / "assets.csv")
    panels = {a["participant_id"]: a for a in assets if a["kind"] == "pv"}
    pairs = pair_storage(assets)
    assert len({battery["asset_id"] for battery in pairs.values()}) == len(pairs) > 20
    for owner, battery in pairs.items():
        assert battery["profile"].split("_")[1] == panels[owner]["profile"]
        assert battery["participant_id"][:3] == owner[:3]
        assert float(battery["energy_kwh"]) <= 3 * float(panels[owner]["p_rated_kw"])


def test_the_seed_decides_which_batteries_take_part(village: Village) -> None:
    chosen = {u.unit_id for u in units_of(village, "storage")}
    assert chosen == {u.unit_id for u in units_of(load_village(seed=20160615), "storage")}
    assert chosen != {u.unit_id for u in units_of(load_village(seed=1), "storage")}


def test_a_share_of_zero_leaves_every_battery_out() -> None:
    assert units_of(load_village(seed=1, storage_share=0.0), "storage") == []


def test_the_need_of_a_flexible_unit_is_its_true_energy(village: Village) -> None:
    for kind in ("heat_pump", "ev_charger"):
        for unit in units_of(village, kind):
            assert true_need(unit).earliest_wh[-1] == unit.energy_wh.sum()
            assert true_need(unit).latest_wh[-1] == unit.energy_wh.sum()


def test_a_load_has_no_need_to_shift(village: Village) -> None:
    with pytest.raises(ValueError, match="cannot be shifted"):
        true_need(units_of(village, "load")[0])
