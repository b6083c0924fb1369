"""How fast one change reaches everybody who listens, against the least it could cost.

Run: python -m benchmarks.stream

Two servers in turn, in processes of their own and configured alike (uvicorn's `websockets-sansio`,
no compression): the market's, whose hub follows a real event of four trades (about 500 bytes on the
wire), and a bare one that sends the same text to the same sockets, one `await send` after another.
A third process holds 1,000 and 5,000 real sockets and reads them all.

- messages a second: from the first event told to the last byte read (aim 0.8 of the bare loop);
- the same as processor time of the two servers, which says more on a machine that is not quiet;
- latency: one event at a time, from telling it to each reader having it (aim p99 ≤ 1 s).

Readers are plain sockets in one loop: on two cores a comfortable client would be most of what is
measured.
"""
# house: long because servers, readers and comparison are one experiment.

from __future__ import annotations

import asyncio
import json
import os
import resource
import select
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

import uvicorn

from api.app import create_app
from api.house import logs
from api.house.clock import SimulatedClock
from api.serve import server_config, spare_the_collector
from api.settings import Settings
from api.stream.frames import payload_of, text_frame
from api.stream.topics import Envelopes, frame_of
from benchmarks.figures.report import aim, report
from benchmarks.intake import definition
from market.model import order
from market.model.messages import TradesMade
from market.model.trade import Trade
from market.sequencer import Published
from wattmarket import Client

SIZES: Final = (1_000, 5_000)
MESSAGES: Final = 40_000
"""Messages of one round; so many events as that makes."""
ROUNDS: Final = 5
LATENCY_EVENTS: Final = 4
MARKET: Final = "intake"
START: Final = datetime.fromisoformat("2016-06-14T22:00:00+01:00")
START_S: Final = 1_465_988_400
_ENVELOPES: Final = Envelopes(1, SimulatedClock(start_us=START_S * 1_000_000, speed=1))
"""By a clock that is never started."""
PATIENCE_S: Final = 60.0
DELTA: Final = b'{"type":"delta"'
SNAPSHOT: Final = b'"type":"snapshot"'
PING: Final = 0x89
OPEN_FILES: Final = 12_000
BEAT_S: Final = 4.0

Tell = Callable[[int], Awaitable[None]]
"""Tells the n-th event to everybody."""


# --- the servers -----------------------------------------------------------------------


def event_of(number: int) -> TradesMade:
    """Four trades: a change of about 500 bytes."""
    trades = tuple(
        Trade(
            trade_id=f"trd-{1_000_000 + 4 * number + leg}",
            match_id=f"mat-{number}",
            order_id=f"ord-{number}",
            participant_id="nobody",
            unit_id="nothing",
            area_id="A",
            start_s=START_S,
            side=order.Side.BUY if leg % 2 else order.Side.SELL,
            price_ticks=12_345,
            energy_wh=1_500,
        )
        for leg in range(4)
    )
    return TradesMade(start_s=START_S, trades=trades)


