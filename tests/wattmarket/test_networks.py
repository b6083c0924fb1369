"""Grids from the client: registered, seen, their checks, a target explained."""

import pytest

from tests.wattmarket.played import Server, ok, problem
from wattmarket.errors import NotFoundError

START = "2016-06-15T12:00:00Z"


def test_a_grid_is_registered_and_seen() -> None:
    server = Server(ok(area_id="A", version=1), ok(items=[{"area_id": "A"}], next_cursor=None))
    with server.client() as market:
        assert market.networks.register({"area_id": "A", "version": 1})["version"] == 1
        assert market.networks.list() == [{"area_id": "A"}]
    assert server.sent == [
        ("POST", "networks", {"area_id": "A", "version": 1}),
        ("GET", "networks", None),
    ]


def test_checks_are_read_page_by_page() -> None:
    server = Server(
        ok(items=[{"start": START, "cured": True}], next_cursor="1~A"),
        ok(items=[{"start": START, "cured": False}], next_cursor=None),
    )
    with server.client() as market:
        found = market.networks.checks(from_=START, area_id="A")
    assert [item["cured"] for item in found] == [True, False]
    assert all("area_id=A" in path for _, path, _ in server.sent)


def test_a_target_is_explained_or_not_there() -> None:
    server = Server(ok(reasons=[{"code": "as_traded"}]), problem(404, "UNIT_UNKNOWN"))
    with server.client() as market:
        assert market.networks.explain("u", START)["reasons"] == [{"code": "as_traded"}]
        with pytest.raises(NotFoundError, match="UNIT_UNKNOWN"):
            market.networks.explain("u", START)
