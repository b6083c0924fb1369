"""The stream over a real socket: snapshot, deltas without a gap, resend, resync, slow readers."""
# house: long because what a socket may meet is told in one place.

import json
import time
from contextlib import ExitStack
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from api.access.permissions import Channel
from api.stream.hub import SUBSCRIPTIONS_MAX, Hub
from tests.api.hosting import Server
from tests.api.village import Reader, Village
from tests.patience import PATIENCE_S


def closed_with(reader: Reader) -> tuple[int, str]:
    """Code and reason with which the server ends the socket."""
    with pytest.raises(ConnectionClosed) as closed:
        hear_all(reader)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


def hear_all(reader: Reader) -> None:
    """Read until the socket ends, and keep the last message."""
    while True:
        reader.last = json.loads(reader.socket.recv(PATIENCE_S))


def test_hello_names_role_clock_and_limits(still_village: Village) -> None:
    with still_village.stream("ada") as reader:
        hello = reader.hear("hello")
        assert hello["channel"] is hello["key"] is hello["seq"] is None
        data = hello["data"]
        assert data["market_id"] == still_village.market_id
        assert data["role"] == "participant"
        assert 0 < data["expires_in"] <= still_village.server.settings.token_lifetime_s
        assert (data["speed"], data["subscriptions_max"]) == (1.0, SUBSCRIPTIONS_MAX)
        assert data["limits"]["held_messages"] == 10_000
    with still_village.stream() as reader:
        assert reader.hear("hello")["data"]["role"] is None


def test_a_subscription_is_a_snapshot_and_then_every_change(village: Village) -> None:
    with village.stream("ada") as reader:
        hello = reader.hear("hello")
        reader.subscribe("account", "ada")
        snapshot = reader.hear("snapshot")
        assert snapshot["data"]["balance"] == "100.00000000"
        assert snapshot["data"]["orders"] == []
        order = village.post("/orders", "ada", village.order()).json()
        accepted = reader.hear("delta")
        assert accepted["seq"] == snapshot["seq"] + 1
        assert accepted["epoch"] == snapshot["epoch"] == hello["epoch"] == 1
        assert accepted["data"]["event"] == "orders_accepted"
        assert accepted["data"]["items"] == [order]
        assert accepted["data"]["available"] == "99.70000000"
        village.post("/orders:batch", "ada", {"orders": [village.order(unit_id="bob-solar")]})
        rejected = reader.hear("delta")
        assert (rejected["seq"], rejected["data"]["event"]) == (
            snapshot["seq"] + 2,
            "orders_rejected",
        )
        assert rejected["data"]["items"][0]["code"] == "UNIT_UNKNOWN"
        village.send("DELETE", f"/orders/{order['order_id']}", "ada")
        cancelled = reader.hear("delta")
        assert (cancelled["data"]["event"], cancelled["data"]["order_ids"]) == (
            "orders_cancelled",
            [order["order_id"]],
        )
        assert cancelled["data"]["held"] == "0.00000000"
        reader.subscribe("account", "ada")
        assert reader.hear("snapshot")["seq"] == cancelled["seq"]


def test_a_snapshot_holds_what_the_changes_before_it_made(village: Village) -> None:
    order = village.post("/orders", "ada", village.order()).json()
    with village.stream("ada") as reader:
        reader.hear("hello")
        reader.subscribe("account", "ada")
        data = reader.hear("snapshot")["data"]
        assert data["orders"] == [order]
        assert data["held"] == order["held"]