class Bare:
    """A websocket application that does nothing but send."""

    def __init__(self) -> None:
        self.sends: list[Callable[[dict[str, str]], Awaitable[None]]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        if scope["type"] == "lifespan":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": message["type"] + ".complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        await receive()
        await send({"type": "websocket.accept"})
        await receive()  # authenticates
        await receive()  # subscribes
        self.sends.append(send)
        await send({"type": "websocket.send", "text": '{"type":"snapshot"}'})
        while (await receive())["type"] != "websocket.disconnect":
            pass

    async def tell(self, number: int) -> None:
        text = bare_text(number)
        for send in self.sends:
            await send({"type": "websocket.send", "text": text})


def bare_text(number: int) -> str:
    """What the hub says of the n-th event, made without it."""
    items = [
        {
            "trade_id": f"trd-{1_000_000 + 4 * number + leg}",
            "side": "buy" if leg % 2 else "sell",
            "price_per_mwh": "123.45",
            "energy_kwh": "1.500",
        }
        for leg in range(4)
    ]
    data = {
        "event": "trades",
        "start": "2016-06-15T11:00:00Z",
        "phase": "scheduled",
        "items": items,
        "event_seq": number,
    }
    rest = _ENVELOPES.rest(data, key=None, seq=number)
    rest = rest.replace(b'"channel":null,"key":null', b'"channel":"trades","key":"A"')
    return payload_of(frame_of("delta", rest)).decode()


class Commanded(uvicorn.Server):
    """A server that does as it is told on its standard input, and says when it did."""

    def __init__(self, config: uvicorn.Config, tell: Tell) -> None:
        super().__init__(config)
        self.tell = tell
        # What the server logs goes elsewhere.
        self.answers, sys.stdout = sys.stdout, sys.stderr

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._commands = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        number = 0
        while line := await reader.readline():
            told_s = []
            for _ in range(int(line)):
                number += 1
                told_s.append(time.monotonic())
                await self.tell(number)
                await asyncio.sleep(0)
            print(json.dumps(told_s), file=self.answers, flush=True)
        self.should_exit = True


def serve(kind: str, port: int, folder: str) -> None:
    """One of the two servers, until its standard input ends."""
    raise_open_files()
    settings = Settings(
        var=Path(folder),
        port=port,
        start=START,
        paused=True,
        log_level="ERROR",
        connections_max=OPEN_FILES,
    )
    bare = Bare()
    app: Any = bare if kind == "bare" else create_app(settings, on_fault=lambda _: os._exit(70))
    config = server_config(app, settings)
    config.host, config.port = "127.0.0.1", port
    if kind == "bare":
        config.ws = "websockets-sansio"

    async def tell_hub(number: int) -> None:
        hub = app.state.house.markets[MARKET].hub
        event_seq = hub.live.event_seq + 1
        hub.published(
            Published(
                event_seq=event_seq,
                now_us=START_S * 1_000_000,
                command_seq=event_seq,
                event=event_of(number),
            )
        )

    server = Commanded(config, bare.tell if kind == "bare" else tell_hub)
    logs.configure(settings.log_level)
    spare_the_collector()
    server.run()


# --- the readers -----------------------------------------------------------------------


def masked(message: dict[str, Any]) -> bytes:
    """A client's text frame; the mask is zeros, which is a mask."""
    payload = json.dumps(message).encode()
    head = bytes((0x81, 0x80 | min(len(payload), 126)))
    length = struct.pack("!H", len(payload)) if len(payload) > 125 else b""
    return head + length + bytes(4) + payload


HEARTBEAT: Final = masked({"type": "heartbeat"})


class Reader:
    """One socket and what of its stream has been taken apart."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.waiting = b""
        self.deltas = 0
        path = f"/v1/markets/{MARKET}/stream"
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def subscribe(self) -> None:
        """Read the answer to the upgrade and ask for the channel."""
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.socket.recv(4_096)
        assert answer.startswith(b"HTTP/1.1 101"), answer
        self.waiting = answer.partition(b"\r\n\r\n")[2]
        ask = {"type": "subscribe", "channel": "trades", "key": "A"}
        self.socket.sendall(masked({"type": "authenticate", "token": None}) + masked(ask))

    def frames(self) -> Iterator[bytes]:
        """The whole frames that have come."""
        data = self.waiting + self.socket.recv(1 << 18)
        at, end = 0, len(data)
        while end - at >= 2:
            length = data[at + 1]
            head = {126: 4, 127: 10}.get(length, 2)
            if end - at < head:
                break
            if head > 2:
                length = int.from_bytes(data[at + 2 : at + head])
            if end - at < head + length:
                break
            yield data[at : at + head + length]
            at += head + length
        self.waiting = data[at:]


class Readers:
    """Many readers in one loop."""

    def __init__(self, port: int, count: int) -> None:
        self.poll = select.epoll()
        self.by_file: dict[int, Reader] = {}
        self.beaten_s = time.monotonic()
        self.snapshots = 0
        for at in range(0, count, 100):
            batch = [Reader(port) for _ in range(min(100, count - at))]
            for reader in batch:
                reader.subscribe()
                self.by_file[reader.socket.fileno()] = reader
                self.poll.register(reader.socket.fileno(), select.EPOLLIN)
            self.look(0.0)
        while self.snapshots < count:
            self.look(0.1)

    def look(self, wait_s: float) -> list[float]:
        """Take what has come and be heard of; gives the time of each change among it."""
        came_s: list[float] = []
        for number, _ in self.poll.poll(wait_s):
            now_s = time.monotonic()
            came_s.extend([now_s] * self.take(self.by_file[number]))
        if time.monotonic() - self.beaten_s > BEAT_S:
            self.beaten_s = time.monotonic()
            for reader in self.by_file.values():
                reader.socket.sendall(HEARTBEAT)
        return came_s

    def take(self, reader: Reader) -> int:
        """Changes among the frames that have come; a ping is answered."""
        deltas = 0
        for frame in reader.frames():
            if frame[0] == PING:
                reader.socket.sendall(bytes((0x8A, 0x80 | frame[1])) + bytes(4) + frame[2:])
            deltas += frame[4 : 4 + len(DELTA)] == DELTA
            self.snapshots += SNAPSHOT in frame
        return deltas

    def wait_for(self, events: int) -> list[float]:
        """When each reader had each event."""
        came_s: list[float] = []
        while len(came_s) < events * len(self.by_file):
            came_s += self.look(1.0)
        return came_s

    def idle(self) -> None:
        """Until there is something to do."""
        while not select.select([sys.stdin], [], [], 0)[0]:
            self.look(0.02)


def listen(port: int, count: int) -> None:
    """Hold the sockets; for each number on standard input, say when that many events had come."""
    raise_open_files()
    readers = Readers(port, count)
    print("ready", flush=True)
    while True:
        readers.idle()
        line = sys.stdin.readline()
        if not line:
            return
        print(json.dumps(readers.wait_for(int(line))), flush=True)


# --- the comparison --------------------------------------------------------------------


def raise_open_files() -> None:
    """As many files at once as the machine lets us have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, OPEN_FILES), most))


