"""Who decides what to order: one agent per participant, honest and knowing only its own.

The one idea: an agent knows its own meter, its own forecasts, the state of its own devices, the
market's definition and the prices published so far; from these alone it makes orders. It never
sees a true profile, somebody else's order, a clock or the wire: whoever drives it hands in the time
and the state, posts what it returns, and tells it what became of it.

A driver does, once per interval, after the result of the interval before `start_s` is known:

    agent.on_result(start_s - 900, fills, price_ticks)        # own fills, its area's price or None
    intents = agent.orders(now_s, start_s, states)            # one orders:batch

Every intent names its own interval: units with a state (storage, car, heat pump) order for
`start_s`, the nearest open gate; load and solar one interval further ahead, so that their orders
are in before the rush. The first call also places what that leaves out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.expectation import SCENARIO_WEIGHTS, PriceExpectation
from sim.forecast import Forecaster
from sim.profiles import (
    INTERVAL_S,
    INTERVALS,
    Battery,
    Household,
    UnitProfile,
    Village,
    interval_max_wh,
)
from sim.stays import SHIFT_INTERVALS, FlexibleNeed, car_need, heat_need
from sim.tariff import Tariff, tariff_of
from sim.value import (
    Block,
    FlexibleUnit,
    Surroundings,
    level_values,
    purchase_blocks,
    sale_blocks,
)

FloatArray = NDArray[np.float64]

PPM: Final = 1_000_000
#: Load and solar are ordered this many intervals beyond the nearest open gate.
LEAD_INTERVALS: Final = 1
#: Steps of the forecast ladder: the middle is price-taking, the next waits for a better price.
LADDER: Final = (0.5, 0.75)
#: An owner tells the charger this long ahead when the car comes, what it needs and until when.
NOTICE_S: Final = 3_600
#: Ageing of a battery per MWh through its terminals, each way: 1 ct/kWh.
WEAR_TICKS: Final = 1_000
#: Between equal prices sooner is better: a full line later could leave no choice. Per interval.
WAITING_TICKS: Final = 50
#: What must run now has no choice left and is flexible no more: it bids up to this many times the
#: delivered retail price, because consuming without having bought costs the area price and more.
MUST_RUN_FACTOR: Final = 1.5
#: Steps of level a battery, a car and a heat pump plan in, per interval of full power.
STORAGE_STEPS: Final = 4
CAR_STEPS: Final = 2
HEAT_LEVELS: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderIntent:
    """An order an agent wants placed."""

    unit_id: str
    start_s: int
    """Start of the delivery interval."""
    side: str
    """buy or sell."""
    price_ticks: int
    energy_wh: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """What became of an agent's orders of one unit, interval and side."""

    unit_id: str
    side: str
    energy_wh: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceState:
    """What an owner reads from its own device."""

    as_of_s: int
    """The level is that at the beginning of the interval that starts here."""
    level_wh: int
    """Storage: state of charge. Car and heat pump: taken since the day began."""


class Agent(Protocol):
    """What drives a participant's orders."""

    participant_id: str

    def orders(
        self, now_s: int, start_s: int, states: Mapping[str, DeviceState]
    ) -> list[OrderIntent]:
        """Orders to place now; `start_s` is the nearest interval whose gate is open.

        `states` has the participant's own storage, chargers and heat pumps by unit id.
        """
        ...

    def on_result(self, start_s: int, fills: Iterable[Fill], price_ticks: int | None) -> None:
        """The interval that starts at `start_s` was cleared; None: its area has no price."""
        ...


def make_agents(
    village: Village,
    definition: Mapping[str, Any],
    *,
    seed: int,
    retailer_id: str,
    retailer_unit_id: str,
    retailer_power_w: int,
) -> list[Agent]:
    """An agent for every household, and the retailer's last.

    Args:
        village: who lives there; the agents see their own part through forecasts only.
        definition: the market as `GET /v1/markets/{m}` gives it.
        seed: makes every forecast; the same seed gives the same agents.
        retailer_id: participant id of the retailer of last resort.
        retailer_unit_id: its unit.
        retailer_power_w: that unit's nameplate, the same both ways.
    """
    tariffs = {h.area_id: tariff_of(definition, h.area_id) for h in village.households}
    # What everybody can read is worked out once per area, not once per household.
    expectations = {
        area_id: PriceExpectation(
            tariff, day_start_s=village.day_start_s, interval_s=INTERVAL_S, count=INTERVALS
        )
        for area_id, tariff in tariffs.items()
    }
    agents: list[Agent] = [
        HouseholdAgent(
            household,
            tariff=tariffs[household.area_id],
            expectation=expectations[household.area_id],
            day_start_s=village.day_start_s,
            seed=seed,
        )
        for household in village.households
    ]
    home = next(a["area_id"] for a in definition["areas"] if a["holds_last_resort"])
    agents.append(
        LastResortAgent(
            retailer_id,
            unit_id=retailer_unit_id,
            tariff=tariff_of(definition, home),
            day_start_s=village.day_start_s,
            energy_wh=retailer_power_w * INTERVAL_S // 3_600,
        )
    )
    return agents


