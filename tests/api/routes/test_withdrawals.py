"""Withdrawals over the wire: held at once, approved by two, sent, confirmed or given back."""

from typing import Any

import pytest

from api.access.permissions import Channel
from api.channels.live import LiveMarket
from tests.api.channels.test_live_trading import stored
from tests.api.hosting import US, Server
from tests.api.routes.test_payments import balances, both, sent
from tests.api.village import Village, make_village


@pytest.fixture
def hall(server: Server) -> Village:
    made = make_village(server, intervals=1)
    operator = made.act("/clients:batch", "operator", {"items": [{"role": "operator"}]})
    made.tokens["second"] = made.server.token(operator.json()["items"][0])
    return made


def wanted(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever JSON holds
    body = {
        "client_withdrawal_id": "w-1",
        "amount": "30.00",
        "payee_name": "Ada",
        "payee_account": "DE02 1203 0000 0000 2020 51",
    }
    return body | changes


def asks(hall: Village, **changes: Any) -> Any:  # noqa: ANN401
    return hall.post("/account/withdrawals", "ada", wanted(**changes))


def money(hall: Village, who: str = "ada") -> tuple[str, str]:
    found = hall.get("/account", who)
    return found["held"].removesuffix("000000"), found["available"].removesuffix("000000")


def test_from_the_request_to_the_statement(hall: Village) -> None:
    with hall.stream("ada") as reader:
        reader.hear("hello")
        reader.subscribe("account", "ada")
        assert reader.hear("snapshot")["data"]["held"] == "0.00000000"
        made = asks(hall)
        assert (made.status_code, made.json()["state"]) == (201, "requested")
        told = reader.hear_event("withdrawal")["data"]
        assert (told["state"], told["held"]) == ("requested", "30.00000000")
        assert asks(hall).status_code == 200
        assert money(hall) == ("30.00", "70.00")
        both(hall, "/withdrawals/out-1:approve", {"reason": "known account"})
        file = hall.act("/payments:send", "operator", {}).json()
        assert [item["withdrawal_id"] for item in file["items"]] == ["out-1"]
        assert hall.act("/payments:send", "operator", {}).json()["file_id"] is None
        sent(hall, "2016-07-07,-30.00,EUR,out-1,Ada,b-1\n")
        states = [reader.hear_event("withdrawal")["data"]["state"] for _ in range(3)]
    assert states == ["approved", "sent", "paid"]
    assert money(hall) == ("0.00", "70.00")
    (own,) = hall.get("/withdrawals", "ada")["items"]
    assert (own["state"], own["bank_id"], own["amount"]) == ("paid", "b-1", "30.00")
    assert hall.get("/withdrawals", "bob")["items"] == []
    assert hall.get("/withdrawals", "operator", state="paid")["items"] == [own]
    assert balances(hall)["participant:ada"] == "70.00000000"


def test_the_same_sending_asked_again_is_the_same_answer(hall: Village) -> None:
    asks(hall)
    both(hall, "/withdrawals/out-1:approve", {"reason": "known account"})
    first = hall.act("/payments:send", "operator", {}, key="one-sending-and-no-other")
    again = hall.act("/payments:send", "operator", {}, key="one-sending-and-no-other")
    assert first.json() == again.json()
    assert first.json()["count"] == 1


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"amount": "100.01"}, 409, "INSUFFICIENT_FUNDS"),
        ({"amount": "1.005"}, 422, "FIELD_RANGE"),
        ({"amount": "0.00"}, 422, "FIELD_RANGE"),
        ({"amount": "-1.00"}, 422, "FIELD_RANGE"),
        ({"amount": 1}, 422, "FIELD_FORMAT"),
        ({"payee_account": ""}, 422, "FIELD_RANGE"),
        ({"colour": "green"}, 422, "FIELD_UNKNOWN"),
        ({"participant_id": "bob"}, 422, "FIELD_UNKNOWN"),
    ],
)
def test_what_cannot_be_withdrawn(
    hall: Village, changes: dict[str, Any], status: int, code: str
) -> None:
    answer = asks(hall, **changes)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert money(hall) == ("0.00", "100.00")


def test_another_request_under_a_known_name_is_refused(hall: Village) -> None:
    asks(hall)
    answer = asks(hall, amount="31.00")
    assert (answer.status_code, answer.json()["code"]) == (409, "EXISTS_WITH_DIFFERENT_FIELDS")


def test_what_is_held_buys_nothing(hall: Village) -> None:
    asks(hall, amount="99.90")
    refused = hall.post("/orders", "ada", hall.order(energy_kwh="1.500"))
    assert refused.json()["code"] == "INSUFFICIENT_FUNDS"
    gone = hall.post("/withdrawals/out-1:cancel", "ada", {})
    assert gone.json()["state"] == "cancelled"
    assert hall.post("/orders", "ada", hall.order(energy_kwh="1.500")).status_code == 201


def test_nobody_decides_about_what_is_anothers(hall: Village) -> None:
    asks(hall)
    other = hall.post("/withdrawals/out-1:cancel", "bob", {})
    absent = hall.post("/withdrawals/out-9:cancel", "bob", {})
    assert other.status_code == absent.status_code == 404
    assert {**other.json(), "trace_id": ""} == {**absent.json(), "trace_id": ""}
    assert hall.post("/withdrawals/out-1:approve", "ada", {"reason": "x"}).status_code == 403


def test_refused_by_one_and_rejected_by_two(hall: Village) -> None:
    asks(hall)
    refused = hall.post("/withdrawals/out-1:refuse", "operator", {"reason": "wrong name"}).json()
    assert (refused["withdrawal"]["state"], refused["withdrawal"]["reason"]) == (
        "refused",
        "wrong name",
    )
    assert money(hall) == ("0.00", "100.00")
    asks(hall, client_withdrawal_id="w-2")
    both(hall, "/withdrawals/out-2:approve", {"reason": "fine"})
    hall.act("/payments:send", "operator", {})
    late = hall.post("/withdrawals/out-2:cancel", "ada", {})
    assert (late.status_code, late.json()["code"]) == (409, "PAYMENT_CLOSED")
    found = both(hall, "/withdrawals/out-2:reject", {"reason": "account closed"})
    assert found["withdrawal"]["state"] == "rejected"
    assert money(hall) == ("0.00", "100.00")


def test_following_and_reading_agree_on_what_is_held(hall: Village) -> None:
    asks(hall)
    asks(hall, client_withdrawal_id="w-2", amount="5.00")
    hall.post("/withdrawals/out-2:cancel", "ada", {})
    live: LiveMarket = hall.server.house.markets[hall.market_id].live
    now_us = hall.server.clock.now_us()
    hall.get("/ledger", "operator")  # waits until the file shows all that is committed
    again = stored(hall)
    for who in ("ada", "bob"):
        shown = live.snapshot(Channel.ACCOUNT, who, now_us)
        assert shown == again.snapshot(Channel.ACCOUNT, who, now_us)
    assert live.snapshot(Channel.ACCOUNT, "ada", now_us)["held"] == "30.00000000"
    assert now_us // US > 0
