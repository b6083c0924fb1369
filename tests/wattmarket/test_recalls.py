"""Recalls and the audit trail from the client."""

import pytest

from tests.wattmarket.played import Server, ok, problem
from wattmarket.errors import ConflictError

START = "2016-06-15T12:00:00Z"


def test_recalls_are_asked_for_decided_and_seen() -> None:
    server = Server(
        ok(match_id="mat-c1", state="disputed"),
        ok(match_id="mat-c1", state="disputed", second_person_until="2016-06-15T11:15:00Z"),
        ok(items=[{"match_id": "mat-c1"}], next_cursor=None),
    )
    with server.client() as market:
        asked = market.recalls.request("mat-c1", START, reason="a slip")
        assert asked["state"] == "disputed"
        decided = market.recalls.decide("mat-c1", START, "cancel")
        assert decided["second_person_until"] is not None
        assert market.recalls.list() == [{"match_id": "mat-c1"}]
    which = {"match_id": "mat-c1", "start": START}
    assert server.sent == [
        ("POST", "recalls", {**which, "reason": "a slip"}),
        ("POST", "recalls:decide", {**which, "decision": "cancel"}),
        ("GET", "recalls", None),
    ]


def test_who_comes_too_late_is_told() -> None:
    server = Server(problem(409, "RECALL_TOO_LATE"))
    with server.client() as market, pytest.raises(ConflictError, match="RECALL_TOO_LATE"):
        market.recalls.request("mat-c1", START, reason="a slip")


def test_the_audit_trail_is_read_page_by_page() -> None:
    server = Server(
        ok(items=[{"command_seq": 1}], next_cursor="1"),
        ok(items=[{"command_seq": 2}], next_cursor=None),
    )
    with server.client() as market:
        lines = market.audit(kind="PlaceOrders", from_seq=1)
    assert [line["command_seq"] for line in lines] == [1, 2]
    asked = "audit?limit=1000&kind=PlaceOrders&from_seq=1"
    assert [path.replace("cursor=1&", "") for _, path, _ in server.sent] == [asked, asked]
    assert "cursor=1" in server.sent[1][1]
