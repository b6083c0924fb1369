"""An operator sees whether the server is well, keeps up, and what runs in it."""

from playwright.sync_api import expect

from api.routes.server import VERSION
from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import PHONE, look


def test_whether_it_is_well_is_seen_at_once(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url)
    window.enter(town, "olga")
    page = window.go("/console/system")
    expect(page.get_by_text(window.said("system:standing.good")).first).to_be_visible()
    expect(page.get_by_text(VERSION).first).to_be_visible()
    look(window, "system")


def test_samples_stand_in_a_table_too(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url, size=PHONE, theme="dark")
    window.enter(town, "olga")
    page = window.go("/console/system")
    expect(page.get_by_text(window.said("system:lag.title")).first).to_be_visible()
    assert window.is_as_wide_as_its_window()
    window.picture("system.phone")
    page.get_by_role("button", name=window.said("chart.as_table")).first.click()
    expect(page.get_by_text(window.said("system:journal.committed")).first).to_be_visible()
