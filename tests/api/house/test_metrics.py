"""Metrics: what an operator's monitoring reads, who may read it, and that the dashboard knows no other."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import ValidationError
from starlette.requests import Request

from api.house.gauges import GAUGES
from api.house.metrics import Metrics
from api.routes.metrics import is_from_here
from api.settings import Settings
from tests.api.hosting import HandClock, LazySolver, Server
from tests.api.village import Village, bearer, make_village

DASHBOARD = Path(__file__).parents[3] / "docs" / "grafana" / "wattmarket.json"


def read(village: Village) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample by its name and labels."""
    answer = village.server.http.get("/metrics", headers=bearer(village.tokens["operator"]))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def of(village: Village, found: Any, name: str, **labels: str) -> float:  # noqa: ANN401
    """A sample of this market's; 0 where there is none yet."""
    key = frozenset({"market": village.market_id, **labels}.items())
    return float(found.get((f"wattmarket_{name}", key), 0))


@pytest.fixture(scope="module")
def traded(server: Server) -> Village:
    """An interval that was traded and settled, an order that was refused, an alarm."""
    village = make_village(server, intervals=1)
    for who, order in (
        ("ada", village.order(energy_kwh="1.500")),
        ("bob", village.order(unit_id="bob-solar", side="sell", price_per_mwh="50.00", energy_kwh="1.000")),
        ("retailer", village.order(unit_id="retail", side="sell", price_per_mwh="120.00", energy_kwh="50.000")),
    ):  # fmt: skip
        assert village.post("/orders", who, order).status_code == 201
    refused = village.post("/orders", "ada", village.order(energy_kwh="99.000"))
    assert refused.json()["code"] == "EXCEEDS_CAPABILITY"
    other = village.post("/orders", "ada", village.order(energy_kwh="0.100")).json()
    assert village.send("DELETE", f"/orders/{other['order_id']}", "ada").status_code == 200
    alarm = {"kind": "tripped", "level": "unit", "member_id": "ada-load", "parameters": {"why": "x"}}  # fmt: skip
    assert village.post("/alarms", "meter", alarm).status_code == 201
    village.go_to(2 * 900 + 1)
    village.wait_for_phase("settled")
    return village


def committed_seq(village: Village) -> int:
    seq: int = village.server.http.get("/v1/health").json()["markets"][village.market_id][
        "committed_seq"
    ]
    return seq


def test_what_happened_in_a_market_is_counted(traded: Village) -> None:
    before = committed_seq(traded)
    found = read(traded)

    assert of(traded, found, "orders_accepted_total") == 4
    assert of(traded, found, "orders_cancelled_total", reason="user_cancel") == 1
    refused = of(traded, found, "orders_rejected_total", code="EXCEEDS_CAPABILITY")
    assert refused == 1
    assert of(traded, found, "trades_total", side="buy") >= 1
    assert of(traded, found, "trades_total", side="sell") == 2
    assert of(traded, found, "traded_energy_watthours_total") == 1_500
    assert of(traded, found, "clearing_seconds_count", rung="optimal") == 1
    # Whole Wh behind losses: of so small a market they are a visible part.
    assert of(traded, found, "clearing_gap_ratio_bucket", rung="optimal", le="0.001") == 1
    assert of(traded, found, "clearing_audit_faults_total") == 0
    assert of(traded, found, "phase_lateness_seconds_count", phase="settled") == 1
    assert of(traded, found, "journal_commit_seconds_count") >= 1
    # The command that made the market was durable before anybody followed it; time goes on meanwhile.
    assert before - 1 <= of(traded, found, "journal_commands_total") <= committed_seq(traded)


def test_how_things_stand_is_read_when_asked(traded: Village) -> None:
    found = read(traded)

    assert of(traded, found, "up") == 1
    assert of(traded, found, "intervals", phase="settled") == 1
    assert of(traded, found, "alarms_open", severity="major") == 1
    assert of(traded, found, "ledger_sum_quanta") == 0
    assert of(traded, found, "participants") == of(traded, found, "units") == 3
    assert ("wattmarket_queue_commands", frozenset({("market", traded.market_id)})) in found
    before = of(traded, found, "stream_clients", role="participant")
    with traded.stream("ada") as reader:
        reader.hear("hello")
        assert of(traded, read(traded), "stream_clients", role="participant") == before + 1


def test_an_area_that_was_heard_once_is_waited_for(server: Server) -> None:
    village = make_village(server)
    assert of(village, read(village), "area_silent_seconds", area="RUR") == 0
    assert not any(
        name == "wattmarket_area_silent_seconds" and ("market", village.market_id) in labels
        for name, labels in read(village)
    )
    with village.stream("rural") as area:
        area.hear("hello")
        area.subscribe("area", "RUR")
        area.hear("snapshot")
        village.get("/ledger", "operator")
        assert any(
            name == "wattmarket_area_silent_seconds" and ("area", "RUR") in labels
            for name, labels in read(village)
        )


