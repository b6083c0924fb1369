"""The report: a small village's whole day, its figures, its page, and what must hold."""

import json
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from benchmarks.village_trial import definition, live
from benchmarks.village_wire import as_wire
from sim import plots
from sim.outcome import CAUSES, GROUPS, ReportInput
from sim.profiles import Household, Village, load_village
from sim.report import build, invariants, print_summary

SEED = 20160615


@pytest.fixture(scope="module")
def data() -> ReportInput:
    """A whole day of some thirty households, cleared interval by interval."""
    village = load_village(seed=SEED)

    def matters(number: int, household: Household) -> bool:
        has = {unit.kind for unit in household.units}
        return "storage" in has or number % 10 == 0

    chosen = tuple(h for n, h in enumerate(village.households) if matters(n, h))
    small = Village(day_start_s=village.day_start_s, households=chosen)
    market = definition(18.0, 18.0, 10.0)
    return as_wire(small, live(small, market, SEED), market)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, data: ReportInput) -> Path:
    path = tmp_path_factory.mktemp("report") / "demo"
    build(path, data)
    return path


@pytest.fixture(scope="module")
def report(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return read


def money_in(record: Any) -> int:  # noqa: ANN401 -- anything json can hold
    """How many values look like money; floats in it are a fault."""
    if isinstance(record, dict):
        return sum(money_in(value) for value in record.values())
    if isinstance(record, list):
        return sum(money_in(value) for value in record)
    return isinstance(record, str) and re.fullmatch(r"-?\d+\.\d{8}", record) is not None


def test_the_record_has_every_figure(report: dict[str, Any]) -> None:
    for key in [
        "orders.sent",
        "orders.acknowledged",
        "orders.refused",
        "trades",
        "intervals_cleared",
        "energy_bought_wh",
        "energy_sold_wh",
        "losses_wh",
        "ledger_sum",
        "welfare",
        "savings_total",
        "self_sufficiency.market",
        "self_sufficiency.plain",
        "ack_ms.p50",
        "ack_ms.p99",
        "clearing_ms.p50",
        "clearing_ms.max",
        "audit_failures",
        "savings.solar.median",
        "savings.storage.spread",
        "savings.neither.median",
        "worse_off.count",
        "worse_off.share",
        "worse_off.reasons",
        "results.operator",
        "results.grid",
        "results.retailer",
    ]:
        value: Any = report
        for part in key.split("."):
            assert part in value, key
            value = value[part]


def test_money_is_decimal_strings(report: dict[str, Any]) -> None:
    bills = [report["savings_total"], *report["bills"].values()]
    for row in report["bills_of_households"]:
        bills += [row["plain"], row["market"], row["saving"], *row["causes"].values()]
    assert money_in(bills) == len(bills)


def test_savings_add_up_by_household_by_group_and_by_cause(report: dict[str, Any]) -> None:
    total = Decimal(report["savings_total"])
    rows = report["bills_of_households"]
    assert sum(Decimal(row["saving"]) for row in rows) == total
    assert sum(Decimal(report["savings"][group]["total"]) for group in GROUPS) == total
    assert sum(Decimal(report["savings_by_cause"][cause]) for cause in CAUSES) == total
    assert Decimal(report["bills"]["plain"]) - Decimal(report["bills"]["market"]) == total
    assert sum(report["savings"][group]["households"] for group in GROUPS) == len(rows)


def test_the_small_village_gains_and_keeps_every_promise(report: dict[str, Any]) -> None:
    assert Decimal(report["savings_total"]) > 0
    assert report["self_sufficiency"]["market"] > report["self_sufficiency"]["plain"]
    assert invariants(report) == []


def test_what_the_parties_took_in_on_the_plain_day_is_what_households_paid(
    report: dict[str, Any],
) -> None:
    paid = sum(Decimal(party["plain"]) for party in parties(report))
    assert paid == Decimal(report["bills"]["plain"])
    assert abs(Decimal(report["results"]["operator"]["plain"])) < Decimal("0.01")


def test_what_the_operator_lost_is_no_gain_of_the_village(report: dict[str, Any]) -> None:
    after = Decimal(report["savings_total"]) + Decimal(report["results"]["operator"]["market"])
    assert Decimal(report["savings_after_operator"]) == after


def parties(report: dict[str, Any]) -> list[dict[str, str]]:
    return [value for value in report["results"].values() if isinstance(value, dict)]


BREAKS: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("95 of 96 intervals", lambda r: r.update(intervals_cleared=95)),
    ("is not bought", lambda r: r.update(energy_sold_wh=r["energy_sold_wh"] + 1)),
    ("no losses", lambda r: r.update(losses_wh=0, energy_sold_wh=r["energy_bought_wh"])),
    ("the ledger sums to -1", lambda r: r.update(ledger_sum=-1)),
    ("2 audit failures", lambda r: r.update(audit_failures=2)),
    ("others did not get", lambda r: r["results"].update(difference="0.00000001")),
    ("4999 trades", lambda r: r.update(trades=4999)),
    ("no line was full", lambda r: r.update(binding_intervals={"GRID-RUR": 0})),
    ("saved -0.10000000", lambda r: r.update(savings_total="-0.10000000")),
    ("6.0% of the households", lambda r: r["worse_off"].update(share=0.06)),
    ("answered", lambda r: r["orders"].update(acknowledged=r["orders"]["sent"] - 1)),
]


