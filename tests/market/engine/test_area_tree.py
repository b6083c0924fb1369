"""Areas are a tree: a market whose areas lie in each other is refused, not settled for ever."""

from dataclasses import replace

import pytest

from market.engine.engine import Engine
from market.model.grid import Area
from market.model.messages import CreateMarket
from market.model.rejection import Code
from tests.builders import DAY_BEFORE_US, GRID, RULES


@pytest.mark.parametrize(
    ("parents", "at_fault"),
    [
        ({"A": "B", "B": "C", "C": None}, []),
        ({"A": "A"}, ["A"]),
        ({"A": "B", "B": "A"}, ["A", "B"]),
        ({"A": "B", "B": "C", "C": "B"}, ["B", "C"]),
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
    answer = Engine().decide(command).answer
    names = list(parents)
    expected = [f"areas/{names.index(name)}/parent" for name in at_fault]
    assert [fault.pointer for fault in answer.rejections] == expected
    assert all(fault.code is Code.DEFINITION_INVALID for fault in answer.rejections)
