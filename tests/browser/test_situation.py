"""The screen Situation as people see it: languages, colours, a narrow phone, the keyboard."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.town import NAME, Town
from tests.browser.window import LANGUAGES, PHONE, Language, Window, look


def open_situation(window: Window) -> None:
    """The screen, once it shows the market as it is now."""
    page = window.go()
    live = page.get_by_role("group", name=window.said("connection.label"))
    expect(live).to_have_text(window.said("connection.live"))


def test_it_is_shown_in_both_languages(window: Window) -> None:
    open_situation(window)
    expect(window.page).to_have_title(f"{window.said('nav.situation')} · {NAME} · wattmarket")

    look(window, "situation")


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_begins_in_the_browsers_language(
    open_window: OpenWindow, town: Town, language: Language
) -> None:
    window = open_window(town.url, language=language)
    open_situation(window)

    expect(window.page.locator("html")).to_have_attribute("lang", language)
    expect(window.page.get_by_role("heading", name=window.said("health.title"))).to_be_visible()


def test_it_is_dark_for_those_who_like_it_dark(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url, theme="dark")
    open_situation(window)

    expect(window.page.locator("html")).to_have_attribute("data-theme", "dark")
    look(window, "situation-dark")


def test_it_fits_a_narrow_phone(open_window: OpenWindow, town: Town) -> None:
    for language in LANGUAGES:
        window = open_window(town.url, size=PHONE, language=language)
        open_situation(window)

        assert window.is_as_wide_as_its_window()
        window.picture("situation-phone")
        assert window.barriers() == []


def test_everything_on_it_is_reached_by_keyboard(window: Window) -> None:
    open_situation(window)

    reached, wanted = window.reached_by_keyboard()

    assert wanted
    assert wanted - reached == set()


def test_an_operator_sees_first_what_waits(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url)
    window.enter(town, "olga")
    open_situation(window)
    waiting = window.page.get_by_role("region", name=window.said("situation:inbox.title"))
    (alarm,) = town.get("/alarms", "operator", state="open")["items"]
    expect(waiting).to_contain_text(window.said(f"words:alarm.{alarm['kind']}"))
    alarms = waiting.get_by_role("link", name=window.said("situation:inbox.alarms", count="1"))
    expect(alarms).to_contain_text("1")
    disputes = waiting.get_by_role("link", name=window.said("situation:inbox.disputes", count="1"))
    expect(disputes).to_contain_text("1")
    areas = window.page.get_by_role("list", name=window.said("situation:grid.area"))
    expect(areas.get_by_role("listitem")).to_have_count(3)
    look(window, "situation-operator")
    waiting.get_by_role("link", name=alarm["member_id"]).click()
    expect(window.page.locator(f"[data-key='{alarm['member_id']}']")).to_have_attribute(
        "aria-selected", "true"
    )


def test_an_operators_phone_shows_it_too(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url, size=PHONE, theme="dark")
    window.enter(town, "olga")
    open_situation(window)
    expect(window.page.get_by_role("region", name=window.said("situation:inbox.title"))).to_be_visible()  # fmt: skip
    assert window.is_as_wide_as_its_window()
    window.picture("situation-operator-phone")
    assert window.barriers() == []
