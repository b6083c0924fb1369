"""The area guard at the area itself: what the market sends is held against the same bound once more.

The one idea: whoever plans may be wrong or not be who he says he is, so the area counts for itself what its
units would begin to move within a minute, from what it has passed on before. What only comes to rest it
lets through: stopping needs nobody's consent.
"""

from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from market.control.guard import peaks_w
from market.control.unit import Moment
from market.model.participant import Unit
from market.model.power import Setpoint
from market.model.reach import Standing
from market.model.rejection import Rejection

_KEPT_S: Final = 3_600
"""Set-points are remembered so long after their end: longer than the longest interval."""


class Level(Protocol):
    """Who takes schedules and passes them down: an area's level."""

    standing: Standing

    def schedule(self, setpoint: Setpoint, now: Moment) -> Rejection | None:
        """Take a unit's schedule for a window, or say why not."""
        ...


class OwnGuard:
    """What an area has passed on to the units that can be steered, and what it lets them do next."""

    def __init__(self, units: Iterable[Unit], most_w: int) -> None:
        """Nothing was passed on yet.

        Args:
            units: of the area.
            most_w: what they may begin to move in one direction within any minute.
        """
        self.most_w = most_w
        self._passed: dict[str, dict[int, Setpoint]] = {
            unit.unit_id: {} for unit in units if unit.controllable
        }
        self._known_s: set[int] = set()
        """Windows that were spoken of."""
        self._consented: set[int] = set()

    def pass_on(self, level: Level, setpoints: Iterable[Setpoint], now: Moment) -> tuple[int, ...]:
        """Give a level the schedules that came together, window by window.

        Returns:
            The windows whose units were to move more than the bound; theirs are not given on, and the
            units keep what they have.
        """
        by_window: dict[int, list[Setpoint]] = {}
        for item in setpoints:
            by_window.setdefault(item.start_s, []).append(item)
        stopped: list[int] = []
        for start_s, items in by_window.items():
            now_s = now.market_s or start_s
            if level.standing is Standing.JOINED and not self.admits(start_s, items, now_s):
                stopped.append(start_s)
                continue
            for item in items:
                if level.schedule(item, now) is None:
                    self.passed(item, now_s)
        return tuple(stopped)

    def admits(self, start_s: int, setpoints: Iterable[Setpoint], now_s: int) -> bool:
        """True when a window's new set-points, with those passed on, keep the bound in every minute."""
        self._known_s = {at_s for at_s in self._known_s if at_s > now_s - _KEPT_S} | {start_s}
        if start_s in self._consented:
            return True
        new = {item.unit_id: item for item in setpoints if item.unit_id in self._passed}
        begun = [start for item in new.values() for start in self._starts(item, now_s, is_new=True)]
        if not begun:
            return True
        for unit_id, kept in self._passed.items():
            if unit_id not in new and start_s in kept:
                begun += self._starts(kept[start_s], now_s, is_new=False)
        return max(peaks_w(begun)) <= self.most_w

    def passed(self, setpoint: Setpoint, now_s: int) -> None:
        """A unit's set-point goes down."""
        kept = self._passed.get(setpoint.unit_id)
        if kept is None:
            return
        kept[setpoint.start_s] = setpoint
        for start_s in [at_s for at_s, item in kept.items() if item.until_s < now_s - _KEPT_S]:
            del kept[start_s]

    def consent(self) -> None:
        """The grid operator lets the moves into all windows that were spoken of go through."""
        self._consented = set(self._known_s)

    def _starts(self, item: Setpoint, now_s: int, *, is_new: bool) -> Iterator[tuple[int, int]]:
        """When a unit begins to move, and by how much; what is not known is no move."""
        kept = self._passed[item.unit_id]
        older = kept.get(item.start_s) if is_new and now_s > item.start_s else None
        from_s, before_w = item.start_s, self._before_w(item)
        if older is not None:
            from_s, before_w = now_s, older.power_w(now_s)
        turn_s = item.start_s + item.wait_s
        if turn_s > from_s:
            yield from _move(from_s, before_w, item.before_w)
            yield from _move(turn_s, item.before_w, item.target_w)
        else:
            yield from _move(from_s, before_w, item.target_w)

    def _before_w(self, item: Setpoint) -> int | None:
        """What the unit ran at by the window that ends where this one starts."""
        for kept in self._passed[item.unit_id].values():
            if kept.until_s == item.start_s:
                return kept.target_w
        return None


def _move(at_s: int, from_w: int | None, to_w: int) -> Iterator[tuple[int, int]]:
    if from_w is None or from_w == to_w:
        return
    comes_to_rest = abs(to_w) < abs(from_w) and from_w * to_w >= 0
    if not comes_to_rest:
        yield at_s, to_w - from_w
