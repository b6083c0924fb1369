"""What the lines can still carry: one account per line, direction and interval for all modes.

The one idea: whoever sends energy over a line draws here first, so no capacity is given out twice.
A call takes what is left and gives back what it does not use by drawing only what it used. An
area's own import and export limit counts its net, so what one mode imports another may export.
"""

from dataclasses import dataclass, field

from market.model.act import Narrowing
from market.model.grid import Grid, Line
from market.model.units import SECONDS_PER_MINUTE, energy_from_power_wh


@dataclass(slots=True)
class Drawn:
    """What was drawn in one interval, Wh."""

    sent_wh: dict[tuple[str, bool], int] = field(default_factory=dict)
    """By line and direction (True: forward), at the sending end."""
    export_wh: dict[str, int] = field(default_factory=dict)
    """Net export of each area over its connection: sent less received."""


@dataclass(frozen=True, slots=True)
class AreaLimit:
    """For a while an area may take in and give out no more than this per interval; None: as ever."""

    from_s: int
    until_s: int | None
    import_wh: int | None
    export_wh: int | None


_NOTHING = Drawn()  # answered for intervals in which nothing was drawn; never changed


class Capacity:
    """Capacity accounts of one market's lines and connections."""

    def __init__(self, grid: Grid, interval_minutes: int) -> None:
        self._lines: dict[str, Line] = {line.line_id: line for line in grid.lines}
        self._drawn: dict[int, Drawn] = {}
        self._step_s = interval_minutes * SECONDS_PER_MINUTE
        self._minutes = interval_minutes
        self._decoupled: set[str] = set()
        self._narrowed: dict[str, dict[str, AreaLimit]] = {}
        parent = {area.area_id: area.parent for area in grid.areas}
        self._around: dict[str, tuple[str, ...]] = {}
        for area in grid.areas:
            chain: list[str] = []
            above: str | None = area.area_id
            while above is not None and above not in chain:
                chain.append(above)
                above = parent.get(above)
            self._around[area.area_id] = tuple(chain)
        self._capacity_wh = {
            (line.line_id, forward): energy_from_power_wh(power_w, interval_minutes)
            for line in grid.lines
            for forward, power_w in (
                (True, line.capacity_forward_w),
                (False, line.capacity_backward_w),
            )
        }
        self._limit_wh = {
            area.area_id: tuple(
                None if limit_w is None else energy_from_power_wh(limit_w, interval_minutes)
                for limit_w in (area.import_limit_w, area.export_limit_w)
            )
            for area in grid.areas
        }

    def left_wh(self, line_id: str, forward: bool, start_s: int) -> int:
        """What a direction of a line can still take in."""
        if self._decoupled and self._is_cut(self._lines[line_id]):
            return 0
        drawn = self._drawn.get(start_s, _NOTHING)
        return self._capacity_wh[line_id, forward] - drawn.sent_wh.get((line_id, forward), 0)

    def is_cut(self, line_id: str) -> bool:
        """True when the line carries nothing more, because an area at one of its ends goes on alone."""
        return bool(self._decoupled) and self._is_cut(self._lines[line_id])

    def _is_cut(self, line: Line) -> bool:
        """True when a decoupled area lies around one end of the line and not the other."""
        ends = self._around[line.from_area], self._around[line.to_area]
        return any((area_id in ends[0]) != (area_id in ends[1]) for area_id in self._decoupled)

    def drawn_wh(self, line_id: str, forward: bool, start_s: int) -> int:
        """What a direction of a line was given already."""
        return self._drawn.get(start_s, _NOTHING).sent_wh.get((line_id, forward), 0)

    def is_drawn(self, start_s: int) -> bool:
        """True when anything was sent over any line in the interval."""
        return start_s in self._drawn

    def export_left_wh(self, area_id: str, start_s: int) -> int | None:
        """What the area may still give out net; None: no limit."""
        limit = self._limit_wh[area_id][1]
        left = None if limit is None else limit - self._export_wh(area_id, start_s)
        for item in self._narrowing(area_id, start_s) if self._narrowed else ():
            if item.export_wh is not None:
                narrowed = max(0, item.export_wh - self._export_wh(area_id, start_s))
                left = narrowed if left is None else min(left, narrowed)
        return left

    def import_left_wh(self, area_id: str, start_s: int) -> int | None:
        """What the area may still take in net; None: no limit."""
        limit = self._limit_wh[area_id][0]
        left = None if limit is None else limit + self._export_wh(area_id, start_s)
        for item in self._narrowing(area_id, start_s) if self._narrowed else ():
            if item.import_wh is not None:
                narrowed = max(0, item.import_wh + self._export_wh(area_id, start_s))
                left = narrowed if left is None else min(left, narrowed)
        return left

    def _narrowing(self, area_id: str, start_s: int) -> list[AreaLimit]:
        until_s = start_s + self._step_s
        return [
            item
            for item in self._narrowed.get(area_id, {}).values()
            if item.from_s < until_s and (item.until_s is None or start_s < item.until_s)
        ]

    def area_left_wh(self, from_area: str, to_area: str, start_s: int) -> int | None:
        """What the areas around both ends let pass from one to the other; None: no limit."""
        out, into = self._around[from_area], self._around[to_area]
        lefts = [self.export_left_wh(area, start_s) for area in out if area not in into]
        lefts += [self.import_left_wh(area, start_s) for area in into if area not in out]
        known = [left for left in lefts if left is not None]
        return min(known) if known else None

    def decouple(self, area_id: str) -> None:
        """Nothing more goes over the lines of an area; what is drawn stays drawn."""
        self._decoupled.add(area_id)

    def couple(self, area_id: str) -> None:
        """The lines of an area carry what they have left again."""
        self._decoupled.discard(area_id)

    def narrow(self, narrowing: Narrowing) -> None:
        """An area may take in and give out less for a while; never more than its own limits."""
        energies = [
            None if power_w is None else energy_from_power_wh(power_w, self._minutes)
            for power_w in (narrowing.withdrawal_max_w, narrowing.injection_max_w)
        ]
        self._narrowed.setdefault(narrowing.member_id, {})[narrowing.narrowing_id] = AreaLimit(
            from_s=narrowing.from_s,
            until_s=narrowing.until_s,
            import_wh=energies[0],
            export_wh=energies[1],
        )

    def widen(self, area_id: str, limit_id: str) -> None:
        """A limit of an area has ended."""
        limits = self._narrowed.get(area_id, {})
        limits.pop(limit_id, None)
        if not limits:
            self._narrowed.pop(area_id, None)

    def draw(
        self, line_id: str, forward: bool, start_s: int, sent_wh: int, received_wh: int
    ) -> None:
        """Take capacity out of the account; negative energies give it back.

        Raises:
            AssertionError: more than there is, or more given back than was drawn.
        """
        drawn = self._drawn.get(start_s)
        if drawn is None:
            drawn = self._drawn[start_s] = Drawn()
        key = (line_id, forward)
        total = drawn.sent_wh.get(key, 0) + sent_wh
        if not 0 <= total <= self._capacity_wh[key]:
            raise AssertionError(f"{line_id}: {total} Wh drawn of {self._capacity_wh[key]}")
        drawn.sent_wh[key] = total
        line = self._lines[line_id]
        ends = (line.from_area, line.to_area) if forward else (line.to_area, line.from_area)
        out, into = self._around[ends[0]], self._around[ends[1]]
        for area in out:
            if area not in into:
                drawn.export_wh[area] = drawn.export_wh.get(area, 0) + sent_wh
        for area in into:
            if area not in out:
                drawn.export_wh[area] = drawn.export_wh.get(area, 0) - received_wh

    def can_give_back(
        self, line_id: str, forward: bool, start_s: int, sent_wh: int, received_wh: int
    ) -> bool:
        """True: giving back breaks no area's limit; one flow may have made room for its opposite."""
        line = self._lines[line_id]
        ends = (line.from_area, line.to_area) if forward else (line.to_area, line.from_area)
        out, into = self._around[ends[0]], self._around[ends[1]]
        lefts = [(self.import_left_wh(area, start_s), sent_wh) for area in out if area not in into]
        lefts += [
            (self.export_left_wh(area, start_s), received_wh) for area in into if area not in out
        ]
        return all(left is None or left >= energy_wh for left, energy_wh in lefts)

    def forget(self, before_s: int) -> None:
        """Drop accounts of intervals before a time."""
        for start_s in [start_s for start_s in self._drawn if start_s < before_s]:
            del self._drawn[start_s]

    def _export_wh(self, area_id: str, start_s: int) -> int:
        return self._drawn.get(start_s, _NOTHING).export_wh.get(area_id, 0)
