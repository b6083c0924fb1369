"""Continuous trading as the stream follows it is what is stored, and what the client makes of it."""

from itertools import count
from typing import Any

import pytest

from api.access.permissions import Channel
from api.channels.depth import MERGED
from api.channels.live import LiveMarket
from api.channels.seed import read_seed
from tests.api.hosting import US, Server
from tests.api.village import Village, make_village
from wattmarket.book import Book
from wattmarket.feed import Feed


@pytest.fixture
def hall(server: Server) -> Village:
    """A market in continuous trading."""
    rules: dict[str, Any] = {"continuous": {"opens_minutes": 2_880}, "call_opens_minutes": 30}
    made = make_village(server, **rules)
    made.wait_for_phase("continuous")
    return made


def stored(hall: Village) -> LiveMarket:
    """The market as a server that starts now would find it."""
    hall.get("/ledger", "operator")  # waits until the file shows all that is committed
    market = hall.server.house.markets[hall.market_id]
    now_s = hall.server.clock.now_us() // US
    return LiveMarket(read_seed(market.sequencer.readers, hall.market_id, now_s=now_s))


def assert_followed_is_stored(hall: Village) -> None:
    now_us = hall.server.clock.now_us()
    live = hall.server.house.markets[hall.market_id].live
    after = stored(hall)
    keys = [(Channel.ACCOUNT, who) for who in ("ada", "bob", "retailer")]
    keys += [(Channel.LISTINGS, area) for area in ("RUR", "GRID")]
    for channel, key in keys:
        assert live.snapshot(channel, key, now_us) == after.snapshot(channel, key, now_us), key
    for key in ("RUR", "GRID", MERGED):
        followed, found = live.books.snapshot(key), after.books.snapshot(key)
        assert {**followed, "revision": 0} == {**found, "revision": 0}


def trade_a_little(hall: Village, index: int, names: "count[int]") -> None:
    """Orders that rest, meet, change, sleep, wake and go."""
    start = hall.start(index)

    def place(who: str, unit: str, side: str, price: str, energy: str, **more: Any) -> str:  # noqa: ANN401
        body = hall.order(
            client_order_id=f"t-{next(names)}",
            unit_id=unit,
            side=side,
            price_per_mwh=price,
            energy_kwh=energy,
            start=start,
            **more,
        )
        answer = hall.post("/orders", who, body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["order_id"])

    first = place("bob", "bob-solar", "sell", "95.00", "0.700")
    place("bob", "bob-solar", "sell", "96.00", "0.600")
    place("ada", "ada-load", "buy", "95.50", "0.400")
    resting = place("ada", "ada-load", "buy", "90.00", "1.500")
    lower = place("ada", "ada-load", "buy", "88.00", "0.900")
    place("retailer", "retail", "sell", "130.00", "2.000")
    path = f"/orders/{resting}:replace"
    changed = hall.post(
        path, "ada", {"revision": 1, "energy_kwh": "1.000", "price_per_mwh": "91.00"}
    )
    assert changed.status_code == 200, changed.text
    assert hall.post("/orders:hibernate", "ada", {"order_ids": [lower]}).status_code == 200
    assert_followed_is_stored(hall)
    assert hall.post("/orders:activate", "ada", {"order_ids": [lower]}).status_code == 200
    hall.send("DELETE", f"/orders/{first}", "bob")


def test_following_trades_and_reading_the_file_lead_to_the_same_state(hall: Village) -> None:
    names = count()
    for index in range(2):
        trade_a_little(hall, index, names)
        assert_followed_is_stored(hall)
    for seconds in (-1_700, -800, 1, 901, 1_801):  # the closing calls, the gates, what follows
        hall.go_to(seconds)
        assert_followed_is_stored(hall)


def test_the_client_s_book_is_the_server_s(hall: Village) -> None:
    with hall.stream() as reader:
        reader.hear("hello")
        reader.subscribe("book", MERGED)
        feed, book = Feed("book", MERGED), Book()
        feed.subscribe()
        trade_a_little(hall, 0, count())
        shown = hall.get("/depth", area_id=MERGED)
        while book.checksum != shown["checksum"] or book.revision < shown["revision"]:
            for event in feed.take(reader.hear("snapshot", "delta")).events:
                assert book.take(event)
        levels = shown["intervals"][0]["levels"]
    sells = [str(price) for price, _ in book.depth(hall.start(), "sell")]
    assert sells == [level["price_per_mwh"] for level in levels if level["side"] == "sell"]
    assert "130.00" in sells


def test_continuous_trading_is_told_again_from_the_journal_as_it_was(hall: Village) -> None:
    with hall.stream("ada") as reader:
        reader.hear("hello")
        reader.subscribe("account", "ada")
        first = reader.hear("snapshot")["seq"]
        trade_a_little(hall, 0, count())
        trade_a_little(hall, 1, count(100))
        topic = hall.server.house.markets[hall.market_id].hub.topic((Channel.ACCOUNT, "ada"))
        deltas = [reader.hear("delta") for _ in range(topic.seq - first)]
        assert topic.held is not None
        topic.held.clear()
        ask = {"from": first + 1, "to": topic.seq}
        reader.say(type="resend", channel="account", key="ada", **ask)
        again = [reader.hear("resend") for _ in deltas]

    assert [{**message, "type": "delta"} for message in again] == deltas
    names = {message["data"]["event"] for message in deltas}
    assert names >= {"orders_accepted", "trades", "order_replaced", "orders_hibernated"}
