"""One list of what a householder should know: read, followed to where it leads, and set by thresholds."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import PHONE, look


def test_everything_stands_in_one_list(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url)
    window.enter(town, "rita")
    page = window.go("/portal/alerts")
    expect(page.get_by_text(window.said("alarm.tripped"))).to_be_visible()
    expect(page.get_by_text(window.said("alert.BILL_ISSUED"))).to_be_visible()
    look(window, "alerts")


def test_alerts_are_read_and_lead_somewhere(open_window: OpenWindow, own_town: Town) -> None:
    window = open_window(own_town.url, size=PHONE, theme="dark")
    window.enter(own_town, "rita")
    page = window.go("/portal/alerts")
    expect(page.get_by_text(window.said("alarm.tripped"))).to_be_visible()
    (case,) = own_town.get("/cases", "operator")["items"]
    taken = own_town.act(f"/cases/{case['case_id']}:take", "operator", {})
    assert taken.status_code == 200, taken.text
    expect(page.get_by_text(window.said("alert.CASE_TAKEN"))).to_be_visible()  # by the stream
    assert window.is_as_wide_as_its_window()
    window.picture("alerts.phone")
    page.get_by_role("button", name=window.said("alerts:read_all").split(" (")[0]).click()
    expect(page.get_by_text(window.said("alerts:new"), exact=True)).to_have_count(0)
    assert own_town.get("/account/alerts", "rur-01", unread="true")["items"] == []
    page.get_by_role("link", name=window.said("alerts:way.case")).click()
    expect(page.get_by_text("The meter was changed.")).to_be_visible()


def test_thresholds_are_set(open_window: OpenWindow, own_town: Town) -> None:
    window = open_window(own_town.url)
    window.enter(own_town, "rita")
    page = window.go("/portal/alerts")
    page.get_by_role("tab", name=window.said("alerts:tab.settings")).click()
    page.get_by_role("switch", name=window.said("alerts:setting.price_above_per_mwh")).click(
        force=True
    )
    limit = page.get_by_label(window.said("alerts:limit.price_above_per_mwh"), exact=True)
    limit.fill("much")
    limit.press("Tab")  # what is wrong is said as one leaves, and moves what stands below
    keep = page.get_by_role("button", name=window.said("alerts:keep"))
    keep.click()
    expect(window.refusal()).to_be_visible()
    limit.fill("120.5")
    page.get_by_role("switch", name=window.said("alerts:setting.bill_days")).click(force=True)
    keep.click()
    expect(page.get_by_text(window.said("alerts:kept"))).to_be_visible()
    look(window, "alerts.settings")
    settings = own_town.get("/account/alert-settings", "rur-01")
    assert settings["price_above_per_mwh"] == "120.50"
    assert settings["bill_days"] is None
    assert settings["use_above_ppm"] == 1_500_000
