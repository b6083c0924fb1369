"""Deviations: their prices, who pays whom, and that nobody does better than by an honest forecast."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.ledger import Ledger
from market.model.grid import Area, Grid, Line
from market.model.money import BALANCING, GRID_OPERATOR, TransferKind
from market.model.participant import UnitKind
from market.model.rules import LastResortBand
from market.model.trade import ClearingOutcome, LineOutcome
from market.settlement.imbalance import (
    DeviationPrice,
    delivered_ticks,
    deviation_prices,
    deviation_transfers,
    last_resort_band,
)
from tests.builders import GRID, MIDNIGHT_S, RULES, UNITS, area_outcome, unit

ALL_UNITS = {item.unit_id: item for item in UNITS}
NIGHT = LastResortBand(from_hour=0, to_hour=6, ask_ticks=12_000, bid_ticks=8_000)
DAY = LastResortBand(from_hour=6, to_hour=24, ask_ticks=22_000, bid_ticks=-300)
TWO_BANDS = replace(RULES, last_resort=(NIGHT, DAY))
HOUR_S = 3_600


def outcome(prices: Mapping[str, int | None]) -> ClearingOutcome:
    return ClearingOutcome(
        start_s=MIDNIGHT_S,
        rung="optimal",
        reproducible=True,
        areas=tuple(area_outcome(area_id, price_ticks) for area_id, price_ticks in prices.items()),
        lines=(),
        filled_order_ids=(),
        filled_wh=(),
        welfare_quanta=0,
        upper_bound_quanta=0,
        solve_ms=0,
        receipt_hash="",
        audit_faults=(),
    )


def settled(
    scheduled_wh: Mapping[str, int],
    measured_wh: Mapping[str, int],
    *,
    long_ticks: int = 19_000,
    short_ticks: int = 21_000,
    grid: Grid = GRID,
    outcome: ClearingOutcome | None = None,
) -> Ledger:
    """The ledger after the deviations of one interval; 160.00 asked and 80.00 bid in GRID."""
    prices = [
        DeviationPrice(area_id=area.area_id, long_ticks=long_ticks, short_ticks=short_ticks)
        for area in grid.areas
    ]
    transfers = deviation_transfers(
        prices=prices,
        units=ALL_UNITS,
        scheduled_wh=scheduled_wh,
        measured_wh=measured_wh,
        rules=RULES,
        grid=grid,
        start_s=MIDNIGHT_S,
        last_resort_participant_id="retailer",
        outcome=outcome,
    )
    assert all(move.amount_quanta > 0 and move.start_s == MIDNIGHT_S for move in transfers)
    ledger = Ledger()
    ledger.book(transfers)
    assert ledger.sum_quanta() == 0
    return ledger


# --- prices -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("price_ticks", "long_ticks", "short_ticks"),
    [
        (20_000, 19_000, 21_000),  # 5 percent
        (1_000, 950, 1_050),  # both adders alike
        (999, 949, 1_049),  # the least adder
        (0, -50, 50),
        (-20_000, -21_000, -19_000),  # part of the magnitude: surplus is still the worse side
    ],
)
def test_the_adder_goes_both_ways_alike(
    price_ticks: int, long_ticks: int, short_ticks: int
) -> None:
    prices = deviation_prices(
        rules=RULES,
        grid=GRID,
        outcome=outcome({"RUR": price_ticks, "GRID": 16_000}),
        start_s=MIDNIGHT_S,
    )
    assert [price.area_id for price in prices] == ["RUR", "GRID"]
    assert (prices[0].long_ticks, prices[0].short_ticks) == (long_ticks, short_ticks)
    assert (prices[1].long_ticks, prices[1].short_ticks) == (15_200, 16_800)


@pytest.mark.parametrize("told", [outcome({"RUR": None, "GRID": None}), None])
def test_where_nothing_traded_the_delivered_price_of_the_last_resort_counts(
    told: ClearingOutcome | None,
) -> None:
    rural, upper = deviation_prices(rules=RULES, grid=GRID, outcome=told, start_s=MIDNIGHT_S)
    # (160 + 40) / 0.98 = 204.0816..., 80 x 0.98 = 78.40
    assert (rural.long_ticks, rural.short_ticks) == (7_840, 20_408)
    assert (upper.long_ticks, upper.short_ticks) == (8_000, 16_000)


@pytest.mark.parametrize(
    ("hour", "band"), [(0, NIGHT), (5, NIGHT), (6, DAY), (23, DAY), (24, NIGHT), (-1, DAY)]
)
def test_the_band_goes_by_the_local_hour(hour: int, band: LastResortBand) -> None:
    assert last_resort_band(TWO_BANDS, MIDNIGHT_S + hour * HOUR_S) is band
    assert last_resort_band(TWO_BANDS, MIDNIGHT_S + (hour + 1) * HOUR_S - 1) is band


def test_an_hour_without_a_band_is_an_error_not_a_price() -> None:
    with pytest.raises(LookupError):
        last_resort_band(replace(RULES, last_resort=(NIGHT,)), MIDNIGHT_S + 6 * HOUR_S)


def test_a_negative_bid_is_delivered_too() -> None:
    assert delivered_ticks(band=DAY, grid=GRID, area_id="RUR") == (26_531, -294)


def chain(losses_ppm: tuple[int, int], fees: tuple[int, int, int, int]) -> Grid:
    """GRID to RUR to SEM."""
    names = (("GRID", "RUR"), ("RUR", "SEM"))
    return Grid(
        areas=(
            Area(area_id="RUR", name="RUR"),
            Area(area_id="SEM", name="SEM"),
            Area(area_id="GRID", name="GRID", holds_last_resort=True),
            Area(area_id="ISLE", name="ISLE"),
        ),
        lines=tuple(
            Line(
                line_id=f"{start}-{end}",
                from_area=start,
                to_area=end,
                capacity_forward_w=80_000,
                capacity_backward_w=80_000,
                loss_ppm=losses_ppm[index],
                fee_forward_ticks=fees[2 * index],
                fee_backward_ticks=fees[2 * index + 1],
            )
            for index, (start, end) in enumerate(names)
        ),
    )


@given(
    st.tuples(st.integers(0, 500_000), st.integers(0, 500_000)),
    st.tuples(*[st.integers(0, 9_000)] * 4),
    st.integers(-20_000, 40_000),
    st.integers(0, 20_000),
)
def test_over_several_lines_the_delivered_price_is_rounded_once(
    losses_ppm: tuple[int, int], fees: tuple[int, int, int, int], bid: int, spread: int
) -> None:
    band = LastResortBand(from_hour=0, to_hour=24, ask_ticks=bid + spread, bid_ticks=bid)
    arrives = [1 - Fraction(loss, 1_000_000) for loss in losses_ppm]
    ask = ((bid + spread + fees[0]) / arrives[0] + fees[2]) / arrives[1]
    worth = (bid * arrives[0] - fees[1]) * arrives[1] - fees[3]
    grid = chain(losses_ppm, fees)
    # Python's own round() of a fraction also goes half to even.
    assert delivered_ticks(band=band, grid=grid, area_id="SEM") == (round(ask), round(worth))
    assert delivered_ticks(band=band, grid=grid, area_id="ISLE") == (bid + spread, bid)


# --- transfers --------------------------------------------------------------


def test_a_shortage_is_delivered_by_the_last_resort_over_the_line() -> None:
    """Ben takes 980 Wh more than he bought: 1,000 Wh are sent for it, at 160.00 and 40.00 of fee."""
    ledger = settled({"ben-load": -2_000}, {"ben-load": -2_980})
    assert ledger.balance_quanta("participant:ben") == -21_000 * 980
    assert ledger.balance_quanta("participant:retailer") == 16_000 * 1_000
    assert ledger.balance_quanta(GRID_OPERATOR) == 4_000 * 1_000
    assert ledger.balance_quanta(BALANCING) == 21_000 * 980 - 20_000 * 1_000


def test_a_surplus_is_taken_by_the_last_resort_less_the_loss() -> None:
    """Ann's roof gives 1,000 Wh more than she sold: 980 Wh arrive at the retailer, at 80.00."""
    ledger = settled({"ann-solar": 500}, {"ann-solar": 1_500})
    assert ledger.balance_quanta("participant:ann") == 19_000 * 1_000
    assert ledger.balance_quanta("participant:retailer") == -8_000 * 980
    assert ledger.balance_quanta(BALANCING) == 8_000 * 980 - 19_000 * 1_000


