"""What is decided may be ahead of the disk: whoever answers from it reads it where the answer then waits."""

import ast
from pathlib import Path

import pytest

from tests.house.source import python_files, tree

READS = {
    # The answer waits: `Call.settled`.
    Path("api/call.py"),
    # Both wait themselves: they tell of every market, and no address of one market asks for them.
    Path("api/house/gauges.py"),
    Path("api/routes/server.py"),
    # A market is opened: nothing is decided meanwhile.
    Path("api/house/house.py"),
    # They tell nobody; they command.
    Path("api/house/liveness.py"),
    Path("api/house/reach.py"),
}


def reads_decided(module: ast.Module) -> bool:
    """Whether this code asks a sequencer for its state or its engine."""
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in {"state", "engine"}
        and ast.unparse(node.value).endswith("sequencer")
        for node in ast.walk(module)
    )


def test_what_is_decided_is_read_where_the_answer_waits_for_the_disk() -> None:
    assert {path for path in python_files("api") if reads_decided(tree(path))} == READS


@pytest.mark.parametrize(
    "source", ["call.market.sequencer.state.stops", "x = self._sequencer.engine", "sequencer.state"]
)
def test_a_reading_is_noticed_however_it_is_reached(source: str) -> None:
    assert reads_decided(ast.parse(source))
