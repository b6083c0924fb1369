"""Certificates are given to a neighbour, who retires what fits its own use."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import PHONE, look


def free(town: Town, who: str) -> float:
    lots = town.get("/account/certificates", who)["items"]
    return sum(float(lot["held_kwh"]) - float(lot["owed_kwh"]) for lot in lots)


def test_some_are_given_away_and_retired_by_their_receiver(
    open_window: OpenWindow, own_town: Town
) -> None:
    window = open_window(own_town.url)
    window.enter(own_town, "wim")
    page = window.go("/portal/green")
    # A bundle is 1 MWh, and nobody here has one.
    expect(page.get_by_role("button", name=window.said("green:act.export"))).to_be_disabled()
    before = free(own_town, "rur-00")
    page.get_by_role("button", name=window.said("green:act.move"), exact=True).click()
    dialog = page.get_by_role("alertdialog")
    send = dialog.get_by_role("button", name=window.said("green:act.move"), exact=True)
    energy = dialog.get_by_role("textbox", name=window.said("green:moves.energy"))
    receiver = dialog.get_by_role("textbox", name=window.said("green:act.receiver"))
    receiver.fill("nobody")
    energy.fill("9999")
    send.click()
    expect(dialog.get_by_role("alert")).to_be_visible()  # more than there is: nothing is sent
    energy.fill(f"{before:.3f}")
    expect(dialog.get_by_text("2016").first).to_be_visible()  # which lots, made when
    window.expect_complaint("^answer 4..: POST .*/certificates:move$")
    send.click()
    expect(dialog.get_by_role("alert")).to_contain_text(window.said("refusal.PARTICIPANT_UNKNOWN"))
    window.picture("green.move")
    receiver.fill("rur-01")
    send.click()
    expect(dialog).to_have_count(0)
    assert free(own_town, "rur-00") == 0
    assert abs(free(own_town, "rur-01") - before) < 0.001
    look(window, "green.moved")

    phone = open_window(own_town.url, size=PHONE)
    phone.enter(own_town, "rita")
    page = phone.go("/portal/green")
    page.get_by_role("button", name=phone.said("green:act.retire"), exact=True).click()
    dialog = page.get_by_role("alertdialog")
    day = dialog.get_by_label(phone.said("green:act.day"))
    day.fill("2016-07-01")
    expect(dialog.get_by_text(phone.said("green:act.not_settled"))).to_be_visible()
    day.fill("2016-06-30")
    expect(dialog.get_by_role("status")).to_contain_text("%")  # how green the day becomes
    phone.picture("green.retire.phone")
    dialog.get_by_role("button", name=phone.said("green:act.retire"), exact=True).click()
    expect(dialog).to_have_count(0)
    acts = own_town.get("/certificates/acts", "rur-01")["items"]
    assert {act["kind"] for act in acts} == {"move", "retire"}
    assert free(own_town, "rur-01") < before
    assert phone.is_as_wide_as_its_window()
    assert phone.barriers() == []
