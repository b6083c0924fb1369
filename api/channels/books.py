"""The `book` channel: depth of continuous trading, from the market's own events.

The one idea: an order in the continuous book adds its open energy to a level of `depth.py` and takes
it away again; what is shown is told once a batch, so nobody sees a book in the middle of a command.
Sealed calls stay sealed: an order placed to a call adds nothing, and an interval is shown only while
it is traded continuously, or halted.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from api.access.permissions import Channel
from api.answers.values import Answer
from api.channels.calendar import Calendar
from api.channels.deltas import Delta
from api.channels.depth import MERGED, Change, Depth, Level
from market.model.call import CallKind, OrderLeftCall
from market.model.interval import instant_text
from market.model.messages import (
    Event,
    OrderReplaced,
    OrdersAccepted,
    OrdersActivated,
    OrdersCancelled,
    OrdersClosed,
    OrdersHibernated,
    OrdersJoinedCall,
    Phase,
    PhaseChanged,
    SelfTradePrevented,
    TradesMade,
)
from market.model.order import LimitOrder, OrderState, OrderView, Venue
from market.model.stop import TradingReleased, TradingStopped
from market.model.units import energy_text, price_text

_SHOWN: Final = frozenset({Phase.CONTINUOUS, Phase.HALT, Phase.FROZEN})
"""Phases in which a book is public; in a halt it is the last one."""


@dataclass(slots=True, kw_only=True)
class _Resting:
    owner: str
    area_id: str
    level: Level
    open_wh: int
    display_wh: int
    """Iceberg: what is shown at a time; 0: all of it."""
    shown_wh: int = 0
    """What its level holds of it now."""
    peak_wh: int = 0
    """Iceberg: what is left of the part that is shown."""
    stands: bool = False

    def visible_wh(self) -> int:
        """What its level is to hold."""
        if not self.display_wh:
            return self.open_wh
        return min(self.open_wh, self.peak_wh or self.display_wh)

    def fill(self, energy_wh: int) -> None:
        """Some of it traded; an iceberg shows its next part when one is used up."""
        self.open_wh = max(0, self.open_wh - energy_wh)
        if self.display_wh:
            left_wh = (self.peak_wh or self.display_wh) - energy_wh
            self.peak_wh = left_wh % self.display_wh


class Books:
    """Depth of one market's areas."""

    def __init__(
        self, areas: Iterable[str], calendar: Calendar, *, only_start_s: int | None = None
    ) -> None:
        self.areas = tuple(areas)
        self._only_start_s = only_start_s
        """The one interval that is followed; None: all."""
        self.depth = Depth(self.areas)
        self.revision = 0
        """The journal's event up to which the books are shown."""
        self._calendar = calendar
        self._orders: dict[str, _Resting] = {}
        self._orders_at: defaultdict[int, dict[str, _Resting]] = defaultdict(dict)
        self._phases: dict[tuple[str, int], None] = {}
        """Keys and intervals whose phase is to be told."""

    # --- what others ask ----------------------------------------------------------------

    def snapshot(self, key: str) -> Answer:
        """Everything a key shows."""
        book = self.depth.shown[key]
        return {
            "area": key,
            "revision": self.revision,
            "checksum": book.checksum,
            "intervals": self._intervals(key, book.changes(), self._open_starts_s(key)),
        }

    def check(self, key: str) -> Answer:
        """The checksum of what a key shows."""
        checksum = self.depth.shown[key].checksum
        return {"event": "checksum", "revision": self.revision, "checksum": checksum}

    def merge(self, key: str, items: Iterable[Answer]) -> Answer:
        """Several changes as one: the latest of each level wins."""
        latest: dict[str, Answer] = {}
        levels: defaultdict[str, dict[tuple[str, str], Answer]] = defaultdict(dict)
        for item in items:
            for interval in item.get("intervals", ()):
                latest[interval["start"]] = interval
                for level in interval["levels"]:
                    levels[interval["start"]][level["side"], level["price_per_mwh"]] = level
        return {
            "event": "depth",
            "revision": self.revision,
            "checksum": self.depth.shown[key].checksum,
            "intervals": [
                {**interval, "levels": list(levels[start].values())}
                for start, interval in latest.items()
            ],
        }

    def _open_starts_s(self, key: str) -> list[int]:
        return [s for s in self._calendar.open_starts_s() if self._phase(key, s) in _SHOWN]

    def _phase(self, key: str, start_s: int) -> Phase:
        return self._calendar.phase(start_s, None if key == MERGED else key)

    def _intervals(
        self, key: str, changes: Iterable[Change], starts_s: Iterable[int]
    ) -> list[Answer]:
        by_start: dict[int, list[Answer]] = {start_s: [] for start_s in starts_s}
        for level, energy_wh in changes:
            by_start.setdefault(level.start_s, []).append(
                {
                    "side": level.side.value,
                    "price_per_mwh": price_text(level.price_ticks),
                    "energy_kwh": energy_text(energy_wh),
                }
            )
        return [
            {
                "start": instant_text(start_s),
                "phase": self._phase(key, start_s).value,
                "levels": levels,
            }
            for start_s, levels in sorted(by_start.items())
        ]

    # --- what happens ---------------------------------------------------------------------

    @property
    def is_dirty(self) -> bool:
        """True: something is to be told."""
        return self.depth.is_dirty or bool(self._phases)

    def flush(self, event_seq: int) -> Iterator[Delta]:
        """What is shown differently since the last time."""
        made = dict(self.depth.flush())
        starts_s: defaultdict[str, list[int]] = defaultdict(list)
        for key, start_s in self._phases:
            starts_s[key].append(start_s)
        self._phases.clear()
        self.revision = event_seq
        for key in sorted({*made, *starts_s}):
            changes = made.get(key, [])
            yield Delta(Channel.BOOK, key, partial(self._told, key, changes, starts_s[key]))

    def _told(self, key: str, changes: list[Change], starts_s: list[int]) -> Answer:
        return {
            "event": "depth",
            "revision": self.revision,
            "intervals": self._intervals(key, changes, starts_s),
        }

    def open(self) -> None:
        """Show what may be shown of the intervals the market starts with, and tell nobody."""
        for start_s in self._calendar.open_starts_s():
            self._look_at(start_s, self.areas)
        self._phases.clear()
        for _ in self.depth.flush():
            pass

    def put_order(self, view: OrderView) -> None:
        """An open order that is stored."""
        order, header = view.order, view.order.header
        if header.venue is not Venue.CONTINUOUS or not isinstance(order, LimitOrder):
            return
        resting = _Resting(
            owner=header.participant_id,
            area_id=header.area_id,
            level=Level(header.start_s, header.side, view.price_ticks),
            open_wh=view.energy_wh - view.filled_wh,
            display_wh=order.options.display_wh,
        )
        stands = view.state in {OrderState.ACTIVE, OrderState.PARTIALLY_FILLED}
        self._put(header.order_id, resting, stands=stands)

    @classmethod
    def is_about(cls, event: Event) -> bool:
        """True for an event that may mean something for books."""
        return cls.is_about_kind(type(event))

    @classmethod
    def is_about_kind(cls, kind: type[Any]) -> bool:
        """True for a kind of events that may mean something for books."""
        return kind in cls._FOLLOW

    def follow(self, event: Event) -> None:
        """Note what an event means for the books."""
        follow = self._FOLLOW.get(type(event))
        if follow is not None:
            follow(self, event)

    def _is_followed(self, start_s: int) -> bool:
        return self._only_start_s is None or self._only_start_s == start_s

    def _put(self, order_id: str, order: _Resting, *, stands: bool = True) -> None:
        self._orders[order_id] = order
        self._orders_at[order.level.start_s][order_id] = order
        self._stand(order, stands=stands)

    def _stand(self, order: _Resting, *, stands: bool) -> None:
        """An order's energy comes to its level, changes there, or leaves it."""
        level = order.level
        if stands != order.stands:
            self.depth.count(order.area_id, level.start_s, order.owner, 1 if stands else -1)
        order.stands = stands
        visible_wh = order.visible_wh() if stands else 0
        if visible_wh != order.shown_wh:
            self.depth.add(order.area_id, level, visible_wh - order.shown_wh)
            order.shown_wh = visible_wh

    def _drop(self, order_id: str) -> None:
        order = self._orders.pop(order_id, None)
        if order is not None:
            del self._orders_at[order.level.start_s][order_id]
            self._stand(order, stands=False)

    def _accepted(self, event: OrdersAccepted) -> None:
        if event.venue is not Venue.CONTINUOUS:
            return
        orders = event.orders
        for row, order_id in enumerate(orders.order_id):
            if not self._is_followed(orders.start_s[row]):
                continue
            level = Level(orders.start_s[row], orders.side[row], orders.price_ticks[row])
            resting = _Resting(
                owner=event.participant_id,
                area_id=orders.area_id[row],
                level=level,
                open_wh=orders.energy_wh[row],
                display_wh=orders.options_of(row).display_wh,
            )
            self._put(order_id, resting)

    def _traded(self, event: TradesMade) -> None:
        for trade in event.trades:
            order = self._orders.get(trade.order_id)
            if order is None:
                continue
            order.fill(trade.energy_wh)
            if order.open_wh:
                self._stand(order, stands=order.stands)
            else:
                self._drop(trade.order_id)

    def _replaced(self, event: OrderReplaced) -> None:
        order = self._orders.get(event.order_id)
        if order is None:
            return
        stands = order.stands
        self._stand(order, stands=False)
        order.level = order.level._replace(price_ticks=event.price_ticks)
        order.open_wh, order.peak_wh = event.energy_wh, 0
        self._stand(order, stands=stands)

    def _left(self, event: OrdersCancelled) -> None:
        for order_id in event.order_ids:
            self._drop(order_id)

    def _slept(self, event: OrdersHibernated) -> None:
        for order_id in event.order_ids:
            if (order := self._orders.get(order_id)) is not None:
                self._stand(order, stands=False)

    def _woke(self, event: OrdersActivated) -> None:
        for order_id in event.order_ids:
            if (order := self._orders.get(order_id)) is not None:
                self._stand(order, stands=True)

    def _joined_call(self, event: OrdersJoinedCall) -> None:
        for order_id in event.order_ids:
            self._drop(order_id)

    def _self_trade(self, event: SelfTradePrevented) -> None:
        for order_id, taken_wh in (
            (event.order_id, event.taken_wh),
            (event.resting_order_id, event.resting_taken_wh),
        ):
            order = self._orders.get(order_id)
            if order is not None and taken_wh:
                order.open_wh = max(0, order.open_wh - taken_wh)
                self._stand(order, stands=order.stands)

    def _halted(self, _: TradingStopped | TradingReleased) -> None:
        """Called once the calendar knows; a stop may hold in many intervals."""
        for start_s in self._calendar.open_starts_s():
            self._look_at(start_s, self.areas)

    def _left_call(self, event: OrderLeftCall) -> None:
        """It waits one event long, until it is said to be active in continuous trading."""
        if not self._is_followed(event.start_s):
            return
        resting = _Resting(
            owner=event.participant_id,
            area_id=event.area_id,
            level=Level(event.start_s, event.side, event.price_ticks),
            open_wh=event.energy_wh,
            display_wh=0,
        )
        self._put(event.order_id, resting, stands=False)

    def _closed(self, event: OrdersClosed) -> None:
        if event.call is CallKind.DAY_AHEAD:
            return  # before continuous trading opens
        for order_id in tuple(self._orders_at.pop(event.start_s, {})):
            del self._orders[order_id]
        self.depth.drop(event.start_s)

    def _phase_changed(self, event: PhaseChanged) -> None:
        """Called once the calendar knows."""
        areas = self.areas if event.area_id is None else (event.area_id,)
        self._look_at(event.start_s, areas)

    def _look_at(self, start_s: int, areas: Iterable[str]) -> None:
        for area_id in areas:
            shown = self._calendar.phase(start_s, area_id) in _SHOWN
            if self.depth.show(area_id, start_s, shown=shown) or shown:
                self._phases[area_id, start_s] = None
                self._phases[MERGED, start_s] = None

    _FOLLOW: Final[dict[type[Any], Callable[["Books", Any], None]]] = {
        OrdersAccepted: _accepted,
        TradesMade: _traded,
        OrderReplaced: _replaced,
        OrdersCancelled: _left,
        OrdersHibernated: _slept,
        OrdersActivated: _woke,
        OrdersClosed: _closed,
        OrderLeftCall: _left_call,
        OrdersJoinedCall: _joined_call,
        SelfTradePrevented: _self_trade,
        TradingStopped: _halted,
        TradingReleased: _halted,
        PhaseChanged: _phase_changed,
    }
