"""Who pays when somebody does not: in order, all of it, and back the other way."""

from hypothesis import given
from hypothesis import strategies as st

from market.ledger import Ledger
from market.model.money import participant_account
from market.model.payment import Cover
from market.settlement.waterfall import added, back_of, back_transfers, cover_of, cover_transfers

amounts = st.integers(0, 10**12)


def parts(cover: Cover) -> tuple[int, int, int]:
    return cover.collateral_quanta, cover.fund_quanta, cover.default_quanta


def test_each_gives_as_far_as_it_goes() -> None:
    def found(short: int) -> tuple[int, int, int]:
        return parts(cover_of(short, collateral_quanta=30, fund_quanta=50))

    assert found(0) == (0, 0, 0)
    assert found(20) == (20, 0, 0)
    assert found(60) == (30, 30, 0)
    assert found(100) == (30, 50, 20)
    assert parts(cover_of(10, collateral_quanta=-5, fund_quanta=-5)) == (0, 0, 10)


def test_who_gave_last_gets_first() -> None:
    claims = Cover(collateral_quanta=30, fund_quanta=50, default_quanta=20)

    assert parts(back_of(10, claims)) == (0, 0, 10)
    assert parts(back_of(40, claims)) == (0, 20, 20)
    assert parts(back_of(90, claims)) == (20, 50, 20)
    assert parts(back_of(500, claims)) == (30, 50, 20)


@given(short=amounts, collateral=amounts, fund=amounts, paid=st.lists(amounts, max_size=6))
def test_what_was_covered_comes_back_and_the_sum_stays_zero(
    short: int, collateral: int, fund: int, paid: list[int]
) -> None:
    ledger = Ledger()
    cover = cover_of(short, collateral_quanta=collateral, fund_quanta=fund)
    assert cover.total_quanta == short
    ledger.book(cover_transfers("ann", cover, "dft-1"))
    assert ledger.balance_quanta(participant_account("ann")) == short
    assert ledger.balance_quanta("collateral:ann") >= -collateral
    assert ledger.balance_quanta("guarantee_fund") >= -fund
    claims = cover
    for amount in [*paid, short]:
        back = back_of(amount, claims)
        claims = added(claims, back, -1)
        ledger.book(back_transfers("ann", back, "row-1"))
        assert min(parts(claims)) >= 0
        assert ledger.sum_quanta() == 0
    assert parts(claims) == (0, 0, 0)
    assert set(ledger.accounts().values()) <= {0}
