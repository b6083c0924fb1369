"""How many orders a second the server takes in durably, against the least it could cost.

Run: python -m benchmarks.intake [rounds]

Ratios, each measured side by side in one run, since the figures themselves are the machine's:

- single orders: POST …/orders, acknowledged when on disk, against a bare FastAPI application that
  checks the same body and answers it back (aim 0.5 or more); and how long one waits at half that load
  when requests come at their own time, waiting for a free connection included (p99), beside what a flush
  of this disk takes;
- batches of 10,000: POST …/orders:batch as JSON, NDJSON, CSV and Arrow against the same rows inserted
  with SQLAlchemy Core into the same kind of file, one flushed transaction for each 10,000 (aim 0.6 or
  more as CSV and Arrow, and 100,000 a second), and until lists show them, since projections may be some
  batches behind what is durable.

The load comes over plain sockets with requests made beforehand: on two cores a comfortable client
would be most of what is measured.
"""

# house: long because what is compared is measured side by side, with nothing to import.

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pyarrow as pa
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import Table, create_engine, insert
from sqlalchemy.pool import NullPool

from benchmarks.figures.report import aim, report
from market.store import tables
from wattmarket import Client

CONNECTIONS: Final = 64
SINGLES: Final = 3_000
ROWS: Final = 10_000
BATCHES: Final = 6
ROUNDS = 3
SECONDS_PACED: Final = 4
BULK: Final = {
    "JSON": "application/json",
    "NDJSON": "application/x-ndjson",
    "CSV": "text/csv",
    "Arrow": "application/vnd.apache.arrow.stream",
}
AIMS: Final = {"CSV": "intake.csv", "Arrow": "intake.arrow"}
"""Formats with aims: of so many orders a second, and with `_core` behind it against Core's inserts."""
FLUSHES: Final = 50
START: Final = "2016-06-14T22:00:00+01:00"
DELIVERY: Final = "2016-06-15T12:00:00+01:00"
MARKET: Final = "intake"


class EchoOrder(BaseModel):
    """The body of an order, checked as little as FastAPI checks anything."""

    kind: str
    client_order_id: str
    unit_id: str
    start: str
    side: str
    price_per_mwh: str
    energy_kwh: str


def serve_echo(port: int) -> None:
    """The bare application both sides of the comparison rest on."""
    app = FastAPI()

    @app.post("/echo", status_code=201)
    async def echo(order: EchoOrder) -> EchoOrder:
        return order

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)


def definition() -> dict[str, Any]:
    return {
        "market_id": MARKET,
        "name": "Intake",
        "currency": "EUR",
        "time_zone": "Etc/GMT-1",
        "interval_minutes": 15,
        "trading_from": "2016-06-15T00:00:00+01:00",
        "trading_until": "2016-06-16T00:00:00+01:00",
        "call_opens_minutes": 1560,
        "gate_minutes": 15,
        "settle_minutes": 15,
        "price_min_per_mwh": "-500.00",
        "price_max_per_mwh": "4000.00",
        "tie": "prorata",
        "capability_tolerance_ppm": 50_000,
        "deviation_adder_ppm": 50_000,
        "deviation_adder_min_per_mwh": "0.50",
        "open_orders_max": 1_000_000,
        "tariff": {"network_per_mwh": "70.00", "levies_per_mwh": "50.00"},
        "last_resort": [
            {"from_hour": 0, "to_hour": 24, "ask_per_mwh": "160.00", "bid_per_mwh": "80.00"}
        ],
        "areas": [
            {
                "area_id": "A",
                "name": "A",
                "parent": None,
                "import_limit_kw": None,
                "export_limit_kw": None,
                "holds_last_resort": True,
            }
        ],
        "lines": [],
    }


