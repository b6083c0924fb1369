"""Participants as an operator sees them: suspended for a reason and let in again, given a code."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import PHONE, look


def test_they_are_seen_on_a_phone_too(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url)
    window.enter(town, "olga")
    page = window.go("/console/participants")
    row = page.get_by_role("row", name="rur-01").first
    row.get_by_role("button").first.click()
    expect(page.get_by_role("heading", name=window.said("clients.title"))).to_be_visible()
    look(window, "participants")

    phone = open_window(town.url, size=PHONE, theme="dark")
    phone.enter(town, "olga")
    page = phone.go("/console/participants")
    expect(page.get_by_text("rur-01").first).to_be_visible()
    assert phone.is_as_wide_as_its_window()
    phone.picture("participants.phone")


def test_one_is_suspended_and_given_a_code(open_window: OpenWindow, own_town: Town) -> None:
    window = open_window(own_town.url)
    page = window.sign_in(own_town, "olga", "/console/participants")
    page.get_by_role("row", name="rur-01").first.get_by_role("button").first.click()
    page.get_by_role("button", name=window.said("open.suspend"), exact=True).click()
    dialog = page.get_by_role("alertdialog")
    dialog.get_by_label(window.said("act.reason")).fill("Its readings are under investigation.")
    dialog.get_by_role("button", name=window.said("open.suspend"), exact=True).click()
    expect(page.get_by_text(window.said("standing.suspended")).first).to_be_visible()
    (found,) = own_town.get("/participants:overview", "operator", participant_id="rur-01")["items"]
    assert found["suspended"]

    window.expect_complaint("^answer 403: POST .*/enrolments$")  # a fresh proof is wanted
    page.get_by_role("button", name=window.said("act_invite"), exact=True).click()
    page.get_by_role("button", name=window.said("step_up.with_passkey")).click()
    code = page.locator("output.pt-secret")
    expect(code).not_to_be_empty()
    page.get_by_role("button", name=window.said("code.close")).click()
    expect(code).to_have_count(0)
    items = own_town.get("/enrolments", "operator")["items"]
    assert [item["participant_id"] for item in items if item["state"] == "open"] == ["rur-01"]
