"""What areas add up to before delivery, over the wire: whole for some, in public for all."""

from typing import Any

import pytest

from api.access.permissions import Channel
from api.answers.sums import sums
from api.channels.live import LiveMarket
from api.channels.seed import read_seed
from market.model.call import CallKind
from market.model.summing import AreaLimit, AreasSummed, AreaSum, LimitedBy, PublicSum
from tests.api.hosting import US, Server
from tests.api.village import Village, make_village
from tests.builders import MIDNIGHT_S


def _event() -> AreasSummed:
    members = AreaLimit(power_w=50_000, by=LimitedBy.MEMBERS)
    area = AreaSum(
        area_id="A",
        withdrawal=AreaLimit(power_w=9_000, by=LimitedBy.ACT, act_id="act-3"),
        injection=members,
        room_up_w=1_000,
        room_down_w=2_000,
        scheduled_wh=-1_500,
        load_forecast_wh=None,
        generation_forecast_wh=0,
        bid_wh=3_400,
        offered_wh=700,
        bought_wh=2_900,
        sold_wh=600,
    )
    plain = {"load_forecast_wh": None, "generation_forecast_wh": 40}
    return AreasSummed(
        start_s=MIDNIGHT_S,
        call=CallKind.CLOSING,
        now_us=MIDNIGHT_S * US,
        areas=(area,),
        public=(
            PublicSum(area_id="A", bid_wh=3_400, offered_wh=None, **plain),
            PublicSum(area_id=None, bid_wh=None, offered_wh=5, **plain),
        ),
    )


def test_everybody_sees_forecasts_and_bids_that_may_be_shown() -> None:
    told = sums(_event(), 15)
    assert told["areas"] == [
        {
            "area_id": "A",
            "load_forecast_kwh": None,
            "generation_forecast_kwh": "0.040",
            "bid_kwh": "3.400",
            "offered_kwh": None,
        }
    ]
    assert told["small_areas"] == {
        "load_forecast_kwh": None,
        "generation_forecast_kwh": "0.040",
        "bid_kwh": None,
        "offered_kwh": "0.005",
    }
    assert (told["start"], told["end"], told["call"]) == (
        "2016-06-14T23:00:00Z",
        "2016-06-14T23:15:00Z",
        "closing",
    )


def test_an_area_sees_itself_whole() -> None:
    told = sums(_event(), 15, ["A"])
    assert told["areas"] == [
        {
            "area_id": "A",
            "withdrawal": {"max_kw": "9.000", "by": "act", "act_id": "act-3"},
            "injection": {"max_kw": "50.000", "by": "members", "act_id": None},
            "room_up_kw": "1.000",
            "room_down_kw": "2.000",
            "scheduled_kwh": "-1.500",
            "load_forecast_kwh": None,
            "generation_forecast_kwh": "0.000",
            "bid_kwh": "3.400",
            "offered_kwh": "0.700",
            "bought_kwh": "2.900",
            "sold_kwh": "0.600",
        }
    ]


# --- over the wire ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def cleared(server: Server) -> Village:
    """Of two intervals the first is cleared: Ada asked for 1.5 kWh, Bob offered 0.5 too dearly."""
    village = make_village(server, intervals=2)
    for who, order in (
        ("ada", village.order()),
        (
            "bob",
            village.order(
                unit_id="bob-solar", side="sell", price_per_mwh="900.00", energy_kwh="0.500"
            ),
        ),
        (
            "retailer",
            village.order(
                unit_id="retail", side="sell", price_per_mwh="120.00", energy_kwh="50.000"
            ),
        ),
    ):
        assert village.post("/orders", who, order).status_code == 201
    assert village.send("GET", "/sums", "operator").status_code == 404, "sealed"
    village.go_to(1)
    village.wait_for_phase("delivery_lock")
    return village


def _area(told: Any, area_id: str) -> Any:  # noqa: ANN401 - as JSON holds it
    (found,) = [area for area in told["areas"] if area["area_id"] == area_id]
    return found


