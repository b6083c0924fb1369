"""Addresses, headers, description, console: what everybody meets at the door."""

import json
import re
import time
from pathlib import Path

import pytest

from api.access.permissions import PERMISSIONS
from api.app import ADDRESSES
from api.routes import pages
from market.model.rejection import Code
from tests.api.hosting import HandClock, LazySolver, Server
from tests.api.village import Village, make_village
from tests.patience import PATIENCE_S


def test_health_and_clock(server: Server) -> None:
    assert server.http.get("/v1/health").json()["status"] == "ok"
    clock = server.http.get("/v1/clock").json()
    assert set(clock) == {"now", "speed", "simulated", "running"}
    assert clock["now"].endswith("Z")


@pytest.mark.parametrize("path", ["/nothing", "/v1", "/v1/nothing", "/v1/markets/x/orders/"])
def test_an_unknown_address_is_not_found(server: Server, path: str) -> None:
    for method in ("GET", "POST", "DELETE", "PATCH"):
        answer = server.http.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


def test_a_wrong_method_is_told_the_right_ones(server: Server) -> None:
    answer = server.http.put("/v1/markets/village/orders")
    assert (answer.status_code, answer.json()["code"]) == (405, "METHOD_UNKNOWN")
    assert set(answer.headers["allow"].split(", ")) >= {"GET", "POST"}
    answer = server.http.post("/v1/health")
    assert (answer.status_code, answer.json()["code"]) == (405, "METHOD_UNKNOWN")


def test_every_address_is_described(server: Server) -> None:
    described = server.http.get("/v1/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    shown = {(method.upper(), path) for path, item in described["paths"].items() for method in item}
    assert shown == {(item.method, item.path) for item in ADDRESSES if item.described}
    names = [each["operationId"] for item in described["paths"].values() for each in item.values()]
    assert len(names) == len(set(names))
    for (method, path), permission in PERMISSIONS.items():
        if (method, path) in shown:
            operation = described["paths"][path][method.lower()]
            assert ("security" in operation) == (not permission.public)
    schemas = described["components"]["schemas"]
    told = re.findall(
        r'"\$ref":"#/components/schemas/(\w+)"', json.dumps(described, separators=(",", ":"))
    )
    assert set(told) <= set(schemas)
    assert schemas["Problem"]["properties"]["code"]["enum"] == [code.value for code in Code]
    order = schemas["OrderIn"]
    assert order["additionalProperties"] is False
    assert order["properties"]["energy_kwh"]["type"] == "string"
    assert {"price_per_mwh", "start", "client_order_id"} <= set(order["required"])
    text = json.dumps(described)
    for name in ("MarketIn", "UnitsIn", "MeasurementsIn"):
        assert f"#/components/schemas/{name}" in text
    missing = [
        part.split('"')[0]
        for part in text.split("#/components/schemas/")[1:]
        if part.split('"')[0] not in schemas
    ]
    assert missing == []


def test_no_name_in_the_descriptions_holds_a_place_in_the_program(server: Server) -> None:
    """Two of one name would be told apart by their modules, and modules move."""
    described = server.http.get("/v1/openapi.json").json()["components"]["schemas"]
    told = server.http.get("/v1/asyncapi.json").json()["components"]["schemas"]

    assert [name for name in (*described, *told) if "__" in name or "." in name] == []


def test_a_market_is_listed_and_told_as_it_was_posted(still_village: Village) -> None:
    told = still_village.server.http.get(still_village.path).json()
    listed = still_village.server.http.get("/v1/markets", params={"limit": 1000}).json()["items"]
    assert told in listed
    operator = {"Authorization": f"Bearer {still_village.tokens['operator']}"}
    again = still_village.server.http.post("/v1/markets", json=told, headers=operator)
    assert (again.status_code, again.json()) == (200, told)
    other = {**told, "gate_minutes": 30}
    answer = still_village.server.http.post("/v1/markets", json=other, headers=operator)
    assert (answer.status_code, answer.json()["code"]) == (409, "EXISTS_WITH_DIFFERENT_FIELDS")


def test_set_up_repeats_are_harmless(still_village: Village) -> None:
    for noun in ("participants", "units"):
        items = still_village.get(f"/{noun}", "operator")["items"]
        answer = still_village.post(f"/{noun}:batch", "operator", {"items": items})
        assert (answer.status_code, answer.json()) == (200, {"count": len(items)})
        items[0]["area_id"] = "GRID" if items[0]["area_id"] == "RUR" else "RUR"
        answer = still_village.post(f"/{noun}:batch", "operator", {"items": items})
        assert (answer.status_code, answer.json()["code"]) == (409, "EXISTS_WITH_DIFFERENT_FIELDS")
        assert answer.json()["errors"][0]["pointer"].startswith("/items/0/")


def test_the_pages_are_served_with_a_strict_policy(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "CONSOLE", tmp_path)
    page = server.http.get("/console/")
    assert page.status_code == 200
    assert "have not been built" in page.text
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "index-abc.js").write_text("1")
    (tmp_path / "console.html").write_text("<p>console</p>")
    (tmp_path / "portal.html").write_text("<p>portal</p>")
    (tmp_path.parent / "secret.txt").write_text("secret")
    page = server.http.get("/console/")
    assert page.text == "<p>console</p>"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["cache-control"] == "no-cache"
    script = server.http.get("/assets/index-abc.js")
    assert "immutable" in script.headers["cache-control"]
    assert script.headers["content-type"].startswith("text/javascript")
    for path in (
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/console/%2e%2e/%2e%2e/secret.txt",
        "/console/nothing.js",
        "/consoles",
        "/console.js",
        "/a%00",
        "/" + "x" * 2_000,
    ):
        assert server.http.get(path).status_code == 404, path


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/console", "console"),
        ("/console/", "console"),
        ("/console/orderbook/village/B:1", "console"),
        ("/portal", "portal"),
        ("/portal/bills/2016-06?market=village", "portal"),
    ],
)
def test_every_address_under_an_application_is_its_page(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, page: str
) -> None:
    monkeypatch.setattr(pages, "CONSOLE", tmp_path)
    for name in ("console", "portal"):
        (tmp_path / f"{name}.html").write_text(name)
    answer = server.http.get(path)
    assert (answer.status_code, answer.text) == (200, page)


