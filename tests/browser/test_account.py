"""One's account in the portal: ways to sign in, limits that hold, a code for a device."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import PHONE, look


def test_a_person_sees_its_passkey_sets_a_limit_and_makes_a_code(
    open_window: OpenWindow, own_town: Town
) -> None:
    window = open_window(own_town.url)
    page = window.sign_in(own_town, "rita", "/portal/account")
    expect(page.get_by_role("heading", name=window.said("nav.account"), exact=True)).to_be_visible()
    expect(page.get_by_text(window.said("mandate.empty"))).to_be_visible()
    look(window, "account")

    limits = page.get_by_role("form", name=window.said("account:limits.title"))
    limits.get_by_label(window.said("limits.order")).fill("12.5")
    limits.get_by_role("button", name=window.said("save")).click()
    expect(page.get_by_text(window.said("saved"), exact=True)).to_be_visible()
    kept = own_town.get("/me/trading-limits", "rur-01")
    assert kept == {"order_value_max": "12.50000000", "exposure_max": None}

    # What lets a device in wants a fresh proof; the act goes on by itself once it is given.
    window.expect_complaint(r"^answer 403: POST /v1/markets/riverside/enrolments$")
    page.get_by_role("button", name=window.said("code.make")).click()
    dialog = page.get_by_role("alertdialog")
    dialog.get_by_role("combobox").select_option("rur-01-load")
    dialog.get_by_role("button", name=window.said("code.make")).click()
    page.get_by_role("button", name=window.said("step_up.with_passkey")).click()
    expect(dialog.get_by_text(window.said("account:code.once"))).to_be_visible()
    dialog.get_by_role("button", name=window.said("code.noted")).click()
    codes = own_town.get("/enrolments", "rur-01")["items"]
    made = [(code["role"], code["unit_id"]) for code in codes if code["state"] == "open"]
    assert made == [("device", "rur-01-load")]


def test_the_account_fits_a_phone(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url, size=PHONE)
    window.enter(town, "rita")
    page = window.go("/portal/account")
    expect(page.get_by_role("heading", name=window.said("passkey.title"))).to_be_visible()
    assert window.is_as_wide_as_its_window()
    window.picture("account-phone")
    assert window.barriers() == []
