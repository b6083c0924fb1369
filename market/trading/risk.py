"""Pre-trade checks: may this order stand, and how much money is held for it.

The one idea: rows of one command are checked one after another against the state plus the rows
before them (`Draft`), so a thousand orders in one call cannot do what one order may not.
The checks and their codes come in the order of `rejection.Code`.
"""

from dataclasses import dataclass, field
from typing import Final

from market.model.order import OrderColumns, Side
from market.model.participant import StorageData, Unit
from market.model.rejection import Code, Rejection
from market.model.rules import MarketRules
from market.model.units import (
    PPM,
    energy_from_power_wh,
    energy_text,
    money_text,
    price_text,
)
from market.trading.book import Book
from market.trading.phases import Phases
from market.trading.positions import Positions, charged_wh, discharged_wh

ENERGY_MIN_WH: Final = 1


@dataclass(slots=True)
class Draft:
    """What the accepted rows of the command so far would add."""

    available_quanta: int
    """Money not yet held."""
    open_count: int
    buy_wh: dict[tuple[str, int], int] = field(default_factory=dict)
    sell_wh: dict[tuple[str, int], int] = field(default_factory=dict)

    def add(self, unit_id: str, start_s: int, side: Side, energy_wh: int, held: int) -> None:
        """Count one accepted row."""
        open_wh = self.sell_wh if side is Side.SELL else self.buy_wh
        open_wh[unit_id, start_s] = open_wh.get((unit_id, start_s), 0) + energy_wh
        self.available_quanta -= held
        self.open_count += 1


