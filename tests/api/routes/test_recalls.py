"""Recalls over the wire: asked for by parties, decided by two operators, told to both parties."""

import pytest

from api.access.permissions import Channel
from api.channels.live import LiveMarket
from tests.api.channels.test_live_trading import stored
from tests.api.hosting import US, Server
from tests.api.routes.test_trading import CONTINUOUS, buy, sell
from tests.api.village import Json, Village, make_village


@pytest.fixture
def hall(server: Server) -> Village:
    """A market in continuous trading in which Bob has sold 0.400 kWh to Ada."""
    made = make_village(server, **CONTINUOUS)
    made.wait_for_phase("continuous")
    made.post("/orders", "bob", sell(made, energy_kwh="1.000"))
    assert made.post("/orders", "ada", buy(made, energy_kwh="0.400")).status_code == 201
    operator = made.act("/clients:batch", "operator", {"items": [{"role": "operator"}]})
    made.tokens["second"] = made.server.token(operator.json()["items"][0])
    return made


def match(hall: Village, **more: Json) -> dict[str, Json]:
    """The body that names the one match."""
    trade = hall.get("/trades", "ada")["items"][0]
    return {"match_id": trade["match_id"], "start": trade["start"], **more}


def states(hall: Village) -> set[str]:
    """The trades' state in every list."""
    return {
        item["state"]
        for path, who in (("/trades", "operator"), ("/trades", "ada"), ("/areas/RUR/trades", None))
        for item in hall.get(path, who)["items"]
    }


def trades_shown(live: LiveMarket) -> list[tuple[str, str]]:
    items = live.snapshot(Channel.TRADES, "RUR", 0)["items"]
    return [(item["trade_id"], item["state"]) for item in items]


def test_two_operators_cancel_what_a_party_disputes(hall: Village) -> None:
    assert states(hall) == {"completed"}
    asked = hall.post("/recalls", "ada", match(hall, reason="a slip of the keyboard"))
    assert (asked.status_code, asked.json()["state"]) == (200, "disputed")
    assert states(hall) == {"disputed"}
    wanted = match(hall, decision="cancel")
    first = hall.post("/recalls:decide", "operator", wanted).json()
    assert first["state"] == "disputed"
    assert first["second_person_until"] is not None
    again = hall.post("/recalls:decide", "operator", wanted)
    assert (again.status_code, again.json()["code"]) == (409, "SECOND_PERSON_REQUIRED")
    (waiting,) = hall.get("/recalls", "operator")["items"]
    assert (waiting["asked_by"], waiting["proposal"]["decision"]) == (["ada"], "cancel")
    second = hall.post("/recalls:decide", "second", wanted).json()
    assert (second["state"], second["second_person_until"]) == ("cancelled", None)
    assert states(hall) == {"cancelled"}
    assert hall.get("/account", "ada")["balance"] == "100.00000000"
    assert hall.get("/account", "bob")["balance"] == "100.00000000"
    assert hall.get("/positions", "operator")["items"] == []
    (line,) = hall.get("/account/statement", "ada")["items"][-1:]
    assert line == {"kind": "trade", "amount": "0.00000000"}
    assert hall.get("/ledger", "operator")["sum"] == "0.00000000"


def test_a_party_sees_only_what_is_its_own(hall: Village) -> None:
    wanted = match(hall, reason="wrong")
    foreign = hall.post("/recalls", "retailer", wanted)
    assert (foreign.status_code, foreign.json()["code"]) == (404, "NOT_FOUND")
    hall.post("/recalls", "bob", wanted)
    assert hall.get("/recalls", "retailer")["items"] == []
    (seen,) = hall.get("/recalls", "ada")["items"]
    assert (seen["asked_by"], len(seen["trade_ids"])) == ([], 1)
    assert "proposal" not in seen
    decided = hall.post("/recalls:decide", "ada", match(hall, decision="cancel"))
    assert (decided.status_code, decided.json()["code"]) == (403, "NOT_PERMITTED")


def test_both_parties_are_told_and_everybody_sees_the_state(hall: Village) -> None:
    live = hall.server.house.markets[hall.market_id].live
    with hall.stream("ada") as ada, hall.stream() as public:
        for reader, channel, key in ((ada, "account", "ada"), (public, "trades", "RUR")):
            reader.hear("hello")
            reader.subscribe(channel, key)
            reader.hear("snapshot")
        hall.post("/recalls", "bob", match(hall, reason="wrong price"))
        told = ada.hear_event("recall")["data"]
        assert (told["state"], told["by"], told["reason"]) == (
            "disputed",
            "other_party",
            "wrong price",
        )
        seen = public.hear_event("trades_recalled")["data"]
        assert [item["state"] for item in seen["items"]] == ["disputed", "disputed"]
        hall.post("/recalls", "ada", match(hall, reason="agreed"))
        assert ada.hear_event("recall")["data"]["by"] == "self"
        last = ada.hear_event("recall")["data"]
        assert (last["state"], last["by"]) == ("cancelled", "both_parties")
    assert {state for _, state in trades_shown(live)} == {"cancelled"}
    assert trades_shown(live) == trades_shown(stored(hall))


def test_what_comes_too_late_is_refused_with_its_code(hall: Village) -> None:
    wanted = match(hall, reason="wrong")
    unknown = hall.post("/recalls", "ada", {**wanted, "start": "2000-01-01T00:00:00Z"})
    assert (unknown.status_code, unknown.json()["code"]) == (409, "PRODUCT_UNKNOWN")
    hall.server.clock.go_to(hall.server.clock.now_us() // US + 16 * 60)
    late = hall.post("/recalls", "ada", wanted)
    assert (late.status_code, late.json()["code"]) == (409, "RECALL_TOO_LATE")
    assert "until" in late.json()["detail"]
