"""What each unit has traded, and what its storage holds.

The one idea: a position is the traded energy of a unit in an interval, whatever mode it came from;
risk, schedules and settlement all read it here.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

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

    # Whoever watches says so again; see `state_form.py`.
    __snapshot_skip__: Final = ("_touched",)

    def __init__(self) -> None:
        self._traded: dict[int, dict[str, TradedEnergy]] = {}
        # What storages were told beyond their trades: it moves their charge, and is no position.
        self._instructed_wh: dict[int, dict[str, int]] = {}
        self._charge: dict[str, tuple[int, int]] = {}  # unit -> (interval of reading, Wh)
        self.rebuilt()

    def rebuilt(self) -> None:
        """Nobody watches yet."""
        self._touched: set[tuple[str, int]] | None = None

    def watch(self, touched: set[tuple[str, int]]) -> None:
        """Note every unit and interval whose trades change from now on."""
        self._touched = touched

    def places(self) -> Iterator[tuple[str, int]]:
        """Units and intervals with trades."""
        for start_s, traded in self._traded.items():
            for unit_id in traded:
                yield unit_id, start_s

    def add(self, start_s: int, trades: Collection[Trade]) -> None:
        """Count trades of one interval."""
        traded = self._traded.setdefault(start_s, {})
        for trade in trades:
            energy = traded.get(trade.unit_id)
            if energy is None:
                energy = traded[trade.unit_id] = TradedEnergy()
            if trade.side is Side.SELL:
                energy.sold_wh += trade.energy_wh
            else:
                energy.bought_wh += trade.energy_wh
        self._touch(start_s, trades)

    def remove(self, start_s: int, trades: Collection[Trade]) -> None:
        """Trades of one interval are cancelled and count no more."""
        traded = self._traded[start_s]
        for trade in trades:
            energy = traded[trade.unit_id]
            if trade.side is Side.SELL:
                energy.sold_wh -= trade.energy_wh
            else:
                energy.bought_wh -= trade.energy_wh
        self._touch(start_s, trades)

    def _touch(self, start_s: int, trades: Collection[Trade]) -> None:
        if self._touched is not None:
            self._touched.update((trade.unit_id, start_s) for trade in trades)

    def traded(self, unit_id: str, start_s: int) -> TradedEnergy:
        """Traded energy of a unit in an interval; zeros when none."""
        traded = self._traded.get(start_s)
        return _NOTHING if traded is None else traded.get(unit_id, _NOTHING)

    def instruct(self, start_s: int, injection_wh: Mapping[str, int]) -> None:
        """Storages were told to differ from what they have traded in an interval by so much."""
        self._instructed_wh.setdefault(start_s, {}).update(injection_wh)

    def withdraw(self, start_s: int) -> None:
        """What storages were told beyond their trades in an interval holds no longer."""
        self._instructed_wh.pop(start_s, None)

    def moved(self, unit_id: str, start_s: int) -> TradedEnergy:
        """What moves a storage's charge in an interval: its trades, and what it was told besides."""
        told_wh = self._instructed_wh.get(start_s, {}).get(unit_id, 0)
        energy = self.traded(unit_id, start_s)
        if not told_wh:
            return energy
        return TradedEnergy(
            bought_wh=energy.bought_wh + max(0, -told_wh),
            sold_wh=energy.sold_wh + max(0, told_wh),
        )

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
        over = {*self._traded, *self._instructed_wh}
        for start_s in sorted(start_s for start_s in over if start_s < before_s):
            for unit_id, energy in self._moves(start_s).items():
                storage = storages.get(unit_id)
                if storage is not None:
                    self._carry(unit_id, storage, start_s, energy.bought_wh - energy.sold_wh)
            self._traded.pop(start_s, None)
            self._instructed_wh.pop(start_s, None)

    def _carry(self, unit_id: str, storage: StorageData, start_s: int, net_wh: int) -> None:
        read_s, level_wh = self.state_of_charge_wh(unit_id, storage)
        if read_s is not None and read_s >= start_s:
            return
        level_wh += charged_wh(storage, net_wh) if net_wh > 0 else -discharged_wh(storage, -net_wh)
        self._charge[unit_id] = (start_s, min(max(level_wh, 0), storage.capacity_wh))

    def moves_of(self, unit_id: str, after_s: int | None) -> Iterator[tuple[int, TradedEnergy]]:
        """What moves the charge of one storage in the intervals after one, the first first."""
        for moved_s in sorted({*self._traded, *self._instructed_wh}):
            if after_s is None or moved_s > after_s:
                energy = self.moved(unit_id, moved_s)
                if energy.bought_wh or energy.sold_wh:
                    yield moved_s, energy

    def intervals_after(self, start_s: int | None) -> Mapping[int, Mapping[str, TradedEnergy]]:
        """What moves charges in all intervals after one, by interval."""
        return {
            moved_s: self._moves(moved_s)
            for moved_s in dict.fromkeys((*self._traded, *self._instructed_wh))
            if start_s is None or moved_s > start_s
        }

    def _moves(self, start_s: int) -> Mapping[str, TradedEnergy]:
        traded = self._traded.get(start_s, {})
        told = self._instructed_wh.get(start_s)
        if not told:
            return traded
        return {**traded, **{unit_id: self.moved(unit_id, start_s) for unit_id in told}}
