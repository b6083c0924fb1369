"""How fast the units of an area may move together: who begins when, and for whom no time is left.

The one idea: what moves goes through each area, and each area around it, like people through a door: no
more than so much upward and so much downward within any minute, whoever comes next waits, and who is first
goes round. Whole watts and seconds; nothing here knows a market.
"""

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from math import gcd
from typing import Final

from market.model.power import PowerLimits
from market.model.units import PPM, SECONDS_PER_MINUTE

_TURN_PPM: Final = 618_034
"""By so much of the units the first place goes on from turn to turn: neighbours do not wait in a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """An area as the guard sees it."""

    parent: int | None
    """The area around it, as a place in the same list; None: there is none."""
    most_w: int
    """What its units may move in one direction within any minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A move that has begun already; it still counts for a minute."""

    area: int
    at_s: int
    """Seconds from now, zero or less."""
    change_w: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Staggered:
    """When each unit begins to move."""

    waits_s: tuple[int | None, ...]
    """Seconds; None: there is no time left for it."""
    stopped_by: tuple[int | None, ...]
    """Of a unit without time: the area that was full."""


def most_moved_w(capacity: PowerLimits, share_ppm: int, swings_w: Iterable[int]) -> int:
    """What an area's units may move in one direction within a minute.

    Never less than one unit can move at all: a single device's step is its own ramp's matter, and no
    area is so small that nothing in it may move.

    Args:
        capacity: what the area can take in and give out.
        share_ppm: the rule's share of that range.
        swings_w: of each unit that can be steered, from one end of what it can do to the other.
    """
    range_w = capacity.withdrawal_max_w + capacity.injection_max_w
    return max([range_w * share_ppm // PPM, *swings_w])


def staggered(
    moves_w: Sequence[int],
    areas: Sequence[int],
    doors: Sequence[Door],
    *,
    turn: int,
    seconds: int,
    at_once: Collection[int] = (),
    begun: Iterable[Begun] = (),
) -> Staggered:
    """Give every unit its second, so that in every area the moves of any minute stay within its bound.

    Where all moves of a minute fit, nobody waits. Else they are spread evenly, upward and downward side
    by side, so that the area's sum goes straight from where it is to where it is to be.

    Args:
        moves_w: by how much each unit is to move, upward positive; zero: not at all.
        areas: the area each unit lies in directly, as a place in `doors`.
        doors: the areas.
        turn: a number that grows by one from interval to interval; it passes the first place round.
        seconds: a unit begins before so many seconds are over, or not at all.
        at_once: units that must not wait; they count all the same.
        begun: moves of the last minute.
    """
    waiting = _Waiting(moves_w, areas, doors)
    for item in sorted(begun, key=lambda item: item.at_s):
        waiting.count(item.area, item.at_s, item.change_w)
    for unit in at_once:
        if moves_w[unit]:
            waiting.start(unit, 0)
    waiting.line_up(turn)
    for at_s in range(seconds):
        if not waiting.let_through(at_s, turn):
            break
    return waiting.found()


def peaks_w(starts: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """The most that begins to move within any minute: upward and downward, both >= 0.

    Args:
        starts: second and change of each move.
    """
    peaks = [0, 0]
    sums, held = [0, 0], (deque[tuple[int, int]](), deque[tuple[int, int]]())
    for at_s, change_w in sorted(starts):
        side = _side(change_w)
        while held[side] and held[side][0][0] <= at_s - SECONDS_PER_MINUTE:
            sums[side] -= held[side].popleft()[1]
        held[side].append((at_s, abs(change_w)))
        sums[side] += abs(change_w)
        peaks[side] = max(peaks[side], sums[side])
    return peaks[0], peaks[1]


def too_late(
    sum_w: int,
    moves_w: Sequence[int],
    waits_s: Sequence[int | None],
    *,
    lowest_w: int | None,
    highest_w: int | None,
) -> list[int]:
    """Units that have to begin at once, so that their sum stays inside its bounds at every second.

    Args:
        sum_w: before anybody moves.
        moves_w: by how much each unit is to move, upward positive.
        waits_s: when it begins; None: it does not.
        lowest_w: the least the sum may be; None: no bound.
        highest_w: the most it may be; None: no bound.
    """
    begins: dict[int, list[int]] = {0: []}
    for unit, wait_s in enumerate(waits_s):
        if wait_s is not None:
            begins.setdefault(wait_s, []).append(unit)
    left = {unit: moves_w[unit] for unit, wait_s in enumerate(waits_s) if wait_s != 0}
    sum_w += sum(moves_w[unit] for unit in begins.pop(0))
    found = _called(left, _beyond_w(sum_w, lowest_w, highest_w))
    sum_w += sum(moves_w[unit] for unit in found)
    for at_s in sorted(begins):
        sum_w += sum(left.pop(unit, 0) for unit in begins[at_s])
        called = _called(left, _beyond_w(sum_w, lowest_w, highest_w))
        sum_w += sum(moves_w[unit] for unit in called)
        found += called
    return found


def _beyond_w(sum_w: int, lowest_w: int | None, highest_w: int | None) -> int:
    """By how much a sum is outside its bounds; negative: below them."""
    if highest_w is not None and sum_w > highest_w:
        return sum_w - highest_w
    return min(0, sum_w - lowest_w) if lowest_w is not None else 0


def _called(left: dict[int, int], beyond_w: int) -> list[int]:
    """Units that bring the sum back, one after another, taken from those that are left."""
    found: list[int] = []
    for unit, move_w in left.items() if beyond_w else ():
        if move_w * beyond_w < 0:
            found.append(unit)
            if abs(move_w) >= abs(beyond_w):
                break
            beyond_w += move_w
    for unit in found:
        del left[unit]
    return found


def _side(change_w: int) -> int:
    return 0 if change_w >= 0 else 1


class _Minute:
    """What has begun to move in an area within the last minute, in one direction."""

    __slots__ = ("_held", "started_w", "used_w")

    def __init__(self) -> None:
        self.used_w = 0
        self.started_w = 0
        """Since the beginning."""
        self._held: deque[tuple[int, int]] = deque()

    def add(self, at_s: int, power_w: int) -> None:
        self._held.append((at_s, power_w))
        self.used_w += power_w

    def at(self, at_s: int) -> int:
        """What still counts at that second."""
        while self._held and self._held[0][0] <= at_s - SECONDS_PER_MINUTE:
            self.used_w -= self._held.popleft()[1]
        return self.used_w


class _Waiting:
    """The units of all areas while they are let through second by second."""

    def __init__(self, moves_w: Sequence[int], areas: Sequence[int], doors: Sequence[Door]) -> None:
        self._moves_w, self._areas, self._doors = moves_w, areas, doors
        self._around = [_around(doors, area) for area in range(len(doors))]
        self._minutes = [(_Minute(), _Minute()) for _ in doors]
        self._waits_s: list[int | None] = [None if move_w else 0 for move_w in moves_w]
        self._queues: dict[int, deque[int]] = {}
        self._full: dict[int, int] = {}
        """By area with a queue, which one was full when its first unit asked last."""
        self._is_tight = [(False, False) for _ in doors]

    def count(self, area: int, at_s: int, change_w: int) -> None:
        """A move that nobody can stop."""
        for place in self._around[area]:
            self._minutes[place][_side(change_w)].add(at_s, abs(change_w))

    def start(self, unit: int, at_s: int) -> None:
        """A unit begins to move."""
        self._waits_s[unit] = at_s
        self.count(self._areas[unit], at_s, self._moves_w[unit])

    def line_up(self, turn: int) -> None:
        """Who fits into the first minute begins; the others stand in line, area by area."""
        self._is_tight = self._tight()
        members: dict[int, list[int]] = {}
        for unit, area in enumerate(self._areas):
            members.setdefault(area, []).append(unit)
        for area, units in members.items():
            left = [unit for unit in _turned(units, turn) if self._waits_s[unit] is None]
            if self._is_free(area):
                for unit in left:
                    self.start(unit, 0)
            elif left:
                self._queues[area] = deque(_side_by_side(left, self._moves_w))

    def _tight(self) -> list[tuple[bool, bool]]:
        """Of each area, whether more is to move upward and downward than a minute bears."""
        asked_w = [[minute.at(0) for minute in sides] for sides in self._minutes]
        for unit, wait_s in enumerate(self._waits_s):
            if wait_s is None:
                move_w = self._moves_w[unit]
                for place in self._around[self._areas[unit]]:
                    asked_w[place][_side(move_w)] += abs(move_w)
        return [
            (up_w > door.most_w, down_w > door.most_w)
            for (up_w, down_w), door in zip(asked_w, self._doors, strict=True)
        ]

    def _is_free(self, area: int) -> bool:
        """Where one direction has to wait the other goes beside it, or the sum would swing."""
        return not any(any(self._is_tight[place]) for place in self._around[area])

    def let_through(self, at_s: int, turn: int) -> bool:
        """Whoever may begin at this second does; False: nobody waits any more."""
        areas = list(self._queues)
        for number in range(len(areas)):
            area = areas[(number + turn + at_s) % len(areas)]
            queue = self._queues[area]
            while queue and self._may_begin(queue[0], at_s):
                unit = queue.popleft()
                side, power_w = _side(self._moves_w[unit]), abs(self._moves_w[unit])
                self.start(unit, at_s)
                for place in self._around[area]:
                    self._minutes[place][side].started_w += power_w
            if not queue:
                del self._queues[area]
        return bool(self._queues)

    def _may_begin(self, unit: int, at_s: int) -> bool:
        area, move_w = self._areas[unit], self._moves_w[unit]
        for place in self._around[area]:
            if not self._is_tight[place][_side(move_w)]:
                continue
            minute, most_w = self._minutes[place][_side(move_w)], self._doors[place].most_w
            is_early = minute.started_w * SECONDS_PER_MINUTE > most_w * at_s
            if is_early or minute.at(at_s) + abs(move_w) > most_w:
                self._full[area] = place
                return False
        return True

    def found(self) -> Staggered:
        """What has become of everybody."""
        stopped_by: list[int | None] = [None] * len(self._moves_w)
        for area, queue in self._queues.items():
            for unit in queue:
                stopped_by[unit] = self._full.get(area, area)
        return Staggered(waits_s=tuple(self._waits_s), stopped_by=tuple(stopped_by))


def _around(doors: Sequence[Door], area: int) -> tuple[int, ...]:
    """The area and those around it, from the inside out."""
    found: list[int] = []
    place: int | None = area
    while place is not None:
        found.append(place)
        place = doors[place].parent
    return tuple(found)


def _turned(units: list[int], turn: int) -> list[int]:
    """The units of an area, beginning with the one whose turn it is; after as many turns as units each was first."""
    count = len(units)
    step = max(1, count * _TURN_PPM // PPM)
    while gcd(step, count) > 1:
        step += 1
    first = turn * step % count
    return [*units[first:], *units[:first]]


def _side_by_side(units: list[int], moves_w: Sequence[int]) -> list[int]:
    """Upward and downward movers in turn, so that the sum of both goes straight to where it ends."""
    sides: tuple[deque[int], deque[int]] = (deque(), deque())
    for unit in units:
        sides[_side(moves_w[unit])].append(unit)
    totals = [sum(abs(moves_w[unit]) for unit in side) for side in sides]
    done = [0, 0]
    found: list[int] = []
    while sides[0] or sides[1]:
        is_behind = done[0] * totals[1] > done[1] * totals[0]
        side = 1 if not sides[0] or (is_behind and sides[1]) else 0
        unit = sides[side].popleft()
        done[side] += abs(moves_w[unit])
        found.append(unit)
    return found
