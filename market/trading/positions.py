"""What each unit has traded, and what its storage holds.

The one idea: a position is the traded energy of a unit in an interval, whatever mode it came from;
risk, schedules and settlement all read it here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from market.model.order import Side
from market.model.participant import StorageData
from market.model.power import Measurement
from market.model.trade import Trade
from market.model.units import PPM, round_up


@dataclass(slots=True)
class TradedEnergy:
    """Traded energy of one unit in one interval, Wh."""

    bought_wh: int = 0
    sold_wh: int = 0


_NOTHING = TradedEnergy()  # answered for units without trades; never changed


def charged_wh(storage: StorageData, bought_wh: int) -> int:
    """What charging with grid-side energy adds to the state of charge (decision: rounded down)."""
    return bought_wh * storage.efficiency_charge_ppm // PPM


def discharged_wh(storage: StorageData, sold_wh: int) -> int:
    """What discharging grid-side energy takes from the state of charge (rounded up)."""
    return round_up(sold_wh * PPM, storage.efficiency_discharge_ppm)


class Positions:
    """Traded energy by interval and unit, and the last reading of every storage."""

    def __init__(self) -> None:
        self._traded: dict[int, dict[str, TradedEnergy]] = {}
        self._charge: dict[str, tuple[int, int]] = {}  # unit -> (interval of reading, Wh)

    def add(self, start_s: int, trades: Iterable[Trade]) -> None:
        """Count trades of one interval."""
        traded = self._traded.setdefault(start_s, {})
        for trade in trades:
            energy = traded.setdefault(trade.unit_id, TradedEnergy())
            if trade.side is Side.SELL:
                energy.sold_wh += trade.energy_wh
            else:
                energy.bought_wh += trade.energy_wh

    def traded(self, unit_id: str, start_s: int) -> TradedEnergy:
        """Traded energy of a unit in an interval; zeros when none."""
        traded = self._traded.get(start_s)
        return _NOTHING if traded is None else traded.get(unit_id, _NOTHING)

    def scheduled_wh(self, start_s: int) -> dict[str, int]:
        """Net traded injection of each unit that traded in the interval."""
        traded = self._traded.get(start_s, {})
        return {unit_id: energy.sold_wh - energy.bought_wh for unit_id, energy in traded.items()}

    def read(self, measurements: Iterable[Measurement]) -> None:
        """Take in the state of charge of newer readings."""
        for reading in measurements:
            if reading.state_of_charge_wh is None:
                continue
            known = self._charge.get(reading.unit_id)
            if known is None or known[0] <= reading.start_s:
                self._charge[reading.unit_id] = (reading.start_s, reading.state_of_charge_wh)

    def state_of_charge_wh(self, unit_id: str, storage: StorageData) -> tuple[int | None, int]:
        """Interval of the last reading (None: none yet) and the energy stored at its end."""
        known = self._charge.get(unit_id)
        return known if known is not None else (None, storage.start_wh)

    def forget(self, before_s: int, storages: Mapping[str, StorageData]) -> None:
        """Drop positions of intervals that are settled and too old to matter to any check.

        What a storage traded since its last reading goes into its state of charge first: without
        a reading it is where its trades have brought it.
        """
        for start_s in sorted(start_s for start_s in self._traded if start_s < before_s):
            for unit_id, energy in self._traded.pop(start_s).items():
                storage = storages.get(unit_id)
                if storage is not None:
                    self._carry(unit_id, storage, start_s, energy.bought_wh - energy.sold_wh)

    def _carry(self, unit_id: str, storage: StorageData, start_s: int, net_wh: int) -> None:
        read_s, level_wh = self.state_of_charge_wh(unit_id, storage)
        if read_s is not None and read_s >= start_s:
            return
        level_wh += charged_wh(storage, net_wh) if net_wh > 0 else -discharged_wh(storage, -net_wh)
        self._charge[unit_id] = (start_s, min(max(level_wh, 0), storage.capacity_wh))

    def intervals_after(self, start_s: int | None) -> Mapping[int, Mapping[str, TradedEnergy]]:
        """Traded energy of all intervals after one, by interval."""
        return {
            traded_s: traded
            for traded_s, traded in self._traded.items()
            if start_s is None or traded_s > start_s
        }
