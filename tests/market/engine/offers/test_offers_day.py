"""A match over a line, then the closing call on what the line has left, then settlement."""

from collections import Counter

import pytest

from clearing.clear import clear
from market.model.listing import ListingState
from market.model.messages import (
    ApplyClearing,
    EndDelivery,
    IntervalCleared,
    PlaceOrders,
    SetpointsChanged,
    SettleInterval,
    TransfersBooked,
)
from market.model.money import CENTRAL, TransferKind, rent_account
from market.model.order import Venue
from tests.builders import orders, reasons_of
from tests.market.engine.offering import LINE, Offering, at, made


@pytest.fixture
def market() -> Offering:
    """Sue takes 0.5 kWh of Ann's sun by hand; then everybody orders, and the line fills up."""
    offering = Offering()
    made(offering.lists("ann-solar", "sell", 9_000, "2500"))
    made(offering.takes("sue-load", "500"))
    offering.opens()
    for who, table in (
        ("ben", "b ben-chp sell 10000 2000"),
        ("sue", "s sue-load buy 20000 4000\nw sue-wind sell 18000 3000"),
    ):
        assert all(
            row.rejection is None
            for row in offering.tells(PlaceOrders, who, orders=orders(table)).orders
        )
    offering.closes()
    engine = offering.engine
    auction = engine.clearing_problem(at(0))
    result = clear(auction.problem)
    wish = ApplyClearing(
        now_us=offering.now_us,
        outcomes=engine.clearing_outcomes(auction, result, 1),
        explained=engine.explained(auction, reasons_of(auction.problem, result)),
    )
    assert offering.does(wish).rejections == ()
    return offering


def test_the_call_has_what_the_match_left_of_the_line(market: Offering) -> None:
    (cleared,) = [e.outcome for e in market.events if isinstance(e, IntervalCleared)]
    line = next(item for item in cleared.lines if item.line_id == LINE.line_id)
    assert line.capacity_forward_wh == 2_000 - 511
    assert line.sent_forward_wh == 2_000 - 511


def test_who_took_by_hand_pays_what_the_full_line_is_worth(market: Offering) -> None:
    (cleared,) = [e.outcome for e in market.events if isinstance(e, IntervalCleared)]
    prices = {area.area_id: area.price_ticks for area in cleared.areas}
    rural, semi = prices["RUR"], prices["SEM"]
    assert rural is not None
    assert semi is not None
    assert semi > rural + LINE.fee_forward_ticks
    owed = semi * 500 - rural * 511 - LINE.fee_forward_ticks * 511
    paid = [
        move
        for event in market.events
        if isinstance(event, TransfersBooked)
        for move in event.transfers
        if move.debit_account == "participant:sue" and move.kind is TransferKind.LINE_RENT
    ]
    assert [move.amount_quanta for move in paid] == [owed]
    assert market.balance(rent_account(LINE.line_id)) >= owed
    assert sum(
        market.engine.state.day_rent_quanta[market.engine.state.local_day(at(0))].values()
    ) == market.balance(rent_account(LINE.line_id))


def test_the_schedule_counts_both_and_settles_to_zero(market: Offering) -> None:
    targets_w = {
        item.unit_id: item.target_w
        for event in market.events
        if isinstance(event, SetpointsChanged)
        for item in event.setpoints
    }
    traded: Counter[str] = Counter()
    for trade in market.trades():
        traded[trade.unit_id] += trade.injection_wh
    assert {trade.venue for trade in market.trades()} == {Venue.LISTING, Venue.CALL}
    assert {unit_id: energy_wh * 4 for unit_id, energy_wh in traded.items()} == {
        unit_id: targets_w[unit_id] for unit_id in traded
    }
    assert market.does(EndDelivery(now_us=market.now_us, start_s=at(0))).rejections == ()
    assert market.does(SettleInterval(now_us=market.now_us, start_s=at(0))).rejections == ()
    state = market.engine.state
    assert state.ledger.sum_quanta() == 0
    assert state.ledger.balance_quanta(CENTRAL) == 0
    assert [state.ledger.held_quanta(who) for who in ("ann", "ben", "sue")] == [0, 0, 0]
    assert state.contracts.ways == {}
    assert state.listings.open == {}
    assert market.engine.state.commitments.open_count("ann") == 0
    ended = [event.state for event in market.events if hasattr(event, "starts_s")]
    assert ended == [ListingState.CALLED]
