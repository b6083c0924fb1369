"""What lines do to prices and energies, and what a plan has spoken for so far.

The one idea: seen from another area an order costs its own price, the fee of the line and the loss
on the way; everything is counted in whole Wh and whole ticks, rounded against the one who comes in,
so that what the buyer pays always covers the seller and the fee.
"""

from collections.abc import Iterator
from math import gcd
from typing import NamedTuple, Protocol

from market.model.grid import Grid
from market.model.units import PPM, round_up
from market.trading.resting import Level, Resting

_FINE = 10**12  # two prices over lines with whole ppm of loss differ by more than 1 / _FINE ticks


class Room(Protocol):
    """What lines and connections can still carry (`market/trading/capacity.py`)."""

    def left_wh(self, line_id: str, forward: bool, start_s: int) -> int:
        """What a direction of a line can still take in."""

    def export_left_wh(self, area_id: str, start_s: int) -> int | None:
        """What the area may still give out net; None: no limit."""

    def import_left_wh(self, area_id: str, start_s: int) -> int | None:
        """What the area may still take in net; None: no limit."""


class Way(NamedTuple):
    """One direction of a line."""

    number: int
    """Place among all ways, in the published order of lines."""
    line_id: str
    forward: bool
    source: str
    sink: str
    keep_ppm: int
    """Part of what is sent that arrives."""
    fee_ticks: int
    """Per energy sent."""
    leaves: tuple[str, ...]
    """Areas whose export it counts in: the source and what is around it, without the sink's."""
    enters: tuple[str, ...]
    """Areas whose import it counts in."""

    def received_wh(self, sent_wh: int) -> int:
        """What arrives: what is sent less the loss, which is rounded up."""
        return sent_wh * self.keep_ppm // PPM

    def needed_wh(self, received_wh: int) -> int:
        """The least that must be sent for exactly this to arrive."""
        return round_up(received_wh * PPM, self.keep_ppm)

    def offer_seen(self, price_ticks: int) -> int:
        """What a sell at the source costs at the sink, in whole ticks."""
        return round_up((price_ticks + self.fee_ticks) * PPM, self.keep_ppm)

    def bid_seen(self, price_ticks: int) -> int:
        """What a buy at the sink pays at the source, in whole ticks."""
        return price_ticks * self.keep_ppm // PPM - self.fee_ticks

    def offer_exactly(self, price_ticks: int) -> int:
        """As `offer_seen`, in units fine enough to tell any two prices apart."""
        return (price_ticks + self.fee_ticks) * PPM * _FINE // self.keep_ppm

    def bid_exactly(self, price_ticks: int) -> int:
        """As `bid_seen`, in millionths of a tick."""
        return price_ticks * self.keep_ppm - self.fee_ticks * PPM

    def even_wh(self, sent_wh: int) -> int:
        """The largest part of an energy whose loss is a whole number of Wh."""
        step = PPM // gcd(PPM, self.keep_ppm)
        return sent_wh // step * step


def ways_of(grid: Grid) -> tuple[Way, ...]:
    """Both directions of every line that lets anything through."""
    parent = {area.area_id: area.parent for area in grid.areas}

    def around(area_id: str) -> tuple[str, ...]:
        chain: list[str] = []
        above: str | None = area_id
        while above is not None and above not in chain:
            chain.append(above)
            above = parent.get(above)
        return tuple(chain)

    ways: list[Way] = []
    for line in grid.lines:
        for forward in (True, False):
            source, sink = line.from_area, line.to_area
            fee_ticks = line.fee_forward_ticks
            if not forward:
                source, sink, fee_ticks = sink, source, line.fee_backward_ticks
            if line.loss_ppm < PPM:
                out, into = around(source), around(sink)
                ways.append(
                    Way(
                        number=len(ways),
                        line_id=line.line_id,
                        forward=forward,
                        source=source,
                        sink=sink,
                        keep_ppm=PPM - line.loss_ppm,
                        fee_ticks=fee_ticks,
                        leaves=tuple(area for area in out if area not in into),
                        enters=tuple(area for area in into if area not in out),
                    )
                )
    return tuple(ways)


