"""A person comes in with a passkey of a real browser, goes, and comes in again."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.town import Town


def test_a_passkey_of_a_browser_lets_in(open_window: OpenWindow, own_town: Town) -> None:
    code = own_town.act("/enrolments", "operator", {"role": "operator"}).json()["code"]
    window = open_window(own_town.url)
    # What is still being read for somebody else is given up when a person comes or goes.
    window.expect_complaint(r"^failed: GET /v1/.*ERR_ABORTED$")
    window.authenticator()
    page = window.go(f"/console/enrol?code={code}")
    page.get_by_label(window.said("sign_in.login")).fill("ann@example.org")
    page.get_by_label(window.said("enrol.name")).fill("Ann")
    page.get_by_role("button", name=window.said("enrol.next")).click()
    page.get_by_role("button", name=window.said("enrol.make_passkey")).click()
    out = page.get_by_role("button", name=window.said("session.sign_out"))
    expect(out).to_be_visible()

    (cookie,) = page.context.cookies()
    assert cookie["name"] == "__Host-wattmarket"
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Strict")
    assert page.evaluate("document.cookie") == ""

    out.click()
    expect(out).to_be_hidden()
    window.go("/console/sign-in")
    page.get_by_role("button", name=window.said("sign_in.with_passkey")).click()
    expect(out).to_be_visible()
    assert page.evaluate("fetch('/v1/session').then(answer => answer.json())")["name"] == "Ann"
