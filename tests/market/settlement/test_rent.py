"""Rent goes back to those behind the line or limit, to the last quantum."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.ledger import Ledger
from market.model.grid import Area, Grid, Line
from market.model.money import Transfer, TransferKind
from market.model.participant import Participant
from market.settlement.rent import rent_return

GRID = Grid(
    areas=(
        Area(area_id="VILLAGE", name="Village"),
        Area(area_id="RUR", name="Rural", parent="VILLAGE"),
        Area(area_id="SEM", name="Semi-urban", parent="VILLAGE"),
        Area(area_id="GRID", name="Upper grid", holds_last_resort=True),
        Area(area_id="EMPTY", name="Nobody yet"),
    ),
    lines=tuple(
        Line(
            line_id=f"{start}-{end}",
            from_area=start,
            to_area=end,
            capacity_forward_w=1_000,
            capacity_backward_w=1_000,
            loss_ppm=0,
            fee_forward_ticks=0,
            fee_backward_ticks=0,
        )
        for start, end in (("GRID", "RUR"), ("RUR", "SEM"), ("GRID", "EMPTY"), ("VILLAGE", "RUR"))
    ),
)
HOMES = {"ann": "RUR", "ben": "RUR", "cem": "SEM", "shop": "GRID", "retailer": "RUR"}
MEMBERS = {
    name: Participant(
        participant_id=name, name=name, area_id=area_id, is_last_resort=name == "retailer"
    )
    for name, area_id in HOMES.items()
}


def returned(rents: Mapping[str, int], withdrawn: Mapping[str, int]) -> tuple[Transfer, ...]:
    return rent_return(
        rents_quanta=rents,
        withdrawal_wh=withdrawn,
        participants=MEMBERS,
        grid=GRID,
        day="2016-06-15",
    )


def shares(rents: Mapping[str, int], withdrawn: Mapping[str, int]) -> dict[str, int]:
    total: dict[str, int] = {}
    for move in returned(rents, withdrawn):
        name = move.credit_account.removeprefix("participant:")
        total[name] = total.get(name, 0) + move.amount_quanta
    return total


USED = {"ann": 100, "ben": 300, "cem": 600, "shop": 5_000, "retailer": 5_000}


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        ("rent:GRID-RUR", {"ann": 250, "ben": 750}),
        ("rent:RUR-SEM", {"ann": 100, "ben": 300, "cem": 600}),
        ("rent:VILLAGE-RUR", {"ann": 100, "ben": 300, "cem": 600}),
        ("limit_rent:RUR", {"ann": 250, "ben": 750}),
        ("limit_rent:VILLAGE", {"ann": 100, "ben": 300, "cem": 600}),
        ("limit_rent:GRID", {}),
        ("rent:GRID-EMPTY", {}),
        ("rounding:GRID-RUR", {}),
    ],
)
def test_who_gets_the_rent_of_what(account: str, expected: dict[str, int]) -> None:
    assert shares({account: 1_000}, USED) == expected


def test_when_nobody_withdrew_the_shares_are_equal() -> None:
    assert shares({"rent:RUR-SEM": 10}, {}) == {"ann": 4, "ben": 3, "cem": 3}


def test_a_rent_that_owes_or_is_nothing_stays() -> None:
    assert returned({"rent:GRID-RUR": -5, "limit_rent:RUR": 0}, USED) == ()


def test_a_return_names_line_and_day() -> None:
    first = returned({"rent:GRID-RUR": 1_000}, USED)[0]
    assert (first.kind, first.reference) == (TransferKind.RENT_RETURN, "GRID-RUR@2016-06-15")
    assert first.start_s is None
    limit = returned({"limit_rent:RUR": 1_000}, USED)[0]
    assert (limit.kind, limit.reference) == (TransferKind.RENT_RETURN, "RUR@2016-06-15")


@given(
    st.fixed_dictionaries(
        {
            name: st.integers(1, 10**18)
            for name in ("rent:GRID-RUR", "rent:RUR-SEM", "limit_rent:SEM", "limit_rent:VILLAGE")
        }
    ),
    st.dictionaries(st.sampled_from(sorted(HOMES)), st.integers(0, 10**7)),
)
def test_nothing_stays_on_a_rent_account_that_has_members(
    rents: dict[str, int], withdrawn: dict[str, int]
) -> None:
    ledger = Ledger()
    ledger.book(
        Transfer(
            debit_account="central",
            credit_account=account,
            amount_quanta=amount,
            kind=TransferKind.LINE_RENT,
            reference=account,
        )
        for account, amount in rents.items()
    )
    ledger.book(returned(ledger.accounts(), withdrawn))
    assert ledger.sum_quanta() == 0
    assert all(ledger.balance_quanta(account) == 0 for account in rents)
    assert ledger.balance_quanta("participant:shop") == 0
