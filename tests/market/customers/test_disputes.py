"""Who gives what was charged wrongly, until when it may be said, and that nothing is lost on the way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.customers.disputes import keeper, resolved, set_aside, until_us
from market.model.bill import ChargeKind
from market.model.case import Disputed, DisputeWindow
from market.model.money import BALANCING, CENTRAL, DISPUTED, GRID_OPERATOR, LEVIES, Transfer

KEEPERS = {GRID_OPERATOR, LEVIES, BALANCING}
LINES = st.lists(
    st.builds(
        Disputed,
        line=st.integers(0, 9),
        kind=st.sampled_from(ChargeKind),
        from_s=st.just(0),
        amount_quanta=st.integers(1, 10**15),
        rate_ppm=st.integers(0, 300_000),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda item: item.line,
)


@pytest.mark.parametrize("kind", ChargeKind)
def test_somebody_who_may_be_below_zero_keeps_it(kind: ChargeKind) -> None:
    assert keeper(kind) in KEEPERS
    assert keeper(kind) != CENTRAL


def test_the_window_that_has_begun_last_holds() -> None:
    windows = (
        DisputeWindow(from_day="2016-06-01", within_days=9),
        DisputeWindow(from_day="2016-07-01", within_days=2),
    )
    day_us = 86_400 * 10**6
    assert until_us(windows, 5, "2016-05-31") == 5 + 30 * day_us
    assert until_us(windows, 5, "2016-06-30") == 5 + 9 * day_us
    assert until_us(windows, 5, "2016-07-01") == 5 + 2 * day_us


def net(transfers: list[Transfer]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for item in transfers:
        assert item.amount_quanta > 0
        sums[item.debit_account] = sums.get(item.debit_account, 0) - item.amount_quanta
        sums[item.credit_account] = sums.get(item.credit_account, 0) + item.amount_quanta
    return {account: quanta for account, quanta in sums.items() if quanta}


@given(lines=LINES, data=st.data())
def test_what_was_set_aside_is_given_or_goes_back(
    lines: list[Disputed], data: st.DataObject
) -> None:
    held = list(set_aside("cas-1", lines))
    assert net(held)[DISPUTED] == sum(item.amount_quanta + item.tax_quanta for item in lines)
    credited = [
        Disputed(
            line=item.line,
            kind=item.kind,
            from_s=item.from_s,
            amount_quanta=data.draw(st.integers(1, item.amount_quanta)),
            rate_ppm=item.rate_ppm,
        )
        for item in lines
        if data.draw(st.booleans())
    ]
    done = net([*held, *resolved("cas-1", "ann", lines, credited)])
    given_quanta = sum(item.amount_quanta for item in credited)
    assert done.pop("participant:ann", 0) == given_quanta
    assert set(done) <= KEEPERS
    assert sum(done.values()) == -given_quanta
    assert all(quanta < 0 for quanta in done.values())
