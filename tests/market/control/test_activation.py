"""Who helps an area: the cheapest as delivered, inside every limit, and never dearer than the last resort."""

from dataclasses import replace
from typing import Final

from hypothesis import event, given
from hypothesis import strategies as st

from market.control.activation import Helper, Offers, activations
from market.model.activation import ActivationCause, AreaActivation
from market.model.grid import Area, Grid
from market.settlement.activation_terms import ActivationTerms
from tests.builders import MIDNIGHT_S, RULES
from tests.market.settlement.villages import AREAS, MOST_WH, all_terms

CAUSES: Final = tuple(ActivationCause)
AROUND: Final = {name: (name,) for name in AREAS}


@st.composite
def all_offers(draw: st.DrawFn) -> Offers:
    """Needs of any sign and cause, and units with any room at prices around those of the last resort."""
    rooms = st.integers(0, MOST_WH)
    helpers = []
    for number in range(draw(st.integers(1, 6))):
        up_ticks = draw(st.integers(-2_000, 25_000))
        helpers.append(
            Helper(
                unit_id=f"u{number}",
                area_id=draw(st.sampled_from(AREAS)),
                told_w=draw(st.integers(-5_000, 5_000)),
                up_wh=draw(rooms),
                down_wh=draw(rooms),
                up_ticks=up_ticks,
                down_ticks=-up_ticks + draw(st.integers(0, 3_000)),
            )
        )
    return Offers(
        short_wh=draw(
            st.dictionaries(
                st.tuples(st.sampled_from(AREAS), st.sampled_from(CAUSES)),
                st.integers(-MOST_WH, MOST_WH).filter(bool),
                min_size=1,
            )
        ),
        helpers=tuple(helpers),
        headroom_wh={name: (draw(rooms), draw(rooms)) for name in AREAS},
        around=AROUND,
        terms=draw(all_terms()),
        minutes=15,
    )


@given(all_offers())
def test_energy_adds_up_and_every_limit_is_kept(offers: Offers) -> None:
    found = activations(offers)
    event(f"{min(len(found), 3)} activations")
    terms = offers.terms
    assert isinstance(terms, ActivationTerms)
    moved_wh: dict[str, int] = {}
    net_wh = dict.fromkeys(AREAS, 0)
    got_wh: dict[tuple[str, ActivationCause], int] = {}
    for item in found:
        delivered = terms.delivered(item.area_id, item.for_area, item.energy_wh)
        assert item.received_wh == delivered.received_wh
        assert item.energy_wh == item.received_wh + delivered.lost_wh
        terms = terms.after(item.area_id, item.for_area, item.energy_wh)
        assert terms.left_wh is not None
        assert min(terms.left_wh.values()) >= 0
        net_wh[item.area_id] += item.energy_wh
        key = (item.for_area, item.cause)
        got_wh[key] = got_wh.get(key, 0) + item.received_wh
        for unit in item.units:
            moved_wh[unit.unit_id] = moved_wh.get(unit.unit_id, 0) + unit.energy_wh
            assert unit.to_w - unit.from_w == 4 * unit.energy_wh
    for helper in offers.helpers:
        assert -helper.down_wh <= moved_wh.get(helper.unit_id, 0) <= helper.up_wh
    for name, moved in net_wh.items():
        up_wh, down_wh = offers.headroom_wh[name]
        assert -down_wh <= moved <= up_wh
    for key, wanted_wh in offers.short_wh.items():
        # Nobody is given what he does not lack, and what lacks is never passed.
        assert min(0, wanted_wh) <= got_wh.get(key, 0) <= max(0, wanted_wh)
    assert not set(got_wh) - set(offers.short_wh)


def cost_quanta(offers: Offers, found: tuple[AreaActivation, ...]) -> int:
    """Of everything: the last resort in every area that lacks or has too much, and who helps."""
    terms = offers.terms
    assert isinstance(terms, ActivationTerms)
    net_wh = dict.fromkeys(AREAS, 0)
    for (area_id, _), short_wh in offers.short_wh.items():
        net_wh[area_id] -= short_wh
    for item in found:
        net_wh[item.for_area] += item.received_wh
        terms = terms.after(item.area_id, item.for_area, item.energy_wh)
    last_resort = sum(terms.last_resort_quanta(name, wh) for name, wh in net_wh.items() if wh)
    return last_resort + sum(item.cost_quanta for item in found)


@given(all_offers())
def test_help_is_never_dearer_than_the_last_resort(offers: Offers) -> None:
    found = activations(offers)
    for item in found:
        assert item.cost_quanta < item.last_resort_quanta
        units_quanta = sum(unit.cost_quanta for unit in item.units)
        assert item.cost_quanta - units_quanta == fees_quanta(offers, found, item)
    one_area = len({area_id for area_id, _ in offers.short_wh}) == 1
    if one_area:
        assert cost_quanta(offers, found) <= cost_quanta(offers, ())


def fees_quanta(offers: Offers, found: tuple[AreaActivation, ...], wanted: AreaActivation) -> int:
    terms = offers.terms
    for item in found:
        if item is wanted:
            break
        terms = terms.after(item.area_id, item.for_area, item.energy_wh)
    return terms.delivered(wanted.area_id, wanted.for_area, wanted.energy_wh).fee_quanta


@given(all_offers())
def test_redispatch_asks_no_unit_of_its_own_area_again(offers: Offers) -> None:
    for item in activations(offers):
        assert item.cause is ActivationCause.LEFT_OVER or item.area_id != item.for_area


@given(all_offers(), st.sampled_from(AREAS))
def test_an_area_whose_grid_bears_nothing_helps_nobody(offers: Offers, area_id: str) -> None:
    assert all(item.area_id != area_id for item in activations(offers, {area_id: 0}))


@given(all_offers())
def test_the_same_offers_give_the_same_help(offers: Offers) -> None:
    assert activations(offers) == activations(replace(offers))


def test_the_cheapest_go_first_and_equals_share() -> None:
    def battery(name: str, ticks: int) -> Helper:
        return Helper(
            unit_id=name,
            area_id="RUR",
            told_w=0,
            up_wh=400,
            down_wh=400,
            up_ticks=ticks,
            down_ticks=-ticks,
        )

    area = Area(area_id="RUR", name="Rural", holds_last_resort=True)
    offers = Offers(
        short_wh={("RUR", ActivationCause.LEFT_OVER): 1_000},
        helpers=(
            battery("dear", 15_000),
            battery("fair", 12_000),
            battery("cheap", 9_000),
            battery("as fair", 12_000),
            battery("too dear", 16_000),
        ),
        headroom_wh={"RUR": (5_000, 5_000)},
        around={"RUR": ("RUR",)},
        terms=ActivationTerms(
            rules=RULES,
            grid=Grid(areas=(area,), lines=()),
            start_s=MIDNIGHT_S,
            exchange=None,
            left_wh={},
        ),
        minutes=15,
    )
    (found,) = activations(offers)
    told = {unit.unit_id: unit.energy_wh for unit in found.units}
    assert told == {"cheap": 400, "fair": 300, "as fair": 300}
    assert found.cost_quanta == 400 * 9_000 + 600 * 12_000
    assert found.last_resort_quanta == 1_000 * 16_000
    short = replace(offers, short_wh={("RUR", ActivationCause.LEFT_OVER): 3_000})
    assert {unit.unit_id for item in activations(short) for unit in item.units} == {
        "cheap",
        "fair",
        "as fair",
        "dear",
    }
