"""Cases from a market's own file: listed, found with their bills, and on the next one as a credit."""

from typing import Any

import pytest

from market.engine.engine import Engine
from market.engine.state_hash import state_hash
from market.model.bill import BillState, ChargeKind
from market.model.case import CaseOutcome, CaseState, Remedy, StepKind
from market.model.money import DISPUTED, TransferKind
from market.replay import replay
from market.store import queries
from market.store.database import Readers, Store
from market.store.queries import CaseFilter, CursorFault, StoredBill
from tests.market.store.test_bills import bills_of, lines_are_their_details, read, taxed
from tests.market.stores import NewStore
from tests.market.written import write_life


@pytest.fixture(scope="module")
def lived(new_store_for_all: NewStore) -> tuple[Store, Engine]:
    store = new_store_for_all()
    return store, write_life(store, taxed(), billed=True, disputed=True)


@pytest.fixture
def life(lived: tuple[Store, Engine]) -> Store:
    return lived[0]


def bills_of_ben(life: Store) -> list[StoredBill]:
    return list(read(life, queries.bills, participant_id="ben").items)


def test_cases_are_listed_as_they_were_opened(life: Store) -> None:
    found = read(life, queries.cases, wanted=CaseFilter()).items
    assert [(item.case_id, item.participant_id, item.outcome) for item in found] == [
        ("cas-1", "ben", CaseOutcome.UPHELD),
        ("cas-2", "ann", CaseOutcome.WITHDRAWN),
    ]
    assert {item.state for item in found} == {CaseState.CLOSED}
    assert [step.kind for step in found[0].history] == [
        StepKind.OPENED,
        StepKind.TAKEN,
        StepKind.NOTED,
        StepKind.PROPOSED,
        StepKind.UPHELD,
    ]
    assert found[0].owner == "op1"
    assert read(life, queries.case, case_id="cas-1") == found[0]
    assert read(life, queries.case, case_id="cas-9") is None


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"participant_id": "ben"}, 1),
        ({"owner": "op1"}, 1),
        ({"owner": "op2"}, 0),
        ({"states": (CaseState.OPEN, CaseState.IN_WORK)}, 0),
        ({"states": (CaseState.OPEN, CaseState.CLOSED)}, 2),
        ({"outcome": CaseOutcome.WITHDRAWN}, 1),
        ({"month": "2016-06"}, 2),
        ({"month": "2016-07"}, 0),
        ({"bill_id": "bil-99"}, 0),
    ],
)
def test_lists_are_narrowed(wanted: dict[str, Any], count: int, life: Store) -> None:
    assert len(read(life, queries.cases, wanted=CaseFilter(**wanted)).items) == count


def test_lists_are_read_page_by_page(life: Store) -> None:
    first = read(life, queries.cases, wanted=CaseFilter(), limit=1)
    second = read(life, queries.cases, wanted=CaseFilter(), limit=1, cursor=first.next_cursor)
    assert [page.items[0].case_id for page in (first, second)] == ["cas-1", "cas-2"]
    assert second.next_cursor is None
    with pytest.raises(CursorFault):
        read(life, queries.cases, wanted=CaseFilter(), cursor="x")


def test_a_bill_comes_with_what_was_said_about_it(life: Store) -> None:
    first, second = bills_of_ben(life)
    assert [item.case_id for item in first.cases] == ["cas-1"]
    assert [item.case_id for item in second.cases] == ["cas-1"]
    assert read(life, queries.bill, bill_id=first.bill.bill_id) == first


def test_a_credit_is_on_the_next_bill_and_the_account_agrees(life: Store) -> None:
    first, second = bills_of_ben(life)
    assert (first.state, second.state) == (BillState.REPLACED, BillState.ISSUED)
    assert second.bill.version == 2
    (line,) = [line for line in second.bill.lines if line.kind is ChargeKind.CREDIT]
    assert (line.detail, line.case_id, line.amount_quanta) == ("network_fee", "cas-1", -1_000_003)
    (before,), (after,) = first.bill.taxes, second.bill.taxes
    assert after.base_quanta == before.base_quanta - 1_000_003
    for name, item in bills_of(life, state=BillState.ISSUED).items():
        account = read(life, queries.account, participant_id=name)
        assert account.balance_quanta == item.bill.paid_in_quanta - item.bill.total_quanta
    lines_are_their_details(life)


def test_nothing_is_left_set_aside(life: Store) -> None:
    ledger = read(life, queries.ledger)
    assert {item.account: item.balance_quanta for item in ledger.accounts}[DISPUTED] == 0
    assert ledger.sum_quanta == 0
    kinds = [item.kind for item in read(life, queries.statement, participant_id="ben")]
    assert TransferKind.BILL_CREDIT in kinds
    assert TransferKind.DISPUTE_HELD not in kinds


def test_who_withdrew_has_the_bill_that_stood(life: Store) -> None:
    (ann,) = read(life, queries.bills, participant_id="ann").items
    assert (ann.bill.version, ann.state) == (1, BillState.ISSUED)


def test_a_life_with_disputes_lives_again(lived: tuple[Store, Engine]) -> None:
    store, engine = lived
    for events_only in (False, True):
        readers = Readers(store)
        try:
            with readers.connect() as connection:
                again = replay(connection, events_only=events_only)
        finally:
            readers.close()
        assert again.state_hash == state_hash(engine.state)


def test_the_remedy_is_kept(life: Store) -> None:
    dispute = read(life, queries.case, case_id="cas-1").dispute
    assert (dispute.remedy, dispute.corrected_by) == (Remedy.CREDIT, None)
    assert sum(item.amount_quanta for item in dispute.credited) == 1_000_003