def test_a_day_on_the_market_channel(village: Village) -> None:
    village.post("/orders", "ada", village.order())
    village.post(
        "/orders", "bob", village.order(unit_id="bob-solar", side="sell", price_per_mwh="50.00")
    )
    with village.stream() as public, village.stream("rural") as rural, village.stream("ada") as ada:
        for reader, subscriptions in (
            (public, [("market", village.market_id), ("trades", "RUR")]),
            (rural, [("area", "RUR"), ("unit", "bob-solar")]),
            (ada, [("account", "ada"), ("unit", "ada-load")]),
        ):
            reader.hear("hello")
            for channel, key in subscriptions:
                reader.subscribe(channel, key)
                snapshot = reader.hear("snapshot")
                if channel == "market":
                    starts = [item["start"] for item in snapshot["data"]["intervals"]]
                    assert village.start() in starts
                if channel == "area":
                    assert snapshot["data"]["units"] == ["ada-load", "bob-solar"]
        village.go_to(900 + 900 + 1)  # the first interval is over and settled
        cleared = public.hear_event("cleared")["data"]["interval"]
        (shown,) = village.get("/intervals", **{"from": village.start(), "limit": 1})["items"]
        assert {**cleared, "phase": "settled"} == shown
        assert (cleared["trades"], cleared["rung"]) == (2, "optimal")
        traded = public.hear_event("trades")["data"]
        assert {item["side"] for item in traded["items"]} == {"buy", "sell"}
        assert not any("ada" in str(item) or "ord-" in str(item) for item in traded["items"])
        assert public.hear_event("settled")["data"]["ledger_sum"] == "0.00000000"

        setpoints = rural.hear_event("setpoints")["data"]
        assert setpoints["target_kw"] == "0.000"
        assert {item["unit_id"]: item["target_kw"] for item in setpoints["setpoints"]} == {
            "ada-load": "-6.000",
            "bob-solar": "6.000",
        }
        assert rural.hear_event("setpoint")["data"]["unit_id"] == "bob-solar"
        assert rural.hear_event("deviation")["data"]["level"] == "unit"
        assert rural.hear_event("deviation")["data"]["member_id"] == "RUR"

        mine = ada.hear_event("trades")["data"]["items"]
        assert [item["participant_id"] for item in mine] == ["ada"]
        moved = ada.hear_event("transfers")["data"]
        assert moved["items"][-1]["balance"] == moved["balance"]
        closed = ada.hear_event("orders_closed")["data"]
        assert closed["items"][0]["state"] == "filled"
        assert closed["held"] == "0.00000000"
        assert ada.hear_event("setpoint")["data"]["target_kw"] == "-6.000"
        assert ada.hear_event("measurement")["data"]["substituted"] is True
        last = ada.hear_event("transfers")["data"]
    assert last["balance"] == village.get("/account", "ada")["balance"]


def test_heartbeats_name_the_number_of_every_subscription(still_village: Village) -> None:
    with still_village.stream() as reader:
        reader.hear("hello")
        reader.subscribe("trades", "RUR")
        reader.subscribe("trades", "GRID")
        seqs = {
            f"{m['channel']}.{m['key']}": m["seq"] for m in [reader.hear("snapshot") for _ in "12"]
        }
        assert reader.hear("heartbeat")["data"]["seqs"] == seqs
        reader.say(type="heartbeat")
        reader.say(type="unsubscribe", channel="trades", key="GRID")
        # Messages are taken in order: once this is answered, the one before it is done.
        reader.subscribe("trades", "RUR")
        reader.hear("snapshot")
        assert set(reader.hear("heartbeat")["data"]["seqs"]) == {"trades.RUR"}


def order_many(village: Village, count: int) -> None:
    for _ in range(count):
        answer = village.post("/orders", "ada", village.order(energy_kwh="0.001"))
        assert answer.status_code == 201


def test_missed_changes_are_sent_again(village: Village) -> None:
    with village.stream("ada") as reader:
        reader.hear("hello")
        reader.subscribe("account", "ada")
        first = reader.hear("snapshot")["seq"]
        order_many(village, 5)
        deltas = [reader.hear("delta") for _ in range(5)]
        reader.say(
            type="resend", channel="account", key="ada", **{"from": first + 2, "to": first + 4}
        )
        again = [reader.hear("resend") for _ in range(3)]
        assert [{**message, "type": "delta"} for message in again] == deltas[1:4]
        reader.say(type="unsubscribe", channel="account", key="ada")
        reader.subscribe("account", "ada", from_seq=first + 4)
        assert [reader.hear("delta") for _ in range(2)] == deltas[3:5]
        reader.subscribe("account", "ada", from_seq=first + 6)  # nothing missed
        order_many(village, 1)
        assert reader.hear("delta")["seq"] == first + 6
        reader.subscribe("account", "ada", from_seq=first + 99)  # has not happened
        assert reader.hear("snapshot")["seq"] == first + 6


def hub_of(village: Village) -> Hub:
    return village.server.house.markets[village.market_id].hub


def forget_held(village: Village, channel: Channel, key: str, count: int) -> None:
    """As if so many changes were old."""
    held = hub_of(village).topic((channel, key)).held
    assert held is not None
    for _ in range(count):
        held.popleft()


def test_what_is_no_longer_held_ends_the_subscription(village: Village) -> None:
    with village.stream() as reader:
        reader.hear("hello")
        reader.subscribe("market", village.market_id)
        seq = reader.hear("snapshot")["seq"]
        village.go_to(0)
        last = [reader.hear("delta") for _ in range(3)][-1]
        assert last["seq"] == seq + 3
        forget_held(village, Channel.MARKET, village.market_id, 2)
        ask = {"from": seq + 1, "to": seq + 3}
        reader.say(type="resend", channel="market", key=village.market_id, **ask)
        told = reader.hear("delta", "resync_required")
        while told["type"] == "delta":
            told = reader.hear("delta", "resync_required")
        assert (told["channel"], told["key"]) == ("market", village.market_id)
        data = told["data"]
        assert (data["expected"], data["reason"]) == (seq + 1, "not_held")
        assert data["current"] >= seq + 3
        village.go_to(901)  # is not told any more
        reader.subscribe("market", village.market_id)
        assert reader.hear("snapshot")["seq"] > data["current"]


