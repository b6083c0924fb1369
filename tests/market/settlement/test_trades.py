"""Money of matches outside the calls: each leg at its own price, the line's fee, nothing left over."""

from dataclasses import replace

import pytest

from market.ledger import Ledger
from market.model.grid import Line
from market.model.messages import LineUse
from market.model.money import (
    CENTRAL,
    GRID_OPERATOR,
    TransferKind,
    participant_account,
    rounding_account,
)
from market.model.order import Side, Venue
from market.model.trade import Trade
from market.settlement.energy import ConservationError
from market.settlement.trades import matched_transfers

START_S = 1_465_941_600
LINE = Line(
    line_id="a-b",
    from_area="a",
    to_area="b",
    capacity_forward_w=40_000,
    capacity_backward_w=40_000,
    loss_ppm=20_000,
    fee_forward_ticks=400,
    fee_backward_ticks=0,
)


def leg(name: str, area_id: str, side: Side, price_ticks: int, energy_wh: int) -> Trade:
    return Trade(
        trade_id=f"trd-{name}",
        match_id="mat-1",
        order_id="lst-1",
        participant_id=name,
        unit_id=f"{name}-unit",
        area_id=area_id,
        start_s=START_S,
        side=side,
        price_ticks=price_ticks,
        energy_wh=energy_wh,
        venue=Venue.LISTING,
    )


def booked(ledger: Ledger) -> dict[str, int]:
    assert ledger.sum_quanta() == 0
    assert ledger.balance_quanta(CENTRAL) == 0
    return {name: amount for name, amount in ledger.accounts().items() if amount}


def test_in_one_area_the_buyer_pays_what_the_seller_gets() -> None:
    legs = [leg("ada", "a", Side.SELL, 9_000, 500), leg("bob", "a", Side.BUY, 9_000, 500)]
    ledger = Ledger()
    ledger.book(matched_transfers(legs=legs, use=None, line=None))
    assert booked(ledger) == {
        participant_account("ada"): 4_500_000,
        participant_account("bob"): -4_500_000,
    }


def test_over_a_line_the_fee_goes_to_the_grid_operator_and_the_rest_is_rounding() -> None:
    use = LineUse(line_id="a-b", forward=True, sent_wh=511, received_wh=500)
    # 9000 + 400 for 511 Wh are 4803400; 9607 ticks for 500 Wh are the next tick above it.
    legs = [leg("ada", "a", Side.SELL, 9_000, 511), leg("bob", "b", Side.BUY, 9_607, 500)]
    ledger = Ledger()
    ledger.book(matched_transfers(legs=legs, use=use, line=LINE))
    assert booked(ledger) == {
        participant_account("ada"): 4_599_000,
        participant_account("bob"): -4_803_500,
        GRID_OPERATOR: 204_400,
        rounding_account("a-b"): 100,
    }


def test_the_way_back_has_its_own_fee_and_rounding_may_be_owed() -> None:
    use = LineUse(line_id="a-b", forward=False, sent_wh=511, received_wh=500)
    legs = [leg("ada", "b", Side.SELL, 9_000, 511), leg("bob", "a", Side.BUY, 9_197, 500)]
    ledger = Ledger()
    ledger.book(matched_transfers(legs=legs, use=use, line=LINE))
    assert booked(ledger)[rounding_account("a-b")] == -500
    assert GRID_OPERATOR not in booked(ledger)


def test_at_a_negative_price_the_seller_pays() -> None:
    legs = [leg("ada", "a", Side.SELL, -100, 500), leg("bob", "a", Side.BUY, -100, 500)]
    ledger = Ledger()
    ledger.book(matched_transfers(legs=legs, use=None, line=None))
    assert booked(ledger)[participant_account("bob")] == 50_000


def test_energy_without_a_taker_is_booked_by_nobody() -> None:
    legs = [leg("ada", "a", Side.SELL, 9_000, 501), leg("bob", "a", Side.BUY, 9_000, 500)]
    with pytest.raises(ConservationError, match="1 Wh without a taker"):
        matched_transfers(legs=legs, use=None, line=None)


def test_energy_over_a_line_arrives_where_the_line_ends() -> None:
    use = LineUse(line_id="a-b", forward=False, sent_wh=511, received_wh=500)
    legs = [leg("ada", "a", Side.SELL, 9_000, 511), leg("bob", "b", Side.BUY, 9_607, 500)]
    with pytest.raises(ConservationError):
        matched_transfers(legs=legs, use=use, line=LINE)


def test_different_prices_in_one_area_would_leave_money() -> None:
    legs = [leg("ada", "a", Side.SELL, 9_000, 500), leg("bob", "a", Side.BUY, 9_001, 500)]
    with pytest.raises(ConservationError, match="central account"):
        matched_transfers(legs=legs, use=None, line=None)


def test_a_use_needs_its_line() -> None:
    use = LineUse(line_id="a-b", forward=True, sent_wh=1, received_wh=0)
    legs = [replace(leg("ada", "a", Side.SELL, 9_000, 1))]
    with pytest.raises(ConservationError, match="without its line"):
        matched_transfers(legs=legs, use=use, line=None)


def test_every_transfer_of_a_match_says_the_interval_it_is_for_and_what_it_is_of() -> None:
    use = LineUse(line_id="a-b", forward=True, sent_wh=511, received_wh=500)
    legs = [leg("ada", "a", Side.SELL, 9_000, 511), leg("bob", "b", Side.BUY, 9_607, 500)]
    moves = matched_transfers(legs=legs, use=use, line=LINE)
    assert [(move.kind, move.reference) for move in moves] == [
        (TransferKind.TRADE, "trd-ada"),
        (TransferKind.TRADE, "trd-bob"),
        (TransferKind.LINE_FEE, "a-b"),
        (TransferKind.ROUNDING, "a-b"),
    ]
    assert {move.start_s for move in moves} == {START_S}


@pytest.mark.parametrize(
    "alone",
    [leg("ada", "a", Side.SELL, 9_000, 511), leg("bob", "b", Side.BUY, 9_607, 500)],
    ids=["nobody takes what arrives", "nobody gave what is sent"],
)
def test_a_line_carries_nothing_for_one_party_alone(alone: Trade) -> None:
    use = LineUse(line_id="a-b", forward=True, sent_wh=511, received_wh=500)
    with pytest.raises(ConservationError):
        matched_transfers(legs=[alone], use=use, line=LINE)


def test_where_nothing_was_matched_nothing_is_paid() -> None:
    assert matched_transfers(legs=[], use=None, line=None) == ()
