"""A client that stops reading hurts only itself: the day goes on and others miss nothing."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import SO_RCVBUF, SOL_SOCKET, socket
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.api.described import check
from tests.journeys.hamlet import (
    INTERVALS,
    MARKET_ID,
    WITNESS,
    Town,
    simulation,
    town,
    wait_for_settled,
)
from tests.patience import PATIENCE_S

pytestmark = [pytest.mark.journey, pytest.mark.long]

ROWS = 10_000
BATCHES = 12
"""Their news is some 17 MB: more than the server's bound for one client and what the kernel keeps."""
KERNEL_READS_BYTES = 64 * 1024
SLOW_READER = 4008
HEARTBEAT = json.dumps({"type": "heartbeat"})
REFUSED_ORDERS = json.dumps(
    {
        "orders": [
            {
                "kind": "limit",
                "client_order_id": f"slow-{row}",
                "unit_id": "nobodys-unit",
                "start": "2016-06-15T12:45:00+01:00",
                "side": "buy",
                "price_per_mwh": "90.00",
                "energy_kwh": "0.010",
            }
            for row in range(ROWS)
        ]
    }
).encode()


@contextmanager
def _subscribed(made: Town, token: str, *channels: tuple[str, str]) -> Iterator[ClientConnection]:
    address = f"ws://127.0.0.1:{made.port}/v1/markets/{MARKET_ID}/stream"
    line = socket()
    line.setsockopt(SOL_SOCKET, SO_RCVBUF, KERNEL_READS_BYTES)
    line.connect(("127.0.0.1", made.port))
    with connect(
        address,
        sock=line,
        compression=None,
        max_size=None,
        max_queue=1,
        close_timeout=0.2,
        ping_interval=None,
    ) as stream:
        stream.send(json.dumps({"type": "authenticate", "token": token}))
        for channel, key in channels:
            stream.send(json.dumps({"type": "subscribe", "channel": channel, "key": key}))
        yield stream


class Quick(threading.Thread):
    """Reads everything and keeps the numbers it saw, by channel."""

    def __init__(self, stream: ClientConnection) -> None:
        super().__init__()
        self.stream = stream
        self.seen: dict[str, list[int]] = {}

    def run(self) -> None:
        try:
            for text in self.stream:
                message: dict[str, Any] = check(json.loads(text))
                if message["type"] == "heartbeat":
                    self.stream.send(HEARTBEAT)
                if message["type"] in ("snapshot", "delta"):
                    self.seen.setdefault(message["channel"], []).append(message["seq"])
        except ConnectionClosed:
            return


def test_a_slow_reader_is_let_go_while_the_day_goes_on(tmp_path: Path) -> None:
    with (
        town(tmp_path, speed=720) as made,
        simulation(made) as homes,
        made.operator() as operator,
    ):
        token, account = made.token(WITNESS), ("account", WITNESS)
        with (
            _subscribed(made, token, account) as slow,
            _subscribed(made, token, account, ("market", MARKET_ID)) as stream,
        ):
            quick = Quick(stream)
            quick.start()
            operator.start_clock()
            assert _read_nothing_until_closed(slow, lambda: _make_news(made, token)) == SLOW_READER

            assert homes.wait(timeout=PATIENCE_S) == 0, (tmp_path / "simulation.log").read_text()
            wait_for_settled(operator, INTERVALS)
        quick.join(PATIENCE_S)
        for channel, numbers in quick.seen.items():
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), channel
        assert len(quick.seen["market"]) > INTERVALS
        assert operator.ledger()["sum_quanta"] == 0


def _make_news(made: Town, token: str) -> None:
    """Many orders that are refused: each is told on the account's channel."""
    answer = httpx.post(
        f"{made.url}/v1/markets/{MARKET_ID}/orders:batch",
        content=REFUSED_ORDERS,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        timeout=PATIENCE_S,
    )
    assert answer.status_code == 200, answer.text[:500]


def _read_nothing_until_closed(
    slow: ClientConnection, make_news: Callable[[], object]
) -> int | None:
    """Make more news than anybody keeps for a client that does not read; its close code."""
    try:
        for _ in range(BATCHES):
            make_news()
            # It is slow, not silent, however long the batches take.
            slow.send(HEARTBEAT)
        # What the server had already sent is still to be read, then the goodbye.
        while True:
            slow.recv(timeout=PATIENCE_S)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd is not None else None
