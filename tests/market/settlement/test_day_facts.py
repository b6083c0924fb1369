"""A day's trades by unit and interval, and which of its columns are whole numbers."""

from dataclasses import fields

import numpy as np

from market.settlement.day_facts import DayDetail, DayTrades, MeterUse


def trades() -> DayTrades:
    """Of three units: the first sells twice in an interval, the second buys, the third does both."""

    def column(*values: int) -> np.ndarray:
        return np.array(values, dtype=np.int64)

    return DayTrades(
        unit=column(0, 1, 0, 2, 2),
        interval=column(1, 0, 1, 0, 1),
        rank=column(4, 3, 2, 1, 0),
        injection_wh=column(10, -20, 5, 30, -40),
        amount_quanta=column(1, -2, 3, 4, -5),
        asks_green=np.array([False, True, False, False, True]),
    )


def test_what_a_unit_sold_less_what_it_bought_is_added_up_in_whole_wh() -> None:
    total_wh = trades().injection_by_cell_wh((4, 2))

    assert total_wh.tolist() == [[0, 15], [-20, 0], [30, -40], [0, 0]]
    assert total_wh.dtype == np.int64


def test_trades_of_some_units_are_those_of_a_day_of_these_alone() -> None:
    some = trades().of_rows(np.array([2, 0]), 4)

    assert some.unit.tolist() == [1, 1, 0, 0]
    assert some.interval.tolist() == [1, 1, 0, 1]
    assert some.rank.tolist() == [4, 2, 1, 0]
    assert some.injection_wh.tolist() == [10, 5, 30, -40]
    assert some.amount_quanta.tolist() == [1, 3, 4, -5]
    assert some.asks_green.tolist() == [False, False, False, True]
    assert len(trades().of_rows(np.array([3]), 4).unit) == 0


def test_every_column_is_of_whole_numbers_but_where_the_value_comes_from() -> None:
    for noun in (DayDetail, MeterUse):
        assert (*noun.names(), "origin") == tuple(field.name for field in fields(noun))
