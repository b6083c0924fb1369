"""Charts: marks lie where their values are, whatever the values."""

import re

from hypothesis import given
from hypothesis import strategies as st

from api.pages.charts import WIDTH, Bar, Line, bar_chart, line_chart

VALUES = st.integers(-(10**15), 10**15)


def bars(*values: int) -> list[tuple[int, int]]:
    drawn = bar_chart([Bar(label="a", value=value, text=str(value)) for value in values])
    return [(place.x, place.width) for place in drawn.places]


def test_bars_begin_at_zero_and_share_a_scale() -> None:
    assert bars(100, 50, 0) == [(0, WIDTH), (0, WIDTH // 2), (0, 0)]
    assert bars(300, -100) == [(WIDTH // 4, 3 * WIDTH // 4), (0, WIDTH // 4)]
    assert bars() == []
    assert bars(0) == [(0, 0)]


@given(st.lists(VALUES, min_size=1, max_size=8))
def test_bars_stay_on_the_sheet_and_are_seen(values: list[int]) -> None:
    for value, (x, width) in zip(values, bars(*values), strict=True):
        assert 0 <= x <= x + width <= WIDTH
        assert (width > 0) == (value != 0)


def test_a_line_goes_in_steps_and_leaves_gaps() -> None:
    chart = line_chart([Line(label="RUR", values=[100, None, 50, 0])], ["00:00", "", "", ""], str)
    assert chart is not None
    (line,) = chart.lines
    assert line.path == "M0 0H2500M5000 5000H7500V10000H10000"
    assert [mark.text for mark in chart.across] == ["100", "50", "0"] or len(chart.across) > 2
    assert (chart.across[0].at, chart.across[-1].at) == (0, WIDTH)
    (mark,) = chart.below
    assert (mark.text, mark.at, mark.anchor) == ("00:00", 0, "start")


def test_nothing_known_is_no_chart() -> None:
    assert line_chart([], [], str) is None
    assert line_chart([Line(label="RUR", values=[None, None])], ["", ""], str) is None


@given(st.lists(st.none() | VALUES, min_size=1, max_size=30))
def test_lines_stay_on_the_sheet_with_few_labels(values: list[int | None]) -> None:
    chart = line_chart([Line(label="a", values=values)], [""] * len(values), str)
    if chart is None:
        assert not any(value is not None for value in values)
        return
    (line,) = chart.lines
    numbers = [int(text) for text in re.findall(r"-?\d+", line.path)]
    assert all(0 <= number <= WIDTH for number in numbers)
    assert 2 <= len(chart.across) <= 8
    texts = [mark.text for mark in chart.across]
    assert len(set(texts)) == len(texts)


def test_lines_are_told_apart_by_their_pattern() -> None:
    chart = line_chart([Line(label=str(n), values=[n]) for n in range(4)], [""], str)
    assert chart is not None
    assert len({line.pattern for line in chart.lines}) == 4