@pytest.mark.parametrize(("words", "change"), BREAKS, ids=[words for words, _ in BREAKS])
def test_a_broken_promise_is_named(
    report: dict[str, Any], words: str, change: Callable[[dict[str, Any]], object]
) -> None:
    held = deepcopy(report)
    assert invariants(held) == []
    change(held)
    assert [words in failure for failure in invariants(held)] == [True]


def test_the_page_stands_alone_and_shows_six_pictures(folder: Path) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    sources = re.findall(r'<(?:img|script|link)[^>]*?(?:src|href)="([^"]{0,40})', page)
    assert len(sources) == 6
    assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)
    assert 'lang="zh"' in page


def checked(data: ReportInput) -> ReportInput:
    """The day with a grid that would have passed its limit at noon."""

    def seen(highest: float) -> dict[str, Any]:
        return {
            "solved": True,
            "lowest_voltage_pu": "1.010000",
            "highest_voltage_pu": f"{highest:.6f}",
        }

    bus = {"rated_v": 400, "voltage_min_ppm": 900_000, "voltage_max_ppm": 1_060_000}
    checks = [
        {
            "area_id": "RUR",
            "start": interval["start"],
            "before": seen(1.065 if number == 48 else 1.05),
            "after": seen(1.06) if number == 48 else None,
        }
        for number, interval in enumerate(data.intervals)
    ]
    return replace(data, networks=[{"area_id": "RUR", "buses": [bus]}], checks=checks)


def test_a_grid_that_was_checked_is_a_seventh_picture(tmp_path: Path, data: ReportInput) -> None:
    build(tmp_path, checked(data))
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert len(re.findall(r"<img", page)) == 7
    assert "Voltages in the areas" in page


def test_the_picture_of_voltages_shows_what_was_traded_only_where_it_was_changed(
    data: ReportInput,
) -> None:
    changed = checked(data)
    calm = replace(changed, checks=[{**item, "after": None} for item in changed.checks[:40]])
    assert "RUR as traded" in plots.voltages(changed)
    assert "RUR as traded" not in plots.voltages(calm)


def test_a_failed_promise_stands_on_the_page(tmp_path: Path, data: ReportInput) -> None:
    build(tmp_path, replace(data, totals={**data.totals, "trades": 12}))
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "12 trades" in page
    assert "What did not hold" in page


def test_equal_days_make_equal_files(tmp_path: Path, folder: Path, data: ReportInput) -> None:
    build(tmp_path, data)
    for name in ("report.json", "report.html"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_the_summary_is_readable(report: dict[str, Any]) -> None:
    out = StringIO()
    print_summary(report, Console(file=out, width=100))
    for word in ("intervals cleared", "96", "ledger", "worse off", "self-sufficiency"):
        assert word in out.getvalue()
