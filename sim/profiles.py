"""The village's devices and what they truly did on the day: 15-minute energies per unit.

The one idea: this is what the devices know and the agents do not. Devices and the plain day read
`energy_wh`; an agent only ever sees a `Forecaster` made from it, and what its own meter has
already counted.

Intervals are counted from the day's first one: index 0 starts at `Village.day_start_s`. Energies
are whole Wh per interval, positive in the unit's own direction (a load consumes, a panel
generates).
"""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sim.stays import FlexibleNeed, Stay, car_need, heat_need, stays_of

IntArray = NDArray[np.int64]

DATA_FOLDER: Final = Path(__file__).parent / "data" / "lv-community-de"
#: The source's clock is UTC+1 all year.
SOURCE_ZONE: Final = timezone(timedelta(hours=1))
DAY: Final = datetime(2016, 6, 15, tzinfo=SOURCE_ZONE)
INTERVAL_S: Final = 900
INTERVALS: Final = 96
#: Intervals before and after the day that smoothing looks at.
MARGIN: Final = 8
PPM: Final = 1_000_000
INTERVALS_PER_HOUR: Final = 4
#: The source's names of kinds, and ours.
KINDS: Final = {
    "load": "load",
    "pv": "solar",
    "storage": "storage",
    "heat_pump": "heat_pump",
    "ev_charger": "ev_charger",
}
#: A battery is paired with a roof only if it holds at most this many hours of its rated power.
PAIRING_HOURS_MAX: Final = 3.0
#: State of charge at midnight, as a part of the capacity: what an evening leaves behind.
START_CHARGE_PPM: Final = 200_000
#: A third of the source's batteries takes part unless the scenario says otherwise.
STORAGE_SHARE: Final = 1 / 3
#: Headroom of a nameplate over the largest true power of the day.
NAMEPLATE_MARGIN: Final = 1.5
#: Least nameplate, so that nothing measured in single watts is refused for rounding.
NAMEPLATE_MIN_W: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """What a storage unit can hold and how much of it comes back."""

    capacity_wh: int
    start_wh: int
    """State of charge at the day's first interval."""
    power_w: int
    """Most it charges or discharges, at the grid side."""
    efficiency_charge_ppm: int
    efficiency_discharge_ppm: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitProfile:
    """One device and its true day."""

    unit_id: str
    kind: str
    """load, solar, storage, heat_pump or ev_charger."""
    injection_max_w: int
    withdrawal_max_w: int
    controllable: bool
    """False: it does what it does, whatever its set-point (load, solar)."""
    energy_wh: IntArray  # (96,) true energy; zeros for storage; a heat pump's is its need
    before_wh: IntArray  # (8,) the two hours before the day
    after_wh: IntArray  # (8,) the two hours after it
    battery: Battery | None = None
    """None: it stores nothing."""
    stays: tuple[Stay, ...] = ()
    """When a car is plugged in and what it needs; empty for every other kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """One participant: a metering point and the devices behind it."""

    participant_id: str
    area_id: str
    name: str
    is_business: bool
    units: tuple[UnitProfile, ...]

    def unit(self, kind: str) -> UnitProfile | None:
        """Its unit of a kind, None if it has none; nobody has two."""
        return next((unit for unit in self.units if unit.kind == kind), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Village:
    """Everybody, and the day they live through."""

    day_start_s: int
    """Start of the day's first interval, seconds since 1970 UTC."""
    households: tuple[Household, ...]


def true_need(unit: UnitProfile) -> FlexibleNeed:
    """Between which curves a car's or heat pump's consumption must stay on the true day.

    Raises:
        ValueError: the unit has no need that could be shifted.
    """
    if unit.kind == "ev_charger":
        return car_need(unit.stays)
    if unit.kind == "heat_pump":
        return heat_need(unit.energy_wh.tolist(), interval_max_wh=interval_max_wh(unit))
    raise ValueError(f"{unit.unit_id}: a {unit.kind} cannot be shifted")


def interval_max_wh(unit: UnitProfile) -> int:
    """Most energy a unit can move in an interval, whichever way it goes."""
    return max(unit.injection_max_w, unit.withdrawal_max_w) // INTERVALS_PER_HOUR


def load_village(*, seed: int, storage_share: float = STORAGE_SHARE) -> Village:
    """The 222 participants of the data set on 15 June 2016, local day at UTC+1.

    Args:
        seed: decides which of the paired batteries take part, and nothing else here.
        storage_share: part of the source's batteries that takes part, 0 to 1; only paired ones can.
    """
    assets = read_rows(DATA_FOLDER / "assets.csv")
    energies = _energies(DATA_FOLDER / "asset_energy_15min.parquet", DAY)
    wanted = round(storage_share * sum(asset["kind"] == "storage" for asset in assets))
    taking_part = _participating(pair_storage(assets), seed=seed, count=wanted)
    by_owner: dict[str, list[dict[str, str]]] = {}
    for asset in assets:
        if asset["kind"] != "storage":
            by_owner.setdefault(asset["participant_id"], []).append(asset)
    households = []
    for row in sorted(
        read_rows(DATA_FOLDER / "participants.csv"), key=lambda r: r["participant_id"]
    ):
        owner = row["participant_id"]
        units = _units(owner, by_owner.get(owner, []), taking_part.get(owner), energies)
        households.append(
            Household(
                participant_id=owner,
                area_id=row["area"],
                name=f"{row['customer_class'].capitalize()} {owner}",
                is_business=row["customer_class"] == "business",
                units=units,
            )
        )
    return Village(day_start_s=int(DAY.timestamp()), households=tuple(households))


