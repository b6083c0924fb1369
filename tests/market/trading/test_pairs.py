"""The way between two parties, and what each pays: nothing is lost but what the line loses."""

from hypothesis import given
from hypothesis import strategies as st

from market.model.grid import Area, Grid, Line
from market.model.order import Side
from market.trading.capacity import Capacity
from market.trading.pairs import (
    Passage,
    own_ticks,
    passage_between,
    received_wh,
    sent_for_wh,
)

START_S = 900


def line(name: str, *, loss_ppm: int = 20_000, fee_ticks: int = 400, power_w: int = 8_000) -> Line:
    return Line(
        line_id=name,
        from_area="a",
        to_area="b",
        capacity_forward_w=power_w,
        capacity_backward_w=power_w,
        loss_ppm=loss_ppm,
        fee_forward_ticks=fee_ticks,
        fee_backward_ticks=0,
    )


def grid(*lines: Line, import_limit_w: int | None = None) -> Grid:
    areas = (
        Area(area_id="a", name="A"),
        Area(area_id="b", name="B", import_limit_w=import_limit_w),
        Area(area_id="c", name="C"),
    )
    return Grid(areas=areas, lines=lines)


def way(
    of: Grid,
    energy_wh: int,
    *,
    seller: str = "a",
    buyer: str = "b",
    sent_max_wh: int | None = None,
    drawn_wh: int = 0,
) -> Passage | None:
    capacity = Capacity(of, 15)
    if drawn_wh:
        capacity.draw(of.lines[0].line_id, True, START_S, drawn_wh, drawn_wh)
    return passage_between(
        of,
        capacity,
        seller_area=seller,
        buyer_area=buyer,
        start_s=START_S,
        energy_wh=energy_wh,
        price_ticks=9_000,
        sent_max_wh=sent_max_wh,
    )


@given(loss_ppm=st.integers(0, 500_000), wanted_wh=st.integers(1, 10**9))
def test_the_least_that_is_sent_gives_exactly_what_is_wanted(loss_ppm: int, wanted_wh: int) -> None:
    sent_wh = sent_for_wh(loss_ppm, wanted_wh)
    assert received_wh(loss_ppm, sent_wh) == wanted_wh
    assert received_wh(loss_ppm, sent_wh - 1) < wanted_wh


@given(
    price_ticks=st.integers(-50_000, 400_000),
    energy_wh=st.integers(1, 10**6),
    loss_ppm=st.integers(0, 500_000),
    fee_ticks=st.integers(0, 10_000),
    named_by=st.sampled_from(Side),
)
def test_what_is_left_over_is_the_fee_and_less_than_a_tick_for_each_wh(
    price_ticks: int, energy_wh: int, loss_ppm: int, fee_ticks: int, named_by: Side
) -> None:
    sent_wh = sent_for_wh(loss_ppm, energy_wh)
    passage = Passage(
        line=line("l", loss_ppm=loss_ppm, fee_ticks=fee_ticks),
        forward=True,
        sent_wh=sent_wh,
        received_wh=energy_wh,
    )
    paid = own_ticks(Side.BUY, price_ticks, named_by, passage) * energy_wh
    got = own_ticks(Side.SELL, price_ticks, named_by, passage) * sent_wh
    assert 0 <= paid - got - fee_ticks * sent_wh < max(sent_wh, energy_wh)
    assert own_ticks(named_by, price_ticks, named_by, passage) == price_ticks


def test_inside_an_area_there_is_nothing_between_the_two() -> None:
    found = way(grid(), 500, buyer="a")
    assert found == Passage(line=None, forward=True, sent_wh=500, received_wh=500)
    assert found.use() is None
    assert own_ticks(Side.BUY, 9_000, Side.SELL, found) == 9_000


def test_without_a_direct_line_there_is_no_way() -> None:
    assert way(grid(line("l")), 500, buyer="c") is None


def test_the_way_back_is_a_direction_of_its_own() -> None:
    found = way(grid(line("l")), 500, seller="b", buyer="a", drawn_wh=2_000)
    assert found is not None
    assert (found.forward, found.fee_ticks) == (False, 0)


def test_the_cheapest_line_that_can_carry_it_does() -> None:
    dear, lossy, small = (
        line("dear", fee_ticks=500, loss_ppm=0),
        line("lossy", fee_ticks=0, loss_ppm=100_000),
        line("small", fee_ticks=0, loss_ppm=0, power_w=1_000),
    )
    found = way(grid(dear, lossy, small), 500)
    assert found is not None
    assert found.line == dear
    found = way(grid(dear, lossy, small), 250)
    assert found is not None
    assert found.line == small


def test_what_is_drawn_already_is_not_given_out_again() -> None:
    assert way(grid(line("l", loss_ppm=0)), 1_000, drawn_wh=1_000) is not None
    assert way(grid(line("l", loss_ppm=0)), 1_001, drawn_wh=1_000) is None


def test_the_limit_of_an_area_binds_too() -> None:
    tight = grid(line("l", loss_ppm=0), import_limit_w=4_000)
    assert way(tight, 1_000) is not None
    assert way(tight, 1_001) is None


def test_a_rest_too_small_to_arrive_is_sent_with_it() -> None:
    found = way(grid(line("l")), 980, sent_max_wh=1_001)
    assert found is not None
    assert found.sent_wh == 1_001
    assert way(grid(line("l")), 981, sent_max_wh=1_001) is None
