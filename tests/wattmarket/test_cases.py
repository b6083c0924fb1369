"""Cases from the client."""

import pytest

from tests.wattmarket.played import Server, ok, problem
from wattmarket.errors import ConflictError


def test_a_bill_is_disputed_and_the_case_seen_and_withdrawn() -> None:
    server = Server(
        ok(case_id="cas-1"),
        ok(case_id="cas-2"),
        ok(items=[{"case_id": "cas-1"}], next_cursor=None),
        ok(case_id="cas-1"),
        ok(case_id="cas-1"),
        ok(case_id="cas-1", outcome="withdrawn"),
    )
    with server.client() as market:
        market.cases.dispute("bil-1", reason="no", lines=[{"line": 0, "amount": "1.20"}])
        market.cases.dispute("bil-2", reason="all", amount="3.40")
        assert market.cases.list(state="open") == [{"case_id": "cas-1"}]
        assert market.cases.get("cas-1") == {"case_id": "cas-1"}
        market.cases.comment("cas-1", "see the photo")
        assert market.cases.withdraw("cas-1")["outcome"] == "withdrawn"
    lines = [{"line": 0, "amount": "1.20"}]
    assert server.sent == [
        ("POST", "bills/bil-1/disputes", {"reason": "no", "lines": lines}),
        ("POST", "bills/bil-2/disputes", {"reason": "all", "amount": "3.40"}),
        ("GET", "cases?limit=1000&state=open", None),
        ("GET", "cases/cas-1", None),
        ("POST", "cases/cas-1:comment", {"text": "see the photo"}),
        ("POST", "cases/cas-1:withdraw", {}),
    ]
    assert server.asked[0].headers["Idempotency-Key"]


def test_operators_take_and_decide() -> None:
    server = Server(*[ok(case_id="cas-1")] * 4, problem(409, "BILL_NOT_CORRECTED"))
    lines = [{"line": 2, "amount": "0.50"}]
    with server.client() as market:
        market.cases.take("cas-1")
        market.cases.reject("cas-1", "the meter is right")
        market.cases.credit("cas-1", "half of it", lines=lines)
        market.cases.credit("cas-1", "so much", amount="1.00")
        with pytest.raises(ConflictError, match="BILL_NOT_CORRECTED"):
            market.cases.corrected("cas-1", "see the new bill")
    upheld = {"outcome": "upheld", "remedy": "credit"}
    assert server.sent == [
        ("POST", "cases/cas-1:take", {}),
        ("POST", "cases/cas-1:decide", {"outcome": "rejected", "answer": "the meter is right"}),
        ("POST", "cases/cas-1:decide", {**upheld, "answer": "half of it", "lines": lines}),
        ("POST", "cases/cas-1:decide", {**upheld, "answer": "so much", "amount": "1.00"}),
        (
            "POST",
            "cases/cas-1:decide",
            {"outcome": "upheld", "remedy": "corrected", "answer": "see the new bill"},
        ),
    ]