def processor_s(process_id: int) -> float:
    """Processor time a process has used."""
    stat = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A process of this module, talked to over its standard input and output."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.stream", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()


def ask(process: subprocess.Popen[str], number: int) -> None:
    stdin = process.stdin
    assert stdin is not None
    stdin.write(f"{number}\n")
    stdin.flush()


def answer(process: subprocess.Popen[str]) -> list[float]:
    output: IO[str] | None = process.stdout
    assert output is not None
    line = output.readline()
    assert line, f"the process ended: {process.args!r}"
    times_s: list[float] = json.loads(line)
    return times_s


def wait_for(port: int) -> None:
    give_up_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up_s:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("the server did not start")


def create_market(port: int, folder: Path) -> None:
    operator = json.loads((folder / "credentials" / "operator.json").read_text(encoding="utf-8"))
    with Client(
        f"http://127.0.0.1:{port}",
        client_id=operator["client_id"],
        client_secret=operator["client_secret"],
        market=MARKET,
    ) as market:
        market.create_market(definition())


@dataclass
class Side:
    """One of the two servers with its readers, and what was measured of it."""

    host: subprocess.Popen[str]
    readers: subprocess.Popen[str]
    rates: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    """Processor time of the server a message."""
    latencies_s: list[float] = field(default_factory=list)

    def round(self, events: int) -> tuple[list[float], list[float]]:
        """When each event was told, and when each reader had each."""
        ask(self.readers, events)
        time.sleep(0.1)  # the readers know by then what to wait for
        ask(self.host, events)
        return answer(self.host), answer(self.readers)

    def rate(self, events: int) -> None:
        """Messages a second from the first event told to the last byte read."""
        before_s = processor_s(self.host.pid)
        told_s, came_s = self.round(events)
        self.rates.append(len(came_s) / (max(came_s) - told_s[0]))
        self.cpu_s.append((processor_s(self.host.pid) - before_s) / len(came_s))

    def forget(self) -> None:
        """The first round does not count."""
        self.rates.clear()
        self.cpu_s.clear()

    def latency(self) -> list[float]:
        """How long each reader waits for a single event, s."""
        told_s, came_s = self.round(1)
        return [at_s - told_s[0] for at_s in came_s]


@contextmanager
def side(kind: str, count: int) -> Iterator[Side]:
    """A server of this kind and that many readers, all of them subscribed."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder, started("serve", kind, str(port), folder) as host:
        wait_for(port)
        if kind == "hub":
            create_market(port, Path(folder))
        with started("listen", str(port), str(count)) as readers:
            assert readers.stdout is not None
            assert readers.stdout.readline() == "ready\n"
            yield Side(host, readers)


def compare(count: int) -> None:
    """Both sides in turn, so that whatever else the machine does falls on both."""
    with side("bare", count) as bare, side("hub", count) as hub:
        sides = {"bare": bare, "hub": hub}
        for number in range(ROUNDS + 1):
            for each in sides.values():
                each.rate(MESSAGES // count)
                if number == 0:
                    each.forget()
        for _ in range(LATENCY_EVENTS):
            for each in sides.values():
                each.latencies_s += each.latency()
    for kind, each in sides.items():
        waits_s = each.latencies_s
        p50, p99 = statistics.median(waits_s), _p99(waits_s)
        print(
            f"{count:>6,} subscribers  {kind:<4} {statistics.median(each.rates):>9,.0f} messages/s  "
            f"server {statistics.mean(each.cpu_s) * 1e6:4.1f} µs a message  latency p50 {p50 * 1000:6.1f} ms  p99 {p99 * 1000:6.1f} ms",
            flush=True,
        )
    ratios = [told / least for told, least in zip(hub.rates, bare.rates, strict=True)]
    works = statistics.mean(bare.cpu_s) / statistics.mean(hub.cpu_s)
    print(
        f"{count:>6,} subscribers  ratio {statistics.median(ratios):.2f} "
        f"(aim {aim(f'stream.rate_{count}').bound}), by the server's processor time {works:.2f}",
        flush=True,
    )
    report(
        f"stream.rate_{count}",
        statistics.median(ratios),
        note=f"{statistics.median(hub.rates):,.0f} messages/s; by processor time {works:.2f}",
    )
    report(
        f"stream.p99_{count}",
        _p99(hub.latencies_s),
        note=f"p99 of the loop {_p99(bare.latencies_s):.3f} s",
    )


def _p99(waits_s: list[float]) -> float:
    return sorted(waits_s)[-len(waits_s) // 100]


def main() -> None:
    size = len(text_frame(bare_text(1).encode()))
    print(f"one event of {size} bytes to everybody; medians of {ROUNDS} rounds in turn")
    for count in SIZES:
        compare(count)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", kind, port, folder]:
            serve(kind, int(port), folder)
        case ["listen", port, count]:
            listen(int(port), int(count))
        case _:
            main()
