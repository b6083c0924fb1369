"""Participants as an operator sees them: suspended for a reason and let in again, given a code."""

from playwright.sync_api import Locator, Page, expect

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
    expect(dialog).to_have_count(0)  # the list has the word as well
    expect(page.get_by_text(window.said("standing.suspended")).first).to_be_visible()
    (found,) = own_town.get("/participants:overview", "operator", participant_id="rur-01")["items"]
    assert found["suspended"]

    window.expect_complaint("^answer 403: POST .*/enrolments$")  # a fresh proof is wanted
    page.get_by_role("button", name=window.said("act_invite"), exact=True).click()
    dialog.get_by_role("button", name=window.said("access.make_code"), exact=True).click()
    page.get_by_role("button", name=window.said("step_up.with_passkey")).click()
    code = page.locator("output.pt-secret")
    expect(code).not_to_be_empty()
    page.get_by_role("button", name=window.said("code.close")).click()
    expect(code).to_have_count(0)
    items = own_town.get("/enrolments", "operator")["items"]
    assert [item["participant_id"] for item in items if item["state"] == "open"] == ["rur-01"]


def test_one_is_registered_with_a_unit_and_let_in(open_window: OpenWindow, own_town: Town) -> None:
    window = open_window(own_town.url)
    page = window.sign_in(own_town, "olga", "/console/participants")
    dialog = page.get_by_role("alertdialog")

    def press(key: str, *, at: Page | Locator = page, **values: str) -> None:
        name = window.said(f"participants:{key}", **values)
        at.get_by_role("button", name=name, exact=True).click()

    press("register.open")
    dialog.get_by_label(window.said("participants:register.id")).fill("rur-01")
    dialog.get_by_label(window.said("participants:column.name")).fill("The new barn")
    dialog.get_by_label(window.said("participants:column.area")).select_option("SEM")
    window.expect_complaint("^answer 409: POST .*/participants:batch$")
    press("register.act", at=dialog)
    expect(dialog.get_by_role("alert")).to_contain_text(
        window.said("refusal.EXISTS_WITH_DIFFERENT_FIELDS")
    )
    dialog.get_by_label(window.said("participants:register.id")).fill("barn")
    window.picture("participants.register")
    press("register.act", at=dialog)
    expect(dialog).to_have_count(0)

    row = page.get_by_role("row", name="barn").first
    expect(row).to_contain_text(window.said("participants:standing.no_unit"))
    row.get_by_role("button").first.click()
    press("units.add")
    dialog.get_by_role("textbox", name=window.said("participants:units.id")).fill("barn-battery")
    dialog.get_by_label(window.said("participants:units.kind")).select_option("storage")
    for field, value in (("injection", "5"), ("withdrawal", "5"), ("capacity", "10")):
        label = window.said(f"participants:units.{field}")
        dialog.get_by_role("textbox", name=label).fill(value)
    dialog.get_by_label(window.said("participants:units.controllable")).check(force=True)
    press("units.add", at=dialog)
    expect(page.get_by_text("barn-battery", exact=True).first).to_be_visible()
    (unit,) = own_town.get("/units", "operator", participant_id="barn")["items"]
    assert (unit["kind"], unit["storage"]["efficiency_charge_ppm"]) == ("storage", 950_000)
    page.get_by_role(
        "button", name=window.said("participants:meter.of", unit="barn-battery")
    ).click()
    expect(page.get_by_text(window.said("participants:meter.none"))).to_be_visible()
    look(window, "participants.new")

    # A credential for a program, seen once; then a code for its battery, which is withdrawn.
    window.expect_complaint("^answer 403: POST .*/clients:batch$")
    press("act_invite")
    dialog.get_by_role("radio", name=window.said("participants:way.secret")).check(force=True)
    press("access.make_secret", at=dialog)
    page.get_by_role("button", name=window.said("step_up.with_passkey")).click()
    secret = page.locator("output.pt-secret")
    expect(secret).not_to_be_empty()
    press("code.close")
    press("act_invite")
    dialog.get_by_role("radio", name=window.said("role.device")).check(force=True)
    dialog.get_by_role("combobox", name=window.said("participants:units.id")).select_option(
        "barn-battery"
    )
    window.picture("participants.access")
    press("access.make_code", at=dialog)
    expect(secret).not_to_be_empty()
    press("code.close")
    page.get_by_role("tab", name=window.said("participants:tab.codes")).click()
    codes = page.get_by_role("grid", name=window.said("participants:tab.codes"))
    codes.get_by_role("row", name="barn-battery").get_by_role("button").first.click()
    look(window, "participants.codes")
    press("codes.withdraw")
    press("codes.withdraw", at=dialog)
    expect(dialog).to_have_count(0)
    made = own_town.get("/enrolments", "operator")["items"]
    assert [each["state"] for each in made if each["unit_id"] == "barn-battery"] == ["revoked"]


def test_limits_and_credentials_are_changed(open_window: OpenWindow, own_town: Town) -> None:
    window = open_window(own_town.url)
    page = window.sign_in(own_town, "olga", "/console/participants")
    dialog = page.get_by_role("alertdialog")
    row = page.get_by_role("row", name="rur-01").first
    row.get_by_role("button").first.click()

    # Below the row; a column is called so as well.
    opened = page.locator(".p-details")
    opened.get_by_role("button", name=window.said("participants:limit.open"), exact=True).click()
    dialog.get_by_role("textbox", name=window.said("participants:limit.field")).fill("7.5")
    dialog.get_by_label(window.said("act.reason")).fill("A second shop.")
    window.expect_complaint("^answer 403: PUT .*/credit-limit$")
    dialog.get_by_role("button", name=window.said("participants:limit.act"), exact=True).click()
    page.get_by_role("button", name=window.said("step_up.with_passkey")).click()
    expect(dialog).to_have_count(0)
    (waiting,) = own_town.get("/approvals", "operator")["items"]
    assert waiting["after"]["limit"] == "7.50000000"

    page.get_by_role("button", name=window.said("participants:open.rotate"), exact=True).click()
    dialog.get_by_role("button", name=window.said("participants:open.rotate"), exact=True).click()
    expect(page.locator("output.pt-secret")).not_to_be_empty()
    page.get_by_role("button", name=window.said("participants:code.close")).click()
    page.get_by_role("button", name=window.said("participants:open.revoke"), exact=True).click()
    dialog.get_by_role("button", name=window.said("participants:open.revoke"), exact=True).click()
    expect(page.get_by_text(window.said("participants:clients.revoked"))).to_be_visible()
    form = {"grant_type": "client_credentials", **{
        name: own_town.credentials["rur-01"][name] for name in ("client_id", "client_secret")
    }}  # fmt: skip
    assert own_town.server.http.post("/v1/token", data=form).status_code == 401
    # A person's access is taken too.
    page.get_by_role("button", name=window.said("participants:people.revoke"), exact=True).click()
    dialog.get_by_role("button", name=window.said("participants:people.revoke"), exact=True).click()
    expect(
        page.get_by_role("button", name=window.said("participants:people.revoke"), exact=True)
    ).to_have_count(0)
