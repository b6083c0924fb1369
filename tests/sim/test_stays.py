"""Comfort: a car leaves with what it needs, heat comes within two hours, whatever the targets."""

from hypothesis import given
from hypothesis import strategies as st

from sim.stays import INTERVALS, SHIFT_INTERVALS, FlexibleNeed, Stay, car_need, heat_need, stays_of

targets = st.lists(st.integers(0, 4_000), min_size=INTERVALS, max_size=INTERVALS)
heat_days = st.lists(st.integers(0, 1_500), min_size=INTERVALS, max_size=INTERVALS)


def follow(need: FlexibleNeed, wanted: list[int]) -> list[int]:
    """What a device takes that follows `wanted` inside its bounds."""
    taken, path = 0, []
    for index, target in enumerate(wanted):
        least, most = need.bounds_wh(index, taken)
        taken += min(max(target, least), most)
        path.append(taken)
    return path


@given(heat_days, targets)
def test_a_heat_pump_is_energy_neutral_and_never_two_hours_off(
    energies: list[int], wanted: list[int]
) -> None:
    need = heat_need(energies, interval_max_wh=max(1, *energies))
    path = follow(need, wanted)
    assert path[-1] == sum(energies)
    for index, taken in enumerate(path):
        assert taken >= sum(energies[: max(0, index + 1 - SHIFT_INTERVALS)])
        assert taken <= sum(energies[: index + 1 + SHIFT_INTERVALS])


@given(
    st.integers(0, 80),
    st.integers(4, 16),
    st.integers(1, 8_000),
    st.integers(4_000, 11_000),
    targets,
)
def test_a_car_leaves_with_what_it_needs(
    arrival: int, length: int, energy: int, power: int, wanted: list[int]
) -> None:
    stay = Stay(
        arrival=arrival,
        departure=arrival + length,
        energy_wh=min(energy, length * (power // 4)),
        power_w=power,
    )
    path = follow(car_need([stay]), wanted)
    assert path[stay.departure - 1] == stay.energy_wh
    assert arrival == 0 or path[arrival - 1] == 0
    assert all(b - a <= power // 4 for a, b in zip([0, *path], path, strict=False))


@given(heat_days)
def test_the_curves_never_fall_and_never_cross(energies: list[int]) -> None:
    need = heat_need(energies, interval_max_wh=max(1, *energies))
    for curve in (need.latest_wh, need.earliest_wh):
        assert list(curve) == sorted(curve)
    assert all(a <= b for a, b in zip(need.latest_wh, need.earliest_wh, strict=True))


def test_an_evening_car_stays_until_midnight_and_a_morning_one_two_hours_longer() -> None:
    day = [0] * INTERVALS
    day[33:37] = [2_000] * 4
    day[72:80] = [2_500] * 8
    morning, evening = stays_of(day, power_w=11_000)
    assert (morning.arrival, morning.departure, morning.energy_wh) == (33, 45, 8_000)
    assert (evening.arrival, evening.departure, evening.energy_wh) == (72, 96, 20_000)


def test_a_short_pause_belongs_to_the_same_stay() -> None:
    day = [0] * INTERVALS
    day[40], day[45] = 1_000, 1_000
    assert [s.energy_wh for s in stays_of(day, power_w=4_000)] == [2_000]


def test_two_stays_do_not_overlap() -> None:
    day = [0] * INTERVALS
    day[40], day[49] = 1_000, 1_000
    first, second = stays_of(day, power_w=4_000)
    assert first.departure <= second.arrival


def test_no_car_no_need() -> None:
    need = car_need([])
    assert need.bounds_wh(50, 0) == (0, 0)
