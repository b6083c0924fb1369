"""The units of an area side by side, so that an area of a thousand units is one step and not a thousand.

The one idea: bounds and targets are columns of whole watts in the order in which the units came. A single
unit's power takes 31 bits on the wire, so a sum of thousands of millions of them still is exact.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from market.control.burdens import Account
from market.control.caps import Caps
from market.control.unit import UnitControl
from market.model.burden import BurdenShare
from market.model.power import PowerLimits
from market.model.units import MINUTES_PER_HOUR

Watts = NDArray[np.int64]
_NOTHING: Final = (0, 0)


class UnitColumns:
    """Nameplates of units, and the targets they were given last."""

    def __init__(self, units: Mapping[str, UnitControl]) -> None:
        self.unit_ids = tuple(units)
        self._place = {unit_id: place for place, unit_id in enumerate(self.unit_ids)}
        of = [item.unit for item in units.values()]
        self._lowest_w = _column(-unit.withdrawal_max_w for unit in of)
        self._highest_w = _column(unit.injection_max_w for unit in of)
        self._steered = np.array([unit.controllable for unit in of], dtype=np.bool_)
        self.targets_w = np.zeros(len(of), dtype=np.int64)
        self._asked_w = self.targets_w.copy()
        self._offered_w = self.targets_w.copy()

    def bounds_w(self, caps: Caps) -> tuple[Watts, Watts]:
        """Lowest and highest power of each unit, narrowed by what caps say."""
        capped = caps.units.keys() & self._place.keys() if caps.units else ()
        if not capped:
            return self._lowest_w, self._highest_w
        lowest_w, highest_w = self._lowest_w.copy(), self._highest_w.copy()
        for unit_id in capped:
            place = self._place[unit_id]
            narrowed = caps.unit(
                unit_id,
                PowerLimits(
                    withdrawal_max_w=-int(lowest_w[place]), injection_max_w=int(highest_w[place])
                ),
            )
            lowest_w[place], highest_w[place] = (
                -narrowed.withdrawal_max_w,
                narrowed.injection_max_w,
            )
        return lowest_w, highest_w

    def limits(self, caps: Caps) -> PowerLimits:
        """The units' limits in sum."""
        lowest_w, highest_w = self.bounds_w(caps)
        return PowerLimits(
            withdrawal_max_w=-int(lowest_w.sum()), injection_max_w=int(highest_w.sum())
        )

    def set_targets(self, asked_w: Mapping[str, int], caps: Caps) -> int:
        """Give every unit what is asked as far as it may; returns what was asked in sum."""
        asked = _column(map(asked_w.get, self.unit_ids, _zeros()))
        np.clip(asked, *self.bounds_w(caps), out=self.targets_w)
        self._asked_w[:] = self.targets_w
        self._offered_w[:] = 0
        return int(asked.sum())

    def rooms_w(self, caps: Caps, *, upward: bool) -> Watts:
        """How far each unit that can be steered may still move in one direction, >= 0."""
        lowest_w, highest_w = self.bounds_w(caps)
        rooms_w = highest_w - self.targets_w if upward else self.targets_w - lowest_w
        return np.where(self._steered, np.maximum(rooms_w, 0), 0)

    def move(self, parts_w: Iterable[int], rooms_w: Watts) -> None:
        """Move the targets; each by no more than its room."""
        self.targets_w += _column(parts_w)
        np.maximum(self._offered_w, rooms_w, out=self._offered_w)

    def burdens(self, account: Account) -> tuple[list[int], list[int]]:
        """What each unit has given up before, and what it could have given up."""
        found = [account.get(unit_id, _NOTHING) for unit_id in self.unit_ids]
        return [given_w for given_w, _ in found], [could_w for _, could_w in found]

    def shares(self, account: Account) -> tuple[BurdenShare, ...]:
        """What every unit that was asked has given since the targets were set."""
        given_w = np.abs(self.targets_w - self._asked_w).tolist()
        offered_w = self._offered_w.tolist()
        return tuple(
            BurdenShare(
                unit_id=unit_id,
                given_w=given_w[place],
                offered_w=offered_w[place],
                borne_w=account.get(unit_id, _NOTHING)[0],
                could_w=account.get(unit_id, _NOTHING)[1],
            )
            for place, unit_id in enumerate(self.unit_ids)
            if offered_w[place]
        )

    def set_w(self) -> int:
        """The targets in sum."""
        return int(self.targets_w.sum())

    def targets(self) -> dict[str, int]:
        """The target of each unit, in the order they came."""
        return dict(zip(self.unit_ids, self.targets_w.tolist(), strict=True))


def powers_w(energies_wh: Mapping[str, int], minutes: int) -> dict[str, int]:
    """Constant powers that move these energies in an interval, W, rounded toward zero.

    The same as `power_from_energy_w` one by one.
    """
    energies = _column(energies_wh.values())
    powers = np.sign(energies) * (np.abs(energies) * MINUTES_PER_HOUR // minutes)
    return dict(zip(energies_wh, powers.tolist(), strict=True))


def _column(values: Iterable[int]) -> Watts:
    return np.fromiter(values, dtype=np.int64)


def _zeros() -> Iterable[int]:
    while True:
        yield 0
