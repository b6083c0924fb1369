"""Sums of areas go up, and only what enough owners stand behind is shown to everybody."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from market.control.caps import Caps
from market.control.market import MarketControl
from market.control.summing import OWNERS_MIN, Counted, Figure
from market.model.grid import Area, Grid
from market.model.participant import UnitKind
from market.model.summing import LimitedBy
from tests.builders import RULES, unit

AREAS = (
    Area(area_id="TOWN", name="Town"),
    Area(area_id="STREET", name="Street", parent="TOWN"),
    Area(area_id="YARD", name="Yard", parent="STREET"),
    Area(area_id="FARM", name="Farm", parent="TOWN"),
    Area(area_id="ISLE", name="Isle"),
)
CONTROL = MarketControl(Grid(areas=AREAS, lines=()), (), RULES)
INSIDE = {
    "TOWN": {"TOWN", "STREET", "YARD", "FARM"},
    "STREET": {"STREET", "YARD"},
    "YARD": {"YARD"},
    "FARM": {"FARM"},
    "ISLE": {"ISLE"},
}


def owners(count: int, first: int = 0) -> frozenset[str]:
    return frozenset(f"o{number}" for number in range(first, first + count))


def bids(**own: tuple[int, frozenset[str]]) -> dict[str, Counted]:
    return {name: Counted(bid=Figure(wh, whose)) for name, (wh, whose) in own.items()}


def shown(own: dict[str, Counted]) -> tuple[dict[str, int], int | None]:
    totals = CONTROL.counted(own)
    amounts, rest = CONTROL.shown(lambda item: item.bid, own, totals)
    return dict(amounts), rest


def test_an_area_has_in_it_what_its_inner_areas_have() -> None:
    own = {
        name: Counted(bought_wh=wh, sold_wh=2 * wh, scheduled_wh=-wh, bid=Figure(wh, owners(1, wh)))
        for name, wh in {"TOWN": 1, "STREET": 10, "YARD": 100, "FARM": 1_000, "ISLE": 7}.items()
    }
    totals = CONTROL.counted(own)
    assert {name: item.bought_wh for name, item in totals.items()} == {
        "TOWN": 1_111,
        "STREET": 110,
        "YARD": 100,
        "FARM": 1_000,
        "ISLE": 7,
    }
    town = totals["TOWN"]
    assert (town.sold_wh, town.scheduled_wh, town.bid.amount_wh) == (2_222, -1_111, 1_111)
    assert len(town.bid.owners) == 4


def test_what_is_not_known_of_one_area_is_not_known_of_those_around_it() -> None:
    own = {
        "YARD": Counted(load_forecast=Figure(None)),
        "FARM": Counted(load_forecast=Figure(30)),
    }
    totals = CONTROL.counted(own)
    assert totals["FARM"].load_forecast.amount_wh == 30
    assert totals["STREET"].load_forecast.amount_wh is None
    assert totals["TOWN"].load_forecast.amount_wh is None


def test_ten_owners_make_a_sum_public_and_nine_do_not() -> None:
    assert shown(bids(ISLE=(500, owners(10)))) == ({"ISLE": 500}, None)
    assert shown(bids(ISLE=(500, owners(9)))) == ({}, None)


def test_small_areas_are_shown_as_one() -> None:
    assert shown(bids(FARM=(500, owners(6)), ISLE=(70, owners(6, 6)))) == ({}, 570)
    # One owner in both places is still one owner.
    assert shown(bids(FARM=(500, owners(6)), ISLE=(70, owners(6, 1)))) == ({}, None)


def test_an_outer_sum_is_kept_back_where_it_would_tell_of_the_few_beside_an_inner_one() -> None:
    """Twelve owners in the street, ten of them in its yard: the difference would be of two."""
    few = bids(YARD=(1_000, owners(10)), STREET=(30, owners(2, 10)))
    assert shown(few) == ({"YARD": 1_000}, None)
    enough = bids(YARD=(1_000, owners(10)), STREET=(30, owners(10, 10)))
    assert shown(enough) == ({"YARD": 1_000, "STREET": 1_030}, None)


def test_what_an_inner_area_may_not_show_counts_for_the_next_around_it() -> None:
    own = bids(YARD=(5, owners(4)), FARM=(60, owners(4, 4)), TOWN=(700, owners(2, 8)))
    assert shown(own) == ({"TOWN": 765}, None)


figures = st.tuples(
    st.integers(0, 1_000),
    st.frozensets(st.integers(0, 14).map("o{}".format), max_size=15),
)


@given(st.fixed_dictionaries(dict.fromkeys(INSIDE, figures)))
def test_no_difference_of_public_sums_is_of_too_few_owners(
    own: dict[str, tuple[int, frozenset[str]]],
) -> None:
    amounts, rest = shown(bids(**own))
    cells: dict[frozenset[str], None] = {frozenset(INSIDE[name]): None for name in amounts}
    if rest is not None:
        visible = set().union(*(INSIDE[name] for name in amounts)) if amounts else set()
        hidden = frozenset(set(INSIDE) - visible)
        assert rest == sum(own[name][0] for name in hidden)
        cells[hidden] = None
    for name, amount_wh in amounts.items():
        assert amount_wh == sum(own[inner][0] for inner in INSIDE[name])
    # Whatever is published, less all or some of what is published inside it, is of ten or more.
    for whole in cells:
        inner = [cell for cell in cells if cell < whole]
        for count in range(len(inner) + 1):
            for taken in combinations(inner, count):
                left = whole - frozenset().union(*taken)
                assert len(frozenset().union(*(own[name][1] for name in left))) >= OWNERS_MIN


def test_a_limit_says_what_it_comes_from() -> None:
    areas = (
        Area(area_id="TOWN", name="Town", import_limit_w=9_000, export_limit_w=50_000),
        Area(area_id="YARD", name="Yard", parent="TOWN"),
    )
    control = MarketControl(
        Grid(areas=areas, lines=()),
        (
            unit("sun", "ann", UnitKind.SOLAR, injection_max_w=7_000, area_id="YARD"),
            unit("use", "ann", UnitKind.LOAD, withdrawal_max_w=10_000, area_id="TOWN"),
        ),
        RULES,
    )
    plain = control.security(scheduled_wh={})
    assert plain["TOWN"].limited_by == (LimitedBy.RATING, LimitedBy.MEMBERS)
    assert plain["YARD"].limited_by == (LimitedBy.MEMBERS, LimitedBy.MEMBERS)
    capped = control.security(scheduled_wh={}, caps=Caps(areas={"TOWN": (8_000, 6_999)}))
    assert capped["TOWN"].limited_by == (LimitedBy.ACT, LimitedBy.ACT)
    assert capped["TOWN"].limits.withdrawal_max_w == 8_000
    # A cap that is no narrower than what holds anyway narrows nothing.
    wide = control.security(scheduled_wh={}, caps=Caps(areas={"TOWN": (9_000, 7_000)}))
    assert wide["TOWN"].limited_by == plain["TOWN"].limited_by
