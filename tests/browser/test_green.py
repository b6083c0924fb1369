"""A home's green certificates, and how green its days were beside the market's."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import look


def test_certificates_by_source_and_day_and_as_a_file(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url)
    window.enter(town, "wim")
    page = window.go("/portal/green")
    sums = page.get_by_role("list", name=window.said("sums"))
    lots = town.get("/account/certificates", "rur-00")["items"]
    (own,) = (lot for lot in lots if lot["unit_id"] == "rur-00-wind")
    expect(sums).to_contain_text(own["held_kwh"])
    expect(page.get_by_role("gridcell", name=window.said("source.wind"))).to_be_visible()
    expect(page.get_by_role("meter", name=window.said("share.market"))).to_be_visible()
    look(window, "green")

    page.get_by_label(window.said("by_label"), exact=True).select_option("day")
    expect(page.get_by_role("gridcell", name="Thu, 30 Jun 2016")).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("button", name=window.said("statement"), exact=True).click()
    statement = saved.value.path().read_text(encoding="utf-8-sig")
    assert "rur-00-wind" in statement
