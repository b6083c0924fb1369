"""A home's energy by day, week and month: where it came from, where it went, what was covered."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import PHONE, look


def test_a_day_and_a_week_of_a_home(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url)
    window.enter(town, "wim")
    page = window.go("/portal/energy")
    sums = page.get_by_role("list", name=window.said("sums"))
    (today,) = town.get("/account/energy", "rur-00", by="day")["items"]
    expect(sums).to_contain_text(today["used_kwh"])
    expect(sums).to_contain_text(window.said("preliminary"))
    covered = window.said(
        "cover.of", part=str(today["covered_intervals"]), whole=str(today["used_intervals"])
    )
    expect(page.get_by_text(covered)).to_be_visible()
    look(window, "energy")

    page.get_by_role("button", name=window.said("chart.as_table")).click()
    expect(page.get_by_role("gridcell", name="00:00–00:15")).to_be_visible()
    page.get_by_label(window.said("view_label"), exact=True).select_option("week")
    expect(page.get_by_role("gridcell", name="Thu, 30 Jun 2016")).to_be_visible()
    page.get_by_label(window.said("view_label"), exact=True).select_option("month")
    page.get_by_role("button", name=window.said("before")).click()
    expect(sums).to_contain_text(window.said("settled"))
    look(window, "energy-month")


def test_it_fits_a_phone(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url, size=PHONE, theme="dark")
    window.enter(town, "wim")
    page = window.go("/portal/energy")
    expect(page.get_by_role("list", name=window.said("sums"))).to_be_visible()

    assert window.is_as_wide_as_its_window()
    window.picture("energy-phone")
    assert window.barriers() == []
