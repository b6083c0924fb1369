"""Redispatch is paid by the grid operator, at cost, and what it takes away is replaced to the watt-hour."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.model.money import (
    BALANCING,
    GRID_OPERATOR,
    Transfer,
    TransferKind,
    participant_account,
)
from market.model.participant import UnitKind
from market.model.trade import ClearingOutcome, LineOutcome
from market.settlement.imbalance import deviation_prices, deviation_transfers
from market.settlement.instructed import settled_instructed
from market.settlement.redispatch import (
    fees_borne,
    followed_wh,
    moving_costs,
    net_by_area_wh,
    redispatch_transfers,
    reference_prices,
)
from tests.builders import GRID, MIDNIGHT_S, PARTICIPANTS, RULES, UNITS, area_outcome, unit

UNITS_BY_ID = {item.unit_id: item for item in UNITS}
RETAILER = participant_account("retailer")


def outcome(price_ticks: int | None, *, sent_out_wh: int = 2_000) -> ClearingOutcome:
    """Two areas at one price; so much goes from the village to the retailer."""
    return ClearingOutcome(
        start_s=MIDNIGHT_S,
        rung="optimal",
        reproducible=True,
        areas=tuple(area_outcome(area.area_id, price_ticks) for area in GRID.areas),
        lines=(
            LineOutcome(
                line_id="GRID-RUR",
                sent_forward_wh=0,
                received_forward_wh=0,
                sent_backward_wh=sent_out_wh,
                received_backward_wh=sent_out_wh * 98 // 100,
                capacity_forward_wh=3_000,
                capacity_backward_wh=3_000,
            ),
        ),
        filled_order_ids=(),
        filled_wh=(),
        welfare_quanta=0,
        upper_bound_quanta=0,
        solve_ms=1,
        receipt_hash="",
        audit_faults=(),
    )


def pays(
    moved_wh: dict[str, int],
    price_ticks: int | None = 10_000,
    *,
    result: ClearingOutcome | None = None,
) -> tuple[Transfer, ...]:
    result = result or outcome(price_ticks)
    return redispatch_transfers(
        moved_wh=moved_wh,
        prices=deviation_prices(rules=RULES, grid=GRID, outcome=result, start_s=MIDNIGHT_S),
        units=UNITS_BY_ID,
        rules=RULES,
        grid=GRID,
        start_s=MIDNIGHT_S,
        last_resort_participant_id="retailer",
        outcome=result,
        exchange=result,
    )


def balances(transfers: tuple[Transfer, ...]) -> Counter[str]:
    found: Counter[str] = Counter()
    for item in transfers:
        found[item.debit_account] -= item.amount_quanta
        found[item.credit_account] += item.amount_quanta
    return found


@pytest.mark.parametrize(
    ("kind", "costs"),
    [
        (UnitKind.SOLAR, (10_000, 0)),
        (UnitKind.WIND, (10_000, 0)),
        (UnitKind.STORAGE, (10_500, 9_500)),
        (UnitKind.HEAT_PUMP, (10_500, 9_500)),
    ],
)
def test_what_moving_costs_follows_from_price_and_kind(
    kind: UnitKind, costs: tuple[int, int]
) -> None:
    result = outcome(10_000)
    prices = deviation_prices(rules=RULES, grid=GRID, outcome=result, start_s=MIDNIGHT_S)
    found = moving_costs(
        unit("it", "ann", kind, injection_max_w=1),
        {price.area_id: price for price in prices},
        reference_prices(prices, result),
    )
    assert found == costs


@given(st.integers(-50_000, 400_000))
def test_moving_to_and_fro_never_pays(price_ticks: int) -> None:
    result = outcome(price_ticks)
    prices = deviation_prices(rules=RULES, grid=GRID, outcome=result, start_s=MIDNIGHT_S)
    price_of = {price.area_id: price for price in prices}
    for item in UNITS:
        paid, given_back = moving_costs(item, price_of, reference_prices(prices, result))
        assert paid >= given_back


@pytest.mark.parametrize(
    ("told", "traded", "measured", "expected"),
    [
        (-400, 1_000, 600, -400),
        (-400, 1_000, 500, -400),  # less sun besides: that is a deviation
        (-400, 1_000, 700, -300),
        (-400, 1_000, 1_000, 0),
        (-400, 1_000, 1_200, 0),
        (300, -500, -200, 300),
        (300, -500, -600, 0),
    ],
)
def test_only_what_the_meter_shows_was_followed(
    told: int, traded: int, measured: int, expected: int
) -> None:
    assert followed_wh({"u": told}, {"u": traded}, {"u": measured}) == {"u": expected}


def test_a_unit_that_nobody_read_did_as_it_was_told() -> None:
    assert followed_wh({"u": -400}, {"u": 1_000}, {}) == {"u": -400}


def test_a_pair_inside_an_area_needs_no_replacement() -> None:
    transfers = pays({"ann-solar": -100, "ann-battery": 100})
    assert [item.kind for item in transfers] == [TransferKind.REDISPATCH]  # sun gives nothing back
    assert balances(transfers) == {participant_account("ann"): 1_050_000, GRID_OPERATOR: -1_050_000}


def test_nothing_in_sum_is_replaced_by_nothing_whatever_the_line_carries() -> None:
    """Of 51 Wh 49 arrive, for which 50 would do: that Wh is not given back for a change of nothing."""
    result = outcome(10_000, sent_out_wh=0)
    supplied = replace(result.lines[0], sent_forward_wh=51, received_forward_wh=49)
    moved_wh = {"ann-solar": -100, "ann-battery": 100}
    transfers = pays(moved_wh, result=replace(result, lines=(supplied,)))
    assert {item.kind for item in transfers} == {TransferKind.REDISPATCH}


def test_energy_that_is_cut_is_given_back_by_who_was_to_have_it() -> None:
    """Less is fed in: the retailer is given its bid back for what no longer arrives."""
    transfers = pays({"ann-solar": -100})
    (replaced,) = transfers
    assert replaced.kind is TransferKind.REPLACEMENT
    assert (replaced.debit_account, replaced.credit_account) == (GRID_OPERATOR, RETAILER)
    assert replaced.amount_quanta == 8_000 * 98
    assert (replaced.reference, replaced.start_s) == ("RUR", MIDNIGHT_S)


def test_where_nothing_traded_the_price_is_what_the_last_resort_pays_there() -> None:
    result = outcome(None)
    prices = deviation_prices(rules=RULES, grid=GRID, outcome=result, start_s=MIDNIGHT_S)
    assert reference_prices(prices, result)["RUR"] == 7_840  # 80.00 less two per cent
    assert reference_prices(prices, None) == reference_prices(prices, result)


ENERGY = st.integers(-2_500, 2_500)


@given(
    moved=st.fixed_dictionaries({"ann-solar": ENERGY, "ann-battery": ENERGY, "ben-load": ENERGY}),
    deviated=st.fixed_dictionaries({"ann-solar": ENERGY, "ben-load": ENERGY}),
    price_ticks=st.one_of(st.none(), st.integers(-50_000, 400_000)),
)
def test_the_last_resort_is_settled_with_for_the_sum_whoever_pays_which_part(
    moved: dict[str, int], deviated: dict[str, int], price_ticks: int | None
) -> None:
    """What redispatch and deviations change together costs what deviations of that sum would."""
    result = outcome(price_ticks)
    prices = deviation_prices(rules=RULES, grid=GRID, outcome=result, start_s=MIDNIGHT_S)

    def settled(scheduled: dict[str, int], replaced: dict[str, int]) -> tuple[Transfer, ...]:
        measured = {
            name: moved.get(name, 0) + deviated.get(name, 0) for name in {**moved, **deviated}
        }
        return deviation_transfers(
            prices=prices,
            units=UNITS_BY_ID,
            scheduled_wh=scheduled,
            measured_wh=measured,
            rules=RULES,
            grid=GRID,
            start_s=MIDNIGHT_S,
            last_resort_participant_id="retailer",
            outcome=result,
            replaced_wh=replaced,
        )

    beside = (*pays(moved, price_ticks), *settled(moved, net_by_area_wh(moved, UNITS_BY_ID)))
    alone = settled({}, {})
    assert sum(balances(beside).values()) == 0
    assert balances(beside)[RETAILER] == balances(alone)[RETAILER]
    assert {item.start_s for item in (*beside, *alone)} <= {MIDNIGHT_S}
    assert BALANCING not in balances(pays(moved, price_ticks))


def borne(moved_wh: dict[str, int], measured_wh: dict[str, int]) -> dict[str, int]:
    members = {item.participant_id: item for item in PARTICIPANTS}
    moves = fees_borne(
        moved_wh=moved_wh,
        measured_wh=measured_wh,
        units=UNITS_BY_ID,
        rules=RULES,
        participants=members,
        start_s=MIDNIGHT_S,
    )
    assert {move.start_s for move in moves} <= {MIDNIGHT_S}
    assert {move.kind for move in moves} <= {TransferKind.REDISPATCH}
    assert all(move.debit_account == GRID_OPERATOR for move in moves)
    assert all(move.credit_account == participant_account(move.reference) for move in moves)
    return {move.reference: move.amount_quanta for move in moves}


def test_who_withdraws_because_its_roof_was_held_back_gets_the_fees_of_that_again() -> None:
    fee_ticks = RULES.tariff.network_ticks + RULES.tariff.levies_ticks
    # 300 Wh of 1,000 came from the roof; of those that are missing 500 would have covered the load.
    measured = {"ann-load": -1_000, "ann-solar": 300, "ben-load": -400}
    assert borne({"ann-solar": -500}, measured) == {"ann": 500 * fee_ticks}
    assert borne({"ann-solar": -900}, measured) == {"ann": 700 * fee_ticks}, (
        "more was not withdrawn"
    )
    assert borne({"ben-load": -1}, measured) == {"ben": fee_ticks}
    assert borne({"ann-solar": -500, "ben-load": -1}, measured).keys() == {"ann", "ben"}


def test_who_was_told_to_inject_more_keeps_what_it_saves() -> None:
    measured = {"ann-load": -1_000, "ann-battery": 300}
    assert borne({"ann-battery": 300}, measured) == {}
    assert borne({"ann-battery": 0}, measured) == {}


def test_the_last_resort_is_given_no_fees_back_and_neither_is_who_withdrew_nothing() -> None:
    assert borne({"retailer-sells": -10}, {"retailer-sells": -50}) == {}
    assert borne({"ann-solar": -500}, {"ann-solar": 100}) == {}


def test_a_single_wh_more_is_paid_and_a_single_wh_less_gives_back_what_it_spares() -> None:
    assert balances(pays({"ann-battery": 1, "ann-solar": -1}))[GRID_OPERATOR] == -10_500
    assert balances(pays({"ann-battery": -1, "ann-solar": 1}))[GRID_OPERATOR] == 9_500 - 10_000


def test_what_is_not_compensated_is_given_back_at_the_area_price() -> None:
    result = outcome(10_000)
    transfers = redispatch_transfers(
        moved_wh={"ann-solar": -100, "ann-battery": 100},
        prices=deviation_prices(rules=RULES, grid=GRID, outcome=result, start_s=MIDNIGHT_S),
        units=UNITS_BY_ID,
        rules=RULES,
        grid=GRID,
        start_s=MIDNIGHT_S,
        last_resort_participant_id=None,
        outcome=result,
        exchange=result,
        at_area_price_wh={"ann-solar": -30, "ann-battery": 100},
    )
    assert {(item.kind, item.reference, item.start_s) for item in transfers} == {
        (TransferKind.INSTRUCTED, "ann-solar", MIDNIGHT_S),
        (TransferKind.INSTRUCTED, "ann-battery", MIDNIGHT_S),
    }  # the sun that is compensated costs nothing
    assert balances(transfers)[participant_account("ann")] == 10_000 * (100 - 30)


@pytest.mark.parametrize("price_ticks", [3_000, 10_000])
def test_who_was_stopped_gives_back_at_the_price_of_the_intervals_own_call(
    price_ticks: int,
) -> None:
    result = outcome(price_ticks)
    came = settled_instructed(
        instructed_wh={"ann-solar": -400},
        uncompensated_wh={"ann-solar": -400},
        activations=(),
        traded_wh={"ann-solar": 1_000},
        measured_wh={"ann-solar": 600},
        prices=deviation_prices(rules=RULES, grid=GRID, outcome=result, start_s=MIDNIGHT_S),
        outcome=result,
        exchange=result,
        units=UNITS_BY_ID,
        rules=RULES,
        grid=GRID,
        participants={item.participant_id: item for item in PARTICIPANTS},
        start_s=MIDNIGHT_S,
        last_resort_participant_id="retailer",
    )
    (given_back,) = (item for item in came.transfers if item.kind is TransferKind.INSTRUCTED)
    assert given_back.debit_account == participant_account("ann")
    assert given_back.amount_quanta == 400 * price_ticks
