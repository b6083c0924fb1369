"""Collateral from the client."""

from tests.wattmarket.played import Server, ok


def test_accounts_limits_and_calls_are_seen() -> None:
    server = Server(
        ok(available="1.00000000"),
        ok(items=[{"participant_id": "ann"}], next_cursor="ann"),
        ok(items=[{"participant_id": "ben"}], next_cursor=None),
        ok(items=[{"limit": "5.00000000"}], next_cursor=None),
        ok(items=[{"call_id": "mar-1"}], next_cursor=None),
    )
    with server.client() as market:
        assert market.collateral.get() == {"available": "1.00000000"}
        accounts = market.collateral.list(state="called")
        assert accounts == [{"participant_id": "ann"}, {"participant_id": "ben"}]
        assert market.collateral.limits() == [{"limit": "5.00000000"}]
        assert market.collateral.calls(state="open") == [{"call_id": "mar-1"}]
    paths = [path.partition("?")[0] for _, path, _ in server.sent]
    assert paths == [
        "account/collateral",
        "collateral",
        "collateral",
        "credit-limits",
        "margin-calls",
    ]


def test_a_limit_is_set_with_its_reason() -> None:
    server = Server(ok(limit="0.00000000", second_person_until="2016-06-14T21:15:00.000Z"))
    with server.client() as market:
        answer = market.collateral.set_limit("ann", "250.00", reason="a guarantee")
    assert answer["limit"] == "0.00000000"
    assert server.sent == [
        (
            "PUT",
            "participants/ann/credit-limit",
            {"limit": "250.00", "reason": "a guarantee"},
        )
    ]
