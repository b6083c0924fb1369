"""References as people write them: whole words count, two payers are none."""

import pytest

from market.settlement.references import Named, named_in, payouts_in

BILLS = {"bil-1": "ann", "bil-2": "ann", "bil-12": "ben"}
PEOPLE = {"ann", "ben", "RUR-P0001", "co.op"}


def named(reference: str) -> tuple[str | None, str | None]:
    found: Named = named_in(reference, payer_of=BILLS.get, is_participant=PEOPLE.__contains__)
    return found.participant_id, found.bill_id


@pytest.mark.parametrize(
    ("reference", "payer", "bill"),
    [
        ("bil-1", "ann", "bil-1"),
        ("Invoice BIL-12, thank you", "ben", "bil-12"),
        ("bil-1 ann", "ann", "bil-1"),
        ("电费 bil-2。", "ann", "bil-2"),
        ("(bil-1)", "ann", "bil-1"),
        ("bil-1 bil-2", "ann", None),
        ("bil-1 ben", None, None),
        ("bil-1/bil-12", None, None),
        ("RUR-P0001", "RUR-P0001", None),
        ("for RUR-P0001.", "RUR-P0001", None),
        ("co.op", "co.op", None),
        ("rur-p0001", None, None),
        ("bil-123", None, None),
        ("xbil-1", None, None),
        ("annex", None, None),
        ("", None, None),
        ("rent for June", None, None),
    ],
)
def test_what_a_reference_names(reference: str, payer: str | None, bill: str | None) -> None:
    assert named(reference) == (payer, bill)


def test_payouts_are_told_apart_by_their_prefix() -> None:
    assert payouts_in("OUT-7 out-7, out-9. checkout-3") == ("out-7", "out-9")
    assert payouts_in("bil-1") == ()