def set_up(url: str, folder: Path) -> list[str]:
    """A market with one participant a connection; their access tokens."""
    operator = json.loads((folder / "credentials" / "operator.json").read_text(encoding="utf-8"))
    owners = [f"P{number:03d}" for number in range(CONNECTIONS)]
    with Client(
        url,
        client_id=operator["client_id"],
        client_secret=operator["client_secret"],
        market=MARKET,
    ) as market:
        market.create_market(definition())
        market.add_participants(
            {
                "participant_id": owner,
                "name": owner,
                "area_id": "A",
                "is_last_resort": owner == owners[0],
            }
            for owner in owners
        )
        market.add_units(
            {
                "unit_id": f"{owner}-load",
                "participant_id": owner,
                "area_id": "A",
                "kind": "load",
                "injection_max_kw": "0.000",
                "withdrawal_max_kw": "900000.000",
                "controllable": False,
                "storage": None,
            }
            for owner in owners
        )
        market.add_deposits(
            {"deposit_id": f"D{owner}", "participant_id": owner, "amount": "1000000.00"}
            for owner in owners
        )
        clients = market.create_clients(
            {"role": "participant", "participant_id": owner} for owner in owners
        )
    return [
        httpx.post(
            f"{url}/v1/token",
            data={
                "grant_type": "client_credentials",
                "client_id": client["client_id"],
                "client_secret": client["client_secret"],
            },
        ).json()["access_token"]
        for client in clients
    ]


def order(owner: int, name: str) -> dict[str, str]:
    return {
        "kind": "limit",
        "client_order_id": name,
        "unit_id": f"P{owner:03d}-load",
        "start": DELIVERY,
        "side": "buy",
        "price_per_mwh": "100.00",
        "energy_kwh": "0.250",
    }


def request(path: str, content: bytes, token: str, media: str = BULK["JSON"]) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: {media}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def bulk_body(kind: str, orders: list[dict[str, str]]) -> bytes:
    """The same orders in one of the formats."""
    if kind == "JSON":
        return json.dumps({"orders": orders, "atomic": False}).encode()
    if kind == "NDJSON":
        return "\n".join(map(json.dumps, orders)).encode()
    if kind == "CSV":
        return "\r\n".join(map(",".join, [orders[0], *(row.values() for row in orders)])).encode()
    table = pa.table({name: [row[name] for row in orders] for name in orders[0]})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as out:
        out.write_table(table)
    content: bytes = sink.getvalue().to_pybytes()
    return content


async def talk(port: int, requests: list[bytes], expected: set[int], waits_s: list[float]) -> None:
    """Sends requests one after another over one connection; each must be answered as expected."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for sent in requests:
        started = time.perf_counter()
        writer.write(sent)
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        length = next(
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        )
        body = await reader.readexactly(length)
        waits_s.append(time.perf_counter() - started)
        if status not in expected:
            raise SystemExit(f"answered {status}: {body[:400]!r}")
    writer.close()


async def talk_at(
    port: int, requests: list[bytes], at_s: list[float], begin_s: float, waits_s: list[float]
) -> None:
    """Sends each request at its own time, or as soon after as the one before is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for sent, due_s in zip(requests, at_s, strict=True):
        await asyncio.sleep(max(0.0, begin_s + due_s - time.perf_counter()))
        writer.write(sent)
        head = await reader.readuntil(b"\r\n\r\n")
        found = re.search(rb"content-length: *([0-9]+)", head.lower())
        assert found is not None
        await reader.readexactly(int(found[1]))
        waits_s.append(time.perf_counter() - begin_s - due_s)
    writer.close()


def paced_p99_ms(port: int, requests: list[list[bytes]], rate: float) -> float:
    """The wait that one request in a hundred exceeds when `rate` come a second, milliseconds."""
    waits_s: list[float] = []

    async def run() -> None:
        begin_s = time.perf_counter() + 0.1
        await asyncio.gather(
            *(
                talk_at(
                    port,
                    mine,
                    [(number * len(requests) + lane) / rate for number in range(len(mine))],
                    begin_s,
                    waits_s,
                )
                for lane, mine in enumerate(requests)
            )
        )

    asyncio.run(run())
    return statistics.quantiles(waits_s, n=100)[98] * 1_000


def per_second(port: int, requests: list[list[bytes]], expected: set[int]) -> tuple[float, float]:
    """Requests a second over all connections at once, and the median wait in milliseconds."""
    waits_s: list[float] = []

    async def run() -> float:
        started = time.perf_counter()
        await asyncio.gather(*(talk(port, mine, expected, waits_s) for mine in requests))
        return time.perf_counter() - started

    took_s = asyncio.run(run())
    return len(waits_s) / took_s, statistics.median(waits_s) * 1_000


