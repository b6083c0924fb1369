"""What people do with certificates (绿证) that settlement has put into their accounts."""

from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

BUNDLE_WH: Final = 1_000_000
"""A certificate is exported as 1 MWh; what is left over stays and counts for the next."""


class Lot(NamedTuple):
    """Certificates of one unit and interval. They sort by time, then unit."""

    start_s: int
    unit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Certificates of a lot go from one account to another."""

    reference: str
    lot: Lot
    giver: int
    receiver: int
    energy_wh: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retire:
    """A holder uses certificates of a lot up for what it used in the same interval."""

    reference: str
    lot: Lot
    holder: int
    energy_wh: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A holder's certificates leave for another register, in whole bundles, oldest first."""

    reference: str
    holder: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """1 MWh that left the register."""

    number: int
    """Counted from 1 over the whole register."""
    holder: int
    parts: tuple[tuple[Lot, int], ...]
    """Which lots, and how many Wh of each; 1 MWh in sum."""


Act: TypeAlias = Move | Retire | Export
"""Each carries a reference of its own: the same one again is the same act, and changes nothing."""