def flow(*, supplied_wh: int = 0, fed_in_wh: int = 0) -> ClearingOutcome:
    """An auction that sends this much from the upper grid, or to it."""
    line = LineOutcome(
        line_id="GRID-RUR",
        sent_forward_wh=supplied_wh,
        received_forward_wh=supplied_wh - supplied_wh // 50,
        sent_backward_wh=fed_in_wh,
        received_backward_wh=fed_in_wh - fed_in_wh // 50,
        capacity_forward_wh=3_000,
        capacity_backward_wh=3_000,
    )
    return ClearingOutcome(
        start_s=MIDNIGHT_S,
        rung="optimal",
        reproducible=True,
        areas=(),
        lines=(line,),
        filled_order_ids=(),
        filled_wh=(),
        welfare_quanta=0,
        upper_bound_quanta=0,
        solve_ms=0,
        receipt_hash="",
        audit_faults=(),
    )


def test_a_shortage_of_an_area_that_feeds_in_is_less_feed_in() -> None:
    """500 of 1,000 Wh are not sent: 490 no longer arrive, and the retailer gets its bid back."""
    ledger = settled({}, {"ben-load": -500}, outcome=flow(fed_in_wh=1_000))
    assert ledger.balance_quanta("participant:retailer") == 8_000 * 490
    assert ledger.balance_quanta(GRID_OPERATOR) == 0
    assert ledger.balance_quanta(BALANCING) == 21_000 * 500 - 8_000 * 490


