"""A prosumer's whole way in one walk: comes in, orders, trades, reads why, and finds it on the bill."""

from datetime import datetime

from playwright.sync_api import expect

from tests.api.village import QUARTER_S
from tests.browser.conftest import OpenWindow
from tests.browser.town import CALL_AHEAD, FIRST_S, NOW_S, Town

LOAD = "rur-01-load"
MONTH = "2016-07"
AFTER_MONTH_S = int(datetime.fromisoformat("2016-08-01T12:00:00+02:00").timestamp())


def test_from_signing_in_to_the_bill(open_window: OpenWindow, own_town: Town) -> None:
    town = own_town
    window = open_window(town.url)
    # Signs in.
    page = window.sign_in(town, "rita", "/portal/sign-in")
    expect(page.get_by_role("button", name=window.said("session.sign_out"))).to_be_visible()

    # Orders for an interval whose closing call is open, at a price that is sure to trade.
    index = (NOW_S - FIRST_S) // QUARTER_S + CALL_AHEAD + 1
    start = town.start(index)
    window.go("/portal/trade/expert")
    form = page.get_by_role("form", name=window.said("order.title"))
    form.get_by_label(window.said("order.unit")).select_option(LOAD)
    form.get_by_label(window.said("order.interval")).select_option(start)
    form.get_by_role("textbox", name=window.said("order.price_buy")).fill("333.33")
    energy = form.get_by_role("textbox", name=window.said("order.energy"))
    energy.fill("0.234")
    energy.press("Enter")
    orders = page.get_by_role("grid", name=window.said("orders.open"))
    expect(orders.get_by_role("row").filter(has_text="333.33")).to_be_visible()
    (order,) = [
        item
        for item in town.get("/orders", "rur-01", start=start)["items"]
        if item["price_per_mwh"] == "333.33"
    ]

    # Its gate closes: it has traded, at the price for all, and says why.
    town.go_to(index * QUARTER_S + 60)
    (trade,) = [
        item
        for item in town.get("/trades", "rur-01", start=start)["items"]
        if item["order_id"] == order["order_id"]
    ]
    assert (trade["venue"], trade["energy_kwh"]) == ("call", "0.234")
    page.get_by_role("tab", name=window.said("tabs.done")).click()
    trades = page.get_by_role("grid", name=window.said("trade:trades.title"))
    row = trades.get_by_role("row").filter(has_text="0.234")
    expect(row).to_contain_text(trade["price_per_mwh"])
    row.get_by_role("button").first.click()
    better = f"{333.33 - float(trade['price_per_mwh']):.2f}"
    why = page.get_by_text(better)
    expect(why).to_be_visible()
    window.picture("journey-why")

    # The month is over and billed: the trade stands behind the bill's line.
    town.go_to(AFTER_MONTH_S - FIRST_S)
    town.sign_in()
    for act in ("draft", "issue"):
        answer = town.act(f"/bills:{act}", "operator", {"month": MONTH})
        assert answer.status_code == 200, answer.text
    window.go("/portal/bills")
    months = page.get_by_role("grid", name=window.said("months"))
    months.get_by_role("row").filter(has_text="July").get_by_role("gridcell").first.click()
    lines = page.get_by_role("grid", name=window.said("line.title"))
    lines.get_by_role("row").nth(1).get_by_role("button").click()
    expect(page.get_by_text(trade["trade_id"]).first).to_be_visible()
    window.picture("journey-bill")
    window.complain_of_nothing()
