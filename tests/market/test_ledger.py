"""The ledger: nothing is ever made or lost, and money spoken for cannot be spoken for twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.ledger import Ledger, LedgerError
from market.model.money import BANK, CENTRAL, Transfer, TransferKind, participant_account

ANN, BEN = participant_account("ann"), participant_account("ben")
ACCOUNTS = (BANK, CENTRAL, ANN, BEN, "rent:TIE")

transfers = st.builds(
    Transfer,
    debit_account=st.sampled_from(ACCOUNTS),
    credit_account=st.sampled_from(ACCOUNTS),
    amount_quanta=st.integers(0, 10**24),
    kind=st.sampled_from(TransferKind),
    reference=st.just("ref"),
).filter(lambda move: move.debit_account != move.credit_account)


def moved(giver: str, receiver: str, amount_quanta: int) -> Transfer:
    return Transfer(
        debit_account=giver,
        credit_account=receiver,
        amount_quanta=amount_quanta,
        kind=TransferKind.DEPOSIT,
        reference="ref",
    )


@given(st.lists(transfers, max_size=30))
def test_whatever_is_booked_the_accounts_sum_to_zero(moves: list[Transfer]) -> None:
    ledger = Ledger()
    for move in moves:
        ledger.book([move])
        assert ledger.sum_quanta() == 0
    for account in ACCOUNTS:
        received = sum(move.amount_quanta for move in moves if move.credit_account == account)
        given_away = sum(move.amount_quanta for move in moves if move.debit_account == account)
        assert ledger.balance_quanta(account) == received - given_away


@given(st.lists(transfers, max_size=10))
def test_booked_together_or_one_by_one_is_the_same(moves: list[Transfer]) -> None:
    together, one_by_one = Ledger(), Ledger()
    together.book(iter(moves))
    for move in moves:
        one_by_one.book([move])
    assert dict(together.accounts()) == dict(one_by_one.accounts())


@pytest.mark.parametrize("wrong", [moved(ANN, BEN, -1), moved(ANN, ANN, 5)])
def test_a_wrong_transfer_leaves_no_trace_of_those_beside_it(wrong: Transfer) -> None:
    ledger = Ledger()
    with pytest.raises(LedgerError):
        ledger.book([moved(BANK, ANN, 7), wrong])
    assert dict(ledger.accounts()) == {}


def test_an_unknown_account_is_empty_and_looking_does_not_open_it() -> None:
    ledger = Ledger()
    assert ledger.balance_quanta("rent:NOWHERE") == 0
    assert (ledger.held_quanta("nobody"), ledger.available_quanta("nobody")) == (0, 0)
    assert dict(ledger.accounts()) == {}


def test_nobody_outside_writes_to_the_accounts() -> None:
    ledger = Ledger()
    ledger.book([moved(BANK, ANN, 7)])
    with pytest.raises(TypeError):
        ledger.accounts()[ANN] = 8  # type: ignore[index]


def test_a_hold_reserves_and_a_release_gives_back() -> None:
    ledger = Ledger()
    ledger.book([moved(BANK, ANN, 100)])
    ledger.hold("ann", 60)
    assert (ledger.balance_quanta(ANN), ledger.held_quanta("ann")) == (100, 60)
    assert ledger.available_quanta("ann") == 40
    with pytest.raises(LedgerError):
        ledger.hold("ann", 41)
    ledger.hold("ann", 40)
    ledger.release("ann", 70)
    assert ledger.available_quanta("ann") == 70
    with pytest.raises(LedgerError):
        ledger.release("ann", 31)
    assert ledger.held_quanta("ann") == 30


@pytest.mark.parametrize("amount_quanta", [-1, -(10**12)])
def test_holds_and_releases_are_never_negative(amount_quanta: int) -> None:
    ledger = Ledger()
    ledger.book([moved(BANK, ANN, 100)])
    ledger.hold("ann", 10)
    with pytest.raises(LedgerError):
        ledger.hold("ann", amount_quanta)
    with pytest.raises(LedgerError):
        ledger.release("ann", amount_quanta)
    assert ledger.held_quanta("ann") == 10


def test_a_debt_from_settlement_is_booked_and_blocks_new_holds() -> None:
    ledger = Ledger()
    ledger.book([moved(BANK, ANN, 10), moved(ANN, BEN, 25)])
    assert ledger.available_quanta("ann") == -15
    ledger.hold("ann", 0)
    with pytest.raises(LedgerError):
        ledger.hold("ann", 1)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 120)), max_size=30))
def test_what_is_held_never_exceeds_the_balance_by_holds(acts: list[tuple[bool, int]]) -> None:
    ledger, held = Ledger(), 0
    ledger.book([moved(BANK, ANN, 100)])
    for is_hold, amount in acts:
        fits = amount <= (100 - held if is_hold else held)
        act = ledger.hold if is_hold else ledger.release
        if fits:
            act("ann", amount)
            held += amount if is_hold else -amount
        else:
            with pytest.raises(LedgerError):
                act("ann", amount)
        assert ledger.held_quanta("ann") == held
        assert ledger.available_quanta("ann") == 100 - held


def test_everything_held_may_be_given_back_and_not_one_quantum_more() -> None:
    ledger = Ledger()
    ledger.book([moved(BANK, ANN, 100)])
    ledger.hold("ann", 60)
    ledger.release("ann", 60)
    assert ledger.held_quanta("ann") == 0
    with pytest.raises(LedgerError):
        ledger.release("ann", 1)
    with pytest.raises(LedgerError):
        ledger.release("nobody", 1)


def test_who_has_no_account_yet_holds_nothing() -> None:
    with pytest.raises(LedgerError):
        Ledger().hold("nobody", 1)


def test_a_credit_limit_counts_on_top_of_the_balance_of_its_participant_alone() -> None:
    ledger = Ledger()
    ledger.book([moved(BANK, ANN, 100), moved(BANK, BEN, 100)])
    ledger.lend("ann", 50)
    assert (ledger.lent_quanta("ann"), ledger.lent_quanta("ben")) == (50, 0)
    assert (ledger.available_quanta("ann"), ledger.available_quanta("ben")) == (150, 100)
    with pytest.raises(LedgerError):
        ledger.hold("ann", 151)
    with pytest.raises(LedgerError):
        ledger.hold("ben", 101)
    ledger.hold("ann", 150)
    ledger.hold("ben", 100)
    assert (ledger.available_quanta("ann"), ledger.balance_quanta(ANN)) == (0, 100)


def test_a_credit_limit_that_is_taken_back_leaves_a_debt_as_what_is_available() -> None:
    ledger = Ledger()
    ledger.lend("ann", 50)
    ledger.hold("ann", 30)
    ledger.lend("ann", 0)
    assert (ledger.lent_quanta("ann"), ledger.available_quanta("ann")) == (0, -30)
    with pytest.raises(LedgerError):
        ledger.hold("ann", 1)


@pytest.mark.parametrize(
    ("balance", "fits"),
    [(10, 35), (0, 25), (-40, 25)],
    ids=["beside what there is", "without any", "whatever is owed already"],
)
def test_what_an_order_spares_may_be_held_beyond_what_is_available(balance: int, fits: int) -> None:
    ledger = Ledger()
    ledger.book([moved(BANK, ANN, 100), moved(ANN, BANK, 100 - balance)])
    with pytest.raises(LedgerError):
        ledger.hold("ann", fits + 1, spares_quanta=25)
    ledger.hold("ann", fits, spares_quanta=25)
    assert ledger.available_quanta("ann") == balance - fits
