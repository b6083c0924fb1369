"""The village as a market's file: `python -m sim.scenario` writes sim/scenarios/village*.

The one idea: the file is made from the data set once and kept in the repository, so that what the
demonstration sets up can be read, changed and set up by hand like any other market. What the
figures are and why stands in docs/simulation.md.
"""

import argparse
import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sim.grids import write_grids
from sim.profiles import STORAGE_SHARE, Household, UnitProfile, Village, load_village

FOLDER: Final = Path(__file__).parent / "scenarios"
MARKET_ID: Final = "village"
SEED: Final = 20160615
HOME_AREA: Final = "GRID"
RETAILER_ID: Final = "GRID-RETAILER"
RETAILER_UNIT_ID: Final = "GRID-RETAILER-supply"
RETAILER_POWER_W: Final = 1_000_000

PARTICIPANT_COLUMNS: Final = ("participant_id", "area_id", "name", "is_last_resort")
UNIT_COLUMNS: Final = (
    "unit_id", "participant_id", "area_id", "kind", "injection_max_kw", "withdrawal_max_kw",
    "controllable", "capacity_kwh", "start_kwh", "efficiency_charge_ppm",
    "efficiency_discharge_ppm",
)  # fmt: skip

TOML: Final = """\
# The village: two low-voltage grids of a data set (sim/data/README.md), the retailer in the grid
# above them, and lines that are tight on purpose. Made by `python -m sim.scenario`; set up with
# `wattmarket market create sim/scenarios/village.toml`. Decimals stand in quotes: no digit is lost.

[market]
market_id = "village"
name = "Village"
currency = "EUR"
time_zone = "Etc/GMT-1"
interval_minutes = 15
trading_from = "2016-06-15T00:00:00+01:00"
trading_until = "2016-06-16T00:00:00+01:00"
call_opens_minutes = 1560
gate_minutes = 15
settle_minutes = 15
price_min_per_mwh = "-500.00"
price_max_per_mwh = "4000.00"
tie = "prorata"
capability_tolerance_ppm = 50000
deviation_adder_ppm = 50000
deviation_adder_min_per_mwh = "0.50"
open_orders_max = 100000

# Falls on metered withdrawal, traded or not.
[market.tariff]
network_per_mwh = "70.00"
levies_per_mwh = "50.00"

# The retailer of last resort: what it asks by the hour of the local day, and the feed-in price.
{bands}
[[areas]]
area_id = "RUR"
name = "Rural"

[[areas]]
area_id = "SEM"
name = "Semi-urban"

[[areas]]
area_id = "GRID"
name = "Upper grid"
holds_last_resort = true

{lines}
[participants]
file = "{name}-participants.csv"

[units]
file = "{name}-units.csv"

# The real grids of the two areas: schedules are held against them before they stand.
{networks}# Enough for a month at the prices of the day.
[deposits]
each = "500.00"
last_resort = "100000.00"

[credentials]
participants = true
areas = true
"""

BAND: Final = """\
[[market.last_resort]]
from_hour = {from_hour}
to_hour = {to_hour}
ask_per_mwh = "{ask}"
bid_per_mwh = "80.00"

"""
BANDS: Final = (
    (0, 6, "120.00"),
    (6, 17, "160.00"),
    (17, 21, "220.00"),
    (21, 22, "160.00"),
    (22, 24, "120.00"),
)

