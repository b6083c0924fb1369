"""Pages of bills from the client."""

import httpx
import pytest

from tests.wattmarket.played import Server, problem
from wattmarket.errors import RefusedError


def test_a_page_is_had_as_html_or_pdf() -> None:
    server = Server(httpx.Response(200, content=b"<p>"), httpx.Response(200, content=b"%PDF-"))
    with server.client() as market:
        assert market.bill_page("bil-1") == b"<p>"
        assert market.bill_page("bil-1", language="zh", media="application/pdf") == b"%PDF-"
    assert [path for _, path, _ in server.sent] == [
        "bills/bil-1/page?language=en",
        "bills/bil-1/page?language=zh",
    ]
    assert [request.headers["accept"] for request in server.asked] == [
        "text/html",
        "application/pdf",
    ]


def test_a_server_without_the_extra_says_so() -> None:
    server = Server(problem(406, "PDF_NOT_INSTALLED"))
    with server.client() as market, pytest.raises(RefusedError, match="PDF_NOT_INSTALLED"):
        market.bill_page("bil-1", media="application/pdf")
