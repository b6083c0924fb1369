"""What a bill charges and credits of a kind and part of its month, and what the ledger says of the same."""

from dataclasses import replace

import pytest

from market.model.bill import BillLine, ChargeKind, Credited
from market.model.money import TransferKind
from market.settlement.charged import billed_quanta, booked_quanta
from market.settlement.issuing import due_of
from market.settlement.tariff import Period
from tests.market.settlement.test_bill import VAT, billed, posted, source
from tests.market.settlement.test_bill import line as line_of

PARTS = (Period(from_s=100, until_s=200, taxes=()), Period(from_s=200, until_s=300, taxes=()))


def line(kind: ChargeKind, from_s: int, amount_quanta: int) -> BillLine:
    return BillLine(
        kind=kind,
        detail="",
        from_s=from_s,
        until_s=from_s + 100,
        count=1,
        energy_wh=None,
        price_ticks=None,
        amount_quanta=amount_quanta,
    )


BILL = replace(
    billed(source()),
    lines=(
        line(ChargeKind.ENERGY_BOUGHT, 100, 1),
        line(ChargeKind.ENERGY_SOLD, 100, -20),
        line(ChargeKind.ENERGY_BOUGHT, 200, 300),
        line(ChargeKind.DEVIATION_SHORT, 100, 4_000),
        line(ChargeKind.DEVIATION, 100, 50_000),
        line(ChargeKind.NETWORK_FEE, 100, 600_000),
        line(ChargeKind.CREDIT, 100, -7_000_000),
    ),
)
POSTED = (
    posted(TransferKind.TRADE, -19),
    posted(TransferKind.TRADE, 300, period=1),
    posted(TransferKind.DEVIATION, 54_000),
    posted(TransferKind.NETWORK_FEE, 600_000),
    posted(TransferKind.BILL_CREDIT, -7_000_000),
    posted(TransferKind.DEPOSIT, -80_000_000),
    posted(TransferKind.TAX, 900_000_000),
)


@pytest.mark.parametrize(
    ("kind", "from_s", "quanta"),
    [
        (ChargeKind.ENERGY_SOLD, 100, -19),  # purchases and sales are booked alike
        (ChargeKind.ENERGY_BOUGHT, 200, 300),
        (ChargeKind.DEVIATION_LONG, 100, 54_000),  # so are both directions
        (ChargeKind.NETWORK_FEE, 100, 600_000),
        (ChargeKind.NETWORK_FEE, 200, 0),
        (ChargeKind.LEVIES, 100, 0),
        (ChargeKind.CREDIT, 100, -19 + 300 + 54_000 + 600_000),  # the whole month but credits
        (ChargeKind.CREDIT, 200, -19 + 300 + 54_000 + 600_000),
    ],
)
def test_the_ledger_says_of_a_kind_and_part_what_its_bill_has_charged(
    kind: ChargeKind, from_s: int, quanta: int
) -> None:
    assert billed_quanta(BILL, kind, from_s) == quanta
    assert booked_quanta(POSTED, PARTS, kind, from_s) == quanta


def test_a_credit_says_its_case_and_is_taxed_like_the_line_it_is_for() -> None:
    credits = (
        Credited(kind=ChargeKind.NETWORK_FEE, period=0, case_id="cas-1", amount_quanta=700),
        Credited(kind=ChargeKind.CREDIT, period=0, case_id="cas-2", amount_quanta=50),
    )
    of = replace(source(), credited=credits, posted=(posted(TransferKind.BILL_CREDIT, -750),))
    bill = billed(of, VAT)

    assert [
        (item.kind, item.detail, item.case_id, item.amount_quanta, item.energy_wh)
        for item in bill.lines
    ] == [
        (ChargeKind.CREDIT, "", "cas-2", -50, None),
        (ChargeKind.CREDIT, "network_fee", "cas-1", -700, None),
    ]
    assert {(item.from_s, item.until_s) for item in bill.lines} == {(bill.from_s, bill.until_s)}
    assert [(tax.base_quanta, tax.amount_quanta) for tax in bill.taxes] == [(-700, -133)]
    assert due_of(bill).case_ids == ("cas-2", "cas-1")


def test_a_fee_is_the_sum_of_all_readings_it_adds_up() -> None:
    of = source(withdrawn_wh=700)
    more = replace(of, metered=(*of.metered, replace(of.metered[0], withdrawn_wh=0, count=5)))
    fee, both = (line_of(billed(each), ChargeKind.NETWORK_FEE) for each in (of, more))
    assert both.count == fee.count + 5
    assert (both.energy_wh, both.amount_quanta) == (fee.energy_wh, fee.amount_quanta)
