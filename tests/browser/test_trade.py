"""Trading in the portal: a rule that places orders, an order with its refusal, and why it stands as it does."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import PHONE, look

LOAD = "rur-01-load"


def test_a_home_says_its_price_and_the_market_trades_for_it(
    open_window: OpenWindow, own_town: Town
) -> None:
    window = open_window(own_town.url)
    window.enter(own_town, "rita")
    page = window.go("/portal/trade")
    rule = page.get_by_role("form", name=window.said("simple.form", unit=LOAD))
    rule.get_by_label(window.said("simple.buy_max")).fill("150")
    # What will come of it is said before it is done.
    expect(rule).to_contain_text("€0.15")
    panel = page.get_by_role("region", name=LOAD)
    panel.get_by_role("button", name=window.said("forecast.tell")).click()
    told = page.get_by_role("alertdialog")
    told.get_by_label(window.said("forecast.takes")).fill("0.2")
    told.get_by_role("button", name=window.said("forecast.tell")).click()
    expect(told).to_be_hidden()
    rule.get_by_role("button", name=window.said("simple.begin")).click()
    expect(page.get_by_text(window.said("simple.stands"), exact=True)).to_be_visible()
    (given,) = own_town.get("/standing-orders", "rur-01", withdrawn="false")["items"]
    assert (given["unit_id"], given["buy_max_per_mwh"]) == (LOAD, "150.00")
    assert own_town.get("/forecasts", "rur-01", unit_id=LOAD)["items"]

    look(window, "trade")
    page.get_by_role("button", name=window.said("simple.end")).click()
    page.get_by_role("alertdialog").get_by_role("button", name=window.said("simple.end")).click()
    expect(page.get_by_text(window.said("simple.stands"), exact=True)).to_be_hidden()
    assert own_town.get("/standing-orders", "rur-01", withdrawn="false")["items"] == []


def test_an_order_is_refused_corrected_explained_and_cancelled(
    open_window: OpenWindow, own_town: Town
) -> None:
    window = open_window(own_town.url)
    window.enter(own_town, "rita")
    page = window.go("/portal/trade/expert")
    form = page.get_by_role("form", name=window.said("order.title"))
    form.get_by_label(window.said("order.unit")).select_option(LOAD)
    price = form.get_by_label(window.said("order.price_buy"))
    price.fill("12.34")
    energy = form.get_by_role("textbox", name=window.said("order.energy"))
    energy.fill("500")
    # Seen before it is sent, and sent all the same.
    expect(form).to_contain_text(window.said("order.warn_capability", max="3"))
    window.expect_complaint(r"^answer 422: POST /v1/markets/riverside/orders$")
    send = form.get_by_role("button", name=window.said("order.submit_buy"))
    send.click()
    expect(form.get_by_role("alert")).to_contain_text(
        window.said("refusal.EXCEEDS_CAPABILITY").rstrip(".")
    )
    expect(price).to_have_value("12.34")
    expect(energy).to_have_value("500")
    energy.fill("0.4")
    send.click()
    expect(form.get_by_role("alert")).to_be_hidden()

    orders = page.get_by_role("grid", name=window.said("orders.open"))
    row = orders.get_by_role("row").filter(has_text="12.34").first
    expect(row).to_be_visible()
    row.get_by_role("button").first.click()
    expect(page.get_by_text(window.said("why.title"), exact=True)).to_be_visible()
    look(window, "trade-expert")

    row.get_by_role("checkbox").check()
    page.get_by_role("button", name=window.said("orders.cancel"), exact=True).click()
    page.get_by_role("alertdialog").get_by_role("button", name=window.said("orders.cancel")).click()
    expect(row).to_be_hidden()


def test_an_offer_of_a_neighbour_is_taken(open_window: OpenWindow, own_town: Town) -> None:
    window = open_window(own_town.url, size=PHONE)
    window.enter(own_town, "rita")
    page = window.go("/portal/trade/offers")
    expect(page.get_by_text(window.said("offers.neighbour", area="Rural"))).to_be_visible()
    assert window.is_as_wide_as_its_window()
    window.picture("trade-offers-phone")
    assert window.barriers() == []
    page.get_by_role("button", name=window.said("table.details")).first.click()
    page.get_by_role("button", name=window.said("offers.take_buy")).click()
    take = page.get_by_role("alertdialog")
    take.get_by_label(window.said("order.unit")).select_option(LOAD)
    take.get_by_role("button", name=window.said("offers.take_buy")).click()
    expect(take).to_be_hidden()
    bought = [
        trade for trade in own_town.get("/trades", "rur-01")["items"] if trade["venue"] == "listing"
    ]
    assert [(trade["side"], trade["energy_kwh"]) for trade in bought] == [("buy", "0.800")]
