"""What is an order and what is a unit's own fault, and how each is settled."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.model.act import ControlReason
from market.model.money import (
    BALANCING,
    GRID_OPERATOR,
    Transfer,
    TransferKind,
    participant_account,
)
from market.settlement.imbalance import deviation_prices, deviation_transfers
from market.settlement.instructed import given_back_wh
from market.settlement.ordered import TREATMENTS, Ordered, ordered
from market.settlement.redispatch import followed_wh, less, net_by_area_wh, redispatch_transfers
from tests.builders import GRID, MIDNIGHT_S, RULES
from tests.market.settlement.test_redispatch import UNITS_BY_ID, balances, outcome

ANN, BEN = participant_account("ann"), participant_account("ben")
LIMIT, STOP, TRIP = ControlReason.OPERATOR_LIMIT, ControlReason.STOPPED, ControlReason.TRIP


def followed(told: Ordered, traded_wh: dict[str, int], measured_wh: dict[str, int]) -> Ordered:
    """What of orders the meters show, by how it is settled; without activations."""
    moved_wh = followed_wh(told.total_wh(), traded_wh, measured_wh)
    back_wh = given_back_wh(told.at_area_price_wh, moved_wh)
    return Ordered(at_cost_wh=less(moved_wh, back_wh), at_area_price_wh=back_wh)


def test_every_reason_is_settled_somehow() -> None:
    assert set(TREATMENTS) == set(ControlReason)


def test_orders_of_a_unit_add_up_by_treatment_and_its_own_faults_are_none() -> None:
    told = ordered(
        [
            ("u", LIMIT, -100),
            ("u", ControlReason.GRID_VOLTAGE, -30),
            ("u", STOP, -200),
            ("u", TRIP, -400),
            ("v", ControlReason.FAIL_SAFE, -1),
            ("w", ControlReason.ACTIVATION, 50),
        ]
    )
    assert told == Ordered(
        at_cost_wh={"u": -130}, at_area_price_wh={"u": -200}, activated_wh={"w": 50}
    )
    assert told.total_wh() == {"u": -330, "w": 50}
    assert told.compensated().total_wh() == {"u": -130, "w": 50}


@pytest.mark.parametrize(
    ("cost", "stop", "traded", "measured", "expected"),
    [
        (-300, -200, 500, 0, (-300, -200)),
        (-300, -200, 500, -50, (-300, -200)),  # what is missing besides is the unit's own
        (-300, -200, 500, 150, (-150, -200)),  # the stop counts first
        (-300, -200, 500, 400, (0, -100)),
        (-300, -200, 500, 600, (0, 0)),
        (300, -800, 500, 0, (0, -500)),  # a stop undoes what redispatch had asked for
        (-800, 300, 500, 0, (-500, 0)),
        (-800, 300, 500, 600, (0, 0)),
        (0, 400, -400, -100, (0, 300)),
    ],
)
def test_what_the_meter_shows_was_followed_stops_first(
    cost: int, stop: int, traded: int, measured: int, expected: tuple[int, int]
) -> None:
    told = Ordered(at_cost_wh={"u": cost}, at_area_price_wh={"u": stop})
    found = followed(told, {"u": traded}, {"u": measured})
    assert (found.at_cost_wh["u"], found.at_area_price_wh["u"]) == expected


ENERGY = st.integers(-3_000, 3_000)


@given(cost=ENERGY, stop=ENERGY, traded=ENERGY, measured=ENERGY)
def test_no_more_was_followed_than_was_told_nor_than_the_meter_moved(
    cost: int, stop: int, traded: int, measured: int
) -> None:
    told = Ordered(at_cost_wh={"u": cost}, at_area_price_wh={"u": stop})
    found = followed(told, {"u": traded}, {"u": measured})
    for part_wh, most_wh in (
        (found.at_cost_wh["u"], cost),
        (found.at_area_price_wh["u"], stop),
        (found.total_wh()["u"], cost + stop),
        (found.total_wh()["u"], measured - traded),
    ):
        assert min(0, most_wh) <= part_wh <= max(0, most_wh)


def settled(
    told: Ordered,
    traded_wh: dict[str, int],
    measured_wh: dict[str, int],
    price_ticks: int | None = 10_000,
) -> tuple[Transfer, ...]:
    """Orders and deviations of one interval, as settling brings them together."""
    result = outcome(price_ticks)
    prices = deviation_prices(rules=RULES, grid=GRID, outcome=result, start_s=MIDNIGHT_S)
    done = followed(told, traded_wh, measured_wh)
    moved_wh = done.total_wh()
    scheduled_wh = {
        name: traded_wh.get(name, 0) + moved_wh.get(name, 0) for name in {**traded_wh, **moved_wh}
    }
    return (
        *redispatch_transfers(
            moved_wh=moved_wh,
            at_area_price_wh=done.at_area_price_wh,
            prices=prices,
            units=UNITS_BY_ID,
            rules=RULES,
            grid=GRID,
            start_s=MIDNIGHT_S,
            last_resort_participant_id="retailer",
            outcome=result,
            exchange=result,
        ),
        *deviation_transfers(
            prices=prices,
            units=UNITS_BY_ID,
            scheduled_wh=scheduled_wh,
            measured_wh=measured_wh,
            rules=RULES,
            grid=GRID,
            start_s=MIDNIGHT_S,
            last_resort_participant_id="retailer",
            outcome=result,
            replaced_wh=net_by_area_wh(moved_wh, UNITS_BY_ID),
        ),
    )


def kinds(transfers: tuple[Transfer, ...], account: str) -> Counter[TransferKind]:
    """What an account received less what it paid, by kind."""
    found: Counter[TransferKind] = Counter()
    for item in transfers:
        found[item.kind] += item.amount_quanta * (
            (item.credit_account == account) - (item.debit_account == account)
        )
    return Counter({kind: amount for kind, amount in found.items() if amount})


def test_sun_that_was_stopped_gives_back_the_area_price_and_no_adder() -> None:
    told = Ordered(at_area_price_wh={"ann-solar": -500})
    transfers = settled(told, {"ann-solar": 500}, {"ann-solar": 0})
    assert kinds(transfers, ANN) == {TransferKind.INSTRUCTED: -10_000 * 500}
    # the grid operator has it replaced: the feed-in that no longer arrives
    assert kinds(transfers, GRID_OPERATOR) == {
        TransferKind.INSTRUCTED: 10_000 * 500,
        TransferKind.REPLACEMENT: -8_000 * 490,
    }
    assert BALANCING not in balances(transfers)


def test_a_load_that_was_stopped_gets_its_money_back() -> None:
    told = Ordered(at_area_price_wh={"ben-load": 2_000})
    transfers = settled(told, {"ben-load": -2_000}, {"ben-load": 0})
    assert kinds(transfers, BEN) == {TransferKind.INSTRUCTED: 10_000 * 2_000}


def test_a_load_that_was_limited_is_paid_what_it_did_without() -> None:
    told = Ordered(at_cost_wh={"ben-load": 1_500})
    transfers = settled(told, {"ben-load": -2_000}, {"ben-load": -500})
    assert kinds(transfers, BEN) == {TransferKind.REDISPATCH: 10_500 * 1_500}


def test_sun_that_was_limited_keeps_what_it_has_sold() -> None:
    told = Ordered(at_cost_wh={"ann-solar": -400})
    transfers = settled(told, {"ann-solar": 500}, {"ann-solar": 100})
    assert kinds(transfers, ANN) == {}


def test_what_is_missing_beyond_the_order_is_a_deviation() -> None:
    told = Ordered(at_cost_wh={"ann-solar": -400})
    transfers = settled(told, {"ann-solar": 500}, {"ann-solar": 60})
    assert kinds(transfers, ANN) == {TransferKind.DEVIATION: -10_500 * 40}


def test_a_fault_of_its_own_is_a_deviation_like_any_other() -> None:
    told = ordered([("ann-solar", TRIP, -500)])
    transfers = settled(told, {"ann-solar": 500}, {"ann-solar": 0})
    assert kinds(transfers, ANN) == {TransferKind.DEVIATION: -10_500 * 500}


@given(
    cost=st.fixed_dictionaries({"ann-solar": ENERGY, "ann-battery": ENERGY, "ben-load": ENERGY}),
    stop=st.fixed_dictionaries({"ann-solar": ENERGY, "ben-load": ENERGY}),
    traded=st.fixed_dictionaries({"ann-solar": ENERGY, "ann-battery": ENERGY, "ben-load": ENERGY}),
    measured=st.fixed_dictionaries({"ann-solar": ENERGY, "ben-load": ENERGY}),
    price_ticks=st.one_of(st.none(), st.integers(-50_000, 400_000)),
)
def test_all_accounts_stay_at_zero_and_the_last_resort_is_settled_with_for_the_sum(
    cost: dict[str, int],
    stop: dict[str, int],
    traded: dict[str, int],
    measured: dict[str, int],
    price_ticks: int | None,
) -> None:
    told = Ordered(at_cost_wh=cost, at_area_price_wh=stop)
    metered = {
        name: measured.get(name, traded[name] + told.total_wh().get(name, 0)) for name in traded
    }
    obeys = settled(told, traded, metered, price_ticks)
    plain = settled(Ordered(), traded, metered, price_ticks)
    assert sum(balances(obeys).values()) == 0
    retailer = participant_account("retailer")
    assert balances(obeys)[retailer] == balances(plain)[retailer]


@given(
    stop_wh=ENERGY,
    traded_wh=ENERGY,
    measured_wh=ENERGY,
    price_ticks=st.one_of(st.none(), st.integers(-50_000, 400_000)),
)
def test_who_is_stopped_is_never_worse_off_than_who_deviates(
    stop_wh: int, traded_wh: int, measured_wh: int, price_ticks: int | None
) -> None:
    traded, metered = {"ben-load": traded_wh}, {"ben-load": measured_wh}
    stopped = settled(Ordered(at_area_price_wh={"ben-load": stop_wh}), traded, metered, price_ticks)
    deviates = settled(Ordered(), traded, metered, price_ticks)
    assert balances(stopped)[BEN] >= balances(deviates)[BEN]


@given(
    limit_wh=st.integers(-3_000, 0),
    sold_wh=st.integers(1, 3_000),
    price_ticks=st.one_of(st.none(), st.integers(-50_000, 400_000)),
)
def test_sun_that_obeys_a_limit_is_as_well_off_as_had_it_delivered(
    limit_wh: int, sold_wh: int, price_ticks: int | None
) -> None:
    limit_wh = max(limit_wh, -sold_wh)
    told = Ordered(at_cost_wh={"ann-solar": limit_wh})
    traded = {"ann-solar": sold_wh}
    obeys = settled(told, traded, {"ann-solar": sold_wh + limit_wh}, price_ticks)
    delivers = settled(Ordered(), traded, traded, price_ticks)
    assert balances(obeys)[ANN] == balances(delivers)[ANN] == 0
