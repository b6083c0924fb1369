"""What is spoken for: open energy of every unit in every interval, whatever mode it waits in.

The one idea: sum of open and traded energy must stay within what a unit can do, so every mode that
lets an order, a listing or a contract stand counts its energy here, and takes it out again once.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final


@dataclass(slots=True)
class OpenEnergy:
    """Open energy of one unit in one interval, Wh."""

    buy_wh: int = 0
    sell_wh: int = 0


_NOTHING = OpenEnergy()  # answered for units without open orders; never changed


class Commitments:
    """Open energy by unit and interval, and open orders by participant."""

    # Whoever watches says so again; see `state_form.py`.
    __snapshot_skip__: Final = ("_touched",)

    def __init__(self) -> None:
        self._open: defaultdict[str, dict[int, OpenEnergy]] = defaultdict(dict)
        self._open_count: defaultdict[str, int] = defaultdict(int)
        self.rebuilt()

    def rebuilt(self) -> None:
        """Nobody watches yet."""
        self._touched: set[tuple[str, int]] | None = None

    def watch(self, touched: set[tuple[str, int]]) -> None:
        """Note every unit and interval that changes from now on."""
        self._touched = touched

    def places(self) -> Iterator[tuple[str, int]]:
        """Units and intervals with open energy."""
        for unit_id, starts in self._open.items():
            for start_s in starts:
                yield unit_id, start_s

    def add(self, unit_id: str, start_s: int, *, sells: bool, energy_wh: int) -> None:
        """Count open energy in; negative: out. An interval with nothing left is forgotten."""
        starts = self._open[unit_id]
        energy = starts.get(start_s)
        if energy is None:
            energy = starts[start_s] = OpenEnergy()
        if sells:
            energy.sell_wh += energy_wh
        else:
            energy.buy_wh += energy_wh
        if not energy.sell_wh and not energy.buy_wh:
            del starts[start_s]
        if self._touched is not None:
            self._touched.add((unit_id, start_s))

    def count(self, participant_id: str, orders: int) -> None:
        """Count open orders in; negative: out."""
        self._open_count[participant_id] += orders

    def open_energy(self, unit_id: str, start_s: int) -> OpenEnergy:
        """Open energy of a unit in an interval."""
        energy = self._open.get(unit_id)
        return _NOTHING if energy is None else energy.get(start_s, _NOTHING)

    def open_starts(self, unit_id: str) -> tuple[int, ...]:
        """Intervals in which the unit has open energy."""
        return tuple(self._open.get(unit_id, ()))

    def open_count(self, participant_id: str) -> int:
        """Number of open orders of a participant."""
        return self._open_count.get(participant_id, 0)
