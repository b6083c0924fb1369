"""Public depth: how much energy stands at which price, never whose it is.

The one idea: what a key shows comes from ten owners or more. Areas in which fewer stand for an
interval show nothing of it themselves; they are counted in the merged book of the whole market,
smallest first, until ten owners are in it or no area is left
(docs/decisions/0027-depth-of-small-areas-is-merged.md). Levels go in, changes of what is shown
come out; the checksum is kept along, so it costs nothing to tell.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from zlib import crc32

from market.model.interval import instant_text
from market.model.order import Side
from market.model.units import energy_text, price_text

MERGED: Final = "market"
"""Key of the book in which small areas are merged; the curves of an auction use the same name."""
OWNERS_MIN: Final = 10
"""Owners behind what a key shows of an interval (decisions 14a)."""
MODULUS: Final = 1 << 32
"""A book's checksum is the sum of its levels' modulo this."""


class Level(NamedTuple):
    """A price of one side in one interval."""

    start_s: int
    side: Side
    price_ticks: int


class Change(NamedTuple):
    """What stands at a level from now on; 0: nothing."""

    level: Level
    energy_wh: int


def level_checksum(level: Level, energy_wh: int) -> int:
    """CRC-32 of the level's line, as docs/wire.md writes it; 0 where nothing stands."""
    if not energy_wh:
        return 0
    start, side = instant_text(level.start_s), level.side.value
    return line_checksum(start, side, price_text(level.price_ticks), energy_text(energy_wh))


def line_checksum(start: str, side: str, price: str, energy: str) -> int:
    """CRC-32 of a level's line."""
    return crc32(f"{start} {side} {price} {energy}".encode())


@dataclass(slots=True)
class ShownBook:
    """What one key shows."""

    energy_wh: dict[Level, int] = field(default_factory=dict)
    checksum: int = 0
    """Sum of the levels' checksums modulo 2³²."""

    def put(self, level: Level, energy_wh: int) -> bool:
        """Set what stands at a level; False: it stood there already."""
        before_wh = self.energy_wh.get(level, 0)
        if before_wh == energy_wh:
            return False
        if energy_wh:
            self.energy_wh[level] = energy_wh
        else:
            del self.energy_wh[level]
        change = level_checksum(level, energy_wh) - level_checksum(level, before_wh)
        self.checksum = (self.checksum + change) % MODULUS
        return True

    def changes(self) -> tuple[Change, ...]:
        """All of it, in order of interval, side and price."""
        return tuple(Change(level, wh) for level, wh in sorted(self.energy_wh.items()))


@dataclass(slots=True)
class _AreaInterval:
    """What really stands in one area for one interval."""

    energy_wh: dict[tuple[Side, int], int] = field(default_factory=dict)
    orders_of: dict[str, int] = field(default_factory=dict)
    """Open orders of each owner."""


_NOBODY: Final = _AreaInterval()


