"""An operator takes an alarm on, notes what was done, and closes it."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import PHONE, look


def test_what_waits_is_seen_at_once(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url)
    window.enter(town, "olga")
    page = window.go("/console/alarms")
    row = page.get_by_role("row", name="rur-01-battery").first
    expect(row).to_contain_text(window.said("alarm.tripped"))
    look(window, "alarms")


def test_on_a_phone_nothing_is_cut_off(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url, size=PHONE, theme="dark")
    window.enter(town, "olga")
    page = window.go("/console/alarms")
    expect(page.get_by_text("rur-01-battery").first).to_be_visible()
    assert window.is_as_wide_as_its_window()
    window.picture("alarms.phone")


def test_an_alarm_is_taken_on_noted_and_closed(open_window: OpenWindow, own_town: Town) -> None:
    window = open_window(own_town.url)
    window.enter(own_town, "olga")
    page = window.go("/console/alarms")
    page.get_by_role("button", name=window.said("table.details")).first.click()
    page.get_by_role("textbox", name=window.said("alarms:comment"), exact=True).fill(
        "Called the owner."
    )
    page.get_by_role("button", name=window.said("alarms:comment_send")).click()
    expect(page.get_by_text("Called the owner.")).to_be_visible()
    window.picture("alarms.details")

    page.get_by_role("button", name=window.said("alarms:acknowledge"), exact=True).click()
    # At once: who has a dialog open keeps it when the row moves on beneath.
    page.get_by_role("button", name=window.said("alarms:close"), exact=True).click()
    row = page.get_by_role("row", name="rur-01-battery", include_hidden=True).first
    expect(row).to_contain_text(window.said("alarms:state.acknowledged"))
    page.get_by_role("alertdialog").get_by_role(
        "button", name=window.said("alarms:close"), exact=True
    ).click()
    expect(page.get_by_text(window.said("alarms:empty_now"))).to_be_visible()

    (alarm,) = own_town.get("/alarms", "operator")["items"]
    assert alarm["state"] == "closed"
    assert [note["text"] for note in alarm["comments"]] == ["Called the owner."]
