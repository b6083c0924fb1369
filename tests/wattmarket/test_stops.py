"""Stops from the client."""

import pytest

from tests.wattmarket.played import Server, ok, problem
from wattmarket.errors import ConflictError


def test_stops_are_made_seen_and_released() -> None:
    server = Server(
        ok(stopped=True, cancelled=4),
        ok(items=[{"kind": "kill"}], next_cursor=None),
        ok(released=False, second_person_until="2016-06-15T12:15:00Z"),
    )
    with server.client() as market:
        assert market.stops.make("kill", "participant", "ann", reason="wild")["cancelled"] == 4
        assert market.stops.list() == [{"kind": "kill"}]
        assert market.stops.release("kill", "participant", "ann")["released"] is False
    what = {"kind": "kill", "scope": "participant", "key": "ann"}
    assert server.sent == [
        ("POST", "stops", {**what, "reason": "wild"}),
        ("GET", "stops", None),
        ("POST", "stops:release", what),
    ]


def test_who_releases_alone_is_told() -> None:
    server = Server(problem(409, "SECOND_PERSON_REQUIRED"))
    with server.client() as market, pytest.raises(ConflictError, match="SECOND_PERSON"):
        market.stops.release("halt", "market")
    assert server.sent[0][2] == {"kind": "halt", "scope": "market", "key": ""}
