"""What accounts may come to owe for what they have traded and for what they have open.

The one idea: each unit and interval counts once, by what it has traded net, whatever modes the trades
came from; open orders count by the worst they could make of that. A sum for each participant is kept by
looking again only at units and intervals that have changed.

    g(n) = n x sold ticks, where the unit has sold n > 0 Wh net
         = |n| x bought ticks, where it has bought
    traded = g(n)        with open = max(g(n + open sales), g(n - open purchases))

As g is zero at zero and grows to either side, no fill of an open order makes `with open` larger.
"""

from collections.abc import Mapping
from typing import Final, Protocol

from market.model.messages import Step
from market.model.order import Side
from market.model.participant import Unit
from market.trading.commitments import Commitments
from market.trading.flexible import Energy
from market.trading.phases import Phases
from market.trading.positions import Positions

Place = tuple[str, int]
"""A unit and an interval."""
_NOTHING: Final = (0, 0)


class Rates(Protocol):
    """What a Wh of a position may come to cost."""

    def ticks(self, unit_id: str, start_s: int) -> tuple[int, int]:
        """For a Wh sold net and for a Wh bought net, both >= 0."""
        ...


class Exposures:
    """Exposure of every participant, in quanta of 1e-8 currency."""

    # Follows from positions and open energy, which are elsewhere in the state; see `state_form.py`.
    __snapshot_skip__: Final = ("_touched", "_known", "_sums", "_changed")

    def __init__(
        self,
        *,
        is_on: bool,
        rates: Rates,
        units: Mapping[str, Unit],
        commitments: Commitments,
        positions: Positions,
        phases: Phases,
    ) -> None:
        """`is_on`: False: nothing is counted, every exposure is zero."""
        self.is_on = is_on
        self._rates = rates
        self._units = units
        self._commitments = commitments
        self._positions = positions
        self._phases = phases
        self.rebuilt()

    def rebuilt(self) -> None:
        """Count everything anew: what open energy and positions say now."""
        self._touched: set[Place] = set()
        self._known: dict[int, dict[str, tuple[int, int]]] = {}
        # By participant: with open orders, and of what is traded alone.
        self._sums: dict[str, list[int]] = {}
        self._changed: set[str] = set()
        if not self.is_on:
            return
        self._commitments.watch(self._touched)
        self._positions.watch(self._touched)
        self._touched.update(self._commitments.places())
        self._touched.update(self._positions.places())
        self.forget_changes()

    # --- sums ---------------------------------------------------------------------------

    def worst_quanta(self, participant_id: str) -> int:
        """Exposure with open orders at their worst."""
        self._count()
        sums = self._sums.get(participant_id)
        return 0 if sums is None else sums[0]

    def traded_quanta(self, participant_id: str) -> int:
        """Exposure of what is traded alone."""
        self._count()
        sums = self._sums.get(participant_id)
        return 0 if sums is None else sums[1]

    def take_changes(self) -> set[str]:
        """Whose exposure of trades has changed since this was asked last."""
        self._count()
        if not self._changed:
            return self._changed
        changed, self._changed = self._changed, set()
        return changed

    def forget_changes(self) -> None:
        """Nobody has to be told of what has changed until now."""
        self._count()
        self._changed.clear()

    def over(self, start_s: int) -> None:
        """An interval is settled: nothing of it counts any more."""
        if self.is_on:
            self._touched.update((unit_id, start_s) for unit_id in self._known.get(start_s, ()))

    def _count(self) -> None:
        if not self._touched:
            return
        for unit_id, start_s in self._touched:
            before = self._known.get(start_s, {}).get(unit_id, _NOTHING)
            now = self._of(unit_id, start_s)
            if now == before:
                continue
            self._keep(unit_id, start_s, now)
            owner = self._units[unit_id].participant_id
            sums = self._sums.setdefault(owner, [0, 0])
            sums[0] += now[0] - before[0]
            sums[1] += now[1] - before[1]
            if now[1] != before[1]:
                self._changed.add(owner)
        self._touched.clear()

    def _keep(self, unit_id: str, start_s: int, now: tuple[int, int]) -> None:
        if now != _NOTHING:
            self._known.setdefault(start_s, {})[unit_id] = now
            return
        of_interval = self._known[start_s]
        del of_interval[unit_id]
        if not of_interval:
            del self._known[start_s]

    # --- one unit and interval ------------------------------------------------------------

    def _of(self, unit_id: str, start_s: int) -> tuple[int, int]:
        """With open orders, and of what is traded."""
        if self._phases.has_taken(start_s, Step.SETTLE):
            return _NOTHING
        rates = self._rates.ticks(unit_id, start_s)
        net_wh = self.net_wh(unit_id, start_s)
        energy = self._commitments.open_energy(unit_id, start_s)
        worst = _worst(rates, net_wh, energy.buy_wh, energy.sell_wh)
        return worst, _cost(rates, net_wh)

    def net_wh(self, unit_id: str, start_s: int) -> int:
        """What the unit has traded: sold less bought."""
        traded = self._positions.traded(unit_id, start_s)
        return traded.sold_wh - traded.bought_wh

    def added_quanta(
        self,
        place: Place,
        *,
        buy_wh: int = 0,
        sell_wh: int = 0,
        drafted_buy_wh: int = 0,
        drafted_sell_wh: int = 0,
    ) -> int:
        """What more open energy of a unit in an interval adds to the exposure at worst.

        Args:
            place: unit and interval.
            buy_wh: purchases that come on top; below zero: go.
            sell_wh: sales.
            drafted_buy_wh: purchases that count as open before that.
            drafted_sell_wh: sales.
        """
        if not self.is_on:
            return 0
        rates = self._rates.ticks(*place)
        net_wh, energy = self.net_wh(*place), self._commitments.open_energy(*place)
        open_buy_wh, open_sell_wh = (
            energy.buy_wh + drafted_buy_wh,
            energy.sell_wh + drafted_sell_wh,
        )
        before = _worst(rates, net_wh, open_buy_wh, open_sell_wh)
        return _worst(rates, net_wh, open_buy_wh + buy_wh, open_sell_wh + sell_wh) - before

    def added_by_quanta(self, energy: Energy) -> int:
        """What more open energy, by unit, interval and side, adds all together."""
        return sum(
            self.added_quanta(
                place, buy_wh=energy.get((*place, False), 0), sell_wh=energy.get((*place, True), 0)
            )
            for place in dict.fromkeys((unit_id, start_s) for unit_id, start_s, _ in energy)
        )

    def reducible_wh(self, unit_id: str, start_s: int, side: Side) -> int:
        """Energy that may still be ordered on a side and can only make the position smaller."""
        net_wh = self.net_wh(unit_id, start_s)
        energy = self._commitments.open_energy(unit_id, start_s)
        if side is Side.SELL:
            return max(0, -net_wh) - energy.sell_wh
        return max(0, net_wh) - energy.buy_wh

    def spared_ticks(self, unit_id: str, start_s: int, side: Side) -> int:
        """What a Wh of a position costs that an order on this side would make smaller."""
        sold, bought = self._rates.ticks(unit_id, start_s)
        return bought if side is Side.SELL else sold


def _cost(rates: tuple[int, int], net_wh: int) -> int:
    return net_wh * rates[0] if net_wh > 0 else -net_wh * rates[1]


def _worst(rates: tuple[int, int], net_wh: int, open_buy_wh: int, open_sell_wh: int) -> int:
    return max(_cost(rates, net_wh + open_sell_wh), _cost(rates, net_wh - open_buy_wh))
