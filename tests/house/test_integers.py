"""Energy, power, price and money are whole numbers: the market holds no float anywhere."""

import ast

import pytest

from tests.house.source import python_files, tree


def floats_in(module: ast.Module) -> list[int]:
    """Lines where a float is named, written or made by a true division."""
    return [
        node.lineno
        for node in ast.walk(module)
        if (isinstance(node, ast.Name) and node.id == "float")
        or (isinstance(node, ast.Attribute) and node.attr in {"float16", "float32", "float64"})
        or (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and not is_path(node))
    ]


def is_path(division: ast.BinOp) -> bool:
    """Whether `/` joins a path: one side is text."""
    sides = (division.left, division.right)
    return any(
        isinstance(side, ast.JoinedStr)
        or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for side in sides
    )


def test_the_market_holds_no_float() -> None:
    found = [
        (str(path), line)
        for path in python_files("market")
        # How long to wait for a lock or a solver is real time, and a float; so are volts and ohms.
        if path.parts[1] not in {"store", "sequencer.py", "timetable.py"}
        and path.name != "network_arrays.py"
        for line in floats_in(tree(path))
    ]

    assert found == []


@pytest.mark.parametrize("source", ["a / b", "x: float", "0.5", "float(x)", "np.float64"])
def test_a_float_is_noticed(source: str) -> None:
    assert floats_in(ast.parse(source)) == [1]


def test_a_path_is_no_division() -> None:
    assert floats_in(ast.parse("folder / 'market.sqlite'")) == []
