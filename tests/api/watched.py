"""A market as the stream knows it, driven by events made by hand; and a socket that may be full.

The one idea: the hub needs no server. Events go in as the sequencer would hand them over, frames come
out at a port, and time is a number.
"""

import json
from typing import Any

from api.access.permissions import Channel
from api.channels.live import LiveMarket, Seed
from api.stream.frames import payload_of
from api.stream.hub import Hub
from api.stream.listener import Listener
from market.model.messages import (
    Event,
    OrdersAccepted,
    OrdersCancelled,
    Phase,
    PhaseChanged,
    Step,
    TradesMade,
)
from market.model.order import PLAIN, AcceptedColumns, OrderOptions, Side, Venue
from market.model.trade import Trade
from market.sequencer import Published
from tests.api.described import check
from tests.builders import GRID, MIDNIGHT_S, PARTICIPANTS, RULES

NOW_US = (MIDNIGHT_S - 3_600) * 1_000_000


class Still:
    """Market time that stands."""

    def now_us(self) -> int:
        return NOW_US


class Socket:
    """A port with room for so many frames."""

    def __init__(self, room: int = 1_000_000) -> None:
        self.room = room
        self.taken: list[bytes] = []

    @property
    def takes(self) -> bool:
        return len(self.taken) < self.room

    def write_frame(self, frame: bytes) -> bool:
        if not self.takes:
            return False
        self.taken.append(frame)
        return True

    async def drained(self) -> None:
        raise AssertionError("no test waits here")

    @property
    def said(self) -> list[dict[str, Any]]:
        return [check(json.loads(payload_of(frame))) for frame in self.taken]


class Watched:
    """A hub, its market and what real time it is."""

    def __init__(self) -> None:
        self.real_s = 1_000.0
        self.faults: list[BaseException] = []
        self.live = LiveMarket(Seed(rules=RULES, grid=GRID, event_seq=0, participants=PARTICIPANTS))
        self.hub = Hub(
            self.live,
            epoch=1,
            clock=Still(),  # type: ignore[arg-type]
            on_fault=self.faults.append,
            real_s=lambda: self.real_s,
        )
        self.orders = 0

    def happen(self, *events: Event) -> None:
        """A batch with these events, told once it is through."""
        # The hub would have the event loop do it; here the batch ends with this call.
        self.hub._flushing = True  # noqa: SLF001
        for event in events:
            event_seq = self.live.event_seq + 1
            self.hub.published(
                Published(event_seq=event_seq, now_us=NOW_US, command_seq=event_seq, event=event)
            )
        self.hub.flush_books()

    def reader(self, channel: Channel, key: str, room: int = 1_000_000) -> tuple[Listener, Socket]:
        """Somebody who listens to a channel."""
        socket = Socket(room)
        listener = Listener(None, socket, real_s=lambda: self.real_s)
        self.hub.join(listener)
        self.hub.subscribe(listener, (channel, key), None)
        return listener, socket

    def place(
        self,
        *rows: tuple[str, Side, int, int],
        area: str = "RUR",
        venue: Venue = Venue.CONTINUOUS,
        start_s: int = MIDNIGHT_S,
        options: OrderOptions = PLAIN,
    ) -> tuple[OrdersAccepted, ...]:
        """Orders of (owner, side, price, energy) that are accepted."""
        made = []
        for owner, side, price_ticks, energy_wh in rows:
            self.orders += 1
            columns = AcceptedColumns(
                order_id=(f"ord-{self.orders}",),
                client_order_id=(f"c{self.orders}",),
                unit_id=(f"{owner}-unit",),
                area_id=(area,),
                start_s=(start_s,),
                side=(side,),
                price_ticks=(price_ticks,),
                energy_wh=(energy_wh,),
                held_quanta=(0,),
                options=(options,),
                option_of=(0,),
            )
            made.append(
                OrdersAccepted(participant_id=owner, now_us=NOW_US, orders=columns, venue=venue)
            )
        return tuple(made)


def continuous(start_s: int = MIDNIGHT_S) -> PhaseChanged:
    return PhaseChanged(
        start_s=start_s, phase=Phase.CONTINUOUS, now_us=NOW_US, step=Step.OPEN_CONTINUOUS
    )


def closing(start_s: int = MIDNIGHT_S) -> PhaseChanged:
    return PhaseChanged(start_s=start_s, phase=Phase.CALL, now_us=NOW_US, step=Step.OPEN_CALL)


def cancelled(owner: str, *order_ids: str) -> OrdersCancelled:
    return OrdersCancelled(participant_id=owner, order_ids=order_ids, reason="user_cancel")


def traded(order_id: str, energy_wh: int, start_s: int = MIDNIGHT_S) -> TradesMade:
    trade = Trade(
        trade_id="trd-1",
        match_id="mat-1",
        order_id=order_id,
        participant_id="ann",
        unit_id="ann-unit",
        area_id="RUR",
        start_s=start_s,
        side=Side.BUY,
        price_ticks=5_000,
        energy_wh=energy_wh,
        venue=Venue.CONTINUOUS,
    )
    return TradesMade(start_s=start_s, trades=(trade,))
