"""A participant's month: lines that are proven, tax by date, one rounding, the plain tariff beside it."""

import json
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.model.bill import (
    Bill,
    BillLine,
    BillSource,
    Charged,
    ChargeKind,
    GreenEnergy,
    LineParts,
    Metered,
    Posted,
    TaxRule,
)
from market.model.money import BILL_ROUNDING, TAXES, TransferKind, participant_account
from market.model.participant import Participant
from market.model.rejection import Code, Rejection
from market.model.rules import MarketRules
from market.model.units import PPM, QUANTA_PER_CENT
from market.settlement.bill import (
    AS_BOOKED,
    BESIDE,
    PROVEN,
    Heading,
    MonthRules,
    drafted,
)
from market.settlement.imbalance import delivered_ticks
from market.settlement.issuing import canonical_text, due_of, issuing_transfers, says
from market.settlement.tax import payable_quanta
from tests.builders import GRID, PARTICIPANTS, RULES

ANN = PARTICIPANTS[0]
RETAILER = PARTICIPANTS[2]
HEADING = Heading(
    bill_id="bil-1", version=1, corrects=None, before_quanta=0, as_of_event_seq=99, drafted_us=1
)
PAID = (ChargeKind.ENERGY_BOUGHT, ChargeKind.NETWORK_FEE, ChargeKind.LEVIES)
VAT = TaxRule(tax_id="vat", name="VAT", from_day="2016-01-01", rate_ppm=190_000, on=PAID)
NETWORK_TICKS, LEVIES_TICKS = RULES.tariff.network_ticks, RULES.tariff.levies_ticks


def bought(energy_wh: int, price_ticks: int, *, period: int = 0) -> Charged:
    return Charged(
        kind=ChargeKind.ENERGY_BOUGHT,
        period=period,
        detail="call",
        count=1,
        energy_wh=energy_wh,
        amount_quanta=energy_wh * price_ticks,
        price_min_ticks=price_ticks,
        price_max_ticks=price_ticks,
    )


def sold(energy_wh: int, price_ticks: int) -> Charged:
    return replace(
        bought(energy_wh, price_ticks),
        kind=ChargeKind.ENERGY_SOLD,
        amount_quanta=-energy_wh * price_ticks,
    )


def posted(kind: TransferKind, amount_quanta: int, *, period: int = 0) -> Posted:
    return Posted(kind=kind, period=period, count=1, amount_quanta=amount_quanta)


def source(*charged: Charged, withdrawn_wh: int = 0, fed_in_wh: int = 0) -> BillSource:
    """A month in which the ledger says what it should."""
    trades = sum(item.amount_quanta for item in charged)
    return BillSource(
        participant_id="ann",
        charged=charged,
        metered=(Metered(tariff=0, count=2_880, withdrawn_wh=withdrawn_wh, fed_in_wh=fed_in_wh),),
        posted=(
            posted(TransferKind.TRADE, trades),
            posted(TransferKind.NETWORK_FEE, withdrawn_wh * NETWORK_TICKS),
            posted(TransferKind.LEVIES, withdrawn_wh * LEVIES_TICKS),
        ),
    )


def billed(
    of: BillSource, *taxes: TaxRule, rules: MarketRules = RULES, who: Participant = ANN
) -> Bill:
    made = drafted(of, who, MonthRules.of(replace(rules, taxes=taxes), GRID, "2016-06"), HEADING)
    assert isinstance(made, Bill), made
    return made


def refused(of: BillSource) -> Rejection:
    made = drafted(of, ANN, MonthRules.of(RULES, GRID, "2016-06"), HEADING)
    assert isinstance(made, Rejection)
    return made


def line(bill: Bill, kind: ChargeKind) -> BillLine:
    (found,) = [item for item in bill.lines if item.kind is kind]
    return found


# --- lines ----------------------------------------------------------------------------


def test_a_line_says_how_much_at_what_price() -> None:
    bill = billed(source(bought(1_500, 20_000), sold(400, 9_000), withdrawn_wh=2_000))

    assert [(item.kind, item.energy_wh, item.price_ticks, item.amount_quanta) for item in bill.lines] == [
        (ChargeKind.ENERGY_BOUGHT, 1_500, 20_000, 30_000_000),
        (ChargeKind.ENERGY_SOLD, 400, 9_000, -3_600_000),
        (ChargeKind.NETWORK_FEE, 2_000, 7_000, 14_000_000),
        (ChargeKind.LEVIES, 2_000, 5_000, 10_000_000),
    ]  # fmt: skip
    assert (bill.net_quanta, bill.withdrawn_wh, bill.fed_in_wh) == (50_400_000, 2_000, 0)
    assert bill.total_quanta == 50_000_000  # 0.504 rounds to 0.50
    assert bill.rounding_quanta == -400_000


