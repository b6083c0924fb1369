"""A day is looked at and settled again; a month's bills; the ledger that adds up."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
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