def test_the_first_page_is_the_console(server: Server) -> None:
    answer = server.http.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, "/console/")
    assert "unsafe" not in answer.headers["content-security-policy"]


def test_a_restart_finds_everything_and_begins_a_new_epoch(
    tmp_path: Path, solver: LazySolver
) -> None:
    first = Server(tmp_path, HandClock(1_465_938_000), solver).start()
    village = make_village(first)
    order = village.post("/orders", "ada", village.order()).json()
    state = village.state()
    with village.stream() as reader:
        assert reader.hear("hello")["epoch"] == 1
    first.stop()
    second = Server(tmp_path, HandClock(1_465_938_000), solver).start()
    try:
        again = Village(
            server=second,
            market_id=village.market_id,
            first_s=village.first_s,
            tokens=village.tokens,
        )
        assert again.state() == state
        with again.stream("ada") as reader:
            assert reader.hear("hello")["epoch"] == 2
            reader.subscribe("account", "ada")
            snapshot = reader.hear("snapshot")["data"]
            assert snapshot["orders"] == [order]
            assert snapshot["held"] == order["held"]
        again.go_to(900 + 900 + 1)
        items = again.get("/intervals")["items"]
        assert items[0]["phase"] == "settled"
        assert again.get("/orders", "ada")["items"][0]["state"] == "expired"
    finally:
        second.stop()
    assert first.faults == second.faults == []


def test_a_market_whose_writer_fails_ends_the_process(tmp_path: Path, solver: LazySolver) -> None:
    server = Server(tmp_path, HandClock(1_465_938_000), solver).start()
    village = make_village(server)
    market = server.house.markets[village.market_id]

    def broken(*_: object) -> bytes:
        raise OSError("no space left on device")

    market.sequencer._append = broken  # type: ignore[method-assign]  # noqa: SLF001
    answer = village.post("/orders", "ada", village.order())
    assert (answer.status_code, answer.json()["code"]) == (503, "SYSTEM_UNAVAILABLE")
    assert answer.headers["retry-after"] == "1"
    give_up = time.monotonic() + PATIENCE_S
    while not server.faults:
        assert time.monotonic() < give_up
        time.sleep(0.01)
    assert "no space left" in str(server.faults[0])
    for read in ("/account", "/orders"):
        assert village.send("GET", read, "ada").status_code in {200, 503}
    server.stop()