def test_an_account_is_told_again_what_is_held_no_longer(village: Village) -> None:
    with village.stream("ada") as reader:
        reader.hear("hello")
        reader.subscribe("account", "ada")
        first = reader.hear("snapshot")["seq"]
        order_many(village, 3)
        village.post("/orders:batch", "ada", {"orders": [village.order(unit_id="bob-solar")]})
        village.post("/orders", "bob", village.order(unit_id="bob-solar", side="sell"))
        order_id = village.get("/orders", "ada")["items"][1]["order_id"]
        village.send("DELETE", f"/orders/{order_id}", "ada")
        deltas = [reader.hear("delta") for _ in range(5)]
        village.go_to(901 + 900)  # traded, delivered, settled
        last = deltas[-1]
        while last["data"].get("event") != "transfers" or not settled(last):
            last = reader.hear("delta")
            deltas.append(last)
        forget_held(village, Channel.ACCOUNT, "ada", len(deltas) - 1)
        ask = {"from": first + 1, "to": last["seq"]}
        reader.say(type="resend", channel="account", key="ada", **ask)
        again = [reader.hear("resend") for _ in deltas]
        assert [{**message, "type": "delta"} for message in again] == deltas


def settled(message: dict[str, Any]) -> bool:
    return any(item["kind"] == "levies" for item in message["data"]["items"])


def test_of_an_account_only_what_nobody_had_heard_is_lost(village: Village) -> None:
    order_many(village, 2)
    with village.stream("ada") as reader:
        reader.hear("hello")
        reader.subscribe("account", "ada")
        assert reader.hear("snapshot")["seq"] >= 2
        reader.say(type="resend", channel="account", key="ada", **{"from": 1, "to": 2})
        assert reader.hear("resync_required")["data"]["reason"] == "not_held"


def test_a_resend_without_subscription_is_not_found(still_village: Village) -> None:
    with still_village.stream("ada") as reader:
        reader.hear("hello")
        reader.say(type="resend", channel="account", key="ada", **{"from": 1, "to": 2})
        assert reader.hear("error")["data"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "[]",
        "{}",
        '{"type": "sing"}',
        '{"type": "subscribe"}',
        '{"type": "subscribe", "channel": 1, "key": "x"}',
        '{"type": "subscribe", "channel": "market", "key": "x", "from_seq": 1.5}',
        '{"type": "resend", "channel": "market", "key": "x", "from": "a", "to": 2}',
        "[" * 60_000,
    ],
    ids=lambda text: repr(text[:40]),
)
def test_what_is_not_understood_ends_the_socket(still_village: Village, text: str) -> None:
    with still_village.stream() as reader:
        reader.hear("hello")
        reader.socket.send(text)
        assert closed_with(reader)[0] == 4003


def test_bytes_are_not_understood(still_village: Village) -> None:
    with still_village.stream() as reader:
        reader.hear("hello")
        reader.socket.send(b'{"type": "heartbeat"}')
        assert closed_with(reader)[0] == 4003


def test_a_message_over_64_kb_ends_the_socket(still_village: Village) -> None:
    with still_village.stream() as reader:
        reader.hear("hello")
        reader.socket.send(json.dumps({"type": "heartbeat", "x": "y" * 70_000}))
        assert closed_with(reader)[0] == 1009


def test_a_bad_token_ends_the_socket(still_village: Village) -> None:
    token = still_village.tokens["ada"]
    still = Village(
        server=still_village.server,
        market_id=still_village.market_id,
        first_s=still_village.first_s,
        tokens={"liar": token[:-4] + "AAAA"},
    )
    with still.stream("liar") as reader:
        assert closed_with(reader) == (4001, "TOKEN_INVALID")


def test_the_first_message_must_authenticate(still_village: Village) -> None:
    with still_village.stream() as reader:
        reader.hear("hello")
    address = f"ws://127.0.0.1:{still_village.server.port}{still_village.path}/stream"
    with connect(address, compression=None) as socket:
        socket.send(json.dumps({"type": "subscribe", "channel": "trades", "key": "RUR"}))
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(PATIENCE_S)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4001


def test_a_token_is_renewed_on_the_open_socket(still_village: Village) -> None:
    with still_village.stream("ada") as reader:
        reader.hear("hello")
        reader.subscribe("account", "ada")
        reader.hear("snapshot")
        reader.say(type="authenticate", token=still_village.tokens["bob"])
        assert reader.hear("hello")["data"]["role"] == "participant"
        lost = reader.hear("error")
        assert (lost["channel"], lost["key"]) == ("account", "ada")
        assert reader.hear("heartbeat")["data"]["seqs"] == {}


