"""One's devices: how each stands; one is taken out of service and put back."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import PHONE, look

BATTERY = "rur-01-battery"


def test_a_battery_is_taken_out_of_service_and_put_back(
    open_window: OpenWindow, own_town: Town
) -> None:
    window = open_window(own_town.url)
    window.enter(own_town, "rita")
    page = window.go("/portal/devices")
    battery = page.get_by_role("region", name=window.said("unit_kind.storage"))
    expect(battery).to_contain_text(window.said("standing.alarm"))
    look(window, "devices")

    battery.get_by_role("button", name=window.said("outage.report")).click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text(window.said("outage.cancels"))
    dialog.get_by_label(window.said("act.reason")).fill("A new inverter")
    window.tell_time(dialog, window.said("outage.until"), "2016-07-01T02:00")
    window.expect_complaint(r"^answer 4\d\d: POST .*:out-of-service$")
    dialog.get_by_role("button", name=window.said("outage.report")).click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    expect(dialog.get_by_label(window.said("act.reason"))).to_have_value("A new inverter")

    window.tell_time(dialog, window.said("outage.until"), "2016-07-02T03:00")
    dialog.get_by_role("button", name=window.said("outage.report")).click()
    expect(dialog).to_be_hidden()
    expect(battery).to_contain_text("A new inverter")
    (outage,) = own_town.get("/outages", "rur-01")["items"]
    assert (outage["unit_id"], outage["until"]) == (BATTERY, "2016-07-02T01:00:00Z")

    battery.get_by_role("button", name=window.said("outage.end")).click()
    dialog.get_by_role("button", name=window.said("outage.end")).click()
    expect(battery.get_by_role("button", name=window.said("outage.report"))).to_be_visible()
    assert own_town.get("/outages", "rur-01")["items"] == []


def test_readings_of_a_meter_fit_a_phone(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url, size=PHONE, theme="dark")
    window.enter(town, "rita")
    page = window.go("/portal/devices")
    home = page.get_by_role("region", name=window.said("devices:unit_kind.load"))
    home.get_by_role("button", name=window.said("readings.show")).click()
    readings = page.get_by_role("region", name=window.said("devices:readings.title"))
    expect(readings).to_contain_text(re.compile("rur-01-load"))
    expect(readings).to_contain_text(window.said("readings.no_gaps"))

    assert window.is_as_wide_as_its_window()
    window.picture("devices-phone")
    assert window.barriers() == []