def test_a_surplus_of_an_area_that_is_supplied_is_less_supply() -> None:
    """980 Wh fewer are needed: 1,000 are not sent, ask and fee of them are given back."""
    ledger = settled({}, {"ann-solar": 980}, outcome=flow(supplied_wh=2_000))
    assert ledger.balance_quanta("participant:retailer") == -16_000 * 1_000
    assert ledger.balance_quanta(GRID_OPERATOR) == -4_000 * 1_000
    assert ledger.balance_quanta(BALANCING) == 20_000 * 1_000 - 19_000 * 980


def test_what_is_more_than_the_exchange_is_delivered_anew() -> None:
    """1,000 Wh are not fed in, the other 980 are delivered at the ask."""
    ledger = settled({}, {"ben-load": -1_980}, outcome=flow(fed_in_wh=1_000))
    assert ledger.balance_quanta("participant:retailer") == 8_000 * 980 + 16_000 * 1_000
    assert ledger.balance_quanta(GRID_OPERATOR) == 4_000 * 1_000


@given(st.integers(-5_000, 5_000), st.integers(0, 3_000), st.booleans())
def test_the_changed_exchange_never_costs_the_market_more_than_a_fresh_one(
    deviation_wh: int, sent_wh: int, supplied: bool
) -> None:
    exchange = flow(supplied_wh=sent_wh) if supplied else flow(fed_in_wh=sent_wh)
    netted = settled({}, {"ben-load": deviation_wh}, outcome=exchange)
    fresh = settled({}, {"ben-load": deviation_wh})
    assert netted.sum_quanta() == 0
    # A whole Wh of loss may be rounded differently once on each way.
    assert netted.balance_quanta(BALANCING) >= fresh.balance_quanta(BALANCING) - 2 * 20_000


def test_what_cancels_inside_an_area_does_not_reach_the_last_resort() -> None:
    """Both pay their adder, it stays on the balancing account."""
    ledger = settled({}, {"ann-solar": 700, "ben-load": -700})
    assert ledger.balance_quanta("participant:retailer") == 0
    assert ledger.balance_quanta(BALANCING) == (21_000 - 19_000) * 700


def test_as_scheduled_costs_nothing_and_a_missing_reading_is_as_scheduled() -> None:
    ledger = settled({"ann-solar": 700, "ben-load": -300}, {"ann-solar": 700})
    assert dict(ledger.accounts()) == {}


