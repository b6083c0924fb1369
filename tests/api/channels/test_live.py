"""What the stream knows is what is stored, however it came to know it."""

import ast
from pathlib import Path
from typing import get_args

import pytest

import api
from api.access.permissions import Channel
from api.channels.live import LiveMarket
from api.channels.seed import read_seed
from market.model.messages import Event
from tests.api.hosting import US, Server
from tests.api.village import make_village

# What no channel tells, and why.
UNTOLD = {
    "ChecksReopened",  # what the next check finds is told
    "MarketCreated",  # the channels begin with it
    "DepositsMade",  # the money is in the TransfersBooked beside it
    "OrdersExplained",  # asked for by those who want to know
    "LinesUsed",  # seen in what the books offer
    "ReleaseProposed",  # asked for by operators
    "RecallProposed",
    "DeadManArmed",
    "MandateGranted",  # asked for by owner and agent
    "MandateRevoked",
    "OwnLimitsSet",
    "CreditLimitProposed",  # asked for by operators
    "OutageReported",
    "OutageEnded",
    "StandingRuleSet",
    "StandingRuleWithdrawn",
    "ForecastsRecorded",
    "WaysTaken",  # the money is in the TransfersBooked of its call
    "WaysSettled",
    "NetworkRegistered",  # asked for by operator and area
    "IntervalChecked",
    "BurdensShared",  # the account is asked for by owner, area and operator
    "AreaHeard",
    "AreaReported",
    "PaymentActProposed",  # asked for by operators
    "MessageWritten",  # told to its readers once it is published
    "AlertSettingsSet",  # asked for by who set them
    "FundPaidIn",  # the money is in the TransfersBooked beside it
    "BillsDrafted",  # seen by operators, who ask
    "MonthSettled",  # the money is in the TransfersBooked beside it
    "BalanceGroupSet",  # asked for by those it concerns
}


def followed() -> set[str]:
    """Every name that stands in the server's reducers, but for what they only import."""
    folder = Path(api.__file__).parent / "channels"
    parts = (
        "live",
        "accounts",
        "alarms",
        "books",
        "calendar",
        "gateways",
        "limits",
        "notices",
        "offers",
        "recalls",
        "unit_reports",
    )
    nodes = (
        node for part in parts for node in ast.walk(ast.parse((folder / f"{part}.py").read_text()))
    )
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def test_every_fact_is_told_or_known_to_be_untold() -> None:
    facts = {kind.__name__ for kind in get_args(Event)}

    assert sorted(facts - followed() - UNTOLD) == []
    assert sorted(UNTOLD - facts) == []
    assert sorted(UNTOLD & followed()) == [], "told after all: take it off the list"


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
    monkeypatch.setattr("api.channels.calendar.INTERVALS_KEPT", 2)
    village = make_village(server, intervals=4)
    live = server.house.markets[village.market_id].live

    def phases() -> list[str]:
        shown = live.snapshot(Channel.MARKET, village.market_id, village.first_s * US)
        return [item["phase"] for item in shown["intervals"]]

    assert phases() == ["call"] * 4
    village.go_to(901 + 2 * 900)
    assert phases()[:2] == ["settled"] * 2
    assert "scheduled" not in phases()
    forgotten = live.interval(village.first_s)
    assert (forgotten["phase"], forgotten["rung"]) == ("settled", None)


def test_what_was_settled_before_the_server_started_is_settled(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    village = make_village(server, intervals=4)
    village.go_to(901 + 2 * 900)
    village.get("/ledger", "operator")
    monkeypatch.setattr("api.channels.seed.INTERVALS_KEPT", 2)
    market = server.house.markets[village.market_id]
    now_s = village.first_s + 2 * 900  # reads intervals 1 and 2 only
    live = LiveMarket(read_seed(market.sequencer.readers, village.market_id, now_s=now_s))

    shown = live.snapshot(Channel.MARKET, village.market_id, now_s * US)["intervals"]
    assert [item["phase"] for item in shown[:2]] == ["settled"] * 2
    assert (shown[0]["rung"], shown[1]["rung"]) == (None, "optimal")


def test_reading_goes_back_to_an_interval_that_is_settled(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    village = make_village(server, intervals=4)
    village.go_to(901)
    village.get("/ledger", "operator")
    monkeypatch.setattr("api.channels.seed.INTERVALS_KEPT", 2)
    market = server.house.markets[village.market_id]
    now_s = village.first_s + 3 * 900  # nothing is settled, and the window begins too late
    live = LiveMarket(read_seed(market.sequencer.readers, village.market_id, now_s=now_s))

    shown = live.snapshot(Channel.MARKET, village.market_id, now_s * US)["intervals"]
    followed = market.live.snapshot(Channel.MARKET, village.market_id, now_s * US)["intervals"]
    assert [item["phase"] for item in shown[:3]] == [item["phase"] for item in followed[:3]]
    assert shown[0]["phase"] == "settling"


def test_the_trading_day_shown_is_the_nearest_one_traded(server: Server) -> None:
    village = make_village(server, intervals=3)
    live = server.house.markets[village.market_id].live
    starts = [village.start(index) for index in range(3)]
    for now_s in (0, village.first_s - 86_400, village.first_s + 86_400 * 30):
        shown = live.snapshot(Channel.MARKET, village.market_id, now_s * US)["intervals"]
        assert {item["start"] for item in shown} <= set(starts)
        assert shown
