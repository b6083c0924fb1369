"""A unit and an area answer alike, so an area may hold either."""

import pytest

from market.control.area import AreaControl
from market.control.level import Level
from market.control.unit import UnitControl
from market.model.grid import Area
from market.model.participant import Unit, UnitKind

HOME = Unit(
    unit_id="home",
    participant_id="p",
    area_id="street",
    kind=UnitKind.STORAGE,
    injection_max_w=3_000,
    withdrawal_max_w=5_000,
    controllable=True,
)
STREET = Area(area_id="street", name="Street", parent="town")
TOWN = Area(area_id="town", name="Town")


def _levels() -> list[Level]:
    street = AreaControl(STREET, {"home": UnitControl(HOME)})
    town = AreaControl(TOWN, {"street": AreaControl(STREET, {"home": UnitControl(HOME)})})
    return [UnitControl(HOME), street, town]


@pytest.mark.parametrize("level", _levels(), ids=["unit", "area", "area of areas"])
@pytest.mark.parametrize(
    ("target_w", "set_w"), [(0, 0), (2_000, 2_000), (9_000, 3_000), (-9_000, -5_000)]
)
def test_every_level_comes_as_close_as_its_limits_allow(
    level: Level, target_w: int, set_w: int
) -> None:
    limits = level.limits()
    assert (limits.withdrawal_max_w, limits.injection_max_w) == (5_000, 3_000)
    done = level.dispatch(target_w)
    assert (done.set_w, done.left_over_w) == (set_w, target_w - set_w)