def test_requests_are_counted_by_template_and_refusals_by_code(traded: Village) -> None:
    traded.get("/intervals")
    traded.send("GET", "/orders/ord-999", "ada")
    traded.server.http.request("BREW", "/v1/nowhere/at/all")
    found = read(traded)
    names = {dict(labels).get("address", "") for name, labels in found if "request" in name}

    assert "/v1/markets/{market}/intervals" in names
    assert not any("ord-999" in name or "nowhere" in name for name in names)
    asked = {"method": "GET", "address": "/v1/markets/{market}/intervals"}
    counted = frozenset({**asked, "status": "200"}.items())
    timed = frozenset(asked.items())
    assert found["wattmarket_requests_total", counted] >= 1
    assert found["wattmarket_request_seconds_count", timed] >= 1
    assert found["wattmarket_refusals_total", frozenset({("code", "ORDER_UNKNOWN")})] >= 1


def test_nobody_can_be_told_from_it(traded: Village) -> None:
    answer = traded.server.http.get("/metrics", headers=bearer(traded.tokens["operator"]))
    people = [name for name in (*traded.credentials, "ada-load", "bob-solar") if len(name) > 2]
    people = [name for name in people if name != "operator"]
    people += [credential["client_id"] for credential in traded.credentials.values()]

    labelled = re.findall(r'="([^"]*)"', answer.text)
    assert set(people) & set(labelled) == set()


def test_only_operators_read_it(traded: Village) -> None:
    http = traded.server.http
    assert http.get("/metrics").status_code == 401
    for who in ("ada", "rural", "meter"):
        assert http.get("/metrics", headers=bearer(traded.tokens[who])).status_code == 403


def test_openmetrics_is_given_to_who_asks_for_it(traded: Village) -> None:
    headers = {**bearer(traded.tokens["operator"]), "Accept": "application/openmetrics-text"}
    answer = traded.server.http.get("/metrics", headers=headers)

    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


# --- on this machine --------------------------------------------------------------------


def asked(sender: str, **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "client": (sender, 1), "headers": raw})


@pytest.mark.parametrize(
    ("request_", "is_own"),
    [
        (asked("127.0.0.1", host="127.0.0.1:8000"), True),
        (asked("::1", host="[::1]:8000"), True),
        (asked("127.0.0.1", host="localhost:8000"), True),
        (asked("192.0.2.7", host="localhost:8000"), False),
        (asked("127.0.0.1", host="market.example"), False),  # a page that calls us by its own name
        (asked("127.0.0.1"), False),
        (asked("127.0.0.1", host="localhost", x_forwarded_for="192.0.2.7"), False),
        (asked("127.0.0.1", host="localhost", forwarded="for=192.0.2.7"), False),
        (asked("127.0.0.1", host="localhost", via="1.1 proxy"), False),
    ],
)
def test_this_machine_is_who_asks_for_itself(request_: Request, is_own: bool) -> None:
    assert is_from_here(request_) is is_own


def test_the_setting_lets_this_machine_read(tmp_path: Path, solver: LazySolver) -> None:
    server = Server(tmp_path, HandClock(1_466_000_000), solver, metrics="loopback").start()
    try:
        assert server.http.get("/metrics").status_code == 200
        passed_on = server.http.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"})
        assert passed_on.status_code == 401
    finally:
        server.stop()


def test_behind_a_proxy_this_machine_says_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="proxy"):
        Settings(var=tmp_path, behind_tls=True, metrics="loopback")


# --- the dashboard ----------------------------------------------------------------------


def test_the_dashboard_asks_for_nothing_that_is_not_there(traded: Village) -> None:
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    queries = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
    queries += [item["query"] for item in board["templating"]["list"] if item["type"] == "query"]
    wanted = {name for query in queries for name in re.findall(r"wattmarket_\w+", query)}
    given = {name for name, _ in read(traded)}
    # A family that has no sample at this moment (nothing is late, nobody was turned away) is named too.
    answer = traded.server.http.get("/metrics", headers=bearer(traded.tokens["operator"]))
    given |= set(re.findall(r"^# TYPE (\w+)", answer.text, re.MULTILINE))

    if sys.platform != "linux":  # where the system does not tell what a process uses
        wanted = {name for name in wanted if not name.startswith("wattmarket_process_")}
    assert wanted - given == set()
    assert len(wanted) > 20


def test_every_gauge_is_on_the_dashboard_or_is_a_size() -> None:
    board = DASHBOARD.read_text(encoding="utf-8")

    assert [name for name in GAUGES if f"wattmarket_{name}" not in board] == []


def test_every_panel_of_the_dashboard_is_whole() -> None:
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    ids = [panel["id"] for panel in board["panels"]]
    fields = {"id", "title", "type", "gridPos"}

    assert len(set(ids)) == len(ids)
    assert all(fields <= panel.keys() for panel in board["panels"])
    assert all(panel.get("targets") for panel in board["panels"] if panel["type"] != "row")
    assert "__inputs" not in board


def test_counting_a_request_needs_no_lookup_after_the_first() -> None:
    metrics = Metrics()
    for _ in range(3):
        metrics.answered("GET", "/v1/health", 200, 0.002)
    sample = metrics.registry.get_sample_value

    asked_ = {"method": "GET", "address": "/v1/health"}
    assert sample("wattmarket_requests_total", {**asked_, "status": "200"}) == 3
    assert sample("wattmarket_request_seconds_bucket", {**asked_, "le": "0.0025"}) == 3
    assert sample("wattmarket_request_seconds_bucket", {**asked_, "le": "0.001"}) == 0
