"""A person comes in with a passkey of a real browser, goes, and comes in again."""

import re
from typing import Final

from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import Window

_KEEP_A_RECORD: Final = """
window.happened = [];
const ask = window.fetch;
window.fetch = (asked, options) => {
  const request = new Request(asked, options);
  const path = new URL(request.url).pathname;
  happened.push(`${request.method} ${path}`);
  request.signal.addEventListener("abort", () => happened.push(`${path} given up`));
  return ask(request);
};
"""


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


def test_what_is_being_read_is_given_up_before_one_is_signed_out(
    window: Window, town: Town
) -> None:
    """Else it would reach a session that is over, and be refused."""
    window.expect_complaint(r"^failed: GET /v1/.*ERR_ABORTED$")
    window.enter(town, "olga")
    page = window.page
    alarms = re.compile(r"/alarms\?")
    page.route(alarms, lambda _: None)  # it is being read for as long as anybody waits
    page.add_init_script(_KEEP_A_RECORD)
    with page.expect_request(alarms):
        window.go()

    out = page.get_by_role("button", name=window.said("session.sign_out"))
    out.click()
    expect(out).to_be_hidden()

    happened: list[str] = page.evaluate("happened")
    given_up = [place for place, what in enumerate(happened) if what.endswith("/alarms given up")]
    assert given_up != []
    assert given_up[-1] < happened.index("DELETE /v1/session")
