"""The demonstration's data is complete, small and carries its licence."""

from pathlib import Path

import polars as pl
import pytest

DATA = Path(__file__).parents[2] / "sim" / "data"
COMMUNITY = DATA / "lv-community-de"
TABLES = {"participants": 222, "assets": 355, "buses": 240, "lines": 236, "transformers": 2}
METERS = {"meters_15min": 596_736, "asset_energy_15min": 954_240}


@pytest.mark.parametrize(("table", "rows"), TABLES.items())
def test_every_table_of_the_two_grids_is_whole(table: str, rows: int) -> None:
    assert pl.read_csv(COMMUNITY / f"{table}.csv").height == rows


@pytest.mark.parametrize(("series", "rows"), METERS.items())
def test_every_series_covers_both_fortnights_without_a_gap(series: str, rows: int) -> None:
    frame = pl.read_parquet(COMMUNITY / f"{series}.parquet")
    key = "participant_id" if series.startswith("meters") else "asset_id"

    assert frame.height == rows
    assert frame.null_count().sum_horizontal().item() == 0
    per_member = frame.group_by(key).agg(pl.col("start").n_unique())["start"]
    assert per_member.unique().to_list() == [28 * 96]


def test_the_village_has_the_members_its_readme_counts() -> None:
    members = pl.read_csv(COMMUNITY / "participants.csv")

    assert dict(members["area"].value_counts().iter_rows()) == {"RUR": 118, "SEM": 104}
    owned = members.select(pl.col("has_pv", "has_storage", "has_heat_pump", "has_ev").sum()).row(0)
    assert owned == (42, 31, 32, 25)


def test_every_asset_stands_at_a_member_and_a_bus_that_exist() -> None:
    assets = pl.read_csv(COMMUNITY / "assets.csv")
    members = pl.read_csv(COMMUNITY / "participants.csv")
    buses = pl.read_csv(COMMUNITY / "buses.csv")

    assert set(assets["participant_id"]) <= set(members["participant_id"])
    assert set(assets["bus_id"]) <= set(buses["bus_id"])


def test_the_folder_stays_small_enough_for_a_clone() -> None:
    sizes = [path.stat().st_size for path in DATA.rglob("*") if path.is_file()]

    assert sum(sizes) < 4_000_000
    assert max(sizes) < 3_000_000


def test_source_and_licence_travel_with_the_data() -> None:
    readme = (DATA / "README.md").read_text(encoding="utf-8")

    for said in ("SimBench", "Open Database License 1.0", "Database\nContents License 1.0"):
        assert said in readme
    for path in COMMUNITY.iterdir():
        assert f"`{path.name}`" in readme, f"{path.name} is not described in sim/data/README.md"