def raw_rows_per_second(folder: Path) -> float:
    """SQLAlchemy Core alone: the orders' own table and columns, a flushed commit each 10,000 rows."""
    engine = create_engine(f"sqlite:///{folder / 'raw.sqlite'}", poolclass=NullPool)
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.isolation_level = None
        connection.exec_driver_sql("PRAGMA journal_mode = wal")
        connection.exec_driver_sql("PRAGMA synchronous = full")
        table = tables.METADATA.tables["orders"]
        table.create(connection, checkfirst=True)
        samples = {"TEXT": "P000-load", "BIGINT": 1, "INTEGER": 1, "BOOLEAN": True}
        row = {column.name: samples.get(str(column.type), "1") for column in table.columns}
        base = time.time_ns()
        batches = [
            [row | {"order_id": f"O{base}-{number}-{index}"} | _keys(table, base, number, index)
             for index in range(ROWS)]
            for number in range(BATCHES)
        ]  # fmt: skip
        started = time.perf_counter()
        for batch in batches:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.execute(insert(table), batch)
            connection.exec_driver_sql("COMMIT")
        took_s = time.perf_counter() - started
    engine.dispose()
    return BATCHES * ROWS / took_s


def _keys(table: Table, base: int, number: int, index: int) -> dict[str, object]:
    """Values that have to differ from row to row, for the table's unique keys."""
    count = base // 1_000 + number * ROWS + index
    names = {"client_order_id": f"c{base}-{number}-{index}", "sequence": count}
    return {name: value for name, value in names.items() if name in table.columns}


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def process(command: list[str], folder: Path, ready: Callable[[], bool]) -> Iterator[None]:
    """A server of our own: started, waited for, ended."""
    with (folder / f"{Path(command[-1]).name}.log").open("wb") as log:
        child = subprocess.Popen(command, stdout=log, stderr=log, env=dict(os.environ))
        try:
            for _ in range(300):
                if child.poll() is not None or ready():
                    break
                time.sleep(0.1)
            yield
        finally:
            child.terminate()
            child.wait(timeout=30)


def answers(url: str) -> Callable[[], bool]:
    def ready() -> bool:
        try:
            return httpx.get(url, timeout=1).status_code < 500
        except httpx.TransportError:
            return False

    return ready


def measure(folder: Path) -> None:
    echo_port, port = free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    echo = [sys.executable, "-m", "benchmarks.intake", "echo", str(echo_port)]
    serve = [sys.executable, "-m", "wattmarket", "serve", "--port", str(port), "--start", START]
    serve += ["--paused", "--var", str(folder)]
    with (
        process(echo, folder, answers(f"http://127.0.0.1:{echo_port}/docs")),
        process(serve, folder, answers(f"{url}/v1/health")),
    ):
        tokens = set_up(url, folder)
        turns = [measure_turn(turn, port, echo_port, folder, tokens) for turn in range(ROUNDS)]
    found = {name: statistics.median(turn[name] for turn in turns) for name in turns[0]}
    show(found)
    hand_on(found)


