"""Disputes over the wire: opened by those a bill is for, decided by operators, told to both."""

from decimal import Decimal
from typing import Any

import pytest

from tests.api.hosting import Server
from tests.api.routes.test_bills import VAT
from tests.api.routes.test_settlements import again, finished, reading
from tests.api.village import Json, Village, make_village


@pytest.fixture
def hall(server: Server) -> Village:
    """One interval traded, settled and billed; a second operator."""
    made = make_village(server, intervals=1, taxes=[VAT])
    operator = made.act("/clients:batch", "operator", {"items": [{"role": "operator"}]})
    made.tokens["second"] = made.server.token(operator.json()["items"][0])
    for who, order in (
        ("ada", made.order(energy_kwh="1.500")),
        ("bob", made.order(unit_id="bob-solar", side="sell", price_per_mwh="50.00", energy_kwh="1.000")),
        ("retailer", made.order(unit_id="retail", side="sell", price_per_mwh="120.00", energy_kwh="50.000")),
    ):  # fmt: skip
        assert made.post("/orders", who, order).status_code == 201
    made.go_to(2 * 900 + 1)
    bill(made)
    return made


def bill(hall: Village) -> None:
    month = {"month": hall.local_day()[:7]}
    for what in ("draft", "issue"):
        assert hall.act(f"/bills:{what}", "operator", month).status_code == 200


def own(hall: Village, who: str = "ada") -> dict[str, Any]:
    found = hall.get("/bills", who, state="issued")["items"]
    assert len(found) == 1
    return dict(found[0])


def fee(hall: Village) -> int:
    return [line["kind"] for line in own(hall)["lines"]].index("network_fee")


def dispute(hall: Village, body: Json, who: str = "ada", bill_id: str | None = None) -> Json:
    return hall.act(f"/bills/{bill_id or own(hall)['bill_id']}/disputes", who, body)


def some(hall: Village, amount: str = "0.10000001", reason: str = "not my meter") -> Json:
    return {"lines": [{"line": fee(hall), "amount": amount}], "reason": reason}


def balances(hall: Village) -> dict[str, str]:
    """Of all accounts that are not at zero."""
    accounts = hall.get("/ledger", "operator")["accounts"]
    return {x["account"]: x["balance"] for x in accounts if Decimal(x["balance"])}


def test_a_bill_is_disputed_and_two_operators_give_a_credit(hall: Village) -> None:
    before = own(hall)
    balance = Decimal(hall.get("/account", "ada")["balance"])
    with hall.stream("ada") as desk:
        desk.hear("hello")
        desk.subscribe("account", "ada")
        desk.hear("snapshot")
        opened = dispute(hall, some(hall))
        assert opened.status_code == 201, opened.text
        case = opened.json()
        assert (case["case_id"], case["state"], case["bill_id"]) == (
            "cas-1",
            "open",
            before["bill_id"],
        )
        assert case["held_amount"] == "0.11900001"
        assert case["dispute"]["unpayable_amount"] == "0.12000000"
        assert "proposal" not in case
        seen = own(hall)
        assert seen["unpayable_amount"] == "0.12000000"
        assert seen["disputes"] == [case]
        assert hall.post("/cases/cas-1:take", "operator", {}).json()["state"] == "in_work"
        assert hall.post("/cases/cas-1:comment", "ada", {"text": "see it"}).status_code == 200
        wanted = {"outcome": "upheld", "remedy": "credit", "answer": "misread"}
        first = hall.post("/cases/cas-1:decide", "operator", wanted).json()
        assert first["state"] == "in_work"
        assert first["proposal"]["lines"][0]["amount"] == "0.10000001"
        again = hall.post("/cases/cas-1:decide", "operator", wanted)
        assert (again.status_code, again.json()["code"]) == (409, "SECOND_PERSON_REQUIRED")
        mine = hall.get("/cases/cas-1", "ada")
        assert [step["kind"] for step in mine["history"]] == ["opened", "taken", "noted"]
        done = hall.post("/cases/cas-1:decide", "second", wanted).json()
        assert (done["state"], done["outcome"]) == ("closed", "upheld")
        told = [desk.hear_event("case")["data"]["step"]["kind"] for _ in range(4)]
        assert told == ["opened", "taken", "noted", "upheld"]
        credit = desk.hear_event("transfers")["data"]["items"][0]
        assert (credit["kind"], credit["amount"]) == ("bill_credit", "0.10000001")
    assert Decimal(hall.get("/account", "ada")["balance"]) == balance + Decimal("0.10000001")
    bill(hall)
    after = own(hall)
    assert (after["version"], after["corrects"]) == (2, before["bill_id"])
    (line,) = [line for line in after["lines"] if line["kind"] == "credit"]
    assert (line["detail"], line["case_id"], line["amount"]) == (
        "network_fee",
        "cas-1",
        "-0.10000001",
    )
    assert after["unpayable_amount"] == "0.00000000"
    details = hall.get(f"/bills/{after['bill_id']}/details", "ada")["items"]
    assert [(x["reference"], x["amount"]) for x in details if x["kind"] == "credit"] == [
        ("cas-1", "-0.10000001")
    ]
    assert hall.get("/ledger", "operator")["sum"] == "0.00000000"


