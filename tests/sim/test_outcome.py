"""Bills against the plain day: exact to the quantum, told apart by cause, read from the wire."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.village_trial import definition
from sim.outcome import (
    CAUSES,
    Bill,
    ReportInput,
    bill_of,
    compare,
    grid_exchange_wh,
    measured_wh,
    money,
    quanta,
    wh,
)
from sim.profiles import Household, UnitProfile, Village
from sim.tariff import tariff_of

DAY_S = 1_465_945_200
MARKET = definition(80.0, 40.0, 10.0)
NONE = np.zeros(96, dtype=np.int64)


def at(index: int) -> str:
    """Start of an interval as the wire writes it."""
    return str(np.datetime64(DAY_S + index * 900, "s")) + "Z"


def home(load_wh: int, *, area: str = "RUR") -> Household:
    unit = UnitProfile(
        unit_id=f"{area}-load", kind="load", injection_max_w=0, withdrawal_max_w=9_000,
        controllable=False, energy_wh=NONE + load_wh, before_wh=NONE[:8], after_wh=NONE[:8],
    )  # fmt: skip
    return Household(participant_id=area, area_id=area, name=area, is_business=False, units=(unit,))


def day_of(
    homes: tuple[Household, ...],
    *,
    price: str | None = "100.00",
    bought_kwh: str = "0.000",
    lines: tuple[Mapping[str, Any], ...] = (),
    amounts: Mapping[str, str] | None = None,
) -> ReportInput:
    """A day on which every load did what it does, at one price all day."""
    areas = [
        {"area_id": h.area_id, "price_per_mwh": price, "bought_kwh": bought_kwh,
         "sold_kwh": "0.000"}
        for h in homes
    ]  # fmt: skip
    return ReportInput(
        day="2016-06-15",
        definition=MARKET,
        totals={
            "participants": [
                {"participant_id": h.participant_id, "amounts": amounts or {}, "substituted": 0}
                for h in homes
            ]
        },
        intervals=[{"start": at(i), "areas": areas, "lines": lines} for i in range(96)],
        measurements=[
            {
                "unit_id": unit.unit_id,
                "start": at(i),
                "consumption_kwh": f"{Decimal(int(unit.energy_wh[i])).scaleb(-3):.3f}",
                "generation_kwh": "0.000",
                "state_of_charge_kwh": None,
            }
            for h in homes
            for unit in h.units
            for i in range(96)
        ],
        tally={"sent": 0, "acknowledged": 0, "refused": {}, "ack_ms": {"p50": None, "p99": None}},
        village=Village(day_start_s=DAY_S, households=homes),
        retailer_id="R",
    )


@given(st.integers(-(10**20), 10**20))
def test_money_is_written_and_read_without_loss(amount: int) -> None:
    assert quanta(money(amount)) == amount


def test_energy_is_read_exactly() -> None:
    assert wh("1234.567") == 1_234_567


@given(
    st.integers(0, 2_000),
    st.lists(st.integers(-50_000, 60_000), min_size=96, max_size=96),
    st.lists(st.integers(-(10**9), 10**9), min_size=4, max_size=4),
    st.lists(st.integers(-3_000, 1_000), min_size=96, max_size=96),
)
def test_the_causes_add_up_to_the_saving_to_the_quantum(
    load_wh: int, prices: list[int], amounts: list[int], measured: list[int]
) -> None:
    kinds = ("trade", "deviation", "network_fee", "rent_return")
    bill = bill_of(
        home(load_wh),
        tariff_of(MARKET, "RUR"),
        measured=np.array(measured),
        levels_wh={},
        prices_ticks=np.array(prices),
        totals={"amounts": {k: money(a) for k, a in zip(kinds, amounts, strict=True)}},
        day_start_s=DAY_S,
    )
    assert sum(bill.causes_quanta[cause] for cause in CAUSES) == bill.saving_quanta
    assert bill.market_cost_quanta == -sum(amounts)


def test_the_same_energy_at_a_neighbours_price_is_the_neighbours_saving() -> None:
    """100 Wh each interval at 100.00 instead of the retailer's price; charges are the same."""
    cost = 96 * 100 * (10_000 + 12_000)
    data = day_of((home(100),), amounts={"trade": money(-cost)})
    (bill,) = compare(data).bills
    assert bill.causes_quanta["neighbours"] == bill.saving_quanta > 0
    assert bill.causes_quanta["timing"] == 0
    assert bill.causes_quanta["forecast_errors"] == 0


def test_what_a_deviation_costs_beyond_the_price_is_the_forecasts_fault() -> None:
    cost = 96 * 100 * (10_000 + 12_000)
    data = day_of((home(100),), amounts={"trade": money(-cost), "deviation": money(-777)})
    (bill,) = compare(data).bills
    assert bill.causes_quanta["forecast_errors"] == -777


def test_a_deposit_is_not_part_of_the_bill() -> None:
    data = day_of((home(100),), amounts={"deposit": "500.00000000"})
    assert compare(data).bills[0].market_cost_quanta == 0


@pytest.mark.parametrize(("more_ppm", "worse"), [(-1, False), (9_000, False), (11_000, True)])
def test_worse_off_is_more_than_a_hundredth_of_the_bill(more_ppm: int, worse: bool) -> None:
    bill = compare(day_of((home(100),))).bills[0]
    plain = bill.plain.cost_quanta
    changed = Bill(
        household=bill.household,
        plain=bill.plain,
        market_cost_quanta=plain + plain * more_ppm // 1_000_000,
        causes_quanta=bill.causes_quanta,
    )
    assert changed.is_worse_off is worse


def test_where_nothing_traded_the_delivered_ask_stands() -> None:
    outcome = compare(day_of((home(100),), price=None))
    assert not outcome.has_price["RUR"].any()
    assert outcome.prices_ticks["RUR"][0] == 16_327


def line(**more: str) -> dict[str, Any]:
    return {
        "line_id": "GRID-RUR", "from_area": "GRID", "to_area": "RUR", "sent_forward_kwh": "0.000",
        "received_forward_kwh": "0.000", "sent_backward_kwh": "0.000",
        "received_backward_kwh": "0.000", "capacity_forward_kwh": "20.000",
        "capacity_backward_kwh": "20.000", "binding": None, **more,
    }  # fmt: skip


def test_energy_from_the_grid_is_what_arrives_and_what_was_not_bought() -> None:
    """98 Wh arrive for 98 bought; 100 were used, so 2 more came over the same line."""
    flows = (line(sent_forward_kwh="0.100", received_forward_kwh="0.098"),)
    data = day_of((home(100),), bought_kwh="0.098", lines=flows)
    inward, outward = grid_exchange_wh(data, measured_wh(data)[0])
    assert (inward == 100).all()
    assert (outward == 0).all()


def test_energy_to_the_grid_is_counted_where_it_leaves() -> None:
    flows = (line(sent_backward_kwh="0.300", received_backward_kwh="0.294"),)
    data = day_of((home(0),), lines=flows)
    inward, outward = grid_exchange_wh(data, measured_wh(data)[0])
    assert (inward == 0).all()
    assert (outward == 300).all()


def test_a_day_with_a_hole_is_refused() -> None:
    data = day_of((home(100),))
    with pytest.raises(ValueError, match="95 of 96 intervals"):
        compare(replace(data, intervals=data.intervals[1:]))
    with pytest.raises(ValueError, match="95 of 96 measurements"):
        compare(replace(data, measurements=data.measurements[1:]))
