"""The hub: numbers without a gap, what is held, what a reader who lags is told."""

from typing import Any

import pytest

from api.access.permissions import Channel
from api.channels.depth import MERGED
from api.stream.hub import CHECK_EVERY, CHECK_S
from api.stream.topics import HELD_BYTES_MAX, HELD_MAX, HELD_S, Held, Topic
from market.model.order import Side
from tests.api.watched import Watched, cancelled, continuous, traded
from wattmarket.book import Book
from wattmarket.feed import Event, Feed

BUY = Side.BUY
BOOK = (Channel.BOOK, MERGED)


def followed(said: list[dict[str, Any]]) -> tuple[Book, Feed]:
    """What the client's own rules make of the messages; each must count, and the book add up."""
    feed, book = Feed("book", MERGED), Book()
    feed.subscribe()
    for message in said:
        taken = feed.take(message)
        assert taken.requests == []
        for event in taken.events:
            assert book.take(event), event
    return book, feed


def snapshot_of(watched: Watched) -> Book:
    book = Book()
    data = watched.live.snapshot(Channel.BOOK, MERGED, 0)
    book.take(Event(type="snapshot", channel="", key="", epoch=1, seq=0, ts="", data=data))
    return book


def test_who_lags_is_told_the_latest_of_each_level_in_one_message() -> None:
    watched = Watched()
    watched.happen(continuous())
    quick, quick_socket = watched.reader(*BOOK)
    slow, slow_socket = watched.reader(*BOOK, room=1)
    for price_ticks in (5_000, 5_000, 6_000, 5_000):
        watched.happen(*watched.place(("ann", BUY, price_ticks, 100)))
    watched.happen(cancelled("ann", "ord-3"))

    assert [m["type"] for m in quick_socket.said] == ["snapshot"] + ["delta"] * 5
    assert [m["type"] for m in slow_socket.said] == ["snapshot"]
    slow_socket.room = 9
    frame = slow.take()
    assert frame is not None
    slow_socket.write_frame(frame)
    assert not slow.lags
    told = slow_socket.said[-1]
    (first, *_, last) = [m["seq"] for m in quick_socket.said if m["type"] == "delta"]
    assert (told["data"]["since"], told["seq"]) == (first, last)
    assert [
        (level["price_per_mwh"], level["energy_kwh"])
        for level in told["data"]["intervals"][0]["levels"]
    ] == [("50.00", "0.300"), ("60.00", "0.000")]
    watched.happen(*watched.place(("ann", BUY, 7_000, 100)))  # keeps up again
    quick_book, quick_feed = followed(quick_socket.said)
    slow_book, slow_feed = followed(slow_socket.said)
    assert quick_book.checksum == slow_book.checksum == snapshot_of(watched).checksum
    assert quick_feed.seq == slow_feed.seq
    assert not quick.lags


def test_who_lags_too_long_is_told_the_whole_book() -> None:
    watched = Watched()
    watched.happen(continuous())
    slow, socket = watched.reader(*BOOK, room=1)
    watched.happen(*watched.place(("ann", BUY, 5_000, 100)))
    held = watched.hub.topic(BOOK).held
    assert held is not None
    watched.happen(*watched.place(("ann", BUY, 5_100, 100)))
    held.popleft()
    socket.room = 9
    frame = slow.take()
    assert frame is not None
    socket.write_frame(frame)

    assert socket.said[-1]["type"] == "snapshot"
    assert followed(socket.said)[0].checksum == snapshot_of(watched).checksum


def test_a_lagging_reader_that_subscribes_anew_is_told_the_book_once() -> None:
    watched = Watched()
    watched.happen(continuous())
    slow, socket = watched.reader(*BOOK, room=1)
    watched.happen(*watched.place(("ann", BUY, 5_000, 100)))
    watched.hub.unsubscribe(slow, BOOK)
    watched.hub.subscribe(slow, BOOK, None)
    watched.happen(*watched.place(("ann", BUY, 5_100, 100)))
    socket.room = 9
    frames = []
    while slow.lags:
        frames.append(slow.take())
    assert frames[0] is None  # the first subscription's mark says nothing any more
    socket.taken += [frame for frame in frames if frame is not None]

    assert [m["type"] for m in socket.said] == ["snapshot", "snapshot"]
    assert followed(socket.said)[0].checksum == snapshot_of(watched).checksum


def test_trades_are_never_conflated() -> None:
    watched = Watched()
    slow, _ = watched.reader(Channel.TRADES, "RUR", room=1)
    for energy_wh in (1, 2, 3):
        watched.happen(traded("ord-9", energy_wh))
    frames = [slow.take() for _ in range(3)]

    assert [frame is not None and b'"trades"' in frame for frame in frames] == [True] * 3
    assert not slow.lags


