"""A month of which a day was settled again: what the run has changed stands on the bill by itself."""

from dataclasses import replace

import pytest

from market.model.bill import BillSource, ChargeKind, Corrected, Correction
from market.model.money import TransferKind
from market.model.rejection import Rejection
from market.settlement.bill import CORRECTED, PROVEN, MonthRules, drafted
from market.settlement.dues import is_of_meters
from tests.builders import GRID, RULES
from tests.market.settlement.test_bill import (
    ANN,
    HEADING,
    LEVIES_TICKS,
    NETWORK_TICKS,
    VAT,
    billed,
    bought,
    posted,
    refused,
    source,
)

RUN = Correction(day="2016-06-15", version=2, run_id="set-2")


def corrected(kind: TransferKind, amount_quanta: int) -> BillSource:
    """A month of which a run has booked something besides."""
    made = source(bought(1_500, 20_000), withdrawn_wh=2_000)
    return replace(
        made,
        posted=(*made.posted, posted(kind, amount_quanta)),
        corrected=(Corrected(kind=kind, period=0, run=RUN, count=1, amount_quanta=amount_quanta),),
    )


@pytest.mark.parametrize(("kind", "charge"), CORRECTED.items())
def test_what_a_run_has_changed_is_a_line_that_names_it(
    kind: TransferKind, charge: ChargeKind
) -> None:
    before = billed(source(bought(1_500, 20_000), withdrawn_wh=2_000))
    after = billed(corrected(kind, -1_234))

    (own,) = [item for item in after.lines if item.correction is not None]
    assert (own.kind, own.correction, own.amount_quanta) == (charge, RUN, -1_234)
    assert (own.energy_wh, own.price_ticks) == (None, None)
    assert [item for item in after.lines if item.correction is None] == list(before.lines)
    assert after.net_quanta == before.net_quanta - 1_234
    assert (after.plain is None) is (kind is not TransferKind.RENT_RETURN)


@pytest.mark.parametrize("kind", [kind for kind in CORRECTED if kind in PROVEN])
def test_what_the_intervals_booked_is_proven_without_what_runs_have_changed(
    kind: TransferKind,
) -> None:
    made = corrected(kind, -1_234)

    assert refused(replace(made, posted=made.posted[:-1])).parameters["kind"] == kind.value
    wrong = replace(made.corrected[0], amount_quanta=-1_233)
    assert refused(replace(made, corrected=(wrong,))).parameters["kind"] == kind.value


def test_of_rent_given_back_what_a_run_changed_stands_apart() -> None:
    made = corrected(TransferKind.RENT_RETURN, -200)
    *others, run = made.posted
    whole = replace(run, count=3, amount_quanta=-1_000)
    lines = billed(replace(made, posted=(*others, whole))).lines

    assert [
        (item.correction, item.count, item.amount_quanta)
        for item in lines
        if item.kind is ChargeKind.RENT_RETURN
    ] == [(None, 2, -800), (RUN, 1, -200)]


def test_a_run_does_not_change_trades() -> None:
    assert refused(corrected(TransferKind.TRADE, 1)).parameters["kind"] == "trade"


def test_every_kind_a_run_may_book_to_a_participant_has_a_line() -> None:
    booked = {kind for kind in TransferKind if is_of_meters("participant:ann", "balancing", kind)}

    assert booked <= CORRECTED.keys()


def test_tax_on_a_corrected_fee_is_corrected() -> None:
    fee = 2_000 * (NETWORK_TICKS + LEVIES_TICKS)
    (tax,) = billed(corrected(TransferKind.NETWORK_FEE, -1_234), VAT).taxes

    assert tax.base_quanta == 1_500 * 20_000 + fee - 1_234


BOTH = (ChargeKind.DEVIATION_SHORT, ChargeKind.DEVIATION_LONG)


@pytest.mark.parametrize(
    ("on", "base_quanta"),
    [(BOTH, -1_234), ((ChargeKind.DEVIATION,), -1_234), ((ChargeKind.REDISPATCH,), None)],
)
def test_a_corrected_deviation_is_taxed_where_both_directions_are(
    on: tuple[ChargeKind, ...], base_quanta: int | None
) -> None:
    taxes = billed(corrected(TransferKind.DEVIATION, -1_234), replace(VAT, on=on)).taxes

    assert [tax.base_quanta for tax in taxes] == ([] if base_quanta is None else [base_quanta])


@pytest.mark.parametrize("on", BOTH)
def test_a_tax_on_one_direction_is_not_guessed_for_both(on: ChargeKind) -> None:
    rules = replace(RULES, taxes=(replace(VAT, on=(on,)),))
    made = corrected(TransferKind.DEVIATION, -1_234)
    fault = drafted(made, ANN, MonthRules.of(rules, GRID, "2016-06"), HEADING)

    assert isinstance(fault, Rejection)
    assert fault.parameters["reason"] == "vat is on one direction"


def told_apart(short_quanta: int, long_quanta: int, booked_quanta: int) -> BillSource:
    """A run has booked something of deviations, and both directions of it are known."""
    made = corrected(TransferKind.DEVIATION, booked_quanta)
    (run,) = made.corrected
    return replace(made, corrected=(replace(run, directions=(short_quanta, long_quanta)),))


@pytest.mark.parametrize(("on", "base_quanta"), [(BOTH[0], 5_000), (BOTH[1], -6_234)])
def test_a_tax_on_one_direction_is_on_what_the_run_has_changed_about_it(
    on: ChargeKind, base_quanta: int
) -> None:
    bill = billed(told_apart(5_000, -6_234, -1_234), replace(VAT, on=(on,)))

    lines = [(line.kind, line.amount_quanta) for line in bill.lines if line.correction == RUN]
    assert lines == list(zip(BOTH, (5_000, -6_234), strict=True))
    (tax,) = bill.taxes
    assert tax.base_quanta == base_quanta


def test_a_change_of_directions_that_adds_up_to_nothing_is_taxed_too() -> None:
    made = source(bought(1_500, 20_000), withdrawn_wh=2_000)
    turned = told_apart(700, -700, 0).corrected
    (tax,) = billed(replace(made, corrected=turned), replace(VAT, on=BOTH[:1])).taxes

    assert tax.base_quanta == 700


def test_directions_that_are_not_what_was_booked_prove_nothing() -> None:
    fault = refused(told_apart(5_000, -6_234, -1_233))

    assert fault.parameters["reason"] == "both directions are not what was booked"
