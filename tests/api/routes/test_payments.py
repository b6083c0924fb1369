"""Payments over the wire: statements by file, what nobody could place, what goes to the bank, a day compared."""

import csv
import gzip
import io
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.hosting import Server
from tests.api.test_bad_input import assert_coded
from tests.api.village import Village, make_village

HEADER = "date,amount,currency,reference,counterparty,bank_id\n"


@pytest.fixture
def hall(server: Server) -> Village:
    """A market with a second operator."""
    made = make_village(server, intervals=1)
    operator = made.act("/clients:batch", "operator", {"items": [{"role": "operator"}]})
    made.tokens["second"] = made.server.token(operator.json()["items"][0])
    return made


def sent(
    village: Village, rows: str | bytes, who: str = "operator", *, header: str = HEADER, **how: str
) -> tuple[int, Any]:
    content = rows if isinstance(rows, bytes) else (header + rows).encode()
    headers = {"Content-Type": "text/csv", **how}
    answer = village.send("POST", "/payments:file", who, content=content, headers=headers)
    return answer.status_code, answer.json()


def codes(answer: tuple[int, Any]) -> list[tuple[str, str]]:
    return [(item["code"], item["pointer"]) for item in answer[1]["errors"]]


def both(village: Village, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Two operators say the same; what came of it."""
    first = village.act(path, "operator", body)
    assert first.status_code == 200, first.text
    assert first.json()["second_person_until"] is not None
    second = village.act(path, "second", body)
    assert second.status_code == 200, second.text
    found: dict[str, Any] = second.json()
    assert found["second_person_until"] is None
    return found


def balances(village: Village) -> dict[str, str]:
    ledger = village.get("/ledger", "operator")
    assert ledger["sum_quanta"] == 0
    return {item["account"]: item["balance"] for item in ledger["accounts"]}


# --- statements -------------------------------------------------------------------------


def test_a_statement_is_booked_once_and_everybody_sees_the_own(hall: Village) -> None:
    rows = (
        "2016-07-05,20.00,EUR,from ada,A. Ada,b-1\n"
        "2016-07-05,7.50,EUR,who am I,N.N.,b-2\n"
        "2016-07-06,-3.00,EUR,charges,the bank,b-3\n"
    )
    taken = {"rows": 3, "repeated": 0, "matched": 1, "unmatched": 2}
    assert sent(hall, rows) == (201, taken)
    assert sent(hall, rows) == (200, {"rows": 3, "repeated": 3, "matched": 0, "unmatched": 0})

    assert hall.get("/account", "ada")["balance"] == "120.00000000"
    assert balances(hall)["suspense"] == "4.50000000"
    (own,) = hall.get("/payments", "ada")["items"]
    assert (own["bank_id"], own["amount"], own["state"]) == ("b-1", "20.00000000", "matched")
    assert hall.get("/payments", "bob")["items"] == []
    open_ = hall.get("/payments", "operator", state="unmatched")["items"]
    assert [item["bank_id"] for item in open_] == ["b-2", "b-3"]
    of_day = hall.get("/payments", "operator", day="2016-07-06")["items"]
    assert [item["bank_id"] for item in of_day] == ["b-3"]


def test_a_statement_as_spreadsheets_write_it(hall: Village) -> None:
    text = (
        "\ufeffbank_id;date;counterparty;reference;currency;amount\r\n"
        'b-1;2016-07-05;"Ada; her bank";ada;EUR;20,05\r\n'
        "b-2;2016-07-05;;;EUR;-1,5\r\n"
        ";;;;;\r\n"
    )
    assert sent(hall, text.encode())[0] == 201
    first, second = hall.get("/payments", "operator")["items"]
    assert (first["amount"], first["counterparty"]) == ("20.05000000", "Ada; her bank")
    assert (second["amount"], second["reference"]) == ("-1.50000000", "")


def test_with_one_fault_nothing_is_taken_and_all_faults_are_told_by_line(hall: Village) -> None:
    rows = (
        "2016-07-05,20.00,EUR,ada,A,b-1\n"
        "2016-02-30,20.00,EUR,ada,A,b-2\n"
        "2016-07-05,0.00,EUR,ada,A,b-3\n"
        "2016-07-05,1.005,USD,ada,A,b-4\n"
        "2016-07-05,1.00,EUR,ada,A,\n"
        "2016-07-05,1.00,EUR,ada,A,b-6,more\n"
        "2016-07-05,1.00,EUR\n"
    )
    answer = sent(hall, rows)
    assert answer[0] == 422
    assert set(codes(answer)) == {
        ("FIELD_FORMAT", "/lines/3/date"),
        ("FIELD_RANGE", "/lines/4/amount"),
        ("FIELD_RANGE", "/lines/5/amount"),
        ("FIELD_RANGE", "/lines/5/currency"),
        ("FIELD_MISSING", "/lines/6/bank_id"),
        ("FIELD_UNKNOWN", "/lines/7"),
        ("FIELD_MISSING", "/lines/8/bank_id"),
    }
    assert hall.get("/payments", "operator")["items"] == []


def test_a_known_id_with_other_content_is_told_with_its_line(hall: Village) -> None:
    sent(hall, "2016-07-05,20.00,EUR,ada,A,b-1\n")
    answer = sent(
        hall,
        "2016-07-05,1.00,EUR,ada,A,b-2\n"
        "2016-07-05,20.01,EUR,ada,A,b-1\n"
        "2016-07-05,2.00,EUR,ada,A,b-2\n",
    )
    assert answer[0] == 409
    assert codes(answer) == [
        ("EXISTS_WITH_DIFFERENT_FIELDS", "/lines/3/bank_id"),
        ("EXISTS_WITH_DIFFERENT_FIELDS", "/lines/4/bank_id"),
    ]
    assert hall.get("/account", "ada")["balance"] == "120.00000000"


@pytest.mark.parametrize(
    ("header", "code", "pointer"),
    [
        ("date,amount,currency,reference,counterparty\n", "FIELD_MISSING", "/lines/1/bank_id"),
        (HEADER.replace("date", "colour"), "FIELD_MISSING", "/lines/1/date"),
        (HEADER.replace("reference", "date"), "FIELD_FORMAT", "/lines/1/date"),
        ("", "FIELD_MISSING", "/lines/1/amount"),
        (HEADER, "FIELD_RANGE", "/lines"),
    ],
)
def test_a_header_that_is_none(hall: Village, header: str, code: str, pointer: str) -> None:
    answer = sent(hall, "", header=header)
    assert answer[0] == 422
    assert (code, pointer) in codes(answer)


def test_a_statement_may_come_compressed_and_in_many_commands(hall: Village) -> None:
    rows = "".join(f"2016-07-05,0.01,EUR,bob,B,r-{number}\n" for number in range(2_500))
    body = gzip.compress((HEADER + rows).encode())
    answer = sent(hall, body, **{"Content-Encoding": "gzip"})
    assert answer[1] == {"rows": 2_500, "repeated": 0, "matched": 2_500, "unmatched": 0}
    assert hall.get("/account", "bob")["balance"] == "125.00000000"


def test_only_csv_and_only_from_operators(hall: Village) -> None:
    assert sent(hall, HEADER.encode(), **{"Content-Type": "text/plain"})[0] == 415
    assert sent(hall, "2016-07-05,1.00,EUR,ada,A,b-1\n", who="ada")[0] == 403


@settings(max_examples=60)
@given(
    content=st.binary(max_size=120)
    | st.text(max_size=60).map(lambda text: (HEADER + text).encode())
)
def test_no_statement_makes_a_server_error(still_village: Village, content: bytes) -> None:
    headers = {"Content-Type": "text/csv"}
    answer = still_village.send(
        "POST", "/payments:file", "operator", content=content, headers=headers
    )
    assert_coded(answer)


# --- what nobody could place ------------------------------------------------------------


def test_two_operators_say_whose_it_is_and_the_owner_hears(hall: Village) -> None:
    sent(hall, "2016-07-05,7.50,EUR,who am I,N.N.,b-2\n")
    body = {"participant_id": "ada", "reason": "she called"}
    with hall.stream("ada") as reader:
        reader.hear("hello")
        reader.subscribe("account", "ada")
        reader.hear("snapshot")
        found = both(hall, "/payments/b-2:assign", body)
        told = reader.hear_event("payment")["data"]
    assert (found["payment"]["state"], found["payment"]["reason"]) == ("assigned", "she called")
    assert (told["bank_id"], told["amount"]) == ("b-2", "7.50000000")
    assert hall.get("/account", "ada")["balance"] == "107.50000000"
    again = hall.act("/payments/b-2:assign", "operator", body)
    assert (again.status_code, again.json()["code"]) == (409, "PAYMENT_CLOSED")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"reason": "x"}, 422, "DEFINITION_INVALID"),
        ({"reason": "x", "participant_id": "ada", "bank_fee": True}, 422, "DEFINITION_INVALID"),
        ({"reason": "x", "bill_id": "bil-1", "bank_fee": True}, 422, "DEFINITION_INVALID"),
        ({"participant_id": "ada"}, 422, "FIELD_MISSING"),
        ({"reason": "x", "participant_id": "nobody"}, 404, "PARTICIPANT_UNKNOWN"),
        ({"reason": "x", "withdrawal_id": "out-9"}, 404, "NOT_FOUND"),
    ],
)
def test_an_assignment_that_is_none(
    hall: Village, body: dict[str, Any], status: int, code: str
) -> None:
    sent(hall, "2016-07-05,7.50,EUR,?,N.N.,b-2\n")
    answer = hall.act("/payments/b-2:assign", "operator", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_what_nobody_knows_goes_back_with_the_next_sending(hall: Village) -> None:
    sent(hall, "2016-07-05,7.50,EUR,?,=N.N.,b-2\n2016-07-06,-3.00,EUR,charges,bank,b-3\n")
    both(hall, "/payments/b-2:return", {"reason": "unknown", "payee_account": "DE77"})
    both(hall, "/payments/b-3:assign", {"reason": "fees", "bank_fee": True})
    made = hall.act("/payments:send", "operator", {}).json()
    assert made["count"] == 1
    file = hall.send("GET", f"/payment-files/{made['file_id']}", "operator")
    (row,) = csv.DictReader(io.StringIO(file.text))
    assert (row["amount"], row["payee_account"], row["reference"]) == ("7.50", "DE77", "out-1")
    assert row["payee_name"] == "'=N.N.", "no text is a formula"
    assert sent(hall, "2016-07-07,-7.50,EUR,OUT-1,N.N.,b-4\n")[1]["matched"] == 1
    assert balances(hall)["suspense"] == "0.00000000"
    assert balances(hall)["bank_fees"] == "-3.00000000"
    assert hall.send("GET", "/payment-files/pay-9", "operator").status_code == 404


# --- a day compared -----------------------------------------------------------------------


def test_a_day_of_the_bank_agrees_with_the_ledger(hall: Village) -> None:
    day = hall.local_day()
    bank_day = "2015-12-31"
    sent(
        hall,
        f"{bank_day},20.00,EUR,ada,A,b-1\n{day},7.50,EUR,?,N.N.,b-2\n{day},-3.00,EUR,fee,bank,b-3\n",
    )
    now = hall.get("/payments", "operator")["items"][0]["booked_at"]
    booked = hall.get("/payments/reconciliation", "operator", day=_local(now))
    assert booked["difference"] == "0.00000000"
    hands = [item for item in booked["items"] if item["item"] == "by_hand"]
    assert {item["bank_id"] for item in hands} >= {"first-ada", "first-bob", "first-retailer"}
    total = Decimal(booked["statement"]["total"])
    for item in booked["items"]:
        sign = {"booked_later": -1, "of_other_days": 1, "by_hand": 1}.get(item["item"], 0)
        total += sign * Decimal(item["amount"])
    assert total == Decimal(booked["ledger"])

    before = hall.get("/payments/reconciliation", "operator", day=bank_day)
    assert before["statement"] == {
        "count": 1,
        "received": "20.00000000",
        "paid": "0.00000000",
        "total": "20.00000000",
    }
    assert [item["item"] for item in before["items"]] == ["booked_later"]
    assert (before["ledger"], before["difference"]) == ("0.00000000", "0.00000000")
    assert before["suspense"] == "4.50000000"

    text = hall.send(
        "GET",
        "/payments/reconciliation",
        "operator",
        params={"day": bank_day},
        headers={"Accept": "text/csv"},
    )
    rows = {row["item"]: row["amount"] for row in csv.DictReader(io.StringIO(text.text))}
    assert rows["statement"] == "20.00000000"
    assert rows["difference"] == "0.00000000"
    assert "reconciliation-2015-12-31.csv" in text.headers["content-disposition"]


def _local(moment: str) -> str:
    """The local day of a moment; the market's zone is an hour ahead of UTC."""
    return (datetime.fromisoformat(moment) + timedelta(hours=1)).date().isoformat()
