"""Of what a unit followed, the part that is settled at the area price."""

import pytest

from market.settlement.instructed import given_back_wh


@pytest.mark.parametrize(
    ("told_wh", "followed_wh", "back_wh"),
    [
        # Stopped by so much: what it did not do counts as stopped first.
        (-100, -250, -100),
        (-100, -100, -100),
        (-100, -40, -40),
        (-100, 0, 0),
        # Whoever did the opposite did nothing of it.
        (-100, 30, 0),
        (100, 250, 100),
        (100, 40, 40),
        (100, -30, 0),
        (0, 70, 0),
    ],
)
def test_no_more_than_was_told_and_no_more_than_was_followed(
    told_wh: int, followed_wh: int, back_wh: int
) -> None:
    assert given_back_wh({"pv": told_wh}, {"pv": followed_wh}) == {"pv": back_wh}


def test_a_unit_whose_meter_shows_nothing_gives_nothing_back() -> None:
    assert given_back_wh({"pv": 100, "load": -100}, {"other": 7}) == {"pv": 0, "load": 0}