class LastResortAgent:
    """The retailer: sells at its time-of-use energy price, buys at the feed-in price, all day."""

    def __init__(
        self,
        participant_id: str,
        *,
        unit_id: str,
        tariff: Tariff,
        day_start_s: int,
        energy_wh: int,
    ) -> None:
        """`energy_wh` is what it offers and asks for in each interval."""
        self.participant_id = participant_id
        self._unit_id = unit_id
        self._tariff = tariff
        self._starts = [day_start_s + i * INTERVAL_S for i in range(INTERVALS)]
        self._energy_wh = energy_wh

    def orders(
        self,
        now_s: int,  # noqa: ARG002 -- it needs to know nothing, its prices are its tariff
        start_s: int,
        states: Mapping[str, DeviceState],  # noqa: ARG002 -- it has no devices
    ) -> list[OrderIntent]:
        """The whole day at the first call, nothing afterwards."""
        due = [start for start in self._starts if start >= start_s]
        self._starts = []
        intents = []
        for start in due:
            band = self._tariff.band(start)
            for side, price_ticks in (("sell", band.ask_ticks), ("buy", band.bid_ticks)):
                intents.append(
                    OrderIntent(
                        unit_id=self._unit_id,
                        start_s=start,
                        side=side,
                        price_ticks=price_ticks,
                        energy_wh=self._energy_wh,
                    )
                )
        return intents

    def on_result(self, start_s: int, fills: Iterable[Fill], price_ticks: int | None) -> None:
        """Nothing to learn: its prices are published."""