def test_the_same_again_is_the_same_case(hall: Village) -> None:
    bill_id = own(hall)["bill_id"]
    body = some(hall)
    path = f"/bills/{bill_id}/disputes"
    first = hall.act(path, "ada", body, key="a-name-of-my-own")
    assert hall.act(path, "ada", body, key="a-name-of-my-own").json() == first.json()
    unnamed = hall.post(path, "ada", body)
    assert (unnamed.status_code, unnamed.json()["code"]) == (422, "FIELD_MISSING")
    again = dispute(hall, body)
    assert (again.status_code, again.json()) == (200, first.json())
    other = dispute(hall, some(hall, "0.05"))
    assert (other.status_code, other.json()["code"]) == (409, "ALREADY_DISPUTED")
    body["lines"].append({"line": 99, "amount": "0.01"})
    beside = dispute(hall, body)
    assert (beside.status_code, beside.json()["code"]) == (422, "FIELD_RANGE")
    assert len(hall.get("/cases", "ada")["items"]) == 1


def test_it_is_rejected_or_withdrawn_and_the_page_says_so(hall: Village) -> None:
    bill_id = own(hall)["bill_id"]
    before = balances(hall)
    dispute(hall, {"amount": own(hall)["total_amount"], "reason": "<b>all</b> of it"})
    page = f"/bills/{bill_id}/page"
    text = hall.send("GET", page, "ada").text
    assert "the bill as a whole" in text
    assert "received, since" in text
    assert "&lt;b&gt;all&lt;/b&gt; of it" in text
    chinese = hall.send("GET", page, "ada", params={"language": "zh"}).text
    assert "账单争议" in chinese
    assert "已受理" in chinese
    assert hall.post("/cases/cas-1:withdraw", "ada", {}).json()["outcome"] == "withdrawn"
    dispute(hall, some(hall))
    decided = {"outcome": "rejected", "answer": "the meter is right"}
    hall.post("/cases/cas-2:decide", "operator", decided)
    text = hall.send("GET", page, "ada").text
    assert "the meter is right" in text
    assert "rejected, since" in text
    late = hall.post("/cases/cas-2:comment", "ada", {"text": "but"})
    assert (late.status_code, late.json()["code"]) == (409, "CASE_CLOSED")
    assert balances(hall) == before


def test_a_corrected_bill_needs_to_be_there(hall: Village) -> None:
    dispute(hall, some(hall))
    wanted = {"outcome": "upheld", "remedy": "corrected", "answer": "see the new one"}
    early = hall.post("/cases/cas-1:decide", "operator", wanted)
    assert (early.status_code, early.json()["code"]) == (409, "BILL_NOT_CORRECTED")


def test_what_a_run_has_given_back_is_not_credited_too(hall: Village) -> None:
    """Of a fee of 0.105 so much is in dispute; a late reading of 0.1 kWh less gives back 0.007."""
    finished(hall, 1)
    dispute(hall, some(hall))
    late = hall.post("/measurements:batch", "rural", reading(hall, "1.400"))
    assert late.json()["late"] == 1
    again(hall, "a-late-reading-0001")
    finished(hall, 2)
    before = Decimal(hall.get("/account", "ada")["balance"])
    credit: Json = {"outcome": "upheld", "remedy": "credit", "answer": "misread"}
    twice = hall.post("/cases/cas-1:decide", "operator", credit)
    assert (twice.status_code, twice.json()["code"]) == (409, "ALREADY_GIVEN_BACK")
    assert "max 0.09300001" in twice.text
    bill(hall)
    still = hall.post("/cases/cas-1:decide", "operator", credit)
    assert still.json()["code"] == "ALREADY_GIVEN_BACK"
    for amount, status in (("0.09300002", 409), ("0.09300001", 200)):
        credit["lines"] = [{"line": fee_line(hall), "amount": amount}]
        assert hall.post("/cases/cas-1:decide", "operator", credit).status_code == status
    assert hall.post("/cases/cas-1:decide", "second", credit).json()["outcome"] == "upheld"
    assert Decimal(hall.get("/account", "ada")["balance"]) > before
    assert hall.get("/ledger", "operator")["sum"] == "0.00000000"