class Depth:
    """The books of a market's areas and the merged one."""

    def __init__(self, areas: Iterable[str]) -> None:
        self.shown: dict[str, ShownBook] = {key: ShownBook() for key in (*areas, MERGED)}
        self._stands: dict[int, dict[str, _AreaInterval]] = {}
        self._open: set[tuple[int, str]] = set()
        """Intervals of areas that may be shown."""
        self._folded: dict[int, frozenset[str]] = {}
        self._changed: defaultdict[int, set[tuple[str, Side, int]]] = defaultdict(set)
        self._refold: set[int] = set()

    # --- what stands ------------------------------------------------------------------

    def add(self, area_id: str, level: Level, energy_wh: int) -> None:
        """Energy comes to a level, or leaves it when negative."""
        here = self._stands.setdefault(level.start_s, {}).setdefault(area_id, _AreaInterval())
        at = (level.side, level.price_ticks)
        left_wh = here.energy_wh.get(at, 0) + energy_wh
        assert left_wh >= 0, "no more leaves a level than stands there"
        if left_wh:
            here.energy_wh[at] = left_wh
        else:
            here.energy_wh.pop(at, None)
        self._changed[level.start_s].add((area_id, *at))

    def count(self, area_id: str, start_s: int, owner: str, orders: int) -> None:
        """An owner has more open orders here, or fewer when negative."""
        here = self._stands.setdefault(start_s, {}).setdefault(area_id, _AreaInterval())
        before = here.orders_of.get(owner, 0)
        left = before + orders
        if left:
            here.orders_of[owner] = left
        else:
            del here.orders_of[owner]
        if not before or not left:
            self._refold.add(start_s)

    def show(self, area_id: str, start_s: int, *, shown: bool) -> bool:
        """Show what stands in an area's interval, or nothing of it. False: nothing is new."""
        place = (start_s, area_id)
        if (place in self._open) == shown:
            return False
        (self._open.add if shown else self._open.discard)(place)
        self._touch(start_s, [area_id])
        self._refold.add(start_s)
        return True

    def drop(self, start_s: int) -> None:
        """An interval is over: nothing stands any more."""
        here = self._stands.get(start_s, {})
        self._touch(start_s, here)
        self._refold.add(start_s)
        self._stands.pop(start_s, None)
        self._open = {place for place in self._open if place[0] != start_s}

    def _touch(self, start_s: int, areas: Iterable[str]) -> None:
        stands = self._stands.get(start_s, {})
        for area_id in areas:
            for side, price_ticks in stands.get(area_id, _NOBODY).energy_wh:
                self._changed[start_s].add((area_id, side, price_ticks))

    # --- what is shown ----------------------------------------------------------------

    @property
    def is_dirty(self) -> bool:
        """True: what is shown may not be what stands."""
        return bool(self._changed or self._refold)

    def _at(self, start_s: int, area_id: str) -> _AreaInterval:
        if (start_s, area_id) not in self._open:
            return _NOBODY
        return self._stands.get(start_s, {}).get(area_id, _NOBODY)

    def _fold(self, start_s: int) -> frozenset[str]:
        """Areas that show nothing of this interval themselves."""
        owners = {
            area_id: self._at(start_s, area_id).orders_of.keys()
            for area_id in self._stands.get(start_s, {})
        }
        folded: set[str] = set()
        together: set[str] = set()
        for area_id in sorted(owners, key=lambda area_id: (len(owners[area_id]), area_id)):
            enough = not together or len(together) >= OWNERS_MIN
            if len(owners[area_id]) >= OWNERS_MIN and enough:
                break
            folded.add(area_id)
            together |= owners[area_id]
        return frozenset(folded)

    def flush(self) -> Iterator[tuple[str, list[Change]]]:
        """What is shown differently since the last time, key by key."""
        made: defaultdict[str, list[Change]] = defaultdict(list)
        for start_s in sorted({*self._changed, *self._refold}):
            for key, change in self._flush(start_s):
                if self.shown[key].put(*change):
                    made[key].append(change)
            if start_s not in self._stands:
                self._folded.pop(start_s, None)
        self._changed.clear()
        self._refold.clear()
        yield from made.items()

    def _flush(self, start_s: int) -> Iterator[tuple[str, Change]]:
        folded = before = self._folded.get(start_s, frozenset())
        if start_s in self._refold:
            folded = self._folded[start_s] = self._fold(start_s)
            self._touch(start_s, folded ^ before)
        merged: dict[tuple[Side, int], None] = {}
        for area_id, side, price_ticks in sorted(self._changed.get(start_s, ())):
            at = (side, price_ticks)
            wh = 0 if area_id in folded else self._at(start_s, area_id).energy_wh.get(at, 0)
            yield area_id, Change(Level(start_s, *at), wh)
            merged[at] = None
        for at in sorted(merged):
            wh = sum(self._at(start_s, area_id).energy_wh.get(at, 0) for area_id in folded)
            yield MERGED, Change(Level(start_s, *at), wh)
