"""Refusals: every code has a status, words and a page, and the rules tell the same."""

import re
from pathlib import Path

import pytest

from api.wire.errors import FAULTS_MAX, PROBLEMS, RefusedError, problem_body, problem_response
from market.model.rejection import TRANSIENT, Code, Rejection
from tests.api.hosting import Server

ROW = re.compile(r"\| `([A-Z_]+)` \| (\d{3}) \| ([^|]+) \| ([^|]+) \|")
RULES = Path(__file__).parents[3] / "docs" / "market-rules.md"


def test_every_code_has_its_problem() -> None:
    assert list(PROBLEMS) == list(Code)
    assert all(400 <= problem.status < 600 for problem in PROBLEMS.values())
    above = {code for code, problem in PROBLEMS.items() if problem.status >= 500}
    assert above == {Code.SYSTEM_BUSY, Code.SYSTEM_UNAVAILABLE}


def test_the_rules_say_what_the_server_says() -> None:
    told = {
        code: (int(status), title, action)
        for code, status, title, action in ROW.findall(RULES.read_text(encoding="utf-8"))
    }
    assert told == {
        code.value: (problem.status, problem.title, problem.action)
        for code, problem in PROBLEMS.items()
    }


@pytest.mark.parametrize("code", list(Code))
def test_every_code_has_a_page(server: Server, code: Code) -> None:
    page = server.http.get(f"/problems/{code.value}")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert code.value in page.text


def test_no_other_page_does(server: Server) -> None:
    assert server.http.get("/problems/NONSENSE").status_code == 404
    assert server.http.get("/problems/%3Cscript%3E").status_code == 404


def test_the_first_in_precedence_decides() -> None:
    refused = RefusedError(
        [
            Rejection(code=Code.INSUFFICIENT_FUNDS),
            Rejection(code=Code.FIELD_RANGE, pointer="/b"),
            Rejection(code=Code.FIELD_MISSING, pointer="a/0"),
        ]
    )
    problem = problem_body(refused, instance="/x", trace_id="t")
    assert (problem["code"], problem["status"]) == ("FIELD_MISSING", 422)
    assert [fault["pointer"] for fault in problem["errors"]] == ["/a/0", "/b", ""]


def test_the_numbers_explain() -> None:
    fault = Rejection(code=Code.EXCEEDS_CAPABILITY, parameters={"energy_kwh_max": "1.125"})
    problem = problem_body(RefusedError([fault]), instance="/x", trace_id="t")
    assert problem["detail"].endswith(": energy_kwh_max 1.125.")


def test_an_answer_does_not_grow_without_end() -> None:
    refused = RefusedError([Rejection(code=Code.FIELD_RANGE)] * 10_000)
    problem = problem_body(refused, instance="/x", trace_id="t")
    assert len(problem["errors"]) == FAULTS_MAX


@pytest.mark.parametrize("code", list(Code))
def test_what_may_pass_later_says_when(code: Code) -> None:
    response = problem_response(RefusedError([Rejection(code=code)]), instance="/x", trace_id="t")
    waits = {Code.OPEN_ORDERS_MAX, *TRANSIENT} - {Code.NOT_OPEN}
    assert ("retry-after" in response.headers) == (code in waits)
