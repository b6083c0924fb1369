"""Payments from the client: what is asked, and how."""

from pathlib import Path

import httpx
import pytest

from tests.wattmarket.played import Server, ok, problem
from wattmarket.errors import ConflictError, UsageError


def test_a_statement_is_sent_as_it_is(tmp_path: Path) -> None:
    server = Server(ok(rows=1, repeated=0, matched=1, unmatched=0))
    file = tmp_path / "statement.csv"
    file.write_text("bank_id;date\n")
    with server.client() as market:
        assert market.payments.bring_statement(file)["matched"] == 1
        with pytest.raises(UsageError, match="No such file"):
            market.payments.bring_statement(tmp_path / "other.csv")
    (asked,) = server.asked
    assert (asked.headers["content-type"], asked.content) == ("text/csv", b"bank_id;date\n")
    assert asked.url.path.endswith("/payments:file")


def test_a_withdrawal_is_named_before_it_is_sent_and_decided_by_operators() -> None:
    server = Server(ok(state="requested"), ok(withdrawal={}, second_person_until=None))
    with server.client() as market:
        market.payments.withdraw("30.00", payee_name="Ada", payee_account="DE02")
        market.payments.decide_withdrawal("out-1", "approve", reason="known")
        market.payments.cancel_withdrawal("out-2")
    first, second, third = server.sent
    assert len(first[2].pop("client_withdrawal_id")) == 32
    assert first == (
        "POST",
        "account/withdrawals",
        {"amount": "30.00", "payee_name": "Ada", "payee_account": "DE02"},
    )
    assert second == ("POST", "withdrawals/out-1:approve", {"reason": "known"})
    assert third == ("POST", "withdrawals/out-2:cancel", {})


def test_what_is_not_covered_is_told() -> None:
    server = Server(problem(409, "INSUFFICIENT_FUNDS"))
    with server.client() as market, pytest.raises(ConflictError, match="INSUFFICIENT_FUNDS"):
        market.payments.withdraw("30.00", payee_name="Ada", payee_account="DE02")


def test_movements_nobody_could_place() -> None:
    server = Server()
    with server.client() as market:
        market.payments.assign("b-1", reason="she called", participant_id="ada", bill_id="bil-1")
        market.payments.assign("b-2", reason="fees", bank_fee=True)
        market.payments.send_back("b-3", payee_account="DE77", reason="unknown")
    assert server.sent == [
        (
            "POST",
            "payments/b-1:assign",
            {"reason": "she called", "participant_id": "ada", "bill_id": "bil-1"},
        ),
        ("POST", "payments/b-2:assign", {"reason": "fees", "bank_fee": True}),
        ("POST", "payments/b-3:return", {"payee_account": "DE77", "reason": "unknown"}),
    ]


def test_what_goes_to_the_bank_and_comes_back() -> None:
    file = httpx.Response(200, content=b"payout_id,amount\n", headers={"content-type": "text/csv"})
    server = Server(ok(file_id="pay-1", count=1, items=[]), file, ok(rows=0), ok(difference="0"))
    with server.client() as market:
        sent = market.payments.send()
        assert market.payments.file(sent["file_id"]) == b"payout_id,amount\n"
        market.payments.collect()
        market.payments.reconcile("2016-07-05")
    assert server.asked[0].headers["idempotency-key"]
    assert server.asked[1].headers["accept"] == "text/csv"
    assert [path for _, path, _ in server.sent] == [
        "payments:send",
        "payment-files/pay-1",
        "payments:collect",
        "payments/reconciliation?day=2016-07-05",
    ]


def test_debts_others_cover() -> None:
    claim = {"participant_id": "ada"}
    server = Server(
        ok(count=1),
        ok(default=None, second_person_until="2016-07-30T10:15:00Z"),
        ok(items=[{"default_id": "dft-1"}], next_cursor=None),
        ok(items=[claim], next_cursor=None),
        ok(items=[{"bank_id": "b-1"}], next_cursor=None),
        ok(items=[], next_cursor=None),
    )
    with server.client() as market:
        market.payments.pay_into_fund("fund-1", "50.00")
        assert market.payments.cover_default("ada", reason="late")["default"] is None
        assert market.payments.defaults() == [{"default_id": "dft-1"}]
        assert market.payments.claims() == [claim]
        assert market.payments.list(state="unmatched") == [{"bank_id": "b-1"}]
        assert market.payments.withdrawals() == []
    assert server.sent[0] == (
        "POST",
        "guarantee-fund:deposit",
        {"deposit_id": "fund-1", "amount": "50.00"},
    )
    assert server.asked[1].headers["idempotency-key"]
