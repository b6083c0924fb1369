"""The page of the wire names every address there is, and no other."""

import re
from collections.abc import Iterator
from pathlib import Path

from api.access.permissions import MARKET
from api.app import ADDRESSES
from tests.house.source import text

NOT_ASKED = {f"GET {MARKET}/stream"}
"""What is spoken to and not asked: the websocket."""
METHOD = re.compile(r"(?:(GET|POST|PUT|PATCH|DELETE) ?)?([^ ?]*)")


def named(cell: str) -> Iterator[str]:
    """Addresses of one row: `GET`, `DELETE /v1/session` are two, and so are `POST …/acts:stop`, `:start`."""
    methods: list[str] = []
    is_used = False
    path = ""
    for word in re.findall(r"`([^`]+)`", cell):
        found = METHOD.match(word)
        assert found is not None, "all of it is optional"
        method, place = found.groups()
        if not method and not place.startswith(("/", "…", ":")):
            continue  # a parameter
        if method:
            methods, is_used = [*([] if is_used else methods), method], False
        if place:
            verb = place.removeprefix("…")
            path = path.rpartition(":")[0] + verb if verb.startswith(":") else place
            is_used = True
            whole = path.replace("/v1/markets/{m}", MARKET).replace("…", MARKET)
            yield from (f"{each} {whole}" for each in methods)


def test_the_page_names_every_address() -> None:
    page = text(Path("docs/wire.md"))
    rows = re.findall(r"^\| (`(?:GET|POST|PUT|PATCH|DELETE)\b[^|]*) \|", page, re.MULTILINE)
    shown = {address for cell in rows for address in named(cell)}
    served = {f"{address.method} {address.path}" for address in ADDRESSES}
    described = {f"{address.method} {address.path}" for address in ADDRESSES if address.described}

    assert described - shown == set()
    assert shown - served - NOT_ASKED == set()
