"""A client on a bad line: messages lost, doubled, late; its book is the server's all the same."""

import json
import random
from typing import Any

import pytest

from api.access.permissions import Channel
from api.channels.depth import MERGED
from api.stream.frames import payload_of
from api.stream.topics import frame_of
from market.model.order import Side
from tests.api.watched import Socket, Watched, cancelled, continuous
from wattmarket.book import Book
from wattmarket.feed import Feed

BOOK = (Channel.BOOK, MERGED)
CLIENTS = 20
MOVES = 400


class Client:
    """The client's own rules behind a line that loses, doubles and delays."""

    def __init__(self, watched: Watched, chance: random.Random, loss: float) -> None:
        self.watched, self.chance, self.loss = watched, chance, loss
        self.feed, self.book = Feed("book", MERGED), Book()
        self.feed.subscribe()
        self.listener, self.socket = watched.reader(*BOOK)
        self.late: list[dict[str, Any]] = []
        self.resyncs = self.repairs = 0

    def listen(self) -> None:
        """Take what the line lets through of what was sent since."""
        while self.listener.lags:  # it lagged: what waited is written out
            frame = self.listener.take()
            self.socket.taken += [] if frame is None else [frame]
        sent, self.socket.taken = self.socket.taken, []
        for frame in sent:
            message = json.loads(payload_of(frame))
            lot = self.chance.random()
            if lot < self.loss:
                continue
            if lot < 2 * self.loss:
                self.late.append(message)
                continue
            self.take(message)
            if lot > 1 - self.loss:
                self.take(message)
        if self.late and self.chance.random() < 0.3:
            self.take(self.late.pop(self.chance.randrange(len(self.late))))

    def take(self, message: dict[str, Any]) -> None:
        taken = self.feed.take(message)
        for event in taken.events:
            if event.type == "snapshot":
                self.book = Book()
            assert self.book.take(event), "the numbers let a hole through"
        for request in taken.requests:
            self.ask(request)

    def ask(self, request: dict[str, Any]) -> None:
        """What the server does with a request; the answer goes over the same line."""
        hub = self.watched.hub
        topic = hub.topic(BOOK)
        if request["type"] == "subscribe":
            self.resyncs += 1
            hub.subscribe(self.listener, BOOK, None)
        elif request["type"] == "unsubscribe":
            hub.unsubscribe(self.listener, BOOK)
        else:
            self.repairs += 1
            missed = topic.find(request["from"], min(request["to"], topic.seq))
            for item in missed or ():
                self.listener.offer(frame_of("resend", item.rest))

    def settle(self) -> None:
        """The line is good again, and a heartbeat names the last number."""
        self.loss = 0.0
        for _ in range(3):
            for request in self.feed.missing(self.watched.hub.topic(BOOK).seq).requests:
                self.ask(request)
            self.listen()
            if self.feed.seq != self.watched.hub.topic(BOOK).seq:  # a repair was lost: start over
                for request in self.feed.resync().requests:
                    self.ask(request)


@pytest.mark.parametrize("seed", range(3))
def test_every_client_s_book_is_ours_when_the_line_is_good_again(seed: int) -> None:
    chance = random.Random(seed)
    watched = Watched()
    watched.happen(continuous())
    clients = [
        Client(watched, random.Random(100 * seed + number), loss=0.01 * (number % 5))
        for number in range(CLIENTS)
    ]
    open_orders: list[str] = []
    for _ in range(MOVES):
        if open_orders and chance.random() < 0.4:
            gone = open_orders.pop(chance.randrange(len(open_orders)))
            watched.happen(cancelled("ann", gone))
        else:
            side = chance.choice([Side.BUY, Side.SELL])
            rows = watched.place(("ann", side, chance.randrange(5_000, 5_020), 100))
            watched.happen(*rows)
            open_orders.append(rows[0].orders.order_id[0])
        for client in clients:
            if chance.random() < 0.05:
                client.socket.room = 0  # its buffers are full for a while
            elif chance.random() < 0.5:
                client.socket.room = 1_000_000
                client.listen()
    for client in clients:
        client.socket.room = 1_000_000
        client.settle()

    shown = watched.live.books.depth.shown[MERGED]
    assert shown.energy_wh
    assert {client.book.checksum for client in clients} == {shown.checksum}
    assert {client.feed.seq for client in clients} == {watched.hub.topic(BOOK).seq}
    assert sum(client.repairs for client in clients) > 0
    assert isinstance(clients[0].socket, Socket)
