"""Orders that change, from the client: what goes out, and what comes back."""

import datetime as dt
from decimal import Decimal

import httpx
import pyarrow as pa
import pytest

from api.incoming.orders import OptionsIn
from tests.wattmarket.played import Server, ok, problem
from wattmarket.changes import OrderOptions
from wattmarket.errors import ConflictError, UsageError

ORDER = {
    "unit_id": "u",
    "start": "2016-06-15T12:00:00Z",
    "side": "buy",
    "price_per_mwh": "210.00",
    "energy_kwh": "0.250",
}


def test_a_replace_names_its_revision_and_only_what_changes() -> None:
    server = Server(ok(order_id="ord-1", revision=2, events=["OrderReplaced"]))
    with server.client() as market:
        changed = market.orders.replace("ord-1", revision=1, energy_kwh=Decimal("0.100"))
        market.orders.replace("ord-1", revision=2, price_per_mwh="90.00")
    assert changed["revision"] == 2
    assert server.sent == [
        ("POST", "orders/ord-1:replace", {"revision": 1, "energy_kwh": "0.100"}),
        ("POST", "orders/ord-1:replace", {"revision": 2, "price_per_mwh": "90.00"}),
    ]


def test_a_stale_revision_is_a_conflict_and_is_not_tried_again() -> None:
    server = Server(problem(409, "REVISION_MISMATCH"))
    with server.client() as market, pytest.raises(ConflictError, match="REVISION_MISMATCH"):
        market.orders.replace("ord-1", revision=1, energy_kwh="0.100")
    assert len(server.asked) == 1


def test_orders_sleep_and_wake_with_one_result_each() -> None:
    rows = [{"order_id": "ord-1", "status": "hibernated", "code": None}]
    server = Server(ordinary={"items": rows})
    with server.client() as market:
        assert market.orders.hibernate(["ord-1"]) == rows
        market.orders.activate(iter(["ord-1", "ord-2"]))
    assert server.sent == [
        ("POST", "orders:hibernate", {"order_ids": ["ord-1"]}),
        ("POST", "orders:activate", {"order_ids": ["ord-1", "ord-2"]}),
    ]


def test_giving_up_takes_one_word() -> None:
    server = Server(ok(cancelled=3), ok(cancelled=0))
    with server.client() as market:
        assert market.orders.cancel_all() == 3
        assert market.orders.cancel_all(unit_id="u") == 0
        market.orders.cancel_after(30)
        market.orders.deactivate(reason="lunch")
        market.orders.deactivate(reason="fire", scope="unit", key="u")
    assert server.sent == [
        ("POST", "me/orders:delete", {}),
        ("POST", "me/orders:delete", {"unit_id": "u"}),
        ("POST", "me/orders:cancel-after", {"after_s": 30}),
        ("POST", "me/orders:deactivate", {"scope": "participant", "reason": "lunch"}),
        ("POST", "me/orders:deactivate", {"scope": "unit", "reason": "fire", "key": "u"}),
    ]


def test_the_options_of_an_order_are_those_of_the_wire() -> None:
    served = {field.alias or name for name, field in OptionsIn.model_fields.items()}
    assert set(OrderOptions.__annotations__) == served


def test_an_order_says_what_it_asks_and_no_more() -> None:
    server = Server()
    ends = dt.datetime(2016, 6, 15, 11, tzinfo=dt.UTC)
    with server.client() as market:
        market.orders.place(
            **ORDER,
            client_order_id="mine",
            tif="gtd",
            expires=ends,
            display_kwh=Decimal("0.050"),
            partners=("ann",),
            post_only=True,
            session_id=None,  # type: ignore[typeddict-item]
        )
    ((_, _, body),) = server.sent
    assert body == {
        **ORDER,
        "kind": "limit",
        "client_order_id": "mine",
        "tif": "gtd",
        "expires": "2016-06-15T11:00:00+00:00",
        "display_kwh": "0.050",
        "partners": ["ann"],
        "post_only": True,
    }


def test_an_option_that_is_none_is_told_before_anything_is_sent() -> None:
    server = Server()
    with server.client() as market, pytest.raises(UsageError, match="no colour, size"):
        market.orders.place(**ORDER, size=1, colour="green")  # type: ignore[call-arg]
    assert server.asked == []


def test_an_agent_says_for_whom_with_every_act_on_orders() -> None:
    server = Server(ordinary={"items": [], "next_cursor": None})
    with server.client() as market:
        market.orders.place(**ORDER, on_behalf_of="ann")
        market.orders.place_many([ORDER], on_behalf_of="ann")
        market.orders.submit([ORDER], on_behalf_of="ann")
        market.orders.cancel("ord-1", on_behalf_of="ann")
        market.orders.cancel_many(["ord-1"], on_behalf_of="ann")
        market.orders.list(on_behalf_of="ann")
        market.orders.list()
    asked = [request.url.params.get("on_behalf_of") for request in server.asked]
    assert asked == ["ann"] * 6 + [None]


def test_options_go_in_columns_too() -> None:
    server = Server(httpx.Response(200, json={"items": []}))
    with server.client() as market:
        market.orders.submit([{**ORDER, "tif": "ioc", "post_only": False}])
    columns = pa.ipc.open_stream(server.asked[0].content).read_all()
    assert columns["tif"].to_pylist() == ["ioc"]
    assert columns["post_only"].to_pylist() == [False]
