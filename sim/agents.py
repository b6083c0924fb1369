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

# house: long because the words a driver shares with its agents stand with the agents themselves.
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.expectation import SCENARIO_WEIGHTS, PriceExpectation
from sim.flexible import level_after, need_blocks, storage_blocks
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
from sim.value import Block, Surroundings

FloatArray = NDArray[np.float64]

#: Load and solar are ordered this many intervals beyond the nearest open gate.
LEAD_INTERVALS: Final = 1
#: Steps of the forecast ladder: the middle is price-taking, the next waits for a better price.
LADDER: Final = (0.5, 0.75)
#: An owner tells the charger this long ahead when the car comes, what it needs and until when.
NOTICE_S: Final = 3_600
#: Between equal prices sooner is better: a full line later could leave no choice. Per interval.
WAITING_TICKS: Final = 100
#: What must run now has no choice left and is flexible no more: it bids up to this many times the
#: delivered retail price, because consuming without having bought costs the area price and more.
MUST_RUN_FACTOR: Final = 1.5
#: Steps of level a car plans in per interval of full power, and a heat pump for all its heat.
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
        """The day's end is valued, not forced.

        What is missing from the charge it began with costs the delivered retail price, what is
        left over is worth the feed-in price.
        """
        others = self._others_wh(("load", "solar", "heat_pump"), ended)
        buys, sells = storage_blocks(
            battery,
            self._around(others, index, INTERVALS),
            level_wh=level_wh,
            low_ticks=float(self._expectation.floor_ticks[-1]),
            high_ticks=float(self._expectation.ceiling_ticks[-1]) + self._tariff.withdrawal_ticks,
        )
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
        is_car = unit.kind == "ev_charger"
        until = INTERVALS if is_car else min(index + 2 * SHIFT_INTERVALS + 1, INTERVALS)
        others = self._others_wh(
            ("load", "solar", "heat_pump") if is_car else ("load", "solar"), ended
        )
        around = self._around(others, index, until, waiting=WAITING_TICKS)
        last = float(np.median(around.prices_ticks[-1])) + self._tariff.withdrawal_ticks
        blocks = need_blocks(
            need,
            around,
            index=index,
            level_wh=level_wh,
            step_wh=step_wh,
            final_ticks=0.0 if until == INTERVALS else last,
        )
        return self._blocks(unit, index, "buy", blocks)

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
