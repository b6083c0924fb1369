"""Readings, gaps, the system and reliability as the client asks for them."""

from typing import Any

import httpx

from tests.wattmarket.test_client import Server, client


def _page(*items: dict[str, Any]) -> httpx.Response:
    return httpx.Response(200, json={"items": list(items), "next_cursor": None})


def test_readings_and_their_versions() -> None:
    server = Server(_page({"unit_id": "u"}), _page({"unit_id": "u"}, {"unit_id": "u"}))
    with client(server) as market:
        assert market.measurements() == [{"unit_id": "u"}]
        known = market.measurements(unit_id="u", versions=True, as_of="2016-06-15T12:00:00Z")
        assert len(known) == 2
    first, second = (dict(request.url.params) for request in server.asked)
    assert "versions" not in first
    assert (second["versions"], second["unit_id"]) == ("true", "u")
    assert second["as_of"] == "2016-06-15T12:00:00Z"


def test_gaps_are_asked_for_a_span() -> None:
    server = Server(_page({"unit_id": "u", "substituted": True}))
    with client(server) as market:
        found = market.measurement_gaps(from_="2016-06-15T00:00:00Z", to="2016-06-16T00:00:00Z")
    assert found == [{"unit_id": "u", "substituted": True}]
    (request,) = server.asked
    assert request.url.path.endswith("/measurements:gaps")
    assert dict(request.url.params)["from"] == "2016-06-15T00:00:00Z"


def test_what_areas_add_up_to_is_asked_by_interval_and_call() -> None:
    server = Server(
        httpx.Response(200, json={"start": "s", "areas": []}),
        httpx.Response(200, json={"start": "t", "areas": []}),
    )
    with client(server) as market:
        assert market.sums() == {"start": "s", "areas": []}
        assert market.sums(start="2016-06-15T00:00:00Z", call="day_ahead")["start"] == "t"
    newest, asked = server.asked
    assert newest.url.path.endswith("/sums")
    assert dict(newest.url.params) == {}
    assert dict(asked.url.params) == {"start": "2016-06-15T00:00:00Z", "call": "day_ahead"}


def test_the_picture_of_an_interval_and_of_a_day() -> None:
    server = Server(
        httpx.Response(200, json={"start": "s", "areas": []}),
        httpx.Response(200, json={"day": "2016-06-15", "areas": []}),
    )
    with client(server) as market:
        assert market.system() == {"start": "s", "areas": []}
        assert market.reliability("2016-06-15")["day"] == "2016-06-15"
    newest, day = server.asked
    assert "start" not in dict(newest.url.params)
    assert dict(day.url.params) == {"day": "2016-06-15"}
