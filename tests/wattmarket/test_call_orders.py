"""Orders that only calls take, and explanations, from the client: what goes out, and what comes back."""

from typing import Any

from tests.wattmarket.played import Server, ok

START, NEXT = "2016-06-15T12:00:00Z", "2016-06-15T12:15:00Z"


def _sent(server: Server) -> list[tuple[str, dict[str, Any]]]:
    return [(path, body) for _, path, body in server.sent]


def test_a_curve_is_sent_step_by_step() -> None:
    server = Server(ok(order_id="ord-1"))
    with server.client() as market:
        made = market.orders.place_curve(
            unit_id="u", start=START, side="buy", steps=[("300.00", 1), ("90.00", "0.5")],
            client_order_id="c",
        )  # fmt: skip
    assert made == {"order_id": "ord-1"}
    ((path, body),) = _sent(server)
    assert (path, body["kind"], body["client_order_id"]) == ("orders", "curve", "c")
    assert [step["price_per_mwh"] for step in body["steps"]] == ["300.00", "90.00"]


def test_a_block_says_what_it_hangs_on() -> None:
    server = Server(ordinary={"order_id": "ord-1"})
    legs = {START: "1.000", NEXT: "2.000"}
    block = {"unit_id": "u", "side": "buy", "price_per_mwh": "90.00", "legs": legs}
    with server.client() as market:
        market.orders.place_call_block(**block, client_order_id="a")
        market.orders.place_call_block(**block, client_order_id="b", parent="a")
        market.orders.place_call_block(**block, client_order_id="c", group="g")
    bodies = [body for _, body in _sent(server)]
    assert [body["kind"] for body in bodies] == ["block", "linked", "exclusive"]
    assert [leg["start"] for leg in bodies[0]["legs"]] == [START, NEXT]
    assert ("parent" in bodies[0], bodies[1]["parent"], bodies[2]["group"]) == (False, "a", "g")


def test_a_storage_offers_its_window() -> None:
    server = Server(ok(order_id="ord-1"))
    with server.client() as market:
        market.orders.place_storage(
            unit_id="u", start=START, end=NEXT, charge_max_kwh=1, discharge_max_kwh=1,
            spread_per_mwh="5.00", end_value_per_mwh="0.00",
        )  # fmt: skip
    ((path, body),) = _sent(server)
    assert (path, body["kind"], body["end"]) == ("orders", "storage", NEXT)
    assert body["client_order_id"]


def test_an_explanation_is_asked_by_either_name() -> None:
    told = {"order_id": "ord-1", "state": "active", "reasons": []}
    server = Server(ordinary=told)
    with server.client() as market:
        assert market.orders.explain("ord-1") == told
        assert market.orders.explain_own("mine") == told
    assert [path for _, path, _ in server.sent] == [
        "orders/ord-1/explanation",
        "orders:explain?client_order_id=mine",
    ]
