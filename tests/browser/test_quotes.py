"""The expert's further ways: a block over several intervals, and an inquiry that is answered and accepted."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import PHONE, Window, look

LOAD = "rur-01-load"
OPEN = "2016-07-01T03:45:00Z"
"""05:45 local: traded continuously, with an hour left after it."""
UNTIL = "2016-07-01T04:30"
"""Local time typed as answer by: before the interval's gate."""


def dialog(page: Page) -> Locator:
    return page.get_by_role("alertdialog")


def type_moment(window: Window, field: str, local: str) -> None:
    window.tell_time(dialog(window.page), window.said(field), local)


def test_a_block_is_refused_corrected_and_taken_back(
    open_window: OpenWindow, own_town: Town
) -> None:
    window = open_window(own_town.url)
    window.enter(own_town, "rita")
    page = window.go("/portal/trade/expert")
    page.get_by_role("combobox", name=window.said("order.what")).select_option("block")
    form = page.get_by_role("form", name=window.said("trade:block.title"))
    form.get_by_label(window.said("order.unit")).select_option(LOAD)
    form.get_by_label(window.said("offers.from")).select_option(OPEN)
    count = form.get_by_role("textbox", name=window.said("offers.count"))
    count.fill("3")
    expect(form).to_contain_text("06:30")
    price = form.get_by_role("textbox", name=window.said("order.price_buy"))
    price.fill("12.34")
    each = form.get_by_role("textbox", name=window.said("offers.each"))
    each.fill("50")
    # Said before it is sent; and the refusal keeps what was typed. All by keyboard.
    expect(form).to_contain_text(window.said("order.warn_capability", max="3"))
    window.expect_complaint(r"^answer 422: POST /v1/markets/riverside/orders:block$")
    each.press("Enter")
    expect(form.get_by_role("alert")).to_contain_text(
        window.said("refusal.EXCEEDS_CAPABILITY").rstrip(".")
    )
    expect(price).to_have_value("12.34")
    each.fill("0.2")
    expect(form).to_contain_text("0.6")
    each.press("Enter")
    expect(form.get_by_role("alert")).to_be_hidden()
    orders = page.get_by_role("grid", name=window.said("orders.open"))
    row = orders.get_by_role("row").filter(has_text="12.34").first
    expect(row).to_be_visible()
    (block,) = [
        order
        for order in own_town.get("/orders", "rur-01", state="active")["items"]
        if order["price_per_mwh"] == "12.34"
    ]
    assert (block["kind"], block["energy_kwh"], block["start"]) == ("block", "0.600", OPEN)
    row.get_by_role("button").first.click()
    expect(page.get_by_text(window.said("trade:why.title"), exact=True)).to_be_visible()
    look(window, "trade-block")


def test_who_asks_for_quotes_is_answered_and_accepts(
    open_window: OpenWindow, own_town: Town
) -> None:
    buyer = open_window(own_town.url)
    buyer.enter(own_town, "rita")
    page = buyer.go("/portal/trade/quotes")
    expect(page.get_by_text(buyer.said("quotes.empty"))).to_be_visible()
    page.get_by_role("button", name=buyer.said("quotes.ask")).click()
    asking = dialog(page)
    asking.get_by_label(buyer.said("order.unit")).select_option(LOAD)
    asking.get_by_label(buyer.said("order.interval")).select_option(OPEN)
    asking.get_by_role("textbox", name=buyer.said("order.energy")).fill("0.3")
    asking.get_by_label(buyer.said("quotes.whom")).select_option("participants")
    asking.get_by_label(buyer.said("quotes.ids_participants")).fill("rur-00")
    type_moment(buyer, "contracts.answer_by", UNTIL)
    asking.get_by_role("button", name=buyer.said("quotes.ask")).click()
    expect(asking).to_be_hidden()

    seller = open_window(own_town.url, size=PHONE)
    seller.enter(own_town, "wim")
    there = seller.go("/portal/trade/quotes")
    there.get_by_role("button", name=seller.said("table.details")).first.click()
    expect(there.get_by_text(seller.said("quotes.means_asked_open"))).to_be_visible()
    assert seller.is_as_wide_as_its_window()
    seller.picture("trade-quotes-phone")
    assert seller.barriers() == []
    there.get_by_role("button", name=seller.said("quotes.give")).click()
    giving = dialog(there)
    giving.get_by_role("textbox", name=seller.said("order.price_sell")).fill("111.11")
    energy = giving.get_by_role("textbox", name=seller.said("order.energy"))
    energy.fill("0.2")
    giving.get_by_role("button", name=seller.said("quotes.give")).click()
    expect(giving).to_be_hidden()

    page.get_by_role("button", name=buyer.said("table.details")).first.click()
    expect(page.get_by_text(re.compile("rur-00"))).to_be_visible()
    look(buyer, "trade-quotes")
    page.get_by_role("button", name=buyer.said("quotes.accept")).click()
    dialog(page).get_by_role("button", name=buyer.said("quotes.accept")).click()
    expect(page.get_by_text(buyer.said("quotes.means_mine_accepted"))).to_be_visible()
    bought = [
        trade
        for trade in own_town.get("/trades", "rur-01")["items"]
        if trade["price_per_mwh"] == "111.11"
    ]
    assert [(trade["side"], trade["energy_kwh"]) for trade in bought] == [("buy", "0.200")]
