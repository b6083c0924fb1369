"""Taxes that bills will add are expected from what is booked, until the bill books them itself."""

from dataclasses import replace

import pytest

from market.model.bill import BillDue, ChargeKind, TaxRule
from market.model.money import (
    CENTRAL,
    GRID_OPERATOR,
    Transfer,
    TransferKind,
    participant_account,
    transfer,
)
from market.settlement.unbilled import Unbilled
from tests.builders import MIDNIGHT_S, RULES

ANN = participant_account("ann")
DAY_S = 86_400
VAT = TaxRule(
    tax_id="vat",
    name="VAT",
    from_day="2016-06-01",
    rate_ppm=190_000,
    on=(ChargeKind.ENERGY_BOUGHT, ChargeKind.NETWORK_FEE),
)
DUTY = TaxRule(
    tax_id="duty", name="Duty", from_day="2016-06-16", rate_ppm=10_000, on=(ChargeKind.NETWORK_FEE,)
)
TAXED = replace(RULES, taxes=(VAT, DUTY))


def pays(
    amount_quanta: int,
    kind: TransferKind = TransferKind.TRADE,
    start_s: int | None = MIDNIGHT_S,
) -> Transfer:
    """Ann pays, or with less than nothing is paid."""
    other = GRID_OPERATOR if kind is TransferKind.NETWORK_FEE else CENTRAL
    return transfer(ANN, other, amount_quanta, kind, "a cause", start_s)


def expected(*moves: Transfer) -> int:
    """What is expected of Ann after these."""
    unbilled = Unbilled()
    unbilled.booked(moves, TAXED)
    return unbilled.expected_quanta("ann")


def test_who_buys_will_pay_the_tax_on_it() -> None:
    assert expected(pays(1_000)) == 190


def test_taxes_of_the_day_of_delivery_count_together() -> None:
    fee = TransferKind.NETWORK_FEE
    assert expected(pays(1_000, fee)) == 190
    assert expected(pays(1_000, fee, MIDNIGHT_S + DAY_S)) == 200


def test_part_of_a_quantum_counts_as_one() -> None:
    assert expected(pays(1)) == 1


@pytest.mark.parametrize(
    "move",
    [
        pays(1_000, TransferKind.LEVIES),  # not taxed here
        pays(1_000, TransferKind.TAX),
        pays(1_000, TransferKind.TRADE, None),  # of no interval
        pays(-1_000, TransferKind.DEPOSIT, None),
        pays(-1_000),  # a sale: its tax is another kind's
    ],
)
def test_nothing_else_is_expected(move: Transfer) -> None:
    assert expected(move) == 0


def test_what_is_paid_back_counts_against_it_and_never_below_nothing() -> None:
    fee = TransferKind.NETWORK_FEE
    assert expected(pays(1_000, fee), pays(-400, fee)) == 114
    assert expected(pays(1_000, fee), pays(-4_000, fee)) == 0


def test_a_month_that_would_bring_something_back_does_not_pay_for_another() -> None:
    fee, july_s = TransferKind.NETWORK_FEE, MIDNIGHT_S + 20 * DAY_S
    assert expected(pays(1_000, fee), pays(-4_000, fee, july_s)) == 190


def test_the_bill_takes_over() -> None:
    unbilled = Unbilled()
    july_s = MIDNIGHT_S + 20 * DAY_S
    unbilled.booked((pays(1_000), pays(2_000, start_s=july_s)), TAXED)
    due = BillDue(
        bill_id="bil-1",
        participant_id="ann",
        month="2016-06",
        version=1,
        digest="",
        total_quanta=0,
        taxes_quanta=(),
        rounding_quanta=0,
    )

    unbilled.issued((due,))
    assert unbilled.expected_quanta("ann") == 380

    unbilled.issued((replace(due, month="2016-07"), replace(due, participant_id="ben")))
    assert unbilled.expected_quanta("ann") == 0
