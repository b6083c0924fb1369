"""The model is what its blocks say, and the page about it says the same."""

from pathlib import Path

import numpy as np

from clearing.build import BLOCKS, build, manual
from clearing.curves import build_curves
from tests.clearing.books import book, lines_of, market


def test_the_page_holds_the_blocks_own_words() -> None:
    page = Path("docs/clearing-model.md").read_text(encoding="utf-8")

    assert len(BLOCKS) == manual().count("### ")
    assert page.endswith("-->\n\n" + manual())


def test_the_compiled_model_is_the_one_written_by_hand() -> None:
    problem = market(
        book("0 sell 10 @ 100\n1 buy 7 @ 300"),
        n_areas=2,
        lines=lines_of([(0, 1, 5, 4, 20_000, 30, 0)]),
        imports=[[2**53], [6]],
    )
    model = build(problem, build_curves(problem))
    compiled = model.compiled
    (x0, x1), (w0, w1) = compiled.column["net_position"], compiled.column["cost"]
    (p0, p1) = compiled.column["exchange"]
    (forward,), (backward,) = compiled.column["sent_forward"], compiled.column["sent_backward"]
    rows = np.zeros((4, 8))
    for column in range(8):
        entries = slice(compiled.start[column], compiled.start[column + 1])
        rows[compiled.index[entries], column] = compiled.value[entries]

    by_hand = {
        (x0, 1.0, p0, -1.0),
        (x1, 1.0, p1, -1.0),
        (p0, 1.0, forward, -1.0, backward, 0.98),
        (p1, 1.0, forward, 0.98, backward, -1.0),
    }
    written = {
        tuple(item for column in sorted(row) for item in (column, row[column]))
        for row in ({c: float(v) for c, v in enumerate(line) if v} for line in rows)
    }
    assert written == {_sorted(row) for row in by_hand}
    assert (compiled.row_lower == 0).all()
    assert (compiled.row_upper == 0).all()
    cost = np.zeros(8)
    cost[[w0, w1, forward]] = [1, 1, 30]
    assert (compiled.cost == cost).all()
    bounds = {
        x0: (0, 10),
        x1: (-7, 0),
        p0: (-np.inf, np.inf),
        p1: (-6, np.inf),
        forward: (0, 5),
        backward: (0, 4),
    }
    for column, (low, high) in bounds.items():
        assert (model.lower[column], model.upper[column]) == (low, high)


def _sorted(row: tuple[float, ...]) -> tuple[float, ...]:
    pairs = sorted(zip(row[::2], row[1::2], strict=True))
    return tuple(item for pair in pairs for item in pair)
