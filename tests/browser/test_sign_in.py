"""Signing in without a passkey, the first time and again; and how the pages of signing in look."""

import base64
import time

from playwright.sync_api import Page, expect

from api.access.totp import STEP_S, code_at
from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import PHONE, Window, look

PASSWORD = "three lanterns under a quiet bridge"
NAME = "Wen Ling"


def one_time_code(town: Town) -> str:
    """For a further operator."""
    answer = town.act("/enrolments", "operator", {"role": "operator"})
    assert answer.status_code == 201, answer.text
    code: str = answer.json()["code"]
    return code


def say_who(window: Window, code: str, login: str) -> Page:
    """The first page of enrolment, filled in and sent."""
    page = window.go(f"/console/enrol?code={code}")
    page.get_by_label(window.said("sign_in.login")).fill(login)
    page.get_by_label(window.said("enrol.name")).fill(NAME)
    page.get_by_role("button", name=window.said("enrol.next")).click()
    return page


def expect_signed_in(window: Window) -> None:
    expect(window.page.get_by_role("banner")).to_contain_text(NAME)
    live = window.page.get_by_role("group", name=window.said("connection.label"))
    expect(live).to_have_text(window.said("connection.live"))


def sign_out(window: Window) -> None:
    window.page.get_by_role("button", name=window.said("session.sign_out")).click()
    expect(window.page.get_by_role("link", name=window.said("session.sign_in"))).to_be_visible()


def test_password_and_authenticator_do_where_there_is_no_passkey(
    open_window: OpenWindow, own_town: Town
) -> None:
    window = open_window(own_town.url, language="zh-CN", size=PHONE)
    window.expect_complaint(r"^failed: GET /v1/.*ERR_ABORTED$")
    page = say_who(window, one_time_code(own_town), "ling")
    page.get_by_role("button", name=window.said("enrol.with_password")).click()
    text = page.locator("code").inner_text().replace(" ", "")
    secret = base64.b32decode(text + "=" * (-len(text) % 8))
    assert page.get_by_role("link", name=window.said("enrol.totp_link")).get_attribute("href")
    code = page.get_by_label(window.said("sign_in.code"), exact=True)

    window.expect_complaint("^answer 4..: POST /v1/people:enrol")
    page.get_by_label(window.said("enrol.password"), exact=True).fill("too short")
    code.fill(code_at(secret, time.time()))
    page.get_by_role("button", name=window.said("enrol.finish")).click()
    expect(window.refusal()).to_be_visible()
    assert window.is_as_wide_as_its_window()
    page.get_by_label(window.said("enrol.password"), exact=True).fill(PASSWORD)
    code.fill(code_at(secret, time.time()))
    page.get_by_role("button", name=window.said("enrol.finish")).click()
    expect_signed_in(window)
    sign_out(window)

    page.get_by_role("link", name=window.said("session.sign_in")).click()
    page.get_by_role("button", name=window.said("sign_in.with_password")).click()
    page.get_by_label(window.said("sign_in.login")).fill("ling")
    page.get_by_label(window.said("sign_in.password"), exact=True).fill(PASSWORD)
    window.expect_complaint("^answer 401: POST /v1/session:password")
    code.fill("000000")
    page.get_by_role("button", name=window.said("session.sign_in"), exact=True).click()
    expect(window.refusal()).to_have_text(window.said("refusal.CREDENTIALS_WRONG"))
    expect(page.get_by_label(window.said("sign_in.password"), exact=True)).to_have_value(PASSWORD)
    # Each code is good once; the server's clock may be one step behind.
    code.fill(code_at(secret, time.time() + STEP_S))
    page.get_by_role("button", name=window.said("session.sign_in"), exact=True).click()
    expect_signed_in(window)


def test_the_pages_of_signing_in_are_looked_at(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url, theme="dark")
    page = window.go("/portal/sign-in")
    expect(page.get_by_role("heading", name=window.said("sign_in.title"))).to_be_visible()
    look(window, "sign-in")
    page.get_by_role("button", name=window.said("sign_in.with_password")).click()
    look(window, "sign-in-password")
    page.get_by_role("link", name=window.said("sign_in.to_enrol")).click()
    expect(page.get_by_role("heading", name=window.said("enrol.title"))).to_be_visible()
    look(window, "enrol")
