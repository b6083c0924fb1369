"""Which tax is on which line, and what a bill comes to in whole cents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.model.bill import BillLine, ChargeKind, TaxRule
from market.model.units import PPM, QUANTA_PER_CENT
from market.settlement.tariff import Period
from market.settlement.tax import is_on, kind_of, payable_quanta, rate_ppm, taxed

SHORT, LONG = ChargeKind.DEVIATION_SHORT, ChargeKind.DEVIATION_LONG


def tax(*on: ChargeKind, rate: int = 190_000, tax_id: str = "vat") -> TaxRule:
    return TaxRule(tax_id=tax_id, name=tax_id, from_day="2016-01-01", rate_ppm=rate, on=on)


def line(kind: ChargeKind, detail: str = "", from_s: int = 0) -> BillLine:
    return BillLine(
        kind=kind,
        detail=detail,
        from_s=from_s,
        until_s=from_s + 10,
        count=1,
        energy_wh=None,
        price_ticks=None,
        amount_quanta=1,
    )


def test_a_credit_is_taxed_as_what_was_wrong() -> None:
    assert kind_of(line(ChargeKind.CREDIT, "network_fee")) is ChargeKind.NETWORK_FEE
    assert kind_of(line(ChargeKind.CREDIT)) is ChargeKind.CREDIT
    assert kind_of(line(ChargeKind.ENERGY_BOUGHT, "call")) is ChargeKind.ENERGY_BOUGHT


@pytest.mark.parametrize(
    ("on", "whether"),
    [
        ((SHORT, LONG), True),
        ((ChargeKind.DEVIATION,), True),
        ((SHORT,), False),
        ((ChargeKind.LEVIES,), False),
    ],
)
def test_a_tax_on_both_directions_is_on_deviations_as_such(
    on: tuple[ChargeKind, ...], *, whether: bool
) -> None:
    assert is_on(tax(*on), ChargeKind.DEVIATION) is whether


def test_taxes_on_a_line_are_those_of_its_part_of_the_month() -> None:
    fee = ChargeKind.NETWORK_FEE
    parts = (
        Period(from_s=0, until_s=10, taxes=(tax(fee), tax(fee, rate=5_000, tax_id="eco"))),
        Period(from_s=10, until_s=20, taxes=(tax(fee, rate=70_000), tax(ChargeKind.LEVIES))),
    )
    assert rate_ppm(line(fee), parts) == 195_000
    assert rate_ppm(line(fee, from_s=10), parts) == 70_000
    assert rate_ppm(line(ChargeKind.CREDIT, "network_fee", from_s=10), parts) == 70_000
    assert rate_ppm(line(ChargeKind.RENT_RETURN), parts) == 0


@given(amounts=st.lists(st.integers(-(10**15), 10**15), max_size=5), rate=st.integers(0, PPM))
def test_a_total_is_whole_cents_next_to_what_it_is(amounts: list[int], rate: int) -> None:
    fee = ChargeKind.NETWORK_FEE
    lines, exact = taxed((fee, amount, (tax(fee, rate=rate),)) for amount in amounts)
    total_quanta = payable_quanta(sum(amounts), exact)
    assert total_quanta % QUANTA_PER_CENT == 0
    off = abs(total_quanta * PPM - sum(amounts) * PPM - exact)
    assert 2 * off <= QUANTA_PER_CENT * PPM
    assert exact == sum(amounts) * rate
    for item in lines:
        assert 2 * abs(item.amount_quanta * PPM - item.base_quanta * rate) <= PPM
