"""What the unit agent keeps on disk, so that a power cut makes nothing old new again.

The one idea: one small file, replaced as a whole and on the disk before anything is done by it. With
it the agent starts without the market: it knows its unit, its last set-points and whether it is locked.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from market.control.unit import Memory
from market.model.participant import StorageData, Unit, UnitKind
from sim.unit_clock import Pace
from wattmarket import UsageError
from wattmarket.values import count_of

_DECIMALS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Everything the agent has to know after a restart."""

    unit: Unit
    interval_s: int
    """Length of the market's delivery intervals."""
    speed: float
    """Market seconds per real second, when it runs."""
    pace: Pace
    """Of the market's time, as it was last heard."""
    memory: Memory
    """Of the unit's controller."""


class Keeper:
    """The file of one unit in a folder."""

    def __init__(self, folder: Path, unit_id: str) -> None:
        """Nothing is read or written yet."""
        self.path = folder / f"{unit_id}.json"

    def read(self) -> Kept | None:
        """What was kept; None: nothing yet.

        Raises:
            UsageError: the file is there and is not what was written. A person has to look: with it
                a lock would be forgotten.
        """
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=Kept)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as fault:
            raise UsageError(
                f"{self.path} cannot be read: {fault}. Look at the device, then delete the file."
            ) from fault

    def write(self, kept: Kept) -> None:
        """Replace the file; it is on the disk when this returns."""
        replace_file(self.path, msgspec.json.encode(kept))


def replace_file(path: Path, content: bytes) -> None:
    """Replace a file as a whole; it is on the disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def unit_of(row: dict[str, Any]) -> Unit:
    """A unit as the market lists it."""
    storage = row.get("storage")
    return Unit(
        unit_id=row["unit_id"],
        participant_id=row["participant_id"],
        area_id=row["area_id"],
        kind=UnitKind(row["kind"]),
        injection_max_w=count_of(row["injection_max_kw"], _DECIMALS),
        withdrawal_max_w=count_of(row["withdrawal_max_kw"], _DECIMALS),
        controllable=row["controllable"],
        storage=None
        if storage is None
        else StorageData(
            capacity_wh=count_of(storage["capacity_kwh"], _DECIMALS),
            start_wh=count_of(storage["start_kwh"], _DECIMALS),
            efficiency_charge_ppm=storage["efficiency_charge_ppm"],
            efficiency_discharge_ppm=storage["efficiency_discharge_ppm"],
        ),
    )
