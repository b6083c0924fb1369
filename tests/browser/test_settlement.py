"""A day is looked at and settled again; a month's bills; the ledger that adds up."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.town import MONTH, Town
from tests.browser.window import PHONE, look


def test_a_day_its_bills_and_the_ledger_are_seen(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url)
    window.enter(town, "olga")
    page = window.go("/console/settlement")
    expect(
        page.get_by_role("heading", name=window.said("settlement:readings.title"))
    ).to_be_visible()
    expect(page.locator("main canvas")).to_be_visible()
    look(window, "settlement")

    page = window.go("/console/settlement?view=bills")
    page.get_by_role("row", name="rur-01").get_by_role("button").first.click()
    link = page.get_by_role("link", name=window.said("bills.page"))
    expect(link).to_be_visible()
    assert town.server.http.get(str(link.get_attribute("href"))).status_code == 401
    look(window, "settlement.bills")

    page = window.go("/console/settlement?view=ledger")
    expect(page.get_by_text(window.said("ledger.balanced"))).to_be_visible()
    look(window, "settlement.ledger")


def test_a_month_is_seen_in_pictures_tables_and_files(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url)
    window.enter(town, "olga")
    page = window.go("/console/settlement?view=reports&day=2016-06-30")
    with page.expect_response(lambda answer: "/reports/month?" in answer.url):
        page.get_by_label(window.said("settlement:report.period")).select_option("month")
    month = page.get_by_label(window.said("settlement:filter.month"), exact=True)
    expect(month).to_have_value(MONTH)
    report = town.get("/reports/month", "operator", month=MONTH)
    assert report["proven"] is True
    tiles = page.get_by_role("list", name=window.said("settlement:tile.label"))
    expect(tiles).to_contain_text(window.said("settlement:report.proven"))
    for name, listed in CHARTS.items():
        panel = page.get_by_role("region", name=window.said(f"settlement:report.{name}"), exact=True)  # fmt: skip
        expect(panel.locator("canvas")).to_be_visible()
        with page.expect_download() as saved:
            panel.get_by_role("button", name=window.said("chart.csv")).click()
        assert saved.value.suggested_filename == f"{name}-{MONTH}.csv"
        text = saved.value.path().read_text(encoding="utf-8-sig")
        for row in report[name][:20]:
            assert str(row[listed]) in text, (name, row)
    look(window, "settlement.month")
    panel.get_by_role("button", name=window.said("chart.as_table")).click()
    expect(panel.get_by_role("grid")).to_be_visible()
    look(window, "settlement.month.table")
    with page.expect_popup() as opened:
        page.get_by_role("link", name=window.said("settlement:report.page")).click()
    expect(opened.value.get_by_role("heading", level=1)).to_contain_text(MONTH)


CHARTS = {
    "prices": "mean_per_mwh",
    "volumes": "energy_kwh",
    "imbalance": "net_kwh",
    "completeness": "unit_intervals",
    "certificates": "issued_kwh",
}
"""The report's parts as they are drawn one to one, and a figure of each that its file has to hold."""


def test_it_fits_a_phone(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url, size=PHONE, theme="dark")
    window.enter(town, "olga")
    for view in ("runs", "bills", "ledger"):
        page = window.go(f"/console/settlement?view={view}")
        expect(page.locator(".p-table").first).to_be_visible()
        assert window.is_as_wide_as_its_window()
        window.picture(f"settlement.{view}.phone")


def test_a_day_is_settled_again_for_a_reason(open_window: OpenWindow, own_town: Town) -> None:
    window = open_window(own_town.url)
    page = window.sign_in(own_town, "olga", "/console/settlement")
    page.get_by_role("button", name=window.said("again.open")).click()
    dialog = page.get_by_role("alertdialog")
    act = dialog.get_by_role("button", name=window.said("again.act"), exact=True)

    act.click()
    expect(dialog).to_contain_text("3")  # a reason has at least so many characters
    dialog.get_by_label(window.said("act.reason")).fill("A meter was read twice.")
    window.expect_complaint("^answer 403: POST .*/settlement-runs$")  # a fresh proof is wanted
    act.click()
    page.get_by_role("button", name=window.said("step_up.with_passkey")).click()
    # Nothing has come since: what stands goes on standing, and one is told.
    expect(page.get_by_text(window.said("again.same"))).to_be_visible()
    assert len(own_town.get("/settlement-runs", "operator")["items"]) == 1
