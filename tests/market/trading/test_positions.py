"""What moves one storage's charge is what moves all of them, looked at alone."""

from hypothesis import given
from hypothesis import strategies as st

from market.trading.flexible import needed_after_wh, stored_before_wh
from market.trading.positions import Positions, charged_wh, discharged_wh
from tests.builders import BATTERY

UNITS = ("one", "other")
moves = st.dictionaries(
    st.tuples(st.integers(0, 6), st.sampled_from(UNITS)), st.integers(-3_000, 3_000), max_size=10
)


@given(moves, st.integers(0, 6))
def test_what_one_storage_moves_is_its_part_of_what_all_move(
    told_wh: dict[tuple[int, str], int], after_s: int
) -> None:
    positions = Positions()
    for (start_s, unit_id), energy_wh in told_wh.items():
        positions.instruct(start_s, {unit_id: energy_wh})
    for unit_id in UNITS:
        alone = {
            at_s: item.sold_wh - item.bought_wh
            for at_s, item in positions.moves_of(unit_id, after_s)
        }
        together = {
            at_s: traded[unit_id].sold_wh - traded[unit_id].bought_wh
            for at_s, traded in positions.intervals_after(after_s).items()
            if unit_id in traded
        }
        assert alone == {at_s: net_wh for at_s, net_wh in together.items() if net_wh}
        assert list(alone) == sorted(alone)


@given(moves, st.integers(0, 6))
def test_between_least_and_most_a_storage_keeps_all_it_has_to_do_later_and_beyond_them_not(
    told_wh: dict[tuple[int, str], int], start_s: int
) -> None:
    positions = Positions()
    for (at_s, unit_id), energy_wh in told_wh.items():
        positions.instruct(at_s, {unit_id: energy_wh})
    least_wh, most_wh = needed_after_wh(positions, "one", BATTERY, start_s)

    def keeps(level_wh: int) -> bool:
        for _, item in positions.moves_of("one", start_s):
            net_wh = item.bought_wh - item.sold_wh
            if net_wh > 0:
                level_wh += charged_wh(BATTERY, net_wh)
            else:
                level_wh -= discharged_wh(BATTERY, -net_wh)
            if not 0 <= level_wh <= BATTERY.capacity_wh:
                return False
        return True

    if least_wh <= most_wh:
        assert keeps(least_wh)
        assert keeps(most_wh)
        assert least_wh == 0 or not keeps(least_wh - 1)
        assert most_wh == BATTERY.capacity_wh or not keeps(most_wh + 1)
    else:
        assert not any(keeps(level_wh) for level_wh in range(0, BATTERY.capacity_wh + 1, 100))
    assert 0 <= stored_before_wh(positions, "one", BATTERY, start_s) <= BATTERY.capacity_wh