class HouseholdAgent:
    """One metering point and the devices behind it."""

    def __init__(
        self,
        household: Household,
        *,
        tariff: Tariff,
        expectation: PriceExpectation,
        day_start_s: int,
        seed: int,
    ) -> None:
        """`expectation` may be shared by an area: it holds published facts only."""
        self.participant_id = household.participant_id
        self._tariff = tariff
        self._expectation = expectation
        self._day_start_s = day_start_s
        self._devices = {unit.unit_id: unit for unit in household.units}
        self._forecasts = {
            unit.kind: Forecaster(unit, seed=seed)
            for unit in household.units
            if unit.kind in ("load", "solar", "heat_pump")
        }
        self._plain = {u.kind: u for u in household.units if not u.controllable}
        self._plain_placed = 0  # load and solar are placed for intervals before this index
        self._flexible_placed = 0
        self._bought_wh: dict[tuple[str, int], int] = {}

    def orders(
        self, now_s: int, start_s: int, states: Mapping[str, DeviceState]
    ) -> list[OrderIntent]:
        """Orders of all its units that are due and not placed yet."""
        index = self._index(start_s)
        # An interval that has begun is not over: its meter is not known.
        ended = min(max((now_s - self._day_start_s) // INTERVAL_S, 0), INTERVALS)
        intents: list[OrderIntent] = []
        ahead = min(index + LEAD_INTERVALS + 1, INTERVALS)
        for target in range(max(self._plain_placed, index), ahead):
            intents += self._ladders(target, ended)
        self._plain_placed = max(self._plain_placed, ahead)
        if self._flexible_placed <= index < INTERVALS:
            self._flexible_placed = index + 1
            for unit in self._devices.values():
                if unit.controllable and unit.unit_id in states:
                    intents += self._flexible(unit, index, ended, now_s, states[unit.unit_id])
        return intents

    def on_result(self, start_s: int, fills: Iterable[Fill], price_ticks: int | None) -> None:
        """Remember what was traded, learn from the price."""
        index = self._index(start_s)
        for fill in fills:
            signed = fill.energy_wh if fill.side == "buy" else -fill.energy_wh
            key = (fill.unit_id, index)
            self._bought_wh[key] = self._bought_wh.get(key, 0) + signed
        if price_ticks is not None:
            self._expectation.published(index, price_ticks)

    def _index(self, start_s: int) -> int:
        return (start_s - self._day_start_s) // INTERVAL_S

    def _ladders(self, index: int, ended: int) -> list[OrderIntent]:
        """Load and solar: the median is price-taking, more waits for what a deviation would cost.

        Whoever is short pays the area price plus the adder, whoever is long gets it less the adder.
        Between the two the quantity worth ordering at price p is the quantile whose chance of being
        too little equals (p − long) / (short − long): the newsvendor's rule.
        """
        expected = round(float(self._expectation.expected_ticks[index]))
        adder = self._tariff.adder_ticks(expected)
        middle, more = LADDER
        wait = round((2 * more - 1) * adder)
        intents = []
        for kind, side, firm_ticks, more_ticks in (
            ("load", "buy", self._tariff.price_max_ticks, expected - wait),
            ("solar", "sell", 0, max(expected + wait, 0)),
        ):
            unit = self._plain.get(kind)
            if unit is None:
                continue
            firm, upper = self._forecasts[kind].quantiles_wh(index, ended, (middle, more))
            firm = min(firm, interval_max_wh(unit))
            upper = min(upper, interval_max_wh(unit))
            intents += self._intents(unit, index, side, [(firm, firm_ticks)])
            intents += self._intents(unit, index, side, [(upper - firm, more_ticks)])
        return intents

    def _flexible(
        self, unit: UnitProfile, index: int, ended: int, now_s: int, state: DeviceState
    ) -> list[OrderIntent]:
        level = self._level_wh(unit, index, state)
        if unit.battery is not None:
            return self._storage_orders(unit, unit.battery, index, ended, level)
        if unit.kind == "ev_charger":
            known = [s for s in unit.stays if self._start_s(s.arrival) - NOTICE_S <= now_s]
            if sum(stay.energy_wh for stay in known) <= level:
                return []
            need = car_need(known)
            step_wh = need.interval_max_wh / CAR_STEPS
        else:
            expected_wh = self._forecasts["heat_pump"].median_wh(ended)
            if expected_wh[: index + SHIFT_INTERVALS + 1].sum() <= level:
                return []
            need = heat_need(
                [round(float(x)) for x in expected_wh], interval_max_wh=interval_max_wh(unit)
            )
            step_wh = need.earliest_wh[-1] / HEAT_LEVELS
        return self._need_orders(unit, need, step_wh, index, ended, level)

    def _start_s(self, index: int) -> int:
        return self._day_start_s + index * INTERVAL_S

    def _level_wh(self, unit: UnitProfile, index: int, state: DeviceState) -> int:
        """Level at the beginning of interval `index`: as read, and what was traded since."""
        level = state.level_wh
        for between in range(self._index(state.as_of_s), index):
            level = level_after(unit, level, self._bought_wh.get((unit.unit_id, between), 0))
        return level

    def _others_wh(self, kinds: Sequence[str], ended: int) -> FloatArray:
        """(96,) what the household's other units are expected to withdraw, net."""
        total = np.zeros(INTERVALS)
        for kind in kinds:
            if kind in self._forecasts:
                sign = -1.0 if kind == "solar" else 1.0
                total += sign * self._forecasts[kind].median_wh(ended)
        return total

    def _around(
        self, others_wh: FloatArray, index: int, until: int, *, waiting: int = 0
    ) -> Surroundings:
        prices = self._expectation.scenarios_ticks[index:until]
        return Surroundings(
            prices_ticks=prices + waiting * np.arange(until - index, dtype=np.float64)[:, None],
            weights=SCENARIO_WEIGHTS,
            others_wh=others_wh[index:until],
            withdrawal_ticks=self._tariff.withdrawal_ticks,
        )

    def _storage_orders(
        self, unit: UnitProfile, battery: Battery, index: int, ended: int, level_wh: int
    ) -> list[OrderIntent]:
        """Buy at most η_c v − wear, sell at least v / η_d + wear, v falling with the charge."""
        others = self._others_wh(("load", "solar", "heat_pump"), ended)
        around = self._around(others, index, INTERVALS)
        flexible = _as_flexible(
            battery,
            intervals=INTERVALS - index,
            low_ticks=float(self._expectation.floor_ticks[-1]),
            high_ticks=float(self._expectation.ceiling_ticks[-1]) + self._tariff.withdrawal_ticks,
        )
        values = level_values(flexible, around)
        buys = purchase_blocks(flexible, around, values, level_wh)
        sells = sale_blocks(flexible, around, values, level_wh)
        return self._blocks(unit, index, "buy", buys) + self._blocks(unit, index, "sell", sells)

    def _need_orders(
        self,
        unit: UnitProfile,
        need: FlexibleNeed,
        step_wh: float,
        index: int,
        ended: int,
        level_wh: int,
    ) -> list[OrderIntent]:
        """Car and heat pump: take now what would not be cheaper later, at most its worth."""
        least, most = need.bounds_wh(index, level_wh)
        if most <= 0:
            return []
        until = min(index + 2 * SHIFT_INTERVALS + 1, INTERVALS)
        if unit.kind == "ev_charger":
            until = INTERVALS
        kinds = ("load", "solar", "heat_pump") if unit.kind == "ev_charger" else ("load", "solar")
        around = self._around(self._others_wh(kinds, ended), index, until, waiting=WAITING_TICKS)
        levels = int(np.ceil(need.earliest_wh[-1] / step_wh)) + 1
        last = float(np.median(around.prices_ticks[-1])) + self._tariff.withdrawal_ticks
        flexible = FlexibleUnit(
            step_wh=step_wh,
            levels=levels,
            up_steps=max(1, min(int(need.interval_max_wh / step_wh), levels - 1)),
            down_steps=0,
            efficiency_up=1.0,
            efficiency_down=1.0,
            wear_ticks=0.0,
            least_wh=np.array(need.latest_wh[index:until], dtype=np.float64),
            most_wh=np.array(need.earliest_wh[index:until], dtype=np.float64) + step_wh,
            final_values=np.arange(levels, dtype=np.float64)
            * (0.0 if until == INTERVALS else last * step_wh),
        )
        values = level_values(flexible, around)
        blocks = purchase_blocks(flexible, around, values, level_wh)
        return self._blocks(unit, index, "buy", _needed(blocks, least, most))

    def _blocks(
        self, unit: UnitProfile, index: int, side: str, blocks: Sequence[Block]
    ) -> list[OrderIntent]:
        """Blocks as orders; nobody flexible pays more than the delivered retail price."""
        ceiling = int(self._expectation.ceiling_ticks[index])
        steps = []
        for block in blocks:
            if side == "buy":
                limit = int(ceiling * MUST_RUN_FACTOR) if block.must_run else ceiling
                price = int(np.floor(min(block.price_ticks, limit)))
                if price <= 0:
                    continue
            else:
                price = int(np.ceil(min(block.price_ticks, self._tariff.price_max_ticks)))
                price = max(price, 0)
            steps.append((block.energy_wh, price))
        return self._intents(unit, index, side, steps)

    def _intents(
        self, unit: UnitProfile, index: int, side: str, steps: Iterable[tuple[int, int]]
    ) -> list[OrderIntent]:
        return [
            OrderIntent(
                unit_id=unit.unit_id,
                start_s=self._start_s(index),
                side=side,
                price_ticks=price_ticks,
                energy_wh=energy_wh,
            )
            for energy_wh, price_ticks in steps
            if energy_wh > 0
        ]


def level_after(unit: UnitProfile, level_wh: int, bought_wh: int) -> int:
    """Level of a device after an interval in which it took `bought_wh` (negative: delivered).

    Storage: ⌊η_c · charge⌋ is added, ⌈discharge / η_d⌉ taken away, both in whole Wh (decision 20).
    """
    battery = unit.battery
    if battery is None:
        return level_wh + bought_wh
    if bought_wh >= 0:
        return level_wh + bought_wh * battery.efficiency_charge_ppm // PPM
    # Floor division of a negative number: what is taken away is rounded up.
    return level_wh + bought_wh * PPM // battery.efficiency_discharge_ppm


def _as_flexible(
    battery: Battery, *, intervals: int, low_ticks: float, high_ticks: float
) -> FlexibleUnit:
    """A battery as a unit with a level.

    The day's end is valued, not forced: what is missing from the charge it began with costs the
    delivered retail price, what is left over is worth the feed-in price.
    """
    efficiency_up = battery.efficiency_charge_ppm / PPM
    efficiency_down = battery.efficiency_discharge_ppm / PPM
    largest_wh = battery.power_w / 4
    step_wh = largest_wh * efficiency_up / STORAGE_STEPS
    levels = int(battery.capacity_wh / step_wh) + 1
    above: FloatArray = np.arange(levels, dtype=np.float64) * step_wh - battery.start_wh
    return FlexibleUnit(
        step_wh=step_wh,
        levels=levels,
        up_steps=STORAGE_STEPS,
        down_steps=max(1, int(largest_wh / efficiency_down / step_wh)),
        efficiency_up=efficiency_up,
        efficiency_down=efficiency_down,
        wear_ticks=float(WEAR_TICKS),
        least_wh=np.zeros(intervals),
        most_wh=np.full(intervals, float(battery.capacity_wh)),
        final_values=np.where(above < 0, above * high_ticks, above * low_ticks),
    )


def _needed(blocks: Sequence[Block], least_wh: int, most_wh: int) -> list[Block]:
    """Blocks cut to what may be taken, what must be taken now first."""
    result = []
    if least_wh > 0:
        result.append(Block(energy_wh=least_wh, price_ticks=float("inf"), must_run=True))
    passed = 0
    for block in blocks:
        begin, end = max(passed, least_wh), min(passed + block.energy_wh, most_wh)
        if end > begin:
            result.append(Block(energy_wh=end - begin, price_ticks=block.price_ticks))
        passed += block.energy_wh
    return result
