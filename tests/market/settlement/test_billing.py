"""Which bill of a participant and month stands, and which one is drafted to take its place."""

from dataclasses import replace

import pytest

from market.settlement.billing import Bills
from market.settlement.issuing import due_of
from tests.market.settlement.test_bill import billed, bought, source

BILL = replace(billed(source(bought(1_000, 12_000))), month="2016-06")


def test_a_draft_stands_once_it_is_issued_and_a_later_one_takes_its_place() -> None:
    bills = Bills()
    assert bills.issued("2016-06", "ann") is bills.newest("2016-06", "ann") is None
    assert bills.drafts("2016-06") == ()

    bills.were_drafted([BILL, replace(BILL, bill_id="bil-2", participant_id="ben")])
    drafted = due_of(BILL)
    assert (bills.next_number, bills.newest("2016-06", "ann")) == (3, drafted)
    assert [item.bill_id for item in bills.drafts("2016-06")] == ["bil-1", "bil-2"]
    assert bills.issued("2016-06", "ann") is None

    bills.were_issued([drafted], 77)
    assert (bills.issued("2016-06", "ann"), bills.issued_us("2016-06", "ann")) == (drafted, 77)
    assert bills.newest("2016-06", "ann") == drafted
    assert [item.bill_id for item in bills.drafts("2016-06")] == ["bil-2"]
    assert bills.issued("2016-06", "ben") is bills.issued("2016-07", "ann") is None

    later = replace(BILL, bill_id="bil-3", version=2)
    bills.were_drafted([later])
    assert (bills.next_number, bills.issued("2016-06", "ann")) == (4, drafted)
    assert bills.newest("2016-06", "ann") == due_of(later)
    bills.were_issued([due_of(later)], 88)
    assert (bills.issued("2016-06", "ann"), bills.issued_us("2016-06", "ann")) == (
        due_of(later),
        88,
    )


def test_months_are_apart_and_nobody_asks_when_a_bill_was_issued_that_was_not() -> None:
    bills = Bills()
    bills.were_drafted([BILL, replace(BILL, bill_id="bil-2", month="2016-07")])
    bills.were_drafted([replace(BILL, bill_id="bil-3", month="2016-07")])
    assert [item.bill_id for item in bills.drafts("2016-06")] == ["bil-1"]
    assert [item.bill_id for item in bills.drafts("2016-07")] == ["bil-3"]
    with pytest.raises(KeyError):
        bills.issued_us("2016-06", "ann")


def test_a_bill_may_stand_without_a_draft() -> None:
    bills = Bills()
    bills.were_issued([due_of(BILL)], 5)
    assert bills.newest("2016-06", "ann") == bills.issued("2016-06", "ann") == due_of(BILL)
