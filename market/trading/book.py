"""The book of open orders: one sealed call per delivery interval, in columns.

The one idea: an order is a row of parallel lists; a dataclass is made only when one order is asked
for. Sums that risk needs (open energy per unit, interval and side) are kept as orders come and go.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from market.model.order import AcceptedColumns, Side


@dataclass(slots=True)
class CallBook:
    """Orders of one interval's call; a cancelled row stays with energy 0."""

    order_id: list[str] = field(default_factory=list)
    participant_id: list[str] = field(default_factory=list)
    unit_id: list[str] = field(default_factory=list)
    area_id: list[str] = field(default_factory=list)
    is_sell: list[bool] = field(default_factory=list)
    price_ticks: list[int] = field(default_factory=list)
    energy_wh: list[int] = field(default_factory=list)
    held_quanta: list[int] = field(default_factory=list)
    sequence: list[int] = field(default_factory=list)


@dataclass(slots=True)
class OpenEnergy:
    """Open energy of one unit in one interval, Wh."""

    buy_wh: int = 0
    sell_wh: int = 0


_NOTHING = OpenEnergy()  # answered for units without open orders; never changed


def order_number(order_id: str) -> int:
    """The market's own number inside an order id."""
    return int(order_id.removeprefix("ord-"))


class Book:
    """All open orders of one market."""

    def __init__(self) -> None:
        self._calls: dict[int, CallBook] = {}
        self._place: dict[str, tuple[int, int]] = {}  # order id -> (interval, row)
        self._open: defaultdict[str, dict[int, OpenEnergy]] = defaultdict(dict)
        self._open_count: defaultdict[str, int] = defaultdict(int)

    def add(self, participant_id: str, orders: AcceptedColumns) -> None:
        """Append accepted orders, row by row."""
        for row in range(len(orders)):
            start_s = orders.start_s[row]
            call = self._calls.setdefault(start_s, CallBook())
            order_id = orders.order_id[row]
            sells = orders.side[row] is Side.SELL
            self._place[order_id] = (start_s, len(call.order_id))
            call.order_id.append(order_id)
            call.participant_id.append(participant_id)
            call.unit_id.append(orders.unit_id[row])
            call.area_id.append(orders.area_id[row])
            call.is_sell.append(sells)
            call.price_ticks.append(orders.price_ticks[row])
            call.energy_wh.append(orders.energy_wh[row])
            call.held_quanta.append(orders.held_quanta[row])
            call.sequence.append(order_number(order_id))
            self._count(orders.unit_id[row], start_s, sells=sells, energy_wh=orders.energy_wh[row])
        self._open_count[participant_id] += len(orders)

    def _count(self, unit_id: str, start_s: int, *, sells: bool, energy_wh: int) -> None:
        energy = self._open[unit_id].setdefault(start_s, OpenEnergy())
        if sells:
            energy.sell_wh += energy_wh
        else:
            energy.buy_wh += energy_wh

    def owner(self, order_id: str) -> tuple[str, int] | None:
        """Participant and interval of an open order; None when it is not open."""
        place = self._place.get(order_id)
        if place is None:
            return None
        start_s, row = place
        return self._calls[start_s].participant_id[row], start_s

    def cancel(self, order_id: str) -> int:
        """Take an open order out; answers the money that was held for it, quanta."""
        start_s, row = self._place.pop(order_id)
        call = self._calls[start_s]
        self._count(
            call.unit_id[row], start_s, sells=call.is_sell[row], energy_wh=-call.energy_wh[row]
        )
        self._open_count[call.participant_id[row]] -= 1
        call.energy_wh[row] = 0
        held = call.held_quanta[row]
        call.held_quanta[row] = 0
        return held

    def call(self, start_s: int) -> CallBook:
        """The rows of an interval; empty when nobody ordered."""
        return self._calls.get(start_s, CallBook())

    def close(self, start_s: int) -> Iterator[tuple[str, int]]:
        """Drop the interval's orders; yields participant and money held, row by row."""
        call = self._calls.pop(start_s, CallBook())
        for order_id, participant_id, unit_id, energy_wh, held in zip(
            call.order_id,
            call.participant_id,
            call.unit_id,
            call.energy_wh,
            call.held_quanta,
            strict=True,
        ):
            self._open[unit_id].pop(start_s, None)
            if energy_wh > 0:
                del self._place[order_id]
                self._open_count[participant_id] -= 1
            yield participant_id, held

    def open_energy(self, unit_id: str, start_s: int) -> OpenEnergy:
        """Open energy of a unit in an interval."""
        energy = self._open.get(unit_id)
        return _NOTHING if energy is None else energy.get(start_s, _NOTHING)

    def open_starts(self, unit_id: str) -> tuple[int, ...]:
        """Intervals in which the unit has, or had until cancelled, open orders."""
        return tuple(self._open.get(unit_id, ()))

    def open_count(self, participant_id: str) -> int:
        """Number of open orders of a participant."""
        return self._open_count[participant_id]
