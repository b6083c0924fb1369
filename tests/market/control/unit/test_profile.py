"""Profiles: sound, with a source for every value, and told apart by their hash."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from market.control.unit.profile import (
    DEFAULT_PROFILE,
    FOLDER,
    ProfileFault,
    Quantity,
    profile_named,
    profile_names,
    read_profile,
    unconfirmed,
)

TEXT = (FOLDER / f"{DEFAULT_PROFILE}.toml").read_text(encoding="utf-8")


def written(tmp_path: Path, old: str, new: str) -> Path:
    assert old in TEXT
    path = tmp_path / "changed.toml"
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    return path


def test_three_profiles_and_the_chinese_one_is_the_default() -> None:
    assert profile_names() == ("en-50549-1-2019", "gb-t-33593-2017", "ieee-1547-2018")
    assert DEFAULT_PROFILE == "gb-t-33593-2017"


@pytest.mark.parametrize("name", profile_names())
def test_a_profile_is_dated_versioned_and_names_its_document(name: str) -> None:
    profile = profile_named(name)
    assert profile.name == name
    assert profile.version >= 1
    assert date.fromisoformat(profile.effective) < date(2026, 1, 1)
    assert profile.document
    assert profile.rated_frequency_mhz in {50_000, 60_000}


@pytest.mark.parametrize("name", profile_names())
def test_what_is_said_to_come_from_a_document_is_to_be_confirmed_there(name: str) -> None:
    path = FOLDER / f"{name}.toml"
    open_values = unconfirmed(path)
    assert {"normal.voltage_low_ppm", "trip.0.threshold"} <= set(open_values)
    for line in path.read_text(encoding="utf-8").splitlines():
        if "source" in line:
            assert ("confirm = false" in line) == ("our own choice" in line), line


@pytest.mark.parametrize("name", profile_names())
def test_every_quantity_but_the_rate_is_protected_on_both_sides(name: str) -> None:
    sides = {(trip.quantity, trip.above) for trip in profile_named(name).trips}
    for quantity in (Quantity.VOLTAGE, Quantity.FREQUENCY):
        assert {(quantity, True), (quantity, False)} <= sides


def test_the_hash_is_another_one_when_any_value_is() -> None:
    profile = profile_named(DEFAULT_PROFILE)
    hashes = {profile_named(name).hash for name in profile_names()}
    assert len(hashes) == 3
    assert replace(profile).hash == profile.hash
    assert replace(profile, version=2).hash not in hashes
    assert replace(profile, trips=profile.trips[1:]).hash not in hashes
    assert len(profile.hash) == 64


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("value = 60,", "value = -60,", "enter_delay_s is negative"),
        ("value = 15,", "value = 0,", "stale_s is zero"),
        ("value = 15,", "value = 500,", "stale comes after fail-safe"),
        ("value = 60,", "value = 6.5,", "no whole number"),
        ("value = 60,", "value = true,", "no whole number"),
        ("value = 60,", 'value = "60",', "no whole number"),
        (", confirm = false", ", confirm = 0", "does not say whether"),
        ('source = "our own choice"', 'source = ""', "names no source"),
        (", confirm = false", "", "is not value, source and confirm"),
        ("value = 1_090_000", "value = 1_190_000", "enter reaches outside normal"),
        ("value = 860_000", "value = 1_095_000", "enter is empty"),
        ("value = 850_000", "value = 1_050_000", "enter reaches outside normal"),
        ("threshold = { value = 850_000", "threshold = { value = 950_000", "trips inside normal"),
        ("value = 50_000, source", "value = 1_000_001, source", "more than everything"),
        ('quantity = "voltage_ppm"', 'quantity = "colour"', "colour"),
        ('effective = "2017-12-01"', 'effective = "soon"', "no day"),
        ("above = false", "above = 0", "neither true nor false"),
        ("stale_s =", "stale_sec =", "stale_sec"),
        ("[watch]", "[attic]\n[watch]", "attic"),
        ("[profile]", "[profile", "changed.toml"),
    ],
)
def test_a_file_with_a_fault_is_refused_by_name(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    with pytest.raises(ProfileFault, match=said) as caught:
        read_profile(written(tmp_path, old, new))
    assert "changed.toml" in str(caught.value)


def test_a_value_that_is_left_out_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "changed.toml"
    kept = [line for line in TEXT.splitlines() if not line.startswith("stale_s")]
    path.write_text("\n".join(kept), encoding="utf-8")
    with pytest.raises(ProfileFault, match="stale_s"):
        read_profile(path)


def test_a_profile_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(ProfileFault, match=DEFAULT_PROFILE):
        profile_named("atlantis")
