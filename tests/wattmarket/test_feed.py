"""The rule of the numbers: nothing twice, nothing missing, nothing out of order."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from wattmarket.feed import Event, Feed, Taken


def message(type_: str, seq: int, epoch: int = 1) -> dict[str, Any]:
    return {
        "type": type_, "channel": "market", "key": "village", "epoch": epoch, "seq": seq,
        "ts": "2016-06-15T00:00:00Z", "data": {"n": seq},
    }  # fmt: skip


def seqs(taken: Taken) -> list[int]:
    return [event.seq for event in taken.events]


def subscribed(at: int) -> Feed:
    feed = Feed("market", "village")
    feed.subscribe()
    feed.take(message("snapshot", at))
    return feed


def test_what_follows_the_snapshot_is_applied_and_what_is_older_dropped() -> None:
    feed = subscribed(10)

    assert seqs(feed.take(message("delta", 11))) == [11]
    assert seqs(feed.take(message("delta", 11))) == []
    assert seqs(feed.take(message("delta", 9))) == []


def test_a_gap_is_asked_for_once_and_then_closed() -> None:
    feed = subscribed(10)

    first, second = feed.take(message("delta", 13)), feed.take(message("delta", 14))
    assert first.requests == [
        {"type": "resend", "channel": "market", "key": "village", "from": 11, "to": 12}
    ]
    assert (second.requests, seqs(first), seqs(second)) == ([], [], [])
    assert seqs(feed.take(message("resend", 11))) == [11]
    assert seqs(feed.take(message("resend", 12))) == [12, 13, 14]


def test_silence_after_a_lost_message_is_noticed_by_the_heartbeats_number() -> None:
    feed = subscribed(10)

    assert feed.missing(10).requests == []
    assert feed.missing(11).requests[0]["from"] == 11
    assert feed.missing(11).requests == []


def test_a_new_epoch_counts_only_from_its_snapshot() -> None:
    feed = subscribed(10)

    taken = feed.take(message("delta", 3, epoch=2))
    assert [request["type"] for request in taken.requests] == ["unsubscribe", "subscribe"]
    assert seqs(feed.take(message("delta", 11))) == []
    assert seqs(feed.take(message("snapshot", 4, epoch=2))) == [4]
    assert seqs(feed.take(message("delta", 5, epoch=2))) == [5]


def test_a_snapshot_always_replaces_what_was_known() -> None:
    feed = subscribed(10)

    assert seqs(feed.take(message("snapshot", 40))) == [40]
    assert seqs(feed.take(message("delta", 12))) == []
    assert seqs(feed.take(message("delta", 41))) == [41]


@given(st.data())
def test_any_order_of_arrival_with_repeats_gives_each_message_once_in_order(
    data: st.DataObject,
) -> None:
    count = data.draw(st.integers(1, 12))
    arrivals = data.draw(st.permutations(list(range(1, count + 1))))
    repeats = data.draw(st.lists(st.integers(1, count), max_size=5))
    feed = subscribed(0)
    seen: list[Event] = []
    for seq in [*arrivals, *repeats]:
        seen += feed.take(message("delta", seq)).events

    assert [event.seq for event in seen] == list(range(1, count + 1))


def test_too_much_behind_a_gap_is_given_up_for_a_snapshot() -> None:
    feed = subscribed(0)
    requests = [
        request for seq in range(2, 10_010) for request in feed.take(message("delta", seq)).requests
    ]

    assert [request["type"] for request in requests] == ["resend", "unsubscribe", "subscribe"]


def conflated(seq: int, since: int) -> dict[str, Any]:
    return {**message("delta", seq), "data": {"since": since}}


def test_a_message_that_stands_for_several_closes_their_places() -> None:
    feed = subscribed(10)

    assert seqs(feed.take(conflated(15, since=11))) == [15]
    assert seqs(feed.take(message("delta", 13))) == []
    assert seqs(feed.take(message("delta", 16))) == [16]
    assert seqs(feed.take(conflated(18, since=16))) == [18]  # some of it was known


def test_a_message_that_stands_for_several_waits_behind_a_gap_too() -> None:
    feed = subscribed(10)

    gap = feed.take(conflated(20, since=14))
    assert (seqs(gap), gap.requests[0]["from"], gap.requests[0]["to"]) == ([], 11, 13)
    assert feed.take(message("delta", 21)).requests == []
    assert [seqs(feed.take(message("resend", seq))) for seq in (11, 12, 13)] == [
        [11],
        [12],
        [13, 20, 21],
    ]


@given(st.data())
def test_conflated_or_not_each_number_counts_once(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 12))
    singles = [message("delta", seq) for seq in range(1, count + 1)]
    spans = data.draw(st.lists(st.tuples(st.integers(1, count), st.integers(1, count)), max_size=4))
    several = [conflated(max(span), min(span)) for span in spans]
    feed = subscribed(0)
    reached = 0
    for arrived in data.draw(st.permutations([*singles, *several])):
        for event in feed.take(arrived).events:
            assert event.first <= reached + 1
            assert event.seq > reached
            reached = event.seq
    assert reached == count
