"""A book of public depth, kept from the stream and checked against the server's checksum.

The one idea: a level is a line of text, and a book's checksum is the sum of its lines' CRC-32 modulo
2³²: anybody can compute it, in any order, level by level.
"""

from decimal import Decimal
from typing import Any
from zlib import crc32

from wattmarket.feed import Event

CHANNEL = "book"
Level = tuple[str, str, str]
"""Start of the interval, side, price per MWh: as they stand on the wire."""


def checksum_of(levels: dict[Level, str]) -> int:
    """The checksum of levels and the energy at each, kWh as on the wire."""
    lines = (f"{' '.join(level)} {energy_kwh}" for level, energy_kwh in levels.items())
    return sum(crc32(line.encode()) for line in lines) % 2**32


class Book:
    """What one key of the `book` channel shows."""

    def __init__(self) -> None:
        self.revision = 0
        """The market's event up to which it is true."""
        self.phases: dict[str, str] = {}
        """The phase of each interval shown, by start."""
        self._levels: dict[Level, str] = {}

    @property
    def checksum(self) -> int:
        """What its levels add up to."""
        return checksum_of(self._levels)

    def depth(self, start: str, side: str) -> list[tuple[Decimal, Decimal]]:
        """Price per MWh and kWh of each level of an interval, best price first.

        Args:
            start: start of the interval, as on the wire.
            side: "buy" or "sell".
        """
        found = [
            (Decimal(level[2]), Decimal(energy_kwh))
            for level, energy_kwh in self._levels.items()
            if level[:2] == (start, side)
        ]
        return sorted(found, reverse=side == "buy")

    def take(self, event: Event) -> bool:
        """Follow a snapshot or a change; False: the levels do not add up to the checksum told."""
        data: dict[str, Any] = event.data
        self.revision = data["revision"]
        for interval in data.get("intervals", ()):
            start = interval["start"]
            self.phases[start] = interval["phase"]
            for level in interval["levels"]:
                place = (start, level["side"], level["price_per_mwh"])
                if Decimal(level["energy_kwh"]):
                    self._levels[place] = level["energy_kwh"]
                else:
                    self._levels.pop(place, None)
        told = data.get("checksum")
        return told is None or told == self.checksum
