"""Ways over lines: which one is taken, and that energy at both ends agrees."""

from hypothesis import given
from hypothesis import strategies as st

from market.model.grid import Area, Grid, Line
from market.settlement.route import Hop, route


def line(line_id: str, start: str, end: str, loss_ppm: int = 20_000) -> Line:
    return Line(
        line_id=line_id,
        from_area=start,
        to_area=end,
        capacity_forward_w=1,
        capacity_backward_w=0,
        loss_ppm=loss_ppm,
        fee_forward_ticks=4_000,
        fee_backward_ticks=7,
    )


def grid(*lines: Line) -> Grid:
    return Grid(areas=tuple(Area(area_id=name, name=name) for name in "ABCDE"), lines=lines)


def taken(hops: tuple[Hop, ...] | None) -> list[tuple[str, bool]] | None:
    return None if hops is None else [(hop.line.line_id, hop.forward) for hop in hops]


def test_the_direct_line_is_taken_in_the_direction_needed() -> None:
    net = grid(line("BC", "B", "C"), line("AB", "A", "B"), line("AC", "A", "C"))
    assert taken(route(net, "A", "C")) == [("AC", True)]
    assert taken(route(net, "C", "A")) == [("AC", False)]
    assert taken(route(net, "A", "A")) == []


def test_of_two_lines_alike_the_first_published_is_taken() -> None:
    net = grid(line("second", "B", "A"), line("first", "A", "B"))
    assert taken(route(net, "A", "B")) == [("second", False)]


def test_fewest_lines_count_and_nowhere_is_nowhere() -> None:
    net = grid(
        line("AB", "A", "B"), line("BC", "B", "C"), line("CD", "C", "D"), line("BD", "B", "D")
    )
    assert taken(route(net, "A", "D")) == [("AB", True), ("BD", True)]
    assert taken(route(net, "D", "A")) == [("BD", False), ("AB", False)]
    assert route(net, "A", "E") is None


def test_the_fee_is_that_of_the_direction() -> None:
    there, back = (
        Hop(line=line("AB", "A", "B"), forward=True),
        Hop(line=line("AB", "A", "B"), forward=False),
    )
    assert (there.fee_ticks, back.fee_ticks) == (4_000, 7)
    assert (there.end, back.end) == ("B", "A")


@given(st.integers(0, 999_999), st.integers(0, 10**9))
def test_what_is_sent_for_an_energy_is_the_least_that_delivers_it(
    loss_ppm: int, wanted_wh: int
) -> None:
    hop = Hop(line=line("AB", "A", "B", loss_ppm), forward=True)
    sent_wh = hop.sent_for_wh(wanted_wh)
    assert hop.received_of_wh(sent_wh) >= wanted_wh
    assert sent_wh == 0 or hop.received_of_wh(sent_wh - 1) < wanted_wh


@given(st.integers(0, 999_999), st.integers(0, 10**9))
def test_no_energy_comes_from_nowhere(loss_ppm: int, sent_wh: int) -> None:
    received_wh = Hop(line=line("AB", "A", "B", loss_ppm), forward=True).received_of_wh(sent_wh)
    assert 0 <= received_wh <= sent_wh
    assert received_wh == sent_wh - -(-sent_wh * loss_ppm // 1_000_000)
