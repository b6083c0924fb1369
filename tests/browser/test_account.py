"""One's account in the portal: ways to sign in, limits that hold, a code for a device."""

import time

from playwright.sync_api import Request, Route, expect

from tests.browser import people
from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import PHONE, Window, look
from tests.patience import PATIENCE_S


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


def test_passkeys_come_and_go_and_somebody_is_given_a_mandate(
    open_window: OpenWindow, own_town: Town
) -> None:
    window = open_window(own_town.url)
    window.enter(own_town, "rita")
    device = window.authenticator()
    device.put(people.passkey(own_town.people["rita"]))
    page = window.go("/portal/account")
    dialog = page.get_by_role("alertdialog")
    name = page.get_by_label(window.said("passkey.name"))
    name.fill("The second telephone")
    add = page.get_by_role("button", name=window.said("passkey.add"), exact=True)
    window.expect_complaint("^answer 403: POST /v1/people/me/passkeys:options$")
    add.click()
    page.get_by_role("button", name=window.said("step_up.with_passkey")).click()
    # This device is in the list already; another one is not, and what was typed is still there.
    expect(page.get_by_text(window.said("passkey.none_given"))).to_be_visible()
    device.forget()
    add.click()
    made = page.get_by_role("listitem").filter(has_text="The second telephone")
    expect(made).to_be_visible()
    look(window, "account.passkeys")

    remove = dialog.get_by_role("button", name=window.said("passkey.remove"), exact=True)
    made.get_by_role("button", name=window.said("account:remove")).click()
    remove.click()
    expect(made).to_have_count(0)
    first = page.get_by_role("listitem").filter(has_text=window.said("passkey.first"))
    first.get_by_role("button", name=window.said("account:remove")).click()
    window.expect_complaint("^answer 409: DELETE /v1/people/me/passkeys/")
    remove.click()
    expect(dialog.get_by_role("alert")).to_contain_text(window.said("refusal.LAST_WAY_IN"))
    dialog.get_by_role("button", name=window.said("form.cancel")).click()

    _mandate(window, own_town)


def _mandate(window: Window, town: Town) -> None:
    """It is given for a day and so much, and revoked again."""
    page, dialog = window.page, window.page.get_by_role("alertdialog")
    page.get_by_role("button", name=window.said("mandate.give"), exact=True).click()
    for field, value in (("from", "2016-07-01T03:00"), ("until", "2016-07-02T03:00")):
        window.tell_time(dialog, window.said(f"mandate.{field}"), value)
    dialog.get_by_role("textbox", name=window.said("mandate.energy")).fill("5")
    agent = dialog.get_by_role("textbox", name=window.said("mandate.agent"))
    agent.fill("nobody")
    window.expect_complaint("^answer 4..: POST /v1/markets/riverside/mandates$")
    give = dialog.get_by_role("button", name=window.said("mandate.give"), exact=True)
    give.click()
    expect(dialog.get_by_role("alert")).to_contain_text(window.said("refusal.PARTICIPANT_UNKNOWN"))
    agent.fill("rur-00")
    give.click()
    expect(dialog).to_have_count(0)
    (given,) = town.get("/mandates", "rur-00")["items"]
    assert (given["owner"], given["energy_kwh_max"], given["state"]) == (
        "rur-01", "5.000", "holds",
    )  # fmt: skip
    row = page.get_by_role("grid", name=window.said("mandate.title")).get_by_role("row").nth(1)
    row.get_by_role("button").first.click()
    revoke = window.said("mandate.revoke")
    page.get_by_role("button", name=revoke, exact=True).click()
    dialog.get_by_role("button", name=revoke, exact=True).click()
    expect(dialog).to_have_count(0)
    assert town.get("/mandates", "rur-01")["items"][0]["state"] == "revoked"


def test_the_language_chosen_last_is_the_one_that_is_kept(
    open_window: OpenWindow, own_town: Town
) -> None:
    window = open_window(own_town.url)
    page = window.sign_in(own_town, "rita", "/portal/account")
    expect(page.get_by_role("heading", name=window.said("passkey.title"))).to_be_visible()
    told: list[Route] = []
    done: list[Request] = []
    page.route("**/v1/people/me", lambda route: told.append(route))

    def finished(sent: Request) -> None:
        if sent.method == "PATCH" and sent.url.endswith("/people/me"):
            done.append(sent)

    page.on("requestfinished", finished)

    for language in ("zh-CN", "en"):
        page.locator(f"button[lang='{language}']").click()
        expect(page.locator("html")).to_have_attribute("lang", language)
    # The newest first, as the network may have it; the second one is only sent once the first is kept.
    until = time.monotonic() + PATIENCE_S
    while len(done) < 2:
        assert time.monotonic() < until
        if told:
            told.pop().continue_()
        page.wait_for_timeout(1)
    with people.signed_in(own_town, "rita") as beside:
        assert beside.send("GET", "/v1/session").json()["language"] == "en"