LINE: Final = """\
[[lines]]
line_id = "{from_area}-{to_area}"
from_area = "{from_area}"
to_area = "{to_area}"
capacity_forward_kw = "{capacity}"
capacity_backward_kw = "{capacity}"
loss_ppm = 20000
fee_forward_per_mwh = "{fee_forward}"
fee_backward_per_mwh = "{fee_backward}"

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFigures:
    """What a line of the village carries and costs."""

    from_area: str
    to_area: str
    capacity: str
    """kW, each way."""
    fee_forward: str
    fee_backward: str


LINES: Final = (
    LineFigures(from_area="GRID", to_area="RUR", capacity="80.000", fee_forward="40.00",
                fee_backward="0.00"),
    LineFigures(from_area="GRID", to_area="SEM", capacity="80.000", fee_forward="40.00",
                fee_backward="0.00"),
    LineFigures(from_area="RUR", to_area="SEM", capacity="40.000", fee_forward="10.00",
                fee_backward="10.00"),
)  # fmt: skip


def write_scenario(village: Village, folder: Path, name: str = MARKET_ID) -> Path:
    """Write the market's file and its tables; returns the path of the file."""
    folder.mkdir(parents=True, exist_ok=True)
    networks = write_grids(village, folder, name)
    path = folder / f"{name}.toml"
    path.write_text(
        TOML.format(
            name=name,
            networks=networks,
            bands="".join(
                BAND.format(from_hour=first, to_hour=last, ask=ask) for first, last, ask in BANDS
            ),
            lines="".join(
                LINE.format(
                    from_area=line.from_area,
                    to_area=line.to_area,
                    capacity=line.capacity,
                    fee_forward=line.fee_forward,
                    fee_backward=line.fee_backward,
                )
                for line in LINES
            ),
        ),
        encoding="utf-8",
    )
    _write_table(
        folder / f"{name}-participants.csv",
        PARTICIPANT_COLUMNS,
        [*(_participant_row(household) for household in village.households), RETAILER_ROW],
    )
    _write_table(
        folder / f"{name}-units.csv",
        UNIT_COLUMNS,
        [
            *(
                _unit_row(household, unit)
                for household in village.households
                for unit in household.units
            ),
            RETAILER_UNIT_ROW,
        ],
    )
    return path


def _participant_row(household: Household) -> dict[str, str]:
    return {
        "participant_id": household.participant_id,
        "area_id": household.area_id,
        "name": household.name,
        "is_last_resort": "false",
    }


def _unit_row(household: Household, unit: UnitProfile) -> dict[str, str]:
    row = {
        "unit_id": unit.unit_id,
        "participant_id": household.participant_id,
        "area_id": household.area_id,
        "kind": unit.kind,
        "injection_max_kw": _thousandths(unit.injection_max_w),
        "withdrawal_max_kw": _thousandths(unit.withdrawal_max_w),
        "controllable": "true" if unit.controllable else "false",
    }
    battery = unit.battery
    if battery is not None:
        row |= {
            "capacity_kwh": _thousandths(battery.capacity_wh),
            "start_kwh": _thousandths(battery.start_wh),
            "efficiency_charge_ppm": str(battery.efficiency_charge_ppm),
            "efficiency_discharge_ppm": str(battery.efficiency_discharge_ppm),
        }
    return row


def _thousandths(count: int) -> str:
    """W as kW, Wh as kWh."""
    return f"{count // 1000}.{count % 1000:03d}"


RETAILER_ROW: Final = {
    "participant_id": RETAILER_ID,
    "area_id": HOME_AREA,
    "name": "Retailer of last resort",
    "is_last_resort": "true",
}
RETAILER_UNIT_ROW: Final = {
    "unit_id": RETAILER_UNIT_ID,
    "participant_id": RETAILER_ID,
    "area_id": HOME_AREA,
    "kind": "retailer",
    "injection_max_kw": _thousandths(RETAILER_POWER_W),
    "withdrawal_max_kw": _thousandths(RETAILER_POWER_W),
    "controllable": "true",
}


def _write_table(path: Path, columns: tuple[str, ...], rows: Iterable[Mapping[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Write the village of the demonstration."""
    parser = argparse.ArgumentParser(description="Write the village's market file.")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument(
        "--storage-share",
        type=float,
        default=STORAGE_SHARE,
        help="part of the batteries that takes part (0 to 1)",
    )
    given = parser.parse_args()
    village = load_village(seed=given.seed, storage_share=given.storage_share)
    write_scenario(village, given.folder)


if __name__ == "__main__":
    main()
