"""Reports over the wire: a day and a month, each table, for operators only."""

import csv
import io
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256

import pyarrow as pa
import pytest

from api.answers.reports import REPORT_TABLES
from tests.api.hosting import HandClock, LazySolver, Server
from tests.api.routes.test_settlements import finished, reading
from tests.api.village import Json, Village, make_village


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory, solver: LazySolver) -> Iterator[Server]:
    """A server whose clock is at ten in the morning: what is paid in counts for the day that is settled."""
    clock = HandClock(int(datetime(2016, 6, 15, 9, tzinfo=UTC).timestamp()))
    made = Server(tmp_path_factory.mktemp("reports"), clock, solver).start()
    yield made
    made.stop()
    assert made.faults == []


@pytest.fixture(scope="module")
def settled(own_server: Server) -> Village:
    """A day of one interval: Ada bought 1.5 kWh and her meter said 1.6."""
    village = make_village(own_server, intervals=1)
    for who, order in (
        ("ada", village.order(energy_kwh="1.500")),
        ("retailer", village.order(unit_id="retail", side="sell", price_per_mwh="120.00", energy_kwh="50.000")),
    ):  # fmt: skip
        assert village.post("/orders", who, order).status_code == 201
    early = village.get("/reports/day", "operator", day=village.local_day())
    assert (early["closed"], early["proven"]) == (False, True)
    assert [day["state"] for day in early["days"]] == ["open"]
    village.go_to(900 + 1)
    village.wait_for_phase("settling")
    posted = village.post("/measurements:batch", "rural", reading(village, "1.600"))
    assert posted.status_code == 201
    village.go_to(2 * 900 + 1)
    finished(village, 1)
    return village


def report(village: Village) -> Json:
    return village.get("/reports/day", "operator", day=village.local_day())


def net(found: Json, account: str, kind: str, table: str = "delivered") -> Decimal:
    return sum(
        (
            Decimal(row["net_amount"])
            for row in found[table]
            if (row["account"], row["kind"]) == (account, kind)
        ),
        Decimal(0),
    )


def test_a_day_says_what_was_traded_measured_and_booked(settled: Village) -> None:
    """1.5 kWh at 120 and the way of 40 with 2 % lost; 0.1 kWh short; 1.6 kWh at 70 and 50 per MWh."""
    found = report(settled)
    assert found["proven"] is True
    assert found["faults"] == []
    assert found["energy"] == {
        "sold_kwh": "1.531",
        "bought_kwh": "1.500",
        "lost_kwh": "0.031",
        "difference_kwh": "0.000",
    }
    assert net(found, "grid_operator", "network_fee") == Decimal("0.112")
    assert net(found, "levies", "levies") == Decimal("0.08")
    rural = found["imbalance"][0]
    assert (rural["area_id"], rural["short_kwh"], rural["net_kwh"]) == ("RUR", "0.100", "-0.100")
    # 163.27 and a twentieth of it, in whole ticks.
    assert rural["short_paid_amount"] == rural["cost_amount"] == "0.01714300"
    counts = {row["reading"]: row["unit_intervals"] for row in found["completeness"]}
    assert counts == {"measured": 1, "late": 0, "linear": 0, "like_day": 0, "schedule": 1}
    (day,) = found["days"]
    assert (day["state"], day["version"], day["run_kind"]) == ("settled", 1, "preliminary")
    (into,) = [row for row in found["flows"] if row["from_area"] == "GRID"]
    assert (into["calls_kwh"], into["lost_kwh"]) == ("1.531", "0.031")


def test_the_accounts_are_the_trial_balance(settled: Village) -> None:
    found = report(settled)
    told = settled.get("/ledger/trial-balance", "operator", day=settled.local_day())
    trial = {row["account"]: row for row in told["accounts"]}
    for row in found["accounts"]:
        own = [
            item
            for name, item in trial.items()
            if name == row["account"]
            or (row["account"] == "participant" and name.startswith("participant:"))
        ]
        for mine, its in (
            ("opening_amount", "opening"),
            ("received_amount", "received"),
            ("given_amount", "given"),
            ("closing_amount", "balance"),
        ):
            assert Decimal(row[mine]) == sum(Decimal(item[its]) for item in own)
        by_kind = sum(
            Decimal(item["net_amount"])
            for item in found["revenue"]
            if item["account"] == row["account"].partition(":")[0]
        )
        alike = [
            Decimal(item["received_amount"]) - Decimal(item["given_amount"])
            for item in found["accounts"]
            if item["account"].partition(":")[0] == row["account"].partition(":")[0]
        ]
        assert by_kind == sum(alike)


