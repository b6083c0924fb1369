"""The cost curve of a node against a sum over its orders."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clearing.curves import Curves, build_curves
from tests.clearing.books import book, market, orders_of

ORDERS = st.lists(
    st.tuples(st.booleans(), st.integers(-5, 5), st.integers(1, 6)), min_size=1, max_size=8
)


def cheapest_export(rows: list[tuple[bool, int, int]], export: int) -> int | None:
    """Cost of exporting `export` Wh: all bids are served, then the cheapest Wh are taken back."""
    asked = sum(wh for sell, _, wh in rows if not sell)
    cost = -sum(price * wh for sell, price, wh in rows if not sell)
    single = sorted(price for _, price, wh in rows for _ in range(wh))
    taken = export + asked
    return cost + sum(single[:taken]) if 0 <= taken <= len(single) else None


@given(ORDERS)
def test_value_and_slopes_are_those_of_taking_the_cheapest_wh(
    rows: list[tuple[bool, int, int]],
) -> None:
    orders = orders_of([(0, 0, sell, price, wh, i) for i, (sell, price, wh) in enumerate(rows)])
    curves = build_curves(market(orders))
    zero = cheapest_export(rows, 0)
    assert zero is not None
    for export in range(-int(curves.demand_wh[0]), int(curves.supply_wh[0]) + 1):
        point = np.array([float(export)])
        here = cheapest_export(rows, export)
        less, more = cheapest_export(rows, export - 1), cheapest_export(rows, export + 1)
        assert here is not None
        assert curves.value(point)[0] == here - zero
        assert curves.slope_below(point, -99.0)[0] == (-99 if less is None else here - less)
        assert curves.slope_above(point, 99.0)[0] == (99 if more is None else more - here)


def test_orders_of_one_price_form_one_level_whatever_their_side() -> None:
    curves = build_curves(market(book("0 sell 3 @ 100\n0 buy 4 @ 100\n0 sell 5 @ 200")))

    assert curves.level_price_ticks.tolist() == [100, 200]
    offered, asked = curves.offered_and_asked(np.arange(2))
    assert offered.tolist() == [3, 5]
    assert asked.tolist() == [4, 0]


def test_an_area_without_orders_has_a_curve_of_one_point() -> None:
    curves = build_curves(market(book("1 sell 3 @ 100"), n_areas=3))

    assert curves.level_first.tolist() == [0, 0, 1, 1]
    assert curves.supply_wh.tolist() == [0, 3, 0]
    assert curves.value(np.zeros(3)).tolist() == [0, 0, 0]


@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from([-90_000, 7, 90_000]), st.integers(1, 6)),
        min_size=1,
        max_size=8,
    )
)
def test_energies_too_large_to_be_sorted_with_their_price_give_the_same_levels(
    rows: list[tuple[bool, int, int]],
) -> None:
    def built(times: int) -> Curves:
        scaled = [(0, 0, sell, price, wh * times, i) for i, (sell, price, wh) in enumerate(rows)]
        return build_curves(market(orders_of(scaled)))

    small, large = built(1), built(2**46)

    assert large.level_price_ticks.tolist() == small.level_price_ticks.tolist()
    for name in ("level_cum_wh", "level_buy_cum_wh", "origin_wh"):
        assert (getattr(large, name) == 2**46 * getattr(small, name)).all()
    assert np.array_equal(np.array(large.best_prices(-1)), np.array(small.best_prices(-1)))


def test_best_prices_are_those_of_each_area_alone() -> None:
    text = (
        "0 sell 3 @ 900\n0 buy 4 @ 100\n0 buy 1 @ 300\n1 sell 2 @ 50\n1 sell 2 @ 70\n3 buy 5 @ -20"
    )
    bids, offers = build_curves(market(book(text), n_areas=5)).best_prices(-99_999)

    assert bids.tolist() == [300, -99_999, -99_999, -20, -99_999]
    assert offers.tolist() == [900, 50, -99_999, -99_999, -99_999]
