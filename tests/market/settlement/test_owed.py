"""Bills and what is paid of them: by name first, then the oldest, never more than the account is short."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.model.demand import Demand, DemandState, Owed
from market.model.rules import PaymentTerms
from market.settlement.owed import (
    Aside,
    demand_of,
    overdue_quanta,
    owed,
    payable_quanta,
    terms_on,
)
from tests.builders import RULES

MONTHS = ("2016-06", "2016-07", "2016-08")
HOUR_US = 3_600_000_000


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000


def demands(*totals: int) -> tuple[Demand, ...]:
    return tuple(
        Demand(
            bill_id=f"bil-{number}",
            participant_id="ann",
            month=month,
            total_quanta=total,
            due_day="2016-07-15",
            due_us=100 * number,
            grace_us=100 * number + 50,
        )
        for number, (month, total) in enumerate(zip(MONTHS, totals, strict=False), start=1)
    )


def paid(
    totals: tuple[int, ...],
    came: int = 0,
    *,
    unbilled: int = 0,
    named: dict[str, int] | None = None,
    aside: dict[str, Aside] | None = None,
    credited: int = 0,
    covered: int = 0,
) -> list[int]:
    """What is paid of bills with these totals; `unbilled`: charges no bill has told yet.

    `came`: by payments of its own.
    """
    return [
        item.paid_quanta
        for item in owed(
            demands(*totals),
            paid_in_quanta=came + covered,
            balance_quanta=came + covered - sum(totals) - unbilled + credited,
            named_quanta=named or {},
            covered_quanta=covered,
            aside=aside,
        )
    ]


def test_what_came_in_covers_the_oldest_bill_first() -> None:
    assert paid((100, 50), 0) == [0, 0]
    assert paid((100, 50), 120) == [100, 20]
    assert paid((100, 50), 500) == [100, 50]


def test_what_names_a_bill_covers_that_bill() -> None:
    assert paid((100, 50), 50, named={"2016-07": 50}) == [0, 50]
    assert paid((100, 50), 70, named={"2016-07": 50}) == [20, 50]
    assert paid((100, 50), 70, named={"2016-07": 70}) == [20, 50], "what is too much is not lost"


def test_a_bill_in_favour_of_the_participant_pays_others_and_is_nothing_to_pay() -> None:
    assert paid((-30, 100), 0) == [0, 30]
    assert paid((100, -30), 0) == [30, 0]
    assert paid((-30, 100), -30) == [0, 0], "it was paid out"


def test_charges_that_are_not_billed_yet_take_nothing_from_a_bill() -> None:
    assert paid((100,), 100, unbilled=40) == [100]


def test_income_that_is_not_billed_yet_is_on_the_account_and_counts() -> None:
    assert paid((100,), 0, unbilled=-60) == [60]
    assert paid((100,), 0, unbilled=-160) == [100]


def test_what_is_disputed_is_not_payable() -> None:
    assert payable_quanta(demands(100)[0], 30) == 70
    assert payable_quanta(demands(100)[0], 130) == 0
    assert payable_quanta(demands(-20)[0]) == 0
    aside = {"2016-06": Aside(disputed_quanta=30)}
    assert paid((100, 50), 80, aside=aside) == [70, 10]
    assert paid((100,), 0, unbilled=-70, aside=aside) == [70], "income pays it as ever"


def test_a_credit_lessens_its_own_bill_and_pays_no_other() -> None:
    aside = {"2016-06": Aside(credited_quanta=30)}
    assert paid((100, 50), 0, credited=30, aside=aside) == [0, 0]
    assert paid((100, 50), 80, credited=30, aside=aside) == [70, 10]


def test_what_a_credit_is_above_its_bill_is_on_the_account_and_pays() -> None:
    aside = {"2016-06": Aside(credited_quanta=60)}
    assert paid((10, 40), 0, credited=60, aside=aside) == [0, 40], "the account has 10"
    assert paid((10, 100), 0, credited=60, aside=aside) == [0, 50]


def test_what_others_gave_covers_bills_whatever_else_the_account_owes() -> None:
    assert paid((100, 50), covered=100) == [100, 0]
    assert paid((100, 50), covered=150) == [100, 50]
    assert paid((100,), -500, covered=100) == [100], (
        "a payment was sent back after it was taken out"
    )
    assert paid((100,), covered=100, unbilled=30) == [100], "what is not billed yet is not overdue"
    assert paid((100, 50), 30, covered=60, named={"2016-06": 30}) == [90, 0]
    assert paid((100, 50), 40, covered=60, named={"2016-07": 40}) == [60, 40]
    assert paid((100, 50), covered=170) == [100, 50]


_ASIDE = st.builds(Aside, disputed_quanta=st.integers(0, 400), credited_quanta=st.integers(0, 400))


@given(
    totals=st.tuples(*[st.integers(-500, 500)] * 3),
    came=st.integers(-500, 1_500),
    unbilled=st.integers(-500, 500),
    named=st.dictionaries(st.sampled_from(MONTHS), st.integers(-100, 400)),
    aside=st.dictionaries(st.sampled_from(MONTHS), _ASIDE),
    covered=st.integers(0, 600),
)
def test_nor_where_bills_are_in_dispute_or_credited(
    totals: tuple[int, ...],
    came: int,
    unbilled: int,
    named: dict[str, int],
    aside: dict[str, Aside],
    covered: int,
) -> None:
    credited = sum(item.credited_quanta for item in aside.values())
    balance = came - sum(totals) - unbilled + credited + covered
    found = owed(
        demands(*totals),
        paid_in_quanta=came + covered,
        balance_quanta=balance,
        named_quanta=named,
        covered_quanta=covered,
        aside=aside,
    )
    for item in found:
        assert 0 <= item.paid_quanta <= item.payable_quanta
    open_quanta = sum(item.open_quanta for item in found)
    assert open_quanta <= max(0, -balance)
    # Covered as well, nothing is left to be covered: not even where the account owes more than bills.
    again = owed(
        demands(*totals),
        paid_in_quanta=came + covered + open_quanta,
        balance_quanta=balance + open_quanta,
        named_quanta=named,
        covered_quanta=covered + open_quanta,
        aside=aside,
    )
    assert not any(item.open_quanta for item in again)


@given(
    totals=st.tuples(*[st.integers(-500, 500)] * 3),
    came=st.integers(-500, 1_500),
    unbilled=st.integers(-500, 500),
    named=st.dictionaries(st.sampled_from(MONTHS), st.integers(-100, 400)),
)
def test_nobody_owes_more_on_bills_than_the_account_is_short(
    totals: tuple[int, ...], came: int, unbilled: int, named: dict[str, int]
) -> None:
    balance = came - sum(totals) - unbilled
    found = owed(demands(*totals), paid_in_quanta=came, balance_quanta=balance, named_quanta=named)
    for item in found:
        assert 0 <= item.paid_quanta <= item.payable_quanta
    open_quanta = sum(item.open_quanta for item in found)
    assert open_quanta == max(0, min(open_quanta, -balance))
    if not any(named.values()):
        # What came in is all used, or all is paid.
        most = max(0, sum(totals) - max(came, balance + sum(totals)))
        assert open_quanta == min(most, sum(max(0, total) for total in totals))


# --- when -----------------------------------------------------------------------------


def test_terms_hold_from_their_day_on() -> None:
    first = PaymentTerms(from_day="2016-06-01", due_days=10, grace_days=3)
    later = PaymentTerms(from_day="2016-08-01", due_days=30, grace_days=0)
    rules = replace(RULES, payment_terms=(later, first))

    assert terms_on(rules, "2016-05-31").due_days == 14
    assert terms_on(rules, "2016-06-01") == first
    assert terms_on(rules, "2016-07-31") == first
    assert terms_on(rules, "2016-08-01") == later


@pytest.mark.parametrize(
    ("zone", "issued", "last", "due", "grace"),
    [
        ("Etc/GMT-1", "2016-07-01T10:00+01:00", "2016-07-15", "2016-07-16T00:00+01:00", "2016-07-23T00:00+01:00"),
        # Issued after local midnight, which is still the day before elsewhere.
        ("Europe/Berlin", "2016-07-01T00:30+02:00", "2016-07-15", "2016-07-16T00:00+02:00", "2016-07-23T00:00+02:00"),
        # The days between are counted by the calendar: one of them has 25 hours.
        ("Europe/Berlin", "2016-10-20T12:00+02:00", "2016-11-03", "2016-11-04T00:00+01:00", "2016-11-11T00:00+01:00"),
    ],
)  # fmt: skip
def test_a_bill_is_due_with_the_end_of_a_local_day(
    zone: str, issued: str, last: str, due: str, grace: str
) -> None:
    demand = demand_of(
        replace(RULES, time_zone=zone),
        bill_id="bil-1",
        participant_id="ann",
        month="2016-06",
        total_quanta=5,
        issued_us=us(issued),
    )

    assert (demand.due_us, demand.grace_us) == (us(due), us(grace))
    assert demand.due_day == last
    assert datetime.fromtimestamp(demand.due_us // 1_000_000, UTC).minute == 0


def test_the_state_is_worked_out_from_what_is_paid_and_the_moment() -> None:
    (demand,) = demands(100)

    def at(now_us: int, paid_quanta: int, payable: int = 100) -> DemandState:
        return Owed(demand=demand, payable_quanta=payable, paid_quanta=paid_quanta).state(now_us)

    assert at(99, 0) is DemandState.OPEN
    assert at(99, 40) is DemandState.PART_PAID
    assert at(100, 40) is DemandState.OVERDUE
    assert at(100, 100) is DemandState.PAID
    assert at(100, 0, payable=0) is DemandState.PAID, "all of it is disputed"


def test_overdue_beyond_grace_is_what_is_open_then() -> None:
    first, second = (
        Owed(demand=item, payable_quanta=100, paid_quanta=30) for item in demands(100, 100)
    )

    assert overdue_quanta([first, second], 149) == 0
    assert overdue_quanta([first, second], 150) == 70
    assert overdue_quanta([first, second], 250) == 140
