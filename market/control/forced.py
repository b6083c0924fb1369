"""Forced outages: when a unit could not follow though nobody had told it to stand still, and why.

The one idea: what is the grid's fault the market's own record says (its word did not reach the area), never the
unit. A unit's word about itself only tells the picture why something is missing; it costs as any deviation.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

from market.model.act import ControlReason
from market.model.power import UnitState

OF_STATE: Final[Mapping[UnitState, ControlReason]] = {
    UnitState.TRIPPED: ControlReason.TRIP,
    UnitState.FAILSAFE: ControlReason.FAIL_SAFE,
}
"""What a unit in such a state cannot follow for."""
ON_THE_WAY: Final = frozenset({UnitState.CONNECTING, UnitState.RECOVERY})
"""On the way back from either: nothing begins, and nothing is over."""
PRECEDENCE: Final = (ControlReason.TRIP, ControlReason.DECOUPLED, ControlReason.FAIL_SAFE)
"""Of several at a time the first counts: who is off the grid does not wait for the market's word."""


@dataclass(frozen=True, slots=True)
class Window:
    """A time in which somebody could not follow."""

    reason: ControlReason
    from_s: int
    until_s: int | None
    """None: it lasts."""


@dataclass(slots=True)
class ForcedOutages:
    """The forced outages of a market that unsettled intervals may still ask for."""

    areas: dict[str, tuple[Window, ...]] = field(default_factory=dict)
    """Areas that the market's word did not reach."""
    units: dict[str, tuple[Window, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """True while there is any."""
        return bool(self.areas or self.units)

    def lost(self, area_id: str, now_s: int) -> None:
        """The market's word does not reach an area any more."""
        _begin(self.areas, area_id, ControlReason.DECOUPLED, now_s)

    def found(self, area_id: str, now_s: int) -> None:
        """It does again."""
        _end(self.areas, area_id, now_s)

    def said(self, unit_id: str, state: UnitState, now_s: int) -> None:
        """A unit is in another state."""
        if state in ON_THE_WAY:
            return
        _end(self.units, unit_id, now_s)
        if state in OF_STATE:
            _begin(self.units, unit_id, OF_STATE[state], now_s)

    def settled(self, until_s: int) -> None:
        """What was over by then is no longer asked for."""
        for windows in (self.areas, self.units):
            for member_id in list(windows):
                left = tuple(
                    item
                    for item in windows[member_id]
                    if item.until_s is None or item.until_s > until_s
                )
                if left:
                    windows[member_id] = left
                else:
                    del windows[member_id]

    def pieces(
        self, unit_id: str, around: tuple[str, ...], from_s: int, until_s: int
    ) -> Iterator[Window]:
        """When in [from_s, until_s) a unit could not follow and why: apart, in order of time.

        Args:
            unit_id: the unit.
            around: its area and those around it.
            from_s: start of the time asked for.
            until_s: its end.
        """
        windows = [*self.units.get(unit_id, ())]
        for area_id in around:
            windows += self.areas.get(area_id, ())
        holds = [
            (max(item.from_s, from_s), min(item.until_s or until_s, until_s), item.reason)
            for item in windows
        ]
        edges = sorted({edge for begin_s, end_s, _ in holds for edge in (begin_s, end_s)})
        for begin_s, end_s in pairwise(edges):
            reasons = {reason for first_s, last_s, reason in holds if first_s <= begin_s < last_s}
            if reasons:
                yield Window(min(reasons, key=PRECEDENCE.index), begin_s, end_s)


def _begin(
    windows: dict[str, tuple[Window, ...]], member_id: str, reason: ControlReason, now_s: int
) -> None:
    held = windows.get(member_id, ())
    if not held or held[-1].until_s is not None:
        windows[member_id] = (*held, Window(reason, now_s, None))


def _end(windows: dict[str, tuple[Window, ...]], member_id: str, now_s: int) -> None:
    held = windows.get(member_id)
    if held is not None and held[-1].until_s is None:
        windows[member_id] = (*held[:-1], replace(held[-1], until_s=now_s))
