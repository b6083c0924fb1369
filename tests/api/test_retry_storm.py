"""A storm of repeats over connections that are cut: every order exists exactly once.

Each of 10,000 orders is sent 1 to 20 times, twenty to a call, by many senders at once. Half of the calls
are cut: before the body is whole, right after it, or in the middle of the answer. Whoever was cut sends
again, and the last try of each call is heard out.
"""

import asyncio
import json
import random
from collections import Counter
from typing import Any

from tests.api.hosting import Server
from tests.api.village import Village, bearer, make_village

ORDERS = 10_000
PER_CALL = 20
TRIES_MAX = 20
SENDERS = 24


def calls_of(village: Village) -> list[bytes]:
    """Every call's body: orders of Bob's, each with an id of its own."""
    rows = [
        {
            "kind": "limit",
            "client_order_id": f"storm-{number}",
            "unit_id": "bob-solar",
            "start": village.start(number % 4),
            "side": "sell",
            "price_per_mwh": f"{50 + number % 50}.00",
            "energy_kwh": "0.001",
        }
        for number in range(ORDERS)
    ]
    return [
        json.dumps({"orders": rows[first : first + PER_CALL]}).encode()
        for first in range(0, ORDERS, PER_CALL)
    ]


async def send_once(village: Village, body: bytes, cut: str) -> list[dict[str, Any]] | None:
    """One call on a connection of its own; None where it was cut."""
    reader, writer = await asyncio.open_connection("127.0.0.1", village.server.port)
    head = [
        f"POST {village.path}/orders:batch HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *(f"{name}: {value}" for name, value in bearer(village.tokens["bob"]).items()),
    ]
    request = "\r\n".join(head).encode() + b"\r\n\r\n" + body
    try:
        if cut == "in the body":
            writer.write(request[: len(request) - len(body) // 2])
            await writer.drain()
            return None
        writer.write(request)
        await writer.drain()
        if cut == "after the body":
            return None
        if cut == "in the answer":
            await reader.read(64)
            return None
        answer = await reader.read()
    finally:
        writer.transport.abort()
    status, _, content = answer.partition(b"\r\n\r\n")
    assert status.startswith(b"HTTP/1.1 200"), answer[:500]
    rows: list[dict[str, Any]] = json.loads(content)["items"]
    return rows


CUTS = ("in the body", "after the body", "in the answer")


async def storm(village: Village, chance: random.Random) -> tuple[dict[str, str], Counter[str]]:
    """The market's id of every order as told, and how often each kind of end was met."""
    told: dict[str, str] = {}
    met: Counter[str] = Counter()
    tries = [
        (body, [chance.choice(CUTS) for _ in range(chance.randrange(TRIES_MAX))])
        for body in calls_of(village)
    ]
    waiting = iter(tries)

    async def sender() -> None:
        for body, cuts in waiting:
            for cut in [*cuts, "none"]:
                rows = await send_once(village, body, cut)
                met[cut] += 1
                for row in rows or ():
                    met[row["status"]] += 1
                    told.setdefault(row["client_order_id"], row["order_id"])
                    assert told[row["client_order_id"]] == row["order_id"]

    await asyncio.gather(*(sender() for _ in range(SENDERS)))
    return told, met


def test_every_order_exists_exactly_once_however_often_it_was_sent(server: Server) -> None:
    village = make_village(server, open_orders_max=ORDERS)
    told, met = asyncio.run(storm(village, random.Random(20_160_615)))
    assert len(told) == ORDERS
    assert len(set(told.values())) == ORDERS
    assert all(met[cut] > 500 for cut in CUTS)
    assert met["repeated"] > 1_000, "a storm in which nothing is found again shows nothing"
    found: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": 1000} | ({} if cursor is None else {"cursor": cursor})
        page = village.get("/orders", "bob", **query)
        found += [item["client_order_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(found) == sorted(told)
