"""Listings, inquiries, contracts and rules from the client: what goes out, and under which own id."""

from collections.abc import Callable, Iterator

import httpx
import pytest
import stamina

from tests.wattmarket.played import Server
from wattmarket import Client
from wattmarket.errors import ConflictError

LEG = {"start": "2016-06-15T12:00:00+01:00", "energy_kwh": "0.250"}


@pytest.fixture(autouse=True)
def without_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=4):
        yield


def test_a_listing_says_what_is_wished_and_no_more() -> None:
    server = Server(ordinary={"count": 1})
    with server.client() as market:
        market.listings.post(unit_id="u", side="sell", price_per_mwh="90.00", legs=[LEG])
        market.listings.post(
            unit_id="u",
            side="buy",
            price_per_mwh="90.00",
            legs=[LEG],
            client_listing_id="mine",
            minimum_kwh="0.100",
            green_only=True,
            partners=["ann"],
            expires="2016-06-15T11:00:00Z",
        )
    plain, wishing = server.bodies
    assert len(plain.pop("client_listing_id")) == 32
    assert plain == {"unit_id": "u", "side": "sell", "price_per_mwh": "90.00", "legs": [LEG]}
    assert wishing == {
        "client_listing_id": "mine",
        "unit_id": "u",
        "side": "buy",
        "price_per_mwh": "90.00",
        "legs": [LEG],
        "minimum_kwh": "0.100",
        "green_only": True,
        "partners": ["ann"],
        "expires": "2016-06-15T11:00:00Z",
    }


def test_an_act_over_a_cut_connection_keeps_its_own_id() -> None:
    server = Server(httpx.ReadError, httpx.Response(200, json={"take_id": "tak-1"}))
    with server.client() as market:
        assert market.listings.take("lst-1", unit_id="u", legs=[LEG])["take_id"] == "tak-1"
    first, second = server.bodies
    assert first == second
    assert server.asked[0].url.path == "/v1/markets/v/listings/lst-1:take"


def test_a_search_is_written_like_the_wire_wants_it() -> None:
    server = Server(httpx.Response(200, json={"items": [{"listing_id": "lst-1"}]}))
    with server.client() as market:
        found = market.listings.list(near_area_id="RUR", green=True, from_="2016-06-15T00:00:00Z")
    assert found == [{"listing_id": "lst-1"}]
    assert dict(server.asked[0].url.params) == {
        "limit": "1000",
        "near_area_id": "RUR",
        "green": "true",
        "from": "2016-06-15T00:00:00Z",
    }


Act = Callable[[Client], object]


@pytest.mark.parametrize(
    ("act", "method", "path"),
    [
        (lambda m: m.listings.get("lst-1"), "GET", "listings/lst-1"),
        (lambda m: m.listings.withdraw("lst-1"), "DELETE", "listings/lst-1"),
        (lambda m: m.inquiries.get("inq-1"), "GET", "inquiries/inq-1"),
        (lambda m: m.inquiries.decline("inq-1"), "POST", "inquiries/inq-1:decline"),
        (lambda m: m.inquiries.close("inq-1"), "DELETE", "inquiries/inq-1"),
        (lambda m: m.inquiries.accept("quo-1"), "POST", "quotes/quo-1:accept"),
        (lambda m: m.inquiries.withdraw_quote("quo-1"), "DELETE", "quotes/quo-1"),
        (lambda m: m.contracts.get("con-1"), "GET", "contracts/con-1"),
        (lambda m: m.contracts.confirm("con-1"), "POST", "contracts/con-1:confirm"),
        (lambda m: m.contracts.decline("con-1"), "POST", "contracts/con-1:decline"),
        (lambda m: m.contracts.withdraw("con-1"), "DELETE", "contracts/con-1"),
        (lambda m: m.standing.withdraw("std-1"), "DELETE", "standing-orders/std-1"),
    ],
)
def test_each_act_has_its_address(act: Act, method: str, path: str) -> None:
    server = Server(ordinary={"count": 1})
    with server.client() as market:
        act(market)
    (asked,) = server.asked
    assert (asked.method, asked.url.path) == (method, f"/v1/markets/v/{path}")


def test_questions_answers_contracts_and_rules_carry_their_fields() -> None:
    server = Server(ordinary={"count": 1})
    time = "2016-06-15T11:00:00Z"
    with server.client() as market:
        market.inquiries.ask(
            unit_id="u", start=time, energy_kwh="1.000", answer_by=time, asked_area="RUR",
            client_inquiry_id="q",
        )  # fmt: skip
        market.inquiries.quote(
            "inq-1", unit_id="s", price_per_mwh="80", energy_kwh="1", valid_until=time,
            client_quote_id="a",
        )  # fmt: skip
        market.contracts.propose(
            unit_id="u", side="buy", counterparty_unit_id="s", price_per_mwh="80", legs=[LEG],
            answer_by=time, client_contract_id="c",
        )  # fmt: skip
        market.standing.set_rule(unit_id="u", buy_max_per_mwh="120.00", client_rule_id="r")
        assert market.standing.expect([{"unit_id": "u", "start": time}]) == 1
    ask, quote, contract, rule, forecasts = server.bodies
    assert ask == {
        "client_inquiry_id": "q",
        "unit_id": "u",
        "start": time,
        "energy_kwh": "1.000",
        "answer_by": time,
        "asked_area": "RUR",
    }
    assert (quote["client_quote_id"], quote["valid_until"]) == ("a", time)
    assert (contract["counterparty_unit_id"], contract["legs"]) == ("s", [LEG])
    assert rule == {
        "client_rule_id": "r",
        "unit_id": "u",
        "buy_max_per_mwh": "120.00",
        "venue": "call",
    }
    assert forecasts == {"items": [{"unit_id": "u", "start": time}]}
    assert server.asked[1].url.path == "/v1/markets/v/inquiries/inq-1/quotes"


@pytest.mark.parametrize(
    "ask",
    [
        lambda m: m.inquiries.list(state="open"),
        lambda m: m.inquiries.quotes(state="open"),
        lambda m: m.contracts.list(state="open"),
        lambda m: m.standing.list(),
        lambda m: m.standing.forecasts(unit_id="u"),
    ],
)
def test_lists_are_read_to_their_end(ask: Act) -> None:
    server = Server(
        httpx.Response(200, json={"items": [{"n": 1}], "next_cursor": "x"}),
        httpx.Response(200, json={"items": [{"n": 2}], "next_cursor": None}),
    )
    with server.client() as market:
        assert ask(market) == [{"n": 1}, {"n": 2}]
    assert server.asked[1].url.params["cursor"] == "x"


def test_a_no_is_an_exception_with_its_code() -> None:
    server = Server(httpx.Response(409, json={"code": "GRID_LIMIT", "detail": "no"}))
    with server.client() as market, pytest.raises(ConflictError, match="GRID_LIMIT"):
        market.contracts.confirm("con-1")