def test_an_ended_token_ends_the_socket(village: Village) -> None:
    with village.stream("ada") as reader:
        reader.hear("hello")
        beyond_s = village.server.settings.token_lifetime_s + 1
        village.server.real_time_s.ahead_s += beyond_s
        try:
            assert closed_with(reader) == (4001, "TOKEN_EXPIRED")
        finally:
            village.server.real_time_s.ahead_s -= beyond_s


def test_too_many_subscriptions_end_the_socket(village: Village) -> None:
    units = [
        {
            "unit_id": f"u{number}",
            "participant_id": "ada",
            "area_id": "RUR",
            "kind": "load",
            "injection_max_kw": "0",
            "withdrawal_max_kw": "1",
            "controllable": False,
        }
        for number in range(SUBSCRIPTIONS_MAX + 1)
    ]
    assert village.post("/units:batch", "operator", {"items": units}).status_code == 201
    with village.stream("ada") as reader:
        reader.hear("hello")
        for unit in units[:-1]:
            reader.subscribe("unit", unit["unit_id"])
            reader.hear("snapshot")
        reader.subscribe("unit", units[0]["unit_id"])
        reader.hear("snapshot")
        reader.subscribe("unit", units[-1]["unit_id"])
        assert closed_with(reader)[0] == 4009


def test_a_market_that_is_not_there_is_told_before_the_socket_opens(server: Server) -> None:
    address = f"ws://127.0.0.1:{server.port}/v1/markets/nowhere/stream"
    with pytest.raises(InvalidStatus) as refused, connect(address):
        pass
    assert refused.value.response.status_code == 404
    body = refused.value.response.body
    assert body is not None
    assert json.loads(body)["code"] == "NOT_FOUND"


def test_slow_readers_are_let_go_and_nobody_else_notices(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routes.stream.SLOW_S", 1.0)
    rows = [village.order(energy_kwh="0.001", price_per_mwh="0.01") for _ in range(400)]
    assert village.post("/orders:batch", "ada", {"orders": rows}).status_code == 200
    hub = hub_of(village)
    with ExitStack() as stack:
        readers = [stack.enter_context(village.stream("ada")) for _ in range(5)]
        for reader in readers:
            reader.hear("hello")
            reader.subscribe("account", "ada")
            reader.hear("snapshot")
        slow, quick = readers[:3], readers[3:]
        listeners = list(hub.listeners)
        give_up = time.monotonic() + PATIENCE_S
        # Each snapshot is a tenth of a megabyte or more, and the slow ones do not read them.
        for reader in slow:
            for _ in range(400):
                reader.subscribe("account", "ada")
        seen = []
        while [listener.evicted for listener in listeners].count(True) < len(slow):
            assert time.monotonic() < give_up
            order_many(village, 1)
            told = [reader.hear("delta") for reader in quick]
            assert told[0] == told[1]
            seen.append(told[0]["seq"])
        assert seen == list(range(seen[0], seen[0] + len(seen)))
        assert [listener.evicted for listener in listeners].count(True) == len(slow)
        for reader in slow:
            assert closed_with(reader)[0] == 4008
            assert reader.last["type"] == "resync_required"
            assert reader.last["data"]["reason"] == "slow_reader"


def test_who_says_nothing_for_too_long_is_closed(village: Village) -> None:
    with ExitStack() as stack:

        def waited_for() -> Reader:
            """How long the server waits is settled by the time it sends a heartbeat."""
            reader = stack.enter_context(village.stream())
            reader.hear("hello")
            reader.hear("heartbeat")
            return reader

        alive, once_heard = waited_for(), waited_for()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("api.routes.stream.SILENCE_S", 0.8)
            silent = waited_for()
            once_heard.say(type="heartbeat")  # the wait begins anew, and now it is a short one
            assert closed_with(once_heard)[0] == 4002
        assert closed_with(silent)[0] == 4002
        alive.subscribe("trades", "RUR")
        alive.hear("snapshot")


def test_a_long_absence_is_made_up_for_in_parts(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routes.stream.AGAIN_AT_ONCE", 3)
    with village.stream("ada") as reader:
        reader.hear("hello")
        reader.subscribe("account", "ada")
        first = reader.hear("snapshot")["seq"]
        order_many(village, 10)
        deltas = [reader.hear("delta") for _ in range(10)]
        reader.say(
            type="resend", channel="account", key="ada", **{"from": first + 1, "to": first + 10}
        )
        assert [reader.hear("resend")["seq"] for _ in range(10)] == [m["seq"] for m in deltas]
        reader.subscribe("account", "ada", from_seq=first + 1)
        assert [reader.hear("delta") for _ in range(10)] == deltas
        order_many(village, 1)
        assert reader.hear("delta")["seq"] == first + 11
