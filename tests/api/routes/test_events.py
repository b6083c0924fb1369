"""Public channels as server-sent events: the same numbers, one way, and what was missed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.access.permissions import CHANNELS, Channel
from api.routes import events
from tests.api.described import check
from tests.api.hosting import HandClock, LazySolver, Server
from tests.api.village import Village, make_village
from tests.patience import PATIENCE_S


class Source:
    """What a browser makes of the answer."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.iter_lines()

    def next(self) -> dict[str, str]:
        """The fields of the next event; comments are passed over."""
        fields: dict[str, str] = {}
        for line in self._lines:
            if line == "" and fields:
                return fields
            name, _, value = line.partition(": ")
            if name:
                fields[name] = value
        raise AssertionError("the stream ended")

    def message(self) -> dict[str, Any]:
        """The message of the next event, which says the same as the event's own fields."""
        fields = self.next()
        message = check(json.loads(fields["data"]))
        assert fields["event"] == message["type"]
        assert fields["id"] == f"{message['epoch']}-{message['seq']}"
        return message


@contextmanager
def listening(
    village: Village, channel: str, key: str, last: str | None = None
) -> Iterator[Source]:
    # What a browser's EventSource asks for; it takes nothing else.
    headers = {"Accept": "text/event-stream"}
    if last is not None:
        headers["Last-Event-ID"] = last
    query = {"channel": channel, "key": key}
    path = f"{village.path}/events"
    with village.server.http.stream(
        "GET", path, params=query, headers=headers, timeout=PATIENCE_S
    ) as answer:
        yield Source(answer)


def test_a_snapshot_and_then_every_change(village: Village) -> None:
    with listening(village, "market", village.market_id) as source:
        assert source.answer.status_code == 200
        assert source.answer.headers["content-type"].startswith("text/event-stream")
        assert source.answer.headers["cache-control"] == "no-store"
        snapshot = source.message()
        village.go_to(0)
        deltas = [source.message() for _ in range(3)]

    assert snapshot["type"] == "snapshot"
    assert [message["seq"] - snapshot["seq"] for message in deltas] == [1, 2, 3]


def test_who_comes_back_is_sent_what_it_missed(village: Village) -> None:
    with listening(village, "market", village.market_id) as source:
        seq = source.message()["seq"]
        village.go_to(0)
        first = source.message()
        second = source.message()
    last = f"{first['epoch']}-{first['seq']}"
    with listening(village, "market", village.market_id, last) as source:
        assert source.message() == second
    with listening(village, "market", village.market_id, f"99-{seq}") as source:
        assert source.message()["type"] == "snapshot"  # of another epoch
    with listening(village, "market", village.market_id, "no id of ours") as source:
        assert source.message()["type"] == "snapshot"


def test_silence_is_filled_with_comments(still_village: Village) -> None:
    with listening(still_village, "trades", "RUR") as source:
        source.message()
        assert next(line for line in source._lines if line).startswith(":")  # noqa: SLF001


@pytest.mark.parametrize("channel", [c for c in Channel if not CHANNELS[c].public])
def test_channels_that_are_not_public_are_not_there(
    still_village: Village, channel: Channel
) -> None:
    key = {"account": "ada", "unit": "ada-load", "area": "RUR"}.get(channel.value, "RUR")
    query = {"channel": channel.value, "key": key}
    for who in (None, "ada", "operator"):
        answer = still_village.send("GET", "/events", who, params=query)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"channel": "market"}, 422, "FIELD_MISSING"),
        ({"channel": "songs", "key": "x"}, 404, "NOT_FOUND"),
        ({"channel": "trades", "key": "NOWHERE"}, 404, "NOT_FOUND"),
    ],
)
def test_what_is_asked_wrongly_is_refused(
    still_village: Village, query: dict[str, str], status: int, code: str
) -> None:
    answer = still_village.send("GET", "/events", params=query)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_who_takes_no_events_is_refused(still_village: Village) -> None:
    query = {"channel": "market", "key": still_village.market_id}
    headers = {"Accept": "application/json"}
    answer = still_village.send("GET", "/events", params=query, headers=headers)
    refusal = answer.json()
    assert (answer.status_code, refusal["code"]) == (406, "NOT_ACCEPTABLE")


def test_a_reader_that_lags_is_told_and_let_go(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.stream.listener.QUEUE_MAX", 0)
    with listening(village, "market", village.market_id) as source:
        fields = source.next()
        assert fields["event"] == "resync_required"
        assert json.loads(fields["data"])["data"]["reason"] == "slow_reader"
        assert "id" not in fields
        assert list(source._lines) in ([], [""])  # noqa: SLF001


def test_nobody_is_kept_when_the_browser_goes(village: Village) -> None:
    hub = village.server.house.markets[village.market_id].hub
    with listening(village, "market", village.market_id) as source:
        source.message()
        assert len(hub.listeners) == 1
    for _ in range(1_000):
        if not hub.listeners:
            break
        village.get("/intervals")  # lets the server notice
    assert not hub.listeners
    assert events.PATH.endswith("/events")


def test_a_server_that_ends_ends_its_answers(tmp_path: Path, solver: LazySolver) -> None:
    clock = HandClock(int(datetime(2016, 6, 14, 21, tzinfo=UTC).timestamp()))
    server = Server(tmp_path, clock, solver).start()
    village = make_village(server)
    query = {"channel": "market", "key": village.market_id}
    with httpx.stream(
        "GET", f"{server.url}{village.path}/events", params=query, timeout=PATIENCE_S
    ) as answer:
        source = Source(answer)
        source.message()
        server.stop()
        assert list(source._lines) in ([], [""])  # noqa: SLF001 - whole, not cut off
