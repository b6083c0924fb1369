"""Areas are a tree: a market whose areas lie in each other is refused, not settled for ever."""

from dataclasses import replace

import pytest

from market.engine.engine import Engine
from market.model.grid import Area
from market.model.messages import CreateMarket, RegisterUnits
from market.model.participant import UnitKind
from market.model.rejection import Code
from tests.builders import DAY_BEFORE_US, GRID, RULES, Story, unit


def chain(length: int) -> dict[str, str | None]:
    """Areas each in the next one."""
    names = [f"N{number}" for number in range(length)]
    return dict(zip(names, [*names[1:], None], strict=True))


@pytest.mark.parametrize(
    ("parents", "at_fault"),
    [
        ({"A": "B", "B": "C", "C": None}, []),
        ({"A": "A"}, ["A"]),
        ({"A": "B", "B": "A"}, ["A", "B"]),
        ({"A": "B", "B": "C", "C": "B"}, ["B", "C"]),
        (chain(9), []),
        (chain(11), ["N0", "N1"]),
    ],
)
def test_no_area_lies_in_itself(parents: dict[str, str | None], at_fault: list[str]) -> None:
    inner = tuple(Area(area_id=name, name=name, parent=above) for name, above in parents.items())
    command = CreateMarket(
        now_us=DAY_BEFORE_US,
        actor="op",
        rules=RULES,
        grid=replace(GRID, areas=(*inner, *GRID.areas)),
    )
    answer = Engine().execute(command).answer
    names = list(parents)
    expected = [f"areas/{names.index(name)}/parent" for name in at_fault]
    assert [fault.pointer for fault in answer.rejections] == expected
    assert all(fault.code is Code.DEFINITION_INVALID for fault in answer.rejections)


def test_a_unit_cannot_bear_the_id_of_an_area() -> None:
    story = Story()
    twin = unit("RUR", "ann", UnitKind.LOAD, withdrawal_max_w=1_000)
    answer = story.does(RegisterUnits(now_us=story.now_us, actor="op", units=(twin,)))
    assert [(fault.code, fault.pointer) for fault in answer.rejections] == [
        (Code.DEFINITION_INVALID, "items/0/unit_id")
    ]


def test_a_line_that_loses_more_than_half_is_refused() -> None:
    lossy = replace(GRID.lines[0], loss_ppm=500_001)
    command = CreateMarket(
        now_us=DAY_BEFORE_US, actor="op", rules=RULES, grid=replace(GRID, lines=(lossy,))
    )
    (fault,) = Engine().execute(command).answer.rejections
    assert (fault.code, fault.pointer) == (Code.DEFINITION_INVALID, "lines/0/loss_ppm")
