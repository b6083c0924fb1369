"""People sign in on the page: with the passkey on their device, and stay who they are in the next window."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import PHONE, Window, look


def name_shown(window: Window, name: str, role: str) -> None:
    person = window.page.locator(".person-name")
    expect(person).to_contain_text(name)
    expect(person).to_contain_text(window.said(f"role.{role}"))


def test_an_operator_signs_in_with_a_passkey(open_window: OpenWindow, own_town: Town) -> None:
    window = open_window(own_town.url)
    page = window.sign_in(own_town, "olga", "/console/sign-in")
    name_shown(window, "Olga", "operator")

    page.get_by_role("button", name=window.said("session.sign_out")).click()

    expect(page.get_by_role("link", name=window.said("session.sign_in"))).to_be_visible()


def test_a_prosumer_is_somebody_in_every_window(open_window: OpenWindow, town: Town) -> None:
    for size in (None, PHONE):
        window = open_window(town.url, **({} if size is None else {"size": size}))
        window.enter(town, "rita")
        window.go("/portal/")
        name_shown(window, "Rita", "participant")
        assert window.is_as_wide_as_its_window()


def test_the_page_to_sign_in_is_for_everybody(window: Window) -> None:
    page = window.go("/console/sign-in")
    expect(page.get_by_role("heading", name=window.said("sign_in.title"))).to_be_visible()
    look(window, "sign-in")
    reached, wanted = window.reached_by_keyboard()
    assert wanted - reached == set()


def test_a_one_time_code_is_asked_for_where_nobody_knows_one(window: Window) -> None:
    page = window.go("/console/enrol")
    expect(page.get_by_role("heading", name=window.said("enrol.title"))).to_be_visible()
    look(window, "enrol")


def test_without_a_passkey_it_is_said_and_nobody_is_in(window: Window) -> None:
    window.authenticator()
    page = window.go("/console/sign-in")
    window.expect_complaint("^answer 4.. *: POST /v1/session")

    page.get_by_role("button", name=window.said("sign_in.with_passkey")).click()

    expect(window.refusal()).to_have_text(window.said("sign_in.passkey_none"))