def fee_line(hall: Village) -> int:
    """Of the bill in dispute."""
    case: Json = hall.get("/cases/cas-1", "operator")
    return int(case["dispute"]["lines"][0]["line"])


def test_nobody_sees_or_disputes_what_is_anothers(hall: Village) -> None:
    dispute(hall, some(hall))
    bobs = own(hall, "bob")["bill_id"]
    for answer in (
        hall.send("GET", "/cases/cas-1", "bob"),
        hall.post("/cases/cas-1:comment", "bob", {"text": "me too"}),
        hall.post("/cases/cas-1:withdraw", "bob", {}),
        dispute(hall, {"amount": "0.01", "reason": "x"}, bill_id=bobs),
        dispute(hall, {"amount": "0.01", "reason": "x"}, bill_id="bil-99"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    assert hall.get("/cases", "bob")["items"] == []
    assert len(hall.get("/cases", "operator", state="open,in_work")["items"]) == 1
    assert hall.get("/cases", "operator", participant_id="bob")["items"] == []
    for query in ({"state": "lost"}, {"outcome": "won"}, {"kind": "noise"}, {"month": "2016"}):
        answer = hall.send("GET", "/cases", "operator", params=query)
        assert (answer.status_code, answer.json()["code"]) == (422, "FIELD_FORMAT")
    text = hall.send("GET", "/cases", "operator", headers={"Accept": "text/csv"}).text
    assert text.splitlines()[1].startswith("cas-1,bill_dispute,ada,open,")


@pytest.mark.parametrize(
    "body",
    [
        {"reason": "neither"},
        {"lines": [{"line": 0, "amount": "1.00"}], "amount": "1.00", "reason": "both"},
        {"lines": [], "reason": "none"},
        {"lines": [{"line": -1, "amount": "1.00"}], "reason": "x"},
        {"lines": [{"line": 0, "amount": "0.00"}], "reason": "x"},
        {"lines": [{"line": 0, "amount": "-1.00"}], "reason": "x"},
        {"lines": [{"line": 0, "amount": 1}], "reason": "x"},
        {"amount": "1.00"},
        {"amount": "1.00", "reason": ""},
        {"amount": "1.000000001", "reason": "x"},
    ],
)
def test_a_dispute_that_says_nothing_clear_is_refused(hall: Village, body: Json) -> None:
    answer = dispute(hall, body)
    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize(
    "body",
    [
        {"outcome": "upheld", "answer": "x"},
        {"outcome": "rejected", "remedy": "credit", "answer": "x"},
        {"outcome": "rejected", "amount": "1.00", "answer": "x"},
        {"outcome": "upheld", "remedy": "corrected", "amount": "1.00", "answer": "x"},
        {"outcome": "withdrawn", "answer": "x"},
        {"outcome": "upheld", "remedy": "credit"},
    ],
)
def test_a_decision_that_says_nothing_clear_is_refused(hall: Village, body: Json) -> None:
    dispute(hall, some(hall))
    answer = hall.post("/cases/cas-1:decide", "operator", body)
    assert answer.status_code == 422, answer.text


def test_a_dispute_that_comes_too_late_is_refused(server: Server) -> None:
    windows = [{"from_day": "2016-01-01", "within_days": 0}]
    late = make_village(server, intervals=1, taxes=[VAT], dispute_windows=windows)
    assert late.send("GET", "", "ada").json()["dispute_windows"] == windows
    assert late.post("/orders", "ada", late.order(energy_kwh="1.500")).status_code == 201
    late.go_to(2 * 900 + 1)
    bill(late)
    late.go_to(2 * 900 + 60)
    answer = dispute(late, {"amount": "0.01", "reason": "x"})
    assert (answer.status_code, answer.json()["code"]) == (409, "DISPUTE_TOO_LATE")
