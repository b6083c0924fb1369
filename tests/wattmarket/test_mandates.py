"""Mandates and one's own limits from the client."""

import httpx

from tests.wattmarket.played import Server, ok


def test_a_mandate_is_granted_under_one_name_however_often_it_is_sent() -> None:
    server = Server(httpx.ReadError, ok(mandate_id="man-1"))
    with server.client() as market:
        made = market.mandates.grant(
            "bob", from_="2016-06-15T00:00:00Z", until="2016-06-16T00:00:00Z"
        )
    assert made == {"mandate_id": "man-1"}
    first, second = (body for _, _, body in server.sent)
    assert first == second
    assert len(first.pop("client_mandate_id")) == 32
    assert first == {
        "agent": "bob",
        "unit_ids": [],
        "from": "2016-06-15T00:00:00Z",
        "until": "2016-06-16T00:00:00Z",
    }


def test_a_mandate_is_bounded_seen_and_revoked() -> None:
    server = Server(
        ok(), ok(items=[{"mandate_id": "man-1"}], next_cursor=None), ok(state="revoked")
    )
    with server.client() as market:
        market.mandates.grant(
            "bob",
            from_="2016-06-15T00:00:00Z",
            until="2016-06-16T00:00:00Z",
            unit_ids=("u",),
            energy_kwh_max="1.000",
            value_max="0.50",
            client_mandate_id="mine",
        )
        assert market.mandates.list() == [{"mandate_id": "man-1"}]
        assert market.mandates.revoke("man-1") == {"state": "revoked"}
    granted = server.sent[0][2]
    assert (granted["unit_ids"], granted["client_mandate_id"]) == (["u"], "mine")
    assert (granted["energy_kwh_max"], granted["value_max"]) == ("1.000", "0.50")
    assert server.sent[1:] == [
        ("GET", "mandates", None),
        ("POST", "mandates/man-1:revoke", None),
    ]


def test_one_binds_and_unbinds_oneself() -> None:
    limits = {"order_value_max": "5.00000000", "exposure_max": None}
    server = Server(ordinary=limits)
    with server.client() as market:
        assert market.limits.set(order_value_max="5.00") == limits
        market.limits.set()
        assert market.limits.get() == limits
    assert server.sent == [
        ("PUT", "me/trading-limits", {"order_value_max": "5.00"}),
        ("PUT", "me/trading-limits", {}),
        ("GET", "me/trading-limits", None),
    ]
