"""Bills that are paid, or not, over the wire and over a restart; a gateway that is no bank answers."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api.payments.seeded_gateway import Answer, Payer, SeededGateway
from tests.api.hosting import HandClock, LazySolver, Server
from tests.api.routes.test_payments import balances, both, sent
from tests.api.village import DAY_S, Village, make_village

SEED = 5
START_S = int(datetime(2016, 6, 14, 21, tzinfo=UTC).timestamp())


@pytest.fixture
def own_server(tmp_path: Path, solver: LazySolver) -> Iterator[Server]:
    """A server whose clock this test alone moves, joined to the gateway."""
    made = Server(
        tmp_path, HandClock(START_S), solver, payment_port="test_gateway", payment_seed=SEED
    ).start()
    yield made
    if made.http.is_closed is False:
        made.stop()
    assert made.faults == []


def billed(server: Server, **rules: Any) -> Village:  # noqa: ANN401 - as a market is defined
    """One interval used, the month billed; Ada and Bob have nothing left on their accounts."""
    village = make_village(server, intervals=1, **rules)
    operator = village.act("/clients:batch", "operator", {"items": [{"role": "operator"}]})
    village.tokens["second"] = server.token(operator.json()["items"][0])
    for who, order in (
        ("ada", village.order(energy_kwh="10.000")),
        ("bob", village.order(unit_id="bob-solar", side="sell", price_per_mwh="50.00", energy_kwh="2.000")),
        ("retailer", village.order(unit_id="retail", side="sell", price_per_mwh="120.00", energy_kwh="50.000")),
    ):  # fmt: skip
        assert village.post("/orders", who, order).status_code == 201
    village.go_to(2 * 900 + 1)
    # What Ada had beyond a cent is gone: the bank took a payment of hers back.
    day = village.local_day()
    rows = f"{day},-100.00,EUR,chargeback,Ada,b-0\n"
    assert sent(village, rows)[0] == 201
    both(village, "/payments/b-0:assign", {"participant_id": "ada", "reason": "chargeback"})
    village.act("/bills:draft", "operator", {"month": day[:7]})
    assert village.act("/bills:issue", "operator", {"month": day[:7]}).json()["issued"] == 3
    return village


def own(village: Village, who: str) -> dict[str, Any]:
    (found,) = village.get("/bills", who)["items"]
    assert isinstance(found, dict)
    return found


def payment_of(village: Village, who: str) -> tuple[str, str, str]:
    bill = own(village, who)
    return bill["payment_state"], bill["paid_amount"], bill["open_amount"]


def days_later(village: Village, days: int) -> None:
    village.go_to(days * DAY_S)


def test_a_bill_is_open_then_part_paid_then_overdue_then_paid(own_server: Server) -> None:
    terms = [{"from_day": "2016-01-01", "due_days": 3, "grace_days": 2}]
    village = billed(own_server, payment_terms=terms)
    assert village.get("", None)["payment_terms"] == terms
    bill = own(village, "ada")
    total = Decimal(bill["total_amount"])
    assert total > 1
    assert bill["payable_amount"] == bill["total_amount"]
    assert payment_of(village, "ada") == ("open", "0.00000000", bill["total_amount"])
    assert own(village, "retailer")["payment_state"] == "paid", "it receives"
    assert bill["due_day"] > village.local_day()

    sent(village, f"2016-06-16,1.00,EUR,Bill {bill['bill_id']},Ada,b-1\n")
    state, paid, left = payment_of(village, "ada")
    assert (state, paid) == ("part_paid", "1.00000000")
    assert Decimal(left) == total - 1
    assert Decimal(village.get("/account", "ada")["balance"]) == 1 - total
    days_later(village, 4)
    assert payment_of(village, "ada")[0] == "overdue"
    page = village.send("GET", f"/bills/{bill['bill_id']}/page", "ada").text
    assert bill["due_day"] in page
    assert "Overdue" in page
    rest = f"2016-06-19,{str(total - 1)[:-6]},EUR,{bill['bill_id']},Ada,b-2\n"
    assert sent(village, rest)[0] == 201
    assert payment_of(village, "ada") == ("paid", bill["total_amount"], "0.00000000")
    assert village.get("/account", "ada")["balance"] == "0.00000000"


def test_an_overdue_debt_is_covered_and_paid_back_over_a_restart(
    own_server: Server,
    tmp_path: Path,
    solver: LazySolver,
) -> None:
    terms = [{"from_day": "2016-01-01", "due_days": 1, "grace_days": 1}]
    village = billed(own_server, payment_terms=terms)
    total = Decimal(own(village, "ada")["total_amount"])
    fund = {"deposit_id": "fund-1", "amount": "0.50"}
    assert village.post("/guarantee-fund:deposit", "operator", fund).status_code == 201
    assert village.post("/guarantee-fund:deposit", "operator", fund).status_code == 200
    body = {"participant_id": "ada", "reason": "three reminders"}
    early = village.act("/defaults", "operator", body)
    assert (early.status_code, early.json()["code"]) == (409, "NOTHING_OVERDUE")
    days_later(village, 4)
    covered = both(village, "/defaults", body)["default"]
    assert village.get("/approvals", "operator")["items"] == [], "what is done waits for nobody"
    assert covered["fund_amount"] == "0.50000000"
    assert Decimal(covered["default_amount"]) == total - Decimal("0.50")
    assert payment_of(village, "ada")[0] == "paid"
    assert village.get("/defaults", "operator")["items"] == [covered]
    (claim,) = village.get("/defaults/claims", "operator")["items"]
    assert claim["participant_id"] == "ada"
    before = village.get("/bills", "operator"), balances(village)

    own_server.stop()
    again = Server(
        tmp_path, own_server.clock, solver, payment_port="test_gateway", payment_seed=SEED
    ).start()
    try:
        village.server = again
        assert (village.get("/bills", "operator"), balances(village)) == before
        rows = f"2016-06-20,1.00,EUR,ada,Ada,b-9\n2016-06-20,{str(total)[:-6]},EUR,ada,Ada,b-10\n"
        assert sent(village, rows)[0] == 201
        after = balances(village)
        assert (after["default"], after["guarantee_fund"]) == ("0.00000000", "0.50000000")
        assert after["participant:ada"] == "1.00000000"
        assert village.get("/defaults/claims", "operator")["items"] == []
    finally:
        again.stop()


def test_the_gateway_answers_once_however_often_it_is_asked(own_server: Server) -> None:
    village = billed(own_server)
    gateway = SeededGateway(SEED)
    for number in range(1, 9):
        body = {
            "client_withdrawal_id": f"w-{number}",
            "amount": "1.00",
            "payee_name": "Bob",
            "payee_account": "DE02",
        }
        made = village.post("/account/withdrawals", "bob", body)
        assert made.status_code == 201
        both(village, f"/withdrawals/out-{number}:approve", {"reason": "fine"})
    assert village.act("/payments:send", "operator", {}).json()["count"] == 8
    assert village.post("/payments:collect", "operator", {}).json()["rejected"] == 0
    days_later(village, 20)
    heard = village.post("/payments:collect", "operator", {}).json()
    again = village.post("/payments:collect", "operator", {}).json()
    assert (again["matched"], again["unmatched"], again["rejected"]) == (0, 0, 0)
    answers = [gateway.answer_to(f"out-{number}") for number in range(1, 9)]
    assert heard["rejected"] == answers.count(Answer.REJECTS)
    states = [item["state"] for item in village.get("/withdrawals", "bob")["items"]]
    words = {Answer.SETTLES: "paid", Answer.REJECTS: "rejected", Answer.TIMES_OUT: "sent"}
    assert states == [words[answer] for answer in answers]
    held = Decimal(village.get("/account", "bob")["held"])
    assert held == answers.count(Answer.TIMES_OUT)
    bill = own(village, "ada")
    if gateway.payer_of(bill["bill_id"]) in {Payer.IN_FULL, Payer.IN_PARTS, Payer.TWICE}:
        assert bill["payment_state"] == "paid"
