"""Energy on its way between two areas: nothing is made or lost but on lines, and no line carries too much."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from market.model.grid import Area, Grid, Line
from market.model.trade import LineOutcome
from market.settlement.activation_terms import ActivationTerms
from market.settlement.imbalance import last_resort_exchange
from market.settlement.route import Hop
from tests.builders import MIDNIGHT_S, RULES
from tests.market.settlement.villages import AREAS, MOST_WH, all_terms, exchange

areas = st.sampled_from(AREAS)
energies = st.integers(1, 2 * MOST_WH)


def lost_wh(terms: ActivationTerms) -> int:
    """On all lines, as scheduled."""
    assert terms.exchange is not None
    return sum(
        line.sent_forward_wh
        + line.sent_backward_wh
        - line.received_forward_wh
        - line.received_backward_wh
        for line in terms.exchange.lines
    )


@given(all_terms(), areas, areas, energies, st.booleans())
def test_what_is_given_arrives_or_is_lost(
    terms: ActivationTerms, helper: str, needy: str, energy_wh: int, upward: bool
) -> None:
    assume(terms.line_ids(helper, needy) is not None)
    moved_wh = energy_wh if upward else -energy_wh
    found = terms.delivered(helper, needy, moved_wh)
    assert found.energy_wh == moved_wh == found.received_wh + found.lost_wh
    assert (found.received_wh >= 0) is upward or not found.received_wh
    # What is no longer scheduled, and what is sent anew, with their losses line by line.
    after = terms.after(helper, needy, moved_wh)
    assert terms.left_wh is not None
    assert after.left_wh is not None
    fresh_lost_wh = sum(
        sent_wh - Hop(line=line, forward=forward).received_of_wh(sent_wh)
        for line in terms.grid.lines
        for forward in (True, False)
        for sent_wh in (
            terms.left_wh[line.line_id, forward] - after.left_wh[line.line_id, forward],
        )
    )
    assert found.lost_wh == fresh_lost_wh + lost_wh(after) - lost_wh(terms)
    assert after.exchange is not None
    for line in after.exchange.lines:
        assert 0 <= line.received_forward_wh <= line.sent_forward_wh
        assert 0 <= line.received_backward_wh <= line.sent_backward_wh


@given(all_terms(), areas, areas, energies, energies, st.booleans())
def test_no_more_is_taken_than_there_is_room_and_need_for(
    terms: ActivationTerms, helper: str, needy: str, room_wh: int, need_wh: int, upward: bool
) -> None:
    most_wh = terms.most_wh(helper, needy, room_wh, need_wh, upward=upward)
    assert 0 <= most_wh <= room_wh
    if not most_wh:
        return
    moved_wh = most_wh if upward else -most_wh
    assert abs(terms.delivered(helper, needy, moved_wh).received_wh) <= need_wh
    left_wh = terms.after(helper, needy, moved_wh).left_wh
    assert left_wh is not None
    assert min(left_wh.values()) >= 0


@given(all_terms(), energies)
def test_inside_an_area_nothing_is_lost_and_nothing_asked(
    terms: ActivationTerms, energy_wh: int
) -> None:
    found = terms.delivered("RUR", "RUR", -energy_wh)
    assert (found.received_wh, found.lost_wh, found.fee_quanta) == (-energy_wh, 0, 0)
    assert terms.most_wh("RUR", "RUR", energy_wh, energy_wh, upward=False) == energy_wh


@given(all_terms(), areas, st.integers(-MOST_WH, MOST_WH))
def test_the_last_resort_asks_what_a_deviation_would_cost(
    terms: ActivationTerms, area_id: str, net_wh: int
) -> None:
    whole = last_resort_exchange(
        net_wh, area_id, terms.rules, terms.grid, terms.exchange, MIDNIGHT_S
    )
    fees_quanta = sum(quanta for _, quanta in whole.fees_quanta)
    assert terms.last_resort_quanta(area_id, net_wh) == whole.due_quanta + fees_quanta
    part_wh, _ = terms.dearest_part(area_id, net_wh)
    assert (0 < part_wh <= abs(net_wh)) is (net_wh != 0)


@given(all_terms(), areas, areas)
def test_a_line_of_an_area_that_goes_on_alone_joins_nothing(
    terms: ActivationTerms, helper: str, needy: str
) -> None:
    cut = replace(terms, cut=frozenset(line.line_id for line in terms.grid.lines))
    assert (cut.line_ids(helper, needy) == ()) is (helper == needy)
    assert helper == needy or cut.most_wh(helper, needy, 10, 10, upward=True) == 0


def test_what_goes_against_the_scheduled_flow_is_not_sent_and_not_lost() -> None:
    """Of 1,000 Wh sent 980 would arrive; 490 that are no longer wanted there are 500 that stay."""
    line = Line(
        line_id="A-B",
        from_area="A",
        to_area="B",
        capacity_forward_w=8_000,
        capacity_backward_w=8_000,
        loss_ppm=20_000,
        fee_forward_ticks=500,
        fee_backward_ticks=700,
    )
    flow = LineOutcome(
        line_id="A-B",
        sent_forward_wh=1_000,
        received_forward_wh=980,
        sent_backward_wh=0,
        received_backward_wh=0,
        capacity_forward_wh=2_000,
        capacity_backward_wh=2_000,
    )
    terms = ActivationTerms(
        rules=RULES,
        grid=Grid(
            areas=(
                Area(area_id="A", name="A", holds_last_resort=True),
                Area(area_id="B", name="B"),
            ),
            lines=(line,),
        ),
        start_s=MIDNIGHT_S,
        exchange=exchange((flow,)),
        left_wh={("A-B", True): 0, ("A-B", False): 100},
    )
    given = terms.delivered("B", "A", 490)
    assert (given.received_wh, given.lost_wh, given.fee_quanta) == (500, -10, -500 * 500)
    # Beyond what is scheduled it is sent anew, as far as there is room: 980 and 100.
    assert terms.most_wh("B", "A", 5_000, 5_000, upward=True) == 980
    rest = terms.after("B", "A", 980)
    assert rest.most_wh("B", "A", 5_000, 5_000, upward=True) == 100
    assert rest.delivered("B", "A", 100).fee_quanta == 700 * 100
    assert rest.after("B", "A", 100).most_wh("B", "A", 5_000, 5_000, upward=True) == 0
    single = rest.delivered("B", "A", 1)
    assert (single.received_wh, single.lost_wh, single.fee_quanta) == (0, 1, 700)
    # The other way round more has to be sent with the scheduled flow, for which there is no room.
    taken = terms.delivered("B", "A", -490)
    assert (taken.received_wh, taken.lost_wh, taken.fee_quanta) == (-500, 10, 500 * 500)
    assert terms.most_wh("B", "A", 5_000, 5_000, upward=False) == 0
