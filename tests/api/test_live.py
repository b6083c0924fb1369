"""What the stream knows is what is stored, however it came to know it."""

import pytest

from api.live import LiveMarket
from api.permissions import Channel
from api.seed import read_seed
from tests.api.hosting import US, Server
from tests.api.village import make_village


def test_following_events_and_reading_the_file_lead_to_the_same_state(server: Server) -> None:
    village = make_village(server, intervals=4)
    for index in range(4):
        for who, changes in (
            ("ada", {"energy_kwh": "1.500"}),
            ("ada", {"price_per_mwh": "60.00", "energy_kwh": "0.500"}),
            ("bob", {"unit_id": "bob-solar", "side": "sell", "price_per_mwh": "50.00"}),
        ):
            order = village.order(start=village.start(index), **changes)
            assert village.post("/orders", who, order).status_code == 201
    order_id = village.get("/orders", "ada")["items"][-1]["order_id"]
    village.send("DELETE", f"/orders/{order_id}", "ada")
    market = server.house.markets[village.market_id]
    keys = [
        (Channel.MARKET, village.market_id),
        *[
            (channel, area)
            for channel in (Channel.TRADES, Channel.AREA)
            for area in ("RUR", "GRID")
        ],
        *[(Channel.UNIT, unit_id) for unit_id in ("ada-load", "bob-solar", "retail")],
        *[(Channel.ACCOUNT, name) for name in ("ada", "bob", "retailer")],
    ]
    for seconds in (-3000, -899, 1, 901, 1801, 2701):
        village.go_to(seconds)
        now_us = server.clock.now_us()
        village.get("/ledger", "operator")  # waits until the file shows all that is committed
        seed = read_seed(market.sequencer.readers, village.market_id, now_s=now_us // US)
        stored = LiveMarket(seed)
        for channel, key in keys:
            followed = market.live.snapshot(channel, key, now_us)
            assert followed == stored.snapshot(channel, key, now_us), (seconds, channel, key)


def test_what_is_not_settled_is_remembered_however_far_ahead_calls_open(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.live.INTERVALS_KEPT", 2)
    village = make_village(server, intervals=4)
    live = server.house.markets[village.market_id].live

    def phases() -> list[str]:
        shown = live.snapshot(Channel.MARKET, village.market_id, village.first_s * US)
        return [item["phase"] for item in shown["intervals"]]

    assert phases() == ["call"] * 4
    village.go_to(901 + 900)
    assert phases()[0] in ("settled", "scheduled")  # the oldest may go once it is settled
    assert "scheduled" not in phases()[1:]


def test_the_trading_day_shown_is_the_nearest_one_traded(server: Server) -> None:
    village = make_village(server, intervals=3)
    live = server.house.markets[village.market_id].live
    starts = [village.start(index) for index in range(3)]
    for now_s in (0, village.first_s - 86_400, village.first_s + 86_400 * 30):
        shown = live.snapshot(Channel.MARKET, village.market_id, now_s * US)["intervals"]
        assert {item["start"] for item in shown} <= set(starts)
        assert shown
