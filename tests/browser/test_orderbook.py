"""An operator watches the book that stands, and asks of an order why it got what it got."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import PHONE, look


def test_the_live_book_is_seen_as_depth_ladder_and_trades(
    open_window: OpenWindow, town: Town
) -> None:
    window = open_window(town.url, size=(1440, 900))
    window.enter(town, "olga")
    page = window.go("/console/orderbook")
    ladder = page.get_by_role("group", name=window.said("orderbook:ladder.title"))
    expect(ladder.get_by_role("rowheader").first).to_be_visible()
    depth = page.get_by_role("region", name=window.said("orderbook:depth.title"))
    expect(depth.get_by_role("img")).to_be_visible()
    tape = page.get_by_role("region", name=window.said("orderbook:tape.title"))
    expect(tape.get_by_role("row").nth(1)).to_be_visible()
    look(window, "orderbook")


def test_an_order_of_a_closed_gate_says_why_it_stands_so(
    open_window: OpenWindow, town: Town
) -> None:
    window = open_window(town.url, size=(1440, 900))
    window.enter(town, "olga")
    page = window.go("/console/orderbook?tab=orders")
    table = page.get_by_role("grid", name=window.said("orderbook:blotter.title"))
    expect(table.get_by_role("row").nth(1)).to_be_visible()
    page.get_by_label(window.said("orderbook:column.participant"), exact=True).fill("rur-00")
    expect(table.get_by_role("row", name="rur-01")).to_have_count(0)
    table.get_by_role("button", name=window.said("table.details")).first.click()
    why = page.get_by_role("heading", name=window.said("orderbook:detail.why"))
    expect(why.locator("xpath=following-sibling::ul[1]/li").first).to_be_visible()
    look(window, "orderbook.orders")


def test_on_a_phone_the_book_is_not_cut_off(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url, size=PHONE, theme="dark")
    window.enter(town, "olga")
    page = window.go("/console/orderbook")
    ladder = page.get_by_role("group", name=window.said("orderbook:ladder.title"))
    expect(ladder.get_by_role("rowheader").first).to_be_visible()
    assert window.is_as_wide_as_its_window()
    window.picture("orderbook.phone")