def pair_storage(assets: list[dict[str, str]]) -> dict[str, dict[str, str]]:
    """Solar owner → the battery paired with it. Ours, not the source's.

    The source puts its batteries where no solar is, but names each after the panel and the load
    it was sized for (`Storage_PV3_H0-G`). A battery goes to an owner of that panel profile in the
    same area, one with that load profile first, then the one whose panel fits its size best; each
    owner gets at most one, and none that holds more than three hours of the panel's rated power.
    """
    panels = {a["participant_id"]: a for a in assets if a["kind"] == "pv"}
    loads = {a["participant_id"]: a["profile"] for a in assets if a["kind"] == "load"}
    pairs: dict[str, dict[str, str]] = {}
    for battery in sorted((a for a in assets if a["kind"] == "storage"), key=_asset_id):
        _, panel_profile, load_profile = battery["profile"].split("_")
        energy_kwh = float(battery["energy_kwh"])
        fitting = [
            (loads[owner] != load_profile, abs(float(panel["p_rated_kw"]) - energy_kwh / 2), owner)
            for owner, panel in panels.items()
            if panel["profile"] == panel_profile
            and owner[:3] == battery["participant_id"][:3]
            and owner not in pairs
            and energy_kwh <= PAIRING_HOURS_MAX * float(panel["p_rated_kw"])
        ]
        if fitting:
            pairs[min(fitting)[2]] = battery
    return pairs


def _asset_id(asset: dict[str, str]) -> str:
    return asset["asset_id"]


def _participating(
    pairs: dict[str, dict[str, str]], *, seed: int, count: int
) -> dict[str, dict[str, str]]:
    owners = sorted(pairs)
    chosen = random.Random(f"storage:{seed}").sample(owners, min(count, len(owners)))  # noqa: S311 -- a seeded scenario, no secret
    return {owner: pairs[owner] for owner in sorted(chosen)}


def read_rows(path: Path) -> list[dict[str, str]]:
    """A table of the data set, a record a row, as text."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _energies(path: Path, day: datetime) -> dict[str, IntArray]:
    """Asset → energies in Wh of the day with two hours on either side, (8 + 96 + 8,)."""
    first = day - MARGIN * timedelta(seconds=INTERVAL_S)
    last = first + (INTERVALS + 2 * MARGIN) * timedelta(seconds=INTERVAL_S)
    frame = (
        pl.scan_parquet(path)
        .filter((pl.col("start") >= first) & (pl.col("start") < last))
        .select(
            pl.col("asset_id").cast(pl.String),
            "start",
            (pl.col("energy_kwh").cast(pl.Float64) * 1000).round().cast(pl.Int64).alias("wh"),
        )
        .collect()
        .sort("asset_id", "start")
    )
    return {
        str(key[0]): group["wh"].to_numpy()
        for key, group in frame.group_by("asset_id", maintain_order=True)
    }


def _units(
    owner: str,
    assets: list[dict[str, str]],
    battery: dict[str, str] | None,
    energies: dict[str, IntArray],
) -> tuple[UnitProfile, ...]:
    by_kind: dict[str, list[dict[str, str]]] = {}
    for asset in assets:
        by_kind.setdefault(KINDS[asset["kind"]], []).append(asset)
    # Three participants have two chargers; behind one meter they are one unit.
    units = [
        _unit(
            f"{owner}-{kind}",
            kind,
            rated_w=sum(round(float(a["p_rated_kw"]) * 1000) for a in by_kind[kind]),
            energy_wh=np.sum([energies[a["asset_id"]] for a in by_kind[kind]], axis=0),
        )
        for kind in ("load", "solar", "heat_pump", "ev_charger")
        if kind in by_kind
    ]
    if battery is not None:
        units.append(_storage(f"{owner}-storage", battery))
    return tuple(units)


def _unit(unit_id: str, kind: str, *, rated_w: int, energy_wh: IntArray) -> UnitProfile:
    day = energy_wh[MARGIN:-MARGIN]
    largest_w = int(energy_wh.max()) * INTERVALS_PER_HOUR
    nameplate_w = max(rated_w, round(largest_w * NAMEPLATE_MARGIN), NAMEPLATE_MIN_W)
    is_solar = kind == "solar"
    return UnitProfile(
        unit_id=unit_id,
        kind=kind,
        injection_max_w=nameplate_w if is_solar else 0,
        withdrawal_max_w=0 if is_solar else nameplate_w,
        controllable=kind in ("heat_pump", "ev_charger"),
        energy_wh=day,
        before_wh=energy_wh[:MARGIN],
        after_wh=energy_wh[-MARGIN:],
        stays=stays_of(day.tolist(), power_w=max(rated_w, largest_w))
        if kind == "ev_charger"
        else (),
    )


def _storage(unit_id: str, asset: dict[str, str]) -> UnitProfile:
    capacity_wh = round(float(asset["energy_kwh"]) * 1000)
    power_w = round(float(asset["p_rated_kw"]) * 1000)
    efficiency_ppm = round(float(asset["efficiency"]) * PPM)
    return UnitProfile(
        unit_id=unit_id,
        kind="storage",
        injection_max_w=power_w,
        withdrawal_max_w=power_w,
        controllable=True,
        energy_wh=np.zeros(INTERVALS, dtype=np.int64),
        before_wh=np.zeros(MARGIN, dtype=np.int64),
        after_wh=np.zeros(MARGIN, dtype=np.int64),
        battery=Battery(
            capacity_wh=capacity_wh,
            start_wh=capacity_wh * START_CHARGE_PPM // PPM,
            power_w=power_w,
            efficiency_charge_ppm=efficiency_ppm,
            efficiency_discharge_ppm=efficiency_ppm,
        ),
    )