def test_energy_of_several_prices_has_no_unit_price() -> None:
    several = replace(bought(1_500, 20_000), price_max_ticks=21_000)

    assert line(billed(source(several)), ChargeKind.ENERGY_BOUGHT).price_ticks is None


def test_what_is_booked_without_energy_stands_as_it_is() -> None:
    made = source()
    returned = posted(TransferKind.RENT_RETURN, -1_234_567)
    bill = billed(replace(made, posted=(*made.posted, returned)))

    assert line(bill, ChargeKind.RENT_RETURN).amount_quanta == -1_234_567
    assert bill.net_quanta == -1_234_567
    assert bill.total_quanta == -1_000_000


def test_a_deposit_is_no_charge() -> None:
    made = source(bought(1_000, 10_000))
    bill = billed(replace(made, posted=(*made.posted, posted(TransferKind.DEPOSIT, -(10**10)))))

    assert bill.paid_in_quanta == 10**10
    assert bill.total_quanta == 10_000_000


def test_the_last_resort_pays_no_fees_and_has_no_plain_tariff() -> None:
    made = replace(source(), metered=source(withdrawn_wh=5_000).metered)
    bill = billed(replace(made, participant_id="retailer"), who=RETAILER)

    assert bill.lines == ()
    assert bill.plain is None


# --- what is not proven is not billed -------------------------------------------------


@pytest.mark.parametrize("kind", PROVEN)
def test_a_bill_on_which_ledger_and_energy_differ_is_not_made(kind: TransferKind) -> None:
    made = source(bought(1_000, 10_000), withdrawn_wh=1_000)
    fault = refused(replace(made, posted=(*made.posted, posted(kind, 1))))

    assert fault.code is Code.BILL_UNPROVEN
    assert fault.parameters["kind"] == kind.value
    assert fault.parameters["participant_id"] == "ann"


def test_withdrawal_nobody_charged_for_is_not_free() -> None:
    made = source(withdrawn_wh=1_000)

    assert refused(replace(made, posted=())).code is Code.BILL_UNPROVEN


def test_a_null_price_is_never_free_energy() -> None:
    """In a market elsewhere a null price gave energy away: amount and ledger agree on nothing here."""
    for least, most in ((None, None), (None, 5), (5, None)):
        free = replace(
            bought(1_000, 0), price_min_ticks=least, price_max_ticks=most, amount_quanta=0
        )
        fault = refused(source(free))
        assert (fault.code, fault.parameters["reason"]) == (Code.BILL_UNPROVEN, "has no price")

    zero = billed(source(bought(1_000, 0)))
    assert line(zero, ChargeKind.ENERGY_BOUGHT).price_ticks == 0


def test_every_kind_of_posting_has_its_place_on_a_bill() -> None:
    """Money between accounts of the market itself never touches a participant."""
    between = {
        TransferKind.LINE_FEE,
        TransferKind.LINE_LOSS,
        TransferKind.LINE_LOSS_PURCHASE,
        TransferKind.LIMIT_RENT,
        TransferKind.ROUNDING,
        TransferKind.DISPUTE_HELD,
        TransferKind.DISPUTE_RELEASED,
        TransferKind.UNMATCHED,
        TransferKind.PAYMENT_RETURN,
        TransferKind.BANK_FEE,
        TransferKind.FUND_CONTRIBUTION,
    }
    assert set(TransferKind) == set(AS_BOOKED) | set(PROVEN) | BESIDE | between
    made = source()
    for kind in between:
        fault = refused(replace(made, posted=(*made.posted, posted(kind, 5))))
        assert fault.parameters["reason"] == "stands on no bill"


# --- tax ------------------------------------------------------------------------------


