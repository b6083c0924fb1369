"""Ways, losses and fees of lines a second time, in exact fractions: see `naive_settlement.py`."""

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import lru_cache

from market.model.grid import Grid, Line


def loss(line: Line) -> Fraction:
    return Fraction(line.loss_ppm, 10**6)


def fee(line: Line, forward: bool) -> int:
    return line.fee_forward_ticks if forward else line.fee_backward_ticks


def ends(line: Line, forward: bool) -> tuple[str, str]:
    return (line.from_area, line.to_area) if forward else (line.to_area, line.from_area)


def arrives(line: Line, sent_wh: int) -> int:
    return sent_wh - math.ceil(loss(line) * sent_wh)


def needs(line: Line, received_wh: int) -> int:
    return math.ceil(received_wh / (1 - loss(line)))


def up(area: str | None, parents: Mapping[str, str | None]) -> list[str]:
    """The area and all around it."""
    return [] if area is None else [area, *up(parents[area], parents)]


@lru_cache
def way(grid: Grid, start: str, end: str) -> tuple[tuple[Line, bool], ...]:
    """Of all ways without a circle the one with the fewest lines, then the earlier lines."""

    def ways(here: str, been: frozenset[str]) -> Iterator[tuple[int, ...]]:
        if here == end:
            yield ()
        for number, line in enumerate(grid.lines):
            for near, far in (ends(line, True), ends(line, False)):
                if near == here != end and far not in been:
                    yield from ((number, *rest) for rest in ways(far, been | {far}))

    found, here = [], start
    for number in min(ways(start, frozenset({start})), key=lambda w: (len(w), w), default=()):
        line = grid.lines[number]
        found.append((line, line.from_area == here))
        here = ends(line, line.from_area == here)[1]
    return tuple(found)