def test_a_checksum_comes_with_every_hundred_changes() -> None:
    watched = Watched()
    watched.happen(continuous())
    _, socket = watched.reader(*BOOK)
    for number in range(2 * CHECK_EVERY):
        watched.happen(*watched.place(("ann", BUY, 1_000 + number % 7, 100)))

    names = [m["data"].get("event") for m in socket.said[1:]]
    assert names.count("checksum") == 2
    assert names.index("checksum") == CHECK_EVERY
    assert followed(socket.said)[0].checksum == snapshot_of(watched).checksum


def test_a_checksum_comes_after_ten_seconds_when_something_changed() -> None:
    watched = Watched()
    watched.happen(continuous())
    _, socket = watched.reader(*BOOK)
    watched.happen(*watched.place(("ann", BUY, 1_000, 100)))
    watched.real_s += CHECK_S - 1
    watched.hub.check_books()
    assert socket.said[-1]["data"]["event"] == "depth"
    watched.real_s += 1
    watched.hub.check_books()
    watched.hub.check_books()
    watched.real_s += 10 * CHECK_S
    watched.hub.check_books()

    names = [m["data"].get("event") for m in socket.said[1:]]
    assert names == ["depth", "checksum"]
    assert followed(socket.said)[1].seq == watched.hub.topic(BOOK).seq


def test_a_checksum_that_does_not_fit_makes_the_client_start_over() -> None:
    watched = Watched()
    watched.happen(continuous())
    _, socket = watched.reader(*BOOK)
    for _ in range(CHECK_EVERY):
        watched.happen(*watched.place(("ann", BUY, 1_000, 100)))
    said = socket.said
    said[1]["data"]["intervals"][0]["levels"][0]["price_per_mwh"] = "10.01"  # damaged on its way
    feed, book = Feed("book", MERGED), Book()
    feed.subscribe()
    good = [book.take(event) for message in said for event in feed.take(message).events]

    assert good.count(False) == 1
    assert good[-1] is False


def held(seq: int, at_s: float, size: int = 10) -> Held:
    return Held(seq, at_s, b"x" * size)


def listened(real_s: float = 0.0) -> Topic:
    topic = Topic((Channel.TRADES, "RUR"), real_s=lambda: real_s)
    watched = Watched()
    listener, _ = watched.reader(Channel.TRADES, "RUR")
    topic.listeners[listener] = None
    topic.held = watched.hub.topic((Channel.TRADES, "RUR")).held
    return topic


def test_ten_thousand_changes_are_held() -> None:
    topic = listened()
    for topic.seq in range(1, HELD_MAX + 3):
        topic.hold(held(topic.seq, at_s=0.0))

    assert topic.find(2, topic.seq) is None
    assert [item.seq for item in topic.find(3, 5) or ()] == [3, 4, 5]
    assert len(topic.find(3, topic.seq) or ()) == HELD_MAX
    assert topic.find(topic.seq + 1, topic.seq) == []
    assert topic.find(topic.seq + 2, topic.seq + 2) is None


def test_changes_are_held_for_five_minutes_and_in_bounds() -> None:
    topic = listened()
    for topic.seq in (1, 2, 3):
        topic.hold(held(topic.seq, at_s=100.0 * topic.seq))
    topic.seq = 4
    topic.hold(held(4, at_s=200.0 + HELD_S))
    assert [item.seq for item in topic.held or ()] == [2, 3, 4]
    topic.seq = 5
    topic.hold(held(5, at_s=300.0, size=HELD_BYTES_MAX))
    assert [item.seq for item in topic.held or ()] == [5]


def test_a_channel_nobody_came_back_to_keeps_nothing_but_its_number() -> None:
    watched = Watched()
    listener, _ = watched.reader(Channel.TRADES, "RUR")
    watched.happen(traded("ord-9", 1))
    watched.hub.unsubscribe(listener, (Channel.TRADES, "RUR"))
    watched.real_s += HELD_S
    watched.happen(traded("ord-9", 2))
    topic = watched.hub.topic((Channel.TRADES, "RUR"))
    assert len(topic.held or ()) == 2
    watched.real_s += 1
    watched.happen(traded("ord-9", 3))
    assert (topic.held, topic.seq) == (None, 3)
    watched.hub.subscribe(listener, (Channel.TRADES, "RUR"), from_seq=2)
    watched.happen(traded("ord-9", 4))
    assert topic.find(4, 4) is not None
    assert topic.find(3, 4) is None


def test_a_fault_in_the_hub_ends_the_market() -> None:
    watched = Watched()
    watched.live.books.depth.shown.clear()
    with pytest.raises(KeyError):
        watched.happen(continuous(), *watched.place(("ann", BUY, 5_000, 100)))

    assert [type(fault) for fault in watched.faults] == [KeyError]
