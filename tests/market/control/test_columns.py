"""Units side by side are what they are one by one."""

from hypothesis import given
from hypothesis import strategies as st

from market.control.caps import Caps
from market.control.columns import UnitColumns, powers_w
from market.control.share import PRODUCT_MAX, clipped, proportional
from market.control.unit import UnitControl
from market.model.participant import Unit, UnitKind
from market.model.power import PowerLimits
from market.model.units import power_from_energy_w, split_exactly

_watts = st.integers(0, 2_000_000_000)


def _unit(number: int, withdrawal_w: int, injection_w: int, controllable: bool) -> Unit:
    return Unit(
        unit_id=f"u{number}",
        participant_id="p",
        area_id="A",
        kind=UnitKind.STORAGE,
        injection_max_w=injection_w,
        withdrawal_max_w=withdrawal_w,
        controllable=controllable,
    )


_units = st.lists(st.tuples(_watts, _watts, st.booleans()), max_size=8).map(
    lambda rows: [_unit(number, *row) for number, row in enumerate(rows)]
)
_caps = st.dictionaries(
    st.sampled_from([f"u{number}" for number in range(9)]),
    st.builds(PowerLimits, withdrawal_max_w=_watts, injection_max_w=_watts),
    max_size=5,
).map(lambda units: Caps(units=units))
_asked = st.dictionaries(
    st.sampled_from([f"u{number}" for number in range(9)]),
    st.integers(-3_000_000_000, 3_000_000_000),
)


@given(units=_units, caps=_caps, asked_w=_asked)
def test_a_column_is_every_unit_by_itself(
    units: list[Unit], caps: Caps, asked_w: dict[str, int]
) -> None:
    controls = {unit.unit_id: UnitControl(unit) for unit in units}
    columns = UnitColumns(controls)
    asked_sum_w = columns.set_targets(asked_w, caps)
    limits = {name: caps.unit(name, control.limits()) for name, control in controls.items()}
    targets = {name: clipped(asked_w.get(name, 0), limits[name]) for name in controls}
    assert columns.targets() == targets
    assert list(columns.targets()) == list(controls)
    assert columns.set_w() == sum(targets.values())
    assert asked_sum_w == sum(asked_w.get(name, 0) for name in controls)
    total = columns.limits(caps)
    assert total.withdrawal_max_w == sum(item.withdrawal_max_w for item in limits.values())
    assert total.injection_max_w == sum(item.injection_max_w for item in limits.values())
    for upward in (True, False):
        assert columns.rooms_w(caps, upward=upward).tolist() == [
            (
                limits[name].injection_max_w - targets[name]
                if upward
                else targets[name] + limits[name].withdrawal_max_w
            )
            if control.unit.controllable
            else 0
            for name, control in controls.items()
        ]


@given(
    energies_wh=st.dictionaries(st.text(max_size=3), st.integers(-(10**12), 10**12)),
    minutes=st.sampled_from([1, 5, 15, 30, 60]),
)
def test_powers_are_those_of_one_by_one(energies_wh: dict[str, int], minutes: int) -> None:
    assert powers_w(energies_wh, minutes) == {
        name: power_from_energy_w(energy_wh, minutes) for name, energy_wh in energies_wh.items()
    }


@given(
    rooms_w=st.lists(st.integers(0, 10**12), min_size=1, max_size=9),
    total_w=st.integers(-(10**13), 10**13),
)
def test_shares_in_columns_are_those_of_any_size(rooms_w: list[int], total_w: int) -> None:
    wanted_w = min(abs(total_w), sum(rooms_w))
    sign = -1 if total_w < 0 else 1
    expected = split_exactly(wanted_w, rooms_w) if wanted_w else [0] * len(rooms_w)
    assert proportional(total_w, rooms_w) == [sign * part for part in expected]


def test_what_is_too_large_for_columns_is_exact_all_the_same() -> None:
    rooms_w = [PRODUCT_MAX, PRODUCT_MAX - 1, 1]
    assert proportional(2 * PRODUCT_MAX, rooms_w) == rooms_w
