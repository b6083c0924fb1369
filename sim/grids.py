"""The real grids of the village as tables of a market's file, from the data set's own figures.

The one idea: a data sheet's decimals become whole numbers of a smaller unit, digit by digit; nothing is rounded. What the
extract does not say (the voltage the upper grid holds, and a tap's step) comes from the data set it was taken from.
"""

import csv
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Final

from sim.profiles import DATA_FOLDER, Village, read_rows

Row = dict[str, str]
TABLES: Final = ("buses", "lines", "transformers", "placements")
SOURCE_VOLTAGE_PPM: Final = 1_025_000
TAP_STEP_PPM: Final = 25_000

TOML: Final = """\
[[networks]]
area_id = "{area_id}"
version = 1
source_bus = "{source_bus}"
source_voltage_ppm = {source_voltage_ppm}
buses = "{name}-{area_id}-buses.csv"
lines = "{name}-{area_id}-lines.csv"
transformers = "{name}-{area_id}-transformers.csv"
placements = "{name}-{area_id}-placements.csv"

"""


def write_grids(village: Village, folder: Path, name: str) -> str:
    """Write the tables of every area's grid; returns what the market's file says of them."""
    buses = read_rows(DATA_FOLDER / "buses.csv")
    area_of = {row["bus_id"]: row["area"] for row in buses}
    text = ""
    for area_id in sorted({household.area_id for household in village.households}):
        own = [row for row in buses if row["area"] == area_id]
        (source,) = (row["bus_id"] for row in own if row["is_slack"] == "True")
        tables: dict[str, list[Row]] = {
            "buses": [_bus(row) for row in own],
            "lines": [
                _line(row)
                for row in read_rows(DATA_FOLDER / "lines.csv")
                if area_of[row["from_bus"]] == area_id and row["in_service"] == "True"
            ],
            "transformers": [
                _transformer(row)
                for row in read_rows(DATA_FOLDER / "transformers.csv")
                if area_of[row["hv_bus"]] == area_id
            ],
            "placements": list(_placements(village, area_id)),
        }
        for table in TABLES:
            _write(folder / f"{name}-{area_id}-{table}.csv", tables[table])
        text += TOML.format(
            name=name,
            area_id=area_id,
            source_bus=source,
            source_voltage_ppm=SOURCE_VOLTAGE_PPM,
        )
    return text


def whole(text: str, decimals: int) -> str:
    """A decimal as a whole count of 10**-decimals.

    Raises:
        ValueError: it has more decimals than that.
    """
    count = Decimal(text).scaleb(decimals)
    if count != count.to_integral_value():
        raise ValueError(f"{text} has more than {decimals} decimals")
    return str(int(count))


def _bus(row: Mapping[str, str]) -> Row:
    return {
        "bus_id": row["bus_id"],
        "rated_v": whole(row["vn_kv"], 3),
        "voltage_min_ppm": whole(row["min_vm_pu"], 6),
        "voltage_max_ppm": whole(row["max_vm_pu"], 6),
        "longitude_udeg": whole(row["lon"], 6),
        "latitude_udeg": whole(row["lat"], 6),
    }


def _line(row: Mapping[str, str]) -> Row:
    return {
        "line_id": row["line_id"],
        "from_bus": row["from_bus"],
        "to_bus": row["to_bus"],
        "length_mm": whole(row["length_km"], 6),
        "resistance_uohm_per_km": whole(row["r_ohm_per_km"], 6),
        "reactance_uohm_per_km": whole(row["x_ohm_per_km"], 6),
        "capacitance_ff_per_km": whole(row["c_nf_per_km"], 6),
        "current_max_ma": whole(row["max_i_ka"], 6),
    }


def _transformer(row: Mapping[str, str]) -> Row:
    return {
        "transformer_id": row["trafo_id"],
        "from_bus": row["hv_bus"],
        "to_bus": row["lv_bus"],
        "rated_va": whole(row["sn_mva"], 6),
        "from_rated_v": whole(row["vn_hv_kv"], 3),
        "to_rated_v": whole(row["vn_lv_kv"], 3),
        "short_circuit_ppb": whole(row["vk_percent"], 7),
        "short_circuit_resistance_ppb": whole(row["vkr_percent"], 7),
        "no_load_current_ppb": whole(row["i0_percent"], 7),
        "iron_loss_w": whole(row["pfe_kw"], 3),
        "tap_position": whole(row["tap_pos"], 0),
        "tap_step_ppm": str(TAP_STEP_PPM),
    }


def _placements(village: Village, area_id: str) -> Iterable[Row]:
    """Each unit at its participant's bus."""
    bus_of = {
        row["participant_id"]: row["bus_id"] for row in read_rows(DATA_FOLDER / "participants.csv")
    }
    for household in village.households:
        if household.area_id == area_id:
            for unit in household.units:
                yield {"member_id": unit.unit_id, "bus_id": bus_of[household.participant_id]}


def _write(path: Path, rows: list[Row]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
