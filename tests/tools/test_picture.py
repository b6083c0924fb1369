"""The picture of the house is the house of today, and shows what a reader takes from it."""

import re
from itertools import pairwise

import grimp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools import picture
from tools.picture import APART, LEFT, RIGHT, draw, inside, ordered, reduced, with_passages


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*picture.PACKAGES, cache_dir=None)


def test_the_picture_is_drawn_from_the_code_of_today(graph: grimp.ImportGraph) -> None:
    # Not compared by assert: two whole pictures are nothing to read.
    current = picture.PICTURE.read_text(encoding="utf-8") == draw(graph)

    assert current, "run make picture"


@pytest.mark.parametrize("package", ["market", "clearing"])
def test_every_room_is_drawn_once(graph: grimp.ImportGraph, package: str) -> None:
    rooms = sorted(child.rpartition(".")[2] for child in graph.find_children(package))
    drawn = re.findall(r'text-anchor="middle">([^<]+)<', draw(graph))

    assert [name for name in rooms if drawn.count(name) != 1] == []


def test_an_import_that_others_imply_is_left_out() -> None:
    edges = {("engine", "trading"), ("trading", "model"), ("engine", "model")}

    assert reduced(edges) == [("engine", "trading"), ("trading", "model")]
    assert reduced(edges | {("store", "model")})[-1] == ("trading", "model")
    assert ("store", "model") in reduced(edges | {("store", "model")})


def test_imports_inside_a_room_and_out_of_the_package_are_no_arrows() -> None:
    graph = grimp.ImportGraph()
    for name in ("market", "market.engine", "market.engine.setup", "market.model", "api"):
        graph.add_module(name)
    for importer, imported in (
        ("market.engine.setup", "market.model"),
        ("market.engine.setup", "market.engine"),
        ("api", "market.model"),
    ):
        graph.add_import(importer=importer, imported=imported)

    assert inside(graph, "market") == {("engine", "model")}


def test_an_arrow_over_a_floor_has_a_passage_there() -> None:
    floors = [["timetable"], ["sequencer"], ["engine", "store"]]
    rows, ways = with_passages(floors, [("timetable", "store"), ("sequencer", "engine")])

    assert rows[1] == ["sequencer", "timetable>store>1"]
    assert ways == [["timetable", "timetable>store>1", "store"], ["sequencer", "engine"]]


def test_rooms_stand_over_what_they_are_joined_to() -> None:
    rows = ordered([["a", "b"], ["x", "y"]], [("a", "y"), ("b", "x")])

    assert rows in ([["a", "b"], ["y", "x"]], [["b", "a"], ["x", "y"]])


@given(
    st.lists(
        st.tuples(
            st.floats(min_value=-2_000, max_value=3_000), st.floats(min_value=6, max_value=120)
        ),
        min_size=1,
        max_size=6,
    )
)
def test_boxes_keep_their_order_stay_apart_and_inside(row: list[tuple[float, float]]) -> None:
    widths = [width for _, width in row]
    middles = picture._apart([wish for wish, _ in row], widths)  # noqa: SLF001

    edges = [(at - width / 2, at + width / 2) for at, width in zip(middles, widths, strict=True)]
    assert edges[0][0] >= LEFT - 1e-6
    assert edges[-1][1] <= RIGHT + 1e-6
    assert all(one[1] + APART <= other[0] + 1e-6 for one, other in pairwise(edges))
