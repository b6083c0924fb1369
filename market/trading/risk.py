"""Pre-trade checks: may this order stand, and how much money is held for it.

The one idea: rows of one command are checked one after another against the state plus the rows
before them (`Draft`), so a thousand orders in one call cannot do what one order may not.
The checks and their codes come in the order of `rejection.Code`.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from market.model.mandate import OwnLimits
from market.model.order import (
    PLAIN,
    OrderColumns,
    OrderOptions,
    Restriction,
    Side,
    TimeInForce,
)
from market.model.participant import StorageData, Unit
from market.model.power import PowerLimits
from market.model.rejection import Code, Rejection
from market.model.rules import MarketRules
from market.model.service import Outage
from market.model.units import (
    PPM,
    SECONDS_PER_MINUTE,
    energy_from_power_wh,
    energy_text,
    money_text,
    price_text,
)
from market.trading.acts import Acts
from market.trading.collateral import Collateral
from market.trading.commitments import Commitments
from market.trading.exposure import Exposures
from market.trading.holds import hold_quanta
from market.trading.mandates import Mandates
from market.trading.phases import Phases
from market.trading.positions import Positions, charged_wh, discharged_wh
from market.trading.stops import Stops

ENERGY_MIN_WH: Final = 1
_AT_ONCE: Final = frozenset({TimeInForce.IOC, TimeInForce.FOK})


@lru_cache(maxsize=16_384)  # asked at every order, of a unit's two powers
def _capability_wh(power_w: int, minutes: int, tolerance_ppm: int) -> int:
    return energy_from_power_wh(power_w, minutes) * (PPM + tolerance_ppm) // PPM


@dataclass(slots=True)
class Draft:
    """What the accepted rows of the command so far would add."""

    available_quanta: int
    """Money that neither orders hold nor exposures need."""
    open_count: int
    held_quanta: int = 0
    """What open orders hold already."""
    buy_wh: dict[tuple[str, int], int] = field(default_factory=dict)
    sell_wh: dict[tuple[str, int], int] = field(default_factory=dict)
    exposures: Exposures | None = None
    """Whether rows add to them; None: they do not."""

    def exposed_quanta(self, unit_id: str, start_s: int, side: Side, energy_wh: int) -> int:
        """What a further row adds to the exposure at worst."""
        if self.exposures is None:
            return 0
        place, sells = (unit_id, start_s), side is Side.SELL
        return self.exposures.added_quanta(
            place,
            buy_wh=0 if sells else energy_wh,
            sell_wh=energy_wh if sells else 0,
            drafted_buy_wh=self.buy_wh.get(place, 0),
            drafted_sell_wh=self.sell_wh.get(place, 0),
        )

    def add(self, unit_id: str, start_s: int, side: Side, energy_wh: int, held: int) -> None:
        """Count one accepted row."""
        if self.exposures is not None:
            self.available_quanta -= self.exposed_quanta(unit_id, start_s, side, energy_wh)
        open_wh = self.sell_wh if side is Side.SELL else self.buy_wh
        open_wh[unit_id, start_s] = open_wh.get((unit_id, start_s), 0) + energy_wh
        self.available_quanta -= held
        self.held_quanta += held
        self.open_count += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChecks:
    """The checks of one market; reads its state, changes nothing."""

    rules: MarketRules
    phases: Phases
    commitments: Commitments
    positions: Positions
    units: dict[str, Unit]
    stops: Stops = field(default_factory=Stops)
    mandates: Mandates = field(default_factory=Mandates)
    own_limits: dict[str, OwnLimits] = field(default_factory=dict)
    outages: dict[str, Outage] = field(default_factory=dict)
    acts: Acts = field(default_factory=lambda: Acts(market_id="", around={}))
    collateral: Collateral = field(default_factory=Collateral)
    exposures: Exposures | None = None
    """What positions may come to cost; None: nothing."""

    def refusal(
        self,
        participant_id: str,
        orders: OrderColumns,
        row: int,
        draft: Draft,
        client_id: str = "",
        now_us: int = 0,
    ) -> Rejection | None:
        """The first reason, in order of precedence, why the row is refused; None: it may stand."""
        unit = self.units.get(orders.unit_id[row])
        if unit is None or unit.participant_id != participant_id:
            return Rejection(code=Code.UNIT_UNKNOWN, pointer="unit_id")
        code = self.entry_refusal(unit, orders.start_s[row], client_id)
        if code is not None:
            return Rejection(code=code, pointer="start")
        return (
            self.options_refusal(orders.options_of(row), now_us)
            or self.product_refusal(orders.price_ticks[row], orders.energy_wh[row])
            or self.power_refusal(unit, orders, row, draft)
            or self.storage_refusal(unit, orders, row, draft)
            or self.money_refusal(orders, row, draft)
        )

    def entry_refusal(self, unit: Unit, start_s: int, client_id: str) -> Code | None:
        """Why nothing new of a unit may enter for an interval: a stop, or its phase."""
        if self.stops:
            code = self.stops.refusal(
                client_id=client_id,
                participant_id=unit.participant_id,
                unit_id=unit.unit_id,
                area_id=unit.area_id,
                start_s=start_s,
            )
            if code is not None:
                return code
        return self.phases.entry_refusal(start_s, unit.area_id)

    def surely_stands(self, unit: Unit, start_s: int, sells: bool, energy_wh: int) -> bool:
        """True: neither `power_refusal` nor `storage_refusal` would refuse one row alone.

        The short way for the most common order; whoever gets False asks them, and is told why.
        """
        if unit.storage is not None or self.outages or (self.acts and self.acts.touches(unit)):
            return False
        unit_id = unit.unit_id
        open_energy = self.commitments.open_energy(unit_id, start_s)
        traded = self.positions.traded(unit_id, start_s)
        if sells:
            taken_wh, power_w = open_energy.sell_wh + traded.sold_wh, unit.injection_max_w
        else:
            taken_wh, power_w = open_energy.buy_wh + traded.bought_wh, unit.withdrawal_max_w
        rules = self.rules
        most_wh = _capability_wh(power_w, rules.interval_minutes, rules.capability_tolerance_ppm)
        return energy_wh + taken_wh <= most_wh

    def options_refusal(self, options: OrderOptions, now_us: int) -> Rejection | None:
        """Wishes a call cannot grant: whatever is decided on arrival, or a date that has passed."""
        if options is PLAIN:
            return None
        if options.tif in _AT_ONCE or (options.tif is TimeInForce.GTD) != (
            options.expires_us is not None
        ):
            return Rejection(code=Code.TIF_UNSUPPORTED, pointer="tif")
        if options.post_only or options.display_wh or options.restriction is Restriction.AON:
            return Rejection(code=Code.TIF_UNSUPPORTED, pointer="restriction")
        if options.expires_us is not None and options.expires_us <= now_us:
            return Rejection(code=Code.EXPIRY_IN_PAST, pointer="expires")
        return None

    def product_refusal(self, price_ticks: int, energy_wh: int) -> Rejection | None:
        """Too little, or a price outside the market's limits."""
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

    def capability_wh(self, unit: Unit, side: Side, start_s: int | None = None) -> int:
        """Most energy the unit can move in one interval and direction, tolerance included.

        By its nameplate; with an interval, also by what operators allow it then.
        """
        most: Unit | PowerLimits = unit
        if start_s is not None and self.acts:
            most = self.acts.allowed(unit, start_s, start_s + self._step_s()).limits
        power_w = most.injection_max_w if side is Side.SELL else most.withdrawal_max_w
        rules = self.rules
        return _capability_wh(power_w, rules.interval_minutes, rules.capability_tolerance_ppm)

    def is_out(self, unit_id: str, start_s: int) -> bool:
        """True when the unit is out of service in the interval."""
        outage = self.outages.get(unit_id)
        return outage is not None and outage.from_s <= start_s < outage.until_s

    def is_stopped(self, unit: Unit, start_s: int) -> bool:
        """True when an operator has stopped the unit, its area or everything."""
        return self.acts.is_stopped(unit, start_s, start_s + self._step_s())

    def _step_s(self) -> int:
        return self.rules.interval_minutes * SECONDS_PER_MINUTE

    def power_refusal(
        self, unit: Unit, orders: OrderColumns, row: int, draft: Draft
    ) -> Rejection | None:
        """A unit that is out, or more than its nameplate, open and traded energy included.

        Where positions are covered, a unit may take back in one direction what it has traded in the
        other, though it could not move that energy itself: what it nets to, it can.
        """
        start_s, side = orders.start_s[row], orders.side[row]
        if (self.outages and self.is_out(unit.unit_id, start_s)) or (
            self.acts and self.is_stopped(unit, start_s)
        ):
            return Rejection(code=Code.UNIT_OUT_OF_SERVICE, pointer="unit_id")
        key = (unit.unit_id, start_s)
        open_energy = self.commitments.open_energy(*key)
        traded = self.positions.traded(*key)
        if side is Side.SELL:
            taken_wh = open_energy.sell_wh + traded.sold_wh + draft.sell_wh.get(key, 0)
        else:
            taken_wh = open_energy.buy_wh + traded.bought_wh + draft.buy_wh.get(key, 0)
        left_wh = self.capability_wh(unit, side, start_s) - taken_wh
        if orders.energy_wh[row] <= left_wh:
            return None
        if self.exposures is not None and self.exposures.is_on:
            left_wh = max(left_wh, self._reducible_wh(unit.unit_id, start_s, side, draft))
            if orders.energy_wh[row] <= left_wh:
                return None
        return Rejection(
            code=Code.EXCEEDS_CAPABILITY,
            pointer="energy_kwh",
            parameters={"energy_kwh_max": energy_text(max(0, left_wh))},
        )

    def storage_refusal(
        self, unit: Unit, orders: OrderColumns, row: int, draft: Draft
    ) -> Rejection | None:
        """More than the storage holds, or has room for, on its way through the intervals."""
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
            traded, open_energy = self.positions.moved(*key), self.commitments.open_energy(*key)
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
        starts_s.update(at_s for at_s, _ in self.positions.moves_of(unit_id, read_s))
        starts_s.update(self.commitments.open_starts(unit_id))
        starts_s.update(at_s for unit, at_s in (*draft.buy_wh, *draft.sell_wh) if unit == unit_id)
        return sorted(at_s for at_s in starts_s if read_s is None or at_s > read_s)

    def money_refusal(self, orders: OrderColumns, row: int, draft: Draft) -> Rejection | None:
        """Why the row may not cost what it may: the account, the owner's own limits, too many orders."""
        return (
            self._reducing_refusal(orders, row, draft)
            or (self._own_limit_refusal(orders, row, draft) if self.own_limits else None)
            or self._cover_refusal(orders, row, draft)
            or self._count_refusal(draft)
        )

    def _reducing_refusal(self, orders: OrderColumns, row: int, draft: Draft) -> Rejection | None:
        unit_id = orders.unit_id[row]
        if not self.collateral.reduces_only(self.units[unit_id].participant_id):
            return None
        most_wh = self._reducible_wh(unit_id, orders.start_s[row], orders.side[row], draft)
        return None if orders.energy_wh[row] <= most_wh else reduce_only(max(0, most_wh))

    def _cover_refusal(self, orders: OrderColumns, row: int, draft: Draft) -> Rejection | None:
        unit_id, start_s, side = orders.unit_id[row], orders.start_s[row], orders.side[row]
        energy_wh = orders.energy_wh[row]
        held = hold_quanta(side, orders.price_ticks[row], energy_wh)
        needed = held + draft.exposed_quanta(unit_id, start_s, side, energy_wh)
        # Who is in debt may still do what needs nothing.
        if not needed or needed <= draft.available_quanta:
            return None
        spared_quanta = self._spared_quanta(orders, row, draft)
        if spared_quanta is not None and held <= spared_quanta:
            return None
        return uncovered(held, needed, draft.available_quanta)

    def _reducible_wh(self, unit_id: str, start_s: int, side: Side, draft: Draft) -> int:
        """Energy that can only make the position smaller, whatever else of the unit is filled."""
        drafted = draft.sell_wh if side is Side.SELL else draft.buy_wh
        exposures = self.exposures
        assert exposures is not None, "only an exposure leads to a margin call"
        left_wh = exposures.reducible_wh(unit_id, start_s, side)
        return left_wh - drafted.get((unit_id, start_s), 0)

    def _spared_quanta(self, orders: OrderColumns, row: int, draft: Draft) -> int | None:
        """The exposure a row takes away that only reduces; None: it does not."""
        exposures = self.exposures
        if exposures is None or not exposures.is_on:
            return None
        unit_id, start_s, side = orders.unit_id[row], orders.start_s[row], orders.side[row]
        energy_wh = orders.energy_wh[row]
        if energy_wh > self._reducible_wh(unit_id, start_s, side, draft):
            return None
        return exposures.spared_ticks(unit_id, start_s, side) * energy_wh

    def _count_refusal(self, draft: Draft) -> Rejection | None:
        if draft.open_count >= self.rules.open_orders_max:
            limit = {"open_orders_max": str(self.rules.open_orders_max)}
            return Rejection(code=Code.OPEN_ORDERS_MAX, parameters=limit)
        return None

    def _own_limit_refusal(self, orders: OrderColumns, row: int, draft: Draft) -> Rejection | None:
        limits = self.own_limits.get(self.units[orders.unit_id[row]].participant_id)
        if limits is None:
            return None
        price_ticks, energy_wh = orders.price_ticks[row], orders.energy_wh[row]
        most = limits.order_value_quanta_max
        if most is not None and abs(price_ticks) * energy_wh > most:
            named = {"value_max": money_text(most)}
            return Rejection(code=Code.ORDER_VALUE_MAX, parameters=named)
        most = limits.exposure_quanta_max
        held = hold_quanta(orders.side[row], price_ticks, energy_wh)
        if most is not None and draft.held_quanta + held > most:
            named = {"exposure_max": money_text(most)}
            return Rejection(code=Code.EXPOSURE_LIMIT, parameters=named)
        return None


def reduce_only(most_wh: int) -> Rejection:
    """The account may only make its positions smaller, here by so much at most."""
    return Rejection(
        code=Code.REDUCE_ONLY,
        pointer="energy_kwh",
        parameters={"energy_kwh_max": energy_text(most_wh)},
    )


def uncovered(held_quanta: int, needed_quanta: int, available_quanta: int) -> Rejection:
    """Less is available than an order needs: than it holds alone, or with the exposure it brings."""
    short = held_quanta > max(0, available_quanta)
    return Rejection(
        code=Code.INSUFFICIENT_FUNDS if short else Code.COLLATERAL_LIMIT,
        parameters={
            "needed": money_text(held_quanta if short else needed_quanta),
            "available": money_text(available_quanta),
        },
    )
