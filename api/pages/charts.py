"""Charts as marks on a page: where a bar begins, which way a line goes, what stands at its axis.

The one idea: a chart is places in whole numbers, worked out here; the page draws them with its own words, so they
take its colours by day and night, its width, and need neither a script nor a picture. What a mark means is said by
its label and its pattern too, never by its colour alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 10_000
"""A chart's width and height, in its own units: hundredths of a percent."""
PATTERNS: Final = 4
"""Ways in which lines and bars of one chart are told apart."""
_GRID_LINES: Final = 4
"""About so many lines across a chart; a label stands at each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar, lying; its label and value stand beside it."""

    label: str
    value: int
    text: str
    """The value for people."""
    note: str = ""
    """What else is said of it, smaller."""
    pattern: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BarPlace:
    """A bar and where it lies: from `x` on, `width` wide, of WIDTH."""

    bar: Bar
    x: int
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BarChart:
    """Bars below each other, all from one line of zero."""

    places: tuple[BarPlace, ...]
    zero: int
    """Where zero is, of WIDTH."""


def bar_chart(bars: Sequence[Bar]) -> BarChart:
    """Bars on one scale; those below zero go to the left."""
    least = min((bar.value for bar in bars), default=0)
    most = max((bar.value for bar in bars), default=0)
    least, most = min(least, 0), max(most, 0)
    range_ = max(most - least, 1)
    zero = -least * WIDTH // range_
    places = []
    for bar in bars:
        width = abs(bar.value) * WIDTH // range_
        if bar.value:
            width = max(width, WIDTH // 400)  # the smallest thing there is can still be seen
        x = zero - width if bar.value < 0 else zero
        x = min(max(x, 0), WIDTH - width)
        places.append(BarPlace(bar=bar, x=x, width=width))
    return BarChart(places=tuple(places), zero=zero)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place on an axis, of WIDTH, and what stands there."""

    at: int
    text: str
    minor: bool = False
    """True: left out where there is little room."""
    anchor: str = "middle"
    """Which part of the text stands there: start, middle or end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line, a value for each place in time; None: there is none."""

    label: str
    values: Sequence[int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePath:
    """A line as it is drawn."""

    label: str
    path: str
    """Steps: commands of an SVG path on a square of WIDTH."""
    pattern: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChart:
    """Lines over time."""

    lines: tuple[LinePath, ...]
    across: tuple[Mark, ...]
    """Lines of the grid, from the top."""
    below: tuple[Mark, ...]


def line_chart(
    lines: Sequence[Line], times: Sequence[str], text: Callable[[int], str]
) -> LineChart | None:
    """Lines as steps, on a scale of round numbers; None: there is nothing to draw.

    Args:
        lines: each with as many values as there are times.
        times: what stands below a place in time; empty: nothing.
        text: of a value at the side.
    """
    known = [value for line in lines for value in line.values if value is not None]
    if not known:
        return None
    bottom, top, step = _scale(min(known), max(known))
    count = max(len(times), 1)
    height = top - bottom

    def place(value: int) -> int:
        return (top - value) * WIDTH // height

    return LineChart(
        lines=tuple(
            LinePath(
                label=line.label, path=_steps(line.values, count, place), pattern=number % PATTERNS
            )
            for number, line in enumerate(lines)
        ),
        across=tuple(
            Mark(at=place(value), text=text(value)) for value in range(top, bottom - 1, -step)
        ),
        below=tuple(_below(times)),
    )


def _scale(least: int, most: int) -> tuple[int, int, int]:
    """Lowest and highest value and the step between: 1, 2 or 5 and zeros, zero among them if near."""
    if 0 < least < most // 2 or 0 < most == least:
        least = 0
    elif least // 2 < most < 0:
        most = 0
    rough = max((most - least) // _GRID_LINES, 1)
    power = 10 ** (len(str(rough)) - 1)
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    bottom, top = least // step * step, -(-most // step) * step
    if top == bottom:
        top += step
    return bottom, top, step


def _steps(values: Sequence[int | None], count: int, place: Callable[[int], int]) -> str:
    """Each value holds from its place to the next one; a gap is left where there is none."""
    words: list[str] = []
    drawn = False
    for number, value in enumerate(values):
        if value is None:
            drawn = False
            continue
        y, to = place(value), (number + 1) * WIDTH // count
        words.append(f"V{y}" if drawn else f"M{number * WIDTH // count} {y}")
        words.append(f"H{to}")
        drawn = True
    return "".join(words)


def _below(times: Sequence[str]) -> list[Mark]:
    told = [(number, text) for number, text in enumerate(times) if text]
    count = max(len(times), 1)
    marks = []
    for place, (number, text) in enumerate(told):
        at = number * WIDTH // count
        anchor = "start" if at < WIDTH // 50 else "end" if at > WIDTH - WIDTH // 50 else "middle"
        marks.append(Mark(at=at, text=text, minor=place % 2 == 1, anchor=anchor))
    return marks
