"""Sealed stays sealed: nobody sees anything of an order in a call before its uncross.

Prices and energies that stand nowhere else are put into sealed orders and looked for in everything the
server lets out: lists, streams, errors, logs, the health page, the description. After the uncross they
have to be found, else the search itself would be blind.
"""

import json
import logging
import re
from collections.abc import Iterator

import pytest

from api.access.permissions import MARKET, PERMISSIONS
from tests.api.hosting import Server
from tests.api.village import Village, bearer, make_village

PRICE, ENERGY, NAME = "101.37", "1.237", "canary-7919"
SONGS = (PRICE, "10137", ENERGY, "1237", NAME)
"""The canaries as they stand on the wire and as the market keeps them."""


RANDOM = re.compile(r"[0-9a-f]{12,}|ms\W+[0-9.]+|\[\d+ bytes\]|content-length', b'\d+'")


def addresses() -> Iterator[str]:
    """Every address of a market that can be read, but those of one's own account and orders."""
    for method, path in PERMISSIONS:
        inside = path.removeprefix(MARKET)
        if method == "GET" and path.startswith(MARKET) and "{" not in inside:
            yield inside


def letters(village: Village, who: str | None) -> str:
    """Everything somebody can read."""
    texts = []
    for path in addresses():
        for query in ({}, {"start": village.start(), "from": village.start()}):
            answer = village.send("GET", path, who, params=query)
            assert answer.status_code < 500, answer.text
            texts.append(answer.text)
    public = ("/v1/health", "/v1/markets", "/v1/clock", "/v1/openapi.json")
    texts += [village.server.http.get(path).text for path in public]
    return "\n".join(texts)


def heard(song: str, text: str) -> bool:
    """As a word of its own, and not in hashes, ids of chance and lengths: any digits may stand in those."""
    return re.search(rf"(?<!\d){re.escape(song)}(?!\d)", RANDOM.sub("", text)) is not None


@pytest.fixture
def sealed(server: Server) -> Village:
    """A market with two sealed orders that would trade, of Ada and Bob."""
    village = make_village(server)
    village.wait_for_phase("call")
    return village


def test_no_canary_is_heard_before_the_uncross(
    sealed: Village, caplog: pytest.LogCaptureFixture
) -> None:
    village = sealed
    outsiders = ("retailer", "operator", "rural", "grid", None)
    with (
        caplog.at_level(logging.DEBUG),
        village.stream("retailer") as private,
        village.stream() as public,
    ):
        for reader in (private, public):
            reader.hear("hello")
            for channel, key in (
                ("market", village.market_id),
                ("trades", "RUR"),
                ("trades", "GRID"),
                ("book", "RUR"),
                ("book", "GRID"),
                ("listings", "RUR"),
            ):
                reader.subscribe(channel, key)
        private.subscribe("account", "retailer")
        body = village.order(client_order_id=NAME, price_per_mwh=PRICE, energy_kwh=ENERGY)
        assert village.post("/orders", "ada", body).status_code == 201
        bobs = {"unit_id": "bob-solar", "side": "sell", "client_order_id": f"{NAME}-b"}
        assert village.post("/orders", "bob", body | bobs).status_code == 201
        wrong = village.post("/orders", "ada", {**body, "energy_kwh": "9.999"})
        assert wrong.status_code == 409
        texts = {str(who): letters(village, who) for who in outsiders}
        texts["error"] = wrong.text.replace(village.order()["client_order_id"], "")
        texts["bob"] = letters(village, "bob").replace(f"{NAME}-b", "")
        village.post("/orders", "ada", village.order())  # something public reader may count
        for who, reader in (("private stream", private), ("public stream", public)):
            reader.say(type="heartbeat")
            texts[who] = "\n".join(json.dumps(reader.hear()) for _ in range(6))
        texts["log"] = caplog.text
        # Bob knows his own price and energy; Ada's order he must not.
        for who, text in texts.items():
            songs = (NAME,) if who in {"bob", "error"} else SONGS
            for song in songs:
                assert not heard(song, text), f"{song} is heard by {who}"
    village.go_to(-900)
    village.wait_for_phase("delivery_lock")
    answer = village.server.http.get(
        f"{village.path}/trades", headers=bearer(village.tokens["operator"])
    )
    assert heard(ENERGY, answer.text), "after the uncross the canaries are heard"