def test_an_operator_sees_all_areas_whole(cleared: Village) -> None:
    told = cleared.get("/sums", "operator", start=cleared.start())
    rural = _area(told, "RUR")
    assert (rural["bid_kwh"], rural["offered_kwh"]) == ("1.500", "0.500")
    assert (rural["bought_kwh"], rural["sold_kwh"]) == ("1.500", "0.000")
    assert rural["scheduled_kwh"] == "-1.500"
    assert rural["withdrawal"] == {"max_kw": "50.000", "by": "members", "act_id": None}
    assert "room_up_kw" in _area(told, "GRID")


def test_an_area_sees_its_own_whole_and_the_rest_as_everybody(cleared: Village) -> None:
    told = cleared.get("/sums", "rural", start=cleared.start())
    everybody = cleared.get("/sums", start=cleared.start())
    assert "room_up_kw" in _area(told, "RUR")
    assert _area(told, "GRID") == _area(everybody, "GRID")
    assert _area(everybody, "RUR") == {
        "area_id": "RUR",
        "load_forecast_kwh": None,
        "generation_forecast_kwh": None,
        "bid_kwh": None,
        "offered_kwh": None,
    }
    assert cleared.get("/sums", "ada", start=cleared.start()) == everybody


def test_another_markets_area_is_everybody(cleared: Village, other_village: Village) -> None:
    answer = cleared.server.http.get(
        cleared.path + "/sums",
        headers={"Authorization": f"Bearer {other_village.tokens['rural']}"},
    )
    assert "room_up_kw" not in _area(answer.json(), "RUR")


def test_what_was_not_cleared_is_not_found_and_a_wrong_call_is_refused(cleared: Village) -> None:
    for query in ({"start": cleared.start(5)}, {"call": "day_ahead"}):
        assert cleared.send("GET", "/sums", params=query).status_code == 404
    for wrong in ("reopening", "noon"):
        answer = cleared.send("GET", "/sums", params={"call": wrong})
        assert answer.status_code == 422
        assert answer.json()["code"] == "FIELD_FORMAT"


def test_the_stream_tells_the_sums_and_starts_with_the_last(server: Server) -> None:
    village = make_village(server, intervals=1)
    keys = (("market", village.market_id), ("area", "RUR"))
    with village.stream("rural") as reader:
        reader.hear("hello")
        for channel, key in keys:
            reader.subscribe(channel, key)
            snapshot = reader.hear("snapshot")["data"]
            assert snapshot["sums" if channel == "market" else "sum"] is None
        village.go_to(1)
        heard = {}
        while len(heard) < 2:
            data = reader.hear("delta")["data"]
            if data["event"] in {"sums", "sum"}:
                heard[data["event"]] = data
    assert heard["sums"]["start"] == heard["sum"]["start"] == village.start()
    assert (heard["sum"]["area_id"], heard["sum"]["call"]) == ("RUR", "closing")
    # A stream each: a market that is at work tells more on the first channel before it shows the second.
    with village.stream("rural") as reader:
        reader.hear("hello")
        reader.subscribe(*keys[0])
        assert reader.hear("snapshot")["data"]["sums"]["start"] == village.start()
    with village.stream("rural") as reader:
        reader.hear("hello")
        reader.subscribe(*keys[1])
        assert reader.hear("snapshot")["data"]["sum"]["room_up_kw"] == "0.000"


def test_a_restart_shows_what_was_shown(cleared: Village) -> None:
    market = cleared.server.house.markets[cleared.market_id]
    now_us = cleared.server.clock.now_us()
    cleared.get("/ledger", "operator")  # waits until the file shows all that is committed
    stored = LiveMarket(read_seed(market.sequencer.readers, cleared.market_id, now_s=now_us // US))
    for channel, key, name in (
        (Channel.MARKET, cleared.market_id, "sums"),
        (Channel.AREA, "RUR", "sum"),
    ):
        shown = market.live.snapshot(channel, key, now_us)[name]
        assert shown is not None
        assert stored.snapshot(channel, key, now_us)[name] == shown
