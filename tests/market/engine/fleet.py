"""A village with a fleet: homes, roofs and batteries whose trades stay inside it.

The one idea: at noon homes live from the roofs, and batteries of two owners trade with each other, so a
whole fleet can turn round without a Wh going over the line.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final, TypeVar

import pytest

from clearing.clear import clear
from market.engine.calls import gate
from market.engine.control import steering
from market.engine.state import MarketState
from market.model.grid import Area, Grid
from market.model.interval import MICROSECONDS
from market.model.messages import (
    Deposit,
    EndDelivery,
    Event,
    MakeDeposits,
    RecordMeasurements,
    RegisterParticipants,
    RegisterUnits,
    SetpointsChanged,
)
from market.model.participant import Participant, UnitKind
from market.model.power import Measurement, Setpoint
from market.model.rules import MarketRules
from tests.builders import BATTERY, GRID, MIDNIGHT_S, RULES, STEP_S, Story, unit

HOMES: Final = tuple(f"home-{number}" for number in range(20))
ROOFS: Final = tuple(f"roof-{number}" for number in range(10))
_Fact = TypeVar("_Fact")


def fleet_grid(**about: int | str | None) -> Grid:
    """The usual grid, and the village on a line of its own."""
    village = replace(Area(area_id="VIL", name="Village"), **about)  # type: ignore[arg-type]
    line = replace(GRID.lines[0], line_id="GRID-VIL", to_area="VIL")
    return Grid(areas=(*GRID.areas, village), lines=(*GRID.lines, line))


class Fleet(Story):
    """Homes and roofs of Vic and Val, and batteries: Vic's have even numbers, Val's odd ones."""

    def __init__(
        self, *, rules: MarketRules = RULES, grid: Grid | None = None, cells: int = 40
    ) -> None:
        super().__init__(rules=rules, grid=grid or fleet_grid())
        owners = ("vic", "val")
        self.cells = tuple(f"cell-{number}" for number in range(cells))
        self.does(
            RegisterParticipants(
                now_us=self.now_us,
                actor="op",
                participants=tuple(
                    Participant(participant_id=owner, name=owner, area_id="VIL") for owner in owners
                ),
            )
        )
        units = (
            *(
                unit(name, "val", UnitKind.LOAD, withdrawal_max_w=3_000, area_id="VIL")
                for name in HOMES
            ),
            *(
                unit(name, "vic", UnitKind.SOLAR, injection_max_w=5_000, area_id="VIL")
                for name in ROOFS
            ),
            *(
                unit(
                    name,
                    owners[number % 2],
                    UnitKind.STORAGE,
                    injection_max_w=5_000,
                    withdrawal_max_w=5_000,
                    area_id="VIL",
                    storage=BATTERY,
                )
                for number, name in enumerate(self.cells)
            ),
        )
        assert not self.does(RegisterUnits(now_us=self.now_us, actor="op", units=units)).rejections
        paid = tuple(
            Deposit(deposit_id=f"dep-{owner}", participant_id=owner, amount_quanta=10**15)
            for owner in owners
        )
        self.does(MakeDeposits(now_us=self.now_us, actor="op", deposits=paid))

    def noon(self, number: int, *, vic_sells: bool | None = None, energy_wh: int = 1_000) -> None:
        """Trade and clear the interval of that number at its gate.

        Args:
            number: of the interval.
            vic_sells: whose batteries give to whose; None: they rest.
            energy_wh: from each battery.
        """
        start_s = MIDNIGHT_S + number * STEP_S
        self.opens(start_s)
        rows = {"vic": [f"r{name} {name} sell 10000 200" for name in ROOFS]}
        rows["val"] = [f"h{name} {name} buy 390000 100" for name in HOMES]
        if vic_sells is not None:
            for place, name in enumerate(self.cells):
                owner = ("vic", "val")[place % 2]
                sells = vic_sells is (owner == "vic")
                way = "sell 20000" if sells else "buy 380000"
                rows[owner].append(f"c{name} {name} {way} {energy_wh}")
        for owner, lines in rows.items():
            table = "\n".join(f"{number}{line} {number}" for line in lines)
            answers = self.places(owner, table)
            assert all(answer.rejection is None for answer in answers), answers
        self.now_us = max(self.now_us, (start_s - STEP_S) * MICROSECONDS)
        self.clears(clear, start_s)

    def delivers(self, number: int, *, home_wh: int = -100, roof_wh: int = 200) -> None:
        """The interval is over, and homes and roofs have read it."""
        start_s = MIDNIGHT_S + number * STEP_S
        self.now_us = max(self.now_us, (start_s + STEP_S) * MICROSECONDS)
        self.does(EndDelivery(now_us=self.now_us, start_s=start_s))
        readings = {**dict.fromkeys(HOMES, home_wh), **dict.fromkeys(ROOFS, roof_wh)}
        answer = self.does(
            RecordMeasurements(
                now_us=self.now_us,
                actor="gateway",
                area_id="VIL",
                measurements=tuple(
                    Measurement(unit_id=name, start_s=start_s, injection_wh=energy_wh)
                    for name, energy_wh in readings.items()
                ),
            )
        )
        assert not answer.rejections

    def told(self, number: int) -> dict[str, Setpoint]:
        """The newest set-point of every unit of the village for an interval."""
        start_s = MIDNIGHT_S + number * STEP_S
        return {
            item.unit_id: item
            for event in self.facts(SetpointsChanged)
            if event.start_s == start_s and event.area_id == "VIL"
            for item in event.setpoints
        }

    def facts(self, kind: type[_Fact]) -> list[_Fact]:
        """Everything of a kind that has happened."""
        return [event for event in self.events if isinstance(event, kind)]


def bug(monkeypatch: pytest.MonkeyPatch, spoil: Callable[[int], int], number: int) -> None:
    """From that interval on what the village has traded is misread on its way to the set-points.

    A clearing whose trades themselves are wrong does not come so far: money and energy have to add up.
    """

    def spoilt(state: MarketState, start_s: int, traded_wh: Mapping[str, int]) -> Mapping[str, int]:
        if start_s < MIDNIGHT_S + number * STEP_S:
            return traded_wh
        return {
            unit_id: spoil(energy_wh) if state.units[unit_id].area_id == "VIL" else energy_wh
            for unit_id, energy_wh in traded_wh.items()
        }

    first, later = gate.first_setpoints, steering.instructed_schedule_wh

    def wrong_first(
        state: MarketState, start_s: int, scheduled_wh: Mapping[str, int], now_us: int
    ) -> Iterator[Event]:
        return first(state, start_s, spoilt(state, start_s, scheduled_wh), now_us)

    def wrong_later(state: MarketState, start_s: int) -> Mapping[str, int]:
        return spoilt(state, start_s, later(state, start_s))

    monkeypatch.setattr(gate, "first_setpoints", wrong_first)
    monkeypatch.setattr(steering, "instructed_schedule_wh", wrong_later)
