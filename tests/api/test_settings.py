"""Where people find the pages: what browsers need is wanted from the start."""

from typing import Any

import pytest
from pydantic import ValidationError

from api.settings import Settings


@pytest.mark.parametrize(
    ("given", "origin", "site_id"),
    [
        ({}, "http://localhost:8000", "localhost"),
        ({"port": 8001}, "http://localhost:8001", "localhost"),
        ({"origin": "http://localhost:5173"}, "http://localhost:5173", "localhost"),
        ({"origin": "https://market.example"}, "https://market.example", "market.example"),
        (
            {"origin": "https://desk.market.example:8443", "rp_id": "market.example"},
            "https://desk.market.example:8443",
            "market.example",
        ),
        (
            {"origin": "https://market.example", "behind_tls": True},
            "https://market.example",
            "market.example",
        ),
    ],
)
def test_pages_have_an_origin_and_passkeys_a_name(
    given: dict[str, Any], origin: str, site_id: str
) -> None:
    settings = Settings(**given)
    assert (settings.page_origin, settings.site_id) == (origin, site_id)


@pytest.mark.parametrize(
    "given",
    [
        {"origin": "http://market.example"},
        {"origin": "http://127.0.0.1:8000"},
        {"origin": "http://localhost:8000", "behind_tls": True},
        {"origin": "https://market.example/console/"},
        {"origin": "https://market.example/"},
        {"origin": "https://ada@market.example"},
        {"origin": "market.example"},
        {"origin": "https://"},
        {"origin": "https://market.example", "rp_id": "other.example"},
        {"origin": "https://market.example", "rp_id": "arket.example"},
    ],
    ids=str,
)
def test_what_no_browser_would_take_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(**given)
