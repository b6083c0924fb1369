"""The way from one area to another over lines, for energy that was not part of an auction.

The one idea: fees count on what is sent, losses are a part of what is sent and are rounded up to
whole Wh, exactly as in the auction; so the two ends of a way agree in energy and in money.
"""

from dataclasses import dataclass

from market.model.grid import Grid, Line
from market.model.units import PPM, round_up


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One line, used in one direction."""

    line: Line
    forward: bool

    @property
    def end(self) -> str:
        """The area in which the energy arrives."""
        return self.line.to_area if self.forward else self.line.from_area

    @property
    def fee_ticks(self) -> int:
        """Wheeling fee per Wh sent in this direction."""
        return self.line.fee_forward_ticks if self.forward else self.line.fee_backward_ticks

    def sent_for_wh(self, received_wh: int) -> int:
        """Least energy to send so that at least `received_wh` arrives: ceil(W / (1 - loss))."""
        return round_up(received_wh * PPM, PPM - self.line.loss_ppm)

    def received_of_wh(self, sent_wh: int) -> int:
        """What arrives of what is sent: sent - ceil(loss x sent)."""
        return sent_wh - round_up(sent_wh * self.line.loss_ppm, PPM)


class _Known:
    """Ways that were found in one grid."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.ways: dict[tuple[str, str], tuple[Hop, ...] | None] = {}


_last: list[_Known] = []
"""Of the grid that was asked for last: a market has one, and a settled day asks for every area's ways."""


def route(grid: Grid, start: str, end: str) -> tuple[Hop, ...] | None:
    """The way with the fewest lines, the earlier published line where several are as short.

    Capacities do not matter: who owes energy owes it whether or not there was room for it.

    Returns:
        The hops in the order the energy takes; () from an area to itself; None: nothing joins them.
    """
    known = _last[0] if _last and _last[0].grid is grid else _Known(grid)
    _last[:] = [known]
    if (start, end) not in known.ways:
        known.ways[start, end] = _found(grid, start, end)
    return known.ways[start, end]


def _found(grid: Grid, start: str, end: str) -> tuple[Hop, ...] | None:
    ways: dict[str, tuple[Hop, ...]] = {start: ()}
    front = [start]
    while front and end not in ways:
        reached = []
        for area_id in front:
            for line in grid.lines:
                if area_id not in (line.from_area, line.to_area):
                    continue
                hop = Hop(line=line, forward=line.from_area == area_id)
                if hop.end not in ways:
                    ways[hop.end] = (*ways[area_id], hop)
                    reached.append(hop.end)
        front = reached
    return ways.get(end)