def test_a_tax_is_on_the_lines_its_rule_names() -> None:
    bill = billed(source(bought(1_000, 10_000), sold(500, 8_000), withdrawn_wh=1_000), VAT)

    (tax,) = bill.taxes
    assert tax.base_quanta == 10_000_000 + 12_000_000
    assert tax.amount_quanta == bill.tax_quanta == 4_180_000
    assert bill.total_quanta == 22_000_000  # 0.18 + 0.0418 = 0.2218
    assert bill.net_quanta + bill.tax_quanta + bill.rounding_quanta == bill.total_quanta


def test_a_tax_that_changes_in_the_month_falls_on_what_was_delivered_since() -> None:
    lower = replace(VAT, from_day="2016-06-16", rate_ppm=70_000)
    made = BillSource(
        participant_id="ann",
        charged=(bought(1_000, 10_000), bought(3_000, 10_000, period=1)),
        posted=(
            posted(TransferKind.TRADE, 10_000_000),
            posted(TransferKind.TRADE, 30_000_000, period=1),
        ),
    )
    bill = billed(made, VAT, lower)

    assert [(tax.rate_ppm, tax.base_quanta, tax.amount_quanta) for tax in bill.taxes] == [
        (190_000, 10_000_000, 1_900_000),
        (70_000, 30_000_000, 2_100_000),
    ]
    first, second = bill.lines
    assert first.until_s == second.from_s
    assert (first.from_s, second.until_s) == (bill.from_s, bill.until_s)


# --- one rounding ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("net_quanta", "cents"),
    [(500_000, 0), (1_500_000, 2), (2_500_000, 2), (-500_000, 0), (-1_500_000, -2), (500_001, 1)],
)
def test_half_a_cent_goes_to_the_even_one(net_quanta: int, cents: int) -> None:
    assert payable_quanta(net_quanta, 0) == cents * QUANTA_PER_CENT


amounts = st.integers(0, 10**7)
prices = st.integers(-50_000, 400_000)


@given(
    energy_wh=amounts,
    price_ticks=prices,
    sold_wh=amounts,
    withdrawn_wh=amounts,
    rates=st.lists(st.integers(1, PPM), max_size=3),
)
def test_rounding_is_owned(
    energy_wh: int, price_ticks: int, sold_wh: int, withdrawn_wh: int, rates: list[int]
) -> None:
    """Whatever the month, it is rounded once, by at most half a cent, and sets no price."""
    taxes = [
        replace(VAT, tax_id=f"tax-{number}", rate_ppm=rate) for number, rate in enumerate(rates)
    ]
    of = source(
        bought(energy_wh, price_ticks), sold(sold_wh, price_ticks), withdrawn_wh=withdrawn_wh
    )
    bill = billed(of, *taxes)

    exact = Fraction(0)
    for item in bill.lines:
        assert item.price_ticks in (price_ticks, NETWORK_TICKS, LEVIES_TICKS)
        assert item.energy_wh is not None
        sign = -1 if item.kind is ChargeKind.ENERGY_SOLD else 1
        assert item.amount_quanta == sign * item.energy_wh * item.price_ticks
        share = sum(rates) if item.kind in PAID else 0
        exact += item.amount_quanta * (1 + Fraction(share, PPM))
    assert abs(bill.total_quanta - exact) <= Fraction(QUANTA_PER_CENT, 2)
    assert bill.total_quanta % QUANTA_PER_CENT == 0
    assert bill.total_quanta == round(exact / QUANTA_PER_CENT) * QUANTA_PER_CENT
    assert bill.net_quanta + bill.tax_quanta + bill.rounding_quanta == bill.total_quanta

    moved = {TAXES: 0, BILL_ROUNDING: 0, participant_account("ann"): 0}
    for move in issuing_transfers(due_of(bill), None):
        moved[move.debit_account] -= move.amount_quanta
        moved[move.credit_account] += move.amount_quanta
    assert sum(moved.values()) == 0
    assert moved[TAXES] == bill.tax_quanta
    assert bill.net_quanta - moved[participant_account("ann")] == bill.total_quanta


def test_a_later_version_reverses_what_the_earlier_one_booked() -> None:
    before = due_of(billed(source(bought(1_000, 10_001)), VAT))
    after = replace(due_of(billed(source(bought(1_000, 12_003)), VAT)), bill_id="bil-2")
    moves = issuing_transfers(after, before)

    assert [move.reference for move in moves] == ["bil-1", "bil-1", "bil-2", "bil-2"]
    first = issuing_transfers(before, None)
    for there, back in zip(first, moves, strict=False):
        assert (there.debit_account, there.credit_account) == (
            back.credit_account,
            back.debit_account,
        )
        assert there.amount_quanta == back.amount_quanta


