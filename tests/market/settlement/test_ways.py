"""What a way over a line is worth once the call is known: never less than nothing, never a refund."""

from hypothesis import given
from hypothesis import strategies as st

from market.model.contract import Way
from market.model.grid import Line
from market.model.money import Transfer, TransferKind, participant_account, rent_account
from market.model.trade import ClearingOutcome
from market.settlement.ways import way_transfers
from tests.builders import area_outcome

START_S = 1_465_941_600
LINE = Line(
    line_id="a-b",
    from_area="a",
    to_area="b",
    capacity_forward_w=40_000,
    capacity_backward_w=40_000,
    loss_ppm=20_000,
    fee_forward_ticks=400,
    fee_backward_ticks=100,
)


def way(*, forward: bool = True) -> Way:
    return Way(
        match_id="mat-7",
        participant_id="bob",
        line_id="a-b",
        forward=forward,
        sent_wh=511,
        received_wh=500,
    )


def outcome(**price_ticks: int | None) -> ClearingOutcome:
    return ClearingOutcome(
        start_s=START_S,
        rung="optimal",
        reproducible=True,
        areas=tuple(area_outcome(area_id, ticks) for area_id, ticks in price_ticks.items()),
        lines=(),
        filled_order_ids=(),
        filled_wh=(),
        welfare_quanta=0,
        upper_bound_quanta=0,
        solve_ms=1,
        receipt_hash="",
        audit_faults=(),
    )


def owed(found: ClearingOutcome, *ways: Way) -> list[Transfer]:
    return list(way_transfers(ways, {"a-b": LINE}, found))


def test_the_worth_beyond_the_fee_is_rent_of_the_line() -> None:
    (move,) = owed(outcome(a=9_000, b=15_000), way())
    assert move.amount_quanta == 15_000 * 500 - 9_000 * 511 - 400 * 511
    assert (move.debit_account, move.credit_account) == (
        participant_account("bob"),
        rent_account("a-b"),
    )
    assert (move.kind, move.reference, move.start_s) == (TransferKind.LINE_RENT, "mat-7", START_S)


def test_each_direction_has_its_own_fee() -> None:
    (move,) = owed(outcome(a=15_000, b=9_000), way(forward=False))
    assert move.amount_quanta == 15_000 * 500 - 9_000 * 511 - 100 * 511


def test_every_way_pays_for_itself() -> None:
    both = owed(outcome(a=9_000, b=15_000), way(), way(forward=False))
    assert len(both) == 1


def test_without_a_price_there_is_nothing_to_pay() -> None:
    assert owed(outcome(a=9_000, b=None), way()) == []
    assert owed(outcome(a=9_000), way()) == []


@given(a=st.integers(-50_000, 400_000), b=st.integers(-50_000, 400_000), forward=st.booleans())
def test_nobody_is_ever_paid_for_a_way(a: int, b: int, *, forward: bool) -> None:
    for move in owed(outcome(a=a, b=b), way(forward=forward)):
        assert move.amount_quanta > 0
        assert move.debit_account == participant_account("bob")