def test_a_month_holds_its_days(settled: Village) -> None:
    month = settled.local_day()[:7]
    found = settled.get("/reports/month", "operator", month=month)
    of_day = report(settled)
    assert found["period"] == month
    assert found["proven"] is True
    assert [day["day"] for day in found["days"]] == [settled.local_day()]
    for table in ("delivered", "volumes", "flows", "imbalance", "meters", "completeness"):
        assert found[table] == of_day[table]
    assert {row["start"] for row in found["prices"]} == {None}


@pytest.mark.parametrize("table", sorted(REPORT_TABLES))
def test_each_table_comes_as_json_csv_and_arrow(table: str, settled: Village) -> None:
    path, day = f"/reports/day/{table}", {"day": settled.local_day()}
    whole = report(settled)[table]
    assert settled.get(path, "operator", **day)["items"] == whole
    text = settled.send("GET", path, "operator", params=day, headers={"Accept": "text/csv"})
    assert f"{table}-{settled.local_day()}.csv" in text.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(text.text)))
    assert len(rows) == len(whole)
    for row, record in zip(rows, whole, strict=True):
        # A negative amount is a number and no formula.
        assert row == {name: "" if value is None else str(value) for name, value in record.items()}
    arrow = settled.send(
        *("GET", path, "operator"),
        params=day,
        headers={"Accept": "application/vnd.apache.arrow.stream"},
    )
    assert pa.ipc.open_stream(arrow.content).read_all().num_rows == len(whole)


def test_a_table_is_read_in_pages(settled: Village) -> None:
    path, day = "/reports/day/delivered", settled.local_day()
    whole = report(settled)["delivered"]
    read: list[Json] = []
    cursor: dict[str, str] = {}
    while True:
        page = settled.get(path, "operator", day=day, limit=4, **cursor)
        read += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert read == whole
    assert len(read) > 4
    wrong = settled.send("GET", path, "operator", params={"day": day, "cursor": "x"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "FIELD_FORMAT")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_page_lets_in_its_own_style_alone(language: str, settled: Village) -> None:
    for path, query in (
        ("/reports/day/page", {"day": settled.local_day()}),
        ("/reports/month/page", {"month": settled.local_day()[:7]}),
    ):
        page = settled.send("GET", path, "operator", params={**query, "language": language})
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        style = page.text.split("<style>")[1].split("</style>")[0]
        assert b64encode(sha256(style.encode()).digest()).decode() in policy
        assert "<script" not in page.text
        assert " style=" not in page.text
        assert {"en": "Market report", "zh": "市场报告"}[language] in page.text


def test_a_day_without_anything_is_empty(settled: Village) -> None:
    found = settled.get("/reports/day", "operator", day="2001-01-01")
    assert (found["days"], found["revenue"], found["prices"]) == ([], [], [])
    assert found["closed"] is found["proven"] is True
    coming = settled.get("/reports/month", "operator", month="2190-01")
    assert (coming["days"], coming["closed"]) == ([], False)
    page = settled.send("GET", "/reports/day/page", "operator", params={"day": "2001-01-01"})
    assert page.status_code == 200


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("/reports/day", {}, "FIELD_MISSING"),
        ("/reports/day", {"day": "2016-02-30"}, "FIELD_FORMAT"),
        ("/reports/day", {"month": "2016-02"}, "FIELD_MISSING"),
        ("/reports/month", {"month": "2016-13"}, "FIELD_FORMAT"),
        ("/reports/month", {"month": "1900-01"}, "FIELD_RANGE"),
        ("/reports/month/page", {"month": "2016-01", "language": "fr"}, "FIELD_FORMAT"),
    ],
)
def test_what_is_no_day_or_month_is_refused(
    path: str, query: dict[str, str], code: str, settled: Village
) -> None:
    answer = settled.send("GET", path, "operator", params=query)
    assert answer.status_code == 422
    assert code in {fault["code"] for fault in answer.json()["errors"]}


def test_a_table_that_is_none_is_not_found(settled: Village) -> None:
    for table in ("nothing", "Prices", "%00"):
        answer = settled.send(
            "GET", f"/reports/day/{table}", "operator", params={"day": "2016-01-01"}
        )
        assert answer.status_code == 404


def test_reports_are_for_operators(settled: Village) -> None:
    for path in ("/reports/day", "/reports/day/page", "/reports/day/prices"):
        for who in ("ada", "rural", "meter"):
            answer = settled.send("GET", path, who, params={"day": settled.local_day()})
            assert (answer.status_code, answer.json()["code"]) == (403, "NOT_PERMITTED")
        assert settled.send("GET", path, params={"day": "2016-01-01"}).status_code == 401