# --- the plain tariff -----------------------------------------------------------------


def test_the_plain_tariff_is_the_same_meter_at_the_retailer() -> None:
    bill = billed(source(withdrawn_wh=10_000, fed_in_wh=4_000), VAT)
    ask, bid = delivered_ticks(band=RULES.last_resort[0], grid=GRID, area_id="RUR")

    plain = bill.plain
    assert plain is not None
    assert plain.energy_quanta == ask * 10_000
    assert plain.fed_in_quanta == bid * 4_000
    assert (plain.network_quanta, plain.levies_quanta) == (70_000_000, 50_000_000)
    taxed = Fraction(19, 100) * (plain.energy_quanta + 120_000_000)
    total = plain.energy_quanta - plain.fed_in_quanta + 120_000_000 + taxed
    assert plain.total_quanta == round(total / QUANTA_PER_CENT) * QUANTA_PER_CENT


def test_who_buys_everything_at_the_retailers_price_pays_the_plain_tariff() -> None:
    ask, _ = delivered_ticks(band=RULES.last_resort[0], grid=GRID, area_id="RUR")
    bill = billed(source(bought(10_000, ask), withdrawn_wh=10_000), VAT)

    assert bill.plain is not None
    assert bill.plain.total_quanta == bill.total_quanta


# --- again ----------------------------------------------------------------------------


def test_a_bill_that_says_the_same_has_the_same_digest() -> None:
    one, other = billed(source(bought(1_000, 10_001))), billed(source(bought(1_000, 10_001)))
    third = billed(source(bought(1_001, 10_001)))

    renamed = replace(other, bill_id="bil-7", version=3, as_of_event_seq=500, drafted_us=9)
    assert due_of(one).digest == due_of(renamed).digest != due_of(third).digest
    assert says(renamed, due_of(one).digest)
    assert not says(third, due_of(one).digest)


def test_a_digest_is_of_a_text_that_is_written_down() -> None:
    """Field by field, without those that are None, whatever the order in which a noun names them."""
    bill = billed(source(bought(1_000, 10_001)), VAT)
    text = canonical_text(bill)
    assert text.isascii()
    form, lines, taxes, rounding, paid_in, plain, green = json.loads(text)
    assert (form, rounding, paid_in, green) == ("bill/2", bill.rounding_quanta, 0, [])
    assert plain["total_quanta"] == bill.plain.total_quanta  # type: ignore[union-attr]
    assert lines[0] == {
        "amount_quanta": 10_001_000,
        "count": bill.lines[0].count,
        "detail": bill.lines[0].detail,
        "energy_wh": 1_000,
        "from_s": bill.lines[0].from_s,
        "kind": "energy_bought",
        "price_ticks": 10_001,
        "until_s": bill.lines[0].until_s,
    }
    assert list(lines[0]) == sorted(lines[0])
    assert [tax["tax_id"] for tax in taxes] == ["vat"]
    assert due_of(bill).digest == "2:" + sha256(text.encode()).hexdigest()


def test_a_bill_of_before_the_text_was_defined_is_still_known() -> None:
    """Its digest is of what Python said of the nouns as they were then."""
    bill = billed(source(bought(1_000, 10_001)))
    kept = due_of(bill)
    first = (bill.lines, bill.taxes, bill.rounding_quanta, bill.paid_in_quanta, bill.plain)
    as_then = repr(first).replace(", parts=None", "")
    assert "case_id=None)" in as_then
    digest = sha256(as_then.encode()).hexdigest()
    assert says(bill, digest)
    assert not says(replace(bill, rounding_quanta=bill.rounding_quanta + 1), digest)
    with_parts = replace(bill.lines[0], parts=LineParts(fee_quanta=7))
    assert not says(replace(bill, lines=(with_parts, *bill.lines[1:])), digest)
    assert kept.digest != digest
    green = (GreenEnergy(source="solar", area_id="RUR", own_use_wh=1, bought_wh=2, retired_wh=3),)
    of_green = repr((*first, green)).replace(", parts=None", "")
    assert says(replace(bill, green=green), sha256(of_green.encode()).hexdigest())
    assert not says(replace(bill, green=green), digest)