def measure_turn(
    turn: int, port: int, echo_port: int, folder: Path, tokens: list[str]
) -> dict[str, float]:
    """One round, everything side by side."""
    path = f"/v1/markets/{MARKET}/orders"

    def singles(name: str, each: int) -> list[list[bytes]]:
        return [
            [json.dumps(order(owner, f"{name}{turn}-{number}")).encode() for number in range(each)]
            for owner in range(CONNECTIONS)
        ]

    def to_market(bodies: list[list[bytes]]) -> list[list[bytes]]:
        return [
            [request(path, body, tokens[owner]) for body in mine]
            for owner, mine in enumerate(bodies)
        ]

    sent = singles("s", SINGLES // CONNECTIONS)
    found: dict[str, float] = {}
    found["echo"], found["echo ms"] = per_second(
        echo_port, [[request("/echo", body, "") for body in mine] for mine in sent], {201}
    )
    found["single"], found["single ms"] = per_second(port, to_market(sent), {201})
    half = found["single"] / 2
    paced = singles("h", max(1, int(half * SECONDS_PACED) // CONNECTIONS))
    found["p99 ms"] = paced_p99_ms(port, to_market(paced), half)
    found["flush ms"] = flush_ms(folder)
    found["raw"] = raw_rows_per_second(folder)
    for lane, (kind, media) in enumerate(BULK.items()):
        # Two owners a round and format: nobody's open orders or power are used up.
        owners = [1 + (turn * len(BULK) + lane) * 2 + number for number in range(2)]
        batches = [
            [
                request(
                    f"{path}:batch",
                    bulk_body(kind, [order(owner, f"b{turn}-{number}-{i}") for i in range(ROWS)]),
                    tokens[owner],
                    media,
                )
                for number in range(BATCHES // 2)
            ]
            for owner in owners
        ]
        # Lists show all that was sent before, so no format pays for the one measured before it.
        read_back(port, f"{path}?limit=1", tokens[0])
        began_s = time.perf_counter()
        calls, found[f"{kind} ms"] = per_second(port, batches, {200})
        found[kind] = calls * ROWS
        read_back(port, f"{path}?limit=1", tokens[0])
        found[f"{kind} listed"] = BATCHES * ROWS / (time.perf_counter() - began_s)
    return found


def flush_ms(folder: Path) -> float:
    """What the disk takes to keep a page: the median of some writes, each flushed."""
    took_s = []
    with (folder / "flushed").open("wb", buffering=0) as file:
        for _ in range(FLUSHES):
            began_s = time.perf_counter()
            file.write(bytes(4_096))
            os.fsync(file.fileno())
            took_s.append(time.perf_counter() - began_s)
    return statistics.median(took_s) * 1_000


def read_back(port: int, path: str, token: str) -> None:
    """A list, which waits until it includes what was acknowledged before."""
    answer = httpx.get(
        f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {token}"}, timeout=60
    )
    answer.raise_for_status()


def show(found: dict[str, float]) -> None:
    print(f"medians of {ROUNDS} rounds; {CONNECTIONS} connections, then 2 with batches of {ROWS:,}")
    print(f"{'':34}{'per second':>12}{'median ms':>12}{'ratio':>8}{'aim':>8}")
    line("bare FastAPI echo", found["echo"], found["echo ms"])
    line("orders, one a request, durable", found["single"], found["single ms"],
         found["single"] / found["echo"], aim("intake.single").bound)  # fmt: skip
    print(f"{'  at half that load, p99':34}{'':12}{found['p99 ms']:12.1f}")
    print(f"{'  a flush of the disk':34}{'':12}{found['flush ms']:12.1f}")
    line("SQLAlchemy Core inserts", found["raw"])
    for kind in BULK:
        line(f"orders as {kind}, durable", found[kind], found[f"{kind} ms"],
             found[kind] / found["raw"],
             aim(f"{AIMS[kind]}_core").bound if kind in AIMS else None)  # fmt: skip
        line("  until lists show them", found[f"{kind} listed"])


def hand_on(found: dict[str, float]) -> None:
    """The figures that have an aim."""
    single = f"{found['single']:,.0f}/s against {found['echo']:,.0f}/s"
    report("intake.single", found["single"] / found["echo"], note=single)
    wait = f"p99 {found['p99 ms']:.1f} ms, a flush {found['flush ms']:.1f} ms"
    report("intake.wait", max(0.0, found["p99 ms"] - 2 * found["flush ms"]), note=wait)
    for kind, name in AIMS.items():
        listed = f"{found[f'{kind} listed']:,.0f}/s until lists show them"
        report(f"{name}_core", found[kind] / found["raw"], note=f"Core {found['raw']:,.0f}/s")
        report(name, found[kind], note=listed)


def line(
    name: str,
    per_s: float,
    median_ms: float | None = None,
    ratio: float | None = None,
    aim: float | None = None,
) -> None:
    cells = [f"{name:34}{per_s:12,.0f}"]
    for value, width, places in ((median_ms, 12, 1), (ratio, 8, 2), (aim, 8, 2)):
        cells.append(" " * width if value is None else f"{value:{width}.{places}f}")
    print("".join(cells).rstrip())


if __name__ == "__main__":
    if sys.argv[1:2] == ["echo"]:
        serve_echo(int(sys.argv[2]))
    else:
        ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
        with tempfile.TemporaryDirectory() as made:
            measure(Path(made))
