"""Approvals: whatever waits for a second person is in one list, and what the list says agrees to it."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.hosting import Server
from tests.api.routes import test_cases, test_recalls
from tests.api.village import Json, Village, make_village


def with_second(village: Village) -> Village:
    operator = village.act("/clients:batch", "operator", {"items": [{"role": "operator"}]})
    village.tokens["second"] = village.server.token(operator.json()["items"][0])
    return village


@pytest.fixture
def hall(server: Server) -> Village:
    return with_second(make_village(server))


def waiting(hall: Village, who: str = "second") -> list[dict[str, Any]]:
    return list(hall.get("/approvals", who)["items"])


def agree(hall: Village, item: Json, who: str = "second") -> Json:
    """Send what the list says, as it stands."""
    approve = item["approve"]
    path = approve["path"].removeprefix(hall.path)
    headers = {"Idempotency-Key": uuid4().hex} if approve["named"] else {}
    return hall.send(approve["method"], path, who, json=approve["body"], headers=headers)


def is_agreed(hall: Village, kind: str, target: str) -> dict[str, Any]:
    """The one thing that waits: the proposer may not agree, a second one does, and nothing waits."""
    (item,) = waiting(hall)
    assert (item["kind"], item["target"], item["own"]) == (kind, target, False)
    assert waiting(hall, "operator")[0]["own"] is True
    assert item["proposed_at"] < item["until"]
    again = agree(hall, item, "operator")
    assert (again.status_code, again.json()["code"]) == (409, "SECOND_PERSON_REQUIRED")
    answer = agree(hall, item)
    assert answer.status_code == 200, answer.text
    assert waiting(hall) == []
    return item


def test_a_larger_credit_limit(hall: Village) -> None:
    body = {"limit": "5.00", "reason": "a guarantee"}
    hall.send("PUT", "/participants/bob/credit-limit", "operator", json=body)
    item = is_agreed(hall, "credit_limit", "bob")
    assert (item["before"]["limit"], item["after"]["limit"]) == ("0.00000000", "5.00000000")
    assert item["reason"] == "a guarantee"
    assert hall.get("/credit-limits", "bob")["items"][0]["limit"] == "5.00000000"


def test_the_end_of_a_halt_and_of_a_kill(hall: Village) -> None:
    for place in (
        {"kind": "halt", "scope": "area", "key": "RUR"},
        {"kind": "kill", "scope": "participant", "key": "bob"},
        {"kind": "halt", "scope": "interval", "key": str(hall.first_s)},
        {"kind": "halt", "scope": "market", "key": ""},
    ):
        assert hall.post("/stops", "operator", {**place, "reason": "fog"}).status_code == 200
        assert hall.post("/stops:release", "operator", place).status_code == 200
        target = ":".join(part for part in place.values() if part)
        item = is_agreed(hall, "release_stop", target)
        assert item["before"]["reason"] == "fog"
    assert hall.get("/stops", "operator")["items"] == []


def test_an_act_after_an_emergency_and_one_that_was_overtaken(hall: Village) -> None:
    stop = {"kind": "emergency_stop", "level": "unit", "member_id": "bob-solar", "reason": "fire"}
    assert hall.post("/acts", "operator", stop).status_code == 200
    release = stop | {"kind": "release", "reason": "out"}
    act = hall.post("/acts", "operator", release).json()["act"]
    item = is_agreed(hall, "act", act["act_id"])
    assert item["before"]["narrowings"][0]["reason"] == "fire"
    assert (item["after"]["kind"], item["reason"]) == ("release", "out")
    assert hall.post("/acts", "operator", stop).status_code == 200
    assert hall.post("/acts", "operator", release).status_code == 200
    assert len(waiting(hall)) == 1
    limit = {"kind": "limit", "level": "unit", "member_id": "bob-solar", "reason": "x", "injection_max_kw": "1.000"}  # fmt: skip
    assert hall.post("/acts", "second", limit).status_code == 200
    assert waiting(hall) == [], "something else was done meanwhile, so nobody can agree any more"


def test_what_is_done_with_a_disputed_match(server: Server) -> None:
    hall = with_second(test_recalls.hall.__wrapped__(server))  # type: ignore[attr-defined]
    hall.post("/recalls", "ada", test_recalls.match(hall, reason="a slip"))
    hall.post("/recalls:decide", "operator", test_recalls.match(hall, decision="cancel"))
    match_id = test_recalls.match(hall)["match_id"]
    item = is_agreed(hall, "decide_recall", match_id)
    assert (item["before"]["state"], item["after"]["state"]) == ("disputed", "cancelled")


def test_a_credit_for_a_disputed_bill(server: Server) -> None:
    hall = test_cases.hall.__wrapped__(server)  # type: ignore[attr-defined]
    test_cases.dispute(hall, test_cases.some(hall))
    wanted = {"outcome": "upheld", "remedy": "credit", "answer": "misread"}
    assert hall.post("/cases/cas-1:decide", "operator", wanted).status_code == 200
    item = is_agreed(hall, "case_credit", "cas-1")
    assert item["after"]["credited_amount"] == "0.10000001"
    assert hall.get("/cases/cas-1", "ada")["outcome"] == "upheld"


def test_money_that_leaves(hall: Village) -> None:
    body = {"client_withdrawal_id": "w-1", "amount": "10.00", "payee_name": "Ada", "payee_account": "DE1"}  # fmt: skip
    made = hall.post("/account/withdrawals", "ada", body).json()
    path = f"/withdrawals/{made['withdrawal_id']}"
    hall.post(f"{path}:approve", "operator", {"reason": "checked"})
    item = is_agreed(hall, "payout_approve", made["withdrawal_id"])
    assert (item["before"]["amount"], item["before"]["payee_account"]) == ("10.00000000", "DE1")
    (paid,) = hall.get("/withdrawals", "ada")["items"]
    assert paid["state"] == "approved"


def test_money_that_came_from_nobody_knows_where(hall: Village) -> None:
    rows = (
        "date,amount,currency,reference,counterparty,bank_id\n"
        "2016-06-14,25.00,EUR,hello,somebody,mov-1\n2016-06-14,30.00,EUR,hello,somebody,mov-2\n"
    )
    headers = {"Content-Type": "text/csv"}
    sent = hall.send("POST", "/payments:file", "operator", content=rows.encode(), headers=headers)
    assert sent.status_code == 201, sent.text
    hall.post("/payments/mov-1:assign", "operator", {"reason": "asked", "participant_id": "bob"})
    item = is_agreed(hall, "payment_assign", "mov-1")
    assert item["after"] == {"decision": "participant", "participant_id": "bob"}
    hall.post("/payments/mov-2:return", "operator", {"reason": "no", "payee_account": "DE9"})
    is_agreed(hall, "payment_return", "mov-2")
    states = {x["bank_id"]: x["state"] for x in hall.get("/payments", "operator")["items"]}
    assert states == {"mov-1": "assigned", "mov-2": "returned"}


def test_what_has_lapsed_waits_no_more(hall: Village) -> None:
    body = {"limit": "5.00", "reason": "a guarantee"}
    hall.send("PUT", "/participants/bob/credit-limit", "operator", json=body)
    assert len(waiting(hall)) == 1
    hall.server.clock.go_to(hall.server.clock.now_us() // 1_000_000 + 901)
    assert waiting(hall) == []


def test_operators_hear_that_something_waits_or_is_done(hall: Village) -> None:
    body = {"limit": "5.00", "reason": "a guarantee"}
    with hall.stream("operator") as reader:
        reader.hear("hello")
        reader.subscribe("alarms", hall.market_id)
        reader.hear("snapshot")
        hall.send("PUT", "/participants/bob/credit-limit", "operator", json=body)
        assert reader.hear_event("approvals")["data"]["what"] == "proposed"
        hall.send("PUT", "/participants/bob/credit-limit", "second", json=body)
        assert reader.hear_event("approvals")["data"]["what"] == "done"


def test_the_list_is_read_page_by_page_what_lapses_first_first(hall: Village) -> None:
    for name in ("bob", "ada"):
        hall.send(
            "PUT", f"/participants/{name}/credit-limit", "operator",
            json={"limit": "5.00", "reason": "x"},
        )  # fmt: skip
        hall.server.clock.go_to(hall.server.clock.now_us() // 1_000_000 + 1)
    first = hall.get("/approvals", "operator", limit=1)
    second = hall.get("/approvals", "operator", limit=1, cursor=first["next_cursor"])
    assert [page["items"][0]["target"] for page in (first, second)] == ["bob", "ada"]
    assert second["next_cursor"] is None
    assert hall.send("GET", "/approvals", "ada").status_code == 403