class Draft:
    """What a plan has spoken for so far: energy of resting orders, capacity of lines."""

    __slots__ = (
        "_export_wh",
        "_left_wh",
        "_moved",
        "_next",
        "_room",
        "_sent_wh",
        "_shown_wh",
        "_turn",
    )

    def __init__(self, room: Room, next_sequence: int) -> None:
        self._room = room
        self._next = next_sequence
        self._left_wh: dict[str, int] = {}
        self._shown_wh: dict[str, int] = {}
        self._turn: dict[str, int] = {}
        self._moved: dict[int, list[tuple[Resting, int, int]]] = {}
        self._sent_wh: dict[tuple[str, bool, int], int] = {}
        self._export_wh: dict[tuple[str, int], int] = {}

    def left_wh(self, order: Resting) -> int:
        """All that is left of a resting order, shown or not."""
        return self._left_wh.get(order.order_id, order.remaining_wh)

    def shown_wh(self, order: Resting) -> int:
        """What is shown of it."""
        shown_wh = self._shown_wh.get(order.order_id)
        return order.shown_wh if shown_wh is None else shown_wh

    def turn(self, order: Resting) -> int:
        """How often it was shown anew in this plan."""
        return self._turn.get(order.order_id, 0)

    def take(self, order: Resting, energy_wh: int) -> int | None:
        """Speak for a part of what is shown.

        An iceberg shows the next part at the queue's end: then its new sequence; else None.
        """
        order_id = order.order_id
        left_wh = self._left_wh[order_id] = self.left_wh(order) - energy_wh
        shown_wh = self._shown_wh[order_id] = self.shown_wh(order) - energy_wh
        if shown_wh > 0 or left_wh == 0:
            return None
        sequence = self._next
        self._next += 1
        turn = self._turn[order_id] = self.turn(order) + 1
        self._shown_wh[order_id] = min(order.display_wh, left_wh)
        self._moved.setdefault(id(order.dead), []).append((order, turn, sequence))
        return sequence

    def keep(self, order: Resting, left_wh: int) -> None:
        """Leave less of an order without trading: what is hidden goes first."""
        self._shown_wh[order.order_id] = min(self.shown_wh(order), left_wh)
        self._left_wh[order.order_id] = left_wh

    @property
    def next_sequence(self) -> int:
        """What is shown anew from now on has this sequence or a later one."""
        return self._next

    def queue(self, level: Level, before: int) -> Iterator[tuple[Resting, int, int]]:
        """Order, turn and sequence of all that stands at a price; an older turn counts no more.

        What is shown anew with a sequence of `before` or later is left to the one who takes it.
        """
        for order in level:
            if order.dead is not None:
                yield order, 0, order.sequence
        for moved in self._moved.get(id(level.dead), ()):
            if moved[2] < before:
                yield moved

    def sendable_wh(self, way: Way, start_s: int) -> int:
        """What the line and the areas before it still let out."""
        left_wh = self._room.left_wh(way.line_id, way.forward, start_s)
        left_wh -= self._sent_wh.get((way.line_id, way.forward, start_s), 0)
        for area_id in way.leaves:
            export_wh = self._room.export_left_wh(area_id, start_s)
            if export_wh is not None:
                left_wh = min(left_wh, export_wh - self._export_wh.get((area_id, start_s), 0))
        return left_wh

    def receivable_wh(self, way: Way, start_s: int) -> int | None:
        """What the areas behind the line still let in; None: no limit."""
        least_wh: int | None = None
        for area_id in way.enters:
            left_wh = self._room.import_left_wh(area_id, start_s)
            if left_wh is not None:
                left_wh += self._export_wh.get((area_id, start_s), 0)
                least_wh = left_wh if least_wh is None else min(least_wh, left_wh)
        return least_wh

    def draw(self, way: Way, start_s: int, sent_wh: int, received_wh: int) -> None:
        """Speak for capacity."""
        key = (way.line_id, way.forward, start_s)
        self._sent_wh[key] = self._sent_wh.get(key, 0) + sent_wh
        for area_id in way.leaves:
            place = (area_id, start_s)
            self._export_wh[place] = self._export_wh.get(place, 0) + sent_wh
        for area_id in way.enters:
            place = (area_id, start_s)
            self._export_wh[place] = self._export_wh.get(place, 0) - received_wh
