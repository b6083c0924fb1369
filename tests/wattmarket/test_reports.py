"""Reports from the client and the command line."""

from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from tests.wattmarket.played import Server, ok
from wattmarket import settling
from wattmarket.cli import app
from wattmarket.errors import UsageError

DAY = "2016-06-15"


def text(body: str) -> httpx.Response:
    return httpx.Response(200, text=body)


def test_days_months_and_tables_are_asked_for() -> None:
    server = Server(
        ok(proven=True),
        ok(proven=True),
        ok(items=[{"area_id": "RUR"}], next_cursor=None),
        text("area_id\r\nRUR\r\n"),
        text("<!doctype html>"),
    )
    with server.client() as market:
        assert market.reports.day(DAY)["proven"] is True
        market.reports.month("2016-06")
        assert market.reports.table("prices", day=DAY) == [{"area_id": "RUR"}]
        assert market.reports.csv("prices", month="2016-06") == b"area_id\r\nRUR\r\n"
        assert market.reports.page(day=DAY, language="zh") == b"<!doctype html>"
    assert [path for _, path, _ in server.sent] == [
        "reports/day?day=2016-06-15",
        "reports/month?month=2016-06",
        "reports/day/prices?limit=1000&day=2016-06-15",
        "reports/month/prices?month=2016-06",
        "reports/day/page?language=zh&day=2016-06-15",
    ]
    assert [request.headers["accept"] for request in server.asked[3:]] == ["text/csv", "text/html"]


@pytest.mark.parametrize("period", [{}, {"day": DAY, "month": "2016-06"}])
def test_a_report_is_of_a_day_or_of_a_month(period: dict[str, str]) -> None:
    server = Server()
    with server.client() as market, pytest.raises(UsageError):
        market.reports.table("prices", **period)
    assert server.asked == []


def played(server: Server, monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, str, str]:
    """Exit code and output of a command that speaks to a played server."""
    monkeypatch.setattr(settling, "opened", lambda *_: server.client())
    result = CliRunner().invoke(app, [*words, "--market", "v"])
    return result.exit_code, result.stdout, result.stderr


def test_a_report_is_written_as_it_is_wanted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = Server(ok(proven=True, period=DAY))
    assert played(server, monkeypatch, "report", "day", DAY)[:2] == (
        0,
        '{"proven": true, "period": "2016-06-15"}\n',
    )
    server = Server(ok(proven=True), text("a,b\n1,2\n"))
    assert played(server, monkeypatch, "report", "month", "2016-06", "--table", "prices")[:2] == (
        0,
        "a,b\n1,2\n",
    )
    out = tmp_path / "page.html"
    server = Server(ok(proven=True), text("<p>中文</p>"))
    words = ("report", "day", DAY, "--page", "--language", "zh", "--out", str(out))
    assert played(server, monkeypatch, *words)[0] == 0
    assert out.read_text(encoding="utf-8") == "<p>中文</p>"


def test_a_report_that_does_not_prove_itself_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, err = played(Server(ok(proven=False)), monkeypatch, "report", "month", "2016-06")
    assert code == 1
    assert out == '{"proven": false}\n'
    assert "does not agree with the ledger" in err
