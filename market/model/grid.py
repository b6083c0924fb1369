"""The grid as the market sees it: areas as a tree and lines between them.

The one idea: all limits are powers (W); an interval's energy limit is made from them where it is
needed. Losses are parts per million of what is sent.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A part of the grid with one price per interval."""

    area_id: str
    name: str
    parent: str | None = None
    """The area that holds this one; None: directly below the market."""
    import_limit_w: int | None = None
    """Most the area may take in over all its lines; None: no limit."""
    export_limit_w: int | None = None
    """Most the area may give out over all its lines; None: no limit."""
    holds_last_resort: bool = False
    """True for the one area in which the retailer of last resort sits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A connection between two areas; it carries energy in one direction at a time."""

    line_id: str
    from_area: str
    to_area: str
    capacity_forward_w: int
    """Most it takes in at `from_area`."""
    capacity_backward_w: int
    """Most it takes in at `to_area`."""
    loss_ppm: int
    """Part of what is sent that does not arrive."""
    fee_forward_ticks: int
    """Wheeling fee per energy sent from `from_area`."""
    fee_backward_ticks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """All areas and lines of a market, in their published order."""

    areas: tuple[Area, ...]
    lines: tuple[Line, ...]

    def area_index(self) -> dict[str, int]:
        """Position of each area id."""
        return {area.area_id: index for index, area in enumerate(self.areas)}