def test_the_last_resort_itself_is_never_priced() -> None:
    ledger = settled({"retailer-sells": 9_000}, {"retailer-sells": 9_980, "ben-load": -980})
    assert ledger.balance_quanta("participant:retailer") == 16_000 * 1_000


def test_in_its_own_area_the_last_resort_settles_without_a_line() -> None:
    units = {"pump": unit("pump", "ann", UnitKind.LOAD, withdrawal_max_w=9_000, area_id="GRID")}
    transfers = deviation_transfers(
        prices=[DeviationPrice(area_id="GRID", long_ticks=15_000, short_ticks=17_000)],
        units=units,
        scheduled_wh={},
        measured_wh={"pump": -400},
        rules=RULES,
        grid=GRID,
        start_s=MIDNIGHT_S,
        last_resort_participant_id="retailer",
    )
    seen = {(move.kind, move.credit_account): move.amount_quanta for move in transfers}
    assert seen == {
        (TransferKind.DEVIATION, BALANCING): 17_000 * 400,
        (TransferKind.LAST_RESORT, "participant:retailer"): 16_000 * 400,
    }


readings = st.dictionaries(
    st.sampled_from(["ann-solar", "ann-load", "ann-battery", "ben-load"]),
    st.integers(-9_999, 9_999),
)


@given(readings, readings, st.integers(-50_000, 50_000), st.integers(0, 5_000))
def test_the_balancing_account_keeps_exactly_what_units_and_last_resort_leave(
    scheduled_wh: dict[str, int], measured_wh: dict[str, int], long_ticks: int, gap: int
) -> None:
    ledger = settled(scheduled_wh, measured_wh, long_ticks=long_ticks, short_ticks=long_ticks + gap)
    deviation = {name: measured_wh[name] - scheduled_wh.get(name, 0) for name in measured_wh}
    paid = {"ann": 0, "ben": 0}
    for name, energy_wh in deviation.items():
        ticks = long_ticks if energy_wh > 0 else long_ticks + gap
        paid[name.split("-")[0]] += ticks * energy_wh
    for owner, amount in paid.items():
        assert ledger.balance_quanta(f"participant:{owner}") == amount
    others = ledger.balance_quanta("participant:retailer") + ledger.balance_quanta(GRID_OPERATOR)
    assert ledger.balance_quanta(BALANCING) == -sum(paid.values()) - others


@given(
    st.integers(-40_000, 40_000),
    st.lists(st.integers(0, 400), min_size=1, max_size=9),
    st.integers(0, 400),
)
def test_the_honest_forecast_is_the_best_schedule(
    price_ticks: int, outcomes_wh: list[int], other_wh: int
) -> None:
    """With the same adder on both sides no schedule earns more, on average, than the median.

    Income of a schedule s when x is delivered: price x s for the trade, and the deviation x - s at
    its own price. Summed over equally likely outcomes x, exactly and in integers.
    """
    rural = deviation_prices(
        rules=RULES,
        grid=GRID,
        outcome=outcome({"RUR": price_ticks, "GRID": price_ticks}),
        start_s=MIDNIGHT_S,
    )[0]

    def income_quanta(schedule_wh: int) -> int:
        total = 0
        for delivered_wh in outcomes_wh:
            ledger = settled(
                {"ann-solar": schedule_wh},
                {"ann-solar": delivered_wh},
                long_ticks=rural.long_ticks,
                short_ticks=rural.short_ticks,
            )
            total += price_ticks * schedule_wh + ledger.balance_quanta("participant:ann")
        return total

    honest_wh = sorted(outcomes_wh)[len(outcomes_wh) // 2]
    assert income_quanta(honest_wh) >= income_quanta(other_wh)


def test_with_an_adder_on_one_side_only_honesty_would_not_pay() -> None:
    """The law above can fail: without the adder on surplus it is better to sell too little."""

    def income_quanta(schedule_wh: int) -> int:
        total = 0
        for delivered_wh in (100, 200, 300):
            ledger = settled(
                {"ann-solar": schedule_wh}, {"ann-solar": delivered_wh}, long_ticks=20_000
            )
            total += 20_000 * schedule_wh + ledger.balance_quanta("participant:ann")
        return total

    assert income_quanta(100) > income_quanta(200)