def hold_quanta(side: Side, price_ticks: int, energy_wh: int) -> int:
    """Money to hold: what the order costs at most; a seller pays only at a negative price."""
    price_at_worst_ticks = price_ticks if side is Side.BUY else -price_ticks
    return max(0, price_at_worst_ticks) * energy_wh


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChecks:
    """The checks of one market; reads its state, changes nothing."""

    rules: MarketRules
    phases: Phases
    book: Book
    positions: Positions
    units: dict[str, Unit]

    def refusal(
        self, participant_id: str, orders: OrderColumns, row: int, draft: Draft
    ) -> Rejection | None:
        """The first reason, in order of precedence, why the row is refused; None: it may stand."""
        unit = self.units.get(orders.unit_id[row])
        if unit is None or unit.participant_id != participant_id:
            return Rejection(code=Code.UNIT_UNKNOWN, pointer="unit_id")
        code = self.phases.entry_refusal(orders.start_s[row])
        if code is not None:
            return Rejection(code=code, pointer="start")
        return (
            self._product_refusal(orders.price_ticks[row], orders.energy_wh[row])
            or self._power_refusal(unit, orders, row, draft)
            or self._storage_refusal(unit, orders, row, draft)
            or self._money_refusal(orders, row, draft)
        )

    def _product_refusal(self, price_ticks: int, energy_wh: int) -> Rejection | None:
        rules = self.rules
        if energy_wh < ENERGY_MIN_WH:
            least = {"energy_kwh_min": energy_text(ENERGY_MIN_WH)}
            return Rejection(code=Code.VOLUME_MIN, pointer="energy_kwh", parameters=least)
        if price_ticks > rules.price_max_ticks:
            limit = {"price_per_mwh_max": price_text(rules.price_max_ticks)}
            return Rejection(code=Code.PRICE_ABOVE_MAX, pointer="price_per_mwh", parameters=limit)
        if price_ticks < rules.price_min_ticks:
            limit = {"price_per_mwh_min": price_text(rules.price_min_ticks)}
            return Rejection(code=Code.PRICE_BELOW_MIN, pointer="price_per_mwh", parameters=limit)
        return None

    def capability_wh(self, unit: Unit, side: Side) -> int:
        """Most energy the unit can move in one interval and direction, tolerance included."""
        power_w = unit.injection_max_w if side is Side.SELL else unit.withdrawal_max_w
        nameplate_wh = energy_from_power_wh(power_w, self.rules.interval_minutes)
        return nameplate_wh * (PPM + self.rules.capability_tolerance_ppm) // PPM

    def _power_refusal(
        self, unit: Unit, orders: OrderColumns, row: int, draft: Draft
    ) -> Rejection | None:
        start_s, side = orders.start_s[row], orders.side[row]
        key = (unit.unit_id, start_s)
        open_energy = self.book.open_energy(*key)
        traded = self.positions.traded(*key)
        if side is Side.SELL:
            taken_wh = open_energy.sell_wh + traded.sold_wh + draft.sell_wh.get(key, 0)
        else:
            taken_wh = open_energy.buy_wh + traded.bought_wh + draft.buy_wh.get(key, 0)
        left_wh = self.capability_wh(unit, side) - taken_wh
        if orders.energy_wh[row] <= left_wh:
            return None
        return Rejection(
            code=Code.EXCEEDS_CAPABILITY,
            pointer="energy_kwh",
            parameters={"energy_kwh_max": energy_text(max(0, left_wh))},
        )

    def _storage_refusal(
        self, unit: Unit, orders: OrderColumns, row: int, draft: Draft
    ) -> Rejection | None:
        if unit.storage is None:
            return None
        low_wh, high_wh = self._trajectory(unit, unit.storage, orders, row, draft)
        if low_wh >= 0 and high_wh <= unit.storage.capacity_wh:
            return None
        return Rejection(
            code=Code.EXCEEDS_STORED_ENERGY,
            pointer="energy_kwh",
            parameters={
                "state_of_charge_kwh_min": energy_text(low_wh),
                "state_of_charge_kwh_max": energy_text(high_wh),
                "capacity_kwh": energy_text(unit.storage.capacity_wh),
            },
        )

    def _trajectory(
        self, unit: Unit, storage: StorageData, orders: OrderColumns, row: int, draft: Draft
    ) -> tuple[int, int]:
        """Lowest and highest state of charge over time, each with the open orders that lead there.

        Confirmed trades count as they are. The lowest counts all open sells and no open buy, the
        highest all open buys and no open sell, this row included. Only the direction of the row is
        reported; the other is returned as harmless.
        """
        read_s, charge_wh = self.positions.state_of_charge_wh(unit.unit_id, storage)
        start_s, sells = orders.start_s[row], orders.side[row] is Side.SELL
        starts_s = self._starts_concerned(unit.unit_id, read_s, start_s, draft)
        level_wh, extreme_wh = charge_wh, charge_wh
        for at_s in starts_s:
            key = (unit.unit_id, at_s)
            traded, open_energy = self.positions.traded(*key), self.book.open_energy(*key)
            net_wh = traded.bought_wh - traded.sold_wh
            level_wh += charged_wh(storage, net_wh) if net_wh > 0 else 0
            level_wh -= discharged_wh(storage, -net_wh) if net_wh < 0 else 0
            this_wh = orders.energy_wh[row] if at_s == start_s else 0
            if sells:
                open_wh = open_energy.sell_wh + draft.sell_wh.get(key, 0) + this_wh
                level_wh -= discharged_wh(storage, open_wh)
                extreme_wh = min(extreme_wh, level_wh)
            else:
                open_wh = open_energy.buy_wh + draft.buy_wh.get(key, 0) + this_wh
                level_wh += charged_wh(storage, open_wh)
                extreme_wh = max(extreme_wh, level_wh)
        return (extreme_wh, 0) if sells else (0, extreme_wh)

    def _starts_concerned(
        self, unit_id: str, read_s: int | None, start_s: int, draft: Draft
    ) -> list[int]:
        """Intervals after the last reading in which the unit has trades or open orders."""
        starts_s = {start_s}
        starts_s.update(
            at_s
            for at_s, traded in self.positions.intervals_after(read_s).items()
            if unit_id in traded
        )
        starts_s.update(self.book.open_starts(unit_id))
        starts_s.update(at_s for unit, at_s in (*draft.buy_wh, *draft.sell_wh) if unit == unit_id)
        return sorted(at_s for at_s in starts_s if read_s is None or at_s > read_s)

    def _money_refusal(self, orders: OrderColumns, row: int, draft: Draft) -> Rejection | None:
        held = hold_quanta(orders.side[row], orders.price_ticks[row], orders.energy_wh[row])
        if held and held > draft.available_quanta:  # who is in debt may still sell
            return Rejection(
                code=Code.INSUFFICIENT_FUNDS,
                parameters={
                    "needed": money_text(held),
                    "available": money_text(draft.available_quanta),
                },
            )
        if draft.open_count >= self.rules.open_orders_max:
            limit = {"open_orders_max": str(self.rules.open_orders_max)}
            return Rejection(code=Code.OPEN_ORDERS_MAX, parameters=limit)
        return None
