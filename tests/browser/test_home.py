"""The portal's first page: what happens now, what comes, and what waits for the person."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import LANGUAGES, PHONE, look


def test_a_home_sees_what_it_does_now(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url)
    window.enter(town, "rita")
    page = window.go("/portal/home")
    now = page.get_by_role("list", name=window.said("now.title"))
    expect(now).to_contain_text(window.said("now.grid_out"))
    home = town.get("/account/home", "rur-01")
    expect(now).to_contain_text(home["interval"]["price_per_mwh"])
    # What came of the evening waits for her: an alarm of her battery.
    alarm = window.said("alert.alarm", count="1")
    expect(page.get_by_role("link", name=alarm)).to_have_attribute("href", "/portal/alerts")
    expect(page.get_by_text(window.said("money.title"))).to_be_visible()

    look(window, "home")


def test_prices_to_come_are_read_with_the_keyboard(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url)
    window.enter(town, "rita")
    page = window.go("/portal/home")
    prices = page.get_by_role("slider", name=window.said("prices.title"))
    first, second = town.get("/account/home", "rur-01")["prices"][:2]
    prices.focus()
    page.keyboard.press("ArrowRight")
    expect(prices).to_have_attribute("aria-valuenow", "1")
    expect(prices).to_have_attribute(
        "aria-valuetext", f"03:00–03:15: {second['price_per_mwh']} EUR/MWh"
    )
    page.keyboard.press("Home")
    expect(prices).to_have_attribute(
        "aria-valuetext", f"02:45–03:00: {first['price_per_mwh']} EUR/MWh"
    )

    page.get_by_role("button", name=window.said("chart.as_table")).click()
    expect(page.get_by_role("gridcell", name=second["price_per_mwh"]).first).to_be_visible()


def test_it_is_made_for_a_phone(open_window: OpenWindow, town: Town) -> None:
    for language in LANGUAGES:
        window = open_window(town.url, size=PHONE, theme="dark")
        window.enter(town, "wim")
        page = window.go("/portal/home")
        # Who comes brings a language; what is chosen before would be set back.
        expect(page.locator(".person-name")).to_be_visible()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        window.speak(language)
        expect(page.get_by_role("list", name=window.said("now.title"))).to_be_visible()
        expect(page.get_by_role("slider", name=window.said("prices.title"))).to_be_visible()

        assert window.is_as_wide_as_its_window()
        window.picture("home-phone")
        assert window.barriers() == []
