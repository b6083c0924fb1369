"""A reader's queue: straight into the socket, bounded when it lags, one mark for what is conflated."""

import asyncio

import pytest

from api.stream.frames import payload_of, text_frame
from api.stream.listener import ASKED_MAX, QUEUE_BYTES_MAX, QUEUE_MAX, Listener
from tests.api.watched import Socket


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_a_frame_holds_its_message(size: int) -> None:
    frame = text_frame(b"x" * size)

    assert payload_of(frame) == b"x" * size
    assert len(frame) == size + (2 if size < 126 else 4 if size < 65_536 else 10)


def test_a_frame_goes_straight_into_a_socket_that_takes_it() -> None:
    socket = Socket(room=2)
    listener = Listener(None, socket)
    for name in (b"1", b"2", b"3", b"4"):
        listener.offer(name)

    assert socket.taken == [b"1", b"2"]
    assert listener.lags
    socket.room = 9
    listener.offer(b"5")  # behind what waits already
    assert [listener.take() for _ in range(3)] == [b"3", b"4", b"5"]
    assert not listener.lags


def test_a_queue_has_bounds_in_messages_and_in_bytes() -> None:
    async def scenario() -> None:
        many = Listener(access=None)
        for _ in range(QUEUE_MAX):
            many.offer(b"x")
        assert not many.evicted
        many.offer(b"x")
        assert many.evicted
        assert await many.next() is None
        large = Listener(access=None)
        large.offer(b"x" * QUEUE_BYTES_MAX)
        assert not large.evicted
        assert len(await large.next() or b"") == QUEUE_BYTES_MAX
        large.offer(b"y" * QUEUE_BYTES_MAX)
        large.offer(b"z")
        assert large.evicted

    asyncio.run(scenario())


def test_who_was_let_go_gets_nothing_more() -> None:
    socket = Socket()
    listener = Listener(None, socket)
    listener.evict()
    listener.offer(b"x")

    assert socket.taken == []


def test_who_asks_for_more_than_it_reads_waits() -> None:
    async def scenario() -> None:
        listener = Listener(access=None)
        for _ in range(ASKED_MAX + 1):
            listener.offer(b"x")
        waiting = asyncio.create_task(listener.drained())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not waiting.done()
        await listener.next()
        await waiting

    asyncio.run(scenario())


def test_the_age_of_what_waits_is_that_of_its_oldest_message() -> None:
    times = iter([10.0, 12.0, 14.0])
    listener = Listener(access=None, real_s=lambda: next(times))
    for name in (b"1", b"2", b"3"):
        listener.offer(name)
    assert listener.oldest_s == 10.0
    listener.take()

    assert listener.oldest_s == 12.0


def test_a_feed_that_is_conflated_waits_as_one_mark_in_its_place() -> None:
    made: list[str] = []

    def latest() -> bytes:
        made.append("latest")
        return b"latest"

    listener = Listener(access=None)
    listener.offer(b"1")
    for _ in range(5):
        listener.conflate("book", latest)
    assert listener.is_behind("book")
    listener.offer(b"2")

    assert made == []
    assert [listener.take() for _ in range(3)] == [b"1", b"latest", b"2"]
    assert made == ["latest"]
    assert not listener.is_behind("book")


def test_a_mark_that_was_forgotten_says_nothing() -> None:
    async def scenario() -> None:
        listener = Listener(access=None)
        listener.conflate("book", lambda: b"old")
        listener.forget("book")
        listener.conflate("book", lambda: b"new")
        listener.offer(b"1")
        assert [await listener.next(), await listener.next()] == [b"new", b"1"]

    asyncio.run(scenario())
